"""Tied events: the sums over one event time that the Cox likelihood, hazard and residuals need.

With d events on a day, Efron's rule lets the j-th of them (j = 0 .. d - 1) face a risk set from which the share
c = j / d of the day's events is gone; Breslow's lets each face the whole risk set.
Sources: Efron (1977), Breslow (1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ot_eval.models.spells import Floats, Ints

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieSums:
    """Sums over the events of each event time, each of shape (times,).

    With h = mean weight / (S0 - c T0): ``hazard`` sums h, ``own`` sums h c, ``square`` h / (S0 - c T0),
    ``square_own`` that times c, ``square_own_own`` that times c squared; ``log`` is the weighted log denominator.
    """

    hazard: Floats
    own: Floats
    square: Floats
    square_own: Floats
    square_own_own: Floats
    log: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TieSteps:
    """The events of all times in a row: the time of each, its share c, and where each time begins."""

    time: Ints
    share: Floats
    begin: Ints

    @classmethod
    def of(cls, deaths: Ints) -> TieSteps:
        """Lay out ``deaths`` (times,), each at least 1."""
        begin = np.concatenate([[0], np.cumsum(deaths)[:-1]]).astype(np.int64)
        time = np.repeat(np.arange(deaths.size), deaths)
        share = (np.arange(time.size) - begin[time]) / deaths[time]
        return cls(time=time, share=share, begin=begin)


def tie_sums(s0: Floats, t0: Floats, weight: Floats, deaths: Ints, steps: TieSteps | None) -> TieSums:
    """Return the sums over tied events; `steps` None means Breslow.

    Parameters
    ----------
    s0, t0 : sums of risk over everybody at risk and over those with the event, shape (times,)
    weight : summed weights of those with the event, shape (times,)
    deaths : number of events, shape (times,)
    """
    if steps is None:
        hazard = weight / s0
        none = np.zeros_like(hazard)
        return TieSums(
            hazard=hazard,
            own=none,
            square=hazard / s0,
            square_own=none,
            square_own_own=none,
            log=weight * np.log(s0),
        )
    mean = weight / deaths
    left = s0[steps.time] - steps.share * t0[steps.time]
    hazard = mean[steps.time] / left
    square = hazard / left

    def total(values: Floats) -> Floats:
        summed: Floats = np.add.reduceat(values, steps.begin)
        return summed

    return TieSums(
        hazard=total(hazard),
        own=total(hazard * steps.share),
        square=total(square),
        square_own=total(square * steps.share),
        square_own_own=total(square * steps.share**2),
        log=mean * total(np.log(left)),
    )
