"""The invented council's quarterly files: what each shows, in the layout and wording of its release."""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ot_eval.data import synthetic_wording as words
from ot_eval.data.synthetic_council import FIRST_DAY, NONE, YEAR, Council, day, to_date
from ot_eval.data.synthetic_rows import SERVICE, code

Array = np.ndarray[Any, Any]
DAY_0, DAY_N = -22_000, 26_000  # 1909 to 2041: the days that a file can hold
FINANCIAL = code(words.ASSESSMENT, "Financial Assessment")
PROVISION = code(words.OUTCOME, "Provision of service")


@dataclass(slots=True)
class Coded:
    """One column of a file: the words it can hold, and which word each row has (-1 = blank)."""

    vocabulary: list[str]
    codes: Array

    def text(self) -> Any:
        """Return the column as Arrow text."""
        codes = np.where(self.codes < 0, len(self.vocabulary), self.codes).astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([*self.vocabulary, ""])).cast(pa.large_string())


@dataclass(slots=True)
class Sheet:
    """One quarterly file before it is written."""

    name: str
    release: int
    first: int
    last: int
    stated: tuple[int, int]
    index: Array  # which versions of rows it shows
    columns: dict[str, Coded]
    day_format: str = "%d/%m/%Y"
    encoding: str = "utf-8"
    newline: str = "\n"


def shown(r: pd.DataFrame, first: int, as_of: int, last: int) -> Array:
    """Return the row numbers that a file of the 12 months to `last`, made on `as_of`, holds.

    Services: begun, and not ended before the 12 months. Requests, assessments and reviews: ended in the 12 months.
    """
    start, end = r["start"].to_numpy(), r["end"].to_numpy()
    known = (r["known_from"].to_numpy() <= as_of) & (r["known_until"].to_numpy() > as_of)
    service = (start <= min(as_of, last)) & (end >= first)
    other = (end >= first) & (end <= min(as_of, last))
    return np.flatnonzero(known & np.where(r["event"].to_numpy() == SERVICE, service, other))


def make_sheet(
    r: pd.DataFrame, p: pd.DataFrame, providers: pd.DataFrame, council: Council, number: int, as_of: int
) -> Sheet:
    """Return file `number` (0 = the first quarter) as it was known on `as_of`."""
    last = council.file_ends[number]
    end = to_date(last)
    first = max(FIRST_DAY, _year_before(last) + 1)
    release = 1 if number < 9 else 2
    index = shown(r, first, as_of, last)
    if release == 2:
        index = index[r["assessment"].to_numpy()[index] != FINANCIAL]
    year = end.year if end.month > 3 else end.year - 1
    quarter = (end.month - 4) // 3 % 4 + 1
    name = f"CLD_511_{year}-{(year + 1) % 100:02d}_Q{quarter}.csv"
    sheet = Sheet(name, release, first, last, (first, last), index, {})
    q = r.iloc[index].reset_index(drop=True)
    who = q["person"].to_numpy()
    sheet.columns = {
        **_person_columns(p, who, q, release),
        **_event_columns(q, release, as_of),
        **_money_columns(q, providers, as_of),
    }
    dead = np.where(p["death_known"].to_numpy() <= as_of, p["death"].to_numpy(), NONE)[who]
    sheet.columns["Date of Death"] = _dates(dead)
    sheet.columns["Event Reference"] = _references(index, number, release)
    return sheet


def _year_before(last: int) -> int:
    end = to_date(last)
    return day(end.replace(year=end.year - 1))


def _dates(days: Array) -> Coded:
    """Return a date column; its words are filled in when the file is written (`days` are kept as codes)."""
    inside = (days > DAY_0) & (days < DAY_N)
    return Coded([], np.where(inside, days - DAY_0, -1))


def _said(pairs: words.Pairs, codes: Array, release: int) -> Coded:
    return Coded([pair[release - 1] for pair in pairs], np.asarray(codes).astype(np.int64))


def _person_columns(p: pd.DataFrame, who: Array, q: pd.DataFrame, release: int) -> dict[str, Coded]:
    def of(column: str) -> Array:
        return p[column].to_numpy()[who].astype(np.int64)

    numbers = np.arange(len(p))
    said = {
        "Gender": (words.SEX, "sex"),
        "Ethnicity": (words.ETHNICITY, "ethnicity"),
        "Primary Support Reason": (words.REASON, "support_reason"),
        "Accommodation Status": (words.HOME, "accommodation"),
        "Has Unpaid Carer": (words.YES, "carer"),
        "Visual Impairment": (words.VISUAL, "visual"),
        "Hearing Impairment": (words.HEARING, "hearing"),
        "Dementia": (words.YES, "dementia"),
        "Client Funding Status": (words.FUNDING, "funding"),
    }
    columns = {header: _said(pairs, of(column), release) for header, (pairs, column) in said.items()}
    columns["Client Funding Status"].codes[q["event"].to_numpy() != SERVICE] = -1
    columns["Autism Spectrum Disorder (ASD)"] = Coded(["No"], np.zeros(len(who), dtype=np.int64))
    columns["NHS Number"] = Coded([str(v) for v in p["nhs"]], numbers[who])
    columns["LA Person Unique Identifier"] = Coded([f"P{v}" for v in p["la_number"]], numbers[who])
    columns["First Name"] = Coded(words.FIRST_NAMES, of("first_name"))
    columns["Last Name"] = Coded(words.LAST_NAMES, of("last_name"))
    columns["GP Practice Name"] = Coded([f"Practice {k}" for k in range(60)], of("surgery"))
    columns["GP Practice Code"] = Coded([f"Z99{k:03d}" for k in range(60)], of("surgery"))
    columns["Postcode"] = Coded(
        [f"ZZ{1 + k // 100} {k % 10}{chr(65 + k % 23)}{chr(65 + k % 21)}" for k in range(2000)], of("postcode")
    )
    columns["Date of Birth"] = _dates(p["birth"].to_numpy()[who])
    columns["Client Type"] = _said(words.CLIENT, q["client"].to_numpy(), release)
    return columns


def _event_columns(q: pd.DataFrame, release: int, as_of: int) -> dict[str, Coded]:
    end = np.where(q[["end", "end_known"]].to_numpy().max(axis=1) <= as_of, q["end"].to_numpy(), NONE)
    outcome = np.where(end == NONE, PROVISION, q["outcome"].to_numpy())
    needs = np.where(q["assessment"].to_numpy() == 2, 0, -1)
    said = {
        "Event Type": (words.EVENT, "event"),
        "Event Description": (words.DESCRIPTION, "description"),
        "Request: Route of Access": (words.ROUTE, "route"),
        "Assessment Type": (words.ASSESSMENT, "assessment"),
        "Service Type": (words.SERVICE, "service"),
        "Service Component": (words.COMPONENT, "component"),
        "Delivery Mechanism": (words.MECHANISM, "mechanism"),
        "Review Reason": (words.REVIEW_REASON, "reason"),
        "Review Outcomes Achieved": (words.ACHIEVED, "achieved"),
        "Cost Frequency (Unit Type)": (words.FREQUENCY, "frequency"),
    }
    columns = {header: _said(pairs, q[column].to_numpy(), release) for header, (pairs, column) in said.items()}
    assessed = q["assessment"].to_numpy() > 0
    columns["Method of Assessment"] = _said(words.METHOD, np.where(assessed, q["method"], 0), release)
    columns["Method of Review"] = _said(words.METHOD, np.where(assessed, 0, q["method"]), release)
    columns["Event Outcome"] = _said(words.OUTCOME, outcome, release)
    columns["Event Start Date"] = _dates(q["start"].to_numpy())
    columns["Event End Date"] = _dates(end)
    columns["Eligible Needs Identified"] = Coded(["Yes"], needs)
    return columns


def _money_columns(q: pd.DataFrame, providers: pd.DataFrame, as_of: int) -> dict[str, Coded]:
    """Return cost, units and provider; prices are those of the day, or of the row's last day if it has ended."""
    who = q["provider"].to_numpy()
    at = np.minimum(q["end"].to_numpy(), as_of)
    years = np.maximum((at - FIRST_DAY) // YEAR, 0)
    price = providers["price"].to_numpy()[who] * (1 + providers["uplift"].to_numpy()[who]) ** years
    units = q["units"].to_numpy()
    weekly = providers["weekly_cost"].to_numpy()[who] & (who >= 0)
    cost = np.where(who >= 0, np.round(np.where(weekly, np.round(price, 2) * units, price), 2), q["cost"].to_numpy())
    shown_units = np.where(weekly, np.nan, units)
    ids = list(providers["provider_id"])
    return {
        "Unit Cost": numbers(cost),
        "Planned units per week": numbers(shown_units),
        "Provider CQC Location ID": Coded(ids, who),
        "Provider CQC Location Name": Coded([f"Homecare Provider {k + 1}" for k in range(len(ids))], who),
    }


def numbers(values: Array) -> Coded:
    """Return a column of amounts with two decimals; missing is blank."""
    pence = np.where(np.isnan(values), -(10**9), np.round(np.nan_to_num(values) * 100)).astype(np.int64)
    unique, codes = np.unique(pence, return_inverse=True)
    blank = unique == -(10**9)
    return Coded([f"{v / 100:.2f}" for v in unique], np.where(blank[codes], -1, codes))


def _references(index: Array, number: int, release: int) -> Coded:
    """Return event references: Release 1 keeps one a row, Release 2 numbers them anew in every file (a real trap)."""
    if release == 1:
        return Coded([f"E{10_000_000 + k}" for k in index], np.arange(len(index)))
    return Coded([f"EV{number + 1:02d}-{k:06d}" for k in range(len(index))], np.arange(len(index)))


@cache
def _calendar(day_format: str) -> list[str]:
    return [to_date(k).strftime(day_format) for k in range(DAY_0, DAY_N)]


def sheet_columns(sheet: Sheet) -> dict[str, Any]:
    """Return a file's columns in the order and with the headers of its release, as Arrow text ("" = blank)."""
    n = len(sheet.index)
    heads = [h for h in words.HEADERS_R1 if sheet.release == 1 or h not in words.NOT_IN_R2]
    dates = _calendar(sheet.day_format)
    same = {
        "LA Code": "511",
        "Reporting Period Start Date": to_date(sheet.stated[0]).strftime(sheet.day_format),
        "Reporting Period End Date": to_date(sheet.stated[1]).strftime(sheet.day_format),
    }
    columns = {}
    for head in heads:
        coded = sheet.columns.get(head, Coded([], np.full(n, -1)))
        if head in same:
            coded = Coded([same[head]], np.zeros(n, dtype=np.int64))
        elif head.startswith(("Date of", "Event Start", "Event End")):
            coded = Coded(dates, coded.codes)
        columns[head if sheet.release == 1 else words.header_r2(head)] = coded.text()
    return columns


def write_sheet(sheet: Sheet, folder: Path) -> Path:
    """Write one file as CSV and return its path."""
    columns = sheet_columns(sheet)
    quoted = [pc.if_else(pc.match_substring(c, ","), _quoted(c), c) for c in columns.values()]
    lines = pc.binary_join_element_wise(*quoted, pa.scalar(",", pa.large_string()))
    body = sheet.newline.join(lines.to_pylist())
    path = folder / sheet.name
    path.write_bytes((",".join(columns) + sheet.newline + body + sheet.newline).encode(sheet.encoding))
    return path


def _quoted(column: Any) -> Any:
    quote = pa.scalar('"', pa.large_string())
    return pc.binary_join_element_wise(quote, column, quote, pa.scalar("", pa.large_string()))
