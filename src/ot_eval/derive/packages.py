"""Packages of long-term support in the shape of the study's own `packages` table, from Client Level Data."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.cld_words import (
    COMMUNITY,
    HOME_SUPPORT,
    LONG_TERM,
    NURSING,
    RESIDENTIAL,
    SERVICE_USER,
    dated,
    home_support,
    weekly_cost,
)
from ot_eval.derive.from_cld import Cld
from ot_eval.derive.materialise import kept
from ot_eval.derive.package_lines import HUNDREDTHS, home_care_lines
from ot_eval.derive.uncertain_starts import overwriting_councils, with_uncertain_starts

COLUMNS = (
    "person_id",
    "start_date",
    "end_date",
    "service",
    "hours_per_week",
    "cost_per_week",
    "provider_id",
    "carers_per_visit",
    "change_earliest",
    "change_latest",
    "end_earliest",
    "basis",
    "priced_on",
    "seen_to",
    "la_code",
    "line",
    "overwritten",
    "repriced",
    "vanished",
    "outcome",
)
"""The contract's columns, and what the rules about changes and prices need besides.

`end_earliest` is the first day the end can lie on (equal to `end_date` when exact). `priced_on` and `seen_to` are the
first and last day a file knew the cost, which name its price years. `line` is the line's description, `outcome` why it
ended. `overwritten` and `repriced` mark a level that follows another in the same row (of other units, of another
price alone), `vanished` a row that was open in one file and gone from the next.
"""

COMPONENTS = {"direct payment": "direct_payment", "extra care housing": "extra_care", "day support": "day"}


def from_lines(lines: Table) -> Table:
    """Return home-care lines (see `package_lines`) in the contract's shape."""
    known_hours = lines["hours"].notnull()
    return lines.select(
        "person_id",
        start_date=days.as_date(lines["first_day"]),
        end_date=days.as_date(lines["last_day"]),
        service=ibis.literal("home_care"),
        hours_per_week=lines["hours"] / HUNDREDTHS,
        cost_per_week=lines["cost"] / HUNDREDTHS,
        provider_id=lines["provider_id"],
        carers_per_visit=ibis.null("float64"),
        change_earliest=days.as_date(lines["earliest"]),
        change_latest=days.as_date(lines["latest"]),
        end_earliest=days.as_date(lines["end_earliest"]),
        basis=known_hours.ifelse("units", "cost"),
        priced_on=days.as_date(lines["priced"]),
        seen_to=days.as_date(lines["last_seen"]),
        la_code=lines["la_code"],
        line=lines["line"],
        overwritten=lines["overwritten"],
        repriced=lines["repriced"],
        vanished=lines["vanished"],
        outcome=lines["outcome"],
    )


def other_support(events: Table) -> Table:
    """Return long-term support other than home-care lines, as the rows stand (dates exact, no hours)."""
    wanted = (
        (events["client_type"] == SERVICE_USER)
        & (events["event_type"] == "service")
        & events["service_type"].isin(LONG_TERM)
        & dated(events)
        & ~home_support(events)
    )
    rows = events.filter(wanted.fill_null(False))
    component = [
        ((rows["service_type"] == COMMUNITY) & (rows["service_component"] == w), s) for w, s in COMPONENTS.items()
    ]
    kinds = [(rows["service_type"] == NURSING, "nursing"), (rows["service_type"] == RESIDENTIAL, "residential")]
    return rows.select(
        "person_id",
        "start_date",
        "end_date",
        service=ibis.cases(*kinds, *component, else_="other"),
        hours_per_week=ibis.null("float64"),
        cost_per_week=weekly_cost(rows),
        provider_id=rows["provider_id"],
        carers_per_visit=ibis.null("float64"),
        change_earliest=rows["start_date"],
        change_latest=rows["start_date"],
        end_earliest=rows["end_date"],
        basis=ibis.literal("cost"),
        priced_on=rows["start_date"],
        seen_to=rows["start_date"],
        la_code=rows["la_code"].fill_null(""),
        line=rows["description"].fill_null(""),
        overwritten=ibis.literal(False),
        repriced=ibis.literal(False),
        vanished=ibis.literal(False),
        outcome=rows["outcome"],
    )


def from_cld(cld: Cld, style: Table, bridge: int) -> Table:
    """Return `packages` from the canonical CLD tables, with the columns of `COLUMNS`.

    Dates of rows that replace another are exact where the council re-cuts, or does both, and an interval where it
    overwrites.

    Parameters
    ----------
    cld : the canonical CLD tables
    style : result of `recording.recording_style`
    bridge : days; a row that starts this soon after another of its line takes its place
    """
    spells = kept(home_care_lines(cld.rows, cld.events, cld.files))
    spells = with_uncertain_starts(spells, overwriting_councils(style, HOME_SUPPORT), bridge)
    return ibis.union(from_lines(spells).select(*COLUMNS), other_support(cld.events).select(*COLUMNS))


def from_own(packages: Table) -> Table:
    """Return the study's own `packages` with the columns of `COLUMNS`: every date is exact.

    Columns the file does not have are missing throughout.
    """

    def column(name: str, kind: str) -> ibis.expr.types.Value:
        return packages[name].cast(kind) if name in packages.columns else ibis.null(kind)

    hours = column("hours_per_week", "float64")
    return packages.select(
        "person_id",
        "start_date",
        "service",
        end_date=column("end_date", "date"),
        hours_per_week=hours,
        cost_per_week=column("cost_per_week", "float64"),
        provider_id=column("provider_id", "string"),
        carers_per_visit=column("carers_per_visit", "float64"),
        change_earliest=packages["start_date"],
        change_latest=packages["start_date"],
        end_earliest=column("end_date", "date"),
        basis=hours.notnull().ifelse("units", "cost"),
        priced_on=packages["start_date"],
        seen_to=packages["start_date"],
        la_code=ibis.literal(""),
        line=ibis.literal(""),
        overwritten=ibis.literal(False),
        repriced=ibis.literal(False),
        vanished=ibis.literal(False),
        outcome=ibis.null("string"),
    ).select(*COLUMNS)
