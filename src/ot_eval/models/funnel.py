"""A funnel plot of shares by home: which homes differ from the rest by more than their small numbers explain.

Limits are exact binomial around the overall share, interpolated between whole people (Spiegelhalter 2005). The upper
one is the lower one of the opposite event, so a home lies outside exactly when its tail probability is below the limit,
and counting the opposite event mirrors the plot. Homes with few people are listed but never judged. When homes as a
body differ more than chance allows, limits are widened by the overdispersion, so that ordinary homes are not accused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ot_eval.base.errors import AnalysisRefused

WARNING, ALARM = 0.95, 0.998
FEWEST_PEOPLE = 10
FEWEST_HOMES = 5
TRIM = 0.10  # share of homes pulled in at each end before overdispersion is judged (Winsorised)
TOO_FEW, AS_EXPECTED, LOOK, DIFFERS = "too few people to judge", "as expected", "worth a look", "differs"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The plot: `homes` has one row a home, `curve` the limits for every size up to the largest home.

    `homes`: name, n, events, share, z, and `verdict`. `curve`: n, and the lower and upper limit at 95 % and 99.8 %.
    Shares and limits are between 0 and 1. `overdispersion` is 1 where homes differ no more than chance allows.
    """

    overall: float
    overdispersion: float
    homes: pd.DataFrame
    curve: pd.DataFrame


def limit(n: Floats, share: float, probability: float) -> Floats:
    """Return the lower limit of a share in samples of size n, interpolated between whole people.

    A sample below it has a lower-tail probability under `probability`. Spiegelhalter 2005, Stat Med 24:1185, A.1.1.

    Examples
    --------
    >>> limit(np.array([40.0]), 0.83, 0.025).round(4).tolist()
    [0.6928]
    """
    whole = stats.binom.ppf(probability, n, share)
    below, at = stats.binom.cdf(whole - 1, n, share), stats.binom.cdf(whole, n, share)
    part = (at - probability) / (at - below)
    return np.asarray(np.clip((whole - part) / n, 0.0, 1.0))


def _overdispersion(z: Floats) -> float:
    """Return the mean squared Winsorised z, or 1 where homes differ no more than chance allows."""
    low, high = np.quantile(z, [TRIM, 1 - TRIM])
    phi = float(np.mean(np.clip(z, low, high) ** 2))
    beyond_chance = 1 + 2 * np.sqrt(2 / len(z))  # two standard errors of a mean of squared standard normals
    return phi if phi > beyond_chance else 1.0


def funnel(counts: pd.DataFrame, *, fewest: int = FEWEST_PEOPLE) -> Funnel:
    """Return the funnel plot of a share.

    Parameters
    ----------
    counts : one row a home: `home`, `n` (people) and `events`
    fewest : homes with fewer people are listed but not judged, and take no part in the overdispersion

    Raises
    ------
    AnalysisRefused
        Fewer than five homes large enough to judge, more events than people in one, or an overall share of 0 or 1.
    """
    n, events = counts["n"].to_numpy(dtype=float), counts["events"].to_numpy(dtype=float)
    judged = n >= fewest
    overall = float(events.sum() / n.sum()) if n.sum() else 0.0
    if judged.sum() < FEWEST_HOMES or (events > n).any() or not 0 < overall < 1:
        raise AnalysisRefused(
            f"{int(judged.sum())} homes have {fewest} people or more; the overall share is {overall:.3g}",
            expected=f"at least {FEWEST_HOMES} such homes, events never above people, a share between 0 and 1",
            fix="show the homes in a table",
        )
    z = (events / np.where(n > 0, n, np.nan) - overall) / np.sqrt(overall * (1 - overall) / np.where(n > 0, n, np.nan))
    phi = _overdispersion(z[judged])
    homes = counts[["home", "n", "events"]].assign(share=events / np.where(n > 0, n, np.nan), z=z / np.sqrt(phi))
    return Funnel(
        overall=overall,
        overdispersion=phi,
        homes=homes.assign(verdict=_verdicts(n, events, overall, phi, judged)),
        curve=_curve(int(n.max()), overall, phi),
    )


def _limits(n: Floats, overall: float, phi: float, coverage: float) -> tuple[Floats, Floats]:
    tail = (1 - coverage) / 2
    low, high = limit(n, overall, tail), 1 - limit(n, 1 - overall, tail)
    stretch = np.sqrt(phi)
    return np.clip(overall - stretch * (overall - low), 0, 1), np.clip(overall + stretch * (high - overall), 0, 1)


def _verdicts(n: Floats, events: Floats, overall: float, phi: float, judged: NDArray[np.bool_]) -> NDArray[np.object_]:
    size = np.maximum(n, 1.0)
    share = events / size
    out = np.full(len(n), AS_EXPECTED, dtype=object)
    for coverage, name in ((WARNING, LOOK), (ALARM, DIFFERS)):
        low, high = _limits(size, overall, phi, coverage)
        out[(share < low) | (share > high)] = name
    out[~judged] = TOO_FEW
    return out


def _curve(largest: int, overall: float, phi: float) -> pd.DataFrame:
    n = np.arange(1, largest + 1, dtype=float)
    low95, high95 = _limits(n, overall, phi, WARNING)
    low998, high998 = _limits(n, overall, phi, ALARM)
    return pd.DataFrame({"n": n.astype(int), "low95": low95, "high95": high95, "low998": low998, "high998": high998})
