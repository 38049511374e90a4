"""Before and after, coached and not: the change of each provider is the unit.

A mixed model with a provider effect only is not offered, even with Kenward-Roger: it rejected 7-20 % of true null
hypotheses, because providers drift between the two times. Changes of provider means (t, G - 2) rejected 4.3-5.4 %, the
analysis of covariance of provider means 5.1-6.0 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.trial_allocations import Allocations, allocations_for, check, smallest_p
from ot_eval.models.trial_data import Columns, Trial, anova_icc, read_trial, refuse_weight
from ot_eval.models.trial_moments import Moments, moments
from ot_eval.models.trial_permutation import differences, interval, p_values
from ot_eval.models.trial_records import Array, Comparison, Icc, t_interval
from ot_eval.models.trial_robust import cr2
from ot_eval.models.trial_summary import refuse_alike, student

CHANGE, ANCOVA, ROBUST, PERMUTATION = "did_change_t", "did_ancova_t", "did_cr2", "did_permutation"
LEAST_FOR_ANCOVA = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeAfter:
    """Provider means before and after (G,), arm of each provider, and the rows they came from (`after` 0 or 1)."""

    before: Array
    after: Array
    arm: Array
    trial: Trial
    late: Array


def read_before_after(frame: pd.DataFrame, columns: Columns) -> BeforeAfter:
    """Read one row a participant and time.

    Raises
    ------
    AnalysisRefused
        As in `trial_data.read_trial`; not exactly two periods; a provider without one of them.
    """
    if columns.period is None or columns.covariates:
        raise RequestError(
            "a before-and-after comparison without its period, or with covariates",
            expected="the column period, 0 before and 1 after, and no covariates",
            fix="name the period; the score before is the covariate that matters, in ancova_difference",
        )
    trial = read_trial(frame, columns)
    refuse_weight(trial, "a before-and-after comparison")
    assert trial.period is not None  # noqa: S101
    n = [np.bincount(trial.cluster[trial.period == t], minlength=trial.n_cluster) for t in (0, 1)]
    if trial.period.max() != 1 or min(n[0].min(), n[1].min()) == 0:
        raise AnalysisRefused(
            f"trial.{columns.period}: {int(trial.period.max()) + 1} periods, "
            f"{int(((n[0] == 0) | (n[1] == 0)).sum())} providers without one of the first two",
            expected="two periods, and every provider in both",
            fix="choose one time before and one after; more periods are a stepped wedge or need a trend",
        )
    means = [
        np.bincount(trial.cluster, weights=trial.y * (trial.period == t), minlength=trial.n_cluster) / n[t]
        for t in (0, 1)
    ]
    return BeforeAfter(
        before=means[0], after=means[1], arm=trial.cluster_arm, trial=trial, late=trial.period.astype(np.float64)
    )


def _icc(trial: Trial, level: float) -> Icc | None:
    assert trial.period is not None  # noqa: S101
    cell = trial.cluster * 2 + trial.period
    several = trial.y.size > 2 * trial.n_cluster
    return anova_icc(trial.y, cell, trial.period * 2 + trial.arm, level) if several else None


def _comparison(data: BeforeAfter, value: float, level: float, unit: str, **fields: Any) -> Comparison:
    trial = data.trial
    return Comparison(
        measure="difference in change", unit=unit, value=value, level=level, n=trial.y.size, n_cluster=trial.n_cluster,
        n_coached=trial.n_coached, size_cv=trial.size_cv, icc=_icc(trial, level), **fields,
    )  # fmt: skip


def _with_t(data: BeforeAfter, found: tuple[float, float, float], level: float, unit: str, **said: str) -> Comparison:
    value, se, df = found
    lower, upper, p = t_interval(value, se, df, level)
    return _comparison(data, value, level, unit, se=se, df=df, lower=lower, upper=upper, p=p, **said)


def change_difference(
    frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points"
) -> Comparison:
    """Return the difference in change, coached minus usual care: t-test of one change a provider, G - 2 df.

    Parameters
    ----------
    frame : one row a participant and time (the same people or others)
    columns : which column is what; `period` 0 before and 1 after
    level, unit : confidence level, unit of the outcome
    """
    data = read_before_after(frame, columns)
    change = data.after - data.before
    refuse_alike(change, data.arm)
    value, se = (float(a[0]) for a in student(change[None], data.arm))
    return _with_t(
        data, (value, se, change.size - 2.0), level, unit, method=CHANGE, estimand="cluster-average",
        words="t-test of one change a provider",
    )  # fmt: skip


def ancova_difference(
    frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points"
) -> Comparison:
    """Return the difference after at equal mean before: analysis of covariance of provider means, G - 3 df.

    More precise than the change when the two means correlate less than .5. Refused with fewer than six providers.
    """
    data = read_before_after(frame, columns)
    n = data.before.size
    if n < LEAST_FOR_ANCOVA:
        raise AnalysisRefused(
            f"trial: {n} providers", expected=f"{LEAST_FOR_ANCOVA} for an analysis of covariance", fix="use the change"
        )
    x = np.column_stack([np.ones(n), data.arm, data.before - data.before.mean()])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise AnalysisRefused(
            "trial: the means before do not differ", expected="providers that differ before", fix="use the change"
        )
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ data.after
    left = data.after - x @ beta
    se = float(np.sqrt(left @ left / (n - 3) * inverse[1, 1]))
    return _with_t(
        data, (float(beta[1]), se, n - 3.0), level, unit, method=ANCOVA, estimand="cluster-average",
        words="analysis of covariance of one mean a provider on its mean before",
    )  # fmt: skip


def interaction_moments(data: BeforeAfter) -> Moments:
    """Return the sums of arm by time, the interaction in the second column."""
    trial = data.trial
    x = np.column_stack([np.ones(trial.y.size), trial.arm * data.late, trial.arm, data.late])
    return moments(x, trial.y, trial.cluster, trial.n_cluster)


def participant_change(
    frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points"
) -> Comparison:
    """Return the difference in change with every participant counting once: arm by time, CR2, Satterthwaite."""
    data = read_before_after(frame, columns)
    value, se, df = (float(a[0]) for a in cr2(interaction_moments(data)))
    return _with_t(
        data, (value, se, df), level, unit, method=ROBUST, estimand="participant-average",
        words="least squares, arm by time, CR2 errors by provider, Satterthwaite",
    )  # fmt: skip


def change_permutation(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    allocations: Allocations | None = None,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
    unit: str = "points",
) -> Comparison:
    """Return the difference in change with its exact permutation p-value; only where the arm was allocated at random.

    Parameters as in `trial_permutation.permutation_difference`.
    """
    data = read_before_after(frame, columns)
    change = data.after - data.before
    listed = check(allocations, data.arm) if allocations is not None else allocations_for(data.arm, None, rng)
    ends = interval(change, data.arm, listed, level)
    return _comparison(
        data, float(differences(change[None], data.arm[None])[0, 0]), level, unit, method=PERMUTATION,
        lower=None if ends is None else ends[0], upper=None if ends is None else ends[1],
        p=float(p_values(change[None], data.arm, listed)[0]), p_floor=smallest_p(listed, data.arm),
        estimand="cluster-average", words=f"changes of providers, permutation over {len(listed):,} allocations",
    )  # fmt: skip
