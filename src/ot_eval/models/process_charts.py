"""Run charts and XmR charts, which tell a monthly figure that changes from one that only wobbles.

The XmR rules are those of NHS England's "Making Data Count": a point outside the limits; seven in a row on one side of
the mean; seven in a row rising or falling; two of three close to a limit. The run chart has no limits and needs fewer
points: it counts crossings of the median and the longest run on one side (Anhøj and Olesen 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ot_eval.base.errors import AnalysisRefused

TO_LIMIT = 2.66  # 3 / d2 for moving ranges of two points (d2 = 1.128)
OUTLYING_RANGE = 3.267  # D4: a moving range beyond this many mean ranges is left out of the mean range
IN_A_ROW = 7
FEWEST_FOR_RUNS = 10
FEWEST_FOR_LIMITS = 12
OUTSIDE, TREND, NEAR_LIMIT, SHIFT = (
    "outside the limits",
    "seven rising or falling",
    "two of three near a limit",
    "shift",
)
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class XmR:
    """An XmR chart: one entry a period, the centre and limits, and which rule each point breaks ("" = none)."""

    periods: tuple[str, ...]
    values: tuple[float, ...]
    centre: float
    lower: float
    upper: float
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChart:
    """A run chart: the median, the longest run on one side, the crossings, and the limits for both."""

    periods: tuple[str, ...]
    values: tuple[float, ...]
    median: float
    n_useful: int
    longest_run: int
    longest_run_allowed: int
    crossings: int
    fewest_crossings_allowed: int

    @property
    def signal(self) -> bool:
        """Whether the points moved more than chance alone would move them."""
        return self.longest_run > self.longest_run_allowed or self.crossings < self.fewest_crossings_allowed


def _series(values: pd.Series, fewest: int) -> NDArray[np.float64]:
    if len(values) < fewest or values.isna().any() or not values.index.is_monotonic_increasing:
        raise AnalysisRefused(
            f"{int(values.notna().sum())} of {len(values)} periods have a value, or they are not in order",
            expected=f"at least {fewest} periods in order, none empty",
            fix="chart by a longer period, or wait for more of them",
        )
    return np.asarray(values, dtype=np.float64)


def _spread_over(starts: Flags, width: int) -> Flags:
    """Mark every point of each window of `width` points that `starts` (one entry a window)."""
    marked = np.zeros(len(starts) + width - 1, dtype=bool)
    for offset in range(width):
        marked[offset : offset + len(starts)] |= starts
    return marked


def _all_in_windows(flag: Flags, width: int) -> Flags:
    if len(flag) < width:
        return np.zeros(0, dtype=bool)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(flag, width).all(axis=1))


def _shift(side: NDArray[np.float64]) -> Flags:
    out = np.zeros(len(side), dtype=bool)
    for way in (1.0, -1.0):
        windows = _all_in_windows(side == way, IN_A_ROW)
        if windows.any():
            out |= _spread_over(windows, IN_A_ROW)
    return out


def _trend(x: NDArray[np.float64]) -> Flags:
    out = np.zeros(len(x), dtype=bool)
    step = np.sign(np.diff(x))
    for way in (1.0, -1.0):
        windows = _all_in_windows(step == way, IN_A_ROW - 1)
        if windows.any():
            out |= _spread_over(windows, IN_A_ROW)
    return out


def _two_of_three(near: Flags, side: NDArray[np.float64]) -> Flags:
    out = np.zeros(len(near), dtype=bool)
    if len(near) < 3:  # noqa: PLR2004
        return out
    for way in (1.0, -1.0):
        same = _all_in_windows(side == way, 3)
        two = np.lib.stride_tricks.sliding_window_view(near, 3).sum(axis=1) >= 2  # noqa: PLR2004
        if (same & two).any():
            out |= _spread_over(np.asarray(same & two), 3) & near
    return out


def xmr(values: pd.Series) -> XmR:
    """Return the XmR chart of one figure a period.

    Parameters
    ----------
    values : in order of time, indexed by the period's name; nothing missing

    Raises
    ------
    AnalysisRefused
        Fewer than 12 periods, an empty period, or figures that never change.
    """
    x = _series(values, FEWEST_FOR_LIMITS)
    ranges = np.abs(np.diff(x))
    mean_range = float(ranges[ranges < OUTLYING_RANGE * ranges.mean()].mean()) if ranges.any() else 0.0
    if mean_range == 0:
        raise AnalysisRefused(
            "the figure hardly ever changes from one period to the next",
            expected="figures that vary",
            fix="show the figures in a table",
        )
    centre = float(x.mean())
    half = TO_LIMIT * mean_range
    side = np.sign(x - centre)
    outside = np.abs(x - centre) > half
    near = ~outside & (np.abs(x - centre) > half * 2 / 3)
    rules = ((SHIFT, _shift(side)), (NEAR_LIMIT, _two_of_three(near, side)), (TREND, _trend(x)), (OUTSIDE, outside))
    signals = np.full(len(x), "", dtype=object)
    for name, broken in rules:  # the later rule wins, so that the strongest is the one shown
        signals[broken] = name
    return XmR(
        periods=tuple(str(p) for p in values.index),
        values=tuple(float(v) for v in x),
        centre=centre,
        lower=centre - half,
        upper=centre + half,
        signals=tuple(str(s) for s in signals),
    )


def run_chart(values: pd.Series) -> RunChart:
    """Return the run chart of one figure a period.

    Parameters
    ----------
    values : in order of time, indexed by the period's name; nothing missing

    Raises
    ------
    AnalysisRefused
        Fewer than 10 periods, an empty period, or fewer than 10 points off the median.
    """
    x = _series(values, FEWEST_FOR_RUNS)
    median = float(np.median(x))
    side = np.sign(x - median)
    side = side[side != 0]
    n = len(side)
    if n < FEWEST_FOR_RUNS:
        raise AnalysisRefused(
            f"{n} periods lie off the median", expected=f"at least {FEWEST_FOR_RUNS}", fix="show the figures in a table"
        )
    turns = np.flatnonzero(np.diff(side) != 0)
    lengths = np.diff(np.concatenate([[-1], turns, [n - 1]]))
    return RunChart(
        periods=tuple(str(p) for p in values.index),
        values=tuple(float(v) for v in x),
        median=median,
        n_useful=n,
        longest_run=int(lengths.max()),
        longest_run_allowed=round(log2(n)) + 3,
        crossings=len(turns),
        fewest_crossings_allowed=int(stats.binom.ppf(0.05, n - 1, 0.5)),
    )
