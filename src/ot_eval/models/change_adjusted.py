"""Regression to the mean, said aloud: what a change without a comparison is worth, and the adjusted comparison.

People enter a service when things are bad, so part of any improvement would have come without it. A single group
measured twice cannot show how much; a second group, compared at equal baseline, can.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.results import Check, Estimate
from ot_eval.measures.pairs import Pairs
from ot_eval.models.about import LEAST_CLUSTERS
from ot_eval.models.change_mean import estimate, from_interval
from ot_eval.models.jackknife import left_out_slope

ANALYSIS = "regression_to_the_mean"
ADJUSTED = "baseline_adjusted_difference"
FEWEST_A_GROUP = 10


def single_group(pairs: Pairs) -> Check:
    """Return the standing warning that goes with every change of a single group."""
    varies = pairs.frame[["before", "after"]].nunique().gt(1).all()
    correlation = f"{pairs.frame['before'].corr(pairs.frame['after']):.2f}" if varies else "not defined"
    return Check(
        analysis=ANALYSIS,
        name=f"{pairs.outcome}, {pairs.term}",
        passed=False,
        sentence=(
            "Nobody was compared with people who did not have the service. People come to a service when things are "
            "bad, and some of them would have got better anyway; this change cannot be credited to the service alone."
        ),
        detail=f"single group before and after; correlation of the two scores {correlation}",
    )


def expected_by_chance(pairs: Pairs, reference_mean: float, reliability: float, source: str) -> Estimate:
    """Return the change regression to the mean alone would give people with this mean before.

    Parameters
    ----------
    pairs : one score at two timepoints
    reference_mean : mean of the same score in all the people the group was picked from
    reliability : correlation of two scores of a stable person in that population
    source : where the two numbers come from

    Notes
    -----
    (1 - reliability) x (reference mean - mean before); Davis 1976. It holds for a group picked on this score.
    """
    if not 0 <= reliability <= 1 or not source.strip():
        raise RequestError(
            "the reliability is not between 0 and 1, or has no source",
            expected="a test-retest correlation and where it was found",
            fix="take both numbers from a study of the population your people come from",
        )
    value = (1 - reliability) * (reference_mean - float(pairs.frame["before"].mean()))
    method = f"Davis 1976; reference mean {reference_mean:g}, reliability {reliability:g} ({source})"
    return estimate(
        pairs,
        "change expected from regression to the mean",
        value=value,
        n=len(pairs.frame),
        analysis=ANALYSIS,
        method=method,
    )


def adjusted_difference(
    pairs: Pairs, group: pd.Series, *, covariates: pd.DataFrame | None = None, level: float = 0.95
) -> Estimate:
    """Return the difference in the score after, between two groups of equal score before (analysis of covariance).

    Parameters
    ----------
    pairs : one score at two timepoints
    group : indexed by person_id, True for the group of interest; fixed no later than the first timepoint
    covariates : indexed by person_id, numbers or yes/no, known at the first timepoint; nothing missing
    level : confidence level

    Returns
    -------
    Estimate
        True minus False, in the score's unit. Without clusters by least squares with HC3 errors and t. With clusters:
        where providers are wholly in one group, in two stages (residuals after baseline and covariates, then provider
        means, G - 2 degrees of freedom); where providers have both, within providers, leaving one out at a time.

    Raises
    ------
    AnalysisRefused
        Fewer than 10 people in a group; a person without group or covariate; clusters declared and fewer than five
        providers, or fewer than five that have both groups where some have.
    """
    flag = pairs.frame["person_id"].map(group)
    if flag.isna().any():
        raise AnalysisRefused(
            f"{pairs.outcome}: {int(flag.isna().sum())} people have no group", expected="a group each", fix="add it"
        )
    flag = flag.astype(bool)
    fewest = int(min(flag.sum(), (~flag).sum()))
    if fewest < FEWEST_A_GROUP:
        raise AnalysisRefused(
            f"{pairs.outcome}: {fewest} people in one of the groups",
            expected=f"at least {FEWEST_A_GROUP} in each",
            fix="report the two groups side by side",
        )
    design = _design(pairs, covariates)
    if np.linalg.matrix_rank(design.assign(group=flag.astype(float)).to_numpy()) <= design.shape[1]:
        raise AnalysisRefused(
            f"{pairs.outcome}: the group cannot be told from score before and covariates, or one of these is constant",
            expected="people of both groups at like scores and covariates",
            fix="leave a covariate out, or report the two groups side by side",
        )
    if not pairs.clustered:
        return _by_person(pairs, flag, design, level)
    both = flag.groupby(pairs.frame["cluster"]).nunique().gt(1)
    if both.any():
        return _within_providers(pairs, flag, design, level)
    return _by_provider(pairs, flag, design, level)


def _design(pairs: Pairs, covariates: pd.DataFrame | None) -> pd.DataFrame:
    before = pairs.frame["before"]
    design = pd.DataFrame({"constant": 1.0, "before": before - before.mean()})
    if covariates is None:
        return design
    extra = covariates.reindex(pairs.frame["person_id"]).reset_index(drop=True)
    if extra.isna().to_numpy().any():
        raise AnalysisRefused(
            f"{pairs.outcome}: {int(extra.isna().any(axis='columns').sum())} people lack a covariate",
            expected="every covariate of every person",
            fix="leave the covariate out, or impute it",
        )
    return pd.concat([design, extra.astype(float)], axis="columns")


def _by_person(pairs: Pairs, flag: pd.Series, design: pd.DataFrame, level: float) -> Estimate:
    fit = sm.OLS(pairs.frame["after"], design.assign(group=flag.astype(float))).fit(cov_type="HC3", use_t=True)
    lower, upper = fit.conf_int(alpha=1 - level).loc["group"]
    return estimate(
        pairs,
        "difference at equal score before",
        value=float(fit.params["group"]),
        se=float(fit.bse["group"]),
        lower=float(lower),
        upper=float(upper),
        level=level,
        p=float(fit.pvalues["group"]),
        n=len(flag),
        n_event=int(flag.sum()),
        analysis=ADJUSTED,
        method="analysis of covariance, HC3 errors, t (statsmodels)",
    )


def _by_provider(pairs: Pairs, flag: pd.Series, design: pd.DataFrame, level: float) -> Estimate:
    """Two stages: residuals without group, then the t-test of provider means with G - 2 degrees of freedom."""
    n_cluster = pairs.frame["cluster"].nunique()
    if n_cluster < LEAST_CLUSTERS:
        raise AnalysisRefused(
            f"{pairs.outcome}: {n_cluster} providers",
            expected=f"at least {LEAST_CLUSTERS} providers",
            fix="report the providers side by side",
        )
    residual = sm.OLS(pairs.frame["after"], design).fit().resid
    means = residual.groupby(pairs.frame["cluster"]).mean()
    arm = flag.groupby(pairs.frame["cluster"]).first()
    one, other = means[arm], means[~arm]
    if min(len(one), len(other)) < 2:  # noqa: PLR2004
        raise AnalysisRefused(
            f"{pairs.outcome}: a group with one provider", expected="two or more providers in each", fix="report both"
        )
    df = n_cluster - 2
    pooled = (one.var(ddof=1) * (len(one) - 1) + other.var(ddof=1) * (len(other) - 1)) / df
    se = sqrt(pooled * (1 / len(one) + 1 / len(other)))
    value = float(one.mean() - other.mean())
    half = se * float(stats.t.ppf(0.5 + level / 2, df))
    return estimate(
        pairs,
        "difference at equal score before",
        value=value,
        se=se,
        lower=value - half,
        upper=value + half,
        level=level,
        p=float(2 * stats.t.sf(abs(value) / se, df)) if se > 0 else None,
        n=len(flag),
        n_event=int(flag.sum()),
        n_cluster=n_cluster,
        analysis=ADJUSTED,
        method="two-stage: residuals after baseline, then provider means, t with G - 2 degrees of freedom",
    )


def _within_providers(pairs: Pairs, flag: pd.Series, design: pd.DataFrame, level: float) -> Estimate:
    """Compare people of one provider with each other; what providers differ in drops out."""
    cluster = pairs.frame["cluster"]
    informative = flag.groupby(cluster).transform("nunique").gt(1)
    n_cluster = int(cluster[informative].nunique())
    if n_cluster < LEAST_CLUSTERS:
        raise AnalysisRefused(
            f"{pairs.outcome}: {n_cluster} providers have people of both groups, others have one group only",
            expected=f"at least {LEAST_CLUSTERS} providers with both",
            fix="report the groups side by side",
        )
    columns = design.drop(columns="constant").assign(group=flag.astype(float), after=pairs.frame["after"])[informative]
    centred = columns - columns.groupby(cluster[informative]).transform("mean")
    found = left_out_slope(centred.drop(columns="after"), centred["after"], cluster[informative], "group", level)
    p = float(2 * stats.t.sf(abs(found.value / found.se), found.df)) if found.se > 0 else None
    return from_interval(
        pairs,
        "difference at equal score before",
        found,
        level,
        p=p,
        n_event=int(flag[informative].sum()),
        analysis=ADJUSTED,
        method="within providers, leave-one-provider-out, t with providers - 1 degrees of freedom",
    )
