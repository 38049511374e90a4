"""Invented interviews without names, coded by two coders whose disagreement is known, linked to invented people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ot_eval.base.study import write_private
from ot_eval.coding.framework_matrix import ASKED, FILE, JOINT, MATRIX, QUOTES, Written, quote_row
from ot_eval.coding.framework_matrix import to_csv as cells_to_csv
from ot_eval.coding.matrix_sheet import Key
from ot_eval.coding.segments import (
    CODED_COLUMNS,
    TURN_COLUMNS,
    CodedSegment,
    Role,
    Turn,
    to_csv,
    turns_of,
)
from ot_eval.coding.themes import ThemeBook, default_path, load
from ot_eval.data.synthetic_talk import AGAINST, GUIDE, SMALL_TALK, TALK

MAIN, SECOND = "KM", "PL"
ANALYST = "KM"
SPOKEN_OF = 0.45
"""Chance that somebody speaks of a code when a topic that asks for it comes up."""
QUOTED = 2
"""Passages marked for print, for each code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interviews:
    """How many interviews to invent, how long, how well the second coder agrees, and sentences of small talk a turn."""

    n: int = 12
    words: int = 400
    missed: float = 0.12
    added: float = 0.01
    small_talk: int = 1
    analysed: bool = True


def write_interviews(folder: Path, people: Sequence[str], how: Interviews, *, seed: int) -> None:
    """Write `interviews/` into a data folder: turns, participants, two coders' codes, and what analysts wrote.

    Parameters
    ----------
    folder : the study's data folder
    people : ids of `how.n` people, as the study's own tables have them
    how : what to invent
    seed : of `numpy.random.default_rng`; the same arguments give the same bytes
    """
    rng = np.random.default_rng(seed)
    book, place = load(default_path()), folder / "interviews"
    ids = [f"I{k:02d}" if how.n < 100 else f"I{k:03d}" for k in range(1, how.n + 1)]  # noqa: PLR2004  (ids of one length)
    turns: list[Turn] = []
    coded: list[CodedSegment] = []
    for i in ids:
        spoken = list(_talk(book, how, rng))
        own = turns_of(i, ((role, text) for role, text, _ in spoken))
        turns += own
        for turn, (_, text, codes) in zip(own, spoken, strict=True):
            for code, start, end in codes:
                words = text[start:end]
                coded.append(CodedSegment(i, turn.segment_id, start, end, words, code, MAIN, book.version))
    second = list(_second(coded, turns, book, how, rng))
    both = sorted([*coded, *second], key=lambda c: (c.interview_id, c.segment_id, c.start, c.end, c.code, c.coder))
    write_private(place / "turns.csv", to_csv(turns, TURN_COLUMNS))
    write_private(place / "coded_segments.csv", to_csv(both, CODED_COLUMNS))
    rows = [(i, c, book.version, "sheet", "yes") for i in ids for c in (MAIN, SECOND)]
    _table(place / "coders.csv", ("interview_id", "coder", "codebook_version", "source", "finished"), rows)
    agreed = [(i, p, "no" if k % 6 == 5 else "yes") for k, (i, p) in enumerate(zip(ids, people, strict=True))]  # noqa: PLR2004
    _table(place / "participants.csv", ("interview_id", "person_id", "consent_quotes"), agreed)
    if how.analysed:
        consent = {i for i, _, yes in agreed if yes == "yes"}
        write_private(place / FILE, cells_to_csv(dict(_written(coded, ids, consent))))


def people_to_interview(folder: Path, n: int) -> list[str]:
    """Return ids of people with a first and a last assessment in `scores.csv` or `scores`, the first `n` by id."""
    scores = pd.read_csv(folder / "scores.csv", dtype="str", usecols=["person_id", "timepoint"]).drop_duplicates()
    times = scores.groupby("person_id")["timepoint"].agg(set)
    return sorted(times.index[[{"baseline", "end"} <= t for t in times]])[:n]


def _table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    write_private(path, "\ufeff" + pd.DataFrame(rows, columns=list(columns)).to_csv(index=False, lineterminator="\n"))


Said = tuple[Role, str, list[tuple[str, int, int]]]


def _talk(book: ThemeBook, how: Interviews, rng: np.random.Generator) -> Iterator[Said]:
    """Yield turns: role, words, and the codes of stretches of them."""
    asks = {t: [c for c in TALK if t in book.of(c).topics] for t, _ in GUIDE}
    unasked = [c for c in TALK if not book.of(c).topics]
    length = 0
    rounds = 0
    while length < how.words or rounds == 0:
        for topic, question in GUIDE:
            yield "interviewer", question, []
            chosen = [c for c in asks[topic] if rng.random() < SPOKEN_OF]
            chosen += [c for c in unasked if rng.random() < SPOKEN_OF / len(GUIDE)]
            parts, codes, at = [], [], 0
            for code in [*chosen, *[""] * how.small_talk]:
                bank = TALK.get(code, SMALL_TALK)
                text = bank[int(rng.integers(len(bank)))]
                if code:
                    codes.append((code, at, at + len(text)))
                parts.append(text)
                at += len(text) + 1
            spoken = " ".join(parts)
            length += len(spoken.split())
            yield "participant", spoken, codes
        rounds += 1


def _second(
    coded: Sequence[CodedSegment], turns: Sequence[Turn], book: ThemeBook, how: Interviews, rng: np.random.Generator
) -> Iterator[CodedSegment]:
    """Yield what the second coder saw: most of the first coder's codes, and a few others on whole turns."""
    for c in coded:
        if rng.random() >= how.missed:
            yield CodedSegment(c.interview_id, c.segment_id, c.start, c.end, c.text, c.code, SECOND, c.codebook_version)
    mine = {(c.segment_id, c.code) for c in coded}
    for t in turns:
        if t.speaker_role == "participant" and rng.random() < how.added * len(book.names):
            code = book.names[int(rng.integers(len(book.names)))]
            if (t.segment_id, code) not in mine:
                yield CodedSegment(t.interview_id, t.segment_id, 0, len(t.text), t.text, code, SECOND, book.version)


def _written(coded: Sequence[CodedSegment], ids: Sequence[str], consent: set[str]) -> Iterator[tuple[Key, Written]]:
    """Yield what an invented analyst wrote: what was asked, summaries, quotes for print, and a judgement or two."""
    on = "2026-09-01"
    for k, i in enumerate(ids):
        for n, (topic, _) in enumerate(GUIDE):
            yield (ASKED, i, topic), Written("no" if (k + n) % 7 == 0 else "yes", ANALYST, on)
    first: dict[tuple[str, str], str] = {}
    for c in coded:
        first.setdefault((c.interview_id, c.code), c.text)
    for (i, code), text in first.items():
        yield (MATRIX, i, code), Written(f"Says: {text[:1].lower()}{text[1:]}", ANALYST, on)
    printed: dict[str, list[str]] = {}
    for c in coded:
        against = code_against(c)
        done = printed.setdefault(c.code, [])
        if c.interview_id in consent and c.text not in done and len(done) < QUOTED + (c.code in AGAINST):
            done.append(c.text)
            yield (QUOTES, quote_row(c), "stand"), Written("against" if against else "for", ANALYST, on)
    words = "People speak of doing things again, and most of their scores rose."
    yield (JOINT, "doing_again", "fit"), Written("convergent", ANALYST, on)
    yield (JOINT, "doing_again", "words"), Written(words, ANALYST, on)
    yield (JOINT, "package", "fit"), Written("discordant", ANALYST, on)
    words = "What people call help is not what the record counts. Ask what they mean by it."
    yield (JOINT, "package", "words"), Written(words, ANALYST, on)


def code_against(c: CodedSegment) -> bool:
    """Return whether an invented passage speaks against its theme."""
    return c.code in AGAINST and c.text == TALK[c.code][AGAINST[c.code]]
