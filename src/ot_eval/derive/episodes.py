"""Reablement episodes: runs of ST-Max services that follow each other (rules 7, 8, 9 and 17)."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.cld_words import (
    HOSPITAL_ROUTE,
    LONG_TERM,
    SERVICE_USER,
    SHORT_TERM_CARE_HOME,
    ST_MAX,
    dated,
    outcome_rank,
)
from ot_eval.derive.joins import first_by, flagged, looked_up
from ot_eval.derive.spells import joined

WHO = ("la_code", "person_id")
EPISODE = (*WHO, "episode_no")


def service_user_rows(events: Table, deaths: Table) -> Table:
    """Return the rows the rules look at, with day numbers, outcome rank and the person's day of death.

    Service users only; start known; end missing or on/after the start; rows that start after death dropped (rule 7).

    Parameters
    ----------
    events : `cld_events`
    deaths : one row a person, `person_id` and `death` (day number); the latest date known in any file
    """
    users = events.filter((events["client_type"] == SERVICE_USER) & dated(events))
    rows = looked_up(users, deaths, ("person_id",))
    rows = rows.mutate(
        la_code=rows["la_code"].fill_null(""),
        start=days.number(rows["start_date"]),
        end=days.number_or_far(rows["end_date"]),
        rank=outcome_rank(rows["outcome"]),
    )
    return rows.filter(rows["death"].isnull() | (rows["start"] <= rows["death"]))


def clusters(rows: Table, gap: int) -> Table:
    """Join ST-Max rows into episodes.

    Parameters
    ----------
    rows : result of `service_user_rows`
    gap : rows join when start minus the latest end so far is at most this many days

    Returns
    -------
    One row per episode: `la_code`, `person_id`, `episode_no`, `start`, `end` (`days.FAR` where a row is open), `open`,
    `n_rows`, `in_care_home` (some row is short-term care in a care home), `provider_id`, and `outcome`, `rank` of the
    row that ends last, ties to the lowest rank.
    """
    st_max = rows.filter((rows["event_type"] == "service") & (rows["service_type"] == ST_MAX))
    numbered = joined(st_max.mutate(first_day=st_max["start"], last_day=st_max["end"]), WHO, gap)
    numbered = numbered.rename(episode_no="island")
    order = [numbered["end"].desc(), numbered["rank"], numbered["outcome"], numbered["provider_id"]]
    numbered = numbered.mutate(_place=ibis.row_number().over(ibis.window(group_by=EPISODE, order_by=order)))
    care_home = numbered["service_component"].isin(SHORT_TERM_CARE_HOME).fill_null(False)
    decides = numbered["_place"] == 0
    return numbered.group_by(EPISODE).aggregate(
        start=numbered["start"].min(),
        end=numbered["end"].max(),
        open=numbered["end"].max() == days.FAR,
        n_rows=numbered.count(),
        in_care_home=care_home.any(),
        provider_id=numbered["provider_id"].max(where=decides),
        outcome=numbered["outcome"].max(where=decides),
        rank=numbered["rank"].max(where=decides),
        death=numbered["death"].max(),
    )


def with_existing(episodes: Table, rows: Table, look_back: int) -> Table:
    """Add `existing` (rule 9).

    It is true where long-term support began strictly before the episode and ended less than `look_back` days before its
    start, or later, or is open.
    """
    support = rows.filter((rows["event_type"] == "service") & rows["service_type"].isin(LONG_TERM))
    support = support.select(*WHO, support_start=support["start"], support_end=support["end"])
    return flagged(
        episodes,
        "existing",
        support,
        WHO,
        lambda p: (p["support_start"] < p["start"]) & (p["start"] - p["support_end"] < look_back),
        EPISODE,
    )


def with_request(episodes: Table, rows: Table, window: int) -> Table:
    """Add `requested` (rule 17).

    It is true where a request starts before the episode and ends less than `window` days before it, unless the request
    came before an earlier episode that itself ended in those days.
    """
    last = ibis.window(group_by=WHO, order_by="episode_no")
    episodes = episodes.mutate(
        _earlier_start=episodes["start"].lag().over(last), _earlier_end=episodes["end"].lag().over(last)
    )
    requests = rows.filter(rows["event_type"] == "request")
    requests = requests.select(*WHO, request_start=requests["start"], request_end=requests["end"])

    def leads(p: Any) -> Any:
        recent = (p["start"] - p["_earlier_end"] < window).fill_null(False)
        near = (p["request_start"] < p["start"]) & (p["start"] - p["request_end"] < window)
        return near & ~(recent & (p["request_start"] < p["_earlier_start"]).fill_null(False))

    return flagged(episodes, "requested", requests, WHO, leads, EPISODE).drop("_earlier_start", "_earlier_end")


def with_route(episodes: Table, rows: Table, window: int) -> Table:
    """Add `route`, 'hospital' or 'community' (rule 26).

    It is that of the last request that starts in the `window` days up to the start of the episode; missing where there
    is none.
    """
    requests = rows.filter(rows["event_type"] == "request")
    requests = requests.select(*WHO, request_start=requests["start"], request_route=requests["route"])
    near = episodes.select(*EPISODE, "start").inner_join(requests, list(WHO))
    lag = near["start"] - near["request_start"]
    near = near.filter((lag >= 0) & (lag <= window))
    near = near.mutate(_hospital=(near["request_route"] == HOSPITAL_ROUTE).fill_null(False).cast("int64"))
    last = first_by(near, EPISODE, [near["request_start"].desc(), near["_hospital"].desc()])
    route = (last["_hospital"] == 1).ifelse("hospital", "community")
    return looked_up(episodes, last.select(*EPISODE, route=route), EPISODE)
