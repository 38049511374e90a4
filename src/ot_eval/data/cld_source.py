"""Client Level Data files, ready to be queried: fields found, dates and numbers read, rows given twice found.

A text file is read once into memory and cut down to the fields that are read; a Parquet file stays on disk and is
scanned as needed, so that a nation's file never has to fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from ot_eval.data.cld_headers import FIELDS, HeaderMatch, match_headers
from ot_eval.data.dates import date_value, read_dates
from ot_eval.data.engine import ROW_NO, Engine
from ot_eval.data.formats import Unreadable, check_file, read_raw
from ot_eval.data.problems import NO_HEADER, ProblemList

TABLE = "cld"
KINDS = {f.name: f.kind for f in FIELDS}
NUMBER = r"^[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)$"  # engines also read nan, inf and 1e5 as numbers
BLANKS = ("", "NULL", "null", "Null")
TYPES: dict[str, pa.DataType] = {"date": pa.date32(), "number": pa.float64()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file. `repeats` holds the `row_no` of rows that equal an earlier row of the file in every field (rule 5)."""

    name: str
    path: Path
    header: HeaderMatch
    encoding: str
    n_rows: int
    repeats: pa.Array


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFiles:
    """All files in one lazy table: `file_key` (the place in `sources`), `row_no` (the line), every field as read.

    Ids are trimmed, dates and numbers typed, list values as given; each date and number is there as written too (text,
    `given_` and its name), so that what could not be read is seen. `every` holds the rows as delivered, `once` leaves
    out rows given twice.
    """

    sources: tuple[Source, ...]
    every: ir.Table
    once: ir.Table


Opened = tuple[Source, "pa.Table | ir.Table"]
"""A file and its rows with the columns of `AllFiles`: Arrow for a text file, lazy for Parquet."""


def open_files(engine: Engine, paths: list[Path], problems: ProblemList) -> AllFiles | None:
    """Open every file; add to `problems` why one cannot be read. None where none can."""
    sources: list[Source] = []
    text: list[pa.Table] = []
    parts: list[ir.Table] = []
    for path in paths:
        opened = _open(engine, path, len(sources), problems)
        if opened is not None:
            source, rows = opened
            sources.append(source)
            text.append(rows) if isinstance(rows, pa.Table) else parts.append(rows)
    if not sources:
        return None
    if text:
        parts.append(engine.put("cld_text", pa.concat_tables(text)))
    every = engine.view("cld_every", ibis.union(parts[0], *parts[1:]) if len(parts) > 1 else parts[0])
    again = [
        pa.table({"file_key": pa.repeat(pa.scalar(key, pa.int64()), len(s.repeats)), ROW_NO: s.repeats})
        for key, s in enumerate(sources)
    ]
    repeats = engine.put("cld_repeats", pa.concat_tables(again))
    once = engine.view("cld_once", every.anti_join(repeats, ["file_key", ROW_NO]))
    return AllFiles(sources=tuple(sources), every=every, once=once)


def _open(engine: Engine, path: Path, key: int, problems: ProblemList) -> Opened | None:
    try:
        check_file(path)
        if path.suffix.lower() == ".parquet":
            return _open_parquet(engine, path, key, problems)
        raw = read_raw(path)
    except Unreadable as error:
        rows = [(row, "") for row in error.rows]
        problems.add(path.name, error.rule, "refused", table=TABLE, count=error.count, note=error.note, rows=rows)
        return None
    header = _checked_header(raw.table.column_names, raw.table.num_rows, path.name, problems)
    if header is None:
        return None
    for line, name in raw.formulas:
        problems.add(path.name, "formula", "refused", table=TABLE, column=name, rows=[(line, "=")])
    lines = pa.array(np.arange(raw.first_row, raw.first_row + raw.table.num_rows, dtype=np.int64))
    repeats = lines.filter(pa.array(_repeated(raw.table)))
    source = Source(
        name=path.name,
        path=path,
        header=header,
        encoding=raw.encoding,
        n_rows=raw.table.num_rows,
        repeats=repeats,
    )
    return source, _typed(raw.table, header, key, lines)


def _checked_header(names: list[str], n_rows: int, file: str, problems: ProblemList) -> HeaderMatch | None:
    """Match the header; a first row without any essential name may be data, so its words are then shown nowhere."""
    header = match_headers(names)
    headed = len(header.missing) < sum(f.essential for f in FIELDS)
    for name, hint in header.missing:
        note = hint if headed else NO_HEADER
        problems.add(file, "missing column", "refused", table=TABLE, column=name, note=note)
    for name in header.repeated:
        problems.add(file, "repeated column", "refused", table=TABLE, column=name)
    for name in header.unknown if headed else ():
        problems.add(file, "extra column", "noted", table=TABLE, column=name)
    if n_rows == 0:
        problems.add(file, "empty file", "refused", table=TABLE)
    return None if header.missing or header.repeated or n_rows == 0 else header


def _repeated(table: pa.Table) -> np.ndarray:
    """Return which rows equal an earlier one in every column, capitals and end spaces aside."""
    cells = [pc.utf8_trim_whitespace(pc.cast(column, pa.large_string())) for column in table.columns]
    whole = pc.utf8_lower(pc.binary_join_element_wise(*cells, pa.scalar("\x1f", pa.large_string())))
    codes = np.asarray(whole.combine_chunks().dictionary_encode().indices)
    first = np.zeros(len(codes), dtype=bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return ~first


def _typed(given: pa.Table, header: HeaderMatch, key: int, lines: pa.Array) -> pa.Table:
    """Return a text file's fields as read."""
    n = given.num_rows
    columns: dict[str, pa.Array] = {
        "file_key": pa.repeat(pa.scalar(key, pa.int64()), n),
        ROW_NO: lines,
    }
    for name, kind in KINDS.items():
        here = header.columns.get(name)
        text = pa.nulls(n, pa.string()) if here is None else _blank_as_null(given.column(here), kind)
        if kind in TYPES:
            columns[f"given_{name}"] = text
        columns[name] = read_dates(text).dates if kind == "date" else _numbers(text) if kind == "number" else text
    return pa.table(columns)


def _blank_as_null(column: pa.ChunkedArray, kind: str) -> pa.Array:
    text = column.combine_chunks()
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    if kind == "list":
        return text
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.is_in(text, value_set=pa.array(BLANKS)), pa.scalar(None, pa.string()), text)


def _numbers(text: pa.Array) -> pa.Array:
    return pc.cast(pc.if_else(pc.match_substring_regex(text, NUMBER), text, None), pa.float64())


def _open_parquet(engine: Engine, path: Path, key: int, problems: ProblemList) -> Opened | None:
    try:
        names = list(pa.parquet.read_schema(path).names)
        n_rows = pa.parquet.read_metadata(path).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable("not a table", note="The file is not Parquet.") from error
    header = _checked_header(names, n_rows, path.name, problems)
    if header is None:
        return None
    scanned = engine.scan(f"cld_scan_{key}", path)
    again = engine.connection.to_pyarrow(_lazily_repeated(scanned, names, header))
    source = Source(
        name=path.name,
        path=path,
        header=header,
        encoding="parquet",
        n_rows=n_rows,
        repeats=again[ROW_NO].combine_chunks().cast(pa.int64()),
    )
    return source, engine.view(f"cld_read_{key}", _read_lazily(scanned, header, key))


def _lazily_repeated(table: ir.Table, names: list[str], header: HeaderMatch) -> ir.Table:
    """Return `row_no` of every row that equals an earlier one, as `_repeated` does.

    Equal rows agree in person, start, type and service: that finds the few candidates, reading four columns. Whether
    they are equal is then decided on their whole text.
    """

    def bare(name: str) -> ir.StringValue:
        return table[name].cast("string").strip().fill_null("").lower()

    essential = ("la_person_id", "start_date", "event_type", "service_component")
    named = table.select(ROW_NO, **{f"_{name}": bare(header.columns[name]) for name in essential})
    key = [f"_{name}" for name in essential]
    twice = named.group_by(key).agg(n=named.count()).filter(lambda t: t.n > 1).select(*key)
    candidates = table.semi_join(named.semi_join(twice, key).select(ROW_NO), ROW_NO)
    cells = [candidates[name].cast("string").strip().fill_null("") for name in names]
    whole = (ibis.literal("\x1f").join(cells) if len(cells) > 1 else cells[0]).lower()
    texts = candidates.select(ROW_NO, whole=whole)
    placed = texts.mutate(place=ibis.row_number().over(ibis.window(group_by=texts.whole, order_by=texts[ROW_NO])))
    return placed.filter(placed.place > 0).select(ROW_NO)


def _read_lazily(table: ir.Table, header: HeaderMatch, key: int) -> ir.Table:
    """Return a Parquet file's fields as read, as an expression."""
    columns: dict[str, ir.Value] = {
        "file_key": ibis.literal(key, "int32").cast("int64"),
        ROW_NO: table[ROW_NO].cast("int64"),
    }
    for name, kind in KINDS.items():
        here = header.columns.get(name)
        column = ibis.null("string") if here is None else table[here]
        if kind == "list":
            columns[name] = column.cast("string")
            continue
        text = blank_as_null(column.cast("string"))
        if kind in TYPES:
            columns[f"given_{name}"] = text
        columns[name] = date_value(column) if kind == "date" else number_value(column) if kind == "number" else text
    return table.select(**columns)


def blank_as_null(column: ir.StringValue) -> ir.StringValue:
    """Return text without spaces at the ends; null where it is empty or the word NULL."""
    text = column.strip()
    return ibis.ifelse(text.isin(list(BLANKS)), ibis.null("string"), text)


def number_value(column: ir.Value) -> ir.FloatingValue:
    """Return the number in a column; null where blank or not a number."""
    if column.type().is_numeric():
        return column.cast("float64")
    text = column.strip()
    return ibis.ifelse(text.re_search(NUMBER), text, ibis.null("string")).try_cast("float64")
