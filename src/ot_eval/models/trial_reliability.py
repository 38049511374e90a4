"""Whether raters agree and items hang together, before a score is used as an outcome.

Pingouin with every argument stated and without its rounding of intervals to two decimals; scikit-learn for kappa; item
tables and omega, which pingouin lacks, are short and written here. The intra-cluster correlation of a trial is not
here: it is `trial_data.anova_icc`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import optimize, stats
from sklearn.metrics import cohen_kappa_score

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.trial_data import need, numbers

Raters = Literal["one-way", "two-way agreement", "two-way consistency"]
ROW: dict[tuple[str, bool], str] = {
    ("one-way", False): "ICC(1,1)",
    ("two-way agreement", False): "ICC(A,1)",
    ("two-way consistency", False): "ICC(C,1)",
    ("one-way", True): "ICC(1,k)",
    ("two-way agreement", True): "ICC(A,k)",
    ("two-way consistency", True): "ICC(C,k)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A coefficient with its interval; `n` people or targets, `k` items or raters."""

    name: str
    value: float
    lower: float
    upper: float
    level: float
    n: int
    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its correlation with the sum of the others, and alpha without it."""

    name: str
    rest_correlation: float
    alpha_without: float


def rater_agreement(
    frame: pd.DataFrame, *, target: str, rater: str, score: str, raters: Raters, average: bool
) -> Reliability:
    """Return the intraclass correlation of raters with its 95 % interval (pingouin).

    Parameters
    ----------
    frame : one row a target and rater; every rater scores every target once
    target, rater, score : columns
    raters : one-way (each target has other raters), two-way agreement (the same raters, a sample of raters), two-way
        consistency (these raters only, level ignored)
    average : reliability of the mean of the raters; False: of one rater

    Raises
    ------
    AnalysisRefused
        A target without a score of some rater, or with two.
    """
    need((target, rater, score), frame)
    numbers(frame, score)
    n, k = frame[target].nunique(), frame[rater].nunique()
    if frame.duplicated([target, rater]).any() or len(frame) != n * k:
        raise AnalysisRefused(
            f"trial.{score}: {len(frame)} scores of {n} targets by {k} raters",
            expected="one score of every target by every rater",
            fix="keep the targets that all raters scored, and report how many were left out",
        )
    plain = pd.DataFrame({
        "target": pd.factorize(frame[target])[0], "rater": pd.factorize(frame[rater])[0],
        "score": frame[score].to_numpy(dtype=float),
    })  # fmt: skip
    with _unrounded():
        table = pg.intraclass_corr(data=plain, targets="target", raters="rater", ratings="score", nan_policy="raise")
    row = table.set_index("Type").loc[ROW[(raters, average)]]
    lower, upper = (float(v) for v in row["CI95"])
    name = f"ICC, {raters}, {'mean of raters' if average else 'one rater'}"
    return Reliability(name=name, value=float(row["ICC"]), lower=lower, upper=upper, level=0.95, n=n, k=k)


class _unrounded:  # noqa: N801
    """Pingouin without its rounding of intervals, and without the warning of pandas 3 that it causes itself."""

    def __enter__(self) -> None:
        self._before = pg.options["round.column.CI95"]
        pg.options["round.column.CI95"] = None
        self._caught = warnings.catch_warnings()
        self._caught.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, *error: object) -> None:
        self._caught.__exit__(None, None, None)
        pg.options["round.column.CI95"] = self._before


def item_table(frame: pd.DataFrame, items: Sequence[str], reverse: dict[str, float] | None = None) -> pd.DataFrame:
    """Return the items as numbers, complete people only; `reverse` maps an item to lowest plus highest answer."""
    need(tuple(items), frame)
    turned = reverse or {}
    if set(turned) - set(items):
        raise RequestError(
            "an item to reverse is not among the items", expected="names of items", fix="check the names"
        )
    table = frame[list(items)].astype(float).dropna()
    for name, total in turned.items():
        table[name] = total - table[name]
    if len(table) <= len(items) or (table.var() == 0).any():
        raise AnalysisRefused(
            f"items: {len(table)} people answered all of {len(items)}",
            expected="more people than items, and answers that differ",
            fix="report the items one by one",
        )
    return table


def cronbach_alpha(
    frame: pd.DataFrame, items: Sequence[str], *, reverse: dict[str, float] | None = None, level: float = 0.95
) -> Reliability:
    """Return Cronbach's alpha with Feldt's interval, of people who answered every item (pingouin)."""
    table = item_table(frame, items, reverse)
    with _unrounded():
        value, ends = pg.cronbach_alpha(data=table, ci=level, nan_policy="listwise")
    value = float(value)
    n, k = table.shape
    df = (n - 1, (n - 1) * (k - 1))
    lower, upper = (1 - (1 - value) * float(stats.f.ppf(q, *df)) for q in (0.5 + level / 2, 0.5 - level / 2))
    assert abs(lower - float(ends[0])) < 1e-2  # noqa: S101, PLR2004
    return Reliability(name="Cronbach's alpha", value=value, lower=lower, upper=upper, level=level, n=n, k=k)


def items_one_by_one(
    frame: pd.DataFrame, items: Sequence[str], *, reverse: dict[str, float] | None = None
) -> tuple[Item, ...]:
    """Return, for each item, its correlation with the sum of the others and alpha without it."""
    table = item_table(frame, items, reverse)
    out = []
    for name in items:
        rest = table.drop(columns=name)
        alone = float(pg.cronbach_alpha(data=rest, nan_policy="listwise")[0])
        out.append(Item(name=name, rest_correlation=float(table[name].corr(rest.sum(axis=1))), alpha_without=alone))
    return tuple(out)


def omega_total(
    frame: pd.DataFrame, items: Sequence[str], *, reverse: dict[str, float] | None = None
) -> tuple[float, tuple[float, ...]]:
    """Return McDonald's omega total of one factor, and the loadings, by least squares on the correlations (minres)."""
    r = item_table(frame, items, reverse).corr().to_numpy()
    off = ~np.eye(len(r), dtype=bool)
    start = np.linalg.eigh(r)
    first = start.eigenvectors[:, -1] * np.sqrt(start.eigenvalues[-1])

    def misfit(loading: np.ndarray) -> np.ndarray:
        return (r - np.outer(loading, loading))[off]

    loading = optimize.least_squares(misfit, first * np.sign(first.sum()), xtol=1e-14, ftol=1e-14, gtol=1e-14).x
    value = 1 - float((1 - loading**2).sum()) / float(r.sum())
    return value, tuple(float(v) for v in loading)


def kappa(one: Sequence[object], other: Sequence[object], *, weights: Literal["none", "quadratic"]) -> float:
    """Return Cohen's kappa of two raters (scikit-learn); quadratic weights for ordered answers coded as numbers."""
    if len(one) != len(other) or pd.isna(pd.Series([*one, *other])).any():
        raise AnalysisRefused(
            f"kappa: {len(one)} and {len(other)} answers, or gaps",
            expected="two answers for everybody",
            fix="keep who was rated twice",
        )
    return float(cohen_kappa_score(list(one), list(other), weights=None if weights == "none" else weights))
