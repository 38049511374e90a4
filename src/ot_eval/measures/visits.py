"""What must be known about visits before change is read from them: profiles, deaths, contacts before a visit."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ot_eval.measures import eq5d_profile
from ot_eval.measures.pairs import Pairs

BASELINE = "baseline"


def among(pairs: Pairs, flag: pd.Series, population: str) -> Pairs:
    """Return the pairs of the people for whom `flag` (indexed by person_id) is true, under that population's name."""
    inside = pairs.frame["person_id"].map(flag).eq(True)
    return replace(pairs, frame=pairs.frame[inside].reset_index(drop=True), population=population)


def profiles_at(scored: pd.DataFrame, pairs: Pairs, time: str) -> pd.Series:
    """Return the EQ-5D profile of each person of `pairs` at a timepoint, in their order."""
    rows = scored[scored["timepoint"] == time].set_index("person_id").reindex(pairs.frame["person_id"])
    return eq5d_profile.profile(rows).reset_index(drop=True)


def died_before(scored: pd.DataFrame, death: pd.Series, time: str) -> pd.Series:
    """Return, by person, whether death came before the day an assessment was due.

    The due day is the median number of days from the first assessment to this one, among those who have both.
    """
    days = scored.pivot(index="person_id", columns="timepoint", values="date").apply(pd.to_datetime)
    due = (days[time] - days[BASELINE]).median()
    died = pd.to_datetime(death.reindex(days.index))
    before: pd.Series[bool] = died.notna() & (died < days[BASELINE] + due)
    return before


def seen_by(scored: pd.DataFrame, contacts: pd.DataFrame, start: pd.Series, time: str) -> pd.Series:
    """Return, by person, whether a contact lies between the start of reablement and the assessment at `time`."""
    day = pd.to_datetime(scored[scored["timepoint"] == time].set_index("person_id")["date"])
    began = pd.to_datetime(start.reindex(day.index))
    own = contacts[contacts["person_id"].isin(day.index)]
    when = pd.to_datetime(own["date"])
    inside = (when >= own["person_id"].map(began)) & (when <= own["person_id"].map(day))
    return pd.Series(day.index.isin(own.loc[inside, "person_id"]), index=day.index)
