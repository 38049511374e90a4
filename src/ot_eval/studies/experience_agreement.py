"""Agreement of coders on turns, over interviews that two or more say they finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.coding.agreement import Agreement, Coded, agreement
from ot_eval.coding.segments import CodedSegment, Turn
from ot_eval.coding.themes import ThemeBook
from ot_eval.studies.interviews_coding import YES, CoderRow


def finished_by_two(coders: Sequence[CoderRow]) -> frozenset[str]:
    """Return the interviews that two coders or more say they finished."""
    done = Counter(c.interview_id for c in coders if c.finished == YES)
    return frozenset(i for i, n in done.items() if n > 1)


def compare(
    turns: Sequence[Turn],
    coded: Sequence[CodedSegment],
    coders: Sequence[CoderRow],
    book: ThemeBook,
    protocol: Protocol,
) -> Agreement:
    """Compare coders turn by turn; an interview that one of them did not finish is left out.

    Raises
    ------
    AnalysisRefused
        No interview was finished by two coders.
    """
    both = finished_by_two(coders)
    if not both:
        raise AnalysisRefused(
            "agreement: no interview was finished by two coders",
            expected="interviews that two people coded alone and said they finished (coders.csv: finished is yes)",
            fix="have a second person code some interviews; projects of other tools cannot say that one is finished, "
            "so write yes in coders.csv where it is",
        )
    by_turn: dict[tuple[str, str], set[str]] = {}
    for c in coded:
        by_turn.setdefault((c.segment_id, c.coder), set()).add(c.code)
    own: dict[str, list[str]] = {}
    for t in turns:
        if t.speaker_role != "interviewer":
            own.setdefault(t.interview_id, []).append(t.segment_id)
    rows = [
        Coded(contact_id=s, person_id=c.interview_id, coder=c.coder, codes=tuple(by_turn.get((s, c.coder), ())))
        for c in coders
        if c.finished == YES and c.interview_id in both
        for s in own.get(c.interview_id, ())
    ]
    return agreement(rows, book.names, level=protocol.level, seed=protocol.seed)
