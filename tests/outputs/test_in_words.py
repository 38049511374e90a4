"""Every measure that the models offer has a sentence: with its range, and with no direction where there is none."""

import pytest

from ot_eval.base.results import Estimate
from ot_eval.outputs import wording
from ot_eval.outputs.in_words import sentence

RATIOS = (
    "hazard ratio",
    "subdistribution hazard ratio",
    "rate ratio",
    "rate ratio between providers",
    "time ratio",
    "hazard ratio within providers",
    "ratio of restricted mean time",
    "ratio of restricted time lost to increase",
)
DIFFERENCES = (("difference in restricted mean time", "days"), ("difference in mean days", "days"),
               ("difference in restricted time lost to death", "days"), ("difference in share", "probability"),
               ("difference in means", "points"))  # fmt: skip
LEVELS = (
    ("share of people", "probability"),
    ("standardised share", "probability"),
    ("mean days in state", "days"),
    ("restricted mean time", "days"),
    ("mean time without the event", "days"),
    ("share of people", "percent"),
)
DIRECTIONS = ("longer", "shorter", "fewer", "more", "there were about")


def estimate(measure, unit, value, lower, upper, **more):
    level = 0.95 if lower is not None else None
    return Estimate(analysis="x", population="all", outcome="increase", term="OT contact", measure=measure, unit=unit,
                    value=value, lower=lower, upper=upper, level=level, **more)  # fmt: skip


@pytest.mark.parametrize("measure", RATIOS)
def test_a_ratio_names_a_direction_only_where_its_range_has_one(measure):
    clear = sentence(estimate(measure, "ratio", 0.8, 0.7, 0.9))
    assert "about 80" in clear
    assert "70 to 90" in clear
    unclear = sentence(estimate(measure, "ratio", 0.8, 0.6, 1.1))
    assert "cannot tell which way" in unclear
    assert "60 and 110" in unclear
    assert "about 80" not in unclear


@pytest.mark.parametrize(("measure", "unit"), DIFFERENCES)
def test_a_difference_names_a_direction_only_where_its_range_has_one(measure, unit):
    size = 0.01 if unit == "probability" else 1
    assert "cannot tell" in sentence(estimate(measure, unit, 4 * size, -15 * size, 30 * size))
    clear = sentence(estimate(measure, unit, 30 * size, 20 * size, 40 * size))
    assert "cannot tell" not in clear
    assert "likely range" in clear


@pytest.mark.parametrize(("measure", "unit"), LEVELS)
def test_a_level_comes_with_its_range(measure, unit):
    assert "likely range" in sentence(estimate(measure, unit, 0.5, 0.4, 0.6))


def test_a_test_says_what_it_would_mean_and_a_hidden_number_says_so():
    found = sentence(estimate("test: Gray", "chi-square", 4.2, None, None, p=0.0400))
    assert found == "OT contact: a difference this large would be unusual if there were none (test Gray, p 0.040)."
    assert "not unusual" in sentence(estimate("test: Gray", "chi-square", 0.2, None, None, p=0.65))
    assert "hidden" in sentence(estimate("share of people", "probability", None, None, None))


def test_no_sentence_uses_a_word_that_managers_do_not_read():
    said = [sentence(estimate(m, "ratio", 0.8, 0.7, 0.9)) for m in RATIOS[:4]]
    assert not any(word in text for text in said for word in wording.BANNED)
