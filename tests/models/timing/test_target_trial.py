"""Target trial against R on the Stanford data; invariances; the influence against re-weighting; refusals."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import day_table
from ot_eval.models.spells import read_spells
from ot_eval.models.target_trial import Plan, Strategy, answers, emulate
from ot_eval.models.target_trial_bootstrap import bootstrap
from ot_eval.models.target_trial_curves import course_of
from ot_eval.models.target_trial_rows import read_trial
from ot_eval.models.target_trial_weights import at_risk_before, contact_chances, weights_of

GOLDEN = Path(__file__).parents[2] / "golden"
CONVERGED = 1e-7  # coefficients of two converged logistic fits
CLOSED = 1e-8  # sums of weights that rest on them
EXACT = 1e-10  # the same sums in another order
SLOPE = 2e-3  # a derivative taken as a difference over a weight of 1e-3
STRATEGIES = (
    Strategy(name="within 60 days", by=60),
    Strategy(name="days 15 to 60", after=14, by=60),
    Strategy(name="none within 60 days", kind="none", by=60),
)
PLAN = Plan(strategies=STRATEGIES, cause="death", horizons=(60, 180, 365), truncate=1.0)


@pytest.fixture(scope="module")
def stanford():
    frame = pd.read_csv(GOLDEN / "survival" / "data" / "jasa_ccw_input.csv").rename(columns={"id": "person_id"})
    frame = frame.assign(
        exit_day=np.ceil(frame["fu"]).astype(int),
        event=np.where(frame["ev"] == 1, "death", "none"),
        ot_day=frame["wt"].where(frame["tx"] == 1),
        ended_day=30.0,
    )
    return read_trial(frame, terms=("age", "surgery"), window=60)


@pytest.fixture(scope="module")
def golden():
    return json.loads((GOLDEN / "timing" / "target_trial_jasa.json").read_text(encoding="utf-8"))


def people(seed=1, n=600, effect=0.0):
    """People of two ages; the old are seen sooner and rise more often; contact acts by `effect` on the log rate."""
    rng = np.random.default_rng(seed)
    old = rng.integers(0, 2, n)
    seen = np.ceil(rng.exponential(np.where(old == 1, 15, 40)))
    rate = 0.003 * np.exp(0.7 * old)
    first = rng.exponential(1 / rate)
    rise = np.where(first > seen, seen + (first - seen) / np.exp(effect), first)
    times = np.ceil(np.stack([rise, rng.exponential(800, n), rng.uniform(200, 500, n)])).clip(1)
    frame = pd.DataFrame({
        "person_id": [f"p{i}" for i in range(n)], "exit_day": times.min(axis=0).astype(int),
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)], "ot_day": seen,
        "ended_day": 20.0 + rng.integers(0, 20, n), "old": old, "provider_id": rng.integers(0, 8, n),
    })  # fmt: skip
    frame["ot_day"] = frame["ot_day"].where(frame["ot_day"] <= frame["exit_day"])
    return frame


SMALL = Plan(
    strategies=(
        Strategy(name="7", by=7),
        Strategy(name="28", by=28),
        Strategy(name="after", kind="after_reablement", by=28),
        Strategy(name="none", kind="none", by=56),
    ),
    cause="increase",
    horizons=(84, 180),
    truncate=1.0,
)


def test_the_model_of_contact_equals_r(stanford, golden):
    found = contact_chances(stanford)
    assert np.abs(found.coefficient - golden["coefficient"]).max() < CONVERGED
    assert np.abs(found.se - golden["se"]).max() < CONVERGED * 10  # R stops one step earlier for its weights


@pytest.mark.parametrize("place", range(3))
def test_weights_and_weighted_curves_equal_r(stanford, golden, place):
    strategy = STRATEGIES[place]
    wanted = golden[strategy.name]
    chances, waiting = contact_chances(stanford), at_risk_before(stanford)
    weights = weights_of(stanford, chances, strategy.window(stanford))
    course = course_of(stanford, weights, waiting, int(stanford.exit.max()))
    assert course.free[[60, 180, 365]] == pytest.approx(wanted["surv"], rel=CLOSED)
    assert course.at_risk.sum() == pytest.approx(wanted["sum_of_weights"][0], rel=CLOSED)


def test_as_things_are_is_the_plain_curve(stanford):
    found = emulate(stanford, PLAN)
    spells = read_spells(pd.DataFrame({"exit_day": stanford.exit, "event": np.where(stanford.event, "death", "none")}))
    share = 1 - product_limit(day_table(spells))
    assert found.value[0, 0] == pytest.approx(share[[60, 180, 365]], abs=EXACT)


def test_order_of_people_and_their_names_change_nothing():
    frame = people()
    states = pd.DataFrame({"person_id": frame["person_id"], "day": 0, "bad": frame["old"]})
    plain = emulate(read_trial(frame, states, terms=("old",), window=80), SMALL).value
    mixed = frame.sample(frac=1, random_state=3).assign(person_id=lambda d: d["person_id"] + "x")
    states = states.sample(frac=1, random_state=4).assign(person_id=lambda d: d["person_id"] + "x")
    assert np.abs(emulate(read_trial(mixed, states, terms=("old",), window=80), SMALL).value - plain).max() < EXACT


def test_a_cohort_twice_gives_the_same_answers_and_half_the_variance():
    frame = people()
    twice = pd.concat([frame, frame.assign(person_id=frame["person_id"] + "b")], ignore_index=True)
    one = emulate(read_trial(frame, terms=("old",), window=80), SMALL)
    two = emulate(read_trial(twice, terms=("old",), window=80), SMALL)
    assert np.abs(one.value - two.value).max() < CONVERGED
    ratio = (one.moved**2).sum(axis=0) / (two.moved**2).sum(axis=0)
    assert ratio == pytest.approx(np.full_like(ratio, 2.0), rel=CONVERGED)


def test_influence_is_what_counting_one_person_a_little_more_does():
    """`moved` takes the estimated model into account only to first order in its score; the plain curve needs none."""
    trial = read_trial(people(), terms=("old",), window=80)
    found, step = emulate(trial, SMALL), 1e-3
    for person in (0, 17, 200, 401):
        drawn = np.ones(trial.n)
        drawn[person] += step
        changed = (answers(trial, SMALL, drawn)[0] - found.value[0]) / step
        assert changed == pytest.approx(found.moved[person, 0], abs=SLOPE * np.abs(found.moved[:, 0]).max())


def test_standard_errors_agree_with_the_bootstrap():
    """40 in 100 draws more or less are chance: a standard error from 200 draws is good to 5 %; four of them."""
    trial = read_trial(people(n=1500), terms=("old",), window=80)
    found = emulate(trial, SMALL)
    drawn = bootstrap(trial, SMALL, draws=200, seed=1)
    ratio = np.sqrt((found.moved**2).sum(axis=0)) / drawn.value.std(axis=0, ddof=1)
    assert drawn.failed == 0
    assert np.abs(np.log(ratio)).max() < 4 * 0.05 + 0.05


def test_the_bootstrap_draws_providers_and_does_not_depend_on_workers():
    trial = read_trial(people(), terms=("old",), window=80, cluster="provider_id")
    told = []
    one = bootstrap(trial, SMALL, draws=6, seed=5, on_draw=lambda done, total: told.append((done, total)))
    two = bootstrap(trial, SMALL, draws=6, seed=5, workers=2)
    assert np.array_equal(one.value, two.value)
    assert told[-1] == (6, 6)
    assert trial.clusters.count == 8


def test_immortal_time_does_not_help_anybody():
    """Contact does nothing, and only those who live are seen: ever and never differ, the strategies do not."""
    frame = people(seed=2, n=20_000)
    found = emulate(read_trial(frame, terms=("old",), window=80), SMALL)
    ever = frame["ot_day"].notna()
    naive = [(frame.loc[g, "event"] == "increase").mean() for g in (ever, ~ever)]
    assert naive[1] - naive[0] > 0.1
    away = found.value[1:, 0] - found.value[:1, 0]
    se = np.sqrt(((found.moved[:, 1:, 0] - found.moved[:, :1, 0]) ** 2).sum(axis=0))
    assert np.abs(away / se).max() < 3.5


def test_weights_average_one_and_truncation_is_counted():
    trial = read_trial(people(n=20_000), terms=("old",), window=80)
    found = emulate(trial, replace(SMALL, truncate=0.99))
    plain = emulate(trial, SMALL)
    assert all(abs(f.mean_weight - 1) < 0.03 for f in plain.followed)
    assert [f.cut for f in plain.followed] == [0] * 4
    assert all(f.cut <= 0.01 * f.people for f in found.followed)
    assert sum(f.cut for f in found.followed) > 0
    assert all(f.largest <= g.largest for f, g in zip(found.followed, plain.followed, strict=True))


def test_too_few_followers_are_counted_and_the_number_needed_said():
    few = emulate(read_trial(people(n=120), terms=("old",), window=80), SMALL)
    none = few.followed[3]
    assert none.short_of == pytest.approx(max(30 / none.effective, 10 / max(none.events, 0.1)))
    assert none.short_of > 1
    assert emulate(read_trial(people(n=9000), terms=("old",), window=80), SMALL).followed[0].short_of is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.assign(entry_day=1), "late entry True"),
        (lambda f: pd.concat([f, f.head(2)]), "2 repeated people"),
        (lambda f: f.assign(ot_day=-3.0), "contacts before day 0"),
        (lambda f: f.drop(columns="old"), "no column 'old'"),
    ],
)
def test_what_cannot_be_a_trial_is_refused(change, words):
    with pytest.raises(AnalysisRefused, match=words):
        read_trial(change(people(n=50)), terms=("old",), window=80)


def test_states_must_begin_on_day_0():
    frame = people(n=50)
    states = pd.DataFrame({"person_id": frame["person_id"].iloc[:40], "day": 0, "bad": 1})
    with pytest.raises(AnalysisRefused, match="10 people have no state"):
        read_trial(frame, states, terms=("bad",), window=80)


def test_a_level_at_which_nobody_is_seen_is_refused():
    frame = people(n=900)
    frame["odd"] = np.where(np.arange(900) < 60, "odd", "usual")
    frame.loc[frame["odd"] == "odd", "ot_day"] = np.nan
    with pytest.raises(AnalysisRefused, match="nobody, or everybody, is seen"):
        contact_chances(read_trial(frame, terms=("odd",), window=80))


def test_horizons_beyond_follow_up_are_refused():
    with pytest.raises(AnalysisRefused, match="asked about day 3650"):
        emulate(read_trial(people(n=300), terms=("old",), window=80), replace(SMALL, horizons=(3650,)))
