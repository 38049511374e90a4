"""The interventions strand in plain words: what was done, how soon, by whom; and whether people reviewed the codes."""

from __future__ import annotations

from ot_eval.outputs import figure_heat, figure_style, numbers, wording
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.figure_heat import Cell
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included
from ot_eval.outputs.table import Row, listing

DRAFT = "This is a draft: it rests on suggestions of the program that nobody has reviewed. "
SUGGESTIONS = "nobody reviewed"
"""What the fact `codes` holds where suggestions are among the codes."""
MOST_NAMED = 3
UNKNOWN = (
    "The report counts what was written down. Work that nobody recorded cannot be seen.",
    "It says what was done, not whether it helped. People who were seen early may differ from others from the start.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the interventions strand."""
    common = _common(released)
    draft = DRAFT if SUGGESTIONS in released.facts.get("codes", "") else ""
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=draft + _answer(common),
        answer_more=_soon(released),
        key_figures=tuple(_card(e) for e in common[:MOST_NAMED]),
        timeline=heat_map(released),
        timeline_sentences=_roles(released),
        sure=_sure(common),
        means=(),
        unknown=(*UNKNOWN, *(c.sentence for c in released.checks if not c.passed)),
        included=included(released),
        terms=("reablement", "disclosure control"),
    )


def _common(released: Released) -> list[ReleasedEstimate]:
    rows = [e for e in released.find("what_was_done", measure="share of people") if e.value is not None]
    return sorted(rows, key=lambda e: -(e.value or 0))


def _words(e: ReleasedEstimate) -> str:
    """Return the label of a code without the code itself."""
    return e.term.partition(" ")[2] or e.term


def _answer(common: list[ReleasedEstimate]) -> str:
    if not common:
        return "Too few contacts are coded to say what was done."
    said = [f"{_lower(_words(e))} ({wording.in_100((e.value or 0) / 100)} people)" for e in common[:MOST_NAMED]]
    return f"What most people had was {wording.listed(tuple(said))}."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _soon(released: Released) -> str:
    """Say how soon people saw an occupational therapist: the shares within the days that are shown."""
    rows = [e for e in released.find("how_soon", measure="share of people") if e.value is not None]
    within = [e for e in rows if e.term.startswith("within ")]
    if not within:
        return ""
    said = [f"{wording.in_100((e.value or 0) / 100)} {e.term.removesuffix(' of the start')}" for e in within]
    return f"An occupational therapist saw {wording.listed(tuple(said))} of the start of reablement."


def _card(e: ReleasedEstimate) -> KeyFigure:
    share = wording.in_100((e.value or 0) / 100)
    sentence = f"{share[:1].upper()}{share[1:]} people had it"
    if e.lower is not None and e.upper is not None:
        sentence += f" (likely range: {wording.range_in_100(e.lower / 100, e.upper / 100)})"
    return KeyFigure(heading=_words(e), sentence=f"{sentence}.")


def _roles(released: Released) -> tuple[str, ...]:
    rows = [e for e in released.find("by_whom", measure="share of people") if e.value is not None]
    rows.sort(key=lambda e: -(e.value or 0))
    if not rows:
        return ()
    said = [f"{e.term} ({wording.in_100((e.value or 0) / 100)} people)" for e in rows]
    return (f"Who people were seen by: {wording.listed(tuple(said))}.",)


def _sure(common: list[ReleasedEstimate]) -> tuple[str, ...]:
    shown = [e for e in common if e.lower is not None]
    if not shown:
        return ()
    level = numbers.level(shown[0].level)
    return (f"Each share is an estimate; its likely range is its {level} interval.",)


def heat_map(released: Released) -> Figure | None:
    """Return the heat map of codes by week; None where nothing of it may be shown."""
    rows = released.find("week_by_week")
    if not any(e.value for e in rows):
        return None
    cells = []
    for e in rows:
        code, week = variable_and_level(e.term)
        cells.append(Cell(row=code, column=week, percent=e.value))
    codes, weeks = list(dict.fromkeys(c.row for c in cells)), list(dict.fromkeys(c.column for c in cells))
    found = {(c.row, c.column): _percent(c.percent) for c in cells}
    most = max((c for c in cells if c.percent is not None), key=lambda c: c.percent or 0.0)
    subtitle = "Of 100 people still in reablement that week, how many had it; – is hidden or not seen"
    height = figure_heat.ROW * len(codes) + figure_heat.AXIS
    listed = [Row(header=c, cells=tuple(found.get((c, w), numbers.NONE_CELL) for w in weeks)) for c in codes]
    return Figure(
        name="week-by-week",
        title="What was done in which week",
        subtitle=subtitle,
        alt=f"Heat map, one row a kind of work, one column a week, {weeks[0]} to {weeks[-1]}. {subtitle}. The fullest "
        f"cell is {most.row}, {most.column}: {_percent(most.percent)}. Every number stands in the table below.",
        table=listing("week-by-week-table", "What was done in which week", ("Kind of work", *weeks), listed),
        draw=lambda size: figure_heat.heat(cells, size),
        wide=(figure_style.WIDE[0], height),
        narrow=(figure_style.NARROW[0], height),
    )


def _percent(value: float | None) -> str:
    return numbers.HIDDEN_CELL if value is None else numbers.value(value, "percent")
