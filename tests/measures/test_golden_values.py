"""All 98 golden values, each to its own tolerance; see golden/README.md for sources."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.measures import ascot, eq5d_dsu, eq5d_profile, eq5d_value_sets, registry, scoring
from ot_eval.measures.goal_attainment import t_score
from ot_eval.measures.pairs import pair
from ot_eval.measures.published import log_ratio
from ot_eval.measures.unit_costs import UnitCost, cost
from ot_eval.models.change_levels import probability_of_superiority

GOLDEN = Path(__file__).parent / "golden"
N_ROWS = 98
VALUES = pd.read_csv(GOLDEN / "golden_values.csv", dtype=str)
SETS = {
    "eq5d5l_uk_rowen2026": "uk_rowen2026",
    "eq5d5l_england_devlin2018": "england_devlin2018",
    "eq5d5l_uk_crosswalk_vanhout2012": "uk_crosswalk_vanhout2012",
    "eq5d3l_uk_tto_dolan1997": "uk_tto_dolan1997",
    "eq5d3l_uk_vas_mvh": "uk_vas_mvh",
}


def _numbers(text):
    return [float(v) for v in re.findall(r"-?\d+\.?\d*", text)]


def _score(name, items, table):
    return scoring.score(
        table(name, ("P1", "baseline", "2025-01-01", items)), registry.find(name, registry.instruments())
    ).loc[0]


def _parts(row):
    return dict(part.split("=") for part in row["input"].split(";"))


def _dsu(row, _):
    parts = _parts(row)
    direction = "5l" if "5l_to_3l" in row["instrument"] else "3l"
    rows = pd.read_csv(GOLDEN / f"dsu_{direction}_excerpt.csv", dtype={"profile": str})
    mapping = rows.pivot(index="profile", columns="column", values="value")
    return eq5d_dsu.mapped_index(
        pd.Series([parts["profile"]]), pd.Series([parts["age"]]), pd.Series([parts["sex"]]), mapping
    ).loc[0]


def _dsu_kernel(row, _):
    parts = _parts(row)
    rows = pd.read_csv(GOLDEN / "dsu_5l_excerpt.csv", dtype={"profile": str})
    column = rows[rows["column"] == f"{parts['age']}_{parts['sex']}"].set_index("profile")["value"]
    source = eq5d_value_sets.tariff("england_devlin2018").round(3)
    return eq5d_dsu.mapped_from_index(float(parts["index"]), source, column, float(parts["bw"]))


def _pchc_pairs():
    golden = pd.read_csv(GOLDEN / "pchc_golden_eq5d3l_prepost.csv", dtype=str)
    return golden[golden["expected_class"] != "invalid"].reset_index(drop=True)


WORDS = {
    "no_change": "unchanged",
    "improve": "improved",
    "worsen": "worsened",
    "mixed": "mixed",
    "no_problems": "no problems",
}


def _pchc(row, _):
    golden = _pchc_pairs()
    counts = eq5d_profile.paretian(golden["pre"], golden["post"], 3).value_counts()
    return [float(counts[WORDS[part.split("=")[0]]]) for part in row["expected"].split(";")]


def _superiority(_, table):
    golden = _pchc_pairs()
    out = []
    for name in eq5d_profile.DIMENSIONS:
        rows = [
            (f"P{i}", time, day, {d: int(golden[column][i][p]) for p, d in enumerate(eq5d_profile.DIMENSIONS)})
            for i in range(len(golden))
            for time, day, column in (("baseline", "2025-01-01", "pre"), ("end", "2025-02-01", "post"))
        ]
        instrument = registry.instruments()["eq5d3l"]
        scored = scoring.score(table("eq5d3l", *rows), instrument)
        out.append(probability_of_superiority(pair(scored, instrument.score(name), instrument="eq5d3l")).value)
    return out


def _gas(row, _):
    text = row["input"]
    if "goals;" in text:
        n, level = int(text.split()[0]), float(re.search(r"all ([+-]\d)", text).group(1))
        return t_score(np.full(n, level), np.ones(n))
    levels = np.array(_numbers(re.search(r"attain=\((.*?)\)", text).group(1)))
    weights = re.search(r"w=\((.*?)\)", text)
    return t_score(levels, np.array(_numbers(weights.group(1))) if weights else np.ones(len(levels)))


def _mbi(row, table):
    instrument = registry.instruments()["mbi"]
    text = row["input"]
    level = int(re.search(r"level (\d)", text).group(1)) - 1
    wheels = "wheelchair" in text
    moving = "ambulation" if wheels else "wheelchair_if_not_ambulant"
    items = {i.name: i.allowed[level] for i in instrument.items if i.name != moving}
    return _score("mbi", items, table)["total"]


def _barthel20(_, table):
    return _score("barthel20", {i.name: i.allowed[-1] for i in registry.instruments()["barthel20"].items}, table)[
        "total"
    ]


def _ascot(row, table):
    own = ascot.ascot(ascot.read_weights(GOLDEN / "ascot_weights_recalled.csv"))
    level = int(re.search(r"level (\d)", row["input"]).group(1))
    rows = table("ascot", ("P1", "baseline", "2025-01-01", dict.fromkeys(ascot.DOMAINS, level)))
    return scoring.score(rows, own).loc[0, "scrqol"]


def _staff(name, stem):
    def run(row, table):
        values = _numbers(row["input"].replace("all ", ""))
        instrument = registry.instruments()[name]
        values = values * len(instrument.items) if len(values) == 1 else values
        return _score(name, {i.name: v for i, v in zip(instrument.items, values, strict=True)}, table)["total"]

    return run


def _log_ratio(row, _):
    value, se = log_ratio(*_numbers(row["input"].replace("-", " ")))
    expected = _numbers(row["expected"])
    return [value, se, round(value / se, 2)][: len(expected)]  # z is printed to two decimals


def _delay(row, _):
    night = UnitCost(item="hospital bed", value=562, unit="night", price_year="2025", source="NHS England")
    first, second = _numbers(row["input"].replace("GBP", ""))
    return first * second if "patients" in row["input"] else cost(first, night)


HANDLERS = {
    **dict.fromkeys(
        SETS, lambda row, _: eq5d_value_sets.index(pd.Series([row["input"]]), SETS[row["instrument"]]).loc[0]
    ),
    "nice_dsu_5l_to_3l_uk": _dsu,
    "nice_dsu_3l_to_5l_devlin": _dsu,
    "nice_dsu_5l_to_3l_uk_kernel": _dsu_kernel,
    "pchc": _pchc,
    "eq5d_prob_superiority": _superiority,
    "eq5d_level_sum_score": lambda row, _: eq5d_profile.level_sum(pd.Series([row["input"]])).loc[0],
    "gas_t": _gas,
    "mbi_shah": _mbi,
    "barthel20": _barthel20,
    "ascot_sct4": _ascot,
    "uwes9": _staff("uwes9", "w"),
    "wsas": _staff("wsas", "a"),
    "ucla3": _staff("ucla3", "u"),
    "tis6": _staff("tis6", "t"),
    "nhse_delay_cost": _delay,
    "logOR_se": _log_ratio,
}


def test_every_row_is_checked():
    assert len(VALUES) == N_ROWS
    assert set(VALUES["instrument"]) == {*HANDLERS, "copm"}


@pytest.mark.parametrize("place", VALUES.index[VALUES["instrument"] != "copm"])  # copm: the last test
def test_value(place, table):
    row = VALUES.loc[place]
    got = np.atleast_1d(HANDLERS[row["instrument"]](row, table))
    expected = np.array(_numbers(row["expected"]))
    assert got == pytest.approx(expected, abs=float(row["tolerance"]), rel=0)


def test_copm(goals):
    ratings = {"baseline": (3, 4, 2), "end": (6, 7, 5)}
    rows = [
        ("P1", time, f"g{i}", {"performance": v, "satisfaction": v, "importance": imp})
        for time, values in ratings.items()
        for i, (v, imp) in enumerate(zip(values, (10, 1, 5), strict=True))
    ]
    instrument = registry.instruments()["copm"]
    scored = scoring.score(goals(*rows), instrument)
    pairs = pair(scored, instrument.score("performance"), instrument="copm")
    assert pairs.frame[["before", "after"]].to_numpy().tolist() == [[3.0, 6.0]]
    assert pairs.change.tolist() == [3.0]
    opinion = next(c for c in instrument.important_changes if c.kind == "opinion")
    assert bool((pairs.gain >= opinion.value).all())
