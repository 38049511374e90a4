"""Homes on a funnel: how far a share can lie from the others' by chance alone, at each home's number of stays.

A home whose share is hidden is left out, and the figure says how many are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import numbers
from ot_eval.outputs.figure_charts import LEAST_POINTS, ROUNDED, beside, percent_axes, undrawn, zoom
from ot_eval.outputs.figure_style import LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, listing

BY_HOME, FUNNEL = "by_home", "funnel"
INNER = ("lower limit (95 %)", "upper limit (95 %)")
OUTER = ("lower limit (99.8 %)", "upper limit (99.8 %)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One home on the funnel: its stays, its share, the limits at its size, and whether it lies outside them."""

    name: str
    n: int
    share: float
    inner: tuple[float, float]
    outer: tuple[float, float]
    outside: bool
    verdict: str


def funnel(released: Released) -> Figure | None:
    """Return the funnel of homes; None where fewer than two homes are shown with their limits."""
    homes = funnel_homes(released)
    if len(homes) < LEAST_POINTS:
        return None
    rows = released.find(BY_HOME)
    what = rows[0].outcome
    outside = [h.name for h in homes if h.outside]
    hidden = len(rows) - len(homes)
    left_out = undrawn(hidden, "home")
    subtitle = f"Share of stays {what}, one dot a home; between the lines, homes differ no more than chance allows"
    said = "; ".join(
        f"{h.name} {numbers.value(h.share, 'percent')} of {numbers.count(h.n)} ({h.verdict})" for h in homes
    )
    cells = [
        Row(
            header=h.name,
            cells=(
                numbers.value(h.share, "percent"),
                numbers.count(h.n),
                " to ".join(numbers.value(x, "percent") for x in h.outer),
                h.verdict,
            ),
        )
        for h in homes
    ]
    return Figure(
        name=FUNNEL,
        title=f"{', '.join(outside)}: further from the others than chance explains"
        if outside
        else "No home is further from the others than chance explains",
        subtitle=". ".join(filter(None, (subtitle, ROUNDED, left_out.strip()))),
        alt=f"Funnel plot. {subtitle}. {said}.{left_out}{'.' if left_out else ''}",
        table=listing(
            "funnel-table", f"Homes: share of stays {what}", ("Home", "Share", "Stays", "Limits", "Reading"), cells
        ),
        draw=lambda size: draw_funnel(homes, size),
    )


def funnel_homes(released: Released) -> tuple[Home, ...]:
    """Return the homes that are shown with their limits, the largest last."""
    lines = {(e.term, e.measure): float(e.value) for e in released.find(FUNNEL) if e.value is not None}
    verdicts = {c.name: c for c in released.checks if c.analysis == FUNNEL}
    out = []
    for e in released.find(BY_HOME):
        limits = [lines.get((e.term, name)) for name in (*INNER, *OUTER)]
        if e.value is None or e.n is None or e.term not in verdicts or None in limits:
            continue
        a, b, c, d = (float(x or 0) for x in limits)
        check = verdicts[e.term]
        verdict = check.sentence.removeprefix(f"{e.term}: ").removesuffix(".")
        out.append(
            Home(
                name=e.term,
                n=e.n,
                share=float(e.value),
                inner=(a, b),
                outer=(c, d),
                outside=not check.passed,
                verdict=verdict,
            )
        )
    return tuple(sorted(out, key=lambda h: h.n))


def draw_funnel(homes: Sequence[Home], size: tuple[float, float]) -> Canvas:
    """Draw a dot a home, and the limits through the sizes of the homes."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = percent_axes(figure)
    zoom(axes, [x for h in homes for x in (h.share, *h.outer)])
    sizes = [h.n for h in homes]
    for bounds, dashes, words in (("inner", (0, (4, 3)), "19 in 20"), ("outer", "solid", "499 in 500")):
        for side in (0, 1):
            edge = [getattr(h, bounds)[side] for h in homes]
            axes.plot(sizes, edge, color=LIGHT["muted"], linewidth=1.2, linestyle=dashes)
            if wide and side:
                beside(axes, 1.0, edge[-1], words)
    for h in homes:
        role, mark = ("second", "D") if h.outside else ("first", "o")
        axes.plot([h.n], [h.share], marker=mark, markersize=9, color=LIGHT[role], linestyle="none", clip_on=False)
        if h.outside:
            place = {"xytext": (0, -18), "textcoords": "offset points", "ha": "center", "fontweight": "bold"}
            axes.annotate(h.name, (h.n, h.share), color=LIGHT[role], **place)  # type: ignore[arg-type]
    room = max(1.0, 0.08 * (sizes[-1] - sizes[0]))
    axes.set_xlim(sizes[0] - room, sizes[-1] + room)
    axes.set_xlabel("Stays in the home")
    return figure
