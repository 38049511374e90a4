"""Client Level Data files in the order of time: the period each one covers, the release it is worded in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import ibis.expr.types as ir
import pyarrow as pa

from ot_eval.base.protocol import Reading
from ot_eval.data.cld_checks import HEADER
from ot_eval.data.cld_periods import Month, Period, compare_with_stated, derive_period
from ot_eval.data.cld_source import TABLE, AllFiles, Source
from ot_eval.data.cld_values import INVALID, LISTS, ValueMap
from ot_eval.data.problems import ProblemList

FILE_SCHEMA = pa.schema(
    [
        ("file_no", pa.int64()),
        ("file_name", pa.string()),
        ("stated_start", pa.date32()),
        ("stated_end", pa.date32()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("data_end", pa.date32()),
        ("n_rows", pa.int64()),
        ("release", pa.string()),
        ("header_style", pa.string()),
        ("encoding", pa.string()),
    ]
)
"""`cld_files`: one row a file. `data_end` is the last day the file is complete to; the study's is the newest file's."""

Counts = list[dict[str, dict[str, int]]]
"""For each file and list field: each given value and its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CldFile:
    """One file and what was found about it. `key` is its place in `AllFiles`, `file_no` its place in time, from 1."""

    key: int
    file_no: int
    source: Source
    period: Period
    stated_start: date | None
    stated_end: date | None
    release: str


def count_values(files: AllFiles) -> Counts:
    """Return how often each file holds each value of each list field."""
    found: Counts = [{name: {} for name in LISTS} for _ in files.sources]
    given = files.every.select("file_key", *LISTS).pivot_longer(list(LISTS), names_to="list", values_to="given")
    counts = given.group_by("file_key", "list", "given").agg(n=given.count())  # one scan of the files for all lists
    for row in counts.to_pyarrow().to_pylist():
        if row["given"] is not None:
            found[row["file_key"]][row["list"]][row["given"]] = row["n"]
    return found


def unmapped(counts: Counts, values: ValueMap) -> dict[str, list[str]]:
    """Return, for each list field, the given values that map to nothing."""
    given = {name: {word for found in counts for word in found[name]} for name in LISTS}
    bad = {name: sorted(w for w in words if values.value(name, w) == INVALID) for name, words in given.items()}
    return {name: words for name, words in bad.items() if words}


def date_files(
    files: AllFiles, counts: Counts, values: ValueMap, reading: Reading, problems: ProblemList
) -> list[CldFile]:
    """Derive each file's period, compare it with the stated one, and put the files in the order of time.

    A file without a complete month is refused and left out.
    """
    stated, months = _stated(files.every, len(files.sources)), _ended_by_month(files, values)
    dated: list[tuple[tuple[date, date, date, str], int, Period]] = []
    for key, source in enumerate(files.sources):
        period = derive_period(months[key], share=reading.complete_month_share, minimum=reading.minimum_month_events)
        if period is None:
            problems.add(source.name, "no complete month", "refused", table=TABLE, column=HEADER["end_date"])
            continue
        dated.append(((period.end, period.start, stated[key][1] or date.min, source.name), key, period))
        rule = compare_with_stated(period, stated[key][1])
        if rule:
            note = f"Stated to end {stated[key][1]}, derived {period.end}; the derived period is used."
            problems.add(source.name, rule, "noted", table=TABLE, column=HEADER["stated_end"], note=note)
        for kind in period.unjudged:
            problems.add(source.name, "event type missing or rare", "noted", table=TABLE, note=f"{kind}s")
    dated.sort(key=lambda item: item[0])
    for (older, *_), (newer, *_) in pairwise(dated):
        if older[0] == newer[0]:
            note = f"{newer[3]} counts as newer than {older[3]}."
            problems.add(newer[3], "two files for one period", "noted", table=TABLE, note=note)
    return [
        CldFile(
            key=key,
            file_no=number,
            source=files.sources[key],
            period=period,
            stated_start=stated[key][0],
            stated_end=stated[key][1],
            release=values.release_of(counts[key]),
        )
        for number, (_, key, period) in enumerate(dated, start=1)
    ]


def _stated(every: ir.Table, n: int) -> list[tuple[date | None, date | None]]:
    """Return the period each file states: the commonest pair of its rows."""
    pairs = every.group_by("file_key", "stated_start", "stated_end").agg(n=every.count())
    best: list[tuple[date | None, date | None]] = [(None, None)] * n
    for row in sorted(pairs.to_pyarrow().to_pylist(), key=lambda r: (r["n"], str(r["stated_end"]))):
        best[row["file_key"]] = (row["stated_start"], row["stated_end"])
    return best


def _ended_by_month(files: AllFiles, values: ValueMap) -> list[dict[str, dict[Month, int]]]:
    ended = files.once.filter(files.once.end_date.notnull())
    month = {"year": ended.end_date.year(), "month": ended.end_date.month()}
    groups = ended.group_by("file_key", "event_type", **month).agg(n=ended.count())
    found: list[dict[str, dict[Month, int]]] = [{} for _ in files.sources]
    for row in groups.to_pyarrow().to_pylist():
        kind = values.value("event_type", row["event_type"]) or INVALID
        here = found[row["file_key"]].setdefault(kind, {})
        here[row["year"], row["month"]] = here.get((row["year"], row["month"]), 0) + row["n"]
    return found


def file_table(files: list[CldFile]) -> pa.Table:
    """Return `cld_files`."""
    rows = [
        {
            "file_no": f.file_no,
            "file_name": f.source.name,
            "stated_start": f.stated_start,
            "stated_end": f.stated_end,
            "period_start": f.period.start,
            "period_end": f.period.end,
            "data_end": f.period.end,
            "n_rows": f.source.n_rows,
            "release": f.release,
            "header_style": f.source.header.style,
            "encoding": f.source.encoding,
        }
        for f in files
    ]
    return pa.Table.from_pylist(rows, schema=FILE_SCHEMA)
