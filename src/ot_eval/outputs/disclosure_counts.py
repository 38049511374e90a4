"""Counts: which are hidden, which companion is hidden with them, and what the others are shown as.

The attack this answers: a hidden cell is worked out as the total less the cells beside it, or as everyone less the
other group. So a hidden cell never stands alone in its table, the hidden cells of a table hold at least the threshold
between them, and a total over groups is the sum of the shown groups, which says nothing new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ot_eval.base.errors import InternalFault
from ot_eval.base.results import Estimate, StudyResult
from ot_eval.outputs.policy import Policy

Variable = tuple[str, str, str]
TOTALS = ("all", "all clients", "everyone")
"""Names of a population that holds the other populations of the same analysis."""

SEPARATORS = (": ", "=")
"""What parts a variable from its level in a term, for example `age_band: 75-84`."""


def variable_and_level(term: str) -> tuple[str, str]:
    """Split a term into its variable and its level; a term without a level gives an empty variable.

    Examples
    --------
    >>> variable_and_level("age_band: 75-84"), variable_and_level("people")
    (('age_band', '75-84'), ('', 'people'))
    """
    for separator in SEPARATORS:
        variable, found, level = term.partition(separator)
        if found:
            return variable.strip(), level.strip()
    return "", term


def _whole(estimate: Estimate) -> int:
    value = estimate.value
    if value is None or value < 0 or value != int(value):
        raise InternalFault(
            f"results: {estimate.analysis}, {estimate.term}: a count of people that is not a whole number",
            expected="0, 1, 2, … in rows whose unit is people",
            fix="report this: an analysis counted people wrongly",
        )
    return int(value)


def variable_of(estimate: Estimate) -> Variable:
    """Return the analysis, outcome and variable (or plain term) that a count is about, in every population."""
    variable, level = variable_and_level(estimate.term)
    return estimate.analysis, estimate.outcome, variable or level


def _companions(counts: dict[int, int], total: int | None, policy: Policy) -> set[int]:
    """Return which cells of one table are hidden: the small ones, and companions until none can be worked out.

    `total` is the published number of people the cells should add up to. People in no cell are one more hidden cell.
    """
    hidden = {i for i, count in counts.items() if policy.small(count)}
    rest = 0 if total is None else total - sum(counts.values())
    if rest < 0:  # a person may be in several cells: no sum gives a cell away
        return hidden
    unseen = rest > 0 and (bool(hidden) or policy.small(rest))
    if not hidden and not unseen:
        return hidden
    # A zero beside it would protect nothing.
    spare = sorted((count, i) for i, count in counts.items() if i not in hidden and count > 0)
    while spare and not (
        len(hidden) + unseen > 1 and sum(counts[i] for i in hidden) + rest * unseen >= policy.threshold
    ):
        hidden.add(spare.pop(0)[1])
    return hidden


@dataclass(frozen=True, slots=True)
class Together:
    """Hidden levels of one table, published as one number: `last` is the place of the last of them."""

    last: int
    term: str
    people: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What every count of one result is shown as. Made by `plan`."""

    policy: Policy
    cells: dict[int, int | None]  # position in StudyResult.estimates → shown count of people
    totals: dict[tuple[str, str, int], int] = field(default_factory=dict)  # (outcome, population, true) → shown
    together: tuple[Together, ...] = ()

    def people(self, population: str, count: int) -> int | None:
        """Return a number of people as it may be shown."""
        return None if self.policy.small(count) else self._shown("", population, count)

    def events(self, population: str, outcome: str, count: int) -> int | None:
        """Return a number of events as it may be shown."""
        return None if self.policy.small(count) else self._shown(outcome, population, count)

    def _shown(self, outcome: str, population: str, count: int) -> int:
        return self.totals.get((outcome, population, count), self.policy.rounded(count))


def _sums(rows: Iterable[tuple[object, str, str, int]], policy: Policy) -> dict[tuple[str, str, int], int]:
    """Return what totals over groups are shown as, from rows of (where, population, outcome, true count)."""
    by_place: dict[tuple[object, str], dict[str, int]] = defaultdict(dict)
    for place, population, outcome, count in rows:
        by_place[(place, outcome)][population] = count
    shown: dict[tuple[str, str, int], int] = {}
    for (_, outcome), counts in by_place.items():
        for name in TOTALS:
            parts = [count for population, count in counts.items() if population not in TOTALS]
            adds_up = name in counts and len(parts) > 1 and sum(parts) == counts[name]
            if adds_up and not any(policy.small(part) for part in parts):
                shown.setdefault((outcome, name, counts[name]), sum(policy.rounded(part) for part in parts))
    return shown


def _totals(result: StudyResult, policy: Policy) -> dict[tuple[str, str, int], int]:
    rows: list[tuple[object, str, str, int]] = []
    for e in result.estimates:
        place = (e.analysis, e.outcome, e.term, e.measure)
        if e.n is not None:
            rows.append((place, e.population, "", e.n))
        if e.n_event is not None and e.outcome:
            rows.append((place, e.population, e.outcome, e.n_event))
    rows += [(("flow", step.rule), step.population, "", step.n_left) for step in result.flow]
    return _sums(rows, policy)


def plan(result: StudyResult, policy: Policy, withheld: frozenset[Variable] = frozenset()) -> Counts:
    """Return what every count of `result` may be shown as; every level of a variable in `withheld` is hidden."""
    totals = _totals(result, policy)
    rows = {i: e for i, e in enumerate(result.estimates) if e.unit == "people" and e.value is not None}
    counts = {i: _whole(e) for i, e in rows.items()}
    tables: dict[tuple[str, str, str, str], dict[int, int]] = defaultdict(dict)
    hidden = {i for i, count in counts.items() if policy.small(count) or variable_of(rows[i]) in withheld}
    for i, e in rows.items():
        variable, _ = variable_and_level(e.term)
        if variable:
            tables[(e.analysis, e.population, e.outcome, variable)][i] = counts[i]
    for table in tables.values():
        total = max((rows[i].n or 0 for i in table), default=0) or None
        hidden |= _companions(table, total, policy)
    shown = _over_groups(rows, counts, hidden, policy)
    plain = Counts(policy, {}, totals)
    for i, e in rows.items():
        if not variable_and_level(e.term)[0]:
            shown[i] = None if i in hidden else plain.people(e.population, counts[i])
    joint = tuple(t for table in tables.values() if (t := _together(table, rows, shown, policy)) is not None)
    return Counts(policy, shown, totals, joint)


def _together(
    table: dict[int, int], rows: dict[int, Estimate], shown: dict[int, int | None], policy: Policy
) -> Together | None:
    """Return the hidden levels of a table as one number, where that says more than the table's total.

    The number says nothing new: it is the total less the shown levels.
    """
    hidden = [i for i in table if shown[i] is None]
    people = sum(table[i] for i in hidden)
    total = rows[next(iter(table))].n
    if len(hidden) < 2 or len(hidden) == len(table) or sum(table.values()) != total or policy.small(people):  # noqa: PLR2004
        return None
    variable, _ = variable_and_level(rows[hidden[0]].term)
    levels = " or ".join(variable_and_level(rows[i].term)[1] for i in hidden)
    return Together(hidden[-1], f"{variable}: {levels}", policy.rounded(people))


def _over_groups(
    rows: dict[int, Estimate], counts: dict[int, int], hidden: set[int], policy: Policy
) -> dict[int, int | None]:
    """Show each cell; a cell over all groups is the sum of the shown groups, or hidden where one of them is."""
    shown: dict[int, int | None] = {i: None if i in hidden else policy.rounded(counts[i]) for i in rows}
    places: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for i, e in rows.items():
        places[(e.analysis, e.outcome, e.term)][e.population] = i
    for place in places.values():
        for name in set(place) & set(TOTALS):
            parts = [i for population, i in place.items() if population not in TOTALS]
            if len(parts) < 2 or sum(counts[i] for i in parts) != counts[place[name]]:  # noqa: PLR2004
                continue
            known = [shown[i] for i in parts]
            shown[place[name]] = None if None in known else sum(k for k in known if k is not None)
    return shown
