"""A project of a coding tool as plain records, whichever tool it came from, and the list of what was not taken over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ot_eval.base.errors import DataError

PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"
CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
Value = str | int | float | bool | None
VariableType = Literal["Text", "Boolean", "Integer", "Float", "Date", "DateTime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QdaCode:
    """A code. `parent` is the id of the code above it, empty at the top; a code that is not codable is a folder."""

    id: str
    name: str
    parent: str = ""
    codable: bool = True
    colour: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QdaSource:
    r"""A text. Line breaks are \n and there is no byte order mark; `counting` says how the tool counted."""

    id: str
    name: str
    text: str
    counting: str = ""
    creator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QdaCoding:
    """A code on a stretch of a text: `source.text[start:end] == quote`."""

    source: str
    start: int
    end: int
    quote: str
    code: str
    coder: str
    created: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QdaMemo:
    """A memo. `about` is the id of the source or code it belongs to, empty where it belongs to the project."""

    id: str
    name: str
    text: str
    author: str = ""
    created: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QdaCase:
    """A case: usually a person, with attributes and the texts that belong to it."""

    id: str
    name: str
    sources: tuple[str, ...] = ()
    values: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QdaProject:
    """What a file of a coding tool holds. `lost` counts what it held besides, by kind."""

    name: str
    origin: str = ""
    codes: tuple[QdaCode, ...] = ()
    sources: tuple[QdaSource, ...] = ()
    codings: tuple[QdaCoding, ...] = ()
    memos: tuple[QdaMemo, ...] = ()
    cases: tuple[QdaCase, ...] = ()
    variables: tuple[tuple[str, VariableType], ...] = ()
    lost: dict[str, int] = field(default_factory=dict)

    def path(self, code: str) -> tuple[str, ...]:
        """Return the names from the top down to a code."""
        by_id = {c.id: c for c in self.codes}
        names: list[str] = []
        seen: set[str] = set()
        while code in by_id and code not in seen:
            seen.add(code)
            names.append(by_id[code].name)
            code = by_id[code].parent
        return tuple(reversed(names))


def check_project(project: QdaProject) -> list[str]:
    """Return what does not hold in a project, each in a sentence: words, codes, sources and the hierarchy."""
    texts = {s.id: s.text for s in project.sources}
    codes = {c.id: c for c in project.codes}
    wrong = Counter[str]()
    for c in project.codings:
        if c.source not in texts:
            wrong["codings of a text that is not there"] += 1
        elif not 0 <= c.start < c.end <= len(texts[c.source]) or texts[c.source][c.start : c.end] != c.quote:
            wrong["codings whose words are not where they say"] += 1
        if c.code not in codes:
            wrong["codings with a code that is not there"] += 1
    for name, ids in (("codes", [c.id for c in project.codes]), ("texts", [s.id for s in project.sources])):
        wrong[f"{name} with the id of another"] += len(ids) - len(set(ids))
    wrong["codes under a code that is not there"] += sum(
        bool(c.parent) and c.parent not in codes for c in project.codes
    )
    wrong["codes that are above themselves"] += sum(_in_a_circle(c, codes) for c in project.codes)
    return [f"{n} {what}" for what, n in sorted((+wrong).items())]


def refuse_project(project: QdaProject, file: str) -> QdaProject:
    """Return the project, or refuse it with all that does not hold."""
    wrong = check_project(project)
    if wrong:
        raise DataError(
            f"{file}: " + "; ".join(wrong),
            expected="codings whose words, codes and texts are all in the project",
            fix="export the project again; if it stays so, tell the maintainers which program wrote it",
        )
    return project


def _in_a_circle(code: QdaCode, codes: dict[str, QdaCode]) -> bool:
    return any(above.id == code.id for above in _above(code, codes))


def _above(code: QdaCode, codes: dict[str, QdaCode]) -> Iterator[QdaCode]:
    seen: set[str] = set()
    parent = code.parent
    while parent in codes and parent not in seen:
        seen.add(parent)
        yield codes[parent]
        parent = codes[parent].parent
