"""One row a person: from when, until when, and what ended it (rules 20 to 26)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.derive import at_risk, cohort, days, exposure
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.first_rise import first_rise
from ot_eval.derive.joins import looked_up
from ot_eval.derive.materialise import frame, kept
from ot_eval.derive.package_lines import HUNDREDTHS
from ot_eval.derive.people import deaths
from ot_eval.derive.unseen import OVERWRITING, unseen_share

if TYPE_CHECKING:
    import pandas as pd

PERSON = ("person_id",)
UNITS = {"hours_per_week": "hours", "cost_per_week": "real"}
AGE_BANDS = ((65, "18-64"), (75, "65-74"), (85, "75-84"))
HOUR_BANDS = ((7, "under 7"), (14, "7 to under 14"), (21, "14 to under 21"))
ORDER = ("time_zero", "exit_day", "age", "baseline_hours", "person_id")
"""Row order of the frame: by what happened, so that pseudonyms change nothing but ties."""

COLUMNS = (
    "person_id",
    "time_zero",
    "entry_day",
    "exit_day",
    "event",
    "end_reason",
    "baseline_hours",
    "baseline_cost",
    "client",
    "provider_id",
    "ot_day",
    "coached_day",
    "age",
    "age_band",
    "sex",
    "dementia",
    "has_unpaid_carer",
    "hospital_route",
    "imd_quintile",
    "baseline_band",
    "increase_earliest",
    "increase_latest",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The people followed, who was left out rule by rule, and short facts for the page (no counts of people).

    `left_out` lists each person not followed with the first rule that left them out; like `frame` it is private.
    """

    frame: pd.DataFrame
    flow: tuple[FlowStep, ...]
    left_out: pd.DataFrame
    facts: dict[str, str] = field(default_factory=dict)


def band(value: Any, limits: tuple[tuple[int, str], ...], last: str) -> Any:
    """Return the name of the band a number lies in; 'unknown' where it is missing."""
    return ibis.cases((value.isnull(), "unknown"), *[(value < limit, name) for limit, name in limits], else_=last)


def _index(tables: StudyTables, protocol: Protocol) -> Table:
    """Return each person's index episode with death, care home, move and client status."""
    index = cohort.candidates(tables.episodes, tables.people, protocol, tables.data_end)
    index = index.drop(*[c for c in ("provider_id", "birth_date") if c in index.columns])
    index = index.mutate(seven=index["zero"] + protocol.increase.set_up_days)
    index = looked_up(index, deaths(tables.people, tables.events), PERSON)
    index = at_risk.with_first_event(index, tables.events, "care_home_admission", "care_home")
    index = at_risk.with_first_event(index, tables.events, "moved_away", "moved")
    return cohort.with_client(index, tables.packages, protocol.population.existing_look_back_days)


def _answered(index: Table, protocol: Protocol, close: int) -> Table:
    """Add the answers to the rules about the last set-up day."""
    seven, baseline = index["seven"], index[f"baseline_{UNITS[protocol.increase.unit]}"]

    def after(name: str) -> Any:
        return (index[name] > seven).fill_null(True)

    return index.mutate(
        baseline=baseline,
        is_alive=after("death"),
        is_not_in_care_home=after("care_home"),
        is_still_here=after("moved"),
        is_has_package=index["baseline_lines"].notnull(),
        is_has_amount=(baseline > 0).fill_null(False),
        is_can_be_followed=(seven < close).fill_null(False),
        is_of_clients_studied=index["client"].isin(protocol.population.clients),
    )


def _ended(index: Table, protocol: Protocol, data_end: int, close: int) -> Table:
    """Add the day follow-up ended, the event and the reason (rule 22).

    A death or care-home entry counts up to the bridged gap after the last package row, while the person is at risk.
    """
    limit = protocol.follow_up.maximum_days
    reach = index["package_end"] + protocol.increase.gap_bridged_days
    never = ibis.null("int64")
    death = (index["death"] <= reach).ifelse(index["death"], never)
    care_home = (index["care_home"] <= reach).ifelse(index["care_home"], never)
    left = ((index["package_end"] < data_end) & death.isnull() & care_home.isnull()).ifelse(index["package_end"], never)
    ends = {
        "death": death,
        "care_home": care_home,
        "increase": index["rise_latest"],
        "moved": index["moved"],
        "package_ended": left,
        "maximum_days": index["zero"] + limit if limit else never,
        "close": ibis.literal(close, "int64"),
    }
    last = at_risk.first_of(*ends.values())
    reason = ibis.cases(*[((day == last).fill_null(False), name) for name, day in ends.items()])
    events = ("increase", *protocol.follow_up.competing_events)
    return index.mutate(_exit=last, end_reason=reason, event=reason.isin(events).ifelse(reason, "none"))


def _shaped(index: Table) -> Table:
    """Return the contract's columns."""
    rose = index["event"] == "increase"
    middle = (index["rise_earliest"] + index["rise_latest"]) // 2
    hours = index["baseline_hours"] / HUNDREDTHS

    def since(column: Any) -> Any:
        return rose.ifelse(column - index["zero"], ibis.null("int64"))

    return index.mutate(
        time_zero=days.as_date(index["zero"]),
        entry_day=index["seven"] - index["zero"],
        exit_day=rose.ifelse(middle, index["_exit"]) - index["zero"],
        baseline_hours=hours,
        baseline_cost=index["baseline_cost"] / HUNDREDTHS,
        age_band=band(index["age"], AGE_BANDS, "85+"),
        baseline_band=band(hours, HOUR_BANDS, "21+"),
        hospital_route=ibis.cases(
            (index["route"] == "hospital", "yes"), (index["route"] == "community", "no"), else_="unknown"
        ),
        has_unpaid_carer=index["lives_with_carer"].fill_null("unknown"),
        sex=index["sex"].fill_null("unknown"),
        dementia=index["dementia"].fill_null("unknown"),
        increase_earliest=since(index["rise_earliest"]),
        increase_latest=since(index["rise_latest"]),
    ).select(*COLUMNS)


def _unseen(tables: StudyTables, ended: Table) -> dict[str, str]:
    """Say how much of the time at risk an overwritten record cannot show; nothing for other records."""
    style = tables.facts.get("recording_style", "")
    if tables.cld is None or "packages" in tables.own or not any(word in style for word in OVERWRITING):
        return {}
    share = unseen_share(ended.select("seven", left=ended["_exit"]), tables.cld.files)
    return {} if share is None else {"unseen_share": f"{share:.0%} of the time followed"}


def follow_up(tables: StudyTables, protocol: Protocol) -> FollowUp:
    """Follow each person from the end of reablement.

    Parameters
    ----------
    tables : result of `from_cld.assemble`
    protocol : who, from when, until when, and what counts

    Returns
    -------
    FollowUp
        `frame` has the columns of `COLUMNS`, one row a person, in the order of `ORDER`. Days are whole days
        since time zero. `exit_day` of an increase known only to an interval is its midpoint; `increase_earliest` and
        `increase_latest` hold the interval.
    """
    end = days.day_of(tables.data_end)
    close = end - (protocol.increase.minimum_duration_days - 1)
    unit = UNITS[protocol.increase.unit]
    index = kept(_index(tables, protocol))
    lines = kept(at_risk.followed_lines(index, tables.packages, end, hand_over=protocol.increase.hand_over))
    index = at_risk.with_baseline(index, lines, unit)
    answered = kept(_answered(index, protocol, close))
    verdict = cohort.first_unmet(answered)
    people = answered.filter(verdict.isnull())
    left_out = answered.select("person_id", "client", rule=verdict)
    left_out = left_out.filter(left_out["rule"].notnull())
    people = at_risk.with_package_end(people, lines, protocol.increase.gap_bridged_days)
    people = looked_up(people, first_rise(people, lines, unit, protocol.increase), PERSON)
    contacts, used = exposure.ot_contacts(tables.contacts, tables.cld.events if tables.cld else None, protocol)
    people = exposure.with_ot_day(people, contacts, protocol.exposure.counted_from)
    people = exposure.with_coached_day(people, tables.providers)
    known = tables.people.select("person_id", "sex", "dementia", "lives_with_carer", "imd_quintile")
    people = looked_up(people, known, PERSON)
    ended = kept(_ended(people, protocol, end, close))
    result = frame(_shaped(ended), ORDER)
    facts = {**tables.facts, "ot_source": exposure.describe(used), "close": days.date_of(close).isoformat()}
    facts |= _unseen(tables, ended)
    return FollowUp(
        frame=result,
        flow=cohort.flow(answered),
        left_out=frame(left_out, ("rule", "person_id")),
        facts=facts,
    )
