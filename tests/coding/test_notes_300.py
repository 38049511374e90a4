"""The evidence on 300 notes whose truth was set before any rule (see NOTES.md): rules alone, and the trained model.

Numbers seen when this was written, seed 20260401: rules, macro F1 on all 300 notes 0.904, on the half that rules were
never tuned on 0.859; the model taught on the other half 0.864 (0.871 with seeds 0 to 3); on held-out people over all
300 notes 0.911. The gains are real in direction and small: their intervals include zero.
"""

import numpy as np
import pytest

from ot_eval.coding.learn import SUGGESTED_FROM, teach
from ot_eval.coding.scoring import People, calibration, held_out, macro_gain, score
from ot_eval.data.synthetic_notes import OT_NOTES, OTHER_NOTES, WORKER_NOTES

SEED, LEVEL = 20260401, 0.95
ASKED = 0.80  # the macro F1 that the rules alone are asked for
SEEN = 0.85  # a floor just under what was seen on the untouched half, so that a worse list of phrases is noticed


@pytest.fixture(scope="module")
def second(corpus):
    return People(corpus.people(corpus.second), SEED, LEVEL)


def test_the_notes_are_300_with_truth_in_the_codebook_and_halves_by_person(corpus, book):
    assert len(corpus.rows) == 300
    allowed = {*book.names, "not_ot", "cannot_tell"}
    for row in corpus.rows:
        codes = row["truth"].split(";")
        assert set(codes) <= allowed
        assert len(codes) == 1 or not {"not_ot", "cannot_tell"} & set(codes)
    assert not set(corpus.people(corpus.first)) & set(corpus.people(corpus.second))
    assert (corpus.truth[corpus.first].sum(0) >= 5).all()
    assert (corpus.truth[corpus.second].sum(0) >= 5).all()


def test_the_rules_alone_reach_what_is_asked_on_notes_they_were_never_tuned_on(corpus, book, second):
    truth, said = corpus.truth[corpus.second], corpus.reading.found[corpus.second].astype(int)
    got = score(truth, said, second, book.names)
    assert got.macro_f1.value >= SEEN
    everything = score(
        corpus.truth, corpus.reading.found.astype(int), People(corpus.people(range(300)), SEED, LEVEL), book.names
    )
    assert everything.macro_f1.lower >= ASKED


def test_the_model_taught_on_150_notes_beats_the_rules_on_the_other_150(corpus, second):
    truth, found = corpus.truth[corpus.second], corpus.reading.found[corpus.second].astype(int)
    for seed in (SEED, 0, 1):
        model = teach(corpus.reading, corpus.first, corpus.truth[corpus.first], seed)
        said = (model.probabilities(corpus.reading, corpus.second) >= SUGGESTED_FROM).astype(int)
        assert macro_gain(truth, said, found, second).value > 0


def test_on_held_out_people_the_model_beats_the_rules_and_its_probabilities_hold(corpus):
    rows = np.arange(300)
    p = held_out(corpus.reading, rows, corpus.truth, SEED)
    people = People(corpus.people(rows), SEED, LEVEL)
    gain = macro_gain(corpus.truth, (p >= SUGGESTED_FROM).astype(int), corpus.reading.found.astype(int), people)
    assert gain.value > 0
    bins, brier = calibration(corpus.truth, p)
    assert brier < 0.0085  # the rules' own error rate over contacts and codes is 0.0085; 0.0063 was seen
    for b in bins:
        error = 3 * np.sqrt(b.predicted * (1 - b.predicted) / b.n)
        assert abs(b.predicted - b.right) <= error + 0.01  # three standard errors, and one point


def test_notes_in_which_nothing_counts_are_left_alone(corpus):
    nothing = [i for i, r in enumerate(corpus.rows) if r["truth"] in ("not_ot", "cannot_tell")]
    assert len(nothing) == 55
    assert sum(corpus.reading.found[i].sum() == 0 for i in nothing) >= 51


def test_the_rules_hold_on_notes_that_another_author_coded(rules):
    # the invented notes of the demonstration, written without the rules at hand: 0.836 was seen over all suggestions
    right = said = true = 0
    for codes, note in (*OT_NOTES, *WORKER_NOTES, *OTHER_NOTES):
        wanted, found = set(codes.split(";")) - {""}, set(rules.codes(note))
        right, said, true = right + len(wanted & found), said + len(found), true + len(wanted)
    assert 2 * right / (said + true) >= ASKED
