"""The ranked list of gaps for a coaching curriculum, from released shares only.

A share that says that nearly everybody lacks a skill is hidden, for it would say that nearly nobody has it. What is
published beside it still bounds it: who lacks a skill has a gap, so a gap is at least as common as the lack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ot_eval.outputs import numbers
from ot_eval.outputs.released import Released, ReleasedEstimate

CARERS = "home carers"
WORKERS = "share of workers"
_FEW = re.compile(r"fewer than (\d+) events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One skill: the share of carers with a gap in percent, or what it is at least; both None where neither is known.

    `estimate` is the released share; `n` the carers who answered, rounded.
    """

    words: str
    estimate: ReleasedEstimate
    least: float | None = None

    @property
    def rank(self) -> float:
        """By what the list is ordered: the share, or what it is at least; unknown last."""
        value = self.estimate.value if self.estimate.value is not None else self.least
        return -1.0 if value is None else float(value)

    @property
    def known(self) -> bool:
        """Whether anything is known of the gap."""
        return self.rank >= 0

    @property
    def said(self) -> str:
        """The share in words for a cell."""
        if self.estimate.value is not None:
            return numbers.value(self.estimate.value, "percent")
        return numbers.HIDDEN_CELL if self.least is None else f"at least {numbers.fixed(self.least, 0)}%"

    @property
    def counted(self) -> str:
        """The share as people: `about 150 of 320`, or `at least 290 of 320`."""
        n = self.estimate.n
        if n is None or not self.known:
            return "hidden"
        if self.estimate.value is not None:
            people = self.estimate.n_event
            return f"about {numbers.count(people if people is not None else round(self.rank * n / 100))} of {n:,}"
        return f"at least {numbers.count(int(self.rank * n / 100))} of {n:,}"


def words_of(term: str) -> str:
    """Return the words of a skill without its number.

    Examples
    --------
    >>> words_of("K05 Wait long enough for the person to try")
    'Wait long enough for the person to try'
    """
    number, _, words = term.partition(" ")
    return words if re.fullmatch(r"[Kk]\d\d", number) else term


def fewer_than(e: ReleasedEstimate | None) -> int | None:
    """Return the number that a hidden count is said to lie below, or None where the reason is another."""
    found = _FEW.search(e.hidden) if e is not None and e.value is None else None
    return int(found[1]) if found else None


def ranked(released: Released) -> tuple[Gap, ...]:
    """Return the gaps of home carers, the most common first; hidden ones without a bound last."""
    found = []
    for e in released.find("gaps", measure=WORKERS):
        has = next((h for h in released.find("who_has", population=CARERS) if h.term == e.term), None)
        found.append(Gap(words=words_of(e.term), estimate=e, least=None if e.value is not None else _least(has)))
    return tuple(sorted(found, key=lambda g: -g.rank))


def _least(has: ReleasedEstimate | None) -> float | None:
    """Return the share of carers, in percent, who lack the skill at least."""
    if has is None:
        return None
    if has.value is not None:
        return 100.0 - float(has.value)
    few = fewer_than(has)
    return None if few is None or not has.n else max(0.0, 100.0 * (1 - few / has.n))
