"""Home-care lines over time, from rows that are re-cut at each change and rows that are overwritten (rules 18, 23).

A *re-cut* record ends the old row and opens a new one: dates are exact. An *overwritten* record keeps one row and
changes its units: only successive files show it, and the change lies after the last file that shows the old level and
on or before the first that shows the new one. Between the two this module states the lower level, so that no rise is
claimed before it is certain, nor held for longer than it was seen.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.cld_words import dated, home_support, weekly_cost, weekly_hours
from ot_eval.derive.joins import first_by, looked_up
from ot_eval.derive.materialise import kept

SERVICE = ("la_code", "person_id", "start", "line")
"""The service key of a package line: person, start and description (type and component are fixed by rule 18)."""
HUNDREDTHS = 100
COLUMNS = (
    *SERVICE,
    "first_day",
    "last_day",
    "earliest",
    "latest",
    "end_earliest",
    "hours",
    "cost",
    "priced",
    "last_seen",
    "provider_id",
    "outcome",
    "overwritten",
    "repriced",
    "vanished",
)


def package_rows(rows: Table) -> Table:
    """Return the home-care lines of `cld_rows` or `cld_events` with day numbers and whole hundredths.

    `hours` is in hundredths of an hour a week and `cost` in pence a week (whole numbers add up exactly); missing where
    the row does not say.
    """
    lines = rows.filter(home_support(rows) & dated(rows))
    return lines.mutate(
        la_code=lines["la_code"].fill_null(""),
        start=days.number(lines["start_date"]),
        end=days.number_or_far(lines["end_date"]),
        line=lines["description"].fill_null(""),
        hours=(weekly_hours(lines) * HUNDREDTHS).round().cast("int64"),
        cost=(weekly_cost(lines) * HUNDREDTHS).round().cast("int64"),
    )


def per_file(rows: Table, files: Table) -> Table:
    """Return what each file says of each service key.

    Returns
    -------
    One row per service key and file: `SERVICE`, `file_no`, `seen` (the file's period end, or the row's end where it
    ended before), `hours`, `cost` (summed over the rows of the key), `last_end`, `provider_id`.
    """
    known = package_rows(rows)
    closes = ibis.coalesce(files["period_end"], files["stated_end"], files["data_end"])
    ends = files.select("file_no", closes=days.number(closes))
    said = known.group_by([*SERVICE, "file_no"]).aggregate(
        hours=known["hours"].sum(),
        cost=known["cost"].sum(),
        last_end=known["end"].max(),
        provider_id=known["provider_id"].max(),
    )
    said = looked_up(said, ends, ("file_no",))
    seen = ibis.greatest(ibis.least(said["closes"], said["last_end"]), said["start"])
    return said.mutate(seen=seen).drop("closes")


def observations(said: Table) -> Table:
    """Return the rows of `per_file` that no later file overtakes: one that looks back to the same day, or before."""
    later = ibis.rows_window(group_by=SERVICE, order_by="file_no", following=(1, None))
    overtaken = said["seen"].min().over(later) <= said["seen"]
    marked = said.mutate(_overtaken=overtaken.fill_null(False))
    return marked.filter(~marked["_overtaken"]).drop("_overtaken")


def levels_seen(seen: Table) -> Table:
    """Join successive observations of one level.

    Returns
    -------
    One row per service key and level: `SERVICE`, `level_no`, `first_seen`, `last_seen`, `hours`, `cost`,
    `provider_id`, `earliest` (first day the level can have begun), `rose`, `units_changed`, `cost_changed`.
    """
    by_file = ibis.window(group_by=SERVICE, order_by="file_no")
    compared = seen.mutate(_hours=seen["hours"].lag().over(by_file), _cost=seen["cost"].lag().over(by_file))
    first = ibis.row_number().over(by_file) == 0
    hours_new = ~compared["hours"].identical_to(compared["_hours"]) & ~first
    cost_new = ~compared["cost"].identical_to(compared["_cost"]) & ~first
    compared = compared.mutate(
        units_changed=hours_new,
        cost_changed=cost_new,
        rose=(compared["hours"] > compared["_hours"]).fill_null(compared["cost"] > compared["_cost"]).fill_null(False)
        | (~hours_new & (compared["cost"] > compared["_cost"]).fill_null(False)),
    )
    so_far = ibis.cumulative_window(group_by=SERVICE, order_by="file_no")
    changed = (compared["units_changed"] | compared["cost_changed"]).cast("int64")
    compared = compared.mutate(level_no=changed.sum().over(so_far))
    levels = compared.group_by([*SERVICE, "level_no"]).aggregate(
        first_seen=compared["seen"].min(),
        last_seen=compared["seen"].max(),
        hours=compared["hours"].max(),
        cost=compared["cost"].max(),
        provider_id=compared["provider_id"].max(),
        rose=compared["rose"].any(),
        units_changed=compared["units_changed"].any(),
        cost_changed=compared["cost_changed"].any(),
    )
    before = levels["last_seen"].lag().over(ibis.window(group_by=SERVICE, order_by="level_no"))
    return levels.mutate(earliest=before + 1)


def _overwritten_keys(levels: Table, lines: Table) -> Table:
    """Return the keys to follow from file to file: units changed, or the price changed and all rows end together.

    Where only the price changed and the rows of a key end on different days, the rows as they stand say more.
    """
    ends = lines.group_by(SERVICE).aggregate(_ends=lines["end"].nunique())
    keys = levels.group_by(SERVICE).aggregate(_units=levels["units_changed"].any(), _levels=levels["level_no"].max())
    keys = looked_up(keys, ends, SERVICE)
    return keys.filter((keys["_levels"] > 0) & (keys["_units"] | (keys["_ends"] == 1))).select(*SERVICE)


def _exact(lines: Table, overwritten: Table, seen: Table) -> Table:
    """Return the lines of keys whose level never changed between files, as they stand."""
    keys = overwritten.select(*SERVICE).distinct()
    lines = lines.anti_join(keys, list(SERVICE))
    span = seen.group_by(SERVICE).aggregate(
        priced=seen["seen"].min(), last_seen=seen["seen"].max(), known_provider=seen["provider_id"].max()
    )
    lines = looked_up(lines, span, SERVICE)
    return lines.select(
        *SERVICE,
        "hours",
        "cost",
        "outcome",
        first_day=lines["start"],
        last_day=lines["end"],
        earliest=lines["start"],
        latest=lines["start"],
        end_earliest=lines["end"],
        priced=lines["priced"].fill_null(lines["start"]),
        last_seen=lines["last_seen"].fill_null(lines["start"]),
        provider_id=ibis.coalesce(lines["provider_id"], lines["known_provider"]),
        overwritten=ibis.literal(False),
        repriced=ibis.literal(False),
    )


def _over_time(lines: Table, overwritten: Table) -> Table:
    """Return the levels of overwritten keys as spells that follow each other."""
    whole = lines.group_by(SERVICE).aggregate(end=lines["end"].max(), outcome=lines["outcome"].max())
    levels = looked_up(overwritten, whole, SERVICE)
    opening = levels["level_no"] == 0
    first_day = opening.ifelse(levels["start"], levels["rose"].ifelse(levels["first_seen"], levels["earliest"]))
    levels = levels.mutate(
        first_day=first_day,
        earliest=opening.ifelse(levels["start"], levels["earliest"]),
        latest=opening.ifelse(levels["start"], levels["first_seen"]),
    )
    opening = levels["level_no"] == 0
    repriced = ~opening & ~levels["units_changed"] & levels["hours"].notnull()
    order = ibis.window(group_by=SERVICE, order_by="level_no")
    next_first = levels["first_day"].lead().over(order)
    return levels.select(
        *SERVICE,
        "hours",
        "cost",
        "first_day",
        "earliest",
        "latest",
        "last_seen",
        "provider_id",
        overwritten=~opening & ~repriced,
        repriced=repriced,
        outcome=next_first.isnull().ifelse(levels["outcome"], ibis.null("string")),
        last_day=ibis.least((next_first - 1).fill_null(levels["end"]), levels["end"]),
        end_earliest=(levels["earliest"].lead().over(order) - 1).fill_null(levels["end"]),
        priced=levels["first_seen"],
    )


def home_care_lines(rows: Table, events: Table, files: Table) -> Table:
    """Return every home-care line as spells of one level.

    Parameters
    ----------
    rows, events, files : `cld_rows`, `cld_events`, `cld_files`

    Returns
    -------
    One row per spell with the columns of `COLUMNS`, in day numbers and hundredths. `earliest` and `latest` bound the
    day its start lies on, `end_earliest` the day its end lies on; `priced` and `last_seen` are the first and last day a
    file knew it; `overwritten` marks a level of other units (or, without units, of other cost) that follows another in
    the same row, `repriced` one of other cost alone, `vanished` the last level of a row that was open in one file and
    gone from the next.
    """
    said = kept(per_file(rows, files))
    lines = kept(package_rows(events).select(*SERVICE, "end", "hours", "cost", "outcome", "provider_id"))
    seen = observations(said)
    levels = kept(levels_seen(seen))
    overwritten = levels.semi_join(_overwritten_keys(levels, lines), list(SERVICE))
    exact, over_time = _exact(lines, overwritten, seen), _over_time(lines, overwritten)
    names = [c for c in COLUMNS if c != "vanished"]
    spells = ibis.union(exact.select(*names), over_time.select(*names))
    spells = looked_up(spells.filter(spells["last_day"] >= spells["first_day"]), _vanished(said, rows), SERVICE)
    ends_it = spells["last_day"].max().over(ibis.window(group_by=SERVICE)) == spells["last_day"]
    return spells.mutate(vanished=(spells["vanished"] & ends_it).fill_null(False)).select(*COLUMNS)


def _vanished(said: Table, rows: Table) -> Table:
    """Return the keys that were open in the last file that holds them, while their council sent a newer file."""
    newest = rows.group_by(la_code=rows["la_code"].fill_null("")).aggregate(_newest=rows["file_no"].max())
    last = first_by(said, SERVICE, [said["file_no"].desc()])
    last = looked_up(last, newest, ("la_code",))
    gone = last.filter((last["last_end"] == days.FAR) & (last["file_no"] < last["_newest"]))
    return gone.select(*SERVICE, vanished=ibis.literal(True))
