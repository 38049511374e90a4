"""Events for every 100 years that people were followed, by a group that may change as time passes.

Source: the exact Poisson interval of Garwood (1936) Biometrika 28:437-442; the same as R's ``poisson.test``.
"""

from __future__ import annotations

import pandas as pd
from scipy import stats

from ot_eval.base.results import Estimate
from ot_eval.models.about import About, need_columns

DAYS_IN_100_YEARS = 36_525


def exact_interval(events: int, level: float) -> tuple[float, float]:
    """Return the exact limits of a Poisson mean.

    Examples
    --------
    >>> [round(limit, 3) for limit in exact_interval(10, 0.95)]
    [4.795, 18.39]
    """
    tail = (1 - level) / 2
    lower = float(stats.gamma.ppf(tail, events)) if events else 0.0
    return lower, float(stats.gamma.ppf(1 - tail, events + 1))


def person_time_rates(rows: pd.DataFrame, *, cause: str, by: str, about: About) -> tuple[Estimate, ...]:
    """Return events per 100 person-years in each group of `by`, with exact intervals.

    Parameters
    ----------
    rows : one row a person or start and stop rows: ``person_id``, ``entry_day``, ``exit_day``, ``event`` and `by`
    cause : kind of event that counts
    by : column of groups; a person may pass from one to another
    about : labels and confidence level

    Returns
    -------
    Estimates with ``measure`` "rate" and ``unit`` "per 100 person-years"; ``n`` is the people who spent time in the
    group. A group in which nobody spent a day is left out.
    """
    need_columns(["person_id", "entry_day", "exit_day", "event", by], list(rows.columns))
    found = []
    for name, part in rows.groupby(by, observed=True, sort=True):
        days = int((part["exit_day"] - part["entry_day"]).sum())
        if days == 0:
            continue
        events = int((part["event"] == cause).sum())
        lower, upper = exact_interval(events, about.level)
        scale = DAYS_IN_100_YEARS / days
        found.append(
            Estimate(
                analysis="rates",
                population=about.population,
                outcome=about.outcome,
                study=about.study,
                term=f"{by}: {name}",
                measure="rate",
                unit="per 100 person-years",
                value=events * scale,
                lower=lower * scale,
                upper=upper * scale,
                level=about.level,
                n=int(part["person_id"].nunique()),
                n_event=events,
                method="events over time at risk; exact Poisson interval",
            )
        )
    return tuple(found)
