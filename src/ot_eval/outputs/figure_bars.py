"""Amounts side by side, each with its interval: costs of the same days, or a change under several beliefs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.figure_course import slug
from ot_eval.outputs.figure_style import FONT, LIGHT, NARROW, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Row, listing

DELTA, AT_RANDOM = "delta_adjusted", "multiple_imputation"
ROW, TALL_ROW, AXIS = 40.0, 58.0, 56.0
LEAST_ROWS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One amount, the words beside it, and whether it is the one the others are held against."""

    words: str
    estimate: ReleasedEstimate
    lead: bool = False

    @property
    def value(self) -> float:
        """The amount; bars are made of shown estimates only."""
        return float(self.estimate.value or 0.0)

    @property
    def ends(self) -> tuple[float, float]:
        """The interval, or the amount twice."""
        e = self.estimate
        return (
            float(e.lower if e.lower is not None else self.value),
            float(e.upper if e.upper is not None else self.value),
        )


def side_by_side(bars: Sequence[Bar], name: str, title: str, subtitle: str, *, dots: bool = False) -> Figure | None:
    """Return amounts on one axis from zero, as bars, or as dots with a line at zero; None for fewer than two."""
    shown = tuple(b for b in bars if b.estimate.value is not None)
    if len(shown) < LEAST_ROWS:
        return None
    unit = shown[0].estimate.unit
    said = "; ".join(f"{b.words}: {numbers.value(b.value, unit)} ({numbers.interval(b.estimate)})" for b in shown)
    rows = [
        Row(
            header=b.words,
            cells=(numbers.value(b.value, unit), numbers.interval(b.estimate), numbers.count(b.estimate.n)),
        )
        for b in shown
    ]
    level = numbers.level(shown[0].estimate.level)
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=f"{'Dot and line' if dots else 'Bar'} chart. {subtitle}. {said}.",
        table=listing(f"{name}-table", subtitle, ("", "Amount", f"{level} interval", "Counted"), rows),
        draw=lambda size: draw(shown, size, dots=dots),
        wide=(WIDE[0], ROW * len(shown) + AXIS),
        narrow=(NARROW[0], TALL_ROW * len(shown) + AXIS),
    )


def draw(bars: Sequence[Bar], size: tuple[float, float], *, dots: bool) -> Canvas:
    """Draw a row an amount; its words stand beside it when wide, above it when narrow."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    unit = bars[0].estimate.unit
    for y, b in enumerate(bars):
        role = "second" if b.lead else "first"
        if dots:
            axes.plot(b.ends, [y, y], color=LIGHT[role], linewidth=2.2)
            axes.plot([b.value], [y], marker="o", markersize=9, color=LIGHT[role])
        else:
            axes.barh([y], [b.value], height=0.5, color=LIGHT[role], alpha=0.85 if b.lead else 0.55)
            axes.plot(b.ends, [y, y], color=LIGHT["ink"], linewidth=1.6)
        words = numbers.value(b.value, unit)
        place = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "fontweight": "bold"}
        axes.annotate(words, (max(*b.ends, b.value), y), annotation_clip=False, **place)  # type: ignore[arg-type]
        if not wide:
            axes.text(0, y - 0.42, b.words, transform=axes.get_yaxis_transform(), va="center", fontsize=FONT - 1)
    axes.set_yticks(range(len(bars)) if wide else [], [b.words for b in bars] if wide else [])
    axes.set_ylim(len(bars) - 0.5, -0.5 if wide else -0.8)
    low, high = min(0.0, *(b.ends[0] for b in bars)), max(0.0, *(b.ends[1] for b in bars))
    axes.set_xlim(low - 0.04 * (high - low) if low else 0.0, high + (0.22 if wide else 0.35) * (high - low))
    axes.axvline(0, color=LIGHT["muted"], linewidth=1.2)
    axes.xaxis.set_major_formatter(lambda x, _: numbers.bare(x, unit) if abs(x) >= 1 or not x else f"{x:g}")
    axes.locator_params(axis="x", nbins=5 if wide else 3)
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    return figure


def sensitivity(released: Released, outcome: str, term: str) -> Figure | None:
    """Return the mean change if people with a missing score were like others, and if they did worse."""
    rows = [*released.find(AT_RANDOM, outcome=outcome, term=term), *released.find(DELTA, outcome=outcome, term=term)]
    rows.sort(key=lambda e: _worse_by(e.measure))
    what = labels.label(outcome, labels.OUTCOMES)
    before, _, after = term.partition(" to ")
    moments = (labels.label(t, labels.TIMEPOINTS) for t in (before, after))
    checks = [c for c in released.checks if c.analysis == DELTA and c.name == f"{outcome}, {term}"]
    held = checks[0].passed if checks else None
    title = {
        True: "The change holds even if people without a score did much worse",
        False: "The change would not hold if people without a score did much worse",
        None: "If people without a score did worse",
    }[held]
    subtitle = f"Mean change in {what}, {' to '.join(moments)}, under several beliefs about missing scores"
    bars = [Bar(words=_belief(e), estimate=e, lead=e.analysis == AT_RANDOM) for e in rows]
    return side_by_side(bars, f"delta-adjusted-{slug(f'{outcome} {term}')}", title, subtitle, dots=True)


def _worse_by(measure: str) -> float:
    words = measure.rsplit("worse by ", 1)
    return float(words[1].split()[0]) if len(words) > 1 else 0.0


def _belief(e: ReleasedEstimate) -> str:
    worse = _worse_by(e.measure)
    return f"worse by {numbers.value(worse, e.unit)}" if worse else "like similar people"
