"""Prices of the study: which items a perspective needs, whether each is there, and all at the prices of one year."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.use_of_services import ADMISSION, CARE_HOME, HOME_CARE, OT
from ot_eval.measures.unit_costs import UnitCost, read

UNITS = {HOME_CARE: "hour", CARE_HOME: "day", OT: "hour", ADMISSION: "admission"}
SERVICES = {
    "council": (HOME_CARE, CARE_HOME, OT),
    "nhs_and_social_care": (HOME_CARE, CARE_HOME, OT, ADMISSION),
    "provider": (HOME_CARE,),
}
"""Services that cost each perspective money. Reablement itself lies before the time studied and is the same in both."""


def services_of(protocol: Protocol, *, contacts: bool) -> tuple[str, ...]:
    """Return the services that are counted; occupational therapy only where minutes of contact are recorded."""
    return tuple(s for s in SERVICES[protocol.value.perspective] if contacts or s != OT)


def priced_items(protocol: Protocol, *, contacts: bool) -> tuple[str, ...]:
    """Return the items that need a price: the services counted, then what coaching takes."""
    return (*services_of(protocol, contacts=contacts), *protocol.value.coaching)


def priced(table: pd.DataFrame | None, items: tuple[str, ...], protocol: Protocol) -> tuple[UnitCost, ...]:
    """Return the price of each item in the protocol's price year.

    Raises
    ------
    DataError
        The price year is not chosen; or prices are missing, for another unit, or of a year without a factor: every
        such item is named at once.
    """
    year, factors = protocol.value.price_year, protocol.value.uprating
    if not year:
        raise DataError(
            "value: the protocol names no price_year",
            expected="value.price_year, written as in unit_costs.csv, for example 2025/26",
            fix="choose one year and give a factor in value.uprating for prices of other years",
        )
    prices = read(table) if table is not None else {}
    missing = [i for i in items if i not in prices]
    wrong = [i for i in items if i in prices and i in UNITS and prices[i].unit != UNITS[i]]
    undated = [i for i in items if i in prices and prices[i].price_year not in (year, *factors)]
    if missing or wrong or undated:
        said = [f"no price for {', '.join(missing)}"] if missing else []
        said += [f"not per {UNITS[i]}: {i}" for i in wrong]
        said += [f"of a year without a factor: {', '.join(undated)}"] if undated else []
        raise DataError(
            f"unit_costs: {'; '.join(said)}",
            expected="one row an item: " + ", ".join(f"{i} (per {UNITS.get(i, 'unit')})" for i in items),
            fix="complete unit_costs.csv with value, unit, price_year and source; add factors to value.uprating",
        )
    found = [prices[i] for i in items]
    return tuple(p if p.price_year == year else _uprated(p, year, factors[p.price_year]) for p in found)


def _uprated(price: UnitCost, year: str, factor: float) -> UnitCost:
    source = f"{price.source}; {price.price_year} prices x {factor:g}"
    return replace(price, value=price.value * factor, price_year=year, source=source)
