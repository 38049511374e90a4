"""Client Level Data files, ready to be queried: fields found, dates and numbers read, rows given twice found.

A text file is read once into memory and cut down to the fields that are read; a Parquet file stays on disk and is
scanned as needed, so that a nation's file never has to fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ot_eval.data.cld_headers import FIELDS, HeaderMatch, match_headers
from ot_eval.data.cld_parquet import (
    BLANKS,
    KINDS,
    NUMBER,
    TYPES,
    parquet_schema,
    read_lazily,
    repeated_rows,
)
from ot_eval.data.dates import read_dates
from ot_eval.data.engine import FILE_KEY, ROW_NO, Engine
from ot_eval.data.formats import Unreadable, check_file, read_raw
from ot_eval.data.problems import NO_HEADER, ProblemList

TABLE = "cld"


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


def open_files(engine: Engine, paths: list[Path], problems: ProblemList) -> AllFiles | None:
    """Open every file; add to `problems` why one cannot be read. None where none can."""
    sources: list[Source] = []
    text: list[pa.Table] = []
    alike: dict[str, list[int]] = {}
    for path in paths:
        opened = _open(path, len(sources), problems)
        if opened is None:
            continue
        source, rows = opened
        if isinstance(rows, pa.Table):
            text.append(rows)
        else:
            alike.setdefault(str(rows.remove_metadata()), []).append(len(sources))
        sources.append(source)
    if not sources:
        return None
    tables = [_scan(engine, sources, keys) for keys in alike.values()]
    if text:
        tables.append(engine.put("cld_text", pa.concat_tables(text)))
    every = engine.view("cld_every", ibis.union(tables[0], *tables[1:]) if len(tables) > 1 else tables[0])
    again = [
        pa.table({FILE_KEY: pa.repeat(pa.scalar(key, pa.int64()), len(s.repeats)), ROW_NO: s.repeats})
        for key, s in enumerate(sources)
    ]
    repeats = engine.put("cld_repeats", pa.concat_tables(again))
    once = engine.view("cld_once", every.anti_join(repeats, [FILE_KEY, ROW_NO]))
    return AllFiles(sources=tuple(sources), every=every, once=once)


def _open(path: Path, key: int, problems: ProblemList) -> tuple[Source, pa.Table | pa.Schema] | None:
    """Return a file and its rows with the columns of `AllFiles`; a Parquet file stays on disk, so its columns alone."""
    try:
        check_file(path)
        if path.suffix.lower() == ".parquet":
            return _open_parquet(path, problems)
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
    source = Source(
        name=path.name,
        path=path,
        header=header,
        encoding=raw.encoding,
        n_rows=raw.table.num_rows,
        repeats=lines.filter(pa.array(_repeated(raw.table))),
    )
    return source, _typed(raw.table, header, key, lines)


def _open_parquet(path: Path, problems: ProblemList) -> tuple[Source, pa.Schema] | None:
    schema, n_rows = parquet_schema(path)
    header = _checked_header(list(schema.names), n_rows, path.name, problems)
    if header is None:
        return None
    none = pa.array([], pa.int64())
    return Source(name=path.name, path=path, header=header, encoding="parquet", n_rows=n_rows, repeats=none), schema


def _scan(engine: Engine, sources: list[Source], keys: list[int]) -> ir.Table:
    """Return Parquet files of the same columns as one lazy table; their `repeats` are filled in."""
    first = sources[keys[0]]
    scanned = engine.scan(f"cld_scan_{keys[0]}", {key: sources[key].path for key in keys})
    repeats = repeated_rows(engine, scanned, {key: sources[key].n_rows for key in keys}, first.header)
    for key in keys:
        sources[key] = replace(sources[key], repeats=repeats[key])
    return engine.view(f"cld_read_{keys[0]}", read_lazily(scanned, first.header))


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
