"""Home care of the people followed: its lines, the package they start with, how long it lasts (rules 20, 22)."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.joins import first_by, looked_up
from ot_eval.derive.package_lines import HUNDREDTHS
from ot_eval.derive.spells import handed_over, joined

PERSON = ("person_id",)
LINE = ("la_code", "person_id", "line")


def followed_lines(index: Table, packages: Table, data_end: int, *, hand_over: bool) -> Table:
    """Return the home-care lines of the people in the index, cut at death and at the end of the data.

    A change that may have happened on or before the last set-up day cannot be told from set-up (rule 23): its new level
    counts from its earliest possible day.

    Parameters
    ----------
    index : one row a person with `zero`, `seven` (the last set-up day) and `death` (day numbers)
    packages : the canonical table with the CLD columns
    data_end : day number of the last day the data cover
    hand_over : a row that ends on the day its own line begins anew gives that day to the new row

    Returns
    -------
    `person_id`, `zero`, `seven`, `first_day`, `last_day`, `earliest`, `provider_id`, `hours` (hundredths), `cost` and
    `real` (pence; `real` at constant prices), `blind` (1 where the line has no hours), `repriced` (only
    the price is new).
    """
    care = packages.filter(packages["service"] == "home_care")
    care = care.select(
        *LINE,
        "provider_id",
        first_day=days.number(care["start_date"]),
        last_day=days.number_or_far(care["end_date"]),
        repriced=care["repriced"],
        earliest=days.number(care["change_earliest"]),
        end_earliest=days.number_or_far(care["end_earliest"]),
        hours=(care["hours_per_week"] * HUNDREDTHS).round().cast("int64"),
        cost=(care["cost_per_week"] * HUNDREDTHS).round().cast("int64"),
        real=(care["real_cost_per_week"] * HUNDREDTHS).round().cast("int64"),
        blind=care["hours_per_week"].isnull().cast("int64"),
    )
    lines = index.select("person_id", "zero", "seven", "death").inner_join(care, "person_id")
    seven = lines["seven"]
    set_up = (lines["earliest"] <= seven) & (lines["first_day"] > seven)
    replaced = (lines["end_earliest"] < seven) & (lines["last_day"] >= seven)
    lines = lines.mutate(
        first_day=set_up.ifelse(lines["earliest"], lines["first_day"]),
        last_day=ibis.least(
            replaced.ifelse(lines["end_earliest"], lines["last_day"]), data_end, lines["death"].fill_null(days.FAR)
        ),
    )
    lines = lines.filter(lines["last_day"] >= lines["first_day"])
    if hand_over:
        lines = handed_over(lines, LINE)
    return lines.drop("death", "end_earliest", "la_code", "line")


def with_baseline(index: Table, lines: Table, unit: str) -> Table:
    """Add the package on the last set-up day: the `baseline_*` columns and `provider_id`.

    The provider is the one with most of `unit` that day.
    """
    active = lines.filter((lines["first_day"] <= lines["seven"]) & (lines["seven"] <= lines["last_day"]))
    totals = active.group_by("person_id").aggregate(
        baseline_hours=active["hours"].sum(),
        baseline_cost=active["cost"].sum(),
        baseline_real=active["real"].sum(),
        baseline_blind=active["blind"].sum(),
        baseline_lines=active.count(),
    )
    named = active.filter(active["provider_id"].notnull())
    shares = named.group_by(["person_id", "provider_id"]).aggregate(
        _most=named[unit].sum().fill_null(0), _since=named["first_day"].min()
    )
    main = first_by(shares, PERSON, [shares["_most"].desc(), shares["_since"], shares["provider_id"]])
    return looked_up(looked_up(index, totals, PERSON), main.select("person_id", "provider_id"), PERSON)


def with_package_end(index: Table, lines: Table, bridge: int) -> Table:
    """Add `package_end`: the last day of the run of home care that holds the last set-up day.

    Lines belong to one run when they start at most `bridge` days after the latest end so far.
    """
    numbered = joined(lines, PERSON, bridge)
    spans = numbered.group_by(["person_id", "seven", "island"]).aggregate(
        _from=numbered["first_day"].min(), package_end=numbered["last_day"].max()
    )
    holding = spans.filter((spans["_from"] <= spans["seven"]) & (spans["seven"] <= spans["package_end"]))
    return looked_up(index, holding.select("person_id", "package_end"), PERSON)


def with_first_event(index: Table, events: Table, kind: str, name: str) -> Table:
    """Add the day number of the first event of a kind after time zero; missing = none."""
    wanted = events.filter(events["kind"] == kind)
    pairs = index.select("person_id", "zero").inner_join(
        wanted.select("person_id", _day=days.number(wanted["date"])), "person_id"
    )
    pairs = pairs.filter(pairs["_day"] > pairs["zero"])
    first = pairs.group_by("person_id").aggregate(**{name: pairs["_day"].min()})
    return looked_up(index, first, PERSON)


def first_of(*columns: Any) -> Any:
    """Return the smallest of several day numbers, a missing one meaning never."""
    return ibis.least(*[c.fill_null(days.FAR) for c in columns])
