"""What each person used a day, from time zero to the horizon: home care, care home, occupational therapy.

Planned hours of home care stand for hours given, as everywhere in the toolkit. A package without hours cannot be
counted; how many people have one is returned, so that a study can refuse or say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.materialise import frame
from ot_eval.derive.spells import handed_over

if TYPE_CHECKING:
    import pandas as pd

HOME_CARE, CARE_HOME, OT, ADMISSION = "home_care_hour", "care_home_day", "ot_hour", "hospital_admission"
LINE = ("la_code", "person_id", "line")
ORDER = ("person_id", "service", "first_day", "last_day", "per_day")
WEEK = 7
MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesUsed:
    """`spells`: person_id, service, first_day, last_day (days since time zero, both used), per_day; amounts add up.

    `without_hours` lists people with a home-care line in the time studied that has no hours; `contacts` says whether
    contacts with minutes were there to count.
    """

    spells: pd.DataFrame
    without_hours: frozenset[str]
    contacts: bool


def use_of_services(tables: StudyTables, people: pd.DataFrame, horizon: int) -> ServicesUsed:
    """Return daily use of the people studied.

    Parameters
    ----------
    tables : the study's tables
    people : `person_id`, `time_zero`
    horizon : days; what lies outside day 0 to `horizon` - 1 is cut off
    """
    import pandas as pd

    zero = people[["person_id", "time_zero"]].assign(time_zero=pd.to_datetime(people["time_zero"]).dt.date)
    who = ibis.memtable(zero, schema={"person_id": "string", "time_zero": "date"})
    who = who.select("person_id", zero=days.number(who["time_zero"]))
    care = _lines(tables.packages, who, horizon, ("home_care",), hand_over=True)
    home = _lines(tables.packages, who, horizon, ("residential", "nursing"), hand_over=False)
    lines = frame(care.select("person_id", "first_day", "last_day", "hours"), ("person_id", "first_day", "last_day"))
    blind = lines["hours"].isna()
    parts = [
        lines[~blind].assign(service=HOME_CARE, per_day=lines["hours"] / WEEK),
        _merged(frame(home.select("person_id", "first_day", "last_day"), ("person_id", "first_day", "last_day"))),
    ]
    found = _contacts(tables, who, horizon)
    if found is not None:
        parts.append(found)
    parts.append(_admissions(tables, who, horizon))
    spells = pd.concat([p[list(ORDER)] for p in parts if len(p)] or [pd.DataFrame(columns=list(ORDER))])
    return ServicesUsed(
        spells=spells.sort_values(list(ORDER), ignore_index=True),
        without_hours=frozenset(lines.loc[blind, "person_id"]),
        contacts=found is not None,
    )


def _lines(packages: Table, who: Table, horizon: int, services: tuple[str, ...], *, hand_over: bool) -> Table:
    """Return lines of some services of the people studied, in days since time zero, cut to the time studied."""
    own = packages.filter(packages["service"].isin(services))
    own = own.select(
        *LINE,
        "provider_id",
        "repriced",
        hours=own["hours_per_week"],
        first_day=days.number(own["start_date"]),
        last_day=days.number_or_far(own["end_date"]),
    )
    lines = who.inner_join(own, "person_id")
    if hand_over:
        lines = handed_over(lines, LINE)
    lines = lines.mutate(first_day=lines["first_day"] - lines["zero"], last_day=lines["last_day"] - lines["zero"])
    inside = (lines["last_day"] >= 0) & (lines["first_day"] < horizon) & (lines["last_day"] >= lines["first_day"])
    lines = lines.filter(inside)
    return lines.mutate(
        first_day=ibis.greatest(lines["first_day"], 0), last_day=ibis.least(lines["last_day"], horizon - 1)
    )


def _merged(stays: pd.DataFrame) -> pd.DataFrame:
    """Return days in a care home, each once: stays that overlap or follow each other become one."""
    import pandas as pd

    made: list[tuple[str, int, int]] = []
    for person, first, last in stays[["person_id", "first_day", "last_day"]].itertuples(index=False):
        if made and made[-1][0] == person and first <= made[-1][2] + 1:
            made[-1] = (person, made[-1][1], max(made[-1][2], int(last)))
        else:
            made.append((person, int(first), int(last)))
    rows = pd.DataFrame(made, columns=["person_id", "first_day", "last_day"])
    return rows.assign(service=CARE_HOME, per_day=1.0)


def _contacts(tables: StudyTables, who: Table, horizon: int) -> pd.DataFrame | None:
    """Return hours of occupational therapy on the day of each contact; None where no minutes are recorded."""
    given = tables.contacts
    if given is None or "minutes" not in given.columns:
        return None
    own = given.filter(given["minutes"].notnull()).select(
        "person_id", "staff_role", minutes=given["minutes"].cast("float64"), on=days.number(given["date"])
    )
    own = own.filter(own["staff_role"].isin(("occupational_therapist", "ot_assistant")))
    placed = who.inner_join(own, "person_id")
    placed = placed.mutate(first_day=placed["on"] - placed["zero"])
    placed = placed.filter((placed["first_day"] >= 0) & (placed["first_day"] < horizon))
    rows = frame(placed.select("person_id", "first_day", "minutes"), ("person_id", "first_day", "minutes"))
    return rows.assign(service=OT, last_day=rows["first_day"], per_day=rows["minutes"] / MINUTES)


def _admissions(tables: StudyTables, who: Table, horizon: int) -> pd.DataFrame:
    """Return admissions to hospital, one a person and day."""
    found = tables.events.filter(tables.events["kind"] == "hospital_admission")
    placed = who.inner_join(found.select("person_id", on=days.number(found["date"])).distinct(), "person_id")
    placed = placed.mutate(first_day=placed["on"] - placed["zero"])
    placed = placed.filter((placed["first_day"] >= 0) & (placed["first_day"] < horizon))
    rows = frame(placed.select("person_id", "first_day"), ("person_id", "first_day"))
    return rows.assign(service=ADMISSION, last_day=rows["first_day"], per_day=1.0)
