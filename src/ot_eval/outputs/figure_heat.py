"""A heat map: one row an intervention, one column a week, the number in every cell so that colour is never alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas

ROW = 24.0
AXIS = 56.0
STRONGEST = 0.45
"""Opacity of the fullest cell: text stays readable on it, in light and in dark."""
HALF = 0.5
"""Half a cell: rows and columns are one apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its row, its column, and a percentage, or None where it is hidden."""

    row: str
    column: str
    percent: float | None


def heat(cells: Sequence[Cell], size: tuple[float, float]) -> Canvas:
    """Draw the cells, rows and columns in order of first appearance; when narrow, only the first word of a row."""
    rows, columns = list(dict.fromkeys(c.row for c in cells)), list(dict.fromkeys(c.column for c in cells))
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    fullest = max((c.percent or 0.0 for c in cells), default=0.0) or 1.0
    for c in cells:
        x, y = columns.index(c.column), rows.index(c.row)
        shade = STRONGEST * (c.percent or 0.0) / fullest
        if shade:
            place = (x - HALF, y - HALF)
            axes.add_patch(Rectangle(place, 1, 1, facecolor=LIGHT["first"], alpha=shade, linewidth=0))
        said = "–" if c.percent is None else f"{c.percent:.0f}"
        axes.text(x, y, said, ha="center", va="center", fontsize=FONT - 1)
    axes.set_xlim(-HALF, len(columns) - HALF)
    axes.set_ylim(len(rows) - HALF, -HALF)
    axes.set_xticks(range(len(columns)), [c if wide else c.split(" ")[-1] for c in columns])
    axes.set_yticks(range(len(rows)), [r if wide else r.split(" ")[0] for r in rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=4)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure
