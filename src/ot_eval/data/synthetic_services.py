"""Invented services beside home support and reablement: care homes, equipment, day care, bridging, carers."""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.data import synthetic_wording as words
from ot_eval.data.synthetic_people import CARER, REABLEMENT
from ot_eval.data.synthetic_rows import ASSESSMENT, code, rows, text

Rng = np.random.Generator
TO_SUPPORT = code(words.OUTCOME, "Progress to Support Planning / Services")
PLANNED = code(words.OUTCOME, "Service ended as planned")
DECEASED = code(words.OUTCOME, "NFA - Deceased")
COMMUNITY = code(words.SERVICE, "Long Term Support: Community")
OTHER_SHORT = code(words.SERVICE, "Short Term Support: Other Short Term")


def care_homes(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Return the long-term nursing and residential rows; such a move competes with an increase."""
    q = p[(p["care_home"] < p[["death", "moved"]].min(axis=1))]
    nursing = rng.random(len(q)) < 0.35
    kind = [code(words.SERVICE, f"Long Term Support: {k} Care") for k in ("Nursing", "Residential")]
    component = [code(words.COMPONENT, f"Long Term {k} Care") for k in ("Nursing", "Residential")]
    return rows(
        person=q.index,
        start=q["care_home"],
        end=q[["death", "moved"]].min(axis=1),
        outcome=DECEASED,
        service=np.where(nursing, *kind),
        component=np.where(nursing, *component),
        mechanism=2,
        cost=np.where(nursing, 1050.0, 890.0),
        frequency=2,
        description=text("Care home placement"),
    )


def equipment(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Return equipment supplied in the first days of reablement."""
    q = p[(rng.random(len(p)) < 0.2) & (p["group"] != CARER)]
    when = q["start"] + 1 + rng.integers(0, 8, len(q))
    return rows(
        person=q.index,
        start=when,
        end=when + rng.integers(0, 2, len(q)),
        outcome=PLANNED,
        service=code(words.SERVICE, "Short Term Support: Ongoing Low Level"),
        component=code(words.COMPONENT, "Equipment"),
        mechanism=2,
        description=text("Equipment: bath board"),
    )


def decoy_services(p: pd.DataFrame, rng: Rng, *, recut: bool) -> pd.DataFrame:
    """Return services that are not hours of long-term home support: day care, meals, direct payment, bridging care.

    Day care grows from two to three days after 100 days: re-cut, or overwritten in place.
    """
    q = p[p["has_package"]]
    plans = (("Meals", "Meals at home", 7.5, 3, 7.0), ("Direct Payment", "Direct payment", 120.0, 2, np.nan))
    pieces = [_some_service(q, rng, *plan) for plan in plans]
    first = _some_service(q, rng, "Day Support", "Day centre", 45.0, 3, 2.0)
    second = first[first["end"] > first["start"] + 100].assign(units=3.0)
    turn = second["start"] + 100
    if recut:
        second["start"] = turn
        first.loc[second.index, "end"] = turn - 1
    else:
        second["known_from"] = turn
        first.loc[second.index, "known_until"] = turn
    return pd.concat([*pieces, first, second, _short_services(p, q, rng)])


def _some_service(
    q: pd.DataFrame, rng: Rng, component: str, description: str, cost: float, frequency: int, units: float
) -> pd.DataFrame:
    chosen = q[rng.random(len(q)) < 0.05]
    begin = chosen[["end", "package_start"]].max(axis=1).to_numpy() + rng.integers(15, 300, len(chosen))
    kept = begin < chosen["leave"].to_numpy()
    return rows(
        person=chosen.index[kept],
        start=begin[kept],
        end=chosen["leave"].to_numpy()[kept],
        outcome=PLANNED,
        service=COMMUNITY,
        component=code(words.COMPONENT, component),
        mechanism=1,
        cost=cost,
        frequency=frequency,
        units=units,
        description=text(description),
    )


def _short_services(p: pd.DataFrame, q: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    bridge = q[(rng.random(len(q)) < 0.04) & (q["leave"] > q["end"] + 30)]
    bridging = rows(
        person=bridge.index,
        start=bridge["end"] - 1,
        end=bridge["end"] + rng.integers(5, 25, len(bridge)),
        outcome=PLANNED,
        service=OTHER_SHORT,
        component=2,
        mechanism=2,
        cost=21.5,
        frequency=1,
        units=10.5,
        description=text("Bridging home support"),
    )
    stay = p[(rng.random(len(p)) < 0.03) & (p["group"] == REABLEMENT) & (p["leave"] > p["end"] + 60)]
    begin = stay["end"] + rng.integers(10, 40, len(stay))
    short_stay = rows(
        person=stay.index,
        start=begin,
        end=begin + rng.integers(5, 20, len(stay)),
        outcome=PLANNED,
        service=OTHER_SHORT,
        component=code(words.COMPONENT, "Short Term Residential Care"),
        mechanism=2,
        cost=890.0,
        frequency=2,
        description=text("Short stay"),
    )
    return pd.concat([bridging, short_stay])


def carers(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Return the assessment and the support of unpaid carers, who are people of their own in the files."""
    q = p[p["group"] == CARER]
    assessed = rows(
        person=q.index,
        start=q["start"] - 4,
        end=q["start"],
        event=ASSESSMENT,
        outcome=TO_SUPPORT,
        assessment=1,
        client=1,
        description=text("Carer assessment"),
    )
    supported = rows(
        person=q.index,
        start=q["start"] + 3,
        end=q["start"] + rng.integers(60, 400, len(q)),
        outcome=PLANNED,
        service=code(words.SERVICE, "Carer Support: Direct to Carer"),
        component=code(words.COMPONENT, "Carer Universal Services"),
        client=1,
        description=text("Carer support group"),
    )
    return pd.concat([assessed, supported])
