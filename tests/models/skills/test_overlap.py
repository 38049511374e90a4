"""The mean Jaccard index of pairs, and kappa of skills rated twice: R's digits, known truths, invariances, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.overlap import pair_overlap
from ot_eval.models.rated_twice import alpha, two_raters, weighted_kappa
from ot_eval.models.trial_reliability import cronbach_alpha, kappa, rater_agreement

FIRST = [[1, 1, 0, 0, 1], [1, 0, 0, 1, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 1, 0]]
SECOND = [[1, 1, 1, 0, 1], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 0, 1, 0, 1]]
# R 4.2.2: m <- 1 - as.matrix(dist(rbind(a, b), method = "binary")), pairs without a skill set to NA, then
# mean(m[1:6, 7:10], na.rm = TRUE); the same within rows 1 to 6 without the diagonal; and the leave-one-out standard
# error sqrt(4 / 5 * sum((loo - mean(loo))^2)) with providers c(1, 2, 3, 4, 5, 1) and c(1, 2, 3, 4).
BETWEEN, WITHIN, STANDARD_ERROR = 0.255072463768, 0.238888888889, 0.071640642087
PRINTED = 1e-12  # R printed twelve decimals
# R's psych 2.2.9, cohen.kappa of its own example of ten subjects, quadratic weights.
RATED = ([1, 2, 3, 2, 1, 3, 2, 2, 1, 3], [1, 2, 3, 3, 1, 3, 2, 1, 1, 2])
KAPPA = 0.7692307692308


def workers(rows, letter):
    return pd.DataFrame(
        np.array(rows, dtype=bool), index=[f"{letter}{i}" for i in range(len(rows))], columns=list("vwxyz")
    )


def providers(first, second):
    return pd.Series([1, 2, 3, 4, 5, 1, 1, 2, 3, 4], index=[*first.index, *second.index])


def test_between_within_and_the_standard_error_are_those_of_r():
    a, b = workers(FIRST, "a"), workers(SECOND, "b")
    found = pair_overlap(a, b, cluster=providers(a, b))
    assert found.value == pytest.approx(BETWEEN, abs=PRINTED)
    assert found.se == pytest.approx(STANDARD_ERROR, abs=PRINTED)
    assert (found.n_empty, found.n_cluster) == (1, 5)
    assert pair_overlap(a).value == pytest.approx(WITHIN, abs=PRINTED)


def test_scipy_gives_the_same_where_every_pair_has_a_skill():
    rng = np.random.default_rng(2)
    a, b = (
        pd.DataFrame(rng.random((n, 9)) < 0.6, index=[f"{s}{i}" for i in range(n)]) for n, s in ((12, "a"), (8, "b"))
    )
    assert a.any(axis=1).all()
    assert pair_overlap(a, b).value == pytest.approx(1 - cdist(a, b, "jaccard").mean(), abs=1e-12)


def test_the_order_of_groups_workers_and_skills_does_not_matter():
    a, b = workers(FIRST, "a"), workers(SECOND, "b")
    found, home = pair_overlap(a, b), providers(a, b)
    assert pair_overlap(b, a).value == pytest.approx(found.value, abs=1e-15)
    mixed = pair_overlap(a.iloc[::-1, ::-1], b.iloc[:, ::-1], cluster=home.iloc[::-1])
    assert mixed.se == pytest.approx(pair_overlap(a, b, cluster=home).se, abs=1e-15)


def test_workers_who_all_have_the_same_skills_share_all_of_them():
    same = workers([[1, 0, 1, 0, 1]] * 6, "a")
    found = pair_overlap(same)
    assert (found.value, found.lower, found.upper) == (1.0, 1.0, 1.0)


def drawn(rng, providers=12, carers=10, spread=0.6):
    """Return workers of two roles whose skills are more or less common from provider to provider."""
    home, first, second = {}, {}, {}
    for p in range(providers):
        shift = rng.normal(0, spread)
        for n in range(carers):
            for group, centre, name in ((first, 0.5, f"a{p}-{n}"), (second, 1.0, f"b{p}-{n}")):
                if group is second and n >= carers // 3:
                    continue
                group[name] = rng.random(24) < 1 / (1 + np.exp(-centre - shift))
                home[name] = p
    return pd.DataFrame(first).T, pd.DataFrame(second).T, pd.Series(home)


@pytest.mark.simulation
def test_the_interval_covers_the_truth_and_one_that_ignores_providers_does_not():
    """600 services would narrow this; 200 give a Monte Carlo error of 1.5 points at 95 %."""
    big = drawn(np.random.default_rng(0), providers=700)
    truth = pair_overlap(big[0], big[1]).value
    hit = {True: 0, False: 0}
    for seed in range(200):
        a, b, home = drawn(np.random.default_rng(seed + 1))
        for clustered in hit:
            found = pair_overlap(a, b, cluster=home if clustered else None)
            hit[clustered] += found.lower <= truth <= found.upper
    assert 0.90 <= hit[True] / 200 <= 0.99
    assert hit[False] / 200 < 0.80


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a, b: (a.iloc[:2], b, None), "2 workers"),
        (lambda a, b: (a, b.rename(columns={"v": "q"}), None), "different skills"),
        (lambda a, b: (a & False, b & False, None), "nobody has any"),
        (lambda a, b: (a, b, pd.Series(1, index=[*a.index, *b.index])), "1 providers"),
        (lambda a, b: (a, b, pd.Series(1, index=a.index)), "provider is not known"),
    ],
)
def test_refusals(change, said):
    a, b, home = change(workers(FIRST, "a"), workers(SECOND, "b"))
    with pytest.raises(AnalysisRefused, match=said):
        pair_overlap(a, b, cluster=home)


def test_both_groups_with_one_provider_are_refused():
    a, b = workers(FIRST, "a"), workers(SECOND, "b")
    home = pd.Series([1, 2, 3, 4, 5, 6] + [1] * 4, index=[*a.index, *b.index])
    with pytest.raises(AnalysisRefused, match="one provider"):
        pair_overlap(a, b, cluster=home)


def test_kappa_is_that_of_r_and_of_scikit_learn():
    said, seen = (np.array(r) - 1 for r in RATED)
    found = weighted_kappa(pd.DataFrame({"said": said, "seen": seen}, index=range(10)), levels=3)
    assert found.value == pytest.approx(KAPPA, abs=1e-12)
    assert found.value == pytest.approx(kappa(list(said), list(seen), weights="quadratic"), abs=1e-12)


def test_kappa_leaves_out_workers_not_skills():
    """Every rating given twice by the same worker moves neither kappa nor its interval."""
    rng = np.random.default_rng(4)
    said = rng.integers(0, 5, 60)
    seen = np.clip(said + rng.integers(-1, 2, 60), 0, 4)
    once = pd.DataFrame({"said": said, "seen": seen}, index=np.repeat(np.arange(20), 3))
    a, b = weighted_kappa(once, levels=5), weighted_kappa(pd.concat([once, once]), levels=5)
    assert (a.value, a.se, a.df) == (pytest.approx(b.value, abs=1e-12), pytest.approx(b.se, abs=1e-12), b.df)
    assert a.df == 19


def test_kappa_refuses_what_is_no_rating_and_ratings_all_alike():
    with pytest.raises(AnalysisRefused, match="outside 0 to 4"):
        weighted_kappa(pd.DataFrame({"said": [5, 1, 2], "seen": [1, 1, 1]}), levels=5)
    with pytest.raises(AnalysisRefused, match="not defined"):
        weighted_kappa(pd.DataFrame({"said": [1] * 5, "seen": [1] * 5}), levels=5)


def test_alpha_and_the_agreement_of_raters_are_those_of_pingouin():
    rng = np.random.default_rng(4)
    scores = pd.DataFrame(rng.normal(size=(40, 1)) + rng.normal(size=(40, 6)), columns=list("abcdef"))
    assert alpha(scores).value == pytest.approx(cronbach_alpha(scores, list("abcdef")).value, abs=1e-12)
    two = scores[["a", "b"]]
    long = two.reset_index().melt(id_vars="index", var_name="rater", value_name="score")
    known = rater_agreement(long, target="index", rater="rater", score="score", raters="one-way", average=False)
    assert two_raters(two).value == pytest.approx(known.value, abs=1e-12)
    assert two_raters(two[["b", "a"]]).se == pytest.approx(two_raters(two).se, abs=1e-12)


def test_workers_of_one_provider_widen_the_intervals_of_alpha_and_of_raters():
    rng = np.random.default_rng(6)
    home = pd.Series(np.repeat(np.arange(10), 12))
    scores = pd.DataFrame(2 * rng.normal(size=10)[home.to_numpy()][:, None] + rng.normal(size=(120, 4)))
    for function, part in ((alpha, scores), (two_raters, scores[[0, 1]])):
        assert function(part, cluster=home).se > function(part).se
    with pytest.raises(AnalysisRefused, match="4 providers"):
        alpha(scores, cluster=home % 4)
