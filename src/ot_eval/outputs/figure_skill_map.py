"""The map of skills by role: a row a skill, a column a role, the number in every cell so that colour is never alone."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from ot_eval.outputs import figure_style, numbers
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.skill_gaps import CARERS, fewer_than, words_of
from ot_eval.outputs.table import Row, listing

ROW, TALL_ROW, AXIS = 30.0, 58.0, 48.0
STRONGEST = 0.5
"""Opacity of a cell of 100 in 100: text stays readable on it, in light and in dark."""
LABEL = 46
"""Characters of a line of a skill's words; longer ones take two lines."""
HEADS = {CARERS: "home\ncarers", "reablement support workers": "reablement\nworkers"}
HEADS |= {"occupational therapists": "occupational\ntherapists", "OT assistants": "OT\nassistants"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One skill: its words, and for each role the share in percent (None: hidden) and what the cell says."""

    words: str
    cells: tuple[tuple[float | None, str], ...]


def skill_map(released: Released) -> Figure | None:
    """Return the map of who has which skill; None where nothing of it may be shown. Carers' strongest skills first."""
    rows = released.find("who_has")
    roles = [r for r in dict.fromkeys(e.population for e in rows) if _any(rows, r)]
    if not roles:
        return None
    by = {(e.term, e.population): e for e in rows}
    terms = sorted(dict.fromkeys(e.term for e in rows), key=lambda t: -_order(by.get((t, CARERS))))
    lines = [Line(words=words_of(t), cells=tuple(_cell(by.get((t, r))) for r in roles)) for t in terms]
    heads = [HEADS.get(r, r.replace(" ", "\n", 1)) for r in roles]
    subtitle = "Of 100 workers in each role, how many say they do it fairly well or better"
    few = any(text.startswith("<") for line in lines for _, text in line.cells)
    key = "– is hidden to protect privacy" + ("; <10 means fewer than 10 workers" if few else "")
    listed = [Row(header=line.words, cells=tuple(text for _, text in line.cells)) for line in lines]
    shown = [line for line in lines if line.cells[0][0] is not None]
    most = f" Home carers most often have: {shown[0].words}." if shown else ""
    return Figure(
        name="who-has",
        title="Who can do what",
        subtitle=f"{subtitle}; {key}",
        alt=f"Table in colours, one row a skill, one column a role: {', '.join(roles)}. {subtitle}.{most} Every number "
        "stands in the table below.",
        table=listing("who-has-map", f"{subtitle}; {key}", ("Skill", *roles), listed),
        draw=lambda size: draw(lines, heads, size),
        wide=(WIDE[0], ROW * len(lines) + AXIS),
        narrow=(figure_style.NARROW[0], TALL_ROW * len(lines) + AXIS),
    )


def _any(rows: Sequence[ReleasedEstimate], role: str) -> bool:
    return any(e.value is not None for e in rows if e.population == role)


def _order(e: ReleasedEstimate | None) -> float:
    """Return what a skill is sorted by: the shown share; where few have it, zero; hidden otherwise last."""
    if e is None or e.value is None:
        return 0.0 if fewer_than(e) is not None else -1.0
    return float(e.value)


def _cell(e: ReleasedEstimate | None) -> tuple[float | None, str]:
    if e is None:
        return None, numbers.NONE_CELL
    if e.value is not None:
        return float(e.value), numbers.fixed(e.value, 0)
    few = fewer_than(e)
    return None, numbers.NONE_CELL if few is None else f"<{few}"


def draw(lines: Sequence[Line], heads: Sequence[str], size: tuple[float, float]) -> Canvas:
    """Draw the map; a skill's words stand beside its cells when wide, above them when narrow."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    top, height = (-0.45, 0.9) if wide else (0.05, 0.4)
    for y, line in enumerate(lines):
        for x, (percent, text) in enumerate(line.cells):
            if percent:
                shade = STRONGEST * percent / 100
                axes.add_patch(
                    Rectangle((x - 0.48, y + top), 0.96, height, facecolor=LIGHT["first"], alpha=shade, linewidth=0)
                )
            axes.text(x, y + top + height / 2, text, ha="center", va="center", fontsize=FONT - 1)
        if not wide:
            words = textwrap.fill(line.words, LABEL)
            axes.text(-0.48, y + 0.01, words, va="bottom", ha="left", fontsize=FONT - 3, linespacing=1.0)
    axes.set_xlim(-0.5, len(heads) - 0.5)
    axes.set_ylim(len(lines) - 0.5, -0.5 if wide else -0.55)
    axes.set_xticks(range(len(heads)), heads, fontsize=FONT - (1 if wide else 3))
    labels = [textwrap.fill(line.words, LABEL) for line in lines]
    axes.set_yticks(range(len(lines)) if wide else [], labels if wide else [], fontsize=FONT - 2, linespacing=1.0)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=4)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure
