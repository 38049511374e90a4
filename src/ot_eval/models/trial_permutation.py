"""Exact permutation test: the difference against those of the other allocations that could have happened.

It assumes nothing about the outcome, only that the allocation was drawn from the list. Its smallest possible p-value is
printed: .33 with 2 against 2 providers, .10 with 3 against 3 (it can never reach .05), .029 with 4 against 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ot_eval.models.trial_allocations import Allocations, allocations_for, check, smallest_p
from ot_eval.models.trial_data import Columns, read_trial
from ot_eval.models.trial_records import Array, Comparison
from ot_eval.models.trial_summary import Kind, comparison, summarise

METHOD = "exact_permutation"
TIE = 1e-12


def differences(value: Array, allocations: Allocations) -> Array:
    """Return the difference of arm means under every allocation, shape (W, allocations), from figures (W, G)."""
    chosen = allocations.astype(np.float64)
    n1 = chosen.sum(axis=1)
    weight = chosen / n1[:, None] - (1 - chosen) / (chosen.shape[1] - n1)[:, None]
    out: Array = value @ weight.T
    return out


def p_values(value: Array, arm: Array, allocations: Allocations) -> Array:
    """Return two-sided p-values (W,): the share of allocations with a difference at least as large, ties included."""
    observed = np.abs(differences(value, np.asarray(arm)[None]))
    margin = TIE * (1 + np.abs(value).max())
    share: Array = (np.abs(differences(value, allocations)) >= observed - margin).mean(axis=1)
    return share


def shift_interval(observed: float, a: Array, b: Array, level: float) -> tuple[float, float] | None:
    """Return every shift that the test does not reject, or None when it can reject no shift at all.

    After taking a shift d off the coached the real statistic is O - d and that of another allocation a - d b, with b
    the statistic of the real arm under it. The second is at least as large as the first exactly for d between
    (O - a) / (1 - b) and (O + a) / (1 + b); so the p-value at every d is known without searching.

    Parameters
    ----------
    observed : the real statistic, a difference that moves by d when the coached do
    a, b : statistics of the outcome and of the real arm, one entry an allocation, |b| at most 1
    level : confidence level
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([(observed - a) / (1 - b), (observed + a) / (1 + b)])
    always = np.abs(np.abs(b) - 1) < TIE
    low = np.sort(np.where(always, -np.inf, ends.min(axis=0)))
    high = np.sort(np.where(always, np.inf, ends.max(axis=0)))[::-1]
    most = int(np.floor((1 - level) * len(a) + 1e-9))
    if not np.isfinite(low[most]) or not np.isfinite(high[most]):
        return None
    return float(low[most]), float(high[most])


def interval(value: Array, arm: Array, allocations: Allocations, level: float) -> tuple[float, float] | None:
    """Return `shift_interval` for figures by provider (G,)."""
    observed = float(differences(value[None], np.asarray(arm)[None])[0, 0])
    a = differences(value[None], allocations)[0]
    b = differences(np.asarray(arm, dtype=np.float64)[None], allocations)[0]
    return shift_interval(observed, a, b, level)


def permutation_difference(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    kind: Kind = "mean",
    strata: str | None = None,
    allocations: Allocations | None = None,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
    unit: str | None = None,
) -> Comparison:
    """Return the difference of cluster averages with its exact permutation p-value and interval.

    Parameters
    ----------
    frame, columns, kind, level, unit : as in `trial_summary.cluster_difference`
    strata : column that is constant within providers, within which the allocation was drawn
    allocations : the list it was drawn from where that was restricted otherwise, one row each, providers in the order
        of their sorted names
    rng : needed only where more than 200,000 allocations could have happened

    Returns
    -------
    Comparison
        `p_floor` is the smallest p-value the design allows. `lower` and `upper` are None where it can reject nothing.
    """
    trial = read_trial(frame, columns)
    found = summarise(trial, kind, columns)
    arm = trial.cluster_arm
    groups = None if strata is None else _strata(frame, columns, strata)
    listed = check(allocations, arm) if allocations is not None else allocations_for(arm, groups, rng)
    p = float(p_values(found.value[None], arm, listed)[0])
    ends = interval(found.value, arm, listed, level)
    numbers = {
        "value": float(differences(found.value[None], arm[None].astype(np.int8))[0, 0]), "p": p,
        "lower": None if ends is None else ends[0], "upper": None if ends is None else ends[1],
    }  # fmt: skip
    return comparison(
        trial, kind, numbers, ratio=found.ratio, unit=unit, method=METHOD, level=level, estimand="cluster-average",
        p_floor=smallest_p(listed, arm), words=f"permutation over {len(listed):,} allocations ({found.words})",
    )  # fmt: skip


def _strata(frame: pd.DataFrame, columns: Columns, strata: str) -> Sequence[object]:
    from ot_eval.base.errors import AnalysisRefused
    from ot_eval.models.trial_data import need

    need((strata,), frame)
    per = frame.groupby(columns.cluster, sort=True)[strata]
    if (per.nunique(dropna=False) > 1).any() or frame[strata].isna().any():
        raise AnalysisRefused(
            f"trial.{strata}: differs within {int((per.nunique(dropna=False) > 1).sum())} providers or has gaps",
            expected="one stratum a provider",
            fix="name the column that the allocation was stratified by",
        )
    return list(per.first())
