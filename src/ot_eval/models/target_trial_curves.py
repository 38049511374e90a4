"""What would happen under a strategy: weighted incidence with competing events, mean time without any, and influence.

Everybody's weight makes the followers of a strategy look like all people at time zero, so the weighted Aalen-Johansen
curve is the share of everybody who would have the event. Each person's influence on it is exact (delta method on the
daily chances). That the model of contact was estimated is allowed for by taking out of the influence what the model's
score explains (Robins, Rotnitzky & Zhao 1995; Henmi & Eguchi 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ot_eval.models.spells import Bools, Floats
from ot_eval.models.target_trial_rows import Trial
from ot_eval.models.target_trial_weights import Chances, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Weighted course under one strategy by day, 0 to the horizon: ``at_risk`` (days,), ``events`` (kinds, days)."""

    at_risk: Floats
    events: Floats

    @property
    def hazard(self) -> Floats:
        """Daily chance of each kind of event, shape (kinds, days)."""
        there = self.at_risk > 0
        chance: Floats = np.divide(self.events, self.at_risk, out=np.zeros_like(self.events), where=there)
        return chance

    @property
    def free(self) -> Floats:
        """Share without any event at the end of each day."""
        share: Floats = np.cumprod(1 - self.hazard.sum(axis=0))
        return share

    def incidence(self, kind: int) -> Floats:
        """Share with the event of number `kind` (from 1) by the end of each day."""
        before = np.concatenate([[1.0], self.free[:-1]])
        share: Floats = np.cumsum(before * self.hazard[kind - 1])
        return share

    def mean_days(self, horizon: int) -> float:
        """Mean days without any event up to `horizon`."""
        return float(self.free[:horizon].sum())

    @property
    def last_day(self) -> int:
        """Last day on which anybody weighs anything."""
        return int(np.flatnonzero(self.at_risk > 0).max(initial=0))


def course_of(
    trial: Trial, weights: Weights | None, waiting: Bools, horizon: int, drawn: Floats | None = None
) -> Course:
    """Return the weighted course of a strategy (None = as things are).

    Parameters
    ----------
    trial : the people
    weights : result of `target_trial_weights.weights_of`
    waiting : result of `target_trial_weights.at_risk_before`
    horizon : last day counted
    drawn : how often each person counts
    """
    size, n_kinds = horizon + 1, len(trial.kinds)
    count = np.ones(trial.n) if drawn is None else drawn
    leave = np.minimum(trial.exit, horizon)
    own = np.where(trial.exit <= horizon, trial.event, 0)
    if weights is None:
        start, later, at_exit = np.zeros(trial.n, dtype=np.int64), count, count
        at_risk = np.zeros(size)
    else:
        columns = min(weights.before.shape[1], size)
        held = weights.before[:, :columns] * waiting[:, :columns]
        at_risk = np.zeros(size)
        at_risk[:columns] = count @ held
        start = np.minimum(weights.since, horizon)
        later = np.where(trial.exit > weights.since, weights.later, 0.0) * count
        first = np.where(leave < columns, held[np.arange(trial.n), np.minimum(leave, columns - 1)], 0.0) * count
        at_exit = np.where(trial.exit > weights.since, later, first)
    inside = start < leave
    steps = np.bincount(start[inside] + 1, weights=later[inside], minlength=size + 1)[: size + 1]
    steps -= np.bincount(leave[inside] + 1, weights=later[inside], minlength=size + 1)[: size + 1]
    at_risk = at_risk + np.cumsum(steps)[:size]
    key = leave * (n_kinds + 1) + own
    ends = np.bincount(key, weights=at_exit, minlength=size * (n_kinds + 1)).astype(np.float64)
    events = ends.reshape(size, n_kinds + 1).T[1:]
    return Course(at_risk=np.where(at_risk > ROUNDING * max(trial.n, 1), at_risk, 0.0), events=events)


ROUNDING = 1e-9
"""Weight smaller than this, a person, is what sums and differences leave behind."""


def slope_of_incidence(course: Course, kind: int, horizon: int) -> Floats:
    """Return how the share with an event by `horizon` moves with each daily chance, shape (kinds, days)."""
    hazard, share = course.hazard[:, : horizon + 1], course.incidence(kind)[: horizon + 1]
    before = np.concatenate([[1.0], course.free[:horizon]])
    stay = 1 - hazard.sum(axis=0)
    fall = np.divide(share[horizon] - share, stay, out=np.zeros_like(stay), where=stay > 0)
    slope = np.tile(-fall, (hazard.shape[0], 1))
    slope[kind - 1] += before
    return slope


def slope_of_mean(course: Course, horizon: int) -> Floats:
    """Return how mean days without any event move with each daily chance, shape (kinds, days)."""
    free = course.free[: horizon + 1]
    ahead = np.append(np.cumsum(free[:horizon][::-1])[::-1], 0.0)
    stay = 1 - course.hazard[:, : horizon + 1].sum(axis=0)
    fall = np.divide(ahead, stay, out=np.zeros_like(stay), where=stay > 0)
    return np.tile(-fall, (course.hazard.shape[0], 1))


def influence(trial: Trial, weights: Weights | None, waiting: Bools, course: Course, slope: Floats) -> Floats:
    """Return each person's influence on a number of which `slope` gives the slopes; weights are taken as known."""
    size = slope.shape[1]
    horizon = size - 1
    risk = course.at_risk[:size]
    per = np.divide(slope, risk, out=np.zeros_like(slope), where=risk > 0)
    expected = (per * course.hazard[:, :size]).sum(axis=0)
    so_far = np.concatenate([[0.0], np.cumsum(expected)])  # so_far[d + 1]: days 0 to d
    leave = np.minimum(trial.exit, horizon)
    own = np.where(trial.exit <= horizon, trial.event, 0)
    met = np.where(own > 0, per[np.maximum(own, 1) - 1, leave], 0.0)
    if weights is None:
        plain: Floats = met - so_far[leave + 1]
        return plain
    columns = min(weights.before.shape[1], size)
    held = weights.before[:, :columns] * waiting[:, :columns]
    moved = -held @ expected[:columns]
    gone = trial.exit > weights.since
    later = np.where(gone, weights.later, 0.0)
    start = np.minimum(weights.since, horizon)
    moved -= later * (so_far[leave + 1] - so_far[np.minimum(start, leave) + 1])
    first = np.where(leave < columns, held[np.arange(trial.n), np.minimum(leave, columns - 1)], 0.0)
    result: Floats = moved + np.where(gone, later, first) * met
    return result


def without_score(moved: Floats, chances: Chances) -> Floats:
    """Return influence with what the score of the model of contact explains taken out.

    Parameters
    ----------
    moved : influence, shape (people,) or (people, numbers)
    """
    explained, *_ = np.linalg.lstsq(chances.score, moved, rcond=None)
    rest: Floats = moved - chances.score @ explained
    return rest
