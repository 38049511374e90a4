"""How long stays lasted: the share still in the bed, night by night, against the commissioned days."""

from __future__ import annotations

from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import numbers, tables
from ot_eval.outputs.figure_charts import MANY, percent_axes
from ot_eval.outputs.figure_style import FONT, LIGHT, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedCurve

STAY = "length_of_stay"
COMMISSIONED = "share of stays ended by the commissioned "


def still_in_bed(released: Released) -> Figure | None:
    """Return the share of stays still going on by night; None where no curve may be drawn."""
    found = [c for c in released.curves if c.analysis == STAY and c.drawn]
    limits = [e for e in released.find(STAY) if e.measure.startswith(COMMISSIONED)]
    if not found or not limits:
        return None
    curve, ended = found[0], limits[0]
    days = int(ended.measure.removeprefix(COMMISSIONED).split()[0])
    subtitle = "Share of stays still going on, by nights since admission"
    points = (f"{numbers.value(v, curve.unit)} at night {d}" for d, v in zip(curve.days, curve.value, strict=True))
    title = f"Stays and the commissioned {days} days"
    if ended.value is not None:
        title = f"{numbers.value(ended.value, ended.unit)} of stays had ended by the commissioned {days} days"
    return Figure(
        name="length-of-stay-curve",
        title=title,
        subtitle=subtitle,
        alt=f"Line chart. {subtitle}, with a line at {days}. {'; '.join(points)}.",
        table=tables.curve_points([curve], f"The numbers drawn: {subtitle}", "length-of-stay-curve-table"),
        draw=lambda size: draw(curve, days, size),
    )


def draw(curve: ReleasedCurve, days: int, size: tuple[float, float]) -> Canvas:
    """Draw straight lines between the published points, the band, and the commissioned days."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = percent_axes(figure)
    axes.set_ylim(0, MANY)
    if curve.lower is not None and curve.upper is not None:
        low, high = ([MANY * x for x in edge] for edge in (curve.lower, curve.upper))
        axes.fill_between(curve.days, low, high, color=LIGHT["first"], alpha=0.13, linewidth=0)
    shares = [MANY * v for v in curve.value]
    axes.plot(curve.days, shares, color=LIGHT["first"], linewidth=2.4, marker="o", markersize=4.5)
    axes.axvline(days, color=LIGHT["second"], linewidth=1.6, linestyle=(0, (4, 3)))
    words = f"commissioned: {days} days" if wide else f"{days} days"
    axes.text(days + 0.01 * curve.days[-1], MANY * 0.95, words, color=LIGHT["second"], fontsize=FONT, fontweight="bold")
    axes.set_xlim(0, curve.days[-1])
    axes.set_xlabel("Nights since admission" if wide else "Nights")
    return figure
