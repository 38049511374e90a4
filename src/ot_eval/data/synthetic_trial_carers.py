"""Home carers of an invented trial: when they came and left, what they answered, what coaching they had."""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

STARTS, LAST = date(2025, 1, 6), date(2026, 6, 30)
SKILLS = 24
ROUNDS = ((0, -20), (1, 185))


def add_carers(
    table: pd.DataFrame, skills: float, satisfaction: float, leaving: float, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return `carers` and `carer_survey`; carers who left before a round did not answer it, nor did one in ten."""
    carers, answers = [], []
    for row in table.to_dict("records"):
        coached, shift = row["arm"] == "coached", float(row["shift"])
        for k in range(int(rng.integers(14, 27))):
            ident = f"{row['provider_id']}-{k + 1:02d}"
            yearly = 0.45 * np.exp(0.2 * shift) * (leaving if coached else 1.0)
            gone = int(rng.exponential(365 / yearly)) + 1
            left = STARTS + timedelta(days=gone)
            carers.append(
                {
                    "carer_id": ident,
                    "provider_id": row["provider_id"],
                    "role": "home_carer",
                    "start_date": (STARTS - timedelta(days=int(rng.integers(30, 2000)))).isoformat(),
                    "leave_date": left.isoformat() if left <= LAST else None,
                    "sessions_attended": int(rng.binomial(12, 0.7)) if coached else 0,
                }
            )
            own = rng.normal()
            for wave, after in ROUNDS:
                if gone > after and rng.random() < 0.9:
                    gained = coached * wave
                    answers += _answers(ident, wave, after, own + 0.3 * shift, gained * skills, rng)
                    score = 6 + 1.5 * own + 0.4 * shift + gained * satisfaction + rng.normal()
                    answers.append(
                        _answer(ident, wave, after, "job_satisfaction", str(int(np.clip(round(score), 0, 10))))
                    )
    return {"carers": pd.DataFrame(carers), "carer_survey": pd.DataFrame(answers)}


def _answer(ident: str, wave: int, after: int, item: str, value: str) -> dict[str, object]:
    when = (STARTS + timedelta(days=after)).isoformat()
    return {"carer_id": ident, "date": when, "wave": wave, "item": item, "value": value}


def _answers(
    ident: str, wave: int, after: int, level: float, more: float, rng: np.random.Generator
) -> list[dict[str, object]]:
    chance = np.clip(0.45 + 0.12 * level + more / SKILLS, 0.02, 0.98)
    used = rng.random(SKILLS) < chance
    return [
        _answer(ident, wave, after, f"k{k + 1:02d}_use", "three_five" if used[k] else "not_used") for k in range(SKILLS)
    ]
