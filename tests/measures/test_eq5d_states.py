"""Every state of each built-in EQ-5D value set, computed from its own coefficients, against published tables."""

from pathlib import Path

import pandas as pd
import pytest

from ot_eval.base.errors import DataError, RequestError
from ot_eval.measures import eq5d_profile, eq5d_value_sets
from ot_eval.measures.eq5d import eq5d

GOLDEN = Path(__file__).parent / "golden"
EXACT = 5e-10  # sums of three-decimal decrements
PUBLISHED_3DP = 0.0006  # the crosswalk is published to three decimals; the largest gap seen is 0.00055
STATES_5L = pd.read_csv(GOLDEN / "eq5d5l_all_states_3125.csv", dtype={"profile": str}).set_index("profile")
STATES_3L = pd.read_csv(GOLDEN / "eq5d3l_uk_dolan_all_states_243.csv", dtype={"profile": str}).set_index("profile")


@pytest.mark.parametrize(
    ("name", "column", "tolerance"),
    [
        ("uk_rowen2026", "uk_rowen2026", EXACT),
        ("england_devlin2018", "england_devlin2018", EXACT),
        ("uk_crosswalk_vanhout2012", "uk_crosswalk_vanhout2012_published_3dp", PUBLISHED_3DP),
        ("uk_crosswalk_vanhout2012", "uk_crosswalk_recomputed_unrounded", 5e-7),  # kept to six decimals
    ],
)
def test_all_3125_states(name, column, tolerance):
    got = eq5d_value_sets.tariff(name)
    assert len(got) == len(STATES_5L) == 3125
    assert (got - STATES_5L[column]).abs().max() < tolerance


def test_all_243_states_of_dolan():
    got = eq5d_value_sets.tariff("uk_tto_dolan1997")
    assert len(got) == len(STATES_3L) == 243
    assert (got - STATES_3L["uk_tto_dolan1997"]).abs().max() < EXACT


@pytest.mark.parametrize(
    ("name", "share"), [("uk_rowen2026", 14.7), ("england_devlin2018", 5.1), ("uk_crosswalk_vanhout2012", 26.7)]
)
def test_share_of_states_worse_than_dead(name, share):
    assert 100 * (eq5d_value_sets.tariff(name) < 0).mean() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("name", sorted(eq5d_value_sets.VALUE_SETS))
def test_a_worse_level_never_has_a_higher_value(name):
    tariff = eq5d_value_sets.tariff(name)
    n_levels = eq5d_value_sets.VALUE_SETS[name].n_levels
    for place in range(5):
        for profile, value in tariff.items():
            level = int(profile[place])
            if level < n_levels:
                worse = profile[:place] + str(level + 1) + profile[place + 1 :]
                assert tariff[worse] <= value


def test_no_index_is_called_just_uk():
    with pytest.raises(RequestError, match=r"uk_rowen2026, england_devlin2018, uk_crosswalk_vanhout2012"):
        eq5d(5, ("UK",))
    with pytest.raises(RequestError, match="not known for 3 levels"):
        eq5d(3, ("uk_rowen2026",))
    assert all(len(name.split("_")) > 1 for name in eq5d_value_sets.VALUE_SETS)


def test_a_profile_out_of_range_is_refused_with_its_count():
    with pytest.raises(DataError, match="2 profile"):
        eq5d_value_sets.index(pd.Series(["11111", "11116", "1111"]), "uk_rowen2026")


def test_a_missing_profile_stays_missing():
    got = eq5d_value_sets.index(pd.Series(["11111", None]), "uk_rowen2026")
    assert got.iloc[0] == 1.0
    assert got.isna().tolist() == [False, True]


def test_paretian_classes_row_by_row():
    golden = pd.read_csv(GOLDEN / "pchc_golden_eq5d3l_prepost.csv", dtype=str)
    valid = golden[golden["expected_class"] != "invalid"].reset_index(drop=True)
    words = {"no_change": "unchanged", "improve": "improved", "worsen": "worsened", "no_problems": "no problems"}
    got = eq5d_profile.paretian(valid["pre"], valid["post"], 3)
    assert got.tolist() == valid["expected_class"].replace(words).tolist()
    invalid = golden[golden["expected_class"] == "invalid"]
    with pytest.raises(DataError, match=r"\d profile"):
        eq5d_profile.paretian(invalid["pre"], invalid["post"], 3)


def test_paretian_turned_round_swaps_better_and_worse():
    golden = pd.read_csv(GOLDEN / "pchc_golden_eq5d3l_prepost.csv", dtype=str)
    valid = golden[golden["expected_class"] != "invalid"].reset_index(drop=True)
    forth = eq5d_profile.paretian(valid["pre"], valid["post"], 3)
    back = eq5d_profile.paretian(valid["post"], valid["pre"], 3)
    assert back.replace({"improved": "worsened", "worsened": "improved"}).tolist() == forth.tolist()
