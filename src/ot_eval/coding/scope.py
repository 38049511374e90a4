"""Whether what a note names was done, or declined, planned, history, or done by the worker: rule 27 of the codebook.

Each word of a sentence gets a standing. A trigger ("declined", "will", "previously") passes its standing on to the
words after it, ahead of it or both, as far as its reach goes; a heading ("Plan:") passes it to all that follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ot_eval.coding.patterns import Patterns, Span, compile_phrases
from ot_eval.coding.text import Sentence

Standing = Literal["done", "negated", "by_worker", "history", "planned", "goal", "observed"]
TRIGGERED: tuple[Standing, ...] = ("negated", "by_worker", "history", "planned", "goal", "observed")
"""Strongest first: a word that two triggers reach takes the first of these."""
SAID: dict[Standing, str] = {
    "done": "done at this contact",
    "negated": "declined or not needed",
    "planned": "planned, not done",
    "history": "history, not done at this contact",
    "by_worker": "done for the person",
    "goal": "named as a wish or goal",
    "observed": "watched in order to assess",
}
SIDES = ("before", "before_list", "before_all", "after", "around")
LIST_ITEM = 6
"""A trigger crosses a comma into the next part of a list only when that part is at most this long, in words."""
JOINS = frozenset({"and", "or", "nor", "all", "both"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Compiled triggers; `of` makes one from the word list."""

    triggers: dict[tuple[Standing, str], Patterns]
    plain: Patterns
    headings: dict[str, Standing]
    stops: frozenset[str]
    done: frozenset[str]

    @classmethod
    def of(cls, words: dict[str, Any]) -> Scope:
        """Compile the `status`, `headings`, `stops` and `done` lists of `words_ot.yaml`."""
        status = words["status"]
        return cls(
            triggers={
                (standing, side): compile_phrases(status.get(standing, {}).get(side, ()), {}, stems=False)
                for standing in TRIGGERED
                for side in SIDES
            },
            plain=compile_phrases(status["plain"], {}, stems=False),
            headings={h: s for s, listed in words["headings"].items() for h in listed},
            stops=frozenset(words["stops"]),
            done=frozenset(words["done"]),
        )

    def standings(self, sentences: tuple[Sentence, ...]) -> list[list[Standing]]:
        """Return the standing of every word, sentence by sentence.

        A heading holds until the next heading or until a sentence says that something was done.
        """
        result: list[list[Standing]] = []
        heading: Standing = "done"
        for sentence in sentences:
            words = [w.text for w in sentence]
            parts = _parts(sentence)
            found: list[Standing] = ["done"] * len(words)
            heading = self._under_headings(sentence, parts, found, heading)
            for standing in reversed(TRIGGERED):
                for i in self._reach(standing, words, parts):
                    found[i] = standing
            result.append(found)
        return result

    def _under_headings(
        self, sentence: Sentence, parts: list[Span], found: list[Standing], heading: Standing
    ) -> Standing:
        new = False  # whether the heading stands in this sentence
        for part in parts:
            inside = sentence[part.first : part.last + 1]
            if part.last + 1 < len(sentence) and sentence[part.last + 1].after_colon:
                heading, new = self.headings.get(" ".join(w.text for w in inside), "done"), True
                continue
            lifted = (
                any(w.text in self.done for w in inside) and heading != "goal" and not (new and heading == "history")
            )
            for i in range(part.first, part.last + 1):
                found[i] = "done" if lifted else heading
        return heading

    def _reach(self, standing: Standing, words: list[str], parts: list[Span]) -> set[int]:
        excused = {i for span in self.plain.spans(words) for i in range(span.first, span.last + 1)}
        reach: set[int] = set()
        for side in SIDES:
            for span in self.triggers[standing, side].spans(words):
                if span.first in excused:
                    continue
                if side == "before_all":
                    reach.update(range(span.last + 1, len(words)))
                elif side != "after":
                    reach.update(self._forward(span, words, parts, cross=side != "before"))
                if side in ("after", "around"):
                    reach.update(self._backward(span, words, parts))
                if side == "around":
                    reach.update(range(span.first, span.last + 1))
        return reach

    def _forward(self, span: Span, words: list[str], parts: list[Span], *, cross: bool) -> Iterator[int]:
        for part in parts:
            if part.last <= span.last:
                continue
            if part.first > span.last and not (cross and self._is_list_item(part, words)):
                return
            for i in range(max(span.last + 1, part.first), part.last + 1):
                if words[i] in self.stops:
                    return
                yield i

    def _backward(self, span: Span, words: list[str], parts: list[Span]) -> Iterator[int]:
        own = next(p for p in parts if p.first <= span.first <= p.last)
        ahead = words[own.first : span.first]
        cross = not ahead or bool(JOINS.intersection(ahead))
        for part in reversed(parts):
            if part.first >= span.first and part != own:
                continue
            if part != own and not (cross and self._is_list_item(part, words)):
                return
            for i in range(min(span.first - 1, part.last), part.first - 1, -1):
                if words[i] in self.stops:
                    return
                yield i

    def _is_list_item(self, part: Span, words: list[str]) -> bool:
        inside = words[part.first : part.last + 1]
        return len(inside) <= LIST_ITEM and not self.done.intersection(inside)


def _parts(sentence: Sentence) -> list[Span]:
    """Return the parts between commas, colons and arrows."""
    cuts = [i for i, w in enumerate(sentence) if w.after_break and i] + [len(sentence)]
    parts, first = [], 0
    for cut in cuts:
        parts.append(Span(first, cut - 1))
        first = cut
    return parts
