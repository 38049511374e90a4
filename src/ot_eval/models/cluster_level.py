"""Time to event with few providers: the provider is the unit, and a t-test compares them.

For an exposure that a provider has or has not, the number of providers is what counts, however many people they serve.
One figure a provider (its log event rate, or its log ratio of observed to expected events given covariates) enters a
t-test with G - 2 degrees of freedom. In 1,000 simulated studies of 8 to 20 providers it rejected 3.6-6.0 % of true null
hypotheses where a robust Cox interval rejected 9-15 %. Source: Hayes & Moulton (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.cox_fit import LEAST_EVENTS, CoxModel, fit
from ot_eval.models.spells import Floats, Ints, groups_of, read_spells

LEAST_PER_GROUP = 2
LEAST_EVENTS_PER_CLUSTER = 1.0
TWO = 2
NONE_SEEN = 0.5
"""Added to the events (and the time or expectation in proportion) of every provider when one has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSummary:
    """One provider a row: events, person-days or expected events, and which group it is in (0 or 1)."""

    observed: Floats
    expected: Floats
    group: Ints
    groups: tuple[str, str]

    @property
    def fewest(self) -> int:
        """Events in the group with fewer of them."""
        return int(np.bincount(self.group, weights=self.observed, minlength=len(self.groups)).min())

    @property
    def log_ratio(self) -> Floats:
        """Log of events over person-days or expected events."""
        add = NONE_SEEN if bool((self.observed == 0).any()) else 0.0
        each = self.expected.sum() / self.observed.sum()
        ratio: Floats = np.log((self.observed + add) / (self.expected + add * each))
        return ratio


def compare(
    frame: pd.DataFrame,
    *,
    cause: str,
    exposure: str,
    cluster: str,
    about: About,
    terms: tuple[str, ...] = (),
) -> tuple[Estimate, ...]:
    """Return the ratio of event rates between providers with and without `exposure`, from one figure a provider.

    Parameters
    ----------
    frame : one row a person or start and stop rows: ``exit_day``, ``event``, ``entry_day`` where entered late
    cause : kind of event
    exposure : column with two groups; every provider has one of them throughout
    cluster : column of providers
    terms : covariates of people; with them the figure is the log ratio of observed to expected events, expected from a
        Cox model of the covariates without the exposure
    about : labels and confidence level

    Returns
    -------
    One estimate, ``measure`` "rate ratio between providers"; ``n_cluster`` counts providers. With fewer than ten events
    in a group it has its interval and no test.

    Raises
    ------
    AnalysisRefused
        a provider has both groups, fewer than two providers in a group, fewer events than providers.
    """
    summary = summarise(frame, cause=cause, exposure=exposure, cluster=cluster, terms=terms)
    ratio, in_second = summary.log_ratio, summary.group == 1
    test = stats.ttest_ind(ratio[in_second], ratio[~in_second], equal_var=True)
    ends = test.confidence_interval(about.level)
    difference = float(ratio[in_second].mean() - ratio[~in_second].mean())
    basis = f"log observed/expected given {', '.join(terms)}" if terms else "log event rate"
    return (
        Estimate(
            analysis="cluster_level",
            population=about.population,
            outcome=cause,
            study=about.study,
            term=f"{exposure}: {summary.groups[1]} v {summary.groups[0]}",
            measure="rate ratio between providers",
            unit="ratio",
            value=float(np.exp(difference)),
            se=abs(difference / float(test.statistic)) if test.statistic else None,
            lower=float(np.exp(ends.low)),
            upper=float(np.exp(ends.high)),
            level=about.level,
            p=float(test.pvalue) if summary.fewest >= LEAST_EVENTS else None,
            n=int(frame["person_id"].nunique()) if "person_id" in frame else len(frame),
            n_event=int(summary.observed.sum()),
            n_cluster=int(ratio.size),
            method=f"t-test of one figure a provider ({basis}); {ratio.size - TWO} degrees of freedom",
        ),
    )


def summarise(
    frame: pd.DataFrame, *, cause: str, exposure: str, cluster: str, terms: tuple[str, ...] = ()
) -> ClusterSummary:
    """Return events and person-days (or expected events) of each provider; refusals as in `compare`."""
    spells = read_spells(frame)
    dead = spells.event == spells.code(cause)
    code, names = groups_of(frame, cluster)
    arm, groups = groups_of(frame, exposure)
    by_group = np.bincount(code * len(groups) + arm, minlength=len(names) * len(groups)).reshape(len(names), -1)
    group = by_group.argmax(axis=1)
    mixed = int(((by_group > 0).sum(axis=1) > 1).sum())
    per_group = np.bincount(group, minlength=len(groups))
    events = np.bincount(code[dead], minlength=len(names)).astype(np.float64)
    if mixed or len(groups) != TWO or per_group.min() < LEAST_PER_GROUP:
        raise AnalysisRefused(
            f"{exposure}: {len(groups)} groups, {int(per_group.min())} providers in the smaller, {mixed} have several",
            expected=f"two groups of {LEAST_PER_GROUP} providers or more, each provider in one of them",
            fix="use cox.cause_specific with the provider as cluster when people of one provider differ in exposure",
        )
    if events.sum() < LEAST_EVENTS_PER_CLUSTER * len(names):
        raise AnalysisRefused(
            f"{cluster}: {int(events.sum())} events among {len(names)} providers",
            expected="at least as many events as providers",
            fix="report rates with intervals for each group of providers, without a test",
        )
    days = (spells.exit - spells.entry).astype(np.float64)
    expected = expected_events(frame, cause, terms) if terms else days
    total = np.bincount(code, weights=expected, minlength=len(names)).astype(np.float64)
    return ClusterSummary(observed=events, expected=total, group=group, groups=(groups[0], groups[1]))


def expected_events(frame: pd.DataFrame, cause: str, terms: tuple[str, ...]) -> Floats:
    """Return each row's expected events under a Cox model of `terms`; they sum to the events observed."""
    fitted = fit(frame, CoxModel(cause=cause, terms=terms))
    rows, ties = fitted.covariates.rows, fitted.maximum.best.ties
    hazard = np.concatenate([[0.0], np.cumsum(ties.hazard)])
    exposure = hazard[rows.last] - hazard[rows.first]
    exposure[rows.dead] -= ties.own[rows.last[rows.dead] - 1]
    expected: Floats = fitted.covariates.risk_of(fitted.beta, slice(None)) * exposure
    return expected
