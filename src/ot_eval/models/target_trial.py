"""The trial that nobody ran: everybody given one strategy of contact, compared with everybody given another.

Each person counts under every strategy that their course so far agrees with, from the first day of reablement (cloned),
leaves it on the day they depart from it (censored), and stands for people like them who departed (weighted). Answers
are shares of everybody with a larger package by a day, and average time before any of the outcomes.
Sources: Hernan & Robins (2016), Am J Epidemiol 183:758; Hernan (2018), BMJ 360:k182; Cain and others (2010).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.bias import Ratio
from ot_eval.models.spells import Floats
from ot_eval.models.target_trial_curves import (
    Course,
    course_of,
    influence,
    slope_of_incidence,
    slope_of_mean,
    without_score,
)
from ot_eval.models.target_trial_rows import Trial
from ot_eval.models.target_trial_weights import (
    Chances,
    Weights,
    Window,
    after_reablement,
    at_risk_before,
    contact_chances,
    fixed_window,
    weights_of,
)
from ot_eval.models.weighted_curves import effective_number

Kind = Literal["within", "after_reablement", "none"]
AS_THINGS_ARE = "as things are"
FEWEST_EFFECTIVE = 30
"""Followers, counted as equal ones, below which a strategy is not shown (a judgement; the simulation used over 60)."""
FEWEST_EVENTS = 10
"""Events among followers of a strategy below which its share is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What everybody would be given.

    "within": no contact up to day `after`, then contact by day `by`; `each` says how likely each day between is (days
    alike where it is left out).
    "after_reablement": no contact while reablement lasts, then as above within `by` days of its end.
    "none": no contact up to day `by`; from then on as things are.
    """

    name: str
    kind: Kind = "within"
    after: int = 0
    by: int = 7
    each: tuple[float, ...] = ()

    def window(self, trial: Trial) -> Window:
        """Return the days of contact it asks for, person by person."""
        if self.kind == "after_reablement":
            return after_reablement(trial, self.by)
        return fixed_window(trial, self.after, self.by, self.each, never=self.kind == "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a trial: strategies, the outcome and when, and where weights are cut.

    `truncate` is the share of followers' weights that is left alone; larger ones are cut to the largest of these.
    """

    strategies: tuple[Strategy, ...]
    cause: str
    horizons: tuple[int, ...]
    truncate: float = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How one strategy was followed: the weights of its followers, and what stands behind the answer."""

    strategy: Strategy
    people: int
    effective: float
    events: int
    mean_weight: float
    largest: float
    cut: int
    course: Course

    @property
    def short_of(self) -> float | None:
        """By how many times more people would have to be followed; None where there are enough."""
        lack = max(FEWEST_EFFECTIVE / max(self.effective, 0.1), FEWEST_EVENTS / max(self.events, 0.1))
        return None if lack <= 1 else float(lack)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """Answers, one row a strategy (as things are first) by (share, mean days) by horizon; and who followed.

    ``moved`` (people, strategies, 2, horizons) is each person's influence on the answers.
    """

    value: Floats
    followed: tuple[Followed, ...]
    chances: Chances
    natural: Course
    moved: Floats = field(repr=False)


def emulate(trial: Trial, plan: Plan) -> Emulated:
    """Return what would happen under each strategy, with the influence of each person.

    Parameters
    ----------
    trial : result of `target_trial_rows.read_trial`
    plan : strategies, outcome, horizons

    Raises
    ------
    AnalysisRefused
        horizons beyond follow-up, a window beyond the modelled days, or a model of contact the data cannot carry.
        A strategy with too few followers is returned and says so in `Followed.short_of`.
    """
    _refuse(trial, plan)
    chances, waiting = contact_chances(trial), at_risk_before(trial)
    last = max(plan.horizons)
    natural = course_of(trial, None, waiting, last)
    values, moved, followed = [_numbers(trial, natural, plan)], [_moves(trial, None, natural, waiting, plan)], []
    for strategy in plan.strategies:
        weights, cut = _cut_weights(trial, chances, strategy, plan.truncate)
        course = course_of(trial, weights, waiting, last)
        values.append(_numbers(trial, course, plan))
        moved.append(without_score(_moves(trial, weights, course, waiting, plan), chances))
        followed.append(_followed(trial, plan, strategy, weights, (course, cut)))
    shape = (trial.n, 1 + len(plan.strategies), 2, len(plan.horizons))
    return Emulated(
        value=np.array(values),
        followed=tuple(followed),
        chances=chances,
        natural=natural,
        moved=np.stack(moved, axis=1).reshape(shape),
    )


def answers(trial: Trial, plan: Plan, drawn: Floats) -> Floats:
    """Return the answers when each person counts `drawn` times: one draw of a bootstrap, weights estimated anew."""
    chances, waiting = contact_chances(trial, drawn), at_risk_before(trial)
    last = max(plan.horizons)
    values = [_numbers(trial, course_of(trial, None, waiting, last, drawn), plan)]
    for strategy in plan.strategies:
        weights, _ = _cut_weights(trial, chances, strategy, plan.truncate)
        values.append(_numbers(trial, course_of(trial, weights, waiting, last, drawn), plan))
    return np.array(values)


def ratio_of(found: Emulated, one: int, other: int, horizon: int, critical: float, se: float | None = None) -> Ratio:
    """Return the risk ratio of two rows of `Emulated.value` at a horizon, by place; `se` is on the log scale."""
    first, second = (float(found.value[row, 0, horizon]) for row in (one, other))
    if se is None:
        moved = found.moved[:, one, 0, horizon] / first - found.moved[:, other, 0, horizon] / second
        se = float(np.sqrt((moved**2).sum()))
    return Ratio(log=float(np.log(first / second)), se=se, critical=critical)


def _cut_weights(trial: Trial, chances: Chances, strategy: Strategy, truncate: float) -> tuple[Weights, int]:
    window = strategy.window(trial)
    weights = weights_of(trial, chances, window)
    kept = weights.later[weights.later > 0]
    if truncate >= 1 or kept.size == 0:
        return weights, 0
    cap = float(np.quantile(kept, truncate, method="higher"))
    return weights_of(trial, chances, window, cap), int((kept > cap).sum())


def _numbers(trial: Trial, course: Course, plan: Plan) -> Floats:
    share = course.incidence(trial.kind(plan.cause))
    return np.array([[share[h] for h in plan.horizons], [course.mean_days(h) for h in plan.horizons]])


def _moves(trial: Trial, weights: Weights | None, course: Course, waiting: np.ndarray, plan: Plan) -> Floats:
    kind = trial.kind(plan.cause)
    slopes = [slope_of_incidence(course, kind, h) for h in plan.horizons]
    slopes += [slope_of_mean(course, h) for h in plan.horizons]
    return np.stack([influence(trial, weights, waiting, course, s) for s in slopes], axis=1)


def _followed(trial: Trial, plan: Plan, strategy: Strategy, weights: Weights, found: tuple[Course, int]) -> Followed:
    kept = weights.followers
    own = kept & (trial.event == trial.kind(plan.cause)) & (trial.exit <= max(plan.horizons))
    own &= trial.exit > weights.since
    heavy = weights.later[kept]
    return Followed(
        strategy=strategy,
        people=int(kept.sum()),
        effective=effective_number(heavy) if kept.any() else 0.0,
        events=int(own.sum()),
        mean_weight=_mean_weight(trial, weights),
        largest=float(heavy.max() / heavy.mean()) if kept.any() else 0.0,
        cut=found[1],
        course=found[0],
    )


def _mean_weight(trial: Trial, weights: Weights) -> float:
    """Return followers' total weight over everybody still followed when the window closes: about 1 if all is well."""
    there = trial.exit > np.maximum(weights.window.by, 1)
    still = there & (trial.exit > weights.since)
    return float(weights.later[still].sum() / max(int(there.sum()), 1))


def _refuse(trial: Trial, plan: Plan) -> None:
    last = int(trial.exit.max())
    late = [s.name for s in plan.strategies if s.kind != "after_reablement" and s.by > trial.window]
    if max(plan.horizons) > last or min(plan.horizons) < 1 or late:
        raise AnalysisRefused(
            f"target trial: followed to day {last}, asked about day {max(plan.horizons)}; {len(late)} strategies reach "
            f"beyond day {trial.window}",
            expected="horizons within follow-up, and strategies within the days on which contact is modelled",
            fix="choose earlier horizons, or give a longer follow-up",
        )
