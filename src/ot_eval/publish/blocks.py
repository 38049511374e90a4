"""The body of a full report: one block an analysis, its figures before its tables, the misleading ones last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ot_eval.outputs import (
    figures,
    labels,
    story_coaching,
    story_contact,
    story_experience,
    story_in_reach,
    story_interventions,
    story_progress,
    story_skills,
    story_timing,
    story_value,
    tables,
    tidier_table,
    trial_table,
)
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Table
from ot_eval.publish.qualitative_checklists import checklists

_IMMORTAL_TIME = (
    "People who go longer without an increase have more time to meet a therapist, so this comparison makes contact "
    "look better than it is. It is printed so that nobody has to make it again."
)
WARNINGS = {"ever_never": _IMMORTAL_TIME, "biased_ever_never": _IMMORTAL_TIME}
"""Analyses that are shown only as a warning, and why."""
RATIOS = ("cox", "cox_unadjusted", "cox_subgroup")
OWN_FIGURES: dict[str, Callable[[Released], tuple[figures.Figure, ...]]] = {
    "progress": story_progress.report_figures,
    "coaching": story_coaching.report_figures,
    "timing": story_timing.report_figures,
    "value": story_value.report_figures,
    "in_reach": story_in_reach.in_report,
    "skills": story_skills.pictures,
}
"""Strands that draw figures of their own."""
UNSTEADY = (
    "These ratios were not shown to be steady over follow-up. Each is an average over time and depends on how long "
    "people were followed. Read average time first."
)
"""Said above ratios of rates where the check of proportional hazards did not hold; they are then not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One analysis as the reader meets it.

    `warning` says why a comparison may not be used at all, `caveat` how one must be read.
    """

    name: str
    heading: str
    warning: str = ""
    caveat: str = ""
    figures: tuple[figures.Figure, ...] = ()
    tables: tuple[Table, ...] = ()


def blocks(released: Released) -> tuple[Block, ...]:
    """Return the blocks of a strand's report in reading order."""
    names = [e.analysis for e in released.estimates] + [c.analysis for c in released.curves]
    order = sorted(dict.fromkeys(n for n in names if n != "table_one"), key=lambda n: n in WARNINGS)
    drawn = _drawn(released)
    found = []
    lines = trial_table.table(released)
    if lines:
        found.append(Block(name="target-trial", heading=trial_table.CAPTION, tables=(lines,)))
    beside = story_value.consequences(released) if released.strand == "value" else None
    if beside:
        found.append(Block(name=beside.name, heading=beside.caption, tables=(beside,)))
    for analysis in order:
        name = analysis.replace("_", "-")
        caveat = _caveat(released, analysis)
        own = tuple(f for f in drawn if f.name == name or f.name.startswith(f"{name}-"))
        found.append(
            Block(
                name=name,
                heading=labels.label(analysis, labels.ANALYSES),
                warning=WARNINGS.get(analysis, ""),
                caveat=caveat,
                figures=() if analysis in WARNINGS or caveat else own,
                tables=_tables(released, analysis, name),
            )
        )
    found += _of_words(released)
    items = tidier_table.table(released)
    if items:
        found.append(Block(name="tidier", heading="What was delivered, item by item", tables=(items,)))
    return tuple(found)


def _of_words(released: Released) -> list[Block]:
    """Return the blocks of tables of words, in the order of the strand, then the tables of reporting standards."""
    found = []
    for analysis in dict.fromkeys(t.analysis for t in released.words):
        drawn = story_experience.report_figures(released, analysis)
        shown = {t.name for f in drawn if (t := f.table)}
        made = [story_experience.table_of(t) for t in released.words if t.analysis == analysis]
        found.append(
            Block(
                name=analysis.replace("_", "-"),
                heading=labels.label(analysis, labels.ANALYSES),
                figures=drawn,
                tables=() if shown else tuple(made),
            )
        )
    standards = checklists(released)
    if standards:
        found.append(Block(name="standards", heading="What reporting standards ask for", tables=standards))
    return found


def _drawn(released: Released) -> tuple[figures.Figure, ...]:
    """Return the figures of a full report; the name of each begins with that of its analysis."""
    if released.strand in OWN_FIGURES:
        return OWN_FIGURES[released.strand](released)
    heat_map = story_interventions.heat_map(released)
    return (*figures.of_strand(released), *([heat_map] if heat_map else []))


def _caveat(released: Released, analysis: str) -> str:
    """Return what must be said above the ratios of an analysis where no check shows that they were steady."""
    failed = any(c.name == story_contact.STEADY and not c.passed for c in released.checks)
    return UNSTEADY if failed and analysis in RATIOS else ""


def _tables(released: Released, analysis: str, name: str) -> tuple[Table, ...]:
    """Return a table a kind of number, then the curves that were too small to draw."""
    kinds: dict[tuple[str, str], list[ReleasedEstimate]] = {}
    for e in released.find(analysis):
        kinds.setdefault((e.measure, e.unit), []).append(e)
    made = []
    measures = [measure for measure, _ in kinds]
    for i, ((measure, unit), rows) in enumerate(kinds.items()):
        same = f" ({unit})" if measures.count(measure) > 1 else ""
        caption = f"{labels.label(analysis, labels.ANALYSES)}: {measure}{same}"
        made.append(tables.estimates(rows, caption, f"{name}-t{i + 1}"))
    small = [c for c in released.curves if c.analysis == analysis and c.days and not c.drawn]
    if small:
        caption = f"{labels.label(analysis, labels.ANALYSES)}: too few people for a curve, so shares at each horizon"
        made.append(tables.curve_points(small, caption, f"{name}-small"))
    return tuple(made)
