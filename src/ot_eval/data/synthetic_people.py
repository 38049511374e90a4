"""Invented people and the course of their care: reablement, OT contact, and what happens to them afterwards.

No person here exists. Names are common English names put together at random, NHS numbers start with 999 (the range kept
for tests), postcodes start with ZZ (which no place has).
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_council import (
    EFFECT_INCREASE,
    FIRST_DAY,
    NONE,
    RATE_CARE_HOME,
    RATE_DEATH,
    RATE_ENDED,
    RATE_INCREASE,
    RATE_MOVED,
    YEAR,
    Council,
)

REABLEMENT, LONG_TERM, OTHER, CARER = range(4)  # why a person is in the files
HOURS = np.array([3.5, 5.25, 7.0, 8.75, 10.5, 12.25, 14.0, 17.5, 21.0, 28.0])  # daily visits of a quarter-hour or more
Days = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def make_people(council: Council, providers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per invented person: who they are, and the dates of reablement and of the package after it."""
    n = council.people
    p = pd.DataFrame(index=pd.RangeIndex(n))
    p["group"] = rng.choice(4, n, p=[0.86, 0.06, 0.06, 0.02])
    p["frailty"] = rng.normal(size=n)
    older = np.clip(rng.normal(82, 8, n), 60, 102)
    p["age_at_start"] = np.where(rng.random(n) < 0.9, older, rng.uniform(22, 65, n))
    p["sex"] = rng.choice(2, n, p=[0.6, 0.4])  # 0 female, 1 male
    p["dementia"] = rng.random(n) < 0.22
    p["carer"] = rng.random(n) < 0.4
    p["hospital_route"] = rng.random(n) < 0.45
    p["existing"] = rng.random(n) < 0.35
    p["provider"] = rng.choice(len(providers), n)
    _reablement(p, council, rng)
    _package(p, rng)
    p["birth"] = (p["start"] - p["age_at_start"] * YEAR).astype(np.int64)
    _identity(p, rng)
    return p


def _reablement(p: pd.DataFrame, council: Council, rng: np.random.Generator) -> None:
    """Add start and end (day numbers) of the first cluster, and how many rows it is made of."""
    n = len(p)
    p["start"] = rng.integers(FIRST_DAY + 12, council.data_end - 4, n)
    length = np.clip(np.round(8 + rng.gamma(3.0, 8.0, n)), 8, 62).astype(np.int64)
    p["end"] = p["start"] + length
    p["parts"] = np.where(length < 20, 1, rng.choice([1, 2, 3], n, p=[0.75, 0.2, 0.05]))
    p.loc[p["group"] != REABLEMENT, "end"] = p["start"]


def _package(p: pd.DataFrame, rng: np.random.Generator) -> None:
    """Add the package after reablement: on day 7, later, or none; its baseline hours; and that of before."""
    n = len(p)
    u = rng.random(n)
    on_day_7 = u < np.where(p["existing"], 0.92, 0.58)
    p["package"] = np.select([on_day_7, u < 0.95], ["day7", "none"], "late")
    p.loc[p["group"] == OTHER, "package"] = "none"
    p.loc[p["group"] == CARER, "package"] = "none"
    p.loc[p["group"] == LONG_TERM, "package"] = "day7"
    p.loc[p["group"] != REABLEMENT, "existing"] = False
    p["continues"] = p["existing"] & (p["package"] == "day7") & (rng.random(n) < 0.35)
    offset = np.where(p["package"] == "late", rng.integers(31, 240, n), rng.integers(0, 5, n))
    p["package_start"] = np.where(p["package"] == "none", NONE, p["end"] + offset)
    p["before_start"] = np.where(p["existing"], p["start"] - rng.integers(60, 700, n), NONE)
    p.loc[p["continues"], "package_start"] = p["before_start"]
    p["baseline"] = HOURS[rng.choice(len(HOURS), n, p=[0.1, 0.12, 0.18, 0.13, 0.15, 0.1, 0.1, 0.06, 0.04, 0.02])]
    p["set_up_change"] = (p["package"] == "day7") & (rng.random(n) < 0.12)


def _identity(p: pd.DataFrame, rng: np.random.Generator) -> None:
    n = len(p)
    order = rng.permutation(n)
    p["la_number"] = 2_000_000 + order * 3 + 1
    p["nhs"] = 9_990_000_000 + (order * 9_973 + 12_345) % 10_000_000
    p["first_name"], p["last_name"] = rng.integers(0, 40, n), rng.integers(0, 40, n)
    p["surgery"], p["postcode"] = rng.integers(0, 60, n), rng.integers(0, 2000, n)
    p["ethnicity"] = rng.choice(5, n, p=[0.86, 0.05, 0.04, 0.03, 0.02])
    p["support_reason"] = np.where(p["dementia"] & (rng.random(n) < 0.6), 2, rng.choice(2, n, p=[0.7, 0.3]))
    p["accommodation"] = rng.choice(4, n, p=[0.55, 0.25, 0.1, 0.1])
    p["funding"] = rng.choice(2, n)
    p["hearing"], p["visual"] = rng.random(n) < 0.2, rng.random(n) < 0.09
    p["second_id"] = rng.random(n) < 0.02  # a duplicate record in the council's system (dirty files only)


def add_course(p: pd.DataFrame, council: Council, providers: pd.DataFrame, rng: np.random.Generator) -> None:
    """Add the day of each thing that happens after reablement, drawn from the stated hazards (`NONE` = never)."""
    n = len(p)
    p["ot_day"] = _ot_day(p, council, rng)
    coaching = providers["coaching_start"].to_numpy()[p["provider"]]
    log_hazard = (
        EFFECT_INCREASE["age_decades"] * (p["age_at_start"] - 80) / 10
        + EFFECT_INCREASE["dementia"] * p["dementia"]
        + EFFECT_INCREASE["existing"] * p["existing"]
        + EFFECT_INCREASE["hospital_route"] * p["hospital_route"]
        + council.confounding * p["frailty"]
        + providers["effect"].to_numpy()[p["provider"]]
    ).to_numpy(float)
    first = p["end"].to_numpy() + 8
    steps = [(p["ot_day"].to_numpy() + 1, council.hazard_ratio), (coaching, council.coaching_ratio)]
    p["increase"] = _event_day(RATE_INCREASE / YEAR * np.exp(log_hazard), first, steps, rng)
    age = (p["age_at_start"].to_numpy() - 82) / 10
    death = RATE_DEATH / YEAR * np.exp(0.6 * age + 0.3 * council.confounding * p["frailty"].to_numpy())
    home = RATE_CARE_HOME / YEAR * np.exp(0.8 * p["dementia"].to_numpy(float) + 0.3 * age)
    p["death"] = _event_day(death, first, [], rng)
    p["care_home"] = _event_day(home, first, [], rng)
    p["ended"] = _event_day(np.full(n, RATE_ENDED / YEAR), first + 20, [], rng)
    p["moved"] = _event_day(np.full(n, RATE_MOVED / YEAR), first, [], rng)
    early = rng.random(n)  # some leave in the first week and never enter the follow-up
    p.loc[early < 0.02, "death"] = p["end"] + rng.integers(0, 8, n)
    p.loc[(early > 0.02) & (early < 0.04), "care_home"] = p["end"] + rng.integers(-1, 8, n)
    carers = p["group"] == CARER
    p.loc[carers, ["death", "care_home", "ended", "moved"]] = NONE
    gone = (p["moved"] < p[["death", "care_home", "ended"]].min(axis=1)).to_numpy()
    p.loc[gone, ["death", "care_home"]] = NONE  # the council does not learn what happens to those who move away
    p["death_known"] = p["death"]
    again = p["end"] + rng.integers(60, 300, n)
    stays = again < p[["death", "care_home", "moved"]].min(axis=1) - 40
    p["again"] = np.where((p["group"] == REABLEMENT) & stays & (rng.random(n) < 0.08), again, NONE)
    p["again_end"] = again + rng.integers(14, 36, n)


def _event_day(rate: Floats, first: Days, steps: list[tuple[Days, float]], rng: np.random.Generator) -> Days:
    """Return the day of an event whose daily hazard is `rate`, times each step's ratio from that step's day on.

    The hazard is constant between steps, so the day is found in closed form from one exponential draw a person.
    """
    left = rng.exponential(size=len(rate))
    now, found = first.astype(np.int64).copy(), np.full(len(rate), NONE, dtype=np.int64)
    for turn in range(len(steps) + 1):
        active = rate * np.prod([np.where(now >= when, ratio, 1.0) for when, ratio in steps], axis=0)
        later = [np.where(when > now, when, NONE) for when, _ in steps]
        until = np.minimum.reduce(later) if turn < len(steps) else np.full(len(rate), NONE)
        days = np.maximum(np.ceil(left / active), 1).astype(np.int64)
        hit = (found == NONE) & (now + days - 1 < until)
        found[hit] = (now + days - 1)[hit]
        left = np.maximum(left - active * (until - now), 1e-12)
        now = until
    return np.minimum(found, NONE)


def _ot_day(p: pd.DataFrame, council: Council, rng: np.random.Generator) -> Days:
    """Return the day of the first OT contact on or after the start of reablement: during it, after it, or never."""
    n = len(p)
    shift = council.confounding * p["frailty"].to_numpy()
    during = rng.random(n) < 1 / (1 + np.exp(0.6 - shift))
    after = rng.random(n) < 1 / (1 + np.exp(0.4 - shift))
    length = (p["end"] - p["start"]).to_numpy()
    day_during = p["start"].to_numpy() + (rng.random(n) * np.minimum(length, 21)).astype(np.int64)
    day_after = p["end"].to_numpy() + 1 + rng.exponential(110 * np.exp(-shift)).astype(np.int64)
    chosen = np.select([during, after], [day_during, day_after], NONE)
    chosen[p["group"].to_numpy() != REABLEMENT] = NONE
    return np.where(chosen > council.data_end, NONE, chosen)
