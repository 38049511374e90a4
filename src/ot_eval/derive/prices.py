"""Prices of home care: each provider's own change every April, and weekly cost at constant prices (rule 19).

A council's unit cost is the latest known, and providers are paid some 5% more from 1 April. Two Aprils together look
like a tenth more care. The change of a provider is the middle of the changes seen on lines whose units stayed the same;
where a provider has too few such lines, the council's middle stands in.
"""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import PriceUplift
from ot_eval.derive import days
from ot_eval.derive.joins import looked_up

LINE = ("la_code", "person_id", "line", "provider_id", "hours_per_week")
PLACE = ("la_code", "provider_id", "april")


def price_pairs(home_care: Table, window: int) -> Table:
    """Return every line priced on both sides of one 1 April with unchanged units.

    Parameters
    ----------
    home_care : `packages` rows of home care
    window : days; the next row of a line may start this long after the earlier one ended

    Returns
    -------
    One row per line and April: `la_code`, `provider_id` (empty where not known), `april` (the year), `ratio` (cost
    after divided by cost before).
    """
    lines = home_care.filter(home_care["cost_per_week"] > 0)
    lines = lines.select(
        "la_code",
        "person_id",
        "line",
        "cost_per_week",
        "hours_per_week",
        provider_id=lines["provider_id"].fill_null(""),
        first_day=days.number(lines["start_date"]),
        last_day=days.number_or_far(lines["end_date"]),
        year_from=days.april_of(days.number(lines["priced_on"])),
        year_to=days.april_of(days.number(lines["seen_to"])),
    )
    order = ibis.window(group_by=LINE, order_by=["first_day", "last_day", "cost_per_week"])
    after = {c: lines[c].lead().over(order) for c in ("cost_per_week", "first_day", "year_from")}
    lines = lines.mutate(**{f"next_{c}": column for c, column in after.items()})
    moved_on = (lines["next_first_day"] - lines["last_day"]).between(0, window + 1)
    next_year = lines["next_year_from"] - lines["year_to"] == 1
    changed = lines.filter(moved_on & next_year)
    changed = changed.select(
        "la_code",
        "provider_id",
        april=changed["next_year_from"],
        ratio=changed["next_cost_per_week"] / changed["cost_per_week"],
    )
    same = lines.filter(lines["year_to"] - lines["year_from"] == 1)
    same = same.select("la_code", "provider_id", april=same["year_to"], ratio=ibis.literal(1.0))
    return ibis.union(changed, same)


def middle(table: Table, by: tuple[str, ...], column: str) -> Table:
    """Return the median of a column by group, computed alike on every engine, with the number of rows as `n`."""
    order = ibis.window(group_by=by, order_by=column)
    whole = ibis.window(group_by=by)
    placed = table.mutate(_place=ibis.row_number().over(order), _n=table.count().over(whole))
    central = placed.filter((placed["_place"] * 2 - (placed["_n"] - 1)).abs() <= 1)
    return central.group_by(by).aggregate(n=central["_n"].max(), middle=central[column].mean())


def april_changes(home_care: Table, rule: PriceUplift) -> Table:
    """Return each provider's price change of each April.

    Returns
    -------
    One row per council, provider and April seen: `PLACE`, `ratio` (1.05 = 5% more), `lines` (how many showed it; 0
    where the council's middle stands in).
    """
    pairs = price_pairs(home_care, rule.april_window_days)
    own = middle(pairs, PLACE, "ratio").rename(own="middle", own_n="n")
    council = middle(pairs, ("la_code", "april"), "ratio").rename(common="middle", common_n="n")
    providers = home_care.select("la_code", provider_id=home_care["provider_id"].fill_null("")).distinct()
    grid = looked_up(providers.inner_join(council, "la_code"), own, PLACE)
    enough = (grid["own_n"] >= rule.minimum_lines).fill_null(False)
    common = (grid["common_n"] >= rule.minimum_lines).ifelse(grid["common"], 1.0)
    return grid.select(*PLACE, ratio=enough.ifelse(grid["own"], common), lines=enough.ifelse(grid["own_n"], 0))


def price_levels(changes: Table) -> Table:
    """Return each provider's price level from each April on, the level before the first April seen being 1.

    Returns
    -------
    `la_code`, `provider_id`, `from_april`, `before_april` (the next year with a change; missing = none), `level`.
    """
    order = ibis.cumulative_window(group_by=["la_code", "provider_id"], order_by="april")
    by_year = ibis.window(group_by=["la_code", "provider_id"], order_by="april")
    summed = changes.mutate(level=changes["ratio"].ln().sum().over(order).exp())
    return summed.select(
        "la_code",
        "provider_id",
        "level",
        from_april=summed["april"],
        before_april=summed["april"].lead().over(by_year),
    )


def with_real_cost(packages: Table, rule: PriceUplift) -> Table:
    """Add `real_cost_per_week`: £ a week at the prices before the first April seen (unchanged when not deflating)."""
    if not rule.deflate:
        return packages.mutate(real_cost_per_week=packages["cost_per_week"])
    care = packages.filter(packages["service"] == "home_care")
    levels = price_levels(april_changes(care, rule)).rename(_la="la_code", _provider="provider_id")
    year = days.april_of(days.number(packages["priced_on"]))
    priced = packages.mutate(_year=year, _who=packages["provider_id"].fill_null(""))
    joined = priced.left_join(
        levels,
        [
            priced["la_code"] == levels["_la"],
            priced["_who"] == levels["_provider"],
            priced["_year"] >= levels["from_april"],
            (priced["_year"] < levels["before_april"]) | levels["before_april"].isnull(),
        ],
    )
    real: Any = joined["cost_per_week"] / joined["level"].fill_null(1.0)
    return joined.mutate(real_cost_per_week=real).select(*packages.columns, "real_cost_per_week")
