"""The period a Client Level Data file really covers, derived from its ended events (rule 4), not read from it.

A month is complete when ended requests, assessments and services each reach a share of their own median month. The
last complete month is where the file's data end; the run of complete months before it (a single weak month between two
complete ones does not break the run) is its period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

COUNTED = ("request", "assessment", "service")
"""Reviews are left out: councils do not send them reliably (DHSC, reporting periods, 2026)."""

RARE_TYPE_SHARE = 0.05
"""A type below this share of the file's median type volume cannot judge a month (DHSC, reporting periods, 2026)."""

QUARTER_MONTHS = 3
Month = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """First and last day of a file's complete months, and what could not be judged."""

    start: date
    end: date
    unjudged: tuple[str, ...] = ()  # event types too rare to judge months by
    weak_months: tuple[Month, ...] = ()  # months after the end that hold some ended events, too few


def last_day(month: Month) -> date:
    """Return the last day of a month.

    Examples
    --------
    >>> last_day((2024, 2))
    datetime.date(2024, 2, 29)
    """
    year, number = _shift(month, 1)
    return date(year, number, 1) - timedelta(days=1)


def _shift(month: Month, by: int) -> Month:
    index = month[0] * 12 + month[1] - 1 + by
    return index // 12, index % 12 + 1


def derive_period(counts: Mapping[str, Mapping[Month, int]], *, share: float, minimum: int) -> Period | None:
    """Find the period of one file.

    Parameters
    ----------
    counts : for each event type, ended events by (year, month) of their end
    share : share of a type's median month that makes a month complete
    minimum : events that a complete month must have for each type besides

    Returns
    -------
    Period or None
        None where no month is complete.

    Examples
    --------
    >>> usual = {(2025, m): 10 for m in range(1, 12)} | {(2025, 12): 1}
    >>> derive_period({t: usual for t in COUNTED}, share=0.2, minimum=0).end
    datetime.date(2025, 11, 30)
    """
    volumes = {t: sum(counts.get(t, {}).values()) for t in COUNTED}
    present = [v for v in volumes.values() if v]
    if not present:
        return None
    floor = RARE_TYPE_SHARE * median(present)
    judges = [t for t in COUNTED if volumes[t] and volumes[t] >= floor]
    complete: set[Month] | None = None
    for kind in judges:
        months = {m: n for m, n in counts[kind].items() if n > 0}
        need = max(share * median(months.values()), minimum)
        full = {m for m, n in months.items() if n >= need}
        complete = full if complete is None else complete & full
    if not complete:
        return None
    last = max(complete)
    first = last
    while (earlier := _shift(first, -1)) in complete or _shift(first, -2) in complete:
        first = earlier if earlier in complete else _shift(first, -2)
    seen = {m for t in COUNTED for m, n in counts.get(t, {}).items() if n > 0}
    return Period(
        start=date(first[0], first[1], 1),
        end=last_day(last),
        unjudged=tuple(t for t in COUNTED if t not in judges),
        weak_months=tuple(sorted(m for m in seen if m > last)),
    )


def compare_with_stated(period: Period, stated_end: date | None) -> str | None:
    """Say how a file's stated end differs from the derived one: None, or the rule that it breaks.

    Up to two months short of the stated end the quarter is truncated; otherwise the stated period is wrong.
    """
    if stated_end is None or stated_end == period.end:
        return None
    short = (stated_end.year - period.end.year) * 12 + stated_end.month - period.end.month
    return "truncated quarter" if 0 < short < QUARTER_MONTHS else "wrong stated period"
