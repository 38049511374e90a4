"""Time-line operations against the plainest possible reading: a loop over days, a loop over spells."""

from __future__ import annotations

import ibis
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ot_eval.derive.days import FAR
from ot_eval.derive.spells import handed_over, joined, levels, runs

CONNECTION = ibis.duckdb.connect()
SPELL = st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(0, 15), st.integers(0, 9))
SPELLS = st.lists(SPELL, min_size=1, max_size=12)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def table(spells, **more):
    rows = {
        "who": [s[0] for s in spells],
        "first_day": [s[1] for s in spells],
        "last_day": [s[1] + s[2] for s in spells],
        "amount": [s[3] for s in spells],
        **more,
    }
    return CONNECTION.create_table("spells", pd.DataFrame(rows), overwrite=True)


def plain_islands(spells, gap):
    """Return (who, first, last) of each island, one spell after another."""
    found = []
    for who in sorted({s[0] for s in spells}):
        reach = None
        for first, last in sorted((s[1], s[1] + s[2]) for s in spells if s[0] == who):
            if reach is None or first - reach > gap:
                found.append([who, first, last])
                reach = last
            reach = max(reach, last)
            found[-1][2] = reach
    return [tuple(f) for f in found]


@QUICK
@given(SPELLS, st.integers(0, 9))
def test_joined_spells_are_the_islands_of_a_plain_loop(spells, gap):
    marked = joined(table(spells), ("who",), gap)
    islands = marked.group_by(["who", "island"]).aggregate(
        first=marked["first_day"].min(), last=marked["last_day"].max()
    )
    found = islands.order_by(["who", "first"]).to_pandas()
    assert list(zip(found["who"], found["first"], found["last"], strict=True)) == plain_islands(spells, gap)
    for _, group in found.groupby("who"):
        assert list(group["island"]) == list(range(1, len(group) + 1))


@QUICK
@given(SPELLS)
def test_levels_are_the_sums_of_every_single_day(spells):
    found = levels(table(spells), ("who",), ("amount",)).to_pandas()
    by_day = {
        (r.who, day): (r.amount, r.lines) for r in found.itertuples() for day in range(r.first_day, r.last_day + 1)
    }
    for who in {s[0] for s in spells}:
        mine = [s for s in spells if s[0] == who]
        for day in range(min(s[1] for s in mine), max(s[1] + s[2] for s in mine) + 1):
            active = [s for s in mine if s[1] <= day <= s[1] + s[2]]
            assert by_day.pop((who, day)) == (sum(s[3] for s in active), len(active))
    assert not by_day


def test_levels_with_their_end_close_with_an_empty_interval():
    found = levels(table([("a", 3, 4, 5)]), ("who",), ("amount",), with_end=True).order_by("first_day").to_pandas()
    assert found[["first_day", "last_day", "amount", "lines"]].to_numpy().tolist() == [[3, 7, 5, 1], [8, FAR, 0, 0]]


@QUICK
@given(SPELLS, st.integers(1, 12))
def test_runs_are_the_longest_stretches_of_days(spells, bar):
    steps = levels(table(spells), ("who",), ("amount",))
    found = runs(steps.mutate(high=steps["amount"] >= bar), ("who",), "high").to_pandas()
    days = {(r.who, d) for r in found.itertuples() for d in range(r.first_day, r.last_day + 1)}
    expected = set()
    for who in {s[0] for s in spells}:
        mine = [s for s in spells if s[0] == who]
        for day in range(min(s[1] for s in mine), max(s[1] + s[2] for s in mine) + 1):
            if sum(s[3] for s in mine if s[1] <= day <= s[1] + s[2]) >= bar:
                expected.add((who, day))
    assert days == expected
    for r in found.itertuples():
        assert (r.who, r.first_day - 1) not in days
        assert (r.who, r.last_day + 1) not in days


def test_a_hand_over_day_belongs_to_the_new_spell():
    spells = [("a", 0, 10, 1), ("a", 10, 5, 2), ("a", 20, 0, 3), ("b", 10, 3, 4)]
    found = handed_over(table(spells, repriced=[False] * 4), ("who",)).order_by(["who", "first_day"]).to_pandas()
    assert found[["first_day", "last_day"]].to_numpy().tolist() == [[0, 9], [10, 15], [20, 20], [10, 13]]


def test_a_new_price_takes_no_day_from_another_spell():
    spells = [("a", 0, 10, 1), ("a", 10, 5, 2)]
    found = handed_over(table(spells, repriced=[False, True]), ("who",)).order_by("first_day").to_pandas()
    assert found[["first_day", "last_day"]].to_numpy().tolist() == [[0, 10], [10, 15]]


def test_a_one_day_price_gives_its_day_to_a_row_that_begins_on_it():
    spells = [("a", 10, 0, 1), ("a", 10, 5, 2), ("b", 10, 0, 3)]
    found = handed_over(table(spells, repriced=[True, False, True]), ("who",)).order_by(["who", "amount"]).to_pandas()
    assert found[["who", "first_day", "last_day"]].to_numpy().tolist() == [["a", 10, 15], ["b", 10, 10]]
