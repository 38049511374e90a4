"""Ordered answers, reliability and pooling against R and published tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.models.imputation import pool
from ot_eval.models.trial_ordinal import nominal_test, proportional_odds
from ot_eval.models.trial_reliability import (
    cronbach_alpha,
    items_one_by_one,
    kappa,
    omega_total,
    rater_agreement,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "trial"
EXACT = 1e-9
PINGOUIN = 1e-7
CLM = 1e-6  # clm converges further than polr
MINRES = 1e-5  # psych stops its search about here


def near(value, rel=EXACT):
    return pytest.approx(value, rel=rel)


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def housing():
    frame = pd.read_csv(GOLDEN / "data" / "housing_freq.csv")
    levels = {"Infl": ["Medium", "High"], "Type": ["Apartment", "Atrium", "Terrace"], "Cont": ["High"]}
    x = np.column_stack([(frame[c] == v).to_numpy(dtype=float) for c, vs in levels.items() for v in vs])
    answer = frame["Sat"].map({"Low": 0, "Medium": 1, "High": 2}).to_numpy()
    return x, answer, frame["Freq"].to_numpy(dtype=float)


def test_proportional_odds_equals_clm_and_polr(housing):
    found, reference = proportional_odds(*housing), golden("ordinal")
    rows = reference["clm_housing"]["coef"]
    names = [n for n in rows if "|" not in n]
    assert list(found.slope) == near([rows[n]["Estimate"] for n in names], CLM)
    assert list(found.threshold) == near([rows[n]["Estimate"] for n in rows if "|" in n], CLM)
    errors = np.sqrt(np.diag(found.covariance))
    assert list(errors[: len(names)]) == near([rows[n]["Std. Error"] for n in names], CLM)
    assert found.loglik == near(reference["clm_housing"]["logLik"])
    polr = reference["polr_housing"]["coef"]
    assert list(found.slope) == near([polr[n]["Value"] for n in names], 2e-6)


@pytest.mark.parametrize(("term", "columns"), [("Infl", [0, 1]), ("Type", [2, 3, 4]), ("Cont", [5])])
def test_test_of_proportional_odds_equals_clm(housing, term, columns):
    row = golden("ordinal")["clm_housing"]["nominal_test"][term]
    x, answer, freq = housing
    statistic, df, p = nominal_test(x, answer, columns, freq)
    assert df == row["Df"]
    assert statistic == near(row["LRT"], 1e-5)
    assert p == near(row["Pr(>Chi)"], 1e-5)


RATERS = [
    ("Single_raters_absolute", "one-way", False, 0.17),
    ("Single_random_raters", "two-way agreement", False, 0.29),
    ("Single_fixed_raters", "two-way consistency", False, 0.71),
    ("Average_raters_absolute", "one-way", True, 0.44),
    ("Average_random_raters", "two-way agreement", True, 0.62),
    ("Average_fixed_raters", "two-way consistency", True, 0.91),
]


@pytest.mark.parametrize(("name", "raters", "average", "published"), RATERS)
def test_raters_equal_psych_and_the_published_table(name, raters, average, published):
    frame = pd.read_csv(GOLDEN / "data" / "shrout_fleiss.csv").melt("subject", var_name="judge", value_name="score")
    found = rater_agreement(frame, target="subject", rater="judge", score="score", raters=raters, average=average)
    row = golden("reliability")["shrout_fleiss"][name]
    assert found.value == near(row["ICC"], PINGOUIN)
    assert (found.lower, found.upper) == near((row["lower bound"], row["upper bound"]), PINGOUIN)
    assert round(found.value, 2) == published


@pytest.mark.parametrize("scale", ["A", "C", "N"])
def test_scales_equal_psych(scale):
    frame, row = pd.read_csv(GOLDEN / "data" / "bfi_acn.csv"), golden("reliability")[scale]
    turned = [row["reversed"]] if isinstance(row["reversed"], str) else row["reversed"]
    reverse = dict.fromkeys(turned, 7.0)
    found = cronbach_alpha(frame, row["items"], reverse=reverse)
    assert (found.value, found.lower, found.upper) == near((row["raw_alpha_complete"], *row["alpha_feldt_ci"]))
    assert found.n == row["n_complete"]
    value, loadings = omega_total(frame, row["items"], reverse=reverse)
    assert value == near(row["omega_total_1factor"], MINRES)
    assert list(loadings) == near(list(row["loadings_1factor_minres"].values()), MINRES)
    for item in items_one_by_one(frame, row["items"], reverse=reverse):
        assert item.alpha_without == near(row["alpha_if_dropped"][item.name])
        assert item.rest_correlation == near(row["item_rest_r"][item.name])


@pytest.mark.parametrize(("weights", "name"), [("none", "kappa"), ("quadratic", "weighted_quadratic")])
def test_kappa_equals_psych(weights, name):
    row = golden("reliability")["kappa_example"]
    assert kappa(row["r1"], row["r2"], weights=weights) == near(row[name])


def test_pooling_equals_mice():
    reference = golden("mi_pooling")
    for name, row in reference["pooled"].items():
        each = [r[name] for r in reference["per_imputation"]]
        df = reference["pool_details"][name]["dfcom"]
        found = pool([e["Estimate"] for e in each], [e["Std. Error"] ** 2 for e in each], df)
        assert (found.value, found.se, found.df, found.p) == near(
            (row["estimate"], row["std.error"], row["df"], row["p.value"])
        )
        assert (found.lower, found.upper) == near((row["2.5 %"], row["97.5 %"]))
        assert found.missing_information == near(reference["pool_details"][name]["lambda"])
