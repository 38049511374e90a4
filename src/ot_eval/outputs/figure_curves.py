"""Drawing coarsened curves: straight lines between the published points, since nothing is known in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.figure_style import FONT, LIGHT, LINES, MARKERS, SERIES, WIDE, canvas
from ot_eval.outputs.released import ReleasedCurve
from ot_eval.outputs.tables import curve_who

MONTH_TICKS = (0, 91, 182, 274, 365, 547, 730, 1095)
PLACES = {"new": 0, "existing": 1, "all": 2}
"""A group looks the same in every figure."""
GAP = 1.35 * FONT
SMALL = FONT - 1.5


def _is_wide(size: tuple[float, float]) -> bool:
    return size[0] >= WIDE[0]


def _ticks(last: int, *, wide: bool) -> list[int]:
    ticks = [day for day in MONTH_TICKS if day <= max(last, 91)]
    return ticks if wide else [day for day in ticks if day not in (91, 274)]


def _axes(figure: Canvas, last: int, top: float, *, wide: bool) -> Axes:
    axes = figure.add_subplot()
    axes.set_xlim(0, last)
    ticks = _ticks(last, wide=wide)
    axes.set_xticks(ticks, [str(numbers.MONTHS.get(day, 0)) for day in ticks])
    axes.set_xlabel("Months since reablement ended" if wide else "Months", fontsize=FONT)
    step = 0.05 if top <= 0.25 else 0.1 if top <= 0.6 else 0.2  # noqa: PLR2004
    axes.set_yticks(np.arange(0, top + step / 2, step))
    axes.set_ylim(0, max(top, step))
    axes.yaxis.set_major_formatter(lambda y, _: f"{round(100 * y)}%")
    axes.grid(axis="y")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    return axes


def _spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label heights apart so that none overlaps, keeping their order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    floor = low
    for i in order:
        placed[i] = max(wanted[i], floor)
        floor = placed[i] + gap
    excess = max(0.0, floor - gap - high)
    return [p - excess for p in placed]


def _labels(axes: Axes, ends: Sequence[tuple[float, str, str]], size: tuple[float, float]) -> None:
    """Write each line's label at its right end: (height, text, colour)."""
    low, high = axes.get_ylim()
    per_point = (high - low) / (size[1] * 0.68)
    heights = _spread([end[0] for end in ends], GAP * per_point * (1 + max(e[1].count("\n") for e in ends)), low, high)
    for (_, text, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            text,
            (1, height),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=LIGHT[colour],
            fontsize=FONT,
            fontweight="bold",
            annotation_clip=False,
        )


def _name(curve: ReleasedCurve, curves: Sequence[ReleasedCurve]) -> str:
    if len({curve_who(c) for c in curves}) > 1:
        return curve_who(curve)
    return labels.label(curve.outcome, labels.OUTCOMES).capitalize()


def lines(curves: Sequence[ReleasedCurve], size: tuple[float, float]) -> Canvas:
    """Draw one line a curve, with its band, its label at its end, and people still followed below."""
    wide, figure = _is_wide(size), canvas(size)
    last = max(c.days[-1] for c in curves)
    top = max(max(c.upper or c.value) for c in curves)
    axes = _axes(figure, last, min(1.0, np.ceil(top * 20) / 20), wide=wide)
    ends = []
    several = len({curve_who(c) for c in curves}) > 1
    for place, c in enumerate(curves):
        i = PLACES.get(labels.canonical(c.group or c.population), place) if several else place
        colour = SERIES[i % len(SERIES)]
        if c.lower is not None and c.upper is not None:
            axes.fill_between(c.days, c.lower, c.upper, color=LIGHT[colour], alpha=0.13, linewidth=0)
        axes.plot(
            c.days,
            c.value,
            color=LIGHT[colour],
            linewidth=2.4,
            linestyle=LINES[i % len(LINES)],
            marker=MARKERS[i % len(MARKERS)],
            markersize=4.5,
            clip_on=False,
        )
        name = _name(c, curves)
        ends.append((c.value[-1], name if wide else name.replace(" ", "\n"), colour))
    _labels(axes, ends, size)
    if wide:
        _risk_table(axes, curves)
    return figure


def _risk_table(axes: Axes, curves: Sequence[ReleasedCurve]) -> None:
    """Write people still followed under the axis, one row a population."""
    by_population: dict[str, ReleasedCurve] = {}
    for c in curves:
        by_population.setdefault(curve_who(c), c)
    rows = [("People still followed", None), *by_population.items()]
    for line, (name, curve) in enumerate(rows):
        down = -(52 + line * GAP)
        _under(axes, 0, down, name, align="left" if curve is None else "right", bold=curve is None)
        if curve is not None:
            for day, n in zip(curve.risk_days, curve.n_risk, strict=True):
                if day <= axes.get_xlim()[1]:
                    _under(axes, day, down, numbers.count(n), align="center")


def _under(axes: Axes, day: float, down: float, text: str, *, align: str, bold: bool = False) -> None:
    axes.annotate(
        text,
        (day, 0),
        xycoords=("data", "axes fraction"),
        xytext=(-26 if align == "right" else 0, down),
        textcoords="offset points",
        ha=align,
        va="center",
        color=LIGHT["muted"],
        fontsize=SMALL,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )


def _at(curve: ReleasedCurve, days: Sequence[int]) -> np.ndarray:
    return np.interp(days, curve.days, curve.value)


def stacked(curves: Sequence[ReleasedCurve], size: tuple[float, float]) -> Canvas:
    """Draw the shares of competing outcomes on top of one another, each area with its name."""
    wide, figure = _is_wide(size), canvas(size)
    days = sorted({day for c in curves for day in c.days})
    shares = np.array([_at(c, days) for c in curves])
    tops = shares.cumsum(axis=0)
    axes = _axes(figure, days[-1], min(1.0, np.ceil(tops.max() * 10) / 10), wide=wide)
    ends = []
    below = np.zeros(len(days))
    for i, (c, top) in enumerate(zip(curves, tops, strict=True)):
        colour = SERIES[i % len(SERIES)]
        axes.fill_between(days, below, top, color=LIGHT[colour], alpha=0.28, linewidth=0)
        axes.plot(days, top, color=LIGHT[colour], linewidth=2, linestyle=LINES[i % len(LINES)])
        share = numbers.value(c.value[-1], c.unit)
        name = labels.label(c.outcome, labels.OUTCOMES).removeprefix("a ").capitalize()
        text = f"{name} {share}" if wide else f"{name.replace(' to a ', ' to ').replace(' ', chr(10), 1)} {share}"
        ends.append(((below[-1] + top[-1]) / 2, text, colour))
        below = top
    _labels(axes, ends, size)
    return figure
