"""Dates as councils write them: ISO or day first, with or without a time. One reading for Arrow, one for Ibis.

Both readings give the same answer. `YYYY-MM-DD` is unambiguous; with slashes, dots or hyphens and the year last the
day comes first. A month-first date can be seen only where its second part exceeds 12: `DateReading.month_first`
counts those, and a file that holds them is refused by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

_TIME = r"(?:[T ](?P<time>\d{1,2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z?)?"
ISO = r"^(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})" + _TIME + "$"
DAY_FIRST = r"^(?P<d>\d{1,2})[/.\-](?P<m>\d{1,2})[/.\-](?P<y>\d{4})" + _TIME + "$"
LAST_MONTH = 12
_DAY_WIDTH = len("2024-02-29")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateReading:
    """What became of a column of dates: the dates (null where blank or bad), which were bad, and the style."""

    dates: pa.Array
    bad: pa.Array
    iso: int
    day_first: int
    month_first: int
    provably_day_first: int
    times: pa.Array | None = None

    @property
    def style(self) -> str:
        """The style in words: ISO, day first, both, or none seen."""
        if self.iso and self.day_first:
            return "ISO and day first"
        return "ISO" if self.iso else "day first" if self.day_first else "none seen"


def _assembled(parts: pa.StructArray) -> pa.Array:
    """Return date32 from matched year, month and day texts; null where unmatched or not a real day."""
    year, month, day = (pc.cast(pc.struct_field(parts, name), pa.int32()) for name in ("y", "m", "d"))
    text = pc.binary_join_element_wise(
        pc.cast(year, pa.string()),
        pc.utf8_lpad(pc.cast(month, pa.string()), 2, "0"),
        pc.utf8_lpad(pc.cast(day, pa.string()), 2, "0"),
        "-",
    )
    dates = pc.cast(pc.strptime(text, "%Y-%m-%d", "s", error_is_null=True), pa.date32())
    real = pc.and_(pc.equal(pc.day(dates), day), pc.equal(pc.month(dates), month))  # 30 February rolls over
    return pc.if_else(pc.fill_null(real, False), dates, pa.scalar(None, pa.date32()))


def _count(mask: pa.Array) -> int:
    return int(pc.sum(pc.fill_null(mask, False)).as_py() or 0)


def read_dates(column: pa.Array | pa.ChunkedArray) -> DateReading:
    """Read a column of dates given as text, date or timestamp.

    Parameters
    ----------
    column : text (blank or null = missing), date32/date64 or timestamp

    Returns
    -------
    DateReading
        `dates` is date32; `times` is text HH:MM where a time was given, else null.

    Examples
    --------
    >>> r = read_dates(pa.array(["01/02/2024", "2024-02-30", ""]))
    >>> r.dates.to_pylist(), r.bad.to_pylist(), r.style
    ([datetime.date(2024, 2, 1), None, None], [False, True, False], 'ISO and day first')
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_temporal(column.type):
        dates = pc.cast(pc.cast(column, pa.timestamp("us")), pa.date32(), safe=False)
        falses = pa.repeat(pa.scalar(False), len(column))
        iso = len(column) - column.null_count
        return DateReading(dates=dates, bad=falses, iso=iso, day_first=0, month_first=0, provably_day_first=0)
    text = pc.utf8_trim_whitespace(pc.fill_null(pc.cast(column, pa.string()), ""))
    iso_parts, dmy_parts = pc.extract_regex(text, ISO), pc.extract_regex(text, DAY_FIRST)
    dates = pc.coalesce(_assembled(iso_parts), _assembled(dmy_parts))
    first, second = (pc.cast(pc.struct_field(dmy_parts, name), pa.int32()) for name in ("d", "m"))
    return DateReading(
        dates=dates,
        bad=pc.and_(pc.not_equal(text, ""), pc.is_null(dates)),
        iso=_count(pc.is_valid(pc.struct_field(iso_parts, "y"))),
        day_first=_count(pc.is_valid(first)),
        month_first=_count(pc.and_(pc.greater(second, LAST_MONTH), pc.less_equal(first, LAST_MONTH))),
        provably_day_first=_count(pc.and_(pc.greater(first, LAST_MONTH), pc.less_equal(second, LAST_MONTH))),
        times=pc.coalesce(pc.struct_field(iso_parts, "time"), pc.struct_field(dmy_parts, "time")),
    )


def date_value(column: ir.Column) -> ir.DateValue:
    """Return the date in a text, date or timestamp column, as an expression; null where blank or bad.

    Runs unchanged on DuckDB and Spark. The usual widths are cut by position (fast); odd ones go through patterns.
    """
    if column.type().is_date():
        return column
    if column.type().is_timestamp():
        return column.date()
    text = column.cast("string").strip()
    timed = (text.length().isin([16, 19]) | (text.substr(19, 1) == ".")) & (text.substr(13, 1) == ":")
    usual_end = (text.length() == _DAY_WIDTH) | timed
    iso = (text.substr(4, 1) == "-") & (text.substr(7, 1) == "-") & usual_end
    slashed = (text.substr(2, 1) == "/") & (text.substr(5, 1) == "/") & usual_end
    odd = text.re_search(_plain(DAY_FIRST)) | text.re_search(_plain(ISO))
    return ibis.cases(
        (iso, text.substr(0, 10)),
        (slashed, text.substr(6, 4) + "-" + text.substr(3, 2) + "-" + text.substr(0, 2)),
        (odd, _by_pattern(text)),
        else_=ibis.null("string"),
    ).try_cast("date")


def _by_pattern(text: ir.StringValue) -> ir.StringValue:
    pattern = _plain(DAY_FIRST)
    day, month, year = (text.re_extract(pattern, i) for i in (1, 2, 3))
    return ibis.cases(
        (text.substr(4, 1) == "-", text.substr(0, 10)), else_=year + "-" + month.lpad(2, "0") + "-" + day.lpad(2, "0")
    )


def _plain(pattern: str) -> str:
    """Return a pattern without group names, which engines spell differently."""
    for name in ("y", "m", "d", "time"):
        pattern = pattern.replace(f"?P<{name}>", "")
    return pattern


def looks_month_first(text: ir.StringValue) -> ir.BooleanValue:
    """Return whether a text holds a date that only makes sense with the month first."""
    slashed = (text.substr(2, 1) == "/") & (text.substr(5, 1) == "/")
    return slashed & (text.substr(3, 2) > str(LAST_MONTH)) & (text.substr(0, 2) <= str(LAST_MONTH))
