"""Every fault that stops a score: named with its count, never a person's value."""

import pandas as pd
import pytest

from ot_eval.base.errors import DataError, RequestError
from ot_eval.measures import assessments, registry, scoring
from ot_eval.measures.goal_attainment import t_score

KNOWN = registry.instruments()
BATHING = {"bathing": 3, "feeding": 8}
DAY1, DAY2, DAY3 = "2025-01-01", "2025-02-12", "2025-05-14"


def _message(rows, name):
    with pytest.raises(DataError) as caught:
        scoring.score(rows, KNOWN[name])
    return str(caught.value)


def test_a_value_between_allowed_values_is_counted(table):
    rows = table("mbi", *((f"P{i}", "baseline", DAY1, {"bathing": v}) for i, v in enumerate((2, 2, 3, 5.5))))
    message = _message(rows, "mbi")
    assert "mbi, bathing: 3 break the rule 'the value is one of 0, 1, 3, 4, 5'" in message
    assert "5.5" not in message
    assert "P0" not in message


@pytest.mark.parametrize("value", [-1, 6, 1.5, float("inf")])
def test_an_eq5d_level_outside_the_scale(value, table):
    rows = table("eq5d5l", ("P1", "baseline", DAY1, {"MO": value, "SC": 1}))
    assert "eq5d5l, MO: 1 break the rule" in _message(rows, "eq5d5l")


def test_a_level_of_5_is_not_an_eq5d_3l_level(table):
    assert "one of 1, 2, 3" in _message(table("eq5d3l", ("P1", "baseline", DAY1, {"MO": 5})), "eq5d3l")


@pytest.mark.parametrize("item", ["total", "Total", "score", "index"])
def test_a_total_without_items(item, table):
    message = _message(table("mbi", ("P1", "baseline", DAY1, {item: 80})), "mbi")
    assert "a total without its items cannot be checked" in message
    assert "instrument of your own" in message


def test_an_unknown_item(table):
    assert "bath: 1 break the rule 'not an item of this instrument'" in _message(
        table("mbi", ("P1", "baseline", DAY1, {"bath": 3})), "mbi"
    )


def test_two_baselines(table):
    rows = table("mbi", ("P1", "baseline", DAY1, BATHING), ("P1", "baseline", DAY2, {"bathing": 4}))
    assert "a person has one baseline assessment, on one day" in _message(rows, "mbi")


def test_one_item_with_two_values(table):
    rows = table("mbi", ("P1", "baseline", DAY1, BATHING), ("P1", "baseline", DAY1, {"bathing": 4}))
    assert "an item has one value at each timepoint" in _message(rows, "mbi")


def test_a_row_repeated_whole_is_not_a_fault(table):
    items = {"companionship": 1, "left_out": 2, "isolated": 3}
    rows = table("ucla3", ("P1", "baseline", DAY1, items), ("P1", "baseline", DAY1, items))
    assert scoring.score(rows, KNOWN["ucla3"])["total"].tolist() == [6.0]


@pytest.mark.parametrize(
    ("days", "later"),
    [
        ({"baseline": DAY2, "end": DAY1}, "end"),
        ({"baseline": DAY2, "follow_up": DAY1}, "follow_up"),
        ({"baseline": DAY1, "end": DAY3, "follow_up": DAY2}, "follow_up"),
    ],
)
def test_follow_up_before_baseline(days, later, table):
    rows = table("mbi", *(("P1", time, day, BATHING) for time, day in days.items()))
    assert f"the {later} assessment is not before an earlier one" in _message(rows, "mbi")


def test_wheelchair_of_a_person_who_walks(table):
    rows = table("mbi", ("P1", "baseline", DAY1, {"ambulation": 8, "wheelchair_if_not_ambulant": 3}))
    assert "only for a person who does not walk" in _message(rows, "mbi")


def test_a_time_and_unable(table):
    rows = table("tug", ("P1", "baseline", DAY1, {"seconds": 20, "unable": 1}))
    assert "a person who is unable has no time" in _message(rows, "tug")


def test_versions_mixed_within_a_person(table):
    rows = pd.concat(
        [
            table("eq5d5l", ("P1", "baseline", DAY1, {"MO": 1}), ("P2", "baseline", DAY1, {"MO": 1})),
            table("eq5d3l", ("P1", "end", DAY2, {"MO": 1})),
            table("mbi", ("P1", "baseline", DAY1, BATHING)),
        ]
    )
    found = assessments.mixed_versions(rows, tuple(KNOWN.values()))
    assert found["person_id"].unique().tolist() == ["P1"]
    assert set(found["instrument"]) == {"eq5d3l", "eq5d5l"}
    with pytest.raises(DataError, match="one version of an instrument throughout"):
        scoring.refuse(found, "scores")


def test_more_than_five_problems(goals):
    rows = goals(*(("P1", "baseline", f"g{i}", {"performance": 3, "satisfaction": 3}) for i in range(6)))
    assert "at most 5 problems" in _message(rows, "copm")


@pytest.mark.parametrize(("column", "value"), [("performance", 0), ("satisfaction", 11), ("performance", 2.5)])
def test_a_copm_rating_outside_the_scale(column, value, goals):
    rows = goals(("P1", "baseline", "g", {"performance": 3, "satisfaction": 3, column: value}))
    assert f"copm, {column}: 1 break the rule" in _message(rows, "copm")


def test_a_goal_rated_twice_at_one_timepoint(goals):
    rows = goals(("P1", "baseline", "g", {"level": -1}), ("P1", "baseline", "g", {"level": -2}))
    assert "a goal is rated once at each timepoint" in _message(rows, "gas")


def test_weights_that_are_all_zero(goals):
    rows = goals(("P1", "baseline", "g", {"level": -1, "importance": 0, "difficulty": 2}))
    assert "at least one goal has a weight above zero" in _message(rows, "gas")
    with pytest.raises(DataError, match="every weight"):
        t_score(pd.Series([1.0]).to_numpy(), pd.Series([0.0]).to_numpy())


def test_a_goal_already_met_at_baseline(goals):
    assert "level at baseline is -1 or -2" in _message(goals(("P1", "baseline", "g", {"level": 0})), "gas")


def test_an_unknown_instrument_points_to_the_nearest():
    with pytest.raises(RequestError, match="Did you mean 'eq5d5l'"):
        registry.find("eq5d_5l", KNOWN)


def test_setting_aside_removes_only_what_is_faulty(table):
    rows = table(
        "mbi",
        ("P1", "baseline", DAY1, {"bathing": 2}),
        ("P1", "end", DAY2, {"bathing": 3}),
        ("P2", "baseline", DAY2, BATHING),
        ("P2", "end", DAY1, BATHING),
    )
    faulty = assessments.faults(rows[rows["person_id"] == "P1"], KNOWN["mbi"])
    kept = assessments.without(rows, faulty)
    assert set(zip(kept["person_id"], kept["timepoint"], strict=True)) == {
        ("P1", "end"),
        ("P2", "baseline"),
        ("P2", "end"),
    }
    order = assessments.faults(kept, KNOWN["mbi"])
    assert set(assessments.without(kept, order)["person_id"]) == {"P1"}
    assert assessments.faults(assessments.without(kept, order), KNOWN["mbi"]).empty
