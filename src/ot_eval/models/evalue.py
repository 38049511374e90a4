"""E-values: how strong an unrecorded difference would have to be to explain a result away.

An unrecorded factor would need to be associated with both the exposure and the event, each by a risk ratio of at least
the E-value, beyond what was adjusted for. Source: VanderWeele & Ding (2017), Annals of Internal Medicine 167:268-274.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ot_eval.base.errors import RequestError
from ot_eval.base.results import Estimate

Scale = Literal["risk ratio", "hazard ratio, rare", "hazard ratio, common", "odds ratio, common"]
RARE = 0.15
"""A hazard ratio is close to a risk ratio while at most this share of people have the event."""


def risk_ratio(value: float, scale: Scale) -> float:
    """Return `value` as an approximate risk ratio.

    Examples
    --------
    >>> round(risk_ratio(0.75, "hazard ratio, common"), 6)
    0.819373
    """
    if value <= 0:
        raise RequestError(
            f"E-value: a ratio of {value:g}",
            expected="a ratio above 0",
            fix="give the ratio itself, not its logarithm",
        )
    if scale == "hazard ratio, common":
        return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))
    return float(np.sqrt(value)) if scale == "odds ratio, common" else value


def e_value(value: float, scale: Scale = "risk ratio") -> float:
    """Return the E-value of one ratio.

    Examples
    --------
    >>> round(e_value(3.9), 2), round(e_value(2.4), 2), e_value(1.0)
    (7.26, 4.23, 1.0)
    """
    ratio = risk_ratio(value, scale)
    ratio = max(ratio, 1 / ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def e_values(result: Estimate, *, share_with_event: float) -> tuple[Estimate, Estimate]:
    """Return the E-values of a hazard ratio and of the end of its interval nearest to 1 (1 when the interval holds 1).

    Parameters
    ----------
    result : a hazard ratio with its interval
    share_with_event : share of people who have the event by the end of follow-up, between 0 and 1; over 15 % the hazard
        ratio is first turned into an approximate risk ratio
    """
    if result.value is None or result.lower is None or result.upper is None or "ratio" not in result.measure:
        raise RequestError(
            f"E-value: {result.measure or 'a number'} without a ratio or an interval",
            expected="a ratio with both ends of its interval",
            fix="ask for the E-value of a hazard ratio",
        )
    scale: Scale = "hazard ratio, rare" if share_with_event <= RARE else "hazard ratio, common"
    crosses = result.lower <= 1 <= result.upper
    nearest = result.lower if result.value > 1 else result.upper
    numbers = {"E-value": e_value(result.value, scale), "E-value of the interval": 1.0}
    if not crosses:
        numbers["E-value of the interval"] = e_value(nearest, scale)
    first, second = (
        Estimate(
            analysis="e_value",
            population=result.population,
            outcome=result.outcome,
            study=result.study,
            term=result.term,
            measure=measure,
            unit="ratio",
            value=value,
            n=result.n,
            n_event=result.n_event,
            method=f"VanderWeele & Ding from the {result.measure} ({scale.rsplit(', ', maxsplit=1)[-1]} event)",
        )
        for measure, value in numbers.items()
    )
    return first, second
