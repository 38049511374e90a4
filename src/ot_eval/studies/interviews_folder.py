"""The confidential folder of interviews: transcripts with names, who is who, the review, the key. Never in the study.

Whoever holds this folder knows the people; whoever holds the study does not. So the two are kept apart, and the
toolkit refuses a confidential folder inside the study's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.coding.segments import ROLES, Role, Turn
from ot_eval.data.transcripts import Transcript, as_turns, proposed_roles, read_transcripts, transcript_files

INTERVIEWS, SPEAKERS, ROSTER = "interviews.csv", "speakers.csv", "roster.csv"
COLUMNS: dict[str, tuple[str, ...]] = {
    INTERVIEWS: ("file", "interview_id", "person_id", "consent_quotes"),
    SPEAKERS: ("file", "speaker", "turns", "role"),
    ROSTER: ("interview_id", "name", "replacement"),
}
EVERY = "*"
YES_NO = ("yes", "no")
_MOST_LISTED = 20
_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """One interview as spoken, with its roster (replacement by name). It holds names."""

    interview_id: str
    person_id: str
    consent_quotes: str
    file: str
    turns: tuple[Turn, ...]
    roster: dict[str, str]


def apart(folder: Path, study: StudyFolder, protocol_file: Path) -> Path:
    """Return the confidential folder, or refuse it where it lies in the study's.

    Raises
    ------
    RequestError
        It is, or lies in, the study's folder, its data, work or reports.
    """
    place = folder.resolve()
    for inside in (protocol_file.resolve().parent, study.data, study.work, study.reports):
        if place.is_relative_to(inside.resolve()):
            raise RequestError(
                "the folder of the transcripts lies in the study's folder",
                expected="transcripts, rosters and the key outside the study: whoever gets the study gets no name",
                fix="move the transcripts to a folder of their own, where recordings are kept, and name that",
            )
    if not folder.is_dir():
        raise RequestError(f"{folder.name}: no such folder", expected="a folder of transcripts", fix="check the path")
    return place


def read_all(folder: Path) -> tuple[Transcript, ...]:
    """Read every transcript of the folder; all problems at once."""
    paths = transcript_files(folder)
    if not paths:
        raise RequestError(
            "the folder holds no transcript",
            expected="files that end in .docx, .vtt, .txt or .md",
            fix="put the transcripts there, one file an interview",
        )
    return read_transcripts(paths)


def propose(folder: Path, transcripts: Sequence[Transcript]) -> tuple[str, ...]:
    """Write the small tables that are not there yet, filled where the transcripts say it, and return their names."""
    stems = [Path(t.file).stem for t in transcripts]
    ids = ["".join(c if c in _ID else "-" for c in stem) for stem in stems]
    rows: dict[str, list[Sequence[str]]] = {
        INTERVIEWS: [(t.file, i, "", "") for t, i in zip(transcripts, ids, strict=True)],
        SPEAKERS: [(t.file, who, str(n), proposed_roles(t)[who]) for t in transcripts for who, n in t.speakers.items()],
        ROSTER: [],
    }
    made = [name for name in COLUMNS if not (folder / name).exists()]
    for name in made:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([COLUMNS[name], *rows[name]])
        mode = folder.stat().st_mode
        write_private(folder / name, "\ufeff" + text.getvalue())
        folder.chmod(mode & 0o7777)  # the user's folder keeps the rights the user gave it
    return tuple(made)


def interviews(folder: Path, transcripts: Sequence[Transcript]) -> tuple[Interview, ...]:
    """Return every interview with its speakers' roles and roster.

    Raises
    ------
    DataError
        A table is missing, a file or speaker is not in it, or a value is not allowed; all of it at once.
    """
    tables = {name: _table(folder / name) for name in COLUMNS}
    wrong = _faults(tables, transcripts)
    if wrong:
        more = [f"and {len(wrong) - _MOST_LISTED} more"] if len(wrong) > _MOST_LISTED else []
        raise DataError(
            "\n          ".join([*wrong[:_MOST_LISTED], *more]),
            expected="a row for each transcript in interviews.csv and for each speaker in speakers.csv, filled in",
            fix="open these tables in the folder of the transcripts, fill them in and save them as CSV",
        )
    by_file = {r["file"]: r for r in tables[INTERVIEWS]}
    done = []
    for transcript in transcripts:
        row = by_file[transcript.file]
        roles = {r["speaker"]: cast("Role", r["role"]) for r in tables[SPEAKERS] if r["file"] == transcript.file}
        roster = {
            r["name"]: r["replacement"] for r in tables[ROSTER] if r["interview_id"] in (EVERY, row["interview_id"])
        }
        done.append(
            Interview(
                interview_id=row["interview_id"],
                person_id=row["person_id"],
                consent_quotes=row["consent_quotes"],
                file=transcript.file,
                turns=as_turns(transcript, row["interview_id"], roles),
                roster=roster,
            )
        )
    return tuple(sorted(done, key=lambda i: i.interview_id))


def _table(path: Path) -> list[dict[str, str]]:
    columns = COLUMNS[path.name]
    if not path.is_file():
        raise RequestError(
            f"{path.name} is not in the folder of the transcripts",
            expected=f"a table with the columns {', '.join(columns)}",
            fix="run `ot-eval interviews read` first: it writes the table, to be filled in",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.split("\n")[0] else ",")
    missing = [c for c in columns if c not in (reader.fieldnames or ())]
    if missing:
        raise RequestError(
            f"{path.name}: column {missing[0]} is missing",
            expected=f"the columns {', '.join(columns)}",
            fix="give the column its name again, or delete the table and run `ot-eval interviews read`",
        )
    rows = [{c: (row.get(c) or "").strip() for c in columns} for row in reader]
    return [r for r in rows if any(r.values())]


def _faults(tables: Mapping[str, Sequence[Mapping[str, str]]], transcripts: Sequence[Transcript]) -> list[str]:
    ids = [r["interview_id"] for r in tables[INTERVIEWS]]
    return [
        *_interview_faults(tables[INTERVIEWS], ids, {t.file for t in transcripts}),
        *_speaker_faults(tables[SPEAKERS], transcripts),
        *_roster_faults(tables[ROSTER], ids),
    ]


def _interview_faults(rows: Sequence[Mapping[str, str]], ids: Sequence[str], files: set[str]) -> Iterator[str]:
    for file in sorted(files - {r["file"] for r in rows}):
        yield f"{INTERVIEWS}: {file} has no row"
    for n, row in enumerate(rows, 2):
        where = f"{INTERVIEWS}: row {n}"
        if row["file"] not in files:
            yield f"{where}: there is no such file"
        if not row["interview_id"] or set(row["interview_id"]) - _ID:
            yield f"{where}: interview_id is empty or holds other signs than letters, digits, - and _"
        elif ids.count(row["interview_id"]) > 1:
            yield f"{where}: interview_id stands twice; join the files of one interview"
        if not row["person_id"]:
            yield f"{where}: person_id is empty"
        if row["consent_quotes"].casefold() not in YES_NO:
            yield f"{where}: consent_quotes is neither yes nor no"


def _speaker_faults(rows: Sequence[Mapping[str, str]], transcripts: Sequence[Transcript]) -> Iterator[str]:
    known = {(r["file"], r["speaker"]) for r in rows}
    unknown = sum((t.file, who) not in known for t in transcripts for who in t.speakers)
    if unknown:
        yield f"{SPEAKERS}: {unknown} speakers of the transcripts have no row"
    for n, row in enumerate(rows, 2):
        if row["role"] not in ROLES:
            yield f"{SPEAKERS}: row {n}: role is none of {', '.join(ROLES)}"
    for t in transcripts:
        roles = {r["role"] for r in rows if r["file"] == t.file}
        if roles <= set(ROLES) and "participant" not in roles:
            yield f"{SPEAKERS}: {t.file} has no participant"


def _roster_faults(rows: Sequence[Mapping[str, str]], ids: Sequence[str]) -> Iterator[str]:
    for n, row in enumerate(rows, 2):
        if not row["name"] or not row["replacement"]:
            yield f"{ROSTER}: row {n}: name or replacement is empty"
        if row["interview_id"] not in (EVERY, *ids):
            yield f"{ROSTER}: row {n}: interview_id is neither an interview nor {EVERY} for all"
