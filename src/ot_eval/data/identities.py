"""Ids of people in the study's own tables become pseudonyms, through the crosswalk of Client Level Data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ot_eval.data.persons import Persons
from ot_eval.data.problems import ProblemList
from ot_eval.data.pseudonyms import pseudonyms
from ot_eval.data.schema import table as declared

PEOPLE_COLUMNS = {"person_id": "person", "carer_id": "carer", "rater_id": "rater"}
"""Identifiers that become pseudonyms, and the kind that each names."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a problem was found."""

    file: str
    table: str
    column: str


def with_pseudonyms(
    checked: dict[str, tuple[str, pa.Table]], persons: Persons | None, key: bytes, problems: ProblemList
) -> dict[str, pa.Table]:
    """Replace ids of people by pseudonyms, through the same crosswalk as Client Level Data.

    Parameters
    ----------
    checked : file name and typed table, by the table's declared name
    persons : the crosswalk; None where the study has no Client Level Data
    key : the pseudonym key
    problems : where ids that Client Level Data do not know, or that name two people, are added
    """
    resolved: dict[str, pa.Table] = {}
    for name, (file, table) in checked.items():
        for column, kind in PEOPLE_COLUMNS.items():
            if column in table.column_names:
                coded = pc.dictionary_encode(table.column(column).combine_chunks())
                ids = coded.dictionary.to_pylist()
                known = persons if kind == "person" else None
                if known is not None:
                    _report_ids(ids, known, _Place(file, name, column), problems)
                names = named(ids, known, key, kind)
                replaced = pc.take(pa.array(names, pa.string()), coded.indices)
                table = table.set_column(table.column_names.index(column), column, replaced)  # noqa: PLW2901
        resolved[name] = table
    return resolved


def named(ids: Sequence[str], persons: Persons | None, key: bytes, kind: str = "person") -> list[str]:
    """Return the pseudonym of each id, through the crosswalk where Client Level Data know the id."""
    own = pseudonyms(ids, key, kind=kind)
    return [persons.resolved.get(i, o) for i, o in zip(ids, own, strict=True)] if persons else own


def _report_ids(ids: list[str], known: Persons, place: _Place, problems: ProblemList) -> None:
    """Report ids that Client Level Data do not know, that name two people, or of which two name one person.

    The last matters only in a table of people, where it would count the person twice.
    """
    one_row_each = declared(place.table).key == ("person_id",)
    people: dict[str, str] = {}
    again = [i for i in ids if people.setdefault(known.resolved.get(i, i), i) != i]
    reports = (
        ("person not in Client Level Data", False, [i for i in ids if i not in known.resolved]),
        ("one id, two councils", True, [i for i in ids if i in known.ambiguous]),
        ("one person, two rows", True, again if one_row_each else []),
    )
    for rule, refused, found in reports:
        problems.add(
            place.file,
            rule,
            "refused" if refused else "noted",
            table=place.table,
            column=place.column,
            count=len(found),
            rows=[(None, i) for i in found],
        )
