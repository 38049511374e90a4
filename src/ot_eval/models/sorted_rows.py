"""The row engine of the Cox likelihood, for covariates with too many values to form patterns.

Risk-set sums come from two cumulative sums over event times (rows that leave later, less rows that enter later), so
one iteration is one pass over the rows for each covariate, whatever the ties, strata, weights or late entries.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ot_eval.models.partial_likelihood import RiskSums
from ot_eval.models.risk_rows import RiskRows
from ot_eval.models.spells import Floats, Ints


class SortedRows:
    """Rows and their covariates. `x` has shape (rows, p); it is centred inside, which changes no coefficient."""

    name = "sorted array"

    def __init__(self, rows: RiskRows, x: Floats) -> None:
        self.rows = rows
        self.centre = x.mean(axis=0)
        self.x = np.ascontiguousarray((x - self.centre).T)
        self._late = bool(rows.first.any())

    @cached_property
    def deaths(self) -> Ints:
        """Events at each time."""
        return self.rows.deaths()

    @cached_property
    def death_weight(self) -> Floats:
        """Their summed weight."""
        return self.rows.death_weight()

    @cached_property
    def death_covariates(self) -> Floats:
        """Weighted (centred) covariates summed over the events of each time, shape (times, p)."""
        weight = 1.0 if self.rows.weight is None else self.rows.weight
        return np.stack([self._over_events(x * weight) for x in self.x], axis=1)

    @cached_property
    def death_total(self) -> Floats:
        """Weighted (centred) covariates summed over all events."""
        weight = np.ones(int(self.rows.dead.sum())) if self.rows.weight is None else self.rows.weight[self.rows.dead]
        total: Floats = self.x[:, self.rows.dead] @ weight
        return total

    @cached_property
    def spread(self) -> Floats:
        """Largest minus smallest value of each covariate."""
        spread: Floats = np.ptp(self.x, axis=1)
        return spread

    def risk(self, beta: Floats) -> Floats:
        """Return weight x exp(x beta) by row."""
        risk: Floats = np.exp(beta @ self.x)
        return risk if self.rows.weight is None else risk * self.rows.weight

    def _over_risk_set(self, values: Floats) -> Floats:
        k = self.rows.n_times
        total = _from_the_end(_binned(self.rows.last, values, k + 1))[1:]
        if self._late:
            total = total - _from_the_end(_binned(self.rows.first, values, k + 1))[1:]
        stay = self.rows.lasting
        if stay is not None:
            faded = _binned(self.rows.last[stay.gone], values[stay.gone] * stay.scale[stay.gone], k + 1)
            total = total + stay.keep * np.cumsum(faded[:k])
        return total

    def _over_events(self, values: Floats) -> Floats:
        dead = self.rows.dead
        return _binned(self.rows.last[dead] - 1, values[dead], self.rows.n_times)

    def sums(self, beta: Floats) -> RiskSums:
        """Return the sums over risk sets at `beta`."""
        risk = self.risk(beta)
        pairs = [(self._over_risk_set(v), self._over_events(v)) for v in (risk * x for x in self.x)]
        return RiskSums(
            s0=self._over_risk_set(risk),
            t0=self._over_events(risk),
            s1=np.stack([p[0] for p in pairs], axis=1),
            t1=np.stack([p[1] for p in pairs], axis=1),
        )

    def second_moment(self, beta: Floats, at_risk: Floats, own: Floats) -> Floats:
        """Return the sum over times of ``at_risk`` x S2 - ``own`` x T2."""
        so_far = np.concatenate([[0.0], np.cumsum(at_risk)])
        exposure = so_far[self.rows.last] - so_far[self.rows.first]
        exposure[self.rows.dead] -= own[self.rows.last[self.rows.dead] - 1]
        stay = self.rows.lasting
        if stay is not None:
            ahead = np.concatenate([_from_the_end(at_risk * stay.keep), [0.0]])
            exposure[stay.gone] += stay.scale[stay.gone] * ahead[self.rows.last[stay.gone]]
        moment: Floats = (self.x * (self.risk(beta) * exposure)) @ self.x.T
        return moment

    def second_sums(self, beta: Floats) -> tuple[Floats, Floats]:
        """Return S2 and T2, the second moments at every event time, shape (times, p, p)."""
        risk, p, k = self.risk(beta), self.x.shape[0], self.rows.n_times
        s2, t2 = np.empty((k, p, p)), np.empty((k, p, p))
        for i in range(p):
            for j in range(i + 1):
                values = risk * self.x[i] * self.x[j]
                s2[:, i, j] = s2[:, j, i] = self._over_risk_set(values)
                t2[:, i, j] = t2[:, j, i] = self._over_events(values)
        return s2, t2

    def risk_of(self, beta: Floats, rows: slice) -> Floats:
        """Return exp(x beta) of the chosen rows, without the weight."""
        risk: Floats = np.exp(beta @ self.x[:, rows])
        return risk

    def covariates(self, rows: slice) -> Floats:
        """Return the (centred) covariates of the chosen rows, shape (rows, p)."""
        return np.ascontiguousarray(self.x[:, rows].T)


def _binned(time: Ints, values: Floats, size: int) -> Floats:
    return np.bincount(time, weights=values, minlength=size).astype(np.float64, copy=False)


def _from_the_end(values: Floats) -> Floats:
    total: Floats = np.cumsum(values[::-1])[::-1]
    return total
