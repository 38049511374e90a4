"""Multiple imputation of missing scores, pooling, and what if the missing people did worse.

Scores are imputed as multivariate normal by chained Bayesian regressions, as `mice` does with "norm". scikit-learn's
IterativeImputer is not used: its BayesianRidge draws each person's noise afresh but never the regression itself, which
understates uncertainty, and a regression that does draw cannot share the chain's random stream. Pooling is Rubin's,
with Barnard and Rubin's degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError

Floats = NDArray[np.float64]
FEWEST_SEEN = 10
ROUNDS = 10


def _drawn(x: Floats, y: Floats, to: Floats, rng: np.random.Generator) -> Floats:
    """Return draws of y at `to` from a least-squares regression whose spread and slopes are drawn too (flat priors)."""
    design = np.column_stack([np.ones(len(x)), x])
    orthogonal, root = np.linalg.qr(design)
    coefficients = np.linalg.solve(root, orthogonal.T @ y)
    residual = y - design @ coefficients
    spread = np.sqrt(residual @ residual / rng.chisquare(len(y) - design.shape[1]))
    slopes = coefficients + spread * np.linalg.solve(root, rng.standard_normal(design.shape[1]))
    drawn: Floats = np.column_stack([np.ones(len(to)), to]) @ slopes + spread * rng.standard_normal(len(to))
    return drawn


def _chain(start: Floats, missing: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Fill the missing cells of `start` (column means for now): draw each column given the others, round by round."""
    done = start.copy()
    order = [j for j in np.argsort(missing.sum(axis=0)) if missing[:, j].any()]
    for _ in range(ROUNDS):
        for j in order:
            others, gap = np.delete(done, j, axis=1), missing[:, j]
            done[gap, j] = _drawn(others[~gap], start[~gap, j], others[gap], rng)
    return done


def impute(
    frame: pd.DataFrame, rng: np.random.Generator, *, m: int = 20, auxiliary: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, ...]:
    """Return `m` completed copies of a frame of scores.

    Parameters
    ----------
    frame : one row a person, one column a timepoint, empty where missing; the first column complete
    rng : source of randomness
    m : completed copies
    auxiliary : in the order of `frame`: numbers that help to predict (age, provider as yes/no columns), nothing missing

    Raises
    ------
    AnalysisRefused
        A column has fewer than 10 people more than there are columns to predict it from; or the first column or an
        auxiliary column has gaps.

    Notes
    -----
    Imputed values are not clipped to the scale: clipping would bias means.
    """
    whole = frame if auxiliary is None else pd.concat([frame, auxiliary.set_axis(frame.index)], axis="columns")
    gaps = whole.columns[whole.isna().any()]
    fewest = int(whole.notna().sum().min()) - whole.shape[1]
    if fewest < FEWEST_SEEN or frame.iloc[:, 0].isna().any() or not set(gaps) <= set(frame.columns):
        raise AnalysisRefused(
            f"a timepoint has {int(whole.notna().sum().min())} scores to predict the missing ones from",
            expected=f"{FEWEST_SEEN} more scores than columns, and a complete first timepoint and auxiliary columns",
            fix="leave out the timepoint, or report people with both scores",
        )
    if not len(gaps):
        return (frame,) * m
    values, names = whole.to_numpy(dtype=float), list(frame.columns)
    missing = np.isnan(values)
    start = np.where(missing, np.nanmean(values, axis=0), values)
    if np.linalg.matrix_rank(np.column_stack([np.ones(len(start)), start])) <= start.shape[1]:
        raise AnalysisRefused(
            "a column that helps to predict is constant or a copy of others",
            expected="columns that each say something new",
            fix="leave out the copy",
        )
    filled = [_chain(start, missing, rng) for _ in range(m)]
    return tuple(pd.DataFrame(f, index=whole.index, columns=whole.columns)[names] for f in filled)


def shift(
    frame: pd.DataFrame, completed: Sequence[pd.DataFrame], column: str, delta: float
) -> tuple[pd.DataFrame, ...]:
    """Return the completed copies with `delta` added to the imputed values of one column (never to a seen one)."""
    missing = frame[column].isna()
    return tuple(copy.assign(**{column: copy[column] + delta * missing}) for copy in completed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """One estimate from several completed copies: Rubin's rules."""

    value: float
    se: float
    df: float
    lower: float
    upper: float
    p: float
    missing_information: float


def pool(values: Sequence[float], variances: Sequence[float], df_complete: float, level: float = 0.95) -> Pooled:
    """Return the pooled estimate.

    Parameters
    ----------
    values, variances : the estimate and its squared standard error in each completed copy
    df_complete : degrees of freedom the analysis would have had with complete data (providers - 1 where clustered)
    level : confidence level

    Raises
    ------
    RequestError
        Fewer than two copies, or a variance that is not above zero.

    Notes
    -----
    Barnard and Rubin 1999 degrees of freedom, as `mice::pool` gives them; `missing_information` is lambda, the share of
    the total variance that is due to missing values.
    """
    q, u = np.asarray(values, dtype=float), np.asarray(variances, dtype=float)
    m = len(q)
    if m < 2 or len(u) != m or not (u > 0).all():  # noqa: PLR2004
        raise RequestError("fewer than two copies, or a variance of zero", expected="two or more", fix="raise m")
    within, between = float(u.mean()), float(q.var(ddof=1))
    total = within + (1 + 1 / m) * between
    lam = (1 + 1 / m) * between / total
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - lam)
    df = observed if lam == 0 else 1 / (lam**2 / (m - 1) + 1 / observed)
    value, se = float(q.mean()), float(np.sqrt(total))
    half = se * float(stats.t.ppf(0.5 + level / 2, df))
    return Pooled(
        value=value,
        se=se,
        df=df,
        lower=value - half,
        upper=value + half,
        p=float(2 * stats.t.sf(abs(value) / se, df)),
        missing_information=float(lam),
    )
