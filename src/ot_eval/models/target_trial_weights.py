"""How likely contact was, day by day, for each person; and the weights that make the followers of a strategy everybody.

The daily chance of a first contact comes from a pooled logistic regression on every day a person could still have had
one (statsmodels). Days between which nothing changes are counted together, which gives the same likelihood.

A strategy is a chance of contact of its own: a window of days, no contact before it, and how likely each of its days
is (alike, unless said otherwise). A person who has kept to it weighs the chance of this course under the strategy over
the chance it had in the data. The strategy's own chance stands on top, so weights are stabilised: they average 1 among
followers of a strategy on each day.
Sources: Hernan & Robins (2016); Cain and others (2010), Int J Biostat 6(2):18.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from scipy.special import expit
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.cox_fit import EVENTS_PER_COEFFICIENT
from ot_eval.models.spells import Bools, Floats, Ints
from ot_eval.models.target_trial_rows import EDGES, NEVER, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What the model of contact says.

    ``without`` (people, window + 1): chance of no contact up to and including a day; column 0 is 1. ``at_contact``:
    chance on the day of contact (1 where there was none). ``score`` (people, coefficients): how each person moves
    the coefficients.
    """

    names: tuple[str, ...]
    coefficient: Floats
    se: Floats
    without: Floats
    at_contact: Floats
    score: Floats
    n_seen: int


def contact_chances(trial: Trial, drawn: Floats | None = None) -> Chances:
    """Fit the pooled logistic model of first contact and return its chances, day by day.

    Parameters
    ----------
    trial : the people
    drawn : how often each person counts (bootstrap); None = once

    Raises
    ------
    AnalysisRefused
        fewer than five contacts (or days without) a coefficient, complete separation.
    """
    s = trial.stretches
    weight = np.ones(len(s.person)) if drawn is None else drawn[s.person]
    seen = np.bincount(s.pattern, weights=weight * s.seen, minlength=len(s.x))
    days = np.bincount(s.pattern, weights=weight * s.days, minlength=len(s.x))
    there = days > 0
    n_seen = round(float(seen.sum()))
    needed = EVENTS_PER_COEFFICIENT * s.x.shape[1]
    if min(n_seen, days.sum() - n_seen) < needed:
        raise AnalysisRefused(
            f"target trial: {n_seen} first contacts for {s.x.shape[1]} coefficients of the model of contact",
            expected=f"at least {needed} contacts",
            fix="take confounders out of timing.confounders, or pool more people",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            model = sm.GLM(np.stack([seen, days - seen], axis=1)[there], s.x[there], family=sm.families.Binomial())
            fitted = model.fit(tol=1e-12, maxiter=50)
        except (PerfectSeparationWarning, RuntimeWarning, np.linalg.LinAlgError) as problem:
            raise AnalysisRefused(
                "target trial: at some level of a confounder nobody, or everybody, is seen",
                expected="people seen and not yet seen at every level of every confounder",
                fix="join levels, or take the confounder out of timing.confounders and say so",
            ) from problem
    beta = np.asarray(fitted.params, dtype=np.float64)
    return _chances(trial, beta, np.asarray(fitted.bse, dtype=np.float64), n_seen)


def _chances(trial: Trial, beta: Floats, se: Floats, n_seen: int) -> Chances:
    s = trial.stretches
    chance = expit(s.x @ beta)[s.pattern]
    log_without = np.zeros((trial.n, trial.window + 1))
    where = np.repeat(np.arange(len(s.person)), s.days)
    place = np.arange(where.size) - np.repeat(np.cumsum(s.days) - s.days, s.days)
    log_without[s.person[where], s.first[where] + place + 1] = np.log1p(-chance)[where]
    at_contact = np.ones(trial.n)
    met = s.seen > 0
    at_contact[s.person[met]] = chance[met]
    score = np.zeros((trial.n, len(beta)))
    np.add.at(score, s.person, s.x[s.pattern] * (s.seen - s.days * chance)[:, None])
    return Chances(
        names=s.names,
        coefficient=beta,
        se=se,
        without=np.exp(np.cumsum(log_without, axis=1)),
        at_contact=at_contact,
        score=score,
        n_seen=n_seen,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days of contact that a strategy asks for, person by person: after `after`, up to and including `by`.

    `each` is the chance of each day of the window, the first to the last (the window is as long for everybody). `never`
    says that the strategy asks for no contact up to `by`, and for nothing from then on.
    """

    after: Ints
    by: Ints
    each: Floats
    never: bool = False

    def __post_init__(self) -> None:
        length = np.unique(self.by - self.after)
        if not self.never and (
            length.tolist() != [len(self.each)] or (self.each < 0).any() or abs(self.each.sum() - 1) > ROUNDING
        ):
            raise AnalysisRefused(
                f"target trial: a window of {length.max()} days with {len(self.each)} chances that add up to "
                f"{self.each.sum():g}",
                expected="a chance for each day of the window, together 1",
                fix="give one chance a day, or none for days that are alike",
            )


ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A strategy's weights: before contact by day (people, window + 2; column d is the weight on day d), and after it.

    ``later`` is the weight from the day after ``since`` on. That is the day of contact (0 where contact broke the
    strategy); under "never" it is the last day of the window, for everybody not seen up to it, whatever comes after.
    """

    before: Floats
    later: Floats
    since: Ints
    window: Window

    @property
    def followers(self) -> Bools:
        """Who kept to the strategy through its window."""
        kept: Bools = self.later > 0
        return kept


def weights_of(trial: Trial, chances: Chances, window: Window, cap: float | None = None) -> Weights:
    """Return the weights of one strategy; none is larger than `cap`."""
    size = trial.window
    day = np.arange(size + 1)  # contact history up to and including this day
    after, by = window.after[:, None], window.by[:, None]
    if window.never:
        share = (day < by).astype(np.float64)
        rows = np.arange(trial.n), np.minimum(window.by, size)
        later = np.where((trial.contact > window.by) & (trial.exit > window.by), 1 / chances.without[rows], 0.0)
    else:
        left = 1 - np.concatenate([[0.0], np.cumsum(window.each)])
        left[-1] = 0.0
        share = left[np.clip(day - after, 0, len(window.each))]
        met = (trial.contact > window.after) & (trial.contact <= np.minimum(window.by, size))
        back = chances.without[np.arange(trial.n), np.where(met, trial.contact - 1, 0)]
        asked = window.each[np.where(met, trial.contact - window.after - 1, 0)]
        later = np.where(met, asked / (chances.at_contact * back), 0.0)
    before = np.zeros((trial.n, size + 2))
    before[:, 1:] = share / chances.without
    if cap is not None:
        np.minimum(before, cap, out=before)
        later = np.minimum(later, cap)
    since = window.by if window.never else trial.contact
    return Weights(before=before, later=later, since=since, window=window)


def at_risk_before(trial: Trial) -> Bools:
    """Return who is still followed and not yet seen at the beginning of each day (people, window + 2)."""
    day = np.arange(trial.window + 2)
    still: Bools = (day >= 1) & (day <= np.minimum(trial.contact, trial.exit)[:, None])
    return still


def fixed_window(trial: Trial, after: int, by: int, each: tuple[float, ...] = (), *, never: bool = False) -> Window:
    """Return the same window for everybody; without `each` its days are alike."""
    chance = np.array(each) if each else np.full(by - after, 1 / (by - after))
    return Window(after=np.full(trial.n, after), by=np.full(trial.n, by), each=chance, never=never)


def usual_days(trial: Trial, by: int) -> tuple[float, ...]:
    """Return how likely each of the days 1 to `by` is among people seen by then, as things are.

    The daily chance of contact among people not yet seen is taken as even between two of `target_trial_rows.EDGES`.
    """
    s = trial.stretches
    period = np.searchsorted(EDGES, s.first, side="right") - 1
    met = np.bincount(period, weights=s.seen, minlength=len(EDGES))
    days = np.bincount(period, weights=s.days, minlength=len(EDGES))
    chance = np.divide(met, days, out=np.zeros(len(EDGES)), where=days > 0)
    daily = chance[np.searchsorted(EDGES, np.arange(by), side="right") - 1]
    first = daily * np.concatenate([[1.0], np.cumprod(1 - daily)[:-1]])
    if first.sum() <= 0:
        raise AnalysisRefused(
            f"target trial: nobody is seen by day {by}",
            expected="some people seen within the days of every strategy",
            fix="take the strategy out of timing.within_days",
        )
    return tuple(float(f) for f in first / first.sum())


def after_reablement(trial: Trial, grace: int) -> Window:
    """Return the window that opens the day after reablement ends and closes `grace` days later."""
    after = np.minimum(trial.ended, NEVER)
    return Window(after=after, by=after + grace, each=np.full(grace, 1 / grace))
