"""Invented stays in reablement beds in care homes, with everything the strand `in_reach` asks of them.

Nobody and no home here exists. Each home assesses people in time as often as any other, but for one that is slower;
everything else is drawn alike in every home. What was drawn is returned beside the tables, so that an analysis of the
tables can be held against it stay by stay.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_contacts import make_scores
from ot_eval.data.synthetic_council import NONE, YEAR
from ot_eval.data.synthetic_people import HOURS, REABLEMENT
from ot_eval.data.synthetic_truth import dates

Rng = np.random.Generator
HOMES = (
    "Alder House",
    "Birch Court",
    "Cedar Lodge",
    "Damson Grove",
    "Elm View",
    "Fern Bank",
    "Gorse Hill",
    "Hazel Place",
)
SLOW = "Fern Bank"
IN_TIME, IN_TIME_SLOW = 0.76, 0.58  # the chance of an assessment within 72 hours
FIRST_NUMBER = 900_001  # the council's own people begin at 2,000,000
OPEN_FOR = 723  # days of admissions, up to LAST_ADMISSION days before the end of the data: two years in all
LAST_ADMISSION = 7
AFTER = 91
REFERRALS = {"community therapy": 0.40, "equipment": 0.55, "falls service": 0.20, "sensory team": 0.10}
GOES_TO = {"own home": 0.66, "care home": 0.13, "hospital": 0.11, "died": 0.05, "other": 0.05}
MEETING = 0.85  # the chance that a person is discussed in a week
PRICES = pd.DataFrame(
    {
        "item": ["in_reach_bed", "hospital_bed_night", "home_care_hour", "therapy_hour"],
        "value": [195.0, 450.0, 24.0, 58.0],
        "unit": ["day", "night", "hour", "hour"],
        "price_year": "2025/26",
        "source": "invented for this demonstration",
    }
)


def make_stays(n: int, last: int, rng: Rng) -> pd.DataFrame:
    """Return the truth, one row a stay; days are day numbers, `NONE` is a day that never comes.

    Columns: la_number, home, start, hour (of admission), wait (hours to assessment; missing = never assessed),
    in_time, nights, end, goes_to, died, readmitted, moved (days after the stay), planned, actual (hours a week),
    planned_on, referrals, weeks, discussed (the whole weeks seen, and those with a meeting, as text such as 0;2;3).
    """
    s = pd.DataFrame({"la_number": FIRST_NUMBER + np.arange(n)})
    s["home"] = np.array(HOMES, dtype=object)[rng.integers(0, len(HOMES), n)]
    s["start"] = np.sort(last - LAST_ADMISSION - rng.integers(0, OPEN_FOR, n))
    s["hour"] = rng.integers(9, 19, n)
    s["in_time"] = rng.random(n) < np.where(s["home"] == SLOW, IN_TIME_SLOW, IN_TIME)
    days = np.where(s["in_time"], rng.integers(1, 3, n), rng.integers(4, 6, n))
    s["wait"] = 24.0 * days + rng.integers(9, 18, n) - s["hour"]  # by day, so that no hour reads as a date alone
    s.loc[~s["in_time"] & (rng.random(n) < 0.1), "wait"] = np.nan
    s["nights"] = np.clip(np.round(rng.gamma(7.0, 3.9, n)), 7, 75).astype(np.int64)
    s["end"] = s["start"] + s["nights"]
    s["goes_to"] = rng.choice(list(GOES_TO), n, p=list(GOES_TO.values()))
    _afterwards(s, rng)
    s["planned"] = np.where(rng.random(n) < 0.9, rng.choice(HOURS, n) + 7.0, np.nan)
    fewer = np.where(rng.random(n) < 0.3, 1.0, rng.uniform(-0.1, 0.8, n))
    s["actual"] = np.where(s["goes_to"] == "own home", np.round(4 * (s["planned"].fillna(14.0)) * (1 - fewer)) / 4, 0.0)
    s["planned_on"] = s["start"] - rng.integers(1, 4, n)
    s["referrals"] = _referrals(n, rng)
    s.loc[s["goes_to"] == "died", "referrals"] = ""
    _weeks(s, last, rng)
    return s


def _afterwards(s: pd.DataFrame, rng: Rng) -> None:
    """Add the days of death, of the first hospital admission and of a move to a care home after the stay."""
    n, end = len(s), s["end"]
    within = rng.integers(1, 2 * AFTER, n)
    s["died"] = np.where(s["goes_to"] == "died", end, np.where(rng.random(n) < 0.12, end + within, NONE))
    can_return = ~s["goes_to"].isin(["died", "hospital"])
    admitted = end + rng.integers(1, 2 * AFTER, n)
    s["readmitted"] = np.where(can_return & (rng.random(n) < 0.35) & (admitted < s["died"]), admitted, NONE)
    moved = end + rng.integers(10, 2 * AFTER, n)
    later = (s["goes_to"] == "own home") & (rng.random(n) < 0.10) & (moved < s["died"])
    s["moved"] = np.where(later, moved, NONE)


def _referrals(n: int, rng: Rng) -> list[str]:
    made = rng.random((n, len(REFERRALS))) < np.array(list(REFERRALS.values()))
    return [";".join(np.array(list(REFERRALS), dtype=object)[row]) for row in made]


def _weeks(s: pd.DataFrame, last: int, rng: Rng) -> None:
    """Add the whole weeks in a bed that the data see, and which of them had a meeting."""
    s["weeks"] = (np.minimum(s["end"], last) - s["start"]) // 7
    met = rng.random((len(s), int(s["weeks"].max()))) < MEETING
    s["discussed"] = [
        ";".join(str(w) for w in range(weeks) if row[w]) for weeks, row in zip(s["weeks"], met, strict=True)
    ]


def bed_tables(s: pd.DataFrame, last: int, rng: Rng) -> dict[str, pd.DataFrame]:
    """Return people, episodes, packages, events, scores and unit costs, as known on day `last`."""
    who = pd.DataFrame(
        {
            "person_id": person_ids(s),
            "birth_month": dates(s["start"] - np.round(rng.uniform(68, 98, len(s)) * YEAR)).dt.strftime("%Y-%m"),
            "sex": rng.choice(["female", "male"], len(s), p=[0.6, 0.4]),
            "lives_with_carer": rng.choice(["yes", "no"], len(s)),
            "dementia": rng.choice(["yes", "no"], len(s), p=[0.25, 0.75]),
            "imd_quintile": rng.integers(1, 6, len(s)),
            "death_date": _iso(s["died"], last),
        }
    )
    return {
        "people": who,
        "episodes": _episodes(s, last),
        "packages": _packages(s, last),
        "events": _events(s, last, rng),
        "scores": _scores(s, last, rng),
        "unit_costs": PRICES,
    }


def person_ids(s: pd.DataFrame) -> pd.Series:
    """Return the identifier of the person of each stay."""
    ids: pd.Series = "P" + s["la_number"].astype(str)
    return ids


def _iso(days: Any, last: int) -> Any:
    numbers = np.asarray(days)
    return dates(np.where(numbers <= last, numbers, NONE)).dt.strftime("%Y-%m-%d").to_numpy()


def _moment(days: pd.Series, hours: Any) -> Any:
    when = pd.to_datetime(dates(days).to_numpy()) + pd.to_timedelta(np.asarray(hours, dtype="float64"), unit="h")
    return pd.Series(when).dt.strftime("%Y-%m-%d %H:%M").to_numpy()


def _episodes(s: pd.DataFrame, last: int) -> pd.DataFrame:
    ended, planned = s["end"] <= last, s["planned"].notna()
    assessed = pd.Series(_moment(s["start"], s["hour"] + s["wait"].fillna(0)), index=s.index)
    return pd.DataFrame(
        {
            "episode_id": "B" + s["la_number"].astype(str),
            "person_id": person_ids(s),
            "setting": "care_home",
            "start_date": _iso(s["start"], last),
            "end_date": _iso(s["end"], last),
            "route": "hospital",
            "provider_id": s["home"],
            "admitted_at": _moment(s["start"], s["hour"]),
            "assessed_at": assessed.where(s["wait"].notna()),
            "destination": s["goes_to"].where(ended),
            "planned_hours_per_week": s["planned"],
            "planned_on": pd.Series(_iso(s["planned_on"], last)).where(planned),
            "planned_by": pd.Series("hospital discharge team", index=s.index).where(planned),
            "onward_referrals": s["referrals"].where(ended & (s["referrals"] != "")),
        }
    )


def _packages(s: pd.DataFrame, last: int) -> pd.DataFrame:
    q = s[(s["actual"] > 0) & (s["end"] + 1 <= last)]
    return pd.DataFrame(
        {
            "person_id": person_ids(q),
            "start_date": _iso(q["end"] + 1, last),
            "end_date": _iso(np.minimum(q["died"], q["moved"]), last),
            "service": "home_care",
            "hours_per_week": q["actual"],
            "cost_per_week": np.round(24.0 * q["actual"], 2),
        }
    )


def _events(s: pd.DataFrame, last: int, rng: Rng) -> pd.DataFrame:
    kinds = {"died": "death", "readmitted": "hospital_admission", "moved": "care_home_admission"}
    pieces = [
        pd.DataFrame({"person_id": person_ids(q), "date": _iso(q[column], last), "kind": kind})
        for column, kind in kinds.items()
        if len(q := s[s[column] <= last])
    ]
    each = s["discussed"].str.split(";").explode()
    weeks: pd.Series = each[each != ""].astype(np.int64)
    day = s["start"].reindex(weeks.index) + 7 * weeks.to_numpy() + rng.integers(0, 7, len(weeks))
    met = {"person_id": person_ids(s).reindex(weeks.index).to_numpy(), "date": _iso(day, last), "kind": "mdt_meeting"}
    return pd.concat([*pieces, pd.DataFrame(met)], ignore_index=True)


def _scores(s: pd.DataFrame, last: int, rng: Rng) -> pd.DataFrame:
    p = s[["la_number", "start", "end"]].assign(group=REABLEMENT, frailty=0.5, death=s["died"])
    scores = make_scores(p, last, rng)
    scores["date"] = dates(scores["day"]).dt.strftime("%Y-%m-%d")
    return scores
