"""Three engines give one answer and say which ran; row order, names of arms and the unit of time do not matter."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.cox import cause_specific, hazard_ratios, split_exposure
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.fine_gray import subdistribution
from ot_eval.models.frailty import conditional_hazard_ratios
from ot_eval.models.gray import gray_test
from ot_eval.models.parametric import time_ratios
from ot_eval.models.rank_test import log_rank
from ot_eval.models.recurrent import andersen_gill, prentice_williams_peterson
from ot_eval.models.restricted_mean import restricted_mean, time_lost
from ot_eval.models.standardise import standardised_incidence
from ot_eval.models.survival import kaplan_meier

SAME = 1e-8
"""Relative; engines sum in different orders and stop Newton's method at 1e-11 of the log-likelihood."""
TERMS = ("arm", "sex")


def people(seed=7, n=900):
    rng = np.random.default_rng(seed)
    arm, sex = rng.choice(["a", "b"], n), rng.choice(["f", "m"], n)
    rate = 0.004 * np.exp(0.4 * (arm == "b") + 0.2 * (sex == "m"))
    times = np.stack([rng.exponential(1 / rate), rng.exponential(1 / 0.0015, n), rng.uniform(150, 500, n)])
    return pd.DataFrame({
        "person_id": np.arange(n), "exit_day": np.ceil(times.min(axis=0)).astype(int),
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)], "arm": arm, "sex": sex,
        "provider_id": rng.integers(0, 15, n),
        "ot_day": np.where(rng.random(n) < 0.6, rng.integers(1, 300, n), np.nan),
    })  # fmt: skip


def falls(frame):
    """A second row for half the people, beginning where the first ended in an increase."""
    again = frame[(frame.event == "increase") & (frame.person_id % 2 == 0)]
    more = again.assign(entry_day=again.exit_day, exit_day=again.exit_day + 30 + again.person_id % 50)
    more = more.assign(event=np.where(more.person_id % 3 == 0, "increase", "none"))
    return pd.concat([frame.assign(entry_day=0), more], ignore_index=True).drop(columns="ot_day")


def test_three_engines_give_one_model_and_each_names_itself(relative):
    frame = people()
    found = {
        engine: fit(frame, CoxModel(cause="increase", terms=TERMS, engine=engine))
        for engine in ("lifelines", "count grid", "sorted array")
    }
    for engine, one in found.items():
        assert one.engine == engine
        assert relative(one.beta, found["count grid"].beta) < SAME
        assert relative(one.se, found["count grid"].se) < SAME
        assert relative(one.maximum.best.loglik, found["count grid"].maximum.best.loglik) < SAME


def test_the_method_of_every_estimate_names_the_engine_that_ran(about):
    frame = people()
    for engine in ("lifelines", "count grid", "sorted array"):
        rows = hazard_ratios(fit(frame, CoxModel(cause="increase", terms=TERMS, engine=engine)), about)
        assert all(engine in row.method for row in rows)
    assert (
        "(lifelines, checked against the count grid)"
        in cause_specific(frame, cause="increase", terms=TERMS, about=about)[0].method
    )
    for engine in ("lifelines", "count grid"):
        assert engine in kaplan_meier(frame, about=about, engine=engine)[0].method
    assert "count grid" in cumulative_incidence(frame, cause="increase", about=about)[0].method
    assert "count grid" in restricted_mean(frame, horizon=150, about=about)[0].method
    assert "lifelines" in time_ratios(frame, terms=TERMS, about=about)[0].method
    assert "count grid" in subdistribution(frame, cause="increase", terms=TERMS, about=about)[0].method


def test_both_engines_draw_one_kaplan_meier_curve(about, relative):
    frame = people()
    one, two = (kaplan_meier(frame, about=about, by="arm", engine=e) for e in ("lifelines", "count grid"))
    for a, b in zip(one, two, strict=True):
        for part in ("value", "lower", "upper"):
            assert relative(getattr(a, part), getattr(b, part)) < SAME
        assert (a.n_risk, a.n_event, a.n_censored) == (b.n_risk, b.n_event, b.n_censored)


def test_fine_gray_and_recurrent_models_agree_between_engines(relative):
    frame = people()
    for rows, extra in ((frame, {"subdistribution": True}), (falls(frame), {"repeats": True})):
        one, two = (
            fit(rows, CoxModel(cause="increase", terms=TERMS, engine=engine, **extra))
            for engine in ("count grid", "sorted array")
        )
        assert (one.engine, two.engine) == ("count grid", "sorted array")
        assert relative(one.beta, two.beta) < SAME
        assert relative(one.se, two.se) < SAME


ESTIMATORS = {
    "restricted mean": lambda f, a: restricted_mean(f, horizon=f.attrs["day"], by="arm", about=a),
    "time lost": lambda f, a: time_lost(f, cause="increase", horizon=f.attrs["day"], by="arm", about=a),
    "Cox": lambda f, a: cause_specific(f, cause="increase", terms=TERMS, about=a),
    "Cox by provider": lambda f, a: cause_specific(f, cause="increase", terms=TERMS, about=a, cluster="provider_id"),
    "Cox, contact": lambda f, a: cause_specific(split_exposure(f), cause="increase", terms=("arm", "ot"), about=a),
    "Cox, stratified": lambda f, a: cause_specific(f, cause="increase", terms=("arm",), strata=("sex",), about=a),
    "Fine-Gray": lambda f, a: subdistribution(f, cause="increase", terms=TERMS, about=a),
    "Andersen-Gill": lambda f, a: andersen_gill(falls(f), cause="increase", terms=TERMS, about=a),
    "PWP": lambda f, a: prentice_williams_peterson(falls(f), cause="increase", terms=TERMS, about=a, clock="gap"),
    "frailty": lambda f, a: conditional_hazard_ratios(f, cause="increase", terms=TERMS, about=a, cluster="provider_id")[
        :-1
    ],
    "Weibull": lambda f, a: time_ratios(f, terms=TERMS, about=a),
    "Gray": lambda f, a: (gray_test(f, cause="increase", by="arm", about=a),),
    "log-rank": lambda f, a: (log_rank(f, by="arm", about=a),),
    "g-formula": lambda f, a: standardised_incidence(
        f, cause="increase", exposure="arm", terms=("sex",), days=(f.attrs["day"],), about=a
    ),
}
LOOSE = {"frailty": 1e-5, "Weibull": 1e-5}
"""Found by a search that stops (frailty variance, lifelines' optimiser), from another start."""


def with_day(frame, day):
    frame = frame.copy()
    frame.attrs["day"] = day
    return frame


def numbers(found):
    return [x for e in found for x in (e.value, e.se, e.lower, e.upper, e.p) if x is not None]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_order_of_rows_and_the_names_of_people_and_providers_change_nothing(name, about, relative):
    frame = people()
    moved = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    moved = moved.assign(person_id=5_000 + moved.person_id, provider_id=lambda d: "p" + d.provider_id.astype(str))
    one, two = (ESTIMATORS[name](with_day(f, 150), about) for f in (frame, moved))
    if name in ("Andersen-Gill", "PWP"):
        # These rows depend on the number of a person, so only their order may move.
        two = ESTIMATORS[name](with_day(frame.sample(frac=1, random_state=3).reset_index(drop=True), 150), about)
    assert [e.term for e in one] == [e.term for e in two]
    assert relative(numbers(one), numbers(two)) < LOOSE.get(name, SAME)


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n not in ("Andersen-Gill", "PWP", "g-formula", "Gray")])
def test_swapping_the_arms_turns_the_comparison_round(name, about):
    frame = people()
    swapped = frame.assign(arm=frame.arm.map({"a": "b", "b": "a"}))
    one, two = (ESTIMATORS[name](with_day(f, 150), about) for f in (frame, swapped))
    close = LOOSE.get(name, SAME)
    for a, b in zip(one, two, strict=True):
        if "b v a" not in a.term or a.measure.startswith("test"):
            continue
        if a.unit == "ratio":
            assert b.value == pytest.approx(1 / a.value, rel=close)
            assert (b.lower, b.upper) == (pytest.approx(1 / a.upper, rel=close), pytest.approx(1 / a.lower, rel=close))
        else:
            assert b.value == pytest.approx(-a.value, rel=close)
            assert (b.lower, b.upper) == (pytest.approx(-a.upper, rel=close), pytest.approx(-a.lower, rel=close))
    tests = [(a, b) for a, b in zip(one, two, strict=True) if a.measure.startswith("test")]
    assert all(a.value == pytest.approx(b.value, rel=close) for a, b in tests)
    assert tests or any("b v a" in e.term for e in one)


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n not in ("Andersen-Gill", "PWP")])
def test_weeks_written_as_days_give_the_same_ratios_and_seven_times_the_time(name, about, relative):
    weeks = people()
    in_days = weeks.assign(exit_day=7 * weeks.exit_day, ot_day=7 * weeks.ot_day)
    one, two = ESTIMATORS[name](with_day(weeks, 150), about), ESTIMATORS[name](with_day(in_days, 1_050), about)
    for a, b in zip(one, two, strict=True):
        scale = 7 if a.unit == "days" else 1
        found = [x / scale for x in (b.value, b.lower, b.upper) if x is not None]
        wanted = [x for x in (a.value, a.lower, a.upper) if x is not None]
        assert relative(found, wanted) < LOOSE.get(name, SAME)
