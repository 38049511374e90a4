"""The usual faults of a council's return, put into invented files on request.

In the history: rows that end before they begin, re-cut rows that overlap by up to two weeks, ended rows that vanish
instead of ending, deaths that reach the system late. In the files: capitals and spaces, the text NULL, missing NHS
numbers, two ids for one person, rows sent twice, values in no list, negative costs, a wrong stated period, a newest
file made too early, a byte-order mark, Windows-1252 with CRLF, and two other ways to write a date.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented faults themselves

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data import synthetic_wording as words
from ot_eval.data.synthetic_council import NONE, Council
from ot_eval.data.synthetic_files import Coded, Sheet
from ot_eval.data.synthetic_rows import REQUEST, REVIEW, SERVICE, code

Rng = np.random.Generator
Array = np.ndarray[Any, Any]
LISTED = (
    "Event Type",
    "Event Outcome",
    "Client Type",
    "Service Type",
    "Service Component",
    "Assessment Type",
    "Gender",
)
BLANKED = ("Ethnicity", "Delivery Mechanism", "Hearing Impairment", "Client Funding Status", "GP Practice Code")
EARLY = 29  # days before its quarter's end that the newest file was made


def made_on(council: Council, number: int, *, dirty: bool) -> int:
    """Return the day on which file `number` was made."""
    newest = number == council.quarters - 1
    return council.file_ends[number] - (EARLY if dirty and newest else 0)


def spoil_history(r: pd.DataFrame, p: pd.DataFrame, council: Council, rng: Rng) -> None:
    """Put faults into the history of rows, in place; adds `p["death_known"]` and the day an end became known."""
    n = len(r)
    late = np.where(rng.random(len(p)) < 0.3, rng.integers(5, 120, len(p)), 0)
    p["death_known"] = np.where(p["death"] < NONE, p["death"] + late, NONE)
    died = r["outcome"] == code(words.OUTCOME, "NFA - Deceased")
    r["end_known"] = np.where(died, p["death_known"].to_numpy()[r["person"]], r["end_known"])
    home = (r["event"] == SERVICE) & (r["component"] == 2)
    cut = home & (r["outcome"] == code(words.OUTCOME, "No change in package")) & (r["known_until"] == NONE)
    overlaps = cut & (rng.random(n) < 0.15) & (r["end"] < NONE)
    r.loc[overlaps, "end"] += rng.integers(2, 15, int(overlaps.sum()))
    ended = home & (r["outcome"] == code(words.OUTCOME, "Service ended as planned")) & (r["end"] < council.data_end)
    ends = np.array(council.file_ends)
    last_seen = ends[np.maximum(np.searchsorted(ends, r["end"].to_numpy()) - 1, 0)]
    vanishes = ended & (rng.random(n) < 0.15) & (r["start"] <= last_seen) & (last_seen < r["end"])
    r.loc[vanishes, "known_until"] = np.minimum(r["known_until"], r["end"])[vanishes]
    r.loc[vanishes, "end"] = NONE
    backwards = (r["event"] != SERVICE) & (rng.random(n) < 0.003)
    r.loc[backwards, "end"] = r.loc[backwards, "start"] - rng.integers(1, 20, int(backwards.sum()))


def spoil_sheet(sheet: Sheet, number: int, p: pd.DataFrame, r: pd.DataFrame, rng: Rng) -> None:
    """Put faults into one file, in place."""
    event = r["event"].to_numpy()[sheet.index]
    for header in LISTED:
        _restyle(sheet.columns[header], 0.005, rng)
    for header in BLANKED:
        _put(sheet.columns[header], "NULL", _some(len(event), 0.003, rng))
    _put(sheet.columns["NHS Number"], "", _some(len(event), 0.012, rng))
    _put(sheet.columns["Provider CQC Location ID"], "", _some(len(event), 0.004, rng))
    _put(sheet.columns["Dementia"], "Unknown", _some(len(event), 0.004, rng))
    _put(sheet.columns["Event Type"], "Referral", _some(len(event), 0.004, rng) & (event == REQUEST))
    _put(sheet.columns["Event Outcome"], "Closed: local code 12", _some(len(event), 0.01, rng) & (event == REVIEW))
    _put(sheet.columns["Accommodation Status"], "Other: see notes", _some(len(event), 0.003, rng))
    _put(sheet.columns["Delivery Mechanism"], "Framework contract", _some(len(event), 0.003, rng) & (event == SERVICE))
    _negative(sheet.columns["Unit Cost"], _some(len(event), 0.004, rng))
    _second_ids(sheet, p, r, rng)
    _write_oddly(sheet, number)
    _send_twice(sheet, _some(len(event), 0.004, rng))


def _some(n: int, share: float, rng: Rng) -> Array:
    return rng.random(n) < share


def _put(column: Coded, value: str, where: Array) -> None:
    column.vocabulary = [*column.vocabulary, value]
    column.codes = np.where(where, len(column.vocabulary) - 1, column.codes)


def _restyle(column: Coded, share: float, rng: Rng) -> None:
    size = len(column.vocabulary)
    styles = [column.vocabulary, [v.upper() for v in column.vocabulary], [v.lower() for v in column.vocabulary]]
    styles.append([f"{v} " if v else v for v in column.vocabulary])
    turn = np.where(_some(len(column.codes), share, rng), rng.integers(1, 4, len(column.codes)), 0)
    column.vocabulary = [v for style in styles for v in style]
    column.codes = np.where(column.codes >= 0, column.codes + turn * size, -1)


def _negative(column: Coded, where: Array) -> None:
    size = len(column.vocabulary)
    column.vocabulary = [*column.vocabulary, *[f"-{v}" for v in column.vocabulary]]
    column.codes = np.where(where & (column.codes >= 0), column.codes + size, column.codes)


def _second_ids(sheet: Sheet, p: pd.DataFrame, r: pd.DataFrame, rng: Rng) -> None:
    """Give the rows after the start of reablement another LA id, for people with a duplicate record."""
    column = sheet.columns["LA Person Unique Identifier"]
    who, begin = r["person"].to_numpy()[sheet.index], r["start"].to_numpy()[sheet.index]
    second = p["second_id"].to_numpy()[who] & (begin > p["end"].to_numpy()[who])
    size = len(column.vocabulary)
    column.vocabulary = [*column.vocabulary, *[f"P{v + 1}" for v in p["la_number"]]]
    column.codes = np.where(second, column.codes + size, column.codes)
    kept = ~_some(len(who), 0.001, rng)
    spaced = [f"{v} " for v in column.vocabulary]
    column.codes = np.where(kept, column.codes, column.codes + len(column.vocabulary))
    column.vocabulary = [*column.vocabulary, *spaced]


def _write_oddly(sheet: Sheet, number: int) -> None:
    if number == 2:
        sheet.day_format = "%d/%m/%Y 00:00"
    elif number == 3:
        sheet.encoding = "utf-8-sig"
    elif number == 4:
        sheet.encoding, sheet.newline = "cp1252", "\r\n"
    elif number == 6:
        sheet.stated = (sheet.stated[0] - 92, sheet.stated[1] - 92)
    elif number == 8:
        sheet.day_format = "%Y-%m-%d 00:00:00"


def _send_twice(sheet: Sheet, where: Array) -> None:
    again = np.flatnonzero(where)
    order = np.concatenate([np.arange(len(where)), again])
    sheet.index = sheet.index[order]
    for column in sheet.columns.values():
        column.codes = column.codes[order]
