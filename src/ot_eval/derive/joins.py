"""Joins that say what they do: look a value up, or ask whether there is a matching row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
from ibis.expr.types import Table


def looked_up(table: Table, other: Table, on: tuple[str, ...]) -> Table:
    """Left-join `other` (one row per `on`) and keep one copy of the key."""
    return table.left_join(other, list(on)).drop(*[f"{c}_right" for c in on])


def flagged(
    table: Table, name: str, other: Table, on: tuple[str, ...], condition: Callable[[Table], Any], key: tuple[str, ...]
) -> Table:
    """Add a boolean column that says whether `other` holds a row with the same `on` that meets `condition(pair)`.

    Parameters
    ----------
    table : rows to flag
    name : the new column
    other : rows to look for; apart from `on`, its column names are not used by `table`
    on : columns both tables share
    condition : a boolean of the joined pair
    key : columns that name a row of `table`
    """
    pairs = table.inner_join(other, list(on))
    found = pairs.filter(condition(pairs)).select(*key).distinct().mutate(**{name: ibis.literal(True)})
    hit = looked_up(table, found, key)
    return hit.mutate(**{name: hit[name].fill_null(False)})


def first_by(table: Table, by: tuple[str, ...], order: list[Any]) -> Table:
    """Keep the first row of each group in the given order."""
    placed = table.mutate(_place=ibis.row_number().over(ibis.window(group_by=list(by), order_by=order)))
    return placed.filter(placed["_place"] == 0).drop("_place")
