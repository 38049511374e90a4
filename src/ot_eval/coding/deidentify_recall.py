"""How much the detector finds, on documents whose identifiers somebody marked: by document, and what it flags in vain.

A document with one identifier missed has leaked it; so recall is told document by document, never only as a mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ot_eval.base.errors import DataError
from ot_eval.coding.deidentify import Detector
from ot_eval.coding.deidentify_model import KINDS, STRUCTURED

_MARK = re.compile(r"⟦(\w+)\|([^⟦⟧]+)⟧")
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Marked:
    """A document and the stretches of it that identify somebody, as (start, end, kind)."""

    name: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the detector found in one document. `by_kind` holds (found, marked); `missed` the places missed."""

    name: str
    n_words: int
    by_kind: dict[str, tuple[int, int]]
    missed: tuple[tuple[int, int, str], ...]
    n_false: int

    @property
    def false_per_100_words(self) -> float:
        """Flags on words that identify nobody, per 100 words."""
        return _HUNDRED * self.n_false / self.n_words

    def recall(self, kinds: Iterable[str]) -> float | None:
        """Return the share found among `kinds`, or None where the document has none."""
        found, marked = total((self,), kinds)
        return found / marked if marked else None


def unmark(name: str, text: str) -> Marked:
    """Return a document from text in which identifiers are marked ⟦kind|words⟧.

    Examples
    --------
    >>> unmark("I01", "I'm ⟦name|Joyce⟧.")
    Marked(name='I01', text="I'm Joyce.", spans=((4, 9, 'name'),))
    """
    parts: list[str] = []
    spans: list[tuple[int, int, str]] = []
    at = length = 0
    for mark in _MARK.finditer(text):
        if mark[1] not in KINDS:
            raise DataError(
                f"marked document {name}: a mark of a kind that is not known",
                expected=f"one of {', '.join(KINDS)}",
                fix="correct the word before the bar",
            )
        parts += [text[at : mark.start()], mark[2]]
        start = length + mark.start() - at
        length = start + len(mark[2])
        spans.append((start, length, mark[1]))
        at = mark.end()
    whole = "".join(parts) + text[at:]
    if "⟦" in whole or "⟧" in whole:
        raise DataError(
            f"marked document {name}: a mark is not whole",
            expected="⟦kind|words⟧, none inside another",
            fix="close each mark",
        )
    return Marked(name, whole, tuple(spans))


def measure(document: Marked, roster: Sequence[str] = ()) -> Found:
    """Return what the detector finds in a marked document, line by line as it reads turns.

    An identifier is found when each of its letters and digits is flagged, in whatever kind.
    """
    detector = Detector(roster)
    flagged = bytearray(len(document.text))
    flags: list[tuple[int, int]] = []
    at = 0
    for line in document.text.split("\n"):
        for flag in detector.flags(line):
            flags.append((at + flag.start, at + flag.end))
            flagged[at + flag.start : at + flag.end] = b"\1" * (flag.end - flag.start)
        at += len(line) + 1
    by_kind: dict[str, tuple[int, int]] = {}
    missed = []
    for start, end, kind in document.spans:
        whole = all(flagged[k] for k in range(start, end) if document.text[k].isalnum())
        found, marked = by_kind.get(kind, (0, 0))
        by_kind[kind] = (found + whole, marked + 1)
        if not whole:
            missed.append((start, end, kind))
    false = sum(not any(s < end and start < e for s, e, _ in document.spans) for start, end in flags)
    return Found(document.name, len(document.text.split()), by_kind, tuple(missed), false)


def total(found: Iterable[Found], kinds: Iterable[str] = STRUCTURED) -> tuple[int, int]:
    """Return (found, marked) over documents, for some kinds."""
    wanted = tuple(kinds)
    pairs = [one.by_kind.get(kind, (0, 0)) for one in found for kind in wanted]
    return sum(a for a, _ in pairs), sum(b for _, b in pairs)
