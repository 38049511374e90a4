"""The measured defects of lifelines (S1 to S18) may not reach a user.

Each test uses data on which lifelines' own route gives a wrong number or accepts a wrong input, and asserts that ours
gives the right one. Where lifelines can be called, its number is asserted to be away from the right one: when that
fails, lifelines was mended and the test no longer tells the two routes apart.

Which test holds which defect (each is named ``test_s<number>_...``):

S1 restricted-mean variance of one person's time: test_s1. S2 tied days moved at random: test_s2. S3 limits swapped:
test_s3. S4 a given time line, and an event on the first day: test_s4. S5 cluster errors without ties: test_s5. S6
cluster errors that ignore entry, S7 none for start and stop rows: test_s6_and_s7. S8 rows of a person unchecked:
test_s8. S9 baseline that ignores entry: test_s9. S10 an old test of proportionality: test_s10. S11 weights as
numbers of people: test_s11. S12 loose stopping: test_s12. S13 Breslow's baseline under Efron's ties: test_s13. S14
a loop over rows: test_s14. S15 codes of causes read as true: test_s15. S16 missing values and separation: test_s16.
S17 numbers at risk and tables of people by days: test_s17. S18 naive tests beside robust errors: test_s18. S1 to
S4, S7, S8 and S10 again, by name: test_the_defective_parts_are_named_nowhere. S5, S6, S9, S11 and S14 again, by the
route: test_lifelines_fits_only_the_plain_model.
"""

import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter, CoxPHFitter, CoxTimeVaryingFitter, KaplanMeierFitter
from lifelines.statistics import proportional_hazard_test
from lifelines.utils import restricted_mean_survival_time

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import cox_fit, lifelines_cox
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.cox import cause_specific, hazard_ratios, model_tests
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.predict import baseline, curves_for, encode
from ot_eval.models.proportional import trend_tests
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.standardise import standardised_incidence
from ot_eval.models.survival import kaplan_meier
from ot_eval.models.weighted_curves import weighted_kaplan_meier

LUNG = ("age", "sex", "ph.ecog")


@pytest.fixture(autouse=True)
def _lifelines_may_warn():
    """lifelines' own warnings are not under test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module")
def bladder2(dataset):
    rows = dataset("bladder2", "stop", "event", {1: "recurrence"}, entry="start").rename(columns={"id": "person_id"})
    return rows.assign(rx2=(rows["rx"] == 2).astype(int))


def _plain(frame, columns, event):
    table = frame[list(columns)].astype(float).copy()
    table["T"], table["E"] = frame["exit_day"], frame["event"] == event
    return table


def test_s1_variance_of_the_mean_not_of_one_persons_time(golden, lung, about):
    men = lung[lung.sex == 1]
    right = golden("rmst")["lung_sex"]["tau365"]["se"][0]
    theirs = KaplanMeierFitter().fit(men.exit_day, men.event == "death")
    assert restricted_mean_survival_time(theirs, t=365, return_variance=True)[1] ** 0.5 > 5 * right
    assert restricted_mean(men, horizon=365, about=about)[0].se == pytest.approx(right, rel=1e-9)


def test_s2_tied_days_are_not_moved(golden, mgus2, about):
    right = golden("competing_risks_mgus2")["aj_all"][1]
    one, two = (cumulative_incidence(mgus2, cause="pcm", about=about)[0] for _ in range(2))
    assert one == two
    assert one.value[60] == pytest.approx(right["p_pcm"], rel=1e-12)
    codes = mgus2.event.map({"none": 0, "pcm": 1, "death": 2})
    # Jitter needs a single event among ties: a few rows, as in a small study.
    theirs = AalenJohansenFitter(seed=3).fit(mgus2.exit_day, codes, event_of_interest=1).cumulative_density_
    at_60 = float(theirs.loc[:60].iloc[-1, 0])
    assert at_60 != pytest.approx(right["p_pcm"], rel=1e-6)


def test_s3_the_lower_limit_lies_below(mgus2, about):
    curve = cumulative_incidence(mgus2, cause="pcm", about=about)[0]
    assert all(a <= b <= c for a, b, c in zip(curve.lower, curve.value, curve.upper, strict=True))
    assert any(a < b < c for a, b, c in zip(curve.lower, curve.value, curve.upper, strict=True))


def test_s4_an_event_on_the_first_day_is_kept_and_the_curve_is_read_on_any_day(about):
    frame = pd.DataFrame({"exit_day": [1, 1, 2, 3, 4, 6], "event": ["a", "b", "a", "b", "none", "none"]})
    curve = cumulative_incidence(frame, cause="a", about=about)[0]
    assert curve.value[1] == pytest.approx(1 / 6)
    assert curve.value[2] == pytest.approx(1 / 6 + 4 / 6 / 4)
    assert curve.value[5] == curve.value[2]


def test_s5_cluster_errors_know_ties_and_not_the_order_of_rows(golden, lung226):
    months = lung226.assign(exit_day=np.maximum(1, np.ceil(lung226.time / 30)).astype(int))
    right = [t["robust_se"] for t in golden("cox")["lung_30day_ties"]["efron_cluster_inst"]["terms"]]
    model = CoxModel(cause="death", terms=LUNG, cluster="inst")
    fitted = fit(months, model)
    assert np.allclose(fitted.se / np.sqrt(18 / 17), right, rtol=1e-7)
    shuffled = fit(months.sample(frac=1, random_state=2), model)
    assert np.allclose(fitted.se, shuffled.se, rtol=1e-10)
    table = _plain(months, LUNG, "death").assign(inst=months.inst)
    theirs = CoxPHFitter().fit(table, "T", "E", cluster_col="inst").standard_errors_.to_numpy()
    assert np.abs(theirs / right - 1).max() > 0.01


@pytest.mark.parametrize("engine", ["count grid", "sorted array"])
def test_s6_and_s7_robust_errors_of_start_and_stop_rows(golden, bladder2, engine):
    right = golden("timevarying_recurrent")["bladder2"]["AG"]["terms"][0]
    model = CoxModel(cause="recurrence", terms=("rx2", "number", "size"), repeats=True, engine=engine)
    assert fit(bladder2, model).se[0] == pytest.approx(right["robust_se"], rel=1e-7)
    table = _plain(bladder2, ("rx2", "number", "size"), "recurrence").assign(
        start=bladder2.entry_day, who=bladder2.person_id
    )
    theirs = CoxPHFitter().fit(table, "T", "E", entry_col="start", cluster_col="who")
    assert theirs.standard_errors_["rx2"] < 0.85 * right["robust_se"]
    with pytest.raises(NotImplementedError):
        CoxTimeVaryingFitter().fit(table, id_col="who", event_col="E", start_col="start", stop_col="T", robust=True)
    with pytest.raises(AnalysisRefused, match="lifelines was asked for"):
        fit(bladder2, CoxModel(cause="recurrence", terms=("rx2",), repeats=True, engine="lifelines"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", 0, 9, "none"), ("a", 0, 9, "none")], "1 rows begin before"),
        ([("a", 0, 9, "none"), ("a", 5, 12, "death")], "1 rows begin before"),
        ([("a", 0, 9, "death"), ("a", 9, 12, "death")], "1 follow a final event"),
    ],
)
def test_s8_rows_of_a_person_are_checked(rows, message):
    frame = pd.DataFrame(rows, columns=["person_id", "entry_day", "exit_day", "event"]).assign(x=[0, 1])
    with pytest.raises(AnalysisRefused, match=message):
        fit(frame, CoxModel(cause="death", terms=("x",)))


def test_s9_baseline_hazard_knows_late_entry(bladder2):
    fitted = fit(bladder2, CoxModel(cause="recurrence", terms=("rx2", "number", "size"), ties="breslow", repeats=True))
    person = pd.DataFrame({"rx2": [0], "number": [2], "size": [2]})
    right = 1.35357476276106  # R 4.2.2, survival 3.5-3: survfit(coxph(..., ties = "breslow"), newdata)$cumhaz at 24
    assert curves_for(fitted, encode(fitted, bladder2, person)).hazard[0, 24] == pytest.approx(right, rel=1e-7)
    table = _plain(bladder2, ("rx2", "number", "size"), "recurrence").assign(start=bladder2.entry_day)
    theirs = CoxPHFitter().fit(table, "T", "E", entry_col="start").predict_cumulative_hazard(person, times=[24])
    assert float(theirs.iloc[0, 0]) < 0.75 * right


def test_s10_proportionality_is_tested_by_the_score(golden, dataset, about):
    frame = dataset("veteran", "time", "status", {1: "death"})
    frame["celltype"] = pd.Categorical(frame.celltype, ["squamous", "smallcell", "adeno", "large"])
    terms = ("trt", "celltype", "karno", "diagtime", "age", "prior")
    right = {row["term"]: row["chisq"] for row in golden("cox")["veteran_zph"]["km"]}
    found = {e.term: e.value for e in trend_tests(fit(frame, CoxModel(cause="death", terms=terms)), about)}
    assert found["diagtime"] == pytest.approx(right["diagtime"], rel=1e-6)
    assert "all covariates" in found
    dummies = pd.get_dummies(frame[list(terms)], drop_first=True).astype(float)
    table = dummies.assign(T=frame.exit_day, E=frame.event == "death")
    theirs = proportional_hazard_test(CoxPHFitter().fit(table, "T", "E"), table, time_transform="km")
    assert theirs.summary.loc["diagtime", "test_statistic"] > 2


def test_s11_weights_are_not_numbers_of_people(golden, dataset, about):
    frame = dataset("gbsg_weights", "rfstime", "status", {1: "death"})
    arm = frame[frame.hormon == 1]
    right = next(
        r for r in golden("weighted_standardised")["gbsg_weighted"]["iptw"]["km"]
        if r["stratum"] == "hormon=1" and r["time"] == 1095
    )  # fmt: skip
    ours = weighted_kaplan_meier(arm, weight="iptw", about=about)[0]
    assert ours.upper[1095] - ours.lower[1095] == pytest.approx(right["upper"] - right["lower"], rel=1e-9)
    theirs = KaplanMeierFitter().fit(arm.exit_day, arm.event == "death", weights=arm.iptw).confidence_interval_
    low, high = theirs.loc[:1095].iloc[-1]
    assert high - low < 0.7 * (right["upper"] - right["lower"])
    weighted = fit(frame, CoxModel(cause="death", terms=("hormon",), weight="iptw"))
    assert weighted.robust is not None
    assert weighted.engine != "lifelines"


def test_s12_lifelines_coefficients_are_exact_where_they_are_used(golden, lung226):
    fitted = fit(lung226, CoxModel(cause="death", terms=LUNG))
    assert fitted.engine == "lifelines"
    right = np.array([t["coef"] for t in golden("cox")["lung"]["efron"]["terms"]])
    assert np.abs(fitted.beta - right).max() < 1e-9
    theirs = CoxPHFitter().fit(_plain(lung226, LUNG, "death"), "T", "E").params_.to_numpy()
    assert np.abs(theirs - right).max() > 1e-8


def test_s13_the_baseline_has_the_ties_of_the_fit(golden, lung226):
    wanted = golden("cox")["lung_predicted_curves"]
    fitted = fit(lung226, CoxModel(cause="death", terms=LUNG))
    person = pd.DataFrame(wanted["newdata"])
    ours = curves_for(fitted, encode(fitted, lung226, person)).share[:, 365]
    assert np.allclose(ours, wanted["surv"][1], rtol=1e-7)
    theirs = CoxPHFitter().fit(_plain(lung226, LUNG, "death"), "T", "E")
    assert np.abs(theirs.predict_survival_function(person, times=[365]).to_numpy()[0] / ours - 1).max() > 5e-4


def test_s14_large_data_never_reach_the_row_loop(monkeypatch, lung226):
    monkeypatch.setattr(cox_fit, "STUDY_SIZE", 200)
    assert fit(lung226, CoxModel(cause="death", terms=("sex",))).engine == "count grid"


def test_s15_codes_for_causes_and_impossible_days_are_refused(about):
    frame = pd.DataFrame({"exit_day": [3, 4, 5], "event": [0, 1, 2]})
    for estimator in (kaplan_meier, lambda f, about: cause_specific(f, cause="1", terms=("x",), about=about)):
        with pytest.raises(AnalysisRefused, match="holds numbers"):
            estimator(frame, about=about)
    for days in ([-3, 4, 5], [0, 4, 5]):
        with pytest.raises(AnalysisRefused, match="1 rows end on or before"):
            kaplan_meier(frame.assign(exit_day=days, event="death"), about=about)


def test_s16_missing_covariates_and_separation_are_refused():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"exit_day": rng.integers(1, 60, 90), "x": rng.normal(size=90)})
    frame["event"] = np.where(frame.index % 2 == 0, "death", "none")
    with pytest.raises(AnalysisRefused, match="3 of 90 rows have no value"):
        fit(frame.assign(x=frame.x.where(frame.index > 2)), CoxModel(cause="death", terms=("x",)))
    apart = frame.assign(x=(frame.event == "death").astype(int) * 1.0)
    for engine in ("auto", "sorted array"):
        with pytest.raises(AnalysisRefused, match=r"separation|cannot be inverted"):
            fit(apart, CoxModel(cause="death", terms=("x",), engine=engine))


def test_s17_numbers_at_risk_are_those_of_r_and_no_table_of_people_by_days_is_built(lung, about):
    assert kaplan_meier(lung, about=about)[0].n_risk[166] == 173
    rng = np.random.default_rng(2)
    n = 20_000
    frame = pd.DataFrame({
        "exit_day": rng.integers(1, 731, n), "event": rng.choice(["increase", "none"], n),
        "arm": rng.choice(["a", "b"], n), "score": rng.normal(size=n),
    })  # fmt: skip
    tracemalloc.start()
    standardised_incidence(frame, cause="increase", exposure="arm", terms=("score",), days=(365,), about=about)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 110e6  # one table of people by days would be 117 MB, and several would be needed


def test_s18_no_naive_test_stands_beside_robust_errors(lung226, about):
    robust = fit(lung226, CoxModel(cause="death", terms=LUNG, cluster="inst"))
    names = {e.measure for e in model_tests(robust, about)}
    assert names == {"test: Wald", "test: robust score"}
    assert all("t(17)" in e.method for e in hazard_ratios(robust, about))


WRONG = (
    "AalenJohansenFitter", "CoxTimeVaryingFitter", "restricted_mean_survival_time", "proportional_hazard_test",
    "logrank_test", "add_at_risk_counts", "datetimes_to_durations", "to_episodic_format", "check_assumptions",
    "predict_survival_function", "predict_cumulative_hazard", "cluster_col", "weights_col", "robust=True",
    "log_likelihood_ratio_test",
)  # fmt: skip
"""Parts of lifelines that are wrong, or wrong for what we ask; no file that uses lifelines may name one."""


@pytest.mark.parametrize("name", WRONG)
def test_the_defective_parts_are_named_nowhere(name):
    users = [p for p in Path(cox_fit.__file__).parent.glob("*.py") if "import lifelines" in (t := p.read_text("utf-8"))
             or "from lifelines" in t]  # fmt: skip
    assert len(users) > 2
    assert not [p.name for p in users if name in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "words",
    [
        {"cluster": "inst"}, {"strata": ("sex",)}, {"weight": "w"}, {"ties": "breslow"}, {"repeats": True},
        {"subdistribution": True}, {"entry": True}, {"large": True},
    ],
)  # fmt: skip
def test_lifelines_fits_only_the_plain_model(monkeypatch, lung226, words):
    """It is called for one row a person from day 0, without weights, strata or clusters, and for nothing else."""
    called = []

    class Seen(lifelines_cox.CoxPHFitter):
        def fit(self, *given, **named):
            called.append(set(named))
            return super().fit(*given, **named)

    monkeypatch.setattr(lifelines_cox, "CoxPHFitter", Seen)
    fit(lung226, CoxModel(cause="death", terms=("age",)))
    assert called == [{"fit_options"}]
    frame = lung226.assign(w=1.5)
    if words.get("entry"):
        frame, words = frame.assign(entry_day=1, exit_day=frame.exit_day + 1), {}
    if words.get("large"):
        monkeypatch.setattr(cox_fit, "STUDY_SIZE", 200)
        words = {}
    fit(frame, CoxModel(cause="death", terms=("age",), **words))
    assert len(called) == 1


def test_the_baseline_of_a_stratified_model_is_refused(lung226):
    fitted = fit(lung226, CoxModel(cause="death", terms=("age",), strata=("sex",)))
    with pytest.raises(AnalysisRefused, match="stratum"):
        baseline(fitted, fitted.maximum.best.ties.hazard)
