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
SHORT = 1e-3
"""Up to this far, in standard errors, lifelines stopped short; further apart one of the engines is wrong."""


def lifelines_maximum(
    spells: Spells, dead: Bools, x: Floats, ours: Maximum, engine: Engine, *, insist: bool = True
) -> Maximum | None:
    """Return the maximum that lifelines finds, with the likelihood evaluated there; `ours` is what it must agree with.

    lifelines stops short of some maxima that exist: where an effect is strong its steps become too small for its own
    rule (14 of 150 invented services). Unless it was asked for by name (`insist`), None then says that the exact
    engine's maximum stands, and the result names that engine.

    Raises
    ------
    AnalysisRefused
        lifelines does not converge, and was asked for by name.
    InternalFault
        the two maxima differ by more than 1e-6 standard errors (1e-3 where lifelines was not asked for by name).
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
        if not insist:
            return None
        raise AnalysisRefused(
            "Cox model: lifelines found no maximum",
            expected="a likelihood with one finite maximum",
            fix="take covariates out, or join rare levels",
        ) from error
    beta = fitter.params_.to_numpy()
    se = np.sqrt(np.diag(np.linalg.inv(ours.best.information)))
    apart = float((np.abs(beta - ours.best.beta) / se).max())
    if not insist and AGREES < apart <= SHORT:
        return None
    if apart > AGREES:
        raise InternalFault(
            "Cox model: two engines disagree about the maximum of one likelihood",
            expected=f"coefficients within {AGREES} standard errors of each other",
            fix="report this, with the versions that `ot-eval lab` prints",
        )
    return Maximum(null=ours.null, best=evaluate(engine, beta, ours.steps), steps=ours.steps)
