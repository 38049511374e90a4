"""Estimates straight from a count table: their cost grows with days and patterns, not with people.

For a region or a nation the table is one aggregation in DuckDB or Spark (`ot_eval.derive.count_table`); what follows
here takes the same fraction of a second for ten thousand people and for ten million. Numbers equal those from rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Curve, Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.competing import curve_of_incidence, incidence, incidence_variance, limits
from ot_eval.models.counts import ENTERED, check_counts
from ot_eval.models.cox_fit import refuse_few_events, sparse_levels
from ot_eval.models.day_table import DayTable, from_counts, refuse_early_collapse
from ot_eval.models.design import read_design
from ot_eval.models.grid import CountGrid
from ot_eval.models.partial_likelihood import maximise
from ot_eval.models.spells import CENSORED, Bools, Floats, Ints, groups_of, whole_days
from ot_eval.models.ties import Ties


def incidence_from_counts(table: pd.DataFrame, *, cause: str, about: About, by: str | None = None) -> tuple[Curve, ...]:
    """Return cumulative incidence with log-log limits, as `competing.cumulative_incidence`, from a count table."""
    check_counts(table, 1)
    group, names = groups_of(table, by)
    kinds = _kinds(table, cause)
    curves = []
    for g, name in enumerate(names):
        days = day_table_of(table[group == g], kinds)
        refuse_early_collapse(days)
        kind = kinds.index(cause)
        share, se = incidence(days, kind), np.sqrt(incidence_variance(days, kind))
        curves.append(curve_of_incidence(days, kind, (share, *limits(share, se, about.critical())), about, name))
    return tuple(curves)


def day_table_of(table: pd.DataFrame, kinds: tuple[str, ...]) -> DayTable:
    """Return counts by day, all patterns together."""
    day, n = whole_days(table["day"], "day"), table["n"].to_numpy(dtype=np.float64)
    what = table["what"].astype(str).to_numpy()
    size = int(day.max()) + 1

    def on_day(kind: str) -> Floats:
        rows = what == kind
        return np.bincount(day[rows], weights=n[rows], minlength=size).astype(np.float64)

    return from_counts(on_day(ENTERED), np.stack([on_day(k) for k in kinds]), on_day(CENSORED), kinds)


def _kinds(table: pd.DataFrame, cause: str) -> tuple[str, ...]:
    kinds = tuple(sorted(set(table["what"].astype(str)) - {ENTERED, CENSORED}))
    if cause not in kinds:
        raise AnalysisRefused(
            f"counts.what: nobody has the event {cause!r}; seen are {', '.join(kinds) or 'none'}",
            expected="at least one event of the kind that is analysed",
            fix="check the outcome's name",
        )
    return kinds


def hazard_ratios_from_counts(
    table: pd.DataFrame,
    *,
    cause: str,
    terms: tuple[str, ...],
    about: About,
    strata: tuple[str, ...] = (),
    ties: Ties = "efron",
) -> tuple[Estimate, ...]:
    """Return cause-specific hazard ratios with model-based intervals, as `cox.cause_specific`, from a count table.

    Start and stop rows, late entry and strata are in the counts. ``n`` counts rows at risk (a person who changes
    exposure is in two). A level with fewer than ten events gets its interval without a test.
    """
    check_counts(table, 1)
    _kinds(table, cause)
    table = table.reset_index(drop=True)
    design = read_design(table, terms)
    if not design.grouped:
        raise AnalysisRefused(
            "counts: a covariate has too many values for counts by pattern",
            expected="covariates with few levels",
            fix="band the covariate before exporting",
        )
    n = table["n"].to_numpy(dtype=np.float64)
    own = (table["what"] == cause).to_numpy()
    came = (table["what"] == ENTERED).to_numpy()
    n_event = int(n[own].sum())
    refuse_few_events(n_event, len(design.names))
    grid = _grid(table, (own, came), n, design.patterns, strata)
    best = maximise(grid, ties, design.names).best
    se = np.sqrt(np.diag(np.linalg.inv(best.information)))
    sparse = sparse_levels(design, own, n)
    words = f"; strata {', '.join(strata)}" if strata else ""
    return tuple(
        estimate(
            about,
            "cause_specific_cox",
            Quantity(
                term=name, measure="hazard ratio", unit="ratio", value=float(np.exp(best.beta[j])), se=float(se[j]),
                ratio=True, test=not sparse[j],
            ),
            method=f"Cox, {ties.capitalize()}'s ties (count grid, from counts){words}",
            n=int(n[came].sum()),
            n_event=n_event,
        )
        for j, name in enumerate(design.names)
    )  # fmt: skip


def _grid(
    table: pd.DataFrame, rows: tuple[Bools, Bools], n: Floats, patterns: tuple[Ints, Floats], strata: tuple[str, ...]
) -> CountGrid:
    own, came = rows
    pattern, values = patterns
    day = whole_days(table["day"], "day")
    size, stratum = int(day.max()) + 1, np.zeros(len(table), dtype=np.int64)
    for name in strata:
        level, found = groups_of(table, name)
        stratum = stratum * len(found) + level
    key = stratum * size + day
    times = np.unique(key[own])
    last, width = np.searchsorted(times, key, side="right"), values.shape[0]

    def cells(time: Ints, chosen: Bools, height: int) -> Floats:
        place = time[chosen] * width + pattern[chosen]
        counted = np.bincount(place, weights=n[chosen], minlength=height * width)
        return counted.reshape(height, width).astype(np.float64)

    net = cells(last, ~came, times.size + 1) - cells(last, came, times.size + 1)
    at_risk = np.cumsum(net[::-1], axis=0)[::-1][1:]
    dead = cells(last - 1, own, times.size)
    return CountGrid(at_risk, dead, np.rint(dead.sum(axis=1)).astype(np.int64), values)
