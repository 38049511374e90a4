"""The checks of a Cox model, each in a sentence for a manager and a line for a statistician."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check
from ot_eval.models.about import About
from ot_eval.models.cox_fit import LEAST_EVENTS, CoxFit, CoxModel, fit
from ot_eval.models.proportional import WHOLE, trend_tests
from ot_eval.models.robust import score_by_cluster
from ot_eval.models.spells import Floats

ANALYSIS = "cause_specific_cox"
PROPORTIONAL = "proportional hazards"
"""Name of the check on which it rests whether a report leads with a hazard ratio."""
DOUBT = 0.05
"""A check fails below this p-value."""
MUCH = 0.5
"""A coefficient that moves by this many standard errors when one cluster or person is left out rests on it."""


def proportional_hazards(fitted: CoxFit, about: About, *, term: str | None = None) -> Check:
    """Return whether the hazard ratios hold over the whole of follow-up; when not, lead with restricted mean time.

    Parameters
    ----------
    fitted, about : the model, and the labels of its tests
    term : the covariate whose ratio would lead a report. The check then rests on two tests, of this term and of the
        whole model, and does not hold where the term has fewer than ten events on one side: nothing was tested then.
        Without it every term must pass, for a reader who looks at all of them.
    """
    if term is not None and any(
        fitted.sparse[j] for j, k in enumerate(fitted.term_of) if fitted.model.terms[k] == term
    ):
        return Check(
            analysis=ANALYSIS,
            name=PROPORTIONAL,
            passed=False,
            sentence="Too few events stand behind the ratio to test whether it was steady over follow-up.",
            detail=f"no test: fewer than {LEAST_EVENTS} events on one side of {term}",
        )
    tests = trend_tests(fitted, about)
    chosen = [e for e in tests if term is None or e.term in (term, WHOLE)]
    worst = min(chosen, key=lambda e: 1.0 if e.p is None else e.p)
    passed = all(e.p is not None and e.p >= DOUBT for e in chosen)
    sentence = (
        "The ratios between groups looked steady over the whole of follow-up."
        if passed
        else "The ratios between groups changed during follow-up, so a single ratio is only an average over time."
    )
    detail = "; ".join(f"{e.term}: chi-square {e.value:.2f}, {_p(e.p)}" for e in tests)
    decided = "all terms" if term is None else f"{term} and {WHOLE}"
    return Check(
        analysis=ANALYSIS,
        name=PROPORTIONAL,
        passed=passed,
        sentence=sentence,
        detail=f"score test, Kaplan-Meier time, decided by {decided}; least p for {worst.term}. {detail}",
    )


def _p(value: float | None) -> str:
    tiny = 0.001
    return "p not given" if value is None else f"p < {tiny}" if value < tiny else f"p {value:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """Approximate change of each log hazard ratio when one unit is left out, shape (units, p)."""

    change: Floats
    unit: str

    @property
    def largest(self) -> Floats:
        """Largest absolute change of each coefficient."""
        most: Floats = np.abs(self.change).max(axis=0)
        return most


def influence_of(fitted: CoxFit) -> Influence:
    """Return dfbeta: by cluster where the model has clusters, otherwise by row."""
    if fitted.scores is not None:
        return Influence(change=fitted.scores @ fitted.covariance, unit="cluster")
    rows = np.arange(len(fitted.spells))
    scores = score_by_cluster(fitted.covariates, fitted.maximum.best, rows, rows.size)
    return Influence(change=scores @ fitted.covariance, unit="row")


def influence(fitted: CoxFit) -> Check:
    """Return whether any hazard ratio rests on one cluster (or one person)."""
    found = influence_of(fitted)
    moved = found.largest / fitted.se
    most = int(np.argmax(moved))
    ratio = float(np.exp(found.largest[most]))
    unit = "provider" if found.unit == "cluster" else "person"
    passed = bool(moved[most] < MUCH)
    return Check(
        analysis=ANALYSIS,
        name="influence",
        passed=passed,
        sentence=f"No single {unit} decides the result."
        if passed
        else f"Leaving out one {unit} would change a ratio by about {abs(100 * (ratio - 1)):.0f}%.",
        detail=f"largest dfbeta: {fitted.names[most]}, {moved[most]:.2f} standard errors, hazard ratio x {ratio:.3f}; "
        f"unit {found.unit}",
    )


def functional_form(frame: pd.DataFrame, model: CoxModel, term: str) -> Check:
    """Return whether the number `term` acts in proportion, tested by adding its square.

    With clusters or weights the added coefficient is tested by its robust Wald statistic, otherwise by the likelihood
    ratio.
    """
    if term not in model.terms or not pd.api.types.is_numeric_dtype(frame[term]):
        raise AnalysisRefused(
            f"Cox model: {term!r} is not a number of the model",
            expected="the name of a numeric covariate",
            fix="check only covariates that enter as numbers; bands need no such check",
        )
    middle = float(frame[term].mean())
    centred = frame.assign(**{term: frame[term] - middle})
    line = fit(centred, replace(model, engine="auto"))
    curve = fit(centred, replace(model, terms=(*model.terms, f"{term}:{term}")))
    if curve.clusters is None:
        chi2 = 2 * (curve.maximum.best.loglik - line.maximum.best.loglik)
    else:
        chi2 = float((curve.beta[-1] / curve.se[-1]) ** 2)
    p = float(stats.chi2.sf(chi2, 1))
    return Check(
        analysis=ANALYSIS,
        name=f"functional form of {term}",
        passed=p >= DOUBT,
        sentence=f"The effect of {term} looks even over its range."
        if p >= DOUBT
        else f"The effect of {term} is not even over its range; use bands of {term} instead.",
        detail=f"square of {term} added: chi-square {chi2:.2f} on 1 degree of freedom, {_p(p)}",
    )
