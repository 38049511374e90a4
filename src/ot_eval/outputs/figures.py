"""Figures of released results: what is drawn, its two titles, its text alternative and the table behind it.

A figure is made from `Released` records only. Its text alternative is written from the same numbers, never from the
picture. Each comes in two shapes, wide and narrow, so that its text stays readable on a telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import figure_curves, figure_marks, figure_style, labels, numbers, tables, wording
from ot_eval.outputs.released import Released, ReleasedCurve, ReleasedEstimate
from ot_eval.outputs.table import Table

RATIO = "hazard ratio"
"""The measure that is drawn as a forest; a biased or unadjusted ratio has another name and is never drawn."""

SURVIVAL = ("kaplan_meier",)
"""Analyses whose curves fall: the share that still has none of the outcomes."""

YEAR = 365
Draw = Callable[[tuple[float, float]], Canvas]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure, with all that a reader who cannot see it needs.

    `title` is the message, `subtitle` says what is drawn, `alt` is the text alternative.
    """

    name: str
    title: str
    subtitle: str
    alt: str
    table: Table | None
    draw: Draw
    wide: tuple[float, float] = figure_style.WIDE
    narrow: tuple[float, float] = figure_style.NARROW

    def svg(self, *, narrow: bool = False) -> str:
        """Return SVG markup for a page."""
        size, name = (self.narrow, f"{self.name}-n") if narrow else (self.wide, f"{self.name}-w")
        return figure_style.svg(self.draw, size, name)

    def png(self) -> bytes:
        """Return PNG bytes for Word."""
        return figure_style.png(self.draw, self.wide)


def lines(curves: Sequence[ReleasedCurve], name: str, title: str, subtitle: str) -> Figure | None:
    """Return one line a curve, with band, label and people still followed; None if there is nothing to draw."""
    drawn = tuple(c for c in curves if c.drawn)
    if not drawn:
        return None
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=_curves_alt("Line chart", drawn, subtitle),
        table=tables.curve_points(drawn, f"The numbers drawn: {subtitle}", f"{name}-table"),
        draw=lambda size: figure_curves.lines(drawn, size),
    )


def stacked(curves: Sequence[ReleasedCurve], name: str, title: str, subtitle: str) -> Figure | None:
    """Return the shares of competing outcomes on top of one another; None if there is nothing to draw."""
    drawn = tuple(c for c in curves if c.drawn)
    if not drawn:
        return None
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=_curves_alt("Stacked area chart", drawn, subtitle),
        table=tables.curve_points(drawn, f"The numbers drawn: {subtitle}", f"{name}-table"),
        draw=lambda size: figure_curves.stacked(drawn, size),
    )


def _curves_alt(kind: str, curves: Sequence[ReleasedCurve], subtitle: str) -> str:
    """Say each line's start and end, and its value at the horizons."""
    parts = []
    several = len({tables.curve_who(c) for c in curves}) > 1
    for c in curves:
        who = f"{tables.curve_who(c)}, " if several else ""
        what = labels.label(c.outcome, labels.OUTCOMES)
        stops = [
            f"{numbers.value(v, c.unit)} at {numbers.period(d)}"
            for d, v in zip(c.days, c.value, strict=True)
            if d and (d in numbers.MONTHS or d == c.days[-1])
        ]
        parts.append(f"{who}{what}: {', '.join(stops)}")
    return f"{kind}. {subtitle}. {'; '.join(parts)}."


def forest(rows: Sequence[ReleasedEstimate], name: str, title: str, subtitle: str) -> Figure | None:
    """Return ratios with their intervals on one log axis; None where no row is shown."""
    shown = tuple(e for e in rows if e.value is not None and e.lower is not None and e.upper is not None)
    if not shown:
        return None
    said = "; ".join(
        f"{figure_marks.row_label(e)} {numbers.value(e.value, e.unit)} ({numbers.interval(e)})" for e in shown
    )
    height = figure_marks.ROW * len(shown) + figure_marks.AXIS
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=f"Dot and line chart, one row a factor. {subtitle}. {said}.",
        table=None,
        draw=lambda size: figure_marks.forest(shown, size),
        wide=(figure_style.WIDE[0], height),
        narrow=(figure_style.NARROW[0], figure_marks.TALL_ROW * len(shown) + figure_marks.AXIS),
    )


def icons(e: ReleasedEstimate, name: str, title: str, had: str) -> Figure | None:
    """Return an icon array of 100 people for a shown share of at least 1 in 100; None otherwise."""
    if e.value is None or round(100 * e.value) < 1:
        return None
    filled = round(100 * e.value)
    return Figure(
        name=name,
        title=title,
        subtitle=f"Each figure is 1 person in 100. Filled: {had}",
        alt=f"100 small figures of people, {filled} of them filled in: {had}.",
        table=None,
        draw=lambda size: figure_marks.icons(filled, size),
        wide=figure_marks.ICONS,
        narrow=figure_marks.ICONS,
    )


def strip(e: ReleasedEstimate, name: str, title: str, ends: tuple[str, str]) -> Figure | None:
    """Return one ratio against 100 expected, as a range on a line with words at both ends; None where hidden."""
    if e.value is None or e.lower is None or e.upper is None:
        return None
    about, low, high = (round(100 * x) for x in (e.value, e.lower, e.upper))
    return Figure(
        name=name,
        title=title,
        subtitle="How many where 100 would be expected; the bar is the likely range",
        alt=f"A line from {ends[0]} to {ends[1]} with no difference at 100. The estimate is {about}; "
        f"the likely range is {low} to {high}.",
        table=None,
        draw=lambda size: figure_marks.strip((about, low, high), ends, size),
        wide=figure_marks.STRIP,
        narrow=figure_marks.STRIP,
    )


def time_strip(e: ReleasedEstimate, name: str, title: str, ends: tuple[str, str]) -> Figure | None:
    """Return a difference in average days against none, as a range on a line with words at both ends; None if hidden.

    Drawn in weeks, or in days where the whole range lies within four weeks.
    """
    if e.value is None or e.lower is None or e.upper is None:
        return None
    unit, size = wording.time_unit(e.lower, e.upper)
    about, low, high = (round(x / size) for x in (e.value, e.lower, e.upper))
    said = [numbers.fixed(x, 0) for x in (about, low, high)]
    return Figure(
        name=name,
        title=title,
        subtitle=f"How many {unit} longer or shorter, on average; the bar is the likely range",
        alt=f"A line from {ends[0]} to {ends[1]} with no difference at 0 {unit}. The estimate is {said[0]}; "
        f"the likely range is {said[1]} to {said[2]}.",
        table=None,
        draw=lambda size: figure_marks.strip((about, low, high), ends, size, none=(0, f"0 {unit}: no difference", 3)),
        wide=figure_marks.STRIP,
        narrow=figure_marks.STRIP,
    )


def of_strand(released: Released) -> tuple[Figure, ...]:
    """Return every figure of a strand's full report, in reading order."""
    found: list[Figure | None] = []
    by_analysis: dict[str, list[ReleasedCurve]] = {}
    for c in released.curves:
        by_analysis.setdefault(c.analysis, []).append(c)
    for analysis, curves in by_analysis.items():
        found += _of_curves(analysis, apart(curves))
    for analysis in dict.fromkeys(e.analysis for e in released.estimates if e.measure == RATIO):
        rows = released.find(analysis, measure=RATIO)
        if len(rows) > 1:
            title = "How the rate of increase compares, factor by factor"
            found.append(forest(rows, _slug(analysis), title, f"{RATIO.capitalize()} and interval, one row a factor"))
    return tuple(f for f in found if f is not None)


def apart(curves: Sequence[ReleasedCurve]) -> list[ReleasedCurve]:
    """Return the curves of groups where there are any, else those of everyone: the two are never drawn together."""
    groups = [c for c in curves if labels.canonical(c.group or c.population) != "all"]
    return groups or list(curves)


def _of_curves(analysis: str, curves: list[ReleasedCurve]) -> list[Figure | None]:
    name = _slug(analysis)
    outcomes = list(dict.fromkeys(c.outcome for c in curves))
    main = [c for c in curves if c.outcome == outcomes[0]]
    what = labels.label(outcomes[0], labels.OUTCOMES)
    kept = "none of the outcomes" if analysis in SURVIVAL else what
    subtitle = f"Share with {kept}, by months since reablement ended"
    found = [lines(main, f"{name}-main", message(main, kept), subtitle)]
    if len(outcomes) > 1:
        for who in dict.fromkeys(tables.curve_who(c) for c in curves):
            own = [c for c in curves if tables.curve_who(c) == who]
            subtitle = f"{who}, share with each outcome, by months since reablement ended"
            found.append(stacked(own, f"{name}-{_slug(who)}", f"{who}: every outcome", subtitle))
    return found


def message(curves: Sequence[ReleasedCurve], what: str) -> str:
    """Return a figure's title as a message: each group's share at the latest horizon that all drawn curves have."""
    drawn = [c for c in curves if c.drawn]
    shared = set(numbers.MONTHS).intersection(*(set(c.days) for c in drawn)) if drawn else set()
    if not shared:
        return what[:1].upper() + what[1:]
    day = max((d for d in shared if d <= YEAR), default=min(shared))
    said = [f"{numbers.value(c.value[c.days.index(day)], c.unit)} of {tables.curve_who(c).lower()}" for c in drawn]
    return f"At {numbers.period(day)}, {wording.listed(tuple(said))} had {what}"


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")
