"""When a question is shown: the part of XLSForm's `relevant` that our instruments use, read into a small tree.

One reading serves four purposes: to know whether an empty answer was skipped or never asked, to write REDCap branching
logic, to tell the reader of a paper form when to answer, and to check the source. Nothing is evaluated as code.

Grammar: `${q} = 'x'`, `${q} != 'x'`, `selected(${q}, 'x')`, joined by `and`, `or`, `not(...)` and parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"\s*(?:(?P<selected>selected\()|(?P<not>not\()|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
    r"|\$\{(?P<name>\w+)\}|'(?P<text>[^']*)'|(?P<op>!=|=)|(?P<word>and|or)\b)"
)

Answer = str | tuple[str, ...]
"""One answer: a choice, number, date or text; for "choose all that apply" the choices in the instrument's order."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A question compared with a choice: equal, not equal, or among those chosen."""

    question: str
    kind: Literal["=", "!=", "selected"]
    choice: str


@dataclass(frozen=True, slots=True)
class Join:
    """Conditions that must all hold (`and`), of which one must (`or`), or the one that must not (`not`)."""

    kind: Literal["and", "or", "not"]
    parts: tuple[Condition, ...]


Condition = Compare | Join


class BadCondition(ValueError):
    """A condition that is not written in the grammar above."""


def parse(text: str) -> Condition | None:
    """Return the condition that `text` states; None for an empty text.

    Raises
    ------
    BadCondition
        The text is not written in the grammar of this module.

    Examples
    --------
    >>> parse("${k01_level} != 'none'")
    Compare(question='k01_level', kind='!=', choice='none')
    """
    if not text.strip():
        return None
    tokens: list[tuple[str, str]] = []
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise BadCondition(text)
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        place = found.end()
    reader = _Reader(text, tokens)
    made = reader.either()
    if reader.tokens:
        raise BadCondition(text)
    return made


class _Reader:
    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text, self.tokens = text, tokens

    def take(self, *kinds: str) -> str:
        if not self.tokens or self.tokens[0][0] not in kinds:
            raise BadCondition(self.text)
        return self.tokens.pop(0)[1]

    def joined(self, word: Literal["and", "or"]) -> Condition:
        part = self.both if word == "or" else self.one
        parts = [part()]
        while self.tokens and self.tokens[0] == ("word", word):
            self.tokens.pop(0)
            parts.append(part())
        return parts[0] if len(parts) == 1 else Join(word, tuple(parts))

    def either(self) -> Condition:
        return self.joined("or")

    def both(self) -> Condition:
        return self.joined("and")

    def one(self) -> Condition:
        kind = self.tokens[0][0] if self.tokens else ""
        if kind in ("open", "not"):
            self.tokens.pop(0)
            inner = self.either()
            self.take("close")
            return Join("not", (inner,)) if kind == "not" else inner
        if kind == "selected":
            self.tokens.pop(0)
            name = self.take("name")
            self.take("comma")
            choice = self.take("text")
            self.take("close")
            return Compare(name, "selected", choice)
        name, op, choice = self.take("name"), self.take("op"), self.take("text")
        return Compare(name, "=" if op == "=" else "!=", choice)


def holds(condition: Condition | None, answers: Mapping[str, Answer]) -> bool:
    """Return whether a question under `condition` is shown to who gave `answers`; an empty answer equals nothing.

    As on a device, `!=` holds for a question that has no answer yet.

    Examples
    --------
    >>> holds(parse("selected(${tools}, 'tug')"), {"tools": ("mbi", "tug")})
    True
    """
    if condition is None:
        return True
    if isinstance(condition, Join):
        results = [holds(part, answers) for part in condition.parts]
        return not results[0] if condition.kind == "not" else all(results) if condition.kind == "and" else any(results)
    given = answers.get(condition.question, "")
    chosen = given if isinstance(given, tuple) else (given,)
    return (condition.choice in chosen) != (condition.kind == "!=")


def questions_of(condition: Condition | None) -> tuple[Compare, ...]:
    """Return every comparison of a condition, in reading order."""
    if condition is None:
        return ()
    if isinstance(condition, Compare):
        return (condition,)
    return tuple(test for part in condition.parts for test in questions_of(part))


def both(first: Condition | None, second: Condition | None) -> Condition | None:
    """Return the condition under which both hold."""
    if first is None or second is None:
        return first or second
    return Join("and", (first, second))


def redcap(condition: Condition | None, multiple: frozenset[str]) -> str:
    """Return the condition as REDCap branching logic.

    Parameters
    ----------
    condition : the condition, or None
    multiple : questions that are check boxes in REDCap

    Examples
    --------
    >>> redcap(parse("selected(${tools}, 'tug')"), frozenset({"tools"}))
    "[tools(tug)] = '1'"
    """
    if condition is None:
        return ""
    if isinstance(condition, Join):
        parts = [redcap(part, multiple) for part in condition.parts]
        return f"!({parts[0]})" if condition.kind == "not" else "(" + f" {condition.kind} ".join(parts) + ")"
    name = condition.question.lower()
    if condition.question in multiple:
        return f"[{name}({condition.choice.lower()})] = '{0 if condition.kind == '!=' else 1}'"
    return f"[{name}] {'<>' if condition.kind == '!=' else '='} '{condition.choice}'"
