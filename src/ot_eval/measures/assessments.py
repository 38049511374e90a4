"""From rows of the `scores` or `goals` table to assessments, and every fault that stops a score from being made.

A fault is listed, never mended. `score` refuses when there is one; a study that chooses to carry on sets the whole
assessment aside and counts it in its flow.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ot_eval.data.schema import TIMEPOINTS
from ot_eval.measures.instrument import Instrument

KEY = ["person_id", "timepoint"]
FAULT_COLUMNS = ["person_id", "timepoint", "instrument", "item", "rule"]
WHOLE_PERSON = "*"  # a fault of all the person's assessments, not of one timepoint


def rows_of(table: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return the instrument's rows of the scores table, or every row of each goal that was ever rated with it."""
    if instrument.table == "scores":
        return table[table["instrument"] == instrument.name]
    rated = table.reindex(columns=list(instrument.rated_by)).notna().any(axis="columns")
    return table[rated.groupby([table["person_id"], table["goal_id"]]).transform("any")]


def wide(table: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return the items as columns, indexed by person and timepoint: one row an assessment, or one row a goal."""
    rows = rows_of(table, instrument)
    names = [item.name for item in instrument.items]
    if instrument.table == "goals":
        return _goals(rows, instrument, names)
    cells = rows.drop_duplicates([*KEY, "item"]).set_index([*KEY, "item"])["value"]
    return cells.unstack("item").reindex(columns=names).astype(float).dropna(how="all")


def _goals(rows: pd.DataFrame, instrument: Instrument, names: list[str]) -> pd.DataFrame:
    """Goals with their ratings, whether the goal was set at baseline, and how many the person had then."""
    frame = rows.reindex(columns=[*KEY, "goal_id", *names]).astype(dict.fromkeys(names, float))
    goal = frame.groupby(["person_id", "goal_id"], sort=False)
    for name in instrument.of_the_goal:
        frame[name] = goal[name].transform("first")
    start = frame["timepoint"] == TIMEPOINTS[0]
    frame["at_baseline"] = start.groupby([frame["person_id"], frame["goal_id"]]).transform("any")
    goals_at_start = frame[start].groupby("person_id")["goal_id"].nunique()
    frame["n_baseline"] = frame["person_id"].map(goals_at_start).fillna(0)
    return frame.set_index(KEY).sort_index()


def dates(table: pd.DataFrame, instrument: Instrument) -> pd.Series[pd.Timestamp]:
    """Return the day of each assessment; goals rated over several days count from the last of them."""
    rows = rows_of(table, instrument)
    return pd.to_datetime(rows["date"]).groupby([rows[k] for k in KEY]).max()


def faults(table: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return every fault of one instrument's rows, one row each: person, timepoint, instrument, item, rule.

    The list holds pseudonyms and is private; messages made from it carry item, rule and count only.
    """
    rows = rows_of(table, instrument)
    found = [*_names(rows, instrument), *_values(rows, instrument), *_twice(rows, instrument)]
    if not found:
        found = [*_across_items(table, instrument), *_order(table, instrument)]
    if not found:
        return pd.DataFrame(columns=FAULT_COLUMNS)
    return pd.concat(found, ignore_index=True).assign(instrument=instrument.name)[FAULT_COLUMNS]


def _listed(rows: pd.DataFrame, item: str, rule: str) -> pd.DataFrame:
    return rows[KEY].drop_duplicates().assign(item=item, rule=rule)


def _names(rows: pd.DataFrame, instrument: Instrument) -> list[pd.DataFrame]:
    if instrument.table == "goals":
        return []
    known = {item.name for item in instrument.items}
    out = []
    for name, group in rows[~rows["item"].isin(known)].groupby("item"):
        total = str(name).lower() in {"total", "score", "sum", "index", *(s.name for s in instrument.scores)}
        rule = "a total without its items cannot be checked" if total else "not an item of this instrument"
        out.append(_listed(group, str(name), rule))
    return out


def _values(rows: pd.DataFrame, instrument: Instrument) -> list[pd.DataFrame]:
    out = []
    for item in instrument.items:
        if instrument.table == "goals":
            wrong = rows[item.refuses(rows[item.name].astype(float))] if item.name in rows else rows.iloc[:0]
        else:
            own = rows[rows["item"] == item.name]
            wrong = own[item.refuses(own["value"])]
        if len(wrong):
            out.append(_listed(wrong, item.name, f"the value is {item.rule()}"))
    return out


def _twice(rows: pd.DataFrame, instrument: Instrument) -> list[pd.DataFrame]:
    """Two days called by the same timepoint (two baselines), or one item with two values on a day."""
    if instrument.table == "goals":
        again = rows[rows.duplicated([*KEY, "goal_id"], keep=False)]
        return [_listed(again, "goal", "a goal is rated once at each timepoint")] if len(again) else []
    out = []
    days = rows.groupby(KEY)["date"].transform("nunique")
    if (days > 1).any():
        for timepoint, group in rows[days > 1].groupby("timepoint"):
            out.append(_listed(group, "date", f"a person has one {timepoint} assessment, on one day"))
    answers = rows.groupby([*KEY, "item"])["value"].transform("nunique")  # a row repeated whole is not a fault
    again = rows[(days <= 1) & (answers > 1)]
    if len(again):
        out.append(_listed(again, "item", "an item has one value at each timepoint"))
    return out


def _across_items(table: pd.DataFrame, instrument: Instrument) -> list[pd.DataFrame]:
    frame = wide(table, instrument)
    out = []
    for rule in instrument.rules:
        broken = frame[rule.broken(frame)]
        if len(broken):
            out.append(_listed(broken.index.to_frame(index=False), "", rule.about))
    return out


def _order(table: pd.DataFrame, instrument: Instrument) -> list[pd.DataFrame]:
    """Baseline comes before the end assessment, and that before follow-up; a fault here is of the whole person."""
    days = dates(table, instrument).unstack("timepoint").reindex(columns=list(TIMEPOINTS)).apply(pd.to_datetime)
    out = []
    for place, later in enumerate(TIMEPOINTS[1:], start=1):
        earlier = days[list(TIMEPOINTS[:place])].max(axis="columns")
        wrong = days.index[days[later] < earlier]
        if len(wrong):
            people = pd.DataFrame({"person_id": wrong, "timepoint": WHOLE_PERSON})
            out.append(_listed(people, "date", f"the {later} assessment is not before an earlier one"))
    return out


def mixed_versions(table: pd.DataFrame, instruments: tuple[Instrument, ...]) -> pd.DataFrame:
    """Return a fault for each person who has two versions of one instrument family (EQ-5D-3L with 5L, two Barthels)."""
    family = {i.name: i.family for i in instruments if i.table == "scores"}
    seen = table.loc[table["instrument"].isin(list(family)), ["person_id", "instrument"]].drop_duplicates()
    seen["family"] = seen["instrument"].map(family)
    several = seen[seen.groupby(["person_id", "family"])["instrument"].transform("nunique") > 1]
    return several.assign(
        timepoint=WHOLE_PERSON, item="", rule="a person is measured with one version of an instrument throughout"
    )[FAULT_COLUMNS].reset_index(drop=True)


def without(table: pd.DataFrame, faulty: pd.DataFrame) -> pd.DataFrame:
    """Return the scores or goals table without the assessments that have a fault, or without the person it is theirs.

    A goals table has no instrument column: a faulty goal takes every goal of that person and timepoint with it.
    """
    which = ["instrument"] if "instrument" in table else []
    whole = faulty.loc[faulty["timepoint"] == WHOLE_PERSON, ["person_id", *which]]
    one = faulty.loc[faulty["timepoint"] != WHOLE_PERSON, [*KEY, *which]]
    drop = _among(table[["person_id", *which]], whole) | _among(table[[*KEY, *which]], one)
    return table[~drop]


def _among(rows: pd.DataFrame, others: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(pd.MultiIndex.from_frame(rows).isin(pd.MultiIndex.from_frame(others)))
