"""Sums over published counts, and what linear programming says each hidden count may be.

The solver is HiGHS through `scipy.optimize.linprog`. Tables that share no count are solved apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ot_eval.base.errors import InternalFault

Key = tuple[str, ...]
Relation = tuple[Key, tuple[Key, ...]]
Range = tuple[int, int]
Values = NDArray[np.float64]
TOLERANCE = 1e-6  # ten times HiGHS' feasibility tolerance (1e-7); counts are whole, so anything closer is the same
GROUPS = 13  # a prime, so that the cells of one table fall into different groups
INFEASIBLE = 2  # scipy's status for a program that no values can meet


@dataclass(frozen=True, slots=True)
class Cell:
    """One published count: the whole numbers it may be, as a reader knows them before any sum is used."""

    lowest: float
    highest: float
    hidden: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells and the sums they take part in: each relation is (total, parts)."""

    cells: dict[Key, Cell]
    relations: tuple[Relation, ...]

    def ranges(self) -> dict[Key, Range]:
        """Return the lowest and highest value each hidden cell can have, given every sum that can hold.

        A sum that cannot hold by itself is not one (levels were left out of the table); it is dropped. Sums that hold
        one by one but not together are used one by one.
        """
        return self._search(enough=None)

    def pinned(self, enough: int) -> dict[Key, Range]:
        """Return the hidden cells that can have fewer than `enough` whole values, with their ranges.

        A cell that was seen to move that far while another was looked at is not looked at again.
        """
        found = self._search(enough)
        return {name: (low, high) for name, (low, high) in found.items() if high - low + 1 < enough}

    def _search(self, enough: int | None) -> dict[Key, Range]:
        found = {name: (math.ceil(c.lowest), math.floor(c.highest)) for name, c in self.cells.items() if c.hidden}
        for relations in _components([r for r in self.relations if self._can_hold(r)]):
            try:
                seen = _Program(self.cells, relations).ranges(enough)
            except _CannotHoldError:
                seen = {}
                for relation in relations:
                    for name, (low, high) in _Program(self.cells, (relation,)).ranges(None).items():
                        before = seen.get(name, (low, high))
                        seen[name] = max(before[0], low), min(before[1], high)
            found |= seen
        return found

    def _can_hold(self, relation: Relation) -> bool:
        total, parts = self.cells[relation[0]], [self.cells[p] for p in relation[1]]
        return sum(p.lowest for p in parts) <= total.highest and sum(p.highest for p in parts) >= total.lowest


class _CannotHoldError(Exception):
    """No values meet these sums together."""


def _components(relations: Sequence[Relation]) -> Iterator[tuple[Relation, ...]]:
    """Part relations into groups that share no cell, in a fixed order."""
    group: dict[Key, int] = {}
    members: dict[int, list[Relation]] = {}
    for i, relation in enumerate(relations):
        touched = sorted({group[name] for name in (relation[0], *relation[1]) if name in group})
        members[i] = [r for g in touched for r in members.pop(g)] + [relation]
        for total, parts in members[i]:
            group |= dict.fromkeys((total, *parts), i)
    for i in sorted(members):
        yield tuple(members[i])


class _Program:
    """One linear program over the cells of some sums."""

    def __init__(self, cells: dict[Key, Cell], relations: Sequence[Relation]) -> None:
        from scipy.sparse import csr_array

        self._names = sorted({name for total, parts in relations for name in (total, *parts)})
        place = {name: i for i, name in enumerate(self._names)}
        entries = [(row, place[r[0]], -1.0) for row, r in enumerate(relations)]
        entries += [(row, place[part], 1.0) for row, r in enumerate(relations) for part in r[1]]
        rows, columns, values = zip(*entries, strict=True)
        self._sums = csr_array((values, (rows, columns)), shape=(len(relations), len(self._names)))
        self._bounds = np.array([(cells[n].lowest, cells[n].highest) for n in self._names])
        self._hidden = [place[n] for n in self._names if cells[n].hidden]
        totals = {place[total] for total, _ in relations}
        self._parts = [i for i in self._hidden if i not in totals]

    def ranges(self, enough: int | None) -> dict[Key, Range]:
        """Return each hidden cell's range; with `enough`, at least what was seen once it is that wide."""
        first = self._extreme(np.zeros(len(self._names)))
        low, high = (first, first) if enough is None else self._first_look(first, enough)
        for i in self._hidden:
            if enough is not None and _whole(high[i], low[i]) >= enough:
                continue
            for sign in (1.0, -1.0):
                cost = np.zeros(len(self._names))
                cost[i] = sign
                values = self._extreme(cost)
                low, high = np.minimum(low, values), np.maximum(high, values)
        return {self._names[i]: (math.ceil(low[i] - TOLERANCE), math.floor(high[i] + TOLERANCE)) for i in self._hidden}

    def _first_look(self, first: Values, step: int) -> tuple[Values, Values]:
        """Move many hidden cells at once and note how far each can be seen to move.

        One cell in `GROUPS` at a time is pushed up, by at most `step` from a point in the middle, and the rest down. So
        one program answers for many cells. Every point found meets the sums: what is seen is a part of the true range.
        """
        place = np.arange(len(self._hidden)) % GROUPS
        pushes = [np.where(place == group, -1.0, 0.01) for group in range(min(GROUPS, len(self._hidden)))]
        points = [first, *(self._pushed(sign * np.ones(len(self._hidden)), self._bounds) for sign in (1.0, -1.0))]
        middle = np.mean(points, axis=0)
        near = self._bounds.copy()
        near[self._parts, 1] = np.minimum(near[self._parts, 1], middle[self._parts] + step)
        points += [self._pushed(push, near) for push in pushes]
        return np.min(points, axis=0), np.max(points, axis=0)

    def _pushed(self, pattern: Values, bounds: Values) -> Values:
        cost = np.zeros(len(self._names))
        cost[self._hidden] = pattern
        return self._extreme(cost, bounds)

    def _extreme(self, cost: Values, bounds: Values | None = None) -> Values:
        """Return values of all cells that meet the sums and make the cost least."""
        from scipy.optimize import linprog

        limits = self._bounds if bounds is None else bounds
        answer = linprog(cost, A_eq=self._sums, b_eq=np.zeros(self._sums.shape[0]), bounds=limits, method="highs")
        if answer.status == INFEASIBLE:
            raise _CannotHoldError
        if not answer.success:
            raise InternalFault(
                f"disclosure: the attack on the published tables did not finish (status {answer.status})",
                expected="an answer, so that the tables are known to be safe",
                fix="report this; nothing was published",
            )
        values: Values = answer.x
        return values


def _whole(high: float, low: float) -> int:
    return math.floor(high + TOLERANCE) - math.ceil(low - TOLERANCE) + 1
