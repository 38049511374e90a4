"""How reablement beds are used: shares, stays, meetings and money, each with an interval that allows for homes.

Homes are left out one at a time where there are enough of them; otherwise stays are taken as independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.results import Curve, Estimate
from ot_eval.measures.unit_costs import UnitCost
from ot_eval.models import survival
from ot_eval.models.about import About
from ot_eval.models.change_shares import share
from ot_eval.models.jackknife import Statistic, jackknife

QUARTILES = {"lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75}
LEFT_OUT = "leave-one-out, t"
LINE = "percent of monthly or home shares"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, of whom, and the home of each stay (by the stays' index) where homes are allowed for."""

    about: About
    analysis: str
    term: str
    cluster: pd.Series | None = None

    def labels(self) -> dict[str, Any]:
        """Return the words every estimate of this question carries."""
        return {
            "analysis": self.analysis,
            "population": self.about.population,
            "outcome": self.about.outcome,
            "term": self.term,
            "study": self.about.study,
        }

    def homes(self, index: pd.Index) -> pd.Series | None:
        """Return the homes of the stays in `index`."""
        return None if self.cluster is None else self.cluster[index]


def share_of(question: Question, flag: pd.Series, measure: str) -> Estimate:
    """Return the share of stays of which `flag` is true, in percent."""
    found: dict[str, Any] = share(flag, cluster=question.homes(flag.index), level=question.about.level)
    return Estimate(measure=measure, **question.labels(), **found)


def mean_of(question: Question, values: pd.Series, measure: str, unit: str, factor: float = 1.0) -> Estimate:
    """Return `factor` times the mean of values (nothing missing), with its leave-one-out interval."""

    def statistic(sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return np.asarray(factor * sums[:, 0] / n)

    return _estimate(question, values.astype(float).to_frame(), statistic, measure, unit)


def ratio_of(question: Question, parts: pd.DataFrame, measure: str, unit: str) -> Estimate:
    """Return 100 x the sum of the first column over the sum of the second: weeks with a meeting of all weeks."""
    return _estimate(question, parts, lambda sums, _: 100 * sums[:, 0] / sums[:, 1], measure, unit)


def _estimate(question: Question, quantities: pd.DataFrame, statistic: Statistic, measure: str, unit: str) -> Estimate:
    level = question.about.level
    found = jackknife(quantities, statistic, cluster=question.homes(quantities.index), level=level)
    return Estimate(
        measure=measure,
        unit=unit,
        value=found.value,
        se=found.se,
        lower=found.lower,
        upper=found.upper,
        level=level,
        n=found.n,
        n_cluster=found.n_cluster,
        method=f"{LEFT_OUT}, {found.df} degrees of freedom",
        **question.labels(),
    )


def line_of(question: Question, measure: str, value: float, n: int) -> Estimate:
    """Return a line of a chart drawn from shares by month or home; its unit is not that of a share of stays."""
    return Estimate(measure=measure, unit=LINE, value=value, n=n, **question.labels())


def spread(question: Question, values: pd.Series, unit: str) -> tuple[Estimate, ...]:
    """Return median and quartiles of values, nothing missing."""
    return tuple(
        Estimate(measure=name, unit=unit, value=float(np.quantile(values, place)), n=len(values), **question.labels())
        for name, place in QUARTILES.items()
    )


def still_in_bed(stays: pd.DataFrame, about: About) -> Curve:
    """Return the share of stays that last longer than each day; stays that are still open count as far as seen.

    Parameters
    ----------
    stays : `nights` and `open`
    """
    people = pd.DataFrame({"exit_day": stays["nights"].astype("int64"), "event": "left"})
    people.loc[stays["open"].to_numpy(), "event"] = "none"
    return survival.kaplan_meier(people, about=about)[0]


def ended_by(question: Question, curve: Curve, day: int, measure: str) -> Estimate:
    """Return one minus the curve on `day`: the share of stays that have ended by it."""
    place = max(i for i, d in enumerate(curve.days) if d <= day)
    lower, upper = curve.lower, curve.upper
    return Estimate(
        measure=measure,
        unit="probability",
        value=1 - curve.value[place],
        lower=None if upper is None else 1 - upper[place],
        upper=None if lower is None else 1 - lower[place],
        level=None if lower is None else curve.level,
        n=max(curve.n_risk),
        n_event=curve.n_event[place],
        method=curve.method,
        **question.labels(),
    )


def quartiles_of(question: Question, curve: Curve) -> Iterator[Estimate]:
    """Return the nights by which a quarter, half and three quarters of stays have ended, where the curve gets there."""
    for name, share_left in (("lower quartile", 0.75), ("median", 0.5), ("upper quartile", 0.25)):
        day, lower, upper = survival.time_to_share(curve, share_left)
        if day is None:
            continue
        whole = lower is not None and upper is not None
        yield Estimate(
            measure=name,
            unit="days",
            value=day,
            lower=lower if whole else None,
            upper=upper if whole else None,
            level=curve.level if whole else None,
            n=max(curve.n_risk),
            method=curve.method,
            **question.labels(),
        )


def per_day(prices: dict[str, UnitCost], quantities: dict[str, float]) -> float:
    """Return what a day costs: each priced item times how much of it a day takes.

    Examples
    --------
    >>> hour = UnitCost(item="home_care_hour", value=24.0, unit="hour", price_year="2025/26", source="contract")
    >>> per_day({"home_care_hour": hour}, {"home_care_hour": 24})
    576.0
    """
    return float(sum(prices[item].value * quantity for item, quantity in quantities.items()))
