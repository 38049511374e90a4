"""Every door refuses: few events a coefficient, an arm, few clusters, exposures set by cluster, no maximum.

Each rule is held at each estimator that could give a number without it, on both sides of its limit.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import cluster_level, frailty, interval, lifelines_cox, partial_likelihood
from ot_eval.models.bootstrap import bootstrap_restricted_mean
from ot_eval.models.cluster_level import compare
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.count_models import hazard_ratios_from_counts
from ot_eval.models.cox import cause_specific
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.fine_gray import subdistribution
from ot_eval.models.frailty import conditional_hazard_ratios
from ot_eval.models.gray import gray_test
from ot_eval.models.imputation import pool
from ot_eval.models.landmark import at_landmark
from ot_eval.models.parametric import time_ratios
from ot_eval.models.pooled_models import pooled_hazard_ratios
from ot_eval.models.rank_test import log_rank
from ot_eval.models.recurrent import andersen_gill, prentice_williams_peterson
from ot_eval.models.restricted_mean import restricted_mean, time_lost
from ot_eval.models.standardise import standardised_incidence
from ot_eval.models.weighted_mean import weighted_restricted_mean
from ot_eval.models.weighting import exposure_weights

LEAST = 10


def people(small=LEAST, n=240, seed=3):
    """Two arms whose first increases come in the order of time; arm b has exactly `small` of them, 40 people."""
    rng = np.random.default_rng(seed)
    arm = np.where(np.arange(n) < 40, "b", "a")
    frame = pd.DataFrame({
        "person_id": np.arange(n), "entry_day": 0, "exit_day": rng.integers(20, 400, n), "arm": arm, "event": "none",
        "x": (arm == "b").astype(int), "sex": rng.choice(["f", "m"], n), "provider_id": np.arange(n) % 12, "w": 1.0,
    })  # fmt: skip
    frame.loc[frame.index[frame.arm == "b"][:small], "event"] = "increase"
    frame.loc[frame.index[frame.arm == "a"][:60], "event"] = "increase"
    # Everybody is followed to day 60, and all those increases lie before day 300.
    frame["exit_day"] = np.where(frame.event == "increase", frame.exit_day.clip(61, 300), frame.exit_day.clip(61))
    return frame


def counts(frame):
    came = frame.assign(day=0, what="entered")
    left = frame.assign(day=frame.exit_day, what=frame.event)
    both = pd.concat([came, left])[["day", "what", "arm"]]
    return both.value_counts().rename("n").reset_index()


ARMS = {
    "Cox": lambda f, a: cause_specific(f, cause="increase", terms=("arm",), about=a)[0],
    "Cox, 0 and 1": lambda f, a: cause_specific(f, cause="increase", terms=("x",), about=a)[0],
    "Cox, from counts": lambda f, a: hazard_ratios_from_counts(
        counts(f), cause="increase", terms=("arm",), about=a
    )[0],
    "Fine-Gray": lambda f, a: subdistribution(f, cause="increase", terms=("arm",), about=a)[0],
    "Andersen-Gill": lambda f, a: andersen_gill(f, cause="increase", terms=("arm",), about=a)[0],
    "PWP": lambda f, a: prentice_williams_peterson(f, cause="increase", terms=("arm",), about=a)[0],
    "frailty": lambda f, a: conditional_hazard_ratios(
        f, cause="increase", terms=("arm",), cluster="provider_id", about=a
    )[0],
    "Weibull": lambda f, a: time_ratios(f, terms=("arm",), about=a)[0],
    "restricted mean": lambda f, a: restricted_mean(f, horizon=300, by="arm", about=a)[2],
    "restricted mean, ratio": lambda f, a: restricted_mean(f, horizon=300, by="arm", about=a)[3],
    "time lost": lambda f, a: time_lost(f, cause="increase", horizon=300, by="arm", about=a)[2],
    "weighted restricted mean": lambda f, a: weighted_restricted_mean(f, horizon=300, by="arm", weight="w", about=a)[2],
    "g-formula": lambda f, a: standardised_incidence(
        f, cause="increase", exposure="arm", terms=("sex",), days=(200,), about=a
    )[2],
    "imputed": lambda f, a: pooled_hazard_ratios([f] * 5, CoxModel(cause="increase", terms=("arm",)), a)[0],
    "providers": lambda f, a: compare(
        f.assign(provider_id=f.provider_id % 6 + 6 * (f.arm == "b")), cause="increase", exposure="arm",
        cluster="provider_id", about=a,
    )[0],
}  # fmt: skip


@pytest.mark.parametrize("name", ARMS)
def test_an_arm_with_fewer_than_ten_events_has_an_interval_and_no_test(name, about):
    enough, few = ARMS[name](people(LEAST), about), ARMS[name](people(LEAST - 1), about)
    assert enough.p is not None, "ten events are enough"
    assert few.p is None
    assert few.lower < few.value < few.upper


def test_tests_of_curves_are_refused_where_an_arm_has_fewer_than_ten_events(about):
    for test, extra in ((gray_test, {"cause": "increase"}), (log_rank, {})):
        assert test(people(LEAST), by="arm", about=about, **extra).p is not None
        with pytest.raises(AnalysisRefused, match="fewest events"):
            test(people(LEAST - 1), by="arm", about=about, **extra)


def four_events(n=100):
    """Four increases, one coefficient: one too few."""
    frame = people(n=n)
    chosen = np.flatnonzero(frame.event == "increase")
    event = np.full(n, "none", dtype=object)
    event[[chosen[0], chosen[1], chosen[-1], chosen[-2]]] = "increase"
    return frame.assign(event=event)


MODELS = {
    name: ARMS[name]
    for name in ("Cox", "Cox, from counts", "Fine-Gray", "Andersen-Gill", "PWP", "frailty", "Weibull", "imputed")
}


@pytest.mark.parametrize("name", MODELS)
def test_fewer_than_five_events_a_coefficient_are_refused_and_the_remedy_is_named(name, about):
    with pytest.raises(AnalysisRefused, match=r"4 events for [12] coefficients") as refusal:
        MODELS[name](four_events(), about)
    assert "keep at most 0 coefficients: join levels or take covariates out" in refusal.value.fix


def test_five_events_for_one_coefficient_are_enough(about):
    frame = four_events()
    more = frame.index[frame.event == "none"][30]
    found = cause_specific(frame.assign(event=frame.event.where(frame.index != more, "increase")), cause="increase",
                           terms=("x",), about=about)  # fmt: skip
    assert found[0].n_event == 5
    assert found[0].p is None


def within(frame, providers):
    return frame.assign(provider_id=frame.index % providers)


CLUSTERED = {
    "Cox": lambda f, a: cause_specific(f, cause="increase", terms=("arm",), about=a, cluster="provider_id"),
    "Fine-Gray": lambda f, a: subdistribution(f, cause="increase", terms=("arm",), about=a, cluster="provider_id"),
    "incidence": lambda f, a: cumulative_incidence(f, cause="increase", about=a, cluster="provider_id"),
    "frailty": ARMS["frailty"],
    "restricted mean": lambda f, a: restricted_mean(f, horizon=300, by="arm", about=a, cluster="provider_id"),
    "time lost": lambda f, a: time_lost(f, cause="increase", horizon=300, by="arm", about=a, cluster="provider_id"),
    "weighted restricted mean": lambda f, a: weighted_restricted_mean(
        f, horizon=300, by="arm", weight="w", about=a, cluster="provider_id"
    ),
    "g-formula": lambda f, a: standardised_incidence(
        f, cause="increase", exposure="arm", terms=("sex",), days=(200,), about=a, cluster="provider_id"
    ),
    "bootstrap": lambda f, a: bootstrap_restricted_mean(
        f, horizon=300, by="arm", about=a, rng=np.random.default_rng(1), cluster="provider_id", replicates=50
    ),
}


@pytest.mark.parametrize("name", CLUSTERED)
def test_fewer_than_five_clusters_are_refused_at_every_door(name, about):
    assert CLUSTERED[name](within(people(30), 5), about)
    with pytest.raises(AnalysisRefused, match="4 clusters"):
        CLUSTERED[name](within(people(30), 4), about)


SET_BY_CLUSTER = [n for n in CLUSTERED if n not in ("incidence", "frailty")]


@pytest.mark.parametrize("name", SET_BY_CLUSTER)
def test_an_exposure_set_by_few_clusters_is_refused_at_every_door(name, about):
    frame = people(30)
    apart = frame.assign(provider_id=np.where(frame.arm == "b", frame.index % 6, 6 + frame.index % 14))
    assert apart.provider_id.nunique() == 20
    with pytest.raises(AnalysisRefused, match="every one of 20 clusters has one value") as refusal:
        CLUSTERED[name](apart, about)
    assert "cluster_level.compare" in refusal.value.fix
    more = frame.assign(provider_id=np.where(frame.arm == "b", frame.index % 6, 6 + frame.index % 15))
    assert CLUSTERED[name](more, about), "21 clusters are enough"


def test_a_landmark_is_refused_from_the_day_after_which_fewer_than_half_of_the_events_lie():
    frame = pd.DataFrame({
        "exit_day": np.arange(1, 21), "event": "increase", "ot_day": np.where(np.arange(20) % 2, 1.0, np.nan),
    })  # fmt: skip
    assert len(at_landmark(frame, landmark=10, cause="increase")) == 10
    with pytest.raises(AnalysisRefused, match="11 of 20 events lie on or before day 11") as refusal:
        at_landmark(frame, landmark=11, cause="increase")
    assert "cox.split_exposure" in refusal.value.fix


def test_a_search_that_does_not_end_is_refused(monkeypatch, about):
    frame = people(30)
    monkeypatch.setattr(partial_likelihood, "MOST_ITERATIONS", 1)
    for engine in ("count grid", "sorted array", "lifelines"):
        with pytest.raises(AnalysisRefused, match="no maximum after 1 iterations"):
            fit(frame, CoxModel(cause="increase", terms=("arm",), engine=engine))
    monkeypatch.undo()
    monkeypatch.setattr(frailty, "MOST_ITERATIONS", 0)
    with pytest.raises(AnalysisRefused, match="frailty model: no maximum"):
        ARMS["frailty"](frame, about)
    monkeypatch.undo()
    monkeypatch.setattr(interval, "MOST_ITERATIONS", 1)
    unsure = frame.assign(increase_earliest=frame.exit_day - 9, increase_latest=frame.exit_day + 9)
    with pytest.raises(AnalysisRefused, match="interval-censored incidence: no maximum"):
        interval.incidence_from_intervals(unsure, cause="increase", about=about, rng=np.random.default_rng(1))


def test_lifelines_that_does_not_converge_or_disagrees_stops_the_model(monkeypatch):
    from lifelines.exceptions import ConvergenceError

    from ot_eval.base.errors import InternalFault

    frame, model = people(30), CoxModel(cause="increase", terms=("arm",), engine="lifelines")

    class Stuck(lifelines_cox.CoxPHFitter):
        def fit(self, *_args, **_words):
            raise ConvergenceError("no")

    monkeypatch.setattr(lifelines_cox, "CoxPHFitter", Stuck)
    with pytest.raises(AnalysisRefused, match="lifelines found no maximum"):
        fit(frame, model)
    monkeypatch.undo()
    monkeypatch.setattr(lifelines_cox, "PRECISION", {"precision": 0.5, "r_precision": 0.5})
    monkeypatch.setattr(lifelines_cox, "AGREES", 1e-15)
    with pytest.raises(InternalFault, match="two engines disagree"):
        fit(frame, model)


@pytest.mark.parametrize("how", ["stuck", "short", "wrong"])
def test_left_to_the_toolkit_the_exact_engine_stands_where_lifelines_stops_short(monkeypatch, how):
    from lifelines.exceptions import ConvergenceError

    from ot_eval.base.errors import InternalFault

    frame, model = people(30), CoxModel(cause="increase", terms=("arm",))
    assert fit(frame, model).engine == "lifelines"
    exact = fit(frame, replace(model, engine="sorted array"))

    class Other(lifelines_cox.CoxPHFitter):
        def fit(self, *args, **words):
            if how == "stuck":
                raise ConvergenceError("no")
            super().fit(*args, **words)
            self.params_ = self.params_ + exact.se * {"short": 1e-4, "wrong": 1e-2}[how]

    monkeypatch.setattr(lifelines_cox, "CoxPHFitter", Other)
    if how == "wrong":
        with pytest.raises(InternalFault, match="two engines disagree"):
            fit(frame, model)
    else:
        found = fit(frame, model)
        assert found.engine != "lifelines"
        assert found.beta == pytest.approx(exact.beta, abs=1e-9)


def test_weights_are_refused_where_groups_could_not_be_compared():
    frame = people(30)
    with pytest.raises(AnalysisRefused, match="3 groups"):
        exposure_weights(frame.assign(arm=frame.index % 3), exposure="arm", terms=("sex",))
    with pytest.raises(AnalysisRefused, match="4 people in the smaller group for 1 coefficients"):
        exposure_weights(frame.assign(arm=(frame.index < 4).astype(str)), exposure="arm", terms=("sex",))
    with pytest.raises(AnalysisRefused, match=r"tells the two groups apart|could|probability of the exposure"):
        exposure_weights(frame.assign(arm=frame.sex), exposure="arm", terms=("sex",))
    many = pd.concat([frame] * 4, ignore_index=True)
    women = np.flatnonzero(many.sex == "f")
    seen = ((many.sex == "m") & (many.index % 2 == 0)) | (many.index == women[0])
    with pytest.raises(AnalysisRefused, match="people have a probability of the exposure under 1%"):
        exposure_weights(many.assign(arm=np.where(seen, "b", "a")), exposure="arm", terms=("sex",))


def test_providers_with_fewer_events_than_there_are_of_them_or_one_in_a_group_are_not_compared(about):
    frame = people(30)
    own = frame.assign(provider_id=np.where(frame.arm == "b", 0, 1 + frame.index % 8))
    with pytest.raises(AnalysisRefused, match="1 providers in the smaller"):
        compare(own, cause="increase", exposure="arm", cluster="provider_id", about=about)
    rare = frame.assign(provider_id=np.where(frame.arm == "b", frame.index % 20, 20 + frame.index % 150))
    with pytest.raises(AnalysisRefused, match=r"\d+ events among \d+ providers"):
        compare(rare, cause="increase", exposure="arm", cluster="provider_id", about=about)
    assert cluster_level.LEAST_PER_GROUP == 2


def test_copies_with_other_levels_and_a_pool_of_one_are_refused(about):
    from ot_eval.base.errors import RequestError

    frame = people(30)
    other = frame.assign(arm=frame.arm.mask(frame.index % 3 == 0, "c"))
    with pytest.raises(AnalysisRefused, match="different levels in different copies"):
        pooled_hazard_ratios([frame] * 4 + [other], CoxModel(cause="increase", terms=("arm",)), about)
    with pytest.raises(RequestError, match="fewer than two copies"):
        pool([1.0], [0.1], 30)
