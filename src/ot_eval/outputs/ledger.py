"""The ledger: every number of people or events a report publishes, with its population and its place.

It is what an output checker needs to judge a release, and what the next release of the same data is compared with:
two releases can give away together what neither gives away alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ot_eval.outputs.released import Released


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One published number. `shown` None means that the report says a number is there and hides it."""

    study: str
    strand: str
    place: str
    population: str
    what: str
    quantity: str
    shown: int | None

    @property
    def key(self) -> tuple[str, ...]:
        """Name what the number counts, without its value."""
        return (self.strand, self.place, self.population, self.what, self.quantity)


def ledger(released: Iterable[Released]) -> tuple[Entry, ...]:
    """Return every published count, sorted, each once."""
    found: dict[tuple[str, ...], Entry] = {}
    for r in released:
        for entry in (*_estimates(r), *_curves(r), *_flow(r)):
            found.setdefault((entry.study, *entry.key), entry)
    return tuple(found[key] for key in sorted(found))


def _estimates(r: Released) -> Iterable[Entry]:
    for e in r.estimates:
        what = " | ".join(part for part in (e.outcome, e.term, e.measure) if part)
        if e.unit == "people":
            shown = None if e.value is None else int(e.value)
            yield Entry(r.study, r.strand, e.analysis, e.population, what, "people", shown)
        if e.n is not None:
            yield Entry(r.study, r.strand, e.analysis, e.population, what, "n", e.n)
        if e.n_event is not None:
            yield Entry(r.study, r.strand, e.analysis, e.population, what, "events", e.n_event)


def _curves(r: Released) -> Iterable[Entry]:
    for c in r.curves:
        who = c.group or c.population
        for day, n_risk, n_event in zip(c.risk_days, c.n_risk, c.n_event, strict=True):
            what = f"{c.outcome} | day {day}"
            yield Entry(r.study, r.strand, f"{c.analysis} curve", who, what, "at risk", n_risk)
            yield Entry(r.study, r.strand, f"{c.analysis} curve", who, what, "events", n_event)


def _flow(r: Released) -> Iterable[Entry]:
    for s in r.flow:
        yield Entry(r.study, r.strand, "flow", s.population, s.rule, "people", s.n_left)


@dataclass(frozen=True, slots=True)
class Reopened:
    """A number that one release hides and another shows."""

    key: tuple[str, ...]
    before: int | None
    now: int | None


def reopened(before: Iterable[Entry], now: Iterable[Entry]) -> tuple[Reopened, ...]:
    """Return the numbers that two releases of the same data give away together: hidden in one, shown in the other.

    A shown number that has another value is no finding: both are roundings, and what lies between them stays open to
    as many values as one rounding leaves.

    Parameters
    ----------
    before, now : two ledgers made from the same inputs
    """
    old, new = ({e.key: e.shown for e in entries} for entries in (before, now))
    both = sorted(old.keys() & new.keys())
    return tuple(Reopened(key, old[key], new[key]) for key in both if (old[key] is None) != (new[key] is None))
