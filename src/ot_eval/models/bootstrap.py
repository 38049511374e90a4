"""Bootstrap of restricted-mean differences from counts by day: a thousand studies for the price of a few.

Drawing people with replacement is drawing cells of the count table (multinomial); drawing providers is weighting their
counts. So a thousand replicates cost the same for two thousand people and for a million.
Source: Efron (1979); percentile intervals.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.clusters import read_clusters, refuse_set_by_cluster
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.spells import Floats, Ints, Spells, groups_of, read_spells
from ot_eval.models.survival import chosen_events

REPLICATES = 1_000
TWO = 2


def bootstrap_restricted_mean(
    frame: pd.DataFrame,
    *,
    horizon: int,
    by: str,
    about: About,
    rng: np.random.Generator,
    cluster: str | None = None,
    replicates: int = REPLICATES,
) -> Estimate:
    """Return the difference in restricted mean time between the two groups of `by`, with a percentile interval.

    Parameters
    ----------
    frame : columns ``exit_day``, ``event`` (every kind counts as the event); everybody followed from day 0 unless a
        `cluster` is given
    horizon : day up to which time counts; both groups must be followed to it
    by : column of two groups; the first is the reference
    rng : source of the draws
    cluster : column of providers; whole providers are then drawn
    replicates : number of draws

    Raises
    ------
    AnalysisRefused
        not two groups, late entry without a cluster, and whatever `restricted_mean` refuses.
    """
    base = restricted_mean(frame, horizon=horizon, about=about, by=by)
    spells = read_spells(frame)
    group, names = groups_of(frame, by)
    if len(names) != TWO or (spells.delayed and cluster is None):
        raise AnalysisRefused(
            f"bootstrap: {len(names)} groups, late entry {spells.delayed}",
            expected="two groups, and everybody followed from day 0 where single people are drawn",
            fix="draw providers (cluster), or use restricted_mean.restricted_mean",
        )
    if cluster is None:
        means = [_by_people(spells.take(group == g), horizon, rng, replicates) for g in range(TWO)]
    else:
        clusters = read_clusters(frame, cluster)
        refuse_set_by_cluster(clusters, group, by)
        drawn = rng.multinomial(clusters.n, np.full(clusters.n, 1 / clusters.n), size=replicates).astype(np.float64)
        means = [_by_cluster(spells.take(group == g), clusters.code[group == g], drawn, horizon) for g in range(TWO)]
    difference = means[1] - means[0]
    tail = (1 - about.level) / 2
    lower, upper = np.quantile(difference, [tail, 1 - tail])
    return Estimate(
        analysis="restricted_mean",
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=f"{names[1]} v {names[0]}, to day {horizon}",
        measure="difference in restricted mean time",
        unit="days",
        value=base[TWO].value,
        se=float(difference.std(ddof=1)),
        lower=float(lower),
        upper=float(upper),
        level=about.level,
        n=len(spells),
        n_event=base[TWO].n_event,
        n_cluster=clusters.n if cluster else None,
        method=f"bootstrap of {'providers' if cluster else 'people'}, {replicates} draws (count grid); percentiles",
    )


def means_of(ended: Floats, events: Floats, started: Floats | None, horizon: int) -> Floats:
    """Return restricted means of many tables at once, each of shape (replicates, days)."""
    at_risk = np.cumsum(ended[:, ::-1], axis=1)[:, ::-1]
    if started is not None:
        at_risk = at_risk - np.cumsum(started[:, ::-1], axis=1)[:, ::-1]
    at_risk, events = at_risk[:, :horizon], events[:, :horizon]
    hazard = np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    total: Floats = np.cumprod(1 - hazard, axis=1).sum(axis=1)
    return total


def _by_people(spells: Spells, horizon: int, rng: np.random.Generator, replicates: int) -> Floats:
    table = one_cause(day_table(spells), chosen_events(spells, (), ()))
    # Everybody still there on the horizon is one cell: later days do not matter.
    cells = np.concatenate([table.events[0, :horizon], table.censored[:horizon], [table.at_risk[horizon:][:1].sum()]])
    drawn = rng.multinomial(len(spells), cells / cells.sum(), size=replicates).astype(np.float64)
    events, ended = drawn[:, :horizon], drawn[:, :horizon] + drawn[:, horizon : 2 * horizon]
    zeros = np.zeros((replicates, 1))
    return means_of(
        np.concatenate([ended, drawn[:, -1:]], axis=1), np.concatenate([events, zeros], axis=1), None, horizon
    )


def _by_cluster(spells: Spells, code: Ints, drawn: Floats, horizon: int) -> Floats:
    size, n = int(spells.exit.max()) + 1, drawn.shape[1]

    def counted(day: Ints, who: Ints) -> Floats:
        return np.bincount(who * size + day, minlength=n * size).reshape(n, size).astype(np.float64)

    happened = spells.event > 0
    ended, events = counted(spells.exit, code), counted(spells.exit[happened], code[happened])
    started = counted(spells.entry, code) if spells.delayed else None
    return means_of(drawn @ ended, drawn @ events, None if started is None else drawn @ started, horizon)
