"""Words: a fixed vocabulary tied to the numbers, and other words when an interval includes no difference."""

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ot_eval.base.glossary import TERMS
from ot_eval.outputs import numbers, wording
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.story import plain
from ot_eval.outputs.story_care_packages import story
from ot_eval.outputs.wording import (
    BANNED,
    Certainty,
    certainty,
    difference_in_100,
    expected_100,
    in_100,
    longer_or_shorter,
)

RATIO = st.floats(0.05, 20, allow_nan=False)
DIRECTION = re.compile(r"\b(fewer|more) increases\b|\bdelays\b|\b(longer|shorter), on average|less time")
LONGEST_SENTENCE = 28
"""Words. The aim is 25; sentences that carry two groups and a range may need three more."""
TIMES = [(0.7, days) for days in (70.0, 24.0, 15.0, 3.0, 0.5, -24.0, None)]
"""Results whose ratio was not steady, with the difference in average days that leads instead."""
EASIEST_GRADE = 9.0
"""US school grade by the automated readability index; 9 is about age 14."""


@pytest.fixture(scope="module", params=[(0.55, None), (0.74, 24.0), (1.0, 24.0), (1.45, 24.0), *TIMES])
def told(request, example):
    ot, days = request.param
    return story(release(example.study_result(ot, steady=request.param not in TIMES, days=days), PRESETS["ot_eval"]))


def sentences_of(texts):
    return [s for text in texts for s in re.split(r"(?<=[.?!])\s+|; ", text) if s]


def test_no_banned_word_meets_the_manager(told):
    text = " ".join(told.sentences()).lower()
    assert not [word for word in BANNED if re.search(rf"\b{word}\b", text)]


def test_sentences_are_short_and_plain(told):
    sentences = sentences_of(told.sentences())
    words = [w for s in sentences for w in re.findall(r"[A-Za-z0-9’'-]+", s)]
    assert max(len(s.split()) for s in sentences) <= LONGEST_SENTENCE
    letters = sum(len(w) for w in words)
    # Automated readability index: Senter and Smith (1967), AMRL-TR-66-220.
    grade = 4.71 * letters / len(words) + 0.5 * len(words) / len(sentences) - 21.43
    assert grade <= EASIEST_GRADE, grade


def test_every_term_the_story_uses_is_in_the_glossary(told):
    assert told.terms
    assert set(told.terms) <= set(TERMS)


def test_the_text_says_the_released_numbers(example):
    released = release(example.study_result(), PRESETS["ot_eval"])
    told = story(released)
    for population in ("new", "existing"):
        e = released.one("cumulative_incidence", population=population, outcome="increase", term="day 365")
        assert f"about {round(100 * e.value)} in 100 {population} clients" in told.answer
        low, high = round(100 * e.lower), round(100 * e.upper)
        assert any(f"between {low} and {high} in 100" in k.sentence for k in told.key_figures)


def test_an_interval_with_no_difference_in_it_changes_the_words(example):
    clear = story(release(example.study_result(0.55), PRESETS["ot_eval"]))
    unclear = story(release(example.study_result(1.0), PRESETS["ot_eval"]))
    assert DIRECTION.search(clear.answer_more)
    assert "is not clear" in unclear.answer_more
    said = [unclear.answer_more, *unclear.means, *unclear.sure, unclear.key_figures[-1].sentence]
    assert not any(DIRECTION.search(s) for s in said)
    assert any("change nothing" in s for s in unclear.means), "doing nothing different is an answer too"


def _unsteady(example, days, ot=0.55):
    return story(release(example.study_result(ot, steady=False, days=days), PRESETS["ot_eval"]))


def test_a_ratio_that_was_not_steady_does_not_lead(example):
    """The ratio of 0.55 is clear, and must be nowhere on the page; average time leads in its place."""
    told = _unsteady(example, 24.0)
    assert told.answer_more == (
        "People seen by an occupational therapist by day 7 went about 3 weeks longer, on average, before a larger "
        "package, a care-home move or death."
    )
    card = told.key_figures[-1]
    assert "about 3 weeks longer (likely range: 2 to 5 weeks longer)" in card.sentence
    assert "weeks longer" in card.figure.subtitle
    assert "0 weeks" in card.figure.alt
    assert "100" not in card.sentence
    assert not any("55" in said for said in told.sentences())
    assert any("leads with average time" in said for said in told.unknown)


def test_a_ratio_that_was_steady_leads_and_average_time_does_not(example):
    told = story(release(example.study_result(0.55), PRESETS["ot_eval"]))
    assert "fewer increases" in told.answer_more
    assert "55" in told.key_figures[-1].sentence
    assert not any("weeks" in said for said in told.sentences())


def test_without_a_check_no_ratio_leads(example):
    whole = example.study_result(0.55)
    unchecked = replace(whole, checks=tuple(c for c in whole.checks if c.name != "proportional hazards"))
    assert "weeks longer" in story(release(unchecked, PRESETS["ot_eval"])).answer_more


def test_average_time_is_given_no_direction_where_its_range_includes_none(example):
    unclear = _unsteady(example, 3.0)
    said = [unclear.answer_more, *unclear.means, *unclear.sure]
    assert "is not clear" in unclear.answer_more or "about as long" in unclear.answer_more
    assert not any(DIRECTION.search(s) for s in said)
    assert any("change nothing" in s for s in unclear.means)
    assert "cannot tell which" in unclear.key_figures[-1].sentence
    worse = _unsteady(example, -24.0)
    assert "3 weeks shorter, on average" in worse.answer_more
    assert any("no reason to offer less" in s for s in worse.means)


def test_where_neither_may_lead_nothing_is_said_of_contact(example):
    told = _unsteady(example, None)
    assert told.answer_more.startswith("Too few people or events")
    assert not any("occupational therapist" in k.heading.lower() for k in told.key_figures)


def test_more_increases_after_contact_are_not_called_harm(example):
    told = story(release(example.study_result(1.6), PRESETS["ot_eval"]))
    assert any("no reason to offer less" in s for s in told.means)


def test_a_story_without_contacts_or_increases_still_stands(example):
    whole = example.study_result()
    fewer = replace(whole, estimates=tuple(e for e in whole.estimates if e.analysis == "table_one"), curves=())
    told = story(release(fewer, PRESETS["ot_eval"]))
    assert told.answer.startswith("Too few people")
    assert told.answer_more.startswith("Too few people or events")
    assert not told.key_figures


def test_the_biased_comparison_is_never_what_the_manager_meets(example):
    whole = example.study_result()
    only = replace(whole, estimates=tuple(e for e in whole.estimates if e.analysis not in ("cox", "contact_time")))
    told = story(release(only, PRESETS["ot_eval"]))
    biased = next(e for e in whole.estimates if e.analysis == "ever_never")
    assert str(round(100 * biased.value)) not in " ".join(told.sentences())
    assert told.answer_more.startswith("Too few people or events")


@given(RATIO, RATIO)
def test_certainty_agrees_with_the_interval(one, other):
    low, high = sorted((one, other))
    kind = certainty(low, high)
    if low <= 1 <= high:
        assert kind in (Certainty.UNCLEAR, Certainty.LITTLE)
    else:
        assert kind in (Certainty.CLEAR, Certainty.BORDERLINE)
    assert kind in wording.CERTAINTY


@given(RATIO, RATIO, RATIO)
def test_a_ratio_whose_interval_includes_one_is_given_no_direction(one, two, three):
    low, value, high = sorted((one, two, three))
    assume(low <= 1 <= high)
    e = replace(_estimate(), value=value, lower=low, upper=high)
    said = expected_100(e, "increases", "without contact", "after contact")
    assert "there were about" not in said
    assert f"between {round(100 * low)} and {round(100 * high)}" in said


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_difference_that_includes_none_is_given_no_direction(one, two, three):
    low, value, high = sorted((one, two, three))
    said = difference_in_100(value, low, high)
    assert ("cannot tell which" in said) == (low <= 0 <= high)


@given(st.floats(-365, 365), st.floats(-365, 365), st.floats(-365, 365))
def test_a_difference_in_time_that_includes_none_is_given_no_direction(one, two, three):
    low, value, high = sorted((one, two, three))
    said = longer_or_shorter(value, low, high)
    assert ("cannot tell which" in said) == (low <= 0 <= high)
    assert ("longer" in said and "shorter" in said) == (low <= 0 <= high)
    assert (wording.certainty_of_days(low, high) in (Certainty.UNCLEAR, Certainty.LITTLE)) == (low <= 0 <= high)


@given(st.floats(0, 1))
def test_natural_frequencies_keep_one_base_of_100(share):
    said = in_100(share)
    base = 1000 if 0 < share < 0.01 else 100
    number = int(re.search(r"about (\d+) in", said)[1])
    assert said.endswith("in 1,000" if base == 1000 else "in 100")
    assert abs(number / base - share) <= 0.5 / base + 1e-12


def test_a_strand_without_words_of_its_own_is_told_line_by_line(released):
    told = plain(released)
    assert "in 100" in told.answer
    assert told.unknown == tuple(c.sentence for c in released.checks if not c.passed)


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_numbers_have_no_negative_zero_and_a_real_minus(number, decimals):
    text = numbers.fixed(number, decimals)
    assert "-" not in text
    assert not re.fullmatch(r"−[0.,]*", text)
    assert abs(float(text.replace("−", "-").replace(",", "")) - number) <= 0.5 * 10**-decimals + 1e-9


@given(st.floats(0, 1))
def test_a_p_value_is_never_zero(p):
    assert numbers.p_value(p) not in {"0", "0.0", "0.00", "0.000"}


def _estimate():
    from ot_eval.outputs.released import ReleasedEstimate

    text = dict.fromkeys(("study", "population", "outcome", "term", "method"), "")
    rest = dict.fromkeys(("se", "p", "n", "n_event", "n_cluster"))
    return ReleasedEstimate(
        **text,
        **rest,
        analysis="cox",
        measure="hazard ratio",
        unit="ratio",
        value=1.0,
        lower=0.5,
        upper=2.0,
        level=0.95,
    )
