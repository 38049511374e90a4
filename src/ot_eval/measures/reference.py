"""Small tables shipped with the package: value sets and published thresholds."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def table(name: str) -> pd.DataFrame:
    """Return the reference table `instruments/<name>.csv` as text columns; the caller converts.

    Sources and licences stand in `data/reference/instruments/SOURCES.md`.
    """
    path = files("ot_eval.data") / "reference" / "instruments" / f"{name}.csv"
    with path.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)
