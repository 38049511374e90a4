"""When should occupational therapy first happen? The trial that nobody ran, emulated from the start of reablement.

Everybody is followed from the first day of reablement under every strategy at once, leaves a strategy on the day they
depart from it, and stands for people like them. Simpler methods stand beside it, then how wrong all of it could be, and
last, labelled as biased, the comparison of people ever and never seen.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.models.target_trial_bootstrap import OnDraw
from ot_eval.studies.attempt import of_kind
from ot_eval.studies.timing_bias import how_wrong, naive
from ot_eval.studies.timing_companions import companions
from ot_eval.studies.timing_data import prepare
from ot_eval.studies.timing_desk import INCREASE, Desk
from ot_eval.studies.timing_strategies import curve, cuts, diagnostics, differences, emulation, followers, shares
from ot_eval.studies.timing_words import comparison, definitions
from ot_eval.studies.workspace import Prepared, Workspace

__all__ = ["analyse", "prepare", "refuse"]
STRAND = "timing"
TITLE = "When should occupational therapy first happen?"
QUESTION = "How soon after reablement begins should people first be seen by an occupational therapist?"
FEWEST_PEOPLE, FEWEST_SEEN = 100, 50
"""Below these nobody's chance of being seen can be modelled (a judgement; each strategy has its own rule besides)."""
BAR = 20


def refuse(prepared: Prepared) -> None:
    """Refuse to emulate a trial with few people, few of them seen, or nobody with a larger package."""
    people = prepared.frames["people"]
    seen, rises = int(people["ot_day"].notna().sum()), int((people["event"] == INCREASE).sum())
    if len(people) < FEWEST_PEOPLE or seen < FEWEST_SEEN or rises == 0:
        raise AnalysisRefused(
            f"timing: {len(people)} people start reablement, {seen} of them are seen, {rises} have a larger package",
            expected=f"at least {FEWEST_PEOPLE} people, {FEWEST_SEEN} of them seen, and some larger packages",
            fix="give more quarters of data, or widen the population; flow_timing.csv says who was left out",
        )


def told(done: int, total: int) -> None:
    """Show how many draws of the bootstrap are done, every twentieth of them (a notebook keeps it)."""
    full = BAR * done // total
    if full > BAR * (done - 1) // total:
        end = "\n" if done == total else ""
        sys.stdout.write(f"\rbootstrap [{'=' * full}{' ' * (BAR - full)}] {done} of {total}{end}")
        sys.stdout.flush()


def analyse(workspace: Workspace, on_draw: OnDraw = told) -> StudyResult:
    """Emulate the trial; a strategy or a companion that the data cannot carry is refused by name, not left out."""
    protocol = workspace.protocol
    desk, said = Desk.of(workspace)
    made, refused = emulation(desk, on_draw)
    found: list[Estimate | Check] = [*said, *refused]
    for part in (shares, differences, curve, cuts):
        found += part(desk, made)
    found += [*followers(made), *diagnostics(made), *companions(desk, made), *how_wrong(desk, made), *naive(desk)]
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=QUESTION,
        estimates=tuple(replace(e, study=protocol.study) for e in of_kind(Estimate, found)),
        flow=workspace.flow,
        checks=of_kind(Check, found),
        deviations=workspace.deviations,
        notes=(*comparison(desk), *definitions(desk)),
        facts=workspace.facts,
    )
