"""Arithmetic on published figures, so that a result can stand beside the literature."""

from __future__ import annotations

from math import log
from statistics import NormalDist

from ot_eval.base.errors import RequestError


def log_ratio(estimate: float, lower: float, upper: float, level: float = 0.95) -> tuple[float, float]:
    """Return the log of a published ratio and the standard error its interval implies.

    Parameters
    ----------
    estimate, lower, upper : an odds, hazard or risk ratio and its interval, as printed
    level : confidence level of the interval

    Raises
    ------
    RequestError
        The three numbers are not above zero and in order.

    Examples
    --------
    >>> [round(v, 4) for v in log_ratio(0.69, 0.53, 0.91)]
    [-0.3711, 0.1379]
    """
    if not 0 < lower <= estimate <= upper or lower == upper:
        raise RequestError(
            "a published ratio is not above zero or lies outside its interval",
            expected="0 < lower <= estimate <= upper",
            fix="copy the ratio itself, not its logarithm",
        )
    width = 2 * NormalDist().inv_cdf(0.5 + level / 2)
    return log(estimate), (log(upper) - log(lower)) / width
