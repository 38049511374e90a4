"""Mixed model for repeated measures: every score of everyone is used, under "missing at random".

Means are free at every timepoint and the covariance between timepoints is unstructured; estimation is REML, degrees of
freedom are Satterthwaite's. statsmodels has no such model: its MixedLM knows random effects only and gives z-tests.
With complete data the contrast of two timepoints is exactly the paired t-test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from ot_eval.base.errors import AnalysisRefused

Floats = NDArray[np.float64]
FLATTEST = 1e-4  # largest gradient of -2 log likelihood per person at which a fit counts as converged
STEP = 1e-4  # step of central differences on the log-Cholesky scale
FEWEST_TOGETHER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """People with the same timepoints present: their cross-products, so that a likelihood costs nothing per person."""

    seen: NDArray[np.intp]
    n: int
    xx: Floats  # (t, t, p, p)
    xy: Floats  # (t, t, p)
    yy: Floats  # (t, t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The fitted model: `beta` and its covariance, and what Satterthwaite's degrees of freedom need."""

    beta: Floats
    covariance: Floats
    sigma: Floats
    n: int
    _slopes: Floats  # derivative of `covariance` by each parameter, (q, p, p)
    _spread: Floats  # covariance of the parameters, (q, q)

    def contrast(self, weights: Floats) -> tuple[float, float, float]:
        """Return value, standard error and Satterthwaite degrees of freedom of a weighted sum of `beta`."""
        variance = float(weights @ self.covariance @ weights)
        slope = np.einsum("i,qij,j->q", weights, self._slopes, weights)
        df = 2 * variance**2 / float(slope @ self._spread @ slope)
        return float(weights @ self.beta), float(np.sqrt(variance)), df


def _patterns(y: Floats, x: Floats) -> list[_Pattern]:
    present = ~np.isnan(y)
    codes = present @ (1 << np.arange(y.shape[1]))
    out = []
    for code in np.unique(codes[codes > 0]):
        rows = codes == code
        seen = np.flatnonzero(present[np.argmax(rows)])
        ys, xs = y[rows][:, seen], x[rows][:, seen]
        out.append(
            _Pattern(
                seen=seen,
                n=int(rows.sum()),
                xx=np.einsum("iap,ibq->abpq", xs, xs),
                xy=np.einsum("iap,ib->abp", xs, ys),
                yy=np.einsum("ia,ib->ab", ys, ys),
            )
        )
    return out


def _sigma(theta: Floats, t: int) -> tuple[Floats, Floats]:
    root = np.zeros((t, t))
    root[np.tril_indices(t)] = theta
    root[np.diag_indices(t)] = np.exp(root[np.diag_indices(t)])
    return root, root @ root.T


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _solve(patterns: list[_Pattern], sigma: Floats) -> tuple[Floats, Floats, list[Floats]]:
    """Return beta, its covariance, and the inverse covariance of each pattern."""
    inverses = [_inverse(sigma[np.ix_(k.seen, k.seen)]) for k in patterns]
    pairs = list(zip(inverses, patterns, strict=True))
    information: Floats = np.sum([np.einsum("ab,abpq->pq", w, k.xx) for w, k in pairs], axis=0)
    moment: Floats = np.sum([np.einsum("ab,abp->p", w, k.xy) for w, k in pairs], axis=0)
    covariance = _inverse(information)
    return covariance @ moment, covariance, inverses


def _objective(theta: Floats, patterns: list[_Pattern], t: int) -> tuple[float, Floats]:
    """Return -2 log restricted likelihood (up to a constant) and its gradient by the log-Cholesky parameters."""
    root, sigma = _sigma(theta, t)
    beta, covariance, inverses = _solve(patterns, sigma)
    value = -float(np.linalg.slogdet(covariance)[1])
    by_sigma = np.zeros((t, t))
    for w, k in zip(inverses, patterns, strict=True):
        cross = np.einsum("abp,p->ab", k.xy, beta)
        residual = k.yy - cross - cross.T + np.einsum("abpq,p,q->ab", k.xx, beta, beta)
        used = np.einsum("abpq,pq->ab", k.xx, covariance)
        value += -k.n * float(np.linalg.slogdet(w)[1]) + float(np.einsum("ab,ab->", w, residual))
        by_sigma[np.ix_(k.seen, k.seen)] += k.n * w - w @ (residual + used) @ w
    slope = 2 * by_sigma @ root
    slope[np.diag_indices(t)] *= root[np.diag_indices(t)]
    return value, slope[np.tril_indices(t)]


def _start(y: Floats) -> Floats:
    spread = np.nanstd(y, axis=0, ddof=1)
    root = np.diag(np.log(spread))
    return root[np.tril_indices(y.shape[1])]


def _derivative(of: Callable[[Floats], Floats], at: Floats) -> Floats:
    """Return the central-difference derivative of `of` by each entry of `at`, stacked on the first axis."""
    steps = STEP * np.eye(len(at))
    return np.stack([(of(at + s) - of(at - s)) / (2 * STEP) for s in steps])


def fit(y: Floats, x: Floats) -> Fit:
    """Fit the model.

    Parameters
    ----------
    y : (people, timepoints), not a number where a score is missing
    x : (people, timepoints, columns), the regression's columns at every timepoint, nothing missing

    Raises
    ------
    AnalysisRefused
        Fewer than 10 people have any two of the timepoints together; the columns are not independent; or the
        likelihood has no maximum (no convergence).
    """
    together = np.min((~np.isnan(y)).T.astype(int) @ (~np.isnan(y)).astype(int))
    varies = bool((np.nanstd(y, axis=0) > 0).all())
    if together < FEWEST_TOGETHER or not varies:
        raise AnalysisRefused(
            f"two timepoints have {int(together)} people in common"
            + ("" if varies else "; at one timepoint everyone has the same score"),
            expected=f"at least {FEWEST_TOGETHER} people with both of any two timepoints, and scores that vary",
            fix="leave out the timepoint that few people have or that does not vary",
        )
    patterns, t = _patterns(y, x), y.shape[1]
    flat = False
    try:
        found = optimize.minimize(_objective, _start(y), args=(patterns, t), jac=True, method="BFGS", tol=1e-9)
        theta = np.asarray(found.x)
        curvature = _derivative(lambda p: _objective(p, patterns, t)[1], theta)
        np.linalg.cholesky(curvature)
        flat = float(np.abs(_objective(theta, patterns, t)[1]).max()) / len(y) < FLATTEST
    except np.linalg.LinAlgError:
        pass
    if not flat:
        raise AnalysisRefused(
            "the mixed model for repeated measures did not converge",
            expected="scores that vary, at timepoints that are not copies of one another, and independent columns",
            fix="leave out a timepoint or a covariate, or report complete pairs",
        )
    _, sigma = _sigma(theta, t)
    beta, covariance, _ = _solve(patterns, sigma)
    slopes = _derivative(lambda p: _solve(patterns, _sigma(p, t)[1])[1], theta)
    spread = 2 * _inverse((curvature + curvature.T) / 2)
    n = int((~np.isnan(y)).any(axis=1).sum())
    return Fit(beta=beta, covariance=covariance, sigma=sigma, n=n, _slopes=slopes, _spread=spread)
