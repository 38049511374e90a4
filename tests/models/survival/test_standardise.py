"""The g-formula: R's averaged curves, brute-force influence, and what must not change."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.standardise import standardised_incidence

CONVERGED = 1e-7
TERMS = ("age", "meno", "size", "grade", "nodes", "pgr", "er")


@pytest.fixture(scope="module")
def gbsg(dataset):
    frame = dataset("gbsg_weights", "rfstime", "status", {1: "death"})
    return frame.assign(grade=frame["grade"].astype("category"), hormon=frame["hormon"].map({0: "no", 1: "yes"}))


def test_averaged_curves_equal_r(golden, gbsg, about, relative):
    wanted = golden("weighted_standardised")["gbsg_gformula_breslow"]
    found = standardised_incidence(
        gbsg, cause="death", exposure="hormon", terms=TERMS, days=tuple(wanted["times"]), about=about, ties="breslow"
    )
    shares = {e.term: e.value for e in found if e.measure == "standardised share"}
    for level, key in (("no", "s0"), ("yes", "s1")):
        for day, share in zip(wanted["times"], wanted[key], strict=True):
            assert relative(1 - shares[f"hormon: {level}, by day {day}"], share) < CONVERGED


def _people(rng, n=300):
    sex, age = rng.integers(0, 2, n), rng.integers(0, 3, n)
    rate = {"increase": 0.02 * np.exp(0.5 * sex - 0.3 * age), "death": 0.012 * np.exp(0.3 * age)}
    times = np.stack([rng.exponential(1 / r) for r in rate.values()] + [rng.uniform(10, 90, n)])
    return pd.DataFrame({
        "exit_day": np.maximum(np.ceil(times.min(axis=0)), 1).astype(int),
        "event": np.array([*rate, "none"])[times.argmin(axis=0)],
        "sex": np.where(sex == 1, "m", "f"), "age": age, "provider": rng.integers(0, 12, n),
    })  # fmt: skip


def test_standard_errors_equal_leaving_people_out_one_by_one(monkeypatch):
    """Jackknife: the influence formula and the change when a person is left out agree to first order."""
    from ot_eval.models.about import About

    monkeypatch.setattr("ot_eval.models.cox_fit.STUDY_SIZE", 0)  # 600 fits: without the slower second engine
    about = About(population="p", outcome="o")
    frame = _people(np.random.default_rng(8))
    ask = {"cause": "increase", "exposure": "sex", "terms": ("age",), "days": (40,), "about": about}
    found = standardised_incidence(frame, **ask)
    left_out = np.array([
        [e.value for e in standardised_incidence(frame.drop(index=i).reset_index(drop=True), **ask)]
        for i in range(len(frame))
    ])  # fmt: skip
    n = len(frame)
    jackknife = np.sqrt((n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    assert np.allclose([e.se for e in found], jackknife, rtol=0.02)


def test_order_of_rows_and_unit_of_a_covariate_change_nothing(about):
    frame = _people(np.random.default_rng(3))
    ask = {"cause": "increase", "exposure": "sex", "days": (30, 60), "about": about}
    plain = standardised_incidence(frame, terms=("age",), **ask)
    moved = frame.sample(frac=1, random_state=1).reset_index(drop=True).assign(age=lambda d: 10 * d.age - 3)
    for one, two in zip(plain, standardised_incidence(moved, terms=("age",), **ask), strict=True):
        assert one.value == pytest.approx(two.value, rel=1e-9)
        assert one.se == pytest.approx(two.se, rel=1e-7)


def test_clusters_widen_by_the_small_sample_rule_and_are_counted(about):
    frame = _people(np.random.default_rng(3))
    ask = {"cause": "increase", "exposure": "sex", "terms": ("age",), "days": (30,), "about": about}
    found = standardised_incidence(frame, cluster="provider", **ask)
    assert {e.n_cluster for e in found} == {12}
    assert all("t(11)" in e.method for e in found)


def test_a_day_beyond_follow_up_is_refused(about):
    frame = _people(np.random.default_rng(3))
    with pytest.raises(AnalysisRefused, match="asked for day 400"):
        standardised_incidence(frame, cause="increase", exposure="sex", terms=("age",), days=(400,), about=about)
