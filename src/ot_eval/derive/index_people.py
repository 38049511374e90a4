"""One row a person: the reablement episode a study of progress is about, who the person is, and their OT contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibis.expr.types import Table

from ot_eval.base.protocol import Protocol
from ot_eval.derive import cohort, days, exposure
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.follow_up import AGE_BANDS, band
from ot_eval.derive.joins import looked_up
from ot_eval.derive.materialise import frame, kept
from ot_eval.derive.people import deaths

if TYPE_CHECKING:
    import pandas as pd

PERSON = ("person_id",)
COLUMNS = (
    "person_id",
    "episode_id",
    "start_date",
    "end_date",
    "provider_id",
    "route",
    "age",
    "age_band",
    "sex",
    "dementia",
    "death_date",
    *(rule.column for rule in cohort.EPISODE_RULES),
)


def index_people(tables: StudyTables, protocol: Protocol) -> pd.DataFrame:
    """Return each person's index episode with the answers to the rules about episodes (`cohort.EPISODE_RULES`).

    Returns
    -------
    One row a person, the columns of `COLUMNS`: dates of the episode, its provider and route, age in years at its end,
    what is known of the person, the date of death, and one boolean a rule.
    """
    index = cohort.candidates(tables.episodes, tables.people, protocol, tables.data_end)
    index = index.drop(*[c for c in ("birth_date",) if c in index.columns])
    index = looked_up(index, deaths(tables.people, tables.events), PERSON)
    index = looked_up(index, tables.people.select("person_id", "sex", "dementia"), PERSON)
    shaped = index.mutate(
        start_date=days.as_date(index["start"]),
        end_date=days.as_date(index["zero"]),
        death_date=days.as_date(index["death"]),
        age_band=band(index["age"], AGE_BANDS, "85+"),
        sex=index["sex"].fill_null("unknown"),
        dementia=index["dementia"].fill_null("unknown"),
    )
    return frame(shaped.select(*COLUMNS), PERSON)


def contacts_of(tables: StudyTables, protocol: Protocol) -> tuple[pd.DataFrame | None, str]:
    """Return every OT contact (`person_id`, `date`), one row a person and day, and a sentence on their source."""
    found, used = exposure.ot_contacts(tables.contacts, tables.cld.events if tables.cld else None, protocol)
    if found is None:
        return None, exposure.describe(used)
    rows: Table = kept(found.distinct())
    dated = rows.mutate(date=days.as_date(rows["contact"])).select("person_id", "date")
    return frame(dated, ("person_id", "date")), exposure.describe(used)


def own_table(tables: StudyTables, name: str, order_by: tuple[str, ...]) -> pd.DataFrame | None:
    """Return a table of the study's own as a pandas frame in a stated order, or None where it was not given."""
    if name not in tables.own:
        return None
    return frame(tables.own[name], order_by)
