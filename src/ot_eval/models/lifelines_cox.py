"""lifelines behind one door: the plain Cox model of study size, checked against our own likelihood.

lifelines stops at a change of 1e-7, which leaves coefficients up to 0.0002 standard errors off; the tighter precision
below closes that. Its robust errors ignore ties and late entry, so nothing but the coefficients is taken from it.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError

from ot_eval.base.errors import AnalysisRefused, InternalFault
from ot_eval.models.partial_likelihood import Engine, Maximum, evaluate
from ot_eval.models.spells import Bools, Floats, Spells

PRECISION = {"precision": 1e-14, "r_precision": 1e-16}
AGREES = 1e-6
"""lifelines' maximum must lie this close to ours, in standard errors."""


def lifelines_maximum(spells: Spells, dead: Bools, x: Floats, ours: Maximum, engine: Engine) -> Maximum:
    """Return the maximum that lifelines finds, with the likelihood evaluated there; `ours` is what it must agree with.

    Raises
    ------
    AnalysisRefused
        lifelines does not converge.
    InternalFault
        the two maxima differ by more than 1e-6 standard errors.
    """
    table = pd.DataFrame({str(j): x[:, j] for j in range(x.shape[1])})
    table["exit_day"], table["happened"] = spells.exit, dead
    fitter = CoxPHFitter()
    try:
        with warnings.catch_warnings():
            # Every condition it warns of (separation, collinearity, no convergence) was refused before this call.
            warnings.simplefilter("ignore")
            fitter.fit(table, "exit_day", "happened", fit_options=PRECISION)
    except ConvergenceError as error:
        raise AnalysisRefused(
            "Cox model: lifelines found no maximum",
            expected="a likelihood with one finite maximum",
            fix="take covariates out, or join rare levels",
        ) from error
    beta = fitter.params_.to_numpy()
    se = np.sqrt(np.diag(np.linalg.inv(ours.best.information)))
    if bool((np.abs(beta - ours.best.beta) > AGREES * se).any()):
        raise InternalFault(
            "Cox model: two engines disagree about the maximum of one likelihood",
            expected=f"coefficients within {AGREES} standard errors of each other",
            fix="report this, with the versions that `ot-eval lab` prints",
        )
    return Maximum(null=ours.null, best=evaluate(engine, beta, ours.steps), steps=ours.steps)
