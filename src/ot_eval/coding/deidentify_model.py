"""What a detector of identifiers proposes: stretches of text, each with a kind, a reason and a risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "nhs_number",
    "national_insurance",
    "phone",
    "postcode",
    "email",
    "web",
    "vehicle",
    "registration",
    "long_number",
    "date",
    "age",
    "address",
    "place",
    "name",
    "perhaps_name",
    "unknown_word",
]
KINDS: tuple[str, ...] = get_args(Kind)
STRUCTURED: tuple[str, ...] = KINDS[:9]
"""Identifiers with a form of their own; the other kinds depend on the words around them."""
SAID: dict[str, str] = {
    "nhs_number": "NHS number",
    "national_insurance": "National Insurance number",
    "phone": "phone number",
    "postcode": "postcode",
    "email": "e-mail address",
    "web": "web address",
    "vehicle": "number plate",
    "registration": "registration number",
    "long_number": "number",
    "date": "date",
    "age": "age over 89",
    "address": "address",
    "place": "place",
    "name": "name",
    "perhaps_name": "name",
    "unknown_word": "word",
}
HIGH, MIDDLE, LOW = 3, 2, 1


@dataclass(frozen=True, slots=True, order=True)
class Flag:
    """A stretch of text that may identify somebody. `risk`: 3 surely, 2 likely, 1 perhaps."""

    start: int
    end: int
    kind: Kind
    why: str
    risk: int


def settled(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return flags in order without overlaps: those that overlap become one, of the kind that says most.

    Examples
    --------
    >>> a, b = Flag(0, 5, "name", "after a title", 3), Flag(3, 9, "unknown_word", "no English word", 1)
    >>> settled([b, a])
    (Flag(start=0, end=9, kind='name', why='after a title', risk=3),)
    """
    done: list[Flag] = []
    for flag in sorted(flags):
        if done and flag.start < done[-1].end:
            last = done.pop()
            best = min((last, flag), key=lambda f: (-f.risk, KINDS.index(f.kind), f.start))
            done.append(Flag(last.start, max(last.end, flag.end), best.kind, best.why, best.risk))
        else:
            done.append(flag)
    return tuple(done)
