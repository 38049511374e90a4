"""The count-grid engine of the Cox likelihood: exact, from counts by event time and covariate pattern.

With whole days and covariates of few levels, the numbers at risk and with the event by day and pattern are all that
the likelihood needs (Efron's ties too: it needs the true number of events on a day). After one pass that counts, an
iteration costs times x patterns, whatever the number of people.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.partial_likelihood import RiskSums
from ot_eval.models.risk_rows import RiskRows
from ot_eval.models.spells import Floats, Ints

MOST_CELLS = 12_000_000
"""Largest number of cells (event times x patterns) of a grid; above it the row engine needs less memory."""


def fits(n_times: int, n_patterns: int, n_rows: int) -> bool:
    """Whether a grid is small enough to be the better engine for `n_rows` rows."""
    cells = n_times * n_patterns
    return cells <= MOST_CELLS and cells <= 16 * n_rows + 100_000


class CountGrid:
    """Counts at risk and with the event, shape (times, patterns), and covariates of patterns (patterns, p)."""

    name = "count grid"

    def __init__(self, at_risk: Floats, dead: Floats, deaths: Ints, values: Floats) -> None:
        self.placed: tuple[RiskRows, Ints] | None = None
        self.at_risk, self.dead, self.deaths = at_risk, dead, deaths
        share = at_risk[0] if at_risk[0].sum() > 0 else np.ones(values.shape[0])
        self.centre = (share @ values) / share.sum()
        self.x = values - self.centre

    @classmethod
    def of(cls, rows: RiskRows, pattern: Ints, values: Floats) -> CountGrid:
        """Count `rows` by event time and pattern; one pass."""
        shape = rows.n_times + 1, values.shape[0]
        left = _table(rows.last, pattern, shape, rows.weight)
        at_risk = np.cumsum(left[::-1], axis=0)[::-1][1:]
        if rows.first.any():
            entered = _table(rows.first, pattern, shape, rows.weight)
            at_risk = at_risk - np.cumsum(entered[::-1], axis=0)[::-1][1:]
        stay = rows.lasting
        if stay is not None:
            fading = stay.scale if rows.weight is None else stay.scale * rows.weight
            faded = _table(rows.last[stay.gone], pattern[stay.gone], shape, fading[stay.gone])
            at_risk = at_risk + stay.keep[:, None] * np.cumsum(faded, axis=0)[:-1]
        weight = None if rows.weight is None else rows.weight[rows.dead]
        dead = _table(rows.last[rows.dead] - 1, pattern[rows.dead], (shape[0] - 1, shape[1]), weight)
        grid = cls(at_risk, dead, rows.deaths(), values)
        grid.placed = rows, pattern
        return grid

    @cached_property
    def death_weight(self) -> Floats:
        """Summed weight of the events at each time."""
        total: Floats = self.dead.sum(axis=1)
        return total

    @cached_property
    def death_covariates(self) -> Floats:
        """Weighted (centred) covariates summed over the events of each time, shape (times, p)."""
        total: Floats = self.dead @ self.x
        return total

    @cached_property
    def death_total(self) -> Floats:
        """Weighted (centred) covariates summed over all events."""
        total: Floats = self.dead.sum(axis=0) @ self.x
        return total

    @cached_property
    def spread(self) -> Floats:
        """Largest minus smallest value of each covariate."""
        spread: Floats = np.ptp(self.x, axis=0)
        return spread

    def risk(self, beta: Floats) -> Floats:
        """Return exp(x beta) by pattern."""
        risk: Floats = np.exp(self.x @ beta)
        return risk

    def sums(self, beta: Floats) -> RiskSums:
        """Return the sums over risk sets at `beta`."""
        risk = self.risk(beta)
        table = np.concatenate([risk[:, None], risk[:, None] * self.x], axis=1)
        over_risk, over_events = self.at_risk @ table, self.dead @ table
        return RiskSums(s0=over_risk[:, 0], s1=over_risk[:, 1:], t0=over_events[:, 0], t1=over_events[:, 1:])

    def second_moment(self, beta: Floats, at_risk: Floats, own: Floats) -> Floats:
        """Return the sum over times of ``at_risk`` x S2 - ``own`` x T2."""
        exposure = self.risk(beta) * (at_risk @ self.at_risk - own @ self.dead)
        moment: Floats = (self.x * exposure[:, None]).T @ self.x
        return moment

    def second_sums(self, beta: Floats) -> tuple[Floats, Floats]:
        """Return S2 and T2, the second moments at every event time, shape (times, p, p)."""
        p = self.x.shape[1]
        products = (self.risk(beta)[:, None, None] * self.x[:, :, None] * self.x[:, None, :]).reshape(-1, p * p)
        return (self.at_risk @ products).reshape(-1, p, p), (self.dead @ products).reshape(-1, p, p)

    @property
    def rows(self) -> RiskRows:
        """The rows that were counted; a grid built from pooled counts has none."""
        return self._placed[0]

    @property
    def _placed(self) -> tuple[RiskRows, Ints]:
        if self.placed is None:
            raise AnalysisRefused(
                "counts: the table has no rows of single people",
                expected="rows, for residuals and intervals robust to clusters",
                fix="ask for model-based intervals, or make the cluster a column of the counts",
            )
        return self.placed

    def risk_of(self, beta: Floats, rows: slice) -> Floats:
        """Return exp(x beta) of the chosen rows, without the weight."""
        risk: Floats = self.risk(beta)[self._placed[1][rows]]
        return risk

    def covariates(self, rows: slice) -> Floats:
        """Return the (centred) covariates of the chosen rows, shape (rows, p)."""
        chosen: Floats = self.x[self._placed[1][rows]]
        return chosen


def _table(time: Ints, pattern: Ints, shape: tuple[int, int], weight: Floats | None) -> Floats:
    key = time.astype(np.int64) * shape[1] + pattern
    counts = np.bincount(key, weights=weight, minlength=shape[0] * shape[1])
    return counts.reshape(shape).astype(np.float64)
