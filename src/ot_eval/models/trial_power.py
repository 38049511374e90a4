"""What a comparison of 4 to 40 providers can detect: smallest effect first, then power; always by t, never by z.

Few providers are the limit, not few people: with an ICC of 0.05 four providers can detect 1.3 standard deviations at
best, however many people each serves. Degrees of freedom are those of the planned analysis (G - 2, fewer with
covariates of the provider).
Sources: Donner & Klar (2000); Eldridge, Ashby & Kerry (2006); Hayes & Bennett (1999); Hemming (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError

FEWEST, MOST = 2, 200
SETTLED = 60
MOST_EFFECT = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A parallel trial of providers.

    Attributes
    ----------
    coached, usual : providers in each arm as recruited
    people : participants a provider as recruited, on average
    icc : intra-cluster correlation within arms
    size_cv : coefficient of variation of participants a provider
    attrition : share of participants without an outcome
    providers_lost : providers lost from each arm
    covariates_of_provider : covariates that are constant within providers; each costs a degree of freedom
    explained_between, explained_within : share of the variance between and within providers that covariates explain
    alpha : two-sided
    """

    coached: int
    usual: int
    people: float
    icc: float
    size_cv: float = 0.0
    attrition: float = 0.0
    providers_lost: int = 0
    covariates_of_provider: int = 0
    explained_between: float = 0.0
    explained_within: float = 0.0
    alpha: float = 0.05

    def __post_init__(self) -> None:
        shares = (self.icc, self.attrition, self.explained_between, self.explained_within)
        if not all(0 <= s < 1 for s in shares) or self.size_cv < 0 or not 0 < self.alpha < 1 or self.people <= 0:
            raise RequestError(
                "a plan with an ICC, a share or a number that cannot be",
                expected="shares from 0 to below 1, people above zero, alpha between 0 and 1",
                fix="give shares as numbers such as 0.05",
            )
        if min(self.arms()) < FEWEST or self.df() < 1:
            raise AnalysisRefused(
                f"a plan with {self.coached} and {self.usual} providers, {self.providers_lost} lost from each arm, "
                f"{self.covariates_of_provider} covariates of the provider",
                expected=f"{FEWEST} providers left in each arm and a degree of freedom: one provider cannot be told "
                "from its arm, and the trial could not answer its question",
                fix="recruit more providers; more people in each do not help",
            )

    def arms(self) -> tuple[int, int]:
        """Return providers analysed in each arm."""
        return self.coached - self.providers_lost, self.usual - self.providers_lost

    def df(self) -> int:
        """Return the degrees of freedom of the planned t-test."""
        return sum(self.arms()) - 2 - self.covariates_of_provider

    def analysed(self) -> float:
        """Return participants with an outcome a provider."""
        return self.people * (1 - self.attrition)


def design_effect(people: float, icc: float, size_cv: float = 0.0) -> float:
    """Return 1 + ((1 + cv^2) m - 1) icc, the variance relative to independent people (Eldridge & others 2006).

    Examples
    --------
    >>> round(design_effect(30, 0.05), 4), round(design_effect(30, 0.05, 0.65), 5)
    (2.45, 3.08375)
    """
    return 1 + ((1 + size_cv**2) * people - 1) * icc


def variance_of_mean(plan: Plan) -> float:
    """Return the variance of one provider's part in its arm's mean, total variance of a person 1."""
    m, between = plan.analysed(), plan.icc * (1 - plan.explained_between)
    within = (1 - plan.icc) * (1 - plan.explained_within)
    return between * (1 + plan.size_cv**2) + within / m


def t_power(shift: float, df: float, alpha: float = 0.05) -> float:
    """Return the power of a two-sided t-test whose statistic has noncentrality `shift`, both tails counted.

    scipy's noncentral t gives nan at large noncentrality, where power is 1.
    """
    critical = float(stats.t.ppf(1 - alpha / 2, df))
    if abs(shift) > SETTLED:
        return 1.0
    tails = stats.nct.sf(critical, df, shift), stats.nct.cdf(-critical, df, shift)
    return float(np.clip(np.nansum(tails), 0, 1)) if not np.isnan(tails[0]) else 1.0


def smallest(power_at: Callable[[float], float], power: float = 0.8, high: float = 1.0) -> float:
    """Return the smallest effect with at least `power`, by halving; infinite where no effect reaches it."""
    low = 0.0
    while power_at(high) < power:
        low, high = high, 2 * high
        if high > MOST_EFFECT:
            return float("inf")
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if power_at(middle) < power else (low, middle)
    return high


def _error(plan: Plan, variances: tuple[float, float]) -> float:
    """Return the error of the difference from the variance of one provider's figure in each arm (usual, coached)."""
    coached, usual = plan.arms()
    return float(np.sqrt(variances[1] / coached + variances[0] / usual))


def power_means(plan: Plan, difference: float, sd: float = 1.0) -> float:
    """Return the power for a difference in means, `sd` the standard deviation of people within an arm.

    Examples
    --------
    >>> round(power_means(Plan(coached=4, usual=4, people=30, icc=0.05), 0.5), 4)
    0.5454
    """
    v = variance_of_mean(plan) * sd**2
    return t_power(difference / _error(plan, (v, v)), plan.df(), plan.alpha)


def detectable_means(plan: Plan, power: float = 0.8, sd: float = 1.0) -> float:
    """Return the smallest difference in means that the plan detects with `power`."""
    return smallest(lambda d: power_means(plan, d, sd), power, sd)


def power_proportions(plan: Plan, usual: float, coached: float) -> float:
    """Return the power for two proportions; the ICC is on the scale of proportions."""
    if not 0 < usual < 1 or not 0 < coached < 1:
        raise RequestError("a proportion outside 0 to 1", expected="0 to 1, the ends left out", fix="give shares")
    v = variance_of_mean(plan)
    return t_power(
        (coached - usual) / _error(plan, (usual * (1 - usual) * v, coached * (1 - coached) * v)), plan.df(), plan.alpha
    )


Direction = Literal["higher", "lower"]


def detectable_proportions(plan: Plan, usual: float, direction: Direction, power: float = 0.8) -> float | None:
    """Return the proportion nearest to `usual` that the plan tells from it; None where none is."""
    room = 1 - usual if direction == "higher" else usual
    sign = 1 if direction == "higher" else -1
    found = smallest(lambda s: power_proportions(plan, usual, usual + sign * room * min(s, 1 - 1e-9)), power)
    return None if not found < 1 - 1e-6 else usual + sign * room * found


def _rate_variance(rate: float, time: float, between_cv: float, size_cv: float) -> float:
    return rate / time + between_cv**2 * rate**2 * (1 + size_cv**2)


def power_rates(plan: Plan, usual: float, coached: float, *, time: float, between_cv: float) -> float:
    """Return the power for two rates (Hayes & Bennett 1999, by t), from figures of providers.

    Parameters
    ----------
    plan : `people` and `icc` are not used; attrition shortens the time
    usual, coached : events per unit of time
    time : time at risk a provider as recruited
    between_cv : coefficient of variation of true rates between providers of an arm; for a gamma frailty the root of its
        variance
    """
    if min(usual, coached, time) <= 0 or between_cv < 0:
        raise RequestError("a rate or time that is not above zero", expected="numbers above zero", fix="check them")
    left = time * (1 - plan.attrition)
    v = tuple(_rate_variance(r, left, between_cv, plan.size_cv) for r in (usual, coached))
    return t_power((coached - usual) / _error(plan, (v[0], v[1])), plan.df(), plan.alpha)


def detectable_rates(
    plan: Plan, usual: float, direction: Direction, *, time: float, between_cv: float, power: float = 0.8
) -> float | None:
    """Return the rate nearest to `usual` that the plan tells from it; None where none is."""
    if direction == "lower":
        found = smallest(
            lambda s: power_rates(plan, usual, usual * (1 - min(s, 1 - 1e-9)), time=time, between_cv=between_cv), power
        )
        return None if not found < 1 - 1e-6 else usual * (1 - found)
    up = smallest(lambda s: power_rates(plan, usual, usual * (1 + s), time=time, between_cv=between_cv), power)
    return None if not np.isfinite(up) else usual * (1 + up)


def person_time(rate: float, people: float, follow_up: float) -> float:
    """Return expected time at risk of `people` followed until an event or for `follow_up`, at a constant hazard."""
    return people * (1 - float(np.exp(-rate * follow_up))) / rate


def power_survival(plan: Plan, rate: float, hazard_ratio: float, *, follow_up: float, between_cv: float) -> float:
    """Return the power to tell two hazards apart from log rates of providers; not Schoenfeld, which ignores providers.

    Parameters
    ----------
    plan : `people` a provider; `icc` is not used
    rate : hazard in usual care per unit of time
    hazard_ratio : coached over usual care
    follow_up : time after which everybody is censored
    between_cv : coefficient of variation of hazards between providers of an arm
    """
    time = [person_time(r, plan.analysed(), follow_up) for r in (rate, rate * hazard_ratio)]
    v = tuple(
        _rate_variance(r, t, between_cv, plan.size_cv) for r, t in zip((rate, rate * hazard_ratio), time, strict=True)
    )
    return t_power((rate * hazard_ratio - rate) / _error(plan, (v[0], v[1])), plan.df(), plan.alpha)


def providers_needed(plan: Plan, power_of: Callable[[Plan], float], power: float = 0.8) -> int | None:
    """Return providers in each arm for `power`, everything else as planned; None beyond 200 in each.

    Parameters
    ----------
    plan : its numbers of providers are replaced
    power_of : for example ``lambda p: power_means(p, 0.5)``
    """
    least = max(FEWEST, (3 + plan.covariates_of_provider + 1) // 2) + plan.providers_lost
    for k in range(least, MOST + 1):
        if power_of(replace(plan, coached=k, usual=k)) >= power:
            return k
    return None
