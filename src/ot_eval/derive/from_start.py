"""One row a person from the first day of reablement: nothing that happens later decides who is in.

The outcome is the study's increase, seen from the package on the last set-up day after reablement. Somebody who left
without home care has no package then, so a package begun later is a larger one. Death and a care-home move compete.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.derive import at_risk, cohort, days, exposure
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import DAYS_A_YEAR, Rule
from ot_eval.derive.first_rise import first_rise
from ot_eval.derive.follow_up import AGE_BANDS, HOUR_BANDS, UNITS, band
from ot_eval.derive.joins import looked_up
from ot_eval.derive.materialise import frame, kept, rows
from ot_eval.derive.package_lines import HUNDREDTHS
from ot_eval.derive.people import deaths

if TYPE_CHECKING:
    import pandas as pd

PERSON = ("person_id",)
RULES = (
    Rule(name="in_setting", label="reablement was in the setting studied"),
    Rule(name="in_window", label="it ended in the study's dates"),
    Rule(name="adult", label="old enough"),
    Rule(name="of_clients_studied", label="a kind of client that is studied"),
    Rule(name="alive", label="alive and not in a care home on the first day"),
    Rule(name="can_be_followed", label="reablement began before follow-up ends"),
)
ALL = "all"
COLUMNS = (
    "person_id",
    "exit_day",
    "event",
    "ot_day",
    "ended_day",
    "provider_id",
    "client",
    "age_band",
    "sex",
    "dementia",
    "has_unpaid_carer",
    "hospital_route",
    "imd_quintile",
    "hours_at_start",
    "start",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromStart:
    """People (`COLUMNS`), their home care and hospital admissions around the start, the rules, and facts.

    Days are whole days since reablement began. `care` has `person_id`, `first`, `last`, `hours` (a week), one row a
    line of home care; `stays` has `person_id` and `day` of each hospital admission, negative before.
    """

    frame: pd.DataFrame
    care: pd.DataFrame
    stays: pd.DataFrame
    flow: tuple[FlowStep, ...]
    facts: dict[str, str] = field(default_factory=dict)


def from_start(tables: StudyTables, protocol: Protocol) -> FromStart:
    """Follow each person from the first day of reablement.

    Parameters
    ----------
    tables : result of `assemble.assemble`
    protocol : who, until when, and what counts as an increase

    Returns
    -------
    FromStart
    """
    end = days.day_of(tables.data_end)
    close = end - (protocol.increase.minimum_duration_days - 1)
    index = kept(_index(tables, protocol, close))
    met = index.filter(_all_met(index))
    seen = met.mutate(zero=met["start"], seven=met["start"])
    care = kept(at_risk.followed_lines(seen, tables.packages, end, hand_over=protocol.increase.hand_over))
    people = looked_up(met, _hours(at_risk.with_baseline(seen, care, "hours")), PERSON)
    people = kept(_with_rise(people, tables, protocol, end))
    contacts, used = exposure.ot_contacts(tables.contacts, tables.cld.events if tables.cld else None, protocol)
    people = exposure.with_ot_day(people.mutate(_kept=people["zero"], zero=people["start"]), contacts, "reablement")
    people = people.mutate(zero=people["_kept"])
    known = tables.people.select("person_id", "sex", "dementia", "lives_with_carer", "imd_quintile")
    people = kept(_ended(looked_up(people, known, PERSON), protocol, close))
    begun = people.select("person_id", begun=people["start"])
    return FromStart(
        frame=frame(_shaped(people), ("start", "person_id")),
        care=frame(_care(care, begun), ("person_id", "first", "last", "hours")),
        stays=frame(_stays(tables, begun), ("person_id", "day")),
        flow=_flow(index),
        facts={**tables.facts, "ot_source": exposure.describe(used), "close": days.date_of(close).isoformat()},
    )


def _index(tables: StudyTables, protocol: Protocol, close: int) -> Table:
    index = cohort.candidates(tables.episodes, tables.people, protocol, tables.data_end)
    if "provider_id" not in index.columns:
        index = index.mutate(provider_id=ibis.null("string"))
    index = index.mutate(
        team=index["provider_id"],
        zero=index["zero"].fill_null(days.FAR),
        years=(index["start"] - days.number(index["birth_date"])).cast("float64") / DAYS_A_YEAR,
    ).drop("provider_id", "birth_date")
    index = looked_up(index, deaths(tables.people, tables.events), PERSON)
    since = index.mutate(end=index["zero"], zero=index["start"] - 1)  # the first day itself counts as too early
    since = at_risk.with_first_event(since, tables.events, "care_home_admission", "care_home")
    since = at_risk.with_first_event(since, tables.events, "moved_away", "moved")
    index = cohort.with_client(
        since.mutate(zero=since["end"]), tables.packages, protocol.population.existing_look_back_days
    )

    def after(name: str) -> Any:
        return (index[name] > index["start"]).fill_null(True)

    return index.mutate(
        is_alive=after("death") & after("care_home") & after("moved"),
        is_of_clients_studied=index["client"].isin(protocol.population.clients),
        is_can_be_followed=(index["start"] < close).fill_null(False),
    )


def _all_met(index: Table) -> Any:
    met: Any = ibis.literal(True)
    for rule in RULES:
        met = met & index[rule.column]
    return met


def _hours(index: Table) -> Table:
    return index.select("person_id", hours_then=index["baseline_hours"].fill_null(0) / HUNDREDTHS)


def _with_rise(people: Table, tables: StudyTables, protocol: Protocol, end: int) -> Table:
    """Add the first increase after reablement; `unclear` where the package after it has no amount to rise from."""
    unit = UNITS[protocol.increase.unit]
    people = people.mutate(seven=people["zero"] + protocol.increase.set_up_days)
    lines = kept(at_risk.followed_lines(people, tables.packages, end, hand_over=protocol.increase.hand_over))
    after = at_risk.with_baseline(people, lines, unit)
    amount = after[f"baseline_{unit}"].fill_null(0)
    after = after.mutate(
        baseline=amount,
        baseline_hours=after["baseline_hours"].fill_null(0),
        baseline_blind=after["baseline_blind"].fill_null(0),
        unclear=after["baseline_lines"].notnull() & (amount <= 0),
    )
    return looked_up(after, first_rise(after, lines, unit, protocol.increase), PERSON)


def _ended(people: Table, protocol: Protocol, close: int) -> Table:
    never = ibis.null("int64")
    ends = {
        "death": people["death"],
        "care_home": people["care_home"],
        "increase": people["unclear"].ifelse(never, people["rise_latest"]),
        "moved": people["moved"],
        "unclear": people["unclear"].ifelse(people["seven"], never),
        "close": ibis.literal(close, "int64"),
    }
    last = at_risk.first_of(*ends.values())
    reason = ibis.cases(*[((day == last).fill_null(False), name) for name, day in ends.items()])
    events = ("increase", *protocol.follow_up.competing_events)
    middle = (people["rise_earliest"] + people["rise_latest"]) // 2
    day = (reason == "increase").ifelse(ibis.greatest(middle, people["seven"]), last)
    return people.mutate(event=reason.isin(events).ifelse(reason, "none"), exit_day=day - people["start"])


def _shaped(people: Table) -> Table:
    """Return the columns of `COLUMNS`; what was known on the first day is `unknown` where it was not recorded."""
    open_still = people["zero"] >= days.FAR
    return people.mutate(
        ended_day=open_still.ifelse(ibis.null("int64"), people["zero"] - people["start"]),
        provider_id=people["team"],
        age_band=band(people["years"], AGE_BANDS, "85+"),
        hours_at_start=(people["hours_then"] <= 0).ifelse("none", band(people["hours_then"], HOUR_BANDS, "21+")),
        hospital_route=ibis.cases(
            (people["route"] == "hospital", "yes"), (people["route"] == "community", "no"), else_="unknown"
        ),
        has_unpaid_carer=people["lives_with_carer"].fill_null("unknown"),
        sex=people["sex"].fill_null("unknown"),
        dementia=people["dementia"].fill_null("unknown"),
        imd_quintile=people["imd_quintile"].cast("string").fill_null("unknown"),
    ).select(*COLUMNS)


def _care(care: Table, begun: Table) -> Table:
    lines = care.select("person_id", "first_day", "last_day", "hours").inner_join(begun, "person_id")
    lines = lines.filter(lines["last_day"] >= lines["begun"])
    return lines.select(
        "person_id",
        first=lines["first_day"] - lines["begun"],
        last=lines["last_day"] - lines["begun"],
        hours=lines["hours"].fill_null(0) / HUNDREDTHS,
    )


def _stays(tables: StudyTables, begun: Table) -> Table:
    found = tables.events.filter(tables.events["kind"] == "hospital_admission")
    pairs = found.select("person_id", on=days.number(found["date"])).inner_join(begun, "person_id")
    return pairs.select("person_id", day=pairs["on"] - pairs["begun"]).distinct()


def _flow(index: Table) -> tuple[FlowStep, ...]:
    met: Any = ibis.literal(True)
    counts: dict[str, Any] = {"n_0": index.count()}
    for place, rule in enumerate(RULES, 1):
        met = met & index[rule.column]
        counts[f"n_{place}"] = met.cast("int64").sum().fill_null(0)
    found = rows(index.aggregate(**counts))[0]
    steps = [
        FlowStep(
            population=ALL, rule="all", label="people with reablement in the data", n_left=found["n_0"], n_removed=0
        )
    ]
    for place, rule in enumerate(RULES, 1):
        left = found[f"n_{place}"]
        steps.append(
            FlowStep(
                population=ALL, rule=rule.name, label=rule.label, n_left=left, n_removed=found[f"n_{place - 1}"] - left
            )
        )
    return tuple(steps)
