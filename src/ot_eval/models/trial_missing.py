"""Missing outcomes in a trial of providers: imputed within arm and provider, then what if the missing were different.

Imputation by chained regressions with a column for each provider, each arm on its own; then one figure a provider and a
t-test in each completed copy, pooled by Rubin's rules with G - 2 complete-data degrees of freedom. Provider columns
overstate the variance a little, more with a small ICC (Andridge 2011): the interval errs on the wide side. People who
died are never imputed: leave them out by a rule that is reported.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.imputation import Pooled, impute, pool
from ot_eval.models.trial_data import Columns, Trial, anova_icc, need, read_trial
from ot_eval.models.trial_records import Array, Comparison
from ot_eval.models.trial_summary import student

METHOD = "cluster_summary_imputed"
LEAST_SEEN, LEAST_FREE = 3, 10
Deltas = Sequence[tuple[float, float]]


def imputed_difference(
    frame: pd.DataFrame,
    columns: Columns,
    rng: np.random.Generator,
    *,
    deltas: Deltas = ((0.0, 0.0),),
    m: int = 20,
    level: float = 0.95,
    unit: str = "points",
) -> tuple[Comparison, ...]:
    """Return the cluster-average difference with missing outcomes imputed, once for each pair of deltas.

    Parameters
    ----------
    frame : one row a participant; the outcome may be empty
    columns : which column is what; covariates help to predict and are complete; no weights
    rng : source of randomness
    deltas : pairs (usual care, coached): what is added to imputed outcomes of each arm; (0, 0) is missing at random
    m : completed copies
    level, unit : confidence level, unit of the outcome

    Raises
    ------
    AnalysisRefused
        No outcome is missing; a provider with fewer than three seen outcomes; an arm with too few to predict from.
    """
    need(columns.all(), frame)
    gap = frame[columns.outcome].isna().to_numpy()
    whole = frame.assign(**{columns.outcome: frame[columns.outcome].fillna(frame[columns.outcome].mean())})
    trial = read_trial(whole, columns)
    seen = np.bincount(trial.cluster[~gap], minlength=trial.n_cluster)
    per_arm = np.bincount(trial.arm[~gap], minlength=2)
    most = max(trial.n_coached, trial.n_cluster - trial.n_coached) + trial.covariates.shape[1]
    if not gap.any() or seen.min() < LEAST_SEEN or per_arm.min() - most < LEAST_FREE or trial.weight is not None:
        raise AnalysisRefused(
            f"trial.{columns.outcome}: {int(gap.sum())} missing; a provider with {int(seen.min())} seen outcomes, "
            f"an arm with {int(per_arm.min())}",
            expected=f"something missing, no weights, {LEAST_SEEN} seen in every provider, {LEAST_FREE} more in every "
            "arm than there are providers and covariates",
            fix="analyse the participants with an outcome, adjusted for what predicts missingness",
        )
    copies = _copies(trial, gap, rng, m)
    return tuple(_pooled(trial, gap, copies, delta, level, unit) for delta in deltas)


def _copies(trial: Trial, gap: Array, rng: np.random.Generator, m: int) -> list[Array]:
    """Return `m` completed outcomes; each arm is imputed on its own."""
    out = [trial.y.copy() for _ in range(m)]
    for arm in (0, 1):
        rows = np.flatnonzero(trial.arm == arm)
        if not gap[rows].any():
            continue
        own = np.unique(trial.cluster[rows])
        table = pd.DataFrame({f"provider {g}": (trial.cluster[rows] == g).astype(float) for g in own[1:]})
        for j in range(trial.covariates.shape[1]):
            table[f"covariate {j}"] = trial.covariates[rows, j]
        table["outcome"] = np.where(gap[rows], np.nan, trial.y[rows])
        for copy, filled in zip(out, impute(table, rng, m=m), strict=True):
            copy[rows] = filled["outcome"].to_numpy()
    return out


def _pooled(
    trial: Trial, gap: Array, copies: list[Array], delta: tuple[float, float], level: float, unit: str
) -> Comparison:
    shift = np.array(delta)[trial.arm] * gap
    means = np.stack([np.bincount(trial.cluster, weights=y + shift) / trial.size for y in copies])
    value, se = student(means, trial.cluster_arm)
    found: Pooled = pool(list(value), list(se**2), trial.n_cluster - 2.0, level)
    belief = (
        "missing at random" if not any(delta) else f"missing shifted by {delta[0]:g} (usual), {delta[1]:g} (coached)"
    )
    return Comparison(
        method=METHOD, estimand="cluster-average", measure=f"difference in means ({belief})", unit=unit,
        value=found.value, se=found.se, df=found.df, lower=found.lower, upper=found.upper, p=found.p, level=level,
        n=trial.y.size, n_cluster=trial.n_cluster, n_coached=trial.n_coached, size_cv=trial.size_cv,
        icc=anova_icc(trial.y[~gap], trial.cluster[~gap], trial.arm[~gap], level),
        words=f"{len(copies)} imputations within arm and provider, one mean a provider, Rubin's rules; "
        f"{int(gap.sum())} outcomes missing; {found.missing_information:.0%} of variance",
    )  # fmt: skip
