"""Released results as plain tables: caption, header cells, rows. No markup here; the page and Word both read these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ot_eval.outputs import numbers, wording
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.released import Released, ReleasedCurve, ReleasedEstimate, ReleasedStep

ORDER = ("all", "new", "existing")
"""Populations come in this order, then any other as first seen."""
NOT_RECORDED = "not recorded"
SPREADS = ("sd", "standard deviation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its header cell and its other cells, as text."""

    header: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under a common heading; an empty heading makes no heading row."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with everything a screen reader needs: caption, column headers, a header in each row."""

    name: str
    caption: str
    head: tuple[str, ...]
    groups: tuple[Group, ...]
    note: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in order."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def has_hidden(self) -> bool:
        """Whether any cell is hidden."""
        return any(numbers.HIDDEN_CELL in cell for row in self.rows for cell in row.cells)


def populations(rows: Sequence[ReleasedEstimate]) -> tuple[str, ...]:
    """Return the populations of some estimates, everyone first."""
    seen = list(dict.fromkeys(e.population for e in rows))

    def place(population: str) -> tuple[int, int]:
        name = wording.canonical(population)
        return (ORDER.index(name) if name in ORDER else len(ORDER)), seen.index(population)

    return tuple(sorted(seen, key=place))


def _plain(name: str, caption: str, head: Sequence[str], rows: Sequence[Row], note: str = "") -> Table:
    return Table(name=name, caption=caption, head=tuple(head), groups=(Group(heading="", rows=tuple(rows)),), note=note)


def plain(name: str, caption: str, head: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> Table:
    """Return a table of two columns."""
    return _plain(name, caption, head, [Row(header=a, cells=(b,)) for a, b in pairs])


def _described(cells: dict[str, ReleasedEstimate]) -> str:
    """Return one cell of Table 1 from the measures it has."""
    if "people" in cells:
        people = cells["people"]
        share = next((e for e in cells.values() if e.unit == "percent"), None)
        if people.value is None:
            return numbers.HIDDEN_CELL
        tail = "" if share is None or share.value is None else f" ({numbers.value(share.value, 'percent')})"
        return f"{numbers.count(int(people.value))}{tail}"
    main = next((cells[m] for m in ("mean", "median") if m in cells), next(iter(cells.values())))
    if main.value is None:
        return numbers.HIDDEN_CELL
    spread = next((cells[m] for m in SPREADS if m in cells), None)
    tail = "" if spread is None or spread.value is None else f" (SD {numbers.bare(spread.value, spread.unit)})"
    return f"{numbers.bare(main.value, main.unit)}{tail}"


_UNIT_HEADING = {"years": "years, mean", "hours/week": "hours a week, mean", "£/week": "£ a week, mean"}


def table_one(released: Released) -> Table | None:
    """Return who was followed, one column a population."""
    rows = released.find("table_one")
    if not rows:
        return None
    columns = populations(rows)
    cells: dict[str, dict[str, dict[str, ReleasedEstimate]]] = {}
    for e in rows:
        cells.setdefault(e.term, {}).setdefault(e.population, {})[e.measure] = e
    groups: dict[str, list[Row]] = {}
    for term, by_population in cells.items():
        variable, level = variable_and_level(term)
        first = next(iter(next(iter(by_population.values())).values()))
        unit = _UNIT_HEADING.get(first.unit, "")
        header = level if variable else wording.label(term, wording.VARIABLES) + (f" ({unit})" if unit else "")
        text = tuple(_described(by_population[p]) if p in by_population else numbers.NONE_CELL for p in columns)
        if level == NOT_RECORDED and variable in cells and set(text) <= {numbers.HIDDEN_CELL, numbers.NONE_CELL}:
            continue  # the mean says already for whom it was worked out
        heading = wording.label(variable, wording.VARIABLES) if variable else ""
        groups.setdefault(heading, []).append(Row(header=header.replace("_", " "), cells=text))
    return Table(
        name="table-one",
        caption="Who was followed",
        head=("", *(wording.who(p) for p in columns)),
        groups=tuple(Group(heading=h, rows=tuple(r)) for h, r in groups.items()),
        note="Number of people (percent of the column), or mean (SD: standard deviation). Rounded, so parts may not "
        "add up to their whole.",
    )


def estimates(rows: Sequence[ReleasedEstimate], caption: str, name: str) -> Table:
    """Return any estimates as a table with interval, people, events and method."""
    several = len({e.population for e in rows}) > 1
    outcomes = len({e.outcome for e in rows}) > 1
    lines = []
    for e in rows:
        variable, level = variable_and_level(e.term)
        head = wording.horizon(e.term) if e.term.startswith("day ") else wording.term_label(e.term, variable, level)
        parts = [wording.who(e.population)] if several else []
        parts += [wording.label(e.outcome, wording.OUTCOMES)] if outcomes else []
        shown = f"{numbers.HIDDEN_CELL} ({e.hidden})" if e.value is None else numbers.value(e.value, e.unit)
        lines.append(
            Row(
                header=", ".join([*parts, head]),
                cells=(
                    shown,
                    numbers.interval(e),
                    numbers.NONE_CELL if e.n is None else numbers.count(e.n),
                    numbers.HIDDEN_CELL if e.n_event is None and e.hidden else _optional(e.n_event),
                    e.method or numbers.NONE_CELL,
                ),
            )
        )
    levels = sorted({numbers.level(e.level) for e in rows if e.level is not None})
    measure = rows[0].measure[:1].upper() + rows[0].measure[1:]
    columns = ("", measure, f"{'/'.join(levels) or ''} interval".strip(), "People", "Events", "Method")
    return _plain(name, caption, columns, lines)


def _optional(count: int | None) -> str:
    return numbers.NONE_CELL if count is None else numbers.count(count)


def curve_who(curve: ReleasedCurve) -> str:
    """Return the reader's word for the people of a curve: its group where it has one, else its population."""
    return wording.who(curve.group or curve.population)


def curve_points(curves: Sequence[ReleasedCurve], caption: str, name: str) -> Table:
    """Return the numbers behind some curves: each point that is drawn, and no other."""
    rows = []
    for curve in curves:
        for i, day in enumerate(curve.days):
            band = numbers.NONE_CELL
            if curve.lower is not None and curve.upper is not None:
                band = f"{numbers.bare(curve.lower[i], curve.unit)} to {numbers.value(curve.upper[i], curve.unit)}"
            who = curve_who(curve)
            what = wording.label(curve.outcome, wording.OUTCOMES)
            rows.append(
                Row(header=f"{who}, {what}, day {day}", cells=(numbers.value(curve.value[i], curve.unit), band))
            )
    level = numbers.level(curves[0].level) if curves else ""
    return _plain(name, caption, ("Point", "Share", f"{level} interval"), rows)


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
    return _plain(name, caption, head, rows)


def main_flow(released: Released) -> tuple[ReleasedStep, ...]:
    """Return the steps of the flow diagram: everyone's where they are given, else the first population's."""
    names = list(dict.fromkeys(step.population for step in released.flow))
    chosen = next((n for n in names if wording.canonical(n) == "all"), names[0] if names else "")
    return tuple(step for step in released.flow if step.population == chosen)


def flow(released: Released) -> Table | None:
    """Return who was left after each rule, one column a population."""
    names = list(dict.fromkeys(step.population for step in released.flow))
    if not names:
        return None
    cells = {(step.population, step.rule): step.n_left for step in released.flow}
    labels = {step.rule: step.label for step in released.flow}
    rows = [
        Row(
            header=label,
            cells=tuple(numbers.count(cells[(n, rule)]) if (n, rule) in cells else numbers.NONE_CELL for n in names),
        )
        for rule, label in labels.items()
    ]
    return _plain("flow", "People left after each rule", ("Rule", *(wording.who(n) for n in names)), rows)


def checks(released: Released) -> Table | None:
    """Return each check: what it means, whether it held, and the detail a statistician wants."""
    if not released.checks:
        return None
    rows = [
        Row(header=c.name, cells=("held" if c.passed else "did not hold", c.sentence, c.detail or numbers.NONE_CELL))
        for c in released.checks
    ]
    return _plain("checks", "Checks of the methods", ("Check", "Result", "What it means", "Detail"), rows)


def deviations(released: Released) -> Table | None:
    """Return every difference between the protocol as locked and as used."""
    if not released.deviations:
        return None
    rows = [Row(header=d.place, cells=(d.locked, d.used)) for d in released.deviations]
    return _plain("deviations", "Differences from the locked protocol", ("Place", "As locked", "As used"), rows)


def sources(released: Released) -> Table | None:
    """Return the facts about the data."""
    facts = {name: text for name, text in released.facts.items() if name != "synthetic"}
    if not facts:
        return None
    rows = [Row(header=wording.label(name, wording.FACTS), cells=(text,)) for name, text in facts.items()]
    return _plain("sources", "Where the data come from", ("Fact", "In this report"), rows)
