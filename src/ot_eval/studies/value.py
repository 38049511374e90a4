"""What coaching is worth: hours, people who could be served, cost, health, and what a decision maker needs.

Costs and consequences come first, side by side; only then are they weighed up. People lost from sight are allowed for;
nothing is used after death, and quality of life is then 0.
"""

from __future__ import annotations

from dataclasses import replace

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.studies import value_choice as choice
from ot_eval.studies import value_parts as parts
from ot_eval.studies.attempt import of_kind
from ot_eval.studies.value_data import prepare
from ot_eval.studies.value_desk import Desk, lay_out
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "value"
TITLE = "What it is worth: hours, money and quality of life"
FEWEST_PEOPLE = 20
"""Below this many people in a group neither hours nor cost is worked out (a judgement)."""
PARTS = (
    parts.use_of_each,
    parts.capacity,
    parts.cost_of_each,
    parts.life_years,
    choice.net_benefit,
    choice.plane,
    choice.acceptability,
    choice.information,
    choice.what_if,
    parts.other_estimators,
    choice.inputs,
)


def refuse(prepared: Prepared) -> None:
    """Refuse where a group has fewer than `FEWEST_PEOPLE` people."""
    people = prepared.frames["people"]
    smallest = int(people.groupby("arm").size().min()) if "arm" in people else len(people)
    if smallest < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"value: the smallest group has fewer than {FEWEST_PEOPLE} people",
            expected=f"at least {FEWEST_PEOPLE} people in each group",
            fix="give more quarters of data; flow_value.csv says who was left out",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Lay out costs and consequences, then weigh them up."""
    protocol = workspace.protocol
    desk = lay_out(workspace)
    found: list[Estimate | Check] = parts.standing(desk)
    for part in PARTS:
        found += part(desk)
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=definitions(desk, protocol),
        facts=workspace.facts,
    )


def definitions(desk: Desk, protocol: Protocol) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    plan = protocol.value
    counted = ", ".join(s.replace("_", " ") for s in desk.services)
    return (
        f"Perspective: {plan.perspective.replace('_', ' ')}. Counted: {counted}, and coaching. Reablement itself came "
        "before and is not counted.",
        f"Days are counted from the end of reablement (day 0) to day {plan.horizon_days}, for people with home care on "
        "the last set-up day. Hours are planned hours.",
        f"Pounds are at {plan.price_year} prices. Nothing within the first year is discounted; later years of the "
        f"budget and of the value of knowing more are, at {plan.discount_percent:g}% a year.",
        f"Quality of life: EQ-5D under the value set {plan.value_set}. Straight lines join answers; from death on it "
        "is 0. Five value sets exist for the United Kingdom and give different answers.",
        f"Ranges come from {plan.bootstrap_draws:,} draws of providers within arms, each with its own survival, "
        "imputation and adjustment.",
    )
