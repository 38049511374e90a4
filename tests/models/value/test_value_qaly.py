"""Quality-adjusted life years: R, by hand, truth with missing answers, five value sets, invariances, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.measures import eq5d_value_sets
from ot_eval.models.value_qaly import YEAR, Answers, areas, difference

GOLDEN = Path(__file__).parents[2] / "golden" / "value"
DIGITS = 1e-10  # R printed 12 digits
SUMS = 1e-8  # a square is solved with 1e-13 of its size added
ONE = np.ones((1, 20))


def answers(index, arm, death=None, cluster=None):
    n = len(index)
    return Answers(days=(0, 180, 364), index=np.asarray(index, dtype=float), arm=np.asarray(arm),
                   death_day=np.full(n, np.nan) if death is None else death,
                   cluster=np.arange(n) % 20 if cluster is None else cluster, n_cluster=20)  # fmt: skip


def invented(rng, n=600, gain=0.1):
    arm, start = rng.integers(0, 2, n), rng.normal(0.6, 0.2, n)
    end = start + gain * arm + rng.normal(0, 0.1, n)
    last = end + rng.normal(0, 0.1, n)
    return np.column_stack([start, end, last]), arm


def test_area_and_adjusted_difference_are_those_of_r():
    people, r = pd.read_csv(GOLDEN / "people.csv"), json.loads((GOLDEN / "value.json").read_text())
    index = people[["u0", "u1", "u2"]].to_numpy()
    assert areas((0, 180, 364), index, np.full(len(index), np.nan)).mean() == pytest.approx(r["qaly_mean"], rel=DIGITS)
    qaly, slope = difference(answers(index, people["arm"].to_numpy()), ONE)
    assert qaly[0, 1] - qaly[0, 0] == pytest.approx(r["qaly_difference"], rel=SUMS)
    assert slope[0] == pytest.approx(r["qaly_slope"], rel=SUMS)


def test_a_death_ends_the_area_on_its_day():
    index = np.array([[0.8, 0.6, 0.9]] * 3)
    death = np.array([90.0, 180.0, 272.0])
    want = [0.8 / 2 * 90, 0.8 / 2 * 180, (0.8 + 0.6) / 2 * 180 + 0.6 / 2 * 92]
    assert areas((0, 180, 364), index, death) == pytest.approx(np.array(want) / YEAR)


def test_imputation_nested_in_a_draw_is_the_one_done_on_its_rows():
    rng = np.random.default_rng(2)
    index, arm = invented(rng)
    death = np.full(600, np.nan)
    death[:60] = rng.integers(1, 364, 60)
    index[rng.random(600) < 0.3, 2] = np.nan
    index[rng.random(600) < 0.2, 1] = np.nan
    cluster = rng.integers(0, 20, 600)
    counts = rng.multinomial(19, np.full(20, 1 / 20)).astype(float)
    found = difference(answers(index, arm, death, cluster), counts[None])[0]
    rows = np.repeat(np.arange(600), counts[cluster].astype(int))
    v, day = index[rows].copy(), death[rows]
    x = np.column_stack([np.ones(len(rows)), arm[rows], v[:, 0]])
    living = np.where(np.isnan(day), np.inf, day)[:, None] > np.array([0, 180, 364])
    first = np.isfinite(v[:, 1]) & living[:, 1]
    both = first & np.isfinite(v[:, 2]) & living[:, 2]
    on_start = np.linalg.lstsq(x[first], v[first, 1], rcond=None)[0]
    on_both = np.linalg.lstsq(np.column_stack([x, v[:, 1]])[both], v[both, 2], rcond=None)[0]
    gap = living[:, 1] & ~first
    v[gap, 1] = x[gap] @ on_start
    gap = living[:, 2] & ~np.isfinite(v[:, 2])
    v[gap, 2] = np.column_stack([x, v[:, 1]])[gap] @ on_both
    fitted = np.linalg.lstsq(x, areas((0, 180, 364), np.nan_to_num(v), day), rcond=None)[0]
    assert found[0, 1] - found[0, 0] == pytest.approx(fitted[1], rel=SUMS)


def test_truth_is_found_where_the_unwell_answer_less_and_complete_cases_miss_it():
    rng, runs, gain = np.random.default_rng(9), 300, 0.1
    want = (gain / 2 * 180 + gain * 184) / YEAR
    ours, complete = [], []
    for _ in range(runs):
        index, arm = invented(rng, gain=gain)
        gone = rng.random(600) < 1 / (1 + np.exp(8 * (index[:, 1] - 0.6) * np.where(arm == 1, 1, -1)))
        index[gone, 2] = np.nan
        qaly = difference(answers(index, arm), ONE)[0][0]
        ours.append(qaly[1] - qaly[0])
        whole = ~gone
        qaly = difference(answers(index[whole], arm[whole]), ONE)[0][0]
        complete.append(qaly[1] - qaly[0])
    error = np.std(ours, ddof=1) / np.sqrt(runs)
    assert abs(np.mean(ours) - want) < 3 * error
    assert abs(np.mean(complete) - want) > 10 * error


def test_swapping_arms_turns_the_sign_and_units_scale():
    index, arm = invented(np.random.default_rng(10))
    index[::7, 2] = np.nan
    qaly, slope = difference(answers(index, arm), ONE)
    other, same = difference(answers(index, 1 - arm), ONE)
    assert other[0] == pytest.approx(qaly[0, ::-1], rel=SUMS)
    assert same[0] == pytest.approx(slope[0], rel=SUMS)
    twice, _ = difference(answers(2 * index, arm), ONE)
    assert twice[0] == pytest.approx(2 * qaly[0], rel=SUMS)


def test_five_value_sets_give_five_answers():
    rng = np.random.default_rng(11)
    n = 400
    arm = np.arange(n) % 2
    start = rng.integers(2, 4, (n, 5))
    better = np.maximum(start - (rng.random((n, 5)) < 0.3 + 0.3 * arm[:, None]), 1)
    found = {}
    for name, about in eq5d_value_sets.VALUE_SETS.items():
        times = [np.minimum(p, about.n_levels) for p in (start, better, better)]
        profile = [pd.Series(["".join(map(str, row)) for row in p]) for p in times]
        index = np.column_stack([eq5d_value_sets.index(p, name) for p in profile])
        qaly = difference(answers(index, arm), ONE)[0][0]
        found[name] = round(float(qaly[1] - qaly[0]), 4)
    assert len(found) == 5
    assert len(set(found.values())) == 5, found


def test_refusals():
    index, arm = invented(np.random.default_rng(12), n=200)
    few = index.copy()
    few[25:, 2] = np.nan
    with pytest.raises(AnalysisRefused, match="fewer than 20 answers"):
        difference(answers(few, arm), ONE)
    with pytest.raises(RequestError, match=r"QALYs: days \(10, 20\)"):
        Answers(days=(10, 20), index=index, death_day=arm, arm=arm, cluster=arm, n_cluster=2)
