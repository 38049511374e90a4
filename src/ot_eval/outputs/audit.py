"""The attacker, kept in the house: what can be worked out about a hidden count from published numbers alone.

Every published table becomes linear equations over its cells: levels add up to the people in the table, groups add
up to everyone. A shown count may be anything that rounds to it; a hidden one anything up to the people there are.
Linear programming (HiGHS, `scipy.optimize.linprog`) then finds the lowest and highest value each hidden count can
have. Nothing here sees a true count: the input is what a reader downloads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ot_eval.base.errors import RequestError
from ot_eval.outputs.audit_sums import Cell, Key, Relation, Sums
from ot_eval.outputs.disclosure_counts import TOTALS, variable_and_level
from ot_eval.outputs.policy import Policy
from ot_eval.outputs.released import ReleasedEstimate, ReleasedStep


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
    found = _Equations(policy, max((e.n for e in rows if e.n is not None), default=0), _groups(rows))
    for e in rows:
        found.add_estimate(e)
    for step in flow:
        found.add_count(("flow", step.rule), step.population, step.n_left)
    return found.sums()


class _Equations:
    """Collects cells, the tables whose levels add up to their people, and the groups that add up to everyone."""

    def __init__(self, policy: Policy, largest: int, groups: int) -> None:
        self._policy = policy
        self._slack = groups * (policy.rounding // 2)  # how far a sum of roundings may be from the truth
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
            size = _cell(e.n, self._ceiling, self._policy)
            if e.population in TOTALS:
                size = Cell(max(0, e.n - self._slack), e.n + self._slack, hidden=False)
            self._cells.setdefault(("people", e.population, str(e.n)), size)
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
                self._cells[key] = Cell(max(0, shown - self._slack), shown + self._slack, hidden=False)
            yield key, tuple(item[0] for item in parts.values())


def _groups(rows: Iterable[ReleasedEstimate]) -> int:
    return max(1, len({e.population for e in rows} - set(TOTALS)))


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
    found = published_sums(estimates, policy, flow).pinned(least_values(policy))
    return tuple(Finding(cell, low, high) for cell, (low, high) in sorted(found.items()))


def refuse_recoverable(weak: Sequence[Finding], policy: Policy) -> None:
    """Refuse a release from which hidden counts could be worked out.

    Raises
    ------
    RequestError
        with the number of such counts
    """
    if weak:
        raise RequestError(
            f"disclosure: {len(weak)} hidden counts could be worked out from other published numbers",
            expected=f"each hidden count to stay open to at least {least_values(policy)} values",
            fix="use a preset of disclosure rules, or a larger disclosure.rounding, in the protocol",
        )
