"""Power against clusterPower, swCRTdesign, CRTSize's documentation, published tables, and simulation."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pingouin as pg
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.trial_power import (
    Plan,
    design_effect,
    detectable_means,
    detectable_proportions,
    detectable_rates,
    power_means,
    power_proportions,
    power_rates,
    power_survival,
    providers_needed,
    smallest,
    t_power,
)
from ot_eval.models.trial_power_wedge import (
    ChangePlan,
    WedgePlan,
    detectable_change,
    detectable_wedge,
    power_wedge,
    variance,
    wedge_variance,
)

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "trial" / "sample_size_power.json").read_text(encoding="utf-8")
)
CALLS = {c["call"]: c["result"] for c in GOLDEN["clusterPower"]["calls"]}
SW = {c["call"]: c["power"] for c in GOLDEN["swCRTdesign"]["calls"]}
TWO_TAILS = 1e-6  # clusterPower counts the upper tail only; at power 0.8 the other adds less than this
SWPWR = 1e-5
PLAN = Plan(coached=4, usual=4, people=30, icc=0.05)


def call(start):
    return next(v for k, v in CALLS.items() if k.startswith(start) and v is not None)


def sw(*parts):
    found = [v for k, v in SW.items() if all(p in k for p in parts)]
    assert len(found) == 1
    return found[0]


def test_power_equals_pingouin_on_provider_means_and_the_stored_rows():
    for row in GOLDEN["parallel_t_power"]["rows"]:
        plan = Plan(coached=row["k"], usual=row["k"], people=row["m"], icc=row["icc"])
        assert power_means(plan, row["d"]) == pytest.approx(row["power_t"], rel=1e-9)
    theirs = pg.power_ttest2n(4, 4, 0.5 / np.sqrt(0.05 + 0.95 / 30), power=None, alternative="two-sided")
    assert power_means(PLAN, 0.5) == pytest.approx(theirs, rel=1e-9)


def test_means_equal_cluster_power():
    plan = Plan(coached=16, usual=16, people=10, icc=0.1)
    assert power_means(plan, 1.0, sd=np.sqrt(5)) == pytest.approx(
        call("cpa.normal(power = NA, nclusters = 16"), abs=1e-6
    )
    uneven = Plan(coached=8, usual=8, people=30, icc=0.05, size_cv=0.6)
    weighted = next(v for k, v in CALLS.items() if '"weighted"' in k)
    assert power_means(uneven, 0.5) == pytest.approx(weighted, abs=TWO_TAILS)
    # 4.99995 clusters for power 0.8: five have a little more
    five = Plan(coached=5, usual=5, people=150, icc=0.05)
    assert 0.8 < power_means(five, 0.4804988) < 0.8001
    assert providers_needed(five, lambda p: power_means(p, 0.4804988)) == 5


def test_proportions_equal_cluster_power():
    plan = Plan(coached=13, usual=13, people=150, icc=0.05)
    assert providers_needed(plan, lambda p: power_proportions(p, 0.1, 0.2)) == 13  # 12.09 in clusterPower
    assert 12 < call("cpa.binary(power = 0.8") < 13
    shift = 0.1 / np.sqrt((0.09 + 0.16) * design_effect(150, 0.05) / (150 * 12.0938264313))
    assert t_power(shift, 2 * (12.0938264313 - 1)) == pytest.approx(0.8, abs=TWO_TAILS)


def test_design_effects_and_killip():
    table = GOLDEN["design_effects"]
    assert design_effect(30, 0.05) == pytest.approx(table["m30_rho.05"])
    assert design_effect(30, 0.05, 0.65) == pytest.approx(table["m30_cv.65_rho.05"])
    killip = table["killip2004_table"]
    for m, effect, size in zip(killip["m"], killip["DE"], killip["ESS"], strict=True):
        assert round(design_effect(m, 0.017), 3) == effect
        assert int(killip["k"] * m / effect) == size or abs(killip["k"] * m / effect - size) < 1


def test_rates_equal_hayes_and_bennett():
    golden = GOLDEN["hayes_bennett_closed_form"]

    def clusters(time, k, l0, l1, power):  # the closed form: normal quantiles and one cluster added
        from scipy import stats

        z = stats.norm.ppf(0.975) + stats.norm.ppf(power)
        return 1 + z**2 * ((l0 + l1) / time + k**2 * (l0**2 + l1**2)) / (l0 - l1) ** 2

    assert clusters(2000, 0.25, 0.01, 0.005, 0.8) == pytest.approx(golden["rates_0.01_0.005_y2000_k.25"], rel=1e-9)
    assert clusters(1000, 0.25, 0.01, 0.005, 0.8) == pytest.approx(golden["rates_80"], rel=1e-9)
    # ours puts the same variance into a t with 2 (k - 1) degrees of freedom: 6 an arm in the published HIV example
    plan = Plan(coached=6, usual=6, people=1000, icc=0.0)
    assert providers_needed(plan, lambda p: power_rates(p, 0.01, 0.005, time=2000, between_cv=0.25)) == 6


def test_survival_is_hayes_and_bennett_by_t_and_close_to_simulation():
    for row in GOLDEN["hayes_bennett_vs_simulation_survival"]:
        k = row["clusters_per_arm"]
        plan = Plan(coached=k, usual=k, people=row["m"], icc=0.0)
        found = power_survival(plan, row["rate0"], row["HR"], follow_up=row["follow_up"], between_cv=row["k"])
        assert found == pytest.approx(
            row["sim_power_rate_t"], abs=0.03
        )  # 4,000 simulated trials: 0.008 a standard error
        assert found < row["schoenfeld_power_ignoring_clustering"] - 0.1


WEDGE = WedgePlan(providers=(6, 6, 6, 6), people=120, icc=0.0)


def test_wedge_equals_hussey_hughes_and_sw_crt_design():
    pbar = (0.05 + 0.035) / 2
    cell, tau2 = pbar * (1 - pbar) / 120, 0.01**2
    golden = GOLDEN["hussey_hughes_closed_form"]["ex_binomial_24clusters_n120"]
    found = variance(WEDGE.treatment(), tau2, 0.0, 0.0, cell)
    assert found == pytest.approx(golden["var"], rel=1e-9)
    total = pbar * (1 - pbar) + tau2
    plan = WedgePlan(providers=(6, 6, 6, 6), people=120, icc=tau2 / total, sd=np.sqrt(total))
    assert power_wedge(plan, 0.015, reference="normal") == pytest.approx(
        sw("0.01, eta = 0, rho = 0", "swDsn(c(6, 6, 6, 6)), d"), abs=SWPWR
    )
    longer = replace(plan, after=3)
    assert power_wedge(longer, 0.015, reference="normal") == pytest.approx(sw("extra.trt.time = 3"), abs=SWPWR)
    nested = WedgePlan(providers=(6, 6, 6, 6), people=120, icc=0.02, cac=0.125, sd=1.0)
    # sigma is 0.1 within cells there: the total variance is 0.01 / (1 - icc)
    nested = replace(nested, sd=0.1 / np.sqrt(0.98))
    assert power_wedge(nested, 0.015, reference="normal") == pytest.approx(sw("icc = 0.02"), abs=SWPWR)


def test_wedge_of_four_providers_by_z_and_by_t():
    plan = WedgePlan(providers=(1, 1, 1, 1), people=30, icc=0.05)
    golden = GOLDEN["hussey_hughes_closed_form"]["ex_4clusters_n30"]
    assert wedge_variance(plan) == pytest.approx(golden["var"], rel=1e-9)
    assert power_wedge(plan, 0.5, reference="normal") == pytest.approx(sw("swDsn(c(1, 1, 1, 1))"), abs=SWPWR)
    assert power_wedge(plan, 0.5) < 0.65


def test_wedge_clusters_a_step_equal_cluster_power():
    """1.2888 providers a step (its ntimes=5 are five steps): the variance shrinks with their number."""
    one = WedgePlan(providers=(1,) * 5, people=50, icc=0.2, cac=0.8, sd=4.0)
    needed = call("cpa.sw.normal")
    shift = 1.5 / np.sqrt(wedge_variance(one) / needed)
    from scipy import stats

    assert stats.norm.sf(stats.norm.ppf(0.975) - shift) == pytest.approx(0.8, abs=1e-5)


def test_before_and_after_equals_cluster_power():
    from ot_eval.models.trial_power_wedge import change_variance

    plan = ChangePlan(each=2, people=100, icc=0.05, cac=0.5, iac=0.7)
    needed = call("cpa.did.normal")
    shift = 0.5 / np.sqrt(change_variance(plan) * plan.each / needed)
    assert t_power(shift, 2 * (needed - 1)) == pytest.approx(0.8, abs=5e-5)  # one tail there, two here, df near 7


@pytest.mark.parametrize(
    ("icc", "cv", "expected"),
    [
        (0.01, 0.0, (1.172, 0.637, 0.494, 0.372, 0.275)),
        (0.05, 0.0, (1.616, 0.878, 0.680, 0.513, 0.379)),
        (0.05, 0.65, (1.813, 0.985, 0.763, 0.576, 0.425)),
        (0.10, 0.65, (2.346, 1.275, 0.988, 0.745, 0.550)),
    ],
)
def test_smallest_detectable_effects(icc, cv, expected):
    found = [detectable_means(Plan(coached=k, usual=k, people=30, icc=icc, size_cv=cv)) for k in (2, 3, 4, 6, 10)]
    assert found == pytest.approx(
        expected, abs=1.1e-3
    )  # computed independently with one tail; printed to three decimals


def test_the_detectable_effect_has_just_the_power_asked_for():
    assert power_means(PLAN, detectable_means(PLAN)) == pytest.approx(0.8, abs=1e-9)
    high = detectable_proportions(PLAN, 0.4, "higher")
    assert power_proportions(PLAN, 0.4, high) == pytest.approx(0.8, abs=1e-6)
    low = detectable_rates(PLAN, 0.2, "lower", time=100, between_cv=0.2)
    assert power_rates(PLAN, 0.2, low, time=100, between_cv=0.2) == pytest.approx(0.8, abs=1e-6)
    wedge = WedgePlan(providers=(2, 2, 2, 2), people=15, icc=0.05, cac=0.8)
    assert power_wedge(wedge, detectable_wedge(wedge)) == pytest.approx(0.8, abs=1e-9)
    assert detectable_change(ChangePlan(each=4, people=25, icc=0.05, cac=0.8)) > 0
    assert detectable_proportions(Plan(coached=2, usual=2, people=20, icc=0.1), 0.5, "higher") is None


def test_more_of_anything_that_hurts_detects_less():
    base = detectable_means(PLAN)
    for worse in (
        {"icc": 0.1},
        {"size_cv": 0.6},
        {"attrition": 0.3},
        {"providers_lost": 1},
        {"covariates_of_provider": 1},
    ):
        assert detectable_means(replace(PLAN, **worse)) > base
    assert detectable_means(replace(PLAN, explained_between=0.5)) < base
    assert detectable_means(replace(PLAN, coached=2, usual=6)) > base
    # people without end do not help: the limit of 8 providers at ICC 0.05 is 0.53
    assert detectable_means(replace(PLAN, people=1e9)) == pytest.approx(0.53, abs=0.005)


def test_large_effects_have_power_one_where_scipy_has_nan():
    assert t_power(1e5, 2) == 1.0
    assert all(0.999 < t_power(s, 6) <= 1 for s in np.linspace(20, 80, 30))
    assert smallest(lambda _: 0.1) == float("inf")


@pytest.mark.parametrize("bad", [{"coached": 1}, {"providers_lost": 3}, {"covariates_of_provider": 6}])
def test_plans_that_cannot_answer_are_refused(bad):
    with pytest.raises(AnalysisRefused, match="more people in each do not help"):
        replace(PLAN, **bad)


def test_impossible_numbers_are_refused():
    with pytest.raises(RequestError):
        replace(PLAN, icc=1.2)
    with pytest.raises(RequestError):
        power_proportions(PLAN, 0.0, 0.5)
    with pytest.raises(AnalysisRefused):
        WedgePlan(providers=(1, 1), people=10, icc=0.05)
    with pytest.raises(RequestError):
        WedgePlan(providers=(2, 2), people=10, icc=0.05, cac=1.5)
