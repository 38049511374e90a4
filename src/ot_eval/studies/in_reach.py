"""Reablement beds in care homes, evaluated as their commissioner would.

The unit is the stay. Assessed in time, length of stay against the commissioned days, weekly team meetings, where people
went, the package planned without the service against the package people went home with, what happened by day 91, what
the days cost against the commissioned alternatives, and progress of people with scores. Homes are compared on a funnel,
so that a small home is not judged by chance. Nothing here says what would have happened without the beds: a planned
package is an opinion, and a comparator's cost is arithmetic on prices.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Curve, Estimate, StudyResult
from ot_eval.measures import unit_costs
from ot_eval.models.about import LEAST_CLUSTERS
from ot_eval.studies import in_reach_after, in_reach_care, progress, progress_parts
from ot_eval.studies.attempt import attempt, of_kind
from ot_eval.studies.in_reach_data import EVERYONE, prepare
from ot_eval.studies.in_reach_desk import Desk, Part
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "in_reach"
TITLE = "Reablement beds in care homes"
FEWEST_STAYS = 10
PARTS: tuple[Part, ...] = (
    in_reach_care.assessed,
    in_reach_care.by_month,
    in_reach_care.by_home,
    in_reach_care.by_home_and_month,
    in_reach_care.length_of_stay,
    in_reach_care.meetings,
    in_reach_after.destinations,
    in_reach_after.packages,
    in_reach_after.afterwards,
    in_reach_after.money,
)
PROGRESS = (
    progress_parts.followed,
    progress_parts.change,
    progress_parts.percent_improvement,
    progress_parts.worthwhile,
    progress_parts.levels,
)


def refuse(prepared: Prepared) -> None:
    """Refuse to analyse fewer than `FEWEST_STAYS` stays."""
    if len(prepared.frames["stays"]) < FEWEST_STAYS:
        raise AnalysisRefused(
            f"in_reach: fewer than {FEWEST_STAYS} stays can be counted",
            expected=f"at least {FEWEST_STAYS} stays in reablement beds",
            fix="flow_in_reach.csv in the work folder says which were left out and why",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Ask every question; one that the data cannot carry is refused by name, not left out."""
    protocol = workspace.protocol
    stays = workspace.frame("stays")
    prices = unit_costs.read(workspace.frame("unit_costs")) if workspace.has("unit_costs") else {}
    cluster, said = homes_of(stays)
    desk = Desk(stays=stays, cluster=cluster, prices=prices, facts=workspace.facts, protocol=protocol)
    found: list[Estimate | Curve | Check] = [*said]
    for part in PARTS:
        found += attempt(part, desk, of="reablement beds")
    facts = workspace.facts
    if workspace.has("scales"):
        facts |= progress.directions(workspace)
        found += progress.progress_of(workspace, PROGRESS)
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        curves=tuple(replace(c, population=EVERYONE, analysis="length_of_stay") for c in of_kind(Curve, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=definitions(protocol, prices),
        facts=facts,
    )


def homes_of(stays: pd.DataFrame) -> tuple[pd.Series | None, tuple[Check, ...]]:
    """Return the home of each stay where homes can be allowed for, and what must be said where there are few."""
    if stays["home"].nunique() >= LEAST_CLUSTERS:
        return stays["home"], ()
    sentence = "The beds are in few homes. The results are about these homes and no others."
    detail = f"fewer than {LEAST_CLUSTERS} homes: intervals take stays as independent within them"
    return None, (Check(analysis="clusters", name="few homes", passed=False, sentence=sentence, detail=detail),)


def definitions(protocol: Protocol, prices: dict[str, unit_costs.UnitCost]) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    plan = protocol.in_reach
    said = [
        "A stay is one reablement episode with the setting care home. Its length is in nights; a stay that began and "
        "ended on one day counts one night.",
        f"A stay counts towards assessment within {plan.assess_within_hours} hours if it was assessed or lasted that "
        "long.",
        "A whole week in a bed counts as discussed when the person has a team meeting dated within it.",
        f"The package is the home care planned for day {protocol.increase.set_up_days} after the stay (hours a week); "
        "no line of home care counts as no hours.",
        f"At home on day {plan.outcome_days} means: went home, alive, and no care-home admission by then. People in "
        "hospital on that very day cannot be told apart.",
        "Readmission is counted in people who left the bed alive and not for hospital.",
    ]
    said += [
        f"{cost.item.replace('_', ' ').capitalize()}: £{cost.value:g} per {cost.unit}, {cost.price_year} prices "
        f"({cost.source})."
        for cost in prices.values()
    ]
    if plan.comparators:
        said.append("Comparators cost the same days; whether the days would have been as many is not known.")
    return tuple(said)
