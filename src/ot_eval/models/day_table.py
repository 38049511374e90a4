"""Counts by day: at risk, events of each kind, ends without an event. Sufficient for every curve of this room.

Days run from 0 to the last day anybody is at risk. A person counts at risk on day t when ``entry < t <= exit``; an
event and an end of follow-up on the same day leave the person at risk for the event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.spells import Floats, Ints, Spells


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTable:
    """Counts by day for one group; weighted sums when weights were given.

    ``at_risk`` has shape (days,), ``events`` (kinds, days), ``censored`` and ``entered`` (days,).
    """

    at_risk: Floats
    events: Floats
    censored: Floats
    entered: Floats
    kinds: tuple[str, ...]

    @property
    def n_days(self) -> int:
        """Number of days in the table, day 0 included."""
        return int(self.at_risk.shape[0])

    @property
    def any_event(self) -> Floats:
        """Events of any kind, by day."""
        total: Floats = self.events.sum(axis=0)
        return total


def day_table(spells: Spells, weight: Floats | None = None, *, last_day: int | None = None) -> DayTable:
    """Count `spells` by day up to `last_day` (default: the last exit).

    One pass over the rows; the cost after it depends on days only.
    """
    size = (int(spells.exit.max()) if last_day is None else last_day) + 1
    n_kinds = len(spells.kinds)
    ends = np.bincount(spells.exit * (n_kinds + 1) + spells.event, weights=weight, minlength=size * (n_kinds + 1))
    by_kind = ends.reshape(size, n_kinds + 1).T.astype(np.float64)
    starts = np.bincount(spells.entry, weights=weight, minlength=size)[:size].astype(np.float64)
    return from_counts(starts, by_kind[1:], by_kind[0], spells.kinds)


def from_counts(entered: Floats, events: Floats, censored: Floats, kinds: tuple[str, ...]) -> DayTable:
    """Build the table from entries, events (kinds, days) and ends by day, as pooled counts carry them."""
    leaving = events.sum(axis=0) + censored
    still = np.cumsum(leaving[::-1])[::-1]
    to_enter = np.cumsum(entered[::-1])[::-1]
    return DayTable(at_risk=still - to_enter, events=events, censored=censored, entered=entered, kinds=kinds)


def one_cause(table: DayTable, kinds: tuple[str, ...]) -> DayTable:
    """Return the table in which `kinds` are the event and every other kind ends follow-up without it."""
    chosen = np.array([k in kinds for k in table.kinds], dtype=bool)
    event = table.events[chosen].sum(axis=0, keepdims=True)
    rest = table.events[~chosen].sum(axis=0)
    return DayTable(
        at_risk=table.at_risk,
        events=event,
        censored=table.censored + rest,
        entered=table.entered,
        kinds=("+".join(kinds),),
    )


def refuse_early_collapse(table: DayTable) -> None:
    """Refuse a curve that late entry makes meaningless: everybody at risk has the event while others are to come."""
    everyone = (table.any_event > 0) & (table.any_event >= table.at_risk * (1 - 1e-12))
    later: Ints = np.flatnonzero(everyone)
    if later.size and bool((table.entered[int(later[0]) :] > 0).any()):
        raise AnalysisRefused(
            f"follow_up: on day {int(later[0])} all at risk had the event, and others come under observation later",
            expected="somebody left at risk on every day before the last entry",
            fix="start the curve at a later day, when enough people are under observation",
        )
