"""What a worker says of a skill against what an observer saw: weighted kappa over several skills of each worker.

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
