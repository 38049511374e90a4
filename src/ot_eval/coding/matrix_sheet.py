"""A workbook that people fill in over weeks, and that comes back without losing anybody's edits.

Each page is a grid: rows and columns have hidden names, so that pages may be sorted and filtered. What stood in each
open cell when the sheet was written is remembered in the workbook. On the way back a cell that nobody touched never
overwrites what somebody else wrote meanwhile; two different edits of one cell are a conflict, and all are listed.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ot_eval.base.errors import DataError
from ot_eval.coding.sheets import clean, put

BASE, ABOUT = "Base", "About"
AUTHOR = "filled in by"
Key = tuple[str, str, str]
"""Page, row and column of an open cell, by their hidden names."""
_HEAD, _OPEN = PatternFill("solid", fgColor="1F4E5F"), PatternFill("solid", fgColor="FFF8E1")
_GIVEN = PatternFill("solid", fgColor="F3F5F6")
_WRAP = Alignment(wrap_text=True, vertical="top")
_LOCKED, _UNLOCKED = Protection(locked=True), Protection(locked=False)
_MOST_LISTED = 20
_FIRST_ROW = 3
"""Titles stand in row 1, hidden names in row 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its hidden name, its title, its width, whether people fill it in, and what they may choose."""

    name: str
    title: str
    width: int = 20
    open: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its rows by hidden name, each with its cells in the order of the columns."""

    title: str
    columns: tuple[Column, ...]
    rows: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What came back: who filled it in, the open cells as they are, and marks of what they held when written."""

    author: str
    cells: dict[Key, str]
    base: dict[Key, str]


def mark(text: str) -> str:
    """Return a mark by which a later text is known to be the same; none for no text."""
    return hashlib.sha256(clean(text).strip().encode()).hexdigest()[:12] if text.strip() else ""


def workbook(pages: Sequence[Page], about: Sequence[tuple[str, str]]) -> bytes:
    """Return the pages as a workbook, with a page on how to fill it in."""
    book = Workbook()
    first = book.active
    if not isinstance(first, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    book.remove(first)
    for page in pages:
        _page(book.create_sheet(page.title), page)
    _about(book.create_sheet(ABOUT), about)
    _base(book.create_sheet(BASE), pages)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _page(sheet: Worksheet, page: Page) -> None:
    for k, column in enumerate((Column(name="row", title="row"), *page.columns), start=1):
        for n, text in ((1, column.title), (2, column.name)):
            put(sheet.cell(n, k), text)  # type: ignore[arg-type]  # our pages have no merged cells
        sheet.cell(1, k).font, sheet.cell(1, k).fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.cell(1, k).alignment = _WRAP
        sheet.column_dimensions[get_column_letter(k)].width = column.width
    for n, (name, cells) in enumerate(page.rows.items(), start=_FIRST_ROW):
        put(sheet.cell(n, 1), name)  # type: ignore[arg-type]  # our pages have no merged cells
        for k, (column, text) in enumerate(zip(page.columns, cells, strict=True), start=2):
            cell = sheet.cell(n, k)
            if text:
                put(cell, text)  # type: ignore[arg-type]  # our pages have no merged cells
            cell.alignment, cell.fill = _WRAP, _OPEN if column.open else _GIVEN
            if column.open:
                cell.protection, cell.number_format = _UNLOCKED, "@"
    for k, column in enumerate(page.columns, start=2):
        if column.choices and page.rows:
            choice = DataValidation(type="list", formula1='"' + ",".join(column.choices) + '"', allow_blank=True)
            choice.showErrorMessage, choice.error = True, "Choose from the list, or leave the cell empty."
            sheet.add_data_validation(choice)
            letter = get_column_letter(k)
            choice.add(f"{letter}{_FIRST_ROW}:{letter}{len(page.rows) + _FIRST_ROW - 1}")
    sheet.column_dimensions["A"].hidden, sheet.row_dimensions[2].hidden = True, True
    fixed = next((k for k, c in enumerate(page.columns, start=2) if c.open), 2)
    sheet.freeze_panes = f"{get_column_letter(min(fixed, 4))}{_FIRST_ROW}"
    sheet.protection.sheet = True  # against slips, not people: there is no password
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.sort = False


def _about(sheet: Worksheet, about: Sequence[tuple[str, str]]) -> None:
    for n, (name, text) in enumerate(((AUTHOR, ""), *about), start=1):
        put(sheet.cell(n, 1), name)  # type: ignore[arg-type]  # our pages have no merged cells
        put(sheet.cell(n, 2), text)  # type: ignore[arg-type]  # our pages have no merged cells
        sheet.cell(n, 2).alignment = _WRAP
    sheet.cell(1, 2).fill = _OPEN
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 110


def _base(sheet: Worksheet, pages: Sequence[Page]) -> None:
    for page in pages:
        for row, cells in page.rows.items():
            for column, text in zip(page.columns, cells, strict=True):
                if column.open and text:
                    sheet.append((page.title, row, column.name, mark(text)))
    sheet.sheet_state = "hidden"


def read(path: Path, pages: Sequence[Page]) -> Filled:
    """Read a filled workbook.

    Parameters
    ----------
    path : the workbook
    pages : the pages as they would be written now; say which rows, columns and choices there are

    Raises
    ------
    DataError
        It is no such workbook, nobody signed it, or cells cannot stand; all of it at once.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise refusal(path.name, ["this is not an Excel workbook that can be read"]) from None
    missing = [f"page {p} is missing" for p in (*(p.title for p in pages), ABOUT, BASE) if p not in book.sheetnames]
    if missing:
        raise refusal(path.name, missing)
    about = {_text(row[0]): _text(row[1]) for row in _rows(book[ABOUT], 2)}
    wrong = [] if about.get(AUTHOR) else [f"page {ABOUT}: '{AUTHOR}' is empty"]
    cells: dict[Key, str] = {}
    for page in pages:
        wrong += _take(page, list(_rows(book[page.title])), cells)
    base = {(_text(r[0]), _text(r[1]), _text(r[2])): _text(r[3]) for r in _rows(book[BASE], 4) if r[0] is not None}
    book.close()
    if wrong:
        raise refusal(path.name, wrong)
    return Filled(author=about[AUTHOR], cells=cells, base=base)


def _rows(sheet: object, width: int | None = None) -> Iterable[tuple[object, ...]]:
    return sheet.iter_rows(values_only=True, max_col=width)  # type: ignore[attr-defined,no-any-return]


def _take(page: Page, rows: Sequence[tuple[object, ...]], cells: dict[Key, str]) -> list[str]:
    names = [_text(v) for v in rows[1]] if len(rows) > 1 else []
    wrong = [f"page {page.title}: column '{c.title}' is missing" for c in page.columns if c.name not in names]
    if wrong or "row" not in names:
        return wrong or [f"page {page.title}: the hidden names of its rows are gone"]
    at, seen = {c.name: names.index(c.name) for c in page.columns if c.open}, set()
    choices = {c.name: (c.title, c.choices) for c in page.columns}
    for n, row in enumerate(rows[2:], start=_FIRST_ROW):
        name = _text(row[names.index("row")])
        texts = {column: _text(row[k]) if k < len(row) else "" for column, k in at.items()}
        if not name:
            wrong += [f"page {page.title}, row {n}: it was added and belongs to nobody"] if any(texts.values()) else []
            continue
        if name not in page.rows:
            wrong += (
                [f"page {page.title}, row {n}: its person or passage is no longer there"] if any(texts.values()) else []
            )
        elif name in seen:
            wrong.append(f"page {page.title}, row {n}: it stands twice")
        seen.add(name)
        for column, text in texts.items():
            title, allowed = choices[column]
            if text and allowed and text not in allowed:
                wrong.append(f"page {page.title}, row {n}: '{title}' is none of {', '.join(allowed)}")
            if text.startswith("=") and not allowed:
                wrong.append(f"page {page.title}, row {n}: '{title}' holds a formula")
            cells[page.title, name, column] = text
    return wrong


def merged(filled: Filled, now: Mapping[Key, str]) -> tuple[dict[Key, str], list[Key]]:
    """Return the cells to change, and the conflicts: cells edited here and, differently, elsewhere meanwhile.

    Examples
    --------
    >>> base = {("M", "a", "x"): mark("old")}
    >>> merged(Filled(author="KM", cells={("M", "a", "x"): "new"}, base=base), {("M", "a", "x"): "old"})
    ({('M', 'a', 'x'): 'new'}, [])
    >>> merged(Filled(author="KM", cells={("M", "a", "x"): "old"}, base=base), {("M", "a", "x"): "later"})
    ({}, [])
    >>> merged(Filled(author="KM", cells={("M", "a", "x"): "mine"}, base=base), {("M", "a", "x"): "later"})
    ({}, [('M', 'a', 'x')])
    """
    changes: dict[Key, str] = {}
    conflicts = []
    for key, mine in filled.cells.items():
        current, base = now.get(key, ""), filled.base.get(key, "")
        if mark(mine) in (mark(current), base):
            continue
        if mark(current) == base:
            changes[key] = mine
        else:
            conflicts.append(key)
    return changes, conflicts


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def refusal(name: str, wrong: Sequence[str]) -> DataError:
    """Return the error that lists what is wrong with a workbook."""
    more = [f"and {len(wrong) - _MOST_LISTED} more"] if len(wrong) > _MOST_LISTED else []
    return DataError(
        f"{name}: " + "\n          ".join([*wrong[:_MOST_LISTED], *more]),
        expected="the workbook that `ot-eval interviews matrix` wrote, filled in",
        fix="correct these cells in Excel and read the workbook again; nothing of it was kept",
    )
