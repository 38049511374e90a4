"""Who enters a comparison of two timepoints, and who is left out and counted."""

import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.measures import registry, scoring
from ot_eval.measures.pairs import pair
from ot_eval.measures.published import log_ratio
from ot_eval.measures.repeated import repeat

INSTRUMENT = registry.instruments()["ucla3"]
TOTAL = INSTRUMENT.score("total")
DAYS = {"baseline": "2025-01-01", "end": "2025-02-12", "follow_up": "2025-05-14"}


@pytest.fixture
def scored(table):
    def total(value):
        return {"companionship": 1, "left_out": 1, "isolated": value}

    rows = [
        ("A", "baseline", DAYS["baseline"], total(3)),
        ("A", "end", DAYS["end"], total(1)),
        ("B", "baseline", DAYS["baseline"], total(2)),
        ("C", "end", DAYS["end"], total(2)),
        ("D", "baseline", DAYS["baseline"], total(1)),
        ("D", "end", DAYS["end"], total(2)),
        ("D", "follow_up", DAYS["follow_up"], total(3)),
    ]
    return scoring.score(table("ucla3", *rows), INSTRUMENT)


def test_pairs_count_who_is_left_out_and_sign_gain_by_direction(scored):
    pairs = pair(scored, TOTAL, instrument="ucla3")
    assert pairs.frame["person_id"].tolist() == ["A", "D"]
    assert (pairs.n_before, pairs.clustered) == (3, False)
    assert pairs.change.tolist() == [-2.0, 1.0]
    assert pairs.gain.tolist() == [2.0, -1.0]  # a lower loneliness score is better
    assert (pairs.outcome, pairs.term) == ("ucla3 total", "baseline to end")


def test_a_declared_cluster_must_be_there_for_everyone(scored):
    with pytest.raises(DataError, match="1 of 2 people"):
        pair(scored, TOTAL, instrument="ucla3", cluster=pd.Series({"A": "p1"}))
    assert pair(scored, TOTAL, instrument="ucla3", cluster=pd.Series({"A": "p1", "D": "p2"})).clustered


def test_repeated_keeps_order_and_first(scored):
    repeated = repeat(scored, TOTAL, instrument="ucla3")
    assert repeated.timepoints == ["baseline", "end", "follow_up"]
    assert repeated.with_first().frame.index.tolist() == ["A", "B", "D"]
    with pytest.raises(DataError, match="have no provider"):
        repeat(scored, TOTAL, instrument="ucla3", cluster=pd.Series({"A": "p1"}))
    with pytest.raises(AnalysisRefused, match="nobody has"):
        repeat(scored.iloc[:0], TOTAL, instrument="ucla3")


@pytest.mark.parametrize("ratio", [(0.0, 0.1, 0.2), (2.0, 0.5, 1.0), (1.0, 1.0, 1.0), (-1.7, -2.0, -1.3)])
def test_a_ratio_outside_its_interval_is_refused(ratio):
    with pytest.raises(RequestError, match="not above zero or lies outside"):
        log_ratio(*ratio)
