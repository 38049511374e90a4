"""The Cox partial likelihood, its derivatives and its maximum, from sums over risk sets.

Two engines supply the sums: `grid.CountGrid` (counts by event time and covariate pattern) and
`sorted_rows.SortedRows` (one pass over rows an iteration). The arithmetic below is the same for both.
Sources: Cox (1972, 1975); Efron (1977); Therneau & Grambsch (2000) for the residuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.spells import Floats, Ints
from ot_eval.models.ties import Ties, TieSteps, TieSums, tie_sums

MOST_ITERATIONS = 40
CLOSE = 1e-11
"""Newton stops when a step promises less than this change of the log-likelihood, relative to its size."""
TINY = 1e-9
"""An eigenvalue of the correlation-scaled information below this is zero: covariates determine each other."""
SHARE = 0.1
"""Covariates with at least this weight in the zero direction are named."""
FAR = 18.0
"""A coefficient this large times the spread of its covariate means exp(18): nobody's hazard, a sign of separation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSums:
    """Weighted sums of risk and of risk times covariates: over the risk set (s0, s1) and over its events (t0, t1)."""

    s0: Floats
    s1: Floats
    t0: Floats
    t1: Floats


class Engine(Protocol):
    """What an engine of the likelihood offers. Shapes: times K, coefficients p."""

    name: str

    @property
    def deaths(self) -> Ints:
        """Events at each time."""

    @property
    def death_weight(self) -> Floats:
        """Their summed weight."""

    @property
    def death_total(self) -> Floats:
        """Weighted covariates summed over all events, shape (p,)."""

    @property
    def spread(self) -> Floats:
        """Largest minus smallest value of each covariate, shape (p,)."""

    def sums(self, beta: Floats) -> RiskSums:
        """Return the sums over risk sets at `beta`."""

    def second_moment(self, beta: Floats, at_risk: Floats, own: Floats) -> Floats:
        """Return the sum over times of ``at_risk`` x S2 - ``own`` x T2, the second moments, shape (p, p)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The likelihood at one place: value, gradient, information, and the sums they came from."""

    beta: Floats
    loglik: float
    score: Floats
    information: Floats
    sums: RiskSums
    ties: TieSums


def evaluate(engine: Engine, beta: Floats, steps: TieSteps | None) -> Point:
    """Return log-likelihood, score and information at `beta`; `steps` None means Breslow."""
    s = engine.sums(beta)
    t = tie_sums(s.s0, s.t0, engine.death_weight, engine.deaths, steps)
    expected = t.hazard @ s.s1 - t.own @ s.t1
    cross = (s.s1 * t.square_own[:, None]).T @ s.t1
    outer = (s.s1 * t.square[:, None]).T @ s.s1 - cross - cross.T + (s.t1 * t.square_own_own[:, None]).T @ s.t1
    return Point(
        beta=beta,
        loglik=float(engine.death_total @ beta - t.log.sum()),
        score=engine.death_total - expected,
        information=engine.second_moment(beta, t.hazard, t.own) - outer,
        sums=s,
        ties=t,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """Where the likelihood is largest, and what it was at zero."""

    null: Point
    best: Point
    steps: TieSteps | None


def maximise(engine: Engine, ties: Ties, names: tuple[str, ...]) -> Maximum:
    """Return the maximum by Newton's method with step halving, or refuse.

    Raises
    ------
    AnalysisRefused
        covariates that determine each other, complete separation, or no convergence.
    """
    steps = TieSteps.of(engine.deaths) if ties == "efron" else None
    point = null = evaluate(engine, np.zeros(engine.spread.size), steps)
    _refuse_collinear(null, names)
    for _ in range(MOST_ITERATIONS):
        move = _solve(point)
        gain = float(move @ point.score)
        if gain < CLOSE * (abs(point.loglik) + 1):
            # One more full step: the error falls with the square of the last one.
            best = evaluate(engine, point.beta + move, steps) if gain > 0 else point
            _refuse_separated(engine, best, names)
            return Maximum(null=null, best=best, steps=steps)
        point = _climb(engine, point, move, steps)
        _refuse_separated(engine, point, names)
    raise AnalysisRefused(
        f"Cox model: no maximum after {MOST_ITERATIONS} iterations",
        expected="a likelihood with one finite maximum",
        fix="take covariates out, or join rare levels",
    )


def _climb(engine: Engine, point: Point, move: Floats, steps: TieSteps | None) -> Point:
    for halving in range(30):
        step = move / 2**halving
        if np.abs(step * engine.spread).max() < FAR:
            new = evaluate(engine, point.beta + step, steps)
            if np.isfinite(new.loglik) and new.loglik >= point.loglik - 1e-12 * abs(point.loglik):
                return new
    return point


def _solve(point: Point) -> Floats:
    try:
        move: Floats = np.asarray(np.linalg.solve(point.information, point.score), dtype=np.float64)
    except np.linalg.LinAlgError:
        move = np.full(point.score.shape, np.inf)
    if not np.isfinite(move).all():
        raise AnalysisRefused(
            "Cox model: the information matrix cannot be inverted",
            expected="a likelihood with one finite maximum",
            fix="take covariates out, or join rare levels: some level has no events or no person without one",
        )
    return move


def _refuse_collinear(null: Point, names: tuple[str, ...]) -> None:
    size = np.sqrt(np.maximum(np.diag(null.information), 0))
    flat = [names[j] for j in np.flatnonzero(size <= TINY)]
    if not flat:
        values, vectors = np.linalg.eigh(null.information / np.outer(size, size))
        if values[0] > TINY:
            return
        flat = [names[j] for j in np.flatnonzero(np.abs(vectors[:, 0]) > SHARE)]
    raise AnalysisRefused(
        f"Cox model: {', '.join(flat)} cannot be told apart from the rest of the model",
        expected="covariates that do not determine each other, each with a spread among people at risk",
        fix="take one of them out",
    )


def _refuse_separated(engine: Engine, point: Point, names: tuple[str, ...]) -> None:
    far = np.flatnonzero(np.abs(point.beta) * engine.spread > FAR)
    if far.size:
        raise AnalysisRefused(
            f"Cox model: the coefficient of {names[int(far[0])]} grows without end (separation)",
            expected="events, and people at risk without one, at every level of every covariate",
            fix="join the level with another, or take the covariate out",
        )
