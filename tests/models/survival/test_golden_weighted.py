"""Weights, weighted curves and their balance against R; the influence formulas against brute force."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.models.competing import incidence, incidence_variance
from ot_eval.models.curves import greenwood, product_limit
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.describe import table_one
from ot_eval.models.spells import Spells, read_spells
from ot_eval.models.weighted_curves import (
    Moments,
    effective_number,
    error_of_incidence,
    error_of_share,
    weighted_incidence,
    weighted_kaplan_meier,
)
from ot_eval.models.weighting import exposure_model, exposure_weights

CLOSED = 1e-9
CONVERGED = 1e-7
FITTED = 1e-6  # propensity scores carry R's glm stopping rule (1e-8 of the deviance)
TERMS = ("age", "meno", "size", "grade", "nodes", "pgr", "er")


@pytest.fixture(scope="module")
def gbsg(dataset):
    frame = dataset("gbsg_weights", "rfstime", "status", {1: "death"})
    return frame.assign(grade=frame["grade"].astype("category"))


def test_exposure_model_equals_r(golden, gbsg, relative):
    wanted = golden("weighted_standardised")["gbsg_ps"]
    found = exposure_model(gbsg, exposure="hormon", terms=TERMS)
    assert relative(found.coefficient, list(wanted["coef"].values())) < FITTED
    assert relative(found.se, list(wanted["se"].values())) < FITTED
    for name, stabilised in (("iptw", False), ("siptw", True)):
        weights = exposure_weights(gbsg, exposure="hormon", terms=TERMS, stabilised=stabilised)
        assert relative(weights, gbsg[name]) < FITTED


@pytest.mark.parametrize("key", ["iptw", "siptw"])
def test_weighted_curves_with_robust_limits_equal_r(golden, gbsg, about, relative, key):
    reference = golden("weighted_standardised")["gbsg_weighted"][key]
    curves = {c.group: c for c in weighted_kaplan_meier(gbsg, weight=key, by="hormon", about=about)}
    rows = [row for row in reference["km"] if row["time"] < len(curves[row["stratum"][-1]].days)]
    assert len(rows) == 6
    for row in rows:
        curve, day = curves[row["stratum"].removeprefix("hormon=")], row["time"]
        assert (
            relative((curve.value[day], curve.lower[day], curve.upper[day]), (row["surv"], row["lower"], row["upper"]))
            < CLOSED
        )
    for arm, wanted in reference["ess"].items():
        assert relative(effective_number(gbsg.loc[gbsg.hormon == int(arm), key].to_numpy()), wanted) < CLOSED


def test_robust_errors_of_weighted_curves_equal_r(golden, gbsg, relative):
    for row in golden("weighted_standardised")["gbsg_weighted"]["iptw"]["km"]:
        arm = gbsg[gbsg.hormon == int(row["stratum"][-1])]
        spells, weight = read_spells(arm), arm["iptw"].to_numpy()
        moments = Moments.of(day_table(spells, weight))
        se = error_of_share(spells, weight, moments, spells.event > 0)
        assert relative(se[row["time"]], row["robust_se"]) < CLOSED


@pytest.mark.parametrize("key", ["unweighted", "iptw", "siptw"])
def test_balance_before_and_after_weighting_equals_r(golden, gbsg, about, relative, key):
    wanted = golden("weighted_standardised")["gbsg_smd"][key]
    rows = table_one(
        gbsg.assign(meno=gbsg["meno"].astype(float)),
        columns=tuple(wanted), by="hormon", about=about, weight=None if key == "unweighted" else key,
    )  # fmt: skip
    found = {e.term: e.value for e in rows if e.measure == "standardised difference"}
    for name, value in wanted.items():
        # R takes the sample variance (n - 1) of the yes/no column meno; a share has variance p (1 - p).
        assert found[name] == pytest.approx(value, rel=2e-3 if name == "meno" else CLOSED, abs=1e-9)


def _random(rng, late):
    n = 60
    entry = rng.integers(0, 6, n) * late
    frame = pd.DataFrame({
        "entry_day": entry, "exit_day": entry + rng.integers(1, 15, n), "event": rng.choice(["a", "b", "none"], n),
    })  # fmt: skip
    return pd.concat([frame, frame.assign(entry_day=0, exit_day=rng.integers(15, 20, n))], ignore_index=True)


@pytest.mark.parametrize("late", [0, 1])
def test_influence_formulas_equal_numerical_derivatives(late):
    """The robust error is the root of the sum of squared changes when each weight moves a little."""
    rng = np.random.default_rng(4)
    frame = _random(rng, late)
    spells, weight = read_spells(frame), rng.uniform(0.3, 3, len(frame))
    kind, step = spells.code("a") - 1, 1e-6
    share_moves, incidence_moves = [], []
    for i in range(len(frame)):
        ends = []
        for sign in (1, -1):
            moved = weight.copy()
            moved[i] += sign * step
            table = day_table(spells, moved)
            ends.append((product_limit(table), incidence(table, kind)))
        share_moves.append(weight[i] * (ends[0][0] - ends[1][0]) / (2 * step))
        incidence_moves.append(weight[i] * (ends[0][1] - ends[1][1]) / (2 * step))
    moments = Moments.of(day_table(spells, weight))
    numerical = np.sqrt((np.array(share_moves) ** 2).sum(axis=0))
    until = int(np.argmax(moments.share <= 1e-9)) or moments.table.n_days
    closed = error_of_share(spells, weight, moments, spells.event > 0)
    assert np.allclose(closed[:until], numerical[:until], rtol=1e-5, atol=1e-9)
    numerical = np.sqrt((np.array(incidence_moves) ** 2).sum(axis=0))
    assert np.allclose(
        error_of_incidence(spells, weight, moments, kind)[:until], numerical[:until], rtol=1e-5, atol=1e-9
    )


def test_with_equal_weights_the_robust_error_is_the_greenwood_error(mgus2, relative):
    """An identity where everybody is followed from the origin: jackknife and Greenwood-type variances agree."""
    spells: Spells = read_spells(mgus2)
    weight, kind = np.full(len(spells), 2.5), spells.code("pcm") - 1
    moments = Moments.of(day_table(spells, weight))
    plain = one_cause(day_table(spells), spells.kinds)
    inside = product_limit(plain) > 1e-9
    se = error_of_share(spells, weight, moments, spells.event > 0)
    assert np.allclose(se[inside], (product_limit(plain) * np.sqrt(greenwood(plain)))[inside], rtol=1e-9)
    se = error_of_incidence(spells, weight, moments, kind)
    wanted = np.sqrt(incidence_variance(day_table(spells), kind))
    assert np.allclose(se[inside], wanted[inside], rtol=1e-7, atol=1e-12)


def test_a_constant_weight_changes_no_limit(mgus2, about, relative):
    one, ten = (weighted_incidence(mgus2.assign(w=w), cause="pcm", weight="w", about=about)[0] for w in (1.0, 10.0))
    assert relative(one.lower, ten.lower) < 1e-7
    assert relative(one.upper, ten.upper) < 1e-7
