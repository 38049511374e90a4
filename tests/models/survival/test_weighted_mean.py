"""Restricted mean time of weighted people: R's influence, the plain estimator with equal weights, refusals."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import day_table
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.spells import read_spells
from ot_eval.models.weighted_curves import Moments
from ot_eval.models.weighted_mean import influence_on_area, weighted_restricted_mean

# R 4.2.2, survival 3.5-3, rows of one hormon group of gbsg_weights: s <- survfit(Surv(rfstime, status) ~ 1, x,
# weights = iptw, robust = TRUE, id = id, influence = 1); area of s to day 1095, and the root of the summed squares of
# the areas of s$influence.surv; printed with 12 decimals.
GBSG = ((888.838414662240, 14.821123424264), (935.860303422139, 21.048855224884))
EXACT = 1e-9  # closed form against closed form


def people(seed=1, n=600):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "exit_day": rng.integers(6, 300, n), "event": rng.choice(["increase", "death", "none"], n),
        "arm": rng.choice(["a", "b"], n), "provider_id": rng.integers(0, 9, n), "one": 1.0,
        "w": rng.uniform(0.3, 3, n),
    })  # fmt: skip
    return frame.assign(entry_day=np.where(rng.random(n) < 0.3, rng.integers(0, 5, n), 0))


def test_areas_and_errors_are_those_of_r(dataset, about):
    frame = dataset("gbsg_weights", "rfstime", "status", {1: "death"})
    found = weighted_restricted_mean(frame, horizon=1095, weight="iptw", by="hormon", about=about)
    for e, (area, se) in zip(found[:2], GBSG, strict=True):
        assert e.value == pytest.approx(area, rel=EXACT)
        assert e.se == pytest.approx(se, rel=EXACT)
    assert found[2].value == pytest.approx(GBSG[1][0] - GBSG[0][0], rel=EXACT)
    assert found[2].se == pytest.approx(np.hypot(GBSG[0][1], GBSG[1][1]), rel=EXACT)


@pytest.mark.parametrize("cluster", [None, "provider_id"])
def test_equal_weights_give_the_plain_restricted_mean(about, cluster):
    frame = people()
    plain = restricted_mean(frame, horizon=200, by="arm", about=about, cluster=cluster)
    weighed = weighted_restricted_mean(
        frame.assign(one=2.5), horizon=200, by="arm", about=about, cluster=cluster, weight="one"
    )
    for one, two in zip(plain, weighed, strict=True):
        assert (one.term, one.n, one.n_event, one.n_cluster) == (two.term, two.n, two.n_event, two.n_cluster)
        assert two.value == pytest.approx(one.value, rel=EXACT)
        assert two.se == pytest.approx(one.se, rel=EXACT)


def test_influence_is_what_a_little_more_weight_does():
    frame = people(n=60)
    spells, weight, horizon, step = read_spells(frame), frame["w"].to_numpy(), 180, 1e-6
    moments = Moments.of(day_table(spells, weight))
    closed = influence_on_area(spells, weight, moments, spells.event > 0, horizon)
    for i in range(0, 60, 7):
        areas = []
        for sign in (1, -1):
            moved = weight.copy()
            moved[i] += sign * step
            areas.append(product_limit(day_table(spells, moved))[:horizon].sum())
        assert closed[i] == pytest.approx(weight[i] * (areas[0] - areas[1]) / (2 * step), rel=1e-5, abs=1e-6)


def test_everybody_having_the_event_before_the_horizon_leaves_the_area_as_it_is(about):
    frame = pd.DataFrame({"exit_day": [2, 4, 6, 8], "event": "death", "w": [1.0, 2.0, 1.0, 2.0]})
    early, late = (weighted_restricted_mean(frame, horizon=h, weight="w", about=about)[0] for h in (8, 50))
    assert late.value == pytest.approx(early.value)
    assert late.value == pytest.approx((2 + 2 * 4 + 6 + 2 * 8) / 6)
    assert late.se == pytest.approx(early.se)


def test_row_order_swapped_arms_and_weeks(about):
    frame = people()
    one = weighted_restricted_mean(frame, horizon=200, by="arm", about=about, weight="w")
    moved = frame.sample(frac=1, random_state=1).assign(arm=lambda d: d["arm"].map({"a": "b", "b": "a"}))
    two = weighted_restricted_mean(moved, horizon=200, by="arm", about=about, weight="w")
    assert two[2].value == pytest.approx(-one[2].value, rel=EXACT)
    assert two[3].value == pytest.approx(1 / one[3].value, rel=EXACT)
    weeks = frame.assign(exit_day=7 * frame["exit_day"], entry_day=7 * frame["entry_day"])
    three = weighted_restricted_mean(weeks, horizon=1400, by="arm", about=about, weight="w")
    # Events at the end of the day: six days of each week are added alike to every area.
    assert three[2].value == pytest.approx(7 * one[2].value, rel=EXACT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w": 0.0}, "missing, infinite, zero or negative"),
        ({"person_id": 1}, "repeat a person"),
        ({"provider_id": 1}, "1 clusters"),
    ],
)
def test_what_cannot_be_weighed_is_refused(about, change, message):
    frame = people().assign(**change)
    with pytest.raises(AnalysisRefused, match=message):
        weighted_restricted_mean(frame, horizon=100, by="arm", about=about, weight="w", cluster="provider_id")
    open_end = people().assign(event=lambda d: d["event"].mask(d["exit_day"] > 250, "none"))
    with pytest.raises(AnalysisRefused, match="the horizon is day 900"):
        weighted_restricted_mean(open_end, horizon=900, by="arm", about=about, weight="w")
