"""The synthetic service: four people whose every "percent improvement" is known by hand, and what a figure could be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.measures.instrument import Score
from ot_eval.models import change_percent as cp

LEVELS = Score(name="PD", about="pain", unit="level", minimum=1, maximum=5, better="lower")
INDEX = Score(name="index", about="an index", unit="index", minimum=-0.594, maximum=1)
SECONDS = Score(name="seconds", about="time", unit="seconds", minimum=0, better="lower")
# before -> after: gains of 10, 6, 1 and 0 points from a mean of 50
BEFORE, AFTER = [20.0, 60.0, 80.0, 40.0], [30.0, 66.0, 81.0, 40.0]


def _by_name(found):
    return {e.measure: e.value for e in found}


def test_each_definition_of_a_service_whose_figures_are_known(make):
    values = _by_name(cp.definitions(make(BEFORE, AFTER), important=6.0))
    assert values[cp.OF_MEAN] == pytest.approx(100 * 17 / 200)  # 8.5: mean 50 to 54.25
    assert values[cp.OF_EACH] == pytest.approx((50 + 10 + 1.25 + 0) / 4)  # 15.3125
    assert values[cp.OF_SCALE] == pytest.approx(4.25)
    assert values[cp.IMPROVED] == 75.0
    assert values[cp.IMPORTANT] == 50.0


def test_what_a_published_15_could_have_been(make):
    found = cp.definitions(make(BEFORE, AFTER), important=6.0)
    matching = [r.measure for r in cp.readings(found, 15)]
    assert len(matching) == 5
    assert [r.measure for r in cp.readings(found, 15) if r.matches] == [cp.OF_EACH]
    assert [r.measure for r in cp.readings(found, 15.3, decimals=1) if r.matches] == [cp.OF_EACH]
    assert [r.measure for r in cp.readings(found, 8.5, decimals=1) if r.matches] == [cp.OF_MEAN]
    assert [r.measure for r in cp.readings(found, 33) if r.matches] == []


def test_levels(make):
    # pain of five people: mean level 2.6 to 2.2; two better, one worse, none newly free of pain
    values = _by_name(cp.level_definitions(make([4, 3, 3, 1, 2], [2, 3, 2, 1, 3], score=LEVELS)))
    assert values[cp.FALL] == pytest.approx(0.4)
    assert values[cp.RELATIVE_FALL] == pytest.approx(100 * 0.4 / 2.6)
    assert values[cp.LEVEL_BETTER] == pytest.approx(40.0)
    assert values[cp.PROBLEM_FREE] == pytest.approx(0.0)


def test_a_lower_score_that_falls_is_an_improvement(make):
    values = _by_name(cp.definitions(make([20, 40, 30], [10, 36, 30], score=SECONDS)))
    assert values[cp.OF_MEAN] == pytest.approx(100 * 14 / 90)
    assert values[cp.OF_EACH] == pytest.approx((50 + 10 + 0) / 3)
    assert values[cp.IMPROVED] == pytest.approx(200 / 3)
    assert cp.OF_SCALE not in values  # a time has no fixed end


def test_people_who_start_at_zero_have_no_personal_percentage_and_are_counted_out(make):
    found = cp.mean_personal_percentage(make([0, 0, 10, 20, 40], [5, 0, 20, 30, 50]))
    assert found.n == 3
    assert found.value == pytest.approx((100 + 50 + 25) / 3)


def test_personal_percentages_of_an_index_are_refused(make):
    index = make([-0.2, 0.1, 0.5], [0.1, 0.2, 0.6], score=INDEX)
    with pytest.raises(AnalysisRefused, match="below zero"):
        cp.mean_personal_percentage(index)
    assert set(_by_name(cp.definitions(index))) == {cp.IMPROVED, cp.OF_SCALE}


def test_a_mean_of_zero_is_refused(make):
    with pytest.raises(AnalysisRefused, match="not defined"):
        cp.change_over_baseline_mean(make([0, 0, 0], [1, 2, 3]))


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_refused(figure, make):
    with pytest.raises(RequestError, match="not a number"):
        cp.readings(cp.definitions(make(BEFORE, AFTER)), figure)


def test_no_percentage_to_compare_is_refused():
    with pytest.raises(RequestError, match="no estimate is in percent"):
        cp.readings((), 11)


@settings(max_examples=50, deadline=None)
@given(
    before=st.lists(st.integers(1, 99), min_size=4, max_size=30),
    factor=st.floats(0.1, 5),
    seed=st.integers(0, 1000),
)
def test_percentages_do_not_depend_on_the_unit_and_the_definitions_agree_where_they_must(before, factor, seed, make):
    x = np.array(before, dtype=float)
    after = x + np.random.default_rng(seed).integers(-5, 10, len(x))
    one, scaled = make(x, after), make(factor * x, factor * after)
    for definition in (cp.change_over_baseline_mean, cp.mean_personal_percentage):
        assert definition(scaled).value == pytest.approx(definition(one).value, rel=1e-9, abs=1e-9)
    same = make(np.full(len(x), 50.0), 50 + (after - x))  # with equal starting points the two percentages are one
    assert cp.change_over_baseline_mean(same).value == pytest.approx(cp.mean_personal_percentage(same).value, abs=1e-9)
    assert 2 * cp.change_over_scale(same).value == pytest.approx(cp.change_over_baseline_mean(same).value, abs=1e-9)
