"""The review sheet: every flag of one interview in an Excel workbook, for a person to decide, and back again.

What the detector proposes is only a proposal. Nothing is written out until each row says replace or keep and the sheet
says who reviewed it. What the detector missed is added on a page of its own.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ot_eval.coding.deidentify import Detector
from ot_eval.coding.deidentify_apply import Namer, form_of
from ot_eval.coding.deidentify_model import HIGH, SAID, STRUCTURED, Flag, Kind
from ot_eval.coding.segments import Turn
from ot_eval.coding.sheets import put

FLAGS, MISSED, READ, ABOUT = "Decide", "Missed", "Read through", "About"
REPLACE, KEEP = "replace", "keep"
HEADINGS = ("risk", "what it may be", "why", "words", "in context", "times", "decision", "replacement", "turns", "key")
MISSED_HEADINGS = ("words", "replacement")
MISSED_ROWS = 200
REVIEWER = "reviewed by"
_RISK = {3: "3 high", 2: "2 middle", 1: "1 low"}
_AROUND = 60
_MOST_CONTEXTS = 3
_WIDTHS = (9, 20, 30, 26, 70, 7, 12, 26, 12, 12)
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_FILL_IN = PatternFill("solid", fgColor="FFF8E1")


@dataclass(frozen=True, slots=True)
class Place:
    """A flag in a turn of an interview."""

    turn: int
    flag: Flag
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """Flags that are decided together: the same words as the same kind. Words that may be a name stand alone."""

    key: str
    places: tuple[Place, ...]
    contexts: tuple[str, ...]
    replacement: str
    sure: bool

    @property
    def kind(self) -> Kind:
        """What it may be."""
        return self.places[0].flag.kind

    @property
    def risk(self) -> int:
        """The highest risk of its flags."""
        return max(p.flag.risk for p in self.places)


def fingerprint(turns: Sequence[Turn]) -> str:
    """Return a mark of the words of an interview, by which a sheet knows the transcript it was made from."""
    body = "\x1e".join(f"{t.turn}\x1f{t.speaker_role}\x1f{t.text}" for t in turns)
    return hashlib.sha256(body.encode("utf-8")).hexdigest()[:16]


def rows_of(turns: Sequence[Turn], roster: dict[str, str]) -> tuple[Row, ...]:
    """Return what to decide about one interview, the riskiest first.

    Parameters
    ----------
    turns : the turns as spoken
    roster : replacement by name
    """
    detector, namer = Detector(tuple(roster)), Namer(roster)
    places = [Place(t.turn, flag, t.text[flag.start : flag.end]) for t in turns for flag in detector.flags(t.text)]
    text = {t.turn: t.text for t in turns}
    rows = []
    named: dict[tuple[str, ...], str] = {}
    for place in places:  # in the order of the talk, so that numbers rise as a reader meets them
        if _group(place) not in named:
            named[_group(place)] = namer.name(place.words, place.flag.kind)
    for group, members in groupby(sorted(places, key=_group), key=_group):
        found = tuple(sorted(members, key=lambda p: (p.turn, p.flag.start)))
        flag = max((p.flag for p in found), key=lambda f: f.risk)
        rows.append(
            Row(
                key=hashlib.sha256("\x1f".join(map(str, group)).encode()).hexdigest()[:12],
                places=found,
                contexts=tuple(_context(text[p.turn], p.flag) for p in found[:_MOST_CONTEXTS]),
                replacement=named[group],
                sure=flag.risk == HIGH and (flag.kind in STRUCTURED or "roster" in flag.why),
            )
        )
    return tuple(sorted(rows, key=lambda r: (-r.risk, r.sure, r.kind, r.places[0].turn, r.places[0].flag.start)))


def _group(place: Place) -> tuple[str, ...]:
    alone = (str(place.turn), str(place.flag.start)) if place.flag.kind == "perhaps_name" else ()
    return (SAID[place.flag.kind], form_of(place.words), *alone)


def _context(text: str, flag: Flag) -> str:
    before = text[max(flag.start - _AROUND, 0) : flag.start]
    return f"{before}⟦{text[flag.start : flag.end]}⟧{text[flag.end : flag.end + _AROUND]}".replace("\n", " ")


def review_workbook(interview_id: str, turns: Sequence[Turn], roster: dict[str, str]) -> bytes:
    """Return the review workbook of one interview."""
    rows = rows_of(turns, roster)
    workbook = Workbook()
    page = workbook.active
    if not isinstance(page, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    page.title = FLAGS
    _flags(page, rows)
    _missed(workbook.create_sheet(MISSED))
    _read_through(workbook.create_sheet(READ), turns, rows)
    _about(workbook.create_sheet(ABOUT), interview_id, fingerprint(turns))
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _flags(page: Worksheet, rows: Sequence[Row]) -> None:
    _headings(page, HEADINGS, _WIDTHS)
    for n, row in enumerate(rows, start=2):
        turns = ", ".join(str(p.turn) for p in row.places[:_MOST_CONTEXTS])
        texts = (
            _RISK[row.risk],
            SAID[row.kind],
            row.places[0].flag.why,
            row.places[0].words,
            "\n".join(row.contexts),
            str(len(row.places)),
            REPLACE if row.sure else "",
            row.replacement,
            turns,
            row.key,
        )
        for k, text in enumerate(texts, start=1):
            put(page.cell(n, k), text)  # type: ignore[arg-type]  # our pages have no merged cells
            page.cell(n, k).alignment = Alignment(wrap_text=True, vertical="top")
        for k in (HEADINGS.index("decision") + 1, HEADINGS.index("replacement") + 1):
            page.cell(n, k).fill, page.cell(n, k).protection = _FILL_IN, Protection(locked=False)
    choice = DataValidation(type="list", formula1=f'"{REPLACE},{KEEP}"', allow_blank=True, showErrorMessage=True)
    page.add_data_validation(choice)
    letter = get_column_letter(HEADINGS.index("decision") + 1)
    choice.add(f"{letter}2:{letter}{len(rows) + 2}")
    page.column_dimensions[get_column_letter(len(HEADINGS))].hidden = True
    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(HEADINGS))}{len(rows) + 1}"
    page.protection.sheet = True  # against slips, not people: there is no password
    page.protection.autoFilter = page.protection.formatColumns = page.protection.formatRows = False


def _missed(page: Worksheet) -> None:
    _headings(page, MISSED_HEADINGS, (40, 40))
    for n in range(2, MISSED_ROWS + 2):
        for k in (1, 2):
            page.cell(n, k).fill, page.cell(n, k).number_format = _FILL_IN, "@"


def _read_through(page: Worksheet, turns: Sequence[Turn], rows: Sequence[Row]) -> None:
    _headings(page, ("turn", "who", "words; ⟦flagged⟧"), (7, 14, 120))
    marks: dict[int, list[Flag]] = {}
    for row in rows:
        for place in row.places:
            marks.setdefault(place.turn, []).append(place.flag)
    for n, turn in enumerate(turns, start=2):
        text, at = "", 0
        for flag in sorted(marks.get(turn.turn, ())):
            text += f"{turn.text[at : flag.start]}⟦{turn.text[flag.start : flag.end]}⟧"
            at = flag.end
        for k, words in enumerate((str(turn.turn), turn.speaker_role, text + turn.text[at:]), start=1):
            put(page.cell(n, k), words)  # type: ignore[arg-type]  # our pages have no merged cells
            page.cell(n, k).alignment = Alignment(wrap_text=True, vertical="top")
    page.freeze_panes = "A2"


def _about(page: Worksheet, interview_id: str, mark: str) -> None:
    lines = (
        ("interview", interview_id),
        ("transcript", mark),
        (REVIEWER, ""),
        ("how 1", "This sheet holds names: keep it where the recordings are kept, never in the study's folder."),
        (
            "how 2",
            f"Page {FLAGS}: choose replace or keep in each row. Change the replacement as you like.",
        ),
        ("how 3", "One person under several names (Mrs Smith, Margaret, Mags): give each the same replacement."),
        (
            "how 4",
            f"Page {READ}: read every turn. Write on page {MISSED} what was not flagged and should be.",
        ),
        (
            "how 5",
            "Think of what is no name and still tells: a rare job, a place, an event, a family's mix.",
        ),
        ("how 6", f"When all is decided write your initials beside '{REVIEWER}' above."),
    )
    for n, (name, text) in enumerate(lines, start=1):
        put(page.cell(n, 1), name)  # type: ignore[arg-type]  # our pages have no merged cells
        put(page.cell(n, 2), text)  # type: ignore[arg-type]  # our pages have no merged cells
    page.cell(3, 2).fill = _FILL_IN
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 14, 110


def _headings(page: Worksheet, names: Sequence[str], widths: Sequence[int]) -> None:
    for k, (name, width) in enumerate(zip(names, widths, strict=True), start=1):
        put(page.cell(1, k), name)  # type: ignore[arg-type]  # our pages have no merged cells
        page.cell(1, k).font, page.cell(1, k).fill = Font(bold=True, color="FFFFFF"), _HEAD
        page.column_dimensions[get_column_letter(k)].width = width
