"""The evidence on the first 300 notes, whose truth was set before any rule (see NOTES.md): rules alone, and the model.

The notes are now the toolkit's examples, so the model is taught here without them. Numbers seen: rules, macro F1 on all
300 notes 0.904, on the half that rules were never tuned on 0.859; on held-out people over all 300 notes the model came
out ahead by little, since rules tuned on half of these notes leave little to learn. `test_notes_fresh.py` has the notes
that neither rules nor model had met.
"""

import numpy as np
import pytest

from ot_eval.coding.scoring import People, calibration, held_out, score
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


def test_on_held_out_people_the_model_s_probabilities_hold(corpus):
    p, _ = held_out(corpus.reading, np.arange(300), corpus.truth, SEED)
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
