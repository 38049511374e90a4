"""The study's tables from a council's Client Level Data; a table of the study's own wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Protocol
from ot_eval.derive import days
from ot_eval.derive.cld_words import CARE_HOME, MOVED, SERVICE_USER, dated
from ot_eval.derive.episodes import clusters, service_user_rows, with_request, with_route
from ot_eval.derive.joins import first_by, flagged

EVENT_COLUMNS = ("person_id", "date", "kind", "provider_id")
EPISODE_COLUMNS = (
    "episode_id",
    "person_id",
    "setting",
    "start_date",
    "end_date",
    "route",
    "provider_id",
    "end_reason",
    "n_rows",
    "requested",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cld:
    """The canonical CLD tables of one study (see ARCHITECTURE.md)."""

    rows: Table
    events: Table
    files: Table


def episodes_from_cld(cld: Cld, deaths: Table, protocol: Protocol) -> Table:
    """Return `episodes` from CLD: one row per run of ST-Max rows, with the columns of `EPISODE_COLUMNS`."""
    users = service_user_rows(cld.events, deaths)
    found = clusters(users, protocol.population.join_gap_days)
    window = protocol.population.request_look_back_days
    found = with_route(with_request(found, users, window), users, window)
    number = found["episode_no"].cast("string")
    return found.select(
        "person_id",
        "route",
        "provider_id",
        "n_rows",
        "requested",
        episode_id=found["person_id"] + "-" + found["la_code"] + "-" + number,
        setting=found["in_care_home"].ifelse("care_home", "home"),
        start_date=days.as_date(found["start"]),
        end_date=days.as_date(found["end"]),
        end_reason=found["outcome"],
    ).select(*EPISODE_COLUMNS)


def own_episodes(episodes: Table) -> Table:
    """Return the study's own `episodes` with the columns of `EPISODE_COLUMNS`; what the file lacks is missing."""
    kinds = {"end_date": "date", "n_rows": "int64", "requested": "boolean"}
    columns = {
        name: episodes[name].cast(kinds.get(name, "string"))
        if name in episodes.columns
        else ibis.null(kinds.get(name, "string"))
        for name in EPISODE_COLUMNS
        if name not in ("person_id", "start_date", "setting", "episode_id")
    }
    return episodes.select("episode_id", "person_id", "setting", "start_date", **columns).select(*EPISODE_COLUMNS)


def care_home_starts(events: Table) -> Table:
    """Return each start of long-term residential or nursing care as a `care_home_admission` (rule 22)."""
    wanted = (
        (events["client_type"] == SERVICE_USER)
        & (events["event_type"] == "service")
        & events["service_type"].isin(CARE_HOME)
        & dated(events)
    )
    found = events.filter(wanted.fill_null(False))
    return found.select(
        "person_id",
        "provider_id",
        date=found["start_date"],
        kind=ibis.literal("care_home_admission"),
    ).select(*EVENT_COLUMNS)


def moves(home_care: Table, bridge: int) -> Table:
    """Return `moved_away` where a home-care row ended with that outcome and nothing follows within `bridge` days.

    Parameters
    ----------
    home_care : `packages` from CLD
    bridge : days; a row that starts this soon after keeps the person here
    """
    lines = home_care.filter(home_care["service"] == "home_care")
    spans = lines.select("person_id", other_start=days.number(lines["start_date"]), other_end=_end(lines))
    moved = lines.filter((lines["outcome"] == MOVED) & lines["end_date"].notnull())
    moved = moved.select("person_id", "provider_id", date=moved["end_date"], end=days.number(moved["end_date"]))
    last = first_by(moved, ("person_id", "end"), [moved["provider_id"]])
    followed = flagged(
        last,
        "followed",
        spans,
        ("person_id",),
        lambda p: (p["other_end"] > p["end"]) & (p["other_start"] - p["end"] <= bridge),
        ("person_id", "end"),
    )
    gone = followed.filter(~followed["followed"])
    return gone.select("person_id", "date", "provider_id", kind=ibis.literal("moved_away")).select(*EVENT_COLUMNS)


def _end(lines: Table) -> Any:
    return days.number_or_far(lines["end_date"])


def events_from_cld(cld: Cld, known_people: Table, home_care: Table, protocol: Protocol) -> Table:
    """Return `events` from CLD: deaths, care-home admissions and moves to another council."""
    died = known_people.filter(known_people["death_date"].notnull())
    death = died.select(
        "person_id", date=died["death_date"], kind=ibis.literal("death"), provider_id=ibis.null("string")
    )
    away = moves(home_care, protocol.increase.gap_bridged_days)
    return ibis.union(death, care_home_starts(cld.events), away)
