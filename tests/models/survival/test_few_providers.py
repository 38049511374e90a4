"""Few providers: frailty against R, the provider as unit, and the refusals that send people there."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import frailty
from ot_eval.models.cluster_level import compare, expected_events, summarise
from ot_eval.models.cox import cause_specific
from ot_eval.models.frailty import conditional_hazard_ratios, fit_frailty
from ot_eval.models.restricted_mean import restricted_mean

FIXED = 1e-6  # R stops at 1e-13 of the penalised likelihood here
LOOSE = 0.01  # R's default stops its search for the variance early: its own likelihood is 1.7e-4 below the maximum


@pytest.fixture(scope="module")
def kidney(dataset):
    return dataset("kidney", "time", "status", {1: "infection"})


def test_frailty_at_a_given_variance_equals_r(golden, kidney, relative, monkeypatch):
    for wanted in golden("frailty_converged")["fixed_variance"]:
        near = wanted["theta"]
        monkeypatch.setattr(frailty, "NARROWEST", near * (1 - 1e-9))
        monkeypatch.setattr(frailty, "WIDEST", near * (1 + 1e-9))
        found = fit_frailty(kidney, cause="infection", terms=("age", "sex"), cluster="id")
        assert relative(found.beta, wanted["coef"]) < FIXED
        assert relative(np.sqrt(np.diag(found.covariance)), wanted["se"]) < FIXED
        assert relative(found.loglik_marginal, wanted["c_loglik"]) < FIXED


def test_frailty_variance_is_at_least_as_likely_as_the_one_r_stops_at(golden, kidney, relative):
    wanted = golden("timevarying_recurrent")["kidney_frailty"]
    found = fit_frailty(kidney, cause="infection", terms=("age", "sex"), cluster="id")
    assert found.loglik_marginal >= wanted["c_loglik"]
    assert relative(found.variance, wanted["theta"]) < LOOSE
    assert relative(found.beta, list(wanted["coef"].values())) < LOOSE


def _study(rng, providers=12, people=60, spread=0.3, effect=0.0, within=False):
    provider = np.repeat(np.arange(providers), people)
    level = rng.normal(0, spread, providers)
    coached = rng.integers(0, 2, provider.size) if within else (provider % 2)
    age = rng.normal(0, 1, provider.size)
    rate = 0.004 * np.exp(level[provider] + effect * coached + 0.3 * age)
    time, end = rng.exponential(1 / rate), rng.uniform(100, 365, provider.size)
    return pd.DataFrame({
        "exit_day": np.ceil(np.minimum(time, end)).astype(int).clip(1),
        "event": np.where(time <= end, "increase", "none"), "provider_id": provider,
        "coached": np.where(coached == 1, "yes", "no"), "age": age,
    })  # fmt: skip


def test_frailty_recovers_the_variance_and_the_effect_within_providers(about):
    rng = np.random.default_rng(11)
    found = []
    for _ in range(8):
        frame = _study(rng, providers=60, people=40, spread=0.5, effect=0.5, within=True)
        ratio, spread = conditional_hazard_ratios(
            frame, cause="increase", terms=("coached",), cluster="provider_id", about=about
        )
        found.append((np.log(ratio.value), spread.value))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(8)
    assert abs(mean[0] - 0.5) < 5 * error[0] + 0.02
    assert abs(mean[1] - np.expm1(0.25)) < 5 * error[1] + 0.05  # log-normal levels have variance exp(s2) - 1


def test_the_t_test_of_log_rates_is_scipys(about):
    frame = _study(np.random.default_rng(5))
    found = compare(frame, cause="increase", exposure="coached", cluster="provider_id", about=about)[0]
    by = frame.groupby("provider_id").agg(
        d=("event", lambda e: (e == "increase").sum()), t=("exit_day", "sum"), arm=("coached", "first")
    )
    rate = np.log(by.d / by.t)
    t = stats.ttest_ind(rate[by.arm == "yes"], rate[by.arm == "no"])
    assert found.p == pytest.approx(t.pvalue, rel=1e-12)
    assert found.value == pytest.approx(np.exp(rate[by.arm == "yes"].mean() - rate[by.arm == "no"].mean()), rel=1e-12)
    assert (found.n_cluster, "10 degrees" in found.method) == (12, True)


def test_expected_events_sum_to_those_observed_and_providers_without_events_are_kept(about):
    frame = _study(np.random.default_rng(6))
    assert expected_events(frame, "increase", ("age",)).sum() == pytest.approx((frame.event == "increase").sum())
    nobody = frame.assign(event=frame.event.where(frame.provider_id != 3, "none"))
    summary = summarise(nobody, cause="increase", exposure="coached", cluster="provider_id", terms=("age",))
    assert np.isfinite(summary.log_ratio).all()
    assert compare(
        nobody, cause="increase", exposure="coached", cluster="provider_id", terms=("age",), about=about
    )[0].n_cluster == 12  # fmt: skip


def test_an_exposure_set_by_provider_is_refused_with_few_providers_and_sent_to_the_cluster_level(about):
    frame = _study(np.random.default_rng(7))
    ask = {"about": about, "cluster": "provider_id"}
    with pytest.raises(AnalysisRefused, match="one value of it") as refusal:
        cause_specific(frame, cause="increase", terms=("coached",), **ask)
    assert "cluster_level.compare" in refusal.value.fix
    with pytest.raises(AnalysisRefused, match="one value of it"):
        restricted_mean(frame, horizon=90, by="coached", **ask)
    many = _study(np.random.default_rng(7), providers=24, people=30)
    assert cause_specific(many, cause="increase", terms=("coached",), **ask)[0].n_cluster == 24
    within = _study(np.random.default_rng(7), within=True)
    assert cause_specific(within, cause="increase", terms=("coached",), **ask)[0].n_cluster == 12


def test_fewer_than_five_providers_are_refused(about):
    frame = _study(np.random.default_rng(7), providers=4, people=80, within=True)
    with pytest.raises(AnalysisRefused, match="4 clusters"):
        cause_specific(frame, cause="increase", terms=("coached",), about=about, cluster="provider_id")
    with pytest.raises(AnalysisRefused, match="4 clusters"):
        conditional_hazard_ratios(frame, cause="increase", terms=("coached",), about=about, cluster="provider_id")


def test_a_provider_with_both_groups_cannot_be_compared_with_others(about):
    frame = _study(np.random.default_rng(7), within=True)
    with pytest.raises(AnalysisRefused, match="12 have several"):
        compare(frame, cause="increase", exposure="coached", cluster="provider_id", about=about)
