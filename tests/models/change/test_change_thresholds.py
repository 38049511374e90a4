"""Change that matters and change beyond noise, kept apart."""

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.measures import registry
from ot_eval.measures.instrument import ImportantChange
from ot_eval.models import change_thresholds as ct

GOLDEN = Path(__file__).parent / "golden"
# psych 2.2.9 `ICC` on Shrout and Fleiss 1979, table 2 (published: .29 and, for the mean of fixed raters, .91)
ICC_2_1, ALPHA = 0.2897637795276, 0.9093155423771
ALGEBRA = 1e-9
SIX = ImportantChange(score="total", value=6.0, kind="opinion", setting="our team", source="meeting", status="USER")
NOISE = ct.MeasurementError(sem=3.0, source="Smith 2020")  # detectable change 1.96 x sqrt(2) x 3 = 8.3


def test_detectable_change_of_the_barthel_is_the_published_one():
    assert ct.MeasurementError(sem=1.45, source="Hsieh 2007").detectable() == pytest.approx(4.02, abs=0.005)


def test_shares_by_hand(make):
    pairs = make([50] * 10, [60, 59, 57, 56, 55, 50, 50, 49, 44, 40])  # gains 10 9 7 6 5 0 0 -1 -6 -10
    better, within, worse = ct.important_change(pairs, SIX)
    assert [e.n_event for e in (better, within, worse)] == [4, 4, 2]
    assert "our team" in better.method
    assert "[USER]" in better.method
    assert [e.n_event for e in ct.reliable_change(pairs, NOISE)] == [2, 7, 1]
    assert [e.n_event for e in ct.important_and_reliable(pairs, SIX, NOISE)] == [2, 2, 0, 6]
    assert sum(e.value for e in ct.important_and_reliable(pairs, SIX, NOISE)) == pytest.approx(100)


def test_a_threshold_smaller_than_noise_is_said(make):
    assert not ct.thresholds_compared(SIX, NOISE).passed
    ten = ImportantChange(score="total", value=10.0, kind="k", setting="s", source="x", status="USER")
    assert ct.thresholds_compared(ten, NOISE).passed


def test_a_threshold_of_another_score_is_refused(make):
    with pytest.raises(RequestError, match="'performance' was asked of 'total'"):
        ct.important_change(make([1, 2, 3], [2, 3, 4]), registry.instruments()["copm"].important_changes[0])


@pytest.mark.parametrize(("sem", "source"), [(0.0, "x"), (-1.0, "x"), (1.0, " ")])
def test_a_measurement_error_needs_a_size_and_a_source(sem, source):
    with pytest.raises(RequestError, match="measurement error"):
        ct.MeasurementError(sem=sem, source=source)


@pytest.mark.parametrize(("sd", "reliability"), [(10, 1.0), (10, 0.0), (10, 1.2), (0, 0.9)])
def test_an_impossible_reliability_is_refused(sd, reliability):
    with pytest.raises(RequestError, match="reliability"):
        ct.error_from_reliability(sd, reliability, "x")


def test_reliability_against_shrout_and_fleiss():
    table = pd.read_csv(GOLDEN / "shrout_fleiss.csv")
    long = table.melt("subject", var_name="occasion").rename(columns={"subject": "person_id"})
    icc, error = ct.repeat_reliability(long, "Shrout and Fleiss 1979")
    assert icc == pytest.approx(ICC_2_1, rel=ALGEBRA)
    assert error.sem == pytest.approx(long["value"].std() * sqrt(1 - ICC_2_1), rel=ALGEBRA)
    alpha, lower, upper = ct.internal_consistency(table.drop(columns="subject"))
    assert alpha == pytest.approx(ALPHA, rel=ALGEBRA)
    assert lower < alpha < upper


def test_repeated_scores_with_gaps_are_refused():
    table = pd.read_csv(GOLDEN / "shrout_fleiss.csv").melt("subject", var_name="occasion")
    long = table.rename(columns={"subject": "person_id"})
    with pytest.raises(AnalysisRefused, match="not each at the same"):
        ct.repeat_reliability(long.iloc[1:], "x")
    with pytest.raises(AnalysisRefused, match="gaps"):
        ct.internal_consistency(pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]}))


def test_few_stable_people_exceed_the_detectable_change(make, rng):
    """Truth known: stable people, noise of 3 points; 5 % exceed it by definition (half of them upwards)."""
    n = 20_000
    true = rng.normal(60, 10, n)
    pairs = make(true + rng.normal(0, 3, n), true + rng.normal(0, 3, n))
    better, _, worse = ct.reliable_change(pairs, NOISE)
    four_se = 4 * 100 * sqrt(0.025 * 0.975 / n)
    assert better.value == pytest.approx(2.5, abs=four_se)
    assert worse.value == pytest.approx(2.5, abs=four_se)
