"""Intervals that say no more than the rounded numbers they stand beside.

Rounding a share and leaving its interval alone would undo the rounding: without censoring both ends are functions of
the true count. So an interval is worked out again from the *shown* share and from the number of people the true
interval is worth (its effective number), rounded like any other number of people. A rate's interval is worked out
again from the shown number of events.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from ot_eval.outputs.policy import PRECISION, Policy

Interval = tuple[float | None, float | None]
RATE_DIGITS = 3


def share_interval(true: tuple[float, float, float], shown: float, level: float, policy: Policy) -> Interval:
    """Return the interval of a share, from the shown share and the rounded effective number of people.

    On the scale log(-log share), which cannot leave 0 to 1, half the interval is z c(share) / sqrt(n), with
    c(p) = sqrt((1 - p) / p) / |log p|: the delta method for a share of n people. n is the effective number: it is what
    the true interval is worth, with its censoring and clusters.

    Parameters
    ----------
    true : the true share and its lower and upper end
    shown : the share as it is published
    level : confidence level of the interval

    Examples
    --------
    >>> from ot_eval.outputs.policy import PRESETS
    >>> share_interval((0.2, 0.1628, 0.2399), 0.2, 0.95, PRESETS["ot_eval"])
    (0.1628, 0.24)
    """
    value, lower, upper = true
    if not (0 < lower <= value <= upper < 1 and lower < upper and 0 < shown < 1):
        return around(shown, _outward(lower, policy, up=False), _outward(upper, policy, up=True))
    z = NormalDist().inv_cdf(0.5 + level / 2)
    half = (_scale(lower) - _scale(upper)) / 2
    people = max(policy.rounding, policy.rounded(round((z * _spread(value) / half) ** 2)))
    half = z * _spread(shown) / math.sqrt(people)
    ends = (math.exp(-math.exp(_scale(shown) + sign * half)) for sign in (1, -1))
    low, high = (round(end, PRECISION) for end in ends)
    return around(shown, low, high)


def around(shown: float, lower: float | None, upper: float | None) -> Interval:
    """Return the interval with the shown value inside it, where rounding moved the value out.

    An end that is moved becomes the shown value itself, which says nothing new.

    Examples
    --------
    >>> around(1.0, 0.7, 0.95), around(0.4, 0.3, None)
    ((0.7, 1.0), (0.3, None))
    """
    return None if lower is None else min(lower, shown), None if upper is None else max(upper, shown)


def _scale(share: float) -> float:
    return math.log(-math.log(share))


def _spread(share: float) -> float:
    return math.sqrt((1 - share) / share) / abs(math.log(share))


def _outward(end: float, policy: Policy, *, up: bool) -> float:
    """Return an end that lies on 0 or 1, or beside a shown 0 or 1, moved out to one percent in a hundred."""
    steps = 100 // policy.rounding if policy.rounding <= 100 else 1  # noqa: PLR2004
    moved = math.ceil(end * steps) if up else math.floor(end * steps)
    return round(min(1.0, max(0.0, moved / steps)), PRECISION)


def rate(
    value: float, events: tuple[int, int], level: float, ends: Interval
) -> tuple[float, float | None, float | None]:
    """Return a rate and its exact Poisson interval (Garwood 1936), worked out from the shown number of events.

    Parameters
    ----------
    value : the true rate
    events : true and shown number of events
    ends : the true interval; where it is missing, so is the result's
    """
    from scipy.stats import gamma

    true, shown = events
    moved = value * shown / true
    if ends[0] is None or ends[1] is None:
        return _digits(moved), None, None
    tail = (1 - level) / 2
    low, high = (float(gamma.ppf(q, shape)) / shown for q, shape in ((tail, shown), (1 - tail, shown + 1)))
    return _digits(moved), _digits(moved * low), _digits(moved * high)


def _digits(number: float) -> float:
    return float(f"{number:.{RATE_DIGITS}g}")
