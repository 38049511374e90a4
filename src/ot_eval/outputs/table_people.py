"""Who was studied, as tables: Table 1, and who was left after each rule."""

from __future__ import annotations

from collections.abc import Sequence

from ot_eval.outputs import labels, numbers
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.released import Released, ReleasedEstimate, ReleasedStep
from ot_eval.outputs.table import Group, Row, Table, listing

ORDER = ("all", "new", "existing")
"""Populations come in this order, then any other as first seen."""
NOT_RECORDED = "not recorded"
SPREADS = ("sd", "standard deviation")


def populations(rows: Sequence[ReleasedEstimate]) -> tuple[str, ...]:
    """Return the populations of some estimates, everyone first."""
    seen = list(dict.fromkeys(e.population for e in rows))

    def place(population: str) -> tuple[int, int]:
        name = labels.canonical(population)
        return (ORDER.index(name) if name in ORDER else len(ORDER)), seen.index(population)

    return tuple(sorted(seen, key=place))


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


def _headed(population: str, rows: Sequence[ReleasedEstimate]) -> str:
    """Return a population's name with the number of people in it."""
    sizes = [e.n for e in rows if e.population == population and e.n is not None]
    name = labels.who(population)
    return f"{name} ({numbers.count(max(sizes))})" if sizes and labels.VERSUS not in population else name


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
        header = level if variable else labels.label(term, labels.VARIABLES) + (f" ({unit})" if unit else "")
        text = tuple(_described(by_population[p]) if p in by_population else numbers.NONE_CELL for p in columns)
        if level == NOT_RECORDED and variable in cells and set(text) <= {numbers.HIDDEN_CELL, numbers.NONE_CELL}:
            continue  # the mean says already for whom it was worked out
        heading = labels.label(variable, labels.VARIABLES) if variable else ""
        groups.setdefault(heading, []).append(Row(header=header.replace("_", " "), cells=text))
    return Table(
        name="table-one",
        caption="Who was followed",
        head=("", *(_headed(p, rows) for p in columns)),
        groups=tuple(Group(heading=h, rows=tuple(r)) for h, r in groups.items()),
        note="Number of people (percent of the column), or mean (SD: standard deviation). Rounded, so parts may not "
        "add up to their whole.",
    )


def main_flow(released: Released) -> tuple[ReleasedStep, ...]:
    """Return the steps of the flow diagram: everyone's where they are given, else the first population's."""
    names = list(dict.fromkeys(step.population for step in released.flow))
    chosen = next((n for n in names if labels.canonical(n) == "all"), names[0] if names else "")
    return tuple(step for step in released.flow if step.population == chosen)


def shortened(steps: Sequence[ReleasedStep]) -> tuple[ReleasedStep, ...]:
    """Return the steps whose shown number differs from the one before, and the first and last: what a diagram needs."""
    kept = [s for i, s in enumerate(steps) if i == 0 or s.n_left is None or s.n_left != steps[i - 1].n_left]
    return tuple(kept)


def flow(released: Released) -> Table | None:
    """Return who was left after each rule, one column a population."""
    names = list(dict.fromkeys(step.population for step in released.flow))
    if not names:
        return None
    cells = {(step.population, step.rule): step.n_left for step in released.flow}
    words = {step.rule: step.label for step in released.flow}
    rows = [
        Row(
            header=label,
            cells=tuple(numbers.count(cells[(n, rule)]) if (n, rule) in cells else numbers.NONE_CELL for n in names),
        )
        for rule, label in words.items()
    ]
    return listing("flow", "People left after each rule", ("Rule", *(labels.who(n) for n in names)), rows)
