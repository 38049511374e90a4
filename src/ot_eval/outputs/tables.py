"""Released results as tables: estimates, points of curves, checks, deviations, facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.policy import HIDDEN
from ot_eval.outputs.released import Released, ReleasedCurve, ReleasedEstimate
from ot_eval.outputs.table import Group, Row, Table, listing
from ot_eval.outputs.table_people import populations

Column = tuple[str, Callable[[ReleasedEstimate], str]]


def estimates(rows: Sequence[ReleasedEstimate], caption: str, name: str) -> Table:
    """Return estimates of one measure, under a heading a population.

    A column that would be empty is left out; the method stands in the note where all rows share it.
    """
    methods = list(dict.fromkeys(e.method for e in rows if e.method))
    outcomes = len({e.outcome for e in rows}) > 1 or rows[0].analysis in labels.OUTCOME_NAMED
    levels = sorted({numbers.level(e.level) for e in rows if e.level is not None})
    measure = rows[0].measure[:1].upper() + rows[0].measure[1:]
    columns: list[Column] = [
        (measure, _shown),
        (f"{'/'.join(levels)} interval".strip(), numbers.interval),
        ("p", lambda e: numbers.p_value(e.p)),
        (labels.COUNTED.get(rows[0].analysis, "People"), lambda e: _optional(e.n)),
        (
            "Events",
            lambda e: numbers.HIDDEN_CELL if e.n_event is None and "event" in e.hidden else _optional(e.n_event),
        ),
        *([("Method", lambda e: e.method or numbers.NONE_CELL)] if len(methods) > 1 else []),
    ]
    kept = [c for i, c in enumerate(columns) if i == 0 or any(c[1](e) != numbers.NONE_CELL for e in rows)]
    groups: dict[str, list[Row]] = {}
    for population in populations(rows):
        for e in (e for e in rows if e.population == population):
            row = Row(header=_line(e, outcomes), cells=tuple(cell(e) for _, cell in kept))
            groups.setdefault(labels.who(population), []).append(row)
    return Table(
        name=name,
        caption=caption,
        head=("", *(heading for heading, _ in kept)),
        groups=tuple(Group(heading=h if len(groups) > 1 else "", rows=tuple(r)) for h, r in groups.items()),
        note=" ".join(_notes(rows, methods)),
    )


def _notes(rows: Sequence[ReleasedEstimate], methods: Sequence[str]) -> list[str]:
    return [
        *([f"Method: {methods[0]}."] if len(methods) == 1 else []),
        *(["v: compared with."] if any(" v " in e.term for e in rows) else []),
        *(["OT: occupational therapy."] if any("OT" in e.term for e in rows) else []),
    ]


def _shown(e: ReleasedEstimate) -> str:
    if e.value is not None:
        return numbers.value(e.value, e.unit)
    return numbers.HIDDEN_CELL if e.hidden == HIDDEN else f"{numbers.HIDDEN_CELL} ({e.hidden})"


def _line(e: ReleasedEstimate, outcomes: bool) -> str:
    """Return the header of one estimate's row: outcome and time, or the line of a model."""
    if e.term.startswith("day "):
        head = labels.horizon(e.term)
    else:
        head = labels.term_label(e.term, *variable_and_level(e.term))
    what = labels.label(e.outcome, labels.OUTCOMES) if outcomes else ""
    text = f"{what}, {head}" if what else head
    return text[:1].upper() + text[1:]


def _optional(count: int | None) -> str:
    return numbers.NONE_CELL if count is None else numbers.count(count)


def curve_who(curve: ReleasedCurve) -> str:
    """Return the reader's word for the people of a curve: its group where it has one, else its population."""
    return labels.who(curve.group or curve.population)


def curve_points(curves: Sequence[ReleasedCurve], caption: str, name: str) -> Table:
    """Return the numbers behind some curves: each point that is drawn, and no other."""
    rows = []
    for curve in curves:
        for i, day in enumerate(curve.days):
            band = numbers.NONE_CELL
            if curve.lower is not None and curve.upper is not None:
                band = f"{numbers.bare(curve.lower[i], curve.unit)} to {numbers.value(curve.upper[i], curve.unit)}"
            who = curve_who(curve)
            what = labels.label(curve.outcome, labels.OUTCOMES)
            rows.append(
                Row(header=f"{who}, {what}, day {day}", cells=(numbers.value(curve.value[i], curve.unit), band))
            )
    level = numbers.level(curves[0].level) if curves else ""
    return listing(name, caption, ("Point", "Share", f"{level} interval"), rows)


def at_risk(curves: Sequence[ReleasedCurve], caption: str, name: str) -> Table:
    """Return people still followed at each horizon, one row a population."""
    by_population: dict[str, ReleasedCurve] = {}
    for curve in curves:
        by_population.setdefault(curve_who(curve), curve)
    days = max((c.risk_days for c in by_population.values()), key=len, default=())
    rows = [
        Row(
            header=population,
            cells=tuple(
                numbers.count(c.n_risk[c.risk_days.index(d)]) if d in c.risk_days else numbers.HIDDEN_CELL for d in days
            ),
        )
        for population, c in by_population.items()
    ]
    head = ("People still followed", *("at the start" if d == 0 else f"at {numbers.period(d)}" for d in days))
    return listing(name, caption, head, rows)


def checks(released: Released) -> Table | None:
    """Return each check: what it means, whether it held, and the detail a statistician wants."""
    if not released.checks:
        return None
    rows = [
        Row(header=c.name, cells=("held" if c.passed else "did not hold", c.sentence, c.detail or numbers.NONE_CELL))
        for c in released.checks
    ]
    return listing("checks", "Checks of the methods", ("Check", "Result", "What it means", "Detail"), rows)


def deviations(released: Released) -> Table | None:
    """Return every difference between the protocol as locked and as used."""
    if not released.deviations:
        return None
    rows = [Row(header=d.place, cells=(d.locked, d.used)) for d in released.deviations]
    return listing("deviations", "Differences from the locked protocol", ("Place", "As locked", "As used"), rows)


def sources(released: Released) -> Table | None:
    """Return the facts about the data."""
    facts = {name: text for name, text in released.facts.items() if name != "synthetic"}
    if not facts:
        return None
    order = sorted(facts, key=lambda name: (name not in labels.FACTS, name))
    rows = [Row(header=_fact(name), cells=(labels.date_words(facts[name]),)) for name in order]
    return listing("sources", "Where the data come from", ("Fact", "In this report"), rows)


def _fact(name: str) -> str:
    table = name.removesuffix(labels.FACTS_FROM)
    if table != name and name not in labels.FACTS:
        return f"The table {table} comes from"
    return labels.label(name, labels.FACTS)
