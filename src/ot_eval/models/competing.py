"""Events that compete: cumulative incidence by Aalen-Johansen, and restricted time lost to each.

Source: Aalen & Johansen (1978); the variance is the Greenwood-type one, by prefix sums. It equals that of R's
`survival` where everybody is followed from the origin, and that of R's `etm` with late entry. Hand-written because
lifelines shifts tied times at random, swaps its limits and loses events of the first day.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ot_eval.base.results import Curve
from ot_eval.models.about import About
from ot_eval.models.clusters import Clusters, count_by_cluster, influence_on_incidence, read_clusters, robust_se
from ot_eval.models.curves import log_log_limits, product_limit
from ot_eval.models.day_table import DayTable, day_table, refuse_early_collapse
from ot_eval.models.spells import Floats, Spells, groups_of, read_spells

METHOD = "Aalen-Johansen (count grid)"
Scale = Literal["log-log", "log", "plain"]


def incidence(table: DayTable, kind: int) -> Floats:
    """Return the share with an event of kind number `kind` (0-based) by the end of each day."""
    before = np.concatenate([[1.0], product_limit(table)[:-1]])
    hazard = np.divide(table.events[kind], table.at_risk, out=np.zeros(table.n_days), where=table.at_risk > 0)
    share: Floats = np.cumsum(before * hazard)
    return share


def incidence_variance(table: DayTable, kind: int) -> Floats:
    """Return the variance of `incidence` by day: sums over earlier days, expanded so that they need one pass each."""
    n, d, own = table.at_risk, table.any_event, table.events[kind]
    zeros = np.zeros(table.n_days)
    before = np.concatenate([[1.0], product_limit(table)[:-1]])
    share = incidence(table, kind)
    spread = np.divide(d, n * (n - d), out=zeros.copy(), where=(d > 0) & (n > d))
    jump = np.divide(before * own, n * n, out=zeros.copy(), where=n > 0)
    square = np.divide(before * jump * (n - own), n, out=zeros.copy(), where=n > 0)
    leaning = spread * share
    c0, c1, c2 = np.cumsum(spread), np.cumsum(leaning), np.cumsum(leaning * share)
    j0, j1 = np.cumsum(jump), np.cumsum(jump * share)
    variance: Floats = share * (share * c0 - 2 * c1) + c2 + np.cumsum(square) - 2 * (share * j0 - j1)
    return np.maximum(variance, 0.0)


def limits(share: Floats, se: Floats, critical: float, scale: Scale = "log-log") -> tuple[Floats, Floats]:
    """Return limits of an incidence on the named scale; "log" is R's default, "log-log" stays within [0, 1]."""
    if scale == "log-log":
        return log_log_limits(share, se, critical)
    if scale == "plain":
        return np.maximum(share - critical * se, 0.0), np.minimum(share + critical * se, 1.0)
    half = critical * np.divide(se, share, out=np.zeros(share.shape), where=share > 0)
    return share * np.exp(-half), np.minimum(share * np.exp(half), 1.0)


def cumulative_incidence(
    frame: pd.DataFrame,
    *,
    cause: str,
    about: About,
    by: str | None = None,
    cluster: str | None = None,
    scale: Scale = "log-log",
) -> tuple[Curve, ...]:
    """Return the share with `cause` by day while every other kind of event competes, one curve a group.

    Parameters
    ----------
    frame : columns ``exit_day``, ``event`` and, where follow-up is entered late, ``entry_day`` (whole days)
    cause : the kind of event, as written in ``event``
    about : labels and confidence level
    by : column of groups; None = one curve
    cluster : column of providers or teams; the limits are then robust to people of one provider being alike,
        with sqrt(G / (G - 1)) and t(G - 1)
    scale : scale of the limits

    Raises
    ------
    AnalysisRefused
        nobody had `cause`, fewer than five clusters, or late entry leaves nobody at risk.
    """
    spells = read_spells(frame)
    kind = spells.code(cause) - 1
    group, names = groups_of(frame, by)
    curves = []
    for g, name in enumerate(names):
        rows = group == g
        clusters = read_clusters(frame[rows], cluster) if cluster else None
        part = spells if by is None else spells.take(rows)
        curves.append(_curve(part, kind, clusters, about, name, scale))
    return tuple(curves)


def _curve(spells: Spells, kind: int, clusters: Clusters | None, about: About, name: str, scale: Scale) -> Curve:
    table = day_table(spells)
    refuse_early_collapse(table)
    share = incidence(table, kind)
    se, critical, method = np.sqrt(incidence_variance(table, kind)), about.critical(), METHOD
    if clusters:
        counts = count_by_cluster(spells, clusters, table.n_days)
        se = robust_se(influence_on_incidence(table, counts, kind), clusters)
        critical = about.critical(clusters.n)
        method = f"{METHOD}; {clusters.words}"
    return curve_of_incidence(table, kind, (share, *limits(share, se, critical, scale)), about, name, method)


def curve_of_incidence(
    table: DayTable, kind: int, lines: tuple[Floats, Floats, Floats], about: About, name: str, method: str = METHOD
) -> Curve:
    """Return the curve of kind number `kind` from its `lines` (value, lower, upper), with the counts of `table`."""
    return Curve(
        analysis="cumulative_incidence",
        population=about.population,
        outcome=table.kinds[kind],
        group=name,
        unit="probability",
        days=tuple(range(table.n_days)),
        value=tuple(lines[0].tolist()),
        lower=tuple(lines[1].tolist()),
        upper=tuple(lines[2].tolist()),
        n_risk=_whole(table.at_risk),
        n_event=_whole(np.cumsum(table.events[kind])),
        n_censored=_whole(np.cumsum(table.censored)),
        level=about.level,
        method=method,
    )


def _whole(values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(np.rint(values).astype(int).tolist())
