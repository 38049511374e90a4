"""Stepped wedge: providers start coaching one after another, and everything also changes with calendar time.

Period effects are compulsory: a plain before-and-after comparison rejected 42-93 % of true null hypotheses. The model
has the nested exchangeable correlation (provider, and provider in a period): with a provider effect alone 13.6 % were
rejected when the correlation falls between periods, with both 3.5-5.7 % (Kenward-Roger). Sources: Hussey & Hughes
(2007); Hooper & others (2016); Thompson & others (2018); Kenny & others (2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.trial_components import Block, Components, Within, fit
from ot_eval.models.trial_data import Columns, Trial, anova_icc, read_trial, refuse_weight
from ot_eval.models.trial_moments import least_squares, moments, sandwich
from ot_eval.models.trial_records import Array, Comparison, Icc, t_interval
from ot_eval.models.trial_robust import cr2

MODEL, ROBUST, EXPOSURE = "wedge_nested_exchangeable_kr", "wedge_cr2", "wedge_exposure_time"
LEAST_CLUSTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Means by provider and period, one entry a cell that has participants; `within` is the variation inside cells."""

    mean: Array
    size: Array
    cluster: Array
    period: Array
    treated: Array
    exposure: Array
    within: Within
    n_cluster: int
    n_period: int

    def periods(self) -> Array:
        """Return the constant and one column a period but the first."""
        each: Array = (self.period[:, None] == np.arange(1, self.n_period)).astype(np.float64)
        return each

    def design(self) -> Array:
        """Return constant, treatment and periods, shape (cells, 1 + periods)."""
        x: Array = np.column_stack([np.ones(self.mean.size), self.treated, self.periods()])
        return x


def read_wedge(frame: pd.DataFrame, columns: Columns) -> tuple[Trial, Cells]:
    """Read a stepped wedge: one row a participant and period.

    Raises
    ------
    AnalysisRefused
        No period; covariates; a provider and period with both arms; a provider that stops coaching; fewer than four
        providers; no period in which coached and usual care stand side by side.
    """
    if columns.period is None or columns.covariates:
        raise RequestError(
            "a stepped wedge without its calendar period, or with covariates",
            expected="the column period, and no covariates: provider means are compared within periods",
            fix="name the period; use trial_summary.expected_outcome first to take covariates out",
        )
    trial = read_trial(frame, columns, arm_varies=True)
    refuse_weight(trial, "the stepped wedge")
    assert trial.period is not None  # noqa: S101
    n_period = int(trial.period.max()) + 1
    key, cell = np.unique(trial.cluster * n_period + trial.period, return_inverse=True)
    size = np.bincount(cell).astype(np.float64)
    mean, treated = np.bincount(cell, weights=trial.y) / size, np.bincount(cell, weights=trial.arm) / size
    cluster, period = key // n_period, key % n_period
    _refuse_odd(treated, cluster, period, trial.n_cluster)
    squares = float(((trial.y - mean[cell]) ** 2).sum())
    started = np.full(trial.n_cluster, n_period)
    np.minimum.at(started, cluster[treated == 1], period[treated == 1])
    return trial, Cells(
        mean=mean, size=size, cluster=cluster, period=period, treated=treated,
        exposure=np.where(treated == 1, period - started[cluster] + 1, 0),
        within=Within(squares=squares, df=int(trial.y.size - key.size)), n_cluster=trial.n_cluster, n_period=n_period,
    )  # fmt: skip


def _refuse_odd(treated: Array, cluster: Array, period: Array, n_cluster: int) -> None:
    mixed = int(((treated > 0) & (treated < 1)).sum())
    stops = int(((np.diff(treated) < 0) & (np.diff(cluster) == 0)).sum())
    side = any(np.ptp(treated[period == t]) > 0 for t in np.unique(period))
    if mixed or stops or not side or n_cluster < LEAST_CLUSTERS:
        raise AnalysisRefused(
            f"trial: {n_cluster} providers, {mixed} provider-periods with both arms, {stops} that stop coaching, "
            f"{'some' if side else 'no'} period with both arms side by side",
            expected=f"{LEAST_CLUSTERS} or more providers, one arm a provider and period, never back to usual care, "
            "and a period with both",
            fix="check arm and period; a comparison of before and after only is trial_did with a control group",
        )


def blocks_of(cells: Cells, x: Array) -> tuple[Block, ...]:
    """Return one block a provider: provider variance, provider-period variance, residual variance over cell size."""
    out = []
    for g in range(cells.n_cluster):
        own = cells.cluster == g
        n = int(own.sum())
        parts = np.stack([np.ones((n, n)), np.eye(n), np.diag(1 / cells.size[own])])
        out.append(Block(y=cells.mean[own], x=x[own], parts=parts))
    return tuple(out)


def nested_exchangeable(cells: Cells, x: Array | None = None) -> Components:
    """Fit the model of Hooper and Girling; coefficients in the order of `x` (constant, treatment, periods)."""
    if cells.within.df < 1:
        raise AnalysisRefused(
            "trial: one participant in every provider and period",
            expected="several participants in some",
            fix="use trial_wedge.robust_effect, which needs means only",
        )
    return fit(blocks_of(cells, cells.design() if x is None else x), within=cells.within)


def _comparison(
    trial: Trial, cells: Cells, found: tuple[float, float, float], level: float, unit: str, **said: str
) -> Comparison:
    value, se, df = found
    lower, upper, p = t_interval(value, se, df, level)
    ever = np.unique(cells.cluster[cells.treated == 1]).size
    return Comparison(
        method=said["method"], measure=said.get("measure", "difference in means"), unit=unit, value=value, se=se, df=df,
        lower=lower, upper=upper, p=p, level=level, n=trial.y.size, n_cluster=trial.n_cluster, n_coached=ever,
        size_cv=trial.size_cv, icc=icc_of(trial, level), estimand=said["estimand"], words=said["words"],  # type: ignore[arg-type]
    )  # fmt: skip


def icc_of(trial: Trial, level: float) -> Icc | None:
    """Return the ICC within providers and periods, by analysis of variance within period and arm."""
    assert trial.period is not None  # noqa: S101
    cell = np.unique(trial.cluster * (int(trial.period.max()) + 1) + trial.period, return_inverse=True)[1]
    several = trial.y.size > int(cell.max()) + 1
    return anova_icc(trial.y, cell, trial.period * 2 + trial.arm, level) if several else None


def wedge_effect(frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points") -> Comparison:
    """Return the effect of coaching given calendar period: nested exchangeable model, REML, Kenward-Roger.

    Parameters
    ----------
    frame : one row a participant and period
    columns : which column is what; `arm` is 1 from the period in which the provider is coached; `period` in order
    level, unit : confidence level, unit of the outcome
    """
    trial, cells = read_wedge(frame, columns)
    model = nested_exchangeable(cells)
    found = float(model.beta[1]), float(np.sqrt(model.adjusted[1, 1])), float(model.df[1])
    return _comparison(
        trial, cells, found, level, unit, method=MODEL, estimand="between both averages",
        words="stepped wedge: period effects, providers and provider-periods random, REML, Kenward-Roger",
    )  # fmt: skip


def robust_effect(frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points") -> Comparison:
    """Return the effect given period from means of provider and period: least squares, CR2, Satterthwaite."""
    trial, cells = read_wedge(frame, columns)
    found = cr2(moments(cells.design(), cells.mean, cells.cluster, cells.n_cluster))
    return _comparison(
        trial, cells, (float(found[0][0]), float(found[1][0]), float(found[2][0])), level, unit, method=ROBUST,
        estimand="cluster-average", words="stepped wedge: provider-period means, period effects, CR2, Satterthwaite",
    )  # fmt: skip


def exposure_design(cells: Cells) -> Array:
    """Return a design whose second column's coefficient is the effect averaged over periods since coaching began."""
    longest = int(cells.exposure.max())
    each = (cells.exposure[:, None] == np.arange(1, longest + 1)).astype(np.float64)
    return np.column_stack([np.ones(cells.mean.size), cells.treated, each[:, :-1] - each[:, -1:], cells.periods()])


def exposure_time_effect(
    frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points"
) -> Comparison:
    """Return the effect averaged over the time since coaching began, each period since then with an effect of its own.

    Skills build up; a model with one immediate effect can then mislead, even in sign (Kenny & others 2022). Provider-
    period means, least squares, Mancl-DeRouen errors, t(G - 2) (Ouyang & others 2026 recommend these; recalled from its
    abstract). The last exposure times are seen in few providers.
    """
    trial, cells = read_wedge(frame, columns)
    x = exposure_design(cells)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise AnalysisRefused(
            "trial: effects by time since coaching began cannot be told from periods",
            expected="periods in which providers with different times since coaching stand side by side",
            fix="use wedge_effect, and say that it assumes an immediate and constant effect",
        )
    m = moments(x, cells.mean, cells.cluster, cells.n_cluster)
    beta, inverse, score = least_squares(m)
    se = float(np.sqrt(sandwich(m.xx, score, inverse, "MD")[0, 1, 1]))
    return _comparison(
        trial, cells, (float(beta[0, 1]), se, cells.n_cluster - 2.0), level, unit, method=EXPOSURE,
        measure="difference in means, averaged over exposure time", estimand="cluster-average",
        words=f"stepped wedge: {int(cells.exposure.max())} exposure times and period effects, Mancl-DeRouen errors",
    )  # fmt: skip


def correlations(cells: Cells) -> tuple[float, float]:
    """Return the ICC within a provider and period, and the cluster autocorrelation (that between periods over it)."""
    between, moving, residual = nested_exchangeable(cells).variances
    total = between + moving
    return float(total / (total + residual)), float(between / total) if total > 0 else 1.0
