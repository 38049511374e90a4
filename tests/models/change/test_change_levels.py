"""Levels: transitions, ends of the scale, Paretian shares, chance of being better; and what is refused."""

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.measures.instrument import Score
from ot_eval.models import change_levels, change_mean
from ot_eval.models.change_shares import share
from ot_eval.models.jackknife import jackknife

GOLDEN = Path(__file__).parents[2] / "measures" / "golden"
LEVELS = Score(name="MO", about="mobility", unit="level", minimum=1, maximum=3, better="lower")


@pytest.fixture
def moved(make):
    return make([3, 3, 2, 2, 1, 1], [2, 1, 2, 3, 1, 2], score=LEVELS)


def test_transitions_by_hand(moved):
    table = change_levels.transition_table(moved)
    assert table.to_numpy().tolist() == [[1, 1, 0], [0, 1, 1], [1, 1, 0]]
    cells = {e.term: (e.value, e.n) for e in change_levels.transitions(moved)}
    assert cells["from level 3: to level 1"] == (1, 2)
    assert cells["from level 1: to level 3"] == (0, 2)
    assert len(cells) == 9
    assert sum(v for v, _ in cells.values()) == 6


def test_stuart_maxwell_on_the_vision_data(make):
    """Stuart 1955, unaided vision of 7,477 women: 11.96 with 3 degrees of freedom (Agresti's book repeats it)."""
    counts = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
    before = np.repeat([1, 2, 3, 4], [sum(row) for row in counts])
    after = np.concatenate([np.repeat([1, 2, 3, 4], row) for row in counts])
    four = Score(name="vision", about="grade", unit="level", minimum=1, maximum=4)
    found = change_levels.marginal_homogeneity(make(before, after, score=four))
    assert found.value == pytest.approx(11.957, abs=0.001)
    assert "3 degrees" in found.method


def test_stuart_maxwell_refuses_clusters_and_stillness(make):
    with pytest.raises(AnalysisRefused, match="providers are declared"):
        change_levels.marginal_homogeneity(make([1, 2], [2, 2], ["a", "b"], score=LEVELS))
    with pytest.raises(AnalysisRefused, match="nobody moved"):
        change_levels.marginal_homogeneity(make([1, 2, 3], [1, 2, 3], score=LEVELS))


def test_floor_and_ceiling_follow_the_direction(make, moved):
    found = {(e.term, e.measure): e.n_event for e in change_levels.floor_and_ceiling(moved)}
    assert found["baseline", "share at the worst possible score"] == 2  # level 3
    assert found["end", "share at the best possible score"] == 2  # level 1
    check = change_levels.room_to_move(change_levels.floor_and_ceiling(moved), moved)
    assert not check.passed
    points = make([50, 60, 70], [55, 65, 75])
    assert change_levels.room_to_move(change_levels.floor_and_ceiling(points), points).passed


def test_paretian_shares_of_the_published_file(make):
    golden = pd.read_csv(GOLDEN / "pchc_golden_eq5d3l_prepost.csv", dtype=str)
    golden = golden[golden["expected_class"] != "invalid"].reset_index(drop=True)
    pairs = make([1] * len(golden), [1] * len(golden), score=LEVELS)
    found = {e.measure: e for e in change_levels.paretian_shares(pairs, golden["pre"], golden["post"], 3)}
    published = {"unchanged": 10.7, "improved": 61.3, "worsened": 14.7, "mixed": 13.3, "no problems": 2.6}
    for name, percent in published.items():
        assert round(found[f"share {name}"].value, 1) == percent
    assert (found["share improved"].n, found["share no problems"].n) == (75, 77)


def test_superiority_is_one_half_without_shift_and_mirrors(make):
    even = make([1, 2, 3, 2], [2, 1, 3, 2], score=LEVELS)
    assert change_levels.probability_of_superiority(even).value == 0.5
    forth = make([3, 3, 2, 1], [1, 2, 3, 1], score=LEVELS)
    back = make([1, 2, 3, 1], [3, 3, 2, 1], score=LEVELS)
    total = change_levels.probability_of_superiority(forth).value + change_levels.probability_of_superiority(back).value
    assert total == pytest.approx(1.0)


def test_points_are_not_levels(make):
    with pytest.raises(AnalysisRefused, match="not in levels"):
        change_levels.transition_table(make([50, 60], [55, 65]))


def test_the_plain_test_refuses_declared_clusters(clustered):
    with pytest.raises(AnalysisRefused, match="plain paired test was asked for while providers are declared"):
        change_mean.paired_test(clustered)


@pytest.mark.parametrize("n_clusters", [1, 2, 4])
def test_few_clusters_give_no_interval(n_clusters, make):
    n = 40
    pairs = make(np.arange(n), np.arange(n) + np.arange(n) % 3, np.arange(n) % n_clusters)
    for statistic in (change_mean.mean_change, change_mean.standardised_response_mean):
        with pytest.raises(AnalysisRefused, match=f"{n_clusters} providers"):
            statistic(pairs)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_people_give_no_interval(n, make):
    with pytest.raises(AnalysisRefused, match=f"{n} people"):
        change_mean.mean_change(make([1.0] * n, [2.0] * n))


def test_no_spread_is_refused(make):
    with pytest.raises(AnalysisRefused, match="everyone changed by the same amount"):
        change_mean.mean_change(make([1, 2, 3], [2, 3, 4]))
    with pytest.raises(AnalysisRefused, match="not defined"):
        change_mean.standardised_response_mean(make([1, 2, 3], [2, 3, 4]))


def test_a_share_of_nobody_is_refused():
    with pytest.raises(AnalysisRefused, match="no people"):
        share(pd.Series([], dtype=bool))


def test_providers_of_one_person_each_are_people(make, rng):
    before, after = rng.normal(50, 10, 30), rng.normal(55, 10, 30)
    alone, single = make(before, after), make(before, after, np.arange(30))
    for statistic in (change_mean.mean_change, change_mean.effect_size_at_baseline):
        one, two = statistic(alone), statistic(single)
        assert (one.value, one.se, one.lower) == pytest.approx((two.value, two.se, two.lower))


@pytest.mark.simulation
def test_leave_one_provider_out_holds_its_level_where_the_plain_test_does_not(make, rng):
    """Truth: no change. 8 providers of 30 people, intra-provider correlation 0.05 of change; 2,000 runs."""
    runs, rejected, plain = 2000, 0, 0
    cluster = np.repeat(np.arange(8), 30)
    for _ in range(runs):
        change = rng.normal(0, sqrt(0.05), 8)[cluster] + rng.normal(0, sqrt(0.95), 240)
        found = jackknife(pd.DataFrame({"c": change}), lambda s, n: s[:, 0] / n, cluster=pd.Series(cluster))
        rejected += not found.lower <= 0 <= found.upper
        half = 1.97 * change.std(ddof=1) / sqrt(240)
        plain += abs(change.mean()) > half
    four_se = 4 * sqrt(0.05 * 0.95 / runs)
    assert rejected / runs == pytest.approx(0.05, abs=four_se)
    assert plain / runs > 0.15
