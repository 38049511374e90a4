"""Table 1: who is in each group. Counts and percentages, means and medians, and standardised differences.

A standardised difference compares groups in standard deviations, so that it does not depend on how many people there
are. Source: Austin (2009); with weights the means are weighted and the standard deviation is the unweighted one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ot_eval.base.results import Estimate
from ot_eval.models.about import About, need_columns, positive
from ot_eval.models.spells import Bools, Floats, groups_of

ANALYSIS = "table_one"


def table_one(
    frame: pd.DataFrame, *, columns: tuple[str, ...], about: About, by: str | None = None, weight: str | None = None
) -> tuple[Estimate, ...]:
    """Describe `columns` of `frame` for everybody and for each group of `by`.

    Parameters
    ----------
    frame : one row a person
    columns : numbers give mean, standard deviation, median and quartiles; anything else gives people and percent a
        level; people without a value are counted as the level "not recorded"
    by : column of groups; differences are those of each later group with the first
    weight : column of weights, for the balance after weighting; counts stay counts of people

    Returns
    -------
    Estimates. ``population`` ends with the group, ``term`` is the column or "column: level", ``n`` the people in the
    group (with a value, for means and medians).
    """
    need_columns(list(columns), list(frame.columns))
    frame = frame.reset_index(drop=True)
    weights = positive(frame, weight) if weight else np.ones(len(frame))
    found: list[Estimate] = []
    everyone = np.ones(len(frame), dtype=bool)
    for column in columns:
        found += _describe(frame[column], everyone, weights, about)
    if by is None:
        return tuple(found)
    group, names = groups_of(frame, by)
    for g, name in enumerate(names):
        part = replace(about, population=f"{about.population}, {name}")
        for column in columns:
            found += _describe(frame[column], group == g, weights, part)
    for g, name in enumerate(names[1:], start=1):
        part = replace(about, population=f"{about.population}, {name} v {names[0]}")
        for column in columns:
            found += _differences(frame[column], (group == g, group == 0), weights, part)
    return tuple(found)


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _describe(column: pd.Series, rows: Bools, weights: Floats, about: About) -> Iterator[Estimate]:
    chosen, weight = column[rows], weights[rows]
    if not _numeric(column):
        for level, member in _levels(column):
            count = int(member[rows].sum())
            share = float(np.average(member[rows], weights=weight)) if rows.any() else 0.0
            term = f"{column.name}: {level}"
            yield _row(about, term, "people", "people", count, int(rows.sum()))
            yield _row(about, term, "share of people", "percent", 100 * share, int(rows.sum()))
        return
    known = chosen.notna().to_numpy()
    values, weight = chosen[known].to_numpy(dtype=np.float64), weight[known]
    n, name = values.size, str(column.name)
    if not known.all():
        yield _row(about, f"{name}: not recorded", "people", "people", int((~known).sum()), int(rows.sum()))
    if n:
        yield _row(about, name, "mean", "as recorded", float(np.average(values, weights=weight)), n)
        for label, share in (("lower quartile", 0.25), ("median", 0.5), ("upper quartile", 0.75)):
            yield _row(about, name, label, "as recorded", float(np.quantile(values, share)), n)
    if n > 1:
        yield _row(about, name, "standard deviation", "as recorded", float(values.std(ddof=1)), n)


def _levels(column: pd.Series) -> Iterator[tuple[str, Bools]]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = list(column.cat.remove_unused_categories().cat.categories)
    else:
        levels = sorted(column.dropna().unique())
    for level in levels:
        yield str(level), (column == level).fillna(False).to_numpy(dtype=bool)
    if column.isna().any():
        yield "not recorded", column.isna().to_numpy()


def _row(about: About, term: str, measure: str, unit: str, value: float, n: int) -> Estimate:
    return Estimate(
        analysis=ANALYSIS,
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=term,
        measure=measure,
        unit=unit,
        value=value,
        n=n,
        method="description",
    )


def _differences(column: pd.Series, rows: tuple[Bools, Bools], weights: Floats, about: About) -> Iterator[Estimate]:
    if _numeric(column):
        known = column.notna().to_numpy()
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        parts = [(str(column.name), values, (rows[0] & known, rows[1] & known))]
    else:
        parts = [(f"{column.name}: {level}", member.astype(np.float64), rows) for level, member in _levels(column)]
    for term, values, (one, other) in parts:
        difference = standardised_difference(values, one, other, weights)
        if difference is not None:
            n = int(one.sum() + other.sum())
            yield _row(about, term, "standardised difference", "standard deviations", difference, n)


def standardised_difference(values: Floats, one: Bools, other: Bools, weights: Floats) -> float | None:
    """Return (weighted mean of `one` - of `other`) over the pooled unweighted standard deviation; None without spread.

    The pooled standard deviation is the root of the mean of the two variances: of the sample for numbers, p (1 - p)
    for a level that people have or have not.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0, 3.0, 4.0, 5.0])
    >>> first = np.array([True, True, True, False, False, False])
    >>> standardised_difference(x, ~first, first, np.ones(6))
    2.0
    """
    fewest = 2
    if min(one.sum(), other.sum()) < fewest:
        return None
    binary = bool(np.isin(values[one | other], (0.0, 1.0)).all())
    spread = [float(np.var(values[part], ddof=0 if binary else 1)) for part in (one, other)]
    pooled = float(np.sqrt(np.mean(spread)))
    if pooled == 0:
        return None
    means = [float(np.average(values[part], weights=weights[part])) for part in (one, other)]
    return (means[0] - means[1]) / pooled
