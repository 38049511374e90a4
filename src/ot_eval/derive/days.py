"""Dates as whole days, so that one arithmetic holds on every engine.

Inside `derive` a date is a day number: whole days since 1970-01-01, a 64-bit integer. Differences, gaps and windows are
then plain subtraction, which DuckDB and Spark compute alike. Columns called `*_date` are dates, all others (`start`,
`end`, `first_day`, ...) are day numbers. A service is active on its first and on its last day.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

EPOCH = date(1970, 1, 1)
FAR = (date(9999, 12, 31) - EPOCH).days
"""The day number that stands for "not ended yet"."""


def number(column: Any) -> Any:
    """Return the day number of a date column (missing stays missing)."""
    return column.epoch_days().cast("int64")


def number_or_far(column: Any) -> Any:
    """Return the day number of an end date; a missing end is open and becomes `FAR`."""
    return number(column).fill_null(FAR)


def as_date(column: Any) -> Any:
    """Return the date of a day number; `FAR` becomes missing, as in the canonical tables."""
    day = (column == FAR).ifelse(ibis.null("int64"), column)
    return ibis.literal(EPOCH) + day.as_interval("D")


def day_of(when: date) -> int:
    """Return the day number of a date.

    Examples
    --------
    >>> day_of(date(1970, 1, 2))
    1
    """
    return (when - EPOCH).days


def date_of(day: int) -> date:
    """Return the date of a day number.

    Examples
    --------
    >>> date_of(1)
    datetime.date(1970, 1, 2)
    """
    return date.fromordinal(EPOCH.toordinal() + day)


def april_of(column: Any) -> Any:
    """Return the financial year of a day number: the calendar year of the 1 April that opened it."""
    when = ibis.literal(EPOCH) + column.as_interval("D")
    return when.year() - (when.month() < 4).cast("int64")  # noqa: PLR2004  (April is month 4)
