"""Price indices from drawn lines: each provider's own April, the council's where a provider has too few lines."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from ot_eval.base.protocol import PriceUplift
from ot_eval.derive.prices import april_changes, middle, with_real_cost

RULE = PriceUplift()
CONNECTION = ibis.duckdb.connect()
APRILS = {2023: dt.date(2023, 4, 1), 2024: dt.date(2024, 4, 1)}


def home_care(*rows):
    """Rows of (person, provider, hours, cost, priced on, seen to); a line begins when it is priced."""
    frame = pd.DataFrame(
        rows, columns=["person_id", "provider_id", "hours_per_week", "cost_per_week", "priced", "seen"]
    )
    frame = frame.assign(
        la_code="x1",
        line="",
        service="home_care",
        start_date=frame["priced"],
        end_date=frame["seen"],
        priced_on=frame["priced"],
        seen_to=frame["seen"],
        hours_per_week=frame["hours_per_week"].astype("float64"),
    ).drop(columns=["priced", "seen"])
    return CONNECTION.create_table("home_care", frame, overwrite=True)


def before_and_after(person, provider, cost, ratio, april=2024, hours=7.0):
    day = APRILS[april]
    return [
        (person, provider, hours, cost, day - dt.timedelta(days=90), day - dt.timedelta(days=1)),
        (person, provider, hours, round(cost * ratio, 2), day, day + dt.timedelta(days=90)),
    ]


def changes(*rows):
    found = april_changes(home_care(*rows), RULE).to_pandas()
    return {(r.provider_id, r.april): (r.ratio, r.lines) for r in found.itertuples()}


def test_a_provider_has_its_own_change():
    rows = [r for n in range(3) for r in before_and_after(f"a{n}", "p", 100 + n, 1.04)]
    rows += [r for n in range(4) for r in before_and_after(f"b{n}", "q", 200 + n, 1.06)]
    found = changes(*rows)
    assert found["p", 2024] == (pytest.approx(1.04, abs=1e-4), 3)
    assert found["q", 2024] == (pytest.approx(1.06, abs=1e-4), 4)


def test_one_client_with_more_care_does_not_move_the_middle():
    rows = [r for n in range(5) for r in before_and_after(f"a{n}", "p", 100, 1.05, hours=None)]
    rows += before_and_after("z", "p", 100, 1.80, hours=None)
    assert changes(*rows)["p", 2024][0] == pytest.approx(1.05)


def test_changed_units_say_nothing_about_the_price():
    day = APRILS[2024]
    rows = [r for n in range(3) for r in before_and_after(f"a{n}", "p", 100, 1.05)]
    for n in range(9):
        rows.append((f"z{n}", "p", 7.0, 100.0, day - dt.timedelta(days=90), day - dt.timedelta(days=1)))
        rows.append((f"z{n}", "p", 14.0, 210.0, day, day + dt.timedelta(days=90)))
    assert changes(*rows)["p", 2024] == (pytest.approx(1.05), 3)


def test_too_few_lines_take_the_council_and_too_few_altogether_take_nothing():
    rows = [r for n in range(3) for r in before_and_after(f"a{n}", "p", 100, 1.05)]
    found = changes(*rows, *before_and_after("b", "q", 100, 1.20))
    assert found["q", 2024] == (pytest.approx(1.05), 0)
    assert changes(*before_and_after("b", "q", 100, 1.20)) == {("q", 2024): (1.0, 0)}


def test_a_line_whose_price_stays_over_april_says_so():
    day = APRILS[2024]
    rows = [(f"a{n}", "p", 7.0, 100.0, day - dt.timedelta(days=9), day + dt.timedelta(days=9)) for n in range(3)]
    assert changes(*rows)["p", 2024] == (1.0, 3)


def test_two_aprils_are_multiplied_and_real_cost_is_level():
    rows = []
    for n in range(3):
        first, second = before_and_after(f"a{n}", "p", 200, 1.06, april=2023)
        _, third = before_and_after(f"a{n}", "p", second[3], 1.06, april=2024)
        rows += [first, (*second[:5], APRILS[2024] - dt.timedelta(days=1)), third]
    real = with_real_cost(home_care(*rows), RULE).order_by(["person_id", "start_date"]).to_pandas()
    assert real["cost_per_week"].tolist()[:3] == [200, 212, 224.72]
    np.testing.assert_allclose(real["real_cost_per_week"], 200, atol=0.01)  # pence are rounded
    same = with_real_cost(home_care(*rows), PriceUplift(deflate=False)).to_pandas()
    assert (same["real_cost_per_week"] == same["cost_per_week"]).all()


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9])
def test_the_middle_is_the_median(n):
    numbers = np.random.default_rng(n).normal(size=n)
    table = CONNECTION.create_table("numbers", pd.DataFrame({"g": "a", "x": numbers}), overwrite=True)
    found = middle(table, ("g",), "x").to_pandas()
    assert found["n"].tolist() == [n]
    assert found["middle"].tolist() == pytest.approx([np.median(numbers)])
