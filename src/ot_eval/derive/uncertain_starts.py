"""Rows that take the place of another in a council that overwrites: their level at the start is not known (rule 23).

Such a council starts a new row for reasons of its own (another provider, a new financial year, a return from hospital)
and overwrites that row as it does any other. A rise against the row replaced lies after the start of the new row and on
or before the first file that shows it.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.derive.package_lines import COLUMNS

LINE = ("la_code", "person_id", "line")


def overwriting_councils(style: Table, component: str) -> Table:
    """Return `la_code` of the councils that overwrite a component (see `recording.recording_style`)."""
    found = style.filter((style["service_component"] == component) & (style["style"] == "overwritten"))
    return found.select("la_code")


def with_uncertain_starts(spells: Table, councils: Table, bridge: int) -> Table:
    """Split the first level of a row that replaces a lower one: the lower level until the row is first seen.

    Parameters
    ----------
    spells : result of `package_lines.home_care_lines`
    councils : `la_code` of the councils that overwrite
    bridge : days; a row of the same line that starts this soon after another ended takes its place

    Returns
    -------
    `spells`, where such a row has two spells: the level of the row replaced up to the day before it was first seen, and
    its own level from that day, whose `earliest` is the row's start.
    """
    order = ibis.window(group_by=LINE, order_by=["first_day", "last_day", "hours", "cost"])
    before = {f"_{c}": spells[c].lag().over(order) for c in ("last_day", "hours", "cost")}
    table = spells.mutate(**before, _over=spells["la_code"].isin(councils["la_code"]))
    gap = table["first_day"] - table["_last_day"]
    rose = (table["hours"] > table["_hours"]).fill_null(
        table["hours"].isnull() & table["_hours"].isnull() & (table["cost"] > table["_cost"])
    )
    opening = ~table["overwritten"] & ~table["repriced"]
    unseen = opening & table["_over"] & gap.between(0, bridge) & (table["priced"] > table["first_day"]) & rose
    table = table.mutate(_unseen=unseen.fill_null(False))
    split = table.filter(table["_unseen"])
    share = split["_hours"] / split["hours"].nullif(0)
    lower = split.mutate(
        hours=split["_hours"],
        cost=(split["cost"] * share).round().cast("int64").fill_null(split["_cost"]),
        end_earliest=split["first_day"] - 1,
        last_day=ibis.least(split["last_day"], split["priced"] - 1),
        outcome=ibis.null("string"),
        vanished=ibis.literal(False),
    )
    own = split.mutate(first_day=split["priced"], latest=split["priced"], overwritten=ibis.literal(True))
    parts = [part.select(*COLUMNS) for part in (table.filter(~table["_unseen"]), lower, own)]
    joined = ibis.union(*parts)
    return joined.filter(joined["last_day"] >= joined["first_day"])
