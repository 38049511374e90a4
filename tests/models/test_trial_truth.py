"""Known truths, invariances and refusals of the trial analyses."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.about import About
from ot_eval.models.trial_allocations import allocations_for, simple, smallest_p, stratified
from ot_eval.models.trial_bootstrap import bootstrap_difference
from ot_eval.models.trial_complier import complier_effect
from ot_eval.models.trial_components import Block, fit
from ot_eval.models.trial_data import Columns
from ot_eval.models.trial_did import ancova_difference, change_difference, change_permutation, participant_change
from ot_eval.models.trial_gee import gee_difference
from ot_eval.models.trial_individual import individual_test, refuse_individual
from ot_eval.models.trial_methods import KEYS, METHODS, Situation, allowed, measured, p_value_by_default, require
from ot_eval.models.trial_missing import imputed_difference
from ot_eval.models.trial_mixed import mixed_difference
from ot_eval.models.trial_nested import nested_difference
from ot_eval.models.trial_ordinal import odds_of_higher_answers
from ot_eval.models.trial_permutation import permutation_difference
from ot_eval.models.trial_power import Plan
from ot_eval.models.trial_power_advice import advice
from ot_eval.models.trial_power_events import simulated_power_of_events
from ot_eval.models.trial_power_simulated import simulated_power, simulated_wedge_power
from ot_eval.models.trial_power_wedge import WedgePlan
from ot_eval.models.trial_robust import participant_difference
from ot_eval.models.trial_sensitivity import both_averages, without_each
from ot_eval.models.trial_summary import cluster_difference, participant_average
from ot_eval.models.trial_wedge import exposure_time_effect, robust_effect, wedge_effect
from ot_eval.models.trial_wedge_permutation import orders, wedge_permutation

C, X, T = Columns(), Columns(covariates=("age",)), Columns(period="period")
EXACT = 1e-9


def people(n_cluster=8, n=20, effect=0.0, seed=1, icc=0.05, uneven=True, coached=None):
    rng = np.random.default_rng(seed)
    size = rng.integers(n // 2, n * 3 // 2, n_cluster) if uneven else np.full(n_cluster, n)
    cluster = np.repeat(np.arange(n_cluster), size)
    arm = (np.arange(n_cluster) < (n_cluster // 2 if coached is None else coached)).astype(int)[cluster]
    age = rng.normal(80, 7, cluster.size)
    y = effect * arm + rng.normal(0, icc**0.5, n_cluster)[cluster] + rng.normal(0, (1 - icc) ** 0.5, cluster.size)
    names = np.array([f"provider {c:02d}" for c in range(n_cluster)])
    return pd.DataFrame({"outcome": y + 0.03 * age, "arm": arm, "cluster": names[cluster], "age": age})


def wedge(n_cluster=8, n=10, effect=0.0, seed=1, growing=0.0):
    rng = np.random.default_rng(seed)
    cluster, period, _ = (
        a.ravel() for a in np.meshgrid(np.arange(n_cluster), np.arange(5), np.arange(n), indexing="ij")
    )
    since = np.maximum(period - cluster // (n_cluster // 4), 0)
    y = effect * (since > 0) + growing * since + 0.2 * period + rng.normal(0, 0.2, n_cluster)[cluster]
    y = y + rng.normal(0, 0.1, (n_cluster, 5))[cluster, period] + rng.normal(size=cluster.size)
    return pd.DataFrame({"outcome": y, "arm": (since > 0).astype(int), "cluster": cluster, "period": period + 1})


def before_after(n_cluster=8, seed=1, effect=0.0):
    rng = np.random.default_rng(seed)
    cluster, period, _ = (
        a.ravel() for a in np.meshgrid(np.arange(n_cluster), np.arange(2), np.arange(15), indexing="ij")
    )
    arm = (cluster < n_cluster // 2).astype(int)
    y = effect * arm * period + rng.normal(0, 0.5, n_cluster)[cluster] + rng.normal(size=cluster.size)
    return pd.DataFrame({"outcome": y, "arm": arm, "cluster": cluster, "period": period})


PARALLEL = {
    "summary": cluster_difference,
    "participants": participant_average,
    "least squares": participant_difference,
    "mixed": mixed_difference,
    "gee": gee_difference,
    "permutation": permutation_difference,
    "bootstrap": bootstrap_difference,
}
WEDGE = {
    "model": wedge_effect,
    "cr2": robust_effect,
    "exposure": exposure_time_effect,
    "permutation": wedge_permutation,
}
CHANGE = {
    "t": change_difference,
    "cr2": participant_change,
    "permutation": change_permutation,
    "ancova": ancova_difference,
}
EVERY = [
    *[(name, f, people(), c) for name, f in PARALLEL.items() for c in (C, X)],
    *[(name, f, wedge(), T) for name, f in WEDGE.items()],
    *[(name, f, before_after(), T) for name, f in CHANGE.items()],
]
IDS = [f"{name} {k}" for k, (name, *_) in enumerate(EVERY)]


def numbers(found):
    return np.array([found.value, found.lower, found.upper, found.p], dtype=float)


@pytest.mark.parametrize(("name", "analysis", "frame", "columns"), EVERY, ids=IDS)
class TestInvariances:
    def test_order_of_rows_and_names_of_providers(self, name, analysis, frame, columns):  # noqa: ARG002
        shuffled = frame.sample(frac=1, random_state=3)
        shuffled["cluster"] = shuffled["cluster"].map(
            {c: f"x{9 - k}" for k, c in enumerate(sorted(frame["cluster"].unique()))}
        )
        assert numbers(analysis(shuffled, columns)) == pytest.approx(numbers(analysis(frame, columns)), rel=1e-6)

    def test_unit_of_the_outcome(self, name, analysis, frame, columns):  # noqa: ARG002
        base = analysis(frame, columns)
        moved = analysis(frame.assign(outcome=5 + 10 * frame["outcome"]), columns)
        assert numbers(moved)[:3] == pytest.approx(10 * numbers(base)[:3], rel=1e-5)
        assert moved.p == pytest.approx(base.p, rel=1e-5)

    def test_an_effect_added_to_the_coached_is_added_to_the_estimate(self, name, analysis, frame, columns):
        treated = frame["arm"] * (frame["period"] if analysis in CHANGE.values() else 1)
        base, moved = analysis(frame, columns), analysis(frame.assign(outcome=frame["outcome"] + 2 * treated), columns)
        if (name == "permutation" and columns is X) or (name in ("summary", "participants", "gee") and columns is X):
            assert moved.value - base.value == pytest.approx(2, abs=0.2)  # the first stage leaves the arm out
        else:
            assert numbers(moved)[:3] - numbers(base)[:3] == pytest.approx(2, rel=1e-5)

    def test_what_must_be_printed_is_there(self, name, analysis, frame, columns):  # noqa: ARG002
        found = analysis(frame, columns)
        lines = found.estimates(About(population="people", outcome="score"))
        assert found.estimand in lines[0].method
        assert found.df is None or "degrees of freedom" in lines[0].method
        assert found.p_floor is None or "smallest possible p" in lines[0].method
        assert {"coefficient of variation of cluster size", "intra-cluster correlation"} <= {e.measure for e in lines}
        assert lines[0].n == len(frame)
        assert lines[0].n_cluster == 8


@pytest.mark.parametrize("name", [n for n in PARALLEL if n != "permutation"])
def test_swapping_the_arms_turns_the_sign(name):
    frame, analysis = people(), PARALLEL[name]
    one, other = analysis(frame, X), analysis(frame.assign(arm=1 - frame["arm"]), X)
    assert one.value == pytest.approx(-other.value, rel=1e-6)
    assert one.p == pytest.approx(other.p, rel=1e-6)


def test_equal_sizes_make_the_averages_and_methods_agree():
    frame = people(uneven=False, icc=0.3)
    base = cluster_difference(frame, C)
    for other in (participant_average, participant_difference, mixed_difference):
        found = other(frame, C)
        assert (found.value, found.se, found.df) == pytest.approx((base.value, base.se, 6), rel=1e-6)
    assert permutation_difference(frame, C).value == pytest.approx(base.value)


def test_informative_size_separates_the_averages():
    frame = people(n_cluster=8, seed=5)
    size = frame.groupby("cluster")["outcome"].transform("size")
    frame["outcome"] += frame["arm"] * size / 10
    cluster, participant = both_averages(frame, C)
    assert participant.value > cluster.value + 0.05
    assert (cluster.estimand, participant.estimand) == ("cluster-average", "participant-average")


def test_the_general_model_equals_the_fast_one():
    frame = people(icc=0.2)
    fast = mixed_difference(frame, X)
    x = np.column_stack([np.ones(len(frame)), frame["arm"], frame["age"] - frame["age"].mean()])
    blocks = []
    for name in frame["cluster"].unique():
        own = (frame["cluster"] == name).to_numpy()
        n = int(own.sum())
        y = frame["outcome"].to_numpy()[own]
        blocks.append(Block(y=y, x=x[own], parts=np.stack([np.ones((n, n)), np.eye(n)])))
    slow = fit(tuple(blocks))
    assert fast.value == pytest.approx(slow.beta[1], rel=1e-7)
    assert fast.se == pytest.approx(np.sqrt(slow.adjusted[1, 1]), rel=1e-7)


def test_permutation_interval_holds_exactly_what_is_not_rejected():
    frame = people(effect=0.4, seed=3)
    found = permutation_difference(frame, C)
    for end, sign in ((found.lower, -1), (found.upper, 1)):
        for inside, nudge in ((True, -1e-6), (False, 1e-6)):
            moved = frame.assign(outcome=frame["outcome"] - (end + sign * nudge) * frame["arm"])
            assert (permutation_difference(moved, C).p > 0.05) is inside


def test_bootstrap_interval_holds_what_is_not_rejected():
    frame = people(effect=0.4, seed=3)
    found = bootstrap_difference(frame, C)
    for end, sign in ((found.lower, -1), (found.upper, 1)):
        inside = frame.assign(outcome=frame["outcome"] - (end - sign * 0.01) * frame["arm"])
        outside = frame.assign(outcome=frame["outcome"] - (end + sign * 0.01) * frame["arm"])
        assert bootstrap_difference(inside, C).p > 0.05 >= bootstrap_difference(outside, C).p


def test_allocations_and_their_floors():
    assert [round(smallest_p(simple(n, n // 2), [1] * (n // 2) + [0] * (n // 2)), 3) for n in (4, 6, 8, 10)] == [
        0.333, 0.1, 0.029, 0.008,
    ]  # fmt: skip
    assert len(stratified(["a"] * 4 + ["b"] * 4, [1, 1, 0, 0] * 2)) == 36
    frame = people().assign(stratum=lambda f: f["cluster"].str[-1].isin(list("0145")))
    assert permutation_difference(frame, C, strata="stratum").p_floor == pytest.approx(2 / 36)
    arm = [1] * 4 + [0] * 4
    only = np.array([arm, [0] * 4 + [1] * 4, [1, 0] * 4])
    assert permutation_difference(people(), C, allocations=only).p_floor == pytest.approx(2 / 3)
    with pytest.raises(RequestError, match="do not hold the one that happened"):
        permutation_difference(people(), C, allocations=only[1:])
    with pytest.raises(RequestError, match="rng"):
        allocations_for([1] * 12 + [0] * 12)
    assert len(allocations_for([1] * 12 + [0] * 12, rng=np.random.default_rng(1))) == 10_000
    assert permutation_difference(people(n_cluster=6), C).lower is None  # 3 v 3 can reject nothing


def test_orders_of_starting():
    ways = orders(np.repeat([1, 2, 3, 4], 2))
    assert len(ways) == 2520
    assert len({tuple(w) for w in ways.tolist()}) == 2520
    assert ways[0].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]


def test_wedge_recovers_effects_at_once_and_growing():
    at_once = np.mean([[a(wedge(effect=1.0, seed=s), T).value for a in WEDGE.values()] for s in range(40)], axis=0)
    assert at_once == pytest.approx([1.0] * 4, abs=0.15)  # 3 Monte Carlo errors of the widest are .14
    growing = np.mean([exposure_time_effect(wedge(growing=0.5, seed=s), T).value for s in range(40)])
    assert growing == pytest.approx(0.5 * 2.5, abs=0.25)


def test_change_methods_recover_the_effect():
    found = np.mean(
        [[a(before_after(effect=1.0, seed=s), T).value for a in CHANGE.values()] for s in range(60)], axis=0
    )
    assert found == pytest.approx([1.0] * 4, abs=0.12)


def test_rates_proportions_and_odds_recover_their_effects():
    rng = np.random.default_rng(2)
    got = []
    for _ in range(49):
        frame = people(n=60, seed=int(rng.integers(1e6)))
        frame["time"] = rng.uniform(0.5, 1.5, len(frame))
        level = dict(zip(frame["cluster"].unique(), rng.gamma(20, 1 / 20, 8), strict=True))
        rate = 0.4 * np.exp(0.5 * frame["arm"]) * frame["cluster"].map(level)
        counts = frame.assign(outcome=rng.poisson(rate * frame["time"]))
        met = frame.assign(outcome=(rng.random(len(frame)) < 0.3 + 0.2 * frame["arm"]).astype(int))
        timed = Columns(exposure="time")
        got.append([
            np.log(cluster_difference(counts, timed, kind="rate_ratio").value),
            cluster_difference(counts, timed, kind="rate").value,
            participant_average(counts, timed, kind="rate").value,
            np.log(gee_difference(counts, timed, family="rate_ratio", correlation="independence").value),
            np.log(cluster_difference(counts, replace(timed, covariates=("age",)), kind="rate_ratio").value),
            cluster_difference(met, C, kind="proportion").value,
            cluster_difference(met, X, kind="proportion").value,
            np.log(cluster_difference(met, C, kind="odds").value),
            np.log(gee_difference(met, C, family="odds", correlation="independence").value),
        ])  # fmt: skip
    difference, odds = 0.4 * (np.exp(0.5) - 1), np.log(1 / (0.3 / 0.7))
    truth = np.array([0.5, difference, difference, 0.5, 0.5, 0.2, 0.2, odds, odds])
    error = np.std(got, axis=0, ddof=1) / 7
    assert (np.abs(np.mean(got, axis=0) - truth) < 3.5 * error + 0.02 * np.abs(truth)).all()


def test_compliers():
    frame = people(effect=0.5, seed=4).assign(dose=lambda f: 0.5 * f["arm"])
    base, found = cluster_difference(frame, C), complier_effect(frame, C, dose="dose")
    assert (found.value, found.lower, found.upper) == pytest.approx((2 * base.value, 2 * base.lower, 2 * base.upper))
    assert found.p == pytest.approx(base.p)
    with pytest.raises(AnalysisRefused, match="not clearly more than nothing"):
        complier_effect(frame.assign(dose=np.random.default_rng(1).random(len(frame))), C, dose="dose")


def test_fieller_interval_is_what_the_test_does_not_reject():
    rng = np.random.default_rng(8)
    frame = people(effect=0.5, seed=4)
    frame["dose"] = (0.6 * frame["arm"] + 0.05 * rng.normal(size=8)[pd.factorize(frame["cluster"])[0]]).clip(0, 1)
    found = complier_effect(frame, C, dose="dose")
    for end in (found.lower, found.upper):
        assert cluster_difference(frame.assign(outcome=frame["outcome"] - end * frame["dose"]), C).p == pytest.approx(
            0.05
        )


def test_imputation_with_deltas_for_each_arm():
    frame = people(n=60, seed=9)
    frame.loc[frame.index % 4 == 0, "outcome"] = np.nan
    pairs = ((0.0, 0.0), (0.0, -1.0), (-1.0, -1.0))
    at_random, worse, both = imputed_difference(frame, X, np.random.default_rng(1), deltas=pairs, m=10)
    shares = frame["outcome"].isna().groupby(frame["cluster"]).mean()
    arm = frame.groupby("cluster")["arm"].first()
    assert worse.value - at_random.value == pytest.approx(-shares[arm == 1].mean())
    assert both.value - at_random.value == pytest.approx(shares[arm == 0].mean() - shares[arm == 1].mean())
    assert at_random.df < 6
    seen = cluster_difference(frame.dropna(), X)
    assert at_random.value == pytest.approx(seen.value, abs=0.1)
    with pytest.raises(AnalysisRefused, match="0 missing"):
        imputed_difference(people(), X, np.random.default_rng(1))


def test_ordinal_recovers_the_odds_ratio_and_gives_no_test():
    rng = np.random.default_rng(3)
    frame = people(n=300)
    latent = 0.7 * frame["arm"] + rng.logistic(size=len(frame))
    found = odds_of_higher_answers(frame.assign(outcome=np.digitize(latent, [-1, 0, 1.5])), X)
    assert np.log(found.value) == pytest.approx(0.7, abs=0.2)
    assert found.p is None
    with pytest.raises(AnalysisRefused, match="different answers"):
        odds_of_higher_answers(frame.assign(outcome=(latent > 0).astype(int)), C)


def nested(seed=1, effect=0.0):
    rng = np.random.default_rng(seed)
    y = np.r_[rng.normal(size=60), effect + np.repeat(rng.normal(0, 0.4, 4), 15) + 0.5 * rng.normal(size=60)]
    who = [None] * 60 + [f"coach {k}" for k in np.repeat(range(4), 15)]
    return pd.DataFrame({"outcome": y, "arm": [0] * 60 + [1] * 60, "cluster": who})


def test_partially_nested_equals_two_separate_arms():
    """Without covariates and with equal coaches, the arms are apart: variance of a mean and of coach means."""
    frame = nested(effect=1.0)
    found = nested_difference(frame, C)
    alone, coached = frame.loc[frame["arm"] == 0, "outcome"], frame.loc[frame["arm"] == 1]
    means = coached.groupby("cluster")["outcome"].mean()
    assert found.value == pytest.approx(means.mean() - alone.mean(), rel=1e-6)
    assert found.se**2 == pytest.approx(means.var(ddof=1) / 4 + alone.var(ddof=1) / 60, rel=1e-5)
    assert found.df >= 3


def test_nobody_in_usual_care_has_a_coach():
    frame = nested()
    with pytest.raises(AnalysisRefused, match="arm and coach disagree"):
        nested_difference(frame.assign(arm=1 - frame["arm"]), C)


def test_leaving_out_each_provider():
    frame = people()
    found = without_each(frame, C, cluster_difference)
    assert list(found) == sorted(frame["cluster"].unique())
    rest = frame[frame["cluster"] != "provider 03"]
    assert found["provider 03"] == cluster_difference(rest, C)
    with pytest.raises(AnalysisRefused, match="at least three"):
        without_each(people(n_cluster=4), C, cluster_difference)


@pytest.mark.parametrize("test", ["t", "mann_whitney", "chi_squared", "covariance"])
def test_tests_of_participants_are_refused_where_providers_are_declared(test):
    with pytest.raises(AnalysisRefused, match="of true null hypotheses, not 5 %"):
        individual_test(people(), X, test, cluster="cluster")


def test_tests_of_participants_without_providers_are_the_libraries():
    frame = people()
    one, other = (frame.loc[frame["arm"] == a, "outcome"] for a in (1, 0))
    assert individual_test(frame, X, "t", cluster=None).p == pytest.approx(stats.ttest_ind(one, other).pvalue)
    u = stats.mannwhitneyu(one, other, alternative="two-sided").pvalue
    assert individual_test(frame, X, "mann_whitney", cluster=None).p == pytest.approx(u)
    met = frame.assign(outcome=(frame["outcome"] > frame["outcome"].median()).astype(int))
    chi = stats.chi2_contingency(pd.crosstab(met["arm"], met["outcome"]), correction=False).pvalue
    assert individual_test(met, X, "chi_squared", cluster=None).p == pytest.approx(chi)
    assert 0 < individual_test(frame, X, "covariance", cluster=None).p < 1
    with pytest.raises(AnalysisRefused, match=r"31\.9 %"):
        refuse_individual("t", "provider_id")


REFUSED = [
    (lambda f: f.drop(columns="arm"), "no column 'arm'"),
    (lambda f: f.assign(arm=f["arm"] + 1), "neither 0 nor 1"),
    (lambda f: f.assign(arm=np.arange(len(f)) % 2), "both arms"),
    (lambda f: f.assign(outcome=f["outcome"].where(f.index != 3)), "1 of .* rows are missing"),
    (lambda f: f[(f["arm"] == 0) | (f["cluster"] == "provider 00")], "1 providers in the smaller arm"),
    (lambda f: f.assign(outcome="text"), "holds text"),
]


@pytest.mark.parametrize("analysis", PARALLEL.values(), ids=PARALLEL.keys())
@pytest.mark.parametrize(("spoil", "said"), REFUSED)
def test_what_no_method_accepts(analysis, spoil, said):
    with pytest.raises(AnalysisRefused, match=said):
        analysis(spoil(people()), C)


def test_other_refusals():
    frame = people()
    with pytest.raises(AnalysisRefused, match="not 0 or 1"):
        cluster_difference(frame, C, kind="proportion")
    with pytest.raises(RequestError, match="time at risk"):
        cluster_difference(frame.assign(outcome=1), C, kind="rate")
    with pytest.raises(AnalysisRefused, match="same figure"):
        cluster_difference(frame.assign(outcome=1.0), C)
    with pytest.raises(AnalysisRefused, match=r"say the same|constant"):
        mixed_difference(frame.assign(age=frame["arm"]), X)
    size = frame.groupby("cluster")["outcome"].transform("size")
    three = frame.assign(a=size, b=size**2, d=np.sqrt(size))
    with pytest.raises(AnalysisRefused, match="3 covariates belong to the provider"):
        cluster_difference(three, Columns(covariates=("a", "b", "d")))
    assert cluster_difference(three, Columns(covariates=("a", "age"))).df == 5
    with pytest.raises(AnalysisRefused, match="weights"):
        mixed_difference(frame, Columns(weight="age"))
    stopped = wedge().assign(arm=lambda f: f["arm"] * (f["period"] < 5))
    with pytest.raises(AnalysisRefused, match="stop coaching"):
        wedge_effect(stopped, T)
    with pytest.raises(RequestError, match="calendar period"):
        wedge_effect(wedge(), C)
    half = before_after().query("period == 0 or cluster > 0")
    with pytest.raises(AnalysisRefused, match="providers without one"):
        change_difference(half, T)


def test_weighted_means_of_providers():
    frame = people().assign(weight=lambda f: np.where(f["age"] > 80, 2.0, 1.0))
    doubled = pd.concat([frame, frame[frame["age"] > 80]])
    one, other = cluster_difference(frame, Columns(weight="weight")), cluster_difference(doubled, C)
    assert (one.value, one.se, one.p) == pytest.approx((other.value, other.se, other.p))


def test_the_register_knows_every_method_and_cites_what_was_measured():
    assert len(set(KEYS)) == len(KEYS)
    for method in METHODS:
        module, function = method.call.split(".")
        assert hasattr(__import__(f"ot_eval.models.{module}", fromlist=[function]), function)
    named = {r.method for r in measured() if not r.method.startswith("not offered")}
    assert named <= set(KEYS)
    eight = Situation(design="parallel", n_cluster=8, n_coached=4, size_cv=0.5)
    assert require("cluster_summary_t", eight).rate.rate < 0.056
    assert "of true null hypotheses" in require("cluster_summary_t", eight).why
    roles = {a.method.key: a.role for a in allowed(eight)}
    assert roles["gee_kc_t"] == roles["gee_avg_t"] == "refused"
    assert roles["gee_md_t"] == "sensitivity"
    assert roles["exact_permutation"] == "primary"
    six = {a.method.key: a for a in allowed(replace(eight, n_cluster=6, n_coached=3))}
    assert "can never reach .05" in six["exact_permutation"].why
    assert six["exact_permutation"].role == "sensitivity"
    unlike = {a.method.key: a.role for a in allowed(replace(eight, n_coached=2, randomised=False))}
    assert unlike["gee_md_t"] == unlike["exact_permutation"] == unlike["complier_iv"] == "refused"
    assert p_value_by_default(eight)
    assert not p_value_by_default(replace(eight, n_coached=2))
    with pytest.raises(AnalysisRefused, match="wild_cluster_bootstrap as the primary"):
        require("wild_cluster_bootstrap", eight)
    with pytest.raises(AnalysisRefused, match="Did you mean 'cluster_summary_t'"):
        require("cluster_sumary_t", eight)


def test_simulated_power_equals_the_formula_within_monte_carlo_error():
    plan = Plan(coached=4, usual=4, people=30, icc=0.05)
    for analysis in ("cluster_summary_t", "participant_summary_cr2"):
        found = simulated_power(plan, 0.5, np.random.default_rng(1), analysis=analysis, worlds=4_000)
        assert abs(found.simulated - found.formula) < 3.5 * found.error
    null = simulated_power(plan, 0.0, np.random.default_rng(2), worlds=4_000)
    assert abs(null.simulated - 0.05) < 3.5 * null.error
    same = [simulated_power(plan, 0.5, np.random.default_rng(3), worlds=200, processors=p).simulated for p in (1, 2)]
    assert same[0] == same[1]
    wedge_plan = WedgePlan(providers=(2, 2, 2, 2), people=15, icc=0.05, cac=0.8)
    found = simulated_wedge_power(wedge_plan, 0.5, np.random.default_rng(1), worlds=60)
    assert found.formula - 0.05 < found.simulated <= 1


@pytest.mark.parametrize(
    ("kind", "numbers", "within"),
    [
        ("proportion", {"usual": 0.3, "coached": 0.5}, 0.04),
        ("rate", {"usual": 0.2, "coached": 0.12, "time": 100.0, "between_cv": 0.2}, 0.06),
        ("survival", {"usual": 0.05, "coached": 0.025, "follow_up": 12.0, "between_cv": 0.22}, 0.06),
    ],
)
def test_simulated_power_of_events_is_near_the_formula(kind, numbers, within):
    plan = Plan(coached=4, usual=4, people=30, icc=0.05)
    found = simulated_power_of_events(plan, kind, numbers, np.random.default_rng(1), worlds=4_000)
    assert found.simulated == pytest.approx(found.formula, abs=within)  # log rates there, rates in the formula
    with pytest.raises(RequestError):
        simulated_power_of_events(plan, kind, {"usual": 0.3}, np.random.default_rng(1))


def test_advice_says_what_would_help():
    poor = advice(Plan(coached=2, usual=2, people=30, icc=0.05), 0.5)
    assert not any(c.passed for c in poor)
    assert "No number of people in each provider would be enough" in poor[0].sentence
    assert "7 providers in each arm" in poor[0].sentence
    assert advice(Plan(coached=20, usual=20, people=30, icc=0.05), 0.5)[0].passed
