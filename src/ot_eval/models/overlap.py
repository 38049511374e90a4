"""How much of what two workers can do they have in common: the Jaccard index of their skills, averaged over pairs.

For two workers, skills that both have over skills that either has (Jaccard 1901); then the mean over all pairs of one
worker of each group. It is an unbiased estimate of what a randomly met pair shares, which the index of two group
profiles is not: that one falls short of 1 by chance alone when groups are small and alike. The interval leaves out one
provider at a time, with every pair it has a part in, for workers of one provider learn the same things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import LEAST_CLUSTERS

FEWEST_WORKERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The mean index of pairs, between 0 and 1, with its interval where one can be given.

    `n_first` and `n_second` are workers; `n_empty` pairs that have no skill at all between them, and are left out;
    `n_cluster` providers left out one at a time, None where workers were.
    """

    value: float
    se: float | None
    lower: float | None
    upper: float | None
    level: float
    n_first: int
    n_second: int
    n_empty: int
    n_cluster: int | None


def pair_overlap(
    first: pd.DataFrame, second: pd.DataFrame | None = None, *, cluster: pd.Series | None = None, level: float = 0.95
) -> Overlap:
    """Return the mean Jaccard index of pairs of workers, one of each group, or both of one group.

    Parameters
    ----------
    first, second : one row a worker (index: worker), one true or false column a skill, the same skills in both; without
        `second`, pairs are made within `first`
    cluster : provider of every worker, by the index; None: workers are independent
    level : confidence level

    Raises
    ------
    AnalysisRefused
        Fewer than three workers in a group, no pair with a skill between them, or fewer than five providers.
    """
    other = first if second is None else second
    if list(first.columns) != list(other.columns) or first.isna().any(axis=None) or other.isna().any(axis=None):
        raise AnalysisRefused(
            "overlap: the groups answered different skills, or with gaps",
            expected="the same skills in both groups, every worker with an answer to each",
            fix="keep the skills and the workers that all analyses can use",
        )
    for group in (first, other):
        if len(group) < FEWEST_WORKERS:
            raise AnalysisRefused(
                f"overlap: {len(group)} workers in a group",
                expected=f"at least {FEWEST_WORKERS} workers in each group",
                fix="ask more workers, or list their skills without comparing",
            )
    index, counted = _pairs(first.to_numpy(dtype=bool), other.to_numpy(dtype=bool))
    if second is None:
        counted &= ~np.eye(len(first), dtype=bool)
    if not counted.any():
        raise AnalysisRefused(
            "overlap: nobody has any of the skills",
            expected="a pair of workers with a skill between them",
            fix="look at how levels were answered",
        )
    value = float(index[counted].mean())
    possible = counted.size - (len(first) if second is None else 0)
    se, n_units = _leave_one_out(index * counted, counted, first.index, other.index, cluster)
    half = se * float(stats.t.ppf(0.5 + level / 2, n_units - 1))
    return Overlap(
        value=value,
        se=se,
        lower=max(0.0, value - half),
        upper=min(1.0, value + half),
        level=level,
        n_first=len(first),
        n_second=len(other),
        n_empty=int(possible - counted.sum()) // (2 if second is None else 1),
        n_cluster=None if cluster is None else n_units,
    )


def _pairs(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of every pair, and whether the pair has a skill between them."""
    both = one.astype(float) @ other.T.astype(float)
    either = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :] - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0), either > 0


def _leave_one_out(
    index: np.ndarray, counted: np.ndarray, rows: pd.Index, columns: pd.Index, cluster: pd.Series | None
) -> tuple[float, int]:
    """Return the standard error, leaving out one unit with all pairs it has a part in, and the number of units."""
    workers = rows.union(columns)
    units = pd.Series(workers, index=workers) if cluster is None else cluster.reindex(workers)
    if units.isna().any():
        raise AnalysisRefused(
            "overlap: a worker's provider is not known",
            expected="the provider of every worker",
            fix="give workers without a provider a group of their own",
        )
    code, names = pd.factorize(units)
    n = len(names)
    if cluster is not None and n < LEAST_CLUSTERS:
        raise AnalysisRefused(
            f"overlap: {n} providers",
            expected=f"at least {LEAST_CLUSTERS} providers for an interval",
            fix="take workers as independent, and say that results are about these providers only",
        )
    place = pd.Series(code, index=workers)
    at_row, at_column = np.eye(n)[place[rows].to_numpy()], np.eye(n)[place[columns].to_numpy()]

    def rest(matrix: np.ndarray) -> np.ndarray:
        by_unit = at_row.T @ matrix @ at_column
        return np.asarray(matrix.sum() - by_unit.sum(axis=1) - by_unit.sum(axis=0) + np.diag(by_unit))

    left = rest(counted.astype(float))
    if (left <= 0).any():
        raise AnalysisRefused(
            "overlap: all workers of a group are with one provider",
            expected="both groups in two providers or more",
            fix="ask workers of more providers",
        )
    without = rest(index) / left
    return float(np.sqrt((n - 1) / n * np.square(without - without.mean()).sum())), n
