"""Who is followed: eligibility as an ordered list of named rules; the flow diagram is its by-product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.derive import days
from ot_eval.derive.joins import first_by, flagged, looked_up
from ot_eval.derive.materialise import rows

DAYS_A_YEAR = 365.25
PERSON = ("person_id",)
ALL = "all clients"
POPULATIONS = {"new": "new clients", "existing": "existing clients"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One eligibility rule: its short name, the words a flow diagram shows, and the column that holds its answer."""

    name: str
    label: str

    @property
    def column(self) -> str:
        """Name of the boolean column."""
        return f"is_{self.name}"


EPISODE_RULES = (
    Rule(name="ended", label="reablement has ended"),
    Rule(name="in_setting", label="reablement was in the setting studied"),
    Rule(name="in_window", label="it ended in the study's dates"),
    Rule(name="adult", label="old enough at its end"),
)
"""Rules about an episode; a person's index episode is the first that meets them all."""

DAY_SEVEN_RULES = (
    Rule(name="alive", label="alive after the set-up days"),
    Rule(name="not_in_care_home", label="not in a care home by the end of the set-up days"),
    Rule(name="still_here", label="had not moved away by the end of the set-up days"),
    Rule(name="has_package", label="had home care on the last set-up day"),
    Rule(name="has_amount", label="its amount is recorded in the unit studied (hours or cost a week)"),
    Rule(name="can_be_followed", label="set-up ended early enough to be followed"),
    Rule(name="of_clients_studied", label="of the clients studied (new, existing)"),
)
"""Rules about the person on the day follow-up begins."""

RULES = (*EPISODE_RULES, *DAY_SEVEN_RULES)


def candidates(episodes: Table, people: Table, protocol: Protocol, data_end: date) -> Table:
    """Return each person's index episode, or the one that came nearest, with the answers to `EPISODE_RULES`.

    Returns
    -------
    One row a person: the columns of `episodes`, `start`, `zero` (day numbers; `zero` is time zero), `age` in years at
    time zero, and one boolean per rule.
    """
    who = protocol.population
    table = looked_up(episodes, people.select("person_id", "birth_date"), PERSON)
    table = table.mutate(
        start=days.number(table["start_date"]),
        zero=days.number(table["end_date"]),
        age=(days.number(table["end_date"]) - days.number(table["birth_date"])).cast("float64") / DAYS_A_YEAR,
    )
    ended = table["zero"].notnull() & (table["zero"] <= days.day_of(data_end))
    in_window = ibis.literal(True)
    if who.ended_from:
        in_window = in_window & (table["zero"] >= days.day_of(who.ended_from))
    if who.ended_to:
        in_window = in_window & (table["zero"] <= days.day_of(who.ended_to))
    setting = ibis.literal(True) if who.setting == "any" else table["setting"] == who.setting
    table = table.mutate(
        is_ended=ended,
        is_in_setting=setting.fill_null(False),
        is_in_window=in_window.fill_null(False),
        is_adult=(table["age"] >= who.minimum_age).fill_null(True),
    )
    reached = ibis.literal(0, "int64")
    met: Any = ibis.literal(True)
    for rule in EPISODE_RULES:
        met = met & table[rule.column]
        reached = reached + met.cast("int64")
    return first_by(table, PERSON, [reached.desc(), table["start"], table["zero"], table["episode_id"]])


def with_client(index: Table, packages: Table, look_back: int) -> Table:
    """Add `client`, new or existing (rule 9).

    A client is existing where long-term support began strictly before the episode and ended less than `look_back` days
    before its start, or later, or is open.
    """
    support = packages.select(
        "person_id",
        support_start=days.number(packages["start_date"]),
        support_end=days.number_or_far(packages["end_date"]),
    )
    hit = flagged(
        index,
        "_existing",
        support,
        PERSON,
        lambda p: (p["support_start"] < p["start"]) & (p["start"] - p["support_end"] < look_back),
        PERSON,
    )
    return hit.mutate(client=hit["_existing"].ifelse("existing", "new")).drop("_existing")


def first_unmet(answered: Table) -> Any:
    """Return the name of the first rule a person does not meet; missing for those who meet them all."""
    return ibis.cases(*[(~answered[rule.column], rule.name) for rule in RULES])


def flow(answered: Table) -> tuple[FlowStep, ...]:
    """Count people rule by rule, for all clients and for new and existing clients apart.

    Parameters
    ----------
    answered : one row a person with `client` and a boolean column per rule of `RULES`
    """
    met: Any = ibis.literal(True)
    counts: dict[str, Any] = {"n_0": answered.count()}
    for place, rule in enumerate(RULES, 1):
        met = met & answered[rule.column]
        counts[f"n_{place}"] = met.cast("int64").sum().fill_null(0)
    by_client = {row["client"]: row for row in rows(answered.group_by("client").aggregate(**counts))}
    steps: list[FlowStep] = []
    for population, kinds in ((ALL, tuple(POPULATIONS)), *((name, (kind,)) for kind, name in POPULATIONS.items())):
        left = [sum(by_client[k][f"n_{i}"] for k in kinds if k in by_client) for i in range(len(RULES) + 1)]
        labels = [("all", "people with reablement in the data"), *((r.name, r.label) for r in RULES)]
        for place, (name, label) in enumerate(labels):
            removed = 0 if place == 0 else left[place - 1] - left[place]
            steps.append(FlowStep(population=population, rule=name, label=label, n_left=left[place], n_removed=removed))
    return tuple(steps)
