"""What people wrote in surveys goes to coders: sheets out, coded words back, kept beside the study's other inputs.

A form is coded as an interview is (`coding.interview_sheets`): each question stands above its answer, a code belongs to
the answer or to some of its words, and every coder works alone. Texts and sheets stay in work/<study>/surveys/; what
people coded lies in data/surveys/<instrument>_coded.csv.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.coding import themes
from ot_eval.coding.interview_sheets import interview_sheet, read_interview_sheet
from ot_eval.coding.segments import (
    CODED_COLUMNS,
    CodedSegment,
    Role,
    Turn,
    check_coded,
    coded_from_csv,
    refuse,
    to_csv,
    turns_of,
)
from ot_eval.coding.themes import ThemeBook
from ot_eval.data.survey_instrument import Instrument, load_with_own, pick
from ot_eval.studies.skills_data import OWN_FOLDER

FOLDER = "surveys"
ID_DIGITS = 12
"""Of a form's hash: two of a million forms share an id with a chance below one in a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What coding starts from: the texts as turns, the codebook, and what people coded so far."""

    folder: StudyFolder
    study: str
    instrument: Instrument
    turns: tuple[Turn, ...]
    book: ThemeBook
    coded: tuple[CodedSegment, ...]

    @property
    def coded_file(self) -> Path:
        """Where the coded words of this instrument are kept."""
        return self.folder.data / FOLDER / f"{self.instrument.name}_coded.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What reading sheets did: coded words now kept, those of them that are new, and where they lie."""

    kept: int
    added: int
    file: Path


def open_desk(protocol_file: Path, name: str) -> Desk:
    """Read the texts of an instrument, the codebook, and what was coded.

    The codebook is data/surveys/codebook_experience.yaml where it is there, else the one that comes with the toolkit.

    Raises
    ------
    RequestError
        There is no such instrument, no text of it, or the codebook cannot be read.
    DataError
        What was coded does not stand on its words.
    """
    protocol = load(protocol_file)
    folder = study_folder(protocol_file, protocol)
    instrument = pick(load_with_own(folder.data.parent / OWN_FOLDER), name)
    turns = _turns(folder, instrument)
    own = folder.data / FOLDER / themes.FILE
    book = themes.load(own if own.is_file() else themes.default_path())
    desk = Desk(folder=folder, study=protocol.study, instrument=instrument, turns=turns, book=book, coded=())
    if not desk.coded_file.is_file():
        return desk
    text = desk.coded_file.read_text(encoding="utf-8")
    coded = coded_from_csv(text, f"{FOLDER}/{desk.coded_file.name}", turns, book.names)
    return Desk(folder=folder, study=protocol.study, instrument=instrument, turns=turns, book=book, coded=coded)


def _turns(folder: StudyFolder, instrument: Instrument) -> tuple[Turn, ...]:
    """Return each form with texts as an interview: the question, then the answer."""
    path = folder.work / FOLDER / f"{instrument.name}_text.csv"
    if not path.is_file():
        raise RequestError(
            f"nobody wrote anything in {instrument.name}, or no form of it has been read",
            expected=f"{FOLDER}/{path.name} in the private work folder",
            fix="read the filled forms with `ot-eval surveys read`",
        )
    labels = {q.name: q.label for q in instrument.questions}
    forms: dict[str, list[tuple[Role, str]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            spoken = forms.setdefault(row["form"], [])
            spoken += [("interviewer", labels.get(row["question"], row["question"])), ("participant", row["text"])]
    return tuple(turn for form, spoken in forms.items() for turn in turns_of(form_id(form), spoken))


def form_id(form: str) -> str:
    """Return the id under which a form is coded; it tells nothing of who filled it in.

    Examples
    --------
    >>> form_id("8d1c6f0e")
    'F-dfe2b2e65096'
    """
    return f"F-{hashlib.sha256(form.encode()).hexdigest()[:ID_DIGITS]}"


def make_sheet(protocol_file: Path, name: str, *, coder: str) -> Path:
    """Write a workbook with every text of an instrument to code, and return where; it shows nobody's codes."""
    desk = open_desk(protocol_file, name)
    if not coder.strip():
        raise RequestError("no coder is named", expected="initials or a name", fix="say who codes: --coder KM")
    body = interview_sheet(desk.turns, desk.book, coder=coder.strip(), study=desk.study)
    stem = f"{name}-codes-{re.sub(r'[^A-Za-z0-9]+', '-', coder).strip('-').lower() or 'coder'}"
    place = desk.folder.work / FOLDER
    names = (f"{stem}{'' if n == 1 else f'-{n}'}.xlsx" for n in range(1, 1000))
    return write_private(next(place / n for n in names if not (place / n).exists()), body)


def read_sheets(protocol_file: Path, name: str, files: Sequence[Path], *, replace_old: bool = False) -> Kept:
    """Read filled workbooks; what a coder coded of a form before is replaced only where `replace_old`.

    Raises
    ------
    DataError
        A sheet cannot stand, or a coder coded a form already; nothing is kept then.
    """
    desk = open_desk(protocol_file, name)
    by_id = {t.segment_id: t for t in desk.turns}
    read = [read_interview_sheet(path, desk.book, by_id) for path in files]
    new = [c for one in read for c in one.coded]
    touched = {(c.interview_id, c.coder) for c in new}
    again = touched & {(c.interview_id, c.coder) for c in desk.coded}
    coders = [one.coder for one in read]
    if (again and not replace_old) or len(set(coders)) < len(coders):
        raise DataError(
            f"{len(again)} forms were coded by the same coder already, or a coder has two sheets",
            expected="one coding of a form by each coder",
            fix="add --replace to put the new coding in the place of the old",
        )
    coded = sorted(
        [c for c in desk.coded if (c.interview_id, c.coder) not in touched] + new,
        key=lambda c: (c.interview_id, c.segment_id, c.start, c.end, c.code, c.coder),
    )
    refuse(check_coded(coded, desk.turns, desk.book.names), desk.coded_file.name)
    write_private(desk.coded_file, to_csv(coded, CODED_COLUMNS))
    return Kept(kept=len(coded), added=len(set(coded) - set(desk.coded)), file=desk.coded_file)
