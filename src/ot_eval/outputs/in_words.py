"""Any estimate in one plain sentence, for a notebook or a page without wording of its own.

The sentence says what was found and its range. Where the range includes no difference it names no direction.
"""

from __future__ import annotations

from typing import Protocol as Interface

from ot_eval.base.results import Number
from ot_eval.outputs import labels, numbers, wording


class Numbers(Interface):
    """An estimate, true or released."""

    @property
    def population(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def term(self) -> str: ...  # noqa: D102
    @property
    def measure(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> Number | None: ...  # noqa: D102
    @property
    def lower(self) -> Number | None: ...  # noqa: D102
    @property
    def upper(self) -> Number | None: ...  # noqa: D102
    @property
    def p(self) -> float | None: ...  # noqa: D102


DOUBT = 0.05
RATES = ("hazard ratio", "subdistribution hazard ratio", "rate ratio")
"""Measures that begin so compare how fast events come."""


def sentence(e: Numbers) -> str:
    """Return what an estimate says, in words.

    Parameters
    ----------
    e : any estimate

    Examples
    --------
    >>> from ot_eval.base.results import Estimate
    >>> e = Estimate(analysis="cox", population="all", outcome="", term="OT contact", measure="rate ratio",
    ...              unit="ratio", value=0.8, lower=0.7, upper=0.9, level=0.95)
    >>> sentence(e)
    'OT contact: where 100 events would be expected, there were about 80 (likely range: 70 to 90).'
    """
    if e.value is None:
        return f"{_who(e)}: hidden, because too few people stand behind it."
    if e.measure.startswith("test"):
        return _test(e)
    if e.unit == "ratio":
        return f"{_who(e)}: {_ratio(e)}."
    if e.measure.startswith("difference"):
        return f"{_who(e)}: {_difference(e)}."
    if e.unit == "probability":
        about, tail = wording.in_100(e.value), ""
        if e.lower is not None and e.upper is not None:
            tail = f" (likely range: {wording.range_in_100(e.lower, e.upper)})"
        return f"{_who(e)}: {about}{tail}."
    return f"{_who(e)}: {e.measure}, {_with_range(e)}."


def _who(e: Numbers) -> str:
    who = labels.who(e.population)
    return e.term if e.population in ("all", "") else f"{e.term}, {who}" if e.term else who


def _with_range(e: Numbers) -> str:
    said = numbers.value(e.value, e.unit)
    if e.lower is None or e.upper is None:
        return said
    return f"{said} (likely range: {numbers.bare(e.lower, e.unit)} to {numbers.value(e.upper, e.unit)})"


def _ratio(e: Numbers) -> str:
    if e.lower is None or e.upper is None:
        return f"{e.measure}, {numbers.value(e.value, e.unit)}"
    unclear = e.lower <= 1 <= e.upper
    low, high = (round(100 * x) for x in (e.lower, e.upper))
    if e.measure.startswith(RATES):
        events = f"100 events ({labels.label(e.outcome, labels.OUTCOMES).lower()})" if e.outcome else "100 events"
        start = f"where {events} would be expected"
        if unclear:
            return f"{start}, the data fit anything between {low} and {high}, so we cannot tell which way"
        return f"{start}, there were about {round(100 * (e.value or 0))} (likely range: {low} to {high})"
    if unclear:
        return f"{e.measure}: the data fit anything between {low} and {high} for every 100, so we cannot tell which way"
    return f"{e.measure}: about {round(100 * (e.value or 0))} for every 100 (likely range: {low} to {high})"


def _difference(e: Numbers) -> str:
    if e.value is None or e.lower is None or e.upper is None:
        return f"{e.measure}, {numbers.value(e.value, e.unit)}"
    if e.unit == "days":
        return f"{e.measure}, {wording.longer_or_shorter(e.value, e.lower, e.upper)}"
    if e.unit == "probability":
        return f"{e.measure}, {wording.difference_in_100(e.value, e.lower, e.upper)}"
    if e.lower <= 0 <= e.upper:
        low, high = numbers.bare(e.lower, e.unit), numbers.value(e.upper, e.unit)
        return f"{e.measure}, anywhere from {low} to {high}, so we cannot tell which way"
    return f"{e.measure}, {_with_range(e)}"


def _test(e: Numbers) -> str:
    if e.p is None:
        return f"{_who(e)}: nothing was tested."
    said = "a difference this large would be unusual" if e.p < DOUBT else "a difference this large is not unusual"
    return f"{_who(e)}: {said} if there were none (test {e.measure.removeprefix('test: ')}, p {_p(e.p)})."


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004
