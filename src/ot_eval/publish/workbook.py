"""`tables.xlsx`: every table of the report for people who work in Excel, and every number as a number.

Made for screen readers and for reuse: one table a sheet, its title in A1, no merged and no empty heading cell, real
Excel tables, links from a list of contents. No text can act as a formula. The bytes are the same for the same input.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table as Grid
from openpyxl.worksheet.table import TableStyleInfo

from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.base.results import Number
from ot_eval.outputs import numbers
from ot_eval.outputs.labels import date_words
from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Table
from ot_eval.publish import csv_files
from ot_eval.publish.all_tables import all_tables
from ot_eval.publish.same_bytes import same_bytes
from ot_eval.publish.word import MADE_UP

COVER, CONTENTS, NUMBERS = "Cover", "Contents", "Numbers"
HEAD_ROW = 4
"""Above it stand the title, the note and the way back; with it begins the table."""
FONT = "Arial"
WIDTHS = (14, 60)
"""Characters: a column's least and greatest width."""
_COUNT = re.compile(r"\d{1,3}(?:,\d{3})*|\d+")
_DECIMAL = re.compile(r"(−?)(\d+)\.(\d{1,6})")
_PERCENT = re.compile(r"(−?\d+)%")
EMPTY = "An empty cell is hidden, to protect privacy, or does not exist."


def workbook(released: tuple[Released, ...], protocol: Protocol, provenance: Provenance) -> bytes:
    """Return `tables.xlsx` as bytes, the same for the same input."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _about(book, protocol.title, provenance.made_at)
    _cover(book.create_sheet(COVER), released, protocol, provenance)
    contents = book.create_sheet(CONTENTS)
    listed = [(NUMBERS, "Every number of the report, as numbers", "Every page")]
    for place, (page, table) in enumerate(all_tables(released, protocol, provenance), start=1):
        sheet = book.create_sheet(f"Table {place}")
        _table(sheet, table, page)
        listed.append((sheet.title, table.caption, page))
    _numbers(book.create_sheet(NUMBERS, 2), released)
    _contents(contents, listed)
    raw = io.BytesIO()
    book.save(raw)
    return same_bytes(raw.getvalue(), provenance.made_at)


def _about(book: Any, title: str, made_at: str) -> None:
    about = book.properties
    about.title, about.creator, about.lastModifiedBy, about.language = title, "ot_eval", "ot_eval", "en-GB"
    about.created = datetime.strptime(made_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _cover(sheet: Any, released: tuple[Released, ...], protocol: Protocol, provenance: Provenance) -> None:
    lines = [
        f"Tables of: {protocol.title}",
        *([MADE_UP] if any(r.synthetic for r in released) else []),
        f"The question: {protocol.question}",
        f"{protocol.service[:1].upper() + protocol.service[1:]}. {date_words(provenance.made_at)}.",
        f"Protocol {provenance.protocol_sha256[:12]}, code {provenance.code_sha256[:12]}, "
        f"ot_eval {provenance.toolkit}. Every hash and version is in manifest.json.",
        "How we protect people’s privacy:",
        *released[0].policy.sentences(),
        f"{EMPTY} In the tables, “hidden” says so in words.",
        "The sheet Contents lists every table, with a link to each.",
    ]
    for row, line in enumerate(lines, start=1):
        _write(sheet.cell(row, 1), line, wrap=True)
    _title(sheet)
    sheet.column_dimensions["A"].width = 100


def _contents(sheet: Any, listed: Sequence[tuple[str, str, str]]) -> None:
    _heading(sheet, "Contents", "Each line leads to a sheet.", back=False)
    _grid(sheet, "contents", ("Sheet", "What it holds", "Where it stands in the report"), listed)
    for row, (name, _, _) in enumerate(listed, start=HEAD_ROW + 1):
        _link(sheet.cell(row, 1), name)


def _table(sheet: Any, table: Table, page: str) -> None:
    """Write one table; what is a heading across a page becomes a column of its own."""
    grouped = any(group.heading for group in table.groups)
    head = (*(("Group",) if grouped else ()), *(cell or "Line" for cell in table.head))
    rows = [
        (*((group.heading or numbers.NONE_CELL,) if grouped else ()), row.header, *map(as_number, row.cells))
        for group in table.groups
        for row in group.rows
    ]
    hidden = " “hidden”: not shown, to protect privacy." if table.has_hidden else ""
    _heading(sheet, f"{table.caption}", f"From: {page}. {table.note}{hidden}".strip())
    _grid(sheet, table.name, _unlike(head), rows)


def _numbers(sheet: Any, released: Iterable[Released]) -> None:
    _heading(
        sheet, "Every number of the report", f"The same lines as results.csv. {EMPTY} Columns: see the last sheet."
    )
    rows = [[_rounded(value) for value in row] for row in csv_files.results(released)]
    _grid(sheet, "numbers", tuple(RESULT_COLUMNS), rows)


def _rounded(value: object) -> object:
    return float(csv_files.cell(value)) if isinstance(value, float) else value


def as_number(text: str) -> tuple[Number, str] | str:
    """Return a cell that is a plain number as that number and its format, digit for digit; any other as it is.

    Examples
    --------
    >>> as_number("1,145"), as_number("21%"), as_number("−0.04"), as_number("19% to 25%")
    ((1145, '#,##0'), (0.21, '0%'), (-0.04, '0.00'), '19% to 25%')
    """
    if _COUNT.fullmatch(text):
        return int(text.replace(",", "")), "#,##0"
    if found := _PERCENT.fullmatch(text):
        return int(found[1].replace("−", "-")) / 100, "0%"
    if found := _DECIMAL.fullmatch(text):
        return float(text.replace("−", "-")), f"0.{'0' * len(found[3])}"
    return text


def _unlike(head: Sequence[str]) -> tuple[str, ...]:
    """Return headings of which no two are the same, as an Excel table wants them (it does not see capitals)."""
    seen: dict[str, int] = {}
    made = []
    for text in head:
        seen[text.lower()] = n = seen.get(text.lower(), 0) + 1
        made.append(text if n == 1 else f"{text} ({n})")
    return tuple(made)


def _heading(sheet: Any, title: str, note: str, *, back: bool = True) -> None:
    _write(sheet["A1"], title)
    _title(sheet)
    _write(sheet["A2"], note or "No note.")
    _write(sheet["A3"], "Back to the contents" if back else "The cover stands before this sheet.")
    if back:
        _link(sheet["A3"], CONTENTS)


def _title(sheet: Any) -> None:
    sheet["A1"].font = Font(name=FONT, size=14, bold=True)
    sheet["A1"].alignment = Alignment(wrap_text=False)
    sheet.sheet_view.showGridLines = False


def _link(cell: Any, sheet: str) -> None:
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet}'!A1", display=str(cell.value))
    cell.font = Font(name=FONT, size=11, underline="single", color="0B5A78")


def _grid(sheet: Any, name: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a real Excel table from `HEAD_ROW` down, and make it print on pages as wide as the paper."""
    for row, cells in enumerate((head, *rows), start=HEAD_ROW):
        for column, value in enumerate(cells, start=1):
            _write(sheet.cell(row, column), value, wrap=True)
    last = f"{get_column_letter(len(head))}{HEAD_ROW + max(1, len(rows))}"
    grid = Grid(
        displayName=f"t_{re.sub(r'[^a-z0-9]', '_', name.lower())}_{len(sheet.parent.sheetnames)}",
        ref=f"A{HEAD_ROW}:{last}",
    )
    grid.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(grid)
    for column in range(1, len(head) + 1):
        widest = max(len(str(sheet.cell(r, column).value or "")) for r in range(HEAD_ROW, sheet.max_row + 1))
        sheet.column_dimensions[get_column_letter(column)].width = min(WIDTHS[1], max(WIDTHS[0], widest + 2))
    sheet.freeze_panes = f"B{HEAD_ROW + 1}"
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write(cell: Any, value: object, *, wrap: bool = False) -> None:
    """Write a number as a number and anything else as text, which stays text when somebody edits the cell."""
    if isinstance(value, tuple):
        cell.value, cell.number_format = value
    elif isinstance(value, int | float):
        cell.value = value
    elif value is not None and str(value):
        text = str(value)
        cell.value, cell.data_type, cell.number_format = text, "s", "@"
        cell.quotePrefix = text[:1] in "=+-@"
    cell.font = Font(name=FONT, size=11)
    cell.alignment = Alignment(wrap_text=wrap, vertical="top")
