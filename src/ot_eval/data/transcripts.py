"""Transcripts of interviews in: Word, captions, plain text and Markdown, all problems at once, and what each file lost.

A folder of transcripts lies outside the study, because it holds names. Two small tables in it say what a program cannot
know: `interviews.csv` which file is which interview and person, `speakers.csv` who each speaker is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import DataError, OTEvalError
from ot_eval.coding.segments import Role, Turn, turns_of
from ot_eval.data.containers import decode, refusal
from ot_eval.data.transcripts_docx import docx_lines
from ot_eval.data.transcripts_lines import Heard, hear, role_of
from ot_eval.data.transcripts_vtt import hear_captions

SUFFIXES = (".docx", ".vtt", ".txt", ".md")
LARGEST_TEXT = 50 * 2**20
_OLD_WORD = (".doc", ".rtf", ".odt", ".pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One transcript as read, before its speakers have roles. It holds names.

    `spoken` pairs each speaker's label with the words, turn by turn; `lost` counts what was left out, by kind.
    """

    file: str
    style: str
    encoding: str
    spoken: tuple[tuple[str, str], ...]
    lost: dict[str, int]

    @property
    def speakers(self) -> dict[str, int]:
        """How many turns each speaker has, in order of first appearance."""
        return dict(Counter(who for who, _ in self.spoken))

    @property
    def n_words(self) -> int:
        """Words, as separated by blanks."""
        return sum(len(said.split()) for _, said in self.spoken)


def transcript_files(folder: Path) -> tuple[Path, ...]:
    """Return the transcripts of a folder, in order of name; files that Word keeps for itself are passed over."""
    if not folder.is_dir():
        raise refusal(folder.name, "no such folder", "a folder of transcripts", "check the path")
    found = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith(("~$", ".")))
    return tuple(p for p in found if p.suffix.lower() in SUFFIXES)


def read_transcript(path: Path) -> Transcript:
    """Read one transcript.

    Raises
    ------
    DataError
        It cannot be read, or no speakers can be told apart in it.
    """
    suffix = path.suffix.lower()
    if suffix in _OLD_WORD or suffix not in SUFFIXES:
        raise refusal(path.name, "this kind of file is not read", f"one of {', '.join(SUFFIXES)}", "save it as .docx")
    heard, encoding = _docx(path) if suffix == ".docx" else _plain(path)
    if heard is None or not heard.said:
        raise refusal(
            path.name,
            "no speaker can be told from another",
            "turns that begin with a speaker's label and a colon ('Interviewer: …'), or the layout of Teams",
            "put 'Interviewer:' and 'Participant:' at the beginning of each turn",
        )
    return Transcript(
        file=path.name,
        style=heard.style,
        encoding=encoding,
        spoken=tuple((s.speaker, s.text) for s in heard.said),
        lost=dict(sorted(heard.lost.items())),
    )


def read_transcripts(paths: Sequence[Path]) -> tuple[Transcript, ...]:
    """Read every transcript, or refuse with all that is wrong with all of them."""
    done: list[Transcript] = []
    wrong: list[OTEvalError] = []
    for path in paths:
        try:
            done.append(read_transcript(path))
        except OTEvalError as error:
            wrong.append(error)
    if wrong:
        fixes = list(dict.fromkeys(e.fix for e in wrong))
        raise DataError(
            "\n          ".join(e.found for e in wrong),
            expected="; ".join(dict.fromkeys(e.expected for e in wrong)),
            fix="; ".join(fixes),
        )
    return tuple(done)


def proposed_roles(transcript: Transcript) -> dict[str, str]:
    """Return each speaker's role where the label names one, and empty text where a person must say.

    "A" is a participant only where "Q" asks: alone it may be an initial.
    """
    labels = {who.casefold() for who in transcript.speakers}
    unsure = set() if "q" in labels else {"a", "answer"}
    return {who: "" if who.casefold() in unsure else role_of(who) or "" for who in transcript.speakers}


def as_turns(transcript: Transcript, interview_id: str, roles: Mapping[str, Role]) -> tuple[Turn, ...]:
    """Return the canonical turns of a transcript; every speaker must have a role."""
    missing = sum(who not in roles for who in transcript.speakers)
    if missing:
        raise refusal(
            f"interview {interview_id}",
            f"{missing} speakers have no role",
            "a role for each speaker: participant, interviewer or other",
            "fill in the column role of speakers.csv",
        )
    return turns_of(interview_id, ((roles[who], said) for who, said in transcript.spoken))


def _docx(path: Path) -> tuple[Heard | None, str]:
    lines, lost = docx_lines(path)
    heard = hear(lines)
    if heard is not None:
        heard.lost.update(lost)
    return heard, "Word"


def _plain(path: Path) -> tuple[Heard | None, str]:
    if not path.is_file():
        raise refusal(path.name, "no such file", "a transcript", "check the path")
    if path.stat().st_size > LARGEST_TEXT:
        raise refusal(path.name, "it is larger than 50 MiB", "the transcript of one interview", "split it")
    text, encoding = decode(path.read_bytes(), path.name)
    if path.suffix.lower() == ".vtt":
        return hear_captions(text), encoding
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if path.suffix.lower() == ".md":
        return _markdown(lines), encoding
    return hear(lines), encoding


def _markdown(lines: list[str]) -> Heard | None:
    front = 0
    if lines and lines[0].strip() == "---" and "---" in [line.strip() for line in lines[1:]]:
        front = 2 + [line.strip() for line in lines[1:]].index("---")
    heard = hear(lines[front:])
    if heard is not None and front:
        heard.lost["lines of the head of a Markdown file"] += front
    return heard
