"""YAML as plain values that remember where they stood, so that a problem can name its line.

Stricter than YAML allows, because a protocol must mean one thing: a word given twice, a reference to another place
(`&`, `*`) and a key that is not text are refused; `1e-2` is a number; dates stay dates (as ISO text, for JSON).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

Place = tuple[str | int, ...]
_FLOAT = re.compile(r"[-+]?(\d[\d_]*\.[\d_]*([eE][-+]?\d+)?|\.\d[\d_]*([eE][-+]?\d+)?|\d[\d_]*[eE][-+]?\d+)")
_INTEGER = re.compile(r"[-+]?\d+")
_ADVICE = (
    ("found character '\\t'", "a tab stands where spaces should; indent with two spaces"),
    ("found unknown escape character", 'a backslash inside "double quotes"; use single quotes instead'),
    ("mapping values are not allowed", "a colon inside a text, or a wrong indent; put the text in 'single quotes'"),
    ("could not find expected ':'", "a word without its colon, as in 'study: my-study'"),
    ("found unexpected end of stream", "a quotation mark or bracket that is never closed"),
    ("expected <block end>", "a value that goes on after its end, or an indent that fits none of the lines above"),
    ("expected ',' or", "a list or bracket that is never closed, or a missing comma"),
    ("expected '<document start>'", "a line that is indented less than the first line"),
    ("but found another document", "a line of three dashes; a protocol is one document"),
    ("that cannot start any token", "a sign that YAML keeps for itself; put the text in 'quotes'"),
    ("special characters are not allowed", "a character that is not text; save the file as plain text in UTF-8"),
)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with decimal numbers only: no octal, no 12:30 read as 750, no infinity."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag.rsplit(":", 1)[-1] not in ("int", "float")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_FLOAT.pattern})$"), list("-+0123456789."))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(f"^(?:{_INTEGER.pattern})$"), list("-+0123456789"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the text itself, at a line counted from 1."""

    line: int
    message: str


@dataclass(slots=True)
class Located:
    """Plain values (JSON types only), the line of every one of them, and what was wrong with the text."""

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of `place`, or of the nearest thing that holds it."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return 1


def read(text: str) -> Located:
    r"""Read YAML text.

    Parameters
    ----------
    text : the whole document

    Returns
    -------
    Located
        `value` holds only None, bool, int, float, str, list and dict; dates are ISO text. Faults are collected, never
        raised, so that every one can be shown at once. A text that is not YAML gives one fault and no value.

    Examples
    --------
    >>> got = read("study: falls\nlevel: 9e-1\n")
    >>> got.value, got.lines[("level",)]
    ({'study': 'falls', 'level': 0.9}, 2)
    >>> read("a: 1\na: 2\n").faults
    [Fault(line=2, message="'a' is given twice (first on line 1)")]
    """
    found = Located()
    try:
        special = _first_special(text)
        if special:
            found.faults.append(special)
            return found
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            found.value = _plain(node, (), found, loader)
    except yaml.YAMLError as error:
        found.faults.append(_fault(error, text))
    return found


def _first_special(text: str) -> Fault | None:
    for token in yaml.scan(text, Loader=_Loader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            return Fault(token.start_mark.line + 1, "a reference (& or *); write the value out instead")
        if isinstance(token, yaml.TagToken):
            return Fault(token.start_mark.line + 1, "a tag (!); write the plain value")
    return None


def _fault(error: yaml.YAMLError, text: str) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')} {error}"
    for words, advice in _ADVICE:
        if words in said:
            return Fault(line, advice)
    return Fault(line, "this is not YAML that can be read (often a missing colon, quote or indent)")


def _plain(node: yaml.Node, place: Place, found: Located, loader: _Loader) -> Any:
    found.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value, (*place, key), found, loader) for key, value in _keys(node, place, found)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, i), found, loader) for i, item in enumerate(node.value)]
    return _scalar(node, found, loader)


def _keys(node: yaml.MappingNode, place: Place, found: Located) -> Iterator[tuple[str, yaml.Node]]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            found.faults.append(Fault(line, "a name before a colon that is not text; put it in 'quotes'"))
        elif key.value in seen:
            found.faults.append(Fault(line, f"'{key.value}' is given twice (first on line {seen[key.value]})"))
        else:
            seen[key.value] = line
            found.lines[(*place, key.value)] = line
            yield key.value, value


def _scalar(node: yaml.Node, found: Located, loader: _Loader) -> Any:
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "int":
        return int(node.value)
    if kind == "float":
        return float(node.value.replace("_", ""))
    try:
        value = loader.construct_object(node)
    except (ValueError, yaml.YAMLError):
        found.faults.append(Fault(node.start_mark.line + 1, f"'{node.value}' is not a day in the calendar"))
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value
