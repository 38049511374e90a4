"""The named rules, and what rounding and hiding promise for every count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Disclosure
from ot_eval.outputs.policy import PRESETS, Policy, dominated

COUNTS = st.integers(0, 10**7)
POLICIES = st.sampled_from(sorted(PRESETS.values(), key=lambda p: p.name))


@pytest.mark.parametrize(
    ("preset", "shown"),
    [
        # OpenSAFELY, disclosure control page as read in August 2026: 7 or less is redacted, then the nearest 5.
        ("opensafely", {0: None, 6: None, 7: None, 8: 10, 12: 10, 13: 15, 1007: 1005}),
        # NHS England hospital data: 1 to 7 hidden, zero shown, the rest to the nearest 5.
        ("nhs_england", {0: 0, 1: None, 7: None, 8: 10, 22: 20, 23: 25}),
        # ACRO 1.0.2 default settings: below 10 fails.
        ("acro", {0: None, 9: None, 10: 10}),
        ("ot_eval", {0: None, 9: None, 10: 10, 12: 10, 13: 15}),
    ],
)
def test_presets_show_and_hide_what_their_source_says(preset, shown):
    policy = Policy.of(Disclosure(preset=preset))
    assert {count: policy.shown(count) for count in shown} == shown


def test_the_default_is_at_least_as_strict_as_every_other_preset():
    default = PRESETS["ot_eval"]
    for policy in PRESETS.values():
        assert all(default.small(n) for n in range(1000) if policy.small(n))
        assert default.rounding >= policy.rounding


@given(POLICIES, COUNTS)
def test_a_shown_count_is_a_near_multiple(policy, count):
    shown = policy.shown(count)
    assert (shown is None) == policy.small(count)
    if shown is not None:
        assert shown % policy.rounding == 0
        assert abs(shown - count) <= policy.rounding / 2


@given(POLICIES, COUNTS, COUNTS)
def test_rounding_keeps_the_order(policy, one, other):
    assert (policy.rounded(one) <= policy.rounded(other)) or one > other


@given(POLICIES, st.floats(0, 1), st.integers(1, 100_000))
def test_a_share_is_a_rounded_number_of_people_over_the_shown_number(policy, share, units):
    people = units * policy.rounding
    shown = policy.share(share, people)
    assert 0 <= shown <= 1
    assert abs(shown * people / policy.rounding - round(shown * people / policy.rounding)) < 1e-3 * people
    assert abs(shown - share) <= policy.rounding / 2 / people + 0.5e-4 + 1e-12


def test_the_protocol_may_move_the_numbers_and_the_page_says_so():
    policy = Policy.of(Disclosure(threshold=7, rounding=6))
    assert (policy.threshold, policy.rounding, policy.changed) == (7, 6, True)
    assert any("changed its numbers" in s for s in policy.sentences())
    assert not Policy.of(Disclosure()).changed


def test_a_rounding_base_that_turns_shown_counts_into_zero_is_refused():
    with pytest.raises(RequestError, match="rounding to 30 with a threshold of 10"):
        Policy.of(Disclosure(rounding=30))


@pytest.mark.parametrize(
    ("contributions", "gives_away"),
    [
        ((), False),
        ((0.0, 0.0), False),
        ((100.0,), True),  # one contributor
        ((50.0, 50.0), True),  # the second works out the first
        ((10.0,) * 20, False),
        ((60.0, 32.0, *(1.0,) * 8), True),  # two hold 92 of 100
        ((60.0, 29.0, *(1.0,) * 11), False),  # two hold 89 of 100, and 11 are left: more than a tenth of 60
        ((89.0, 1.0, *(1.0,) * 7), True),  # 7 are left: less than a tenth of 89
    ],
)
def test_dominance_as_acro_defines_it(contributions, gives_away):
    assert dominated(contributions) is gives_away
