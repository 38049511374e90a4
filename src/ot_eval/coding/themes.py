"""The codebook of interviews: codes under codes, each defined, and the topics of the guide that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol_part import Part
from ot_eval.base.shipped import shipped
from ot_eval.coding.book_file import read_book

Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Facet = Literal["experience", "attitude", "belief", "view", "context"]
FILE = "codebook_experience.yaml"
_MOST_LISTED = 20


class Theme(Part):
    """One code, and those below it. One that is not codable only holds others together."""

    code: Label
    label: Annotated[str, Field(min_length=3)]
    definition: Annotated[str, Field(min_length=10)]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    facet: Facet | None = None
    codable: bool = True
    codes: tuple[Theme, ...] = ()

    def all(self) -> Iterator[Theme]:
        """Yield this code and every one below it, each before those below it."""
        yield self
        for below in self.codes:
            yield from below.all()


class ThemeBook(Part):
    """A versioned hierarchy of codes. Read one with `load`.

    `topics` are those of the interview guide, by their names there: a code without a topic comes from what people said
    unasked.
    """

    name: str
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]
    status: str
    language: str = "en-GB"
    topics: dict[str, str] = Field(default_factory=dict)
    codes: Annotated[tuple[Theme, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> ThemeBook:
        names = [c.code for c in self.all()]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"given twice: {', '.join(twice)}")
        labels = [c.label.casefold() for c in self.all()]
        alike = sorted({x for x in labels if labels.count(x) > 1})
        if alike:
            raise ValueError(f"two codes are called: {', '.join(alike)}")
        unasked = sorted({t for c in self.all() for t in c.topics} - set(self.topics))
        if unasked:
            raise ValueError(f"no topic of the guide: {', '.join(unasked)}")
        if not any(c.codable for c in self.all()):
            raise ValueError("no code is codable")
        return self

    def all(self) -> Iterator[Theme]:
        """Yield every code, each before those below it."""
        for code in self.codes:
            yield from code.all()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The codes that may be given to words, in the codebook's order."""
        return tuple(c.code for c in self.all() if c.codable)

    @cached_property
    def parents(self) -> dict[str, str]:
        """The code above each code; empty at the top."""
        found = {c.code: "" for c in self.codes}
        for code in self.all():
            found |= {below.code: code.code for below in code.codes}
        return found

    def of(self, code: str) -> Theme:
        """Return a code by its name."""
        return next(c for c in self.all() if c.code == code)

    def path(self, code: str) -> tuple[str, ...]:
        """Return the labels from the top down to a code."""
        path: list[str] = []
        while code:
            path.append(self.of(code).label)
            code = self.parents[code]
        return tuple(reversed(path))

    def parse(self, text: str) -> str | None:
        """Return the codable code that a person wrote, by name or label, or None where there is none such.

        Examples
        --------
        >>> book = load(default_path())
        >>> book.parse(" Being listened to "), book.parse("listened"), book.parse("nonsense")
        ('listened', 'listened', None)
        """
        word = " ".join(text.split()).casefold()
        for code in self.all():
            if code.codable and word in (code.code, code.label.casefold()):
                return code.code
        return None


def default_path() -> Path:
    """Return the file of the codebook that comes with the toolkit."""
    return shipped("protocols") / FILE


def load(path: Path) -> ThemeBook:
    """Read and check a codebook of interviews.

    Raises
    ------
    RequestError
        The file is missing, is not YAML, or breaks rules; every problem with its line, at once.
    """
    if not path.is_file():
        raise _refusal(path, ["no such file"])
    return read_book(
        path, ThemeBook, Theme, called="a codebook of interviews", refusal=lambda said: _refusal(path, said)
    )


def _refusal(path: Path, said: list[str]) -> RequestError:
    return RequestError(
        f"codebook {path.name}: " + "\n          ".join(said[:_MOST_LISTED]),
        expected="name, version, status and codes; each code with code, label and definition, and codes below it under "
        "codes",
        fix=f"correct what is named above; protocols/{FILE} is a complete example",
    )
