"""Leave-one-out intervals for any smooth function of sums, valid when people share providers.

One mechanism serves every statistic of change. The unit left out is the person, or the provider once clusters are
declared; the reference is t with one degree of freedom fewer than there are units. For the mean this is exactly the
one-sample t interval (people), or the t interval of provider means when providers are of equal size.

With 4 to 20 clusters the leave-one-cluster-out variance with t rejected a true null in 3.9 to 6.2 % of simulated
trials, where the plain test reached 37 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import LEAST_CLUSTERS

FEWEST_PEOPLE = 3
WORST_CONDITION = 1e12  # of a cross-product matrix; beyond it a slope has no correct digits

Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(sums, n) to the statistic: `sums` has one row a replicate and one column a summed quantity, `n` one entry a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A statistic with its leave-one-out standard error and interval."""

    value: float
    se: float
    lower: float
    upper: float
    df: int
    n: int
    n_cluster: int | None


def require_units(n: int, clustered: bool) -> None:
    """Refuse when there are too few people, or too few clusters, for an interval."""
    fewest, what = (LEAST_CLUSTERS, "providers") if clustered else (FEWEST_PEOPLE, "people")
    if n < fewest:
        raise AnalysisRefused(
            f"{n} {what} with both scores",
            expected=f"at least {fewest} {what} for an interval",
            fix="report the numbers provider by provider without an interval, or wait for more data",
        )


def jackknife(
    quantities: pd.DataFrame, statistic: Statistic, *, cluster: pd.Series | None = None, level: float = 0.95
) -> Interval:
    """Return a statistic of summed quantities with its leave-one-out interval.

    Parameters
    ----------
    quantities : one row a person, the columns to be summed
    statistic : function of the sums and of the number of people
    cluster : provider of each row, or None
    level : confidence level

    Raises
    ------
    AnalysisRefused
        Fewer than 3 people, or fewer than 5 clusters, or the statistic is not defined (a division by zero).
    """
    values = quantities.to_numpy(dtype=float)
    units = np.arange(len(values)) if cluster is None else pd.factorize(cluster)[0]
    n_units = int(units.max()) + 1 if len(values) else 0
    require_units(n_units, cluster is not None)
    part = np.zeros((n_units, values.shape[1]))
    np.add.at(part, units, values)
    size = np.bincount(units, minlength=n_units).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = float(statistic(part.sum(axis=0, keepdims=True), size.sum(keepdims=True))[0])
        left_out = statistic(part.sum(axis=0) - part, size.sum() - size)
    if not (np.isfinite(whole) and np.isfinite(left_out).all()):
        raise AnalysisRefused(
            "the statistic is not defined in these data, or not without one of its units",
            expected="a denominator other than zero, and scores that differ between people",
            fix="report another definition",
        )
    se = float(np.sqrt((n_units - 1) / n_units * np.square(left_out - left_out.mean()).sum()))
    half = se * float(stats.t.ppf(0.5 + level / 2, n_units - 1))
    return Interval(
        value=whole,
        se=se,
        lower=whole - half,
        upper=whole + half,
        df=n_units - 1,
        n=len(values),
        n_cluster=None if cluster is None else n_units,
    )


def left_out_slope(
    design: pd.DataFrame, outcome: pd.Series, cluster: pd.Series, name: str, level: float = 0.95
) -> Interval:
    """Return the least-squares slope of the column `name`, with its leave-one-provider-out interval.

    Parameters
    ----------
    design : the columns of the regression, nothing missing
    outcome : what is regressed, in the same order
    cluster : provider of each row
    name : the column whose slope is wanted
    level : confidence level
    """
    units, names = pd.factorize(cluster)
    require_units(len(names), clustered=True)
    x, y = design.to_numpy(dtype=float), outcome.to_numpy(dtype=float)
    cross = np.zeros((len(names), x.shape[1], x.shape[1]))
    moment = np.zeros((len(names), x.shape[1]))
    np.add.at(cross, units, x[:, :, None] * x[:, None, :])
    np.add.at(moment, units, x * y[:, None])
    place = list(design.columns).index(name)
    rest_cross = cross.sum(axis=0) - cross
    if max(np.linalg.cond(cross.sum(axis=0)), np.linalg.cond(rest_cross).max()) > WORST_CONDITION:
        raise AnalysisRefused(
            "the comparison cannot be told from its covariates, or not without one of the providers",
            expected="covariates that do not determine the group",
            fix="leave a covariate out",
        )
    whole = float(np.linalg.solve(cross.sum(axis=0), moment.sum(axis=0))[place])
    rest = np.linalg.solve(rest_cross, (moment.sum(axis=0) - moment)[:, :, None])[:, place, 0]
    n_cluster = len(names)
    se = float(np.sqrt((n_cluster - 1) / n_cluster * np.square(rest - rest.mean()).sum()))
    half = se * float(stats.t.ppf(0.5 + level / 2, n_cluster - 1))
    return Interval(
        value=whole, se=se, lower=whole - half, upper=whole + half, df=n_cluster - 1, n=len(y), n_cluster=n_cluster
    )
