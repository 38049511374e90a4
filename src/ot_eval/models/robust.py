"""Score residuals of a Cox model, summed by person or cluster, and the variances they give.

The residual of a row compares the covariates it had with those of the risk sets it stood in; ties, late entry, strata
and weights enter exactly as they do in the likelihood. Sources: Lin & Wei (1989); Therneau & Grambsch (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from ot_eval.models.partial_likelihood import Point
from ot_eval.models.risk_rows import Lasting, RiskRows
from ot_eval.models.spells import Floats, Ints

CHUNK = 32_768
"""Rows handled at a time: few enough for the processor's cache, so that memory does not grow with people."""


class Covariates(Protocol):
    """Covariates by row, and risk by row at the fitted coefficients, in either engine."""

    @property
    def rows(self) -> RiskRows:
        """The rows on their event times."""

    def risk_of(self, beta: Floats, rows: slice) -> Floats:
        """Return exp(x beta) of the chosen rows, without the weight."""

    def covariates(self, rows: slice) -> Floats:
        """Return the covariates of the chosen rows, centred as in the engine, shape (rows, p)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths:
    """Running sums over event times: hazard, and hazard times mean covariates; and what an event itself adds."""

    hazard: Floats
    drift: Floats
    own: Floats
    own_drift: Floats
    expected: Floats
    ahead: Floats
    ahead_drift: Floats


def _paths(point: Point, weight: Floats, stay: Lasting | None) -> _Paths:
    s, t = point.sums, point.ties
    p = s.s1.shape[1]
    mean = t.square[:, None] * s.s1 - t.square_own[:, None] * s.t1
    keep = np.zeros(weight.size) if stay is None else stay.keep
    return _Paths(
        hazard=np.concatenate([[0.0], np.cumsum(t.hazard)]),
        drift=np.concatenate([np.zeros((1, p)), np.cumsum(mean, axis=0)]),
        own=t.own,
        own_drift=t.square_own[:, None] * s.s1 - t.square_own_own[:, None] * s.t1,
        expected=(t.hazard[:, None] * s.s1 - t.own[:, None] * s.t1) / weight[:, None],
        ahead=np.concatenate([np.cumsum((t.hazard * keep)[::-1])[::-1], [0.0]]),
        ahead_drift=np.concatenate([np.cumsum((mean * keep[:, None])[::-1], axis=0)[::-1], np.zeros((1, p))]),
    )


def score_by_cluster(covariates: Covariates, point: Point, cluster: Ints, n: int) -> Floats:
    """Return weighted score residuals summed by `cluster`, shape (n, p)."""
    rows = covariates.rows
    paths = _paths(point, rows.death_weight(), rows.lasting)
    total = np.zeros((n, point.beta.size))
    for begin in range(0, rows.last.size, CHUNK):
        part = slice(begin, begin + CHUNK)
        residual = _residuals(covariates, point.beta, paths, part)
        code = cluster[part]
        if n > code.size:
            used, code = np.unique(code, return_inverse=True)
            total[used] += _summed(residual, code, used.size)
        else:
            total += _summed(residual, code, n)
    return total


def _summed(values: Floats, code: Ints, n: int) -> Floats:
    members = sparse.csc_array((np.ones(code.size), code, np.arange(code.size + 1)), shape=(n, code.size))
    return np.asarray(members @ values, dtype=np.float64)


def _residuals(covariates: Covariates, beta: Floats, paths: _Paths, part: slice) -> Floats:
    rows = covariates.rows
    first, last = rows.first[part], rows.last[part]
    died = np.flatnonzero(rows.dead[part])
    time = last[died] - 1
    x = covariates.covariates(part)
    exposure, moved = paths.hazard[last], paths.drift[last]
    if first.any():
        exposure, moved = exposure - paths.hazard[first], moved - paths.drift[first]
    exposure[died] -= paths.own[time]
    moved[died] -= paths.own_drift[time]
    if rows.lasting is not None:
        gone = np.flatnonzero(rows.lasting.gone[part])
        scale = rows.lasting.scale[part][gone]
        exposure[gone] += scale * paths.ahead[last[gone]]
        moved[gone] += scale[:, None] * paths.ahead_drift[last[gone]]
    residual = covariates.risk_of(beta, part)[:, None] * (moved - x * exposure[:, None])
    residual[died] += x[died] - paths.expected[time]
    if rows.weight is not None:
        residual *= rows.weight[part][:, None]
    return residual


def sandwich(covariance: Floats, scores: Floats, *, correction: float = 1.0) -> Floats:
    """Return the robust covariance: `covariance` x (sum of outer products of `scores`) x `covariance`."""
    inside = scores.T @ scores
    robust: Floats = correction * covariance @ inside @ covariance
    return robust
