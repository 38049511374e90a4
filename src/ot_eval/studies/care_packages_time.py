"""Who was followed, how many had each event by when, and how long people went without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Curve, Estimate
from ot_eval.models import competing, describe, interval, restricted_mean, survival
from ot_eval.models.about import About

INCREASE = "increase"
DESCRIBED = ("age", "age_band", "sex", "dementia", "has_unpaid_carer", "hospital_route", "baseline_hours")


def who(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate, ...]:
    """Describe the people followed on the day follow-up began (Table 1)."""
    columns = (*DESCRIBED, *(("imd_quintile",) if people["imd_quintile"].notna().any() else ()))
    seen = people["ot_day"].notna() & (people["ot_day"] <= 0)
    table = people.assign(ot_by_time_zero=seen.map({True: "yes", False: "no"}))
    columns = (*columns, "ot_by_time_zero")
    if protocol.exposure.coaching and people["coached_day"].notna().any():
        coached = people["coached_day"].notna() & (people["coached_day"] <= 0)
        table = table.assign(coached_by_time_zero=coached.map({True: "yes", False: "no"}))
        columns = (*columns, "coached_by_time_zero")
    return describe.table_one(table, columns=columns, about=about)


def incidence(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate | Curve, ...]:
    """Share with each event by day while the others compete (Aalen-Johansen)."""
    found: list[Estimate | Curve] = []
    for cause in (INCREASE, *protocol.follow_up.competing_events):
        if (people["event"] == cause).any():
            curves = competing.cumulative_incidence(people, cause=cause, about=replace(about, outcome=cause))
            found += [replace(c, group=about.population) for c in curves]
            found += _read_off(curves[0], protocol.follow_up.horizons_days, "cumulative_incidence")
    return tuple(found)


def uncertain_dates(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate, ...]:
    """How much it matters that an overwritten record shows an increase only between two files.

    Every increase as early as it can have been, as late as it can have been, and the interval-censored estimate, which
    asks for no date at all.
    """
    unsure = people["increase_earliest"].notna() & (people["increase_earliest"] < people["increase_latest"])
    if not unsure.any():
        return ()
    horizons, increase = protocol.follow_up.horizons_days, replace(about, outcome=INCREASE)
    found: list[Estimate] = []
    for column, words in (("increase_earliest", "as early"), ("increase_latest", "as late")):
        day = people[column].fillna(people["exit_day"]).astype("int64")
        moved = people.assign(exit_day=people["exit_day"].mask(unsure, day))
        curve = competing.cumulative_incidence(moved, cause=INCREASE, about=increase)[0]
        found += [
            replace(e, method=f"{e.method}; uncertain dates {words} as they can be")
            for e in _read_off(curve, horizons, f"sensitivity_{column}")
        ]
    return (*found, *_without_dates(people, increase, protocol))


def _without_dates(people: pd.DataFrame, about: About, protocol: Protocol) -> list[Estimate]:
    """Return the interval-censored estimate; follow-up begins on the last set-up day, so days count from there."""
    start = int(people["entry_day"].min())
    shifted = people.drop(columns="entry_day")
    for column in ("exit_day", "increase_earliest", "increase_latest"):
        shifted[column] = shifted[column] - start
    curves = interval.incidence_from_intervals(
        shifted, cause=INCREASE, about=about, rng=np.random.default_rng(protocol.seed)
    )
    later = [replace(c, days=tuple(day + start for day in c.days)) for c in curves]
    return [e for c in later for e in _read_off(c, protocol.follow_up.horizons_days, "sensitivity_interval_censored")]


def event_free(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate | Curve, ...]:
    """Share with none of the events by day: the one question for which Kaplan-Meier is right here."""
    curve = survival.kaplan_meier(people, about=replace(about, outcome="any event"))[0]
    shown = replace(curve, analysis="kaplan_meier", group=about.population)
    return shown, *_read_off(curve, protocol.follow_up.horizons_days, "kaplan_meier")


def time_without(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate, ...]:
    """Average days with none of the events, and average days lost to an increase, up to each day people reach."""
    found: list[Estimate] = []
    for horizon in protocol.follow_up.horizons_days:
        if int(people["exit_day"].max()) < horizon:
            continue
        whole = restricted_mean.restricted_mean(people, horizon=horizon, about=replace(about, outcome="any event"))
        lost = restricted_mean.time_lost(
            people, cause=INCREASE, horizon=horizon, about=replace(about, outcome=INCREASE)
        )
        found += [replace(e, term=f"day {horizon}") for e in (*whole, *lost)]
    return tuple(found)


def _read_off(curve: Curve, horizons: tuple[int, ...], analysis: str) -> list[Estimate]:
    """Return the curve's value on each horizon that follow-up reaches."""
    found = []
    for day in horizons:
        if day not in curve.days:
            continue
        at = curve.days.index(day)
        found.append(
            Estimate(
                analysis=analysis,
                population=curve.population,
                outcome=curve.outcome,
                term=f"day {day}",
                measure="share of people",
                unit="probability",
                value=curve.value[at],
                lower=curve.lower[at] if curve.lower else None,
                upper=curve.upper[at] if curve.upper else None,
                level=curve.level if curve.lower else None,
                n=max(curve.n_risk),
                n_event=curve.n_event[at],
                method=curve.method,
            )
        )
    return found
