"""Whether hazard ratios stay the same over follow-up: the score test against a trend in transformed time.

The test of R's `cox.zph` in survival 3: the model is extended by covariates times g(t), and the score of the extension
is tested at the fitted coefficients. Sources: Grambsch & Therneau (1994); survival 3.0 for the exact variance.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import stats

from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.cox_fit import CoxFit
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.spells import Floats, Ints

Transform = Literal["km", "rank", "identity"]
WHOLE = "all covariates"
"""Term of the test of the whole model."""


def transformed_time(fitted: CoxFit, transform: Transform) -> Floats:
    """Return g of event times: 1 - Kaplan-Meier just before, the rank among all ends of follow-up, or the day."""
    day = fitted.covariates.rows.day
    if transform == "identity":
        return day.astype(np.float64)
    if transform == "rank":
        by_day = np.bincount(fitted.spells.exit)
        mean_rank = np.cumsum(by_day) - (by_day - 1) / 2
        return np.asarray(mean_rank[day], dtype=np.float64)
    share = product_limit(one_cause(day_table(fitted.spells), (fitted.model.cause,)))
    return np.asarray(1 - share[day - 1], dtype=np.float64)


def trend_tests(fitted: CoxFit, about: About, *, transform: Transform = "km") -> tuple[Estimate, ...]:
    """Return one test a term (all levels of a category together) and one of the whole model.

    ``measure`` is "test: proportional hazards", ``value`` the chi-square; its degrees of freedom are in ``method``.
    It rests on the likelihood of independent rows, with clusters too (as in R).
    """
    score, variance = _trend_score(fitted, transformed_time(fitted, transform))
    term_of: Ints = np.array(fitted.term_of)
    sets = [(term, np.flatnonzero(term_of == k)) for k, term in enumerate(fitted.model.terms)]
    sets.append((WHOLE, np.arange(term_of.size)))
    found = []
    for term, columns in sets:
        part = variance[np.ix_(columns, columns)]
        value = float(score[columns] @ np.linalg.solve(part, score[columns]))
        found.append(
            Estimate(
                analysis="proportional_hazards",
                population=about.population,
                outcome=about.outcome,
                study=about.study,
                term=term,
                measure="test: proportional hazards",
                unit="chi-square",
                value=value,
                p=float(stats.chi2.sf(value, columns.size)),
                n=fitted.n,
                n_event=fitted.n_event,
                method=f"score test of a trend in {transform} time; {columns.size} degrees of freedom",
            )
        )
    return tuple(found)


def _trend_score(fitted: CoxFit, g: Floats) -> tuple[Floats, Floats]:
    engine, point = fitted.covariates, fitted.maximum.best
    s, t = point.sums, point.ties
    s2, t2 = engine.second_sums(fitted.beta)

    def outer(a: Floats, b: Floats) -> Floats:
        return a[:, :, None] * b[:, None, :]

    cross = outer(s.s1, s.t1)
    spread = t.hazard[:, None, None] * s2 - t.own[:, None, None] * t2
    spread -= t.square[:, None, None] * outer(s.s1, s.s1)
    spread += t.square_own[:, None, None] * (cross + cross.transpose(0, 2, 1))
    spread -= t.square_own_own[:, None, None] * outer(s.t1, s.t1)
    expected = t.hazard[:, None] * s.s1 - t.own[:, None] * s.t1
    score: Floats = g @ (engine.death_covariates - expected)
    linear, square = np.tensordot(g, spread, axes=1), np.tensordot(g**2, spread, axes=1)
    variance: Floats = square - linear @ np.linalg.solve(spread.sum(axis=0), linear)
    return score, variance
