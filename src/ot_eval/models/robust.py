"""Score residuals of a Cox model, summed by person or cluster, and the variances they give.

The residual of a row compares the covariates it had with those of the risk sets it stood in; ties, late entry, strata
and weights enter exactly as they do in the likelihood. Sources: Lin & Wei (1989); Therneau & Grambsch (2000).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ot_eval.models.partial_likelihood import Point
from ot_eval.models.risk_rows import RiskRows
from ot_eval.models.spells import Floats, Ints

CHUNK = 262_144
"""Rows handled at a time, so that memory does not grow with people times covariates."""


class Covariates(Protocol):
    """Covariates by row, and risk by row at the fitted coefficients, in either engine."""

    @property
    def rows(self) -> RiskRows:
        """The rows on their event times."""

    def risk_of(self, beta: Floats, rows: slice) -> Floats:
        """Return exp(x beta) of the chosen rows, without the weight."""

    def covariate(self, j: int, rows: slice) -> Floats:
        """Return covariate `j` of the chosen rows, centred as in the engine."""


def score_by_cluster(covariates: Covariates, point: Point, cluster: Ints, n: int) -> Floats:
    """Return weighted score residuals summed by `cluster`, shape (n, p)."""
    s, t, rows = point.sums, point.ties, covariates.rows
    p = s.s1.shape[1]
    mean = t.square[:, None] * s.s1 - t.square_own[:, None] * s.t1
    mean_own = t.square_own[:, None] * s.s1 - t.square_own_own[:, None] * s.t1
    weight = rows.death_weight()[:, None]
    expected = (t.hazard[:, None] * s.s1 - t.own[:, None] * s.t1) / weight
    hazard = np.concatenate([[0.0], np.cumsum(t.hazard)])
    drift = np.concatenate([np.zeros((1, p)), np.cumsum(mean, axis=0)])
    stay = rows.lasting
    if stay is not None:
        ahead = np.concatenate([np.cumsum((t.hazard * stay.keep)[::-1])[::-1], [0.0]])
        drift_ahead = np.concatenate([np.cumsum((mean * stay.keep[:, None])[::-1], axis=0)[::-1], np.zeros((1, p))])
    total = np.zeros((p, n))
    for begin in range(0, rows.last.size, CHUNK):
        part = slice(begin, begin + CHUNK)
        first, last, dead = rows.first[part], rows.last[part], rows.dead[part]
        time = last[dead] - 1
        risk = covariates.risk_of(point.beta, part)
        exposure = hazard[last] - hazard[first]
        exposure[dead] -= t.own[time]
        gone = np.zeros(0, dtype=bool) if stay is None else stay.gone[part]
        scale = None if stay is None else stay.scale[part][gone]
        if stay is not None:
            exposure[gone] += scale * ahead[last[gone]]
        own_weight = None if rows.weight is None else rows.weight[part]
        for j in range(p):
            x = covariates.covariate(j, part)
            moved = drift[last, j] - drift[first, j]
            moved[dead] -= mean_own[time, j]
            if stay is not None:
                moved[gone] += scale * drift_ahead[last[gone], j]
            residual = risk * (moved - x * exposure)
            residual[dead] += x[dead] - expected[time, j]
            residual = residual if own_weight is None else residual * own_weight
            total[j] += np.bincount(cluster[part], weights=residual, minlength=n)
    return total.T


def sandwich(covariance: Floats, scores: Floats, *, correction: float = 1.0) -> Floats:
    """Return the robust covariance: `covariance` x (sum of outer products of `scores`) x `covariance`."""
    inside = scores.T @ scores
    robust: Floats = correction * covariance @ inside @ covariance
    return robust
