"""The effect in providers that would follow their allocation, by instrumental variables on provider means.

The allocation is the instrument: its effect on the outcome divided by its effect on the dose received (the share of
carers coached, or sessions). Providers are the unit and t has G - 2 degrees of freedom. It stands beside the comparison
as allocated, never in its place, and it assumes that the allocation acts through the dose alone. Source: Agbla, De
Stavola & DiazOrdaz (2020); the interval is Fieller's, because a weak effect on the dose makes any other too short.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_data import Columns, anova_icc, need, numbers, read_trial
from ot_eval.models.trial_records import Comparison
from ot_eval.models.trial_summary import refuse_alike, student

METHOD = "complier_iv"


def complier_effect(
    frame: pd.DataFrame, columns: Columns, *, dose: str, level: float = 0.95, unit: str = "points"
) -> Comparison:
    """Return the effect of one unit of dose among providers whose dose follows the allocation.

    Parameters
    ----------
    frame : one row a participant
    columns : which column is what; `arm` as allocated; no covariates
    dose : column of what was received, the same unit for everybody (0 to 1 for a share coached)
    level, unit : confidence level, unit of the outcome

    Returns
    -------
    Comparison
        `se` is two-stage least squares'; the interval is Fieller's (the effects whose residuals do not differ between
        the arms); p equals that of the comparison as allocated.

    Raises
    ------
    AnalysisRefused
        The allocation did not clearly change the dose: then no finite interval exists.
    """
    need((dose,), frame)
    trial = read_trial(frame, columns)
    if trial.covariates.shape[1] or trial.weight is not None:
        raise AnalysisRefused(
            "trial: covariates or weights with the complier effect", expected="provider means", fix="leave them out"
        )
    got = numbers(frame, dose)
    y, d = (np.bincount(trial.cluster, weights=v) / trial.size for v in (trial.y, got))
    refuse_alike(y, trial.cluster_arm)
    (on_y, on_d) = (float(student(v[None], trial.cluster_arm)[0][0]) for v in (y, d))
    df = trial.n_cluster - 2
    ends = _fieller(y, d, trial.cluster_arm, float(stats.t.ppf(0.5 + level / 2, df)))
    if ends is None:
        raise AnalysisRefused(
            f"trial.{dose}: the allocation changed it by {on_d:.3g} on average, not clearly more than nothing",
            expected="a dose that the allocation changed beyond chance",
            fix="report the comparison as allocated, and describe what was received by provider",
        )
    value = on_y / on_d
    se = float(student((y - value * d)[None], trial.cluster_arm)[1][0]) / abs(on_d)
    as_allocated = student(y[None], trial.cluster_arm)
    p = float(2 * stats.t.sf(abs(as_allocated[0][0] / as_allocated[1][0]), df))
    return Comparison(
        method=METHOD, estimand="cluster-average", measure=f"difference in means per unit of {dose}", unit=unit,
        value=value, se=se, df=df, lower=ends[0], upper=ends[1], p=p, level=level, n=trial.y.size,
        n_cluster=trial.n_cluster, n_coached=trial.n_coached, size_cv=trial.size_cv,
        icc=anova_icc(trial.y, trial.cluster, trial.arm, level) if trial.y.size > trial.n_cluster else None,
        words=f"instrumental variable (allocation) on provider means, Fieller's interval; dose changed by {on_d:.3g}",
    )  # fmt: skip


def _fieller(y: np.ndarray, d: np.ndarray, arm: np.ndarray, t: float) -> tuple[float, float] | None:
    """Return the effects b with |difference of y - b d| <= t x its error, or None where they have no end."""
    (a, se_a), (b, se_b) = ((float(v[0]) for v in student(x[None], arm)) for x in (y, d))
    joint = (float(student((y + d)[None], arm)[1][0]) ** 2 - se_a**2 - se_b**2) / 2
    square, middle, constant = b**2 - t**2 * se_b**2, a * b - t**2 * joint, a**2 - t**2 * se_a**2
    if square <= 0:
        return None
    root = np.sqrt(max(middle**2 - square * constant, 0.0))
    return float((middle - root) / square), float((middle + root) / square)
