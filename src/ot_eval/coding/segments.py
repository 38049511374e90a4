"""What interviews become: one table of turns, one of coded segments, and the document that coding tools count in.

Offsets count code points from 0 and exclude the end, as a slice of text does. A coded segment lies inside one turn; a
passage that a tool coded over several turns is one coded segment in each.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import groupby, pairwise
from typing import Literal, get_args

from ot_eval.base.errors import DataError

Role = Literal["participant", "interviewer", "other"]
ROLES: tuple[str, ...] = get_args(Role)
TURN_COLUMNS = ("interview_id", "turn", "speaker_role", "segment_id", "text")
CODED_COLUMNS = ("interview_id", "segment_id", "start", "end", "text", "code", "coder", "codebook_version")
_NOT_AN_ID = re.compile(r"[^A-Za-z0-9_-]")
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of one speaker. `turn` counts from 1; `segment_id` is made of the interview and the turn."""

    interview_id: str
    turn: int
    speaker_role: Role
    segment_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CodedSegment:
    """One code that one coder gave to a stretch of one turn: `turn.text[start:end] == text`."""

    interview_id: str
    segment_id: str
    start: int
    end: int
    text: str
    code: str
    coder: str
    codebook_version: str


def segment_id(interview_id: str, turn: int) -> str:
    """Return the id of a turn: the same whenever the same transcript is read, in whatever format.

    Examples
    --------
    >>> segment_id("I01", 7)
    'I01-0007'
    """
    return f"{interview_id}-{turn:04d}"


def turns_of(interview_id: str, spoken: Iterable[tuple[Role, str]]) -> tuple[Turn, ...]:
    """Return the turns of one interview from (role, text), in order."""
    return tuple(
        Turn(interview_id, n, role, segment_id(interview_id, n), text) for n, (role, text) in enumerate(spoken, 1)
    )


class Document:
    r"""One interview as one text, and the way between its offsets and those of its turns.

    Each turn is a line that begins with the speaker's role. Line breaks inside a turn stay.

    Examples
    --------
    >>> document = Document(turns_of("I01", [("interviewer", "And now?"), ("participant", "I can bath.")]))
    >>> document.text
    'Interviewer: And now?\nParticipant: I can bath.\n'
    >>> document.pieces(30, 47)
    (('I01-0002', 0, 11),)
    >>> document.place("I01-0002", 0, 5)
    (35, 40)
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = tuple(turns)
        self._starts: list[int] = []
        parts: list[str] = []
        at = 0
        for turn in turns:
            head = f"{turn.speaker_role.capitalize()}: "
            self._starts.append(at + len(head))
            parts.append(f"{head}{turn.text}\n")
            at += len(parts[-1])
        self.text = "".join(parts)
        self._index = {t.segment_id: k for k, t in enumerate(self._turns)}

    def place(self, segment: str, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of a turn stands in the document."""
        at = self._starts[self._index[segment]]
        return at + start, at + end

    def pieces(self, start: int, end: int) -> tuple[tuple[str, int, int], ...]:
        """Return the stretches of turns, as (segment_id, start, end), that a stretch of the document covers.

        Blank space at the ends and the speakers' labels are left out; a turn that is touched by them alone is not among
        them.
        """
        found = []
        first = max(bisect_right(self._starts, start) - 1, 0)
        for k in range(first, len(self._turns)):
            at, text = self._starts[k], self._turns[k].text
            if at >= end:
                break
            low, high = max(start - at, 0), min(end - at, len(text))
            while low < high and text[low].isspace():
                low += 1
            while high > low and text[high - 1].isspace():
                high -= 1
            if low < high:
                found.append((self._turns[k].segment_id, low, high))
        return tuple(found)


def check_turns(turns: Sequence[Turn]) -> list[str]:
    """Return what is wrong with a table of turns, each problem in a sentence; nothing where it is whole."""
    wrong = []
    for n, t in enumerate(turns, 1):
        where = f"turn row {n}"
        if not t.interview_id or _NOT_AN_ID.search(t.interview_id):
            wrong.append(f"{where}: interview_id is empty or holds other signs than letters, digits, - and _")
        if t.speaker_role not in ROLES:
            wrong.append(f"{where}: speaker_role is none of {', '.join(ROLES)}")
        if t.segment_id != segment_id(t.interview_id, t.turn):
            wrong.append(f"{where}: segment_id does not belong to its interview and turn")
        if not t.text.strip():
            wrong.append(f"{where}: text is empty")
    for a, b in pairwise(turns):
        if a.interview_id == b.interview_id and b.turn != a.turn + 1:
            wrong.append(f"interview {a.interview_id}: turn {a.turn} is not followed by turn {a.turn + 1}")
    order = [i for i, _ in groupby(turns, key=lambda t: t.interview_id)]
    wrong += [
        f"interview {i}: its rows do not stand together" for i in sorted({i for i in order if order.count(i) > 1})
    ]
    return wrong


def check_coded(coded: Sequence[CodedSegment], turns: Sequence[Turn], codes: Iterable[str] | None = None) -> list[str]:
    """Return what is wrong with coded segments, against the words of the turns; nothing where all stand.

    Parameters
    ----------
    coded : the coded segments
    turns : every turn of the study
    codes : the codes of the codebook; not checked where None
    """
    by_id = {t.segment_id: t for t in turns}
    known = None if codes is None else set(codes)
    wrong = []
    seen: set[tuple[object, ...]] = set()
    for n, c in enumerate(coded, 1):
        turn = by_id.get(c.segment_id)
        where = f"coded row {n}"
        if turn is None or turn.interview_id != c.interview_id:
            wrong.append(f"{where}: segment_id is no turn of interview {c.interview_id}")
        elif not 0 <= c.start < c.end <= len(turn.text):
            wrong.append(f"{where}: start and end do not lie in the turn, or in the wrong order")
        elif turn.text[c.start : c.end] != c.text:
            wrong.append(f"{where}: the words at start to end are not those of text")
        if known is not None and c.code not in known:
            wrong.append(f"{where}: the code is not in the codebook")
        if not c.coder.strip():
            wrong.append(f"{where}: no coder is named")
        if astuple(c) in seen:
            wrong.append(f"{where}: stands twice")
        seen.add(astuple(c))
    return wrong


def refuse(wrong: Sequence[str], file: str) -> None:
    """Raise a DataError that lists what is wrong, if anything is."""
    if wrong:
        more = [f"and {len(wrong) - MOST_LISTED} more"] if len(wrong) > MOST_LISTED else []
        raise DataError(
            f"{file}: " + "\n          ".join([*wrong[:MOST_LISTED], *more]),
            expected="the table as the toolkit wrote it, in the order of the interviews",
            fix="restore the file, or make it again from the transcripts or the coding",
        )


def to_csv(rows: Sequence[Turn] | Sequence[CodedSegment], columns: Sequence[str]) -> str:
    """Return a table as CSV text, with a mark at its head that lets Excel read it as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(astuple(r) for r in rows)
    return "\ufeff" + text.getvalue()


def turns_from_csv(text: str, file: str) -> tuple[Turn, ...]:
    """Read a table of turns and refuse one that is not whole."""
    rows = _rows(text, TURN_COLUMNS, ("turn",), file)
    turns = tuple(
        Turn(r["interview_id"], int(r["turn"]), r["speaker_role"], r["segment_id"], r["text"])  # type: ignore[arg-type]
        for r in rows
    )
    refuse(check_turns(turns), file)
    return turns


def coded_from_csv(
    text: str, file: str, turns: Sequence[Turn], codes: Iterable[str] | None = None
) -> tuple[CodedSegment, ...]:
    """Read a table of coded segments and refuse it where the words are not where it says."""
    rows = _rows(text, CODED_COLUMNS, ("start", "end"), file)
    coded = tuple(
        CodedSegment(
            r["interview_id"],
            r["segment_id"],
            int(r["start"]),
            int(r["end"]),
            r["text"],
            r["code"],
            r["coder"],
            r["codebook_version"],
        )
        for r in rows
    )
    refuse(check_coded(coded, turns, codes), file)
    return coded


def _rows(text: str, columns: Sequence[str], whole: Sequence[str], file: str) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    missing = [c for c in columns if c not in (reader.fieldnames or ())]
    refuse([f"column {c} is missing" for c in missing], file)
    rows = [{c: row.get(c) or "" for c in columns} for row in reader]
    refuse(
        [f"row {n}: {c} is not a whole number" for n, r in enumerate(rows, 2) for c in whole if not r[c].isdecimal()],
        file,
    )
    return rows
