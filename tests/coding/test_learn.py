"""The trained model: recovers a truth it is shown, is calibrated, and never sees the people it is judged on."""

import numpy as np
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.examples import examples_for
from ot_eval.coding.features import Note, Reading
from ot_eval.coding.learn import SUGGESTED_FROM, Coded, folds, teach, teachable
from ot_eval.coding.scoring import held_out
from ot_eval.coding.suggest import order, propose

FILLER = [
    "morning",
    "visit",
    "tidy",
    "hallway",
    "cheerful",
    "radio",
    "window",
    "weather",
    "quiet",
    "afternoon",
    "kettle",
]


def invented(n, seed, shares):
    """Notes of made-up words: 'zorbing' makes C5 with probability shares[0], 'plinking' makes D4 with shares[1]."""
    draws = np.random.default_rng(seed)
    notes, codes = [], []
    for i in range(n):
        words = list(draws.choice(FILLER, 6))
        mine = set()
        for word, code, share in (("zorbing", "C5", shares[0]), ("plinking", "D4", shares[1])):
            if draws.random() < 0.4:
                words.append(word)
                if draws.random() < share:
                    mine.add(code)
        text = " ".join(draws.permutation(words))
        notes.append(Note(contact_id=f"c{i}", person_id=f"p{i // 2}", note=text))
        codes.append(mine)
    return notes, codes


def labelled(codes, names):
    return np.array([[c in mine for c in names] for mine in codes]).astype(int)


def test_a_word_no_rule_knows_is_learned_from_the_team(rules, book):
    notes, codes = invented(240, 1, (1.0, 1.0))
    reading, truth = Reading(notes, rules, book), labelled(codes, book.names)
    assert reading.found[:, [book.names.index("C5"), book.names.index("D4")]].sum() == 0
    train, test = np.arange(120), np.arange(120, 240)
    said = teach(reading, train, truth[train], 1).probabilities(reading, test) >= 0.5
    assert (said == truth[test]).mean() > 0.995


def test_probabilities_mean_what_they_say(rules, book):
    # of notes with the word, 70% carry the code; 400 held-out notes, about 160 with the word: SE 3.6 points, 3 SE
    notes, codes = invented(800, 2, (0.7, 0.7))
    reading, truth = Reading(notes, rules, book), labelled(codes, book.names)
    train, test = np.arange(400), np.arange(400, 800)
    p = teach(reading, train, truth[train], 1).probabilities(reading, test)
    for word, code in (("zorbing", "C5"), ("plinking", "D4")):
        k = book.names.index(code)
        has = np.array([word in reading.raw[i] for i in test])
        assert p[has, k].mean() == pytest.approx(0.7, abs=0.11)
        assert p[~has, k].mean() < 0.05


def test_the_same_seed_gives_the_same_and_the_order_of_codings_does_not_matter(rules, book):
    notes, codes = invented(60, 3, (1.0, 1.0))
    reading, truth = Reading(notes, rules, book), labelled(codes, book.names)
    rows = np.arange(60)
    first = teach(reading, rows, truth, 7).probabilities(reading, rows)
    assert np.array_equal(first, teach(reading, rows, truth, 7).probabilities(reading, rows))


def test_no_person_is_on_both_sides_of_a_fold():
    people = np.array([f"p{i % 17}" for i in range(100)])
    seen = np.zeros(100)
    for inside, outside in folds(people, 1):
        assert not set(people[inside]) & set(people[outside])
        seen[outside] += 1
    assert (seen == 1).all()


def test_held_out_probabilities_do_not_leak_a_person_s_own_coding(rules, book):
    # every person has a private word that decides the code: without leakage it cannot be learned
    draws = np.random.default_rng(4)
    code_of = {p: draws.random() < 0.5 for p in range(60)}
    notes = [
        Note(contact_id=f"c{p}{i}", person_id=f"p{p}", note=f"secret{p} {' '.join(draws.choice(FILLER, 5))}")
        for p in range(60)
        for i in range(3)
    ]
    k = book.names.index("C5")
    truth = np.zeros((180, len(book.names)), dtype=int)
    truth[:, k] = [code_of[int(n.person_id[1:])] for n in notes]
    reading = Reading(notes, rules, book)
    p = held_out(reading, np.arange(180), truth, 1)[0][:, k]
    right = ((p >= 0.5) == truth[:, k]).mean()
    assert 0.3 < right < 0.7
    inside = teach(reading, np.arange(180), truth, 1).probabilities(reading, np.arange(180))[:, k]
    assert inside[truth[:, k] == 1].mean() > inside[truth[:, k] == 0].mean()  # while with leakage it would be


@pytest.mark.parametrize(("n", "people", "taught"), [(4, 4, False), (5, 2, False), (5, 3, True)])
def test_a_code_with_too_few_examples_is_not_suggested_and_says_why(n, people, taught):
    labels = np.array([[1]] * n + [[0]] * 20)
    got = teachable(labels, [f"p{i % people}" for i in range(n)] + ["other"] * 20, ("C5",), 5)
    assert (got.codes == ("C5",)) is taught
    if not taught:
        assert got.refused["C5"] == (
            f"not suggested: {n} coded contacts of {people} people; at least 5 of 3 people are needed"
        )


def test_teaching_needs_people_and_codes(rules, book):
    notes, codes = invented(8, 1, (1.0, 1.0))
    reading, truth = Reading(notes, rules, book), labelled(codes, book.names)
    with pytest.raises(AnalysisRefused, match="coded contacts: 8 of 4 people"):
        teach(reading, np.arange(8), truth, 1)
    notes, _ = invented(20, 1, (1.0, 1.0))
    with pytest.raises(AnalysisRefused, match="0 codes"):
        teach(Reading(notes, rules, book), np.arange(20), np.zeros((20, len(book.names)), dtype=int), 1)


def test_a_proposal_leaves_coded_contacts_alone_and_names_its_source(book):
    notes, codes = invented(120, 5, (1.0, 1.0))
    notes = [*notes, Note(contact_id="x", person_id="px", note="Commode ordered. Rails declined.")]
    coded = {n.contact_id: tuple(sorted(c)) for n, c in zip(notes[:80], codes[:80], strict=True)}
    got = propose(notes, coded, book, fewest=5, seed=1, n_order=10)
    assert got.n_coded == 80
    assert not {s.contact_id for s in got.suggestions} & set(coded)
    assert set(got.taught.codes) == {"C5", "D4"}
    assert "0 coded contacts" in got.taught.refused["D1"]
    mine = [s for s in got.suggestions if s.contact_id == "x"]
    assert [(s.code, s.because) for s in mine if s.source == "rule"] == [("D1", "“Commode”")]
    assert [s.probability for s in mine if s.source == "rule"] == [None]
    learned = [s for s in got.suggestions if s.source == "model"]
    assert learned
    assert all(s.probability >= min(SUGGESTED_FROM) for s in learned)
    assert len(got.order) == len(set(got.order)) == 10
    assert not set(got.order) & set(coded)


def test_without_any_coding_the_rules_suggest_and_every_code_says_why_it_is_not_learned(book):
    notes = [Note(contact_id="x", person_id="p", note="Commode ordered.")]
    got = propose(notes, {}, book, fewest=5, seed=1)
    assert [s.code for s in got.suggestions] == ["D1"]
    assert set(got.taught.refused) == set(book.names)


def test_the_first_contacts_to_code_differ_from_each_other_and_cover_codes(rules, book):
    same = [Note(contact_id=f"s{i}", person_id=f"p{i}", note="Commode ordered and delivered.") for i in range(30)]
    other = [
        Note(contact_id="w", person_id="w", note="Referred to wheelchair service."),
        Note(contact_id="g", person_id="g", note="Goals agreed with him."),
    ]
    reading = Reading([*same, *other], rules, book)
    chosen = order(reading, np.arange(32), None, 3)
    assert {30, 31} < set(chosen)
    assert order(reading, np.arange(0), None, 3) == []


def test_with_a_model_the_least_certain_contact_comes_first(rules, book):
    notes = [Note(contact_id=str(i), person_id=str(i), note=f"note {w}") for i, w in enumerate(FILLER[:3])]
    reading = Reading(notes, rules, book)
    p = np.full((3, len(book.names)), 0.01)
    p[1, 0] = 0.5
    assert order(reading, np.arange(3), p, 1) == [1]


def test_words_are_learned_from_examples_but_never_what_to_believe(rules, book):
    # 40 notes of the team without the word, 40 examples in which it always means C5
    k = book.names.index("C5")
    plain, _ = invented(40, 11, (0.0, 0.0))
    plain = [n for n in plain if "zorbing" not in n.note]
    teaching = [Note(contact_id=f"e{i}", person_id=f"e{i}", note=f"zorbing {FILLER[i % 10]}") for i in range(20)]
    silent = [Note(contact_id=f"s{i}", person_id=f"s{i}", note=FILLER[i % 10]) for i in range(20)]
    own = [Note(contact_id=f"o{i}", person_id=f"o{i}", note=f"plinking {FILLER[i % 10]}") for i in range(20)]
    asked = Note(contact_id="x", person_id="x", note="zorbing with him")
    reading = Reading([*plain, *own, asked, *teaching, *silent], rules, book)
    n = len(plain) + len(own)
    labels = np.zeros((n, len(book.names)), dtype=int)
    labels[len(plain) :, k] = 1
    truth = np.zeros((40, len(book.names)), dtype=int)
    truth[:20, k] = 1
    rows = np.arange(n + 1, n + 41)
    probability = {}
    for holds in (True, False):
        examples = Coded(rows=rows, labels=truth, holds=np.full(len(book.names), holds))
        model = teach(reading, np.arange(n), labels, 1, examples)
        probability[holds] = model.probabilities(reading, np.array([n]))[0, k]
    assert probability[True] > 0.5 > probability[False]


def test_a_code_that_the_team_worded_anew_takes_no_examples(book):
    first, *others = book.codes
    reworded = first.model_copy(update={"definition": "Something of our own."})
    ours = book.model_copy(update={"codes": (reworded, *others)})
    examples = examples_for(ours)
    assert not examples.holds[0]
    assert examples.holds[1:].all()
    assert examples_for(book).holds.all()
    assert (examples_for(book).labels.sum(0) >= 10).all()
