"""Incidence when the day of an increase is known only to lie between two days (records that were overwritten).

The non-parametric maximum likelihood estimate of the cumulative incidence with an interval-censored cause and other
causes whose days are known. Mass can lie only in Turnbull's innermost intervals, and where within one cannot be known:
the curve is drawn twice, as late and as early as it can be. The likelihood is concave; the maximum is recognised by its
optimality condition, not by small steps. Sources: Turnbull (1976); Hudgens, Satten & Longini (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Curve
from ot_eval.models.about import About, need_columns
from ot_eval.models.spells import Floats, Ints, read_spells, whole_days

OPTIMAL = 1e-6
"""The estimate is the maximum when no day's derivative exceeds 1 by more than this (log-likelihood within n x 1e-6)."""
MOST_ITERATIONS = 100_000
REPLICATES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known: for people with the cause the days it may lie on, for the others their last day.

    ``earliest`` and ``latest`` (with the cause), ``exit`` and ``other`` (the rest; other = had a competing event).
    """

    earliest: Ints
    latest: Ints
    exit: Ints
    other: Ints

    @property
    def n(self) -> int:
        """Number of people."""
        return int(self.earliest.size + self.exit.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mass:
    """Probability of the cause in each innermost interval [first, last], and of a competing event by day."""

    first: Ints
    last: Ints
    own: Floats
    other_days: Ints
    other: Floats
    excess: float  # largest derivative less 1: at most OPTIMAL at the maximum


def read_known(frame: pd.DataFrame, *, cause: str, earliest: str, latest: str) -> Known:
    """Read one row a person; `earliest` and `latest` are needed where ``event`` is `cause` (equal when exact)."""
    need_columns([earliest, latest], list(frame.columns))
    spells = read_spells(frame)
    own = spells.event == spells.code(cause)
    first, last = (whole_days(frame.loc[own, c].reset_index(drop=True), c) for c in (earliest, latest))
    wrong = int(((first > last) | (first < 1)).sum())
    if spells.delayed or wrong:
        raise AnalysisRefused(
            f"follow_up: {wrong} people with {earliest} after {latest} or before day 1, late entry {spells.delayed}",
            expected="an interval of days from day 1 on for everybody with the event, and follow-up from day 0",
            fix="restrict the population to people seen from time zero, and mend the intervals",
        )
    return Known(earliest=first, latest=last, exit=spells.exit[~own], other=(spells.event[~own] > 0).astype(np.int64))


def innermost(known: Known) -> tuple[Ints, Ints]:
    """Return Turnbull's intervals: from a first possible day to the next last possible day, with none between."""
    censored = known.exit[known.other == 0]
    left = np.unique(np.concatenate([known.earliest, censored + 1]))
    right = np.unique(known.latest)
    begin = left[np.searchsorted(left, right, side="right") - 1]
    keep = np.append(begin[1:] != begin[:-1], True)
    # Of several last days after one first day only the earliest closes an innermost interval.
    first_of = np.concatenate([[0], np.flatnonzero(keep)[:-1] + 1])
    return begin[first_of], right[first_of]


class _Likelihood:
    """Sums over people for the EM step, by ranges of cells: own intervals, then other days, then never."""

    def __init__(self, known: Known) -> None:
        self.n = known.n
        self.first, self.last = innermost(known)
        self.other_days = np.unique(known.exit[known.other == 1])
        low = np.searchsorted(self.first, known.earliest, side="left")
        high = np.searchsorted(self.last, known.latest, side="right")
        pairs, self.pair_count = np.unique(np.stack([low, high]), axis=1, return_counts=True)
        self.low, self.high = pairs
        days, self.censored_count = np.unique(known.exit[known.other == 0], return_counts=True)
        self.own_after = np.searchsorted(self.last, days, side="right")
        self.other_after = np.searchsorted(self.other_days, days, side="right")
        self.other_count = np.bincount(
            np.searchsorted(self.other_days, known.exit[known.other == 1]), minlength=self.other_days.size
        ).astype(np.float64)
        self.m = self.first.size

    def start(self) -> Floats:
        size = self.m + self.other_days.size + 1
        return np.full(size, 1 / size)

    def derivative(self, p: Floats) -> tuple[Floats, float]:
        """Return the derivative of the mean log-likelihood in each cell, and the log-likelihood."""
        own, other, never = p[: self.m], p[self.m : -1], p[-1]
        so_far = np.concatenate([[0.0], np.cumsum(own)])
        seen = np.maximum(so_far[self.high] - so_far[self.low], 1e-300)
        rest = np.concatenate([np.cumsum(other[::-1])[::-1], [0.0]])
        left = np.maximum(so_far[-1] - so_far[self.own_after] + rest[self.other_after] + never, 1e-300)
        up = np.zeros(self.m + 1)
        np.add.at(up, self.low, self.pair_count / seen)
        np.add.at(up, self.high, -self.pair_count / seen)
        np.add.at(up, self.own_after, self.censored_count / left)
        side = np.zeros(self.other_days.size + 1)
        np.add.at(side, self.other_after, self.censored_count / left)
        exact = np.divide(self.other_count, other, out=np.zeros(other.size), where=other > 0)
        slope = np.concatenate([np.cumsum(up)[:-1], np.cumsum(side)[:-1] + exact, [(self.censored_count / left).sum()]])
        value = (self.pair_count * np.log(seen)).sum() + (self.censored_count * np.log(left)).sum()
        value += (self.other_count * np.log(np.maximum(other, 1e-300))).sum()
        return slope / self.n, float(value)


def largest_likelihood(known: Known) -> Mass:
    """Return the estimate: EM steps, accelerated by squared extrapolation (Varadhan & Roland 2008)."""
    likelihood = _Likelihood(known)
    p = likelihood.start()
    for _ in range(MOST_ITERATIONS):
        slope, value = likelihood.derivative(p)
        excess = float(slope.max()) - 1
        if excess <= OPTIMAL:
            m = likelihood.m
            return Mass(
                first=likelihood.first, last=likelihood.last, own=p[:m], other_days=likelihood.other_days,
                other=p[m:-1], excess=excess,
            )  # fmt: skip
        p = _accelerated(likelihood, p, p * slope, value)
    raise AnalysisRefused(
        f"interval-censored incidence: no maximum after {MOST_ITERATIONS} iterations",
        expected="a likelihood whose maximum is reached",
        fix="round the intervals to weeks, or restrict to people with shorter intervals",
    )


def _accelerated(likelihood: _Likelihood, p: Floats, once: Floats, value: float) -> Floats:
    twice = once * likelihood.derivative(once)[0]
    step, bend = once - p, twice - 2 * once + p
    length = float(np.linalg.norm(bend))
    if length == 0:
        return twice
    stretch = -float(np.linalg.norm(step)) / length
    far = np.maximum(p - 2 * stretch * step + stretch**2 * bend, 1e-15)
    far = far / far.sum()
    slope, reached = likelihood.derivative(far)
    return far * slope if reached >= value else twice


def incidence_from_intervals(
    frame: pd.DataFrame,
    *,
    cause: str,
    about: About,
    rng: np.random.Generator,
    earliest: str = "increase_earliest",
    latest: str = "increase_latest",
    replicates: int = REPLICATES,
) -> tuple[Curve, Curve]:
    """Return the share with `cause` by day, as late and as early as the intervals allow, with bootstrap limits.

    Parameters
    ----------
    frame : one row a person, everybody from day 0: ``exit_day``, ``event``, and for those with `cause` the first and
        the last day it may have happened on
    cause : kind of event; the others compete and their days are exact
    about : labels and confidence level
    rng : source of the bootstrap of people; percentile limits
    replicates : number of draws

    Raises
    ------
    AnalysisRefused
        late entry, intervals that cannot be, no maximum.
    """
    known = read_known(frame, cause=cause, earliest=earliest, latest=latest)
    last_day = int(max(known.latest.max(), known.exit.max(initial=1)))
    lines = _lines(largest_likelihood(known), last_day)
    drawn = np.stack([_lines(largest_likelihood(_draw(known, rng)), last_day) for _ in range(replicates)])
    tail = (1 - about.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    left = np.sort(np.concatenate([known.latest, known.exit]))
    n_risk = known.n - np.searchsorted(left, np.arange(last_day + 1), side="left")
    out = np.searchsorted(np.sort(known.exit), np.arange(last_day + 1), side="right")
    had = np.searchsorted(np.sort(known.latest), np.arange(last_day + 1), side="right")
    late, early = (
        Curve(
            analysis="interval_censored_incidence",
            population=about.population,
            outcome=cause,
            group=f"as {word} as can be",
            unit="probability",
            days=tuple(range(last_day + 1)),
            value=tuple(lines[row].tolist()),
            lower=tuple(np.minimum(low[row], lines[row]).tolist()),
            upper=tuple(np.maximum(high[row], lines[row]).tolist()),
            n_risk=tuple(n_risk.tolist()),
            n_event=tuple(had.tolist()),
            n_censored=tuple(out.tolist()),
            level=about.level,
            method=f"non-parametric maximum likelihood (Turnbull), mass as {word} as can be; {replicates} draws",
        )
        for row, word in enumerate(("late", "early"))
    )
    return late, early


def _lines(mass: Mass, last_day: int) -> Floats:
    by_day = [np.bincount(days, weights=mass.own, minlength=last_day + 2) for days in (mass.last, mass.first)]
    return np.minimum(np.cumsum(np.stack(by_day), axis=1)[:, : last_day + 1], 1.0)


def _draw(known: Known, rng: np.random.Generator) -> Known:
    pick = rng.integers(0, known.n, known.n)
    with_cause = pick[pick < known.earliest.size]
    rest = pick[pick >= known.earliest.size] - known.earliest.size
    return Known(
        earliest=known.earliest[with_cause], latest=known.latest[with_cause], exit=known.exit[rest],
        other=known.other[rest],
    )  # fmt: skip
