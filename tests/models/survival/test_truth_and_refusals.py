"""Known truth is recovered, what may not matter does not, engines agree, and what would mislead is refused."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import checks
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.cox import cause_specific, ever_never, split_exposure
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.fine_gray import subdistribution
from ot_eval.models.gray import gray_test
from ot_eval.models.landmark import at_landmark
from ot_eval.models.rank_test import log_rank
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.survival import kaplan_meier, time_to_share


def council(rng, n=4_000, effect=0.0, providers=30):
    """OT (60 % ever, mean wait 120 days) multiplies the rate of increase by exp(effect) from the day after contact."""
    person = pd.DataFrame({
        "person_id": np.arange(n), "sex": rng.choice(["f", "m"], n), "age": rng.integers(65, 100, n),
        "provider_id": rng.integers(0, providers, n),
    })  # fmt: skip
    rate = 0.002 * np.exp(0.3 * (person.sex == "m") + 0.02 * (person.age - 80))
    wait = np.where(rng.random(n) < 0.6, np.ceil(rng.exponential(120, n)), np.inf)
    before, after = rng.exponential(1 / rate), rng.exponential(1 / (rate * np.exp(effect)))
    increase = np.where(before <= wait, before, wait + after)
    death, end = rng.exponential(1 / 0.0008, n), rng.uniform(200, 600, n)
    first = np.minimum(np.minimum(increase, death), end)
    event = np.select([first == increase, first == death], ["increase", "death"], "none")
    person["exit_day"] = np.ceil(first).astype(int).clip(1)
    return person.assign(event=event, ot_day=np.where(wait <= person.exit_day, wait, np.nan))


@pytest.fixture(scope="module")
def nothing():
    return council(np.random.default_rng(20), n=12_000)


def test_immortal_time_ever_never_shows_a_false_benefit_and_ours_does_not(nothing, about):
    naive = ever_never(nothing, cause="increase", about=about)[0]
    assert naive.upper < 0.8
    honest = cause_specific(
        split_exposure(nothing), cause="increase", terms=("ot",), about=about, cluster="provider_id"
    )[0]
    assert abs(np.log(honest.value)) < 3.3 * honest.se
    assert honest.se < 0.06
    ahead = cause_specific(
        at_landmark(nothing, landmark=90, cause="increase"), cause="increase", terms=("ot",), about=about
    )
    assert abs(np.log(ahead[0].value)) < 3.3 * ahead[0].se


def test_a_true_effect_is_recovered_with_its_covariates(about):
    frame = council(np.random.default_rng(21), n=20_000, effect=-0.5)
    found = cause_specific(split_exposure(frame), cause="increase", terms=("ot", "sex", "age"), about=about)
    for estimate, truth in zip(found, (-0.5, 0.3, 0.02), strict=True):
        assert abs(np.log(estimate.value) - truth) < 3.3 * estimate.se


def test_an_event_on_the_day_of_contact_belongs_to_the_time_before_it():
    one = pd.DataFrame({"person_id": ["a"], "exit_day": [10], "event": ["increase"], "ot_day": [10.0]})
    assert split_exposure(one)["ot"].tolist() == ["not yet"]
    before = split_exposure(one.assign(ot_day=-3.0))
    assert (before["ot"].tolist(), before["entry_day"].tolist()) == (["seen"], [0])
    late = split_exposure(one.assign(entry_day=4, ot_day=6.0))
    assert late[["entry_day", "exit_day", "event"]].to_numpy().tolist() == [[4, 6, "none"], [6, 10, "increase"]]


def test_splitting_keeps_every_day_at_risk_and_every_event(nothing):
    rows = split_exposure(nothing)
    assert (rows.exit_day - rows.entry_day).sum() == nothing.exit_day.sum()
    assert (rows.event == "increase").sum() == (nothing.event == "increase").sum()
    assert set(rows.person_id) == set(nothing.person_id)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("extra", [{}, {"cluster": "provider_id"}, {"strata": ("sex",)}, {"weight": "w"}])
def test_the_engines_agree_with_each_other(nothing, relative, ties, extra):
    rows = split_exposure(nothing.head(3_000)).assign(w=lambda d: 0.5 + (d.age % 4))
    terms = ("ot", "age") if extra.get("strata") else ("ot", "sex", "age")
    one, two = (
        fit(rows, CoxModel(cause="increase", terms=terms, ties=ties, engine=e, **extra))
        for e in ("count grid", "sorted array")
    )
    assert (one.engine, two.engine) == ("count grid", "sorted array")
    assert relative(one.beta, two.beta) < 1e-9
    assert relative(one.se, two.se) < 1e-9
    assert relative(one.maximum.best.loglik, two.maximum.best.loglik) < 1e-12


def test_splitting_rows_without_a_change_changes_nothing(nothing, relative):
    frame = nothing.head(2_000).drop(columns="ot_day").assign(entry_day=0)
    middle = frame.exit_day // 2
    first = frame.assign(exit_day=middle, event="none")[middle > 0]
    second = frame.assign(entry_day=middle)
    model = CoxModel(cause="increase", terms=("sex", "age"), cluster="provider_id")
    one, two = fit(frame, model), fit(pd.concat([first, second], ignore_index=True), model)
    assert relative(one.beta, two.beta) < 1e-9
    assert relative(one.se, two.se) < 1e-9
    assert two.n == 2_000


def test_order_of_rows_unit_of_time_and_coding_change_nothing(nothing, relative):
    frame = nothing.head(2_000)
    model = CoxModel(cause="increase", terms=("sex", "age"))
    one = fit(frame, model)
    moved = frame.sample(frac=1, random_state=3).assign(
        exit_day=lambda d: 7 * d.exit_day, age=lambda d: (d.age - 80) / 10
    )
    two = fit(moved, model)
    assert relative(one.beta, two.beta / np.array([1, 10])) < 1e-8
    swapped = fit(frame.assign(sex=pd.Categorical(frame.sex, ["m", "f"])), model)
    assert swapped.beta[0] == pytest.approx(-one.beta[0], rel=1e-8)


def test_incidences_and_the_share_without_any_event_sum_to_one(nothing, about):
    parts = [cumulative_incidence(nothing, cause=c, about=about)[0].value for c in ("increase", "death")]
    free = kaplan_meier(nothing, about=about)[0].value
    assert np.allclose(np.sum(parts, axis=0) + free, 1)


def test_robust_curves_of_single_people_equal_the_plain_ones_and_providers_widen_them(about):
    frame = council(np.random.default_rng(2), n=600)
    plain = restricted_mean(frame, horizon=180, by="sex", about=about)
    alone = restricted_mean(frame.assign(me=range(600)), horizon=180, by="sex", about=about, cluster="me")
    assert alone[0].se == pytest.approx(plain[0].se * np.sqrt(600 / 599), rel=1e-9)
    level = np.random.default_rng(3).normal(0, 1, 30)
    alike = frame.assign(exit_day=(frame.exit_day * np.exp(level[frame.provider_id])).astype(int).clip(1))
    horizon = 60
    wide = restricted_mean(alike, horizon=horizon, about=about, cluster="provider_id")[0]
    assert wide.se > 1.5 * restricted_mean(alike, horizon=horizon, about=about)[0].se


def test_checks_speak_when_hazards_cross_and_when_one_provider_decides(about):
    rng = np.random.default_rng(5)
    n = 1_500
    arm = rng.integers(0, 2, n)
    time = np.where(arm == 1, 200 * rng.weibull(3, n), 200 * rng.weibull(0.7, n))
    frame = pd.DataFrame({
        "exit_day": np.ceil(time).astype(int).clip(1, 500), "event": np.where(time < 500, "increase", "none"),
        "arm": np.where(arm == 1, "b", "a"), "provider_id": rng.integers(0, 12, n),
    })  # fmt: skip
    crossing = checks.proportional_hazards(fit(frame, CoxModel(cause="increase", terms=("arm",))), about)
    assert not crossing.passed
    assert "only an average over time" in crossing.sentence
    one = checks.proportional_hazards(fit(frame, CoxModel(cause="increase", terms=("arm",))), about, term="arm")
    assert not one.passed
    assert "decided by arm and all covariates" in one.detail
    steady = council(rng, n=2_000)
    fitted = fit(steady, CoxModel(cause="increase", terms=("sex",), cluster="provider_id"))
    assert checks.influence(fitted).passed
    odd = steady.assign(provider_id=np.where(steady.sex == "m", steady.provider_id % 6, 6 + steady.provider_id % 6))
    odd.loc[(odd.provider_id == 2), ["exit_day", "event"]] = [1, "increase"]
    decided = checks.influence(fit(odd.assign(sex=steady.sex.sample(frac=1, random_state=1).to_numpy()),
                                   CoxModel(cause="increase", terms=("sex",), cluster="provider_id")))  # fmt: skip
    assert "provider" in decided.sentence


def test_influence_is_what_leaving_a_person_out_does():
    frame = council(np.random.default_rng(7), n=150)
    model = CoxModel(cause="increase", terms=("sex", "age"))
    change = checks.influence_of(fit(frame, model)).change
    whole = fit(frame, model).beta
    biggest = int(np.argmax(np.abs(change[:, 1])))
    left_out = fit(frame.drop(index=biggest).reset_index(drop=True), model).beta
    assert (whole - left_out)[1] == pytest.approx(change[biggest, 1], rel=0.15)


def test_functional_form_finds_a_bend_and_leaves_a_line():
    rng = np.random.default_rng(8)
    n = 2_000
    age = rng.normal(80, 8, n)
    for bend, passed in ((0.0, True), (0.012, False)):
        rate = 0.004 * np.exp(0.03 * (age - 80) + bend * (age - 80) ** 2 / 2)
        time, end = rng.exponential(1 / rate), rng.uniform(100, 400, n)
        frame = pd.DataFrame({
            "exit_day": np.ceil(np.minimum(time, end)).astype(int).clip(1), "age": age,
            "event": np.where(time < end, "increase", "none"),
        })  # fmt: skip
        check = checks.functional_form(frame, CoxModel(cause="increase", terms=("age",)), "age")
        assert check.passed is passed


def few(events, n=60):
    return pd.DataFrame({
        "exit_day": np.arange(1, n + 1), "event": np.where(np.arange(n) % (n // events) == 0, "increase", "none"),
        "sex": np.where(np.arange(n) % 2 == 0, "f", "m"), "age": 60 + np.arange(n) % 30.0,
        "clock": np.arange(n), "ot_day": np.arange(n) / 1.0,
    })  # fmt: skip


def test_fewer_than_five_events_a_coefficient_are_refused_with_the_remedy(about):
    with pytest.raises(AnalysisRefused, match="6 events for 2 coefficients") as refusal:
        cause_specific(few(6), cause="increase", terms=("sex", "age"), about=about)
    assert "at most 1 coefficients" in refusal.value.fix


def test_arms_with_fewer_than_ten_events_get_intervals_and_no_test(about):
    rng = np.random.default_rng(1)
    frame = council(rng, n=120)
    arm = np.where(np.arange(120) < 20, "small", "large")
    frame = frame.assign(arm=arm, event=np.where((arm == "small") & (np.arange(120) > 6), "none", frame.event))
    ratio = cause_specific(frame, cause="increase", terms=("arm",), about=about)[0]
    assert ratio.p is None
    assert ratio.lower < ratio.value < ratio.upper
    mean = restricted_mean(frame, horizon=60, by="arm", about=about)
    assert all(e.p is None for e in mean)
    for test in (gray_test, log_rank):
        extra = {"cause": "increase"} if test is gray_test else {"events": ("increase",), "censor": ("death",)}
        with pytest.raises(AnalysisRefused, match="fewest events"):
            test(frame, by="arm", about=about, **extra)


def test_covariates_that_determine_each_other_are_refused():
    frame = council(np.random.default_rng(1), n=400).assign(again=lambda d: 2 * d.age + 1)
    for engine in ("count grid", "sorted array"):
        with pytest.raises(AnalysisRefused, match="cannot be told apart"):
            fit(frame, CoxModel(cause="increase", terms=("age", "again"), engine=engine))


def test_a_level_without_events_is_separation(about):
    frame = council(np.random.default_rng(1), n=600)
    frame = frame.assign(level=np.where(frame.index < 40, "rare", "usual"))
    frame["event"] = np.where(frame.level == "rare", "none", frame.event)
    with pytest.raises(AnalysisRefused, match="separation"):
        cause_specific(frame, cause="increase", terms=("level",), about=about)


def test_a_landmark_after_most_events_is_refused():
    with pytest.raises(AnalysisRefused, match=r"of 30 events lie on or before day 50"):
        at_landmark(few(30), landmark=50, cause="increase")


def test_late_entry_is_refused_where_the_method_has_no_place_for_it(about):
    frame = council(np.random.default_rng(1), n=400).assign(entry_day=1, exit_day=lambda d: d.exit_day + 1)
    with pytest.raises(AnalysisRefused, match="come under observation after time zero"):
        subdistribution(frame, cause="increase", terms=("sex",), about=about)
    with pytest.raises(AnalysisRefused, match="late entry True"):
        gray_test(frame, cause="increase", by="sex", about=about)


def test_a_curve_that_late_entry_empties_is_refused(about):
    frame = pd.DataFrame({"entry_day": [0, 5, 5], "exit_day": [3, 9, 9], "event": ["death", "none", "death"]})
    with pytest.raises(AnalysisRefused, match="all at risk had the event"):
        kaplan_meier(frame, about=about)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exit_day": [1.5, 2, 3]}, "1 are not whole days"),
        ({"exit_day": [1, None, 3]}, "1 rows are missing"),
        ({"exit_day": pd.to_timedelta([1, 2, 3], unit="D")}, "not a number of days"),
        ({"event": ["death", None, "none"]}, "1 rows are missing"),
        ({"entry_day": [0, 2, 0]}, "1 rows end on or before"),
    ],
)
def test_days_and_events_that_cannot_be_are_refused(about, change, message):
    frame = pd.DataFrame({"exit_day": [1, 2, 3], "event": ["death", "none", "none"]})
    with pytest.raises(AnalysisRefused, match=message):
        kaplan_meier(frame.assign(**change), about=about)


def test_a_horizon_beyond_follow_up_and_an_unknown_column_are_refused_with_the_nearest_name(about):
    frame = council(np.random.default_rng(1), n=300)
    with pytest.raises(AnalysisRefused, match="the horizon is day 5000"):
        restricted_mean(frame, horizon=5_000, about=about)
    with pytest.raises(AnalysisRefused, match="Did you mean 'sex'"):
        cumulative_incidence(frame, cause="increase", by="sexx", about=about)
    with pytest.raises(AnalysisRefused, match="nobody has the event 'move'"):
        cumulative_incidence(frame, cause="move", about=about)
    with pytest.raises(AnalysisRefused, match="0 rows"):
        kaplan_meier(frame.head(0), about=about)


def test_everybody_censored_gives_a_flat_curve_and_no_median(about):
    frame = pd.DataFrame({"exit_day": [3, 5, 9], "event": "none"})
    for engine in ("lifelines", "count grid"):
        curve = kaplan_meier(frame, about=about, engine=engine)[0]
        assert set(curve.value) == set(curve.lower) == set(curve.upper) == {1.0}
        assert time_to_share(curve) == (None, None, None)
