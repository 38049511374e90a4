"""Replacing what a person confirmed, and moving offsets along: a coding made before stays on the same words.

A replacement stands in square brackets, so that a reader sees where words were changed. It says what stood there, not
who: [daughter], [OT 2], [date].
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ot_eval.base.errors import InternalFault
from ot_eval.coding.deidentify_model import SAID, Kind
from ot_eval.coding.deidentify_words import TOKEN, folded

NAMED: tuple[str, ...] = ("name", "perhaps_name", "unknown_word", "place", "address")
"""Kinds in which two different originals get two different numbers; one date is as good as another."""


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Words from `start` to `end` (code points, end excluded) become `text`."""

    start: int
    end: int
    text: str


class Moved:
    """A text with replacements made, and where each old place is now.

    Examples
    --------
    >>> moved = Moved("my Ann came", [Replacement(3, 6, "[daughter]")])
    >>> moved.text, moved.span(7, 11), moved.span(4, 5)
    ('my [daughter] came', (14, 18), (3, 13))
    """

    def __init__(self, text: str, replacements: Iterable[Replacement]) -> None:
        self._made = sorted(replacements)
        for a, b in zip(self._made, self._made[1:], strict=False):
            if b.start < a.end:
                raise InternalFault("two replacements overlap", expected="replacements apart", fix="report this")
        parts, at, shift = [], 0, 0
        self._shifts = []
        for one in self._made:
            parts += [text[at : one.start], one.text]
            at = one.end
            shift += len(one.text) - (one.end - one.start)
            self._shifts.append(shift)
        self.text = "".join(parts) + text[at:]
        self._starts = [one.start for one in self._made]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of the old text is now; one that cuts into a replacement holds all of it."""
        return self._place(start, last=False), self._place(end, last=True)

    def _place(self, at: int, *, last: bool) -> int:
        k = bisect_right(self._starts, at - 1 if last else at) - 1
        if k < 0:
            return at
        one, before = self._made[k], self._shifts[k - 1] if k else 0
        if at >= one.end:
            return at + self._shifts[k]
        return one.start + before + (len(one.text) if last else 0)


def form_of(words: str) -> str:
    """Return the form under which occurrences of one name are one: letters only, no case, accent or possessive."""
    tokens = [folded(t) for t in TOKEN.findall(words)]
    return " ".join(tokens) if tokens else re.sub(r"\s+", "", words)


def possessive(words: str) -> str:
    """Return the possessive ending of words, which stays after a replacement.

    Examples
    --------
    >>> possessive("Siân’s"), possessive("Ann")
    ('’s', '')
    """
    found = re.search(r"['’]s$", words)
    return found[0] if found else ""


class Namer:
    """Gives each original its replacement within one interview, the same for the same name.

    Parameters
    ----------
    roster : replacement by name, as typed: two names of one person have one replacement
    """

    def __init__(self, roster: dict[str, str]) -> None:
        self._given: dict[str, str] = {}
        for name, replacement in roster.items():
            form = form_of(name)
            self._given.setdefault(form, replacement)
            for word in form.split():
                self._given.setdefault(word, replacement)
        self._made: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}

    def name(self, words: str, kind: Kind) -> str:
        """Return what to put in place of `words`, without brackets."""
        form = form_of(words)
        listed = self._given.get(form) or next((self._given[w] for w in form.split() if w in self._given), "")
        if listed:
            return listed
        said = SAID[kind]
        if kind not in NAMED:
            return said
        key = (said, form)
        if key not in self._made:
            self._count[said] = self._count.get(said, 0) + 1
            self._made[key] = f"{said} {self._count[said]}"
        return self._made[key]


def bracketed(replacement: str) -> str:
    """Return a replacement in square brackets, with none inside.

    Examples
    --------
    >>> bracketed("[OT 2] ")
    '[OT 2]'
    """
    return "[" + replacement.replace("[", "").replace("]", "").strip() + "]"


def left_over(texts: Sequence[str], originals: Iterable[str]) -> int:
    """Return how often words that were replaced somewhere still stand in the texts, outside brackets."""
    forms = {form_of(o) for o in originals} - {""}
    longest = max((f.count(" ") + 1 for f in forms), default=0)
    n = 0
    for text in texts:
        tokens = [folded(t) for t in TOKEN.findall(re.sub(r"\[[^\]]*\]", " ", text))]
        n += sum(
            " ".join(tokens[k : k + size]) in forms
            for k in range(len(tokens))
            for size in range(1, min(longest, len(tokens) - k) + 1)
        )
    return n
