"""Scores and goals of the people of an invented trial."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_contacts import eq5d_items, mbi_items

STARTS, LAST = date(2025, 1, 6), date(2026, 6, 30)
TIMES = (("baseline", -40, 0.0, 0.95), ("end", 0, 0.3, 0.9), ("follow_up", 182, 1.0, 0.8))
"""Timepoint, day from time zero, share of the gain seen by then, share of people measured."""


def _on(numbers: pd.Series) -> list[str]:
    return [(STARTS + timedelta(days=int(k))).isoformat() for k in numbers]


def scores(p: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return Barthel and EQ-5D answers, item by item; people who died by then, or were missed, have none."""
    pieces = []
    for timepoint, after, share, measured in TIMES:
        seen = (p["death"] > p["zero"] + after) & (rng.random(len(p)) < measured)
        who = p[seen]
        level = (who["ability"] + share * who["gain"]).to_numpy()
        for instrument, items in (("mbi", mbi_items(level, rng)), ("eq5d5l", eq5d_items(level, rng))):
            wide = pd.DataFrame(items).assign(person_id=who["person_id"].to_numpy(), date=_on(who["zero"] + after))
            long = wide.melt(["person_id", "date"], var_name="item", value_name="value")
            pieces.append(long.assign(timepoint=timepoint, instrument=instrument))
    made = pd.concat(pieces, ignore_index=True)
    return made[["person_id", "date", "timepoint", "instrument", "item", "value"]]


def goals(p: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return two goals a person, rated at the start and at follow-up; a goal is met at level 0 or above."""
    rows = []
    for number in (1, 2):
        for timepoint, after in (("baseline", -40), ("follow_up", 182)):
            who = p[p["death"] > p["zero"] + after]
            chance = 1 / (1 + np.exp(-(0.2 * who["ability"] + 1.2 * (who["gain"] - 0.3))))
            met = rng.random(len(who)) < chance
            level = np.where(met, rng.integers(0, 3, len(who)), -1) if timepoint == "follow_up" else -2
            rows.append(
                pd.DataFrame(
                    {
                        "person_id": who["person_id"],
                        "goal_id": "G" + who["person_id"] + f"-{number}",
                        "date": _on(who["zero"] + after),
                        "timepoint": timepoint,
                        "level": level,
                        "importance": 2,
                        "difficulty": 2,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)
