"""Sums by provider, for one trial or for thousands at once, and every sandwich variance made from them.

Each regression here needs of a provider only X'X, X'y and y'y. They carry a leading axis of worlds, so that a
simulation runs the very code that a study runs. W worlds, G clusters, p columns of the design throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_data import Trial
from ot_eval.models.trial_records import Array

Correction = Literal["LZ", "KC", "MD"]
WORST_CONDITION = 1e12
NOTHING_LEFT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """``xx`` (W, G, p, p), ``xy`` (W, G, p), ``yy`` (W, G); the first column of the design is the constant."""

    xx: Array
    xy: Array
    yy: Array

    @property
    def size(self) -> Array:
        """Participants, shape (W, G)."""
        size: Array = self.xx[..., 0, 0]
        return size

    @property
    def n(self) -> Array:
        """Participants of each world, shape (W,)."""
        n: Array = self.size.sum(axis=1)
        return n


def design(trial: Trial) -> Array:
    """Return constant, arm and centred covariates; refuse columns that say the same."""
    centred = trial.covariates - trial.covariates.mean(axis=0)
    x = np.column_stack([np.ones(trial.y.size), trial.arm.astype(np.float64), centred])
    spread = np.sqrt((x**2).sum(axis=0))
    if (spread == 0).any() or np.linalg.cond(x / spread) > np.sqrt(WORST_CONDITION):
        raise AnalysisRefused(
            "trial: a covariate is constant or can be told from the arm and the others",
            expected="covariates that each say something new",
            fix="leave the covariate out",
        )
    return x


def moments(x: Array, y: Array, cluster: Array, n_cluster: int) -> Moments:
    """Return the sums of one trial (W = 1) from a design of shape (rows, p)."""
    order = np.argsort(cluster, kind="stable")
    start = np.searchsorted(cluster[order], np.arange(n_cluster))
    x, y = x[order], y[order]
    return Moments(
        xx=np.add.reduceat(x[:, :, None] * x[:, None, :], start, axis=0)[None],
        xy=np.add.reduceat(x * y[:, None], start, axis=0)[None],
        yy=np.add.reduceat(y**2, start)[None],
    )


def arm_moments(y: Array, arm: Array, size: Array) -> Moments:
    """Return the sums of many trials without covariates.

    Parameters
    ----------
    y : outcomes (W, G, most participants); places beyond a provider's size hold 0
    arm : 0 or 1, shape (G,) or (W, G)
    size : participants, shape (G,) or (W, G)
    """
    total, yy = y.sum(axis=2), (y**2).sum(axis=2)
    return summed_moments(total, yy, np.broadcast_to(arm, total.shape), np.broadcast_to(size, total.shape))


def summed_moments(total: Array, yy: Array, arm: Array, size: Array) -> Moments:
    """Return the sums from totals and sums of squares by provider, each (W, G)."""
    both = size * arm
    xx = np.stack([np.stack([size, both], axis=-1), np.stack([both, both], axis=-1)], axis=-1)
    return Moments(xx=xx, xy=np.stack([total, total * arm], axis=-1), yy=yy)


def least_squares(m: Moments) -> tuple[Array, Array, Array]:
    """Return coefficients (W, p), the inverse of X'X (W, p, p) and each provider's score X'(y - Xb) (W, G, p)."""
    inverse = np.linalg.inv(m.xx.sum(axis=1))
    beta = np.einsum("wij,wj->wi", inverse, m.xy.sum(axis=1))
    return beta, inverse, m.xy - np.einsum("wgij,wj->wgi", m.xx, beta)


def _root(inverse: Array) -> tuple[Array, Array]:
    """Return the symmetric root of (W, p, p) matrices and its inverse."""
    value, vector = np.linalg.eigh(inverse)
    with np.errstate(invalid="ignore"):  # a matrix that is not positive has no root: nan, and no rejection
        value = np.sqrt(value)
    back = np.swapaxes(vector, -1, -2)
    return (vector * value[:, None, :]) @ back, (vector / value[:, None, :]) @ back


def leverage_powers(information: Array, inverse: Array, power: float) -> Array:
    """Return, by provider, what multiplies its score when residuals are multiplied by (I - H)^power.

    `information` is X'V^-1 X by provider (W, G, p, p), `inverse` that of its sum. H has the non-zero eigenvalues of
    M^1/2 X'V^-1X M^1/2 (M the inverse), so nothing larger than p by p is needed. A provider that alone determines a
    coefficient has eigenvalue 1: its part of the score is zero, and the generalised power is taken.
    """
    root, unroot = _root(inverse)
    value, vector = np.linalg.eigh(root[:, None] @ information @ root[:, None])
    left = 1 - value
    with np.errstate(divide="ignore"):
        factor = np.where(left > NOTHING_LEFT, np.where(left > NOTHING_LEFT, left, 1.0) ** power, 0.0)
    inner = (vector * factor[..., None, :]) @ np.swapaxes(vector, -1, -2)
    lifted: Array = unroot[:, None] @ inner @ root[:, None]
    return lifted


POWER: dict[str, float] = {"LZ": 0.0, "KC": -0.5, "MD": -1.0}


def sandwich(information: Array, score: Array, inverse: Array, correction: Correction) -> Array:
    """Return the covariance of coefficients (W, p, p) from the scores of providers (W, G, p).

    LZ is uncorrected; KC (Kauermann & Carroll 2001) is CR2 for least squares; MD (Mancl & DeRouen 2001) is CR3.
    """
    lifted = np.einsum("wgij,wgj->wgi", leverage_powers(information, inverse, POWER[correction]), score)
    meat = np.einsum("wgi,wgj->wij", lifted, lifted)
    covariance: Array = inverse @ meat @ inverse
    return covariance


def fay_graubard(information: Array, score: Array, inverse: Array, bound: float = 0.75) -> Array:
    """Return Fay and Graubard's covariance (2001): each element of a score over sqrt(1 - min(bound, Q_jj))."""
    q = np.einsum("wgij,wji->wgi", information, inverse)
    lifted = score / np.sqrt(1 - np.minimum(bound, q))
    covariance: Array = inverse @ np.einsum("wgi,wgj->wij", lifted, lifted) @ inverse
    return covariance


def satterthwaite_df(information: Array, inverse: Array, contrast: Array, correction: Correction) -> Array:
    """Return Bell and McCaffrey's degrees of freedom (2002), working model: independent, equal variance.

    Shape (W,). The sandwich is a quadratic form; its degrees of freedom are 2 mean^2 / variance = (sum of
    eigenvalues)^2 / sum of their squares, from the G by G matrix of a_j'(I - H)_jk a_k.
    """
    weight = np.einsum("wij,j->wi", inverse, contrast)
    half = leverage_powers(information, inverse, POWER[correction])
    full = leverage_powers(information, inverse, 2 * POWER[correction])
    scored = np.einsum("wgij,wgkj->wgik", information, half)
    towards = np.einsum("wgij,wj->wgi", scored, weight)
    own = np.einsum("wi,wgij,wgjk,wk->wg", weight, full, information, weight)
    gram = -np.einsum("wgi,wij,whj->wgh", towards, inverse, towards)
    gram += np.eye(own.shape[1]) * own[:, None, :]
    trace = np.einsum("wgg->w", gram)
    df: Array = trace**2 / (gram**2).sum(axis=(1, 2))
    return df
