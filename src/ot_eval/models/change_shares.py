"""A share of people with its interval: Wilson's where people are independent, leave-one-provider-out where not."""

from __future__ import annotations

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.jackknife import jackknife

WILSON = "Wilson interval (statsmodels)"
CLUSTERED = "leave-one-provider-out interval, t with providers - 1 degrees of freedom"


def share(flag: pd.Series, *, cluster: pd.Series | None = None, level: float = 0.95) -> dict[str, object]:
    """Return the fields of an `Estimate` for the percentage of people of whom `flag` is true.

    Parameters
    ----------
    flag : one entry a person, True or False; nothing missing
    cluster : provider of each person, or None
    level : confidence level

    Returns
    -------
    dict
        value, lower, upper (percent, 0 to 100), level, n, n_event, n_cluster, method.

    Raises
    ------
    AnalysisRefused
        There is no one; or clusters are declared and there are fewer than five.
    """
    n, n_event = len(flag), int(flag.sum())
    if n == 0:
        raise AnalysisRefused("a share of no people", expected="at least one person", fix="check the population")
    common = {"value": 100 * n_event / n, "level": level, "n": n, "n_event": n_event, "unit": "percent"}
    if cluster is None:
        lower, upper = proportion_confint(n_event, n, alpha=1 - level, method="wilson")
        low, high = 0.0 if n_event == 0 else float(lower), 1.0 if n_event == n else float(upper)  # no rounding dust
        return {**common, "lower": 100 * low, "upper": 100 * high, "method": WILSON}
    found = jackknife(
        pd.DataFrame({"event": flag.astype(float)}), lambda sums, n: sums[:, 0] / n, cluster=cluster, level=level
    )
    value = 100 * n_event / n  # rounded once, so that an interval of no width holds it
    return {
        **common,
        "se": 100 * found.se,
        "lower": min(value, 100 * max(0.0, found.lower)),
        "upper": max(value, 100 * min(1.0, found.upper)),
        "n_cluster": found.n_cluster,
        "method": CLUSTERED,
    }
