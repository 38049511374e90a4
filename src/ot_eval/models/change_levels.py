"""Change in levels: who moved from which level to which, floor and ceiling, Paretian shares, chance of being better.

For EQ-5D dimensions and other ordered items. Counts are people; the alluvial figure is drawn from `transitions`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import SquareTable

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.measures import eq5d_profile
from ot_eval.measures.pairs import Pairs
from ot_eval.models.change_mean import clusters, estimate, from_interval
from ot_eval.models.change_shares import share
from ot_eval.models.jackknife import jackknife

TRANSITIONS, ENDS, PARETIAN, SUPERIORITY = "level_transitions", "floor_and_ceiling", "paretian_class", "superiority"
WORRYING = 15.0  # percent at one end of a scale from which floor or ceiling effects are usually called (Terwee 2007)


def transition_table(pairs: Pairs) -> pd.DataFrame:
    """Return people by level before (rows) and level after (columns), every level of the score listed."""
    if pairs.score.minimum is None or pairs.score.maximum is None or pairs.score.unit != "level":
        raise AnalysisRefused(f"{pairs.outcome} is not in levels", expected="a score in levels", fix="use mean change")
    levels = list(range(int(pairs.score.minimum), int(pairs.score.maximum) + 1))
    table = pd.crosstab(pairs.frame["before"].astype(int), pairs.frame["after"].astype(int))
    return table.reindex(index=levels, columns=levels, fill_value=0)


def transitions(pairs: Pairs) -> tuple[Estimate, ...]:
    """Return the people in each cell of the transition table, with the share of those who began at that level."""
    table = transition_table(pairs)
    out = []
    for first in table.index:
        began = int(table.loc[first].sum())
        for second in table.columns:
            n_event = int(table.loc[first, second])
            counts = {"value": n_event, "n": began, "n_event": n_event, "unit": "people"}
            names = {"term": f"from level {first}: to level {second}", "analysis": TRANSITIONS, "method": "count"}
            out.append(estimate(pairs, "people", **counts, **names))
    return tuple(out)


def marginal_homogeneity(pairs: Pairs) -> Estimate:
    """Return the Stuart-Maxwell test that levels are spread the same before and after.

    Raises
    ------
    AnalysisRefused
        Clusters are declared: the test takes people as independent.
    """
    if pairs.clustered:
        raise AnalysisRefused(
            "the Stuart-Maxwell test was asked for while providers are declared",
            expected="a method that allows for people who share a provider",
            fix="use the fall in mean level, which leaves out one provider at a time",
        )
    table = transition_table(pairs)
    used = table.index[(table.sum(axis=0) + table.sum(axis=1)).to_numpy() > 0]
    square = table.loc[used, used].to_numpy()
    if len(used) < 2 or np.array_equal(square, np.diag(np.diag(square))):  # noqa: PLR2004
        raise AnalysisRefused(f"{pairs.outcome}: nobody moved", expected="people who changed level", fix="say so")
    found = SquareTable(square, shift_zeros=False).homogeneity(method="stuart_maxwell")
    return estimate(
        pairs,
        "test of equal levels before and after",
        value=float(found.statistic),
        p=float(found.pvalue),
        n=len(pairs.frame),
        unit="chi-square",
        analysis=TRANSITIONS,
        method=f"Stuart-Maxwell, {int(found.df)} degrees of freedom (statsmodels)",
    )


def floor_and_ceiling(pairs: Pairs, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return the share at the worst and at the best possible score, before and after."""
    low, high = pairs.score.minimum, pairs.score.maximum
    if low is None or high is None:
        raise AnalysisRefused(f"{pairs.outcome} has no fixed ends", expected="a scale with ends", fix="leave it out")
    worst, best = (low, high) if pairs.score.better == "higher" else (high, low)
    out = []
    for column, moment in (("before", pairs.before), ("after", pairs.after)):
        for name, end in (("worst", worst), ("best", best)):
            found = share(pairs.frame[column].eq(end), cluster=clusters(pairs), level=level)
            fields = {**found, "analysis": ENDS, "term": moment}
            out.append(estimate(pairs, f"share at the {name} possible score", **fields))
    return tuple(out)


def room_to_move(found: tuple[Estimate, ...], pairs: Pairs) -> Check:
    """Return whether fewer than 15 % of people sat at either end of the scale before and after."""
    crowded = [e for e in found if e.analysis == ENDS and (e.value or 0) >= WORRYING]
    where = "; ".join(f"{e.measure}, {e.term}" for e in crowded)
    sentence = (
        f"The scale left people room to get better or worse ({pairs.score.about})."
        if not crowded
        else f"Many people sat at an end of the scale ({pairs.score.about}), where it cannot show change: {where}."
    )
    return Check(
        analysis=ENDS, name=pairs.outcome, passed=not crowded, sentence=sentence, detail=f"limit {WORRYING:g} %"
    )


def paretian_shares(
    pairs: Pairs, before: pd.Series, after: pd.Series, n_levels: int, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return the share in each Paretian class.

    Following Devlin, Parkin and Browne, the four classes of change are shares of the people with any problem before or
    after; "no problems" is a share of everyone.

    Parameters
    ----------
    pairs : any EQ-5D score of these people; it gives the names, the population and the clusters
    before, after : profiles, in the order of `pairs.frame`
    """
    classes = eq5d_profile.paretian(before.reset_index(drop=True), after.reset_index(drop=True), n_levels)
    groups = clusters(pairs)
    problems = classes != "no problems"
    out = []
    for name in eq5d_profile.CLASSES:
        inside = pd.Series(True, index=classes.index) if name == "no problems" else problems
        if not inside.any():
            continue
        found = share(
            classes[inside].eq(name), cluster=None if groups is None else groups[inside.to_numpy()], level=level
        )
        fields = {**found, "analysis": PARETIAN, "outcome": f"{pairs.instrument} profile"}
        out.append(estimate(pairs, f"share {name}", **fields))
    return tuple(out)


def probability_of_superiority(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return the share of people who got better plus half the share unchanged; 0.5 means no shift.

    This is the paired form used for EQ-5D dimensions (Buchholz 2015).
    """
    gain = pairs.gain
    credit = ((gain > 0) + 0.5 * (gain == 0)).astype(float).to_frame()
    found = jackknife(credit, lambda s, n: s[:, 0] / n, cluster=clusters(pairs), level=level)
    fields = {"analysis": SUPERIORITY, "unit": "probability"}
    return from_interval(pairs, "probability of superiority", found, level, **fields)
