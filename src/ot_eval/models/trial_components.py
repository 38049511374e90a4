"""Restricted maximum likelihood for a covariance that is a sum of known matrices, with Kenward and Roger's inference.

For designs with more than one level of variation: stepped wedges (provider, provider in a period) and coaches
in one arm. Blocks are independent of each other. One study at a time; the random intercept alone has its own fast
code in `trial_mixed`, to which this is held equal by a test. Fisher scoring with the variances kept at or above zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_mixed import kenward_roger
from ot_eval.models.trial_records import Array

STEPS, SMALL, SHORTEST = 300, 1e-9, 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows independent of all other blocks: outcome (n,), design (n, p), and one matrix a variance (k, n, n)."""

    y: Array
    x: Array
    parts: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Sum of squares and df within cells, where rows are means of cells; they inform the last variance."""

    squares: float = 0.0
    df: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """A fit: coefficients (p,), covariance before and after Kenward and Roger, their df (p,), variances (k,)."""

    beta: Array
    covariance: Array
    adjusted: Array
    df: Array
    variances: Array
    loglik: float


@dataclass(slots=True)
class _State:
    """What the likelihood and its slopes are made of at one set of variances."""

    minus2: float
    gradient: Array
    information: Array
    beta: Array
    phi: Array
    p: Array
    q: Array
    trace: Array


def _evaluate(blocks: tuple[Block, ...], within: Within, theta: Array) -> _State:
    k, width = len(theta), blocks[0].x.shape[1]
    a, b = np.zeros((width, width)), np.zeros(width)
    p, q, trace = np.zeros((k, width, width)), np.zeros((k, k, width, width)), np.zeros((k, k))
    logdet, own, kept = within.df * np.log(theta[-1]), np.zeros(k), []
    for block in blocks:
        v = np.tensordot(theta, block.parts, axes=1)
        root = np.linalg.cholesky(v)
        inverse = np.linalg.inv(v)
        logdet += 2 * np.log(np.diag(root)).sum()
        whitened = inverse @ block.x
        moved = block.parts @ whitened
        spread = inverse @ block.parts
        a += block.x.T @ whitened
        b += whitened.T @ block.y
        p -= np.einsum("na,inb->iab", whitened, moved)
        q += np.einsum("ina,nm,jmb->ijab", moved, inverse, moved)
        trace += np.einsum("inm,jmn->ij", spread, spread)
        own += np.einsum("inn->i", spread)
        kept.append(inverse)
    phi = np.linalg.inv(a)
    beta = phi @ b
    rss = within.squares / theta[-1]
    pull = np.zeros(k)
    for block, inverse in zip(blocks, kept, strict=True):
        residual = block.y - block.x @ beta
        white = inverse @ residual
        rss += float(residual @ white)
        pull += np.einsum("n,inm,m->i", white, block.parts, white)
    trace[-1, -1] += within.df / theta[-1] ** 2
    own[-1] += within.df / theta[-1]
    pull[-1] += within.squares / theta[-1] ** 2
    n = sum(block.y.size for block in blocks) + within.df
    minus2 = logdet + np.linalg.slogdet(a)[1] + rss + (n - width) * np.log(2 * np.pi)
    moved = phi @ p
    gradient = own + np.einsum("iaa->i", moved) - pull
    information = 0.5 * (trace - 2 * np.einsum("ab,ijba->ij", phi, q) + np.einsum("iab,jba->ij", moved, moved))
    return _State(float(minus2), gradient, information, beta, phi, p, q, trace)


def _step(state: _State, theta: Array, bounded: Array) -> tuple[Array, Array]:
    """Return Fisher's step and which variances are free: not held at zero by a slope that would make them negative."""
    free = ~(bounded & (theta <= 0) & (state.gradient > 0))
    step = np.zeros_like(theta)
    step[free] = np.linalg.solve(state.information[np.ix_(free, free)], -state.gradient[free] / 2)
    return step, free


def fit(
    blocks: tuple[Block, ...], *, within: Within | None = None, bounded: tuple[bool, ...] | None = None
) -> Components:
    """Fit by REML.

    Parameters
    ----------
    blocks : independent parts; the last matrix of each belongs to the residual variance
    within : what is known about the residual variance from within cells
    bounded : which parameters are variances (never below zero); all, where not given

    Raises
    ------
    AnalysisRefused
        The design has columns that say the same, or the likelihood has no maximum that the search finds.
    """
    within = within or Within()
    k = len(blocks[0].parts)
    limits = np.ones(k, dtype=bool) if bounded is None else np.array(bounded)
    x, y = np.vstack([block.x for block in blocks]), np.concatenate([block.y for block in blocks])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise AnalysisRefused(
            "trial: effects that cannot be told apart", expected="a design with distinct columns", fix="drop one"
        )
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    scale = (float(left @ left) + within.squares) / max(len(y) + within.df - x.shape[1], 1)
    if scale <= 0:
        raise AnalysisRefused("trial: the outcome does not vary", expected="variation", fix="check the outcome")
    theta = np.where(limits, 0.3 * scale, 0.0)
    theta[-1] = scale
    state = _evaluate(blocks, within, theta)
    for _ in range(STEPS):
        step, free = _step(state, theta, limits)
        if not free.any() or np.abs(step).max() <= SMALL * scale * 0.01:
            return _finish(state, theta)
        found = _shorten(blocks, within, theta, step, limits, state)
        if found is None:
            return _finish(state, theta) if np.abs(step).max() < SMALL * 1e3 * scale else _refuse()
        theta, state = found
    return _refuse()


def _shorten(
    blocks: tuple[Block, ...], within: Within, theta: Array, step: Array, limits: Array, state: _State
) -> tuple[Array, _State] | None:
    """Return the first point along the step, halved until the likelihood does not fall, or None."""
    length = 1.0
    while length > SHORTEST:
        tried = np.where(limits, np.maximum(theta + length * step, 0.0), theta + length * step)
        tried[-1] = max(tried[-1], theta[-1] / 10)
        try:
            there = _evaluate(blocks, within, tried)
        except np.linalg.LinAlgError:
            length /= 2
            continue
        if there.minus2 <= state.minus2 + 1e-11 * abs(state.minus2):
            return tried, there
        length /= 2
    return None


def _refuse() -> Components:
    raise AnalysisRefused(
        "trial: the variances of the mixed model could not be found",
        expected="a likelihood with a maximum",
        fix="use the analysis of provider figures (trial_summary, or CR2 for a stepped wedge)",
    )


def _finish(state: _State, theta: Array) -> Components:
    adjusted, df = kenward_roger(state.phi[None], state.p[None], state.q[None], state.trace[None])
    return Components(
        beta=state.beta, covariance=state.phi, adjusted=adjusted[0], df=df[0], variances=theta, loglik=-state.minus2 / 2
    )
