"""The log-rank test and its weighted kin, for several groups, with strata.

Source: Peto & Peto (1972); Fleming & Harrington (1991) for the weights S(t-)^rho (rho 0 = log-rank, 1 = Peto-Peto).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.restricted_mean import LEAST_EVENTS
from ot_eval.models.spells import Floats, Ints, Spells, groups_of, read_spells
from ot_eval.models.survival import chosen_events

FEWEST_GROUPS = 2


def log_rank(
    frame: pd.DataFrame,
    *,
    by: str,
    about: About,
    stratum: str | None = None,
    rho: float = 0.0,
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
) -> Estimate:
    """Return the chi-square for equal hazards in the groups of `by`.

    Parameters
    ----------
    frame : columns ``exit_day``, ``event``, ``entry_day`` where entered late (whole days), `by` and `stratum`
    by : column of groups
    stratum : column within whose levels the groups are compared
    rho : exponent of the weights S(t-)^rho; 0 is the log-rank test
    events, censor : as in `survival.kaplan_meier`; a cause that competes must be named in `censor`: the test then
        compares cause-specific hazards, and says nothing about cumulative incidence (use `gray.gray_test`)

    Raises
    ------
    AnalysisRefused
        one group only, or a group with fewer than 10 events (report intervals, no test).
    """
    spells = read_spells(frame)
    chosen = chosen_events(spells, events, censor)
    group, names = groups_of(frame, by)
    happened = np.isin(spells.event, [spells.code(k) for k in chosen])
    counts = np.bincount(group[happened], minlength=len(names))
    if len(names) < FEWEST_GROUPS or counts.min() < LEAST_EVENTS:
        raise AnalysisRefused(
            f"log-rank test: {len(names)} groups, fewest events in a group {int(counts.min())}",
            expected=f"two groups or more, each with {LEAST_EVENTS} events",
            fix="report the curves with their intervals, without a test",
        )
    layer, layers = groups_of(frame, stratum)
    score, variance = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for code in range(len(layers)):
        rows = layer == code
        observed, expected, part = rank_score(spells.take(rows), group[rows], chosen, len(names), rho)
        score, variance = score + observed - expected, variance + part
    value, df = float(score[:-1] @ np.linalg.solve(variance[:-1, :-1], score[:-1])), len(names) - 1
    method = "log-rank test" if rho == 0 else f"weighted log-rank test, rho {rho:g}"
    return Estimate(
        analysis="log_rank",
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=by,
        measure="test: log-rank",
        unit="chi-square",
        value=value,
        p=float(stats.chi2.sf(value, df)),
        n=len(spells),
        n_event=int(counts.sum()),
        method=f"{method}{f' stratified by {stratum}' if stratum else ''} (count grid); {df} degrees of freedom",
    )


def rank_score(
    spells: Spells, group: Ints, chosen: tuple[str, ...], n_groups: int, rho: float
) -> tuple[Floats, Floats, Floats]:
    """Return observed and expected (weighted) events by group, and the covariance of their difference."""
    last = int(spells.exit.max())
    pooled = one_cause(day_table(spells, last_day=last), chosen)
    tables = [one_cause(day_table(spells.take(group == g), last_day=last), chosen) for g in range(n_groups)]
    n, d = pooled.at_risk, pooled.any_event
    weight = np.concatenate([[1.0], product_limit(pooled)[:-1]]) ** rho * (d > 0)
    share = np.stack([np.divide(t.at_risk, n, out=np.zeros(n.size), where=n > 0) for t in tables])
    observed = np.array([(weight * t.any_event).sum() for t in tables])
    left = np.divide(n - d, n - 1, out=np.zeros(n.size), where=n > 1)
    spread = weight**2 * d * left
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    return observed, share @ (weight * d), covariance
