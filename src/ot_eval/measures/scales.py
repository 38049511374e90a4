"""What an analysis needs to know of scored instruments, as plain frames that can be stored beside the scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields

import pandas as pd

from ot_eval.measures.instrument import ImportantChange, Instrument, Score

IMPORTANT, DETECTABLE = "important", "detectable"


def scale_rows(instruments: Iterable[Instrument]) -> pd.DataFrame:
    """Return one row a score: instrument, title, and the fields of `Score`."""
    found = [score_rows(i.name, i.title, *i.scores) for i in instruments]
    return pd.concat(found, ignore_index=True) if found else score_rows("", "")


def score_rows(instrument: str, title: str, *scores: Score) -> pd.DataFrame:
    """Return one row for each of these scores of an instrument, as `scale_rows` does."""
    rows = [{"instrument": instrument, "title": title, **asdict(s)} for s in scores]
    columns = ["instrument", "title", *(f.name for f in fields(Score))]
    kinds = {"minimum": float, "maximum": float, "describes": bool}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def threshold_rows(instruments: Iterable[Instrument]) -> pd.DataFrame:
    """Return one row a published change: instrument, its role (important, detectable), the fields of the record."""
    rows = [
        {"instrument": i.name, "role": role, **asdict(change)}
        for i in instruments
        for role, changes in ((IMPORTANT, i.important_changes), (DETECTABLE, i.detectable_changes))
        for change in changes
    ]
    return pd.DataFrame(rows, columns=["instrument", "role", *(f.name for f in fields(ImportantChange))])


def scores_of(scales: pd.DataFrame, instrument: str) -> tuple[Score, ...]:
    """Return the scores of one instrument that measure progress, as they were written by `scale_rows`."""
    rows = scales[(scales["instrument"] == instrument) & ~scales["describes"].astype(bool)]
    out = []
    for row in rows.to_dict("records"):
        low, high = (None if pd.isna(row[end]) else float(row[end]) for end in ("minimum", "maximum"))
        out.append(
            Score(
                name=str(row["name"]),
                about=str(row["about"]),
                unit=str(row["unit"]),
                minimum=low,
                maximum=high,
                better="lower" if row["better"] == "lower" else "higher",
            )
        )
    return tuple(out)


def thresholds_of(thresholds: pd.DataFrame, instrument: str, score: str, role: str) -> tuple[ImportantChange, ...]:
    """Return the published changes of one score in one role, as they were written by `threshold_rows`."""
    own = (thresholds["instrument"] == instrument) & (thresholds["score"] == score) & (thresholds["role"] == role)
    rows = thresholds[own]
    names = [f.name for f in fields(ImportantChange)]
    return tuple(ImportantChange(**{n: row[n] for n in names}) for row in rows.to_dict("records"))
