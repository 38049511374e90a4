"""The course of a score: its mean at each assessment, and the middle half of people around it.

Lines of single people are personal data. The band from the lower to the upper quartile stands for them.
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
from ot_eval.outputs.table import Row, Table, listing

COURSE, SPREAD = "course", "course_spread"
QUARTILES = ("lower quartile", "upper quartile")
LEAST_MOMENTS = 2
ROOM = 0.12
"""Share of the drawn range left free above and below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One assessment: its name, the mean and its interval, and the quartiles where they are shown."""

    name: str
    mean: ReleasedEstimate
    value: float
    quartiles: tuple[float, float] | None

    @property
    def interval(self) -> tuple[float, float]:
        """The mean's interval, or the mean twice where none is shown."""
        low, high = self.mean.lower, self.mean.upper
        return (self.value if low is None else float(low), self.value if high is None else float(high))


def course(released: Released, outcome: str, name: str = "") -> Figure | None:
    """Return the course of one score; None where fewer than two assessments are shown."""
    found = moments(released, outcome)
    if len(found) < LEAST_MOMENTS:
        return None
    what = labels.label(outcome, labels.OUTCOMES)
    first, last = found[0], found[-1]
    unit = first.mean.unit
    subtitle = f"Mean score for {what}, with the middle half of people around it"
    return Figure(
        name=name or f"{COURSE}-{slug(outcome)}",
        title=f"The mean went from {numbers.value(first.value, unit)} at the {first.name} to "
        f"{numbers.value(last.value, unit)} at the {last.name}",
        subtitle=subtitle,
        alt=f"Line chart. {subtitle}. {'; '.join(_said(m) for m in found)}.",
        table=_table(found, outcome, what),
        draw=lambda size: draw(found, size),
    )


def moments(released: Released, outcome: str) -> tuple[Moment, ...]:
    """Return the assessments of everyone with the score, in order, as far as they are shown."""
    spread = {
        (e.term, e.measure): float(e.value)
        for e in released.find(SPREAD, outcome=outcome, population="all")
        if e.value is not None
    }
    out = []
    for e in released.find(COURSE, outcome=outcome, population="all", measure="mean"):
        if e.value is None:
            continue
        ends = [spread.get((e.term, q)) for q in QUARTILES]
        low, high = ends
        quartiles = None if low is None or high is None else (low, high)
        moment = labels.label(e.term, labels.TIMEPOINTS)
        out.append(Moment(name=moment, mean=e, value=float(e.value), quartiles=quartiles))
    return tuple(out)


def slug(outcome: str) -> str:
    """Return an outcome as part of a figure's name."""
    return "".join(c if c.isalnum() else "-" for c in outcome.lower()).strip("-")


def _said(m: Moment) -> str:
    unit = m.mean.unit
    text = f"{m.name}: mean {numbers.value(m.value, unit)} ({numbers.interval(m.mean)})"
    if m.quartiles is None:
        return text
    return f"{text}, middle half of people {' to '.join(numbers.bare(q, unit) for q in m.quartiles)}"


def _table(found: Sequence[Moment], outcome: str, what: str) -> Table:
    rows = []
    for m in found:
        unit = m.mean.unit
        half = numbers.HIDDEN_CELL
        if m.quartiles is not None:
            half = " to ".join(numbers.bare(q, unit) for q in m.quartiles)
        cells = (numbers.value(m.value, unit), numbers.interval(m.mean), half, numbers.count(m.mean.n))
        rows.append(Row(header=m.name[:1].upper() + m.name[1:], cells=cells))
    level = numbers.level(found[0].mean.level)
    head = ("Assessment", "Mean", f"{level} interval", "Middle half of people", "People")
    return listing(f"{COURSE}-{slug(outcome)}-table", f"The numbers drawn: {what}", head, rows)


def draw(found: Sequence[Moment], size: tuple[float, float]) -> Canvas:
    """Draw the mean with its interval at each assessment, and the quartiles as a band."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    places = list(range(len(found)))
    ends = [x for m in found for x in (*m.interval, *(m.quartiles or ()))]
    room = ROOM * (max(ends) - min(ends) or 1.0)
    axes.set_ylim(min(ends) - room, max(ends) + room)
    banded = [(x, m.quartiles) for x, m in zip(places, found, strict=True) if m.quartiles]
    if len(banded) == len(found):
        low, high = ([q[i] for _, q in banded] for i in (0, 1))
        axes.fill_between(places, low, high, color=LIGHT["first"], alpha=0.13, linewidth=0)
        for edge in (low, high):
            axes.plot(places, edge, color=LIGHT["first"], linewidth=1.0, linestyle=(0, (4, 3)))
        words = "middle half of people" if wide else "middle\nhalf"
        _beside(axes, (low[-1] + high[-1]) / 2 - room, words, "muted")
    axes.plot(places, [m.value for m in found], color=LIGHT["first"], linewidth=2.4, marker="o", markersize=7)
    for x, m in zip(places, found, strict=True):
        axes.plot([x, x], m.interval, color=LIGHT["first"], linewidth=2.4)
        place = {"xytext": (0, 12), "textcoords": "offset points", "ha": "center", "fontweight": "bold"}
        axes.annotate(numbers.bare(m.value, m.mean.unit), (x, m.value), **place)  # type: ignore[arg-type]
    _beside(axes, found[-1].value + room / 2, "mean", "first")
    axes.set_xticks(places, [_tick(m.name, wide=wide) for m in found])
    axes.set_xlim(-0.25, places[-1] + 0.25)
    axes.grid(axis="y")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    return figure


def _beside(axes: Axes, height: float, words: str, role: str) -> None:
    axes.annotate(
        words,
        (1, height),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=LIGHT[role],
        fontsize=FONT,
        fontweight="bold",
        annotation_clip=False,
    )


def _tick(name: str, *, wide: bool) -> str:
    text = name[:1].upper() + name[1:]
    return text if wide else text.replace(" ", "\n")
