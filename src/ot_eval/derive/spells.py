"""Spells on a time line: joining those that follow each other, summing those that overlap, runs that last.

A spell has `first_day` and `last_day` (day numbers, both days included; `days.FAR` when open). All is window functions
and cumulative sums: no day is ever expanded, so the work grows with the number of spells and not with their length.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.derive.days import FAR
from ot_eval.derive.joins import looked_up


def joined(spells: Table, by: tuple[str, ...], gap: int) -> Table:
    """Add the number of the island each spell belongs to; spells that follow each other form one.

    Parameters
    ----------
    spells : with `first_day`, `last_day` and the columns of `by`
    by : columns that name whose spells they are
    gap : a spell joins when its first day minus the latest last day so far is at most this many days

    Returns
    -------
    The spells with `island`: 1, 2, ... in order of time within `by`.
    """
    before = ibis.rows_window(group_by=list(by), order_by=["first_day", "last_day"], preceding=(None, 1))
    so_far = ibis.cumulative_window(group_by=list(by), order_by=["first_day", "last_day", ibis.desc("_breaks")])
    reach = spells.mutate(_reach=spells["last_day"].max().over(before))
    breaks = (reach["_reach"].isnull() | (reach["first_day"] - reach["_reach"] > gap)).cast("int64")
    marked = reach.mutate(_breaks=breaks)
    return marked.mutate(island=marked["_breaks"].sum().over(so_far)).drop("_reach", "_breaks")


def handed_over(spells: Table, by: tuple[str, ...]) -> Table:
    """Give a hand-over day to the new spell alone.

    A spell that ends on the day another of the same `by` begins overlaps it by that day, and would count twice: it ends
    the day before instead. A spell of that day alone keeps it, unless only its price is new (`repriced`); a new price
    takes no day from another spell.
    """
    begins = spells.filter(~spells["repriced"]).group_by([*by, "first_day"]).aggregate(_begins=ibis._.count())
    table = looked_up(spells, begins.rename(last_day="first_day"), (*by, "last_day"))
    long_enough = (table["last_day"] > table["first_day"]) | table["repriced"]
    handed = table["_begins"].notnull() & long_enough
    table = table.mutate(last_day=table["last_day"] - handed.cast("int64")).drop("_begins")
    return table.filter(table["last_day"] >= table["first_day"])


def levels(spells: Table, by: tuple[str, ...], amounts: tuple[str, ...], *, with_end: bool = False) -> Table:
    """Sum concurrent spells into a step function.

    Parameters
    ----------
    spells : with `first_day`, `last_day`, the columns of `by` and whole-number columns `amounts` (missing counts as 0)
    by : columns that name whose spells they are
    amounts : columns to sum; whole numbers, so that sums are exact
    with_end : also return the empty interval after the last spell, which ends on `days.FAR`

    Returns
    -------
    One row per interval on which nothing changes: `by`, `first_day`, `last_day`, `amounts` summed, `lines` (how many
    spells are active). Intervals of one `by` follow each other without holes, from the first spell to the last.
    """
    keep = [spells[c] for c in by]
    up = {a: spells[a].fill_null(0) for a in amounts}
    down = {a: -spells[a].fill_null(0) for a in amounts}
    starts = spells.select(*keep, day=spells["first_day"], lines=ibis.literal(1, "int64"), **up)
    stops = spells.select(*keep, day=spells["last_day"] + 1, lines=ibis.literal(-1, "int64"), **down)
    summed = {a: lambda t, a=a: t[a].sum() for a in ("lines", *amounts)}
    steps = ibis.union(starts, stops).group_by([*by, "day"]).aggregate(**summed)
    so_far = ibis.cumulative_window(group_by=list(by), order_by="day")
    running = {a: steps[a].sum().over(so_far).cast("int64") for a in ("lines", *amounts)}
    next_day = steps["day"].lead().over(ibis.window(group_by=list(by), order_by="day"))
    if with_end:
        next_day = next_day.fill_null(FAR + 1)
        steps = steps.mutate(**running, last_day=next_day - 1)
        return steps.filter(steps["day"] <= FAR).rename(first_day="day")
    table = steps.select(*by, **running, first_day=steps["day"], last_day=next_day - 1)
    return table.filter(table["last_day"].notnull())


def runs(intervals: Table, by: tuple[str, ...], flag: str) -> Table:
    """Join neighbouring intervals on which a condition holds.

    Parameters
    ----------
    intervals : the result of `levels` with a boolean column `flag`
    by : columns that name whose intervals they are
    flag : the column that must be true

    Returns
    -------
    One row per longest run of true: `by`, `first_day`, `last_day`.
    """
    so_far = ibis.cumulative_window(group_by=list(by), order_by="first_day")
    numbered = intervals.mutate(_run=(~intervals[flag]).cast("int64").sum().over(so_far))
    true = numbered.filter(numbered[flag])
    return (
        true.group_by([*by, "_run"])
        .aggregate(first_day=true["first_day"].min(), last_day=true["last_day"].max())
        .drop("_run")
    )
