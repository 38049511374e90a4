"""The power of a planned trial as lines, a table and a figure. Nothing here comes from data about people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from matplotlib.figure import Figure as Canvas

from ot_eval.base.results import Check
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.numbers import NONE_CELL
from ot_eval.outputs.table import Group, Row, Table, two_columns

OUTCOMES = {"mean": "A score or an amount", "share": "A yes or no", "rate": "Time to an event"}
WORTH = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLine:
    """One number of providers: what it can detect, and its power for the effect that would matter.

    Attributes
    ----------
    coached, usual : providers in each arm (in a stepped wedge all are coached in the end)
    planned : whether it is the plan itself
    outcome : mean, share or rate; `unit` of `detectable` and `effect`
    detectable : the smallest effect found 8 times in 10 (a difference; for shares and rates the level reached)
    effect : the effect whose power is given
    formula, simulated, error : power by formula, by simulation, and its Monte Carlo error
    worlds : simulated trials
    """

    HEAD: ClassVar[tuple[str, ...]] = (
        "outcome", "providers coached", "providers in usual care", "the plan", "smallest detectable", "unit",
        "effect planned for", "power by formula", "power by simulation", "Monte Carlo error", "simulated trials",
    )  # fmt: skip
    coached: int
    usual: int
    planned: bool
    outcome: str
    unit: str
    detectable: float | None
    effect: float
    formula: float
    simulated: float | None
    error: float | None
    worlds: int

    def cells(self) -> tuple[str, ...]:
        """Return the line for a spreadsheet."""
        return (
            self.outcome, str(self.coached), str(self.usual), "yes" if self.planned else "no",
            "" if self.detectable is None else f"{self.detectable:.4f}", self.unit, f"{self.effect:.4f}",
            f"{self.formula:.4f}", "" if self.simulated is None else f"{self.simulated:.4f}",
            "" if self.error is None else f"{self.error:.4f}", str(self.worlds),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReport:
    """What a planned trial can detect, what is said of it, and what would help."""

    title: str
    design: str
    analysis: str
    difference: float
    lines: tuple[PowerLine, ...]
    checks: tuple[Check, ...]
    helps: tuple[tuple[str, str], ...]
    assumed: tuple[str, ...]

    @property
    def answers(self) -> bool:
        """Whether the trial can answer its question."""
        return self.checks[0].passed


def power_table(report: PowerReport) -> Table:
    """Return the smallest detectable effect and the power, formula and simulation side by side."""
    groups = []
    for key in dict.fromkeys(x.outcome for x in report.lines):
        own = [x for x in report.lines if x.outcome == key]
        heading = f"{OUTCOMES[key]} ({own[0].unit}; power for {own[0].effect:.3g})"
        groups.append(Group(heading=heading, rows=tuple(_row(x) for x in own)))
    head = ("Providers", "Smallest effect found 8 times in 10", "Power, formula", "Power, simulation")
    note = "Formula and simulation should agree. Simulation runs the planned analysis itself; ± is its own error."
    return Table(name="power", caption="What so many providers can show", head=head, groups=tuple(groups), note=note)


def _row(x: PowerLine) -> Row:
    wedge = x.usual == 0
    many = f"{x.coached}" if wedge else f"{x.coached + x.usual} ({x.coached} and {x.usual})"
    simulated = NONE_CELL if x.simulated is None else f"{100 * x.simulated:.0f}% ± {200 * (x.error or 0):.1f}"
    found = "none" if x.detectable is None else f"{x.detectable:.2f}"
    return Row(header=f"{many}{', the plan' if x.planned else ''}", cells=(found, f"{100 * x.formula:.0f}%", simulated))


def helps_table(report: PowerReport) -> Table | None:
    """Return what would make the trial stronger."""
    if not report.helps:
        return None
    return two_columns("helps", "What would help", ("If", "Then it shows, or needs"), list(report.helps))


def power_figure(report: PowerReport) -> Figure:
    """Return the smallest detectable difference against the number of providers, and the difference that matters."""
    rows = sorted((x.coached + x.usual, float(x.detectable)) for x in report.lines
                  if x.outcome == "mean" and x.detectable is not None)  # fmt: skip
    subtitle = "Smallest difference found 8 times in 10, in standard deviations, by the number of providers"
    said = "; ".join(f"{n} providers {d:.2f}" for n, d in rows)
    return Figure(
        name="power-figure",
        title="The plan can show what matters" if report.answers else "The plan cannot show what matters",
        subtitle=f"{subtitle}. The broken line is the difference that would matter",
        alt=f"Line chart. {subtitle}. {said}. What would matter is {report.difference:g}.",
        table=None,
        draw=lambda size: _draw(rows, report, size),
    )


def _draw(rows: Sequence[tuple[int, float]], report: PowerReport, size: tuple[float, float]) -> Canvas:
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    axes.plot([n for n, _ in rows], [d for _, d in rows], color=LIGHT["first"], linewidth=2.2, marker="o", markersize=6)
    axes.axhline(report.difference, color=LIGHT["muted"], linewidth=1.4, linestyle=(0, (4, 3)))
    place = {"ha": "left", "va": "top", "color": LIGHT["muted"], "fontsize": FONT - 1}
    axes.text(rows[0][0], report.difference * 0.96, "would matter", **place)  # type: ignore[arg-type]
    planned = next(x for x in report.lines if x.planned and x.outcome == "mean")
    if planned.detectable is not None:
        here = (planned.coached + planned.usual, planned.detectable)
        axes.plot([here[0]], [here[1]], marker="D", markersize=11, color=LIGHT["second"], linestyle="none")
        axes.annotate("the plan", here, xytext=(10, 8), textcoords="offset points", color=LIGHT["second"],
                      fontweight="bold")  # fmt: skip
    axes.set_ylim(0, max(d for _, d in rows) * 1.1)
    axes.set_xlabel("Providers in all" if wide else "Providers")
    axes.grid(axis="y")
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    return figure
