"""Power of a stepped wedge and of before and after, from the exact variance of the planned estimate, by t(G - 2).

The normal reference gives .946 for four providers in an example where t(2) gives far less. Variances: provider,
provider in a period, person, and for cohorts the person again. Sources: Hussey & Hughes (2007); Hooper & others (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.trial_power import design_effect, smallest, t_power
from ot_eval.models.trial_records import Array

Reference = Literal["t", "normal"]
LEAST_PROVIDERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WedgePlan:
    """A stepped wedge.

    Attributes
    ----------
    providers : providers that start at each step, in order
    people : people a provider and period
    icc : correlation of two people of one provider and period
    cac : cluster autocorrelation, the share of it that holds between periods
    iac : individual autocorrelation, the correlation of one person's scores given the provider (0: others each period)
    before, after : periods with nobody coached, and added with all coached (1 and 0 in the plain design)
    sd : standard deviation of people
    """

    providers: tuple[int, ...]
    people: float
    icc: float
    cac: float = 1.0
    iac: float = 0.0
    before: int = 1
    after: int = 0
    sd: float = 1.0

    def __post_init__(self) -> None:
        if not (
            0 <= self.icc < 1 and 0 <= self.cac <= 1 and 0 <= self.iac < 1 and self.people > 0 and self.before >= 1
        ):
            raise RequestError(
                "a wedge with a correlation outside 0 to 1 or no people", expected="0 to 1", fix="check the plan"
            )
        if sum(self.providers) < LEAST_PROVIDERS or len(self.providers) < 2 or min(self.providers) < 1:  # noqa: PLR2004
            raise AnalysisRefused(
                f"a wedge of {sum(self.providers)} providers in {len(self.providers)} steps",
                expected=f"{LEAST_PROVIDERS} or more providers and two steps: nothing valid is known with fewer",
                fix="recruit more providers, or start two at each step",
            )

    def treatment(self) -> Array:
        """Return 0 and 1 by provider and period."""
        steps = len(self.providers)
        first = np.repeat(np.arange(steps), self.providers) + self.before
        return (np.arange(steps + self.before + self.after) >= first[:, None]).astype(np.float64)

    def variances(self) -> tuple[float, float, float, float]:
        """Return variances of provider, provider and period, person, and residual, of single scores."""
        total = self.sd**2
        person = (1 - self.icc) * total
        return (
            self.icc * self.cac * total,
            self.icc * (1 - self.cac) * total,
            self.iac * person,
            (1 - self.iac) * person,
        )


def variance(treatment: Array, between: float, moving: float, cohort: float, residual: float) -> float:
    """Return the variance of the treatment effect by generalised least squares with period effects.

    Parameters
    ----------
    treatment : 0 and 1 (providers, periods); nan where a provider has no people in a period
    between, moving, cohort, residual : variances of cell means: provider, provider and period, persons followed, rest
    """
    n, t = treatment.shape
    information = np.zeros((t + 1, t + 1))
    for g in range(n):
        there = ~np.isnan(treatment[g])
        x = np.column_stack([treatment[g][there], np.eye(t)[there]])
        v = (between + cohort) * np.ones((len(x), len(x))) + (moving + residual) * np.eye(len(x))
        information += x.T @ np.linalg.solve(v, x)
    return float(np.linalg.inv(information)[0, 0])


def wedge_variance(plan: WedgePlan) -> float:
    """Return the variance of the effect under the plan."""
    between, moving, person, residual = plan.variances()
    return variance(plan.treatment(), between, moving, person / plan.people, residual / plan.people)


def power_wedge(plan: WedgePlan, difference: float, *, reference: Reference = "t", alpha: float = 0.05) -> float:
    """Return the power for a difference; `reference` normal only to compare with software that uses it."""
    shift = difference / float(np.sqrt(wedge_variance(plan)))
    if reference == "normal":
        critical = float(stats.norm.ppf(1 - alpha / 2))
        return float(stats.norm.sf(critical - shift) + stats.norm.cdf(-critical - shift))
    return t_power(shift, sum(plan.providers) - 2, alpha)


def detectable_wedge(plan: WedgePlan, power: float = 0.8) -> float:
    """Return the smallest difference that the plan detects with `power`."""
    return smallest(lambda d: power_wedge(plan, d), power, plan.sd)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """Before and after in two arms of `each` providers; `cac` and `iac` as in `WedgePlan`."""

    each: int
    people: float
    icc: float
    cac: float
    iac: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        if self.each < 2:  # noqa: PLR2004
            raise AnalysisRefused(
                f"a plan with {self.each} providers an arm", expected="two or more", fix="recruit more providers"
            )


def change_variance(plan: ChangePlan) -> float:
    """Return the variance of the difference in change: 4 DEFF (1 - r) / (k m)."""
    deff = design_effect(plan.people, plan.icc)
    r = (plan.people * plan.icc * plan.cac + (1 - plan.icc) * plan.iac) / deff
    return 4 * plan.sd**2 * deff * (1 - r) / (plan.each * plan.people)


def power_change(plan: ChangePlan, difference: float, alpha: float = 0.05) -> float:
    """Return the power of the t-test of provider changes, df 2 (k - 1)."""
    return t_power(difference / float(np.sqrt(change_variance(plan))), 2 * plan.each - 2, alpha)


def detectable_change(plan: ChangePlan, power: float = 0.8) -> float:
    """Return the smallest difference in change that the plan detects with `power`."""
    return smallest(lambda d: power_change(plan, d), power, plan.sd)
