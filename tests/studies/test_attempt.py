"""A part that is refused becomes a check by its name; what it found before, and the other parts, stay."""

from __future__ import annotations

import pytest

from ot_eval.base.errors import AnalysisRefused, DataError
from ot_eval.base.results import Check
from ot_eval.studies.attempt import TOO_LITTLE, attempt, of_kind


def some_part(n):
    yield n
    raise AnalysisRefused("few people", expected="more people", fix="give more quarters")


def broken_part(_):
    raise DataError("a table is broken", expected="a whole table", fix="mend it")


def test_a_refused_part_keeps_what_it_found_and_says_why_by_its_own_name():
    first, check = attempt(some_part, 3, of="goals")
    assert first == 3
    assert check == Check(
        analysis="some_part",
        name="refused for goals",
        passed=False,
        sentence=TOO_LITTLE,
        detail="few people. Expected: more people. To fix: give more quarters.",
    )


def test_no_other_error_is_turned_into_a_check():
    with pytest.raises(DataError):
        list(attempt(broken_part, 3, of="goals"))


def test_kinds_are_parted_in_their_order():
    assert of_kind(int, [3, "a", 1]) == (3, 1)
