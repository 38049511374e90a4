"""Stays in reablement beds in care homes, as their commissioner counts them: from tables to one row a stay."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.bed_stays import bed_stays, events_of, hours_after
from ot_eval.derive.index_people import own_table
from ot_eval.studies import progress_data
from ot_eval.studies.workspace import Prepared

EVERYONE = "all"
NO_HOME = "home not recorded"
DAY = pd.Timedelta(days=1)
DAYS_A_WEEK, SECONDS_AN_HOUR = 7, 3600
DESTINATIONS = {
    "home": "home",
    "own home": "home",
    "care_home": "care_home",
    "care home": "care_home",
    "residential": "care_home",
    "nursing": "care_home",
    "hospital": "hospital",
    "died": "died",
    "death": "died",
    "other": "other",
}
"""Words for a destination that need no mapping; a service adds its own in the protocol."""
NOT_MAPPED = "a word that is not mapped"


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Return one row a stay with what was planned, done and seen afterwards, and the scores of people in the beds.

    Raises
    ------
    DataError
        There is no stay in a care home at all.
    """
    stays = bed_stays(tables)
    if stays.empty:
        raise DataError(
            "episodes: no reablement episode has the setting care_home",
            expected="at least one stay in a reablement bed",
            fix="write care_home in the column setting of episodes.csv, or take in_reach out of strands",
        )
    end = pd.Timestamp(tables.data_end)
    flow, kept = _flow(stays, protocol, end)
    stays = with_hours(with_destination(with_nights(kept, end), protocol), protocol, end)
    events = events_of(tables, ("hospital_admission", "care_home_admission", "mdt_meeting"))
    stays = with_meetings(with_after(stays, events, protocol, end), events, end)
    package = hours_after(tables, protocol.increase.set_up_days).set_index("episode_id")["hours"]
    stays["package_hours"] = stays["episode_id"].map(package)
    settled = pd.Timedelta(days=protocol.increase.set_up_days)
    stays["is_package_seen"] = stays["discharged_on"] + settled <= end
    frames = {"stays": stays.reset_index(drop=True)}
    costs = own_table(tables, "unit_costs", ("item",))
    if costs is not None:
        frames["unit_costs"] = costs
    scores = _scores(tables, protocol)
    words = "yes" if (stays["destination"] == NOT_MAPPED).any() else "no"
    facts = {
        **tables.facts,
        **scores.facts,
        "unmapped_destinations": words,
        "meetings": "yes" if (events["kind"] == "mdt_meeting").any() else "no",
        "admissions": "yes" if (events["kind"] == "hospital_admission").any() else "no",
    }
    return Prepared(frames={**frames, **scores.frames}, flow=(*flow, *scores.flow), facts=facts)


def _scores(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Return scored instruments of people in the beds, where the study has any."""
    if not {"scores", "goals"} & set(tables.own):
        return Prepared()
    inside = protocol.model_copy(update={"population": protocol.population.model_copy(update={"setting": "care_home"})})
    found = progress_data.prepare(tables, inside)
    renamed = tuple(
        FlowStep(population="people with scores", rule=s.rule, label=s.label, n_left=s.n_left, n_removed=s.n_removed)
        for s in found.flow
    )
    return Prepared(frames=found.frames, flow=renamed, facts=found.facts)


def _flow(stays: pd.DataFrame, protocol: Protocol, end: pd.Timestamp) -> tuple[tuple[FlowStep, ...], pd.DataFrame]:
    """Count stays rule by rule, and return those that meet every rule."""
    who = protocol.population
    ended = pd.to_datetime(stays["end_date"])
    began = pd.to_datetime(stays["start_date"]) <= end
    rules = (
        ("began", "the stay began within the data", began),
        ("adult", "old enough on admission", stays["age"].isna() | (stays["age"] >= who.minimum_age)),
        ("ended_from", "not ended before the study's dates", _not_before(ended, who.ended_from)),
        ("ended_to", "ended by the study's last date", _by(ended, who.ended_to)),
    )
    left = pd.Series(True, index=stays.index)
    n = len(stays)
    steps = [
        FlowStep(population=EVERYONE, rule="all", label="stays in reablement beds in care homes", n_left=n, n_removed=0)
    ]
    for rule, label, met in rules:
        left &= met
        remain = int(left.sum())
        steps.append(FlowStep(population=EVERYONE, rule=rule, label=label, n_left=remain, n_removed=n - remain))
        n = remain
    return tuple(steps), stays[left].copy()


def _not_before(ended: pd.Series, day: object) -> pd.Series:
    return ended.isna() | (ended >= pd.Timestamp(str(day))) if day else pd.Series(True, index=ended.index)


def _by(ended: pd.Series, day: object) -> pd.Series:
    return ended <= pd.Timestamp(str(day)) if day else pd.Series(True, index=ended.index)


def with_nights(stays: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Add `home`, `month`, `open` and `nights`; a stay that began and ended on one day used the bed for one night."""
    admitted, discharged = pd.to_datetime(stays["start_date"]), pd.to_datetime(stays["end_date"])
    still = discharged.isna() | (discharged > end)
    until = discharged.mask(still, end)
    return stays.assign(
        home=stays["provider_id"].fillna(NO_HOME),
        month=admitted.dt.strftime("%Y-%m"),
        admitted_on=admitted,
        discharged_on=discharged.mask(still),
        open=still,
        nights=(until - admitted).dt.days.clip(lower=1),
    )


def with_destination(stays: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Map the service's words for where people went; a death by the day of discharge is a death, whatever is said."""
    own = {word.strip().lower(): name for word, name in protocol.in_reach.destination_words.items()}
    words = stays["destination"].str.strip().str.lower()
    mapped = words.map({**DESTINATIONS, **own}).where(words.notna())
    mapped = mapped.mask(words.notna() & mapped.isna(), NOT_MAPPED)
    died = pd.to_datetime(stays["death_date"]) <= stays["discharged_on"]
    return stays.assign(destination=mapped.mask(died, "died").where(~stays["open"]))


def with_hours(stays: pd.DataFrame, protocol: Protocol, end: pd.Timestamp) -> pd.DataFrame:
    """Add the hours from admission to assessment, as few and as many as they can be, and whether it was in time.

    Where the hour of admission is not recorded it lies somewhere in the day, and so does that of an assessment dated
    to midnight. `is_due` is false for a stay that left, or reached the end of the data, before the limit without an
    assessment: nobody can say whether it would have been in time.
    """
    limit = pd.Timedelta(hours=protocol.in_reach.assess_within_hours)
    first, last = _span(stays["admitted_at"], stays["admitted_on"])
    assessed = pd.to_datetime(stays["assessed_at"])
    some_day = assessed.dt.normalize() == assessed
    latest = assessed.mask(some_day, assessed + DAY)
    until = (stays["discharged_on"] + DAY).fillna(end + DAY)
    fewest = (assessed - last).dt.total_seconds() / SECONDS_AN_HOUR
    most = (latest - first).dt.total_seconds() / SECONDS_AN_HOUR
    reached = assessed.notna() | (first + limit <= until)
    return stays.assign(
        hours_fewest=fewest,
        hours_most=most,
        is_due=reached,
        in_time_certain=(most <= protocol.in_reach.assess_within_hours) & assessed.notna(),
        in_time_possible=(fewest <= protocol.in_reach.assess_within_hours) & assessed.notna(),
    )


def _span(exact: pd.Series, day: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the earliest and the latest moment of admission."""
    known = pd.to_datetime(exact)
    return known.fillna(day), known.fillna(day + DAY)


def with_after(stays: pd.DataFrame, events: pd.DataFrame, protocol: Protocol, end: pd.Timestamp) -> pd.DataFrame:
    """Add whether the person could be followed to the outcome day, was readmitted by then, and was at home on it."""
    days = pd.Timedelta(days=protocol.in_reach.outcome_days)
    left, last = stays["discharged_on"], stays["discharged_on"] + days
    death = pd.to_datetime(stays["death_date"])
    readmitted = _any_between(stays, events[events["kind"] == "hospital_admission"], left, last)
    moved = _any_between(stays, events[events["kind"] == "care_home_admission"], left - DAY, last)
    alive = death.isna() | (death > last)
    return stays.assign(
        is_followed=~stays["open"] & (last <= end),
        readmitted=readmitted,
        at_home=(stays["destination"] == "home") & alive & ~moved,
    )


def _any_between(stays: pd.DataFrame, events: pd.DataFrame, after: pd.Series, until: pd.Series) -> pd.Series:
    """Return whether the person of each stay had one of these events later than `after` and no later than `until`."""
    spans = pd.DataFrame(
        {"episode_id": stays["episode_id"], "person_id": stays["person_id"], "after": after, "until": until}
    )
    pairs = spans.merge(events.assign(date=pd.to_datetime(events["date"])), on="person_id")
    hit = pairs.loc[(pairs["date"] > pairs["after"]) & (pairs["date"] <= pairs["until"]), "episode_id"]
    return stays["episode_id"].isin(hit)


def with_meetings(stays: pd.DataFrame, events: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Add the whole weeks of each stay, and in how many of them the person was discussed at a team meeting."""
    until = stays["discharged_on"].fillna(end)
    weeks = (until - stays["admitted_on"]).dt.days // DAYS_A_WEEK
    meetings = events[events["kind"] == "mdt_meeting"].assign(date=lambda e: pd.to_datetime(e["date"]))
    pairs = stays.assign(weeks=weeks)[["episode_id", "person_id", "admitted_on", "weeks"]].merge(
        meetings, on="person_id"
    )
    place = (pairs["date"] - pairs["admitted_on"]).dt.days // DAYS_A_WEEK
    inside = pairs.assign(week=place)[(place >= 0) & (place < pairs["weeks"])]
    seen = inside.groupby("episode_id")["week"].nunique()
    return stays.assign(weeks=weeks, weeks_discussed=stays["episode_id"].map(seen).fillna(0).astype(int))
