"""Distributions of time against R's survreg; interval-censored incidence against R, its optimality, and exact days."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.interval import (
    OPTIMAL,
    incidence_from_intervals,
    innermost,
    largest_likelihood,
    read_known,
)
from ot_eval.models.parametric import DISTRIBUTIONS, extrapolated_mean, fit_distribution, time_ratios
from ot_eval.models.spells import read_spells

OPTIMISED = 1e-5  # lifelines' optimiser works from numerical derivatives
EARLY = 1e-4  # R's own EM stops early


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_time_ratios_equal_r(golden, lung, about, relative, distribution):
    wanted = golden("parametric_lung")[distribution]
    found = time_ratios(lung, terms=("age", "sex"), about=about, distribution=distribution)
    assert relative([np.log(e.value) for e in found], wanted["coef"]) < OPTIMISED
    assert relative([e.se for e in found], wanted["se"]) < OPTIMISED


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_distributions_alone_equal_r(golden, lung, relative, distribution):
    wanted = golden("parametric_lung")[distribution]["alone"]
    spells = read_spells(lung)
    fitted = fit_distribution(spells, spells.event > 0, distribution)
    assert relative(fitted.aic, 4 - 2 * wanted["loglik"]) < 1e-9
    first, second = fitted.parameters
    intercept = first if distribution == "log-normal" else np.log(first)
    scale = second if distribution == "log-normal" else 1 / second
    assert relative((intercept, scale), (wanted["intercept"], wanted["scale"])) < OPTIMISED


def test_means_beyond_follow_up_name_themselves_and_agree_where_people_were_followed(lung, about):
    found, checks = extrapolated_mean(lung, horizon=3000, about=about)
    assert [e.term.split(",")[0] for e in found] == ["weibull", "log-logistic", "log-normal"]
    assert all("extrapolated" in e.method for e in found)
    assert all(check.passed for check in checks)
    assert max(e.value for e in found) > 1.2 * min(e.value for e in found)
    inside, _ = extrapolated_mean(lung, horizon=700, about=about)
    assert not any("extrapolated" in e.method for e in inside)


def test_recovery_of_a_weibull_and_late_entry(about):
    rng = np.random.default_rng(6)
    n = 4_000
    x = rng.integers(0, 2, n)
    time = np.ceil(200 * np.exp(0.4 * x) * rng.weibull(1.5, n)).astype(int)
    entry, end = rng.integers(0, 60, n), rng.integers(200, 400, n)
    frame = pd.DataFrame({
        "entry_day": entry, "exit_day": np.minimum(time, end), "x": x,
        "event": np.where(time <= end, "increase", "none"),
    }).query("exit_day > entry_day")  # fmt: skip
    found = time_ratios(frame, terms=("x",), about=about)[0]
    assert abs(np.log(found.value) - 0.4) < 4 * found.se


@pytest.fixture(scope="module")
def intervals(dataset):
    frame = dataset("interval_simulated")
    return frame.assign(event=np.where(frame["earliest"].isna(), "none", "increase")).rename(
        columns={"exit": "exit_day"}
    )


def _known(frame):
    return read_known(frame, cause="increase", earliest="earliest", latest="latest")


def test_turnbull_estimate_equals_r(golden, intervals):
    wanted = golden("interval_simulated")
    mass = largest_likelihood(_known(intervals))
    share = [1 - mass.own[mass.last <= day].sum() for day in wanted["days"]]
    assert np.allclose(share, wanted["surv"], atol=EARLY)


def _council(rng, n=300, width=30):
    time, death, end = rng.exponential(120, n), rng.exponential(300, n), rng.uniform(100, 300, n)
    first = np.minimum(np.minimum(time, death), end)
    day = np.ceil(first).astype(int).clip(1)
    event = np.select([first == time, first == death], ["increase", "death"], "none")
    low = np.maximum(day - rng.integers(0, width, n), 1) if width else day
    high = day + rng.integers(0, width, n) if width else day
    own = event == "increase"
    return pd.DataFrame({
        "exit_day": day, "event": event, "earliest": np.where(own, low, np.nan), "latest": np.where(own, high, np.nan),
    })  # fmt: skip


def test_the_estimate_meets_the_condition_of_optimality_everywhere():
    """Nobody's likelihood can rise by moving mass to any day: checked on every day, not only on Turnbull's."""
    frame = _council(np.random.default_rng(4))
    known = _known(frame)
    mass = largest_likelihood(known)
    assert mass.excess <= OPTIMAL
    days = np.arange(1, 330)
    chance = np.array([
        mass.own[(mass.first >= a) & (mass.last <= b)].sum() for a, b in zip(known.earliest, known.latest, strict=True)
    ])  # fmt: skip
    left = np.array([mass.own[mass.last > c].sum() + mass.other[mass.other_days > c].sum() for c in known.exit])
    never = 1 - mass.own.sum() - mass.other.sum()
    slope = np.array([
        ((known.earliest <= t) & (t <= known.latest)) @ (1 / chance)
        + ((known.exit < t) & (known.other == 0)) @ (1 / np.maximum(left + never, 1e-300))
        for t in days
    ])  # fmt: skip
    assert (slope / known.n).max() <= 1 + 2 * OPTIMAL
    assert mass.own.sum() + mass.other.sum() <= 1 + 1e-9


def test_with_exact_days_it_is_aalen_johansen(about):
    frame = _council(np.random.default_rng(5), width=0)
    late, early = incidence_from_intervals(
        frame, cause="increase", about=about, rng=np.random.default_rng(1), earliest="earliest", latest="latest",
        replicates=20,
    )  # fmt: skip
    exact = cumulative_incidence(frame, cause="increase", about=about)[0]
    assert np.allclose(late.value, exact.value, atol=2e-5)
    assert late.value == early.value


def test_the_truth_lies_between_the_early_and_the_late_curve():
    frame = _council(np.random.default_rng(9), n=4_000)
    mass = largest_likelihood(_known(frame))
    truth = 300 / 420 * (1 - np.exp(-100 * (1 / 120 + 1 / 300)))
    late, early = mass.own[mass.last <= 100].sum(), mass.own[mass.first <= 100].sum()
    assert late - 0.03 < truth < early + 0.03


def test_innermost_intervals_of_a_small_example():
    """[1,4], [3,6], [8,9] and someone still free on day 6: mass can lie in [3,4] and [8,9] only."""
    frame = pd.DataFrame({
        "exit_day": [4, 6, 9, 6], "event": ["increase"] * 3 + ["none"],
        "earliest": [1, 3, 8, None], "latest": [4, 6, 9, None],
    })  # fmt: skip
    first, last = innermost(_known(frame))
    assert [first.tolist(), last.tolist()] == [[3, 8], [4, 9]]


def test_intervals_that_cannot_be_are_refused(intervals):
    spoiled = intervals.copy()
    spoiled.loc[0, ["earliest", "latest"]] = [9, 3]
    with pytest.raises(AnalysisRefused, match="1 people with earliest after latest"):
        _known(spoiled)
