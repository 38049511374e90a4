"""Reference numbers and the data they came from; see tests/golden/survival/SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.models.about import About

GOLDEN = Path(__file__).parents[2] / "golden" / "survival"


@pytest.fixture(scope="session")
def golden():
    """Read one JSON of reference numbers by name."""
    return lambda name: json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def dataset():
    """Read one data set, with the contract's columns added: dataset(name, exit, status, {code: event})."""

    def read(name, leave=None, status=None, events=None, entry=None, scale=1):
        frame = pd.read_csv(GOLDEN / "data" / f"{name}.csv")
        if leave:
            frame["exit_day"] = (frame[leave] * scale).astype(int)
            frame["event"] = frame[status].map(lambda code: events.get(code, "none"))
        if entry:
            frame["entry_day"] = (frame[entry] * scale).astype(int)
        return frame

    return read


@pytest.fixture(scope="session")
def lung(dataset):
    """All 228 rows; sex 1 male, 2 female."""
    return dataset("lung", "time", "status", {2: "death"})


@pytest.fixture(scope="session")
def lung226(lung):
    """The rows with age, sex, ph.ecog and inst."""
    return lung.dropna(subset=["age", "sex", "ph.ecog", "inst"]).reset_index(drop=True)


@pytest.fixture(scope="session")
def mgus2(dataset):
    """Rows with time at risk; months."""
    frame = dataset("mgus2", "etime", "event", {1: "pcm", 2: "death"})
    frame = frame[frame["etime"] > 0].reset_index(drop=True)
    frame["ageband"] = pd.cut(frame["age"], [0, 60, 70, 80, 200])
    return frame


@pytest.fixture(scope="session")
def about():
    """Labels."""
    return About(population="everyone", outcome="event")


@pytest.fixture(scope="session")
def relative():
    """Largest relative difference, absolute where the reference is zero."""

    def difference(found, wanted):
        found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
        return float(np.max(np.abs(found - wanted) / np.where(wanted == 0, 1.0, np.abs(wanted))))

    return difference
