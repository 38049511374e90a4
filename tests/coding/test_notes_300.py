"""The rules and the model on the first 300 notes, whose truth was set before any rule (see NOTES.md).

The notes are now the toolkit's examples, so the model is taught here without them. Numbers seen: rules, macro F1 on all
300 notes 0.945. At first rules were tuned on one half only (0.859 on the other); when they were widened for other
notes, errors on both halves were looked at, so this guards against a worse list and is no evidence.
"""

import numpy as np

from ot_eval.coding.scoring import People, calibration, held_out, score
from ot_eval.data.synthetic_notes import OT_NOTES, OTHER_NOTES, WORKER_NOTES

SEED, LEVEL = 20260401, 0.95
DEMONSTRATION = 0.90
SEEN = 0.92  # a floor under the 0.945 seen on all notes, so that a worse list of phrases is noticed


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


def test_the_rules_hold_on_notes_they_were_made_from(corpus, book):
    everything = score(
        corpus.truth, corpus.reading.found.astype(int), People(corpus.people(range(300)), SEED, LEVEL), book.names
    )
    assert everything.macro_f1.value >= SEEN


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


def test_the_rules_hold_on_the_notes_of_the_demonstration(rules):
    # the invented notes of the demonstration: 0.836 was seen over all suggestions before the rules were widened with
    # their errors in view, 0.954 since
    right = said = true = 0
    for codes, note in (*OT_NOTES, *WORKER_NOTES, *OTHER_NOTES):
        wanted, found = set(codes.split(";")) - {""}, set(rules.codes(note))
        right, said, true = right + len(wanted & found), said + len(found), true + len(wanted)
    assert 2 * right / (said + true) >= DEMONSTRATION
