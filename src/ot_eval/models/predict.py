"""What a Cox model says about people with given covariates: cumulative hazard, share without the event, and incidence.

The baseline follows the ties of the fit (Efron's or Breslow's). Standard errors of a curve combine the uncertainty of
the baseline and of the coefficients (Tsiatis 1981; Therneau & Grambsch 2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns
from ot_eval.models.cox_fit import CoxFit
from ot_eval.models.design import Design, Term, read_design
from ot_eval.models.spells import Floats

Form = Literal["exponential", "product limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Cumulative hazard and share without the event for each covariate row, shape (rows, days), days 0 to the last.

    ``se`` is the standard error of the share.
    """

    hazard: Floats
    share: Floats
    se: Floats


def encode(fitted: CoxFit, frame: pd.DataFrame, people: pd.DataFrame) -> Floats:
    """Return the (centred) covariates of `people` in the coding that `frame` gave the model, shape (rows, p)."""
    need_columns(list({p for t in fitted.model.terms for p in t.split(":")}), list(people.columns))
    design = read_design(frame, fitted.model.terms)
    columns = {name: _recode(term, frame[name], people[name]) for name, term in design.columns.items()}
    same = Design(design.terms, columns, design.names, design.term_of, len(people))
    x: Floats = same.matrix() - fitted.covariates.centre
    return x


def _recode(term: Term, seen: pd.Series, column: pd.Series) -> Term:
    if term.numeric:
        return Term(name=term.name, names=term.names, codes=None, values=column.to_numpy(dtype=float)[:, None])
    levels = [term.names[0].rsplit(" v ", maxsplit=1)[1]]
    levels += [name.removeprefix(f"{term.name}: ").removesuffix(f" v {levels[0]}") for name in term.names]
    position = pd.Index(levels).get_indexer(pd.Index(column.astype(str)))
    if (position < 0).any():
        raise AnalysisRefused(
            f"{seen.name}: {int((position < 0).sum())} rows have a level that the model has not seen",
            expected=f"one of {', '.join(levels)}",
            fix="predict only for levels that were in the data",
        )
    return Term(name=term.name, names=term.names, codes=position.astype(np.int64), values=term.values)


def baseline(fitted: CoxFit, values: Floats) -> Floats:
    """Return cumulative sums by day of `values` given by event time (first axis); refused for a stratified model."""
    if fitted.model.strata:
        raise AnalysisRefused(
            "Cox model: each stratum has a baseline of its own",
            expected="a model without strata, for a curve",
            fix="put the strata among the covariates, or draw one curve a stratum from models of each",
        )
    days = np.zeros((int(fitted.spells.exit.max()) + 1, *values.shape[1:]))
    days[fitted.covariates.rows.day] = values
    summed: Floats = np.cumsum(days, axis=0)
    return summed


def curves_for(fitted: CoxFit, x: Floats) -> Prediction:
    """Return the curves for rows of (centred) covariates, as `encode` makes them."""
    s, t = fitted.maximum.best.sums, fitted.maximum.best.ties
    mean = t.square[:, None] * s.s1 - t.square_own[:, None] * s.t1
    hazard, square = baseline(fitted, t.hazard), baseline(fitted, t.square)
    drift = baseline(fitted, mean)
    risk = np.exp(x @ fitted.beta)[:, None]
    cumulative = risk * hazard
    share = np.exp(-cumulative)
    covariance = fitted.covariance if fitted.robust is None else fitted.robust
    away = drift[None, :, :] - x[:, None, :] * hazard[None, :, None]
    spread = square[None, :] + np.einsum("rdp,pq,rdq->rd", away, covariance, away)
    return Prediction(hazard=cumulative, share=share, se=share * risk * np.sqrt(spread))


def incidence_for(
    fits: dict[str, CoxFit], x: dict[str, Floats], *, last_day: int, form: Form = "exponential"
) -> tuple[Floats, dict[str, Floats]]:
    """Return the share without any event and the incidence of each cause, from one cause-specific fit a cause.

    Parameters
    ----------
    fits : a fit for every kind of event, from the same people
    x : their covariate rows, as `encode` makes them
    last_day : last day of the curves
    form : "exponential": each day the share falls by exp(-sum of hazards), shared out by hazard (R's matrix
        exponential); "product limit": by 1 - sum of hazards

    Returns
    -------
    Share without event and incidence by cause, each of shape (rows, days), days 0 to `last_day`.
    """
    steps = {}
    for cause, fitted in fits.items():
        per_day = baseline(fitted, fitted.maximum.best.ties.hazard)[: last_day + 1]
        cumulative = np.exp(x[cause] @ fitted.beta)[:, None] * per_day
        steps[cause] = np.diff(cumulative, axis=1, prepend=0.0)
    total = np.add.reduce(list(steps.values()))
    if form == "exponential":
        share = np.exp(-np.cumsum(total, axis=1))
        part = np.divide(-np.expm1(-total), total, out=np.ones_like(total), where=total > 0)
    else:
        _refuse_above_one(total)
        share, part = np.cumprod(1 - total, axis=1), np.ones_like(total)
    before = np.concatenate([np.ones((share.shape[0], 1)), share[:, :-1]], axis=1)
    return share, {cause: np.cumsum(before * part * step, axis=1) for cause, step in steps.items()}


def _refuse_above_one(total: Floats) -> None:
    if (total > 1).any():
        raise AnalysisRefused(
            "Cox model: on some day the predicted hazards of the causes sum to more than 1",
            expected="hazards small enough for a product limit",
            fix="predict for covariates nearer to those seen, or stop at an earlier day",
        )
