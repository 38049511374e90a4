"""Two drawings of interviews: different codes heard as interviews go on, and who spoke of which theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas

ROW, AXIS = 22.0, 74.0
NARROW_LABEL = 20
"""Letters of a theme's label that fit on a narrow page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Different codes after so many interviews, in the real order and (low, middle, high) in random orders."""

    interviews: int
    heard: float
    low: float
    middle: float
    high: float


def saturation(points: Sequence[Heard], size: tuple[float, float]) -> Canvas:
    """Draw the codes heard in the real order over the band of random orders."""
    figure = canvas(size)
    axes = figure.add_subplot()
    x = [p.interviews for p in points]
    axes.fill_between(x, [p.low for p in points], [p.high for p in points], color=LIGHT["muted"], alpha=0.18, lw=0)
    axes.plot(x, [p.middle for p in points], color=LIGHT["muted"], linestyle=(0, (5, 2)), label="in random orders")
    axes.plot(x, [p.heard for p in points], color=LIGHT["first"], linewidth=2.4, label="in the real order")
    if len(points) <= 30:  # noqa: PLR2004  (more markers would run together)
        axes.plot(x, [p.heard for p in points], color=LIGHT["first"], marker="o", markersize=5, linestyle="none")
    axes.set_ylim(0, max(p.high for p in points) * 1.08)
    axes.set_xlim(min(x) - 0.3, max(x) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Interviews")
    axes.set_ylabel("Different codes heard")
    axes.grid(axis="y")
    axes.legend(loc="lower right", frameon=False, fontsize=FONT)
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One theme and participant: spoke of it, was asked and did not, was not asked, or it is not noted."""

    theme: str
    who: str
    state: str


STATES = {
    "mentioned": ("spoke of it", {"marker": "o", "s": 62, "facecolor": LIGHT["first"], "edgecolor": LIGHT["first"]}),
    "asked, not mentioned": (
        "asked, did not",
        {"marker": "o", "s": 40, "facecolor": "none", "edgecolor": LIGHT["muted"]},
    ),
    "not asked": ("not asked", {"marker": "_", "s": 40, "color": LIGHT["muted"]}),
    "not known whether asked": ("not noted", {"marker": "x", "s": 22, "color": LIGHT["muted"]}),
}
"""How each state is said and drawn: shapes differ, so that colour is never alone."""


def themes_map(dots: Sequence[Dot], size: tuple[float, float]) -> Canvas:
    """Draw themes in rows and participants in columns, in the order of first appearance."""
    themes, people = list(dict.fromkeys(d.theme for d in dots)), list(dict.fromkeys(d.who for d in dots))
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    scale = 1.0 if wide else 0.42
    for state, (said, look) in STATES.items():
        mine = [d for d in dots if d.state == state]
        if mine:
            shape = {**look, "s": float(look["s"]) * scale}  # type: ignore[arg-type]
            places = ([people.index(d.who) for d in mine], [themes.index(d.theme) for d in mine])
            axes.scatter(*places, label=said, linewidths=1.4 if wide else 1.0, **shape)  # type: ignore[arg-type]
    axes.set_xlim(-0.6, len(people) - 0.4)
    axes.set_ylim(len(themes) - 0.5, -0.7)
    labels = [t if wide or len(t) <= NARROW_LABEL else f"{t[: NARROW_LABEL - 1]}…" for t in themes]
    axes.set_yticks(range(len(themes)), labels, fontsize=FONT if wide else FONT - 2)
    shown = [p if wide and len(people) <= 15 else p.removeprefix("P").lstrip("0") for p in people]  # noqa: PLR2004
    every = 1 if wide or len(people) <= 6 else 2 if len(people) <= 12 else 5  # noqa: PLR2004  (what fits)
    axes.set_xticks(range(0, len(people), every), shown[::every], fontsize=FONT if wide else FONT - 2)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=4)
    axes.grid(axis="y")
    for side in axes.spines.values():
        side.set_visible(False)
    figure.legend(
        loc="outside lower center", ncols=4 if wide else 2, frameon=False, fontsize=FONT if wide else FONT - 1
    )
    return figure
