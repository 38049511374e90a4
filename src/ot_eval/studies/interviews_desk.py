"""From recordings to words without names: what `ot-eval interviews read` and `interviews deidentify` do."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.coding.deidentify_model import SAID
from ot_eval.coding.deidentify_recall import Found, measure, unmark
from ot_eval.coding.deidentify_review import Deidentified, deidentified, read_review
from ot_eval.coding.deidentify_sheet import review_workbook, rows_of
from ot_eval.coding.segments import TURN_COLUMNS, Turn, check_coded, coded_from_csv, refuse, to_csv, turns_from_csv
from ot_eval.data.containers import decode
from ot_eval.data.transcripts import Transcript
from ot_eval.studies.interviews_folder import Interview, apart, interviews, propose, read_all

FOLDER, TURNS_FILE, CODED_FILE = "interviews", "turns.csv", "coded_segments.csv"
PARTICIPANTS_FILE, PARTICIPANT_COLUMNS = "participants.csv", ("interview_id", "person_id", "consent_quotes")
LOG_FILE = "deidentification.csv"
LOG_COLUMNS = ("interview_id", "reviewed_by", "kind", "replaced")
KEY_FILE, KEY_COLUMNS = "key.csv", ("interview_id", "words", "replacement", "kind")
REVIEW, KEY = "review", "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What reading found: the transcripts, and the tables that were written to be filled in."""

    transcripts: tuple[Transcript, ...]
    to_fill: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """Review sheets written, and how many rows each interview has by risk (3 high, 2 middle, 1 low)."""

    written: dict[str, Path]
    rows: dict[str, dict[int, int]]
    n_words: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was written into the study, per interview, and where the key lies."""

    turns_file: Path
    key_file: Path
    done: dict[str, Deidentified]


def study_of(protocol_file: Path) -> tuple[StudyFolder, str]:
    """Return the study's folder and short name."""
    protocol = load(protocol_file)
    return study_folder(protocol_file, protocol), protocol.study


def read(protocol_file: Path, folder: Path) -> Heard:
    """Read every transcript of a confidential folder and write the tables that a person must fill in.

    Parameters
    ----------
    protocol_file : the study's protocol
    folder : the folder of the transcripts, outside the study

    Raises
    ------
    RequestError
        The folder lies in the study's, or holds no transcript.
    DataError
        Transcripts cannot be read; all of them at once.
    """
    study, _ = study_of(protocol_file)
    place = apart(folder, study, protocol_file)
    transcripts = read_all(place)
    made = propose(place, transcripts)
    if not made:
        interviews(place, transcripts)  # refuses what is not filled in
    return Heard(transcripts=transcripts, to_fill=made)


def make_sheets(protocol_file: Path, folder: Path) -> Sheets:
    """Write a review sheet for each interview that has none yet, into the confidential folder.

    Raises
    ------
    RequestError
        Every interview has its sheet already; a filled sheet is never written over.
    """
    study, _ = study_of(protocol_file)
    place = apart(folder, study, protocol_file)
    written, rows, words = {}, {}, {}
    for one in interviews(place, read_all(place)):
        path = _review(place, one)
        if not path.exists():
            write_private(path, review_workbook(one.interview_id, one.turns, one.roster))
            written[one.interview_id] = path
            rows[one.interview_id] = dict(Counter(r.risk for r in rows_of(one.turns, one.roster)))
            words[one.interview_id] = sum(len(t.text.split()) for t in one.turns)
    if not written:
        raise RequestError(
            "every interview has a review sheet already",
            expected="an interview without one",
            fix="fill the sheets in; to begin one anew, move it away first",
        )
    return Sheets(written=written, rows=rows, n_words=words)


def apply(protocol_file: Path, folder: Path) -> Applied:
    """Write the reviewed interviews into the study, without names, and the key into the confidential folder.

    Raises
    ------
    DataError
        A sheet is missing or not all decided, or codings would no longer stand on their words; all of it at once.
    """
    study, _ = study_of(protocol_file)
    place = apart(folder, study, protocol_file)
    found = interviews(place, read_all(place))
    done: dict[str, Deidentified] = {}
    wrong: list[str] = []
    for one in found:
        path = _review(place, one)
        if not path.is_file():
            wrong.append(f"interview {one.interview_id} has no review sheet")
            continue
        try:
            done[one.interview_id] = deidentified(one.turns, one.roster, read_review(path))
        except DataError as error:
            wrong.append(error.found)
    if wrong:
        raise DataError(
            "\n          ".join(wrong),
            expected="a finished review sheet for each interview, made from the transcript as it is now",
            fix="`ot-eval interviews deidentify sheet` makes missing sheets; finish them in Excel",
        )
    turns = [t for one in found for t in done[one.interview_id].turns]
    _refuse_moved_codings(study, turns)
    key = [(i, *row) for i, d in done.items() for row in d.key]
    key_file = write_private(place / KEY / KEY_FILE, _csv(KEY_COLUMNS, key))
    target = study.data / FOLDER
    people = [(i.interview_id, i.person_id, i.consent_quotes.casefold()) for i in found]
    log = [(i, d.reviewer, kind, str(n)) for i, d in done.items() for kind, n in d.replaced.items()]
    log += [(i, d.reviewer, "flagged and kept", str(d.kept)) for i, d in done.items()]
    write_private(target / PARTICIPANTS_FILE, _csv(PARTICIPANT_COLUMNS, people))
    write_private(target / LOG_FILE, _csv(LOG_COLUMNS, sorted(log)))
    turns_file = write_private(target / TURNS_FILE, to_csv(turns, TURN_COLUMNS))
    return Applied(turns_file=turns_file, key_file=key_file, done=done)


def recall(protocol_file: Path, folder: Path) -> tuple[Found, ...]:
    """Measure the detector on documents in which somebody marked every identifier, ⟦kind|words⟧, in text files.

    Parameters
    ----------
    protocol_file : the study's protocol
    folder : marked documents (.txt), outside the study, for they hold names
    """
    study, _ = study_of(protocol_file)
    place = apart(folder, study, protocol_file)
    paths = sorted(p for p in place.iterdir() if p.suffix == ".txt")
    marked = [unmark(p.stem, decode(p.read_bytes(), p.name)[0].removeprefix("\ufeff")) for p in paths]
    if not any(m.spans for m in marked):
        raise RequestError(
            "no document has a mark",
            expected="text files in which each identifier is marked, ⟦name|Joyce⟧",
            fix=f"mark two transcripts by hand; kinds: {', '.join(SAID)}",
        )
    return tuple(measure(m) for m in marked)


def turns_of_study(study: StudyFolder) -> tuple[Turn, ...]:
    """Return the pseudonymised turns of the study, checked."""
    path = study.data / FOLDER / TURNS_FILE
    if not path.is_file():
        raise RequestError(
            f"the study has no {FOLDER}/{TURNS_FILE}",
            expected="interviews without names in the data folder",
            fix="run `ot-eval interviews deidentify apply` first",
        )
    return turns_from_csv(path.read_text(encoding="utf-8"), f"{FOLDER}/{TURNS_FILE}")


def _review(place: Path, one: Interview) -> Path:
    return place / REVIEW / f"{one.interview_id}.xlsx"


def _refuse_moved_codings(study: StudyFolder, turns: Sequence[Turn]) -> None:
    """Refuse new turns under which codings that exist would stand on other words."""
    path = study.data / FOLDER / CODED_FILE
    if not path.is_file():
        return
    old = turns_of_study(study)
    coded = coded_from_csv(path.read_text(encoding="utf-8"), f"{FOLDER}/{CODED_FILE}", old)
    wrong = check_coded(coded, turns)
    refuse([f"{len(wrong)} codings would no longer stand on their words"] if wrong else [], f"{FOLDER}/{CODED_FILE}")


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return "\ufeff" + text.getvalue()
