"""The figures of the skills strand beside its map: the ranked gaps, taught against used, what roles share, change."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import numbers
from ot_eval.outputs.figure_bars import Bar, side_by_side
from ot_eval.outputs.figure_style import FONT, LIGHT, NARROW, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.skill_gaps import CARERS, Gap, fewer_than, ranked, words_of
from ot_eval.outputs.table import Row, listing

ROW, TALL_ROW, AXIS = 36.0, 62.0, 60.0
MOST_DRAWN = 10
LABEL = 42
"""Characters of a line of a label; longer ones take two lines."""
_DOT: dict[str, Any] = {"linestyle": "none", "markersize": 9, "markeredgewidth": 2}
MARKS = (
    ("taught", {**_DOT, "marker": "o", "color": LIGHT["first"]}),
    ("used", {**_DOT, "marker": "s", "color": LIGHT["second"]}),
)
"""What each mark means; an open one stands where a share that is said to be small is at most."""


def gap_bars(released: Released) -> Figure | None:
    """Return the ranked list of gaps: the most common drawn, all of them in its table; None where none is known."""
    gaps = ranked(released)
    shown = [g for g in gaps if g.known][:MOST_DRAWN]
    if not shown:
        return None
    subtitle = "Home carers without the skill, or who have it and were taught it by nobody"
    level = numbers.level(next((g.estimate.level for g in shown if g.estimate.level is not None), None))
    rows = [
        Row(
            header=g.words,
            cells=(str(k) if g.known else numbers.NONE_CELL, g.said, numbers.interval(g.estimate), g.counted),
        )
        for k, g in enumerate(gaps, start=1)
    ]
    return Figure(
        name="gaps",
        title="What coaching should cover first",
        subtitle=subtitle,
        alt=f"Bar chart. {subtitle}. {'; '.join(f'{g.words}: {g.said}, {g.counted} carers' for g in shown)}.",
        table=listing(
            "gaps-ranked",
            f"{subtitle}: the list for a coaching curriculum, most common first",
            ("Skill", "Place", "Share", f"{level} interval", "Home carers"),
            rows,
            note="Skills whose intervals overlap cannot be put in order. At least: the share itself is hidden.",
        ),
        draw=lambda size: _draw_gaps(shown, size),
        wide=(WIDE[0], ROW * len(shown) + AXIS),
        narrow=(NARROW[0], TALL_ROW * len(shown) + AXIS),
    )


def _axes(words: Sequence[str], size: tuple[float, float]) -> tuple[Canvas, Any]:
    """Return a canvas with one row for each label: beside it when wide, above it when narrow."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    short = [textwrap.fill(w, LABEL if wide else LABEL + 4) for w in words]
    axes.set_yticks(range(len(short)) if wide else [], short if wide else [], fontsize=FONT - 2)
    if not wide:
        for y, w in enumerate(short):
            place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "bottom", "linespacing": 1.0}
            axes.text(0, y - 0.26, w, fontsize=FONT - 3, **place)
    axes.set_ylim(len(short) - 0.5, -0.5 if wide else -0.8)
    axes.set_xlim(0, 112)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    axes.set_xlabel("of 100 home carers")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    return figure, axes


def _draw_gaps(gaps: Sequence[Gap], size: tuple[float, float]) -> Canvas:
    figure, axes = _axes([g.words for g in gaps], size)
    for y, g in enumerate(gaps):
        known = g.estimate.value is not None
        axes.barh([y], [g.rank], height=0.45, color=LIGHT["first"], alpha=0.6 if known else 0.3)
        end = g.rank
        if known and g.estimate.lower is not None and g.estimate.upper is not None:
            axes.plot([g.estimate.lower, g.estimate.upper], [y, y], color=LIGHT["ink"], linewidth=1.6)
            end = float(g.estimate.upper)
        text = numbers.fixed(g.rank, 0) if known else f"{numbers.fixed(g.rank, 0)} or more"
        inside = end > 85  # noqa: PLR2004  # no room to the right
        axes.text(
            g.rank - 2 if inside and not known else end + 2,
            y,
            text,
            ha="right" if inside and not known else "left",
            va="center",
            fontweight="bold",
            fontsize=FONT - 1,
        )
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One skill: the shares taught and using it, among home carers who have it, and the difference."""

    words: str
    taught: ReleasedEstimate
    used: ReleasedEstimate
    gap: ReleasedEstimate

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference lies on one side of zero."""
        g = self.gap
        return g.lower is not None and g.upper is not None and (g.lower > 0 or g.upper < 0)


def pairs(released: Released) -> tuple[Pair, ...]:
    """Return the skills with a shown difference between teaching and use: taught and not used first."""
    by = {e.term: e for e in released.find("taught_and_used")}
    found = []
    for term, gap in by.items():
        skill, end, _ = term.partition(": used less taught")
        if end and gap.value is not None:
            taught, used = by[f"{skill}: taught"], by[f"{skill}: used"]
            found.append(Pair(words=words_of(skill), taught=taught, used=used, gap=gap))
    return tuple(sorted(found, key=lambda p: float(p.gap.value or 0.0)))


def taught_and_used(released: Released) -> Figure | None:
    """Return dots for taught and used: the skills that differ most drawn, all in the table; None where none is."""
    every = pairs(released)
    if not every:
        return None
    drawn = sorted(sorted(every, key=lambda p: -abs(float(p.gap.value or 0)))[:MOST_DRAWN], key=every.index)
    subtitle = "Of 100 home carers who have the skill: how many were taught it, and how many used it in the last 7 days"
    rows = [
        Row(
            header=p.words,
            cells=(_share(p.taught), _share(p.used), numbers.value(p.gap.value, "percent"), numbers.interval(p.gap)),
        )
        for p in every
    ]
    open_ones = any(fewer_than(e) is not None for p in drawn for e in (p.taught, p.used))
    key = "; an open mark: fewer than 10 carers, so no further to the right" if open_ones else ""
    said = "; ".join(f"{p.words}: taught {_share(p.taught)}, used {_share(p.used)}" for p in drawn)
    level = numbers.level(every[0].gap.level)
    return Figure(
        name="taught-and-used",
        title="Taught and used are not the same",
        subtitle=f"{subtitle}{key}",
        alt=f"Two dots for each skill. {subtitle}. {said}.",
        table=listing(
            "taught-and-used-all", subtitle, ("Skill", "Taught", "Used", "Used less taught", f"{level} interval"), rows
        ),
        draw=lambda size: _draw_pairs(drawn, size),
        wide=(WIDE[0], ROW * len(drawn) + AXIS + 30),
        narrow=(NARROW[0], TALL_ROW * len(drawn) + AXIS + 30),
    )


def _share(e: ReleasedEstimate) -> str:
    few = fewer_than(e)
    return f"fewer than {few} carers" if few is not None else numbers.value(e.value, "percent")


def _place(e: ReleasedEstimate) -> tuple[float | None, bool]:
    """Return where a share is drawn and whether it is exact; one said to be small stands at what it is at most."""
    few = fewer_than(e)
    if e.value is not None:
        return float(e.value), True
    return (100.0 * few / e.n if few is not None and e.n else None), False


def _draw_pairs(drawn: Sequence[Pair], size: tuple[float, float]) -> Canvas:
    figure, axes = _axes([p.words for p in drawn], size)
    for y, p in enumerate(drawn):
        places = (_place(p.taught), _place(p.used))
        ends = [place for place, _ in places if place is not None]
        axes.plot(ends, [y] * len(ends), color=LIGHT["muted"], linewidth=1.6, zorder=1)
        for (place, exact), (_, look) in zip(places, MARKS, strict=True):
            if place is not None:
                face = look["color"] if exact else LIGHT["paper"]
                axes.plot([place], [y], **{**look, "markerfacecolor": face})
    handles = [axes.plot([], [], **look)[0] for _, look in MARKS]
    figure.legend(handles, [words for words, _ in MARKS], loc="outside upper left", ncols=2, frameon=False)
    return figure


def shared(released: Released) -> Figure | None:
    """Return how much of what they can do two workers share, as of 100 skills that either has."""
    rows = [e for e in released.find("overlap") if e.value is not None]
    bars = [Bar(words=_pair(e.term), estimate=in_percent(e), lead=e.term == "two home carers") for e in rows]
    subtitle = "Of 100 skills that either of two workers has, how many both have"
    return side_by_side(bars, "overlap", "How far roles share their skills", subtitle)


def _pair(term: str) -> str:
    """Return the label of two workers, short enough for a telephone."""
    other = term.removeprefix("a home carer and one of the ").removesuffix("s")
    return "Two home carers" if other == term.removesuffix("s") else f"Carer and {other.replace(' support', '')}"


def in_percent(e: ReleasedEstimate) -> ReleasedEstimate:
    """Return an index between 0 and 1 as a percentage."""
    value, se, lower, upper = (None if v is None else 100 * v for v in (e.value, e.se, e.lower, e.upper))
    return replace(e, unit="percent", value=value, se=se, lower=lower, upper=upper)


def change(released: Released) -> Figure | None:
    """Return the skills gained by round, coached by then or not."""
    rows = [
        e
        for e in released.find("skills_gained", population=CARERS)
        if e.value is not None and e.measure.startswith("skills gained")
    ]
    bars = [
        Bar(words=f"{e.outcome[:1].upper()}{e.outcome[1:]}, {e.term}", estimate=e, lead=e.term == "coached by then")
        for e in rows
    ]
    return side_by_side(
        bars,
        "skills-gained",
        "Skills gained since the first round",
        "Skills gained per home carer since the first round",
        dots=True,
    )
