"""The service's own words for roles, modes and arms, mapped to the toolkit's.

The shipped list is `reference/own_words.csv`: anyone may edit it, and a protocol adds to it
(`reading.role_words`, `reading.mode_words`). A grade in front of a role does not change the role.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ot_eval.base.errors import RequestError, nearest
from ot_eval.base.protocol import Protocol
from ot_eval.data.schema import CONTACTS, ROLES, YES_NO, Column

LIST_OF_COLUMN = {"staff_role": "staff_role", "role": "staff_role", "mode": "mode", "arm": "arm", "sex": "sex"}
_BAND = re.compile(r"\b(?:band|grade) ?\w+\b")


def spelled(text: str) -> str:
    """Return a word as it is compared: lower case, punctuation and repeated spaces as one space.

    Examples
    --------
    >>> spelled("  SENIOR  Occupational-Therapist ")
    'senior occupational therapist'
    """
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


@cache
def _shipped() -> tuple[tuple[str, str, str], ...]:
    path = files("ot_eval.data") / "reference" / "own_words.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple((row["list"], spelled(row["word"]), row["value"]) for row in rows)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The words of each list, and the words that only state a grade."""

    words: dict[str, dict[str, str]]
    grades: tuple[str, ...]

    @classmethod
    def of(cls, protocol: Protocol | None = None) -> OwnWords:
        """Return the shipped list with the protocol's words on top.

        Raises
        ------
        RequestError
            The protocol maps a word to a role or mode that does not exist.
        """
        words: dict[str, dict[str, str]] = {}
        for name, word, value in _shipped():
            words.setdefault(name, {})[word] = value
        grades = tuple(sorted(words.pop("grade"), key=len, reverse=True))
        if protocol is not None:
            extra: dict[str, tuple[dict[str, str], tuple[str, ...], str]] = {
                "staff_role": (protocol.reading.role_words, ROLES, "role_words"),
                "mode": (protocol.reading.mode_words, CONTACTS.column("mode").allowed, "mode_words"),
            }
            for name, (given, allowed, key) in extra.items():
                for word, value in given.items():
                    if value not in allowed:
                        raise RequestError(
                            f"protocol: reading.{key} maps to '{value}', which is not in the toolkit's list",
                            expected=f"one of {', '.join(allowed)}",
                            fix=f"change reading.{key} in the protocol.{nearest(value, allowed)}",
                        )
                    words[name][spelled(word)] = value
        return cls(words, grades)

    def value(self, column: Column, text: str) -> str | None:
        """Return the toolkit's word for `text` in `column`, or None where the list has none."""
        word = spelled(text)
        allowed = {spelled(a): a for a in column.allowed}
        if word in allowed:
            return allowed[word]
        name = LIST_OF_COLUMN.get(column.name, "yes_no" if column.allowed == YES_NO else column.name)
        listed = self.words.get(name, {})
        if word in listed:
            return listed[word]
        if name == "staff_role":
            return listed.get(self._without_grade(word))
        return None

    def _without_grade(self, word: str) -> str:
        plain = _BAND.sub(" ", word)
        for grade in self.grades:
            plain = re.sub(rf"\b{re.escape(grade)}\b", " ", plain)
        return " ".join(plain.split())
