"""One row per person: birth, death and the characteristics that adjust an analysis (rules 3, 6 and 26)."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.joins import first_by

CHARACTERISTICS = ("sex", "ethnicity", "primary_support_reason", "dementia", "has_unpaid_carer")
UNKNOWN_WORDS = ("unknown", "invalid and not mapped", "no data: undeclared or not known", "no data: refused")
MID_MONTH = 15
COLUMNS = (
    "person_id",
    "birth_date",
    "sex",
    "ethnicity",
    "primary_support_reason",
    "lives_with_carer",
    "dementia",
    "imd_quintile",
    "death_date",
)


def _newest(rows: Table, column: str) -> Any:
    """Return the known value of the newest file: the largest of file number and value, read back as the value."""
    value = rows[column].cast("string")
    known = value.notnull() & ~value.isin(UNKNOWN_WORDS)
    stamped = rows["file_no"].cast("string").lpad(6, "0") + value
    return stamped.max(where=known).substr(6)


def from_cld(rows: Table) -> Table:
    """Return `people` from `cld_rows`: for each characteristic the newest file's value, known beating unknown.

    Returns
    -------
    One row a person with the columns of `COLUMNS`; `imd_quintile` is never known from CLD.
    """
    wide = rows.group_by("person_id").aggregate(
        birth_date=_newest(rows, "birth_date"),
        death_date=_newest(rows, "death_date"),
        **{c: _newest(rows, c) for c in CHARACTERISTICS},
    )
    return wide.select(
        "person_id",
        "sex",
        "ethnicity",
        "primary_support_reason",
        "dementia",
        birth_date=wide["birth_date"].cast("date"),
        lives_with_carer=wide["has_unpaid_carer"],
        imd_quintile=ibis.null("int64"),
        death_date=wide["death_date"].cast("date"),
    ).select(*COLUMNS)


def from_own(people: Table) -> Table:
    """Return the study's own `people` with the columns of `COLUMNS`; a month of birth becomes its 15th day."""
    kinds = {"imd_quintile": "int64", "death_date": "date"}

    def column(name: str) -> Any:
        kind = kinds.get(name, "string")
        return people[name].cast(kind) if name in people.columns else ibis.null(kind)

    birth = ibis.null("date")
    if "birth_month" in people.columns:
        month = people["birth_month"].cast("string")
        birth = ibis.date(month.substr(0, 4).cast("int64"), month.substr(5, 2).cast("int64"), MID_MONTH)
    own = {name: column(name) for name in COLUMNS if name not in ("person_id", "birth_date")}
    return people.select("person_id", birth_date=birth, **own).select(*COLUMNS)


def own_over_cld(own: Table, cld: Table) -> Table:
    """Join the study's own `people` with what CLD implies: a value of its own wins, CLD fills what it leaves open."""
    both = own.outer_join(cld, "person_id")
    values = {c: ibis.coalesce(both[c], both[f"{c}_right"]) for c in COLUMNS}
    return both.select(**values)


def deaths(people: Table, events: Table | None) -> Table:
    """Return one row per person who died: `person_id`, `death` (day number).

    The date of death in `people` wins; else the `death` row of `events` (the first, where there are several).
    """
    known = people.filter(people["death_date"].notnull())
    found = known.select("person_id", death=days.number(known["death_date"]), _source=ibis.literal(0, "int64"))
    if events is not None:
        rows = events.filter(events["kind"] == "death")
        own = rows.select("person_id", death=days.number(rows["date"]), _source=ibis.literal(1, "int64"))
        found = ibis.union(found, own)
    return first_by(found, ("person_id",), [found["_source"], found["death"]]).drop("_source")
