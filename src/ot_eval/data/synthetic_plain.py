"""The same invented council as tables of the study folder, for services that have no Client Level Data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_council import FIRST_DAY, NONE, YEAR
from ot_eval.data.synthetic_packages import CARER_1, DOUBLE
from ot_eval.data.synthetic_people import CARER, REABLEMENT
from ot_eval.data.synthetic_truth import dates


def iso(days: Any) -> pd.Series:
    """Return day numbers as ISO dates; `NONE` is empty."""
    text: pd.Series = dates(days).dt.strftime("%Y-%m-%d")
    return text


def plain_tables(
    p: pd.DataFrame, segments: pd.DataFrame, providers: pd.DataFrame, last: int, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return people, episodes, packages and events, as known on day `last` (one extract, changes re-cut)."""
    clients = p[p["group"] != CARER]
    return {
        "people": _people(clients, last, rng),
        "episodes": _episodes(p[p["group"] == REABLEMENT], last),
        "packages": _packages(p, segments, providers, last),
        "events": _events(clients, segments, last),
    }


def _ids(p: pd.DataFrame, who: Any) -> Any:
    return ("P" + p["la_number"].astype(str)).reindex(who).to_numpy()


def _people(p: pd.DataFrame, last: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": _ids(p, p.index),
            "birth_month": dates(p["birth"]).dt.strftime("%Y-%m"),
            "sex": np.where(p["sex"] == 1, "male", "female"),
            "lives_with_carer": np.where(p["carer"], "yes", "no"),
            "dementia": np.where(p["dementia"], "yes", "no"),
            "imd_quintile": rng.integers(1, 6, len(p)),
            "death_date": iso(p["death"].where(p["death"] <= last, NONE)),
        }
    )


def _episodes(q: pd.DataFrame, last: int) -> pd.DataFrame:
    first = q.assign(hours=q["baseline"] + 3.5)
    again = q[q["again"] < NONE].assign(hours=np.nan)
    again = again.assign(start=again["again"], end=again["again_end"])
    q = pd.concat([first, again])
    q = q[q["start"] <= last]
    return pd.DataFrame(
        {
            "episode_id": [f"R{k:06d}" for k in range(1, len(q) + 1)],
            "person_id": _ids(q, q.index),
            "setting": "home",
            "start_date": iso(q["start"]),
            "end_date": iso(q["end"].where(q["end"] <= last, NONE)),
            "route": np.where(q["hospital_route"], "hospital", "community"),
            "planned_hours_per_week": q["hours"].to_numpy(),
        }
    )


def _summed(segments: pd.DataFrame) -> pd.DataFrame:
    """Return each person's package as one row a level: start, end, hours of all lines, provider, carers a visit."""
    s = segments.assign(two=segments["description"].isin((CARER_1, DOUBLE)).to_numpy() * 1)
    ups = s[["person", "start", "units", "two"]].rename(columns={"start": "day"})
    downs = (-s[["units", "two"]]).assign(person=s["person"], day=s["end"] + 1)
    steps = pd.concat([ups, downs]).groupby(["person", "day"])[["units", "two"]].sum()
    level = steps.groupby("person").cumsum().round(2).reset_index()
    level["end"] = level.groupby("person")["day"].shift(-1).fillna(NONE + 1).astype(np.int64) - 1
    level = level[level["units"] > 0].sort_values("day", kind="stable")
    latest = s.sort_values("start", kind="stable")[["person", "start", "provider"]]
    return pd.merge_asof(level, latest, left_on="day", right_on="start", by="person").drop(columns="start")


def _packages(p: pd.DataFrame, segments: pd.DataFrame, providers: pd.DataFrame, last: int) -> pd.DataFrame:
    """Return home care (both carers' hours count) and care homes."""
    s = _summed(segments)
    s = s[s["day"] <= last]
    provider = np.where(s["provider"] < 0, -1 - s["provider"], s["provider"])
    weekly = providers["weekly_cost"].to_numpy()[provider]
    years = np.maximum((s["day"].to_numpy() - FIRST_DAY) // YEAR, 0)
    price = providers["price"].to_numpy()[provider] * (1 + providers["uplift"].to_numpy()[provider]) ** years
    home = pd.DataFrame(
        {
            "person_id": _ids(p, s["person"]),
            "start_date": iso(s["day"]),
            "end_date": iso(s["end"].where(s["end"] <= last, NONE)),
            "service": "home_care",
            "hours_per_week": np.where(weekly, np.nan, s["units"]),
            "cost_per_week": np.round(s["units"].to_numpy() * price, 2),
            "provider_id": providers["provider_id"].to_numpy()[provider],
            "carers_per_visit": np.where(s["two"] > 0, 2, 1),
        }
    )
    q = p[(p["care_home"] < p[["death", "moved"]].min(axis=1)) & (p["care_home"] <= last)]
    until = q[["death", "moved"]].min(axis=1)
    moved_in = pd.DataFrame(
        {
            "person_id": _ids(p, q.index),
            "start_date": iso(q["care_home"]),
            "end_date": iso(until.where(until <= last, NONE)),
            "service": "residential",
            "cost_per_week": 890.0,
        }
    )
    both = pd.concat([home, moved_in], ignore_index=True)
    return both.sort_values(["person_id", "start_date"], kind="stable", ignore_index=True)


def _events(p: pd.DataFrame, segments: pd.DataFrame, last: int) -> pd.DataFrame:
    pieces = []
    kinds = {"death": "death", "care_home": "care_home_admission", "moved": "moved_away"}
    others = {"death": NONE, "care_home": p[["death", "moved"]].min(axis=1), "moved": p["leave"] + 1}
    for column, kind in kinds.items():
        q = p[(p[column] <= last) & (p[column] < others[column])]
        pieces.append(pd.DataFrame({"person_id": _ids(p, q.index), "date": iso(q[column]), "kind": kind}))
    gone = segments[(segments["why"] == "hospital") & (segments["end"] < last)]
    hospital = {"person_id": _ids(p, gone["person"]), "date": iso(gone["end"] + 1), "kind": "hospital_admission"}
    both = pd.concat([*pieces, pd.DataFrame(hospital)], ignore_index=True).drop_duplicates()
    return both.sort_values(["person_id", "date", "kind"], kind="stable", ignore_index=True)
