"""Power by simulation of the very analysis planned, to stand beside the formula.

Trials are drawn as means and sums of squares by provider, which have the same distribution as drawing people, and go
through the code that the study will run. Work is split into parts with generators of their own, so that the answer
depends on the generator given and not on the number of processors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from joblib import Parallel, delayed
from scipy import stats

from ot_eval.base.errors import RequestError
from ot_eval.models import trial_mixed
from ot_eval.models.trial_components import Within
from ot_eval.models.trial_moments import summed_moments
from ot_eval.models.trial_power import Plan, power_means
from ot_eval.models.trial_power_wedge import WedgePlan, power_wedge
from ot_eval.models.trial_records import Array, two_sided_t
from ot_eval.models.trial_robust import cr2
from ot_eval.models.trial_summary import student
from ot_eval.models.trial_wedge import Cells, nested_exchangeable

Analysis = Literal["cluster_summary_t", "random_intercept_kr", "participant_summary_cr2"]
Wrap = Callable[[Iterable[int]], Iterable[int]]
PARTS, FEWEST_PEOPLE = 20, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Power by simulation with its Monte Carlo error, beside the formula's."""

    simulated: float
    error: float
    formula: float
    worlds: int
    analysis: str


def plain(parts: Iterable[int]) -> Iterable[int]:
    """Return the parts as they are: no progress bar."""
    return parts


def draw(plan: Plan, difference: float, worlds: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return means, sums of squares within providers, sizes (worlds, providers) and arms (providers,); person SD 1.

    Sizes are gamma with the planned variation, at least two; attrition and what covariates explain are taken off.
    """
    coached, usual = plan.arms()
    arm = np.r_[np.ones(coached), np.zeros(usual)]
    shape = (worlds, arm.size)
    m = plan.analysed()
    size = np.full(shape, m)
    if plan.size_cv:
        size = rng.gamma(1 / plan.size_cv**2, m * plan.size_cv**2, shape)
    size = np.maximum(FEWEST_PEOPLE, np.rint(size))
    between = plan.icc * (1 - plan.explained_between)
    within = (1 - plan.icc) * (1 - plan.explained_within)
    mean = difference * arm + rng.normal(0, np.sqrt(between), shape) + rng.normal(0, np.sqrt(within / size))
    return mean, within * rng.chisquare(size - 1), size, arm


def rejections(plan: Plan, difference: float, analysis: Analysis, worlds: int, rng: np.random.Generator) -> int:
    """Return in how many simulated trials the analysis rejects."""
    mean, squares, size, arm = draw(plan, difference, worlds, rng)
    if analysis == "cluster_summary_t":
        value, se = student(mean, arm)
        p = two_sided_t(value, se, plan.df())
    else:
        m = summed_moments(size * mean, squares + size * mean**2, np.broadcast_to(arm, size.shape), size)
        found = cr2(m) if analysis == "participant_summary_cr2" else trial_mixed.arm_test(trial_mixed.fit(m), arm.size)
        p = two_sided_t(*found)
    return int((p < plan.alpha).sum())


def split(worlds: int, rng: np.random.Generator) -> list[tuple[int, np.random.Generator]]:
    """Return how many worlds each part simulates, and its generator."""
    if worlds < PARTS:
        raise RequestError(f"{worlds} simulated trials", expected=f"{PARTS} or more", fix="ask for 2,000 or more")
    sizes = [worlds // PARTS + (k < worlds % PARTS) for k in range(PARTS)]
    return list(zip(sizes, rng.spawn(PARTS), strict=True))


def simulated_power(
    plan: Plan,
    difference: float,
    rng: np.random.Generator,
    *,
    analysis: Analysis = "cluster_summary_t",
    worlds: int = 10_000,
    processors: int = 1,
    progress: Wrap = plain,
) -> Power:
    """Return the power of the planned analysis for a difference in means, in standard deviations of people.

    Parameters
    ----------
    plan : the trial
    difference : coached minus usual care; 0 gives the error rate of the analysis under the plan
    rng : source of randomness; the answer does not depend on `processors`
    analysis : cluster_summary_t, random_intercept_kr or participant_summary_cr2
    worlds : simulated trials
    processors : processes of joblib
    progress : wraps the parts of the work, for a progress bar

    Raises
    ------
    RequestError
        Fewer than 20 worlds; covariates of the provider, which only the formula knows.
    """
    if plan.covariates_of_provider:
        raise RequestError(
            "covariates of the provider in a simulated plan", expected="none", fix="use the formula for them"
        )
    parts = split(worlds, rng)
    hits = Parallel(n_jobs=processors)(
        delayed(rejections)(plan, difference, analysis, *parts[k]) for k in progress(range(PARTS))
    )
    return summed(sum(hits), worlds, power_means(plan, difference), analysis)


def summed(hits: int, worlds: int, formula: float, analysis: str) -> Power:
    """Return the power of all parts together."""
    share = hits / worlds
    error = float(np.sqrt(max(share * (1 - share), 1 / worlds) / worlds))
    return Power(simulated=share, error=error, formula=formula, worlds=worlds, analysis=analysis)


def wedge_rejections(plan: WedgePlan, difference: float, worlds: int, rng: np.random.Generator) -> int:
    """Return in how many simulated stepped wedges the nested exchangeable model rejects at 5 %."""
    treatment = plan.treatment()
    n, periods = treatment.shape
    between, moving, _, residual = plan.variances()
    cluster, period = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    people, hits = round(plan.people), 0
    for _ in range(worlds):
        mean = difference * treatment + rng.normal(0, np.sqrt(between), (n, 1))
        mean = mean + rng.normal(0, np.sqrt(moving + residual / people), (n, periods))
        df = n * periods * (people - 1)
        cells = Cells(
            mean=mean.ravel(), size=np.full(mean.size, float(people)), cluster=cluster, period=period,
            treated=treatment.ravel(), exposure=np.cumsum(treatment, axis=1).ravel(),
            within=Within(squares=float(residual * rng.chisquare(df)), df=df), n_cluster=n, n_period=periods,
        )  # fmt: skip
        model = nested_exchangeable(cells)
        p = 2 * stats.t.sf(abs(model.beta[1]) / np.sqrt(model.adjusted[1, 1]), model.df[1])
        hits += int(p < 0.05)  # noqa: PLR2004
    return hits


def simulated_wedge_power(
    plan: WedgePlan,
    difference: float,
    rng: np.random.Generator,
    *,
    worlds: int = 1_000,
    processors: int = 1,
    progress: Wrap = plain,
) -> Power:
    """Return the power of the nested exchangeable model (Kenward-Roger) under a plan of other people each period.

    Parameters as in `simulated_power`. The formula uses t(G - 2), which is cautious beside Kenward-Roger.

    Raises
    ------
    RequestError
        Fewer than 20 worlds, one person a provider and period, or a cohort (`iac` above zero).
    """
    if plan.iac or round(plan.people) < FEWEST_PEOPLE:
        raise RequestError(
            "a simulated wedge of a cohort, or with one person a provider and period",
            expected="other people each period, two or more",
            fix="use the formula power_wedge",
        )
    parts = split(worlds, rng)
    hits = Parallel(n_jobs=processors)(
        delayed(wedge_rejections)(plan, difference, *parts[k]) for k in progress(range(PARTS))
    )
    return summed(sum(hits), worlds, power_wedge(plan, difference), "wedge_nested_exchangeable_kr")
