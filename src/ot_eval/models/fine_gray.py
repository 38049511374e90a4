"""The Fine-Gray model: how covariates move the cumulative incidence of one cause while other events compete.

The same likelihood as Cox's, with people who had a competing event kept in the risk set and weighted. Intervals are
robust and take the censoring weights as known, as R's `finegray` with `coxph` does. Source: Fine & Gray (1999).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.cox import hazard_ratios
from ot_eval.models.cox_fit import CoxFit, CoxModel, fit
from ot_eval.models.ties import Ties

ANALYSIS = "fine_gray"


def fit_subdistribution(
    frame: pd.DataFrame, *, cause: str, terms: tuple[str, ...], cluster: str | None = None, ties: Ties = "efron"
) -> CoxFit:
    """Fit the model; parameters and refusals as in `subdistribution`."""
    return fit(frame, CoxModel(cause=cause, terms=terms, cluster=cluster, ties=ties, subdistribution=True))


def subdistribution(
    frame: pd.DataFrame, *, cause: str, terms: tuple[str, ...], about: About, cluster: str | None = None
) -> tuple[Estimate, ...]:
    """Return subdistribution hazard ratios: above 1 means a larger share with `cause`, whatever the mechanism.

    Parameters
    ----------
    frame : one row a person: ``exit_day``, ``event`` and the columns that `terms` name
    cause, terms, cluster : as in `cox_fit.CoxModel`
    about : labels and confidence level

    Raises
    ------
    AnalysisRefused
        late entry; and whatever `cox_fit.fit` refuses.
    """
    fitted = fit_subdistribution(frame, cause=cause, terms=terms, cluster=cluster)
    return tuple(
        replace(
            row,
            analysis=ANALYSIS,
            measure="subdistribution hazard ratio",
            method=row.method.replace("Cox", "Fine-Gray", 1),
        )
        for row in hazard_ratios(fitted, about)
    )
