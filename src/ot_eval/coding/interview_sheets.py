"""Coding interviews in Excel: turn by turn, each coder alone, and the sheet read back whole or not at all.

A code belongs to the whole turn, or to the words that stand beside it. A sheet never shows another coder's codes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ot_eval.base.errors import DataError
from ot_eval.coding.segments import CodedSegment, Turn
from ot_eval.coding.sheets import clean, put
from ot_eval.coding.themes import ThemeBook

TURNS, BOOK, ABOUT, LISTS = "Turns", "Codebook", "About", "Lists"
MOST_CODES = 5
PAIRS = tuple((f"code {n}", f"words {n}") for n in range(1, MOST_CODES + 1))
GIVEN = ("segment_id", "who", "words")
HEADINGS = (*GIVEN, *(h for pair in PAIRS for h in pair), "check")
FINISHED = "finished"
ALL = "all"
_FIRST = len(GIVEN) + 1
_HEAD, _FILL_IN = PatternFill("solid", fgColor="1F4E5F"), PatternFill("solid", fgColor="FFF8E1")
_ASKED = PatternFill("solid", fgColor="EEEEEE")
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewSheet:
    """What one coder's sheet holds. `interviews` are those on it, `finished` those that the coder has done."""

    coder: str
    version: str
    coded: tuple[CodedSegment, ...]
    interviews: tuple[str, ...]
    finished: frozenset[str]


def mark_of(turn: Turn) -> str:
    """Return the mark by which a row shows that it is still beside its own words."""
    return hashlib.sha256(f"{turn.segment_id}\x1f{clean(turn.text).strip()}".encode()).hexdigest()[:8]


def interview_sheet(turns: Sequence[Turn], book: ThemeBook, *, coder: str, study: str) -> bytes:
    """Return a workbook to code in.

    Parameters
    ----------
    turns : the turns of the interviews to code, in order
    book : the codebook
    coder : who will fill it in
    study : the study's short name
    """
    workbook = Workbook()
    page = workbook.active
    if not isinstance(page, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    page.title = TURNS
    _heads(page, HEADINGS, (14, 12, 80, *((26, 30) * MOST_CODES), 10))
    for n, turn in enumerate(turns, start=2):
        _turn(page, n, turn)
    _choices(page, workbook.create_sheet(LISTS), book, len(turns))
    page.column_dimensions[get_column_letter(len(HEADINGS))].hidden = True
    page.freeze_panes = "D2"
    page.protection.sheet = True  # against slips, not people: there is no password
    page.protection.formatColumns = page.protection.formatRows = False
    _book(workbook.create_sheet(BOOK), book)
    _about(workbook.create_sheet(ABOUT), book, coder, study)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _turn(page: Worksheet, n: int, turn: Turn) -> None:
    for k, text in enumerate((turn.segment_id, turn.speaker_role, turn.text), start=1):
        put(page.cell(n, k), text)  # type: ignore[arg-type]  # our pages have no merged cells
        page.cell(n, k).alignment = Alignment(wrap_text=True, vertical="top")
    for k in range(_FIRST, _FIRST + 2 * MOST_CODES):
        if turn.speaker_role == "interviewer":
            page.cell(n, k).fill = _ASKED
        else:
            page.cell(n, k).fill, page.cell(n, k).protection = _FILL_IN, Protection(locked=False)
            page.cell(n, k).number_format = "@"
    put(page.cell(n, len(HEADINGS)), mark_of(turn))  # type: ignore[arg-type]  # our pages have no merged cells


def _choices(page: Worksheet, lists: Worksheet, book: ThemeBook, n: int) -> None:
    for k, code in enumerate(book.names, start=1):
        put(lists.cell(k, 1), book.of(code).label)  # type: ignore[arg-type]  # our pages have no merged cells
    lists.sheet_state = "hidden"
    choice = DataValidation(type="list", formula1=f"={LISTS}!$A$1:$A${len(book.names)}", allow_blank=True)
    choice.showErrorMessage, choice.error = True, "Choose from the list, or leave the cell empty."
    page.add_data_validation(choice)
    for k in range(_FIRST, _FIRST + 2 * MOST_CODES, 2):
        choice.add(f"{get_column_letter(k)}2:{get_column_letter(k)}{max(n + 1, 2)}")


def _book(page: Worksheet, book: ThemeBook) -> None:
    _heads(
        page,
        ("code", "label", "what it is", "counts, for example", "does not count", "asked by"),
        (20, 45, 60, 45, 45, 30),
    )
    for n, theme in enumerate(book.all(), start=2):
        depth = len(book.path(theme.code)) - 1
        label = "    " * depth + theme.label + ("" if theme.codable else " (holds the codes below)")
        asked = ", ".join(book.topics[t] for t in theme.topics)
        texts = (theme.code, label, theme.definition, "\n".join(theme.include), "\n".join(theme.exclude), asked)
        for k, text in enumerate(texts, start=1):
            put(page.cell(n, k), text)  # type: ignore[arg-type]  # our pages have no merged cells
            page.cell(n, k).alignment = Alignment(wrap_text=True, vertical="top")
    page.freeze_panes = "A2"


def _about(page: Worksheet, book: ThemeBook, coder: str, study: str) -> None:
    lines = (
        ("study", study),
        ("coder", coder),
        ("codebook", book.name),
        ("version", book.version),
        (FINISHED, ""),
        ("how 1", "One row is one turn. Choose codes from the lists; the page Codebook says what each means."),
        (
            "how 2",
            "A code counts for the whole turn. If it is about a part, copy those words beside it, as they stand.",
        ),
        ("how 3", "Rows in grey are the interviewer's: they are there to be read."),
        ("how 4", "Code alone: do not look at another coder's sheet, and do not talk about these interviews yet."),
        ("how 5", f"When an interview is done, write its number beside '{FINISHED}' above, or the word {ALL}."),
        ("how 6", "A turn without a code in a finished interview means: none of the codes."),
    )
    for n, (name, text) in enumerate(lines, start=1):
        put(page.cell(n, 1), name)  # type: ignore[arg-type]  # our pages have no merged cells
        put(page.cell(n, 2), text)  # type: ignore[arg-type]  # our pages have no merged cells
    page.cell(5, 2).fill = _FILL_IN
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 12, 110


def _heads(page: Worksheet, names: Sequence[str], widths: Sequence[int]) -> None:
    for k, (name, width) in enumerate(zip(names, widths, strict=True), start=1):
        put(page.cell(1, k), name)  # type: ignore[arg-type]  # our pages have no merged cells
        page.cell(1, k).font, page.cell(1, k).fill = Font(bold=True, color="FFFFFF"), _HEAD
        page.column_dimensions[get_column_letter(k)].width = width


def read_interview_sheet(path: Path, book: ThemeBook, turns: Mapping[str, Turn]) -> InterviewSheet:
    """Read a filled sheet.

    Parameters
    ----------
    path : the workbook
    book : the codebook in use
    turns : every turn of the study by segment_id

    Raises
    ------
    DataError
        It is no such workbook, is of another codebook, or some rows cannot stand; all of them at once.
    """
    workbook = _open(path)
    about = {_text(r[0]): _text(r[1]) for r in workbook[ABOUT].iter_rows(max_col=2)}
    wrong = []
    if (about.get("codebook"), about.get("version")) != (book.name, book.version):
        wrong.append(f"page {ABOUT}: it was coded with another codebook or version than {book.name} {book.version}")
    if not about.get("coder"):
        wrong.append(f"page {ABOUT}: coder is empty")
    page = workbook[TURNS]
    names = [_text(c) for c in next(page.iter_rows(max_row=1))]
    wrong += [f"page {TURNS}: column '{h}' is missing" for h in HEADINGS if h not in names]
    if wrong:
        raise _refusal(path, wrong)
    at = {h: names.index(h) for h in HEADINGS}
    coded: list[CodedSegment] = []
    seen: dict[str, None] = {}
    for n, row in enumerate(page.iter_rows(min_row=2), start=2):
        cells = {h: _text(row[k]) for h, k in at.items()}
        if not any(cells.values()):
            continue
        turn = turns.get(cells["segment_id"])
        if turn is None or cells["check"] != mark_of(turn) or clean(turn.text).strip() != cells["words"]:
            wrong.append(f"row {n}: its id, words or hidden mark were moved or changed, or the transcript was")
            continue
        seen[turn.interview_id] = None
        if any(row[at[h]].data_type == "f" for pair in PAIRS for h in pair):
            wrong.append(f"row {n}: a cell holds a formula")
        found, faults = _coded(cells, turn, book, about["coder"])
        coded += found
        wrong += [f"row {n}: {fault}" for fault in faults]
    finished, faults = _finished(about.get(FINISHED, ""), tuple(seen))
    if wrong + faults:
        raise _refusal(path, wrong + faults)
    return InterviewSheet(
        coder=about["coder"], version=book.version, coded=tuple(coded), interviews=tuple(seen), finished=finished
    )


def _coded(cells: Mapping[str, str], turn: Turn, book: ThemeBook, coder: str) -> tuple[list[CodedSegment], list[str]]:
    found: dict[tuple[str, int, int], CodedSegment] = {}
    wrong = []
    for code_column, words_column in PAIRS:
        label, words = cells[code_column], cells[words_column]
        if not label and not words:
            continue
        code = book.parse(label)
        if turn.speaker_role == "interviewer":
            wrong.append("a turn of the interviewer has a code")
        elif not label:
            wrong.append(f"{words_column} has words and {code_column} no code")
        elif code is None:
            wrong.append(f"{code_column} is not a code of the codebook")
        else:
            spans = _places(words, turn.text) if words else [(0, len(turn.text))]
            if len(spans) != 1:
                wrong.append(f"{words_column}: these words stand {len(spans)} times in the turn")
                continue
            start, end = spans[0]
            text = turn.text[start:end]
            found[code, start, end] = CodedSegment(
                turn.interview_id, turn.segment_id, start, end, text, code, coder, book.version
            )
    return list(found.values()), wrong


def _places(words: str, text: str) -> list[tuple[int, int]]:
    """Return where words stand in a turn; blanks and the kind of apostrophe do not matter."""
    plain = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\n": " ", "\u00a0": " "})
    wanted, within = words.translate(plain), text.translate(plain)
    found, at = [], within.find(wanted)
    while at >= 0:
        found.append((at, at + len(wanted)))
        at = within.find(wanted, at + 1)
    return found


def _finished(said: str, interviews: Sequence[str]) -> tuple[frozenset[str], list[str]]:
    if said.casefold() == ALL:
        return frozenset(interviews), []
    names = [n for n in said.replace(";", ",").replace(",", " ").split() if n]
    strange = [n for n in names if n not in interviews]
    wrong = [f"page {ABOUT}: '{FINISHED}' names {len(strange)} interviews that are not on the sheet"] if strange else []
    return frozenset(names), wrong


def _open(path: Path) -> Workbook:
    try:
        workbook = load_workbook(path, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise _refusal(path, ["this is not an Excel workbook that can be read"]) from None
    missing = [f"page {p} is missing" for p in (TURNS, ABOUT) if p not in workbook.sheetnames]
    if missing:
        raise _refusal(path, missing)
    return workbook


def _text(cell: object) -> str:
    value = getattr(cell, "value", None)
    return "" if value is None else str(getattr(value, "text", value)).strip()


def _refusal(path: Path, wrong: Sequence[str]) -> DataError:
    more = [f"and {len(wrong) - _MOST_LISTED} more"] if len(wrong) > _MOST_LISTED else []
    return DataError(
        f"{path.name}: " + "\n          ".join([*wrong[:_MOST_LISTED], *more]),
        expected="the sheet that `ot-eval interviews code sheet` wrote, with codes of the codebook in its yellow cells",
        fix="correct these rows in Excel and read the sheet again; nothing of it was kept",
    )
