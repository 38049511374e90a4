"""What a worker says of a skill against what an observer saw, two observers, and several questions on one thing.

Each is a function of sums over workers, so that its interval can leave out one provider at a time: the usual intervals
(Feldt's, F) take workers of one provider as independent. Values are those of `trial_reliability`.

Several skills of one worker are not several workers: the interval leaves out one worker, or one provider, at a time.
Quadratic weights, as for ordered answers (Cohen 1968, Psychol Bull 70:213).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.jackknife import Interval, jackknife


def weighted_kappa(
    ratings: pd.DataFrame, *, levels: int, cluster: pd.Series | None = None, level: float = 0.95
) -> Interval:
    """Return quadratic-weighted kappa of two ratings with its leave-one-out interval.

    Parameters
    ----------
    ratings : one row a worker and skill (index: worker), columns `said` and `seen`, 0 to `levels` - 1
    levels : number of ordered answers
    cluster : provider of every worker, by worker; None: workers are left out one at a time
    level : confidence level

    Raises
    ------
    AnalysisRefused
        A rating outside its levels, everybody rated alike, or too few workers or providers.
    """
    table = ratings[["said", "seen"]].to_numpy(dtype=float)
    if np.isnan(table).any() or (table < 0).any() or (table >= levels).any() or (table % 1 != 0).any():
        raise AnalysisRefused(
            f"ratings: answers outside 0 to {levels - 1}",
            expected="ordered answers as whole numbers, nothing missing",
            fix="leave out skills that the observer could not see",
        )
    cell = (table[:, 0] * levels + table[:, 1]).astype(int)
    counts = pd.DataFrame(np.eye(levels * levels)[cell], index=ratings.index).groupby(level=0).sum()

    def kappa(sums: np.ndarray, _n: np.ndarray) -> np.ndarray:
        return _kappa(sums, levels)

    return jackknife(counts, kappa, cluster=None if cluster is None else cluster[counts.index], level=level)


def _kappa(sums: np.ndarray, levels: int) -> np.ndarray:
    grid = sums.reshape(-1, levels, levels)
    weight = (np.arange(levels)[:, None] - np.arange(levels)[None, :]) ** 2
    total = grid.sum(axis=(1, 2))
    expected = grid.sum(axis=2)[:, :, None] * grid.sum(axis=1)[:, None, :] / total[:, None, None]
    return np.asarray(1 - (grid * weight).sum(axis=(1, 2)) / (expected * weight).sum(axis=(1, 2)))


def alpha(scores: pd.DataFrame, *, cluster: pd.Series | None = None, level: float = 0.95) -> Interval:
    """Return Cronbach's alpha with its leave-one-out interval, which is not cut at 1.

    Parameters
    ----------
    scores : one row a worker, one column a question; nothing missing
    cluster : provider of every worker, by worker; None: workers are left out one at a time
    level : confidence level
    """
    x = scores.to_numpy(dtype=float)
    k = x.shape[1]
    total = x.sum(axis=1, keepdims=True)
    sums = pd.DataFrame(np.hstack([x, x**2, total, total**2]), index=scores.index)

    def statistic(s: np.ndarray, n: np.ndarray) -> np.ndarray:
        items = (s[:, k : 2 * k] - s[:, :k] ** 2 / n[:, None]).sum(axis=1)
        whole = s[:, 2 * k + 1] - s[:, 2 * k] ** 2 / n
        return np.asarray(k / (k - 1) * (1 - items / whole))

    return jackknife(sums, statistic, cluster=None if cluster is None else cluster[scores.index], level=level)


def two_raters(scores: pd.DataFrame, *, cluster: pd.Series | None = None, level: float = 0.95) -> Interval:
    """Return the one-way intraclass correlation of one rater, ICC(1,1), where each worker has two of any raters.

    Parameters
    ----------
    scores : one row a worker, two columns; nothing missing
    cluster : provider of every worker, by worker; None: workers are left out one at a time
    level : confidence level
    """
    one, other = scores.to_numpy(dtype=float).T
    mean = (one + other) / 2
    sums = pd.DataFrame({"m": mean, "m2": mean**2, "d2": (one - other) ** 2}, index=scores.index)

    def statistic(s: np.ndarray, n: np.ndarray) -> np.ndarray:
        between = 2 * (s[:, 1] - s[:, 0] ** 2 / n) / (n - 1)
        within = s[:, 2] / (2 * n)
        return np.asarray((between - within) / (between + within))

    return jackknife(sums, statistic, cluster=None if cluster is None else cluster[scores.index], level=level)
