"""The chart of a share month by month, between the limits of ordinary change.

A month whose share is hidden is left out, and the figure says how many are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Row, listing

BY_MONTH, RUN, XMR = "by_month", "run_chart", "xmr_chart"
LIMITS = ("lower process limit", "upper process limit")
EVERYONE = "all"
LEAST_POINTS = 2
LABELS_WIDE, LABELS_NARROW = 8, 3
MANY, TEN = 100, 10
ROUNDED = "Shares are rounded, so a dot may lie a little beyond a line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """A share month by month: every month in order, its share or None, the lines, and months that stand out."""

    names: tuple[str, ...]
    shares: tuple[float | None, ...]
    centre: float | None
    limits: tuple[float, float] | None
    signals: tuple[str, ...]


def months(released: Released, population: str = EVERYONE) -> Figure | None:
    """Return the chart of the share by month; None where fewer than two months are shown."""
    rows = released.find(BY_MONTH, population=population)
    found = _months(released, rows, population)
    if sum(s is not None for s in found.shares) < LEAST_POINTS:
        return None
    what, who = rows[0].outcome, "" if population == EVERYONE else f" in {population}"
    hidden = sum(s is None for s in found.shares)
    left_out = undrawn(hidden, "month")
    subtitle = f"Share of stays {what}{who}, by month of admission"
    said = "; ".join(
        f"{_month(n)} {numbers.value(s, 'percent')}" for n, s in zip(found.names, found.shares, strict=True) if s
    )
    return Figure(
        name="by-month" if population == EVERYONE else f"by-month-{population.lower().replace(' ', '-')}",
        title=_verdict(released, found, population),
        subtitle=". ".join(filter(None, (subtitle, ROUNDED, left_out.strip()))),
        alt=f"Line chart. {subtitle}. {_lines(found)}{said}.{left_out}{'.' if left_out else ''}",
        table=listing(
            f"by-month-{population.lower().replace(' ', '-')}-table",
            subtitle,
            ("Month", "Share", "Stays"),
            [
                Row(header=_month(e.term), cells=(numbers.value(e.value, e.unit), numbers.count(e.n)))
                for e in sorted(rows, key=lambda e: e.term)
            ],
        ),
        draw=lambda size: draw_months(found, size),
    )


def _months(released: Released, rows: Sequence[ReleasedEstimate], population: str) -> Months:
    rows = sorted(rows, key=lambda e: e.term)
    lines = {e.measure: float(e.value) for e in released.find(XMR, population=population) if e.value is not None}
    middle = [e.value for e in released.find(RUN, population=population) if e.value is not None]
    low, high = (lines.get(name) for name in LIMITS)
    out = [c.name for c in released.checks if c.analysis == XMR and not c.passed]
    return Months(
        names=tuple(e.term for e in rows),
        shares=tuple(None if e.value is None else float(e.value) for e in rows),
        centre=lines.get("centre line", float(middle[0]) if middle else None),
        limits=None if low is None or high is None else (low, high),
        signals=tuple(
            n for n in (e.term for e in rows) if (n if population == EVERYONE else f"{population}, {n}") in out
        ),
    )


def _verdict(released: Released, found: Months, population: str) -> str:
    if found.signals:
        return f"Stands out: {', '.join(_month(n) for n in found.signals)}"
    run = [c for c in released.checks if c.analysis == RUN and c.name == population]
    if run:
        return "More change than chance would give" if not run[0].passed else "No more change than chance would give"
    return "Month by month"


def _lines(found: Months) -> str:
    said = "" if found.centre is None else f"Middle {numbers.value(found.centre, 'percent')}. "
    if found.limits is not None:
        low, high = (numbers.value(x, "percent") for x in found.limits)
        said += f"Ordinary months lie between {low} and {high}. "
    return said


def _month(name: str) -> str:
    """Return 2025-03 as a reader says it."""
    return labels.date_words(f"{name}-01").removeprefix("1 ")


def draw_months(found: Months, size: tuple[float, float]) -> Canvas:
    """Draw a dot a month, lines between neighbours, the middle and the limits."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = percent_axes(figure)
    zoom(axes, [*(s for s in found.shares if s is not None), *(height for height, _ in _ruled(found))])
    last = len(found.names) - 1
    for height, words in _ruled(found):
        axes.plot([0, last], [height, height], color=LIGHT["muted"], linewidth=1.2, linestyle=(0, (4, 3)))
        beside(axes, 1.0, height, words)
    shares = [float("nan") if s is None else s for s in found.shares]
    axes.plot(range(len(shares)), shares, color=LIGHT["first"], linewidth=1.8, marker="o", markersize=6, clip_on=False)
    for n in found.signals:
        x = found.names.index(n)
        if found.shares[x] is not None:
            axes.plot([x], [shares[x]], marker="D", markersize=10, color=LIGHT["second"], linestyle="none")
    step = max(1, -(-len(found.names) // (LABELS_WIDE if wide else LABELS_NARROW)))
    places = list(range(0, len(found.names), step))
    axes.set_xticks(places, [f"{_month(found.names[x])[:3]}\n{found.names[x][:4]}" for x in places])
    return figure


def _ruled(found: Months) -> list[tuple[float, str]]:
    lines = [] if found.centre is None else [(found.centre, "middle")]
    if found.limits is not None:
        lines += [(found.limits[0], "limit"), (found.limits[1], "limit")]
    return lines


def percent_axes(figure: Canvas) -> Axes:
    """Return axes from 0 to 100 percent."""
    axes = figure.add_subplot()
    axes.yaxis.set_major_formatter(lambda y, _: f"{round(y)}%")
    axes.grid(axis="y")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    return axes


def undrawn(hidden: int, what: str) -> str:
    """Say how many months or homes are left out, or nothing where none is.

    Examples
    --------
    >>> undrawn(1, "home"), undrawn(0, "home")
    (' 1 home is not drawn, because a number behind it is small', '')
    """
    if not hidden:
        return ""
    verb, behind = (" is", "it") if hidden == 1 else ("s are", "each")
    return f" {hidden} {what}{verb} not drawn, because a number behind {behind} is small"


def zoom(axes: Axes, heights: Sequence[float]) -> None:
    """Show whole tens around some percentages, so that differences can be seen."""
    low, high = TEN * (min(heights) // TEN), TEN * -(-max(heights) // TEN)
    axes.set_ylim(max(0.0, low - TEN), min(MANY, high + TEN))


def beside(axes: Axes, x: float, height: float, words: str) -> None:
    """Write words to the right of a height."""
    place = {"xycoords": ("axes fraction", "data"), "xytext": (6, 0), "textcoords": "offset points", "va": "center"}
    axes.annotate(words, (x, height), color=LIGHT["muted"], fontsize=FONT - 1, annotation_clip=False, **place)  # type: ignore[arg-type]
