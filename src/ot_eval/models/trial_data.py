"""A trial as arrays: one row a participant, its arm and its provider, read once and refused when it is not whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, nearest
from ot_eval.models.spells import codes_of
from ot_eval.models.trial_records import Array, Icc

LEAST_PER_ARM = 2
ARMS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what.

    Attributes
    ----------
    outcome : numbers; 0 or 1 for a yes/no outcome; counts for a rate
    arm : 0 usual care, 1 coached; as allocated, whatever happened later
    cluster : the provider as allocated
    covariates : numbers known before allocation
    exposure : time at risk of a count, above zero
    weight : weight of a participant within its provider, above zero
    period : calendar period, for a stepped wedge or a before-after comparison
    """

    outcome: str = "outcome"
    arm: str = "arm"
    cluster: str = "cluster"
    covariates: tuple[str, ...] = ()
    exposure: str | None = None
    weight: str | None = None
    period: str | None = None

    def all(self) -> tuple[str, ...]:
        """Return every column that is named."""
        named = (self.outcome, self.arm, self.cluster, *self.covariates, self.exposure, self.weight, self.period)
        return tuple(c for c in named if c is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial as arrays of one entry a row; `cluster` and `period` are codes from 0, `covariates` (rows, k)."""

    y: Array
    arm: Array
    cluster: Array
    names: tuple[str, ...]
    covariates: Array
    exposure: Array
    weight: Array | None
    period: Array | None

    @property
    def n_cluster(self) -> int:
        """Providers."""
        return len(self.names)

    @property
    def size(self) -> Array:
        """Participants of each provider."""
        return np.bincount(self.cluster, minlength=self.n_cluster).astype(np.float64)

    @property
    def cluster_arm(self) -> Array:
        """Arm of each provider (of its last row, where the arm changes over time)."""
        out = np.zeros(self.n_cluster, dtype=np.int64)
        out[self.cluster] = self.arm
        return out

    @property
    def n_coached(self) -> int:
        """Coached providers."""
        return int(self.cluster_arm.sum())

    @property
    def size_cv(self) -> float:
        """Coefficient of variation of cluster size."""
        return float(self.size.std(ddof=1) / self.size.mean())


def need(columns: tuple[str, ...], frame: pd.DataFrame) -> None:
    """Refuse a name that the table has not, naming the nearest."""
    for name in columns:
        if name not in frame.columns:
            raise AnalysisRefused(
                f"trial: no column {name!r}.{nearest(name, list(frame.columns))}",
                expected=f"the columns {', '.join(columns)}",
                fix="name the column as the table has it, or derive it first",
            )


def numbers(frame: pd.DataFrame, name: str) -> Array:
    """Return a column of finite numbers, or refuse with the count of rows that are not."""
    if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]):
        raise AnalysisRefused(
            f"trial.{name}: holds text", expected="numbers", fix="code categories as 0/1 columns, one a level but one"
        )
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise AnalysisRefused(
            f"trial.{name}: {bad} of {len(values)} rows are missing or infinite",
            expected="a number in every row",
            fix="for a missing outcome use trial_missing.imputed_difference, or say why people were left out",
        )
    return values


def read_trial(frame: pd.DataFrame, columns: Columns, *, arm_varies: bool = False) -> Trial:
    """Read one row a participant.

    Parameters
    ----------
    frame : one row a participant (a participant and period, where there are periods)
    columns : which column is what
    arm_varies : the arm may change within a provider over time (stepped wedge)

    Raises
    ------
    AnalysisRefused
        A column is absent or has gaps; the arm is not 0 or 1; a provider has both arms; fewer than two providers in an
        arm; an exposure or weight that is not above zero.
    """
    need(columns.all(), frame)
    arm = numbers(frame, columns.arm)
    if not np.isin(arm, (0, 1)).all():
        raise AnalysisRefused(
            f"trial.{columns.arm}: {int((~np.isin(arm, (0, 1))).sum())} rows are neither 0 nor 1",
            expected="0 for usual care and 1 for coached",
            fix="code the arm as 0 and 1",
        )
    code, names = codes_of(frame, columns.cluster)
    period = None if columns.period is None else codes_of(frame, columns.period)[0]
    trial = Trial(
        y=numbers(frame, columns.outcome),
        arm=arm.astype(np.int64),
        cluster=code,
        names=tuple(str(n) for n in names),
        covariates=np.column_stack([np.empty((len(frame), 0)), *(numbers(frame, c) for c in columns.covariates)]),
        exposure=_positive(frame, columns.exposure) if columns.exposure else np.ones(len(frame)),
        weight=_positive(frame, columns.weight) if columns.weight else None,
        period=period,
    )
    if not arm_varies:
        _refuse_mixed(trial, columns)
    return trial


def _positive(frame: pd.DataFrame, name: str) -> Array:
    values = numbers(frame, name)
    if (values <= 0).any():
        raise AnalysisRefused(
            f"trial.{name}: {int((values <= 0).sum())} rows are zero or negative",
            expected="a number above zero in every row",
            fix="leave out, by a rule that is reported, people who were never at risk",
        )
    return values


def _refuse_mixed(trial: Trial, columns: Columns) -> None:
    mixed = int((trial.arm != trial.cluster_arm[trial.cluster]).sum())
    coached = trial.n_coached
    fewest = min(coached, trial.n_cluster - coached)
    if mixed:
        raise AnalysisRefused(
            f"trial.{columns.arm}: providers with both arms ({mixed} rows differ from the rest of their provider)",
            expected="one arm a provider, as allocated",
            fix="use trial_wedge for providers that change over time, trial_did for before and after",
        )
    if fewest < LEAST_PER_ARM:
        raise AnalysisRefused(
            f"trial.{columns.cluster}: {fewest} providers in the smaller arm, {trial.n_cluster} in all",
            expected=f"at least {LEAST_PER_ARM} providers in each arm: one cannot be told from its arm",
            fix="report the providers side by side, without a test",
        )


def refuse_weight(trial: Trial, method: str) -> None:
    """Refuse participant weights where a method is not built for them."""
    if trial.weight is not None:
        raise AnalysisRefused(
            f"trial: weights are given, and {method} has no place for them",
            expected="weights with trial_summary only",
            fix="use trial_summary.cluster_difference, or leave the weights out",
        )


def anova_icc(y: Array, cluster: Array, arm: Array | None = None, level: float = 0.95) -> Icc:
    """Return the intra-cluster correlation by analysis of variance, within arms where an arm is given.

    Parameters
    ----------
    y, cluster, arm : one entry a participant; `cluster` codes from 0
    level : confidence level

    Notes
    -----
    n0 = (N - sum of n^2 / N of the arm) / (clusters - arms); interval from F with (clusters - arms, N - clusters)
    degrees of freedom (Searle 1971). It may be negative; it is not cut off at zero.
    """
    from scipy import stats

    size = np.bincount(cluster).astype(np.float64)
    mean = np.bincount(cluster, weights=y) / size
    group = np.zeros(size.size, dtype=np.int64)
    if arm is not None:
        group[cluster] = np.unique(arm, return_inverse=True)[1]
    total = np.bincount(group, weights=size)
    centre = (np.bincount(group, weights=size * mean) / total)[group]
    between_df, within_df = size.size - np.unique(group).size, y.size - size.size
    if within_df < 1:
        raise AnalysisRefused(
            "trial: one participant a provider", expected="several in some providers", fix="leave the ICC out"
        )
    n0 = float((size.sum() - (size**2 / total[group]).sum()) / between_df)
    between = float((size * (mean - centre) ** 2).sum() / between_df)
    within = float(((y - mean[cluster]) ** 2).sum() / within_df)
    if within <= 0:
        raise AnalysisRefused(
            "trial: no variation within providers", expected="an outcome that varies", fix="check the outcome"
        )
    tail = 0.5 + level / 2
    ends = [between / within / float(stats.f.ppf(q, between_df, within_df)) for q in (tail, 1 - tail)]
    lower, upper = ((f - 1) / (f + n0 - 1) for f in ends)
    value = (between - within) / (between + (n0 - 1) * within)
    return Icc(value=value, lower=lower, upper=upper, level=level)
