"""Client Level Data files that stay on disk: Parquet, read as expressions, so that a nation's rows never have to fit.

Files with the same columns are one scan: the engine then plans one query for all of them, not one for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet

from ot_eval.data.cld_headers import FIELDS, HeaderMatch
from ot_eval.data.dates import date_value
from ot_eval.data.engine import FILE_KEY, ROW_NO, Engine
from ot_eval.data.formats import Unreadable

KINDS = {f.name: f.kind for f in FIELDS}
NUMBER = r"^[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)$"  # engines also read nan, inf and 1e5 as numbers
BLANKS = ("", "NULL", "null", "Null")
TYPES: dict[str, pa.DataType] = {"date": pa.date32(), "number": pa.float64()}

OURS = (FILE_KEY, ROW_NO)

PART_ROWS = 2_000_000
"""Rows looked at, or mapped, in one step: bounds memory at about 1 GB while a nation's rows are read."""


def parquet_schema(path: Path) -> tuple[pa.Schema, int]:
    """Return the columns and the number of rows of a Parquet file.

    Raises
    ------
    Unreadable
        The file is not Parquet.
    """
    try:
        return pa.parquet.read_schema(path), pa.parquet.read_metadata(path).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable("not a table", note="The file is not Parquet.") from error


def parts(sizes: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Group files, given as (key, rows), so that each group has at most `PART_ROWS` rows, or is one file.

    Examples
    --------
    >>> parts([(0, 1_500_000), (1, 500_000), (2, 3_000_000)])
    [[0, 1], [2]]
    """
    found: list[list[int]] = []
    size = 0
    for key, n_rows in sizes:
        if not found or size + n_rows > PART_ROWS:
            found.append([])
            size = 0
        found[-1].append(key)
        size += n_rows
    return found


def repeated_rows(engine: Engine, table: ir.Table, sizes: dict[int, int], header: HeaderMatch) -> dict[int, pa.Array]:
    """Return for each file the `row_no` of every row that equals an earlier row of the file."""
    found = {key: pa.array([], pa.int64()) for key in sizes}
    for keys in parts(sizes.items()):
        again = engine.connection.to_pyarrow(_repeated(table.filter(table[FILE_KEY].isin(keys)), header))
        for key in keys:
            here = again.filter(pa.compute.equal(again[FILE_KEY], key))
            found[key] = here[ROW_NO].combine_chunks().cast(pa.int64())
    return found


def _repeated(table: ir.Table, header: HeaderMatch) -> ir.Table:
    """Return file and row of every row that equals an earlier one in every column, capitals and end spaces aside.

    Equal rows agree in person, start, type and service: that finds the few candidates, reading four columns. Whether
    they are equal is then decided on their whole text.
    """

    def bare(name: str) -> ir.StringValue:
        return table[name].cast("string").strip().fill_null("").lower()

    essential = ("la_person_id", "start_date", "event_type", "service_component")
    named = table.select(FILE_KEY, ROW_NO, **{f"_{name}": bare(header.columns[name]) for name in essential})
    key = [FILE_KEY, *(f"_{name}" for name in essential)]
    twice = named.group_by(key).agg(n=named.count()).filter(lambda t: t.n > 1).select(*key)
    candidates = table.semi_join(named.semi_join(twice, key).select(FILE_KEY, ROW_NO), [FILE_KEY, ROW_NO])
    cells = [candidates[name].cast("string").strip().fill_null("") for name in table.columns if name not in OURS]
    whole = (ibis.literal("\x1f").join(cells) if len(cells) > 1 else cells[0]).lower()
    texts = candidates.select(FILE_KEY, ROW_NO, whole=whole)
    window = ibis.window(group_by=[texts[FILE_KEY], texts.whole], order_by=texts[ROW_NO])
    placed = texts.mutate(place=ibis.row_number().over(window))
    return placed.filter(placed.place > 0).select(FILE_KEY, ROW_NO)


def read_lazily(table: ir.Table, header: HeaderMatch) -> ir.Table:
    """Return the fields of scanned Parquet files as read, as an expression."""
    columns: dict[str, ir.Value] = {name: table[name] for name in OURS}
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
