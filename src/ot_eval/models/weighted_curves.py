"""Curves of weighted people, with limits that know that weights are not counts.

Each person's influence on the curve is known in closed form, and the sum of its squares by day takes prefix sums, so
cost is one pass over people. Late entry is allowed. Libraries that read weights as numbers of people make the limits
far too narrow or wide. Source: the infinitesimal jackknife (Therneau & Grambsch 2000), as R's `survfit` with weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Curve
from ot_eval.models.about import About, positive
from ot_eval.models.competing import incidence
from ot_eval.models.curves import log_log_limits, product_limit
from ot_eval.models.day_table import DayTable, day_table, one_cause, refuse_early_collapse
from ot_eval.models.spells import Bools, Floats, Spells, groups_of, read_spells
from ot_eval.models.survival import chosen_events


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What the influence of rows needs: curves of the weighted table and their running sums, by day."""

    table: DayTable
    share: Floats
    before: Floats
    drift: Floats
    jump: Floats

    @classmethod
    def of(cls, table: DayTable) -> Moments:
        """Compute them; a day on which everybody at risk has the event adds no drift."""
        n, d = table.at_risk, table.any_event
        left = n - d
        share = product_limit(table)
        safe = (left > 1e-12 * n) & (n > 0)
        return cls(
            table=table,
            share=share,
            before=np.concatenate([[1.0], share[:-1]]),
            drift=np.cumsum(np.divide(d, n * left, out=np.zeros(table.n_days), where=safe)),
            jump=np.divide(1.0, left, out=np.zeros(table.n_days), where=safe),
        )


def after_exit(spells: Spells, weight: Floats, m: Moments, happened: Bools) -> Floats:
    """Return c, where a person who has left by day t moves the curve S(t) by -c S(t)."""
    value: Floats = weight * (happened * m.jump[spells.exit] - m.drift[spells.exit] + m.drift[spells.entry])
    return value


def error_of_share(spells: Spells, weight: Floats, m: Moments, happened: Bools) -> Floats:
    """Return the robust standard error of the weighted Kaplan-Meier curve by day."""
    days = m.table.n_days
    gone = np.cumsum(np.bincount(spells.exit, weights=after_exit(spells, weight, m, happened) ** 2, minlength=days))
    at_entry = m.drift[spells.entry]
    square, once, twice = (_present(spells, weight**2 * at_entry**k, days) for k in range(3))
    present = m.drift**2 * square - 2 * m.drift * once + twice
    return np.asarray(m.share * np.sqrt(np.maximum(gone + present, 0.0)))


def error_of_incidence(spells: Spells, weight: Floats, m: Moments, kind: int) -> Floats:
    """Return the robust standard error of the weighted Aalen-Johansen incidence of kind number `kind` by day."""
    table, days = m.table, m.table.n_days
    n = table.at_risk
    hazard = np.divide(table.events[kind], n, out=np.zeros(days), where=n > 0)
    share = incidence(table, kind)
    earlier = np.concatenate([[0.0], m.drift[:-1]])
    pull = np.cumsum(m.before * hazard * (earlier - np.divide(1.0, n, out=np.zeros(days), where=n > 0)))
    leave, enter, own = spells.exit, spells.entry, spells.event == kind + 1
    slope = after_exit(spells, weight, m, spells.event > 0)
    at_entry = m.drift[enter]
    reached = pull[leave] - pull[enter] - at_entry * (share[leave] - share[enter])
    level = weight * (reached + own * (m.before / np.maximum(n, 1e-300))[leave]) + slope * share[leave]
    parts = [np.cumsum(np.bincount(leave, weights=v, minlength=days)) for v in (level**2, level * slope, slope**2)]
    gone = parts[0] - 2 * share * parts[1] + share**2 * parts[2]
    start, square = at_entry * share[enter] - pull[enter], weight**2
    one, a, aa = (_present(spells, square * at_entry**k, days) for k in range(3))
    k1, kk, ka = (_present(spells, square * v, days) for v in (start, start**2, start * at_entry))
    present = pull**2 * one + share**2 * aa + kk - 2 * pull * share * a + 2 * pull * k1 - 2 * share * ka
    return np.asarray(np.sqrt(np.maximum(gone + present, 0.0)))


def _present(spells: Spells, values: Floats, days: int) -> Floats:
    """Sum `values` by day over everybody under observation at the end of the day (entered, not yet left)."""
    change = np.bincount(spells.entry, weights=values, minlength=days)
    change = change - np.bincount(spells.exit, weights=values, minlength=days)
    total: Floats = np.cumsum(change)
    return total


def weighted_kaplan_meier(
    frame: pd.DataFrame,
    *,
    weight: str,
    about: About,
    by: str | None = None,
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
) -> tuple[Curve, ...]:
    """Return the weighted share still without the event by day, one curve a group, with robust log-log limits.

    Parameters
    ----------
    frame : one row a person: ``exit_day``, ``event``, ``entry_day`` where entered late, and the column `weight`
    weight : column of positive weights (`weighting.exposure_weights`); taken as known
    by, events, censor : as in `survival.kaplan_meier`

    Returns
    -------
    Curves; their counts are counts of people, not of weight.
    """
    spells, values = read_spells(one_row_each(frame)), positive(frame, weight)
    chosen = chosen_events(spells, events, censor)
    group, names = groups_of(frame, by)
    curves = []
    for g, name in enumerate(names):
        part, w = spells.take(group == g), values[group == g]
        m = Moments.of(one_cause(day_table(part, w), chosen))
        refuse_early_collapse(m.table)
        happened = np.isin(part.event, [part.code(k) for k in chosen])
        limits = log_log_limits(m.share, error_of_share(part, w, m, happened), about.critical())
        people = one_cause(day_table(part), chosen)
        curves.append(_curve(people, (m.share, *limits), about, ("weighted_kaplan_meier", about.outcome, name), w))
    return tuple(curves)


def weighted_incidence(
    frame: pd.DataFrame, *, cause: str, weight: str, about: About, by: str | None = None
) -> tuple[Curve, ...]:
    """Return the weighted share with `cause` by day while other events compete, with robust log-log limits.

    Parameters and counts as in `weighted_kaplan_meier` and `competing.cumulative_incidence`.
    """
    spells, values = read_spells(one_row_each(frame)), positive(frame, weight)
    kind = spells.code(cause) - 1
    group, names = groups_of(frame, by)
    curves = []
    for g, name in enumerate(names):
        part, w = spells.take(group == g), values[group == g]
        m = Moments.of(day_table(part, w))
        refuse_early_collapse(m.table)
        share = incidence(m.table, kind)
        limits = log_log_limits(share, error_of_incidence(part, w, m, kind), about.critical())
        people = one_cause(day_table(part), (cause,))
        curves.append(_curve(people, (share, *limits), about, ("weighted_incidence", cause, name), w))
    return tuple(curves)


def one_row_each(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame`, refusing rows that repeat a person: a row's influence must be a person's."""
    if "person_id" in frame and frame["person_id"].duplicated().any():
        raise AnalysisRefused(
            f"follow_up: {int(frame['person_id'].duplicated().sum())} rows repeat a person",
            expected="one row a person, so that a row's influence is a person's",
            fix="use one row a person; for start and stop rows use a weighted Cox model with cluster person_id",
        )
    return frame


def effective_number(weight: Floats) -> float:
    """Return (sum of weights) squared over the sum of squared weights: how many equal people weigh as much.

    Examples
    --------
    >>> effective_number(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weight.sum() ** 2 / (weight**2).sum())


def _curve(
    people: DayTable, lines: tuple[Floats, Floats, Floats], about: About, labels: tuple[str, str, str], weight: Floats
) -> Curve:
    analysis, outcome, name = labels
    return Curve(
        analysis=analysis,
        population=about.population,
        outcome=outcome,
        group=name,
        unit="probability",
        days=tuple(range(people.n_days)),
        value=tuple(np.clip(lines[0], 0.0, 1.0).tolist()),
        lower=tuple(lines[1].tolist()),
        upper=tuple(lines[2].tolist()),
        n_risk=tuple(np.rint(people.at_risk).astype(int).tolist()),
        n_event=tuple(np.rint(np.cumsum(people.any_event)).astype(int).tolist()),
        n_censored=tuple(np.rint(np.cumsum(people.censored)).astype(int).tolist()),
        level=about.level,
        method=f"weighted (count grid); robust to single people; weights worth {effective_number(weight):.0f} people",
    )
