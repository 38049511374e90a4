"""Saturation after Guest, Namey and Chen, and agreement on segments: published numbers, known truth, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.saturation import Rule, saturation, shares_of_runs
from ot_eval.coding.unitising import differences, u_alpha

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "irr" / "golden_values.json").read_text(encoding="utf-8"))
CASES = {c["id"]: c for c in GOLDEN}
FIXTURE = 0.0005  # the tolerance of the test the value was taken from
PRINTED = 0.00005
RULE = Rule(base=4, run=2, at_most=0.05)


def heard_like(n_base, new):
    """Return interviews whose first four hold `n_base` codes and whose others bring `new` codes each."""
    known = frozenset(f"c{k}" for k in range(n_base))
    out, at = [known, frozenset(), frozenset(), frozenset()], n_base
    for n in new:
        out.append(frozenset(f"c{k}" for k in range(at, at + n)))
        at += n
    return out


def test_the_worked_example():
    case = CASES["saturation_guest2020"]
    assert shares_of_runs(case["data"], 37, 2) == pytest.approx(case["expect"]["runs_len2"])
    got = saturation(heard_like(37, case["data"]), RULE, orders=100, seed=1)
    assert [round(s, 4) for _, _, s in got.shares] == [round(s, 4) for s in case["expect"]["runs_len2"]]
    assert f"{got.reached}+{RULE.run} at <=5%" == case["expect"]["reached"]
    assert got.n_base == 37
    assert got.heard[-1] == 45


def test_too_few_interviews_are_refused():
    with pytest.raises(AnalysisRefused) as e:
        saturation([frozenset("a")] * 5, RULE, orders=100, seed=1)
    assert "at least 6 interviews" in str(e.value)
    with pytest.raises(AnalysisRefused):
        saturation([frozenset()] * 7, RULE, orders=100, seed=1)


def test_where_every_interview_is_new_it_is_never_reached():
    got = saturation([frozenset({f"c{k}"}) for k in range(12)], RULE, orders=100, seed=1)
    assert got.reached is None
    assert got.reached_in == 0
    assert got.reached_by is None
    assert got.only_once == 12


def test_the_band_holds_the_mean_that_probability_gives():
    """A code in m of n interviews has been heard after k with chance 1 - C(n-m, k) / C(n, k)."""
    from math import comb

    rng = np.random.default_rng(3)
    n, per = 20, [2, 5, 9, 14]
    has = [set() for _ in range(n)]
    for c, m in enumerate(per):
        for i in rng.permutation(n)[:m]:
            has[i].add(f"c{c}")
    from ot_eval.coding.saturation import _followed

    grid = np.array([[f"c{c}" in one for c in range(len(per))] for one in has])
    orders = 4000
    curves = np.array([_followed(grid[rng.permutation(n)])[0] for _ in range(orders)])
    for k in (1, 4, 10):
        true = sum(1 - comb(n - m, k) / comb(n, k) for m in per)
        error = curves[:, k - 1].std() / orders**0.5
        assert abs(curves[:, k - 1].mean() - true) < 4 * error


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh")), min_size=6, max_size=12), st.randoms())
def test_names_of_codes_do_not_matter_and_the_last_count_is_order_free(codes, random):
    if not any(codes[:4]):
        return
    got = saturation(codes, RULE, orders=100, seed=1)
    renamed = [frozenset(c.upper() + "x" for c in one) for one in codes]
    assert saturation(renamed, RULE, orders=100, seed=1) == got
    assert got.heard[-1] == len(frozenset().union(*codes)) == round(got.low[-1]) == round(got.high[-1])
    assert all(a <= b for a, b in zip(got.heard, got.heard[1:], strict=False))


def placed(segments):
    return [(start - 150, start - 150 + length) for start, length in segments]


def test_u_alpha_of_krippendorff_2004():
    case = CASES["krippendorff2004_ualpha"]
    c, k = ([placed(one) for one in case["data"][name]] for name in "ck")
    observed, expected = differences(c, 300)
    assert observed == pytest.approx(case["expect"]["Do_c"], abs=PRINTED)
    assert expected == pytest.approx(case["expect"]["De_c"], abs=PRINTED)
    assert u_alpha(c, 300) == pytest.approx(case["expect"]["u_alpha_c"], abs=PRINTED)
    assert u_alpha(k, 300) == case["expect"]["u_alpha_k"]
    whole = [differences(x, 300) for x in (c, k)]
    both = 1 - sum(o for o, _ in whole) / sum(e for _, e in whole)
    assert both == pytest.approx(case["expect"]["u_alpha"], abs=FIXTURE)


def test_u_alpha_says_nothing_of_a_code_nobody_used_and_refuses_overlaps():
    assert u_alpha([[], []], 10) is None
    with pytest.raises(AnalysisRefused):
        u_alpha([[(0, 4), (3, 6)], []], 10)
    with pytest.raises(AnalysisRefused):
        u_alpha([[(0, 14)], []], 10)


@given(st.integers(0, 40))
def test_u_alpha_falls_as_one_coder_moves_away(shift):
    here, there = [(50, 70)], [(50 + shift, 70 + shift)]
    further = [(51 + shift, 71 + shift)]
    if shift < 18:
        assert u_alpha([here, further], 200) < u_alpha([here, there], 200)
    assert u_alpha([here, there], 200) == pytest.approx(u_alpha([there, here], 200))
