"""Power by simulation for yes/no outcomes, counts and times, through the figures of providers that a study compares."""

from __future__ import annotations

from typing import Literal

import numpy as np
from joblib import Parallel, delayed

from ot_eval.base.errors import RequestError
from ot_eval.models.trial_power import Plan, power_proportions, power_rates, power_survival
from ot_eval.models.trial_power_simulated import FEWEST_PEOPLE, PARTS, Power, Wrap, plain, split, summed
from ot_eval.models.trial_records import Array, two_sided_t
from ot_eval.models.trial_summary import NONE_SEEN, student

Kind = Literal["proportion", "rate", "survival"]


def _sizes(plan: Plan, n: int, mean: float, worlds: int, rng: np.random.Generator) -> Array:
    if not plan.size_cv:
        return np.full((worlds, n), mean)
    return rng.gamma(1 / plan.size_cv**2, mean * plan.size_cv**2, (worlds, n))


def _levels(spread: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return gamma levels of providers with mean 1 and the coefficient of variation `spread`."""
    return rng.gamma(1 / spread**2, spread**2, shape) if spread else np.ones(shape)


def _log_rate(events: Array, time: Array) -> Array:
    """Return log rates, a half added in a world where a provider has no event, as `trial_summary` does."""
    add = np.where((events == 0).any(axis=1), NONE_SEEN, 0.0)[:, None]
    each = time.sum(axis=1, keepdims=True) / np.maximum(events.sum(axis=1, keepdims=True), 1)
    rate: Array = np.log((events + add) / (time + add * each))
    return rate


def figures(
    plan: Plan, kind: Kind, numbers: dict[str, float], worlds: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return simulated figures of providers (worlds, providers) and arms; `numbers` as `NEEDS` names them.

    Proportions are compared as they are (beta-binomial), rates and times as log rates (gamma levels of providers).
    """
    coached, usual = plan.arms()
    arm = np.r_[np.ones(coached), np.zeros(usual)]
    value = np.where(arm == 1, numbers["coached"], numbers["usual"])
    if kind == "proportion":
        size = np.maximum(FEWEST_PEOPLE, np.rint(_sizes(plan, arm.size, plan.analysed(), worlds, rng))).astype(np.int64)
        strength = 1 / plan.icc - 1 if plan.icc else None
        chance = (
            rng.beta(value * strength, (1 - value) * strength, size.shape)
            if strength
            else np.broadcast_to(value, size.shape)
        )
        return rng.binomial(size, chance) / size, arm
    spread = numbers["between_cv"]
    if kind == "rate":
        time = _sizes(plan, arm.size, numbers["time"] * (1 - plan.attrition), worlds, rng)
        return _log_rate(rng.poisson(time * value * _levels(spread, time.shape, rng)), time), arm
    size = np.maximum(FEWEST_PEOPLE, np.rint(_sizes(plan, arm.size, plan.analysed(), worlds, rng))).astype(np.int64)
    most = int(size.max())
    hazard = value * _levels(spread, size.shape, rng)
    until = rng.exponential(1.0, (*size.shape, most)) / hazard[:, :, None]
    there = np.arange(most) < size[:, :, None]
    events = ((until <= numbers["follow_up"]) & there).sum(axis=2)
    days = (np.minimum(until, numbers["follow_up"]) * there).sum(axis=2)
    return _log_rate(events, days), arm


def _rejections(plan: Plan, kind: Kind, numbers: dict[str, float], worlds: int, rng: np.random.Generator) -> int:
    value, arm = figures(plan, kind, numbers, worlds, rng)
    difference, se = student(value, arm)
    with np.errstate(divide="ignore", invalid="ignore"):
        return int((two_sided_t(difference, se, plan.df()) < plan.alpha).sum())


NEEDS: dict[str, tuple[str, ...]] = {
    "proportion": ("usual", "coached"),
    "rate": ("usual", "coached", "time", "between_cv"),
    "survival": ("usual", "coached", "follow_up", "between_cv"),
}


def simulated_power_of_events(
    plan: Plan,
    kind: Kind,
    numbers: dict[str, float],
    rng: np.random.Generator,
    *,
    worlds: int = 4_000,
    processors: int = 1,
    progress: Wrap = plain,
) -> Power:
    """Return the power of the t-test of provider figures for proportions, rates or hazards, beside the formula's.

    Parameters
    ----------
    plan : the trial
    kind : proportion, rate or survival
    numbers : usual, coached (proportions, rates or hazards); time and between_cv for a rate; follow_up and between_cv
        for survival
    rng, worlds, processors, progress : as in `trial_power_simulated.simulated_power`

    Raises
    ------
    RequestError
        A number is missing or not above zero; fewer than 20 worlds.
    """
    lacking = [n for n in NEEDS[kind] if n not in numbers or (numbers[n] <= 0 and n != "between_cv")]
    if lacking or set(numbers) - set(NEEDS[kind]):
        raise RequestError(
            f"power of a {kind}: {', '.join(lacking) or 'numbers of another kind'}",
            expected=f"the numbers {', '.join(NEEDS[kind])}, above zero",
            fix="give these numbers",
        )
    parts = split(worlds, rng)
    hits = Parallel(n_jobs=processors)(
        delayed(_rejections)(plan, kind, numbers, *parts[k]) for k in progress(range(PARTS))
    )
    return summed(sum(hits), worlds, _formula(plan, kind, numbers), "cluster_summary_t")


def _formula(plan: Plan, kind: Kind, numbers: dict[str, float]) -> float:
    if kind == "proportion":
        return power_proportions(plan, numbers["usual"], numbers["coached"])
    if kind == "rate":
        return power_rates(
            plan, numbers["usual"], numbers["coached"], time=numbers["time"], between_cv=numbers["between_cv"]
        )
    ratio = numbers["coached"] / numbers["usual"]
    return power_survival(
        plan, numbers["usual"], ratio, follow_up=numbers["follow_up"], between_cv=numbers["between_cv"]
    )
