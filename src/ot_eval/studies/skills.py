"""Which enabling skills home carers have, who taught them, whether they use them, and whom they share them with.

Describes; it compares nobody's outcomes. What workers say of themselves is what they say: the item bank is not
validated, and a perceived effect is not an effect. Each worker counts once, with the first round; workers of one
provider are given alike, so intervals leave out one provider at a time.
"""

from __future__ import annotations

from dataclasses import replace

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.studies import skills_change, skills_compare, skills_seen
from ot_eval.studies import skills_parts as parts
from ot_eval.studies.attempt import attempt, of_kind
from ot_eval.studies.skills_data import prepare
from ot_eval.studies.skills_desk import CARER, Desk
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "skills"
TITLE = "What our carers do to enable people, and who taught them"
FEWEST_WORKERS = 10
"""Below this many workers nothing may be published about them, so nothing is computed."""
PARTS = (
    parts.gaps,
    parts.who_has,
    parts.who_uses,
    parts.how_taught,
    parts.taught_and_used,
    parts.taught_by,
    parts.use_and_teaching,
    skills_compare.overlap,
    skills_compare.between_roles,
    parts.barriers,
    skills_seen.said_and_seen,
    skills_seen.less_effect_seen,
    skills_seen.observers_agree,
    skills_change.skills_gained,
    skills_seen.hang_together,
)
NOTES = (
    "The 24 skills are the authors’ own words. They were not tested for reliability or validity: a low share may be a "
    "skill that few have, or a question that few understood.",
    "Everything is what workers said of themselves, except where an observer is named. What a worker thinks of the "
    "effect is not the effect.",
    "A worker has a skill if they do it fairly well, well, or well enough to teach others.",
    "Each worker counts once, with the first round they answered; only change uses later rounds.",
    "A gap is a home carer without the skill, or with it and taught by nobody.",
    "Overlap is the mean, over pairs of workers, of the skills both have as a part of the skills either has. How far "
    "two home carers differ from each other is the yardstick for how far they differ from another role.",
    "Differences between roles are many; each interval is so wide that all skills of a role hold together.",
    "Skills gained are means of providers, for coaching is given to providers. Unless they were drawn by lot, a "
    "difference between coached and other providers is not an effect.",
    "That answers hang together, or that two observers agree, does not show that the questions measure skill.",
)


def refuse(prepared: Prepared) -> None:
    """Refuse to analyse fewer than `FEWEST_WORKERS` home carers."""
    workers = prepared.frames["workers"]
    if workers.loc[workers["role"] == CARER, "carer_id"].nunique() < FEWEST_WORKERS:
        raise AnalysisRefused(
            f"skills: fewer than {FEWEST_WORKERS} home carers rated their skills and gave their role",
            expected=f"at least {FEWEST_WORKERS} home carers",
            fix="flow_skills.csv in the work folder says who was left out and why",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Describe the skills; a part that the data cannot carry is refused by name, not left out."""
    protocol = workspace.protocol
    desk, said = Desk.of(workspace)
    found: list[Estimate | Check] = [*said, _unvalidated(workspace.facts["skills_status"])]
    for part in PARTS:
        found += attempt(part, desk, of="skills")
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question="Which enabling skills do home carers have, who taught them, and what should coaching cover first?",
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=NOTES,
        facts=workspace.facts,
    )


def _unvalidated(status: str) -> Check:
    return Check(
        analysis="who_has",
        name="questions not validated",
        passed=False,
        sentence="The questions about skills are new. Nobody has yet shown that they measure what carers can do.",
        detail=status,
    )
