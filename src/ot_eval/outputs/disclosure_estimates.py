"""Estimates through the gate: hidden where few people or events stand behind them, else rounded to honest digits."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from ot_eval.base.results import Estimate, Number
from ot_eval.outputs.disclosure_counts import Counts, Together
from ot_eval.outputs.disclosure_intervals import around, rate, share_interval
from ot_eval.outputs.disclosure_shares import count_behind
from ot_eval.outputs.policy import HIDDEN, PRECISION, Policy
from ot_eval.outputs.released import ReleasedEstimate

ONE_PERSON = ("minimum", "maximum", "min", "max", "range", "mode")
SUMS = ("sum", "total")
MEDIANS = ("median",)
QUARTILES = ("lower quartile", "upper quartile", "quartile", "interquartile range")
DECIMALS: dict[str, int] = {
    "days": 1,
    "years": 1,
    "hours/week": 1,
    "£/week": 0,
    "£": 0,
    "minutes": 0,
    "percent": 1,
    "points": 2,
    "T points": 1,
    "level": 2,
    "seconds": 1,
    "hours": 0,
    "percent change": 1,
    "percent of weeks": 1,
    "percent of draws": 0,
    "percent of monthly or home shares": 1,
    "ratio": 3,
    "as recorded": 1,
    "standard deviations": 2,
}
DEFAULT_DECIMALS = 3
SE_DIGITS = 2
SMALLEST_P = 10.0**-PRECISION
"""A smaller p-value is written as this one: no p-value is zero."""
LEAST_FREEDOM = 10
"""Residual degrees of freedom of a model, at least (ACRO 1.0.2, default settings): a saturated model is its data."""
MODELLED = ("hazard ratio", "odds ratio", "rate ratio", "coefficient")
SAME_PERCENT = 1e-6
"""Percentages closer than this are the same number computed in another order of operations."""


def _reason(e: Estimate, policy: Policy, terms: int) -> str:
    """Return why an estimate that is not a count must be hidden, or an empty string.

    `terms` is the number of coefficients of the model it belongs to, 0 where it belongs to none.
    """
    behind = [count for count in (e.n, e.n_event) if count is not None]
    needed = policy.threshold * (4 if e.measure in QUARTILES else 2 if e.measure in MEDIANS else 1)
    no_events = e.n_event == 0 and not policy.hide_zero
    rules = (
        ("not estimated", e.value is None),
        ("the lowest and highest values each describe one person", e.measure in ONE_PERSON),
        ("a sum could give away its largest contribution", e.measure in SUMS),
        ("the number of people behind it is not stated", e.n is None),
        (f"fewer than {needed} people", e.n is not None and e.n < needed),
        (
            f"fewer than {policy.threshold} events",
            e.n_event is not None and e.n_event < policy.threshold and not no_events,
        ),
        (
            f"fewer than {LEAST_FREEDOM} degrees of freedom are left",
            terms > 0 and min(behind, default=0) - terms < LEAST_FREEDOM,
        ),
        (HIDDEN, _one_sided(e, policy)),
    )
    return next((reason for reason, broken in rules if broken), "")


def _one_sided(e: Estimate, policy: Policy) -> bool:
    """Return whether a share says that almost nobody, or almost everybody, is in the cell."""
    if e.unit not in ("probability", "percent") or e.value is None or e.n is None or "difference" in e.measure:
        return False
    share = e.value / 100 if e.unit == "percent" else e.value
    inside = e.n_event if e.n_event is not None else round(share * e.n)
    if e.n_event is not None and "survival" in e.measure:
        inside = e.n - inside
    return any(policy.small(count) for count in (inside, e.n - inside, round((1 - share) * e.n)))


def _significant(number: Number, digits: int) -> float:
    return float(f"{number:.{digits}g}")


def _rounded(e: Estimate, number: Number | None, people: int, policy: Policy) -> Number | None:
    if number is None:
        return None
    if "difference" in e.measure and e.unit in ("probability", "percent"):
        scale = 100 if e.unit == "percent" else 1
        size = policy.share(abs(number) / scale, people) * scale
        return round(size if number >= 0 else -size, PRECISION)
    if e.unit in ("probability", "percent"):
        scale = 100 if e.unit == "percent" else 1
        return round(scale * policy.share(number / scale, people), PRECISION)
    return round(float(number), DECIMALS.get(e.unit, DEFAULT_DECIMALS))


def _numbers(
    e: Estimate, people: int, event: int | None, policy: Policy
) -> tuple[Number | None, Number | None, Number | None]:
    """Return value, lower and upper end as they may be published."""
    value, lower, upper = (_rounded(e, number, people, policy) for number in (e.value, e.lower, e.upper))
    count = count_behind(e)
    if count is not None and value is not None:
        # A share that is a count says exactly what the shown count says: nothing is rounded a second way.
        scale = 100 if e.unit == "percent" else 1
        shown = event if event is not None else policy.rounded(count)
        value = round(scale * min(1.0, shown / people), PRECISION)
    if e.value is None or value is None or e.level is None:
        return value, lower, upper
    if e.unit.startswith("per ") and e.n_event and event:
        return rate(e.value, (e.n_event, event), e.level, (e.lower, e.upper))
    if e.unit in ("probability", "percent") and "difference" not in e.measure and None not in (e.lower, e.upper):
        scale = 100 if e.unit == "percent" else 1
        true = (e.value / scale, (e.lower or 0) / scale, (e.upper or 0) / scale)
        ends = share_interval(true, value / scale, e.level, policy)
        lower, upper = (None if end is None else round(scale * end, PRECISION) for end in ends)
    return value, *around(value, lower, upper)


def _record(e: Estimate, **changes: Any) -> ReleasedEstimate:
    return ReleasedEstimate(**(asdict(e) | changes))


def _blank(e: Estimate, reason: str, counts: Counts) -> ReleasedEstimate:
    blank: dict[str, Any] = dict.fromkeys(("value", "se", "lower", "upper", "level", "p", "n_event"))
    return _record(e, **blank, n=None if e.n is None else counts.people(e.population, e.n), hidden=reason)


def release_people(e: Estimate, shown: int | None, counts: Counts) -> ReleasedEstimate:
    """Return a count of people as it may be published."""
    if shown is None:
        return _blank(e, HIDDEN, counts)
    n = None if e.n is None else counts.people(e.population, e.n)
    return _record(e, value=shown, se=None, lower=None, upper=None, level=None, p=None, n=n)


def release_together(e: Estimate, joint: Together, counts: Counts) -> tuple[ReleasedEstimate, ...]:
    """Return the hidden levels of a table as one line of people and one of percent; `e` is one of them."""
    people = release_people(replace(e, term=joint.term), joint.people, counts)
    if not people.n:
        return (people,)
    share = round(100 * min(1.0, joint.people / people.n), 1)
    return people, replace(people, measure="share of people", unit="percent", value=share)


def release_percent(e: Estimate, count: int, shown: int | None, counts: Counts) -> ReleasedEstimate:
    """Return a percentage whose count stands beside it: the shown count over the shown number of people.

    A percentage that is not its count over its people (a weighted one) is rounded as a share instead.
    """
    n = None if e.n is None else counts.people(e.population, e.n)
    if shown is None or not n or not e.n or e.value is None:
        return _blank(e, HIDDEN, counts)
    if abs(e.value - 100 * count / e.n) > SAME_PERCENT:
        return release_estimate(e, counts)
    value = round(100 * min(1.0, shown / n), 1)
    return _record(e, value=value, se=None, lower=None, upper=None, level=None, p=None, n=n, n_event=None)


def release_estimate(e: Estimate, counts: Counts, terms: int = 0) -> ReleasedEstimate:
    """Return any other estimate as it may be published; `terms` is the number of coefficients of its model."""
    policy = counts.policy
    reason = _reason(e, policy, terms)
    if reason or e.n is None:
        return _blank(e, reason, counts)
    n = counts.people(e.population, e.n)
    people = n or policy.rounded(e.n)
    event = None if e.n_event is None else counts.events(e.population, e.outcome, e.n_event)
    # A mean's standard error beside its standard deviation would give back the number of people exactly, and a share's
    # would give back its count.
    keeps_se = e.se is not None and e.lower is not None and e.unit not in ("probability", "percent")
    value, lower, upper = _numbers(e, people, event, policy)
    return _record(
        e,
        value=value,
        se=_significant(e.se, SE_DIGITS) if keeps_se and e.se is not None else None,
        lower=lower,
        upper=upper,
        p=None if e.p is None else max(SMALLEST_P, round(e.p, PRECISION)),
        n=n,
        n_event=event,
    )
