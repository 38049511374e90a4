"""A protocol's problems in words for people who do not program.

pydantic does the checking; its English, which is for programmers, never reaches a reader. A test feeds every word of
the protocol with wrong kinds and fails when one of pydantic's own sentences comes through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ot_eval.base.errors import nearest
from ot_eval.base.located_yaml import Place
from ot_eval.base.protocol import Protocol

_UK_DATE = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_PATTERNS = {
    r"^[a-z][a-z0-9_-]{1,62}$": "must be 2 to 63 small letters, digits, _ or -, and start with a letter",
    r"^\d+(MB|GB)$": "must be a number followed by MB or GB, as in 3GB",
}
_KINDS = {
    "string": "must be text; put it in 'quotes'",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "tuple": "must be a list, as in [first, second]",
    "dict": "must be words with values, one to a line, as in 'OT: occupational_therapist'",
    "model": "is a section: put its words on the lines below it, indented by two spaces",
    "date": "must be a date written year-month-day, as in 2026-04-01",
}
_BOUNDS = {
    "greater_than": ("must be more than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
    "string_too_short": ("is too short; the fewest letters are", "min_length"),
    "too_short": ("is too short; the fewest entries are", "min_length"),
}


def reword(error: ErrorDetails) -> str:
    """Return what pydantic found, as one plain sentence with the nearest valid name.

    Parameters
    ----------
    error : one entry of `pydantic.ValidationError.errors()`

    Examples
    --------
    >>> reword({"type": "extra_forbidden", "loc": ("increase", "minimum_raise"), "input": 2, "msg": ""})
    "'minimum_raise' is not a word the section increase knows. Did you mean 'minimum_rise'?"
    """
    kind, place, given = error["type"], tuple(error["loc"]), error["input"]
    section = ".".join(str(p) for p in place[:-1] if isinstance(p, str))
    owner = f"the section {section}" if section else "the protocol"
    word = str(next((p for p in reversed(place) if isinstance(p, str)), "protocol"))
    if kind == "extra_forbidden":
        return f"'{word}' is not a word {owner} knows.{_nearest_word(word, place[:-1])}"
    if kind == "missing":
        return f"{owner} lacks the word '{word}', which every protocol must give"
    if kind == "value_error":
        return f"the section {word}: {error['ctx']['error']}"
    return f"{word} {_rule(kind, error.get('ctx', {}), given)}"


def _rule(kind: str, context: dict[str, Any], given: Any) -> str:
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context["expected"]))
        return f"may be {_either(allowed)}; it is {_shown(given)}.{nearest(str(given), allowed)}"
    if kind == "string_pattern_mismatch":
        return f"{_PATTERNS[str(context['pattern'])]}; it is {_shown(given)}"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {context[key]}; it is {_shown(given)}"
    return f"{_KINDS[_family(kind)]}; it is {_shown(given)}{_date_advice(kind, given)}"


def _family(kind: str) -> str:
    family = kind.split("_", maxsplit=1)[0]
    return {"finite": "float", "list": "tuple", "mapping": "dict"}.get(family, family)


def _shown(given: Any) -> str:
    if isinstance(given, bool):
        return "true (YAML also reads yes and on so)" if given else "false (YAML also reads no and off so)"
    if given is None:
        return "empty"
    if isinstance(given, dict | list):
        return ("a list" if isinstance(given, list) else "a section") if given else "empty"
    if isinstance(given, int | float):
        return str(given)
    return f"'{given}'"


def _date_advice(kind: str, given: Any) -> str:
    uk = _UK_DATE.match(given) if kind.startswith("date") and isinstance(given, str) else None
    if not uk:
        return ""
    day, month, year = (int(part) for part in uk.groups())
    return f". Did you mean {year:04d}-{month:02d}-{day:02d}?"


def _either(allowed: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(allowed[:-1]), allowed[-1]]))


def _nearest_word(word: str, section: Place) -> str:
    sections = dict(_sections(Protocol, ()))
    here = sections.get(tuple(p for p in section if isinstance(p, str)), ())
    near = get_close_matches(word, here, n=1, cutoff=0.7)
    if near:
        return f" Did you mean '{near[0]}'?"
    homes = [place for place, words in sections.items() if word in words]
    if homes:
        return f" It belongs to {'the section ' + '.'.join(homes[0]) if homes[0] else 'the top of the protocol'}."
    return ""


def _sections(part: type[BaseModel], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    yield place, tuple(part.model_fields)
    for name, info in part.model_fields.items():
        for inner in _models(info.annotation):
            yield from _sections(inner, (*place, name))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections inside an annotation: a section itself, one that may be left out, or a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
