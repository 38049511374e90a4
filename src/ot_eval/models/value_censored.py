"""Mean use and cost to a horizon when people are lost from sight: three estimators, and their influence by person.

With S the chance of being alive at the start of a day and K the chance of still being seen:

* `by_days` (Lin and others 1997 with intervals of one day): sum over days of S times the mean of those seen that day.
  With deaths on a day counted before losses, it equals the partitioned estimator below with one-day intervals.
* `partitioned` (Bang and Tsiatis 2000): each interval's use of people seen through it, weighted by 1/K at its end.
* `complete_cases` (Bang and Tsiatis 2000, simple): whole use of people seen to death or horizon, weighted by 1/K.

All take loss as unrelated to what people would have used. Death is not loss: nothing is used after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ot_eval.base.errors import RequestError
from ot_eval.models.value_use import Floats, Use, refuse_thin


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean per person, and how much each person moves it (their parts sum to zero)."""

    value: float
    influence: Floats

    def se(self, use: Use, *, by_person: bool = False) -> float:
        """Return the standard error robust to providers, with G / (G - 1), or by person."""
        if by_person:
            return float(np.sqrt((self.influence**2).sum()))
        parts = np.bincount(use.cluster, self.influence, minlength=use.n_cluster)
        g = use.n_cluster
        return float(np.sqrt(g / (g - 1) * (parts**2).sum()))


def product_limit(events: Floats, at_risk: Floats) -> Floats:
    """Return the chance of no event before each day, days along the last axis; one entry more than there are days."""
    hazard = np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    start = np.ones((*events.shape[:-1], 1))
    return np.concatenate([start, np.cumprod(1 - hazard, axis=-1)], axis=-1)


def alive(use: Use) -> Floats:
    """Return the chance of being alive at the start of each day 0 to `horizon` (Kaplan-Meier)."""
    ends = np.bincount(use.seen, minlength=use.horizon + 1).astype(float)
    deaths = np.bincount(use.seen[use.died], minlength=use.horizon + 1).astype(float)
    at_risk = np.cumsum(ends[::-1])[::-1]
    return product_limit(deaths, at_risk)[1:]  # a death on day t leaves nothing to use on day t


def still_seen(use: Use) -> Floats:
    """Return the chance of not being lost before each day 0 to `horizon`; deaths of a day come before its losses."""
    ends = np.bincount(use.seen, minlength=use.horizon + 1).astype(float)
    deaths = np.bincount(use.seen[use.died], minlength=use.horizon + 1).astype(float)
    lost = ends - deaths
    lost[use.horizon] = 0.0  # everybody still there on the horizon is complete
    at_risk = np.cumsum(ends[::-1])[::-1] - deaths
    return product_limit(lost, at_risk)[1:]


def by_days(use: Use, amount: Floats) -> Mean:
    """Return the mean of `amount` (people by days) with the influence of each person.

    Raises
    ------
    AnalysisRefused
        Fewer than `value_use.FEWEST` people are seen alive to the horizon.
    """
    refuse_thin(use)
    t = np.arange(use.horizon)
    on = use.seen[:, None] > t
    seen = on.sum(axis=0).astype(float)
    mean = amount.sum(axis=0) / seen
    s = alive(use)[: use.horizon]
    own = ((amount - mean * on) * (s / seen)).sum(axis=1)
    left = np.concatenate([np.cumsum((s * mean)[::-1])[::-1], [0.0]])  # to be used from day t on
    ends = np.bincount(use.seen, minlength=use.horizon + 1).astype(float)
    deaths = np.bincount(use.seen[use.died], minlength=use.horizon + 1).astype(float)
    at_risk = np.cumsum(ends[::-1])[::-1]
    room = at_risk - deaths
    step = np.divide(left, room, out=np.zeros_like(left), where=room > 0)
    hazard = np.divide(deaths, at_risk, out=np.zeros_like(deaths), where=at_risk > 0)
    gone = np.where(use.died, step[use.seen], 0.0) - np.cumsum(step * hazard)[use.seen]
    return Mean(value=float((s * mean).sum()), influence=own - gone)


def complete_cases(use: Use, amount: Floats) -> float:
    """Return the simple weighted estimate: whole use of people seen to death or horizon, over the chance of that."""
    refuse_thin(use)
    whole = use.died | (use.seen >= use.horizon)
    return float((amount.sum(axis=1)[whole] / still_seen(use)[_last(use)][whole]).sum() / use.n)


def _last(use: Use) -> Floats:
    """Return the index of `still_seen` that holds a person's weight: the chance of being seen until just before."""
    return np.where(use.died, np.maximum(use.seen - 1, 0), np.minimum(use.seen, use.horizon) - 1)


def partitioned(use: Use, amount: Floats, width: int) -> float:
    """Return the weighted estimate over intervals of `width` days; a shorter last interval is allowed.

    Raises
    ------
    RequestError
        `width` is not between 1 and the horizon.
    AnalysisRefused
        As in `by_days`.
    """
    if not 1 <= width <= use.horizon:
        raise RequestError(f"interval of {width} days", expected=f"1 to {use.horizon}", fix="give another width")
    refuse_thin(use)
    k, total = still_seen(use), 0.0
    for start in range(0, use.horizon, width):
        end = min(start + width, use.horizon)
        through = use.seen >= end
        died = use.died & (use.seen > start) & (use.seen < end)
        used = amount[:, start:end].sum(axis=1)
        total += used[through].sum() / k[end - 1] + (used[died] / k[use.seen[died] - 1]).sum()
    return total / use.n
