"""The arithmetic of curves drawn from counts by day, and their one record.

Sources: Kaplan & Meier (1958); Greenwood (1926); Kalbfleisch & Prentice for the log(-log) scale.
"""

from __future__ import annotations

import numpy as np

from ot_eval.base.results import Curve
from ot_eval.models.about import About
from ot_eval.models.day_table import DayTable
from ot_eval.models.spells import Floats


def product_limit(table: DayTable) -> Floats:
    """Return the share without any event of `table` at the end of each day, shape (days,)."""
    hazard = np.divide(table.any_event, table.at_risk, out=np.zeros(table.n_days), where=table.at_risk > 0)
    survival: Floats = np.cumprod(1 - hazard)
    return survival


def greenwood(table: DayTable) -> Floats:
    """Return Greenwood's cumulative sum of d / (n (n - d)) by day; a day on which all die adds nothing."""
    n, d = table.at_risk, table.any_event
    total: Floats = np.cumsum(np.divide(d, n * (n - d), out=np.zeros(table.n_days), where=(d > 0) & (n > d)))
    return total


def log_log_limits(share: Floats, se: Floats, critical: float) -> tuple[Floats, Floats]:
    """Return limits of a probability on the log(-log) scale, which cannot leave [0, 1].

    Where the probability is 1 so are its limits; from the day it is 0 the lower limit is 0 and the upper limit stays
    where it last was, because the scale has no value there.
    """
    inside = (share > 0) & (share < 1)
    log_share = np.log(share, out=np.full(share.shape, -1.0), where=inside)
    half = critical * np.divide(se, share * np.abs(log_share), out=np.zeros(share.shape), where=inside)
    lower, upper = np.exp(log_share * np.exp(half)), np.exp(log_share * np.exp(-half))
    lower, upper = np.where(inside, lower, share), np.where(inside, upper, share)
    gone = np.flatnonzero(share <= 0)
    if gone.size and gone[0] > 0:
        upper[gone] = upper[gone[0] - 1]
    return lower, upper


def curve_of(table: DayTable, values: tuple[Floats, Floats, Floats], about: About, *, group: str, method: str) -> Curve:
    """Return a `Curve` of (value, lower, upper) over every day of `table`, with its counts."""
    share, lower, upper = values
    return Curve(
        analysis=method.split(" (", maxsplit=1)[0].lower().replace("-", "_").replace(" ", "_"),
        population=about.population,
        outcome=about.outcome,
        group=group,
        unit="probability",
        days=tuple(range(table.n_days)),
        value=tuple(share.tolist()),
        lower=tuple(lower.tolist()),
        upper=tuple(upper.tolist()),
        n_risk=tuple(np.rint(table.at_risk).astype(int).tolist()),
        n_event=tuple(np.rint(np.cumsum(table.any_event)).astype(int).tolist()),
        n_censored=tuple(np.rint(np.cumsum(table.censored)).astype(int).tolist()),
        level=about.level,
        method=method,
    )
