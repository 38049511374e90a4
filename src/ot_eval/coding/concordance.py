"""A word in its places: every turn of participants in which it stands, with what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nltk.text import ConcordanceIndex
from nltk.tokenize import RegexpTokenizer

from ot_eval.coding.segments import Turn

WORDS = RegexpTokenizer(r"\[[^\]]*\]|\w+(?:['’-]\w+)*")
"""Words, with apostrophes and hyphens inside; what stands in brackets for a name is one."""
AROUND = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a word: the interview and turn, and the words before and after."""

    interview_id: str
    segment_id: str
    before: str
    word: str
    after: str


def concordance(turns: Sequence[Turn], word: str, *, around: int = AROUND) -> tuple[Place, ...]:
    """Return every place of a word, or of all words that begin alike where it ends in *.

    Parameters
    ----------
    turns : of all speakers; those of interviewers are passed over
    word : capitals do not matter
    around : words shown on each side

    Examples
    --------
    >>> from ot_eval.coding.segments import turns_of
    >>> [(p.before, p.word, p.after) for p in concordance(turns_of("I1", [("participant", "I can bath now")]), "bath*")]
    [('I can', 'bath', 'now')]
    """
    wanted, starts = word.casefold().removesuffix("*"), word.endswith("*")
    found = []
    for turn in turns:
        if turn.speaker_role == "interviewer":
            continue
        tokens = list(WORDS.tokenize(turn.text))
        index = ConcordanceIndex(tokens, key=str.casefold)
        keys = {t.casefold() for t in tokens if starts and t.casefold().startswith(wanted)} or {wanted}
        for at in sorted(at for key in keys for at in index.offsets(key)):
            before, after = tokens[max(at - around, 0) : at], tokens[at + 1 : at + 1 + around]
            found.append(Place(turn.interview_id, turn.segment_id, " ".join(before), tokens[at], " ".join(after)))
    return tuple(found)
