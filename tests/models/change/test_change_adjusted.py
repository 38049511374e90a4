"""Regression to the mean: what a single group shows without any effect, and what the adjusted comparison gives back."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models import change_adjusted, change_mean

RELIABILITY, MEAN, SD = 0.7, 60.0, 12.0


def _stable(rng, n):
    """Two scores of people in whom nothing changes."""
    true = rng.normal(MEAN, SD * sqrt(RELIABILITY), n)
    return (true + rng.normal(0, SD * sqrt(1 - RELIABILITY), n) for _ in range(2))


def test_people_picked_for_low_scores_improve_by_the_formula_without_any_effect(make, rng):
    before, after = _stable(rng, 40_000)
    low = before < 50
    picked = make(before[low], after[low])
    seen = change_mean.mean_change(picked)
    expected = change_adjusted.expected_by_chance(picked, MEAN, RELIABILITY, "made here")
    assert seen.value > 4  # a large "improvement" with no effect at all
    assert seen.value == pytest.approx(expected.value, abs=4 * seen.se)


def test_a_single_group_is_always_warned_about(make):
    check = change_adjusted.single_group(make([40, 50, 60], [50, 55, 70]))
    assert not check.passed
    assert "cannot be credited to the service alone" in check.sentence


def test_the_adjusted_comparison_recovers_an_effect_that_change_scores_get_wrong(make, rng):
    """Truth: the group gains 3 points. It starts lower, so its change score is flattered by regression to the mean."""
    n = 4000
    before, after = _stable(rng, n)
    treated = rng.random(n) < 1 / (1 + np.exp((before - 58) / 4))
    after = after + 3.0 * treated
    pairs = make(before, after)
    group = pd.Series(treated, index=pairs.frame["person_id"])
    found = change_adjusted.adjusted_difference(pairs, group)
    assert found.value == pytest.approx(3.0, abs=4 * found.se)
    change = after - before
    assert change[treated].mean() - change[~treated].mean() > 5


def test_a_covariate_that_explains_the_group_is_allowed_for(make, rng):
    n = 3000
    before, after = _stable(rng, n)
    alone = rng.random(n) < 0.5
    treated = rng.random(n) < np.where(alone, 0.7, 0.3)
    after = after + 2.0 * treated - 4.0 * alone
    pairs = make(before, after)
    ids = pairs.frame["person_id"]
    group, covariate = pd.Series(treated, index=ids), pd.DataFrame({"alone": alone}, index=ids.to_numpy())
    plain = change_adjusted.adjusted_difference(pairs, group)
    adjusted = change_adjusted.adjusted_difference(pairs, group, covariates=covariate)
    assert adjusted.value == pytest.approx(2.0, abs=4 * adjusted.se)
    assert plain.value < 1


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_what_providers_differ_in_drops_out_within_providers(level, make, rng):
    n = 400
    before, after = _stable(rng, n)
    provider = np.arange(n) % 8
    treated = rng.random(n) < 0.5
    after = after + 3.0 * treated
    ids = [f"P{i}" for i in range(n)]
    group = pd.Series(treated, index=ids)
    one = change_adjusted.adjusted_difference(make(before, after, provider), group, level=level)
    shifted = change_adjusted.adjusted_difference(make(before, after + 20.0 * provider, provider), group, level=level)
    assert shifted.value == pytest.approx(one.value)
    assert shifted.se == pytest.approx(one.se)


def test_refusals(make, rng):
    before, after = _stable(rng, 60)
    ids = [f"P{i}" for i in range(60)]
    half = pd.Series(np.arange(60) % 2 == 0, index=ids)
    pairs = make(before, after)
    with pytest.raises(AnalysisRefused, match="60 people have no group"):
        change_adjusted.adjusted_difference(pairs, pd.Series(dtype=bool))
    with pytest.raises(AnalysisRefused, match="9 people in one of the groups"):
        change_adjusted.adjusted_difference(pairs, pd.Series(np.arange(60) < 9, index=ids))
    with pytest.raises(AnalysisRefused, match="60 people lack a covariate"):
        change_adjusted.adjusted_difference(pairs, half, covariates=pd.DataFrame({"age": []}))
    with pytest.raises(AnalysisRefused, match="4 providers have people of both groups"):
        change_adjusted.adjusted_difference(make(before, after, np.arange(60) // 15), half)
    with pytest.raises(AnalysisRefused, match="4 providers"):
        change_adjusted.adjusted_difference(
            make(before, after, np.arange(60) // 15), pd.Series(np.arange(60) < 30, index=ids)
        )
    with pytest.raises(AnalysisRefused, match="a group with one provider"):
        change_adjusted.adjusted_difference(
            make(before, after, np.arange(60) // 10), pd.Series(np.arange(60) < 10, index=ids)
        )
    with pytest.raises(AnalysisRefused, match="or one of these is constant"):
        change_adjusted.adjusted_difference(make([50] * 60, after), half)
    copy = pd.DataFrame({"copy": half.astype(float)})
    with pytest.raises(AnalysisRefused, match="the group cannot be told from score before and covariates"):
        change_adjusted.adjusted_difference(make(before, after, np.arange(60) // 6), half, covariates=copy)


@pytest.mark.parametrize(("reliability", "source"), [(-0.1, "x"), (1.1, "x"), (0.5, " ")])
def test_a_formula_needs_a_possible_reliability_with_a_source(reliability, source, make):
    with pytest.raises(RequestError, match="reliability"):
        change_adjusted.expected_by_chance(make([1, 2, 3], [2, 3, 3]), 60, reliability, source)


def test_a_covariate_that_is_the_group_within_providers_is_refused(make, rng):
    before, after = _stable(rng, 80)
    provider = np.arange(80) % 8
    group = pd.Series(np.arange(80) // 8 % 2 == 0, index=[f"P{i}" for i in range(80)])
    shifted = pd.DataFrame({"copy": group.astype(float) + provider})  # the group, seen from within each provider
    with pytest.raises(AnalysisRefused, match="cannot be told from its covariates"):
        change_adjusted.adjusted_difference(make(before, after, provider), group, covariates=shifted)
