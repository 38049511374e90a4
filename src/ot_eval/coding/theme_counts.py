"""Who spoke of what: states of participants and themes, codes that stand together, and facets as people coded them.

Counts are of participants, never of mentions. Nothing here is a test: fifteen interviews carry none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ot_eval.coding.segments import CodedSegment
from ot_eval.coding.themes import ThemeBook

State = Literal["mentioned", "asked, not mentioned", "not asked", "not known whether asked"]
MENTIONED: State = "mentioned"
SILENT: State = "asked, not mentioned"
NOT_ASKED: State = "not asked"
NOT_KNOWN: State = "not known whether asked"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who was interviewed, once or more: `label` for the page, and their interviews in order."""

    label: str
    interviews: tuple[str, ...]
    consent: bool


def states(
    participants: Sequence[Participant],
    coded: Iterable[CodedSegment],
    book: ThemeBook,
    asked: Mapping[tuple[str, str], str],
) -> dict[tuple[str, str], State]:
    """Return the state of each participant (by label) and code.

    Parameters
    ----------
    participants : everybody interviewed
    coded : the main coder's segments
    book : says which topics of the guide ask for a code; a code without a topic is asked of nobody
    asked : (interview_id, topic): yes or no, as somebody noted it; missing where nobody did
    """
    said = {(c.interview_id, c.code) for c in coded}
    found: dict[tuple[str, str], State] = {}
    for p in participants:
        for code in book.names:
            if any((i, code) in said for i in p.interviews):
                found[p.label, code] = MENTIONED
                continue
            answers = [asked.get((i, t), "") for i in p.interviews for t in book.of(code).topics]
            if "yes" in answers:
                found[p.label, code] = SILENT
            elif all(a == "no" for a in answers):
                found[p.label, code] = NOT_ASKED
            else:
                found[p.label, code] = NOT_KNOWN
    return found


def together(participants: Sequence[Participant], coded: Iterable[CodedSegment]) -> dict[tuple[str, str], int]:
    """Return how many participants have two codes on the same turn, by pair of codes in alphabetical order."""
    of_interview = {i: p.label for p in participants for i in p.interviews}
    by_turn: dict[tuple[str, str], set[str]] = defaultdict(set)
    for c in coded:
        by_turn[of_interview[c.interview_id], c.segment_id].add(c.code)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (label, _), codes in by_turn.items():
        for a in codes:
            for b in codes:
                if a < b:
                    people[a, b].add(label)
    return {pair: len(who) for pair, who in people.items()}


def facets(participants: Sequence[Participant], coded: Iterable[CodedSegment], book: ThemeBook) -> dict[str, int]:
    """Return how many participants have a code of each facet (experience, attitude, belief, ...), as people coded."""
    of_interview = {i: p.label for p in participants for i in p.interviews}
    people: dict[str, set[str]] = defaultdict(set)
    for c in coded:
        facet = book.of(c.code).facet
        if facet is not None:
            people[facet].add(of_interview[c.interview_id])
    return {facet: len(who) for facet, who in sorted(people.items())}
