"""The phrase rules on phrases of their own: UK wording, abbreviations, spelling, and what does not count."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ot_eval.base import located_yaml
from ot_eval.base.errors import RequestError
from ot_eval.coding.codebook import default_path, load
from ot_eval.coding.patterns import Span, compile_phrases
from ot_eval.coding.rules import rules_for
from ot_eval.coding.scope import TRIGGERED
from ot_eval.coding.text import stem

LISTS = Path(__file__).resolve().parents[2] / "src" / "ot_eval" / "coding"
with (Path(__file__).parent / "phrases.csv").open(encoding="utf-8", newline="") as stream:
    PHRASES = [(r["phrase"], tuple(r["codes"].split(";")) if r["codes"] else ()) for r in csv.DictReader(stream)]
EXAMPLES = [
    (c.code, text, wanted)
    for c in load(default_path()).codes
    for texts, wanted in ((c.include, True), (c.exclude, False))
    for text in texts
]


@pytest.mark.parametrize(("phrase", "codes"), PHRASES)
def test_a_phrase_gives_exactly_its_codes(rules, phrase, codes):
    assert rules.codes(phrase) == codes


@pytest.mark.parametrize(("code", "text", "wanted"), EXAMPLES)
def test_the_codebook_s_own_examples_are_found_and_its_counter_examples_are_not(rules, code, text, wanted):
    assert (code in rules.codes(text)) is wanted


def test_no_note_of_the_evaluation_is_among_the_phrases(corpus):
    assert not {p.casefold() for p, _ in PHRASES} & {n.casefold() for n in corpus.reading.raw}


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("Commode declined.", "negated"),
        ("No commode needed.", "negated"),
        ("Did not want the perching stool ordered.", "negated"),
        ("Will order a commode.", "planned"),
        ("Plan: order a commode.", "planned"),
        ("?commode to be ordered", "planned"),
        ("Offered a commode.", "planned"),
        ("Previously issued a commode.", "history"),
        ("Has a commode.", "history"),
        ("Commode in situ.", "history"),
        ("PMH: falls, commode issued 2019.", "history"),
    ],
)
def test_what_does_not_count_is_still_found_and_says_why(rules, text, standing):
    mentions = [m for m in rules.mentions(text) if m.code == "D1"]
    assert {m.standing for m in mentions} == {standing}
    assert not any(m.counts for m in mentions)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Declined commode but perching stool ordered.", ("D1",)),
        ("Commode ordered. Wheelchair declined.", ("D1",)),
        ("Plan: discuss rails. Commode ordered today.", ("D1",)),
        ("Plan: discuss rails.\nOutcome: commode ordered.", ("D1",)),
        ("No reply at first, then commode delivered.", ("D1",)),
    ],
)
def test_a_refusal_or_plan_does_not_spread_to_what_was_done(rules, text, codes):
    assert rules.codes(text) == codes


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_declining_everything_in_a_further_sentence_changes_nothing(rules, corpus, data):
    note = data.draw(st.sampled_from(corpus.reading.raw))
    more = data.draw(st.sampled_from(["Commode declined.", "Does not want grab rails.", "No wheelchair needed."]))
    assert rules.codes(f"{note}\n{more}") == rules.codes(note)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_capitals_and_curly_marks_change_nothing(rules, corpus, data):
    note = data.draw(st.sampled_from(corpus.reading.raw))
    assert rules.codes(note.upper()) == rules.codes(note)
    assert rules.codes(note.replace("'", "’")) == rules.codes(note)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_read_and_every_quote_lies_inside_it(rules, text):
    for m in rules.mentions(text):
        assert 0 <= m.start < m.end <= len(text)


def test_quotes_are_the_words_of_the_note(rules):
    note = "İnitial chat. GRAB RAIL ordered — and a Perching  stool del’d."
    quoted = {note[m.start : m.end].lower() for m in rules.mentions(note) if m.counts}
    assert quoted == {"grab rail", "perching  stool"}


def test_an_empty_note_has_no_finds(rules):
    assert rules.mentions("") == ()
    assert rules.mentions(" .?! \n") == ()


def test_a_team_adds_phrases_in_its_codebook_and_a_new_code_is_found_by_them_alone(tmp_path):
    text = default_path().read_text(encoding="utf-8")
    place = "  - code: G1\n"
    new = (
        "  - code: G2\n    label: Pet care\n    definition: arranging care for a pet\n    include: [dog walker found]\n"
        "    exclude: [has a dog]\n    icf: [d650]\n    approach: [create]\n    usual_provider: [OT]\n"
        "    phrases: [dog walker, cat .. cattery]\n"
    )
    path = tmp_path / "codebook.yaml"
    path.write_text(text.replace(place, new + place), encoding="utf-8")
    rules = rules_for(load(path))
    assert rules.codes("Dog walkers found. Dog walker not needed on Sundays.") == ("G2",)
    assert rules.codes("Took the cat to a cattery.") == ("G2",)


@pytest.mark.parametrize("phrase", ["Dog", "dog (walker)", "@nothing", "dog+"])
def test_a_phrase_that_cannot_be_read_is_refused(phrase):
    with pytest.raises(RequestError, match="cannot be read"):
        compile_phrases([phrase], {}, stems=True)


def test_the_phrase_language():
    words = [stem(w) for w in ["ordered", "two", "more", "grab", "rails", "for", "week", "12"]]
    assert compile_phrases(["grab|hand rail"], {}, stems=True).spans(words) == [Span(3, 4)]
    assert compile_phrases(["ordered .. rails"], {}, stems=True).spans(words) == [Span(0, 4)]
    assert compile_phrases(["week 9"], {}, stems=True).spans(words) == [Span(6, 7)]
    assert compile_phrases(["or*"], {}, stems=True).spans(words) == [Span(0, 0)]
    assert compile_phrases(["@things"], {"things": ["grab rail"]}, stems=True).spans(words) == [Span(3, 4)]
    assert compile_phrases(["ordered rails"], {}, stems=True).spans(words) == []
    assert Span(0, 1).distance(Span(4, 4)) == Span(4, 4).distance(Span(0, 1)) == 2


def words_in(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from words_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_in(inner)
    else:
        yield value


@pytest.mark.parametrize("name", ["words_ot.yaml", "phrases_ot.yaml"])
def test_the_word_lists_hold_words_only_and_yaml_has_turned_none_into_something_else(name):
    read = located_yaml.read((LISTS / name).read_text(encoding="utf-8"))
    assert read.faults == []
    numbers_and_flags = {1, 3, 8, 10, 12}  # True is 1
    assert {w for w in words_in(read.value) if not isinstance(w, str)} <= numbers_and_flags


def test_the_lists_know_every_code_and_name_only_standings_that_exist(book):
    phrases = located_yaml.read((LISTS / "phrases_ot.yaml").read_text(encoding="utf-8")).value
    words = located_yaml.read((LISTS / "words_ot.yaml").read_text(encoding="utf-8")).value
    assert set(phrases["codes"]) == set(book.names)
    known = {"phrases", "things", "acts", "but_not", "within", "across", "allow", "also_blocked_by", "yields_to"}
    for spec in phrases["codes"].values():
        assert set(spec) <= known | {"objects"}
        assert {*spec.get("allow", ()), *spec.get("also_blocked_by", ())} <= set(TRIGGERED)
    assert set(words["status"]) == {"plain", *TRIGGERED}
    assert set(words["headings"]) <= {"done", *TRIGGERED}
