"""Sentences made from released results, from a fixed vocabulary, so that text and table cannot disagree.

Shares are natural frequencies out of the same 100. A range is said beside each estimate, in words and numbers. Where
an interval includes no difference the sentence says so, and says nothing of a direction.
"""

from __future__ import annotations

from enum import Enum

from ot_eval.base.results import Number
from ot_eval.outputs.released import ReleasedEstimate

BANNED = ("hazard ratio", "p-value", "odds", "statistically significant", "heterogeneity", "confidence interval")
"""Words that do not appear on a manager's page outside its folded methods."""

HAD = {
    "increase": "had a larger home-care package",
    "death": "had died",
    "care_home": "had moved to a care home",
}


class Certainty(Enum):
    """How an interval lies against no difference."""

    CLEAR = "clear"
    BORDERLINE = "borderline"
    UNCLEAR = "unclear"
    LITTLE = "little"


CERTAINTY = {
    Certainty.CLEAR: "The whole range lies on the same side of no difference, so we are fairly sure of the direction.",
    Certainty.BORDERLINE: "The range only just stays clear of no difference. Treat this as a hint, not a finding.",
    Certainty.UNCLEAR: "The range includes no difference, in both directions. These data cannot settle it.",
    Certainty.LITTLE: "The range is narrow and lies around no difference. If there is a difference, it is small.",
}
NEAR = 0.05
"""A ratio this close to 1 at its nearer end is borderline (judgement: 5 where 100 were expected)."""
SMALL = 0.10
"""A range of ratios wholly within this of 1 is little or no difference (judgement)."""
NEAR_DAYS = 7
"""A difference this close to none at its nearer end is borderline (judgement: a week)."""
SMALL_DAYS = 14
"""A range of differences wholly within this of none is little or no difference (judgement: two weeks)."""
WEEK = 7


def certainty(lower: Number, upper: Number) -> Certainty:
    """Classify an interval of a ratio against 1.

    Examples
    --------
    >>> [certainty(*r).value for r in ((0.5, 0.8), (0.55, 0.99), (0.7, 1.2), (0.95, 1.06))]
    ['clear', 'borderline', 'unclear', 'little']
    """
    if lower <= 1 <= upper:
        return Certainty.LITTLE if lower >= 1 - SMALL and upper <= 1 + SMALL else Certainty.UNCLEAR
    nearer = upper if upper < 1 else lower
    return Certainty.BORDERLINE if abs(nearer - 1) <= NEAR else Certainty.CLEAR


def certainty_of_days(lower: Number, upper: Number) -> Certainty:
    """Classify an interval of a difference in days against 0.

    Examples
    --------
    >>> [certainty_of_days(*r).value for r in ((9, 40), (3, 40), (-20, 30), (-9, 12))]
    ['clear', 'borderline', 'unclear', 'little']
    """
    if lower <= 0 <= upper:
        return Certainty.LITTLE if max(-lower, upper) <= SMALL_DAYS else Certainty.UNCLEAR
    return Certainty.BORDERLINE if min(abs(lower), abs(upper)) <= NEAR_DAYS else Certainty.CLEAR


def in_100(share: Number) -> str:
    """Return a share as a natural frequency; below 1 in 100 the base is 1,000.

    Examples
    --------
    >>> in_100(0.2125), in_100(0.004), in_100(0.0)
    ('about 21 in 100', 'about 4 in 1,000', 'about 0 in 100')
    """
    if 0 < share < 0.01:  # noqa: PLR2004
        return f"about {round(1000 * share)} in 1,000"
    return f"about {round(100 * share)} in 100"


def range_in_100(lower: Number, upper: Number) -> str:
    """Return a range of shares on the same base of 100."""
    low, high = round(100 * lower), round(100 * upper)
    return f"{low} in 100" if low == high else f"between {low} and {high} in 100"


def share_sentence(e: ReleasedEstimate, who: str, what: str, when: str) -> str:
    """Return who had what by when, as a natural frequency with its range; the estimate is a shown share."""
    if e.value is None:
        return f"The number of {who} who {what} within {when} is hidden to protect privacy."
    said = f"Within {when}, {in_100(e.value)} {who} {what}"
    if e.lower is None or e.upper is None:
        return f"{said}."
    return f"{said} (likely range: {range_in_100(e.lower, e.upper)})."


def difference_in_100(value: Number, lower: Number, upper: Number) -> str:
    """Return a difference of two shares in words; no direction where the range includes no difference.

    Examples
    --------
    >>> difference_in_100(-0.06, -0.10, -0.02)
    'about 6 in 100 fewer (likely range: 2 to 10 fewer)'
    >>> difference_in_100(-0.02, -0.08, 0.03)
    'anywhere from 8 in 100 fewer to 3 in 100 more, so we cannot tell which'
    """
    ends = sorted((abs(round(100 * lower)), abs(round(100 * upper))))
    if lower <= 0 <= upper:
        fewer, more = abs(round(100 * lower)), round(100 * upper)
        return f"anywhere from {fewer} in 100 fewer to {more} in 100 more, so we cannot tell which"
    way = "fewer" if upper < 0 else "more"
    return f"about {abs(round(100 * value))} in 100 {way} (likely range: {ends[0]} to {ends[1]} {way})"


def time_unit(lower: Number, upper: Number) -> tuple[str, int]:
    """Return the unit a difference in days is said in: days where the whole range lies within four weeks, else weeks.

    Examples
    --------
    >>> time_unit(-9, 12), time_unit(-9, 40)
    (('days', 1), ('weeks', 7))
    """
    return ("days", 1) if max(abs(lower), abs(upper)) < 4 * WEEK else ("weeks", WEEK)


def longer_or_shorter(value: Number, lower: Number, upper: Number, *, ranged: bool = True) -> str:
    """Return a difference in average days in words; no direction where the range includes no difference.

    Examples
    --------
    >>> longer_or_shorter(21.4, 8.2, 34.0)
    'about 3 weeks longer (likely range: 1 to 5 weeks longer)'
    >>> longer_or_shorter(-9.1, -16.0, -2.0, ranged=False)
    'about 9 days shorter'
    >>> longer_or_shorter(4.0, -15.2, 30.0)
    'anywhere from 2 weeks shorter to 4 weeks longer, so we cannot tell which'
    """
    name, size = time_unit(lower, upper)
    about, low, high = (abs(round(x / size)) for x in (value, lower, upper))
    if lower <= 0 <= upper:
        return f"anywhere from {_units(low, name)} shorter to {_units(high, name)} longer, so we cannot tell which"
    way = "longer" if lower > 0 else "shorter"
    low, high = sorted((low, high))
    tail = f" (likely range: {low} to {_units(high, name)} {way})" if ranged else ""
    return f"about {_units(about, name)} {way}{tail}"


def _units(number: int, name: str) -> str:
    return f"{number} {name.removesuffix('s') if number == 1 else name}"


def expected_100(e: ReleasedEstimate, events: str, without: str, with_: str) -> str:
    """Return a ratio of rates as a natural frequency: how many where 100 would be expected.

    The estimate is a shown ratio with an interval.
    """
    if e.value is None or e.lower is None or e.upper is None:
        return f"How {with_} compares with {without} is hidden, because too few people or events stand behind it."
    about, low, high = (round(100 * x) for x in (e.value, e.lower, e.upper))
    start = f"Where 100 {events} would be expected {without}"
    if certainty(e.lower, e.upper) in (Certainty.UNCLEAR, Certainty.LITTLE):
        return f"{start}, the data fit anything between {low} and {high} {with_}."
    return f"{start}, there were about {about} {with_} (likely range: {low} to {high})."


def listed(items: tuple[str, ...]) -> str:
    """Join items as English does.

    Examples
    --------
    >>> listed(("a", "b", "c"))
    'a, b and c'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
