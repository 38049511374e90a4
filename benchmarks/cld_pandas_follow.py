"""Packages, increases, follow-up and exposure in plain Python: rules 18 to 24."""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd
from cld_pandas_2a import Cluster, Event
from cld_pandas_read import clean, is_package, iso, to_day
from cld_pandas_words import INVALID, NURSING, OPEN, OT_ROLE, RESIDENTIAL, Rules


@dataclass
class Line:
    """One piece of one package line: from, to (inclusive), hours a week."""

    start: int
    end: int
    hours: float
    provider: str = ""
    earliest: int = 0
    rank: int = INVALID


def level_steps(lines: list[Line]) -> list[tuple[int, float]]:
    """The package as steps: (day, hours from that day on), all active lines summed (rules 5 and 18)."""
    change: dict[int, float] = defaultdict(float)
    for line in lines:
        change[line.start] += line.hours
        change[line.end + 1] -= line.hours
    steps, total = [], 0.0
    for day in sorted(change):
        total = round(total + change[day], 4)
        steps.append((day, total))
    return steps


def level_on(steps: list[tuple[int, float]], day: int) -> float:
    """Hours a week on a day."""
    k = bisect.bisect_right(steps, (day, float("inf"))) - 1
    return steps[k][1] if k >= 0 else 0.0


def first_increase(steps: list[tuple[int, float]], zero: int, rules: Rules) -> int | None:
    """Rule 21: first day from 8 on with hours at least 1 hour and 10% above day 7 on each of 28 days in a row."""
    base = level_on(steps, zero + rules.set_up)
    need = max(base + rules.rise, base * (1 + rules.rise_percent / 100)) - 1e-6
    begin = None
    first = zero + rules.set_up + 1
    for k, (day, hours) in enumerate(steps):
        until = steps[k + 1][0] if k + 1 < len(steps) else OPEN
        if until <= first:
            continue
        if hours >= need:
            begin = max(day, first) if begin is None else begin
            if until - begin >= rules.duration:
                return begin
        else:
            begin = None
    return None


def coverage_end(lines: list[Line], zero: int, rules: Rules) -> int:
    """Rule 22: the day on which the package ended with nothing after it within 30 days; gaps up to 30 are bridged.

    Reading: a gap is the next start minus the end; a line counts as a package whether or not it records hours.
    """
    reach = zero + rules.set_up
    for line in sorted(lines, key=lambda x: x.start):
        if line.start - reach > rules.bridge and line.start > zero + rules.set_up:
            break
        reach = max(reach, line.end)
    return reach


def overwritten_lines(history: pd.DataFrame, ends: list[int], zero: int, rules: Rules) -> list[Line]:
    """Rule 23: pieces of one person's lines where the record is overwritten from file to file.

    A new level is placed on the last day that it can have begun (the end of the first file that shows it); `earliest`
    is the first. A level seen before the first file after day 7 counts from day 7 at the latest. A rise that one file
    shows and the next does not is not sustained.
    """
    lines = []
    for (_, start), part in history.groupby(["description", "start"], sort=False):
        seen = part.groupby("file").agg(
            hours=("hours", "sum"), end=("end", "last"), provider=("provider", "last"), rank=("rank", "last")
        )
        files, hours = list(seen.index), list(seen["hours"])
        for k in range(1, len(hours) - 1):
            if hours[k] > hours[k - 1] and hours[k + 1] < hours[k]:
                hours[k] = hours[k - 1]
        final = int(seen["end"].iloc[-1])
        begin, level, earliest = int(start), hours[0], int(start)
        for k in range(1, len(hours)):
            if hours[k] != level:
                low, high = ends[files[k - 1]] + 1, min(ends[files[k]], final)
                place = low if low <= zero + rules.set_up <= ends[files[k]] else high
                lines.append(Line(begin, place - 1, level, seen["provider"].iloc[k], earliest))
                begin, level, earliest = place, hours[k], low
        lines.append(Line(begin, final, level, seen["provider"].iloc[-1], earliest, int(seen["rank"].iloc[-1])))
    return lines


def follow(
    person: str, index: Cluster, lines: list[Line], events: list[Event], death: int, data_end: int, rules: Rules
):
    """Rules 20 to 22 for one person: the row of the follow-up, or the reason for which there is none."""
    zero, close = index.end, data_end - (rules.duration - 1)
    steps = level_steps(lines)
    base = level_on(steps, zero + rules.set_up)
    if base <= 0:
        return "no package on day 7"
    homes = [e.start for e in events if e.service in (NURSING, RESIDENTIAL) and e.start > zero]
    home = min(homes, default=OPEN)
    left = coverage_end(lines, zero, rules)
    # Reading: death or a care home within 30 days of the package's end is the competing event, not a loss.
    ends = {"death": death, "care_home": home}
    kind, day = min(ends.items(), key=lambda item: item[1])
    last_rank = max(((x.end, x.rank) for x in lines if x.end <= left), default=(0, INVALID))[1]
    if day > left + rules.bridge:
        kind, day = ("moved" if last_rank == 7 else "other"), left
    if day > close:
        kind, day = "close", close
    if min(death, home, day) <= zero + rules.set_up:
        return "died, care home or left by day 7" if min(death, home) <= zero + rules.set_up else "no time at risk"
    rise = first_increase(steps, zero, rules)
    # Reading: an increase on the day of a competing event comes first.
    if rise is not None and rise <= day:
        kind, day = "increase", rise
    return {
        "person": person,
        "time_zero": iso(zero),
        "client": "existing" if index.existing else "new",
        "baseline": base,
        "kind": kind,
        "date": iso(day),
        "days": day - zero,
        "providers": sorted({x.provider for x in lines if x.start <= zero + 7 <= x.end and x.hours > 0}),
    }


def package_histories(rows: pd.DataFrame, ends: list[int]) -> dict[str, pd.DataFrame]:
    """Each person's package rows in every file, cropped and closed as the merged ones are."""
    home = rows[is_package(rows) & (rows["client"] == "service user")].copy()
    home["hours"] = home["units"].where(home["frequency"] == "hourly", 0.0).fillna(0.0)
    end, death = home["end"].fillna(OPEN), home["death"]
    end = end.where(~(death.notna() & (end == OPEN) & (home["start"] < death)), death)
    last = home.groupby(["person", "start", "description"])["file"].transform("max")
    gone = (end == OPEN) & (last < len(ends) - 1)
    home["end"] = end.where(~gone, last.map(dict(enumerate(ends))))
    return dict(iter(home.groupby("person")))


def first_ot_contact(contacts: pd.DataFrame, starts: dict[str, int]) -> dict[str, int]:
    """Rule 24: the first contact of an occupational therapist with minutes above 0, on or after reablement began."""
    role = clean(contacts["staff_role"])
    is_ot = role.str.contains(OT_ROLE) & ~role.str.contains("assist")
    held = contacts[is_ot & (pd.to_numeric(contacts["minutes"], errors="coerce") > 0)]
    first: dict[str, int] = {}
    for person, when in zip(clean(held["person_id"]), held["date"], strict=True):
        day = to_day(when)
        if day is not None and day >= starts.get(person, OPEN):
            first[person] = min(day, first.get(person, OPEN))
    return first
