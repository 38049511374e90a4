"""Standardised differences: a function of two shares, so they may say no more than the shown counts do.

Where the counts of a level are shown in both groups, its difference is worked out again from them. Where they are
hidden in any group, so is the difference. Any other difference keeps one decimal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ot_eval.base.results import Estimate
from ot_eval.outputs.disclosure_shares import blank
from ot_eval.outputs.released import ReleasedEstimate

MEASURE = "standardised difference"
VERSUS = " v "
SAME = 1e-9
"""Differences closer than this are the same number, computed in another order of operations."""

Shares = dict[tuple[str, str, str, str], tuple[float, float | None]]


def release_balance(estimates: Sequence[Estimate], lines: Sequence[ReleasedEstimate]) -> list[ReleasedEstimate]:
    """Return the lines with every standardised difference made to agree with the shown counts.

    Parameters
    ----------
    estimates, lines : the true estimates and what they were released as, one for one
    """
    shares: Shares = {}
    for e, line in zip(estimates, lines, strict=True):
        if e.unit == "people" and e.value is not None and e.n:
            shown = None if line.value is None or not line.n else min(1.0, line.value / line.n)
            shares[(e.analysis, e.outcome, e.term, e.population)] = e.value / e.n, shown
    hidden = {key[:3] for key, (_, shown) in shares.items() if shown is None}
    out = []
    for e, line in zip(estimates, lines, strict=True):
        if e.measure != MEASURE or line.value is None:
            out.append(line)
        elif (e.analysis, e.outcome, e.term) in hidden:
            out.append(blank(line))
        else:
            out.append(replace(line, value=_again(e, shares)))
    return out


def _again(e: Estimate, shares: Shares) -> float:
    """Return the difference from the shown shares where the true one comes from the true shares, else one decimal."""
    one, other = groups(e.population)
    place = (e.analysis, e.outcome, e.term)
    pair = [shares.get((*place, name)) for name in (one, other)]
    value = float(e.value or 0.0)
    if pair[0] is None or pair[1] is None or pair[0][1] is None or pair[1][1] is None:
        return round(value, 1)
    true = difference(pair[0][0], pair[1][0])
    if true is None or abs(true - value) > SAME:
        return round(value, 1)
    return round(difference(pair[0][1], pair[1][1]) or 0.0, 2)


def groups(population: str) -> tuple[str, str]:
    """Return the two populations that a comparison names.

    Examples
    --------
    >>> groups("all, existing v new"), groups("late v early")
    (('all, existing', 'all, new'), ('late', 'early'))
    """
    one, _, other = population.partition(VERSUS)
    before, comma, _ = one.rpartition(", ")
    return one, f"{before}{comma}{other}"


def difference(one: float, other: float) -> float | None:
    """Return the standardised difference of two shares; None where neither varies.

    Examples
    --------
    >>> round(difference(0.5, 0.4), 4), difference(1.0, 1.0)
    (0.202, None)
    """
    pooled = math.sqrt((one * (1 - one) + other * (1 - other)) / 2)
    return (one - other) / pooled if pooled else None
