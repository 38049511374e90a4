"""What occupational therapists and their colleagues did in reablement: what, for whom, when and by whom.

Describes; it compares nobody's outcomes. Codes are those that people reviewed, unless the protocol lets suggestions
stand. Dose is contacts and minutes, a contact with several codes shared equally between them. People who got
occupational therapy early may differ from others from the start; the last table shows how.
"""

from __future__ import annotations

from dataclasses import replace

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.derive.dose import SPLIT_RULE
from ot_eval.studies import interventions_parts as parts
from ot_eval.studies.attempt import attempt, of_kind
from ot_eval.studies.interventions_data import prepare
from ot_eval.studies.interventions_desk import Desk
from ot_eval.studies.tidier import tidier
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "interventions"
TITLE = "What was done in reablement, for whom, when and by whom"
FEWEST_PEOPLE = 10
"""Below this many people nothing may be published about them, so nothing is computed."""
UNREVIEWED = (
    "What follows rests, in part or whole, on suggestions of the program that nobody has reviewed. Treat it as a draft."
)
PARTS = (
    parts.contacts_coded,
    parts.what_was_done,
    parts.families_of_work,
    parts.how_soon,
    parts.by_whom,
    parts.before_during_after,
    parts.week_by_week,
    parts.what_was_done_by_whom,
    parts.done_together,
    parts.case_mix,
)


def refuse(prepared: Prepared) -> None:
    """Refuse to analyse fewer than `FEWEST_PEOPLE` people with a contact."""
    n = prepared.frames["contacts"]["person_id"].nunique()
    if n < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"interventions: fewer than {FEWEST_PEOPLE} people studied have a contact in the table of contacts",
            expected=f"contacts of at least {FEWEST_PEOPLE} people with an ended reablement episode",
            fix="check that person_id in contacts.csv is the same as in the other tables, and that dates overlap",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Describe what was delivered; a part that the data cannot carry is refused by name, not left out."""
    protocol = workspace.protocol
    desk, said = Desk.of(workspace)
    found: list[Estimate | Check] = [*said, *parts.standing(desk)]
    for part in PARTS:
        found += attempt(part, desk, of="interventions")
    notes = (*definitions(protocol, desk.intervals), *tidier(desk))
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=(UNREVIEWED, *notes) if desk.unreviewed else notes,
        facts=workspace.facts,
    )


def definitions(protocol: Protocol, intervals: str) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    return (
        "Days are counted from the first day of reablement (day 0). Before, during and after are seen from its first "
        "and last day, both of which are during.",
        f"Dose: {SPLIT_RULE}. So shares of contacts and minutes add up, and nothing counts twice.",
        "A code counts where the work was done, provided, ordered, agreed or referred at that contact; declined, not "
        "needed, planned, history, or done for the person by the worker does not count.",
        f"A contact shorter than {protocol.exposure.minimum_minutes} minute was an attempt and does not count, where "
        "minutes are recorded.",
        "Shares of people are of everyone studied, with or without a contact.",
        intervals,
        "The heat map counts, in each week, people still in reablement.",
    )
