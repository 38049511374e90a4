"""What changed for people during and after reablement, on the instruments the service uses.

Every score is followed from the first assessment to the end of reablement and on to follow-up. Mean change stands with
its interval; change that matters and change beyond measurement error stand apart; every reading of "percent
improvement" has its own name. People without a later score are described, imputed, and imputed worse. A change in one
group is never credited to the service. Occupational therapy counts only where it came before the change it is held
against: contact during reablement, against change after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.measures import change_rating, scales
from ot_eval.measures.instrument import ImportantChange
from ot_eval.models.about import LEAST_CLUSTERS
from ot_eval.models.change_thresholds import MeasurementError, error_from_detectable
from ot_eval.studies.attempt import attempt, of_kind
from ot_eval.studies.progress_data import prepare
from ot_eval.studies.progress_material import DURING, FEWEST_PEOPLE, Material, Part
from ot_eval.studies.progress_parts import PARTS
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "progress"
TITLE = "Progress during and after reablement"


def refuse(prepared: Prepared) -> None:
    """Refuse to analyse fewer than `FEWEST_PEOPLE` people."""
    if len(prepared.frames["people"]) < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"progress: fewer than {FEWEST_PEOPLE} people have a sound first assessment near the start of reablement",
            expected=f"at least {FEWEST_PEOPLE} people",
            fix="flow_progress.csv in the work folder says who was left out and why",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Run every analysis of every score; one that the data cannot carry is refused by name, not left out."""
    protocol = workspace.protocol
    found = progress_of(workspace, PARTS)
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=definitions(workspace),
        facts={**workspace.facts, **directions(workspace)},
    )


def directions(workspace: Workspace) -> dict[str, str]:
    """Return the fact that says of which scores a lower one is better; empty where there is none."""
    rows = workspace.frame("scales")
    lower = rows[(rows["better"] == "lower") & ~rows["describes"].astype(bool)]
    names = ", ".join(f"{i} {s}" for i, s in zip(lower["instrument"], lower["name"], strict=True))
    return {"lower_is_better": names} if names else {}


def progress_of(workspace: Workspace, parts: Iterable[Part]) -> tuple[Estimate | Check, ...]:
    """Run the given analyses of every score on the desk; an analysis that is refused becomes a check."""
    cluster, said = clusters_of(workspace.frame("people"), workspace.protocol)
    found: list[Estimate | Check] = [*said]
    for material in materials(workspace, cluster):
        for part in parts:
            found += attempt(part, material, of=material.outcome)
    return tuple(found)


def clusters_of(people: pd.DataFrame, protocol: Protocol) -> tuple[pd.Series | None, tuple[Check, ...]]:
    """Return the provider of each person where providers can be allowed for, and what must be said where not.

    With one to four providers nothing can be learnt about how providers differ; results are then about these providers.
    """
    known = people.set_index("person_id")["provider_id"]
    n = known.nunique()
    if protocol.cluster == "none" or n == 0:
        return None, ()
    if n < LEAST_CLUSTERS:
        sentence = "The people were served by few providers. The results are about these providers and no others."
        detail = f"fewer than {LEAST_CLUSTERS} providers: intervals take people as independent within them"
        return None, (Check(analysis="clusters", name="few providers", passed=False, sentence=sentence, detail=detail),)
    return known.fillna("provider not recorded"), ()


def materials(workspace: Workspace, cluster: pd.Series | None) -> Iterator[Material]:
    """Yield every score that measures progress, instrument by instrument."""
    table, thresholds = workspace.frame("scales"), workspace.frame("thresholds")
    contacts = workspace.frame("contacts") if workspace.has("contacts") else None
    ratings = ratings_of(workspace)
    for name in table["instrument"].unique():
        scored = workspace.frame(f"scored_{name}")
        scores = scales.scores_of(table, name)
        if not scores:
            continue  # it describes an assessment and measures no progress
        lead = next((s for s in scores if s.unit != "level"), scores[0])
        for score in scores:
            yield Material(
                instrument=name,
                score=score,
                scored=scored,
                people=workspace.frame("people").set_index("person_id"),
                cluster=cluster,
                thresholds=_thresholds(thresholds, name, score.name, workspace.protocol),
                errors=_errors(thresholds, name, score.name, workspace.protocol),
                contacts=contacts,
                lead=score is lead,
                protocol=workspace.protocol,
                ratings=ratings,
            )


def ratings_of(workspace: Workspace) -> pd.Series | None:
    """Return people's own ratings of change at the end of reablement, by person; None where nobody was asked."""
    name = f"scored_{change_rating.NAME}"
    if not workspace.has(name):
        return None
    rows = workspace.frame(name)
    found: pd.Series = rows[rows["timepoint"] == DURING[1]].set_index("person_id")[change_rating.RATING]
    return found


def _thresholds(
    published: pd.DataFrame, instrument: str, score: str, protocol: Protocol
) -> tuple[ImportantChange, ...]:
    """Return the protocol's important changes of a score, or else the published ones, each with its setting."""
    chosen = tuple(
        ImportantChange(score=score, value=t.value, kind=t.kind, setting=t.setting, source=t.source, status="USER")
        for t in protocol.progress.important_changes
        if t.score == f"{instrument} {score}"
    )
    return chosen or scales.thresholds_of(published, instrument, score, scales.IMPORTANT)


def _errors(published: pd.DataFrame, instrument: str, score: str, protocol: Protocol) -> tuple[MeasurementError, ...]:
    """Return the protocol's measurement errors of a score, or else those the published detectable changes imply."""
    chosen = tuple(
        MeasurementError(sem=n.sem, source=n.source)
        for n in protocol.progress.measurement_errors
        if n.score == f"{instrument} {score}"
    )
    known = scales.thresholds_of(published, instrument, score, scales.DETECTABLE)
    return chosen or tuple(
        error_from_detectable(c.value, f"{c.kind}; {c.setting}; {c.source} [{c.status}]") for c in known
    )


def definitions(workspace: Workspace) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    plan = workspace.protocol.progress
    named = workspace.frame("scales")["instrument"].unique()
    thresholds = workspace.frame("thresholds")
    known = set(thresholds.loc[thresholds["role"] == scales.IMPORTANT, "instrument"])
    known |= {t.score.split()[0] for t in plan.important_changes}
    none_known = [n for n in named if n not in known and n != change_rating.NAME]
    said = [
        f"A first assessment counts from {plan.baseline_before_days} days before reablement began to "
        f"{plan.baseline_after_days} days after.",
        "Change is the later score less the earlier one, in people who have both; above zero is better only where the "
        "instrument runs that way.",
        "Contact with an occupational therapist counts from the first day of reablement to the day of the end "
        "assessment.",
        "People who died before a later assessment was due (its usual day) are never imputed.",
    ]
    if workspace.facts.get("set_aside") == "yes":
        said.append("Assessments that break their instrument's rules were set aside, as the protocol says.")
    if change_rating.NAME not in named:
        said.append(
            "People were not asked how much had changed for them, so no important change could be read from their own "
            "answers. To add it, ask at the end of reablement, and write the answer "
            f"({change_rating.LOWEST} much worse to {change_rating.HIGHEST} much better) into scores.csv "
            f"as instrument {change_rating.NAME}, item {change_rating.RATING}."
        )
    if none_known:
        said.append(f"No important change is established for: {', '.join(sorted(none_known))}.")
    return tuple(said)
