"""Gray's test: whether the cumulative incidence of one cause is the same in several groups while others compete.

Source: Gray (1988), Annals of Statistics 16, 1141-1154, with his weight exponent 0. The score test of a Fine-Gray model
is a different test. Everybody must be followed from the origin: the test is not defined for late entry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.competing import incidence
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import DayTable, day_table
from ot_eval.models.restricted_mean import LEAST_EVENTS
from ot_eval.models.spells import Floats, groups_of, read_spells

FEWEST_GROUPS = 2


def gray_test(frame: pd.DataFrame, *, cause: str, by: str, about: About) -> Estimate:
    """Return Gray's chi-square for equal cumulative incidence of `cause` over the groups of `by`.

    Parameters
    ----------
    frame : one row a person: ``exit_day``, ``event`` and the column `by`
    cause : kind of event
    by : column of groups

    Returns
    -------
    Estimate with ``measure`` "test: Gray", the chi-square as ``value`` and its degrees of freedom in ``method``.

    Raises
    ------
    AnalysisRefused
        late entry, one group only, or a group with fewer than 10 events (report intervals, no test).
    """
    spells = read_spells(frame)
    code = spells.code(cause)
    group, names = groups_of(frame, by)
    events = np.bincount(group[spells.event == code], minlength=len(names))
    if spells.delayed or len(names) < FEWEST_GROUPS or events.min() < LEAST_EVENTS:
        raise AnalysisRefused(
            f"Gray's test: {len(names)} groups, fewest events {int(events.min())}, late entry {spells.delayed}",
            expected=f"two groups or more, each with {LEAST_EVENTS} events, everybody followed from time zero",
            fix="report cumulative incidence with intervals, or compare with a cause-specific Cox model",
        )
    last = int(spells.exit.max())
    tables = [day_table(spells.take(group == g), last_day=last) for g in range(len(names))]
    score, variance = gray_score(tables, code - 1)
    value, df = float(score @ np.linalg.solve(variance, score)), len(names) - 1
    return Estimate(
        analysis="gray_test",
        population=about.population,
        outcome=cause,
        study=about.study,
        term=by,
        measure="test: Gray",
        unit="chi-square",
        value=value,
        p=float(stats.chi2.sf(value, df)),
        n=len(spells),
        n_event=int(events.sum()),
        method=f"Gray's test (count grid); {df} degrees of freedom",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """Counts and curves by group and day, shape (groups, days). ``before`` is S(t-), ``clear`` 1 - F(t-)."""

    at_risk: Floats
    own: Floats
    other: Floats
    survival: Floats
    before: Floats
    clear: Floats


def _stack(tables: list[DayTable], kind: int) -> _Groups:
    at_risk = np.stack([t.at_risk for t in tables])
    own = np.stack([t.events[kind] for t in tables])
    survival = np.stack([product_limit(t) for t in tables])
    share = np.stack([incidence(t, kind) for t in tables])
    first = np.ones((len(tables), 1))
    return _Groups(
        at_risk=at_risk,
        own=own,
        other=np.stack([t.any_event for t in tables]) - own,
        survival=survival,
        before=np.concatenate([first, survival[:, :-1]], axis=1),
        clear=1 - np.concatenate([first - 1, share[:, :-1]], axis=1),
    )


def gray_score(tables: list[DayTable], kind: int) -> tuple[Floats, Floats]:
    """Return the scores of all groups but the last and their covariance, from counts by day."""
    g = _stack(tables, kind)
    present = g.at_risk > 0
    # Adjusted numbers at risk: those still free of the cause, as if nothing else had taken them (Gray's R and h).
    free = np.divide(g.at_risk, g.before, out=np.zeros_like(g.at_risk), where=present)
    adjusted = free * g.clear
    total, all_free, own = adjusted.sum(axis=0), free.sum(axis=0), g.own.sum(axis=0)
    expected = np.divide(own * adjusted, total, out=np.zeros_like(adjusted), where=total > 0)
    score = (g.own - expected).sum(axis=1)
    step = np.divide(own, all_free, out=np.zeros(own.size), where=all_free > 0)
    common = np.cumsum(step)
    clear_common = 1 - np.concatenate([[0.0], common[:-1]])
    share = np.divide(free, all_free, out=np.zeros_like(free), where=all_free > 0)
    kernel = free[:, None, :] * (np.eye(len(tables))[:, :, None] - share[None, :, :])
    reach = np.cumsum(kernel * (step / clear_common), axis=2)
    ahead = reach[:, :, -1:] - reach
    variance = _from_cause(g, kernel, ahead, (own, step, common, all_free)) + _from_others(g, ahead, common)
    return score[:-1], variance[:-1, :-1]


def _from_cause(g: _Groups, kernel: Floats, ahead: Floats, pooled: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    own, step, common, all_free = pooled
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.where(g.survival > 0, 1 - (1 - common) / g.survival, 1.0)
        ties = np.where(own > 1, 1 - (own - 1) / (all_free * g.before - 1), 1.0)
        weight = np.where((g.at_risk > 0) & (own > 0), ties * g.before * step / g.at_risk, 0.0)
    moved = np.where(weight > 0, kernel + gone * ahead, 0.0)
    covariance: Floats = np.einsum("ikt,jkt,kt->ij", moved, moved, weight)
    return covariance


def _from_others(g: _Groups, ahead: Floats, common: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(g.survival > 0, (1 - common) / g.survival, 0.0)
        ties = np.where(g.other > 1, 1 - (g.other - 1) / (g.at_risk - 1), 1.0)
        weight = np.where((g.other > 0) & (g.survival > 0), ties * g.before**2 * g.other / g.at_risk**2, 0.0)
    moved = kept * ahead
    covariance: Floats = np.einsum("ikt,jkt,kt->ij", moved, moved, weight)
    return covariance
