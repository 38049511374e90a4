"""Drawing single numbers: rows of ratios, 100 people, one range on a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.path import Path
from matplotlib.ticker import NullLocator

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.released import ReleasedEstimate

ROW = 30.0
TALL_ROW = 46.0
AXIS = 62.0
ICONS = (240.0, 230.0)
ICON_MARK = 17.0
EXPECTED = 100
STRIP = (280.0, 190.0)
TICKS = (0.1, 0.2, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 10)
PER_LINE = 10


def row_label(e: ReleasedEstimate) -> str:
    """Return the words beside one row."""
    return labels.term_label(e.term, *variable_and_level(e.term))


def forest(rows: Sequence[ReleasedEstimate], size: tuple[float, float]) -> Canvas:
    """Draw a dot and a line a row on a log axis; the label is beside the row when wide, above it when narrow."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    low = min(0.8, *(float(e.lower or 1) for e in rows))
    high = max(1.25, *(float(e.upper or 1) for e in rows))
    axes.set_xscale("log")
    axes.set_xlim(low / 1.08, high * 1.08)
    ticks = [t for t in TICKS if low / 1.08 <= t <= high * 1.08]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(len(rows) - 0.5, -0.5 if wide else -0.75)
    axes.axvline(1, color=LIGHT["muted"], linewidth=1.2, linestyle=(0, (4, 3)))
    for y, e in enumerate(rows):
        clear = float(e.lower or 0) > 1 or float(e.upper or 0) < 1
        axes.plot([float(e.lower or 0), float(e.upper or 0)], [y, y], color=LIGHT["first"], linewidth=2.2)
        axes.plot(
            [float(e.value or 0)],
            [y],
            marker="o",
            markersize=8,
            color=LIGHT["first"],
            markerfacecolor=LIGHT["first"] if clear else LIGHT["paper"],
            markeredgewidth=2,
        )
        if not wide:
            text = f"{row_label(e)}  {numbers.value(e.value, e.unit)}"
            axes.text(0, y - 0.36, text, transform=axes.get_yaxis_transform(), va="center", fontsize=FONT - 1)
    if wide:
        axes.set_yticks(range(len(rows)), [row_label(e) for e in rows])
    else:
        axes.set_yticks([])
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel("← lower rate · 1 is no difference · higher rate →" if wide else "← lower · 1 is same · higher →")
    return figure


def _person() -> Path:
    """Return a small figure of a person: a round head over a rounded body."""
    head = Path.circle((0, 0.62), 0.26)
    body = Path(
        [
            (-0.42, -0.9),
            (-0.42, 0.0),
            (-0.42, 0.28),
            (-0.14, 0.28),
            (0.14, 0.28),
            (0.42, 0.28),
            (0.42, 0.0),
            (0.42, -0.9),
            (-0.42, -0.9),
        ],
        [
            Path.MOVETO,
            Path.LINETO,
            Path.CURVE3,
            Path.CURVE3,
            Path.LINETO,
            Path.CURVE3,
            Path.CURVE3,
            Path.LINETO,
            Path.CLOSEPOLY,
        ],
    )
    return Path.make_compound_path(head, body)


def icons(filled: int, size: tuple[float, float]) -> Canvas:
    """Draw 100 people in ten rows of ten, the first ones filled and the others in outline."""
    figure = canvas(size, fitted=False)
    axes = figure.add_axes((0, 0, 1, 1))
    place, person = np.arange(100), _person()
    x, y = place % PER_LINE, -(place // PER_LINE)
    for chosen, face, edge in (
        (place < filled, LIGHT["first"], LIGHT["first"]),
        (place >= filled, "none", LIGHT["muted"]),
    ):
        axes.plot(
            x[chosen],
            y[chosen],
            linestyle="none",
            marker=person,
            markersize=ICON_MARK,
            markerfacecolor=face,
            markeredgecolor=edge,
            markeredgewidth=0.8,
        )
    axes.set_xlim(-0.6, PER_LINE - 0.4)
    axes.set_ylim(-PER_LINE + 0.4, 0.6)
    axes.set_axis_off()
    return figure


def strip(
    shown: tuple[int, int, int],
    ends: tuple[str, str],
    size: tuple[float, float],
    *,
    none: tuple[int, str, int] = (EXPECTED, "100: no difference", 25),
) -> Canvas:
    """Draw a range around an estimate on a line; `shown` is (estimate, lower, upper).

    `none` is the number that means no difference, what is written there, and how far the line reaches at least.
    """
    about, low, high = shown
    middle, words, least = none
    figure = canvas(size, fitted=False)
    axes = figure.add_axes((0.02, 0, 0.96, 1))
    reach = max(middle - low, high - middle, least) * 1.15
    axes.set_xlim(middle - reach, middle + reach)
    axes.set_ylim(-1, 1)
    axes.plot(axes.get_xlim(), [0, 0], color=LIGHT["grid"], linewidth=3, zorder=1)
    axes.plot([middle, middle], [-0.42, 0.42], color=LIGHT["muted"], linewidth=1.5, linestyle=(0, (4, 3)), zorder=2)
    axes.plot([low, high], [0, 0], color=LIGHT["first"], linewidth=9, solid_capstyle="butt", alpha=0.45, zorder=3)
    axes.plot([about], [0], marker="o", markersize=13, color=LIGHT["first"], zorder=4)
    for number, weight, up in ((about, "bold", 15), (low, "normal", -24), (high, "normal", -24)):
        axes.annotate(
            numbers.fixed(number, 0),
            (number, 0),
            xytext=(0, up),
            textcoords="offset points",
            ha="center",
            fontsize=FONT + 5 if weight == "bold" else FONT,
            fontweight=weight,
        )
    axes.text(middle, 0.5, words, ha="left" if about < middle else "right", color=LIGHT["muted"])
    for x, text, align in ((0, f"← {ends[0]}", "left"), (1, f"{ends[1]} →", "right")):
        axes.text(x, 0.12, text, transform=axes.transAxes, ha=align, color=LIGHT["muted"])
    axes.set_axis_off()
    return figure
