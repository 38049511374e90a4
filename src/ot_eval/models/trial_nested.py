"""A coach in one arm only: people of one coach resemble each other, people in usual care stand alone.

Participants were allocated one by one; those of the coached arm were then shared among coaches. Leaving the coaches out
rejects too many true null hypotheses, and inventing clusters in usual care is no better (Candlish & others 2018). The
model lets coaches vary in their arm only and gives each arm its own residual variance: REML, Kenward-Roger.
Where whole providers were allocated, the provider is the cluster in both arms: use the other modules instead.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.spells import codes_of
from ot_eval.models.trial_components import Block, fit
from ot_eval.models.trial_data import Columns, anova_icc, need, numbers
from ot_eval.models.trial_records import Array, Comparison, t_interval

METHOD = "partially_nested_kr"
LEAST_COACHES, LEAST_ALONE, TOGETHER = 3, 10, 50


def nested_difference(
    frame: pd.DataFrame, columns: Columns, *, level: float = 0.95, unit: str = "points"
) -> Comparison:
    """Return the difference, coached minus usual care, of a heteroscedastic partially nested model.

    Parameters
    ----------
    frame : one row a participant
    columns : which column is what; `cluster` is the coach, empty for everybody in usual care
    level, unit : confidence level, unit of the outcome

    Returns
    -------
    Comparison
        `n_cluster` and `n_coached` count coaches; degrees of freedom are Kenward-Roger's, at least coaches - 1;
        `size_cv` is that of the coaches' numbers.

    Raises
    ------
    AnalysisRefused
        A coach in usual care, no coach in the coached arm, fewer than three coaches or ten people in usual care.
    """
    need(columns.all(), frame)
    y, arm = numbers(frame, columns.outcome), numbers(frame, columns.arm)
    has = frame[columns.cluster].notna().to_numpy()
    wrong = int((has != (arm == 1)).sum())
    coaches = int(frame.loc[has, columns.cluster].nunique())
    if wrong or coaches < LEAST_COACHES or (~has).sum() < LEAST_ALONE or not np.isin(arm, (0, 1)).all():
        raise AnalysisRefused(
            f"trial.{columns.cluster}: {coaches} coaches, {int((~has).sum())} people in usual care, {wrong} rows whose "
            "arm and coach disagree",
            expected=f"{LEAST_COACHES} or more coaches, each in the coached arm only, and {LEAST_ALONE} in usual care",
            fix="check who was coached by whom; with fewer coaches report the arms side by side",
        )
    centred = np.column_stack([np.empty((y.size, 0)), *(numbers(frame, c) for c in columns.covariates)])
    x = np.column_stack([np.ones(y.size), arm, centred - centred.mean(axis=0)])
    coach = codes_of(frame[has], columns.cluster)[0]
    model = fit(_blocks(y, x, has, coach))
    value, se = float(model.beta[1]), float(np.sqrt(model.adjusted[1, 1]))
    df = max(float(model.df[1]), coaches - 1.0)
    lower, upper, p = t_interval(value, se, df, level)
    size = np.bincount(coach)
    adjusted = f" adjusted for {', '.join(columns.covariates)}" if columns.covariates else ""
    return Comparison(
        method=METHOD, estimand="between both averages", measure="difference in means", unit=unit, value=value, se=se,
        df=df, lower=lower, upper=upper, p=p, level=level, n=y.size, n_cluster=coaches, n_coached=coaches,
        size_cv=float(size.std(ddof=1) / size.mean()),
        icc=anova_icc(y[has], coach, None, level) if has.sum() > coaches else None,
        words=f"partially nested model{adjusted}: coaches vary in their arm, Kenward-Roger (at least coaches - 1)",
    )  # fmt: skip


def _blocks(y: Array, x: Array, has: Array, coach: Array) -> tuple[Block, ...]:
    """Return one block a coach, and usual care in handfuls; variances: coach, residual in usual care, in coaching."""
    out = []
    rows = np.flatnonzero(has)
    for g in range(int(coach.max()) + 1):
        own = rows[coach == g]
        n = own.size
        out.append(Block(y=y[own], x=x[own], parts=np.stack([np.ones((n, n)), np.zeros((n, n)), np.eye(n)])))
    alone = np.flatnonzero(~has)
    for start in range(0, alone.size, TOGETHER):
        own = alone[start : start + TOGETHER]
        n = own.size
        out.append(Block(y=y[own], x=x[own], parts=np.stack([np.zeros((n, n)), np.eye(n), np.zeros((n, n))])))
    return tuple(out)
