"""Reading notes: abbreviations, spelling, sentences, offsets."""

import subprocess
import sys

import pytest

from ot_eval.coding.text import Reader, Speller, stem


@pytest.fixture(scope="module")
def reader():
    return Reader({"gr": "grab rail", "w/d": "wash dress", "2/52": "two weeks"}, Speller(["transfer", "commode"]))


def read(reader, note):
    return [[w.text for w in s] for s in reader.sentences(note)]


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("GR ordered.", [["grab", "rail", "ordered"]]),
        ("W/D prac, r/v 2/52", [["wash", "dress", "prac", "r", "v", "two", "weeks"]]),
        ("One. Two! Three; four\nfive", [["one"], ["two"], ["three"], ["four"], ["five"]]),
        ("Goals: 1. wash 2. cook", [["goals", "1", "wash", "2", "cook"]]),
        ("?commode today?", [["query", "commode", "today"]]),
        ("bed → chair + toilet", [["bed", "then", "chair", "and", "toilet"]]),
        ("Mary's comode transfers", [["mary", "commode", "transfers"]]),
        ("", []),
    ],
)
def test_words_and_sentences(reader, note, words):
    assert read(reader, note) == words


def test_offsets_count_the_characters_of_the_note(reader):
    note = "Ünsafe GR — ordered"
    spans = [(note[w.start : w.end], w.text) for s in reader.sentences(note) for w in s]
    assert ("GR", "grab") in spans
    assert ("ordered", "ordered") in spans


def test_typing_errors_are_mended_towards_known_words_only():
    speller = Speller(["transfer", "assessment", "commode"], ["present", "commute"])
    assert [speller.mend(w) for w in ("tranfer", "asessment", "comode", "transefr")] == [
        "transfer",
        "assessment",
        "commode",
        "transfer",
    ]
    for word in ("present", "commute", "hat", "transferring", "transplant", "xtransfer"):
        assert speller.mend(word) == word


def test_stems_join_the_forms_of_a_word():
    assert len({stem(w) for w in ("practise", "practised", "practising")}) == 1
    assert stem("rails") == stem("rail")


def test_reading_notes_needs_no_nltk_data():
    code = (
        "import nltk; nltk.data.path.clear()\n"
        "from ot_eval.coding.codebook import default_path, load\n"
        "from ot_eval.coding.rules import rules_for\n"
        "print(rules_for(load(default_path())).codes('Grab rails ordered'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "('D2',)"
