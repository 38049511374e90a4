"""Cox models against R: every engine, ties, strata, clusters, weights, late entry, and the test of proportionality."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.models.about import About
from ot_eval.models.cox import hazard_ratios, model_tests
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.proportional import trend_tests

CONVERGED = 1e-7  # R stops at 1e-9 of the log-likelihood: its own coefficients carry up to 5e-9
CHI_SQUARE = 1e-6  # a chi-square near zero magnifies the reference's own error
CLOSED = 1e-9
ENGINES = ("auto", "count grid", "sorted array")
LUNG = ("age", "sex", "ph.ecog")


def compare(fitted, block, relative):
    """Coefficients, model-based and robust errors, both covariance matrices and the likelihood."""
    terms = block["terms"]
    assert len(terms) == len(fitted.names)
    wanted, se = (np.array([t[part] for t in terms]) for part in ("coef", "se"))
    # Relative to the coefficient, or to its standard error where the coefficient is nearly zero.
    assert float(np.max(np.abs(fitted.beta - wanted) / np.maximum(np.abs(wanted), se))) < CONVERGED
    assert relative(np.sqrt(np.diag(fitted.covariance)), se) < CONVERGED
    if block.get("vcov") and "robust_se" not in terms[0]:
        assert np.allclose(fitted.covariance, block["vcov"], rtol=CHI_SQUARE, atol=1e-12)
    if "robust_se" in terms[0]:
        # R's sandwich has no small-sample factor; ours multiplies it by G / (G - 1).
        plain = fitted.robust / fitted.clusters.correction
        assert relative(np.sqrt(np.diag(plain)), [t["robust_se"] for t in terms]) < CONVERGED
        if block.get("vcov"):
            assert np.allclose(plain, block["vcov"], rtol=CHI_SQUARE, atol=1e-12)
    loglik = block["loglik"]
    null, best = loglik if isinstance(loglik, list) else (block.get("loglik_null"), loglik)
    if null is not None:
        assert relative(fitted.maximum.null.loglik, null) < CLOSED
    assert relative(fitted.maximum.best.loglik, best) < CLOSED
    about = About(population="p", outcome="o")
    tests = {e.measure: (e.value, e.p) for e in model_tests(fitted, about)}
    names = {"test: likelihood ratio": "lr_test", "test: score": "score_test", "test: robust score": "robust_score"}
    for measure, name in names.items():
        if measure in tests and block.get(name):
            assert relative(tests[measure][0], block[name][0]) < CHI_SQUARE
            assert tests[measure][1] == pytest.approx(block[name][2], rel=1e-5)
    if block.get("wald_test"):
        assert tests["test: Wald"][0] == pytest.approx(block["wald_test"][0], abs=0.0051)  # R prints two decimals


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_plain_models_equal_r(golden, lung226, relative, engine, ties):
    compare(
        fit(lung226, CoxModel(cause="death", terms=LUNG, ties=ties, engine=engine)),
        golden("cox")["lung"][ties],
        relative,
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", ["efron_cluster_inst", "breslow_cluster_inst"])
def test_cluster_robust_models_equal_r(golden, lung226, relative, engine, key):
    model = CoxModel(cause="death", terms=LUNG, cluster="inst", ties=key.split("_")[0], engine=engine)
    compare(fit(lung226, model), golden("cox")["lung"][key], relative)


@pytest.mark.parametrize("engine", ENGINES)
def test_stratified_cluster_robust_model_equals_r(golden, lung226, relative, engine):
    model = CoxModel(cause="death", terms=("age", "ph.ecog"), strata=("sex",), cluster="inst", engine=engine)
    compare(fit(lung226, model), golden("cox")["lung"]["efron_strata_sex_cluster_inst"], relative)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", ["efron", "breslow", "efron_cluster_inst", "efron_robust_per_row"])
def test_heavily_tied_models_equal_r(golden, lung226, relative, engine, key):
    months = lung226.assign(exit_day=np.maximum(1, np.ceil(lung226["time"] / 30)).astype(int), row=range(226))
    cluster = {"efron_cluster_inst": "inst", "efron_robust_per_row": "row"}.get(key)
    model = CoxModel(cause="death", terms=LUNG, ties=key.split("_")[0], cluster=cluster, engine=engine)
    compare(fit(months, model), golden("cox")["lung_30day_ties"][key], relative)


@pytest.mark.parametrize("engine", ENGINES)
def test_robust_errors_by_row_equal_r(golden, lung226, relative, engine):
    rows = lung226.assign(row=range(226))
    model = CoxModel(cause="death", terms=LUNG, cluster="row", engine=engine)
    compare(fit(rows, model), golden("cox")["lung"]["efron_robust_per_row"], relative)


@pytest.fixture(scope="module")
def veteran(dataset):
    frame = dataset("veteran", "time", "status", {1: "death"})
    frame["celltype"] = pd.Categorical(frame["celltype"], ["squamous", "smallcell", "adeno", "large"])
    return frame


VETERAN = ("trt", "celltype", "karno", "diagtime", "age", "prior")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("transform", ["km", "rank", "identity"])
def test_model_with_a_factor_and_its_proportionality_tests_equal_r(golden, veteran, about, relative, engine, transform):
    fitted = fit(veteran, CoxModel(cause="death", terms=VETERAN, engine=engine))
    compare(fitted, golden("cox")["veteran"]["efron"], relative)
    for found, wanted in zip(
        trend_tests(fitted, about, transform=transform), golden("cox")["veteran_zph"][transform], strict=True
    ):
        assert found.term == wanted["term"].replace("GLOBAL", "all covariates")
        assert relative(found.value, wanted["chisq"]) < CHI_SQUARE
        assert found.p == pytest.approx(wanted["p"], rel=CHI_SQUARE)


def test_proportionality_tests_with_and_without_clusters_equal_r(golden, lung226, about, relative):
    reference = golden("cox")
    for cluster, wanted in (
        (None, reference["lung_zph"]["km"]),
        ("inst", reference["lung_zph_cluster_inst_km"]),
    ):
        fitted = fit(lung226, CoxModel(cause="death", terms=LUNG, cluster=cluster))
        found = trend_tests(fitted, about)
        assert relative([e.value for e in found], [w["chisq"] for w in wanted]) < CHI_SQUARE
    fitted = fit(lung226, CoxModel(cause="death", terms=LUNG))
    found = trend_tests(fitted, about, transform="rank")
    assert relative([e.value for e in found], [w["chisq"] for w in reference["lung_zph"]["rank"]]) < CHI_SQUARE


def test_model_for_paired_organs_equals_r(golden, dataset, relative):
    kidney = dataset("kidney", "time", "status", {1: "infection"})
    kidney["disease"] = pd.Categorical(kidney["disease"], ["Other", "GN", "AN", "PKD"])
    for engine in ENGINES:
        model = CoxModel(cause="infection", terms=("age", "sex", "disease"), cluster="id", engine=engine)
        compare(fit(kidney, model), golden("cox")["kidney"]["efron_cluster_id"], relative)


@pytest.mark.parametrize("cause", ["pcm", "death"])
@pytest.mark.parametrize("engine", ENGINES)
def test_cause_specific_models_equal_r(golden, mgus2, relative, cause, engine):
    rows = mgus2.dropna(subset=["hgb", "mspike"]).assign(male=lambda d: (d.sex == "M").astype(int))
    model = CoxModel(cause=cause, terms=("age", "male", "hgb", "mspike"), engine=engine)
    compare(fit(rows, model), golden("competing_risks_mgus2")["cause_specific"][cause], relative)


@pytest.fixture(scope="module")
def heart(dataset):
    """Half days, so that the day of transplant and death on one day keep their order; hazards do not know the unit."""
    return dataset("heart", "stop", "event", {1: "death"}, entry="start", scale=2).rename(columns={"id": "person_id"})


HEART = ("age", "year", "surgery", "transplant")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", ["m1", "m_breslow", "cluster_id"])
def test_start_and_stop_rows_equal_r(golden, heart, relative, engine, key):
    ties = "breslow" if key == "m_breslow" else "efron"
    cluster = "person_id" if key == "cluster_id" else None
    model = CoxModel(cause="death", terms=HEART, ties=ties, cluster=cluster, engine=engine)
    compare(fit(heart, model), golden("timevarying_recurrent")["heart_tv"][key], relative)


def test_the_stanford_coefficients_print_as_published(heart):
    fitted = fit(heart, CoxModel(cause="death", terms=HEART))
    assert np.round(fitted.beta, 4).tolist() == [0.0272, -0.1463, -0.6372, -0.0103]


def test_interaction_and_proportionality_of_start_and_stop_rows_equal_r(golden, heart, about, relative):
    reference = golden("timevarying_recurrent")["heart_tv"]
    model = CoxModel(cause="death", terms=(*HEART, "age:transplant"))
    by_name = {t["term"]: t for t in reference["m_interaction"]["terms"]}
    fitted = fit(heart, model)
    product = next(t for name, t in by_name.items() if ":" in name)
    assert relative(fitted.maximum.best.loglik, reference["m_interaction"]["loglik"]) < CLOSED
    assert relative(fitted.beta[fitted.names.index("age, per 1 x transplant, per 1")], product["coef"]) < CONVERGED
    zph = trend_tests(fit(heart, CoxModel(cause="death", terms=HEART)), about)
    assert relative([e.value for e in zph], [w["chisq"] for w in reference["zph_km"]]) < CHI_SQUARE


@pytest.mark.parametrize("key", ["AG", "AG_breslow", "PWP_total", "PWP_total_breslow", "PWP_gap"])
@pytest.mark.parametrize("engine", ENGINES)
def test_recurrent_event_models_equal_r(golden, dataset, relative, key, engine):
    rows = dataset("bladder2", "stop", "event", {1: "recurrence"}, entry="start").rename(columns={"id": "person_id"})
    rows["rx2"] = (rows["rx"] == 2).astype(int)
    cluster = "person_id"
    if key == "PWP_gap":
        rows = rows.assign(exit_day=rows.exit_day - rows.entry_day, entry_day=0, patient=rows.person_id)
        rows, cluster = rows.drop(columns="person_id"), "patient"
    strata = ("enum",) if key.startswith("PWP") else ()
    ties = "breslow" if key.endswith("breslow") else "efron"
    model = CoxModel(
        cause="recurrence", terms=("rx2", "number", "size"), strata=strata, cluster=cluster, ties=ties,
        engine=engine, repeats=True,
    )  # fmt: skip
    compare(fit(rows, model), golden("timevarying_recurrent")["bladder2"][key], relative)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_marginal_model_of_wei_lin_and_weissfeld_equals_r(golden, dataset, relative, engine):
    rows = dataset("bladder", "stop", "event", {1: "recurrence"})
    rows["rx2"] = (rows["rx"] == 2).astype(int)
    model = CoxModel(cause="recurrence", terms=("rx2", "number", "size"), strata=("enum",), cluster="id", engine=engine)
    compare(fit(rows, model), golden("timevarying_recurrent")["bladder_WLW"], relative)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", ["iptw", "siptw"])
@pytest.mark.parametrize(("ties", "block"), [("efron", "cox"), ("breslow", "cox_breslow")])
def test_weighted_models_equal_r(golden, dataset, relative, engine, key, ties, block):
    frame = dataset("gbsg_weights", "rfstime", "status", {1: "death"})
    fitted = fit(frame, CoxModel(cause="death", terms=("hormon",), weight=key, ties=ties, engine=engine))
    compare(fitted, golden("weighted_standardised")["gbsg_weighted"][key][block], relative)


def test_textbook_models_equal_r_and_print_as_published(golden, dataset, lung, relative):
    reference = golden("published_checks")
    gehan = dataset("gehan", "time", "cens", {1: "relapse"})
    for ties in ("efron", "breslow"):
        fitted = fit(gehan, CoxModel(cause="relapse", terms=("six_mp",), ties=ties))
        assert round(float(fitted.beta[0]), 3) == reference["gehan"]["published"]["cox_coef"][ties]
    sex = fit(lung, CoxModel(cause="death", terms=("sex",)))
    three = fit(lung.dropna(subset=["ph.ecog"]), CoxModel(cause="death", terms=LUNG))
    compare(sex, reference["lung_classic"]["sex"], relative)
    compare(three, reference["lung_classic"]["three"], relative)
    ratio = hazard_ratios(sex, About(population="p", outcome="death"))[0]
    assert [round(x, 3) for x in (ratio.value, ratio.lower, ratio.upper)] == [0.588, 0.424, 0.816]
    rossi = dataset("rossi", "week", "arrest", {1: "arrest"}).assign(row=range(432))
    terms = ("fin", "age", "race", "wexp", "mar", "paro", "prio")
    for ties in ("efron", "breslow"):
        compare(fit(rossi, CoxModel(cause="arrest", terms=terms, ties=ties)), reference["rossi"][ties], relative)
    compare(fit(rossi, CoxModel(cause="arrest", terms=terms, cluster="row")), reference["rossi"]["robust"], relative)


def test_breslow_does_not_feel_whether_equal_rows_are_listed_or_counted_and_efron_counts_true_events(
    golden, dataset, relative
):
    reference = golden("weighted_standardised")["frequency_weights"]
    counted = dataset("lung_30day_aggregated", "t30", "d", {1: "death"})
    listed = counted.loc[counted.index.repeat(counted["n"])].reset_index(drop=True)
    for ties in ("efron", "breslow"):
        for engine in ("count grid", "sorted array"):
            model = CoxModel(cause="death", terms=("sex", "ph.ecog"), ties=ties, engine=engine)
            compare(fit(listed, model), reference[f"expanded_{ties}"], relative)
            weighted = CoxModel(cause="death", terms=("sex", "ph.ecog"), ties=ties, engine=engine, weight="n")
            fitted = fit(counted, weighted)
            block = reference[f"aggregated_{ties}"]
            assert relative(fitted.beta, [t["coef"] for t in block["terms"]]) < CONVERGED
            assert relative(np.sqrt(np.diag(fitted.covariance)), [t["se"] for t in block["terms"]]) < CONVERGED


@pytest.mark.parametrize("engine", ["count grid", "sorted array"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_fine_gray_equals_r_finegray_and_nearly_crr(golden, mgus2, relative, engine, ties):
    reference = golden("competing_risks_mgus2")
    rows = mgus2.dropna(subset=["hgb", "mspike"]).assign(male=lambda d: (d.sex == "M").astype(int))
    model = CoxModel(
        cause="pcm", terms=("age", "male", "hgb", "mspike"), ties=ties, engine=engine, subdistribution=True
    )
    fitted = fit(rows, model)
    compare(fitted, reference["finegray_coxph"]["pcm"][ties], relative)
    if ties == "breslow":
        # crr treats censoring ties otherwise; R's own two functions differ by 4.4e-4 here.
        assert np.allclose(fitted.beta, [t["coef"] for t in reference["crr"]["pcm"]["terms"]], atol=5e-4)
