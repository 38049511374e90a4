"""Rule 4: the period a file covers is derived from its ended events."""

from datetime import date

import pytest

from ot_eval.data.cld_periods import COUNTED, compare_with_stated, derive_period


def year(n=10, **changes):
    """Twelve months of 2025 with n ended events, some months changed (m1, m2, ...)."""
    counts = {(2025, m): n for m in range(1, 13)}
    return counts | {(2025, int(k[1:])): v for k, v in changes.items()}


def period(request=None, assessment=None, service=None, share=0.2, minimum=0):
    given = {"request": request, "assessment": assessment, "service": service}
    return derive_period({k: v or {} for k, v in given.items()}, share=share, minimum=minimum)


def test_whole_year():
    found = period(year(), year(), year())
    assert (found.start, found.end, found.weak_months) == (date(2025, 1, 1), date(2025, 12, 31), ())


@pytest.mark.parametrize(
    ("december", "end"), [(1, date(2025, 11, 30)), (2, date(2025, 12, 31)), (0, date(2025, 11, 30))]
)
def test_a_month_needs_a_fifth_of_the_median(december, end):
    assert period(year(), year(), year(m12=december)).end == end


def test_each_type_is_held_to_its_own_median():
    assert period(year(100), year(4), year(50, m12=10)).end == date(2025, 12, 31)
    assert period(year(100), year(4), year(50, m12=9)).end == date(2025, 11, 30)


def test_weak_months_after_the_end_are_named():
    assert period(year(m12=1), year(m12=1), year(m12=1)).weak_months == ((2025, 12),)


def test_one_weak_month_does_not_break_the_run_and_two_do():
    assert period(year(m6=0), year(), year()).start == date(2025, 1, 1)
    assert period(year(m6=0, m5=0), year(), year()).start == date(2025, 7, 1)


def test_a_stray_old_event_does_not_stretch_the_period():
    assert period(year() | {(2019, 3): 1}, year(), year()).start == date(2025, 1, 1)


def test_the_minimum_of_dhsc():
    assert period(year(9), year(10), year(10), minimum=10) is None
    assert period(year(10), year(10), year(10, m12=9), minimum=10).end == date(2025, 11, 30)


def test_reviews_do_not_count_and_absent_or_rare_types_are_named():
    assert "review" not in COUNTED
    found = period(None, None, year())
    assert (found.end, found.unjudged) == (date(2025, 12, 31), ("request", "assessment"))
    rare = period({(2025, 1): 5}, year(), year())
    assert (rare.end, rare.unjudged) == (date(2025, 12, 31), ("request",))


def test_nothing_ended():
    assert period(None, None, None) is None
    assert derive_period({"review": year()}, share=0.2, minimum=0) is None


def test_no_month_in_which_all_types_are_complete():
    assert period({(2025, 1): 5}, {(2025, 2): 5}, {(2025, 3): 5}) is None


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        (date(2025, 12, 31), None),
        (None, None),
        (date(2026, 1, 31), "truncated quarter"),
        (date(2026, 2, 28), "truncated quarter"),
        (date(2026, 3, 31), "wrong stated period"),
        (date(2025, 9, 30), "wrong stated period"),
    ],
)
def test_stated_periods_are_compared(stated, rule):
    assert compare_with_stated(period(year(), year(), year()), stated) == rule


def test_moving_the_calendar_moves_the_answer():
    """A shift by whole years changes nothing but the year."""
    shifted = {(y + 3, m): n for (y, m), n in year(m12=1).items()}
    assert period(shifted, shifted, shifted).end == date(2028, 11, 30)
