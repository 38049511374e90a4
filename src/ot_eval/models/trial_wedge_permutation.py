"""Within-period permutation for a stepped wedge: who could have started when, and what that would have shown.

In each period that has both, coached and usual-care providers are compared; the differences are weighted by
1 / (1/n1 + 1/n0) in numbers of providers. The start dates are then permuted over providers. Calendar time cannot bias
it, and nothing is assumed about the outcome. Source: Thompson, Davey, Fielding, Hargreaves & Hayes (2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial, prod

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.trial_allocations import MOST, SAMPLED
from ot_eval.models.trial_data import Columns
from ot_eval.models.trial_permutation import TIE, shift_interval
from ot_eval.models.trial_records import Array, Comparison
from ot_eval.models.trial_wedge import Cells, icc_of, read_wedge

METHOD = "wedge_within_period_permutation"


def orders(start: Array, rng: np.random.Generator | None = None) -> Array:
    """Return every distinct way to give the start periods to the providers (ways, providers), the real one first.

    Beyond 200,000 ways the real one and 9,999 random ones.

    Examples
    --------
    >>> orders(np.array([1, 1, 2])).tolist()
    [[1, 1, 2], [1, 2, 1], [2, 1, 1]]
    """
    start = np.asarray(start)
    values, counts = np.unique(start, return_counts=True)
    ways = factorial(start.size) // prod(factorial(int(c)) for c in counts)
    if ways <= MOST:
        listed = np.array(list(_distinct([int(v) for v in values], [int(c) for c in counts])))
        real = (listed == start).all(axis=1)
        return np.vstack([listed[real], listed[~real]])
    if rng is None:
        raise RequestError(
            f"{ways:,} orders could have happened",
            expected="a random generator: they are not all listed",
            fix="give rng",
        )
    return np.vstack([start, rng.permuted(np.tile(start, (SAMPLED, 1)), axis=1)])


def _distinct(values: list[int], counts: list[int]) -> Iterator[list[int]]:
    if not any(counts):
        yield []
    for k, value in enumerate(values):
        if counts[k]:
            left = [c - (j == k) for j, c in enumerate(counts)]
            for rest in _distinct(values, left):
                yield [value, *rest]


def within_period(figures: Array, treated: Array) -> Array:
    """Return the weighted within-period difference.

    Parameters
    ----------
    figures : means by provider and period (..., G, T), nan where a cell is empty
    treated : 1 where coached, same trailing shape
    """
    there = ~np.isnan(figures)
    y = np.where(there, figures, 0.0)
    n1, n0 = (there * treated).sum(axis=-2), (there * (1 - treated)).sum(axis=-2)
    both = (n1 > 0) & (n0 > 0)
    one = (y * treated).sum(axis=-2) / np.maximum(n1, 1)
    other = (y * (1 - treated)).sum(axis=-2) / np.maximum(n0, 1)
    weight = np.where(both, n1 * n0 / np.maximum(n1 + n0, 1), 0.0)
    with np.errstate(invalid="ignore"):
        out: Array = (weight * (one - other)).sum(axis=-1) / weight.sum(axis=-1)
    return out


def tables(cells: Cells) -> tuple[Array, Array]:
    """Return means by provider and period (G, T), nan where empty, and the first coached period of each provider."""
    figures = np.full((cells.n_cluster, cells.n_period), np.nan)
    figures[cells.cluster, cells.period] = cells.mean
    start = np.full(cells.n_cluster, cells.n_period)
    on = cells.treated == 1
    np.minimum.at(start, cells.cluster[on], cells.period[on])
    return figures, start


def p_and_interval(
    figures: Array, start: Array, ways: Array, level: float
) -> tuple[float, float, tuple[float, float] | None]:
    """Return the difference, its p-value and interval from means (G, T) and start periods (ways, G)."""
    period = np.arange(figures.shape[1])
    real = (period >= start[:, None]).astype(np.float64)
    every = (period >= ways[:, :, None]).astype(np.float64)
    a = within_period(figures[None], every)
    b = within_period(np.where(np.isnan(figures), np.nan, real)[None], every)
    observed = float(within_period(figures, real))
    if np.isnan(a).any() or np.isnan(observed):
        raise AnalysisRefused(
            "trial: some order would leave no period with both arms", expected="no empty cells", fix="use wedge_effect"
        )
    p = float((np.abs(a) >= abs(observed) - TIE * (1 + np.abs(a).max())).mean())
    return observed, p, shift_interval(observed, a, b, level)


def wedge_permutation(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
    unit: str = "points",
) -> Comparison:
    """Return the within-period effect with its permutation p-value and interval.

    Parameters
    ----------
    frame, columns, level, unit : as in `trial_wedge.wedge_effect`
    rng : needed where more than 200,000 orders could have happened

    Raises
    ------
    AnalysisRefused, RequestError
        As in `trial_wedge.read_wedge`.
    """
    trial, cells = read_wedge(frame, columns)
    figures, start = tables(cells)
    ways = orders(start, rng)
    value, p, ends = p_and_interval(figures, start, ways, level)
    return Comparison(
        method=METHOD, estimand="cluster-average", measure="difference in means", unit=unit, value=value,
        lower=None if ends is None else ends[0], upper=None if ends is None else ends[1], level=level, p=p,
        n=trial.y.size, n_cluster=trial.n_cluster, n_coached=int((start < cells.n_period).sum()), size_cv=trial.size_cv,
        p_floor=1 / len(ways), icc=icc_of(trial, level),
        words=f"stepped wedge: within-period differences, permutation over {len(ways):,} orders",
    )  # fmt: skip
