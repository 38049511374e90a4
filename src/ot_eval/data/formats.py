"""Read one file, whatever its format, into an Arrow table, and say how it was written.

CSV (UTF-8, with or without a byte-order mark, UTF-16, or Windows-1252; comma, semicolon or tab), Parquet, Excel (.xlsx)
and SPSS (.sav). Text formats give columns of text, exactly as written; Parquet keeps its types.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

SUFFIXES = (".csv", ".parquet", ".xlsx", ".sav")
BLOCK = 1 << 20
HEADER_BYTES = 1 << 16
DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Unreadable(Exception):
    """A file that is not a table; `rule` is one of `problems.MEANING`, `row` the line where known."""

    def __init__(self, rule: str, *, note: str = "", count: int = 1, rows: tuple[int, ...] = ()) -> None:
        super().__init__(rule)
        self.rule, self.note, self.count, self.rows = rule, note, count, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """One file as read: its columns in file order, how it was encoded, and cells that hold formulas."""

    path: Path
    table: pa.Table
    encoding: str
    first_row: int = 2  # the line of the first data row, as a spreadsheet shows it
    formulas: tuple[tuple[int, str], ...] = ()  # (line, column)


def encoding_of(path: Path) -> str:
    """Return the text encoding of a file: its mark if it has one, UTF-8 if every byte fits, else Windows-1252."""
    with path.open("rb") as stream:
        start = stream.read(4)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        block = start
        try:
            while block:
                decoder.decode(block)
                block = stream.read(BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def read_raw(path: Path) -> RawTable:
    """Read one file into memory.

    Raises
    ------
    Unreadable
        A missing file, a folder, an empty file, rows of unequal width, a column name given twice, or no table at all.
    """
    check_file(path)
    reader = {".csv": _read_csv, ".parquet": _read_parquet, ".xlsx": _read_excel, ".sav": _read_spss}[
        path.suffix.lower()
    ]
    raw = reader(path)
    names = raw.table.column_names
    if len(set(names)) < len(names):
        raise Unreadable("repeated column", note=f"Column(s) {sorted({n for n in names if names.count(n) > 1})}.")
    return raw


def check_file(path: Path) -> None:
    """Refuse, before reading, what cannot be a table."""
    if path.is_dir():
        raise Unreadable("not a file")
    if not path.is_file():
        raise Unreadable("missing file")
    if path.suffix.lower() not in SUFFIXES:
        raise Unreadable("not a table", note=f"Formats read: {', '.join(SUFFIXES)}.")
    if path.stat().st_size == 0:
        raise Unreadable("empty file")


def _header(path: Path, encoding: str) -> tuple[list[str], str, bool]:
    """Return the column names of a CSV file, its delimiter, and whether the names are all it holds."""
    with path.open("r", encoding=encoding, errors="replace", newline="") as stream:
        start = stream.read(HEADER_BYTES)
    if "\x00" in start:
        raise Unreadable("not a table", note="The file holds binary data.")
    first = start.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    names = next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), [])
    names = [name.strip() for name in names]
    if not any(names):
        raise Unreadable("empty file")
    while names and not names[-1]:
        raise Unreadable("row width", note="A column has no name.")
    alone = len(start) < HEADER_BYTES and not "".join(start.split("\n", 1)[1:]).strip()
    return names, delimiter, alone


def _read_csv(path: Path) -> RawTable:
    encoding = encoding_of(path)
    names, delimiter, alone = _header(path, encoding)
    shown = "utf-8 (BOM)" if encoding == "utf-8-sig" else encoding
    if len(set(names)) < len(names):
        raise Unreadable("repeated column", note=f"Column(s) {sorted({n for n in names if names.count(n) > 1})}.")
    if alone:
        return RawTable(path=path, table=pa.table({name: pa.array([], pa.string()) for name in names}), encoding=shown)
    wrong: list[int] = []

    def skip(row: Any) -> str:
        wrong.append(int(row.number or 0))
        return "skip"

    try:
        table = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(
                encoding="utf-8" if encoding == "utf-8-sig" else encoding,
                column_names=names,
                skip_rows=1,
                use_threads=False,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip, ignore_empty_lines=True
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise Unreadable("not a table", note="The text cannot be split into rows and columns.") from error
    if wrong:
        raise Unreadable("row width", count=len(wrong), rows=tuple(wrong))
    return RawTable(path=path, table=table, encoding=shown)


def _read_parquet(path: Path) -> RawTable:
    try:
        table = pa.parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable("not a table", note="The file is not Parquet.") from error
    return RawTable(path=path, table=table, encoding="parquet", first_row=1)


def _read_excel(path: Path) -> RawTable:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except Exception as error:
        raise Unreadable("not a table", note="The file is not an Excel workbook (.xlsx).") from error
    sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
    sheet = next((s for s in sheets if s.title.strip().lower() == path.stem.lower()), sheets[0] if sheets else None)
    rows = [list(row) for row in sheet.iter_rows(values_only=True)] if sheet else []
    book.close()
    while rows and all(cell is None for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise Unreadable("empty file")
    width = max((i + 1 for row in rows for i, cell in enumerate(row) if cell is not None), default=0)
    names = [_cell_text(cell).strip() for cell in rows[0][:width]]
    if width == 0 or not all(names):
        raise Unreadable("row width", note="A column has no name; names belong in the first row of the first sheet.")
    body = [row[:width] + [None] * (width - len(row)) for row in rows[1:]]
    formulas = tuple(
        (line, names[i])
        for line, row in enumerate(body, start=2)
        for i, cell in enumerate(row)
        if isinstance(cell, str) and cell.startswith("=")
    )
    columns = [pa.array([_cell_text(row[i]) for row in body], pa.string()) for i in range(width)]
    table = pa.Table.from_arrays(columns, names=names) if len(set(names)) == len(names) else None
    if table is None:
        raise Unreadable("repeated column", note=f"Column(s) {sorted({n for n in names if names.count(n) > 1})}.")
    return RawTable(path=path, table=table, encoding="Excel", formulas=formulas)


def _cell_text(cell: object) -> str:
    """Return an Excel cell as the text a CSV would hold."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat(sep=" ") if hasattr(cell, "hour") and hasattr(cell, "year") else cell.isoformat())
    return str(cell)


def _read_spss(path: Path) -> RawTable:
    import pyreadstat

    try:
        frame, _ = pyreadstat.read_sav(str(path), apply_value_formats=True)
    except Exception as error:
        raise Unreadable("not a table", note="The file is not an SPSS file (.sav).") from error
    columns = [
        pa.array([_cell_text(None if cell is None or cell != cell else cell) for cell in frame[name]], pa.string())  # noqa: PLR0124
        for name in frame.columns
    ]
    return RawTable(path=path, table=pa.Table.from_arrays(columns, names=list(frame.columns)), encoding="SPSS")
