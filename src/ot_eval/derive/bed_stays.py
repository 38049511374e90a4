"""Stays in reablement beds in care homes: one row a stay, what happened during it, and what was seen after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import DAYS_A_YEAR
from ot_eval.derive.joins import looked_up
from ot_eval.derive.materialise import frame, kept
from ot_eval.derive.people import deaths

if TYPE_CHECKING:
    import pandas as pd

PERSON = ("person_id",)
OF_THE_EPISODE = {
    "provider_id": "string",
    "end_date": "date",
    "admitted_at": "timestamp",
    "assessed_at": "timestamp",
    "destination": "string",
    "planned_hours_per_week": "float64",
    "planned_on": "date",
    "planned_by": "string",
    "onward_referrals": "string",
}
"""Columns of `episodes` that a stay carries, and their types; what a source lacks is missing throughout."""


def _stays(tables: StudyTables) -> Table:
    """Return the care-home episodes: the study's own table where it has one, else what Client Level Data imply."""
    episodes = tables.own.get("episodes", tables.episodes)
    columns = {
        name: episodes[name].cast(kind) if name in episodes.columns else ibis.null(kind)
        for name, kind in OF_THE_EPISODE.items()
    }
    return episodes.filter(episodes["setting"] == "care_home").select(
        "episode_id", "person_id", "start_date", **columns
    )


def bed_stays(tables: StudyTables) -> pd.DataFrame:
    """Return every stay in the data.

    Returns
    -------
    One row a stay: `episode_id`, `person_id`, `start_date`, the columns of `OF_THE_EPISODE`, `age` in years on
    admission (missing where no birth date is known) and `death_date`.
    """
    table = looked_up(_stays(tables), tables.people.select("person_id", "birth_date"), PERSON)
    table = looked_up(table, deaths(tables.people, tables.events), PERSON)
    shaped = table.mutate(
        age=(days.number(table["start_date"]) - days.number(table["birth_date"])) / DAYS_A_YEAR,
        death_date=days.as_date(table["death"]),
    )
    return frame(shaped.drop("birth_date", "death"), ("start_date", "person_id", "episode_id"))


def events_of(tables: StudyTables, kinds: tuple[str, ...]) -> pd.DataFrame:
    """Return dated events of these kinds of the people who had a stay: `person_id`, `date`, `kind`."""
    people = _stays(tables).select("person_id").distinct()
    wanted = tables.events.filter(tables.events["kind"].isin(kinds)).semi_join(people, "person_id")
    return frame(wanted.select("person_id", "date", "kind").distinct(), ("person_id", "date", "kind"))


def hours_after(tables: StudyTables, after: int) -> pd.DataFrame:
    """Return the planned home-care hours a week on the day `after` days after each stay ended.

    Returns
    -------
    `episode_id`, `hours`: the sum over lines active on that day; stays without a line, or still open, are not listed.
    """
    care = tables.packages.filter(tables.packages["service"] == "home_care")
    lines = care.select(
        "person_id",
        "hours_per_week",
        _start=days.number(care["start_date"]),
        _end=days.number_or_far(care["end_date"]),
    )
    stays = _stays(tables)
    ended = stays.filter(stays["end_date"].notnull())
    pairs: Any = ended.select("episode_id", "person_id", _day=days.number(ended["end_date"]) + after)
    pairs = kept(pairs.inner_join(lines, "person_id"))
    active = pairs.filter((pairs["_start"] <= pairs["_day"]) & (pairs["_end"] >= pairs["_day"]))
    return frame(active.group_by("episode_id").aggregate(hours=active["hours_per_week"].sum()), ("episode_id",))
