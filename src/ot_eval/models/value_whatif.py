"""What-if: one number moved at a time, the value at which the answer turns, and a waiting list.

Deterministic. The incremental net benefit is linear in every price, quantity and effect, so thresholds are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ot_eval.base.errors import RequestError

QALY = "quality-adjusted life years"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One service: more of it per person (second option less first), its price, and the range of each."""

    name: str
    quantity: float
    price: float
    quantity_range: tuple[float, float] | None = None
    price_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Incremental net benefit with one number at either end of its range."""

    name: str
    what: Literal["price", "quantity", "effect"]
    low_at: float
    high_at: float
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far the answer moves."""
        return abs(self.at_high - self.at_low)


def benefit(lines: tuple[Line, ...], effect: float, threshold: float) -> float:
    """Return threshold x effect - cost, in pounds per person."""
    return threshold * effect - math.fsum(line.quantity * line.price for line in lines)


def tornado(
    lines: tuple[Line, ...], effect: float, threshold: float, effect_range: tuple[float, float] | None = None
) -> tuple[Bar, ...]:
    """Return one bar for every number that has a range, the widest first."""
    base = benefit(lines, effect, threshold)
    bars = []
    for line in lines:
        if line.price_range:
            low, high = line.price_range
            moved = [base - line.quantity * (p - line.price) for p in (low, high)]
            bars.append(Bar(name=line.name, what="price", low_at=low, high_at=high, at_low=moved[0], at_high=moved[1]))
        if line.quantity_range:
            low, high = line.quantity_range
            moved = [base - line.price * (q - line.quantity) for q in (low, high)]
            bars.append(
                Bar(name=line.name, what="quantity", low_at=low, high_at=high, at_low=moved[0], at_high=moved[1])
            )
    if effect_range:
        low, high = effect_range
        moved = [base + threshold * (e - effect) for e in (low, high)]
        bars.append(Bar(name=QALY, what="effect", low_at=low, high_at=high, at_low=moved[0], at_high=moved[1]))
    return tuple(sorted(bars, key=lambda b: (-b.width, b.name, b.what)))


def turning_price(lines: tuple[Line, ...], effect: float, threshold: float, name: str) -> float | None:
    """Return the price of `name` at which net benefit is zero; None where no price of zero or more does that."""
    line = _named(lines, name)
    if line.quantity == 0:
        return None
    price = line.price + benefit(lines, effect, threshold) / line.quantity
    return price if price >= 0 else None


def _named(lines: tuple[Line, ...], name: str) -> Line:
    found = [line for line in lines if line.name == name]
    if len(found) != 1:
        raise RequestError(
            f"no service {name!r}, or several", expected=", ".join(x.name for x in lines), fix="name one"
        )
    return found[0]


def people_served(hours_released: float, hours_a_person: float) -> float:
    """Return how many people's home care the hours would fill.

    Examples
    --------
    >>> people_served(5200.0, 520.0)
    10.0
    """
    if hours_a_person <= 0:
        raise RequestError("hours of home care a person: not above 0", expected="above 0", fix="check the packages")
    return hours_released / hours_a_person


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A waiting list of people for home care."""

    people: float
    joining_a_week: float
    starting_a_week: float
    hours_a_week_each: float


def weeks_to_clear(list_: Waiting, hours_a_week_released: float) -> float | None:
    """Return weeks until nobody waits; None where the list does not shrink.

    Assumes that joining and starting go on as they are, that every hour released is staffed and used for people who
    wait, and that each of them takes the same hours and keeps them. Released hours arrive once, on the first day.

    Examples
    --------
    >>> weeks_to_clear(Waiting(people=50, joining_a_week=10, starting_a_week=12, hours_a_week_each=10), 100)
    20.0
    """
    if list_.hours_a_week_each <= 0 or min(list_.people, list_.joining_a_week, list_.starting_a_week) < 0:
        raise RequestError(
            "waiting list: hours a person not above 0, or a negative number",
            expected="hours above 0 and the rest 0 or more",
            fix="correct value.waiting_list",
        )
    left = list_.people - hours_a_week_released / list_.hours_a_week_each
    if left <= 0:
        return 0.0
    shrinks = list_.starting_a_week - list_.joining_a_week
    return left / shrinks if shrinks > 0 else None
