"""Reading and the history of events in plain pandas: rules 1 to 6, 18 and 26."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

import pandas as pd
from cld_pandas_words import CARER_TYPES, COMMUNITY, COMPONENTS, EPOCH, FIELDS, HOME, INVALID, OPEN, OUTCOMES, Rules


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
