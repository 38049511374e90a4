"""Golden scores of 160 invented people in 8 providers, and makers of pairs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.measures.instrument import Score
from ot_eval.measures.pairs import Pairs
from ot_eval.measures.repeated import Repeated

GOLDEN = Path(__file__).parent / "golden"
POINTS = Score(name="total", about="a score from 0 to 100", minimum=0, maximum=100)


@pytest.fixture(scope="session")
def golden():
    return json.loads((GOLDEN / "change.json").read_text())


@pytest.fixture(scope="session")
def scores():
    return pd.read_csv(GOLDEN / "change_scores.csv")


def make_pairs(before, after, cluster=None, score=POINTS):
    frame = pd.DataFrame({"person_id": [f"P{i}" for i in range(len(before))], "before": before, "after": after})
    if cluster is not None:
        frame["cluster"] = np.asarray(cluster)
    return Pairs(
        frame=frame.astype({"before": float, "after": float}),
        score=score,
        instrument="mbi",
        population="everyone",
        before="baseline",
        after="end",
        n_before=len(frame),
        clustered=cluster is not None,
    )


@pytest.fixture(scope="session")
def pairs(scores):
    return make_pairs(scores["baseline"], scores["end"])


@pytest.fixture(scope="session")
def clustered(scores):
    return make_pairs(scores["baseline"], scores["end"], scores["provider"])


@pytest.fixture(scope="session")
def make():
    return make_pairs


@pytest.fixture(scope="session")
def repeated(scores):
    frame = scores.set_index("id")[["baseline", "end_gap", "follow"]].astype(float)
    frame.columns = ["baseline", "end", "follow_up"]
    return Repeated(frame=frame, score=POINTS, instrument="mbi", population="everyone")


@pytest.fixture(scope="session")
def by_id(scores):
    """Return a column of the golden scores indexed by the person_id that `make_pairs` gives."""

    def of(column):
        return pd.Series(scores[column].to_numpy(), index=[f"P{i}" for i in range(len(scores))])

    return of


@pytest.fixture
def rng():
    return np.random.default_rng(20260401)
