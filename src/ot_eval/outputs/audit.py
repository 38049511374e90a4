"""The attacker, kept in the house: what can be worked out about a hidden count from published numbers alone.

Every published table becomes linear equations over its cells: levels add up to the people in the table, groups add
up to everyone. A shown count may be anything that rounds to it; a hidden one anything up to the people there are.
Linear programming (HiGHS, `scipy.optimize.linprog`) then finds the lowest and highest value each hidden count can
have. Nothing here sees a true count: the input is what a reader downloads.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ot_eval.base.errors import RequestError
from ot_eval.outputs.disclosure_counts import TOTALS, variable_and_level
from ot_eval.outputs.policy import Policy
from ot_eval.outputs.released import Released, ReleasedEstimate, ReleasedStep

Key = tuple[str, ...]
Relation = tuple[Key, tuple[Key, ...]]
TOLERANCE = 1e-7  # HiGHS' own feasibility tolerance; counts are whole, so anything closer is the same number


@dataclass(frozen=True, slots=True)
class Cell:
    """One published count: the whole numbers it may be, as a reader knows them before any sum is used."""

    lowest: float
    highest: float
    hidden: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A hidden count that published numbers pin down to `values` whole numbers or fewer than allowed."""

    cell: Key
    lowest: int
    highest: int

    @property
    def values(self) -> int:
        """How many whole numbers the hidden count may still be."""
        return self.highest - self.lowest + 1


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells and the sums they take part in: each relation is (total, parts)."""

    cells: dict[Key, Cell]
    relations: tuple[Relation, ...]

    def ranges(self) -> dict[Key, tuple[int, int]]:
        """Return the lowest and highest value each hidden cell can have, given every sum that can hold.

        A sum that cannot hold by itself is not one (levels were left out of the table); it is dropped. Sums that hold
        one by one but not together are used one by one.
        """
        true = [r for r in self.relations if self._solve((r,), ()) is not None]
        hidden = [name for name, cell in self.cells.items() if cell.hidden]
        together = self._solve(true, hidden)
        if together is not None:
            return together
        found = {name: (math.ceil(self.cells[name].lowest), math.floor(self.cells[name].highest)) for name in hidden}
        for relation in true:
            for name, (low, high) in (self._solve((relation,), hidden) or {}).items():
                found[name] = max(found[name][0], low), min(found[name][1], high)
        return found

    def _solve(self, relations: Sequence[Relation], wanted: Sequence[Key]) -> dict[Key, tuple[int, int]] | None:
        """Return the range of each wanted cell under some sums, or None where these sums cannot hold."""
        from scipy.optimize import linprog

        names = sorted({name for total, parts in relations for name in (total, *parts)})
        place = {name: i for i, name in enumerate(names)}
        rows = [[0.0] * len(names) for _ in relations]
        for row, (total, parts) in zip(rows, relations, strict=True):
            row[place[total]] = -1.0
            for part in parts:
                row[place[part]] += 1.0
        bounds = [(self.cells[n].lowest, self.cells[n].highest) for n in names]
        found: dict[Key, tuple[int, int]] = {}
        for name in wanted or names[:1]:
            if name not in place:
                found[name] = math.ceil(self.cells[name].lowest), math.floor(self.cells[name].highest)
                continue
            ends = []
            for sign in (1.0, -1.0):
                cost = [sign * (n == name) for n in names]
                answer = linprog(cost, A_eq=rows, b_eq=[0.0] * len(rows), bounds=bounds, method="highs")
                if not answer.success:
                    return None
                ends.append(sign * answer.fun)
            found[name] = math.ceil(ends[0] - TOLERANCE), math.floor(ends[1] + TOLERANCE)
        return {name: found[name] for name in wanted}


def _cell(shown: int | None, ceiling: float, policy: Policy) -> Cell:
    if shown is None:
        return Cell(0 if policy.hide_zero else 1, ceiling, hidden=True)
    down, up = policy.rounding // 2, (policy.rounding - 1) // 2
    lowest = max(shown - down, 0 if shown == 0 else policy.threshold)
    return Cell(lowest, max(lowest, shown + up), hidden=False)


def published_sums(estimates: Iterable[ReleasedEstimate], policy: Policy, flow: Iterable[ReleasedStep] = ()) -> Sums:
    """Return the equations a reader can write down from published estimates and the published flow.

    A total over groups is published as the sum of the shown groups, so it says nothing of its own while every group is
    shown; where a group is hidden and the total is not, the total is an independent rounding of the truth.
    """
    rows = list(estimates)
    found = _Equations(policy, max((e.n for e in rows if e.n is not None), default=0))
    for e in rows:
        found.add_estimate(e)
    for step in flow:
        found.add_count(("flow", step.rule), step.population, step.n_left)
    return found.sums()


class _Equations:
    """Collects cells, the tables whose levels add up to their people, and the groups that add up to everyone."""

    def __init__(self, policy: Policy, largest: int) -> None:
        self._policy = policy
        self._ceiling = float((largest or 10**6) + policy.rounding)
        self._cells: dict[Key, Cell] = {}
        self._tables: dict[Key, dict[str, Key]] = defaultdict(dict)
        self._sizes: dict[Key, Key] = {}
        self._groups: dict[Key, dict[str, tuple[Key, int | None]]] = defaultdict(dict)

    def add_count(self, place: Key, population: str, shown: int | None) -> Key:
        """Add a count that is published for several populations."""
        key = (*place, population)
        self._cells[key] = _cell(shown, self._ceiling, self._policy)
        self._groups[place][population] = (key, shown)
        return key

    def add_estimate(self, e: ReleasedEstimate) -> None:
        """Add what a line of results says about people and events."""
        if e.n is not None:
            self._cells.setdefault(("people", e.population, str(e.n)), _cell(e.n, self._ceiling, self._policy))
        if e.unit == "people":
            shown = None if e.value is None else int(e.value)
            key = self.add_count(("count", e.analysis, e.outcome, e.term), e.population, shown)
            variable, level = variable_and_level(e.term)
            if variable and e.n is not None:
                table = (e.analysis, e.population, e.outcome, variable)
                self._tables[table][level] = key
                self._sizes[table] = ("people", e.population, str(e.n))
        elif e.n_event is not None or "events" in e.hidden:
            self.add_count(("events", e.analysis, e.outcome, e.term, e.measure), e.population, e.n_event)

    def sums(self) -> Sums:
        """Return every cell and every sum."""
        relations: list[Relation] = []
        for table, levels in self._tables.items():
            joint = {name: _parts(name, levels) for name in levels}
            relations += [(levels[name], parts) for name, parts in joint.items() if parts]
            relations.append((self._sizes[table], tuple(key for name, key in levels.items() if not joint[name])))
        for group in self._groups.values():
            relations += self._over_groups(group)
        return Sums(self._cells, tuple(relations))

    def _over_groups(self, group: dict[str, tuple[Key, int | None]]) -> Iterable[Relation]:
        parts = {population: item for population, item in group.items() if population not in TOTALS}
        for name in sorted(set(group) & set(TOTALS)):
            if len(parts) < 2:  # noqa: PLR2004
                continue
            key, shown = group[name]
            if shown is not None and all(s is not None for _, s in parts.values()):
                slack = self._policy.rounding * len(parts)  # the sum of roundings may be this far from the truth
                self._cells[key] = Cell(max(0, shown - slack), shown + slack, hidden=False)
            yield key, tuple(item[0] for item in parts.values())


def _parts(level: str, levels: dict[str, Key]) -> tuple[Key, ...]:
    """Return the levels that a joint level such as `yes or unknown` is made of; empty for a plain level."""
    names = level.split(" or ")
    return tuple(levels[n] for n in names) if len(names) > 1 and all(n in levels for n in names) else ()


def least_values(policy: Policy) -> int:
    """Return how many whole numbers a hidden count must still be able to be: what one rounding leaves open."""
    return max(2, policy.rounding - 1)


def findings(
    estimates: Iterable[ReleasedEstimate], policy: Policy, flow: Iterable[ReleasedStep] = ()
) -> tuple[Finding, ...]:
    """Return each hidden count that may be fewer whole numbers than `least_values`."""
    allowed = least_values(policy)
    found = published_sums(estimates, policy, flow).ranges()
    return tuple(Finding(cell, low, high) for cell, (low, high) in sorted(found.items()) if high - low + 1 < allowed)


def refuse_recoverable(released: Released) -> None:
    """Refuse a release from which a hidden count could be worked out.

    Raises
    ------
    RequestError
        with the number of such counts
    """
    weak = findings(released.estimates, released.policy, released.flow)
    if weak:
        raise RequestError(
            f"disclosure: {len(weak)} hidden counts could be worked out from other published numbers",
            expected=f"each hidden count to stay open to at least {least_values(released.policy)} values",
            fix="use a preset of disclosure rules, or a larger disclosure.rounding, in the protocol",
        )
