"""How a council records change: it re-cuts rows, or it overwrites them. Found from the data, with the evidence."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Reading
from ot_eval.derive import days
from ot_eval.derive.cld_words import LONG_TERM, SERVICE_USER, dated, weekly_cost
from ot_eval.derive.joins import looked_up

PLACE = ("la_code", "service_component")
ROW = (*PLACE, "person_id", "service_type", "start_date", "line")
FOLLOWING = (*PLACE, "person_id", "service_type", "line")
COLUMNS = (
    *PLACE,
    "files",
    "rows_in_two_files",
    "units_overwritten",
    "only_cost_overwritten",
    "units_recut",
    "same_units_recut",
    "style",
)


def _long_term(rows: Table) -> Table:
    wanted = (
        (rows["client_type"] == SERVICE_USER)
        & (rows["event_type"] == "service")
        & rows["service_type"].isin(LONG_TERM)
        & dated(rows)
    )
    found = rows.filter(wanted.fill_null(False))
    return found.mutate(
        la_code=found["la_code"].fill_null(""), line=found["description"].fill_null(""), weekly=weekly_cost(found)
    )


def _overwritten(rows: Table) -> Table:
    """Count rows whose units, or whose cost alone, differ between the files that hold them."""
    known = _long_term(rows)
    per_file = known.group_by([*ROW, "file_no"]).aggregate(
        units=known["planned_units"].sum(), cost=known["weekly"].sum()
    )
    keys = per_file.group_by(ROW).aggregate(
        seen=per_file.count(),
        units_differ=per_file["units"].max() > per_file["units"].min(),
        cost_differs=per_file["cost"].max() > per_file["cost"].min(),
    )
    units, cost = keys["units_differ"].fill_null(False), keys["cost_differs"].fill_null(False)
    return keys.group_by(PLACE).aggregate(
        rows_in_two_files=(keys["seen"] > 1).cast("int64").sum(),
        units_overwritten=units.cast("int64").sum(),
        only_cost_overwritten=(cost & ~units).cast("int64").sum(),
    )


def _recut(events: Table, reset_window: int) -> Table:
    """Count rows of a line that follow another within a day, with other and with the same units.

    A row from another provider, or one that starts around 1 April, is new for a reason of its own: where its units
    differ, it does not show that the council re-cuts.
    """
    lines = _long_term(events)
    lines = lines.mutate(start=days.number(lines["start_date"]), end=days.number_or_far(lines["end_date"]))
    order = ibis.window(group_by=FOLLOWING, order_by=["start", "end", "planned_units"])
    after = {f"_{c}": lines[c].lead().over(order) for c in ("start", "planned_units", "provider_id")}
    after = lines.mutate(**after)
    around = days.april_of(after["_start"] + reset_window) > days.april_of(after["_start"] - reset_window - 1)
    switched = (after["_provider_id"] != after["provider_id"]).fill_null(False)
    follows = (after["_start"] - after["end"]).between(0, 1).fill_null(False)
    differs = (after["_planned_units"] != after["planned_units"]).fill_null(False)
    own_reason = switched | around.fill_null(False)
    return after.group_by(PLACE).aggregate(
        units_recut=(follows & differs & ~own_reason).cast("int64").sum(),
        same_units_recut=(follows & ~differs).cast("int64").sum(),
    )


def recording_style(rows: Table, events: Table, reading: Reading) -> Table:
    """Say, for each council and component of long-term support, how changes of units are recorded.

    Parameters
    ----------
    rows, events : `cld_rows` and `cld_events`
    reading : the share of changes that decides, and how near 1 April a row may be a yearly reset

    Returns
    -------
    One row per council and component with the columns of `COLUMNS`. `style` is 're-cut', 'overwritten' or 'mixed' by
    the share of the changes of units; 'no change seen' where units never change; 'one file' where a single file shows
    no re-cut change, since overwriting cannot be seen in one file.
    """
    files = rows.group_by(la_code=rows["la_code"].fill_null("")).aggregate(files=rows["file_no"].nunique())
    table = looked_up(
        looked_up(_overwritten(rows), _recut(events, reading.reset_window_days), PLACE), files, ("la_code",)
    )
    over, recut = table["units_overwritten"].fill_null(0), table["units_recut"].fill_null(0)
    share = recut / (over + recut).nullif(0)
    style = ibis.cases(
        ((table["files"] == 1) & (recut == 0), "one file"),
        (over + recut == 0, "no change seen"),
        (share >= reading.recording_share, "re-cut"),
        (share <= 1 - reading.recording_share, "overwritten"),
        else_="mixed",
    )
    counts = ("rows_in_two_files", "units_overwritten", "only_cost_overwritten", "units_recut", "same_units_recut")
    return table.mutate(style=style, **{c: table[c].fill_null(0) for c in counts}).select(*COLUMNS)
