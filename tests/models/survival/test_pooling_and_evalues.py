"""Rubin's rules against mice; E-values against the published figures; the distance to nothing."""

import numpy as np
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.cox_fit import CoxModel
from ot_eval.models.evalue import e_value, e_values
from ot_eval.models.pooled_models import pooled_hazard_ratios

CONVERGED = 1e-7
CLOSED = 1e-12
TERMS = ("age", "sex", "ph.ecog", "wt.loss")


@pytest.fixture(scope="module")
def copies(dataset):
    frame = dataset("lung_mi5", "time", "d", {1: "death"})
    return [part.reset_index(drop=True) for _, part in frame.groupby(".imp")]


def test_pooled_cox_models_equal_mice(golden, copies, about, relative):
    wanted = golden("mi_pooling")
    found = pooled_hazard_ratios(copies, CoxModel(cause="death", terms=TERMS), about)
    by_name = {e.term.split(",")[0]: e for e in found}
    for row, part in zip(wanted["pooled"], wanted["components"], strict=True):
        e = by_name[row["term"]]
        values = np.log(e.value), e.se, np.log(e.lower), np.log(e.upper), e.p
        assert relative(values, [row[k] for k in ("estimate", "se", "lower", "upper", "p")]) < CONVERGED
        assert f"t({row['df']:.1f})" in e.method
        assert f"{100 * part['lambda']:.0f} % of the variance" in e.method


def test_too_few_copies_or_copies_of_other_people_are_refused(copies, about):
    model = CoxModel(cause="death", terms=TERMS)
    with pytest.raises(AnalysisRefused, match="4 copies"):
        pooled_hazard_ratios(copies[:4], model, about)
    with pytest.raises(AnalysisRefused, match="2 different sizes"):
        pooled_hazard_ratios([*copies[:4], copies[4].head(200)], model, about)


def test_e_values_equal_the_closed_form_and_print_as_published(golden, relative):
    wanted = golden("published_checks")["evalue"]["computed"]
    assert relative(e_value(3.9), wanted["rr_3.9"]) < CLOSED
    assert relative(e_value(2.4), wanted["rr_2.4"]) < CLOSED
    assert e_value(1.0) == wanted["rr_1"]
    assert relative(e_value(0.75, "hazard ratio, common"), wanted["hr_common_0.75"]) < CLOSED
    assert relative(e_value(2.0, "odds ratio, common"), wanted["or_common_2"]) < CLOSED
    assert (round(e_value(3.9), 2), round(e_value(2.4), 2)) == (7.26, 4.23)


def _ratio(value, lower, upper):
    return Estimate(
        analysis="cox", population="p", outcome="o", term="ot", measure="hazard ratio", unit="ratio", value=value,
        se=0.1, lower=lower, upper=upper, level=0.95, n=100, n_event=50,
    )  # fmt: skip


@pytest.mark.parametrize(("value", "lower", "upper", "nearest"), [(3.9, 2.4, 6.0, 2.4), (0.5, 0.3, 0.8, 0.8)])
def test_the_interval_counts_from_its_end_nearest_to_nothing(value, lower, upper, nearest):
    point, end = e_values(_ratio(value, lower, upper), share_with_event=0.1)
    assert (point.value, end.value) == (e_value(value), e_value(nearest))


def test_an_interval_that_holds_1_needs_nothing_to_explain_it(about: About):
    assert e_values(_ratio(1.5, 0.9, 2.0), share_with_event=0.4)[1].value == 1
    assert e_value(4.0) == pytest.approx(e_value(0.25))
    with pytest.raises(RequestError, match="ratio of -1"):
        e_value(-1.0)
