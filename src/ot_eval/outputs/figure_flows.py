"""Who moved from which level to which: flows between the levels before and the levels after.

Only flows that are shown in numbers are drawn. A hidden flow leaves a gap, and the table says that it is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from ot_eval.outputs import labels, numbers, wording
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.figure_course import slug
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Row, listing

TRANSITIONS = "level_transitions"
GAP = 0.06
"""Share of everyone left free between two levels."""
BAR = 0.05
ROLES = {"better": "first", "the same": "muted", "worse": "second"}
SHADES = {"better": 0.55, "the same": 0.30, "worse": 0.60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """People who went from one level to another, of the `began` at the first; None where a number is hidden."""

    before: int
    after: int
    people: int | None
    began: int | None
    lower_is_better: bool

    @property
    def way(self) -> str:
        """Whether this is better, the same or worse."""
        if self.before == self.after:
            return "the same"
        return "better" if (self.after < self.before) == self.lower_is_better else "worse"


def flows_of(released: Released, outcome: str) -> tuple[Flow, ...]:
    """Return every flow of one score in levels, hidden ones included; the joint line of hidden ones is no flow."""
    lower = outcome in lower_is_better(released)
    rows = released.find(TRANSITIONS, outcome=outcome, measure="people")
    return tuple(_flow(e, lower=lower) for e in rows if " or " not in e.term)


def lower_is_better(released: Released) -> tuple[str, ...]:
    """Return the scores of which a lower one is better."""
    return tuple(x.strip() for x in released.facts.get("lower_is_better", "").split(",") if x.strip())


def _flow(e: ReleasedEstimate, *, lower: bool) -> Flow:
    before, after = (int(part.rsplit(" ", 1)[-1]) for part in variable_and_level(e.term))
    people = None if e.value is None else int(e.value)
    return Flow(before=before, after=after, people=people, began=e.n, lower_is_better=lower)


def alluvial(released: Released, outcome: str) -> Figure | None:
    """Return the flows of one score in levels; None where none is shown."""
    every = flows_of(released, outcome)
    shown = tuple(f for f in every if f.people)
    if not shown:
        return None
    what = labels.label(outcome, labels.OUTCOMES)
    best = "1 is the best level" if every[0].lower_is_better else "a higher level is better"
    subtitle = f"Levels of {what} at the start (left) and the end (right) of reablement; {best}"
    said = "; ".join(f"level {f.before} to level {f.after}, {numbers.count(f.people)} people ({f.way})" for f in shown)
    hidden = sum(1 for f in every if f.people is None)
    note = f" {hidden} flows are hidden because they are small, and are not drawn." if hidden else ""
    return Figure(
        name=f"{TRANSITIONS.replace('_', '-')}-{slug(outcome)}",
        title=f"{what[:1].upper()}{what[1:]}{_improved(released, outcome)}",
        subtitle=f"{subtitle}.{note}".removesuffix(".") if note else subtitle,
        alt=f"Flow chart. {subtitle}. {said}.{note}",
        table=listing(
            f"{TRANSITIONS.replace('_', '-')}-{slug(outcome)}-table",
            f"People by level of {what} before and after",
            ("Level before", *(f"Level {j} after" for j in _levels(every))),
            [
                Row(
                    header=f"Level {i}",
                    cells=tuple(numbers.count(f.people) for f in every if f.before == i),
                )
                for i in _levels(every)
            ],
        ),
        draw=lambda size: draw(shown, _levels(every), size),
    )


def _improved(released: Released, outcome: str) -> str:
    """Say how many improved, from the share of everyone: flows that are shown would make too much of the large ones."""
    rows = [e for e in released.find("percent_improvement", outcome=outcome) if "improved a level" in e.measure]
    share = rows[0].value if rows else None
    return "" if share is None else f": {wording.in_100(share / 100)} got better by a level or more"


def _levels(flows: Sequence[Flow]) -> list[int]:
    return sorted({f.before for f in flows})


def draw(shown: Sequence[Flow], levels: Sequence[int], size: tuple[float, float]) -> Canvas:
    """Draw a column of levels on each side, and a ribbon a flow as thick as its number of people."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    began = {level: max((f.began or 0 for f in shown if f.before == level), default=0) for level in levels}
    seen = {level: sum(f.people or 0 for f in shown if f.before == level) for level in levels}
    began = {level: max(began[level], seen[level]) for level in levels}  # rounded parts may exceed a rounded whole
    arrived = {level: sum(f.people or 0 for f in shown if f.after == level) for level in levels}
    total = max(sum(began.values()), sum(arrived.values()))
    gap = GAP * total
    left = _column(axes, began, total, gap, before=True)
    right = _column(axes, arrived, total, gap, before=False)
    for f in sorted(shown, key=lambda f: (f.before, f.after)):
        people = f.people or 0
        _ribbon(axes, left[f.before], right[f.after], people, f.way)
        left[f.before] -= people
        right[f.after] -= people
    axes.set_xlim(-0.32 if wide else -0.42, 1.32 if wide else 1.42)
    axes.set_ylim(-gap, total + gap * len(levels) + 2 * gap)
    for x, words in ((0.0, "Start"), (1.0, "End")):
        axes.text(x, total + gap * len(levels) + gap, words, ha="center", fontweight="bold", fontsize=FONT)
    _key(axes, wide=wide)
    axes.set_axis_off()
    return figure


def _key(axes: Axes, *, wide: bool) -> None:
    places = (0.28, 0.5, 0.72) if wide else (0.14, 0.5, 0.86)
    for x, way in zip(places, ROLES, strict=True):
        axes.text(x, -0.06, way, color=LIGHT[ROLES[way]], ha="center", fontweight="bold", transform=axes.transAxes)


def _column(axes: Axes, people: dict[int, int], total: int, gap: float, *, before: bool) -> dict[int, float]:
    """Draw one side's levels, the first at the top, and return the height at which each begins.

    On the left a level is as tall as the people who began there, so that a gap shows where flows are hidden. On the
    right it is as tall as the flows that are shown, and has no number.
    """
    x = 0.0 if before else 1.0
    top = total + gap * (len(people) - 1)
    tops = {}
    for level, n in people.items():
        tops[level] = top
        axes.add_patch(Rectangle((x - BAR / 2, top - n), BAR, n, facecolor=LIGHT["ink"], linewidth=0))
        words = f"Level {level}: {numbers.count(n)}" if before else f"Level {level}"
        if n:
            place, align = (x - BAR, "right") if before else (x + BAR, "left")
            axes.text(place, top - n / 2, words, ha=align, va="center", fontsize=FONT - 1)
        top -= n + gap
    return tops


def _ribbon(axes: Axes, left: float, right: float, people: int, way: str) -> None:
    begin, end, middle = BAR / 2, 1 - BAR / 2, 0.5
    points = [
        (begin, left),
        (middle, left),
        (middle, right),
        (end, right),
        (end, right - people),
        (middle, right - people),
        (middle, left - people),
        (begin, left - people),
        (begin, left),
    ]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=LIGHT[ROLES[way]], alpha=SHADES[way], linewidth=0))
