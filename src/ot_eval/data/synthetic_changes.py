"""What happens to an invented package after it begins: the true increase, and the decoys that only look like one.

Kinds, and what each is in the files:

- `level`: a true increase; more hours on the same line.
- `line`: a true increase; a further line is added (an additional call).
- `restart`: a true increase; the package comes back larger after a hospital gap.
- `decrease`, `recover`: fewer hours, and the return to the level before (not an increase).
- `small`: a lasting rise below the rule (half an hour).
- `spike`: a rise of 3 to 25 days.
- `gap`: hospital, 2 to 28 days, then the same package.
- `switch`: another provider, same hours.
- `review`: the row is cut at a review, same hours.
- `set_up`: the package settles in the first week.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_council import NONE, YEAR, Council

TRUE_KINDS = ("level", "line", "restart")
DECOYS = ("decrease", "small", "spike", "gap", "switch", "review")
DECOY_SHARES = (0.18, 0.10, 0.16, 0.18, 0.10, 0.28)
SPACE = 36  # days kept between two changes, so that 28 days of any level can be told


def plan_changes(p: pd.DataFrame, council: Council, rng: np.random.Generator) -> pd.DataFrame:
    """Return the changes of every package, in order: person, day, kind, length (days) and amount (hours a week).

    Also settles `p["increase"]` in place: an increase that the rules could never confirm (no package yet, or fewer than
    28 days before death, a care home or the end of the package) does not happen.
    """
    leave = p[["death", "care_home", "ended", "moved"]].min(axis=1)
    p["leave"] = leave.where(p["package"] != "none", p[["death", "care_home", "moved"]].min(axis=1))
    p["leaves_by"] = p[["death", "care_home", "moved", "ended"]].to_numpy().argmin(axis=1)
    has = (p["package_start"] < p["leave"]) & (p["package_start"] <= council.data_end)
    ready = np.maximum(p["package_start"], p["end"]) + 8
    real = has & (p["increase"] >= ready) & (p["increase"] + 29 <= p["leave"]) & (p["increase"] <= council.data_end)
    p["increase"] = p["increase"].where(real, NONE)
    p["has_package"] = has
    pieces = [_increases(p[real], rng), _decoys(p[has], council, rng), _set_up(p[has & p["set_up_change"]], rng)]
    plan = pd.concat(pieces, ignore_index=True)
    return _thin(plan, p, council)


def _frame(person: pd.Index, day: Any, kind: Any, length: Any, amount: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"person": person, "day": np.asarray(day), "kind": kind, "length": length, "amount": amount},
        index=pd.RangeIndex(len(person)),
    )


def _increases(q: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    n = len(q)
    kind = rng.choice(TRUE_KINDS, n, p=[0.7, 0.2, 0.1])
    amount = np.ceil(np.maximum(1.75, q["baseline"].to_numpy() * rng.uniform(0.2, 0.7, n)) * 4) / 4
    amount = np.maximum(amount, np.ceil(q["baseline"].to_numpy()) / 2 * (rng.random(n) < 0.1))
    # a hospital gap lies before the day of the increase, which is the day of restart; it opens after day 8
    length = rng.integers(3, 25, n)
    ready = q[["package_start", "end"]].to_numpy().max(axis=1) + 9
    kind = np.where((kind == "restart") & (q["increase"].to_numpy() - length < ready), "level", kind)
    length = np.where(kind == "restart", length, 0)
    return _frame(q.index, q["increase"], kind, length, amount)


def _decoys(q: pd.DataFrame, council: Council, rng: np.random.Generator) -> pd.DataFrame:
    first = q[["package_start", "end"]].to_numpy().max(axis=1) + 10
    last = np.minimum(q["leave"].to_numpy(), council.data_end) - SPACE
    span = np.maximum(last - first, 0)
    count = rng.poisson(council.decoys_per_year * span / YEAR)
    who = np.repeat(np.arange(len(q)), count)
    when = first[who] + (rng.random(len(who)) * span[who]).astype(np.int64)
    kind = rng.choice(DECOYS, len(who), p=DECOY_SHARES)
    length = np.select([kind == "spike", kind == "gap"], [rng.integers(3, 26, len(who)), rng.integers(2, 29, len(who))])
    base = q["baseline"].to_numpy()[who]
    amount = np.select(
        [kind == "decrease", kind == "small", kind == "spike"],
        [-np.maximum(1.75, np.floor(base * 0.3 * 4) / 4), 0.5, np.ceil(base * 0.5)],
    )
    frame = _frame(q.index[who], pd.Series(when), kind, length, amount)
    back = frame[(frame["kind"] == "decrease") & (rng.random(len(frame)) < 0.5)].copy()
    back["day"] += rng.integers(SPACE + 1, 150, len(back))
    back = back[back["day"] < last[np.searchsorted(q.index, back["person"])]]
    return pd.concat([frame, back.assign(kind="recover", amount=-back["amount"])])


def _set_up(q: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return changes on days 1 to 7 after reablement: part of setting the package up, so baseline comes after them."""
    amount = np.where(rng.random(len(q)) < 0.5, 3.5, -1.75)
    zero = q["end"].to_numpy()
    day = np.maximum(zero + rng.integers(3, 8, len(q)), q["package_start"].to_numpy() + 1)
    kept = (day <= zero + 7) & (day + 1 < q["leave"].to_numpy())
    frame = _frame(q.index, day, "set_up", 0, amount)
    return frame[frame["person"].isin(q.index[kept])]


def _thin(plan: pd.DataFrame, p: pd.DataFrame, council: Council) -> pd.DataFrame:
    """Drop decoys that lie too near to another change or to the true increase, and order what is left."""
    before_gap = np.where(plan["kind"] == "restart", plan["length"], 0)
    plan["opens"] = plan["day"] - before_gap
    plan["closes"] = plan["day"] + np.where(plan["kind"] == "restart", 0, plan["length"])
    true = plan["kind"].isin(TRUE_KINDS) | (plan["kind"] == "set_up")
    truths = plan[plan["kind"].isin(TRUE_KINDS)].set_index("person")
    opens = plan["person"].map(truths["opens"]).fillna(NONE).to_numpy()
    closes = plan["person"].map(truths["closes"]).fillna(-NONE).to_numpy()
    clash = ~true & (plan["closes"] + SPACE > opens) & (plan["opens"] - SPACE < closes)
    late = ~true & (plan["closes"] + SPACE > np.minimum(p["leave"].to_numpy()[plan["person"]], council.data_end))
    plan = plan[~clash & ~late].sort_values(["person", "opens", "kind"], kind="stable", ignore_index=True)
    rank = plan.groupby("person").cumcount().to_numpy()
    keep = np.ones(len(plan), dtype=bool)
    last_close = np.full(len(p), -NONE, dtype=np.int64)
    last_close[p["has_package"].to_numpy()] = (p["package_start"].to_numpy() - SPACE + 1)[p["has_package"].to_numpy()]
    for turn in range(int(rank.max(initial=-1)) + 1):
        at = np.flatnonzero(rank == turn)
        who = plan["person"].to_numpy()[at]
        must = np.isin(plan["kind"].to_numpy()[at], (*TRUE_KINDS, "set_up"))
        fits = must | (plan["opens"].to_numpy()[at] >= last_close[who] + SPACE)
        keep[at] = fits
        last_close[who[fits]] = plan["closes"].to_numpy()[at][fits]
    return _pair_recoveries(plan[keep])


def _pair_recoveries(plan: pd.DataFrame) -> pd.DataFrame:
    """Keep a return only where the decrease that it undoes was kept and nothing true came between."""
    before = plan.groupby("person")["kind"].shift()
    orphan = (plan["kind"] == "recover") & (before != "decrease")
    return plan[~orphan].reset_index(drop=True)
