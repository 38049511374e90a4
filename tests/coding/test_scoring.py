"""Scores of suggestions: by hand, by person, and honest where a number cannot be had."""

import numpy as np
import pytest

from ot_eval.coding.scoring import People, calibration, macro_gain, score

LEVEL = 0.95


def scored(truth, said, people):
    return score(np.array(truth), np.array(said), People(people, 1, LEVEL), ("A1", "B1"))


def test_precision_recall_and_f1_by_hand():
    truth = [[1, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    said = [[1, 0], [1, 0], [0, 1], [1, 0], [0, 0]]
    got = scored(truth, said, ["p", "q", "r", "s", "t"])
    a, b = got.by_code
    assert (a.n_true, a.n_suggested, a.n_right) == (3, 3, 2)
    assert a.precision.value == a.recall.value == a.f1.value == pytest.approx(2 / 3)
    assert (b.n_true, b.n_suggested, b.n_right) == (2, 1, 1)
    assert (b.precision.value, b.recall.value, b.f1.value) == (1.0, 0.5, pytest.approx(2 / 3))
    assert got.macro_f1.value == pytest.approx(2 / 3)
    assert got.micro_f1.value == pytest.approx(2 * 3 / (4 + 5))
    assert (got.n_contacts, got.n_people) == (5, 5)


def test_a_code_never_suggested_or_never_coded_says_so():
    got = scored([[1, 0], [0, 0]], [[0, 0], [0, 0]], ["p", "q"])
    a, b = got.by_code
    assert a.precision.value is None
    assert a.precision.undefined == "undefined, because it was never suggested"
    assert a.recall.value == 0.0
    assert b.recall.undefined == "undefined, because no contact has it"
    assert b.f1.value is None
    assert got.macro_f1.value == 0.0  # the mean is over codes that occur


def test_all_right_still_has_an_interval_with_width():
    got = scored([[1, 0]] * 5, [[1, 0]] * 5, list("pqrst"))
    recall = got.by_code[0].recall
    assert recall.value == recall.upper == 1.0
    assert recall.lower == pytest.approx(0.5655, abs=5e-5)  # Wilson, 5 of 5: n / (n + z^2) = 5 / 8.8415


def test_more_contacts_of_the_same_people_do_not_narrow_the_interval():
    draws = np.random.default_rng(3)
    truth = draws.integers(0, 2, (40, 2))
    said = np.where(draws.random((40, 2)) < 0.8, truth, 1 - truth)
    people = [f"p{i}" for i in range(40)]
    once = score(truth, said, People(people, 1, LEVEL), ("A1", "B1"))
    thrice = score(np.tile(truth, (3, 1)), np.tile(said, (3, 1)), People(people * 3, 1, LEVEL), ("A1", "B1"))
    for one, three in zip(once.by_code, thrice.by_code, strict=True):
        assert three.precision == one.precision
        assert three.f1 == one.f1


def test_the_interval_of_recall_covers_the_truth_as_often_as_it_says():
    # 300 studies of 60 people, true recall 0.7: 95% with Monte Carlo SE 1.3%, less the bootstrap's deficit
    draws, covered, studies = np.random.default_rng(11), 0, 300
    for i in range(studies):
        truth = np.ones((60, 1), dtype=int)
        said = (draws.random((60, 1)) < 0.7).astype(int)
        recall = score(truth, said, People([str(k) for k in range(60)], i, LEVEL), ("A1",)).by_code[0].recall
        covered += recall.lower <= 0.7 <= recall.upper
    assert 0.90 <= covered / studies <= 0.985


def test_gain_is_zero_against_itself_and_positive_against_worse():
    draws = np.random.default_rng(5)
    truth = draws.integers(0, 2, (200, 2))
    worse = np.where(draws.random((200, 2)) < 0.7, truth, 1 - truth)
    people = People([str(i // 2) for i in range(200)], 1, LEVEL)
    assert macro_gain(truth, worse, worse, people).value == 0.0
    gain = macro_gain(truth, truth, worse, people)
    assert gain.lower > 0.1


def test_calibration_table_by_hand():
    truth = np.array([[0, 1], [0, 1]])
    bins, brier = calibration(truth, np.array([[0.05, 0.95], [0.2, 0.6]]))
    assert [b.n for b in bins] == [1, 1, 0, 1, 0, 1]
    assert (bins[2].predicted, bins[2].right) == (None, None)
    assert (bins[3].predicted, bins[3].right) == (0.6, 1.0)
    assert brier == pytest.approx((0.05**2 + 0.05**2 + 0.2**2 + 0.4**2) / 4)
