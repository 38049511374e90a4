"""Reading a coding workbook back: refused when it is not whole, and every row that people must look at again listed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from ot_eval.base.errors import RequestError, nearest
from ot_eval.coding.codebook import NO_CODE, Codebook
from ot_eval.coding.contacts import SHEETS, CodedContact, Conflict, Sheet, in_order, refuse_later
from ot_eval.coding.migrate import migrated
from ot_eval.coding.sheets import (
    ABOUT,
    CHECK,
    CODE_COLUMNS,
    CONTACTS,
    HEADINGS,
    NO_CODE_COLUMN,
    REMARK,
    check_of,
)

Row = tuple[Cell | MergedCell, ...]
_READ_ABOUT = ("coder", "sheet", "codebook", "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRead:
    """What a workbook holds. `coded` pairs each record with its row; `blank` counts rows not coded yet.

    `remarks` holds coders' remarks by contact, as text; a formula in a remark is its text, never its value.
    """

    file: str
    coder: str
    sheet: Sheet
    coded: tuple[tuple[CodedContact, str, int], ...]
    conflicts: tuple[Conflict, ...]
    blank: int
    remarks: dict[str, str]


def read_sheet(path: Path, book: Codebook, notes: Mapping[str, str]) -> SheetRead:
    """Read a filled coding workbook.

    Parameters
    ----------
    path : the workbook
    book : the codebook in use; an older coding is migrated by its rules
    notes : the note of every contact of the study, by contact_id

    Raises
    ------
    RequestError
        It is no workbook of this toolkit, a page or column is missing or renamed, it holds no contacts, or none of them
        is coded.
    """
    workbook = _open(path)
    about = _about(workbook, path, book)
    page = _page(workbook, CONTACTS, path)
    place = _columns(page, path)
    coded: list[tuple[CodedContact, str, int]] = []
    conflicts: list[Conflict] = []
    remarks: dict[str, str] = {}
    blank = rows = 0
    for n, row in enumerate(page.iter_rows(min_row=2), start=2):
        contact = _text(row[place["contact_id"]])
        filled = [_text(row[place[c]]) for c in (*CODE_COLUMNS, NO_CODE_COLUMN, REMARK)]
        if not contact and not any(filled):
            continue
        rows += 1
        if contact and filled[-1]:
            remarks[contact] = filled[-1]
        wrong = list(_row_faults(row, place, contact, notes))
        codes, said = _codes(row, place, book, about["version"])
        wrong += said
        conflicts += [Conflict(file=path.name, row=n, contact_id=contact, rule=r, detail=d) for r, d in wrong]
        if not codes and not wrong:
            blank += 1
        elif not wrong:
            record = CodedContact(
                contact_id=contact,
                coder=about["coder"],
                sheet=next(s for s in SHEETS if s == about["sheet"]),
                codes=codes,
                version=book.version,
            )
            coded.append((record, path.name, n))
    _refuse_empty(path, rows, len(coded) + len(conflicts))
    sheet = next(s for s in SHEETS if s == about["sheet"])
    return SheetRead(
        file=path.name,
        coder=about["coder"],
        sheet=sheet,
        coded=tuple(coded),
        conflicts=tuple(conflicts),
        blank=blank,
        remarks=remarks,
    )


def _open(path: Path) -> Workbook:
    if not path.is_file():
        raise _refusal(path, "no such file", "a filled coding workbook (.xlsx)")
    try:
        return load_workbook(path, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise _refusal(path, "this is not an Excel workbook that can be read", "a workbook saved as .xlsx") from None


def _page(workbook: Workbook, name: str, path: Path) -> Worksheet:
    if name not in workbook.sheetnames or not isinstance(workbook[name], Worksheet):
        raise _refusal(
            path,
            f"there is no page '{name}'.{nearest(name, workbook.sheetnames)}",
            f"the pages that `ot-eval code sheet` wrote: {CONTACTS}, Codebook, {ABOUT}",
        )
    page: Worksheet = workbook[name]
    return page


def _about(workbook: Workbook, path: Path, book: Codebook) -> dict[str, str]:
    page = _page(workbook, ABOUT, path)
    found = {_text(row[0]): _text(row[1]) for row in page.iter_rows(min_row=1, max_col=2)}
    missing = [name for name in _READ_ABOUT if not found.get(name)]
    if missing:
        raise _refusal(
            path, f"page {ABOUT}: {', '.join(missing)} is empty", "who coded, which sheet and which codebook"
        )
    if found["sheet"] not in SHEETS:
        raise _refusal(path, f"page {ABOUT}: sheet is not known", f"one of {', '.join(SHEETS)}")
    if found["codebook"] != book.name:
        raise _refusal(
            path,
            f"coded with codebook '{found['codebook']}'; the codebook in use is '{book.name}'",
            "the codebook of the protocol",
        )
    if not found["version"].replace(".", "").isdigit():
        raise _refusal(path, f"page {ABOUT}: version is not a version", f"a version such as {book.version}")
    refuse_later(found["version"], book, path.name)
    return found


def _columns(page: Worksheet, path: Path) -> dict[str, int]:
    names = [_text(cell) for cell in next(page.iter_rows(min_row=1, max_row=1))]
    missing = [h for h in HEADINGS if h not in names]
    twice = sorted({h for h in HEADINGS if names.count(h) > 1})
    if missing or twice:
        said = f"column '{missing[0]}' is missing or was renamed" if missing else f"column '{twice[0]}' stands twice"
        strange = [n for n in names if n and n not in HEADINGS]
        hint = f" The column '{strange[0]}' is not ours." if missing and strange else ""
        raise _refusal(path, f"page {CONTACTS}: {said}.{hint}", f"the columns as they were: {', '.join(HEADINGS)}")
    return {h: names.index(h) for h in HEADINGS}


def _row_faults(row: Row, place: dict[str, int], contact: str, notes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    formulas = [c for c in (*CODE_COLUMNS, NO_CODE_COLUMN, "contact_id") if row[place[c]].data_type == "f"]
    if formulas:
        yield "formula", f"{', '.join(formulas)} holds a formula; it was read as text and not run"
    if contact not in notes:
        yield "unknown contact", "no contact of the study has this id"
    elif _text(row[place[CHECK]]) != check_of(contact, notes[contact]):
        yield "row shifted", "the row is not as it was written: its id, note or hidden mark was moved or changed"
    elif check_of(contact, _text(row[place["note"]])) != check_of(contact, notes[contact]):
        yield "row shifted", "the note beside the id is another one"


def _codes(
    row: Row, place: dict[str, int], book: Codebook, version: str
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Return the codes of a row, and what is wrong with them as (rule, detail)."""
    written = [t for t in (_text(row[place[c]]) for c in (*CODE_COLUMNS, NO_CODE_COLUMN)) if t]
    older = tuple(w.split(" ")[0] for w in written)
    old_codes = {c for m in book.migrations for c in m.sources}
    found: list[str] = []
    wrong: list[tuple[str, str]] = []
    for text, first in zip(written, older, strict=True):
        code = first if first in old_codes and version != book.version else book.parse(text)
        if code is None:
            wrong.append(("unknown code", book.unknown(first)))
        else:
            found.append(code)
    codes, again = migrated(tuple(found), version, book.migrations)
    if again:
        wrong.append(("code again", f"codebook {book.version} changed a code of version {version}"))
    if len(codes) > 1 and set(codes) & set(NO_CODE):
        wrong.append(("codes and no code", "a code and 'no code' were both chosen"))
    return in_order(codes, book), wrong


def _text(cell: Cell | MergedCell) -> str:
    """Return a cell's content as text; of a formula, the formula itself."""
    value = cell.value
    if value is None:
        return ""
    return str(getattr(value, "text", value)).strip()  # an array formula keeps its text in `text`


def _refuse_empty(path: Path, rows: int, coded: int) -> None:
    if not rows:
        raise _refusal(path, f"page {CONTACTS} holds no contacts", "the rows that `ot-eval code sheet` wrote")
    if not coded:
        raise _refusal(path, f"{rows} contacts, and none of them is coded", "at least one row with a code or 'no code'")


def _refusal(path: Path, found: str, expected: str) -> RequestError:
    return RequestError(
        f"{path.name}: {found}",
        expected=expected,
        fix="make the sheet again with `ot-eval code sheet`, and change only the yellow cells",
    )
