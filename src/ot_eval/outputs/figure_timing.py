"""Two figures of the timing strand: the risk under each strategy, and the risk by the week of first contact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import figure_style, numbers
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Row, listing

CURVE, STRATEGIES = "timing_curve", "timing_strategies"
_WEEK = re.compile(r"first seen in week (\d+)$")
_BY = re.compile(r"^(.*), by week (\d+)$")
ROW, AXIS = 40.0, 70.0
FEWEST_POINTS = 2
HIDDEN = "the data stop here"


def weeks(released: Released) -> list[tuple[int, ReleasedEstimate]]:
    """Return every week of first contact with its estimate, hidden or not, in order."""
    found = [(int(m[1]), e) for e in released.find(CURVE) if (m := _WEEK.search(e.term))]
    return sorted(found, key=lambda pair: pair[0])


def latest(released: Released) -> tuple[str, list[tuple[str, ReleasedEstimate]]]:
    """Return the last horizon in words, and the strategies shown at it, in their order."""
    rows = [(m[1], int(m[2]), e) for e in released.find(STRATEGIES) if (m := _BY.match(e.term)) and e.value is not None]
    last = max((week for _, week, _ in rows), default=0)
    return f"{last} weeks", [(name, e) for name, week, e in rows if week == last]


def curve(released: Released) -> Figure | None:
    """Return risk by week of first contact, its interval, and where the data stop; None with fewer than two weeks."""
    every = weeks(released)
    shown = [(k, e) for k, e in every if e.value is not None]
    if len(shown) < FEWEST_POINTS:
        return None
    until, _ = latest(released)
    subtitle = f"Share with a larger package within {until}, if everybody were first seen in that week of reablement"
    rows = [
        Row(
            header=f"Week {k}",
            cells=(
                numbers.value(e.value, e.unit) if e.value is not None else HIDDEN,
                numbers.interval(e),
            ),
        )
        for k, e in every
    ]
    said = "; ".join(f"week {k} {numbers.value(e.value, e.unit)} ({numbers.interval(e)})" for k, e in shown)
    stops = [k for k, e in every if e.value is None]
    tail = f" Too few people were first seen in week {', '.join(str(k) for k in stops)}." if stops else ""
    return Figure(
        name="timing-curve-figure",
        title="Risk by the week of first contact",
        subtitle=subtitle,
        alt=f"Dots with ranges, one a week. {subtitle}. {said}.{tail}",
        table=listing("timing-curve-figure-table", subtitle, ("Week", "Share", "Likely range"), rows),
        draw=lambda size: _draw_curve(every, size),
    )


def _draw_curve(every: Sequence[tuple[int, ReleasedEstimate]], size: tuple[float, float]) -> Canvas:
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    shown = [(k, e) for k, e in every if e.value is not None]
    last = max(k for k, _ in every)
    top = max(float(e.upper or e.value or 0) for _, e in shown)
    for k, e in shown:
        low, high = float(e.lower if e.lower is not None else e.value or 0), float(e.upper or e.value or 0)
        axes.plot([k, k], [low, high], color=LIGHT["first"], linewidth=7, alpha=0.3, solid_capstyle="butt")
        axes.plot([k], [float(e.value or 0)], marker="o", markersize=8, color=LIGHT["first"], clip_on=False)
    for a, b in pairwise(shown):
        if b[0] == a[0] + 1:
            axes.plot([a[0], b[0]], [float(a[1].value or 0), float(b[1].value or 0)], color=LIGHT["first"], linewidth=2)
    _stop(axes, [k for k, e in every if e.value is None], wide=wide)
    axes.set_xlim(0.5, last + 0.5)
    ticks = range(1, last + 1) if wide else range(1, last + 1, 3)
    axes.set_xticks(list(ticks), [str(k) for k in ticks])
    axes.set_xlabel("Week of reablement in which people are first seen" if wide else "Week first seen", fontsize=FONT)
    _percents(axes, top)
    return figure


def _stop(axes: Axes, missing: Sequence[int], *, wide: bool) -> None:
    for k in missing:
        axes.axvspan(k - 0.5, k + 0.5, color=LIGHT["grid"], alpha=0.5, linewidth=0)
    if missing:
        run = [k for k in missing if k >= max(missing) - len(missing) + 1]
        words = "too few people to say" if wide else "too few\nto say"
        axes.text(
            float(np.mean(run)), 0.5, words, transform=axes.get_xaxis_transform(), ha="center", color=LIGHT["muted"]
        )


def _percents(axes: Axes, top: float) -> None:
    step = 0.05 if top <= 0.25 else 0.1 if top <= 0.6 else 0.2  # noqa: PLR2004
    axes.set_ylim(0, float(np.ceil(top / step) * step))
    axes.set_yticks(np.arange(0, axes.get_ylim()[1] + step / 2, step))
    axes.yaxis.set_major_formatter(lambda y, _: f"{round(100 * y)}%")
    axes.grid(axis="y")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)


def strategies(released: Released) -> Figure | None:
    """Return the share under each strategy at the last horizon, a dot and a range a row; None with fewer than two."""
    until, rows = latest(released)
    if len(rows) < FEWEST_POINTS:
        return None
    subtitle = f"Share with a larger package within {until} of the start of reablement, if everybody were seen so"
    said = "; ".join(f"{name} {numbers.value(e.value, e.unit)} ({numbers.interval(e)})" for name, e in rows)
    cells = [Row(header=_upper(name), cells=(numbers.value(e.value, e.unit), numbers.interval(e))) for name, e in rows]
    return Figure(
        name="timing-strategies-figure",
        title="What would happen if everybody were first seen …",
        subtitle=subtitle,
        alt=f"Dots with ranges, one row a strategy. {subtitle}. {said}.",
        table=listing("timing-strategies-figure-table", subtitle, ("First seen", "Share", "Likely range"), cells),
        draw=lambda size: _draw_rows(rows, size),
        wide=(figure_style.WIDE[0], ROW * len(rows) + AXIS),
        narrow=(figure_style.NARROW[0], 1.35 * ROW * len(rows) + AXIS),
    )


def _draw_rows(rows: Sequence[tuple[str, ReleasedEstimate]], size: tuple[float, float]) -> Canvas:
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    top = max(float(e.upper or e.value or 0) for _, e in rows)
    for y, (name, e) in enumerate(rows):
        colour = LIGHT["muted"] if y == 0 else LIGHT["first"]
        low, high = float(e.lower if e.lower is not None else e.value or 0), float(e.upper or e.value or 0)
        axes.plot([low, high], [y, y], color=colour, linewidth=7, alpha=0.35, solid_capstyle="butt")
        axes.plot([float(e.value or 0)], [y], marker="o", markersize=9, color=colour)
        if not wide:
            axes.text(0, y - 0.36, f"{_upper(name)}: {numbers.value(e.value, e.unit)}",
                      transform=axes.get_yaxis_transform(), va="center", fontsize=FONT - 1)  # fmt: skip
    axes.set_ylim(len(rows) - 0.5, -0.5 if wide else -0.8)
    axes.set_yticks(range(len(rows)) if wide else [], [_upper(name) for name, _ in rows] if wide else [])
    step = 0.05 if top <= 0.3 else 0.1 if top <= 0.6 else 0.2  # noqa: PLR2004
    axes.set_xlim(0, float(np.ceil(top / step) * step))
    axes.set_xticks(np.arange(0, axes.get_xlim()[1] + step / 2, step if wide else 2 * step))
    axes.xaxis.set_major_formatter(lambda x, _: f"{round(100 * x)}%")
    axes.grid(axis="x")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    return figure


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
