"""The missing rule of every instrument, as a table of cases written by hand."""

import math

import pytest

from ot_eval.measures import registry, scoring

KNOWN = registry.instruments(("uk_rowen2026", "uk_tto_dolan1997"))
MBI = {
    "personal_hygiene": 4,
    "bathing": 3,
    "feeding": 8,
    "toilet": 8,
    "stair_climbing": 5,
    "dressing": 8,
    "bowel_control": 10,
    "bladder_control": 10,
    "chair_bed_transfers": 12,
}
EQ5 = {"MO": 2, "SC": 1, "UA": 1, "PD": 1, "AD": 1}
TUG_SECONDS = 14.5


def _without(items, *names):
    return {k: v for k, v in items.items() if k not in names}


CASES = [
    # instrument, items, score, expected (None = missing)
    ("mbi", {**MBI, "ambulation": 12}, "total", 80.0),
    ("mbi", {**MBI, "ambulation": 0}, "total", 68.0),
    ("mbi", {**MBI, "wheelchair_if_not_ambulant": 4}, "total", 72.0),
    ("mbi", {**MBI, "ambulation": 0, "wheelchair_if_not_ambulant": 4}, "total", 72.0),
    ("mbi", {**MBI, "wheelchair_if_not_ambulant": 4}, "ceiling", 90.0),
    ("mbi", {**MBI, "ambulation": 12}, "ceiling", 100.0),
    ("mbi", MBI, "total", None),
    ("mbi", {**_without(MBI, "bathing"), "ambulation": 12}, "total", None),
    ("mbi", {**_without(MBI, "bathing"), "ambulation": 12}, "ceiling", None),
    ("eq5d5l", {**EQ5, "VAS": 70}, "index_uk_rowen2026", 0.968),
    ("eq5d5l", {**EQ5, "VAS": 70}, "level_sum", 6.0),
    ("eq5d5l", EQ5, "vas", None),
    ("eq5d5l", EQ5, "index_uk_rowen2026", 0.968),
    ("eq5d5l", {**_without(EQ5, "PD"), "VAS": 70}, "index_uk_rowen2026", None),
    ("eq5d5l", {**_without(EQ5, "PD"), "VAS": 70}, "level_sum", None),
    ("eq5d5l", {**_without(EQ5, "PD"), "VAS": 70}, "vas", 70.0),
    ("eq5d5l", {**_without(EQ5, "PD"), "VAS": 70}, "MO", 2.0),
    ("eq5d3l", EQ5, "index_uk_tto_dolan1997", 0.85),
    ("tug", {"seconds": TUG_SECONDS}, "seconds", TUG_SECONDS),
    ("tug", {"seconds": TUG_SECONDS}, "able", 1.0),
    ("tug", {"unable": 1}, "seconds", None),
    ("tug", {"unable": 1}, "able", 0.0),
    ("tug", {"unable": 0}, "able", None),
    ("toms", {"impairment": 2.5, "activity": 3}, "impairment", 2.5),
    ("toms", {"impairment": 2.5, "activity": 3}, "wellbeing", None),
    ("ucla3", {"companionship": 1, "left_out": 2, "isolated": 3}, "total", 6.0),
    ("ucla3", {"companionship": 1, "left_out": 2}, "total", None),
    ("uwes9", {f"w{n}": 3 for n in (1, 2, 5)}, "vigour", 3.0),
    ("uwes9", {f"w{n}": 3 for n in (1, 2, 5)}, "total", None),
]


@pytest.mark.parametrize(("name", "items", "score", "expected"), CASES)
def test_rule(name, items, score, expected, table):
    got = scoring.score(table(name, ("P1", "baseline", "2025-01-01", items)), KNOWN[name]).loc[0, score]
    assert math.isnan(got) if expected is None else got == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["barthel20", "barthel100", "ems", "neadl66", "neadl22", "tis6", "wsas", "ucla3"])
def test_a_sum_is_missing_when_any_one_item_is(name, table):
    instrument = KNOWN[name]
    best = {i.name: i.allowed[-1] for i in instrument.items}
    for item in instrument.items:
        rows = table(name, ("P1", "baseline", "2025-01-01", _without(best, item.name)))
        assert math.isnan(scoring.score(rows, instrument).loc[0, "total"])
    full = scoring.score(table(name, ("P1", "baseline", "2025-01-01", best)), instrument)
    assert full.loc[0, "total"] == instrument.score("total").maximum


def test_an_empty_value_is_missing_like_an_absent_row(table):
    rows = table(
        "ucla3", ("P1", "baseline", "2025-01-01", {"companionship": 1, "left_out": 2, "isolated": float("nan")})
    )
    assert math.isnan(scoring.score(rows, KNOWN["ucla3"]).loc[0, "total"])


COPM_CASES = [
    # (goal, baseline, end) performance; expected baseline and end mean
    ([("a", 2, 6), ("b", 4, 8)], 3.0, 7.0),
    ([("a", 2, 6), ("b", 4, None)], 3.0, None),  # one problem not rated again
    ([("a", 2, 6), ("b", None, 8)], None, 7.0),  # set at baseline, not rated then
    ([("a", 2, 6), ("new at end", "absent", 8)], 2.0, 6.0),  # named after baseline: does not enter
]


@pytest.mark.parametrize(("rated", "before", "after"), COPM_CASES)
def test_copm(rated, before, after, goals):
    rows = [
        ("P1", time, goal, {"performance": value, "satisfaction": value})
        for goal, *values in rated
        for time, value in zip(("baseline", "end"), values, strict=True)
        if value != "absent"
    ]
    got = scoring.score(goals(*rows), KNOWN["copm"]).set_index("timepoint")["performance"]
    for time, expected in (("baseline", before), ("end", after)):
        assert math.isnan(got[time]) if expected is None else got[time] == expected


GAS_CASES = [
    # (goal, importance, difficulty, level at end); expected T at end
    ([("a", None, None, 1), ("b", None, None, 1)], 62.4035),
    ([("a", 3, 1, 1), ("b", 2, 1, 0), ("c", 1, 1, -1)], 54.4065),
    ([("a", 3, 1, 1), ("b", 2, 1, None)], None),  # a goal without a level
    ([("a", 3, 1, 1), ("b", None, 1, 0)], None),  # a goal without a weight while weights are in use
    ([("a", 2, 1, 0), ("b", 0, 1, 2)], 50.0),  # weight zero: the goal does not count
]


@pytest.mark.parametrize(("set_goals", "expected"), GAS_CASES)
def test_goal_attainment(set_goals, expected, goals):
    rows = [
        ("P1", time, goal, {"importance": i, "difficulty": d, "level": level})
        for goal, i, d, end in set_goals
        for time, level in (("baseline", -1), ("end", end))
    ]
    got = scoring.score(goals(*rows), KNOWN["gas"]).set_index("timepoint").loc["end", "t"]
    assert math.isnan(got) if expected is None else got == pytest.approx(expected, abs=1e-4)


def test_importance_belongs_to_the_goal_and_need_not_be_repeated(goals):
    rows = [
        ("P1", "baseline", "a", {"importance": 3, "difficulty": 1, "level": -1}),
        ("P1", "baseline", "b", {"importance": 2, "difficulty": 1, "level": -1}),
        ("P1", "baseline", "c", {"importance": 1, "difficulty": 1, "level": -2}),
        ("P1", "end", "a", {"level": 1}),
        ("P1", "end", "b", {"level": 0}),
        ("P1", "end", "c", {"level": -1}),
    ]
    got = scoring.score(goals(*rows), KNOWN["gas"]).set_index("timepoint")
    assert got.loc["end", "t"] == pytest.approx(54.4065, abs=1e-4)
    assert got.loc["end", "met"] == pytest.approx(100 * 2 / 3)
