"""Two figures of the value strand: the plane of cost and health, and the chance that coaching is worth it."""

from __future__ import annotations

import math
import re

import numpy as np
from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import numbers
from ot_eval.outputs.figure_style import FONT, LIGHT, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Row, listing

EXTRA = "coached less usual care"
_AT = re.compile(r"^at £([\d,]+) a QALY$")
INSIDE = 0.95
FEWEST_POINTS = 3
THOUSAND = 1000
ALL = 100


def extra(released: Released, analysis: str, outcome: str = "") -> ReleasedEstimate | None:
    """Return the difference of an analysis (and outcome), or None where it is hidden or not there."""
    rows = [e for e in released.find(analysis, term=EXTRA) if not outcome or e.outcome == outcome]
    return rows[0] if rows and rows[0].value is not None else None


def plane(released: Released) -> Figure | None:
    """Return the plane: the estimate and an ellipse that holds 95% of what chance allows; None without QALYs."""
    cost, health = extra(released, "value_cost", "all"), extra(released, "value_qaly")
    tied = [e for e in released.find("value_plane", measure="correlation") if e.value is not None]
    if cost is None or health is None or not tied or cost.se is None or health.se is None:
        return None
    shares = [e for e in released.find("value_plane", measure="share of draws") if e.value is not None]
    rows = [Row(header=e.term[:1].upper() + e.term[1:], cells=(numbers.value(e.value, e.unit),)) for e in shares]
    subtitle = "Each person of a coached provider, against usual care; the oval holds 95 of 100 chance results"
    said = "; ".join(f"{e.term}: {numbers.value(e.value, e.unit)} of chance results" for e in shares)
    return Figure(
        name="value-plane-figure",
        title="Cost and quality of life together",
        subtitle=subtitle,
        alt=f"Dot in an oval on a cross of two axes. {subtitle}. {said}.",
        table=listing("value-plane-figure-table", "Where chance results lie", ("Coaching", "Share"), rows),
        draw=lambda size: _draw_plane(cost, health, float(tied[0].value or 0), size),
    )


def _draw_plane(cost: ReleasedEstimate, health: ReleasedEstimate, r: float, size: tuple[float, float]) -> Canvas:
    figure = canvas(size)
    axes = figure.add_subplot()
    sx, sy = float(health.se or 0), float(cost.se or 0)
    x, y = float(health.value or 0), float(cost.value or 0)
    reach = math.sqrt(-2 * math.log(1 - INSIDE))
    turn = np.linspace(0, 2 * math.pi, 120)
    px = x + reach * sx * np.cos(turn)
    py = y + reach * sy * (r * np.cos(turn) + math.sqrt(max(0.0, 1 - r * r)) * np.sin(turn))
    axes.fill(px, py, color=LIGHT["first"], alpha=0.2, linewidth=0)
    axes.plot(px, py, color=LIGHT["first"], linewidth=1.5)
    axes.plot([x], [y], marker="o", markersize=9, color=LIGHT["first"])
    width, height = 1.5 * np.abs(px).max(), 1.6 * np.abs(py).max()
    axes.set_xlim(-width, width)
    axes.set_ylim(-height, height)
    axes.axhline(0, color=LIGHT["muted"], linewidth=1)
    axes.axvline(0, color=LIGHT["muted"], linewidth=1)
    axes.set_xlabel("Years in full health gained", fontsize=FONT)
    axes.set_ylabel("Cost a person", fontsize=FONT)
    axes.yaxis.set_major_formatter(lambda v, _: ("−" if v < 0 else "") + numbers.value(abs(v), "£"))
    for right, top in ((False, True), (True, True), (False, False), (True, False)):
        words = f"{'more' if right else 'less'} health,\ncosts {'more' if top else 'less'}"
        axes.text(
            0.98 if right else 0.02,
            0.97 if top else 0.03,
            words,
            transform=axes.transAxes,
            fontsize=FONT - 1,
            color=LIGHT["muted"],
            ha="right" if right else "left",
            va="top" if top else "bottom",
        )
    return figure


def curve(released: Released) -> Figure | None:
    """Return the acceptability curve; None with fewer than three thresholds shown."""
    points = [
        (float(m[1].replace(",", "")), float(e.value))
        for e in released.find("value_acceptability")
        if e.value is not None and (m := _AT.match(e.term))
    ]
    if len(points) < FEWEST_POINTS:
        return None
    points.sort()
    subtitle = "Chance that coaching is the better use of the money, by what a year in full health is taken to be worth"
    rows = [Row(header=f"£{k:,.0f}", cells=(numbers.value(c, "percent of draws"),)) for k, c in points]
    return Figure(
        name="value-acceptability-figure",
        title="How likely is coaching to be worth it?",
        subtitle=subtitle,
        alt=f"Line. {subtitle}. " + "; ".join(f"£{k:,.0f}: {numbers.value(c, 'percent of draws')}" for k, c in points),
        table=listing("value-acceptability-figure-table", subtitle, ("Pounds a QALY", "Chance"), rows),
        draw=lambda size: _draw_curve(points, size),
    )


def _draw_curve(points: list[tuple[float, float]], size: tuple[float, float]) -> Canvas:
    figure = canvas(size)
    axes = figure.add_subplot()
    axes.plot(
        [k / THOUSAND for k, _ in points], [c for _, c in points], color=LIGHT["first"], linewidth=2.5, marker="o"
    )
    axes.axhline(ALL / 2, color=LIGHT["muted"], linewidth=1, linestyle=(0, (4, 3)))
    axes.set_ylim(0, 1.04 * ALL)
    axes.set_yticks(range(0, ALL + 1, 20))
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    axes.set_xlabel("£ thousand for a year in full health", fontsize=FONT)
    return figure
