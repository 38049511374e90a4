"""Give a column of a study table its type, and report every cell that breaks the column's declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from ot_eval.data.dates import read_dates
from ot_eval.data.formats import RawTable
from ot_eval.data.own_words import OwnWords
from ot_eval.data.problems import ROWS_KEPT, ProblemList, Severity
from ot_eval.data.schema import Column, Table

NUMBER = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$"
MONTH = r"^(?P<y>\d{4})-(?P<m>\d{2})$"
BLANK_WORDS = ("", "null")

TYPES: dict[str, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "choice": pa.string(),
    "codes": pa.string(),
    "date": pa.date32(),
    "month": pa.date32(),
    "datetime": pa.timestamp("us"),
    "number": pa.float64(),
    "integer": pa.int64(),
}
"""The type of each kind of column. A month is the date of its first day."""


@dataclass(slots=True)
class Check:
    """One file being checked against one declaration."""

    raw: RawTable
    table: Table
    words: OwnWords
    problems: ProblemList
    facts: dict[str, str] = field(default_factory=dict)
    text: dict[str, pa.Array] = field(default_factory=dict)

    def report(self, column: str, rule: str, severity: Severity, bad: pa.Array, note: str = "") -> None:
        """Count the rows where `bad` is true and list them with the value as written."""
        bad = pc.fill_null(bad, False)
        count = int(pc.sum(bad).as_py() or 0)
        if not count:
            return
        where = pc.indices_nonzero(bad)[:ROWS_KEPT].to_pylist()
        values = self.text.get(column)
        lines = self.lines(where)
        rows = [
            (line, (values[i].as_py() or "") if values is not None else "")
            for line, i in zip(lines, where, strict=True)
        ]
        self.problems.add(
            self.raw.path.name, rule, severity, table=self.table.name, column=column, count=count, note=note, rows=rows
        )

    def lines(self, where: Iterable[int]) -> list[int]:
        """Return the lines, as a spreadsheet shows them, of rows counted from 0."""
        return [self.raw.first_row + i for i in where]


def convert(check: Check, column: Column, given: pa.Array) -> pa.Array:
    """Return one column typed by `TYPES`; what cannot be read is reported and becomes null."""
    if pa.types.is_dictionary(given.type):
        given = given.dictionary_decode()
    text = pc.utf8_trim_whitespace(pc.fill_null(_as_text(given), ""))
    blank = pc.is_in(pc.utf8_lower(text), value_set=pa.array(BLANK_WORDS))
    check.text[column.name] = text
    if column.required:
        check.report(column.name, "missing value", "refused", blank)
    text = pc.if_else(blank, pa.scalar(None, pa.string()), text)
    temporal = pa.types.is_temporal(given.type)
    return _CONVERTERS[column.kind](check, column, given if temporal else text)


def _as_text(given: pa.Array) -> pa.Array:
    if pa.types.is_floating(given.type):
        whole = pc.equal(given, pc.trunc(given))
        integers = pc.cast(pc.cast(pc.if_else(whole, given, None), pa.int64(), safe=False), pa.string())
        return pc.coalesce(integers, pc.cast(given, pa.string()))
    if pa.types.is_boolean(given.type):
        return pc.if_else(given, "yes", "no")
    return pc.cast(given, pa.string())


def _to_text(check: Check, column: Column, given: pa.Array) -> pa.Array:  # noqa: ARG001 - one signature for all
    return pc.cast(given, pa.string())


def _to_date(check: Check, column: Column, given: pa.Array) -> pa.Array:
    reading = read_dates(given)
    name = column.name
    month_first = pa.repeat(pa.scalar(False), len(given))
    if reading.month_first:
        rule = "ambiguous date style" if reading.provably_day_first else "month-first dates"
        month_first = reading.bad
        check.report(name, rule, "refused", month_first)
    check.report(name, "bad date", "refused", pc.and_not(reading.bad, month_first))
    check.facts[f"date style, {check.raw.path.name} {name}"] = reading.style
    return reading.dates


def _to_datetime(check: Check, column: Column, given: pa.Array) -> pa.Array:
    if pa.types.is_temporal(given.type):
        return pc.cast(given, pa.timestamp("us"))
    dates = _to_date(check, column, given)
    times = read_dates(given).times
    padded = pc.utf8_lpad(pc.if_else(pc.equal(pc.coalesce(times, pa.scalar("")), ""), "00:00", times), 5, "0")
    text = pc.binary_join_element_wise(pc.cast(dates, pa.string()), padded, " ")
    return pc.cast(pc.strptime(text, "%Y-%m-%d %H:%M", "s", error_is_null=True), pa.timestamp("us"))


def _to_month(check: Check, column: Column, given: pa.Array) -> pa.Array:
    if pa.types.is_temporal(given.type):
        return pc.cast(pc.floor_temporal(pc.cast(given, pa.timestamp("s")), unit="month"), pa.date32())
    months = pc.replace_substring_regex(given, MONTH, r"\1-\2-01")
    reading = read_dates(months)
    check.report(column.name, "bad date", "refused", reading.bad, note="A month is written YYYY-MM.")
    first = pc.floor_temporal(pc.cast(reading.dates, pa.timestamp("s")), unit="month")
    return pc.cast(first, pa.date32())


def _to_number(check: Check, column: Column, given: pa.Array) -> pa.Array:
    fits = pc.match_substring_regex(given, NUMBER)
    check.report(column.name, "not a number", "refused", pc.invert(fits))
    numbers = pc.cast(pc.if_else(fits, given, None), pa.float64())
    if column.kind == "integer":
        broken = pc.not_equal(numbers, pc.trunc(numbers))
        check.report(column.name, "not a whole number", "refused", broken)
        numbers = pc.if_else(pc.fill_null(broken, False), None, numbers)
    low = pc.less(numbers, column.minimum) if column.minimum is not None else None
    high = pc.greater(numbers, column.maximum) if column.maximum is not None else None
    outside = pc.or_(low, high) if low is not None and high is not None else low if low is not None else high
    if outside is not None:
        bounds = f"from {column.minimum:g}" if column.minimum is not None else ""
        bounds += f" to {column.maximum:g}" if column.maximum is not None else ""
        note = f"{column.name} lies {bounds.strip()} {column.unit}".strip() + "."
        check.report(column.name, "out of range", "refused", outside, note=note)
    return pc.cast(numbers, TYPES[column.kind], safe=False)


def _to_choice(check: Check, column: Column, given: pa.Array) -> pa.Array:
    coded = pc.dictionary_encode(given)
    words = coded.dictionary.to_pylist()
    mapped = [check.words.value(column, word) for word in words]
    unknown = pa.array([value is None for value in mapped], pa.bool_())
    bad = pc.take(unknown, coded.indices)
    other = column.own_words and "other" in column.allowed
    if other:
        check.report(column.name, "word without a mapping", "noted", bad, note="Kept as 'other'.")
        mapped = [value if value is not None else "other" for value in mapped]
    else:
        check.report(column.name, "unknown value", "refused", bad, note=f"Allowed: {', '.join(column.allowed)}.")
    return pc.take(pa.array(mapped, pa.string()), coded.indices)


_CONVERTERS: dict[str, Callable[[Check, Column, pa.Array], pa.Array]] = {
    "id": _to_text,
    "text": _to_text,
    "codes": _to_text,
    "date": _to_date,
    "month": _to_month,
    "datetime": _to_datetime,
    "number": _to_number,
    "integer": _to_number,
    "choice": _to_choice,
}
