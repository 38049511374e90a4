"""Inverse-probability weights: make people with and without an exposure alike in what is known about them.

The probability of the exposure comes from a logistic regression (statsmodels). Weights create a population in which
each group looks like everybody; they do nothing about what was not recorded. Sources: Robins, Hernan & Brumback (2000);
Austin & Stuart (2015) for the checks.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.cox_fit import EVENTS_PER_COEFFICIENT
from ot_eval.models.design import read_design
from ot_eval.models.spells import Floats, groups_of

EXTREME = 0.01
"""With a probability of the exposure nearer to 0 or 1 than this a person could hardly have been in both groups."""
TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureModel:
    """The logistic model of an exposure. ``probability`` is that of having it, one a row."""

    names: tuple[str, ...]
    coefficient: Floats
    se: Floats
    probability: Floats
    exposed: Floats
    groups: tuple[str, str]


def exposure_model(frame: pd.DataFrame, *, exposure: str, terms: tuple[str, ...]) -> ExposureModel:
    """Fit the probability of the second level of `exposure` by `terms`.

    Raises
    ------
    AnalysisRefused
        not two groups, fewer than five people of the smaller group a coefficient, complete separation, missing values.
    """
    code, groups = groups_of(frame, exposure)
    if len(groups) != TWO:
        raise AnalysisRefused(
            f"follow_up.{exposure}: {len(groups)} groups",
            expected="two groups, with and without the exposure",
            fix="join levels, or compare two of them at a time",
        )
    design = read_design(frame, terms)
    fewest = int(min(code.sum(), len(code) - code.sum()))
    if fewest < EVENTS_PER_COEFFICIENT * len(design.names):
        raise AnalysisRefused(
            f"exposure model: {fewest} people in the smaller group for {len(design.names)} coefficients",
            expected=f"at least {EVENTS_PER_COEFFICIENT} people a coefficient",
            fix="join levels or take covariates out of the exposure model",
        )
    x = sm.add_constant(design.matrix(), has_constant="add")
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            fitted = sm.GLM(code, x, family=sm.families.Binomial()).fit(tol=1e-12, maxiter=100)
        except (PerfectSeparationWarning, RuntimeWarning, np.linalg.LinAlgError) as problem:
            raise AnalysisRefused(
                "exposure model: some covariate tells the two groups apart completely",
                expected="people with and without the exposure at every level of every covariate",
                fix="join levels, or restrict the population to people who could have been in either group",
            ) from problem
    return ExposureModel(
        names=("constant", *design.names),
        coefficient=np.asarray(fitted.params, dtype=np.float64),
        se=np.asarray(fitted.bse, dtype=np.float64),
        probability=np.asarray(fitted.fittedvalues, dtype=np.float64),
        exposed=code.astype(np.float64),
        groups=(groups[0], groups[1]),
    )


def exposure_weights(
    frame: pd.DataFrame, *, exposure: str, terms: tuple[str, ...], stabilised: bool = True
) -> pd.Series:
    """Return one weight a row: 1 over the probability of the group the person was in (average effect in everybody).

    Parameters
    ----------
    frame : one row a person
    exposure : column with two groups
    terms : columns that predict it, as in `cox_fit.CoxModel`
    stabilised : multiply by the share of the group, so that weights average about 1

    Raises
    ------
    AnalysisRefused
        as `exposure_model`; or some people could hardly have been in both groups (probability under 1 % or over 99 %).
    """
    model = exposure_model(frame, exposure=exposure, terms=terms)
    extreme = int(((model.probability < EXTREME) | (model.probability > 1 - EXTREME)).sum())
    if extreme:
        raise AnalysisRefused(
            f"exposure model: {extreme} people have a probability of the exposure under {EXTREME:.0%} or over "
            f"{1 - EXTREME:.0%}",
            expected="people who could have been in either group",
            fix="restrict the population, by a named rule, to those for whom both were possible",
        )
    own = np.where(model.exposed == 1, model.probability, 1 - model.probability)
    share = np.where(model.exposed == 1, model.exposed.mean(), 1 - model.exposed.mean()) if stabilised else 1.0
    return pd.Series(share / own, index=frame.index, name="weight")
