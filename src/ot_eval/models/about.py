"""What a number is about: the labels that every estimator of this room writes into its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, nearest
from ot_eval.base.results import Estimate

LEAST_CLUSTERS = 5
"""Fewer providers than this give no usable between-provider spread; every robust interval is refused below it."""


@cache
def _critical(level: float, n_cluster: int | None) -> float:
    tail = 0.5 + level / 2
    return float(stats.norm.ppf(tail) if n_cluster is None else stats.t.ppf(tail, n_cluster - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who and what an analysis is about, and the confidence level of its intervals.

    Parameters
    ----------
    population : for example ``"new clients"``
    outcome : for example ``"increase"``
    level : confidence level, strictly between 0 and 1
    study : the study's short name; may be filled in later
    """

    population: str
    outcome: str
    level: float = 0.95
    study: str = ""

    def critical(self, n_cluster: int | None = None) -> float:
        """Return the two-sided critical value: normal, or t with ``n_cluster - 1`` degrees of freedom."""
        return _critical(self.level, n_cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number before it is labelled: `se` is on the log scale when `ratio` is true."""

    term: str
    measure: str
    unit: str
    value: float
    se: float
    ratio: bool = False
    test: bool = True


def estimate(about: About, analysis: str, number: Quantity, *, method: str, **counts: int | None) -> Estimate:
    """Return `number` with its interval, and with a p-value when `number.test` is set.

    Ratios get their interval on the log scale. With ``n_cluster`` among `counts` the reference distribution is
    t with ``n_cluster - 1`` degrees of freedom, otherwise the normal.
    """
    clusters = counts.get("n_cluster")
    critical = about.critical(clusters)
    centre = np.log(number.value) if number.ratio else number.value
    ends = centre - critical * number.se, centre + critical * number.se
    lower, upper = (float(np.exp(e)) for e in ends) if number.ratio else ends
    p = two_sided_p(centre / number.se, clusters) if number.test and number.se > 0 else None
    return Estimate(
        analysis=analysis,
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=number.term,
        measure=number.measure,
        unit=number.unit,
        value=float(number.value),
        se=float(number.se),
        lower=float(lower),
        upper=float(upper),
        level=about.level,
        p=p,
        method=method,
        **counts,
    )


def two_sided_p(z: float, n_cluster: int | None = None) -> float:
    """Return the two-sided p-value of `z`, normal or t with ``n_cluster - 1`` degrees of freedom."""
    tail = stats.norm.sf(abs(z)) if n_cluster is None else stats.t.sf(abs(z), n_cluster - 1)
    return float(2 * tail)


def need_columns(columns: Sequence[str], present: Sequence[str]) -> None:
    """Refuse unless every name in `columns` is `present`; the message names the nearest column there is."""
    absent = [c for c in columns if c not in present]
    if absent:
        raise AnalysisRefused(
            f"follow_up: no column {absent[0]!r}.{nearest(absent[0], present)}",
            expected=f"the columns {', '.join(columns)}",
            fix="name the column as the table has it, or derive it first",
        )


def positive(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return the column `name` of positive, finite numbers (weights), or refuse."""
    need_columns([name], list(frame.columns))
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = int((~(values > 0) | ~np.isfinite(values)).sum())
    if bad:
        raise AnalysisRefused(
            f"follow_up.{name}: {bad} rows are missing, infinite, zero or negative",
            expected="a positive weight in every row",
            fix="look at who has no weight: people who could not have been in both groups must be left out by a rule",
        )
    return values
