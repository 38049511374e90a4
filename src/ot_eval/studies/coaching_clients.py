"""Outcomes of the people served: package, goals, EQ-5D, Barthel, and time to a larger package."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.index_people import own_table
from ot_eval.derive.materialise import frame
from ot_eval.measures import assessments, registry, scoring
from ot_eval.measures.instrument import Instrument
from ot_eval.studies.coaching_outcomes import Outcome

KEPT = ["person_id", "provider", "arm", "period", "stratum", "client", "age_band", "sex", "dementia"]
FOLLOW_UP, BEFORE = "follow_up", ("end", "baseline")
MBI, EQ5D = "mbi", "eq5d5l"


def client_rows(
    outcome: Outcome, tables: StudyTables, protocol: Protocol, people: pd.DataFrame, packages: pd.DataFrame
) -> pd.DataFrame:
    """Return everyone in whom the outcome was possible; `outcome` is empty where it was not seen.

    People who died or moved to a care home before the outcome day have no outcome and are not imputed; people whose
    outcome day lies after the end of the data are not due yet.
    """
    people = people[people["counts"]]
    if outcome.kind == "time":
        return people[[*KEPT, "entry_day", "exit_day", "event"]].copy()
    due = _due(people, tables, protocol)
    if outcome.key == "package_change":
        return _package_change(due, packages, protocol)
    if outcome.key == "goals_met":
        return _goals(due, tables)
    return _scored(outcome, due, tables, protocol)


def _due(people: pd.DataFrame, tables: StudyTables, protocol: Protocol) -> pd.DataFrame:
    day = people["time_zero"] + pd.Timedelta(days=protocol.trial.outcome_days)
    moved = tables.events.filter(tables.events["kind"] == "care_home_admission").select("person_id", "date")
    first = frame(moved, ("person_id", "date")).groupby("person_id")["date"].min()
    home = pd.to_datetime(people["person_id"].map(first))
    death = pd.to_datetime(people["death_date"])
    there = (day <= pd.Timestamp(tables.data_end)) & ~(death <= day) & ~(home <= day)
    return people.assign(day=day)[there]


def _package_change(due: pd.DataFrame, packages: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    if packages["hours_per_week"].isna().all():
        raise AnalysisRefused(
            "packages.hours_per_week: no hours are recorded",
            expected="planned hours a week",
            fix="take package_change out of trial.outcomes; time_to_increase can use cost (increase.unit)",
        )
    lines = packages.merge(due[["person_id", "day"]], on="person_id")
    start, end = pd.to_datetime(lines["start_date"]), pd.to_datetime(lines["end_date"])
    active = lines[(start <= lines["day"]) & (end.isna() | (end >= lines["day"]))]
    unknown = active.loc[active["hours_per_week"].isna(), "person_id"]
    hours = due["person_id"].map(active.groupby("person_id")["hours_per_week"].sum()).fillna(0.0)
    hours = hours.mask(due["person_id"].isin(unknown))
    out = due[KEPT].assign(outcome=hours - due["baseline_hours"], start=due["baseline_hours"])
    if protocol.trial.design == "before_after":
        return out.drop(columns="start")
    return out


def _goals(due: pd.DataFrame, tables: StudyTables) -> pd.DataFrame:
    goals = own_table(tables, "goals", ("person_id", "goal_id", "timepoint"))
    _need(goals, "goals", "goals_met")
    assert goals is not None  # noqa: S101
    _need(goals if "level" in goals else None, "goals.level", "goals_met")
    rated = goals[(goals["timepoint"] == FOLLOW_UP) & goals["level"].notna()]
    met = (rated["level"] >= 0).groupby(rated["person_id"]).mean() * 100
    return _with_outcome(due, met, None, "goals at follow_up")


def _scored(outcome: Outcome, due: pd.DataFrame, tables: StudyTables, protocol: Protocol) -> pd.DataFrame:
    scores = own_table(tables, "scores", ("person_id", "instrument", "timepoint", "date", "item"))
    _need(scores, "scores", outcome.key)
    assert scores is not None  # noqa: S101
    known = registry.instruments(protocol.progress.value_sets)
    instrument = known[EQ5D if outcome.key == "eq5d" else MBI]
    name = "total" if outcome.key == "mbarthel" else _index(instrument)
    rows = scores[scores["person_id"].isin(due["person_id"])].reset_index(drop=True)
    if protocol.progress.faulty_assessments == "set_aside":
        for _ in range(2):
            rows = assessments.without(rows, assessments.faults(rows, instrument))
    if not (rows["instrument"] == instrument.name).any():
        _need(None, f"scores of {instrument.name}", outcome.key)
    wide = scoring.by_person(scoring.score(rows, instrument), name)
    wide = wide.reindex(columns=[*BEFORE, FOLLOW_UP])
    return _with_outcome(
        due, wide[FOLLOW_UP], wide[BEFORE[0]].fillna(wide[BEFORE[1]]), f"{instrument.name} at follow_up"
    )


def _index(instrument: Instrument) -> str:
    found = [s.name for s in instrument.scores if s.name.startswith("index_")]
    if not found:
        raise AnalysisRefused(
            "eq5d: progress.value_sets names no value set of EQ-5D-5L",
            expected="one value set, by its full name",
            fix="name it first in progress.value_sets",
        )
    return found[0]


def _with_outcome(due: pd.DataFrame, after: pd.Series, before: pd.Series | None, what: str) -> pd.DataFrame:
    out = due[KEPT].assign(outcome=due["person_id"].map(after))
    if out["outcome"].isna().all():
        _need(None, what, "this outcome")
    if before is not None:
        out["start"] = due["person_id"].map(before)
    return out


def _need(table: object, what: str, outcome: str) -> None:
    if table is None:
        raise AnalysisRefused(
            f"{outcome}: there are no {what}",
            expected=f"{what} of the people followed",
            fix=f"add the table, or take {outcome} out of trial.outcomes",
        )
