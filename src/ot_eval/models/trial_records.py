"""What a comparison of coached providers with usual care returns, and what must always be printed beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ot_eval.base.results import Estimate
from ot_eval.models.about import About

Array = NDArray[Any]
Estimand = Literal["cluster-average", "participant-average", "between both averages"]
TERM = "coached v usual care"


@dataclass(frozen=True, slots=True, kw_only=True)
class Icc:
    """Intra-cluster correlation within arms, with its interval; ``lower`` and ``upper`` may be negative."""

    value: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison of arms, with all that a reader needs to judge it.

    Attributes
    ----------
    method : key in `trial_methods`
    estimand : whose average it is. Unweighted cluster summaries: every provider counts once. Weighted by size: every
        participant counts once. A mixed model or exchangeable GEE lies between the two when size matters
    value, lower, upper : on the scale that is printed (`ratio`: already exponentiated)
    se : on the scale the interval was made on (log for ratios); None for a permutation test
    df : degrees of freedom of t; None for a permutation test or a bootstrap
    p : two-sided
    p_floor : the smallest p-value that the design could have given; None where there is no such floor
    n, n_event : participants and events analysed
    n_cluster, n_coached : providers in all, and coached
    icc, size_cv : intra-cluster correlation and coefficient of variation of cluster size
    words : how it was computed
    """

    method: str
    estimand: Estimand
    measure: str
    unit: str
    value: float
    lower: float | None
    upper: float | None
    level: float
    p: float | None
    n: int
    n_cluster: int
    n_coached: int
    size_cv: float
    words: str
    se: float | None = None
    df: float | None = None
    ratio: bool = False
    p_floor: float | None = None
    n_event: int | None = None
    icc: Icc | None = None

    def how(self) -> str:
        """Return the method in words with estimand and degrees of freedom."""
        df = "" if self.df is None else f"; t with {self.df:.4g} degrees of freedom"
        floor = "" if self.p_floor is None else f"; smallest possible p {self.p_floor:.2g}"
        return f"{self.words}; {self.estimand} effect{df}{floor}"

    def estimates(self, about: About, term: str = TERM) -> tuple[Estimate, ...]:
        """Return the comparison, its ICC and its cluster-size variation as lines of the results table."""
        shared: dict[str, Any] = {"analysis": self.method, "population": about.population, "outcome": about.outcome}
        shared |= {"study": about.study, "term": term}
        lines = [
            Estimate(
                **shared, measure=self.measure, unit=self.unit, value=self.value, se=self.se, lower=self.lower,
                upper=self.upper, level=self.level, p=self.p if self.lower is not None else None, n=self.n,
                n_event=self.n_event, n_cluster=self.n_cluster, method=self.how(),
            ),
            Estimate(
                **shared, measure="coefficient of variation of cluster size", unit="ratio", value=self.size_cv,
                n_cluster=self.n_cluster, method="standard deviation over mean of participants a provider",
            ),
        ]  # fmt: skip
        if self.icc is not None:
            lines.append(
                Estimate(
                    **shared, measure="intra-cluster correlation", unit="ratio", value=self.icc.value,
                    lower=self.icc.lower, upper=self.icc.upper, level=self.icc.level, n=self.n,
                    n_cluster=self.n_cluster, method="analysis of variance within arms, F interval",
                )
            )  # fmt: skip
        return tuple(lines)


def t_interval(value: float, se: float, df: float, level: float) -> tuple[float, float, float]:
    """Return lower, upper and two-sided p of a t statistic with `df` degrees of freedom."""
    half = se * float(stats.t.ppf(0.5 + level / 2, df))
    return value - half, value + half, float(2 * stats.t.sf(abs(value) / se, df))


def two_sided_t(value: Array, se: Array, df: Array | float) -> Array:
    """Return two-sided p-values, many at once."""
    p: Array = 2 * stats.t.sf(np.abs(value) / se, df)
    return p
