"""Change over all timepoints by the mixed model for repeated measures (`longitudinal`)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.measures.repeated import Repeated
from ot_eval.models import longitudinal

ANALYSIS = "repeated_measures"
METHOD = "mixed model for repeated measures, unstructured, REML, Satterthwaite t; scores missing at random"


def _estimate(repeated: Repeated, term: str, measure: str, found: tuple[float, float, float], level: float) -> Estimate:
    value, se, df = found
    half = se * float(stats.t.ppf(0.5 + level / 2, df))
    return Estimate(
        analysis=ANALYSIS,
        population=repeated.population,
        outcome=repeated.outcome,
        term=term,
        measure=measure,
        unit=repeated.score.unit,
        value=value,
        se=se,
        lower=value - half,
        upper=value + half,
        level=level,
        p=None if measure == "mean" else float(2 * stats.t.sf(abs(value) / se, df)),
        n=len(repeated.frame),
        method=f"{METHOD}; {df:.1f} degrees of freedom",
    )


def _refuse_clusters(repeated: Repeated) -> None:
    if repeated.cluster is not None:
        raise AnalysisRefused(
            "the mixed model for repeated measures was asked for while providers are declared",
            expected="people independent of one another",
            fix="use multiple imputation with mean change, which leaves out one provider at a time",
        )


def trajectory(repeated: Repeated, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return the mean at each timepoint and the change between any two, using everyone with at least one score.

    Raises
    ------
    AnalysisRefused
        Clusters are declared; fewer than two timepoints; or the model cannot be fitted.
    """
    _refuse_clusters(repeated)
    times = repeated.timepoints
    if len(times) < 2:  # noqa: PLR2004
        raise AnalysisRefused("scores at one timepoint only", expected="two or more", fix="report its mean")
    y = repeated.frame.to_numpy(dtype=float)
    x = np.broadcast_to(np.eye(len(times)), (len(y), len(times), len(times))).copy()
    fit = longitudinal.fit(y, x)
    unit = np.eye(len(times))
    out = [_estimate(repeated, t, "mean", fit.contrast(unit[i]), level) for i, t in enumerate(times)]
    for (i, first), (j, second) in combinations(enumerate(times), 2):
        out.append(_estimate(repeated, f"{first} to {second}", "mean change", fit.contrast(unit[j] - unit[i]), level))
    return tuple(out)


def difference_by_group(
    repeated: Repeated, group: pd.Series, *, covariates: pd.DataFrame | None = None, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return, at each later timepoint, the difference between two groups of equal score at the first.

    The first timepoint is a covariate with its own slope at each later timepoint; a person without it is left out.

    Parameters
    ----------
    repeated : one score at two or more timepoints
    group : indexed by person_id, True for the group of interest; fixed no later than the first timepoint
    covariates : indexed by person_id, numbers or yes/no, nothing missing; each has its own slope at each timepoint
    level : confidence level

    Raises
    ------
    AnalysisRefused
        Clusters are declared; someone has no group or covariate; or the model cannot be fitted.
    """
    _refuse_clusters(repeated)
    based = repeated.with_first()
    first, *later = based.timepoints
    own = group.reindex(based.frame.index)
    extra = pd.DataFrame(index=based.frame.index) if covariates is None else covariates.reindex(based.frame.index)
    if own.isna().any() or extra.isna().to_numpy().any() or not later:
        raise AnalysisRefused(
            "a person without group or covariate, or no later timepoint",
            expected="group and covariates of everyone with a first score, and at least one later timepoint",
            fix="complete them, or leave the covariate out",
        )
    columns = pd.concat([own.astype(float).rename("group"), based.frame[first], extra.astype(float)], axis="columns")
    centred = columns - columns.mean()
    values = np.column_stack([np.ones(len(columns)), centred.to_numpy()])
    x = np.einsum("ic,ab->iabc", values, np.eye(len(later))).reshape(len(values), len(later), -1)
    fit = longitudinal.fit(based.frame[later].to_numpy(dtype=float), x)
    width, out = values.shape[1], []
    for place, time in enumerate(later):
        weights = np.zeros(len(later) * width)
        weights[place * width + 1] = 1.0
        out.append(_estimate(based, time, "difference at equal score before", fit.contrast(weights), level))
    return tuple(out)
