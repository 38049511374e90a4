"""Coding interviews: sheets out and in, and projects of other tools in and out.

What people coded lies in data/interviews/coded_segments.csv; who coded which interview, and whether they finished it,
in data/interviews/coders.csv. Only an interview that two people finished can say how well they agree.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.coding import themes
from ot_eval.coding.align import Aligned
from ot_eval.coding.interview_sheets import interview_sheet, read_interview_sheet
from ot_eval.coding.segments import (
    CODED_COLUMNS,
    CodedSegment,
    Document,
    Turn,
    check_coded,
    coded_from_csv,
    refuse,
    to_csv,
)
from ot_eval.coding.themes import ThemeBook
from ot_eval.data.qualcoder import read_qualcoder
from ot_eval.data.refi_model import QdaCase, QdaCode, QdaCoding, QdaProject, QdaSource
from ot_eval.data.refi_read import read_codebook, read_project
from ot_eval.data.refi_write import Tool, Written, code_guid, codebook_file, project_file
from ot_eval.data.taguette import read_taguette
from ot_eval.studies.interviews_desk import CODED_FILE, FOLDER, study_of, turns_of_study

CODERS_FILE = "coders.csv"
CODER_COLUMNS = ("interview_id", "coder", "codebook_version", "source", "finished")
YES, NO, NOT_STATED = "yes", "no", "not_stated"


@dataclass(frozen=True, slots=True)
class CoderRow:
    """One coder's work on one interview. `finished` is yes, no or not_stated; `source` is sheet or a tool's name."""

    interview_id: str
    coder: str
    codebook_version: str
    source: str
    finished: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What coding starts from: the turns, the codebook, and what people coded so far."""

    folder: StudyFolder
    study: str
    turns: tuple[Turn, ...]
    book: ThemeBook
    coded: tuple[CodedSegment, ...]
    coders: tuple[CoderRow, ...]

    @property
    def documents(self) -> dict[str, Document]:
        """Each interview as one text, by interview_id."""
        by_interview: dict[str, list[Turn]] = {}
        for turn in self.turns:
            by_interview.setdefault(turn.interview_id, []).append(turn)
        return {i: Document(turns) for i, turns in by_interview.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was taken in: coded segments now kept and new, who coded what, how texts were counted, what was lost."""

    kept: int
    added: int
    coders: tuple[CoderRow, ...]
    countings: dict[str, str]
    lost: dict[str, int]


def open_desk(protocol_file: Path) -> Desk:
    """Read the interviews of a study, the codebook, and what was coded.

    Raises
    ------
    RequestError
        There are no turns, or the codebook cannot be read.
    DataError
        A table is not whole, or codings do not stand on their words.
    """
    return open_folder(*study_of(protocol_file))


def open_folder(folder: StudyFolder, study: str) -> Desk:
    """Do as `open_desk`, for a study whose folder is known."""
    turns = turns_of_study(folder)
    own = folder.data / FOLDER / themes.FILE
    book = themes.load(own if own.is_file() else themes.default_path())
    path = folder.data / FOLDER / CODED_FILE
    coded: tuple[CodedSegment, ...] = ()
    if path.is_file():
        coded = coded_from_csv(path.read_text(encoding="utf-8"), f"{FOLDER}/{CODED_FILE}", turns, book.names)
    return Desk(folder=folder, study=study, turns=turns, book=book, coded=coded, coders=_coders(folder))


def _coders(folder: StudyFolder) -> tuple[CoderRow, ...]:
    path = folder.data / FOLDER / CODERS_FILE
    if not path.is_file():
        return ()
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    refuse([f"column {c} is missing" for c in CODER_COLUMNS if c not in (reader.fieldnames or ())], CODERS_FILE)
    return tuple(CoderRow(*(row[c] or "" for c in CODER_COLUMNS)) for row in reader)


def make_sheet(protocol_file: Path, *, coder: str, only: Sequence[str] = ()) -> Path:
    """Write a workbook to code in, and return where. It shows no codes: every coder codes alone.

    Parameters
    ----------
    protocol_file : the study's protocol
    coder : who will fill it in
    only : these interviews; all where empty
    """
    desk = open_desk(protocol_file)
    if not coder.strip():
        raise RequestError("no coder is named", expected="initials or a name", fix="say who codes: --coder KM")
    strange = [i for i in only if i not in desk.documents]
    if strange:
        raise RequestError(
            f"{len(strange)} interviews named with --interview are not in the study",
            expected=f"some of {', '.join(desk.documents)}",
            fix="check the numbers of the interviews",
        )
    turns = [t for t in desk.turns if not only or t.interview_id in only]
    body = interview_sheet(turns, desk.book, coder=coder.strip(), study=desk.study)
    name = re.sub(r"[^A-Za-z0-9]+", "-", coder).strip("-").lower() or "coder"
    place = desk.folder.work / FOLDER
    path = next(
        p for n in range(1, 1000) if not (p := place / f"codes-{name}{'' if n == 1 else f'-{n}'}.xlsx").exists()
    )
    return write_private(path, body)


def read_sheets(protocol_file: Path, files: Sequence[Path], *, replace_old: bool = False) -> Kept:
    """Read filled workbooks; what a coder coded in an interview before is replaced only where `replace_old`.

    Raises
    ------
    DataError
        Sheets cannot stand; everything that is wrong with all of them at once, and nothing is kept.
    """
    desk = open_desk(protocol_file)
    by_id = {t.segment_id: t for t in desk.turns}
    read, wrong = [], []
    for path in files:
        try:
            read.append(read_interview_sheet(path, desk.book, by_id))
        except DataError as error:
            wrong.append(error)
    if wrong:
        raise DataError("\n          ".join(e.found for e in wrong), expected=wrong[0].expected, fix=wrong[0].fix)
    rows = [
        CoderRow(i, one.coder, one.version, "sheet", YES if i in one.finished else NO)
        for one in read
        for i in one.interviews
        if i in one.finished or any(c.interview_id == i for c in one.coded)
    ]
    return _keep(desk, [c for one in read for c in one.coded], rows, {}, {}, replace_old=replace_old)


def read_tool(path: Path) -> QdaProject:
    """Read a project of a coding tool, by what kind of file it is."""
    suffix = path.suffix.lower()
    if suffix == ".qdpx":
        return read_project(path)
    if suffix == ".qdc":
        return read_codebook(path)
    if suffix in (".sqlite3", ".sqlite", ".db"):
        return read_taguette(path)
    if suffix == ".qda" or path.name == "data.qda":
        return read_qualcoder(path)
    raise RequestError(
        f"{path.name}: this kind of file is not read",
        expected=".qdpx or .qdc (REFI-QDA), a QualCoder project (.qda), or a Taguette project (.sqlite3)",
        fix="export a REFI-QDA project from the program in which you coded",
    )


def import_project(protocol_file: Path, path: Path, *, replace_old: bool = False) -> Kept:
    """Take the codings of a tool's project into the study.

    Its texts must be those of `export`, named after the interviews; its codes must be in the codebook, by the id they
    were exported with, by name or by label. A passage over several turns becomes a coded segment in each; words of the
    interviewer are left out and counted.

    Raises
    ------
    DataError
        Texts differ, or texts or codes are not the study's; all of it at once.
    """
    desk = open_desk(protocol_file)
    project = read_tool(path)
    documents = desk.documents
    names = {s.id: _interview(s.name, documents) for s in project.sources}
    codes = {c.id: _code_of(c, desk.book) for c in project.codes}
    used = {c.code for c in project.codings}
    wrong = []
    strange = sum(name is None for name in names.values())
    if strange:
        wrong.append(f"{strange} of {len(names)} texts are not named after an interview ({', '.join(documents)})")
    missing = [c.name for c in project.codes if c.id in used and codes[c.id] is None]
    if missing:
        wrong.append(f"codes that the codebook lacks: {', '.join(sorted(missing))}")
    if not project.codings:
        wrong.append("it holds no codings")
    aligned: dict[str, Aligned] = {}
    for source in project.sources:
        name = names[source.id]
        try:
            if name is not None:
                aligned[source.id] = Aligned(documents[name].text, source.text, name)
        except DataError as error:
            wrong.append(error.found)
    if wrong:
        raise DataError(
            f"{path.name}: " + "\n          ".join(wrong),
            expected="texts as `ot-eval interviews export` wrote them, coded with the codes of the codebook",
            fix="add missing codes to the codebook (`--codebook-out` writes the tool's) and raise its version",
        )
    coded, lost = _coded(desk, project, names, codes, aligned)
    version = desk.book.version
    pairs = sorted({(c.interview_id, c.coder) for c in coded})
    rows = [CoderRow(i, coder, version, project.origin or path.suffix, NOT_STATED) for i, coder in pairs]
    countings = {names[s.id] or s.name: s.counting for s in project.sources}
    return _keep(desk, coded, rows, countings, Counter(project.lost) + lost, replace_old=replace_old)


def _interview(name: str, documents: dict[str, Document]) -> str | None:
    stem = re.sub(r"\.(txt|docx|md)$", "", name.strip(), flags=re.IGNORECASE).casefold()
    return next((i for i in documents if i.casefold() == stem), None)


def _code_of(code: QdaCode, book: ThemeBook) -> str | None:
    by_guid = {code_guid(name): name for name in book.names}
    return by_guid.get(code.id.upper()) or book.parse(code.name)


def _coded(
    desk: Desk,
    project: QdaProject,
    names: dict[str, str | None],
    codes: dict[str, str | None],
    aligned: dict[str, Aligned],
) -> tuple[list[CodedSegment], Counter[str]]:
    by_id = {t.segment_id: t for t in desk.turns}
    documents, version = desk.documents, desk.book.version
    lost: Counter[str] = Counter()
    found: dict[CodedSegment, None] = {}
    for coding in project.codings:
        name, code = names[coding.source], codes[coding.code]
        span = aligned[coding.source].span(coding.start, coding.end)
        if name is None or code is None or span is None:
            lost["codings of blank space"] += 1
            continue
        pieces = documents[name].pieces(*span)
        theirs = [p for p in pieces if by_id[p[0]].speaker_role != "interviewer"]
        lost["parts of codings that are the interviewer's words"] += len(pieces) - len(theirs)
        lost["codings of a speaker's label alone"] += not pieces
        for segment, start, end in theirs:
            text = by_id[segment].text[start:end]
            found[CodedSegment(name, segment, start, end, text, code, coding.coder, version)] = None
    return list(found), +lost


def _keep(
    desk: Desk,
    new: Sequence[CodedSegment],
    rows: Sequence[CoderRow],
    countings: dict[str, str],
    lost: dict[str, int],
    *,
    replace_old: bool,
) -> Kept:
    """Write the codings; a coder's earlier work on an interview stays unless it is to be replaced."""
    touched = {(r.interview_id, r.coder) for r in rows}
    twice = [pair for pair, n in Counter((r.interview_id, r.coder) for r in rows).items() if n > 1]
    before = {(r.interview_id, r.coder) for r in desk.coders}
    again = touched & before
    if (again and not replace_old) or twice:
        raise DataError(
            f"{len(again) or len(twice)} interviews were coded by the same coder already, or stand on two sheets",
            expected="one coding of an interview by each coder",
            fix="add --replace to put the new coding in the place of the old",
        )
    coded = sorted(
        [c for c in desk.coded if (c.interview_id, c.coder) not in touched] + list(new),
        key=lambda c: (c.interview_id, c.segment_id, c.start, c.end, c.code, c.coder),
    )
    refuse(check_coded(coded, desk.turns, desk.book.names), CODED_FILE)
    coders = sorted(
        [r for r in desk.coders if (r.interview_id, r.coder) not in touched] + list(rows),
        key=lambda r: (r.interview_id, r.coder),
    )
    place = desk.folder.data / FOLDER
    write_private(place / CODED_FILE, to_csv(coded, CODED_COLUMNS))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CODER_COLUMNS)
    writer.writerows((r.interview_id, r.coder, r.codebook_version, r.source, r.finished) for r in coders)
    write_private(place / CODERS_FILE, "\ufeff" + text.getvalue())
    added = len(set(coded) - set(desk.coded))
    return Kept(kept=len(coded), added=added, coders=tuple(rows), countings=countings, lost=dict(sorted(lost.items())))


def as_project(desk: Desk) -> QdaProject:
    """Return the study's interviews, codebook and codings as a project of a coding tool."""
    codes = tuple(
        QdaCode(
            id=code_guid(t.code),
            name=t.label,
            parent=code_guid(p) if (p := desk.book.parents[t.code]) else "",
            codable=t.codable,
            description="\n".join(
                [t.definition, *(f"Counts: {x}" for x in t.include), *(f"Not: {x}" for x in t.exclude)]
            ),
        )
        for t in desk.book.all()
    )
    documents = desk.documents
    codings = []
    for c in desk.coded:
        start, end = documents[c.interview_id].place(c.segment_id, c.start, c.end)
        codings.append(
            QdaCoding(source=c.interview_id, start=start, end=end, quote=c.text, code=code_guid(c.code), coder=c.coder)
        )
    return QdaProject(
        name=desk.study,
        codes=codes,
        sources=tuple(QdaSource(id=i, name=i, text=d.text) for i, d in documents.items()),
        codings=tuple(codings),
        cases=tuple(QdaCase(id=i, name=i, sources=(i,)) for i in documents),
    )


def export(protocol_file: Path, to: Path, *, tool: Tool = "standard", at: datetime) -> Written:
    """Write the interviews, the codebook and the codings as a REFI-QDA project (.qdpx), or the codebook alone (.qdc).

    Raises
    ------
    RequestError
        The file's name ends in neither.
    """
    desk = open_desk(protocol_file)
    suffix = to.suffix.lower()
    if suffix not in (".qdpx", ".qdc"):
        raise RequestError(
            f"{to.name}: this kind of file is not written",
            expected="a name that ends in .qdpx (project) or .qdc (codebook)",
            fix="give --out another name",
        )
    project = as_project(desk)
    made = codebook_file(project) if suffix == ".qdc" else project_file(project, tool=tool, at=at)
    mode = to.parent.stat().st_mode if to.parent.is_dir() else None
    write_private(to, made.body)
    if mode is not None:
        to.parent.chmod(mode & 0o7777)  # the user's folder keeps the rights the user gave it
    return made
