"""Coached home carers against usual care, as their providers were allocated.

Few providers are the limit, so the provider is the unit of inference. The protocol names the design and the analysis
that decides, before results are seen; the register of analyses (`models.trial_methods`) says whether it may. Everyone
counts where their provider was allocated. Beside each effect stand whose average it is, the degrees of freedom, how
alike people of one provider are, how sizes vary, and the result without each provider. Tests that take people for
independent are refused, because they would claim an effect of nothing 2 to 4 times in 10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.models.trial_individual import RATES
from ot_eval.studies import coaching_parts as parts
from ot_eval.studies import coaching_provided as provided
from ot_eval.studies.attempt import TOO_LITTLE, of_kind, refusal
from ot_eval.studies.coaching_data import prepare
from ot_eval.studies.coaching_desk import Desk, Found
from ot_eval.studies.coaching_needed import needed
from ot_eval.studies.coaching_outcomes import OUTCOMES
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "coaching"
TITLE = "Coached home carers against usual care"
FEWEST = 10
NOT_SHOWN = "The planned comparison cannot be made with these data, so it is not shown."
PARTS: tuple[Callable[[Desk], Found], ...] = (
    parts.as_allocated,
    parts.each_provider,
    parts.both_averages,
    parts.without_each_provider,
    parts.other_analyses,
    parts.floor,
    parts.missing_outcomes,
    parts.complier,
    parts.by_subgroup,
    parts.ordered,
    parts.start_alike,
    needed,
)


def refuse(prepared: Prepared) -> None:
    """Refuse a comparison without any of the planned outcomes, or of fewer than `FEWEST` people."""
    laid = [name for name in prepared.frames if name.startswith("outcome_")]
    if not laid:
        _, why = next(_why(prepared.frames["refused"]))
        raise AnalysisRefused(
            f"coaching: none of the planned outcomes can be made; first: {why.found}",
            expected=why.expected,
            fix=why.fix,
        )
    if int(prepared.frames["people"]["counts"].sum()) < FEWEST:
        raise AnalysisRefused(
            f"coaching: fewer than {FEWEST} people had a provider of the trial",
            expected=f"at least {FEWEST} people",
            fix="flow_coaching.csv in the work folder says who was left out and why",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Compare every planned outcome; one that cannot be compared is refused by name, not left out."""
    protocol = workspace.protocol
    found: list[Estimate | Check] = [*_refused(workspace.frame("refused")), _allocation(protocol)]
    for desk in Desk.each(workspace):
        for part in PARTS:
            found += attempt(part, desk)
    for about in (provided.who_they_were, provided.consort, provided.timeline, provided.delivered):
        found += about(workspace)
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=definitions(protocol),
        facts=workspace.facts,
    )


def attempt(part: Callable[[Desk], Found], desk: Desk) -> Iterator[Estimate | Check]:
    """Yield what a part finds, or the check that says why it was refused: the planned comparison says so plainly."""
    try:
        yield from part(desk)
    except AnalysisRefused as why:
        planned = part is parts.as_allocated
        yield refusal(part.__name__, desk.outcome.key, why, NOT_SHOWN if planned else TOO_LITTLE)


def _refused(rows: pd.DataFrame) -> Iterator[Check]:
    for key, why in _why(rows):
        yield refusal("as_allocated", key, why, f"A planned outcome is missing: {OUTCOMES[key].about}.")


def _why(rows: pd.DataFrame) -> Iterator[tuple[str, AnalysisRefused]]:
    """Yield each outcome that could not be laid out, with the refusal that `prepare` wrote down."""
    for row in rows.to_dict("records"):
        yield str(row["outcome"]), AnalysisRefused(row["found"], expected=row["expected"], fix=row["fix"])


def _allocation(protocol: Protocol) -> Check:
    lot = protocol.trial.randomised
    return Check(
        analysis="as_allocated",
        name="allocation",
        passed=lot,
        sentence="Providers were allocated at random, so they differ by chance alone before coaching."
        if lot
        else "Providers were not allocated at random. They may have differed before coaching, and a difference "
        "afterwards need not be coaching's doing.",
    )


def definitions(protocol: Protocol) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    trial = protocol.trial
    said = [
        "Everyone counts where their provider was allocated, whether or not the provider was coached in the end.",
        f"Outcomes are read {trial.outcome_days} days after reablement ended; service outcomes that long after "
        "coaching began.",
        "People who died or moved to a care home before that day have no outcome then. They are counted, and never "
        "imputed.",
        "Carers count with the provider they worked for on the day coaching began. Carers who came later do not count.",
        f"The first outcome decides: {OUTCOMES[trial.outcomes[0]].about}. The others are read beside it.",
        *[f"{o.key.replace('_', ' ').capitalize()}: {o.about}." for o in (OUTCOMES[k] for k in trial.outcomes)],
        f"A test that takes people for independent is refused: where coaching does nothing it finds an effect in "
        f"{RATES['t']} of trials.",
    ]
    if trial.design == "stepped_wedge":
        said.append(
            "In the roll-out a person counts as coached if their provider had begun by the day their reablement ended."
        )
    if "time_to_leaving" in trial.outcomes:
        said += provided.national_turnover()
    return tuple(said)
