"""The emulated trial: shares with a larger package and average time by strategy, and by the week of first contact.

Intervals come from a bootstrap in which the model of contact is fitted anew in each draw. A strategy that too few
followed is refused by name, with the number of people that would be needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import Quantity, estimate
from ot_eval.models.bias import Ratio
from ot_eval.models.spells import Floats
from ot_eval.models.target_trial import AS_THINGS_ARE, Emulated, Followed, Plan, emulate, ratio_of
from ot_eval.models.target_trial_bootstrap import OnDraw, bootstrap
from ot_eval.models.target_trial_rows import Trial
from ot_eval.models.target_trial_weights import usual_days
from ot_eval.studies.timing_desk import WEEK, Desk, strategies_of, weeks_of

STRATEGIES, DIFFERENCE, FREE, CURVE = "timing_strategies", "timing_difference", "timing_weeks", "timing_curve"
CUTS, FOLLOWERS = "timing_weights", "timing_followers"
MEAN_WEIGHT = 0.10
"""Followers' weights should average 1; further off than this, the model of contact does not fit (a judgement)."""
LARGEST = 20.0
"""A follower who weighs more than this many average followers makes the answer rest on few people (a judgement)."""
SCALE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulation:
    """The trial, its answers, the plan of what could be answered, and the draws of the bootstrap."""

    trial: Trial
    found: Emulated
    plan: Plan
    draws: Floats
    all_followed: tuple[Followed, ...]

    def place(self, name: str) -> int | None:
        """Return the row of a strategy among the answers; as things are is row 0, None where it was refused."""
        names = [AS_THINGS_ARE, *(s.name for s in self.plan.strategies)]
        return names.index(name) if name in names else None

    def ratio(self, one: int, other: int, critical: float) -> Ratio:
        """Return the risk ratio of two rows at the last horizon, with the bootstrap's standard error."""
        logs = np.log(np.maximum(self.draws[:, (one, other), 0, -1], 1e-12))
        return ratio_of(self.found, one, other, -1, critical, float((logs[:, 0] - logs[:, 1]).std(ddof=1)))

    def followed(self, row: int) -> Followed:
        """Return who followed the strategy of a row from 1."""
        return self.found.followed[row - 1]


def emulation(desk: Desk, on_draw: OnDraw) -> tuple[Emulation, tuple[Check, ...]]:
    """Emulate every strategy and every week of first contact, leave out those too few followed, and draw again.

    Raises
    ------
    AnalysisRefused
        the model of contact cannot be fitted, or no strategy is followed by enough people.
    """
    trial = desk.trial()
    named = strategies_of(desk.protocol)
    usual = (replace(s, each=usual_days(trial, s.by)) if s.kind == "within" else s for s in named)
    asked = (*usual, *weeks_of(desk.protocol))
    whole = emulate(trial, desk.plan(asked))
    enough = tuple(f.strategy for f in whole.followed if f.short_of is None)
    plan, setting = desk.plan(enough), desk.protocol.timing
    draws = bootstrap(
        trial, plan, draws=setting.bootstrap_draws, seed=desk.protocol.seed, workers=setting.workers, on_draw=on_draw
    )
    made = Emulation(trial=trial, found=emulate(trial, plan), plan=plan, draws=draws.value, all_followed=whole.followed)
    return made, tuple(_refusals(desk, whole))


def _refusals(desk: Desk, whole: Emulated) -> Iterator[Check]:
    named = {s.name for s in strategies_of(desk.protocol)}
    for f in whole.followed:
        if f.short_of is not None and f.strategy.name in named:
            needed = int(np.ceil(len(desk.people) * f.short_of / SCALE) * SCALE)
            yield Check(
                analysis=STRATEGIES,
                name=f"too few followers: {f.strategy.name}",
                passed=False,
                sentence=f"Too few people were seen as “{f.strategy.name}” asks for an answer. About {needed:,} people "
                "starting reablement would be needed.",
                detail="needed: followers worth 30 equal ones, and 10 larger packages among them",
            )


def shares(desk: Desk, made: Emulation) -> Iterator[Estimate]:
    """Yield the share of everybody with a larger package by each horizon, under each strategy."""
    for row in range(len(made.plan.strategies) + 1):
        name = AS_THINGS_ARE if row == 0 else made.plan.strategies[row - 1].name
        if name.startswith("week "):
            continue
        for h, day in enumerate(made.plan.horizons):
            yield _estimate(desk, made, (STRATEGIES, f"{name}, by {_weeks(day)}", "share of people"),
                            made.found.value[row, 0, h], made.draws[:, row, 0, h])  # fmt: skip


def differences(desk: Desk, made: Emulation) -> Iterator[Estimate]:
    """Yield differences in share and in average time, against things as they are and against no contact."""
    names = [s.name for s in strategies_of(desk.protocol)]
    for against in (AS_THINGS_ARE, names[-1]):
        base = made.place(against)
        for name in names:
            row = made.place(name)
            if base is None or row is None or row == base:
                continue
            for h, day in enumerate(made.plan.horizons):
                for kind, (analysis, measure) in enumerate(((DIFFERENCE, "difference in share"), (FREE, TIME))):
                    value = made.found.value[row, kind, h] - made.found.value[base, kind, h]
                    drawn = made.draws[:, row, kind, h] - made.draws[:, base, kind, h]
                    words = (analysis, f"{name} v {against}, by {_weeks(day)}", measure)
                    yield _estimate(desk, made, words, value, drawn)


TIME = "difference in mean time without any of the outcomes"


def curve(desk: Desk, made: Emulation) -> Iterator[Estimate]:
    """Yield the share by the last horizon if everybody were first seen in one week; empty where the data stop."""
    for f in made.all_followed:
        if not f.strategy.name.startswith("week "):
            continue
        words = (CURVE, f"first seen in {f.strategy.name}", "share of people")
        row = made.place(f.strategy.name)
        if row is None:
            yield Estimate(analysis=CURVE, population="all", outcome="increase", term=words[1], measure=words[2],
                           unit="probability", value=None, n=made.trial.n,
                           method=_method(desk))  # fmt: skip
        else:
            yield _estimate(desk, made, words, made.found.value[row, 0, -1], made.draws[:, row, 0, -1])


def cuts(desk: Desk, made: Emulation) -> Iterator[Estimate]:
    """Yield the same shares by the last horizon with weights uncut, and cut to the 99th percentile."""
    named = {s.name for s in strategies_of(desk.protocol)}
    chosen = tuple(s for s in made.plan.strategies if s.name in named)
    for share in (1.0, 0.99):
        again = emulate(made.trial, desk.plan(chosen, share))
        for row, s in enumerate(chosen, start=1):
            how = "weights uncut" if share == 1 else "largest 1% of weights cut"
            yield Estimate(analysis=CUTS, population="all", outcome="increase", term=f"{s.name}, {how}",
                           measure="share of people", unit="probability", value=float(again.value[row, 0, -1]),
                           n=_counts(made)[0], n_event=_counts(made)[1], method=METHOD)  # fmt: skip


METHOD = "clone, censor, weight; pooled logistic model of contact; standardised to everybody"


def diagnostics(made: Emulation) -> Iterator[Check]:
    """Yield, for each strategy, whether its weights behave: they average 1, and nobody stands for too many."""
    for f in made.found.followed:
        if f.strategy.name.startswith("week "):
            continue
        fine = abs(f.mean_weight - 1) <= MEAN_WEIGHT and f.largest <= LARGEST
        yield Check(
            analysis=STRATEGIES,
            name=f"weights: {f.strategy.name}",
            passed=fine,
            sentence="The people who were seen as the strategy asks can stand for everybody."
            if fine
            else f"“{f.strategy.name}” rests on few people who stand for many others. Read it with care.",
            detail=f"mean weight {f.mean_weight:.2f} (1 expected); largest {f.largest:.1f} times the mean; followers "
            f"worth {100 * f.effective / max(f.people, 1):.0f}% of as many equal ones; "
            f"{'some' if f.cut else 'no'} weights cut",
        )


def _method(desk: Desk) -> str:
    return f"{METHOD}; bootstrap of {'people' if desk.cluster is None else 'providers'}"


def _weeks(day: int) -> str:
    return f"week {day // WEEK}" if day % WEEK == 0 else f"day {day}"


def _counts(made: Emulation) -> tuple[int, int]:
    """Return people and larger packages: everybody counts under every strategy until they depart from it."""
    own = (made.trial.event == made.trial.kind("increase")) & (made.trial.exit <= max(made.plan.horizons))
    return made.trial.n, int(own.sum())


def followers(made: Emulation) -> Iterator[Estimate]:
    """Yield how many people kept to each strategy through its days, and how many equal ones they are worth."""
    for f in made.all_followed:
        yield Estimate(analysis=FOLLOWERS, population="all", outcome="", term=f.strategy.name, n=made.trial.n,
                       measure="people who kept to it", unit="people", value=f.people)  # fmt: skip


def _estimate(desk: Desk, made: Emulation, words: tuple[str, str, str], value: float, drawn: Floats) -> Estimate:
    analysis, term, measure = words
    time = measure == TIME
    n, events = _counts(made)
    number = Quantity(term=term, measure=measure, unit="days" if time else "probability", value=float(value),
                      se=float(drawn.std(ddof=1)), test=False)  # fmt: skip
    about = replace(desk.about, outcome="any event" if time else "increase")
    found = estimate(
        about, analysis, number, method=_method(desk), n=n, n_event=events, n_cluster=made.trial.clusters.count
    )
    if "difference" in measure or found.lower is None or found.upper is None:
        return found
    return replace(found, lower=max(found.lower, 0.0), upper=min(found.upper, 1.0))
