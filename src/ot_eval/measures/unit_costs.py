"""A user's unit costs: what a bed day, an hour of home care or a day of care costs, in which year, from which source.

No price is assumed and none is shipped: commissioners' prices differ, and a price without its year and source is no
price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import DataError, RequestError, nearest

COLUMNS = ("item", "value", "unit", "price_year", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """One price: pounds for one `unit` of `item`, at the prices of `price_year`."""

    item: str
    value: float
    unit: str
    price_year: str
    source: str


def read(table: pd.DataFrame) -> dict[str, UnitCost]:
    """Return the `unit_costs` table by item; refuse a price that is missing, not above zero, repeated or unsourced."""
    lacking = [c for c in COLUMNS if c not in table]
    if lacking:
        raise DataError(f"unit_costs: the column '{lacking[0]}' is lacking", expected=", ".join(COLUMNS), fix="add it")
    value = pd.to_numeric(table["value"], errors="coerce")
    bad = ~(np.isfinite(value) & (value > 0))
    blank = table[["item", "unit", "price_year", "source"]].isna().any(axis="columns")
    again = table["item"].duplicated()
    if bad.any() or blank.any() or again.any():
        raise DataError(
            f"unit_costs: {int(bad.sum())} price(s) are not above zero, {int(blank.sum())} lack unit, year or source, "
            f"{int(again.sum())} repeat an item",
            expected="one price above zero for each item, with its unit, price year and source",
            fix="complete unit_costs.csv; leave out an item you have no price for",
        )
    rows = table[list(COLUMNS)].assign(value=value).astype({c: str for c in COLUMNS if c != "value"})
    return {str(row["item"]): UnitCost(**{str(k): v for k, v in row.items()}) for row in rows.to_dict("records")}


def price(prices: dict[str, UnitCost], item: str, unit: str) -> UnitCost:
    """Return the price of `item`; refuse when it is not there or is not a price for one `unit`."""
    if item not in prices:
        raise RequestError(
            f"unit_costs: there is no price for '{item}'.{nearest(item, prices)}",
            expected=f"a row for {item}, in £ per {unit}",
            fix="add the row with its price year and source, or leave the comparison out of the protocol",
        )
    found = prices[item]
    if found.unit != unit:
        raise DataError(
            f"unit_costs: {item} is priced per '{found.unit}'",
            expected=f"a price per {unit}",
            fix="convert the price and name the unit",
        )
    return found


def cost(quantity: float, unit_cost: UnitCost) -> float:
    """Return what `quantity` units cost in pounds.

    Examples
    --------
    >>> night = UnitCost(item="bed", value=562, unit="night", price_year="2025", source="NHS England")
    >>> cost(390_960, night)
    219719520
    """
    return quantity * unit_cost.value
