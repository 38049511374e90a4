"""What becomes of a record coded with an older codebook: one written rule for each renamed, split or merged code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ot_eval.base.protocol_part import Part

RECODE = "recode"


class Migration(Part):
    """One change between two versions.

    rename : `sources` has one code and `into` one. merge : several codes become one. split : one code becomes several;
    `old_records` names the one that all old records get, or `recode` sends them back to the coders. retire : the code
    is gone and its records go back to the coders.
    """

    before: Annotated[
        str, Field(pattern=r"^\d+(\.\d+)*$", description="Last version in which the old codes were used.")
    ]
    kind: Literal["rename", "merge", "split", "retire"]
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    into: tuple[str, ...] = ()
    old_records: str = ""
    why: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """Every code that this rule can lead to."""
        return self.into

    @model_validator(mode="after")
    def _possible(self) -> Migration:
        wanted = {"rename": (1, 1, 1, 1), "merge": (2, 99, 1, 1), "split": (1, 1, 2, 99), "retire": (1, 1, 0, 0)}
        low, high, low_into, high_into = wanted[self.kind]
        if not low <= len(self.sources) <= high or not low_into <= len(self.into) <= high_into:
            raise ValueError(f"a {self.kind} cannot go from {len(self.sources)} to {len(self.into)} codes")
        if self.kind == "split" and self.old_records not in (*self.into, RECODE):
            raise ValueError(f"a split states what old records become: {' or '.join((*self.into, RECODE))}")
        if self.kind != "split" and self.old_records:
            raise ValueError("only a split states old_records")
        return self

    def apply(self, codes: Iterable[str]) -> tuple[tuple[str, ...], bool]:
        """Return the codes after this rule, and whether the contact must be coded again by people."""
        kept, again = [], False
        for code in codes:
            if code not in self.sources:
                kept.append(code)
            elif self.kind == "retire" or self.old_records == RECODE:
                again = True
            else:
                kept.append(self.old_records or self.into[0])
        return tuple(dict.fromkeys(kept)), again


def as_numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 1.10 comes after 1.9."""
    return tuple(int(part) for part in version.split("."))


def migrated(codes: tuple[str, ...], version: str, migrations: tuple[Migration, ...]) -> tuple[tuple[str, ...], bool]:
    """Bring codes of an older version up to date.

    Parameters
    ----------
    codes : as recorded
    version : the codebook version they were recorded with
    migrations : the rules of the codebook in use, in order

    Returns
    -------
    tuple
        The codes now, and whether people must look again (a code was retired, or split without a rule for old records).

    Examples
    --------
    >>> rule = Migration(before="1.0", kind="merge", sources=("E6", "E7"), into=("E5",))
    >>> migrated(("E6", "E7", "A1"), "1.0", (rule,))
    (('E5', 'A1'), False)
    >>> migrated(("E6",), "1.1", (rule,))
    (('E6',), False)
    """
    again = False
    for rule in migrations:
        if as_numbers(version) <= as_numbers(rule.before):
            codes, more = rule.apply(codes)
            again = again or more
    return codes, again
