"""Curves: fewer, rounder points, so that no line gives back the day something happened to a person.

A drawn survival curve steps on every event day and can be read back exactly from the picture. Here a point is kept
only where at least the threshold of events lies between it and the point before; points sit on the horizons or on
whole weeks, never on the day of an event as such; the curve stops where few people remain; and below
`Policy.smallest_curve` people there is a small table and no curve.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ot_eval.base.results import Curve
from ot_eval.outputs.disclosure_counts import Counts
from ot_eval.outputs.disclosure_intervals import share_interval
from ot_eval.outputs.policy import PRECISION, Policy
from ot_eval.outputs.released import ReleasedCurve

WEEK = 7
MOST_POINTS = 24
"""Points of a curve, at most, beside its horizons: more of them make no line smoother, and a page heavier."""
SHARES = ("probability",)


@dataclass(frozen=True, slots=True)
class _Steps:
    """A curve as a function of any day, read as a step function."""

    curve: Curve

    def at(self, numbers: Sequence[float], day: int, before: float) -> float:
        """Return the last entry on or before `day`, or `before` where there is none."""
        position = bisect_right(self.curve.days, day) - 1
        return numbers[position] if position >= 0 else before

    def events(self, day: int) -> int:
        return int(self.at(self.curve.n_event, day, 0))

    def at_risk(self, day: int) -> int:
        """Return people at risk just before `day`: the next listed day's risk set (people only leave later)."""
        position = bisect_right(self.curve.days, day - 1)
        if position < len(self.curve.days):
            return self.curve.n_risk[position]
        return 0


def _people(curve: Curve) -> int:
    return max(curve.n_risk, default=0)


def _last_day(curve: Curve, policy: Policy) -> int:
    """Return the last day with at least the threshold of people at risk."""
    days = [day for day, risk in zip(curve.days, curve.n_risk, strict=True) if risk >= policy.threshold]
    return days[-1] if days else 0


def _kept(steps: _Steps, horizons: Sequence[int], last: int, policy: Policy) -> tuple[int, ...]:
    """Choose the days to publish: horizons first, then whole weeks between them, each far enough in events."""
    gap = max(policy.threshold, -(-steps.events(last) // MOST_POINTS))
    anchors = [0]
    for day in sorted(h for h in horizons if 0 < h <= last):
        if steps.events(day) - steps.events(anchors[-1]) >= policy.threshold:
            anchors.append(day)
    days = list(anchors)
    ends = [*anchors[1:], None]
    for start, end in zip(anchors, ends, strict=True):
        day = start
        for week in range(start - start % WEEK + WEEK, (last if end is None else end - 1) + 1, WEEK):
            room = end is None or steps.events(end) - steps.events(week) >= gap
            if room and steps.events(week) - steps.events(day) >= gap:
                days.append(week)
                day = week
    return tuple(sorted(set(days)))


def _points(
    curve: Curve, days: Sequence[int], people: int, policy: Policy
) -> tuple[tuple[float, ...], tuple[float, ...] | None, tuple[float, ...] | None]:
    """Return the shown values on `days`, and their intervals worked out again from them."""
    steps, start, share = _Steps(curve), _start(curve), curve.unit in SHARES
    value = [steps.at(curve.value, day, start) for day in days]
    shown = tuple(policy.share(v, people) if share else round(v, PRECISION) for v in value)
    if curve.lower is None or curve.upper is None:
        return shown, None, None
    low = [steps.at(curve.lower, day, start) for day in days]
    high = [steps.at(curve.upper, day, start) for day in days]
    if not share:
        return shown, tuple(round(x, PRECISION) for x in low), tuple(round(x, PRECISION) for x in high)
    ends = [
        share_interval(true, point, curve.level, policy) if 0 < point < 1 else (point, point)
        for true, point in zip(zip(value, low, high, strict=True), shown, strict=True)
    ]
    return shown, tuple(e[0] or 0.0 for e in ends), tuple(e[1] or 0.0 for e in ends)


def _start(curve: Curve) -> float:
    """Return where the curve begins before its first day: 1 for survival (it falls), else 0."""
    falls = (bool(curve.value) and curve.value[-1] < curve.value[0]) or (bool(curve.value) and curve.value[0] == 1)
    return 1.0 if falls else 0.0


def release_curve(curve: Curve, horizons: Sequence[int], risk_days: Sequence[int], counts: Counts) -> ReleasedCurve:
    """Return the curve as it may be published.

    Parameters
    ----------
    curve : the true curve
    horizons : days the report states results for, in days since time zero
    risk_days : days of the table of people at risk below the curve
    counts : what counts are shown as
    """
    policy, steps, true = counts.policy, _Steps(curve), _people(curve)
    people = counts.people(curve.population, true)
    last = _last_day(curve, policy)
    drawn = true >= policy.smallest_curve
    shown_days = _kept(steps, horizons, last, policy) if people else (0,)
    if not drawn:
        shown_days = tuple(day for day in shown_days if day in horizons)
    elif len(shown_days) < 2:  # noqa: PLR2004
        shown_days = ()
    value, lower, upper = _points(curve, shown_days, people or 0, policy) if people else ((), None, None)
    table_days = tuple(day for day in risk_days if day <= last) if people else ()
    hidden = "" if shown_days and people else f"fewer than {policy.threshold} people or events"
    return ReleasedCurve(
        analysis=curve.analysis,
        population=curve.population,
        outcome=curve.outcome,
        group=curve.group,
        unit=curve.unit,
        people=people,
        days=() if hidden else shown_days,
        value=() if hidden else value,
        lower=None if hidden else lower,
        upper=None if hidden else upper,
        risk_days=table_days,
        n_risk=tuple(counts.people(curve.population, steps.at_risk(day) if day else true) for day in table_days),
        n_event=tuple(counts.events(curve.population, curve.outcome, steps.events(day)) for day in table_days),
        level=curve.level,
        method=curve.method,
        drawn=drawn and not hidden,
        hidden=hidden,
    )
