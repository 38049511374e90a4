"""Clone, censor, weight against R on the Stanford data, and on people whom the exposure does nothing to."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.clone_censor import ARMS, DEPARTED, clones, compare_strategies, weighted_rows
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import day_table
from ot_eval.models.spells import read_spells

CLOSED = 1e-8  # the weights rest on a converged Cox model, of which R's carries up to 5e-9
CONVERGED = 1e-7
TERMS = ("age", "surgery")
QUARTERS = 4  # times of the reference come in quarters of a day


@pytest.fixture(scope="module")
def people(dataset):
    frame = dataset("jasa_ccw_input").rename(columns={"id": "person_id"})
    return frame.assign(
        exit_day=(frame["fu"] * QUARTERS).astype(int),
        event=np.where(frame["ev"] == 1, "death", "none"),
        ot_day=(frame["wt"] * QUARTERS).where(frame["tx"] == 1),
    )


@pytest.fixture(scope="module")
def cloned(dataset):
    """The reference's own clones."""
    rows = dataset("jasa_ccw_clones")
    return rows.assign(
        person=rows["id"],
        person_id=rows["id"].astype(str) + "/" + rows["arm"].astype(str),
        exit_day=(rows["fup"] * QUARTERS).astype(int),
        event=np.select([rows["out"] == 1, rows["cens"] == 1], ["death", DEPARTED], "none"),
        arm=pd.Categorical(rows["arm"].map(dict(enumerate(ARMS))), list(ARMS)),
    )


def test_clones_are_those_of_the_reference(dataset, people):
    """One person was transplanted on the day of death: the reference censors that clone, ours counts the death.

    An event on the very day of exposure belongs to the time before it, as in start and stop rows.
    """
    found = clones(people, grace=60 * QUARTERS)
    wanted = dataset("jasa_ccw_clones").set_index(["id", "arm"]).sort_index()
    found = found.assign(arm_code=found["arm"].cat.codes).set_index(["person", "arm_code"]).sort_index()
    assert len(found) == 206
    same_day = people.set_index("person_id")["ot_day"] == people.set_index("person_id")["exit_day"]
    assert same_day.sum() == 1
    odd = (same_day[same_day].index[0], 0)
    assert (found.loc[odd, "event"], wanted.loc[odd, "cens"]) == ("death", 1)
    found, wanted = found.drop(index=odd), wanted.drop(index=odd)
    assert np.allclose(found["exit_day"] / QUARTERS, wanted["fup"])
    assert ((found["event"] == "death").to_numpy() == (wanted["out"] == 1).to_numpy()).all()
    assert ((found["event"] == DEPARTED).to_numpy() == (wanted["cens"] == 1).to_numpy()).all()


def test_models_of_departing_equal_r(golden, cloned, relative):
    wanted = golden("clone_censor_weight_jasa")["censor_model"]
    for arm, key in zip(ARMS, ("arm0", "arm1"), strict=True):
        fitted = fit(cloned[cloned.arm == arm], CoxModel(cause=DEPARTED, terms=TERMS, ties="breslow"))
        assert relative(fitted.beta, list(wanted[key]["coef"].values())) < CONVERGED


def test_weighted_curves_restricted_means_and_cox_models_equal_r(golden, cloned, relative):
    wanted = golden("clone_censor_weight_jasa")
    rows = weighted_rows(cloned, terms=TERMS, at_grace="cox")
    assert relative(rows["weight"].max(), wanted["weights"]["max"]) < CLOSED
    assert rows["weight"].min() == wanted["weights"]["min"] == 1
    for number, arm in enumerate(ARMS):
        part = rows[rows.arm == arm]
        share = product_limit(day_table(read_spells(part), part["weight"].to_numpy()))
        for row in wanted["weighted_km"]:
            if row["stratum"] == f"arm={number}":
                assert relative(share[int(row["time"] * QUARTERS)], row["surv"]) < CLOSED
        mean = share[: 365 * QUARTERS].sum() / QUARTERS
        assert relative(mean, wanted["weighted_rmst365"]["rmst"][number]) < CLOSED
        plain = product_limit(day_table(read_spells(part)))
        for row in wanted["unweighted_km"]:
            if row["stratum"] == f"arm={number}":
                assert relative(plain[int(row["time"] * QUARTERS)], row["surv"]) < CLOSED
    for ties in ("efron", "breslow"):
        block = wanted[f"weighted_cox_{ties}_cluster_id"]
        fitted = fit(rows, CoxModel(cause="death", terms=("arm",), weight="weight", cluster="person", ties=ties))
        assert relative(fitted.beta, [t["coef"] for t in block["terms"]]) < CONVERGED
        plain = np.sqrt(np.diag(fitted.robust / fitted.clusters.correction))
        assert relative(plain, [t["robust_se"] for t in block["terms"]]) < CONVERGED
        assert relative(fitted.maximum.best.loglik, block["loglik"][1]) < CLOSED


def _no_effect(rng, n=3_000):
    frail = rng.integers(0, 2, n)
    time, end = rng.exponential(1 / (0.003 * np.exp(0.8 * frail))), rng.uniform(200, 365, n)
    seen = rng.exponential(np.where(frail == 1, 60, 120))
    return pd.DataFrame({
        "person_id": np.arange(n), "exit_day": np.ceil(np.minimum(time, end)).astype(int).clip(1),
        "event": np.where(time <= end, "increase", "none"), "frail": frail, "ot_day": np.ceil(seen),
    }).assign(ot_day=lambda d: d.ot_day.where(d.ot_day <= d.exit_day))  # fmt: skip


def test_an_exposure_that_does_nothing_shows_nothing(about):
    rng = np.random.default_rng(10)
    found = compare_strategies(
        _no_effect(rng), cause="increase", grace=30, horizon=180, terms=("frail",), about=about, rng=rng, replicates=60
    )
    share, mean = found[2], found[5]
    assert abs(share.value) < 3.5 * share.se
    assert abs(mean.value) < 3.5 * mean.se
    assert share.se < 0.03


def test_weights_at_the_end_of_the_grace_period_undo_the_selection_exactly():
    """With one yes/no covariate the weighted number of each kind after day 30 is the number followed beyond it."""
    frame = _no_effect(np.random.default_rng(3))
    cloned = clones(frame, grace=30)
    rows = weighted_rows(cloned, terms=("frail",))
    within = rows[(rows["arm"] == "within") & (rows["entry_day"] == 30)]
    stayed_or_left = cloned[(cloned["arm"] == "within") & ((cloned.exit_day > 30) | (cloned.event == DEPARTED))]
    for frail in (0, 1):
        weighted = within.loc[within["frail"] == frail, "weight"].sum()
        assert weighted == pytest.approx((stayed_or_left["frail"] == frail).sum(), rel=1e-6)


def test_late_entry_and_repeated_people_are_refused(people):
    with pytest.raises(AnalysisRefused, match="late entry True"):
        clones(people.assign(entry_day=0, exit_day=lambda d: d.exit_day + 1).assign(entry_day=1), grace=60)
    with pytest.raises(AnalysisRefused, match="1 repeated people"):
        clones(pd.concat([people, people.head(1)]), grace=60)
