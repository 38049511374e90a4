"""Outcomes of the service, one row a provider: requests for OT review, hours freed, capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.derive.index_people import own_table
from ot_eval.derive.materialise import frame
from ot_eval.studies import coaching_carers
from ot_eval.studies.coaching_outcomes import Outcome

if TYPE_CHECKING:
    from ot_eval.studies.coaching_data import Material


def service_rows(outcome: Outcome, m: Material) -> pd.DataFrame:
    """Return one row a provider; `n` is how many people or carers stand behind it."""
    first = m.starts
    last = first + pd.Timedelta(days=m.protocol.trial.outcome_days)
    if last > pd.Timestamp(m.tables.data_end):
        raise AnalysisRefused(
            f"{outcome.key}: the data end before the outcome day",
            expected=f"data for {m.protocol.trial.outcome_days} days after coaching began",
            fix="run again with later data, or choose an earlier trial.outcome_days before results are seen",
        )
    base = m.providers[["provider_id", "provider", "arm", "stratum"]].copy()
    if outcome.key == "hours_freed":
        return _hours(base, m.packages, first, last)
    coaching_carers.need(m.carers)
    carers = own_table(m.tables, "carers", ("carer_id",))
    assert carers is not None  # noqa: S101
    if outcome.key == "capacity":
        return _capacity(base, m, carers, (first, last))
    return _requests(base, m, carers, (first, last))


def on_day(packages: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return clients and mean planned hours a client of each provider on one day."""
    start, end = pd.to_datetime(packages["start_date"]), pd.to_datetime(packages["end_date"])
    active = packages[(start <= day) & (end.isna() | (end >= day)) & packages["hours_per_week"].notna()]
    each = active.groupby(["provider_id", "person_id"])["hours_per_week"].sum().reset_index()
    return each.groupby("provider_id")["hours_per_week"].agg(["mean", "size"])


def _whole(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    gaps = int(rows["outcome"].isna().sum())
    if gaps:
        raise AnalysisRefused(
            f"{what}: {gaps} providers had no clients on one of the two days",
            expected="every provider serving people on the first and on the outcome day",
            fix="choose an outcome day on which every provider serves people, before results are seen",
        )
    return rows


def _hours(base: pd.DataFrame, packages: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    before, after = (base["provider_id"].map(on_day(packages, d)["mean"]) for d in (first, last))
    n = base["provider_id"].map(on_day(packages, last)["size"])
    return _whole(base.assign(outcome=before - after, n=n), "hours_freed")


def _capacity(
    base: pd.DataFrame, m: Material, carers: pd.DataFrame, days: tuple[pd.Timestamp, pd.Timestamp]
) -> pd.DataFrame:
    """Return the change in clients a carer in post, each counted on its day."""
    clients = [base["provider_id"].map(on_day(m.packages, day)["size"]) for day in days]
    here = [
        base["provider_id"].map(coaching_carers.in_post(carers, m.providers, day).groupby("provider_id").size())
        for day in days
    ]
    return _whole(base.assign(outcome=clients[1] / here[1] - clients[0] / here[0], n=here[1]), "capacity")


def _requests(
    base: pd.DataFrame, m: Material, carers: pd.DataFrame, days: tuple[pd.Timestamp, pd.Timestamp]
) -> pd.DataFrame:
    first, last = days
    events = m.tables.events.filter(m.tables.events["kind"] == "ot_review_request")
    asked = frame(events.select("person_id", "date", "provider_id"), ("person_id", "date"))
    when = pd.to_datetime(asked["date"])
    asked = asked[(when >= first) & (when < last)]
    if asked.empty:
        raise AnalysisRefused(
            "events: no ot_review_request in the months after coaching began",
            expected="events.csv with kind ot_review_request and the provider concerned",
            fix="record them, or take ot_review_requests out of trial.outcomes",
        )
    months = coaching_carers.months_worked(carers, first, last)
    out = base.assign(
        outcome=base["provider_id"].map(asked.groupby("provider_id").size()).fillna(0.0),
        exposure=base["provider_id"].map(months),
        n=base["provider_id"].map(carers.groupby("provider_id").size()),
    )
    if out["exposure"].isna().any():
        raise AnalysisRefused(
            f"carers: {int(out['exposure'].isna().sum())} providers have no carers in post when coaching began",
            expected="carers of every provider",
            fix="complete carers.csv",
        )
    return out
