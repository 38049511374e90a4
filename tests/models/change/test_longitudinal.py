"""The mixed model for repeated measures against nlme::gls, the paired t-test and known truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.measures.repeated import Repeated
from ot_eval.models import change_repeated, longitudinal

OPTIMISER = 2e-5  # gls stops on its own tolerance; means and errors agree to this relative difference
EXACT = 1e-6  # degrees of freedom by central differences


def _by_term(found, measure):
    return {e.term: e for e in found if e.measure == measure}


def test_means_and_changes_against_gls(repeated, golden):
    found = change_repeated.trajectory(repeated)
    means = list(_by_term(found, "mean").values())
    assert [e.value for e in means] == pytest.approx(golden["mmrm"]["mean"], rel=OPTIMISER)
    assert [e.se for e in means] == pytest.approx(golden["mmrm"]["mean_se"], rel=OPTIMISER)
    changes = list(_by_term(found, "mean change").values())
    assert [e.value for e in changes] == pytest.approx(golden["mmrm"]["change"], rel=OPTIMISER)
    assert [e.se for e in changes] == pytest.approx(golden["mmrm"]["change_se"], rel=OPTIMISER)


def test_differences_between_groups_against_gls(repeated, scores, golden):
    group = pd.Series(scores["group"].eq(1).to_numpy(), index=scores["id"])
    found = change_repeated.difference_by_group(repeated, group)
    place = [golden["mmrm_group"]["names"].index(f"factor(time){i}:group") for i in (1, 2)]
    assert [e.value for e in found] == pytest.approx([golden["mmrm_group"]["value"][p] for p in place], rel=OPTIMISER)
    assert [e.se for e in found] == pytest.approx([golden["mmrm_group"]["se"][p] for p in place], rel=OPTIMISER)


def _complete(rng, n=40):
    first = rng.normal(50, 10, n)
    second = 0.8 * first + 15 + rng.normal(0, 6, n)
    return np.column_stack([first, second, 0.9 * second + rng.normal(0, 7, n)])


def test_complete_data_give_the_paired_t_test_exactly(rng):
    y = _complete(rng)
    fit = longitudinal.fit(y, np.broadcast_to(np.eye(3), (len(y), 3, 3)).copy())
    for i, j in ((0, 1), (0, 2), (1, 2)):
        weights = np.eye(3)[j] - np.eye(3)[i]
        value, se, df = fit.contrast(weights)
        classic = stats.ttest_rel(y[:, j], y[:, i])
        assert value / se == pytest.approx(classic.statistic, rel=EXACT)
        assert df == pytest.approx(classic.df, rel=EXACT)
    assert fit.sigma == pytest.approx(np.cov(y.T), rel=1e-5)


def test_nothing_depends_on_the_unit_or_the_order_of_people(rng):
    y = _complete(rng)
    y[rng.random(y.shape) < 0.2] = np.nan
    y[:12] = _complete(rng, 12)
    x = np.broadcast_to(np.eye(3), (len(y), 3, 3)).copy()
    weights = np.array([-1.0, 0.0, 1.0])
    value, se, df = longitudinal.fit(y, x).contrast(weights)
    scaled = longitudinal.fit(7 * y[::-1] + 3, x).contrast(weights)
    assert scaled == pytest.approx((7 * value, 7 * se, df), rel=1e-5)


@pytest.mark.parametrize("problem", ["few together", "a copy", "constant"])
def test_refusals(problem, rng):
    y = _complete(rng)
    if problem == "few together":
        y[9:, 2] = np.nan
    elif problem == "a copy":
        y[:, 1] = y[:, 0]
    else:
        y[:, 1] = 50.0
    with pytest.raises(AnalysisRefused, match=r"people in common|did not converge"):
        longitudinal.fit(y, np.broadcast_to(np.eye(3), (len(y), 3, 3)).copy())


def test_clusters_and_single_timepoints_are_refused(repeated):
    clustered = Repeated(
        frame=repeated.frame, score=repeated.score, instrument="mbi", population="p", cluster=repeated.frame["baseline"]
    )
    with pytest.raises(AnalysisRefused, match="providers are declared"):
        change_repeated.trajectory(clustered)
    one = Repeated(frame=repeated.frame[["baseline"]], score=repeated.score, instrument="mbi", population="p")
    with pytest.raises(AnalysisRefused, match="one timepoint only"):
        change_repeated.trajectory(one)
    with pytest.raises(AnalysisRefused, match="without group"):
        change_repeated.difference_by_group(repeated, pd.Series(dtype=bool))


def test_scores_missing_at_random_are_made_good(rng):
    """Truth: the follow-up mean is 50. People with low end scores miss it; the paired answer is off, this is not."""
    n = 4000
    end = rng.normal(50, 10, n)
    follow = 50 + 0.9 * (end - 50) + rng.normal(0, 4, n)
    follow[rng.random(n) < 1 / (1 + np.exp((end - 45) / 4))] = np.nan
    frame = pd.DataFrame({"end": end, "follow_up": follow})
    fit = longitudinal.fit(frame.to_numpy(), np.broadcast_to(np.eye(2), (n, 2, 2)).copy())
    value, se, _ = fit.contrast(np.array([0.0, 1.0]))
    assert abs(value - 50) < 4 * se
    assert np.nanmean(follow) - 50 > 10 * se


@pytest.mark.simulation
def test_intervals_of_few_people_cover_the_truth(rng):
    """Truth: a change of 5. 16 people, a quarter of follow-up scores missing completely at random, 1,000 runs."""
    runs, covered, normal = 1000, 0, 0
    x = np.broadcast_to(np.eye(2), (16, 2, 2)).copy()
    for _ in range(runs):
        first = rng.normal(50, 10, 16)
        second = first + 5 + rng.normal(0, 8, 16)
        second[rng.permutation(16)[:4]] = np.nan
        value, se, df = longitudinal.fit(np.column_stack([first, second]), x).contrast(np.array([-1.0, 1.0]))
        covered += abs(value - 5) <= stats.t.ppf(0.975, df) * se
        normal += abs(value - 5) <= 1.96 * se
    assert covered / runs == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / runs))
    assert normal < covered
