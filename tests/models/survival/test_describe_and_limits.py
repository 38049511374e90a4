"""Table 1, and limits on the scales that R offers."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.models.competing import limits
from ot_eval.models.curves import greenwood, product_limit
from ot_eval.models.day_table import day_table
from ot_eval.models.describe import table_one
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.spells import read_spells

CLOSED = 1e-9


@pytest.mark.parametrize(("key", "scale"), [("log", "log"), ("plain", "plain"), ("log_log", "log-log")])
@pytest.mark.parametrize("group", ["lung_all", "lung_by_sex"])
def test_limits_of_kaplan_meier_on_every_scale_equal_r(golden, lung, about, relative, key, scale, group):
    rows = golden("km_logrank")["km"][key][group]["at"]
    assert len(rows) in (4, 8)
    for row in rows:
        people = lung if row["stratum"] == "all" else lung[lung.sex == int(row["stratum"][-1])]
        table = day_table(read_spells(people))
        share = product_limit(table)
        se = share * np.sqrt(greenwood(table))
        lower, upper = limits(share, se, about.critical(), scale)
        day = row["time"]
        found = share[day], se[day], lower[day], upper[day], table.at_risk[day]
        assert relative(found, [row[k] for k in ("surv", "se", "lower", "upper", "n_risk")]) < CLOSED


def test_restricted_mean_to_the_last_day_equals_r(golden, lung, about, relative):
    row = golden("km_logrank")["km"]["log_log"]["lung_all"]["median"][0]
    found = restricted_mean(lung, horizon=int(lung.exit_day.max()), about=about)[0]
    assert relative((found.value, found.se), (row["rmean"], row["se_rmean_"])) < CLOSED


@pytest.fixture
def people():
    return pd.DataFrame({
        "sex": ["f", "f", "m", "m", None, "f"], "hours": [1.0, 2.0, 3.0, 10.0, np.nan, 4.0],
        "arm": ["a", "a", "a", "b", "b", "b"],
    })  # fmt: skip


def _value(rows, population, term, measure):
    return next(e.value for e in rows if (e.population, e.term, e.measure) == (population, term, measure))


def test_table_one_counts_levels_and_the_unrecorded_and_summarises_numbers(people, about):
    rows = table_one(people, columns=("sex", "hours"), by="arm", about=about)
    assert _value(rows, "everyone", "sex: f", "people") == 3
    assert _value(rows, "everyone", "sex: not recorded", "people") == 1
    assert _value(rows, "everyone, b", "sex: f", "share of people") == pytest.approx(100 / 3)
    assert _value(rows, "everyone", "hours: not recorded", "people") == 1
    assert _value(rows, "everyone", "hours", "mean") == 4.0
    assert _value(rows, "everyone", "hours", "median") == 3.0
    assert _value(rows, "everyone, a", "hours", "standard deviation") == 1.0
    n = {e.population: e.n for e in rows if e.term == "hours" and e.measure == "mean"}
    assert n == {"everyone": 5, "everyone, a": 3, "everyone, b": 2}


def test_levels_of_a_group_sum_to_its_people(people, about):
    rows = table_one(people, columns=("sex",), by="arm", about=about)
    for population in ("everyone", "everyone, a", "everyone, b"):
        counts = [e for e in rows if e.population == population and e.measure == "people"]
        assert sum(e.value for e in counts) == counts[0].n


def test_standardised_differences_do_not_depend_on_size_or_unit(people, about):
    twice = pd.concat([people, people]).assign(hours=lambda d: 60 * d.hours + 5)
    one, two = (
        _value(
            table_one(f, columns=("sex",), by="arm", about=about),
            "everyone, b v a",
            "sex: f",
            "standardised difference",
        )
        for f in (people, twice)
    )
    assert one == pytest.approx(two)
    shares = 1 / 3, 2 / 3
    assert one == pytest.approx((shares[0] - shares[1]) / np.sqrt(sum(p * (1 - p) for p in shares) / 2))
    equal = people.assign(hours=[1, 2, 3, 1, 2, 3])
    rows = table_one(equal, columns=("hours",), by="arm", about=about)
    assert _value(rows, "everyone, b v a", "hours", "standardised difference") == 0
