"""From a cell to an answer: choices by name or label, several choices however they are joined, numbers, dates."""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa

from ot_eval.data.dates import read_dates
from ot_eval.data.survey_headings import choice_of, folded
from ot_eval.data.survey_instrument import Question

NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$")
BETWEEN = re.compile(r"[;,|\s]+")
TICKED = frozenset(("1", "true", "yes", "checked", "x", "selected"))
UNTICKED = frozenset(("0", "false", "no", "unchecked", "not selected"))
MOST_WAYS = 2


class BadCell(ValueError):
    """A cell that is no answer to its question; `args[0]` is the rule it broke, never the value."""


def one(question: Question, text: str) -> tuple[str, str]:
    """Return the answer in a cell, and the language of its label if not our own.

    Raises
    ------
    BadCell
        The text is no answer to the question.
    """
    if question.kind == "select_one":
        choice, language = choice_of(question, text)
        if choice is None:
            raise BadCell("answer not in the instrument")
        return choice.name, language
    if question.kind in ("integer", "decimal"):
        return _number(question, text), ""
    return text, ""


def _number(question: Question, text: str) -> str:
    if not NUMBER.match(text):
        raise BadCell("not a number")
    value = float(text)
    if question.kind == "integer" and not value.is_integer():
        raise BadCell("not a whole number")
    if (question.minimum is not None and value < question.minimum) or (
        question.maximum is not None and value > question.maximum
    ):
        raise BadCell("out of range")
    return str(int(value)) if value.is_integer() else repr(value)


def several(question: Question, text: str) -> tuple[tuple[str, ...], str]:
    """Return the choices in one cell, in the instrument's order, and a language if one was not our own.

    Choices may be joined by spaces, semicolons, commas or lines, as names or labels; labels may hold spaces and commas.
    The whole cell must be accounted for, in one way only.

    Raises
    ------
    BadCell
        Some of the cell is no choice, or it can be read in two ways.
    """
    words: dict[str, tuple[str, str]] = {}
    for c in question.choices:
        for language, label in c.translations:
            words.setdefault(folded(label), (c.name, language))
    for c in question.choices:
        words[folded(c.label)] = words[folded(c.name)] = (c.name, "")
    ways = _ways(folded(text).strip("; "), tuple(sorted(words, key=len, reverse=True)))
    meanings = {frozenset(words[w][0] for w in way) for way in ways}
    if not meanings:
        raise BadCell("answer not in the instrument")
    if len(meanings) > 1:
        raise BadCell("answer can be read in two ways")
    chosen = next(iter(meanings))
    languages = [words[w][1] for w in ways[0] if words[w][1]]
    return tuple(c.name for c in question.choices if c.name in chosen), languages[0] if languages else ""


def _ways(text: str, words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return at most two ways to write `text` as words with separators between them."""

    @cache
    def rest(place: int) -> tuple[tuple[str, ...], ...]:
        if place == len(text):
            return ((),)
        found: list[tuple[str, ...]] = []
        for word in words:
            if not text.startswith(word, place):
                continue
            end = place + len(word)
            gap = BETWEEN.match(text, end)
            if end < len(text) and gap is None:
                continue
            found += [(word, *tail) for tail in rest(gap.end() if gap else end)]
            if len({frozenset(f) for f in found}) >= MOST_WAYS:
                break
        return tuple(found[:64])

    return rest(0)


def ticked(text: str, label: str) -> bool | None:
    """Return whether the cell of one choice is ticked; None where it is empty.

    Raises
    ------
    BadCell
        The cell is neither.
    """
    said = folded(text)
    if not said:
        return None
    if said in TICKED or said == folded(label):
        return True
    if said in UNTICKED:
        return False
    raise BadCell("answer not in the instrument")


def dates(texts: list[str]) -> tuple[list[str], list[bool], bool]:
    """Return a column of dates as ISO texts, which of them are no dates, and whether months stand before days."""
    reading = read_dates(pa.array(texts, pa.string()))
    iso = [d.isoformat() if d is not None else "" for d in reading.dates.to_pylist()]
    return iso, [bool(b) for b in reading.bad.to_pylist()], reading.month_first > 0
