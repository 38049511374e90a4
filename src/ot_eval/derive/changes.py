"""Changes of care packages, each with its kind and the rule that decided it (part of the private `work/` folder).

Nobody publishes a method for this: Client Level Data have no field for "support increased". The rules are ordered; the
first that fits decides.
"""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Increase, Protocol
from ot_eval.derive import days
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.change_points import WHO, change_points, measured, with_lasting
from ot_eval.derive.joins import looked_up
from ot_eval.derive.materialise import kept
from ot_eval.derive.package_lines import HUNDREDTHS

RULES: dict[str, str] = {
    "start": "first home-care row of the person",
    "restart": "home care begins again after a gap longer than the one bridged",
    "suspension": "home care stops and begins again within the gap bridged (suspension or hospital)",
    "end": "home care stops and does not begin again within the gap bridged",
    "same_after_gap": "the same amount begins again within the gap bridged",
    "provider_switch": "the same amount from another provider",
    "april_reset": "the old row vanished between files and a row with the same amount starts around 1 April",
    "price_uplift": "units unchanged, or cost unchanged at constant prices, and the price changed around 1 April",
    "price_change": "units unchanged, cost changed away from 1 April",
    "recut_at_review": "a new row with the same amount, and a review ended close to it",
    "recut": "a new row with the same amount",
    "return_after_dip": "up to no more than the settled amount before a dip shorter than the minimum duration",
    "overlap": "up while the old row still runs beside the new one, then back, within the minimum duration",
    "spike": "up, then back, within the minimum duration",
    "single_file_rise": "an overwritten row shows the higher amount in one file only",
    "unconfirmed_rise": "up by enough, but the data end before the minimum duration",
    "small_rise": "up by less than the minimum rise",
    "increase": "up by at least the minimum rise for at least the minimum duration",
    "return_after_rise": "back down after a rise shorter than the minimum duration",
    "decrease": "down",
}
"""Kind of change: the rule that decides it."""

COLUMNS = (
    *WHO,
    "change_date",
    "change_earliest",
    "change_latest",
    "kind",
    "rule",
    "measured_by",
    "hours_before",
    "hours_after",
    "cost_before",
    "cost_after",
    "real_cost_before",
    "real_cost_after",
    "lines_before",
    "lines_after",
    "provider_before",
    "provider_after",
    "recorded",
    "review",
)
SUPPORTS = "progress to support planning or services"
SPEAKS_AGAINST = "continuation of support or services"


def with_reviews(points: Table, events: Table | None, window: int) -> Table:
    """Add `review`, what a review that ended near the change says.

    'supports' where it led to support planning, 'speaks against' where it only continued support, 'other' for another
    outcome, 'none' without a review.
    """
    if events is None:
        return points.mutate(review=ibis.literal("none"))
    reviews = events.filter((events["event_type"] == "review") & events["end_date"].notnull())
    reviews = reviews.select(
        "person_id",
        la_code=reviews["la_code"].fill_null(""),
        review_end=days.number(reviews["end_date"]),
        review_outcome=reviews["outcome"],
    )
    pairs = points.select(*WHO, "first_day", "earliest", "latest").inner_join(reviews, list(WHO))
    near = pairs.filter(
        (pairs["review_end"] >= pairs["earliest"] - window) & (pairs["review_end"] <= pairs["latest"] + window)
    )
    weight = ibis.cases((near["review_outcome"] == SUPPORTS, 3), (near["review_outcome"] == SPEAKS_AGAINST, 2), else_=1)
    best = near.group_by([*WHO, "first_day"]).aggregate(_weight=weight.max())
    found = looked_up(points, best, (*WHO, "first_day"))
    words = {3: "supports", 2: "speaks against", 1: "other"}
    review = ibis.cases(*[(found["_weight"] == n, word) for n, word in words.items()], else_="none")
    return found.mutate(review=review).drop("_weight")


def _near_april(points: Table, window: int) -> Any:
    """Return whether 1 April lies in the interval of the change, give or take `window` days."""
    return days.april_of(points["latest"] + window) > days.april_of(points["earliest"] - window - 1)


def kind_of(points: Table, rule: Increase) -> Any:
    """Return the kind of each change: the first rule that fits, in the order of `RULES`."""
    bridge, need = rule.gap_bridged_days, rule.minimum_duration_days
    before, after = points["lines_0"].fill_null(0), points["lines"]
    slack = (points["by"] == "hours").ifelse(0.0, points["amount_0"] * rule.price_uplift.tolerance_percent / 100)
    same = (points["amount"] - points["amount_0"]).abs() <= slack
    up, down = points["amount"] > points["amount_0"] + slack, points["amount"] < points["amount_0"] - slack
    bridged_before = (points["length_0"] + 1 <= bridge).fill_null(False)
    bridged_after = points["lines_1"].notnull() & (points["length"] + 1 <= bridge)
    switched = (points["provider_before"] != points["provider_after"]).fill_null(False)
    april = _near_april(points, rule.price_uplift.april_window_days)
    repriced = (points["cost"] != points["cost_0"]).fill_null(False)
    tolerance = points["real_0"] * rule.price_uplift.tolerance_percent / 100
    indexed = rule.price_uplift.deflate & ((points["real"] - points["real_0"]).abs() <= tolerance).fill_null(False)
    enough = points["amount"] >= points["bar"]
    short = (points["length_0"] < need).fill_null(False)
    settled = (points["length_00"] >= need).fill_null(False)
    dipped = short & settled & (points["amount_00"] > points["amount_0"]) & (points["amount"] <= points["amount_00"])
    back = short & (points["amount_00"] < points["amount_0"]) & (points["amount"] <= points["amount_00"])
    old_row = (points["ended_since_1"] < points["first_day"]).fill_null(False)
    fell = points["lasts"] == "no"
    return ibis.cases(
        ((before == 0) & points["length_0"].isnull(), "start"),
        ((before == 0) & ~bridged_before, "restart"),
        ((after == 0) & bridged_after, "suspension"),
        (after == 0, "end"),
        ((before == 0) & same, "same_after_gap"),
        (same & switched, "provider_switch"),
        (same & april & points["vanished"], "april_reset"),
        (same & repriced & (april | indexed), "price_uplift"),
        (same & repriced, "price_change"),
        (same & (points["review"] != "none"), "recut_at_review"),
        (same, "recut"),
        (up & (before > 0) & dipped, "return_after_dip"),
        (up & ~enough, "small_rise"),
        (up & fell & points["overwritten"], "single_file_rise"),
        (up & fell & old_row, "overlap"),
        (up & fell, "spike"),
        (up & (points["lasts"] == "unknown"), "unconfirmed_rise"),
        (up, "increase"),
        (down & back, "return_after_rise"),
        else_="decrease",
    )


def package_changes(tables: StudyTables, protocol: Protocol) -> Table:
    """Return every change of home care of every person, with its kind and the rule that decided it.

    Parameters
    ----------
    tables : result of `assemble`
    protocol : thresholds, durations and windows

    Returns
    -------
    One row per person and day of change with the columns of `COLUMNS`. `change_earliest` and `change_latest` bound an
    overwritten change. Hours are hours a week, costs £ a week; real costs are at constant prices. After a bridged gap
    the level before is the one before the gap. `recorded` is 'overwritten' or 're-cut'.
    """
    end, rule = days.day_of(tables.data_end), protocol.increase
    points = measured(kept(change_points(tables.packages, end)))
    points = with_lasting(_across_gaps(points, rule.gap_bridged_days), rule, end)
    points = with_reviews(points, tables.cld.events if tables.cld else None, rule.review_window_days)
    points = points.mutate(kind=kind_of(points, rule))
    text = ibis.cases(*[(points["kind"] == kind, words) for kind, words in RULES.items()])
    return points.mutate(
        rule=text,
        change_date=days.as_date(points["first_day"]),
        change_earliest=days.as_date(points["earliest"]),
        change_latest=days.as_date(points["latest"]),
        measured_by=(points["by"] == "hours").ifelse("hours", "cost"),
        hours_before=points["hours_0"] / HUNDREDTHS,
        hours_after=points["hours"] / HUNDREDTHS,
        cost_before=points["cost_0"] / HUNDREDTHS,
        cost_after=points["cost"] / HUNDREDTHS,
        real_cost_before=points["real_0"] / HUNDREDTHS,
        real_cost_after=points["real"] / HUNDREDTHS,
        lines_before=points["lines_0"].fill_null(0),
        lines_after=points["lines"],
        recorded=points["overwritten"].ifelse("overwritten", "re-cut"),
    ).select(*COLUMNS)


def _across_gaps(points: Table, bridge: int) -> Table:
    """Compare what begins after a bridged gap with what ran before the gap."""
    gap = (points["lines_0"] == 0) & (points["length_0"] + 1 <= bridge).fill_null(False)
    amounts = ("amount", "hours", "real", "cost")
    return points.mutate(**{f"{a}_0": gap.ifelse(points[f"{a}_00"], points[f"{a}_0"]) for a in amounts})
