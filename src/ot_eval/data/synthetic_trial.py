"""An invented trial of coached providers whose effects are known: it feeds the tests and shows what the report says.

Everything is invented. Providers differ from each other by a stated amount, so that an analysis that overlooks them is
found out. The same arguments give the same files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ot_eval.base.study import private_dir
from ot_eval.data.synthetic_trial_carers import add_carers
from ot_eval.data.synthetic_trial_scores import goals, scores

Design = Literal["parallel", "stepped_wedge", "before_after", "partially_nested"]
STARTS = date(2025, 1, 6)
LAST = date(2026, 6, 30)
BEFORE, AFTER, STEP, STEPS = 300, 300, 75, 4
EPISODE, SETTLED = 42, 30
COACHES, OTHERS = 6, 20
NEVER = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What coaching truly does, and how far providers differ by themselves.

    Attributes
    ----------
    hours : change of home care, hours a week, coached less usual care
    ability : gain in ability, in standard deviations of people; it moves EQ-5D, Barthel and goals
    skills : more skills in use, of 24
    satisfaction : points of job satisfaction, of 10
    reviews, leaving : rate ratio of OT-review requests, and of leaving post
    between : standard deviation of providers, in standard deviations of people
    """

    hours: float = -2.0
    ability: float = 0.3
    skills: float = 3.0
    satisfaction: float = 0.8
    reviews: float = 0.7
    leaving: float = 0.7
    between: float = 0.2


NONE = Effects(hours=0, ability=0, skills=0, satisfaction=0, reviews=1, leaving=1)
"""Coaching that does nothing."""


def write_trial(
    folder: Path,
    *,
    seed: int,
    providers: int = 8,
    people: int = 40,
    design: Design = "parallel",
    effects: Effects | None = None,
) -> pd.DataFrame:
    """Write the tables of an invented trial, and return one row a person with what truly happened.

    Parameters
    ----------
    folder : the study's data folder
    seed : of `numpy.random.default_rng`
    providers : home-care providers, half of them coached (all, one after another, in a stepped wedge)
    people : people a provider, on average; sizes vary
    design : how providers were allocated
    effects : true effects; those of `Effects` where left out

    Returns
    -------
    Columns `person_id provider_id coached zero change ability coach`; `coached` is true where coaching could act.
    """
    truth, rng = effects or Effects(), np.random.default_rng(seed)
    table = _providers(providers, design, rng)
    p = _people(table, people, design, truth, rng)
    private_dir(folder)
    tables = {
        "providers": table.drop(columns=["shift"]),
        "people": _known(p, rng),
        "episodes": _episodes(p, design),
        "packages": pd.concat([_packages(p), _others(table, truth, rng)], ignore_index=True),
        "events": _events(p, table, truth, rng),
        "scores": scores(p, rng),
        "goals": goals(p, rng),
        **add_carers(table, truth.skills, truth.satisfaction, truth.leaving, rng),
    }
    for name, made in tables.items():
        made.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    return p[["person_id", "provider_id", "coached", "zero", "change", "ability", "coach"]]


def _providers(n: int, design: Design, rng: np.random.Generator) -> pd.DataFrame:
    arm = rng.permutation(np.arange(n) % 2 == 0)
    wave = np.where(arm, 1, 0)
    if design == "stepped_wedge":
        arm, wave = np.ones(n, dtype=bool), 1 + rng.permutation(np.arange(n)) % STEPS
    start = [STARTS + timedelta(days=STEP * (int(w) - 1)) if a else None for a, w in zip(arm, wave, strict=True)]
    return pd.DataFrame(
        {
            "provider_id": [f"PR{k + 1:02d}" for k in range(n)],
            "arm": np.where(arm, "coached", "usual_care"),
            "coaching_start": [None if s is None else s.isoformat() for s in start],
            "wave": wave,
            "stratum": "all",
            "sessions_planned": np.where(arm, 12, 0),
            "sessions_held": np.where(arm, rng.integers(8, 13, n), 0),
            "shift": rng.normal(size=n),
        }
    )


def _people(table: pd.DataFrame, m: int, design: Design, truth: Effects, rng: np.random.Generator) -> pd.DataFrame:
    size = np.maximum(10, np.rint(rng.gamma(6.0, m / 6.0, len(table)))).astype(int)
    at = np.repeat(np.arange(len(table)), size)
    n = at.size
    before = BEFORE if design in ("before_after", "stepped_wedge") else 0
    span = before + AFTER if design != "stepped_wedge" else STEP * (STEPS + 1)
    first = -STEP if design == "stepped_wedge" else -before
    zero = first + rng.integers(0, span, n)
    start = pd.to_datetime(table["coaching_start"])
    since = (start - pd.Timestamp(STARTS)).dt.days.to_numpy()[at]
    coached = zero >= since  # nan (never) is never reached
    coach = np.full(n, "", dtype=object)
    shift = truth.between * table["shift"].to_numpy()[at]
    if design == "partially_nested":
        coached = rng.random(n) < 0.5  # noqa: PLR2004
        own = rng.integers(0, COACHES, n)
        coach = np.where(coached, [f"C{k + 1}" for k in own], "")
        shift = np.where(coached, truth.between * rng.normal(size=COACHES)[own], 0.0)
    ability = rng.normal(size=n)
    baseline = np.maximum(2.0, np.round(rng.gamma(6.0, 2.0, n) * 2) / 2)
    change = 1.0 + truth.hours * coached + 4.0 * (shift + rng.normal(size=n))
    after = np.maximum(0.5, np.round((baseline + change) * 2) / 2)
    death = np.where(rng.random(n) < 0.06, zero + rng.integers(40, 400, n), NEVER)  # noqa: PLR2004
    return pd.DataFrame(
        {
            "person_id": [f"Q{k + 1:05d}" for k in range(n)],
            "provider_id": table["provider_id"].to_numpy()[at],
            "coached": coached,
            "coach": coach,
            "zero": zero,
            "baseline": baseline,
            "after": after,
            "change": after - baseline,
            "moved": zero + rng.integers(SETTLED, 5 * SETTLED, n),
            "death": death,
            "ability": ability,
            "gain": 0.3 + truth.ability * coached - shift + 0.5 * rng.normal(size=n),
        }
    )


def day(numbers: Any) -> np.ndarray[Any, Any]:
    """Return days since coaching began as ISO dates, empty beyond the last day of the data."""
    dates = [STARTS + timedelta(days=int(k)) for k in numbers]
    return np.array([d.isoformat() if d <= LAST else None for d in dates], dtype=object)


def _known(p: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    n = len(p)
    return pd.DataFrame(
        {
            "person_id": p["person_id"],
            "birth_month": [f"{y}-06" for y in rng.integers(1930, 1955, n)],
            "sex": np.where(rng.random(n) < 0.62, "female", "male"),  # noqa: PLR2004
            "lives_with_carer": np.where(rng.random(n) < 0.4, "yes", "no"),  # noqa: PLR2004
            "dementia": np.where(rng.random(n) < 0.2, "yes", "no"),  # noqa: PLR2004
            "death_date": day(p["death"]),
        }
    )


def _episodes(p: pd.DataFrame, design: Design) -> pd.DataFrame:
    made = pd.DataFrame(
        {
            "episode_id": "E" + p["person_id"],
            "person_id": p["person_id"],
            "setting": "home",
            "start_date": day(p["zero"] - EPISODE),
            "end_date": day(p["zero"]),
        }
    )
    if design == "partially_nested":
        made = made.assign(arm=np.where(p["coached"], "coached", "usual_care"), coach_id=p["coach"])
    return made


def _packages(p: pd.DataFrame) -> pd.DataFrame:
    shared = {"person_id": p["person_id"], "service": "home_care", "provider_id": p["provider_id"]}
    until = np.minimum(p["moved"] - 1, p["death"])
    first = pd.DataFrame(shared).assign(
        start_date=day(p["zero"]), end_date=day(until), hours_per_week=p["baseline"].to_numpy()
    )
    lives = (p["death"] > p["moved"]).to_numpy()
    second = pd.DataFrame(shared).assign(
        start_date=day(p["moved"]), end_date=day(p["death"]), hours_per_week=p["after"].to_numpy()
    )[lives]
    return pd.concat([first, second]).sort_values(["person_id", "start_date"], ignore_index=True)


def _others(table: pd.DataFrame, truth: Effects, rng: np.random.Generator) -> pd.DataFrame:
    """Return packages of people who had home care long before: they show what a provider's hours do as a whole."""
    n = OTHERS * len(table)
    at = np.repeat(np.arange(len(table)), OTHERS)
    change = 0.5 + truth.hours * (table["arm"] == "coached").to_numpy()[at] + 2.0 * rng.normal(size=n)
    before = np.round(rng.gamma(6.0, 2.0, n) * 2) / 2 + 4
    shared = {"person_id": [f"L{k + 1:05d}" for k in range(n)], "service": "home_care"}
    lines = pd.DataFrame(shared).assign(provider_id=table["provider_id"].to_numpy()[at])
    first = lines.assign(start_date=day(np.full(n, -400)), end_date=day(np.full(n, 89)), hours_per_week=before)
    after = np.maximum(0.5, np.round((before + change) * 2) / 2)
    return pd.concat([first, lines.assign(start_date=day(np.full(n, 90)), end_date=None, hours_per_week=after)])


def _events(p: pd.DataFrame, table: pd.DataFrame, truth: Effects, rng: np.random.Generator) -> pd.DataFrame:
    """Return requests for OT review after coaching began, and a hospital admission on the last day of the data."""
    asked = []
    for row in table.to_dict("records"):
        own = p[p["provider_id"] == row["provider_id"]]
        ratio = truth.reviews if row["arm"] == "coached" else 1.0
        n = rng.poisson(40.0 * ratio * np.exp(truth.between * float(row["shift"])))
        who = own["person_id"].to_numpy()[rng.integers(0, len(own), n)]
        when = day(rng.integers(0, 180, n))
        asked.append(pd.DataFrame({"person_id": who, "date": when, "provider_id": row["provider_id"]}))
    requests = pd.concat(asked).assign(kind="ot_review_request").drop_duplicates()
    last = pd.DataFrame(
        {"person_id": [p["person_id"].iloc[0]], "date": [LAST.isoformat()], "kind": ["hospital_admission"]}
    )
    columns = ["person_id", "date", "kind", "provider_id"]
    return pd.concat([requests, last])[columns].sort_values(columns[:3], ignore_index=True)
