"""One Client Level Data file, ready to be queried: fields found, rows numbered, rows given twice found.

A text file is read once into memory and cut down to the fields that are read; a Parquet file stays on disk and is
scanned as needed, so that a nation's file never has to fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ot_eval.data.cld_headers import FIELDS, HeaderMatch, match_headers
from ot_eval.data.dates import date_value
from ot_eval.data.engine import ROW_NO, Engine
from ot_eval.data.formats import Unreadable, check_file, read_raw
from ot_eval.data.problems import ProblemList

TABLE = "cld"
KINDS = {f.name: f.kind for f in FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file. `table` holds each field as given (text, or Parquet's own type) and `row_no`, the line of the file.

    `repeats` holds the numbers of rows that equal an earlier row in every field (rule 5); None where there are none.
    """

    name: str
    path: Path
    table: ir.Table
    header: HeaderMatch
    encoding: str
    n_rows: int
    n_repeats: int
    repeats: ir.Table | None


def open_source(engine: Engine, path: Path, number: int, problems: ProblemList) -> Source | None:
    """Open one file, or add to `problems` why it cannot be read and return None."""
    try:
        check_file(path)
        if path.suffix.lower() == ".parquet":
            return _open_parquet(engine, path, number, problems)
        return _open_text(engine, path, number, problems)
    except Unreadable as error:
        rows = [(row, "") for row in error.rows]
        problems.add(path.name, error.rule, "refused", table=TABLE, count=error.count, note=error.note, rows=rows)
        return None


def _checked_header(names: list[str], file: str, problems: ProblemList) -> HeaderMatch | None:
    header = match_headers(names)
    for name, hint in header.missing:
        problems.add(file, "missing column", "refused", table=TABLE, column=name, note=hint)
    for name in header.repeated:
        problems.add(file, "repeated column", "refused", table=TABLE, column=name)
    for name in header.unknown:
        problems.add(file, "extra column", "noted", table=TABLE, column=name)
    return None if header.missing or header.repeated else header


def _open_text(engine: Engine, path: Path, number: int, problems: ProblemList) -> Source | None:
    raw = read_raw(path)
    header = _checked_header(raw.table.column_names, path.name, problems)
    if raw.table.num_rows == 0:
        problems.add(path.name, "empty file", "refused", table=TABLE)
        return None
    if header is None:
        return None
    lines = pa.array(range(raw.first_row, raw.first_row + raw.table.num_rows), pa.int64())
    numbered = raw.table.append_column(ROW_NO, lines)
    local = ibis.duckdb.connect()
    try:
        repeats = _repeats(local.create_table("given", numbered), raw.table.column_names)
        again = local.to_pyarrow(repeats)
    finally:
        local.disconnect()
    slim = numbered.select([*header.columns.values(), ROW_NO])
    table = engine.put(f"cld_given_{number}", slim)
    return Source(
        name=path.name,
        path=path,
        table=_fields(table, header),
        header=header,
        encoding=raw.encoding,
        n_rows=raw.table.num_rows,
        n_repeats=again.num_rows,
        repeats=engine.put(f"cld_repeats_{number}", again) if again.num_rows else None,
    )


def _open_parquet(engine: Engine, path: Path, number: int, problems: ProblemList) -> Source | None:
    try:
        names = list(pa.parquet.read_schema(path).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable("not a table", note="The file is not Parquet.") from error
    header = _checked_header(names, path.name, problems)
    n_rows = pa.parquet.read_metadata(path).num_rows
    if n_rows == 0:
        problems.add(path.name, "empty file", "refused", table=TABLE)
        return None
    if header is None:
        return None
    scanned = engine.scan(f"cld_scan_{number}", path)
    again = engine.connection.to_pyarrow(_repeats(scanned, names))
    return Source(
        name=path.name,
        path=path,
        table=_fields(scanned, header),
        header=header,
        encoding="parquet",
        n_rows=n_rows,
        n_repeats=again.num_rows,
        repeats=engine.put(f"cld_repeats_{number}", again) if again.num_rows else None,
    )


def _repeats(table: ir.Table, names: list[str]) -> ir.Table:
    """Return `row_no` of every row that equals an earlier one in every column, capitals and end spaces aside.

    A hash finds the few candidates; whether they are equal is then decided on their whole text.
    """
    cells = [table[name].cast("string").strip().fill_null("") for name in names]
    whole = ibis.literal("\x1f").join(cells).lower() if len(cells) > 1 else cells[0].lower()
    hashed = table.select(ROW_NO, hashed=whole.hash())
    twice = hashed.group_by("hashed").agg(n=hashed.count()).filter(lambda t: t.n > 1).select("hashed")
    candidates = hashed.semi_join(twice, "hashed").select(ROW_NO)
    texts = table.mutate(whole=whole).semi_join(candidates, ROW_NO).select(ROW_NO, "whole")
    place = ibis.row_number().over(ibis.window(group_by=texts.whole, order_by=texts[ROW_NO]))
    placed = texts.mutate(place=place)
    return placed.filter(placed.place > 0).select(ROW_NO)


def _fields(table: ir.Table, header: HeaderMatch) -> ir.Table:
    """Return the fields under our names; fields the file does not have are null text."""
    columns: dict[str, ir.Value] = {}
    for field in FIELDS:
        if field.name not in header.columns:
            columns[field.name] = ibis.null("string")
        elif field.kind in ("date", "number"):
            columns[field.name] = table[header.columns[field.name]]
        else:
            columns[field.name] = table[header.columns[field.name]].cast("string")
    return table.select(table[ROW_NO], **columns)


def blank_as_null(column: ir.StringValue) -> ir.StringValue:
    """Return text without spaces at the ends; null where it is empty or the word NULL."""
    text = column.strip()
    return ibis.ifelse(text.isin(["", "NULL", "null", "Null"]), ibis.null("string"), text)


def number_value(column: ir.Value) -> ir.FloatingValue:
    """Return the number in a column; null where blank or not a number."""
    if column.type().is_numeric():
        return column.cast("float64")
    text = column.strip()
    plain = text.re_search(r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$")  # engines also read nan, inf, 1e5 as numbers
    return ibis.ifelse(plain, text, ibis.null("string")).try_cast("float64")


def given(source: Source, file_key: int) -> ir.Table:
    """Return a file's rows as read: ids trimmed, dates and numbers typed, list values as given.

    Each date and number is there as written too (text, `given_` and its name), so that what could not be read is seen.
    """
    table = source.table
    columns: dict[str, ir.Value] = {"file_key": ibis.literal(file_key, "int64")}
    for name, kind in KINDS.items():
        column = table[name]
        if kind == "date":
            columns[name] = date_value(column)
        elif kind == "number":
            columns[name] = number_value(column)
        else:
            columns[name] = blank_as_null(column) if kind in ("id", "text") else column
        if kind in ("date", "number"):
            columns[f"given_{name}"] = blank_as_null(column.cast("string"))
    return table.select(table[ROW_NO], **columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFiles:
    """All files in one lazy table. `every` holds each row as delivered, `once` leaves out rows given twice.

    `file_key` is the position of the row's file in `sources`.
    """

    sources: tuple[Source, ...]
    every: ir.Table
    once: ir.Table


def all_files(engine: Engine, sources: list[Source]) -> AllFiles:
    """Put files one under the other; nothing is computed."""
    every: list[ir.Table] = []
    once: list[ir.Table] = []
    for i, source in enumerate(sources):
        rows = engine.view(f"cld_read_{i}", given(source, i))
        every.append(rows)
        once.append(rows if source.repeats is None else rows.anti_join(source.repeats, ROW_NO))
    return AllFiles(
        sources=tuple(sources),
        every=engine.view("cld_every", ibis.union(every[0], *every[1:]) if len(every) > 1 else every[0]),
        once=engine.view("cld_once", ibis.union(once[0], *once[1:]) if len(once) > 1 else once[0]),
    )
