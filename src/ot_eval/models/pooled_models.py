"""Cox models on several completed copies of the data, pooled by Rubin's rules.

The copies come from an imputation that knew the outcome (event and Nelson-Aalen hazard belong among its predictors,
White & Royston 2009). Degrees of freedom follow Barnard & Rubin (1999): those of complete data are events less
coefficients, or clusters less one where the model is robust to clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.cox import hazard_ratios
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.day_table import day_table, one_cause
from ot_eval.models.imputation import pool
from ot_eval.models.spells import Floats, read_spells

FEWEST_COPIES = 5


def pooled_hazard_ratios(copies: Sequence[pd.DataFrame], model: CoxModel, about: About) -> tuple[Estimate, ...]:
    """Return hazard ratios pooled over completed copies of the same people.

    Parameters
    ----------
    copies : completed frames, five or more, the same people in each
    model : the model fitted to each copy
    about : labels and confidence level

    Raises
    ------
    AnalysisRefused
        fewer than five copies, copies of different size or levels, and whatever `cox_fit.fit` refuses.
    """
    sizes = {len(copy) for copy in copies}
    if len(copies) < FEWEST_COPIES or len(sizes) > 1:
        raise AnalysisRefused(
            f"imputation: {len(copies)} copies of {len(sizes)} different sizes",
            expected=f"at least {FEWEST_COPIES} completed copies of the same people",
            fix="impute more often; as many copies as the percentage of people with something missing is a good rule",
        )
    fits = [fit(copy, model) for copy in copies]
    if len({f.names for f in fits}) > 1:
        raise AnalysisRefused(
            "imputation: a covariate has different levels in different copies",
            expected="the same levels in every copy",
            fix="join the rare level with another before imputing",
        )
    clusters = fits[0].clusters
    count = clusters.count if clusters else None
    df = fits[0].n_event - len(fits[0].names) if count is None else count - 1
    found = []
    for j, row in enumerate(hazard_ratios(fits[0], about)):
        pooled = pool([float(f.beta[j]) for f in fits], [float(f.se[j] ** 2) for f in fits], float(df), about.level)
        found.append(
            replace(
                row,
                value=float(np.exp(pooled.value)),
                se=pooled.se,
                lower=float(np.exp(pooled.lower)),
                upper=float(np.exp(pooled.upper)),
                p=None if row.p is None else pooled.p,
                method=f"{row.method}; {len(copies)} imputations, Rubin's rules, t({pooled.df:.1f}), "
                f"{100 * pooled.missing_information:.0f} % of the variance from missing values",
            )
        )
    return tuple(found)


def cumulative_hazard(frame: pd.DataFrame, cause: str) -> Floats:
    """Return each person's Nelson-Aalen hazard of `cause` on their last day: a predictor for the imputation.

    Examples
    --------
    >>> people = pd.DataFrame({"exit_day": [1, 2, 3], "event": ["increase", "none", "increase"]})
    >>> cumulative_hazard(people, "increase").round(3).tolist()
    [0.333, 0.333, 1.333]
    """
    spells = read_spells(frame)
    spells.code(cause)
    table = one_cause(day_table(spells), (cause,))
    step = np.divide(table.any_event, table.at_risk, out=np.zeros(table.n_days), where=table.at_risk > 0)
    total: Floats = np.cumsum(step)[spells.exit]
    return total
