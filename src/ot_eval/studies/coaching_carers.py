"""Outcomes of home carers: skills in use, job satisfaction, leaving. A carer belongs to their employer at the start."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.index_people import own_table
from ot_eval.studies.coaching_outcomes import Outcome

HOME_CARER = "home_carer"
NOT_USED = "not_used"
DAYS_A_MONTH = 365.25 / 12


def in_post(carers: pd.DataFrame, providers: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return home carers in post on a day, with provider and arm as allocated.

    Outcomes count carers in post when coaching began: who takes a post later may depend on coaching.
    """
    rows = carers.reindex(columns=["carer_id", "provider_id", "role", "start_date", "leave_date", "sessions_attended"])
    came, left = pd.to_datetime(rows["start_date"]), pd.to_datetime(rows["leave_date"])
    there = ~(came > day) & (left.isna() | (left > day)) & (rows["role"].isna() | (rows["role"] == HOME_CARER))
    columns = ["provider_id", "provider", "arm", "stratum"]
    out = rows[there].merge(providers[columns], on="provider_id")
    return out.assign(leave_date=pd.to_datetime(out["leave_date"])).reset_index(drop=True)


def months_worked(carers: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Return the months that home carers worked from `first` to before `last`, by provider, late arrivals included."""
    rows = carers.reindex(columns=["provider_id", "role", "start_date", "leave_date"])
    rows = rows[rows["role"].isna() | (rows["role"] == HOME_CARER)]
    came, left = pd.to_datetime(rows["start_date"]), pd.to_datetime(rows["leave_date"])
    came, left = came.where(came > first, first), left.where(left < last, last)
    months = (left - came).dt.days.clip(lower=0) / DAYS_A_MONTH
    found: pd.Series = months.groupby(rows["provider_id"]).sum()
    return found


def need(carers: pd.DataFrame | None) -> pd.DataFrame:
    """Return the carers, or refuse where there is no table of them."""
    if carers is None or carers.empty:
        raise AnalysisRefused(
            "carers: there is no table of carers in post when coaching began",
            expected="carers.csv with carer_id, provider_id, start_date and leave_date",
            fix="fill the template carers.csv, or take the outcomes of carers out of trial.outcomes",
        )
    return carers


def carer_rows(outcome: Outcome, tables: StudyTables, protocol: Protocol, carers: pd.DataFrame) -> pd.DataFrame:
    """Return one row a carer in post at the start; `outcome` is empty for those without a later answer."""
    trial = protocol.trial
    starts = pd.Timestamp(str(trial.starts_on))
    if outcome.kind == "time":
        return _leaving(carers, starts, pd.Timestamp(tables.data_end))
    answers = own_table(tables, "carer_survey", ("carer_id", "wave", "item", "value"))
    if answers is None:
        raise AnalysisRefused(
            f"{outcome.key}: there is no carer_survey",
            expected="carer_survey.csv",
            fix="read filled forms with `ot-eval surveys read`, or take the outcome out of trial.outcomes",
        )
    values = _skills(answers) if outcome.key == "skills_in_use" else _satisfaction(answers)
    if values.empty:
        raise AnalysisRefused(
            f"carer_survey: no answers to {outcome.key}",
            expected="the items k01_use to k24_use, or job_satisfaction",
            fix="field the survey, or take the outcome out of trial.outcomes",
        )
    late = pd.to_datetime(values["date"]) >= starts
    last = values[late].sort_values("wave").groupby("carer_id")["value"].last()
    first = values[~late].sort_values("wave").groupby("carer_id")["value"].last()
    out = carers[["carer_id", "provider", "arm", "stratum"]].copy()
    return out.assign(outcome=out["carer_id"].map(last), start=out["carer_id"].map(first))


def _leaving(carers: pd.DataFrame, starts: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    left = carers["leave_date"].notna() & (carers["leave_date"] <= end)
    until = carers["leave_date"].where(left, end)
    out = carers[["carer_id", "provider", "arm", "stratum"]].rename(columns={"carer_id": "person_id"})
    return out.assign(
        entry_day=0, exit_day=(until - starts).dt.days.clip(lower=1), event=left.map({True: "left", False: "none"})
    )


def _skills(answers: pd.DataFrame) -> pd.DataFrame:
    """Return how many skills each carer used in the last 7 days, a round; one not asked because absent is not used."""
    use = answers[answers["item"].str.fullmatch(r"k\d\d_use")]
    counted = use.assign(used=(use["value"] != NOT_USED).astype(float))
    return counted.groupby(["carer_id", "wave"], as_index=False).agg(value=("used", "sum"), date=("date", "min"))


def _satisfaction(answers: pd.DataFrame) -> pd.DataFrame:
    rows = answers[answers["item"] == "job_satisfaction"]
    return rows.assign(value=pd.to_numeric(rows["value"], errors="coerce")).dropna(subset=["value"])[
        ["carer_id", "wave", "date", "value"]
    ]
