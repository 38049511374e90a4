"""What holds for every built-in instrument: its record is whole, its ends are reached, and better is better."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ot_eval.measures import catalogue, registry, scoring
from ot_eval.measures.barthel_modified import band
from ot_eval.measures.goal_attainment import CORRELATION, t_score

KNOWN = registry.instruments(("uk_rowen2026", "england_devlin2018", "uk_crosswalk_vanhout2012", "uk_tto_dolan1997"))
ITEMISED = [
    i for i in KNOWN.values() if i.table == "scores" and all(item.allowed for item in i.items) and i.name != "mbi"
]
ALL = pytest.mark.parametrize("instrument", KNOWN.values(), ids=lambda i: i.name)
ROUND = 1e-9


@ALL
def test_the_record_is_whole(instrument):
    assert instrument.missing_rule.endswith(".")
    assert instrument.licence.owner
    assert instrument.licence.condition
    assert instrument.source
    changes = (*instrument.important_changes, *instrument.detectable_changes)
    assert {c.score for c in changes} <= {s.name for s in instrument.scores}
    assert all(c.setting and c.source and c.value > 0 for c in changes)
    assert not any(c.kind.startswith(("MDC", "SEM")) for c in instrument.important_changes)
    assert all(c.kind.startswith("MDC 95") for c in instrument.detectable_changes)


def test_there_is_no_important_change_for_the_modified_barthel():
    assert KNOWN["mbi"].important_changes == ()


def test_names_and_families():
    assert {i.family for i in KNOWN.values() if "barthel" in i.title.lower()} == {"barthel"}
    assert sum(i.family == "barthel" for i in KNOWN.values()) == 3
    assert all(name == i.name for name, i in KNOWN.items())


def _one(table, instrument, values):
    return scoring.score(table(instrument.name, ("P1", "baseline", "2025-01-01", values)), instrument).loc[0]


@pytest.mark.parametrize("instrument", ITEMISED, ids=lambda i: i.name)
def test_both_ends_are_reached(instrument, table):
    low = _one(table, instrument, {i.name: i.allowed[0] for i in instrument.items})
    high = _one(table, instrument, {i.name: i.allowed[-1] for i in instrument.items})
    for score in instrument.scores:
        if score.maximum is None or score.minimum is None:
            continue
        assert sorted([low[score.name], high[score.name]]) == pytest.approx([score.minimum, score.maximum], abs=ROUND)


@pytest.mark.parametrize("name", ["eq5d5l", "eq5d3l"])
def test_ends_of_eq5d(name, table):
    instrument = KNOWN[name]
    n = int(instrument.score("MO").maximum)
    best = _one(table, instrument, {**dict.fromkeys(("MO", "SC", "UA", "PD", "AD"), 1), "VAS": 100})
    worst = _one(table, instrument, {**dict.fromkeys(("MO", "SC", "UA", "PD", "AD"), n), "VAS": 0})
    for score in instrument.scores:
        good, bad = (score.maximum, score.minimum) if score.better == "higher" else (score.minimum, score.maximum)
        assert (best[score.name], worst[score.name]) == pytest.approx((good, bad), abs=ROUND)


def test_every_whole_number_is_a_modified_barthel_total():
    """So a range check on totals can never catch a wrong item: item values are what is checked."""
    reach = {0}
    for item in KNOWN["mbi"].items:
        if item.name != "wheelchair_if_not_ambulant":
            reach = {total + int(v) for total in reach for v in item.allowed}
    assert reach == set(range(101))


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_order_of_rows_and_people_never_matters(data):
    people = data.draw(st.integers(1, 4))
    items = KNOWN["ucla3"].items
    rows = [
        {
            "person_id": f"P{p}",
            "timepoint": "baseline",
            "date": pd.Timestamp("2025-01-01"),
            "instrument": "ucla3",
            "item": item.name,
            "value": float(data.draw(st.sampled_from(item.allowed))),
        }
        for p in range(people)
        for item in items
    ]
    table = pd.DataFrame(rows)
    shuffled = table.sample(frac=1, random_state=data.draw(st.integers(0, 99)))
    pd.testing.assert_frame_equal(scoring.score(table, KNOWN["ucla3"]), scoring.score(shuffled, KNOWN["ucla3"]))


@settings(max_examples=100, deadline=None)
@given(
    levels=st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]), min_size=1, max_size=8),
    factor=st.floats(0.1, 10),
)
def test_goal_attainment_is_symmetric_about_50_and_blind_to_the_unit_of_weights(levels, factor):
    x, w = np.array(levels), np.arange(1.0, len(levels) + 1)
    assert t_score(x, w) + t_score(-x, w) == pytest.approx(100)
    assert t_score(x, factor * w) == pytest.approx(t_score(x, w))
    order = np.arange(len(levels))[::-1]
    assert t_score(x[order], w[order]) == pytest.approx(t_score(x, w))


def test_one_goal_does_not_depend_on_the_assumed_correlation():
    assert (
        t_score(np.array([2.0]), np.array([3.0]), 0.9) == t_score(np.array([2.0]), np.array([1.0]), CORRELATION) == 70
    )


@pytest.mark.parametrize(
    ("total", "shah", "scire"),
    [
        (0, "total dependence", "total dependence"),
        (24, "total dependence", "severe dependence"),
        (25, "severe dependence", "severe dependence"),
        (61, "moderate dependence", "moderate dependence"),
        (90, "mild dependence", "moderate dependence"),
        (91, "minimal dependence", "slight dependence"),
        (99, "minimal dependence", "slight dependence"),
        (100, "independent", "independent"),
    ],
)
def test_bands_are_a_named_option(total, shah, scire):
    one = pd.Series([float(total)])
    assert [band(one, "shah1989")[0], band(one, "scire")[0]] == [shah, scire]


def test_the_catalogue_says_where_each_threshold_comes_from():
    rows = {row["name"]: row for row in catalogue.catalogue(KNOWN)}
    assert rows["mbi"]["important change"] == "none established"
    assert "Ohno 2021" in rows["copm"]["important change"]
    assert all(row["licence"] and row["missing rule"] for row in rows.values())


def test_the_page_of_instruments_is_the_one_made_from_the_code():
    page = Path(__file__).resolve().parents[2] / "docs" / "instruments.md"
    again = "run: python -m ot_eval.measures.catalogue > docs/instruments.md"
    assert page.read_text(encoding="utf-8") == catalogue.as_markdown(), again
