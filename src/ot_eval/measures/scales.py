"""What an analysis needs to know of scored instruments, as plain frames that can be stored beside the scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields

import pandas as pd

from ot_eval.measures.instrument import ImportantChange, Instrument, Score


def scale_rows(instruments: Iterable[Instrument]) -> pd.DataFrame:
    """Return one row a score: instrument, title, and the fields of `Score`."""
    rows = [{"instrument": i.name, "title": i.title, **asdict(s)} for i in instruments for s in i.scores]
    columns = ["instrument", "title", *(f.name for f in fields(Score))]
    return pd.DataFrame(rows, columns=columns).astype({"minimum": float, "maximum": float})


def threshold_rows(instruments: Iterable[Instrument]) -> pd.DataFrame:
    """Return one row a published important change: instrument, and the fields of `ImportantChange`."""
    rows = [{"instrument": i.name, **asdict(c)} for i in instruments for c in i.important_changes]
    return pd.DataFrame(rows, columns=["instrument", *(f.name for f in fields(ImportantChange))])


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


def thresholds_of(thresholds: pd.DataFrame, instrument: str, score: str) -> tuple[ImportantChange, ...]:
    """Return the published important changes of one score, as they were written by `threshold_rows`."""
    rows = thresholds[(thresholds["instrument"] == instrument) & (thresholds["score"] == score)]
    names = [f.name for f in fields(ImportantChange)]
    return tuple(ImportantChange(**{n: row[n] for n in names}) for row in rows.to_dict("records"))
