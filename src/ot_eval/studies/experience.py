"""How people experienced reablement and occupational therapy: what those interviewed said, as people coded it.

People interpret. The strand counts participants, not mentions, and tests nothing. What the protocol declares decides
what is offered: with a framework or a codebook, agreement of coders and saturation of codes; with a reflexive approach
neither, and the report says why.
"""

from __future__ import annotations

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, StudyResult, WordTable
from ot_eval.coding import framework_matrix
from ot_eval.studies import experience_findings as findings
from ot_eval.studies import experience_methods as methods
from ot_eval.studies.attempt import attempt, of_kind
from ot_eval.studies.experience_data import prepare
from ot_eval.studies.experience_desk import ExperienceDesk
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "experience"
TITLE = "How people experienced reablement and occupational therapy"
QUESTION = (
    "What did people who were interviewed say about reablement and occupational therapy: their experience, views, "
    "attitudes and beliefs?"
)
PARTS = (
    findings.who_was_asked,
    findings.themes,
    findings.who_said_what,
    findings.quotes,
    findings.beside_outcomes,
    findings.said_together,
    findings.kinds_of_talk,
    methods.saturation_of_codes,
    methods.agreement_of_coders,
    methods.codebook,
)
REFLEXIVE_OFF = (methods.saturation_of_codes, methods.agreement_of_coders)
REFLEXIVE = (
    "The approach is reflexive, as the protocol declares: themes are made by the researcher in reading, so neither "
    "agreement of coders nor saturation of codes would say how good they are. Both are left out."
)


def refuse(prepared: Prepared) -> None:
    """Refuse quotes that may not be printed: not verbatim, not agreed to, or with somebody in them to be known."""
    desk = methods.desk_of_frames(prepared)
    wrong = framework_matrix.unprintable(*desk)
    if wrong:
        raise DataError(
            "experience: " + "\n          ".join(wrong[:20]),
            expected="quotes that stand in the transcript as printed, of people who agreed, without identifiers",
            fix="`ot-eval interviews matrix` writes the sheet in which quotes are chosen; correct them there",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Lay out what was said; a part that the interviews cannot carry is refused by name, not left out."""
    desk = ExperienceDesk.of(workspace)
    found: list[WordTable | Check] = [*methods.standing(desk)]
    reflexive = desk.protocol.experience.approach == "reflexive"
    for part in PARTS:
        if reflexive and part in REFLEXIVE_OFF:
            continue
        found += attempt(part, desk, of="interviews")
    protocol = desk.protocol
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=QUESTION,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=(*((REFLEXIVE,) if reflexive else ()), *definitions(protocol)),
        words=of_kind(WordTable, found),
        facts={k: v for k, v in workspace.facts.items() if k != "main_coder"} | methods.facts(desk),
    )


def definitions(protocol: Protocol) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    plan = protocol.experience
    said = [
        "Counts are of those interviewed, not of mentions: somebody who says a thing ten times counts once. They are "
        "not percentages of anybody else, and nothing is tested.",
        "Not mentioned counts only where the topic was asked: was not asked, and not noted whether asked, stand apart.",
        "Names were taken out before coding. Quotes are printed as spoken; … stands where words are left out.",
        "Age is shown in bands and only where enough people in the study share age band and sex.",
    ]
    if not plan.outcomes_published:
        said.append("What the records say of single people is not shown: the protocol does not say that they agreed.")
    return tuple(said)
