"""Open an export, whatever its format, as sheets of text cells with the line each row stands on.

Unlike a table of the study folder an export may hold several sheets, a title above the headings, one heading twice, and
answers that begin like a formula.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

from ot_eval.data.formats import Unreadable, check_file, encoding_of

SUFFIXES = (".csv", ".xlsx", ".sav")
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: rows of text cells, all of one width, with their lines; `formulas` are (line, column) of formulas.

    `labels` are descriptions of columns that the file holds beside their names (SPSS).
    """

    file: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    formulas: tuple[tuple[int, int], ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    kind: str = "csv"


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """Return every sheet of a file that holds a cell; hidden sheets are read as well, for nothing may be missed.

    Raises
    ------
    Unreadable
        The file is missing, empty, of another format, or its rows do not fit its headings.
    """
    check_file(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Unreadable("not a table", note=f"Exports are read as {', '.join(SUFFIXES)}.")
    found = {".csv": _csv, ".xlsx": _excel, ".sav": _spss}[suffix](path)
    if not found:
        raise Unreadable("empty file")
    return found


def text_of(cell: object) -> str:
    """Return a cell as the text that a CSV would hold: whole numbers without a point, dates as ISO.

    Examples
    --------
    >>> text_of(3.0), text_of(None), text_of(True)
    ('3', '', 'true')
    """
    if cell is None or cell != cell:  # noqa: PLR0124  # the one value that differs from itself is "not a number"
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat(sep=" ") if hasattr(cell, "hour") and hasattr(cell, "year") else cell.isoformat())
    return str(cell)


def _csv(path: Path) -> tuple[Sheet, ...]:
    encoding = encoding_of(path)
    with path.open("r", encoding=encoding, newline="") as stream:
        start = stream.readline()
    if "\x00" in start:
        raise Unreadable("not a table", note="The file holds binary data.")
    delimiter = max(DELIMITERS, key=start.count)
    rows, lines, before = [], [], 0
    with path.open("r", encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(tuple(row))
                lines.append(before + 1)
            before = reader.line_num
    width = max((len(r) for r in rows), default=0)
    wrong = [line for row, line in zip(rows, lines, strict=True) if len(row) != width]
    if wrong:
        raise Unreadable("row width", count=len(wrong), rows=tuple(wrong[:100]))
    return (Sheet(file=path.name, name=path.stem, rows=tuple(rows), lines=tuple(lines)),) if rows else ()


def _excel(path: Path) -> tuple[Sheet, ...]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except Exception as error:
        raise Unreadable("not a table", note="The file is not an Excel workbook (.xlsx).") from error
    found = []
    for page in book.worksheets:
        rows, lines, formulas = [], [], []
        for line, cells in enumerate(page.iter_rows(), start=1):
            texts = tuple(text_of(c.value) for c in cells)
            if any(t.strip() for t in texts):
                rows.append(texts)
                lines.append(line)
            formulas += [(line, k) for k, c in enumerate(cells) if c.data_type == "f"]
        width = max((k + 1 for row in rows for k, t in enumerate(row) if t.strip()), default=0)
        if rows:
            same = tuple((*row[:width], *([""] * (width - len(row)))) for row in rows)
            found.append(
                Sheet(
                    file=path.name,
                    name=page.title,
                    rows=same,
                    lines=tuple(lines),
                    formulas=tuple(formulas),
                    kind="excel",
                )
            )
    book.close()
    return tuple(found)


def _spss(path: Path) -> tuple[Sheet, ...]:
    import pyreadstat

    try:
        frame, about = pyreadstat.read_sav(str(path), apply_value_formats=True, formats_as_category=False)
    except Exception as error:
        raise Unreadable("not a table", note="The file is not an SPSS file (.sav).") from error
    heads = tuple(str(name) for name in frame.columns)
    body = tuple(tuple(text_of(cell) for cell in row) for row in frame.astype(object).itertuples(index=False))
    labels = {str(k): str(v) for k, v in about.column_names_to_labels.items() if v}
    rows, lines = (heads, *body), tuple(range(1, len(body) + 2))
    return (Sheet(file=path.name, name=path.stem, rows=rows, lines=lines, labels=labels, kind="spss"),)
