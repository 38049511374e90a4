"""How a number looks: the only place that turns a released number into text.

Functions take numbers that passed the disclosure gate. None is a hidden or missing number.
"""

from __future__ import annotations

from ot_eval.base.results import Number
from ot_eval.outputs.released import ReleasedEstimate

HIDDEN_CELL = "hidden"
NONE_CELL = "–"
SMALLEST_P = 0.001
MONTHS = {91: 3, 182: 6, 183: 6, 273: 9, 274: 9, 365: 12, 547: 18, 548: 18, 730: 24, 731: 24, 1095: 36}
"""Days that the report calls whole months."""

_DECIMALS = {
    "days": 0,
    "years": 1,
    "hours/week": 1,
    "£/week": 0,
    "£": 0,
    "minutes": 0,
    "points": 1,
    "T points": 1,
    "level": 2,
    "index": 3,
    "seconds": 1,
    "hours": 0,
    "ratio": 2,
    "as recorded": 1,
    "skills": 1,
    "sessions": 0,
    "providers": 0,
    "standard deviations": 2,
    "QALYs": 3,
    "people served": 1,
    "admissions": 2,
    "correlation": 2,
}
PERCENTS = {
    "percent": 0,
    "percent change": 1,
    "percent of weeks": 0,
    "percent of draws": 0,
    "percent of monthly or home shares": 0,
}
"""Units that are percentages of something, and their decimals; one that may exceed 100 keeps a decimal."""
_UNITS = {
    "days": " days",
    "years": " years",
    "hours": " hours",
    "seconds": " seconds",
    "hours/week": " hours a week",
    "£/week": " a week",
    "minutes": " minutes",
    "skills": " skills",
    "sessions": " sessions",
    "providers": " providers",
    "clients a carer": " clients a carer",
    "QALYs": " years",
    "people served": " people",
    "admissions": " admissions",
}


def count(number: int | None) -> str:
    """Return a count with thousands parted by commas.

    Examples
    --------
    >>> count(1145), count(None)
    ('1,145', 'hidden')
    """
    return HIDDEN_CELL if number is None else f"{number:,}"


def fixed(number: Number, decimals: int) -> str:
    """Return a number with fixed decimals, commas and a real minus sign; zero has no sign.

    Examples
    --------
    >>> fixed(-0.04, 1), fixed(-3.25, 1), fixed(1234.5, 0)
    ('0.0', '−3.2', '1,234')
    """
    text = f"{number:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "−")


def value(number: Number | None, unit: str) -> str:
    """Return a number in its unit, as in a table.

    Examples
    --------
    >>> value(0.2125, "probability"), value(0.738, "ratio"), value(301.4, "days"), value(9.6, "hours/week")
    ('21%', '0.74', '301 days', '9.6 hours a week')
    >>> value(11.02, "percent change"), value(61.0, "hours"), value(0.7041, "index"), value(-0.25, "level")
    ('11.0%', '61 hours', '0.704', '−0.25')
    >>> value(-652.0, "£")
    '−£652'
    """
    if number is None:
        return HIDDEN_CELL
    if unit == "probability":
        return f"{fixed(100 * number, 0)}%"
    if unit in PERCENTS:
        return f"{fixed(number, PERCENTS[unit])}%"
    if unit == "people":
        return count(int(number))
    text = fixed(number, _DECIMALS.get(unit, 2))
    if unit.startswith("£"):
        text = f"−£{text[1:]}" if text.startswith("−") else f"£{text}"
    return f"{text}{_UNITS.get(unit, '')}"


def bare(number: Number | None, unit: str) -> str:
    """Return a number in its unit without the unit's name, for a column that names it."""
    return value(number, unit).removesuffix(_UNITS.get(unit, "") or "\0")


def interval(estimate: ReleasedEstimate) -> str:
    """Return the interval, `lower to upper`, or a dash where there is none."""
    lower, upper, unit = estimate.lower, estimate.upper, estimate.unit
    if estimate.value is None or (lower is None and upper is None):
        return NONE_CELL
    low = "no limit" if lower is None else bare(lower, unit)
    return f"{low} to {'no limit' if upper is None else value(upper, unit)}"


def p_value(p: float | None) -> str:
    """Return a p-value to two significant figures, never as zero.

    Examples
    --------
    >>> p_value(0.0412), p_value(0.0002), p_value(None), p_value(0.5)
    ('0.041', 'below 0.001', '–', '0.50')
    """
    if p is None:
        return NONE_CELL
    if p < SMALLEST_P:
        return f"below {SMALLEST_P}"
    return f"{p:.2f}" if p >= 0.1 else f"{p:.3f}"  # noqa: PLR2004


def level(share: float | None) -> str:
    """Return a confidence level, for example 95%."""
    return NONE_CELL if share is None else f"{100 * share:g}%"


def period(day: int) -> str:
    """Return a day since time zero as a reader says it.

    Examples
    --------
    >>> period(365), period(91), period(28)
    ('12 months', '3 months', '28 days')
    """
    return f"{MONTHS[day]} months" if day in MONTHS else f"{day} days"
