"""Which question a column of an export belongs to: by name, by label, by label in another language, with its choice.

Never by position. A heading that is only like a question is no match: it is reported, for the question may have changed
its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from ot_eval.data.survey_instrument import Choice, Instrument, Question

ALIKE = 0.75
"""Share of letters in common above which a heading counts as a changed question; below, as another column."""

_REDCAP_LABEL = re.compile(r"^(?P<left>.*) \(choice=(?P<right>.*)\)$", re.DOTALL)
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u200b": "", "–": "-", "—": "-"})


@lru_cache(maxsize=1 << 16)
def folded(text: str) -> str:
    """Return a label as it is compared: one space between words, no case, straight quotation marks, no end mark.

    Examples
    --------
    >>> folded(" What  matters to you? * ") == folded("what matters to you?")
    True
    """
    plain = " ".join(text.translate(_STRAIGHT).split()).casefold()
    return plain.rstrip(" *:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a heading was recognised as: a question, or one choice of a question, and the language if not our own."""

    question: Question
    choice: Choice | None = None
    language: str = ""


@dataclass(slots=True)
class Names:
    """The names and labels of an instrument, ready to look up."""

    instrument: Instrument
    by_text: dict[str, tuple[Question, str]] = field(default_factory=dict)
    notes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instrument: Instrument) -> Names:
        """Prepare the names of an instrument."""
        made = cls(instrument=instrument)
        for q in instrument.questions:
            for language, label in q.translations:
                made.by_text[folded(label)] = (q, language)
        for q in instrument.questions:
            made.by_text[folded(q.label)] = made.by_text[folded(q.name)] = (q, "")
        noted = [r for r in instrument.rows if r["type"] == "note"]
        made.notes = frozenset(folded(r[k]) for r in noted for k in ("name", "label"))
        return made

    def is_note(self, heading: str) -> bool:
        """Return whether a column only repeats a text of the form."""
        return any(folded(part) in self.notes for part in _tails(heading))

    def match(self, heading: str, renamed: Mapping[str, str]) -> Found | None:
        """Return what a heading stands for, or None.

        Parameters
        ----------
        heading : as written in the export
        renamed : headings that a person has matched by hand, with the question's name
        """
        heading = renamed.get(heading, heading)
        for text in _tails(heading):
            if hit := self.by_text.get(folded(text)):
                return Found(question=hit[0], language=hit[1])
            for left, right in _split(text):
                hit = self.by_text.get(folded(left))
                if hit is None or not hit[0].multiple:
                    continue
                choice, language = choice_of(hit[0], right)
                if choice is not None:
                    return Found(question=hit[0], choice=choice, language=hit[1] or language)
        return None

    def nearest(self, heading: str, missing: Mapping[str, Question]) -> Question | None:
        """Return the missing question that a heading is much like, or None."""
        best, score = None, ALIKE
        for q in missing.values():
            for text in (q.label, q.name):
                matcher = SequenceMatcher(a=folded(heading), b=folded(text), autojunk=False)
                if matcher.real_quick_ratio() > score and matcher.ratio() > score:
                    best, score = q, matcher.ratio()
        return best


def choice_of(question: Question, text: str) -> tuple[Choice | None, str]:
    """Return the choice that `text` names, by name or label, and the language if it was a translation."""
    wanted = folded(text)
    for c in question.choices:
        if wanted in (folded(c.name), folded(c.label)):
            return c, ""
    for c in question.choices:
        for language, label in c.translations:
            if wanted == folded(label):
                return c, language
    return None, ""


def _tails(heading: str) -> Iterator[str]:
    """Yield a heading, then what is left of it when leading groups are taken off."""
    yield heading
    for mark in ("/", "-"):
        for place, letter in enumerate(heading):
            if letter == mark:
                yield heading[place + 1 :]


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways in which exports write question and choice in one heading."""
    if found := _REDCAP_LABEL.match(text):
        yield found["left"], found["right"]
    for mark in ("___", "::", "/", "."):
        for place in range(len(text)):
            if text.startswith(mark, place):
                yield text[:place], text[place + len(mark) :]
