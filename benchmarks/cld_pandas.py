"""The rules of `ot_eval` for Client Level Data, written a second time in plain pandas and Python.

It is the named peer of `benchmarks/cld.py` and an independent check: it was written from the rules' text, without
reading `ot_eval.derive`, and shares no code with it. It keeps to what a careful analyst would write at a desk: pandas
for tables, a loop over people for what happens to each.

    python benchmarks/cld_pandas.py FOLDER [answers.json]

FOLDER holds the quarterly files (CSV or Parquet). Where a rule can be read in two ways, the reading taken stands in a
comment that begins with "Reading:".
"""

from __future__ import annotations

import bisect
import datetime as dt
import io
import json
import re
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

EPOCH = dt.date(1970, 1, 1)
OPEN = 10**6  # the day number of an open end

# Reading: R1 "Progress to End of Life Care" has no published target; it is taken as support planning.
OUTCOMES = {
    "progress to reablement/st-max": 1,
    "progress to assessment": 2,
    "progress to re-assessment / unplanned review": 2,
    "progress to assessment, review or reassessment": 2,
    "progress to financial assessment": 3,
    "release 1 specification only: not mapped": 3,
    "progress to support planning / services": 4,
    "progress to support planning or services": 4,
    "progress to end of life care": 4,
    "no change in package": 5,
    "provision of service": 5,
    "continuation of support or services": 5,
    "admitted to hospital": 6,
    "nfa - moved to another la": 7,
    "nfa: responsibility moved to another local authority": 7,
    "nfa - 100% nhs funded care": 8,
    "nfa: referral to nhs services or nhs funded social care": 8,
    "nfa - self-funded client (inc. 12wk disregard)": 9,
    "nfa: self-funded client or under 12wk disregard": 9,
    "nfa - information & advice / signposting only": 10,
    "nfa: information and advice or signposting": 10,
    "nfa: referral to other service within the local authority": 11,
    "nfa - support declined": 12,
    "nfa: support declined": 12,
    "nfa - deceased": 13,
    "nfa: deceased": 13,
    "service ended as planned": 14,
    "nfa: support ended as planned": 14,
    "nfa - support ended: other reason": 15,
    "nfa: support ended for other reason": 15,
    "nfa - no services offered: other reason": 16,
    "nfa: no services offered for other reason": 16,
    "nfa- other": 17,
    "nfa: other": 17,
}
INVALID = 999
NOT_USABLE = {1, 2, 3, 4, 5}  # progress to..., continuation, and Release 1 only
COMPONENTS = {"home support": "home support or domiciliary care"}
CARER_TYPES = {"carer": "unpaid carer", "carer known by association": "unpaid carer known by association"}
ST_MAX = "short term support: st-max"
NURSING, RESIDENTIAL, COMMUNITY, PRISON = (
    f"long term support: {kind}" for kind in ("nursing care", "residential care", "community", "prison")
)
LONG_TERM = {NURSING, RESIDENTIAL, COMMUNITY, PRISON}
LOW_LEVEL, OTHER_SHORT = "short term support: ongoing low level", "short term support: other short term"
SEQUEL_ORDER = {NURSING: 1, RESIDENTIAL: 2, COMMUNITY: 3, PRISON: 4, LOW_LEVEL: 5, OTHER_SHORT: 6}
SHORT_STAY = {"short term residential care", "short term nursing care"}
HOME = "home support or domiciliary care"
DENOMINATOR_OUTCOMES = {7, 10, 11, 14, 15, 16, 17}
OT_ROLE = re.compile(r"\b(?:ot|occupational therapist)\b")
FIELDS = {
    "nhsnumber": "nhs",
    "lapersonuniqueidentifier": "la_id",
    "dateofbirth": "birth",
    "dateofdeath": "death",
    "clienttype": "client",
    "eventtype": "event",
    "eventreference": "reference",
    "eventstartdate": "start",
    "eventenddate": "end",
    "eventdescription": "description",
    "eventoutcome": "outcome",
    "requestrouteofaccess": "route",
    "assessmenttype": "assessment",
    "servicetype": "service",
    "servicecomponent": "component",
    "providercqclocationid": "provider",
    "unitcost": "cost",
    "costfrequencyunittype": "frequency",
    "plannedunitsperweek": "units",
    "gender": "sex",
    "dementia": "dementia",
    "hasunpaidcarer": "carer",
}


@dataclass
class Rules:
    """The constants, with the defaults of the rules."""

    join_gap: int = 7
    look_back: int = 91
    sequel_window: int = 7
    nested_window: int = 14
    month_share: float = 0.20
    set_up: int = 7
    rise: float = 1.0
    rise_percent: float = 10.0
    duration: int = 28
    bridge: int = 30
    minimum_age: int = 18
    pool_episode_outcome: bool = False


@dataclass
class Answers:
    """What the peer found; days are ISO dates."""

    data_end: str = ""
    periods: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    clusters: list = field(default_factory=list)
    follow_up: list = field(default_factory=list)
    attrition: dict = field(default_factory=dict)
    ascof_2a: dict = field(default_factory=dict)
    second_readings: dict = field(default_factory=dict)


# ---------------------------------------------------------------------------------------------------- reading


def to_day(text: str) -> int | None:
    """Whole days since 1970 of a date written as DD/MM/YYYY or ISO, with or without a time (rule 1)."""
    text = text.strip()[:10]
    if not text:
        return None
    if "/" in text:
        d, m, y = text.split("/")
        return (dt.date(int(y), int(m), int(d)) - EPOCH).days
    return (dt.date.fromisoformat(text) - EPOCH).days


def iso(day: int | None) -> str:
    """ISO date of a day number; empty if open or unknown."""
    return "" if day is None or day >= OPEN else (EPOCH + dt.timedelta(days=int(day))).isoformat()


def clean(column: pd.Series) -> pd.Series:
    """Rule 2: case and spaces at the ends do not matter, and the text NULL is blank."""
    unique = {v: v.strip().lower() for v in column.unique()}
    return column.map({k: "" if v == "null" else v for k, v in unique.items()})


def read_file(path: Path, number: int) -> pd.DataFrame:
    """One quarterly file with the peer's column names, cleaned; exact repeats of a row are one row (rule 5)."""
    if path.suffix == ".parquet":
        raw = pd.read_parquet(path).astype("string").fillna("").astype(object)
    else:
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252")
        raw = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    raw.columns = [re.sub(r"[^a-z0-9]", "", c.lower()) for c in raw.columns]
    raw = raw.apply(clean)
    # Reading: "equal in every field" is judged on cleaned values, since values compare without regard to case.
    raw = raw.drop_duplicates().rename(columns=FIELDS)
    frame = raw[[c for c in FIELDS.values() if c in raw]].copy()
    for column in ("start", "end", "birth", "death"):
        days = {v: to_day(v) for v in frame[column].unique()}
        frame[column] = frame[column].map(days).astype("float")
    frame["file"] = number
    return frame


def read_folder(folder: Path) -> pd.DataFrame:
    """Every file of the folder, oldest first by name, in the words of Release 2."""
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".csv", ".parquet"))
    rows = pd.concat([read_file(p, k) for k, p in enumerate(paths)], ignore_index=True)
    rows["event"] = rows["event"].replace({"referral": "request"})
    rows["client"] = rows["client"].replace(CARER_TYPES)
    rows["service"] = rows["service"].replace({"carer support: direct to carer": "unpaid carer support: direct"})
    rows["component"] = rows["component"].replace(COMPONENTS)
    rows["rank"] = rows["outcome"].map(OUTCOMES).fillna(INVALID).astype(int)
    rows["units"] = pd.to_numeric(rows["units"], errors="coerce")
    rows.attrs["names"] = [p.name for p in paths]
    return rows


def find_people(rows: pd.DataFrame) -> pd.Series:
    """Rule 3: LA ids that share an NHS number are one person, named by the LA id that was seen first."""
    first_seen = {la: k for k, la in enumerate(dict.fromkeys(rows["la_id"]))}
    parent = {la: la for la in first_seen}

    def root(la: str) -> str:
        while parent[la] != la:
            parent[la] = parent[parent[la]]
            la = parent[la]
        return la

    holder: dict[str, str] = {}
    pairs = rows.loc[rows["nhs"] != "", ["nhs", "la_id"]].drop_duplicates()
    for nhs, la in zip(pairs["nhs"], pairs["la_id"], strict=True):
        a, b = root(holder.setdefault(nhs, la)), root(la)
        if a != b:
            older, younger = sorted((a, b), key=first_seen.__getitem__)
            parent[younger] = older
    return rows["la_id"].map({la: root(la) for la in parent})


def period_ends(rows: pd.DataFrame, rules: Rules) -> list[int]:
    """Rule 4: each file's last complete month, for requests, assessments and services alike."""
    ends = []
    for _, part in rows.groupby("file"):
        # Reading: the months are those from the first to the last in which any such event of the file ended; a month
        # without events counts as zero in the median.
        kept = part[part["end"].notna() & part["event"].isin(("request", "assessment", "service"))]
        month = pd.to_datetime(kept["end"], unit="D").dt.to_period("M")
        every = pd.period_range(month.min(), month.max(), freq="M")
        complete = pd.Series(True, index=every)
        for kind in ("request", "assessment", "service"):
            count = month[kept["event"] == kind].value_counts().reindex(every, fill_value=0)
            complete &= count >= rules.month_share * count.median()
        last = complete[complete].index.max()
        ends.append((last.end_time.date() - EPOCH).days)
    return ends


# ------------------------------------------------------------------------------------------- history of events


def merge_history(rows: pd.DataFrame, ends: list[int]) -> pd.DataFrame:
    """Rule 6: the newest file that holds an event wins; then the death in the row; then the crop."""
    service, home = rows["event"] == "service", is_package(rows)
    key = pd.DataFrame(
        {
            "person": rows["person"],
            "client": rows["client"],
            "event": rows["event"],
            "start": rows["start"].fillna(-1),
            "end": rows["end"].fillna(-1).where(~service, 0),
            "kind": rows["service"].where(service, rows["route"] + "|" + rows["assessment"]),
            "component": rows["component"].where(service, ""),
            "line": rows["description"].where(home, ""),
        }
    )
    newest = rows.groupby([key[c] for c in key], sort=False)["file"].transform("max")
    events = rows[rows["file"] == newest].copy()
    start, end, death = events["start"], events["end"].fillna(OPEN), events["death"]
    # Reading: a death on the first or last day of an ended event lies inside it.
    inside = death.notna() & (((end < OPEN) & (start <= death) & (death <= end)) | ((end == OPEN) & (start < death)))
    end = end.where(~inside, death)
    gone = (events["event"] == "service") & (end == OPEN) & (events["file"] < len(ends) - 1)
    period = events["file"].map(dict(enumerate(ends)))
    events["end"] = end.where(~gone, period.where(period > start, start))
    return events


def is_package(rows: pd.DataFrame) -> pd.Series:
    """Rule 18: a line of the package is long-term community home support."""
    return (rows["event"] == "service") & (rows["service"] == COMMUNITY) & (rows["component"] == HOME)


def latest_known(rows: pd.DataFrame, column: str, unknown: tuple = ("", "unknown")) -> dict:
    """Rule 26: known beats unknown, the newest file decides."""
    known = rows[rows[column].notna() & ~rows[column].isin(unknown)]
    return known.sort_values("file", kind="stable").groupby("person")[column].last().to_dict()


# ------------------------------------------------------------------------------------------------- ASCOF 2A


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


# -------------------------------------------------------------------------------------- packages and follow-up


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


def analyse(rows: pd.DataFrame, rules: Rules, style: str = "recut") -> Answers:
    """Everything, from rows as read to answers."""
    rows = rows.assign(person=find_people(rows))
    ends = period_ends(rows, rules)
    data_end = ends[-1]
    events = merge_history(rows, ends)
    death = {k: int(v) for k, v in latest_known(rows, "death", ()).items()}
    birth = latest_known(rows, "birth", ())
    people = events_by_person(events, death)
    clusters = describe_clusters(people, birth, death, rules)
    answers = Answers(data_end=iso(data_end), periods={n: iso(e) for n, e in enumerate(ends)})
    answers.rows = {"read": len(rows), "events": len(events), "people": rows["person"].nunique()}
    answers.clusters = [{**asdict(c), "start": iso(c.start), "end": iso(c.end)} for c in clusters]
    answers.ascof_2a = ascof_2a(clusters, data_end)
    histories = _histories(rows, ends) if style == "overwritten" else {}
    results = _follow_all(people, clusters, death, data_end, rules, histories, ends)
    answers.follow_up = [r for _, r in results if isinstance(r, dict)]
    answers.attrition = dict(Counter(r for _, r in results if isinstance(r, str)))
    answers.second_readings = _second_readings(people, clusters, rules)
    return answers


def _histories(rows: pd.DataFrame, ends: list[int]) -> dict[str, pd.DataFrame]:
    """Each person's package rows in every file, cropped and closed as the merged ones are."""
    home = rows[is_package(rows) & (rows["client"] == "service user")].copy()
    home["hours"] = home["units"].where(home["frequency"] == "hourly", 0.0).fillna(0.0)
    end, death = home["end"].fillna(OPEN), home["death"]
    end = end.where(~(death.notna() & (end == OPEN) & (home["start"] < death)), death)
    last = home.groupby(["person", "start", "description"])["file"].transform("max")
    gone = (end == OPEN) & (last < len(ends) - 1)
    home["end"] = end.where(~gone, last.map(dict(enumerate(ends))))
    return dict(iter(home.groupby("person")))


def _follow_all(people, clusters, death, data_end, rules, histories, ends) -> list:
    by_person = defaultdict(list)
    for c in clusters:
        by_person[c.person].append(c)
    results = []
    for person, found in by_person.items():
        # Reading: the index episode is the person's first ended cluster at 18 or over; it is not replaced by a later
        # one if it has no package on day 7.
        adult = [c for c in found if c.end < OPEN and c.sequel != "under 18"]
        if not adult:
            results.append((person, "no ended episode at 18 or over"))
            continue
        index, events = adult[0], people[person]
        lines = [Line(e.start, e.end, e.hours, e.provider, e.start, e.rank) for e in events if e.home]
        if person in histories:
            lines = overwritten_lines(histories[person], ends, index.end, rules)
        results.append((person, follow(person, index, lines, events, death.get(person, OPEN), data_end, rules)))
    return results


def _second_readings(people, clusters, rules) -> dict:
    """How many people the other reading of rule 20 would add: a later cluster has a package on day 7, the first not."""
    by_person = defaultdict(list)
    for c in clusters:
        if c.end < OPEN and c.sequel != "under 18":
            by_person[c.person].append(c)
    later = 0
    for person, found in by_person.items():
        steps = level_steps([Line(e.start, e.end, e.hours) for e in people[person] if e.home])
        has = [level_on(steps, c.end + rules.set_up) > 0 for c in found]
        later += (not has[0]) and any(has)
    return {"a later episode has a package on day 7 and the first has not": later}


# --------------------------------------------------------------------------------------------------- exposure


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


def summary(answers: Answers) -> dict:
    """Counts that say at a glance what was found."""
    return {
        "data_end": answers.data_end,
        "rows": answers.rows,
        "clusters": len(answers.clusters),
        "open": sum(c["sequel"] == "open" for c in answers.clusters),
        "followed": len(answers.follow_up),
        "ends": dict(Counter(f["kind"] for f in answers.follow_up)),
        "clients": dict(Counter(f["client"] for f in answers.follow_up)),
        "attrition": answers.attrition,
        "ascof_2a": answers.ascof_2a,
        "second_readings": answers.second_readings,
    }


def main() -> None:
    """Read a folder, print what was found, and save the answers if a file is named."""
    answers = analyse(read_folder(Path(sys.argv[1])), Rules())
    print(json.dumps(summary(answers), indent=1))
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(asdict(answers), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
