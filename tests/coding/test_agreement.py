"""Agreement: published values, two libraries against each other, what cannot be said, and who disagrees on what."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.agreement import Coded, agreement
from ot_eval.coding.coefficients import (
    FROM_SUMS,
    ac1,
    alpha,
    brennan_prediger,
    cohen,
    counts_of,
    fleiss,
    percent,
    sums,
    vary,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "irr" / "golden_values.json").read_text(encoding="utf-8"))
CASES = {c["id"]: c for c in GOLDEN}


def printed(value):
    """Half a unit of the last printed digit: how far a right value may lie from the printed one."""
    digits = len(str(value).split(".")[1])
    return 0.5 * 10**-digits + 1e-9


def ratings_of(case):
    """Return coders x units, from any of the layouts."""
    data = case["data"]
    if case["layout"] == "2-rater contingency":
        pairs = [(i, j) for i, row in enumerate(data) for j, n in enumerate(row) for _ in range(n)]
        return np.array(pairs, dtype=float).T
    if case["layout"] == "subjects x categories counts":
        units = [[k for k, n in enumerate(row) for _ in range(n)] for row in data]
        return np.array(units, dtype=float).T
    return np.array([[np.nan if x is None else x for x in row] for row in data], dtype=float)


def got_for(case, name):
    ratings = ratings_of(case)
    counts = counts_of(ratings, sorted(set(ratings[~np.isnan(ratings)])))
    metric = name.removeprefix("alpha_") if name.startswith("alpha_") else "nominal"
    return {
        "percent": lambda: percent(counts),
        "pa": lambda: percent(counts),
        "ac1": lambda: ac1(counts),
        "cohen": lambda: cohen(ratings[0], ratings[1]),
        "fleiss": lambda: fleiss(counts),
        "scott_pi": lambda: fleiss(counts),
        "brennan_prediger": lambda: brennan_prediger(counts),
    }.get(name, lambda: alpha(ratings, metric))().value


MINE = ("percent", "pa", "ac1", "cohen", "alpha", "fleiss", "scott_pi", "brennan_prediger")
PAIRS = [(c["id"], n) for c in GOLDEN for n in c["expect"] if n in MINE or n.startswith("alpha_")]


@pytest.mark.parametrize(("case", "name"), PAIRS)
def test_published_values(case, name):
    expected = CASES[case]["expect"][name]
    assert got_for(CASES[case], name) == pytest.approx(expected, abs=printed(expected))


def test_enough_published_values_are_compared():
    """Left out: standard errors (ours come from resampling people) and Conger's kappa, which is not offered."""
    assert len(PAIRS) >= 34
    others = {(c["id"], n) for c in GOLDEN if "units" in c["layout"] or "counts" in c["layout"] for n in c["expect"]}
    assert others - set(PAIRS) == {
        ("krippendorff2011_4x12", "conger"),
        *(("krippendorff2004_ualpha", n) for n in ("u_alpha", "u_alpha_c", "u_alpha_k", "Do_c", "De_c")),
    }
    assert {n for _, n in PAIRS} >= {"ac1", "cohen", "percent", "alpha_nominal", "alpha_ordinal", "alpha_ratio"}


binary = st.lists(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=8, max_size=8), min_size=2, max_size=4)


@settings(max_examples=150, deadline=None)
@given(binary)
def test_the_resampled_forms_equal_the_libraries(rows):
    ratings = np.array(rows)
    if vary(ratings):
        assert alpha(ratings).value is None
        return
    total = sums(ratings).sum(0)
    assert float(FROM_SUMS["alpha"](total)) == pytest.approx(alpha(ratings).value, abs=1e-9)
    assert float(FROM_SUMS["percent"](total)) == pytest.approx(percent(counts_of(ratings, (0, 1))).value, abs=1e-9)
    assert float(FROM_SUMS["ac1"](total)) == pytest.approx(ac1(counts_of(ratings, (0, 1))).value, abs=1e-9)
    if len(ratings) == 2 and not np.isnan(ratings).any():
        assert float(FROM_SUMS["kappa"](total)) == pytest.approx(cohen(*ratings).value, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(binary, st.permutations(range(8)))
def test_names_of_coders_contacts_and_values_do_not_matter(rows, shuffled):
    ratings = np.array(rows)
    if vary(ratings):
        return
    assert alpha(ratings[::-1][:, list(shuffled)]).value == pytest.approx(alpha(ratings).value, abs=1e-9)
    assert alpha(1 - ratings).value == pytest.approx(alpha(ratings).value, abs=1e-9)


def test_alpha_equals_a_second_library_with_missing_ratings():
    ratings = ratings_of(CASES["krippendorff2011_4x12"])
    triples = [
        (f"c{i}", f"u{j}", str(ratings[i, j]))
        for i, j in np.ndindex(ratings.shape)
        if not np.isnan(ratings[i, j]) and (~np.isnan(ratings[:, j])).sum() > 1
    ]
    assert alpha(ratings).value == pytest.approx(AnnotationTask(data=triples).alpha(), abs=1e-9)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_ratings_that_are_all_the_same_are_undefined_and_never_1(value):
    same = np.full((2, 9), value)
    for got in (alpha(same), cohen(*same), ac1(counts_of(same, (0, 1)))):
        assert got.value is None
        assert got.undefined == "undefined, because every rating is the same"


def test_no_contact_rated_twice_is_undefined():
    once = np.array([[1, 0, np.nan], [np.nan, np.nan, 1]])
    for got in (alpha(once), cohen(*once), percent(counts_of(once, (0, 1))), ac1(counts_of(once, (0, 1)))):
        assert got.undefined == "undefined, because no contact was rated twice"


def test_one_disagreement_among_many_is_about_0_and_is_explained():
    coded = two_coders([("A1",)] + [()] * 39, [()] * 40)
    a1 = of(agreement(coded, ("A1",), level=0.95, seed=1), "A1")
    assert a1.alpha.value == pytest.approx(0.0, abs=1e-9)
    assert a1.percent.value == pytest.approx(39 / 40)
    assert a1.ac1.value > 0.95
    assert "few contacts have this code" in a1.remark


def two_coders(first, second, per_person=1):
    return [
        Coded(contact_id=f"c{i:03d}", person_id=f"p{i // per_person}", coder=name, codes=codes)
        for name, codings in (("ann", first), ("bob", second))
        for i, codes in enumerate(codings)
    ]


def of(got, code):
    return next(c for c in got.by_code if c.code == code)


def test_the_report_of_one_code_by_hand():
    first = [("A1",)] * 20 + [("A1",)] * 5 + [()] * 10 + [()] * 15
    second = [("A1",)] * 20 + [()] * 5 + [("A1",)] * 10 + [()] * 15
    got = agreement(two_coders(first, second), ("A1", "B1"), level=0.95, seed=1)
    a1, b1 = of(got, "A1"), of(got, "B1")
    assert got.coders == ("ann", "bob")
    assert a1.table == (20, 5, 10, 15)
    assert a1.kappa.value == pytest.approx(0.4)  # the worked example of Wikipedia's article
    assert a1.kappa.lower < 0.4 < a1.kappa.upper
    assert a1.percent.value == pytest.approx(0.7)
    assert a1.positive.value == pytest.approx(2 * 20 / (2 * 20 + 15))
    assert a1.prevalence == pytest.approx(55 / 100)
    assert a1.remark == ""
    for measure in (b1.percent, b1.positive, b1.kappa, b1.alpha, b1.ac1):
        assert measure.value is None
        assert measure.undefined == "undefined, because every rating is the same"


def test_disagreements_are_listed_with_who_said_what():
    got = agreement(two_coders([("A1",), ()], [(), ()]), ("A1",), level=0.95, seed=1)
    (d,) = got.disagreements
    assert (d.contact_id, d.code, d.said_yes, d.said_no) == ("c000", "A1", ("ann",), ("bob",))


def test_cannot_tell_is_left_out_and_counted():
    got = agreement(two_coders([("A1",), None, ()], [("A1",), ("A1",), ()]), ("A1",), level=0.95, seed=1)
    assert (got.n_contacts, got.n_cannot_tell) == (2, 1)
    assert of(got, "A1").table == (1, 0, 0, 1)


def test_three_coders_have_alpha_but_no_kappa():
    coded = two_coders([("A1",), ()], [("A1",), ("A1",)])
    coded += [Coded(contact_id="c001", person_id="p1", coder="cat", codes=())]
    got = of(agreement(coded, ("A1",), level=0.95, seed=1), "A1")
    assert got.kappa.undefined.startswith("undefined, because Cohen's kappa compares two")
    assert got.alpha.value is not None
    assert got.table is None


def test_agreement_needs_contacts_coded_twice():
    with pytest.raises(AnalysisRefused, match="1 contacts are coded, none by two people"):
        agreement([Coded(contact_id="c", person_id="p", coder="ann", codes=())], ("A1",), level=0.95, seed=1)


def test_intervals_are_by_person_so_copies_of_a_person_s_contacts_do_not_narrow_them():
    draws = np.random.default_rng(2)
    truth = draws.random(60) < 0.4
    first = [("A1",) if t else () for t in truth]
    second = [("A1",) if t != (draws.random() < 0.15) else () for t in truth]
    once = of(agreement(two_coders(first, second), ("A1",), level=0.95, seed=1), "A1")
    copied = of(
        agreement(
            two_coders([c for c in first for _ in range(4)], [c for c in second for _ in range(4)], per_person=4),
            ("A1",),
            level=0.95,
            seed=1,
        ),
        "A1",
    )
    # the same people up to their order, so the same up to resampling error (2,000 resamples: about 0.01 at each end)
    assert copied.kappa.lower == pytest.approx(once.kappa.lower, abs=0.03)
    assert copied.kappa.upper == pytest.approx(once.kappa.upper, abs=0.03)


def test_the_interval_of_kappa_covers_the_truth_as_often_as_it_says():
    # true kappa 0.5: a shared answer half the time, else two fair coins; 200 studies, Monte Carlo SE 1.5 points
    draws, covered = np.random.default_rng(9), 0
    for i in range(200):
        shared, coin = draws.random(100) < 0.5, draws.random((2, 100)) < 0.5
        answer = draws.random(100) < 0.5
        first, second = ([("A1",) if s else () for s in np.where(shared, answer, c)] for c in coin)
        kappa = of(agreement(two_coders(first, second), ("A1",), level=0.95, seed=i), "A1").kappa
        covered += kappa.lower <= 0.5 <= kappa.upper
    assert 0.90 <= covered / 200 <= 0.99
