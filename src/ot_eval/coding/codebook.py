"""The codebook: which interventions there are, what each means, and how an older coding becomes a newer one."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from ot_eval.base.errors import RequestError, nearest
from ot_eval.base.protocol_part import Part
from ot_eval.base.shipped import shipped
from ot_eval.coding.book_file import read_book
from ot_eval.coding.migrate import Migration

NOT_OT = "not_ot"
CANNOT_TELL = "cannot_tell"
NO_CODE = {NOT_OT: "not OT, or nothing done that counts", CANNOT_TELL: "cannot tell from the note"}
"""The two answers that are not a code; a contact carries one of them alone or codes, never both."""

Label = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,7}$")]
Words = Annotated[tuple[str, ...], Field(min_length=1)]


class Code(Part):
    """One intervention: what it is, what is and is not an example, and its anchors in other systems."""

    code: Label
    label: Annotated[str, Field(min_length=3)]
    definition: Annotated[str, Field(min_length=10)]
    include: Words
    exclude: Words
    icf: Words
    approach: Words
    usual_provider: Words
    snomed: str = ""
    ichi: str = ""
    phrases: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The letter of the code's family."""
        return self.code[0]


class Codebook(Part):
    """A versioned list of codes in families. Read one with `load`."""

    name: str
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]
    status: str
    language: str = "en-GB"
    families: Annotated[dict[str, str], Field(min_length=1)]
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    migrations: tuple[Migration, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Codebook:
        names = [c.code for c in self.codes]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"given twice: {', '.join(twice)}")
        homeless = sorted({c.code for c in self.codes if c.family not in self.families})
        if homeless:
            raise ValueError(f"no family for: {', '.join(homeless)}")
        end = {target for m in self.migrations for target in m.targets}
        gone = {source for m in self.migrations for source in m.sources}
        lost = sorted(end - gone - set(names))
        if lost:
            raise ValueError(f"a migration leads to a code that does not exist: {', '.join(lost)}")
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The codes, in the codebook's order."""
        return tuple(c.code for c in self.codes)

    def label(self, code: str) -> str:
        """Return the label of `code`, or of one of the two answers that are not a code."""
        return NO_CODE[code] if code in NO_CODE else next(c.label for c in self.codes if c.code == code)

    def parse(self, text: str) -> str | None:
        """Return the code that a person wrote, or None where there is none such.

        Case, spaces and a label after the code do not matter.

        Examples
        --------
        >>> book = load(default_path())
        >>> book.parse(" d1 - small equipment"), book.parse("not OT"), book.parse("Z9")
        ('D1', 'not_ot', None)
        """
        word = " ".join(text.split()).casefold()
        for answer, said in NO_CODE.items():
            if word in (answer, answer.replace("_", " "), said.casefold()):
                return answer
        first = word.replace("-", " ").replace(":", " ").split(" ")[0]
        return next((n for n in self.names if first == n.casefold()), None)

    def unknown(self, text: str) -> str:
        """Return what to say about a code that this codebook lacks."""
        return f"'{text[:20]}' is not a code of codebook {self.name} {self.version}.{nearest(text, self.names)}"


def default_path() -> Path:
    """Return the file of the codebook that comes with the toolkit."""
    return shipped("protocols") / "codebook_ot.yaml"


def load(path: Path) -> Codebook:
    """Read and check a codebook.

    Parameters
    ----------
    path : the YAML file

    Raises
    ------
    RequestError
        The file is missing, is not YAML, or breaks a rule; each problem names its line.
    """
    if not path.is_file():
        raise RequestError(
            f"codebook {path.name}: no such file",
            expected="a codebook, a YAML file such as protocols/codebook_ot.yaml",
            fix="check coding.codebook in the protocol, or leave it out to use the shipped codebook",
        )
    return read_book(path, Codebook, Code, called="a codebook", refusal=lambda said: _refusal(path, said))


def _refusal(path: Path, said: list[str]) -> RequestError:
    return RequestError(
        f"codebook {path.name}: " + "\n          ".join(said),
        expected="name, version, status, families and codes, each code with label, definition, include and exclude "
        "examples, icf, approach and usual_provider",
        fix="correct the lines named above; protocols/codebook_ot.yaml is a complete example",
    )
