"""Recurrent events, time-varying exposure and landmarks against R."""

import numpy as np
import pytest

from ot_eval.models.cox import ever_never
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.landmark import at_landmark
from ot_eval.models.rank_test import log_rank
from ot_eval.models.recurrent import andersen_gill, mean_cumulative, prentice_williams_peterson
from ot_eval.models.survival import kaplan_meier, time_to_share

CLOSED = 1e-9
CONVERGED = 1e-7


@pytest.fixture(scope="module")
def bladder2(dataset):
    rows = dataset("bladder2", "stop", "event", {1: "recurrence"}, entry="start").rename(columns={"id": "person_id"})
    return rows.assign(rx2=(rows["rx"] == 2).astype(int))


@pytest.mark.parametrize("key", ["AG", "PWP_total", "PWP_gap"])
def test_rate_models_equal_r(golden, bladder2, about, relative, key):
    terms = {"cause": "recurrence", "terms": ("rx2", "number", "size"), "about": about}
    found = (
        andersen_gill(bladder2, **terms)
        if key == "AG"
        else prentice_williams_peterson(bladder2, clock=key.removeprefix("PWP_"), **terms)
    )
    wanted = golden("timevarying_recurrent")["bladder2"][key]["terms"]
    assert relative([np.log(e.value) for e in found], [t["coef"] for t in wanted]) < CONVERGED
    assert relative([e.se for e in found], [t["robust_se"] for t in wanted]) < CONVERGED
    assert relative([e.lower for e in found], [t["hr_lower"] for t in wanted]) < CONVERGED
    assert {e.n for e in found} == {85}


def test_event_numbers_are_those_of_the_published_layout(bladder2):
    from ot_eval.models.recurrent import by_event_number

    rows = by_event_number(bladder2, cause="recurrence", clock="total")
    assert (rows["event_number"] == rows["enum"]).all()


def test_mean_cumulative_count_and_its_robust_error_equal_r(golden, bladder2, about, relative):
    curves = {c.group: c for c in mean_cumulative(bladder2, cause="recurrence", by="rx2", about=about)}
    rows = golden("timevarying_recurrent")["bladder2_mcf"]["d"]
    assert len(rows) == 8
    for row in rows:
        curve, month = curves[row["stratum"].removeprefix("rx2=")], row["time"]
        assert relative(curve.value[month], row["mcf"]) < CLOSED
        se = np.log(curve.upper[month] / curve.value[month]) * curve.value[month] / about.critical()
        assert relative(se, row["se"]) < CLOSED


@pytest.fixture(scope="module")
def bladder1(dataset):
    events = {1: "recurrence", 2: "death", 3: "death"}
    rows = dataset("bladder1", "stop", "status", events, entry="start").rename(columns={"id": "person_id"})
    return rows[rows["exit_day"] > rows["entry_day"]].reset_index(drop=True)


@pytest.mark.parametrize(("key", "terminal"), [("mcf_with_death", ("death",)), ("naive_na_ignoring_death", ())])
def test_mean_count_with_death_as_terminal_event_equals_r(golden, bladder1, about, relative, key, terminal):
    wanted = golden("recurrent_terminal")
    assert len(bladder1) == wanted["rows"]
    curves = {
        c.group: c
        for c in mean_cumulative(bladder1, cause="recurrence", by="treatment", about=about, terminal=terminal)
    }
    for arm in ("placebo", "thiotepa"):
        assert relative([curves[arm].value[t] for t in wanted["times"]], wanted[key][arm]) < CLOSED


def test_rate_model_on_the_whole_trial_equals_r(golden, bladder1, about, relative):
    import pandas as pd

    wanted = golden("recurrent_terminal")["AG_recurrence"]
    rows = bladder1.assign(treatment=pd.Categorical(bladder1["treatment"], ["placebo", "pyridoxine", "thiotepa"]))
    found = andersen_gill(rows, cause="recurrence", terms=("treatment", "number", "size"), about=about)
    assert relative([np.log(e.value) for e in found], wanted["coef"]) < CONVERGED
    assert relative([e.se for e in found], wanted["robust_se"]) < CONVERGED


@pytest.fixture(scope="module")
def jasa(dataset):
    """One row a person, half days; someone who died on the day of acceptance counts half a day."""
    frame = dataset("jasa", "futime", "fustat", {1: "death"}, scale=2)
    frame["exit_day"] = np.maximum(frame["exit_day"], 1)
    frame["ot_day"] = (frame["wait.time"] * 2).where(frame["transplant"] == 1)
    return frame


def test_the_wrong_analysis_is_as_wrong_as_in_r_and_says_so(golden, jasa, about, relative):
    wanted = golden("timevarying_recurrent")["jasa_naive_immortal"]["fit"]["terms"]
    found = ever_never(jasa, cause="death", terms=("age", "surgery"), about=about)
    assert relative([np.log(e.value) for e in found], [t["coef"] for t in wanted]) < CONVERGED
    assert all("biased" in e.measure and e.analysis == "biased_ever_never" and e.p is None for e in found)


@pytest.mark.parametrize("landmark", [30, 60])
def test_landmark_analysis_equals_r(golden, jasa, about, relative, landmark):
    wanted = golden("timevarying_recurrent")["jasa_landmark"][f"L{landmark}"]
    days = jasa.assign(exit_day=jasa["futime"].clip(lower=1), ot_day=jasa["ot_day"] / 2)
    rows = at_landmark(days, landmark=landmark, cause="death", name="tx", words=("0", "1"))
    assert (len(rows), int((rows["tx"] == "1").sum())) == (wanted["n"], wanted["n_tx"])
    curves = {c.group: c for c in kaplan_meier(rows, by="tx", about=about)}
    for row in wanted["km"]:
        curve, day = curves[row["stratum"].removeprefix("tx=")], row["time"]
        assert (
            relative((curve.value[day], curve.lower[day], curve.upper[day]), (row["surv"], row["lower"], row["upper"]))
            < CLOSED
        )
    for row in wanted["median"]:
        assert time_to_share(curves[row["stratum"].removeprefix("tx=")]) == (
            row["median"],
            row["0_95LCL"],
            row["0_95UCL"],
        )
    assert relative(log_rank(rows, by="tx", about=about).value, wanted["logrank"]["chisq"]) < CLOSED
    for key, terms in (("cox_tx", ("tx",)), ("cox_adj", ("tx", "age", "surgery"))):
        fitted = fit(rows, CoxModel(cause="death", terms=terms))
        assert relative(fitted.beta, [t["coef"] for t in wanted[key]["terms"]]) < CONVERGED
        assert relative(fitted.se, [t["se"] for t in wanted[key]["terms"]]) < CONVERGED
