"""Figures of a trial of providers: the flow, recruitment against coaching, each provider, and each left out in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.figure_bars import Bar, side_by_side
from ot_eval.outputs.figure_style import FONT, LIGHT, NARROW, WIDE, canvas
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Row, listing

ARMS = ("coached", "usual care")
CONSORT, TIMELINE, PROVIDERS, LEFT_OUT = "consort", "timeline", "each_provider", "without_each_provider"
ROLE = {"coached": ("first", "o"), "usual care": ("second", "s")}
ROW, TALL_ROW, AXIS = 30.0, 34.0, 66.0
QUARTERS = 4
TALLER = 1.35
"""Boxes hold more lines on a telephone, so the flow is taller there."""
LEAST_ROWS = 2


def consort(released: Released) -> Figure | None:
    """Return the flow of providers and people, arm by arm; people are rounded, and what left is the difference."""
    providers = {(e.population, e.term): e.value for e in released.find(CONSORT)}
    steps = {a: [s for s in released.flow if s.population == a] for a in ARMS}
    if not all(steps.values()):
        return None
    whole = [s for s in released.flow if s.population == "all"]
    top = [f"{numbers.count(s.n_left)} people {s.label.removeprefix('people ')}" for s in (whole[0], whole[-1])]
    boxes = {a: [_box(s.label, s.n_left, providers.get((a, s.rule))) for s in steps[a]] for a in ARMS}
    lost = {a: [s.n_removed for s in steps[a]] for a in ARMS}
    said = ". ".join([*top, *(f"{a}: {'; '.join(b.replace(chr(10), ', ') for b in boxes[a])}" for a in ARMS)])
    rows = [
        Row(header=f"{a}, {s.label}", cells=(_whole(providers.get((a, s.rule))), numbers.count(s.n_left),
                                             _lost(s.n_removed)))
        for a in ARMS for s in steps[a]
    ]  # fmt: skip
    height = 112.0 * (1 + max(len(b) for b in boxes.values())) + 20
    subtitle = "Providers and people in every box; people are rounded to protect privacy"
    return Figure(
        name=CONSORT,
        title="Who took part, from allocation to analysis",
        subtitle=subtitle,
        alt=f"Flow diagram. {said}.",
        table=listing("consort-table", subtitle, ("Box", "Providers", "People", "Left before it"), rows),
        draw=lambda size: draw_consort(top, boxes, lost, size),
        wide=(WIDE[0], height),
        narrow=(NARROW[0], TALLER * height),
    )


def _whole(number: object) -> str:
    return numbers.HIDDEN_CELL if number is None else f"{float(str(number)):.0f}"


def _lost(number: int | None) -> str:
    return numbers.NONE_CELL if number is None else numbers.count(number)


def _box(label: str, people: int | None, providers: object) -> str:
    words = label[:1].upper() + label[1:]
    many = float(str(providers)) if providers is not None else 0.0
    each = f"\nabout {people / many:.0f} a provider" if many and people is not None else ""
    return f"{words}\n{_whole(providers)} providers, {numbers.count(people)} people{each}"


def draw_consort(
    top: Sequence[str], boxes: dict[str, list[str]], lost: dict[str, list[int | None]], size: tuple[float, float]
) -> Canvas:
    """Draw one box for everyone and a column of boxes an arm."""
    wide, figure = size[0] >= WIDE[0], canvas(size, fitted=False)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    rows = 1 + max(len(b) for b in boxes.values())
    axes.set_xlim(0, 2)
    axes.set_ylim(-rows + 0.45, 0.5)
    chars = 34 if wide else 20
    _text_box(axes, 1.0, 0.0, "\n".join(_wrapped(t, 2 * chars) for t in top), wide)
    for x, arm in ((0.5, ARMS[0]), (1.5, ARMS[1])):
        role = ROLE[arm][0]
        for k, text in enumerate(boxes[arm]):
            y = -1.0 - k
            head = f"{arm.upper()}\n" if k == 0 else ""
            axes.annotate(
                "", (x, y + 0.34), (1.0 if k == 0 else x, y + 0.64),
                arrowprops={"arrowstyle": "->", "color": LIGHT["muted"]},
            )  # fmt: skip
            if k and lost[arm][k]:
                axes.text(x + 0.03, y + 0.49, f"{numbers.count(lost[arm][k])} left", fontsize=FONT - 2,
                          color=LIGHT["muted"], va="center")  # fmt: skip
            words = head + "\n".join(_wrapped(t, chars) for t in text.split("\n"))
            _text_box(axes, x, y, words, wide, role)
    return figure


def _wrapped(text: str, chars: int) -> str:
    from textwrap import fill

    return fill(text, chars)


def _text_box(axes: Axes, x: float, y: float, words: str, wide: bool, role: str = "muted") -> None:
    axes.text(
        x, y, words, ha="center", va="center", fontsize=FONT - (1 if wide else 3.5), linespacing=1.25,
        bbox={"boxstyle": "round,pad=0.5", "facecolor": LIGHT["soft"], "edgecolor": LIGHT[role], "linewidth": 1.4},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recruited:
    """One group over time: its quarters with the people shown (None where hidden), and when coaching began."""

    name: str
    quarters: tuple[tuple[float, int | None], ...]
    start: float | None


def timeline(released: Released) -> Figure | None:
    """Return recruitment by quarter against the day coaching began, a row a group that began together."""
    rows = [e for e in released.find(TIMELINE) if " or " not in e.term]
    if not rows:
        return None
    starts = _starts(released.facts.get("coaching_starts", ""))
    made = [
        Recruited(
            name=name,
            quarters=tuple((_place(e.term), None if e.value is None else int(e.value)) for e in rows
                           if e.population == name),
            start=starts.get(name),
        )
        for name in dict.fromkeys(e.population for e in rows)
    ]  # fmt: skip
    early = any(r.start is not None and q + 1 / QUARTERS <= r.start for r in made for q, _ in r.quarters)
    title = (
        "People entered before and after coaching began"
        if early
        else "People entered once it was known who was coached: see whether numbers differ"
    )
    subtitle = "People whose reablement ended in each quarter; the line is the time with coaching"
    return Figure(
        name=TIMELINE,
        title=title,
        subtitle=f"{subtitle}. An empty mark is a number too small to show",
        alt=f"Timeline. {subtitle}. " + "; ".join(_said(r) for r in made) + ".",
        table=listing(
            "timeline-table", subtitle, ("Group and quarter", "People"),
            [Row(header=f"{e.population}, {e.term.removeprefix('quarter: ')}", cells=(numbers.count(
                None if e.value is None else int(e.value)),)) for e in rows],
        ),
        draw=lambda size: draw_timeline(made, size),
        wide=(WIDE[0], ROW * len(made) + AXIS),
        narrow=(NARROW[0], (ROW + 12) * len(made) + AXIS),
    )  # fmt: skip


def _said(r: Recruited) -> str:
    people = ", ".join(numbers.count(n) for _, n in r.quarters)
    return f"{r.name}: {people}" + ("" if r.start is None else f", coached from {int(r.start)}")


def _place(term: str) -> float:
    """Return the place of a quarter on an axis of years.

    Examples
    --------
    >>> _place("quarter: 2025Q3")
    2025.5
    """
    year, _, quarter = term.removeprefix("quarter: ").partition("Q")
    return int(year) + (int(quarter) - 1) / QUARTERS


def _starts(text: str) -> dict[str, float]:
    found = {}
    for part in text.split("; "):
        name, _, when = part.rpartition(" ")
        if name and when[:1].isdigit():
            day = date.fromisoformat(when)
            found[name] = day.year + (day.timetuple().tm_yday - 1) / 365.25
    return found


def draw_timeline(made: Sequence[Recruited], size: tuple[float, float]) -> Canvas:
    """Draw a row a group: a line from the start of coaching, a number for each quarter."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    places = [q for r in made for q, _ in r.quarters] + [r.start for r in made if r.start is not None]
    low, high = min(places), max(places) + 1 / QUARTERS
    for y, r in enumerate(made):
        if r.start is not None:
            axes.plot([r.start, high], [y, y], color=LIGHT["first"], linewidth=10, alpha=0.3, solid_capstyle="butt")
        for q, n in r.quarters:
            x = q + 0.5 / QUARTERS
            if n is None:
                axes.plot([x], [y], marker="o", markersize=6, color=LIGHT["muted"], markerfacecolor=LIGHT["paper"])
            else:
                axes.text(x, y, f"{n}", ha="center", va="center", fontsize=FONT - 1)
        if not wide:
            axes.text(0, y - 0.42, r.name, transform=axes.get_yaxis_transform(), va="center", fontsize=FONT - 2)
    axes.set_ylim(len(made) - 0.4, -0.8)
    axes.set_yticks(range(len(made)) if wide else [], [r.name for r in made] if wide else [])
    axes.set_xlim(low - 0.02, high + 0.02)
    step = 1 if high - low <= 1.5 or wide else 2  # noqa: PLR2004
    ticks = [low + k / QUARTERS for k in range(0, round((high - low) * QUARTERS) + 1, step)]
    axes.set_xticks(ticks, [_quarter(t) for t in ticks], rotation=0 if wide else 45)
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    return figure


def _quarter(place: float) -> str:
    month = ("Jan", "Apr", "Jul", "Oct")[round((place % 1) * QUARTERS) % QUARTERS]
    return f"{month} {int(place + 1e-6)}"


def providers(released: Released, outcome: str) -> Figure | None:
    """Return a dot a provider, coached and not apart, so that anyone can see how far they overlap."""
    rows = [e for a in ARMS for e in released.find(PROVIDERS, outcome=outcome, population=a) if e.value is not None]
    if len(rows) < LEAST_ROWS or len({e.population for e in rows}) < len(ARMS):
        return None
    rows.sort(key=lambda e: (ARMS.index(e.population), -float(e.value or 0)))
    what, unit = labels.label(outcome, labels.OUTCOMES), rows[0].unit
    subtitle = f"{what[:1].upper()}{what[1:]}, one dot a provider, nothing taken into account"
    said = "; ".join(f"{e.term} ({e.population}) {numbers.value(e.value, unit)}" for e in rows)
    coached, usual = ([float(e.value or 0) for e in rows if e.population == a] for a in ARMS)
    way = "below" if max(coached) < min(usual) else "above" if max(usual) < min(coached) else ""
    return Figure(
        name=f"each-provider-{outcome.replace('_', '-')}",
        title=f"Every coached provider lies {way} every other"
        if way
        else "Coached and other providers overlap",
        subtitle=subtitle,
        alt=f"Dot plot. {subtitle}. {said}.",
        table=listing(
            f"each-provider-{outcome.replace('_', '-')}-table", subtitle, ("Provider", "Arm", "Figure", "Counted"),
            [Row(header=e.term, cells=(e.population, numbers.value(e.value, unit), numbers.count(e.n))) for e in rows],
        ),
        draw=lambda size: draw_providers(rows, size),
        wide=(WIDE[0], ROW * len(rows) + AXIS),
        narrow=(NARROW[0], TALL_ROW * len(rows) + AXIS),
    )  # fmt: skip


def draw_providers(rows: Sequence[ReleasedEstimate], size: tuple[float, float]) -> Canvas:
    """Draw a row a provider; the line through each arm is the mean of its providers."""
    wide, figure = size[0] >= WIDE[0], canvas(size)
    axes = figure.add_subplot()
    values = [float(e.value or 0) for e in rows]
    for arm in ARMS:
        role, mark = ROLE[arm]
        own = [(y, v) for y, (e, v) in enumerate(zip(rows, values, strict=True)) if e.population == arm]
        mean = sum(v for _, v in own) / len(own)
        axes.plot([mean, mean], [own[0][0] - 0.45, own[-1][0] + 0.45], color=LIGHT[role], linewidth=1.6)
        axes.plot([v for _, v in own], [y for y, _ in own], mark, markersize=9, color=LIGHT[role], linestyle="none")
    for y, e in enumerate(rows):
        place = {"xytext": (9, 0), "textcoords": "offset points", "va": "center", "fontsize": FONT - 2,
                 "bbox": {"facecolor": LIGHT["paper"], "edgecolor": "none", "pad": 0.8}}  # fmt: skip
        axes.annotate(numbers.bare(e.value, e.unit), (values[y], y), annotation_clip=False, **place)  # type: ignore[arg-type]
    words = [f"{e.term.removeprefix('Provider ') if not wide else e.term}, {e.population}" for e in rows]
    if wide:
        axes.set_yticks(range(len(rows)), words)
    else:
        axes.set_yticks(range(len(rows)), [w.replace(", ", "\n") for w in words], fontsize=FONT - 3)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    spread = max(values) - min(values) or 1.0
    axes.set_xlim(min(values) - 0.08 * spread, max(values) + 0.2 * spread)
    axes.xaxis.set_major_formatter(lambda x, _: numbers.bare(x, rows[0].unit))
    axes.locator_params(axis="x", nbins=6 if wide else 4)
    axes.tick_params(length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    return figure


def left_out(released: Released, outcome: str) -> Figure | None:
    """Return the effect with each provider left out in turn, beside the whole."""
    whole = [e for e in released.find("as_allocated", outcome=outcome) if e.value is not None][:1]
    rows = released.find(LEFT_OUT, outcome=outcome)
    if not whole or not rows:
        return None
    bars = [Bar(words="all providers", estimate=whole[0], lead=True)]
    bars += [Bar(words=e.term, estimate=e) for e in rows]
    checks = [c for c in released.checks if c.analysis == LEFT_OUT and c.name.endswith(f", {outcome}")]
    what = labels.label(outcome, labels.OUTCOMES)
    return side_by_side(
        bars, f"without-each-provider-{outcome.replace('_', '-')}",
        checks[0].sentence.removesuffix(".") if checks else "Without each provider in turn",
        f"{what[:1].upper()}{what[1:]}: coached less usual care, with its likely range", dots=True,
    )  # fmt: skip
