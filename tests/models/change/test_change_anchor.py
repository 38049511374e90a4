"""Thresholds from people's own rating: the known threshold comes back, and weak or lopsided anchors are refused."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import change_anchor
from ot_eval.models.change_thresholds import MeasurementError

TRUTH = 8.0


def _rated(rng, n, mean_change, make):
    """People who call themselves importantly better when their true change passes their own threshold (mean 8)."""
    true = rng.normal(mean_change, 10, n)
    improved = true > rng.normal(TRUTH, 3, n)
    before = rng.normal(50, 12, n)
    pairs = make(before, before + true + rng.normal(0, 2, n))
    return pairs, pd.Series(improved, index=pairs.frame["person_id"])


def test_the_threshold_comes_back_when_half_improve(make, rng):
    pairs, improved = _rated(rng, 6000, TRUTH, make)
    for found in change_anchor.anchored_thresholds(pairs, improved, rng, resamples=200):
        assert found.value == pytest.approx(TRUTH, abs=1.0), found.measure
        assert found.lower < found.value < found.upper


def test_the_adjusted_threshold_is_nearer_the_truth_when_few_improve(make, rng):
    pairs, improved = _rated(rng, 8000, -2.0, make)
    assert improved.mean() < 0.25
    _, predictive, adjusted = change_anchor.anchored_thresholds(pairs, improved, rng, resamples=20)
    assert abs(adjusted.value - TRUTH) < abs(predictive.value - TRUTH)


def test_the_same_seed_gives_the_same_interval(make, rng):
    pairs, improved = _rated(rng, 300, TRUTH, make)
    one, two = (
        change_anchor.anchored_thresholds(pairs, improved, np.random.default_rng(3), resamples=30) for _ in range(2)
    )
    assert one == two


def test_mean_change_of_the_slightly_better(make):
    pairs = make([50] * 24, [55] * 6 + [57] * 6 + [50] * 12)
    rating = pd.Series([1] * 12 + [0] * 12, index=pairs.frame["person_id"])
    found = change_anchor.mean_change_of(pairs, rating, 1)
    assert (found.value, found.n) == (6.0, 12)
    with pytest.raises(AnalysisRefused, match="0 people gave that rating"):
        change_anchor.mean_change_of(pairs, rating, 2)


def test_a_weak_anchor_is_said(make, rng):
    pairs, improved = _rated(rng, 500, TRUTH, make)
    assert change_anchor.anchor_is_strong_enough(pairs, improved.astype(float)).passed
    shuffled = pd.Series(rng.permutation(improved.to_numpy()), index=improved.index).astype(float)
    assert not change_anchor.anchor_is_strong_enough(pairs, shuffled).passed


def test_distribution_methods_carry_no_interval(make, rng):
    pairs, _ = _rated(rng, 200, TRUTH, make)
    found = change_anchor.distribution_thresholds(pairs, MeasurementError(sem=2.0, source="a study"))
    values = {e.measure: e.value for e in found}
    assert values["half a standard deviation before"] == pytest.approx(pairs.frame["before"].std() / 2)
    assert values["detectable change (MDC 95)"] == pytest.approx(1.959964 * np.sqrt(2) * 2, rel=1e-6)
    assert all(e.lower is None for e in found)


def test_area_under_curve_turned_round(make, rng):
    pairs, improved = _rated(rng, 400, TRUTH, make)
    one, other = (change_anchor.area_under_curve(pairs, flag) for flag in (improved, ~improved))
    assert one.value + other.value == pytest.approx(1.0)
    assert one.se == pytest.approx(other.se)


def test_refusals(make, rng):
    pairs, improved = _rated(rng, 200, TRUTH, make)
    with pytest.raises(AnalysisRefused, match="0 people on one side"):
        change_anchor.area_under_curve(pairs, improved | True)
    clustered = make(pairs.frame["before"], pairs.frame["after"], np.arange(200) % 10)
    with pytest.raises(AnalysisRefused, match="providers are declared"):
        change_anchor.anchored_thresholds(clustered, improved, rng)
    apart = make([50] * 40, [40 + i * 0.1 for i in range(20)] + [60 + i * 0.1 for i in range(20)])
    split = pd.Series([False] * 20 + [True] * 20, index=apart.frame["person_id"])
    with pytest.raises(AnalysisRefused, match="separates the scores completely"):
        change_anchor.anchored_thresholds(apart, split, rng)
