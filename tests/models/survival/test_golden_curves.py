"""Curves against R and exact fractions: Kaplan-Meier, restricted mean time, cumulative incidence, Gray's test."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.competing import cumulative_incidence, incidence, incidence_variance
from ot_eval.models.curves import greenwood, product_limit
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.gray import gray_test
from ot_eval.models.restricted_mean import restricted_mean, time_lost
from ot_eval.models.spells import read_spells
from ot_eval.models.survival import kaplan_meier

CLOSED = 1e-9  # closed forms: the reference is printed to 15 digits
ENGINES = ("lifelines", "count grid")


@pytest.mark.parametrize("engine", ENGINES)
def test_kaplan_meier_with_log_log_limits_equals_r(golden, lung, about, relative, engine):
    wanted = golden("km_logrank")["km"]["log_log"]
    for rows, curves in (
        (wanted["lung_all"]["at"], kaplan_meier(lung, about=about, engine=engine)),
        (wanted["lung_by_sex"]["at"], kaplan_meier(lung, about=about, by="sex", engine=engine)),
    ):
        by_name = {c.group: c for c in curves}
        assert len(rows) == 4 * len(curves)
        for row in rows:
            curve = by_name[row["stratum"].removeprefix("sex=").replace("all", "everyone")]
            day = row["time"]
            found = curve.value[day], curve.lower[day], curve.upper[day], curve.n_risk[day]
            assert relative(found, (row["surv"], row["lower"], row["upper"], row["n_risk"])) < CLOSED


def test_both_engines_of_kaplan_meier_give_the_same_curve_with_late_entry(dataset, about, relative):
    frame = dataset("mgus2", "futime", "death", {1: "death"})
    frame["entry_day"] = frame["exit_day"] // 3
    one, two = (kaplan_meier(frame[frame.exit_day > frame.entry_day], about=about, engine=e)[0] for e in ENGINES)
    assert relative(one.value, two.value) < CLOSED
    assert relative(one.lower, two.lower) < CLOSED
    assert relative(one.upper, two.upper) < CLOSED


@pytest.mark.parametrize("sex", ["F", "M"])
def test_kaplan_meier_on_the_age_scale_equals_r(golden, dataset, relative, sex):
    frame = dataset("mgus2", "futime", "death", {1: "death"})
    frame = frame[frame.sex == sex].assign(entry_day=lambda d: d.age * 12, exit_day=lambda d: d.age * 12 + d.futime)
    table = day_table(read_spells(frame))
    share, spread = product_limit(table), greenwood(table)
    rows = [r for r in golden("km_logrank")["km_left_truncated_mgus2_age_months"]["at"] if r["stratum"] == f"sex={sex}"]
    assert len(rows) == 4
    for row in rows:
        month = row["time"]
        # R's summary shows the number at risk of the next month in which anybody leaves.
        leaves = month + int(np.argmax((table.any_event + table.censored)[month:] > 0))
        found = share[month], share[month] * spread[month] ** 0.5, table.at_risk[leaves]
        assert relative(found, (row["surv"], row["se"], row["n_risk"])) < CLOSED


@pytest.mark.parametrize("horizon", [180, 365, 730])
def test_restricted_mean_and_its_difference_equal_r(golden, lung, about, relative, horizon):
    wanted = golden("rmst")["lung_sex"][f"tau{horizon}"]
    first, second, difference, _ = restricted_mean(lung, horizon=horizon, by="sex", about=about)
    assert relative([first.value, second.value], wanted["rmst"]) < CLOSED
    assert relative([first.se, second.se], wanted["se"]) < CLOSED
    found = difference.value, difference.se, difference.lower, difference.upper, difference.p
    names = "diff_second_minus_first", "diff_se", "diff_lower", "diff_upper", "p"
    assert relative(found, [wanted[n] for n in names]) < CLOSED


def test_restricted_mean_reproduces_the_published_difference_of_the_pbc_trial(golden, dataset, about, relative):
    half_days = dataset("pbc", "time", "status", {2: "death", 1: "transplant"}, scale=2).head(312)
    half_days = half_days.assign(arm=(half_days.trt == 1).astype(int))
    wanted = golden("rmst")["pbc_dpenicillamine_tau10y"]
    found = restricted_mean(half_days, horizon=7305, by="arm", about=about, events=("death",), censor=("transplant",))
    years = [(e.value / 730.5, e.se / 730.5) for e in found[:3]]
    assert relative([y[0] for y in years[:2]], wanted["rmst"]) < CLOSED
    assert relative([y[1] for y in years[:2]], wanted["se"]) < CLOSED
    assert relative(years[2], (wanted["diff_second_minus_first"], wanted["diff_se"])) < CLOSED
    assert round(years[2][0], 3) == -0.137  # as printed in the survRM2 vignette


@pytest.mark.parametrize(("by", "key"), [(None, "aj_all"), ("sex", "aj_sex")])
@pytest.mark.parametrize("cause", ["pcm", "death"])
def test_cumulative_incidence_with_r_default_limits_equals_r(golden, mgus2, about, relative, by, key, cause):
    curves = {c.group: c for c in cumulative_incidence(mgus2, cause=cause, by=by, about=about, scale="log")}
    rows = golden("competing_risks_mgus2")[key]
    assert len(rows) == 5 * len(curves)
    for row in rows:
        curve, month = curves[row["stratum"].removeprefix("sex=").replace("all", "everyone")], row["time"]
        found = curve.value[month], curve.lower[month], curve.upper[month], curve.n_risk[month]
        assert relative(found, (row[f"p_{cause}"], row[f"lo_{cause}"], row[f"up_{cause}"], row["n_risk"])) < CLOSED


@pytest.mark.parametrize("cause", ["pcm", "death"])
def test_cumulative_incidence_standard_error_and_log_log_limits_equal_r_and_etm(golden, mgus2, about, relative, cause):
    reference = golden("competing_risks_mgus2")
    spells = read_spells(mgus2)
    table, kind = day_table(spells), spells.code(cause) - 1
    share, variance = incidence(table, kind), incidence_variance(table, kind)
    curve = cumulative_incidence(mgus2, cause=cause, about=about)[0]
    for row in reference["aj_all_loglog"]:
        month = row["time"]
        found = share[month], variance[month] ** 0.5, curve.lower[month], curve.upper[month]
        wanted = [row[f"{part}_{cause}"] for part in ("p", "se", "lo", "up")]
        assert relative(found, wanted) < CLOSED
    for row in reference["etm_check"][cause]:
        assert relative((share[row["time"]], variance[row["time"]]), (row["P"], row["var"])) < CLOSED


def test_the_wrong_contrast_is_the_one_r_calls_wrong_and_needs_to_be_asked_for(golden, mgus2, about, relative):
    with pytest.raises(AnalysisRefused, match="neither the event nor named"):
        kaplan_meier(mgus2, about=about, events=("pcm",))
    curve = kaplan_meier(mgus2, about=about, events=("pcm",), censor=("death",))[0]
    for row in golden("competing_risks_mgus2")["naive_1_minus_km_pcm"]:
        assert relative(1 - curve.value[row["time"]], row["one_minus_km"]) < CLOSED


def test_time_in_each_state_equals_r(golden, mgus2, about, relative):
    wanted = {row["row"]: row["rmean"] for row in golden("competing_risks_mgus2")["rmean_240"]}
    for cause in ("pcm", "death"):
        for e in time_lost(mgus2, cause=cause, horizon=240, by="sex", about=about)[:2]:
            assert relative(e.value, wanted[f"sex={e.term[0]}, {cause}"]) < CLOSED
    for e in restricted_mean(mgus2, horizon=240, by="sex", about=about)[:2]:
        assert relative(e.value, wanted[f"sex={e.term[0]}, (s0)"]) < CLOSED


@pytest.mark.parametrize(("by", "key"), [("sex", "gray_test_by_sex"), ("ageband", "gray_test_by_ageband_4")])
def test_gray_test_equals_cmprsk(golden, mgus2, about, relative, by, key):
    for cause, wanted in zip(("pcm", "death"), golden("competing_risks_mgus2")[key], strict=True):
        found = gray_test(mgus2, cause=cause, by=by, about=about)
        assert relative(found.value, wanted["stat"]) < CLOSED
        assert found.p == pytest.approx(wanted["pv"], rel=1e-7, abs=1e-15)  # cmprsk prints p below 1e-16 as 0
        assert f"{wanted['df']} degrees" in found.method


def test_cumulative_incidence_by_group_equals_cmprsk(golden, mgus2, about, relative):
    for row in golden("competing_risks_mgus2")["cuminc_est"]:
        sex, code = row["curve"].split()
        curves = cumulative_incidence(mgus2, cause={"1": "pcm", "2": "death"}[code], by="sex", about=about)
        curve = next(c for c in curves if c.group == sex)
        for month in ("12", "60", "120", "240", "300"):
            assert relative(curve.value[int(month)], row[month]) < CLOSED


def _hand_sets(reference):
    return {name: value for name, value in reference.items() if isinstance(value, dict) and "data" in value}


def test_hand_checks_in_exact_fractions(golden, about, relative):
    sets = _hand_sets(golden("hand_checks"))
    assert len(sets) == 5
    compared = 0
    for case in sets.values():
        words = ["none", "one", "two", "three"]
        frame = pd.DataFrame({"exit_day": [t for t, _ in case["data"]], "event": [words[k] for _, k in case["data"]]})
        spells = read_spells(frame)
        table = day_table(spells, last_day=max(int(frame.exit_day.max()), 5))
        every = one_cause(table, spells.kinds)
        share, spread = product_limit(every), greenwood(every)
        for row in case["km_all_cause"]:
            day = row["t"]
            assert relative((every.at_risk[day], every.any_event[day]), (row["n"], row["d"])) == 0
            assert relative(share[day], row["S"]["value"]) < CLOSED
            if row["greenwood_var"] is not None:
                assert share[day] ** 2 * spread[day] == pytest.approx(row["greenwood_var"]["value"], abs=CLOSED)
            compared += 1
        area, variance = case["rmst_all_cause_tau5"]["value"], case["rmst_var_tau5"]["value"]
        if int(frame.exit_day.max()) >= 5:
            mean = restricted_mean(frame, horizon=5, about=about)[0]
            assert mean.value == pytest.approx(area, abs=CLOSED)
            assert mean.se**2 == pytest.approx(variance, abs=CLOSED)
        for code, rows in case["cif"].items():
            if words[int(code)] not in spells.kinds:
                assert all(row["cif"]["value"] == 0 for row in rows)
                continue
            curve = incidence(table, spells.code(words[int(code)]) - 1)
            for row in rows:
                assert curve[row["t"]] == pytest.approx(row["cif"]["value"], abs=CLOSED)
                compared += 1
    assert compared > 20
