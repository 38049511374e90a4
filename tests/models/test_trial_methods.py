"""The register of analyses: one whose measured error lies above 5 % by more than chance is no test there."""

from math import sqrt

import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_methods import Situation, allowed, measured, require


def test_every_offered_test_rejects_a_true_null_at_most_one_time_in_twenty_within_simulation_error():
    """In each simulated setting, what the register lets test was measured at 5 % or less, give or take 4 errors."""
    for rate in measured():
        here = Situation(design=rate.design, n_cluster=rate.providers, n_coached=rate.coached, size_cv=rate.size_cv)
        for verdict in allowed(here):
            if verdict.method.key == rate.method and verdict.role in ("primary", "sensitivity"):
                assert rate.rate <= 0.05 + 4 * sqrt(0.05 * 0.95 / rate.worlds), rate


def test_the_bootstrap_is_no_test_where_it_was_measured_to_reject_too_often():
    here = Situation(design="parallel", n_cluster=8, n_coached=4, size_cv=0.6)
    with pytest.raises(AnalysisRefused, match="an interval to look at, not a test"):
        require("wild_cluster_bootstrap", here, "sensitivity")
    assert require("cluster_summary_t", here).role == "primary"


def test_the_primary_analysis_is_never_barred_in_a_measured_setting():
    places = {(r.design, r.providers, r.coached, r.size_cv) for r in measured() if r.design == "parallel"}
    for design, providers, coached, size_cv in places:
        here = Situation(design=design, n_cluster=providers, n_coached=coached, size_cv=size_cv)
        assert require("cluster_summary_t", here).role == "primary"
