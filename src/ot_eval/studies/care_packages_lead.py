"""Average time before any of the outcomes, by contact at the start of follow-up: what leads where no ratio may.

A ratio of rates that changes during follow-up is an average over time of something that is not one number. Average
days need no such assumption. Contact is read on the last set-up day, so that nobody's time is immortal; people seen
later count with those not seen by then, as in any comparison from one day on. Groups are made alike by weights.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.models import describe, landmark, restricted_mean, weighted_mean, weighting
from ot_eval.models.about import About

INCREASE = "increase"
ADJUSTED = "contact_time"
UNADJUSTED = "contact_time_unadjusted"
WEIGHT = "weight"
BALANCED = 0.1
"""A standardised difference above this after weighting is more than chance (Austin 2009)."""


def contact_time(
    people: pd.DataFrame, terms: tuple[str, ...], name: str, protocol: Protocol
) -> tuple[Estimate | Check, ...]:
    """Compare average days without any of the outcomes between people seen and not seen by the start of follow-up.

    Parameters
    ----------
    people : one row a person, about whom every one of `terms` is known
    terms : columns in which weights make the two groups alike; none = the comparison is unadjusted
    name : what the exposure is called in the terms of the results

    Returns
    -------
    Restricted means of both groups, their difference and ratio; and whether weighting made the groups alike.

    Raises
    ------
    AnalysisRefused
        no horizon that both groups are followed to, a group of nobody, and what the estimators refuse.
    """
    rows, start = _at_start(people, name, protocol)
    until = _horizon(rows, name, start, protocol)
    cluster = protocol.cluster if protocol.cluster != "none" else None
    about = About(population="all", outcome="any event", level=protocol.level, study=protocol.study)
    if not terms:
        found = restricted_mean.restricted_mean(rows, horizon=until, about=about, by=name, cluster=cluster)
        return _named(found, ADJUSTED, name, start, until)
    rows[WEIGHT] = weighting.exposure_weights(rows, exposure=name, terms=terms)
    found = weighted_mean.weighted_restricted_mean(
        rows, horizon=until, weight=WEIGHT, about=about, by=name, cluster=cluster
    )
    return *_named(found, ADJUSTED, name, start, until), _balance(rows, terms, name, about)


def contact_time_unadjusted(people: pd.DataFrame, name: str, protocol: Protocol) -> tuple[Estimate, ...]:
    """Compare average days without any of the outcomes, and days lost to an increase, with nothing taken into account.

    Parameters and refusals as in `contact_time`.
    """
    rows, start = _at_start(people, name, protocol)
    until = _horizon(rows, name, start, protocol)
    cluster = protocol.cluster if protocol.cluster != "none" else None
    about = About(population="all", outcome="any event", level=protocol.level, study=protocol.study)
    free = restricted_mean.restricted_mean(rows, horizon=until, about=about, by=name, cluster=cluster)
    lost = restricted_mean.time_lost(
        rows, cause=INCREASE, horizon=until, about=replace(about, outcome=INCREASE), by=name, cluster=cluster
    )
    return _named((*free, *lost), UNADJUSTED, name, start, until)


def _at_start(people: pd.DataFrame, name: str, protocol: Protocol) -> tuple[pd.DataFrame, int]:
    start = max(protocol.increase.set_up_days, 1)
    words = (f"not by day {start}", f"by day {start}")
    return landmark.at_landmark(people, landmark=start, cause=INCREASE, name=name, words=words), start


def _horizon(rows: pd.DataFrame, name: str, start: int, protocol: Protocol) -> int:
    """Return the protocol's latest horizon that both groups are followed to, in days from `start`."""
    last = rows.groupby(name, observed=True)["exit_day"].max()
    reached = [day - start for day in protocol.follow_up.horizons_days if start < day <= start + int(last.min())]
    two = 2
    if len(last) < two or not reached:
        raise AnalysisRefused(
            f"average time by contact: {len(last)} of 2 groups on day {start}, {len(reached)} horizons that all reach",
            expected="people seen and not seen by then, both followed to one of the protocol's horizons",
            fix="name an earlier horizon in follow_up.horizons_days",
        )
    return max(reached)


def _named(found: tuple[Estimate, ...], analysis: str, name: str, start: int, until: int) -> tuple[Estimate, ...]:
    """Return the estimates under `analysis`, their days counted from time zero as everywhere else in the report."""
    end = f", to day {until}"
    return tuple(
        replace(
            e,
            analysis=analysis,
            term=f"{name}: {e.term.removesuffix(end)}, to day {start + until}",
            method=f"{e.method}; from day {start}",
        )
        for e in found
    )


def _balance(rows: pd.DataFrame, terms: tuple[str, ...], name: str, about: About) -> Check:
    table = describe.table_one(rows, columns=terms, about=about, by=name, weight=WEIGHT)
    apart = [e for e in table if e.measure == "standardised difference" and e.value is not None]
    worst = max(apart, key=lambda e: abs(e.value or 0.0), default=None)
    largest = abs(worst.value or 0.0) if worst else 0.0
    passed = largest <= BALANCED
    return Check(
        analysis=ADJUSTED,
        name="balance after weighting",
        passed=passed,
        sentence="After weighting, people seen and not seen were alike in what is recorded."
        if passed
        else "Even after weighting, people seen and not seen differed in something that is recorded.",
        detail=f"largest standardised difference {largest:.2f}, {worst.term if worst else 'none'}; doubtful above "
        f"{BALANCED:g}",
    )
