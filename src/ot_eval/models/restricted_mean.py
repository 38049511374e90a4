"""Restricted mean time: average days without an event up to a horizon, and days lost to one of several events.

The area under the Kaplan-Meier (or cumulative incidence) curve from day 0 to the horizon. Needs no assumption that
hazards are proportional, and reads in days. Sources: Royston & Parmar (2013); Andersen (2013) for time lost to a cause.
The variance is that of the mean (areas from each event to the horizon, Greenwood weights).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.clusters import (
    Clusters,
    count_by_cluster,
    influence_on_incidence,
    influence_on_survival,
    read_clusters,
    refuse_set_by_cluster,
    robust_se,
)
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import DayTable, day_table, one_cause, refuse_early_collapse
from ot_eval.models.spells import Floats, Spells, groups_of, read_spells
from ot_eval.models.survival import chosen_events

LEAST_EVENTS = 10
"""With fewer events than this in a group a contrast is given with its interval only, without a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area in days, its standard error, its influence by cluster, and the counts it rests on."""

    value: float
    se: float
    influence: Floats | None
    n: int
    n_event: int


Measure = Callable[[Spells, Clusters | None], Area]


def area_to(share: Floats, horizon: int) -> float:
    """Return the area under a curve that is constant within days, from day 0 to `horizon`."""
    return float(share[:horizon].sum())


def restricted_mean(
    frame: pd.DataFrame,
    *,
    horizon: int,
    about: About,
    by: str | None = None,
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
    cluster: str | None = None,
) -> tuple[Estimate, ...]:
    """Return mean days without the event up to `horizon`: each group, then differences and ratios with the first.

    Parameters
    ----------
    frame : columns ``exit_day``, ``event`` and, where follow-up is entered late, ``entry_day`` (whole days)
    horizon : day up to which time counts
    about : labels and confidence level
    by : column of groups; the first group is the reference of differences and ratios
    events, censor : as in `survival.kaplan_meier`
    cluster : column of providers or teams for robust intervals, with sqrt(G / (G - 1)) and t(G - 1)

    Raises
    ------
    AnalysisRefused
        a group is not followed to `horizon`, a competing event is undecided, too few clusters.
    """
    spells = read_spells(frame)
    chosen = chosen_events(spells, events, censor)

    def measure(part: Spells, clusters: Clusters | None) -> Area:
        return _mean_area(part, chosen, horizon, clusters)

    labels = Labels("restricted mean time", "restricted_mean", horizon)
    return _contrasts(frame, measure, (by, cluster), labels, about)


def time_lost(
    frame: pd.DataFrame,
    *,
    cause: str,
    horizon: int,
    about: About,
    by: str | None = None,
    cluster: str | None = None,
) -> tuple[Estimate, ...]:
    """Return mean days lost to `cause` up to `horizon` while other events compete; groups, differences and ratios.

    The area under the cumulative incidence. Parameters and refusals as in `restricted_mean`.
    """
    kind = read_spells(frame).code(cause) - 1

    def measure(part: Spells, clusters: Clusters | None) -> Area:
        return _lost_area(part, kind, horizon, clusters)

    labels = Labels(f"restricted time lost to {cause}", "restricted_time_lost", horizon)
    return _contrasts(frame, measure, (by, cluster), labels, about)


@dataclass(frozen=True, slots=True)
class Labels:
    """What an area is called: its measure, its analysis, its horizon, and what else the method must say."""

    measure: str
    analysis: str
    horizon: int
    more: str = ""


def _mean_area(spells: Spells, chosen: tuple[str, ...], horizon: int, clusters: Clusters | None) -> Area:
    table = followed_to(spells, horizon, chosen)
    share, n, d = product_limit(table), table.at_risk, table.any_event
    later = np.concatenate([np.cumsum(share[:horizon][::-1])[::-1], np.zeros(table.n_days - horizon)])
    weight = np.divide(d, n * (n - d), out=np.zeros(table.n_days), where=(d > 0) & (n > d))
    influence = None
    if clusters:
        counts = count_by_cluster(spells, clusters, table.n_days)
        codes = [k for k, kind in enumerate(spells.kinds) if kind in chosen]
        counts = type(counts)(at_risk=counts.at_risk, events=counts.events[:, codes])
        influence = influence_on_survival(table, counts)[:, :horizon].sum(axis=1)
    se = float(np.sqrt((later**2 * weight).sum()))
    return Area(value=area_to(share, horizon), se=se, influence=influence, n=len(spells), n_event=_until(d, horizon))


def _lost_area(spells: Spells, kind: int, horizon: int, clusters: Clusters | None) -> Area:
    table = followed_to(spells, horizon, None)
    before = np.concatenate([[1.0], product_limit(table)[:-1]])
    n, d, own = table.at_risk, table.any_event, table.events[kind]
    left = np.maximum(horizon - np.arange(table.n_days), 0.0)
    gain = np.divide(before * left * own, n, out=np.zeros(table.n_days), where=n > 0)
    after = gain.sum() - np.cumsum(gain)
    direct = before * left
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(n > 0, direct**2 * own * (n - own) / n**3 - 2 * direct * after * own / n**2, 0.0)
        parts += np.where((d > 0) & (n > d), after**2 * d / (n * (n - d)), 0.0)
    influence = None
    if clusters:
        counts = count_by_cluster(spells, clusters, table.n_days)
        influence = influence_on_incidence(table, counts, kind)[:, :horizon].sum(axis=1)
    se = float(np.sqrt(max(parts.sum(), 0.0)))
    return Area(value=float(gain.sum()), se=se, influence=influence, n=len(spells), n_event=_until(own, horizon))


def _until(events: Floats, horizon: int) -> int:
    return round(float(events[: horizon + 1].sum()))


def followed_to(spells: Spells, horizon: int, chosen: tuple[str, ...] | None = None) -> DayTable:
    """Return the table by day to the horizon at least, refusing a group that is not followed to it."""
    last = int(spells.exit.max())
    table = day_table(spells, last_day=max(last, horizon))
    table = one_cause(table, chosen) if chosen is not None else table
    refuse_early_collapse(table)
    if horizon < 1 or (horizon > last and product_limit(table)[-1] > 0):
        raise AnalysisRefused(
            f"follow_up: a group is followed to day {last}, the horizon is day {horizon}",
            expected="follow-up in every group to the horizon, which is at least day 1",
            fix=f"choose a horizon of at most {last} days",
        )
    return table


def _contrasts(
    frame: pd.DataFrame, measure: Measure, split: tuple[str | None, str | None], labels: Labels, about: About
) -> tuple[Estimate, ...]:
    by, cluster = split
    spells = read_spells(frame)
    group, names = groups_of(frame, by)
    clusters = read_clusters(frame, cluster) if cluster else None
    if clusters and by:
        refuse_set_by_cluster(clusters, group, by)
    areas = []
    for g in range(len(names)):
        rows = group == g
        areas.append(measure(spells.take(rows), Clusters(code=clusters.code[rows], n=clusters.n) if clusters else None))
    return compared(areas, names, clusters, labels, about)


def compared(
    areas: Sequence[Area], names: Sequence[str], clusters: Clusters | None, labels: Labels, about: About
) -> tuple[Estimate, ...]:
    """Return the area of each group, then differences and ratios of the later groups with the first."""
    groups = [_number(name, "", area, None, clusters, labels, about) for name, area in zip(names, areas, strict=True)]
    contrasts = [
        _number(f"{name} v {names[0]}", kind, area, areas[0], clusters, labels, about)
        for name, area in zip(names[1:], areas[1:], strict=True)
        for kind in ("difference in ", "ratio of ")
    ]
    return (*groups, *contrasts)


def _number(
    term: str, kind: str, area: Area, reference: Area | None, clusters: Clusters | None, labels: Labels, about: About
) -> Estimate:
    ratio = kind == "ratio of "
    slope = (1 / area.value, -1 / reference.value) if ratio and reference else (1.0, -1.0)
    if clusters and area.influence is not None:
        moved = slope[0] * area.influence
        if reference is not None and reference.influence is not None:
            moved = moved + slope[1] * reference.influence
        se = float(robust_se(moved, clusters))
    else:
        se = float(np.hypot(slope[0] * area.se, slope[1] * reference.se if reference else 0.0))
    value = area.value if reference is None else area.value / reference.value if ratio else area.value - reference.value
    enough = reference is not None and min(area.n_event, reference.n_event) >= LEAST_EVENTS
    number = Quantity(
        term=f"{term}, to day {labels.horizon}",
        measure=f"{kind}{labels.measure}",
        unit="ratio" if ratio else "days",
        value=value,
        se=se,
        ratio=ratio,
        test=enough,
    )
    method = "; ".join(
        ("area under the curve (count grid)", *([clusters.words] if clusters else []), *filter(None, [labels.more]))
    )
    return estimate(
        about,
        labels.analysis,
        number,
        method=method,
        n=area.n + (reference.n if reference else 0),
        n_event=area.n_event + (reference.n_event if reference else 0),
        n_cluster=clusters.count if clusters else None,
    )
