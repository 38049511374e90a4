"""Every day on which a person's home care changes, with what it was before and after and what is known around it."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Increase
from ot_eval.derive import days
from ot_eval.derive.joins import looked_up
from ot_eval.derive.package_lines import HUNDREDTHS
from ot_eval.derive.spells import handed_over, levels

WHO = ("la_code", "person_id")
AMOUNTS = ("hours", "real", "cost", "blind")
POINT = (*WHO, "first_day")


def change_spells(packages: Table) -> Table:
    """Return home-care lines in day numbers and hundredths, a hand-over day given to the new row alone.

    A row that ends on the day another of the same person begins overlaps it by that day: for telling changes apart (and
    only for that) it ends the day before.
    """
    care = packages.filter(packages["service"] == "home_care")
    spells = care.select(
        *WHO,
        "provider_id",
        "overwritten",
        "repriced",
        "vanished",
        first_day=days.number(care["start_date"]),
        last_day=days.number_or_far(care["end_date"]),
        earliest=days.number(care["change_earliest"]),
        latest=days.number(care["change_latest"]),
        hours=(care["hours_per_week"] * HUNDREDTHS).round().cast("int64"),
        cost=(care["cost_per_week"] * HUNDREDTHS).round().cast("int64"),
        real=(care["real_cost_per_week"] * HUNDREDTHS).round().cast("int64"),
        blind=care["hours_per_week"].isnull().cast("int64"),
    )
    return handed_over(spells, WHO)


def _around(spells: Table) -> tuple[Table, Table]:
    """Return what begins on each day, and what ended the day before; a new price alone dates nothing else."""
    real = ~spells["repriced"]
    begun = spells.group_by([*WHO, "first_day"]).aggregate(
        n_begun=spells.count(),
        provider_after=spells["provider_id"].max(),
        earliest=ibis.coalesce(spells["earliest"].min(where=real), spells["earliest"].min()),
        latest=ibis.coalesce(spells["latest"].max(where=real), spells["latest"].max()),
        overwritten=spells["overwritten"].any(),
    )
    stopped = spells.mutate(first_day=spells["last_day"] + 1, since=spells["first_day"])
    ended = stopped.group_by([*WHO, "first_day"]).aggregate(
        n_ended=stopped.count(),
        provider_before=stopped["provider_id"].max(),
        vanished=stopped["vanished"].any(),
        ended_since=stopped["since"].min(),
    )
    return begun, ended


def change_points(packages: Table, data_end: int) -> Table:
    """Return one row per person and day of change.

    Parameters
    ----------
    packages : canonical `packages` with real cost
    data_end : day number of the last day the data cover; later changes are left out

    Returns
    -------
    `POINT`, `last_day` (of the new level), `lines` and `AMOUNTS` after; the same with `_0` for the level before, `_00`
    for the one before that and `_1` for the next; `length_00`, `length_0` and `length` (days), `n_begun`, `n_ended`,
    `provider_before`, `provider_after`, `earliest`, `latest`, `overwritten`, `vanished`, `ended_since_1`.
    """
    spells = change_spells(packages)
    steps = levels(spells, WHO, AMOUNTS, with_end=True)
    begun, ended = _around(spells)
    steps = looked_up(looked_up(steps, begun, POINT), ended, POINT)
    order = ibis.window(group_by=WHO, order_by="first_day")
    length = steps["last_day"] - steps["first_day"] + 1
    known = ("lines", *AMOUNTS)
    shifted: dict[str, Any] = {
        "length": length,
        "length_0": length.lag().over(order),
        "length_00": length.lag(2).over(order),
    }
    for name in known:
        shifted[f"{name}_0"] = steps[name].lag().over(order)
        shifted[f"{name}_00"] = steps[name].lag(2).over(order)
        shifted[f"{name}_1"] = steps[name].lead().over(order)
    shifted["ended_since_1"] = steps["ended_since"].lead().over(order)
    points = steps.mutate(**shifted).filter(steps["first_day"] <= data_end)
    exact = {
        "earliest": ibis.coalesce(points["earliest"], points["first_day"]),
        "latest": ibis.coalesce(points["latest"], points["first_day"]),
        "overwritten": points["overwritten"].fill_null(False),
        "vanished": points["vanished"].fill_null(False),
    }
    return points.mutate(**exact)


def measured(points: Table) -> Table:
    """Add the amount that is compared: hours where every line has them on both sides, else cost at constant prices.

    Adds `by` ('hours' or 'real'), `amount`, `amount_0`, `amount_00` and `amount_1`.
    """
    sides = points["blind"] + points["blind_0"].fill_null(0)
    by_hours = sides == 0
    columns = {f"amount{s}": by_hours.ifelse(points[f"hours{s}"], points[f"real{s}"]) for s in ("", "_0", "_00", "_1")}
    return points.mutate(by=by_hours.ifelse("hours", "real"), **columns)


def bar(points: Table, rule: Increase) -> Any:
    """Return the amount at which a rise above the level before is large enough."""
    return ibis.greatest(
        points["amount_0"] + rule.minimum_rise * HUNDREDTHS, points["amount_0"] * (1 + rule.minimum_rise_percent / 100)
    )


def with_lasting(points: Table, rule: Increase, data_end: int) -> Table:
    """Add `lasts`, whether a rise stays above `bar` for the minimum duration.

    'yes' where it does, 'no' where it falls below within it, 'unknown' where the data end first.
    """
    need = rule.minimum_duration_days
    points = points.mutate(bar=bar(points, rule))
    rises = points.filter((points["amount"] >= points["bar"]) & (points["length"] < need))
    rises = rises.select(*WHO, "bar", "by", rise=rises["first_day"])
    later = points.select(*WHO, "first_day", "hours", "real")
    pairs = rises.inner_join(later, list(WHO))
    pairs = pairs.filter((pairs["first_day"] > pairs["rise"]) & (pairs["first_day"] < pairs["rise"] + need))
    value = (pairs["by"] == "hours").ifelse(pairs["hours"], pairs["real"])
    low = pairs.filter(value < pairs["bar"]).select(*WHO, first_day="rise").distinct()
    found = looked_up(points, low.mutate(_low=ibis.literal(True)), POINT)
    fell = found["_low"].fill_null(False)
    seen = found["first_day"] + need - 1 <= data_end
    return found.mutate(lasts=ibis.cases((fell, "no"), (seen, "yes"), else_="unknown")).drop("_low")
