"""Log-rank tests, medians and predicted curves against R and textbooks."""

import pandas as pd
import pytest

from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.predict import curves_for, encode, incidence_for
from ot_eval.models.rank_test import log_rank
from ot_eval.models.survival import kaplan_meier, time_to_share

CLOSED = 1e-9
CONVERGED = 1e-7  # rests on converged coefficients, of which R's carry up to 5e-9


@pytest.fixture(autouse=True)
def _any_number_of_events(monkeypatch):
    """Textbook groups are small; that tests on so few events are refused is checked elsewhere."""
    monkeypatch.setattr("ot_eval.models.rank_test.LEAST_EVENTS", 1)


@pytest.mark.parametrize(
    ("key", "by", "stratum", "rho"),
    [
        ("lung_sex", "sex", None, 0),
        ("lung_sex_peto_rho1", "sex", None, 1),
        ("lung_phecog_4groups", "ph.ecog", None, 0),
        ("lung_sex_stratified_phecog", "sex", "ph.ecog", 0),
    ],
)
def test_log_rank_equals_r(golden, lung, about, relative, key, by, stratum, rho):
    wanted = golden("km_logrank")["logrank"][key]
    rows = lung.dropna(subset=["ph.ecog"]) if "phecog" in key else lung
    found = log_rank(rows, by=by, stratum=stratum, rho=rho, about=about)
    assert relative(found.value, wanted["chisq"]) < CLOSED
    assert found.p == pytest.approx(wanted["p"], rel=CLOSED)


def test_textbook_tests_and_medians_print_as_published(golden, dataset, about):
    reference = golden("published_checks")
    gehan = dataset("gehan", "time", "cens", {1: "relapse"})
    assert round(log_rank(gehan, by="six_mp", about=about, events=("relapse",)).value, 2) == 16.79
    medians = [time_to_share(c)[0] for c in kaplan_meier(gehan, by="six_mp", about=about)]
    assert medians == [8, 23] == list(reference["gehan"]["median"].values())
    aml = dataset("aml", "time", "status", {1: "relapse"})
    assert round(log_rank(aml.assign(n=1), by="x", about=about).value, 2) == 3.40
    assert [time_to_share(c)[0] for c in kaplan_meier(aml, by="x", about=about)] == [31, 23]


def test_the_whole_table_of_the_6mp_trial_equals_r(golden, dataset, about, relative):
    gehan = dataset("gehan", "time", "cens", {1: "relapse"})
    curves = {c.group: c for c in kaplan_meier(gehan, by="six_mp", about=about)}
    rows = golden("published_checks")["gehan"]["km"]
    assert len(rows) > 15
    for row in rows:
        curve, week = curves[row["stratum"].removeprefix("six_mp=")], row["time"]
        assert relative(curve.value[week], row["S"]) < CLOSED or curve.value[week] == row["S"] == 0
        assert curve.n_risk[week] == row["n"]


def test_medians_with_log_log_limits_equal_r(golden, lung, about):
    wanted = golden("km_logrank")["km"]["log_log"]
    for key, by in (("lung_all", None), ("lung_by_sex", "sex")):
        for row, curve in zip(wanted[key]["median"], kaplan_meier(lung, by=by, about=about), strict=True):
            assert time_to_share(curve) == (row["median"], row["0_95LCL"], row["0_95UCL"])
    quantiles, curve = wanted["lung_all"]["quantiles"], kaplan_meier(lung, about=about)[0]
    for percent in ("25", "50", "75"):
        days = tuple(quantiles[part][percent] for part in ("quantile", "lower", "upper"))
        assert time_to_share(curve, 1 - int(percent) / 100) == days


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("engine", ["count grid", "sorted array"])
def test_predicted_curves_and_their_errors_equal_r(golden, lung226, relative, ties, engine):
    wanted = golden("cox")["lung_predicted_curves" + ("_breslow" if ties == "breslow" else "")]
    fitted = fit(lung226, CoxModel(cause="death", terms=("age", "sex", "ph.ecog"), ties=ties, engine=engine))
    found = curves_for(fitted, encode(fitted, lung226, pd.DataFrame(wanted["newdata"])))
    for row, day in enumerate(wanted["times"]):
        assert relative(found.share[:, day], wanted["surv"][row]) < CONVERGED
        assert relative(found.se[:, day], wanted["se"][row]) < CONVERGED


def test_incidence_from_two_cause_specific_models_equals_the_product_limit_of_r(golden, mgus2, relative):
    reference = golden("competing_risks_mgus2")
    wanted = reference["cause_specific_cox_cif_product_limit"]
    rows = mgus2.dropna(subset=["hgb", "mspike"]).assign(male=lambda d: (d.sex == "M").astype(int))
    terms = ("age", "male", "hgb", "mspike")
    fits = {cause: fit(rows, CoxModel(cause=cause, terms=terms, ties="breslow")) for cause in ("pcm", "death")}
    person = pd.DataFrame({"age": [70], "male": [1], "hgb": [13.0], "mspike": [1.0]})
    x = {cause: encode(fitted, rows, person) for cause, fitted in fits.items()}
    share, by_cause = incidence_for(fits, x, last_day=max(wanted["times"]), form="product limit")
    months = wanted["times"]
    assert relative(share[0, months], wanted["S"]) < CONVERGED
    assert relative(by_cause["pcm"][0, months], wanted["F_pcm"]) < CONVERGED
    assert relative(by_cause["death"][0, months], wanted["F_death"]) < CONVERGED
    exponential = reference["multistate_cox_cif_age70_male_hgb13_mspike1"]["pstate"]
    share, by_cause = incidence_for(fits, x, last_day=max(wanted["times"]))
    for row, month in zip(exponential, months, strict=True):
        assert relative((share[0, month], by_cause["pcm"][0, month], by_cause["death"][0, month]), row) < CONVERGED
    for cause, key in (("pcm", "H_pcm"), ("death", "H_death")):
        assert relative(curves_for(fits[cause], x[cause]).hazard[0, months], wanted[key]) < CONVERGED
        names = {n.split(",")[0]: b for n, b in zip(fits[cause].names, fits[cause].beta, strict=True)}
        state = {"pcm": "1:2", "death": "1:3"}[cause]
        multistate = reference["multistate_coxph_breslow_coef"]
        assert relative([names[t] for t in terms], [multistate[f"{t}_{state}"] for t in terms]) < CONVERGED
