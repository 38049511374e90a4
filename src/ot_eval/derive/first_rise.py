"""The first qualifying increase: large enough, and on every one of enough days in a row (rule 21)."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Increase
from ot_eval.derive.joins import looked_up
from ot_eval.derive.package_lines import HUNDREDTHS
from ot_eval.derive.spells import levels, runs

PERSON = ("person_id",)
SLACK = 1e-6
"""Hundredths of an hour (or pence): far below any recorded difference, far above rounding of a product."""


def first_rise(index: Table, lines: Table, unit: str, rule: Increase) -> Table:
    """Return each person's first qualifying increase.

    Parameters
    ----------
    index : one row a person with `seven` (day number of the last set-up day), `baseline` (hundredths of the unit),
        `baseline_hours` and `baseline_blind`
    lines : result of `at_risk.followed_lines`
    unit : the column of `lines` that is summed, 'hours' or 'real' (cost at constant prices)
    rule : thresholds, duration, and whether a rise in cost with unchanged units is ignored

    Returns
    -------
    One row per person who has one: `person_id`, `rise_earliest`, `rise_latest` (day numbers; equal when exact).
    """
    base = index.select("person_id", "baseline", "baseline_hours", "baseline_blind")
    ahead = lines.filter(lines["last_day"] >= lines["seven"])
    ahead = ahead.mutate(first_day=ibis.greatest(ahead["first_day"], ahead["seven"]))
    steps = levels(ahead, ("person_id", "seven"), tuple({unit, "hours", "blind"})).inner_join(base, "person_id")
    steps = steps.mutate(first_day=ibis.greatest(steps["first_day"], steps["seven"] + 1))
    steps = steps.filter(steps["first_day"] <= steps["last_day"])
    by_amount = steps["baseline"] + rule.minimum_rise * HUNDREDTHS
    by_share = steps["baseline"] * (1 + rule.minimum_rise_percent / 100)
    high = steps[unit] >= ibis.greatest(by_amount, by_share) - SLACK
    if unit != "hours" and rule.price_uplift.ignore:
        unknown = (steps["blind"] > 0) | (steps["baseline_blind"] > 0)
        high = high & (unknown | (steps["hours"] > steps["baseline_hours"]))
    steps = steps.mutate(high=high)
    spans = runs(steps, PERSON, "high")
    lasting = spans.filter(spans["last_day"] - spans["first_day"] + 1 >= rule.minimum_duration_days)
    first = lasting.group_by("person_id").aggregate(rise_latest=lasting["first_day"].min())
    began = lines.inner_join(first, "person_id")
    began = began.filter((began["first_day"] == began["rise_latest"]) & ~began["repriced"])
    interval = began.group_by("person_id").aggregate(_earliest=began["earliest"].min())
    dated = looked_up(first, interval, PERSON)
    earliest = ibis.least(dated["_earliest"].fill_null(dated["rise_latest"]), dated["rise_latest"])
    return dated.select("person_id", "rise_latest", rise_earliest=earliest)
