"""What users bring: an instrument in YAML, ASCOT weights, a DSU table, unit costs. Wrong ones are refused by name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import DataError, RequestError
from ot_eval.measures import ascot, eq5d_dsu, registry, scoring, unit_costs, user_instrument
from ot_eval.measures.eq5d_value_sets import tariff

GOLDEN = Path(__file__).parent / "golden"
YAML = """
name: kitchen_safety
title: Kitchen safety checklist
items:
  hob:  {about: uses the hob safely, allowed: [0, 1, 2, 3]}
  iron: {about: uses the iron safely, minimum: 0, maximum: 9}
scoring: sum
better: higher
items_needed: 1
important_change: {value: 2, kind: opinion, setting: our service, source: team meeting 2025}
licence: {owner: our council, condition: own use}
source: agreed in 2024
"""


@pytest.fixture
def described(tmp_path):
    def read(text):
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return user_instrument.read(path)

    return read


def test_a_user_instrument_scores_as_described(described, table):
    own = described(YAML)
    known = registry.instruments(extra=(own,))
    rows = table(
        "kitchen_safety",
        ("P1", "baseline", "2025-01-01", {"hob": 1, "iron": 4.5}),
        ("P2", "baseline", "2025-01-01", {"iron": 4}),
    )
    assert scoring.score(rows, known["kitchen_safety"])["total"].tolist() == [5.5, 8.0]
    assert (own.score("total").minimum, own.score("total").maximum) == (0.0, 12.0)
    assert own.important_changes[0].status == "USER"


def test_a_mean_and_all_items_needed(described, table):
    own = described(YAML.replace("scoring: sum", "scoring: mean").replace("items_needed: 1\n", ""))
    rows = table(
        "kitchen_safety",
        ("P1", "baseline", "2025-01-01", {"hob": 1, "iron": 4}),
        ("P2", "baseline", "2025-01-01", {"iron": 4}),
    )
    got = scoring.score(rows, own)["total"]
    assert got[0] == 2.5
    assert np.isnan(got[1])


def test_a_service_that_only_has_totals_can_say_so(described, table):
    text = """
name: mbi_total_only
title: Modified Barthel, totals as supplied
items:
  total: {about: total as written down by the service, minimum: 0, maximum: 100}
scoring: sum
better: higher
licence: {owner: as for the instrument, condition: totals only}
source: our service
"""
    rows = table("mbi_total_only", ("P1", "baseline", "2025-01-01", {"total": 74}))
    assert scoring.score(rows, described(text))["total"].tolist() == [74.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("scoring: sum", "scoring: median"), "scoring"),
        (("allowed: [0, 1, 2, 3]", "allowed: [], minimum: 3, maximum: 1"), "items.hob"),
        (("allowed: [0, 1, 2, 3]", "about2: x"), "items.hob"),
        (("items_needed: 1", "items_needed: 9"), "items_needed is more than there are items"),
        (("setting: our service, ", ""), "important_change.setting"),
        (("better: higher", "better: bigger"), "better"),
        (("name: kitchen_safety", "name: Kitchen Safety"), "name"),
        (("items:", "items: {"), "not YAML"),
    ],
)
def test_a_wrong_description_is_refused_with_its_place(change, message, described):
    with pytest.raises(RequestError, match=message):
        described(YAML.replace(*change))


def test_yaml_is_data_and_never_runs(described):
    with pytest.raises(RequestError, match="not YAML"):
        described("!!python/object/apply:os.system ['true']")


def test_a_taken_name_is_refused(described):
    with pytest.raises(RequestError, match="'mbi', which is taken"):
        registry.instruments(extra=(described(YAML.replace("kitchen_safety", "mbi")),))


def test_ascot_weights(tmp_path):
    whole = pd.read_csv(GOLDEN / "ascot_weights_recalled.csv")
    own = ascot.ascot(ascot.read_weights(GOLDEN / "ascot_weights_recalled.csv"))
    assert (own.scores[0].minimum, own.scores[0].maximum) == pytest.approx((-0.1706, 0.9986), abs=1e-4)
    for wrong in (whole.iloc[:-1], whole.assign(weight=2.0), whole.replace("dignity", "dignities")):
        wrong.to_csv(tmp_path / "w.csv", index=False)
        with pytest.raises(RequestError, match="8 domains at each of the 4 levels"):
            ascot.read_weights(tmp_path / "w.csv")
    whole.drop(columns="weight").to_csv(tmp_path / "w.csv", index=False)
    with pytest.raises(RequestError, match="lack the column 'weight'"):
        ascot.read_weights(tmp_path / "w.csv")


def _dsu_like():
    """A whole table of the right shape whose values are the profile's own value: nothing of the DSU's."""
    values = tariff("uk_tto_dolan1997")
    return pd.DataFrame({c: values.to_numpy() for c in eq5d_dsu.COLUMNS}, index=values.index).reset_index()


def test_a_whole_dsu_table_is_read_and_used(tmp_path):
    _dsu_like().to_csv(tmp_path / "dsu.csv", index=False)
    table = eq5d_dsu.read_table(tmp_path / "dsu.csv", 3)
    got = eq5d_dsu.mapped_index(
        pd.Series(["21111", "33333", None, "11111", "11111"]),
        eq5d_dsu.age_band(pd.Series([70.0, 18.0, 40.0, 17.9, 50.0])),
        pd.Series(["female", "male", "male", "male", "unknown"]),
        table,
    )
    assert got.round(3).tolist()[:2] == [0.850, -0.594]
    assert got.isna().tolist() == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: t.drop(columns="65+_male"), "lacks 1 column"),
        (lambda t: t.iloc[:-1], "242 rows"),
        (lambda t: pd.concat([t.iloc[:-1], t.iloc[:1]]), "repeats a profile"),
        (lambda t: t.assign(**{"65+_male": float("nan")}), "leaves a value empty"),
    ],
)
def test_a_damaged_dsu_table_is_refused(damage, message, tmp_path):
    damage(_dsu_like()).to_csv(tmp_path / "dsu.csv", index=False)
    with pytest.raises(RequestError, match=message):
        eq5d_dsu.read_table(tmp_path / "dsu.csv", 3)


def test_the_kernel_refuses_an_empty_window():
    source = tariff("uk_tto_dolan1997")
    with pytest.raises(DataError, match="no profile has an index within"):
        eq5d_dsu.mapped_from_index(5.0, source, source, 0.1)
    with pytest.raises(RequestError, match="bandwidth"):
        eq5d_dsu.mapped_from_index(0.5, source, source, 0.0)


COSTS = pd.DataFrame(
    {
        "item": ["in_reach_bed", "hospital_bed"],
        "value": [180.0, 562.0],
        "unit": ["day", "night"],
        "price_year": ["2025/26", "2025"],
        "source": ["our contract", "NHS England"],
    }
)


def test_unit_costs_are_read_and_priced():
    prices = unit_costs.read(COSTS)
    assert unit_costs.cost(28, unit_costs.price(prices, "in_reach_bed", "day")) == 5040.0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: t.drop(columns="source"), "'source' is lacking"),
        (lambda t: t.assign(value=[0.0, 562.0]), r"1 price\(s\) are not above zero"),
        (lambda t: t.assign(value=["dear", 562.0]), r"1 price\(s\) are not above zero"),
        (lambda t: t.assign(price_year=[None, "2025"]), "1 lack unit, year or source"),
        (lambda t: t.assign(item="hospital_bed"), "1 repeat an item"),
    ],
)
def test_unit_costs_without_year_source_or_sense_are_refused(damage, message):
    with pytest.raises(DataError, match=message):
        unit_costs.read(damage(COSTS))


def test_a_price_that_is_not_there_or_per_another_unit_is_refused():
    prices = unit_costs.read(COSTS)
    with pytest.raises(RequestError, match="Did you mean 'hospital_bed'"):
        unit_costs.price(prices, "hospital_beds", "night")
    with pytest.raises(DataError, match="priced per 'night'"):
        unit_costs.price(prices, "hospital_bed", "day")
