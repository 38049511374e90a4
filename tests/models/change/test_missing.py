"""Who is missing, multiple imputation, pooling, and the delta-adjusted sensitivity."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.measures.instrument import Score
from ot_eval.measures.repeated import Repeated
from ot_eval.models import imputation, missing

GOLDEN = json.loads((Path(__file__).parent / "golden" / "mi_pooling.json").read_text())
ALGEBRA = 1e-9  # mice 3.15.0 `pool` on m = 5 completed copies of mice::nhanes
LOWER = Score(name="total", about="loneliness", minimum=3, maximum=9, better="lower")


@pytest.mark.parametrize("term", ["(Intercept)", "bmi"])
def test_pooling_against_mice(term):
    each = [row[term] for row in GOLDEN["per_imputation"]]
    expected = GOLDEN["pool_details"][term]
    found = imputation.pool([e["Estimate"] for e in each], [e["Std. Error"] ** 2 for e in each], expected["dfcom"])
    assert found.value == pytest.approx(expected["estimate"], rel=ALGEBRA)
    assert found.se**2 == pytest.approx(expected["t"], rel=ALGEBRA)
    assert found.df == pytest.approx(expected["df"], rel=ALGEBRA)
    assert found.missing_information == pytest.approx(expected["lambda"], rel=ALGEBRA)


def test_copies_that_agree_pool_to_themselves():
    found = imputation.pool([2.0, 2.0, 2.0], [1.0, 1.0, 1.0], 30)
    assert (found.value, found.se, found.missing_information) == (2.0, 1.0, 0.0)
    assert found.df == pytest.approx(31 / 33 * 30)


def test_pooling_needs_two_copies():
    with pytest.raises(RequestError, match="fewer than two"):
        imputation.pool([1.0], [1.0], 10)


def _frame(rng, n=400, miss=0.3):
    first = rng.normal(50, 10, n)
    frame = pd.DataFrame({"baseline": first, "end": 0.8 * first + 18 + rng.normal(0, 6, n)})
    chance = 2 * miss / (1 + np.exp((first - 50) / 5))
    frame.loc[rng.random(n) < chance, "end"] = np.nan
    return frame.set_index(pd.Index([f"P{i}" for i in range(n)], name="person_id"))


def _repeated(frame, **more):
    score = more.pop("score", Score(name="total", about="t", minimum=0, maximum=100))
    return Repeated(frame=frame, score=score, instrument="mbi", population="everyone", **more)


def test_seen_scores_are_never_changed_and_the_draw_is_reproducible(rng):
    frame = _frame(rng)
    copies = imputation.impute(frame, np.random.default_rng(5), m=3)
    seen = frame.notna()
    assert all((copy[seen] == frame[seen]).to_numpy()[seen.to_numpy()].all() for copy in copies)
    assert not copies[0].equals(copies[1])
    again = imputation.impute(frame, np.random.default_rng(5), m=3)
    assert all(a.equals(b) for a, b in zip(copies, again, strict=True))


def test_nothing_missing_gives_the_data_back(rng):
    frame = _frame(rng, miss=0.0)
    assert all(copy is frame for copy in imputation.impute(frame, rng, m=2))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: f.iloc[:11], "scores to predict"),
        (lambda f: f.assign(baseline=f["baseline"].where(f["baseline"] > 45)), "scores to predict"),
        (lambda f: f.assign(copy=f["baseline"]), "constant or a copy"),
    ],
)
def test_imputation_refusals(damage, message, rng):
    with pytest.raises(AnalysisRefused, match=message):
        imputation.impute(damage(_frame(rng)), rng, m=2)


def test_delta_shifts_only_the_imputed(rng):
    frame = _frame(rng)
    copies = imputation.impute(frame, rng, m=2)
    shifted = imputation.shift(frame, copies, "end", -5.0)
    change = shifted[0]["end"] - copies[0]["end"]
    assert change[frame["end"].isna()].to_numpy() == pytest.approx(-5.0)
    assert (change[frame["end"].notna()] == 0).all()


def test_delta_moves_the_estimate_by_the_share_missing_and_towards_worse(rng):
    repeated = _repeated(_frame(rng))
    at_random, worse = missing.imputed_change(repeated, "end", np.random.default_rng(1), deltas=(0, 10))
    share = repeated.frame["end"].isna().mean()
    assert worse.value - at_random.value == pytest.approx(-10 * share)
    lower = _repeated(repeated.frame, score=LOWER)
    at_random, worse = missing.imputed_change(lower, "end", np.random.default_rng(1), deltas=(0, 10))
    assert worse.value - at_random.value == pytest.approx(10 * share)  # a higher loneliness score is worse


def test_people_who_died_are_never_imputed(rng):
    repeated = _repeated(_frame(rng))
    gone = repeated.frame.index[repeated.frame["end"].isna()][:20]
    died = pd.Series(True, index=gone)
    found = missing.imputed_change(repeated, "end", rng, died=died)[0]
    assert found.n == 380
    assert found.population == "everyone, alive"


def test_nothing_missing_is_refused(rng):
    with pytest.raises(AnalysisRefused, match="no score at end is missing"):
        missing.imputed_change(_repeated(_frame(rng, miss=0.0)), "end", rng)


def test_clusters_set_the_degrees_of_freedom(rng):
    frame = _frame(rng)
    cluster = pd.Series([f"p{i % 8}" for i in range(len(frame))], index=frame.index)
    found = missing.imputed_change(_repeated(frame, cluster=cluster), "end", rng)[0]
    assert found.n_cluster == 8
    alone = missing.imputed_change(_repeated(frame), "end", rng)[0]
    assert found.value == pytest.approx(alone.value, abs=0.5)


def test_tipping_point_names_the_belief_that_changes_the_conclusion(rng):
    found = missing.imputed_change(_repeated(_frame(rng)), "end", rng, deltas=(0, 5, 60))
    held = missing.tipping_point(found[:2])
    assert held.passed
    lost = missing.tipping_point(found)
    assert not lost.passed
    assert "did worse by 60 points" in lost.sentence


def test_who_is_missing_by_hand():
    frame = pd.DataFrame({"baseline": [10.0, 20, 30, 40], "end": [15.0, np.nan, 35, np.nan]}, index=list("ABCD"))
    repeated = _repeated(frame)
    known = pd.DataFrame({"age": [70.0, 80, 72, 88], "lives alone": [0, 1, 0, 1]}, index=list("ABCD"))
    found = {(e.term, e.measure): e.value for e in missing.who_is_missing(repeated, known, "end")}
    assert found["end: age", "mean with a score"] == 71.0
    assert found["end: age", "mean without a score"] == 84.0
    spread = np.sqrt((2.0 + 32.0) / 2)
    assert found["end: age", "standardised difference"] == pytest.approx(13 / spread)
    assert ("end: lives alone", "standardised difference") not in found  # nobody varies within either group
    assert found["end: score at baseline", "mean without a score"] == 30.0
    check = missing.alike(missing.who_is_missing(repeated, known, "end"), repeated, "end")
    assert not check.passed
    assert "age" in check.sentence
    share = missing.followed(repeated)[0]
    assert (share.value, share.n, share.n_event) == (50.0, 4, 2)


@pytest.mark.simulation
def test_imputation_covers_a_known_truth(rng):
    """Truth: mean change of 8. Missing at random on the first score; 400 runs of 100 people, about 30 % missing."""
    covered, paired, runs = 0, 0, 400
    for _ in range(runs):
        frame = _frame(rng, n=100)
        found = missing.imputed_change(_repeated(frame), "end", rng, m=10)[0]
        covered += found.lower <= 8.0 <= found.upper
        seen = frame.dropna()
        change = seen["end"] - seen["baseline"]
        half = 1.98 * change.std(ddof=1) / np.sqrt(len(change))
        paired += abs(change.mean() - 8.0) <= half
    four_se = 4 * np.sqrt(0.95 * 0.05 / runs)
    assert covered / runs > 0.95 - four_se
    assert paired < covered
