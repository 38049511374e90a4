"""Reablement episodes and ASCOF 2A in plain Python: rules 7 to 17."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass

import pandas as pd
from cld_pandas_read import is_package, iso
from cld_pandas_words import (
    DENOMINATOR_OUTCOMES,
    EPOCH,
    LONG_TERM,
    LOW_LEVEL,
    NOT_USABLE,
    OPEN,
    OTHER_SHORT,
    SEQUEL_ORDER,
    SHORT_STAY,
    ST_MAX,
    Rules,
)


@dataclass
class Event:
    """One merged row, as the loops over people see it."""

    event: str
    service: str
    component: str
    start: int
    end: int
    rank: int
    provider: str
    route: str
    hours: float
    home: bool
    line: str


@dataclass
class Cluster:
    """One reablement episode."""

    person: str
    start: int
    end: int
    rank: int
    existing: bool = False
    sequel: str = ""
    step: str = ""
    counted: str = ""
    request: bool = False


def events_by_person(events: pd.DataFrame, death: dict) -> dict[str, list[Event]]:
    """Rule 7: service users, start known, end on or after start, and not begun after death."""
    kept = events[(events["client"] == "service user") & events["start"].notna() & (events["end"] >= events["start"])]
    kept = kept.assign(
        hours=kept["units"].where(kept["frequency"] == "hourly", 0.0).fillna(0.0), home=is_package(kept)
    ).sort_values(["person", "start", "end"], kind="stable")
    people: dict[str, list[Event]] = defaultdict(list)
    columns = ["event", "service", "component", "start", "end", "rank", "provider", "route", "hours", "home"]
    for person, *values, line in kept[["person", *columns, "description"]].itertuples(index=False, name=None):
        row = Event(*values, line=line)
        row.start, row.end = int(row.start), int(row.end)
        if row.start <= death.get(person, OPEN):
            people[person].append(row)
    return people


def penalised(rank: int) -> int:
    """Rule 8: outcomes that only say that something goes on come last."""
    return rank + 100 if rank in NOT_USABLE else rank


def find_clusters(person: str, events: list[Event], rules: Rules) -> list[Cluster]:
    """Rules 7 and 8: ST-Max rows at most 7 days apart are one cluster; its outcome is that of the latest end."""
    clusters: list[Cluster] = []
    for row in (e for e in events if e.service == ST_MAX):
        last = clusters[-1] if clusters else None
        if last and row.start - last.end <= rules.join_gap:
            if row.end > last.end or (row.end == last.end and penalised(row.rank) < penalised(last.rank)):
                last.end, last.rank = row.end, row.rank
        else:
            clusters.append(Cluster(person, row.start, row.end, row.rank))
    return clusters


def decide(cluster: Cluster, events: list[Event], death: int, rules: Rules) -> tuple[str, str]:
    """Rules 11 to 15: the sequel of a cluster and the step that decided it."""
    if death <= cluster.end + rules.sequel_window:
        return "deceased", "1"
    if cluster.rank == 6:
        return "outcome 6", "2"
    window = [e for e in events if cluster.start <= e.start <= cluster.end + rules.sequel_window]
    follows = [e for e in window if e.end > cluster.end]
    best = min((_service_order(e) for e in follows if e.event == "service" and e.service in SEQUEL_ORDER), default=None)
    if best:
        return best[2], "3"
    others = [e for e in follows if e.event != "service" and e.rank != 14]
    # Reading: an event in the window with an outcome that is not usable still "counts for (b)" as an event, so that the
    # cluster's own outcome competes; only windows with nothing but "ended as planned" or carer services stop that.
    pool_own = rules.pool_episode_outcome or not follows or bool(others)
    own = [(cluster.rank, 0)] if usable(cluster.rank) and pool_own else []
    after = [(e.rank, 1) for e in others if usable(e.rank)]
    nested = [
        e
        for e in events
        if e.event in ("assessment", "review")
        and usable(e.rank)
        and e.start >= cluster.start
        and cluster.start < e.end <= cluster.end
        and cluster.end - e.end < rules.nested_window
    ]
    inside = [min((-e.end, e.rank) for e in nested)] if nested else []
    pool = own + after + [(rank, 2) for _, rank in inside]
    if pool:
        rank, source = min(pool)
        return f"outcome {rank}", "4" + "abc"[source]
    for e in events:
        if e.component == "equipment" and e.start >= cluster.start and cluster.start < e.end <= cluster.end:
            return LOW_LEVEL, "5"
    return f"outcome {cluster.rank}", "6"


def usable(rank: int) -> bool:
    """Rule 8: below 100 after the penalty."""
    return penalised(rank) < 100


def _service_order(e: Event) -> tuple[int, int, str]:
    stay = e.component in SHORT_STAY
    name = "residential or nursing" if stay and e.service == OTHER_SHORT else e.service
    return SEQUEL_ORDER[e.service], 0 if stay else 1, name


def count_2a(sequel: str) -> str:
    """Facts 2.4, item 7: numerator, denominator only, or neither."""
    if sequel in LONG_TERM or sequel == "residential or nursing":
        return "denominator"
    if sequel in (LOW_LEVEL, OTHER_SHORT):
        return "numerator"
    if sequel.startswith("outcome ") and int(sequel.split()[1]) in DENOMINATOR_OUTCOMES:
        return "numerator"
    return "neither"


def describe_clusters(people: dict[str, list[Event]], birth: dict, death: dict, rules: Rules) -> list[Cluster]:
    """Every ended or open cluster of adults with client status, sequel, step and request flag."""
    found = []
    for person, events in people.items():
        clusters = find_clusters(person, events, rules)
        for k, c in enumerate(clusters):
            born = birth.get(person)
            if c.end < OPEN and born is not None and int((c.end - born) / 365.25) < rules.minimum_age:
                c.sequel = "under 18"
            c.existing = any(
                e.service in LONG_TERM and e.start < c.start and c.start - e.end < rules.look_back for e in events
            )
            if c.end >= OPEN:
                c.sequel = "open"
            elif not c.sequel:
                c.sequel, c.step = decide(c, events, death.get(person, OPEN), rules)
                c.counted = count_2a(c.sequel)
            c.request = _requested(c, clusters[:k], events)
            found.append(c)
    return found


def _requested(c: Cluster, earlier: list[Cluster], events: list[Event]) -> bool:
    """Rule 17. Reading: a request begun before an earlier cluster that ended in the 28 days led to that one."""
    floor = max((x.start for x in earlier if c.start - x.end < 28), default=-OPEN)
    return any(e.event == "request" and floor <= e.start < c.start and c.start - e.end < 28 for e in events)


def ascof_2a(clusters: list[Cluster], last: int) -> dict:
    """Rule 13 and facts 2.4: new clients whose cluster ended in the 12 months to `last`."""
    end = EPOCH + dt.timedelta(days=last)
    first = (dt.date(end.year - 1, end.month, 1) + dt.timedelta(days=32)).replace(day=1)
    low = (first - EPOCH).days
    inside = [c for c in clusters if low <= c.end <= last and c.sequel != "under 18"]
    new = [c for c in inside if not c.existing]
    counted = Counter(c.counted for c in new)
    numerator, denominator = counted["numerator"], counted["numerator"] + counted["denominator"]
    return {
        "from": iso(low),
        "to": iso(last),
        "ended": len(inside),
        "existing": len(inside) - len(new),
        "numerator": numerator,
        "denominator": denominator,
        "percent": round(100 * numerator / denominator, 1) if denominator else None,
        "steps": dict(sorted(Counter(c.step for c in new).items())),
        "sequels": dict(sorted(Counter(c.sequel for c in new).items())),
    }
