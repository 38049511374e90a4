"""Change statistics against R 4.2.2; inputs and commands in golden/change.R."""

import pandas as pd
import pytest

from ot_eval.models import change_adjusted, change_anchor, change_mean, change_percent
from ot_eval.models.change_shares import share

ALGEBRA = 1e-9  # closed forms in double precision, R printed to 12 digits
ROOT = 1e-6  # R and SciPy solve the noncentral t by different root finders; R warns of pnt precision
OPTIMISER = 1e-6  # logistic regression, both at their default convergence


def check(estimate, expected, tolerance=ALGEBRA):
    for name in ("value", "se", "lower", "upper", "p", "mean"):
        if name in expected:
            got = getattr(estimate, "value" if name == "mean" else name)
            assert got == pytest.approx(expected[name], rel=tolerance, abs=1e-12), name


def test_paired_t(pairs, golden):
    check(change_mean.paired_test(pairs), golden["paired"])
    check(change_mean.mean_change(pairs), golden["paired"])


def test_standardised_response_mean_exact_interval(pairs, golden):
    check(change_mean.standardised_response_mean(pairs), golden["srm"], ROOT)


def test_leave_one_provider_out(clustered, golden):
    check(change_mean.mean_change(clustered), golden["jack_mean"])
    check(change_mean.standardised_response_mean(clustered), golden["jack_srm"])
    check(change_mean.effect_size_at_baseline(clustered), golden["jack_es"])
    check(change_percent.change_over_baseline_mean(clustered), golden["jack_percent"])
    check(change_percent.share_improved(clustered), golden["jack_share"])


def test_wilson_interval_of_a_share(pairs, golden):
    found = change_percent.share_improved(pairs)
    check(found, golden["wilson"])
    assert (found.n, found.n_event) == (160, 143)


def test_analysis_of_covariance_hc3(pairs, by_id, golden):
    check(change_adjusted.adjusted_difference(pairs, by_id("group") == 1), golden["ancova"])


def test_difference_within_providers(clustered, by_id, golden):
    found = change_adjusted.adjusted_difference(clustered, by_id("group") == 1)
    check(found, golden["jack_slope"])
    assert found.n_cluster == 8


def test_two_stage_between_providers(clustered, by_id, golden):
    found = change_adjusted.adjusted_difference(clustered, by_id("provider") <= 4)
    check(found, golden["two_stage"])


def test_anchor(pairs, by_id, golden, rng):
    improved = by_id("anchor") == 1
    area = change_anchor.area_under_curve(pairs, improved)
    assert area.value == pytest.approx(golden["anchor"]["auc"], rel=ALGEBRA)
    assert (area.lower, area.upper) == pytest.approx(
        (golden["anchor"]["lower"], golden["anchor"]["upper"]), rel=ALGEBRA
    )
    cut, predictive, adjusted = change_anchor.anchored_thresholds(pairs, improved, rng, resamples=50)
    assert cut.value == golden["anchor"]["youden"]
    assert predictive.value == pytest.approx(golden["anchor"]["predictive"], rel=OPTIMISER)
    assert adjusted.value == pytest.approx(golden["anchor"]["adjusted"], rel=OPTIMISER)


def test_a_share_of_everyone_has_an_interval_inside_the_scale():
    found = share(pd.Series([True] * 30))
    assert found["value"] == found["upper"] == 100.0
    assert 85 < found["lower"] < 100
