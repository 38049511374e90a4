"""Score an instrument: rows of the `scores` or `goals` table in, one row a person and timepoint out."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.measures import assessments
from ot_eval.measures.instrument import Instrument

FIRST_COLUMNS = ["person_id", "timepoint", "date", "instrument"]
MOST_LISTED = 8


def score(table: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return the instrument's scores, one row a person and timepoint.

    Parameters
    ----------
    table : the `scores` table (person_id, date, timepoint, instrument, item, value) or, for goal instruments, the
        `goals` table
    instrument : which one; see `registry.instruments`

    Returns
    -------
    pandas.DataFrame
        person_id, timepoint, date, instrument, and one column a score, empty where the instrument's missing rule
        says so.

    Raises
    ------
    DataError
        An item value is outside the scale or between allowed values, an item is not one of the instrument's (a total
        without items, for one), a timepoint has two days, or dates are out of order. The message counts each.
    """
    refuse(assessments.faults(table, instrument), instrument.table)
    frame = assessments.wide(table, instrument)
    out = instrument.total(frame)
    out = out.assign(date=assessments.dates(table, instrument), instrument=instrument.name)
    out = out.reset_index()
    return out[[*FIRST_COLUMNS, *(s.name for s in instrument.scores)]]


def refuse(faulty: pd.DataFrame, table: str) -> None:
    """Raise the error that names every kind of fault with its count; do nothing when there is none."""
    if faulty.empty:
        return
    kinds = faulty.groupby(["instrument", "item", "rule"], sort=True).size().rename("n").reset_index()
    lines = [
        f"{', '.join(p for p in (row['instrument'], row['item']) if p)}: {row['n']} break the rule '{row['rule']}'"
        for row in kinds.to_dict("records")
    ]
    more = f"; and {len(lines) - MOST_LISTED} more kinds" if len(lines) > MOST_LISTED else ""
    raise DataError(
        f"{table}: " + "; ".join(lines[:MOST_LISTED]) + more,
        expected="assessments that can be scored as their authors meant",
        fix="correct them in the source; a total without items can be an instrument of your own (YAML)",
    )


def by_person(scored: pd.DataFrame, score_name: str) -> pd.DataFrame:
    """Return one row a person and one column a timepoint for one score; empty where there was none."""
    return scored.pivot(index="person_id", columns="timepoint", values=score_name)
