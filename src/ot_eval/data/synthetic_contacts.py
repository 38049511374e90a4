"""Invented contacts and scores that arrive beside the CLD files.

The first contact of an occupational therapist lies on the true day of exposure. Around it lie contacts that must not
count: attempts without minutes, assistants, other professions, and a visit of an OT before reablement began.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_council import NONE
from ot_eval.data.synthetic_notes import FAILED_NOTES, OT_NOTES, OTHER_NOTES, WORKER_NOTES, Note
from ot_eval.data.synthetic_people import REABLEMENT

Rng = np.random.Generator
OT_ROLES = ("Occupational Therapist", "OT", "Senior Occupational Therapist")
WORKER_ROLES = ("Reablement Support Worker",)
OTHER_ROLES = ("Physiotherapist", "Social Worker", "OTA", "Occupational Therapy Assistant", "Trusted Assessor")
MODES = ("Home visit", "Telephone", "Joint visit", "Video")


def make_contacts(p: pd.DataFrame, last_day: int, rng: Rng) -> pd.DataFrame:
    """Return contacts up to `last_day`: contact_id, person_id, date, staff_role, minutes, mode, note, true_codes."""
    q = p[p["group"] == REABLEMENT]
    saw = q[q["ot_day"] < NONE]
    again = saw.loc[np.repeat(saw.index, rng.poisson(1.2, len(saw)))]
    before = q[rng.random(len(q)) < 0.03]
    tried = saw[rng.random(len(saw)) < 0.08]
    work = q.loc[np.repeat(q.index, rng.poisson(1.5, len(q)))]
    others = q.loc[np.repeat(q.index, rng.poisson(0.8, len(q)))]
    pieces = [
        _some(saw, saw["ot_day"], OT_ROLES, OT_NOTES, rng),
        _some(again, again["ot_day"] + rng.integers(1, 40, len(again)), OT_ROLES, OT_NOTES, rng),
        _some(before, before["start"] - rng.integers(5, 200, len(before)), OT_ROLES, OT_NOTES, rng),
        _some(tried, tried["ot_day"] - rng.integers(1, 6, len(tried)), OT_ROLES, FAILED_NOTES, rng, failed=True),
        _some(work, _within(work, rng), WORKER_ROLES, WORKER_NOTES, rng),
        _some(others, _within(others, rng) + rng.integers(0, 60, len(others)), OTHER_ROLES, OTHER_NOTES, rng),
    ]
    frame = pd.concat(pieces, ignore_index=True)
    frame = frame[frame["day"] <= last_day].sort_values(["day", "person"], kind="stable", ignore_index=True)
    frame.insert(0, "contact_id", [f"C{k:07d}" for k in range(1, len(frame) + 1)])
    return frame


def _within(q: pd.DataFrame, rng: Rng) -> pd.Series:
    return q["start"] + (rng.random(len(q)) * (q["end"] - q["start"])).astype(np.int64)


def _some(
    q: pd.DataFrame, day: Any, roles: tuple[str, ...], notes: tuple[Note, ...], rng: Rng, *, failed: bool = False
) -> pd.DataFrame:
    n = len(q)
    chosen = rng.integers(0, len(notes), n)
    minutes = rng.integers(4, 20, n) * 5
    mode = np.array(MODES, dtype=object)[rng.choice(4, n, p=[0.66, 0.2, 0.12, 0.02])]
    return pd.DataFrame(
        {
            "person": q.index.to_numpy(),
            "person_id": ("P" + q["la_number"].astype(str)).to_numpy(),
            "day": np.asarray(day),
            "staff_role": np.array(roles, dtype=object)[rng.integers(0, len(roles), n)],
            "minutes": pd.array(np.where(failed, 0, minutes), dtype="Int64"),
            "mode": np.where(failed, "No access", mode),
            "note": np.array([words for _, words in notes], dtype=object)[chosen],
            "true_codes": np.array([codes for codes, _ in notes], dtype=object)[chosen],
        }
    )


# Points of the Modified Barthel Index (Shah, Vanclay and Cooper 1989) per item, lowest to highest level.
_SMALL, _MIDDLE, _LARGE = (0, 1, 3, 4, 5), (0, 2, 5, 8, 10), (0, 3, 8, 12, 15)
MBI = {
    "personal_hygiene": _SMALL,
    "bathing": _SMALL,
    "feeding": _MIDDLE,
    "toilet": _MIDDLE,
    "stair_climbing": _MIDDLE,
    "dressing": _MIDDLE,
    "bowel_control": _MIDDLE,
    "bladder_control": _MIDDLE,
    "ambulation": _LARGE,
    "chair_bed_transfers": _LARGE,
}
EQ5D = ("MO", "SC", "UA", "PD", "AD")
TIMES = (("baseline", 0.70, 0.0), ("end", 0.62, 0.7), ("follow_up", 0.42, 0.6))  # share measured, gain in ability


def make_scores(p: pd.DataFrame, last_day: int, rng: Rng) -> pd.DataFrame:
    """Return scores in long form (person, person_id, day, timepoint, instrument, item, value).

    Ability is a normal score that frailty lowers and reablement raises; items are cut from it with noise.
    """
    q = p[p["group"] == REABLEMENT]
    ability = rng.normal(size=len(q)) - 0.4 * q["frailty"].to_numpy()
    pieces = []
    for timepoint, share, gain in TIMES:
        offset = {"baseline": q["start"] + 1, "end": q["end"] - 1, "follow_up": q["end"] + 91}[timepoint]
        alive = (offset <= last_day) & (offset < q["death"])
        for instrument in ("mbi", "eq5d5l"):
            seen = (alive & (rng.random(len(q)) < share)).to_numpy()
            level = ability[seen] + gain
            items = mbi_items(level, rng) if instrument == "mbi" else eq5d_items(level, rng)
            wide = pd.DataFrame(items, index=q.index[seen])
            wide = wide.assign(person=wide.index, day=offset[seen].to_numpy())
            long = wide.melt(["person", "day"], var_name="item", value_name="value")
            pieces.append(long.assign(timepoint=timepoint, instrument=instrument))
    frame = pd.concat(pieces, ignore_index=True).sort_values(
        ["person", "day", "instrument", "item"], kind="stable", ignore_index=True
    )
    frame["person_id"] = ("P" + p["la_number"].astype(str)).to_numpy()[frame["person"]]
    return frame


def mbi_items(level: Any, rng: Rng) -> dict[str, Any]:
    """Return Barthel items of people whose ability is `level`, in standard deviations."""

    def points(scale: tuple[int, ...]) -> Any:
        rank = np.clip(np.round(2.6 + level + rng.normal(0, 0.7, len(level))), 0, 4).astype(int)
        return np.array(scale)[rank]

    return {item: points(scale) for item, scale in MBI.items()}


def eq5d_items(level: Any, rng: Rng) -> dict[str, Any]:
    """Return EQ-5D answers of people whose ability is `level`, in standard deviations."""
    items = {d: np.clip(np.round(3.2 - level + rng.normal(0, 0.8, len(level))), 1, 5).astype(int) for d in EQ5D}
    scale = np.clip(np.round(55 + 12 * level + rng.normal(0, 12, len(level))), 0, 100).astype(int)
    return {**items, "VAS": scale}
