import pytest

from ot_eval.base.errors import InternalFault
from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.base.results import (
    ESTIMATE_COLUMNS,
    Check,
    Curve,
    Deviation,
    Estimate,
    FlowStep,
    StudyResult,
    from_json,
)

GOOD = {
    "analysis": "cox",
    "population": "all",
    "outcome": "increase",
    "term": "age",
    "measure": "hazard ratio",
    "unit": "ratio",
    "value": 1.2,
}


def curve(**changes):
    good = {"days": (0, 5), "value": (1.0, 0.5), "lower": None, "upper": None, "n_risk": (4, 4), "n_event": (0, 2)}
    words = {"analysis": "km", "population": "all", "outcome": "increase", "group": "all", "unit": "probability"}
    return Curve(**(words | good | {"n_censored": (0, 0)} | changes))


def test_every_result_column_is_in_the_glossary():
    assert set(ESTIMATE_COLUMNS) == set(RESULT_COLUMNS)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"value": float("nan")}, "value is finite"),
        ({"value": float("inf")}, "value is finite"),
        ({"lower": 2.0, "upper": 1.0, "level": 0.95}, "lower <= upper"),
        ({"lower": 1.0, "upper": 2.0}, "states its level"),
        ({"level": 95}, "0 < level < 1"),
        ({"p": 0.04}, "never stands alone"),
    ],
)
def test_an_impossible_estimate_cannot_exist(changes, rule):
    with pytest.raises(InternalFault, match=rule):
        Estimate(**(GOOD | changes))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"value": (1.0,)}, "as long as"),
        ({"days": (5, 5)}, "days increase"),
        ({"value": (1.0, float("nan"))}, "is finite"),
        ({"lower": (0.0, 0.0), "upper": (float("inf"), 1.0)}, "is finite"),
    ],
)
def test_an_impossible_curve_cannot_exist(changes, rule):
    with pytest.raises(InternalFault, match=rule):
        curve(**changes)


def test_a_result_survives_writing_and_reading():
    result = StudyResult(
        study="falls",
        strand="care_packages",
        title="t",
        question="q",
        estimates=(Estimate(**GOOD, lower=1.0, upper=1.5, level=0.95, p=0.03, n=40),),
        curves=(curve(lower=(1.0, 0.2), upper=(1.0, 0.8)),),
        flow=(FlowStep(population="all", rule="adult", label="18 or over", n_left=9, n_removed=1),),
        checks=(Check(analysis="cox", name="ph", passed=True, sentence="It held."),),
        deviations=(Deviation(place="seed", locked="1", used="2"),),
        notes=("a note",),
        facts={"data end": "2026-03-31"},
    )
    assert from_json(result.to_json()) == result
    assert from_json(result.to_json()).to_json() == result.to_json()
