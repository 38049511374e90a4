"""The published ASCOF figures of 2024-25, and a council's own figure beside them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Literal

from ot_eval.base.errors import RequestError, nearest
from ot_eval.derive.ascof import Ascof2a

FILE = "ascof_2024_25_2A_2D_by_council.csv"
SOURCE = (
    "DHSC, Measures from the Adult Social Care Outcomes Framework, England 2024-25 (December 2025). Contains public "
    "sector information licensed under the Open Government Licence v3.0 (Department of Health and Social Care)."
)
MARKERS = {"[c]": "suppressed", "[x]": "not available", "[z]": "not applicable"}
YEAR_END = {"2024-25": date(2025, 3, 31)}
Number = int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published line. A number is a number, or the meaning of its marker ('suppressed', ...)."""

    measure: str
    la_code: str
    area: str
    ons_code: str
    numerator: Number
    denominator: Number
    percent: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A council's own 2A beside the published one.

    `difference` is in percentage points, own minus published; None where either has no number. `same_year` is false
    when the 12 months differ, and the two figures then answer different questions.
    """

    published: Published
    numerator: int
    denominator: int
    percent: float | None
    difference: float | None
    same_year: bool


def _number(text: str) -> Number:
    """Return the number in a cell, or the meaning of the marker that stands for it.

    Examples
    --------
    >>> _number("81.7"), _number("3682"), _number("[c]")
    (81.7, 3682, 'suppressed')
    """
    if text in MARKERS:
        return MARKERS[text]
    return int(text) if text.isdigit() else float(text)


def published(measure: Literal["2A", "2D(1)", "2D(2)"] = "2A") -> tuple[Published, ...]:
    """Return the published lines of one measure: England, regions, council types and councils."""
    text = files("ot_eval.data").joinpath("reference", FILE).read_text(encoding="utf-8")
    return tuple(
        Published(
            measure=row["measure"],
            la_code=row["la_code"],
            area=row["area"],
            ons_code=row["ons_code"],
            numerator=_number(row["numerator"]),
            denominator=_number(row["denominator"]),
            percent=_number(row["outcome_pct"]),
        )
        for row in csv.DictReader(text.splitlines())
        if row["measure"] == measure
    )


def find(council: str, measure: Literal["2A", "2D(1)", "2D(2)"] = "2A") -> Published:
    """Return the published line of a council by its name or code, as published (capitals do not matter).

    Raises
    ------
    RequestError
        when no line has that name or code
    """
    lines = published(measure)
    wanted = council.strip().lower()
    for line in lines:
        if wanted in (line.area.lower(), line.la_code.lower(), line.ons_code.lower()):
            return line
    raise RequestError(
        f"ascof_2a.compare_council: no published figure for '{council}'.{nearest(council, [x.area for x in lines])}",
        expected="a council's name or code as DHSC published it",
        fix="correct compare_council in the protocol, or leave it out",
    )


def compare(own: Ascof2a, council: str, year: str = "2024-25") -> Comparison:
    """Put a council's own 2A beside the published figure.

    Parameters
    ----------
    own : the measure from the council's files
    council : name or code as published
    year : financial year of the publication
    """
    line = find(council)
    mine = [c for c in own.councils if c.la_code == line.la_code]
    chosen = mine or (list(own.councils) if len(own.councils) == 1 else [])
    if not chosen:
        raise RequestError(
            f"ascof_2a.compare_council: the data hold no council with the code {line.la_code}",
            expected="the council whose files these are",
            fix="correct compare_council in the protocol, or leave it out",
        )
    percent = chosen[0].percent
    gap = percent - line.percent if percent is not None and not isinstance(line.percent, str) else None
    return Comparison(
        published=line,
        numerator=chosen[0].numerator,
        denominator=chosen[0].denominator,
        percent=percent,
        difference=gap,
        same_year=own.year_end == YEAR_END[year],
    )
