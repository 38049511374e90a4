"""Ordered answers such as job satisfaction: a proportional-odds model to describe, provider mean scores to test.

Statsmodels fits the model (no provider effect); its own errors take answers of one provider for independent, so errors
come from the scores summed by provider with t(G - 2). Thresholds are turned from its first-and-increments form into
plain ones. With few providers the test is `trial_summary.cluster_difference` on scores; this one is descriptive.
Whether the odds are proportional is tested by fitting each answer's cut on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_data import Columns, anova_icc, read_trial, refuse_weight
from ot_eval.models.trial_moments import design
from ot_eval.models.trial_records import Array, Comparison, t_interval

METHOD = "proportional_odds_cluster"
LEAST_LEVELS, CLOSE = 3, 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """A fit: slopes (p,) (above zero: higher answers), thresholds (levels - 1,), model-based covariance, scores by row.

    `covariance` (p + levels - 1 square) is of slopes and then plain thresholds; `scores` (rows, same width).
    """

    slope: Array
    threshold: Array
    covariance: Array
    scores: Array
    loglik: float


def _cuts(x: Array, level: Array, slope: Array, threshold: Array) -> tuple[Array, Array, Array, Array]:
    """Return the two cumulative probabilities around each answer and their densities."""
    edges = np.concatenate([[-np.inf], threshold, [np.inf]])
    shift = x @ slope
    with np.errstate(invalid="ignore"):
        high, low = special.expit(edges[level + 1] - shift), special.expit(edges[level] - shift)
    return high, low, high * (1 - high), low * (1 - low)


def _scores(x: Array, level: Array, slope: Array, threshold: Array) -> Array:
    high, low, d_high, d_low = _cuts(x, level, slope, threshold)
    chance = high - low
    out = np.zeros((len(x), x.shape[1] + len(threshold)))
    out[:, : x.shape[1]] = -((d_high - d_low) / chance)[:, None] * x
    for k in range(len(threshold)):
        out[:, x.shape[1] + k] = (np.where(level == k, d_high, 0.0) - np.where(level == k + 1, d_low, 0.0)) / chance
    return out


def proportional_odds(x: Array, level: Array, weight: Array | None = None) -> Odds:
    """Fit the model to a design without constant (rows, p) and answers coded from 0; `weight` counts repeated rows."""
    n_level = int(level.max()) + 1
    if n_level < LEAST_LEVELS or np.bincount(level, minlength=n_level).min() == 0:
        raise AnalysisRefused(
            f"trial: {np.unique(level).size} different answers of {n_level}",
            expected=f"{LEAST_LEVELS} or more, each given by somebody",
            fix="join answers that nobody gave to a neighbour, or use kind='proportion' for two answers",
        )
    counts = np.ones(len(level)) if weight is None else weight
    repeated = np.repeat(np.arange(len(level)), counts.astype(int))
    model = OrderedModel(level[repeated], x[repeated], distr="logit")
    fitted = model.fit(method="bfgs", maxiter=1000, disp=False, skip_hessian=True, warn_convergence=False)
    params = _polish(np.asarray(fitted.params), model, x, level, counts)
    slope, threshold = params[: x.shape[1]], params[x.shape[1] :]
    scores = _scores(x, level, slope, threshold)
    high, low, _, _ = _cuts(x, level, slope, threshold)
    covariance = np.linalg.inv(_information(x, level, params, counts))
    return Odds(
        slope=slope, threshold=threshold, covariance=covariance, scores=scores,
        loglik=float((counts * np.log(high - low)).sum()),
    )  # fmt: skip


def _information(x: Array, level: Array, params: Array, counts: Array) -> Array:
    """Return minus the second derivative of the log-likelihood, from central differences of the exact score."""
    p, step = x.shape[1], 1e-5
    out = np.empty((params.size, params.size))
    for j in range(params.size):
        moved = [params + sign * step * np.eye(params.size)[j] for sign in (1, -1)]
        plus, minus = (counts @ _scores(x, level, m[:p], m[p:]) for m in moved)
        out[j] = -(plus - minus) / (2 * step)
    return (out + out.T) / 2


def _polish(start: Array, model: OrderedModel, x: Array, level: Array, counts: Array) -> Array:
    """Return slopes and plain thresholds after Newton steps from where statsmodels stopped."""
    p = x.shape[1]
    params = np.concatenate([start[:p], model.transform_threshold_params(start)[1:-1]])
    for _ in range(50):
        score = counts @ _scores(x, level, params[:p], params[p:])
        step = np.linalg.solve(_information(x, level, params, counts), score)
        params = params + step
        if np.abs(step).max() < CLOSE:
            return params
    raise AnalysisRefused(
        "trial: the proportional-odds model did not converge",
        expected="answers that no covariate determines",
        fix="use trial_summary.cluster_difference on scores",
    )


def nominal_test(x: Array, level: Array, columns: list[int], weight: Array | None = None) -> tuple[float, int, float]:
    """Return the likelihood-ratio statistic, its df and p of proportional odds for some columns of the design.

    The alternative gives these columns a slope of their own at every threshold. People count as independent: with
    providers the p-value is too small, and a large statistic is a warning, not a finding.
    """
    counts = np.ones(len(level)) if weight is None else weight
    base = proportional_odds(x, level, weight)
    n_cut, p = base.threshold.size, x.shape[1]

    def minus(params: Array) -> float:
        slope, cut = params[:p], params[p : p + n_cut]
        extra = params[p + n_cut :].reshape(n_cut - 1, len(columns))
        at = cut[None, :] - (x @ slope)[:, None]
        at[:, 1:] -= x[:, columns] @ extra.T
        cumulative = np.column_stack([np.zeros(len(x)), special.expit(at), np.ones(len(x))])
        chance = np.take_along_axis(np.diff(cumulative, axis=1), level[:, None], axis=1)[:, 0]
        return float(-(counts * np.log(np.maximum(chance, 1e-300))).sum())

    df = (n_cut - 1) * len(columns)
    start = np.concatenate([base.slope, base.threshold, np.zeros(df)])
    best = optimize.minimize(minus, start, method="BFGS", options={"gtol": 1e-5})
    statistic = max(2 * (-float(best.fun) - base.loglik), 0.0)
    return statistic, df, float(stats.chi2.sf(statistic, df))


def odds_of_higher_answers(frame: pd.DataFrame, columns: Columns, *, level: float = 0.95) -> Comparison:
    """Return the odds ratio of a higher answer, coached v usual care, with errors by provider and t(G - 2).

    Parameters
    ----------
    frame : one row a participant; the outcome holds whole numbers in order
    columns : which column is what; covariates enter the model
    level : confidence level

    Notes
    -----
    For description: errors are CR1 (G / (G - 1)), which with few providers are too small; the test of the study is
    `trial_summary.cluster_difference` on the same column.
    """
    trial = read_trial(frame, columns)
    refuse_weight(trial, "the proportional-odds model")
    coded = np.unique(trial.y, return_inverse=True)[1]
    found = proportional_odds(design(trial)[:, 1:], coded)
    by_provider = np.stack([
        np.bincount(trial.cluster, weights=c, minlength=trial.n_cluster) for c in found.scores.T
    ], axis=1)  # fmt: skip
    influence = by_provider @ found.covariance
    se = float(np.sqrt((influence[:, 0] ** 2).sum() * trial.n_cluster / (trial.n_cluster - 1)))
    value, df = float(found.slope[0]), trial.n_cluster - 2.0
    lower, upper, _ = t_interval(value, se, df, level)
    return Comparison(
        method=METHOD, measure="odds ratio of a higher answer", unit="ratio", estimand="participant-average",
        ratio=True, value=float(np.exp(value)), lower=float(np.exp(lower)), upper=float(np.exp(upper)), se=se, df=df,
        p=None,
        level=level, n=trial.y.size, n_cluster=trial.n_cluster, n_coached=trial.n_coached, size_cv=trial.size_cv,
        icc=anova_icc(trial.y, trial.cluster, trial.arm, level),
        words="proportional-odds model (statsmodels), errors by provider; descriptive, no test",
    )  # fmt: skip
