"""Quotes: words that stand in the transcript as printed, of people who agreed, with nobody in them to be known.

Words may be left out where … or [...] stands; nothing may be put in. What the detector of identifiers flags is printed
only where somebody looked at it and signed; what surely identifies is never printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ot_eval.coding.deidentify import Detector
from ot_eval.coding.deidentify_model import HIGH, SAID

Stand = Literal["for", "against"]
_LEFT_OUT = re.compile(r"\s*(?:\[\s*(?:\.{3}|…)\s*\]|\.{3}|…)\s*")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\n": " "})
LONGEST_SHARE = 0.25
"""One person's share of the quotes above which the report says that one voice is heard much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words chosen for print: whose, under which code, and whether they speak for the theme or against it."""

    interview_id: str
    segment_id: str
    code: str
    words: str
    stand: Stand
    checked_by: str = ""


def left_out(words: str, text: str) -> int | None:
    """Return how many stretches were left out if the words stand in the text as printed, else None.

    Examples
    --------
    >>> left_out("She asked me … the bath.", "She asked me what I wanted. I said: the bath.")
    1
    >>> left_out("the bath", "The kitchen.") is None
    True
    """
    pieces = [" ".join(p.translate(_PLAIN).split()) for p in _LEFT_OUT.split(words)]
    inside = [p for p in pieces if p]
    within, at = " ".join(text.translate(_PLAIN).split()), 0
    if not inside:
        return None
    for piece in inside:
        found = within.find(piece, at)
        if found < 0:
            return None
        at = found + len(piece)
    return len(inside) - 1


def faults(quote: Quote, text: str, *, consent: bool, detector: Detector) -> list[str]:
    """Return why a quote may not be printed; nothing where it may. The words themselves are never repeated.

    Parameters
    ----------
    quote : the quote
    text : the turn it comes from, without names
    consent : whether the person agreed to be quoted
    detector : of identifiers
    """
    wrong = []
    if not consent:
        wrong.append("the person did not agree to be quoted")
    if left_out(quote.words, text) is None:
        wrong.append("the words do not stand in the turn as written (… may stand for words left out)")
    flags = detector.flags(quote.words)
    sure = sorted({SAID[f.kind] for f in flags if f.risk == HIGH})
    perhaps = sorted({SAID[f.kind] for f in flags if f.risk < HIGH})
    if sure:
        wrong.append(f"holds what identifies somebody: {', '.join(sure)}")
    if perhaps and not quote.checked_by:
        wrong.append(f"may identify somebody ({', '.join(perhaps)}); look, and sign under 'checked by'")
    return wrong


def largest_share(quotes: Sequence[Quote]) -> float:
    """Return the largest share of the quotes that one interview has; 0 where there are none."""
    who = [q.interview_id for q in quotes]
    return max((who.count(i) / len(who) for i in set(who)), default=0.0)
