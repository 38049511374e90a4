"""One history from successive Client Level Data files (rule 6), as expressions that run on DuckDB and Spark alike.

The newest file that holds an event wins. Then death, from the row itself, ends what it falls inside. Then a service
still open in a file and gone from the council's next file ends on that file's last complete day.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from ot_eval.data.cld_values import COMMUNITY, HOME_SUPPORT

_BLANK = "\x1f"


def event_key(rows: ir.Table) -> dict[str, ir.Value]:
    """Return the parts of the key that names an event across files.

    Council, person, client type, event type and start; then a request's end and route, an assessment's end and type,
    a review's end; a service's type and component, and for a line of a home-care package its description. A part that
    does not apply, or is blank, is a fixed text, so that blanks match.
    """
    kind = rows.event_type.fill_null(_BLANK)
    service = kind == "service"
    line = service & (rows.service_type == COMMUNITY) & (rows.service_component == HOME_SUPPORT)
    detail = ibis.cases(
        (service, rows.service_type),
        (kind == "request", rows.route),
        (kind == "assessment", rows.assessment_type),
        else_=ibis.null("string"),
    )
    far = ibis.date(9999, 12, 31)
    return {
        "key_council": rows.la_code.fill_null(_BLANK),
        "key_person": rows.person_id,
        "key_client": rows.client_type.fill_null(_BLANK),
        "key_kind": kind,
        "key_start": rows.start_date.fill_null(far),
        "key_end": ibis.ifelse(service, far, rows.end_date.fill_null(far)),
        "key_detail": detail.fill_null(_BLANK),
        "key_component": ibis.ifelse(service, rows.service_component.fill_null(_BLANK), _BLANK),
        "key_line": ibis.ifelse(line.fill_null(False), rows.description.fill_null(_BLANK), _BLANK),
    }


def merge_history(rows: ir.Table, files: ir.Table) -> ir.Table:
    """Merge the rows of all files into one history.

    Parameters
    ----------
    rows : `cld_rows`
    files : `cld_files`

    Returns
    -------
    table
        `cld_events`: the columns of `cld_rows`, `last_file_no` (the newest file that holds the event) and `end_basis`
        (`recorded`, `death`, `vanished`; missing while open). Concurrent rows of the newest file (double-handed care,
        two-line packages) are all kept.
    """
    keyed = rows.mutate(**event_key(rows))
    key = [name for name in keyed.columns if name.startswith("key_")]
    newest = keyed.group_by(key).agg(last_file_no=keyed.file_no.max())
    held = keyed.inner_join(newest, key)
    held = held.filter(held.file_no == held.last_file_no).select(*rows.columns, "last_file_no")
    return _cropped(_ended_by_death(held), rows, files).select(*rows.columns, "last_file_no", "end_basis")


def _ended_by_death(events: ir.Table) -> ir.Table:
    """End an event on the date of death in its own row, where that falls inside it (an open event has no other end)."""
    inside = (events.death_date >= events.start_date) & (
        events.end_date.isnull() | (events.death_date < events.end_date)
    )
    dead = inside.fill_null(False)
    basis = ibis.cases((dead, "death"), (events.end_date.notnull(), "recorded"), else_=ibis.null("string"))
    return events.mutate(end_date=ibis.ifelse(dead, events.death_date, events.end_date), end_basis=basis)


def _cropped(events: ir.Table, rows: ir.Table, files: ir.Table) -> ir.Table:
    """End services that were still open when they vanished from the council's next file."""
    council = rows.la_code.fill_null(_BLANK)
    latest = rows.group_by(council.name("council")).agg(newest_file_no=rows.file_no.max())
    ends = files.select(ended_file_no=files.file_no, cropped_at=files.period_end)
    with_council = events.mutate(council=events.la_code.fill_null(_BLANK))
    joined = with_council.left_join(latest, "council")
    joined = joined.left_join(ends, joined.last_file_no == ends.ended_file_no)
    gone = (joined.event_type == "service") & joined.end_date.isnull() & (joined.last_file_no < joined.newest_file_no)
    gone = gone.fill_null(False)
    at = ibis.greatest(joined.cropped_at, joined.start_date)
    return joined.mutate(
        end_date=ibis.ifelse(gone, at, joined.end_date), end_basis=ibis.ifelse(gone, "vanished", joined.end_basis)
    )
