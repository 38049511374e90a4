"""Invented CLD rows beside home support: requests, assessments, reablement, reviews, care homes and odds and ends."""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ot_eval.data import synthetic_wording as words
from ot_eval.data.synthetic_council import FIRST_DAY, NONE, YEAR
from ot_eval.data.synthetic_people import CARER, OTHER, REABLEMENT
from ot_eval.data.synthetic_rows import ASSESSMENT, REQUEST, REVIEW, code, rows, text
from ot_eval.data.synthetic_services import care_homes, carers, decoy_services, equipment

Rng = np.random.Generator
LONGEST_YEARS = 5  # reviews are made this many years on
TO_REABLEMENT = code(words.OUTCOME, "Progress to Reablement/ST-Max")
TO_SUPPORT = code(words.OUTCOME, "Progress to Support Planning / Services")
NO_CHANGE = code(words.OUTCOME, "No change in package")
PLANNED = code(words.OUTCOME, "Service ended as planned")
DECEASED = code(words.OUTCOME, "NFA - Deceased")
ADVICE = code(words.OUTCOME, "NFA - Information & Advice / Signposting only")
MAXIMUM = code(words.SERVICE, "Short Term Support: ST-Max")


def other_rows(p: pd.DataFrame, plan: pd.DataFrame, rng: Rng, *, recut: bool) -> pd.DataFrame:
    """Return every row that is not home support; `recut` says how changes of day support are recorded."""
    makers: tuple[Callable[[pd.DataFrame, Rng], pd.DataFrame], ...] = (
        _requests,
        _assessments,
        _reablement,
        _reablement_again,
        care_homes,
        equipment,
        carers,
        _annual_reviews,
    )
    made = [make(p, rng) for make in makers]
    return pd.concat([*made, decoy_services(p, rng, recut=recut), _change_reviews(plan, rng)], ignore_index=True)


def _requests(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    q = p[p["group"] != CARER]
    end = q["start"] - rng.integers(1, 15, len(q))
    declined = (q["group"] == OTHER).to_numpy()
    refused = code(words.OUTCOME, "NFA - Support declined")
    outcome = np.where(declined, rng.choice([refused, ADVICE], len(q)), TO_REABLEMENT)
    outcome = np.where((q["group"] == REABLEMENT) | declined, outcome, TO_SUPPORT)
    route = np.where(q["hospital_route"], 1, np.where(rng.random(len(q)) < 0.1, 3, 2))
    return rows(
        person=q.index,
        start=end - rng.integers(0, 4, len(q)),
        end=end,
        event=REQUEST,
        outcome=outcome,
        route=route,
        description=text("Contact: new request"),
    )


def _assessments(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Return assessments: at the start of reablement, at its end, before a package, and the financial one after."""
    q = p[p["group"] == REABLEMENT]
    first = q["start"] + rng.integers(0, 4, len(q))
    saw_ot = (q["ot_day"] <= q["end"]).to_numpy()
    initial = np.where(saw_ot, text("OT assessment: functional"), text("Reablement assessment"))
    opening = rows(
        person=q.index,
        start=first,
        end=first + rng.integers(0, 4, len(q)),
        event=ASSESSMENT,
        outcome=TO_REABLEMENT,
        assessment=1,
        method=1 + rng.integers(0, 2, len(q)),
        description=initial,
    )
    w = p[(p["package_start"] < p["leave"]) & ~p["continues"] & (p["package"] != "none")]
    last = np.maximum(w["package_start"] - rng.integers(1, 9, len(w)), w["start"] + 1)
    care_act = rows(
        person=w.index,
        start=last - 4,
        end=last,
        event=ASSESSMENT,
        outcome=TO_SUPPORT,
        assessment=2,
        method=1 + rng.integers(0, 2, len(w)),
        description=text("Care Act assessment"),
    )
    money = care_act.assign(
        start=care_act["start"] + 4,
        end=care_act["end"] + 5,
        assessment=3,
        outcome=0,
        method=0,
        description=text("Financial assessment"),
    )
    return pd.concat([opening, care_act, money])


def _reablement(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Return the ST-Max rows of each cluster (one to three, overlapping or at most 7 days apart) and its review."""
    q = p[p["group"] == REABLEMENT]
    start, end, parts = (q[c].to_numpy() for c in ("start", "end", "parts"))
    died = (q["death"] <= q["end"]).to_numpy()
    ends = [PLANNED, ADVICE, NO_CHANGE, code(words.OUTCOME, "NFA - Support ended: Other reason"), 0]
    without = rng.choice(ends, len(q), p=[0.5, 0.25, 0.1, 0.13, 0.02])
    last_outcome = np.where((q["package"] == "day7").to_numpy(), TO_SUPPORT, without)
    last_outcome = np.where(died, DECEASED, last_outcome)
    length = end - start
    pieces = []
    for k in range(3):
        has = parts > k
        a = start + np.where(k > 0, (length * k) // parts + rng.integers(-3, 4, len(q)), 0)
        b = np.where(parts == k + 1, end, start + (length * (k + 1)) // parts - 1)
        outcome = np.where(parts == k + 1, last_outcome, TO_REABLEMENT)
        pieces.append(
            rows(
                person=q.index[has],
                start=np.maximum(a, start)[has],
                end=b[has],
                outcome=outcome[has],
                service=MAXIMUM,
                component=1,
                mechanism=2,
                description=text("Reablement"),
            )
        )
    review = rows(
        person=q.index,
        start=end - rng.integers(0, 3, len(q)),
        end=end,
        event=REVIEW,
        outcome=last_outcome,
        reason=3,
        achieved=1 + rng.integers(0, 2, len(q)),
        method=1 + rng.integers(0, 2, len(q)),
        description=text("Review: end of reablement"),
    )
    return pd.concat([*pieces, review[rng.random(len(q)) < 0.7]])


def _reablement_again(p: pd.DataFrame, _: Rng) -> pd.DataFrame:
    """Return a second, later episode of some people: never the one from which they are followed."""
    q = p[p["again"] < NONE]
    return rows(
        person=q.index,
        start=q["again"],
        end=q["again_end"],
        outcome=PLANNED,
        service=MAXIMUM,
        component=1,
        mechanism=2,
        description=text("Reablement"),
    )


def _annual_reviews(p: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    q = p[p["has_package"]]
    first = np.maximum(q["package_start"], FIRST_DAY - 300)
    pieces = []
    for turn in range(LONGEST_YEARS):
        when = first + (42 if turn == 0 else turn * YEAR) + rng.integers(0, 30, len(q))
        kept = when < q["leave"]
        pieces.append(
            rows(
                person=q.index[kept],
                start=when[kept].astype(np.int64),
                end=when[kept].astype(np.int64) + 2,
                event=REVIEW,
                outcome=NO_CHANGE,
                reason=1,
                achieved=1 + rng.integers(0, 2, int(kept.sum())),
                method=1 + rng.integers(0, 2, int(kept.sum())),
                description=text("6-week review" if turn == 0 else "Annual review"),
            )
        )
    return pd.concat(pieces)


def _change_reviews(plan: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Return the reviews behind changes: a larger package comes from an unplanned review in seven cases of ten."""
    q = plan[plan["kind"].isin(("level", "line", "restart", "review")) & (rng.random(len(plan)) < 0.7)]
    real = (q["kind"] != "review").to_numpy()
    return rows(
        person=q["person"].to_numpy(),
        start=q["day"].to_numpy() - rng.integers(2, 9, len(q)),
        end=q["day"].to_numpy() - 1,
        event=REVIEW,
        outcome=np.where(real, TO_SUPPORT, NO_CHANGE),
        reason=np.where(real, 2, 1),
        achieved=1 + rng.integers(0, 2, len(q)),
        method=1 + rng.integers(0, 2, len(q)),
        description=np.where(real, text("Unplanned review"), text("Annual review")),
    )
