"""Random intercept with Kenward-Roger, CR2, cluster summaries, permutation and bootstrap against R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin as pg
import pytest

from ot_eval.models.trial_bootstrap import _shares, bootstrap_difference, signs
from ot_eval.models.trial_data import Columns, anova_icc, read_trial
from ot_eval.models.trial_mixed import fit, mixed_difference
from ot_eval.models.trial_moments import design, least_squares, moments, sandwich, satterthwaite_df
from ot_eval.models.trial_permutation import permutation_difference
from ot_eval.models.trial_robust import participant_difference
from ot_eval.models.trial_summary import cluster_difference, participant_average

GOLDEN = Path(__file__).parents[1] / "golden" / "trial"
ALL = json.loads((GOLDEN / "lmm_cluster_trial.json").read_text(encoding="utf-8"))
SCHOOLS = ALL["achievement_8"]
EXACT = 1e-9  # closed forms; R printed 12 digits
OPTIMISED = 1e-6  # lme4's optimiser stops about here
VARIANCES = 1e-5
PLAIN = Columns(outcome="awarded", arm="treated", cluster="school_id")
ADJUSTED = Columns(outcome="awarded", arm="treated", cluster="school_id", covariates=("lagscore",))


def near(value, rel=EXACT):
    return pytest.approx(value, rel=rel)


@pytest.fixture(scope="module")
def schools():
    return pd.read_csv(GOLDEN / "data" / "achievement_awards_8schools.csv")


@pytest.fixture(scope="module")
def sleep():
    frame = pd.read_csv(GOLDEN / "data" / "sleepstudy.csv")
    x = np.column_stack([np.ones(len(frame)), frame["Days"]])
    return fit(moments(x, frame["Reaction"].to_numpy(), pd.factorize(frame["Subject"])[0], 18))


def test_random_intercept_equals_lme4_and_pbkrtest(sleep):
    golden = ALL["random_intercept_REML"]
    for j, name in enumerate(["(Intercept)", "Days"]):
        kr = golden["KR"][name]
        assert sleep.beta[0, j] == near(kr["Estimate"], OPTIMISED)
        assert np.sqrt(sleep.adjusted[0, j, j]) == near(kr["Std. Error"], OPTIMISED)
        assert sleep.df[0, j] == near(kr["df"], OPTIMISED)
    assert sleep.between[0] == near(golden["vc"]["Subject|(Intercept)|NA"], VARIANCES)
    assert sleep.within[0] == near(golden["vc"]["Residual|NA|NA"], VARIANCES)
    assert sleep.loglik[0] == near(golden["logLik"])


@pytest.mark.parametrize(("columns", "name"), [(PLAIN, "lmm_unadj"), (ADJUSTED, "lmm_adj")])
def test_eight_schools_mixed_model(schools, columns, name):
    kr = SCHOOLS[name]["KR"]["treated"]
    trial = read_trial(schools, columns)
    fitted = fit(moments(design(trial), trial.y, trial.cluster, trial.n_cluster))
    found = mixed_difference(schools, columns)
    assert found.value == near(kr["Estimate"], OPTIMISED)
    assert found.se == near(kr["Std. Error"], OPTIMISED)
    assert fitted.df[0, 1] == near(kr["df"], OPTIMISED)
    assert found.df == 6.0  # both of R's fall below G - 2
    if name == "lmm_unadj":
        icc = fitted.between[0] / (fitted.between[0] + fitted.within[0])
        # performance::icc divides by the variances of the whole model without covariates
        assert fitted.between[0] == near(SCHOOLS[name]["vc"]["school_id|(Intercept)|NA"], VARIANCES)
        assert icc == near(85.925098445026 / (85.925098445026 + 65.857827920076), VARIANCES)


def test_anova_icc(schools):
    found = anova_icc(schools["awarded"].to_numpy(dtype=float), pd.factorize(schools["school_id"])[0])
    assert found.value == near(SCHOOLS["anova_icc"]["icc"])
    assert [found.lower, found.upper] == near(SCHOOLS["anova_icc"]["ci_F_method"])


@pytest.mark.parametrize(("name", "correction"), [("CR0", "LZ"), ("CR2", "KC"), ("CR3", "MD")])
def test_every_cluster_robust_error_equals_club_sandwich(schools, name, correction):
    trial, golden = read_trial(schools, ADJUSTED), SCHOOLS["ols_cr"][name]
    m = moments(design(trial), trial.y, trial.cluster, trial.n_cluster)
    beta, inverse, score = least_squares(m)
    assert beta[0, 1] == near(golden["beta"])
    assert np.sqrt(sandwich(m.xx, score, inverse, correction)[0, 1, 1]) == near(golden["SE"])
    df = satterthwaite_df(m.xx, inverse, np.array([0.0, 1.0, 0.0]), correction)
    assert df[0] == near(golden["df_satt"])


def test_participant_difference(schools):
    golden, found = SCHOOLS["ols_cr"]["CR2"], participant_difference(schools, ADJUSTED)
    assert (found.value, found.se, found.df, found.p) == near(
        (golden["beta"], golden["SE"], golden["df_satt"], golden["p_satt"])
    )
    assert found.size_cv == near(SCHOOLS["cv_cluster_size"])
    assert found.n == SCHOOLS["n"]


def test_size_weighted_summaries_are_least_squares_with_cr2(schools):
    one, other = participant_average(schools, PLAIN), participant_difference(schools, PLAIN)
    assert (one.value, one.se, one.df) == near((other.value, other.se, other.df))


def test_cluster_summary(schools):
    golden, found = SCHOOLS["cluster_level"]["t_equal_var"], cluster_difference(schools, PLAIN)
    assert (found.value, found.df, found.p) == near((golden["diff"], golden["df"], golden["p"]))
    assert [found.lower, found.upper] == near(golden["ci"])


def test_two_stage(schools):
    golden, found = SCHOOLS["cluster_level"]["two_stage_residual"], cluster_difference(schools, ADJUSTED)
    assert (found.value, found.df, found.p) == near((golden["diff"], golden["df"], golden["p"]))
    assert [found.lower, found.upper] == near(golden["ci"])


def test_cluster_summary_equals_pingouin_on_the_cluster_table(schools):
    means = schools.groupby(["school_id", "treated"], as_index=False)["awarded"].mean()
    one, other = (means.loc[means["treated"] == a, "awarded"] for a in (1, 0))
    theirs = pg.ttest(one, other, paired=False, alternative="two-sided", correction=False)
    found = cluster_difference(schools, PLAIN)
    assert found.p == near(float(theirs["p_val"].iloc[0]))
    assert found.df == float(theirs["dof"].iloc[0])


@pytest.mark.parametrize(("columns", "name"), [(PLAIN, "permutation_exact"), (ADJUSTED, "permutation_exact_residual")])
def test_exact_permutation(schools, columns, name):
    found = permutation_difference(schools, columns)
    assert found.value == near(SCHOOLS[name]["obs"])
    assert found.p == near(SCHOOLS[name]["p_two_sided"])
    assert found.p_floor == near(2 / SCHOOLS[name]["n_alloc"])


def test_wild_cluster_bootstrap(schools):
    golden = SCHOOLS["wild_cluster_bootstrap_WCR_rademacher_enumerated"]
    trial = read_trial(schools, ADJUSTED)
    m = moments(design(trial), trial.y, trial.cluster, trial.n_cluster)
    assert _shares(m, signs(8)[0], 1, 0.0) == (golden["p_ge"], golden["p_gt"])
    assert bootstrap_difference(schools, ADJUSTED).p == golden["p_ge"]


def test_the_boundary_that_breaks_mixedlm_gives_the_right_arm_coefficient():
    truth = json.loads((GOLDEN / "mixedlm_singular_bug.json").read_text(encoding="utf-8"))["truth"]
    frame = pd.read_csv(GOLDEN / "data" / "mixedlm_singular_bug.csv")
    found = mixed_difference(frame, Columns(outcome="y", arm="tr", cluster="cl"))
    assert found.value == near(truth["tr"])
    assert found.se == near(truth["se_REML_boundary"], 1e-6)  # printed with seven decimals
    assert "estimated as zero" in found.words


def test_nothing_of_ours_calls_mixedlm():
    source = Path(__file__).parents[2] / "src" / "ot_eval"
    files = list(source.rglob("*.py"))
    assert files
    calls = ("MixedLM(", "mixedlm(", ".MixedLM", "import MixedLM")
    assert [f.name for f in files if any(c in f.read_text(encoding="utf-8") for c in calls)] == []
