"""The coding sheet as an Excel workbook: one contact a row, drop-downs, the codebook beside it.

Everything from the data is written as text: a note that begins with = or + stays a note and is never run as a formula.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ot_eval.coding.codebook import NO_CODE, Codebook
from ot_eval.coding.contacts import Sheet

CONTACTS, BOOK, ABOUT, LISTS = "Contacts", "Codebook", "About", "Lists"
CODE_COLUMNS = tuple(f"code {n}" for n in range(1, 7))
NO_CODE_COLUMN, REMARK, CHECK = "no code", "remark", "check"
GIVEN = ("contact_id", "date", "who", "how", "minutes", "suggested", "why", "note")
TO_CODE = (*CODE_COLUMNS, NO_CODE_COLUMN)
FILLED = (*TO_CODE, REMARK)
HEADINGS = (*GIVEN, *FILLED, CHECK)
PAPER_A4 = 9
NARROW_MARGIN = 0.3  # inches
CODE_WIDTH = 18
LINE_POINTS, TALLEST_ROW = 15.0, 409.0  # Excel's own line, and the tallest row it allows
ROOM_FOR_WORDS = 4  # a line ends early where the next word does not fit
WIDTHS = {"note": 60, "suggested": 22, "why": 30, "remark": 30, "date": 12, "minutes": 9, "contact_id": 14}
LONGEST_CELL = 32_000
"""Excel holds 32,767 characters in a cell; a longer note is cut and says so."""
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_FILL_IN = PatternFill("solid", fgColor="FFF8E1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One contact on a sheet, all text. `suggested` and `why` are empty on a blind sheet."""

    contact_id: str
    date: str
    who: str
    how: str
    minutes: str
    note: str
    suggested: str = ""
    why: str = ""


def check_of(contact_id: str, note: str) -> str:
    """Return the mark that shows, when the sheet comes back, whether its rows were shifted against each other."""
    return hashlib.sha256(f"{contact_id}\x1f{clean(note).strip()}".encode()).hexdigest()[:8]


def clean(text: str) -> str:
    """Return text as Excel can hold it: no control characters, not longer than a cell."""
    held = ILLEGAL_CHARACTERS_RE.sub(" ", text).replace("\r\n", "\n").replace("\r", "\n")
    return held if len(held) <= LONGEST_CELL else held[:LONGEST_CELL] + " … (cut; see the record)"


def put(cell: Cell, text: str) -> None:
    """Write text into a cell as text, whatever it begins with."""
    cell.value = clean(text)
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in "=+-@" and bool(text)  # Excel keeps it text when somebody edits the cell


def _cell(page: Worksheet, row: int, column: int) -> Cell:
    cell = page.cell(row, column)
    if not isinstance(cell, Cell):
        raise TypeError("our pages have no merged cells")
    return cell


def coding_sheet(rows: Sequence[SheetRow], book: Codebook, *, coder: str, sheet: Sheet, study: str) -> bytes:
    """Return a coding workbook.

    Parameters
    ----------
    rows : the contacts, in the order to code them
    book : the codebook
    coder : who will fill it in
    sheet : main, second (blind) or agreed
    study : the study's short name
    """
    workbook = Workbook()
    page = workbook.active
    if not isinstance(page, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    page.title = CONTACTS
    _contacts(page, rows)
    _drop_downs(page, _lists(workbook.create_sheet(LISTS), book), len(rows))
    _codebook(workbook.create_sheet(BOOK), book)
    _about(workbook.create_sheet(ABOUT), book, coder, sheet, study)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _contacts(page: Worksheet, rows: Sequence[SheetRow]) -> None:
    _headings(page, HEADINGS)
    for n, row in enumerate(rows, start=2):
        given = (row.contact_id, row.date, row.who, row.how, row.minutes, row.suggested, row.why, row.note)
        for k, text in enumerate(given, start=1):
            put(_cell(page, n, k), text)
            _cell(page, n, k).alignment = Alignment(wrap_text=True, vertical="top")
        for k in range(len(GIVEN) + 1, len(GIVEN) + len(FILLED) + 1):
            cell = _cell(page, n, k)
            cell.fill, cell.protection = _FILL_IN, Protection(locked=False)
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        put(_cell(page, n, len(HEADINGS)), check_of(row.contact_id, row.note))
        page.row_dimensions[n].height = _height(zip(GIVEN, given, strict=True))
    for k, name in enumerate(HEADINGS, start=1):
        page.column_dimensions[get_column_letter(k)].width = CODE_WIDTH if name in TO_CODE else WIDTHS.get(name, 24)
    page.column_dimensions[get_column_letter(len(HEADINGS))].hidden = True
    _print_what_is_coded(page, len(rows) + 1)
    page.freeze_panes = "B2"
    page.protection.sheet = True  # against slips, not people: there is no password
    page.protection.formatColumns = page.protection.formatRows = False


def _height(cells: Iterable[tuple[str, str]]) -> float:
    """Return the points a row needs for its wrapped text; not every spreadsheet works it out when it opens the file."""
    lines = max(
        sum(1 + len(line) // (WIDTHS.get(name, 24) - ROOM_FOR_WORDS) for line in text.split("\n"))
        for name, text in cells
    )
    return min(LINE_POINTS * max(lines, 2), TALLEST_ROW)


def _print_what_is_coded(page: Worksheet, last_row: int) -> None:
    """Print note and codes beside the contact's number, not all columns: those would shrink past reading."""
    first, last = (get_column_letter(HEADINGS.index(name) + 1) for name in ("note", NO_CODE_COLUMN))
    page.print_area = f"{first}1:{last}{last_row}"
    page.print_title_cols, page.print_options.gridLines = "A:A", True


def _lists(page: Worksheet, book: Codebook) -> tuple[str, str]:
    for n, code in enumerate(book.codes, start=1):
        put(_cell(page, n, 1), f"{code.code} {code.label}")
    for n, said in enumerate(NO_CODE.values(), start=1):
        put(_cell(page, n, 2), said)
    page.sheet_state = "hidden"
    return f"={LISTS}!$A$1:$A${len(book.codes)}", f"={LISTS}!$B$1:$B${len(NO_CODE)}"


def _drop_downs(page: Worksheet, lists: tuple[str, str], n: int) -> None:
    first = len(GIVEN) + 1
    last_code = first + len(CODE_COLUMNS) - 1
    spans = ((first, last_code, lists[0]), (last_code + 1, last_code + 1, lists[1]))
    for low, high, formula in spans:
        choice = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
        choice.errorTitle, choice.error = "Not in the codebook", "Choose from the list, or leave the cell empty."
        page.add_data_validation(choice)
        choice.add(f"{get_column_letter(low)}2:{get_column_letter(high)}{max(n + 1, 2)}")


def _codebook(page: Worksheet, book: Codebook) -> None:
    names = ("code", "label", "family", "what it is", "counts, for example", "does not count", "usual provider", "ICF")
    _headings(page, names)
    for n, code in enumerate(book.codes, start=2):
        texts = (
            code.code,
            code.label,
            book.families[code.family],
            code.definition,
            "\n".join(code.include),
            "\n".join(code.exclude),
            ", ".join(code.usual_provider),
            ", ".join(code.icf),
        )
        for k, text in enumerate(texts, start=1):
            put(_cell(page, n, k), text)
            _cell(page, n, k).alignment = Alignment(wrap_text=True, vertical="top")
    for k, width in enumerate((7, 30, 20, 55, 45, 45, 14, 14), start=1):
        page.column_dimensions[get_column_letter(k)].width = width
    page.freeze_panes = "A2"


def about_rows(book: Codebook, coder: str, sheet: Sheet, study: str) -> tuple[tuple[str, str], ...]:
    """Return the words of the About page: what the program reads back, then how to fill the sheet."""
    how: tuple[str, ...] = (
        "One row is one contact. Choose up to six codes from the lists; the page Codebook says what each means.",
        "A code counts if the work was done, provided, ordered, agreed or referred at that contact. Declined, not "
        "needed, planned for later, history, or done for the person by the worker does not count.",
        "If no code fits choose 'no code': not OT, or nothing done that counts; or: cannot tell from the note.",
        "A row left empty is not coded yet. Suggestions are only suggestions: you decide.",
        "Do not rename, move or sort columns. Keep this file where patients' records are kept: it holds notes.",
    )
    if sheet == "second":
        how = (*how, "Code alone: please do not look at the first coder's sheet, and do not talk about these contacts.")
    facts = (("study", study), ("coder", coder), ("sheet", sheet), ("codebook", book.name), ("version", book.version))
    return (*facts, *((f"how {n}", text) for n, text in enumerate(how, start=1)))


def _about(page: Worksheet, book: Codebook, coder: str, sheet: Sheet, study: str) -> None:
    for n, (name, text) in enumerate(about_rows(book, coder, sheet, study), start=1):
        put(_cell(page, n, 1), name)
        put(_cell(page, n, 2), text)
        _cell(page, n, 2).alignment = Alignment(wrap_text=True, vertical="top")
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 12, 100


def _headings(page: Worksheet, names: Sequence[str]) -> None:
    for k, name in enumerate(names, start=1):
        cell = _cell(page, 1, k)
        put(cell, name)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
    # on paper a row stays on one sheet, wide side up, under its headings
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", PAPER_A4
    page.page_margins = PageMargins(left=NARROW_MARGIN, right=NARROW_MARGIN)
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = "1:1"


def list_workbook(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a plain workbook of text cells: a list for people to work through."""
    workbook = Workbook()
    page = workbook.active
    if not isinstance(page, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    page.title = title
    _headings(page, headings)
    for n, row in enumerate(rows, start=2):
        for k, text in enumerate(row, start=1):
            put(_cell(page, n, k), text)
            _cell(page, n, k).alignment = Alignment(wrap_text=True, vertical="top")
    for k, name in enumerate(headings, start=1):
        page.column_dimensions[get_column_letter(k)].width = WIDTHS.get(name, 24)
    page.freeze_panes = "A2"
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
