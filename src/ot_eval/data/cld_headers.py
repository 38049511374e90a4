"""Client Level Data headers: which column of a file holds which field, whatever the header style.

Three styles are in use: the specification's names with spaces, the same with underscores, and the national extracts'
names that end in `_Raw` or `_Cleaned` (a cleaned column wins). Names compare without regard to case and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ot_eval.base.errors import nearest

Kind = Literal["id", "list", "date", "number", "text", "unread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One CLD field: our name, the specification's names, what it holds, and whether a file is useless without it."""

    name: str
    headers: tuple[str, ...]
    kind: Kind
    essential: bool = False


def _field(name: str, *headers: str, kind: Kind, essential: bool = False) -> Field:
    return Field(name=name, headers=headers, kind=kind, essential=essential)


FIELDS: tuple[Field, ...] = (
    _field("la_code", "LA Code", kind="id"),
    _field("stated_start", "Reporting Period Start Date", kind="date"),
    _field("stated_end", "Reporting Period End Date", kind="date"),
    _field("nhs_number", "NHS Number", kind="id"),
    _field("la_person_id", "LA Person Unique Identifier", kind="id", essential=True),
    _field("sex", "Gender", "Sex", kind="list"),
    _field("ethnicity", "Ethnicity", kind="list"),
    _field("birth_date", "Date of Birth", kind="date"),
    _field("death_date", "Date of Death", kind="date"),
    _field("client_type", "Client Type", kind="list", essential=True),
    _field("primary_support_reason", "Primary Support Reason", kind="list"),
    _field("has_unpaid_carer", "Has Unpaid Carer", kind="list"),
    _field("dementia", "Dementia", kind="list"),
    _field("event_type", "Event Type", kind="list", essential=True),
    _field("start_date", "Event Start Date", kind="date", essential=True),
    _field("end_date", "Event End Date", kind="date", essential=True),
    _field("description", "Event Description", kind="text"),
    _field("outcome", "Event Outcome", kind="list"),
    _field("route", "Request: Route of Access", "Route of Access", kind="list"),
    _field("assessment_type", "Assessment Type", kind="list"),
    _field("service_type", "Service Type", kind="list", essential=True),
    _field("service_component", "Service Component", kind="list", essential=True),
    _field("delivery_mechanism", "Delivery Mechanism", kind="list"),
    _field("provider_id", "Provider CQC Location ID", "Provider CQC Location Code", kind="id"),
    _field("review_reason", "Review Reason", kind="list"),
    _field("unit_cost", "Unit Cost", kind="number"),
    _field("cost_frequency", "Cost Frequency (Unit Type)", "Cost Frequency", kind="list"),
    _field("planned_units", "Planned units per week", kind="number"),
)
"""The fields that are read, in submission order. Local ids, NHS numbers and stated periods stop at the reader."""

UNREAD: tuple[str, ...] = (
    "First Name",
    "Last Name",
    "GP Practice Name",
    "GP Practice Code",
    "Postcode",
    "Accommodation Status",
    "Employment Status",
    "Autism Spectrum Disorder (ASD)",
    "Visual Impairment",
    "Hearing Impairment",
    "Client Funding Status",
    "Event Reference",
    "Eligible Needs Identified",
    "Method of Assessment",
    "Total Hrs Caring per week",
    "No. of adults being cared for",
    "Adult 1 Linked Person_ID",
    "Adult 2 Linked Person_ID",
    "Adult 3 Linked Person_ID",
    "Provider CQC Location Name",
    "Review Outcomes Achieved",
    "Method of Review",
)
"""Fields of the specification that no analysis needs: they are compared to find rows given twice, and go no further."""

_NATIONAL = re.compile(r"(?:[ _](?:raw|cleaned))$", re.IGNORECASE)


def bare(header: str) -> str:
    """Return a header as it is compared: letters and digits in lower case.

    Examples
    --------
    >>> bare("Cost_Frequency_(Unit_Type)") == bare("Cost frequency (unit type)")
    True
    """
    return re.sub(r"[\W_]+", "", _NATIONAL.sub("", header.strip()).casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMatch:
    """Where each field lies in one file, and what is missing or unknown."""

    columns: dict[str, str]
    style: str
    missing: tuple[tuple[str, str], ...]  # essential fields (specification's name, nearest given name or "")
    absent: tuple[str, ...]  # optional fields that the file does not have
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]


def match_headers(given: Iterable[str]) -> HeaderMatch:
    """Find the fields among a file's column names.

    Examples
    --------
    >>> match_headers(["LA_Person_Unique_Identifier", "Event Typ"]).missing[1]
    ('Event Type', "Did you mean 'Event Typ'?")
    """
    names = list(given)
    by_bare: dict[str, list[str]] = {}
    for name in names:
        by_bare.setdefault(bare(name), []).append(name)
    known = {bare(h): f for f in FIELDS for h in f.headers}
    columns: dict[str, str] = {}
    repeated: list[str] = []
    for key, here in by_bare.items():
        if key in known:
            chosen = [n for n in here if n.strip().casefold().endswith("cleaned")] or here
            field = known[key]
            if len(chosen) > 1 or field.name in columns:
                repeated.append(field.headers[0])
            columns[field.name] = chosen[0]
    unread = {bare(h) for h in UNREAD}
    unknown = [n for key, here in by_bare.items() if key not in known and key not in unread for n in here]
    missing = [f for f in FIELDS if f.essential and f.name not in columns]
    return HeaderMatch(
        columns=columns,
        style=_style(names),
        missing=tuple((f.headers[0], nearest(f.headers[0], unknown).strip()) for f in missing),
        absent=tuple(f.name for f in FIELDS if not f.essential and f.name not in columns),
        unknown=tuple(unknown),
        repeated=tuple(repeated),
    )


def _style(names: list[str]) -> str:
    if any(_NATIONAL.search(n) or n.casefold().startswith("der_") for n in names):
        return "national"
    joined = sum(" " not in n.strip() and "_" in n for n in names)
    return "underscores" if joined > len(names) / 2 else "spaces"
