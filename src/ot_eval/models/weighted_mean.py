"""Restricted mean time of weighted people: groups made alike in what is known, compared in days.

The area under the weighted Kaplan-Meier curve. How much each person moves that area is known in closed form (the
infinitesimal jackknife), so the interval costs one pass over people, and providers only add up their people's parts.
Weights are taken as known, which makes the interval of estimated weights too wide rather than too narrow.
Sources: Royston & Parmar (2013); Conner and others (2019) for weights; Therneau & Grambsch (2000) for the influence.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.results import Estimate
from ot_eval.models.about import About, positive
from ot_eval.models.clusters import Clusters, read_clusters, refuse_set_by_cluster, single_people
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.restricted_mean import Area, Labels, area_to, compared, followed_to
from ot_eval.models.spells import Floats, Ints, Spells, groups_of, read_spells
from ot_eval.models.survival import chosen_events
from ot_eval.models.weighted_curves import Moments, after_exit, effective_number, one_row_each


def weighted_restricted_mean(
    frame: pd.DataFrame,
    *,
    horizon: int,
    weight: str,
    about: About,
    by: str | None = None,
    cluster: str | None = None,
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
) -> tuple[Estimate, ...]:
    """Return weighted mean days without the event up to `horizon`: groups, then differences and ratios with the first.

    Parameters
    ----------
    frame : one row a person: ``exit_day``, ``event``, ``entry_day`` where entered late, and the column `weight`
    weight : column of positive weights (`weighting.exposure_weights`)
    horizon, by, events, censor : as in `restricted_mean.restricted_mean`
    cluster : column of providers for robust intervals, with sqrt(G / (G - 1)) and t(G - 1); otherwise by person

    Returns
    -------
    Estimates in days (ratios without a unit); ``n`` and ``n_event`` are people, and ``method`` says how many
    unweighted people the weights are worth. A group with fewer than ten events gets its interval without a test.

    Raises
    ------
    AnalysisRefused
        a person has several rows, and whatever `restricted_mean.restricted_mean` refuses.
    """
    spells, values = read_spells(one_row_each(frame)), positive(frame, weight)
    chosen = chosen_events(spells, events, censor)
    group, names = groups_of(frame, by)
    clusters = read_clusters(frame, cluster) if cluster else single_people(frame)
    if cluster and by:
        refuse_set_by_cluster(clusters, group, by)
    areas = [
        _area(spells.take(rows), values[rows], chosen, horizon, (clusters, clusters.code[rows]))
        for rows in (group == g for g in range(len(names)))
    ]
    worth = f"weights {weight} worth {effective_number(values):.0f} people"
    labels = Labels("restricted mean time", "weighted_restricted_mean", horizon, worth)
    return compared(areas, names, clusters, labels, about)


def _area(spells: Spells, w: Floats, chosen: tuple[str, ...], horizon: int, place: tuple[Clusters, Ints]) -> Area:
    people = followed_to(spells, horizon, chosen)
    m = Moments.of(one_cause(day_table(spells, w, last_day=people.n_days - 1), chosen))
    happened = np.isin(spells.event, [spells.code(k) for k in chosen if k in spells.kinds])
    clusters, code = place
    moved = influence_on_area(spells, w, m, happened, horizon)
    return Area(
        value=area_to(m.share, horizon),
        se=float(np.sqrt((moved**2).sum())),
        influence=np.bincount(code, weights=moved, minlength=clusters.n).astype(np.float64),
        n=len(spells),
        n_event=round(float(people.any_event[: horizon + 1].sum())),
    )


def influence_on_area(spells: Spells, weight: Floats, m: Moments, happened: np.ndarray, horizon: int) -> Floats:
    """Return how much each person moves the area under the weighted curve from day 0 to `horizon`, in days.

    A person at risk on day t moves S(t) by weight x (drift(t) - drift(entry)) x S(t), and one who has left by what
    `weighted_curves.after_exit` gives; both are summed over the days by running sums.
    """
    share = m.share.copy()
    share[horizon:] = 0.0
    so_far = np.concatenate([[0.0], np.cumsum(share)])
    drifted = np.concatenate([[0.0], np.cumsum(share * m.drift)])
    enter, leave = spells.entry, spells.exit
    present = drifted[leave] - drifted[enter] - m.drift[enter] * (so_far[leave] - so_far[enter])
    gone = after_exit(spells, weight, m, happened) * (so_far[-1] - so_far[leave])
    moved: Floats = weight * present - gone
    return moved
