"""Rows of a Cox model placed on its event times: where each row enters, leaves, and whether it ends in the event.

Event times are (stratum, day) pairs with at least one event, in order. Row i is at risk at times
``first[i] <= k < last[i]``; when it ends in the event, that time is ``last[i] - 1``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ot_eval.models.spells import Bools, Floats, Ints, Spells


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """Rows that stay in the risk set after they end, with a weight that fades (competing events in Fine-Gray).

    Row i of ``gone`` keeps weight ``scale[i] * keep[k]`` at every event time k from ``last[i]`` on.
    """

    gone: Bools
    scale: Floats
    keep: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRows:
    """Rows on event times. ``weight`` is None when every row counts once; ``day`` and ``stratum`` name the times."""

    first: Ints
    last: Ints
    dead: Bools
    weight: Floats | None
    day: Ints
    stratum: Ints
    lasting: Lasting | None = None

    @property
    def n_times(self) -> int:
        """Number of event times."""
        return int(self.day.size)

    def deaths(self) -> Ints:
        """Return the number of events at each time."""
        return np.bincount(self.last[self.dead] - 1, minlength=self.n_times)

    def death_weight(self) -> Floats:
        """Return the summed weight of the events at each time."""
        weight = None if self.weight is None else self.weight[self.dead]
        total: Floats = np.bincount(self.last[self.dead] - 1, weights=weight, minlength=self.n_times).astype(np.float64)
        return total


def risk_rows(spells: Spells, dead: Bools, *, stratum: Ints | None = None, weight: Floats | None = None) -> RiskRows:
    """Place `spells` on the event times of `dead` within strata; two look-ups a row, no sorting."""
    size = int(spells.exit.max()) + 1
    n_strata = 1 if stratum is None else int(stratum.max()) + 1
    base = 0 if stratum is None else stratum * size
    leave = spells.exit + base
    has_event = np.zeros(n_strata * size, dtype=bool)
    has_event[leave[dead]] = True
    place = np.flatnonzero(has_event)
    so_far = np.cumsum(has_event).astype(np.int32)
    return RiskRows(
        first=so_far[spells.entry + base] if spells.delayed or stratum is not None else np.zeros(len(leave), np.int32),
        last=so_far[leave],
        dead=dead,
        weight=weight,
        day=place % size,
        stratum=place // size,
    )
