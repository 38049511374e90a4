"""Cause-specific Cox models in the words of a report: hazard ratios with intervals, and the tests of a whole model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.results import Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.cox_fit import CoxFit, CoxModel, fit
from ot_eval.models.exposure_rows import split_exposure
from ot_eval.models.robust import score_by_cluster

__all__ = [
    "CoxFit",
    "CoxModel",
    "cause_specific",
    "ever_never",
    "fit",
    "hazard_ratios",
    "model_tests",
    "split_exposure",
]

ANALYSIS = "cause_specific_cox"


def cause_specific(
    frame: pd.DataFrame,
    *,
    cause: str,
    terms: tuple[str, ...],
    about: About,
    cluster: str | None = None,
    strata: tuple[str, ...] = (),
    weight: str | None = None,
) -> tuple[Estimate, ...]:
    """Return one hazard ratio a coefficient: how the day-to-day rate of `cause` compares among people still at risk.

    Parameters
    ----------
    frame : one row a person or start and stop rows (`split_exposure`): ``exit_day``, ``event``, ``entry_day`` where
        entered late, ``person_id`` where a person has several rows, and the columns that `terms` name
    cause : kind of event; every other kind ends follow-up
    terms, cluster, strata, weight : as in `CoxModel`
    about : labels and confidence level

    Returns
    -------
    Estimates with ``measure`` "hazard ratio", ``se`` on the log scale, people, events and clusters.

    Raises
    ------
    AnalysisRefused
        see `cox_fit.fit`.
    """
    model = CoxModel(cause=cause, terms=terms, cluster=cluster, strata=strata, weight=weight)
    return hazard_ratios(fit(frame, model), about)


def hazard_ratios(fitted: CoxFit, about: About, *, analysis: str = ANALYSIS) -> tuple[Estimate, ...]:
    """Return the hazard ratios of `fitted`; a level with fewer than ten events gets its interval without a test."""
    method = method_of(fitted)
    return tuple(
        estimate(
            about,
            analysis,
            Quantity(
                term=name,
                measure="hazard ratio",
                unit="ratio",
                value=float(np.exp(fitted.beta[j])),
                se=float(fitted.se[j]),
                ratio=True,
                test=not fitted.sparse[j],
            ),
            method=method,
            n=fitted.n,
            n_event=fitted.n_event,
            n_cluster=fitted.clusters.count if fitted.clusters else None,
        )
        for j, name in enumerate(fitted.names)
    )


def method_of(fitted: CoxFit) -> str:
    """Return the method and the engine in one line."""
    parts = [f"Cox, {fitted.model.ties.capitalize()}'s ties ({fitted.engine})"]
    if fitted.engine == "lifelines":
        parts[0] = f"Cox, Efron's ties (lifelines, checked against the {fitted.covariates.name})"
    if fitted.model.strata:
        parts.append(f"strata {', '.join(fitted.model.strata)}")
    if fitted.model.weight:
        parts.append(f"weights {fitted.model.weight}")
    if fitted.clusters:
        parts.append(fitted.clusters.words)
    return "; ".join(parts)


def model_tests(fitted: CoxFit, about: About) -> tuple[Estimate, ...]:
    """Return the likelihood-ratio, score, Wald and (with clusters) robust score tests that no covariate matters.

    ``value`` is the chi-square; its degrees of freedom are in ``method``. With clusters or weights only the Wald and
    robust score tests are given: the other two assume that rows are independent.
    """
    null, best, p = fitted.maximum.null, fitted.maximum.best, fitted.beta.size
    covariance = fitted.covariance
    if fitted.scores is not None:
        # Tests of a whole model use the plain sandwich, as R does; the small-sample factor is for single intervals.
        covariance = fitted.covariance @ (fitted.scores.T @ fitted.scores) @ fitted.covariance
    chi2 = {"test: Wald": float(best.beta @ np.linalg.solve(covariance, best.beta))}
    if fitted.clusters is None:
        chi2["test: likelihood ratio"] = 2 * (best.loglik - null.loglik)
        chi2["test: score"] = float(null.score @ np.linalg.solve(null.information, null.score))
    else:
        scores = score_by_cluster(fitted.covariates, null, fitted.clusters.code, fitted.clusters.n)
        total = scores.sum(axis=0)
        chi2["test: robust score"] = float(total @ np.linalg.solve(scores.T @ scores, total))
    return tuple(
        Estimate(
            analysis=ANALYSIS,
            population=about.population,
            outcome=about.outcome,
            study=about.study,
            term="all covariates",
            measure=measure,
            unit="chi-square",
            value=value,
            p=float(stats.chi2.sf(value, p)),
            n=fitted.n,
            n_event=fitted.n_event,
            n_cluster=fitted.clusters.count if fitted.clusters else None,
            method=f"{method_of(fitted)}; {p} degrees of freedom",
        )
        for measure, value in chi2.items()
    )


def ever_never(
    frame: pd.DataFrame, *, cause: str, about: About, day: str = "ot_day", terms: tuple[str, ...] = ()
) -> tuple[Estimate, ...]:
    """Return the BIASED comparison of people ever and never exposed, for teaching only.

    Whoever is exposed on day 100 cannot have had the event before day 100: that stretch is immortal time, and counting
    it for the exposed makes an exposure that does nothing look protective. Every label says so. The honest analysis is
    ``cause_specific(split_exposure(frame), ...)``.

    Parameters
    ----------
    frame : one row a person, with the day of exposure in `day` (missing = never)
    """
    naive = frame.assign(
        ever=pd.Categorical(np.where(frame[day].notna(), "ever", "never"), categories=["never", "ever"])
    )
    rows = cause_specific(naive, cause=cause, terms=("ever", *terms), about=about)
    return tuple(
        replace(row, analysis="biased_ever_never", measure="hazard ratio (biased: immortal time)", p=None)
        for row in rows
    )
