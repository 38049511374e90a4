"""Whether carers gain skills from round to round, coached by then or not; the provider is the unit.

Coaching is given to a provider, so a carer's gain is no independent piece of evidence about it: figures are means of
providers, with t. The comparison is the one that `trial_methods` lets stand where providers were not drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import About
from ot_eval.models.trial_data import Columns
from ot_eval.models.trial_did import CHANGE, change_difference
from ot_eval.models.trial_methods import Situation, require
from ot_eval.studies.attempt import refusal
from ot_eval.studies.skills_desk import CARER, FEWEST, HOME_CARERS, Desk, has

ANALYSIS = "skills_gained"
GAINED = "skills gained per carer"
COACHED, NOT_COACHED, COMPARED = "coached by then", "not coached by then", "coached less not coached"
LEAST_PROVIDERS = 3
"""Fewer means have no spread that an interval could be made of."""


def skills_gained(desk: Desk) -> Iterator[Estimate | Check]:
    """Give, for each later round, the skills gained since the first, coached by then or not, and the difference."""
    counts = _counts(desk)
    start = counts[~counts.duplicated("carer_id")].set_index("carer_id")
    later = counts[counts.duplicated("carer_id")]
    both = later.join(start[["had", "asked"]], on="carer_id", rsuffix="_first")
    both = both[both["asked"] == both["asked_first"]]
    if both["carer_id"].nunique() < FEWEST:
        raise AnalysisRefused(
            "skills_gained: too few home carers answered in two rounds",
            expected=f"at least {FEWEST} home carers with two rounds",
            fix="field the survey again, with the same survey numbers",
        )
    for wave, rows in both.groupby("wave"):
        yield from _round(desk, f"round {wave}", rows)


def _counts(desk: Desk) -> pd.DataFrame:
    """Return one row a home carer and round: skills they have, skills they rated, provider, coached by then."""
    rows = desk.every[desk.every["role"] == CARER]
    n = rows.assign(has=has(rows)).groupby(["carer_id", "wave"]).agg(
        had=("has", "sum"), asked=("has", "size"), home=("home", "first"), coached=("coached", "first")
    )  # fmt: skip
    counts = n.reset_index().sort_values(["carer_id", "wave"], ignore_index=True)
    if desk.protocol.cluster == "none":
        counts["home"] = counts["carer_id"]
    counts["home"] = counts["home"].fillna("not recorded")
    return counts


def _round(desk: Desk, outcome: str, rows: pd.DataFrame) -> Iterator[Estimate | Check]:
    about = About(population=HOME_CARERS, outcome=outcome, level=desk.protocol.level, study=desk.protocol.study)
    for words, mine in ((COACHED, rows[rows["coached"]]), (NOT_COACHED, rows[~rows["coached"]])):
        if len(mine) >= FEWEST:
            yield _gain(about, words, mine)
    if rows["coached"].nunique() == 1:
        return
    try:
        yield from _compared(about, rows)
    except AnalysisRefused as why:
        yield refusal(ANALYSIS, f"{COMPARED}, {outcome}", why)


def _gain(about: About, words: str, rows: pd.DataFrame) -> Estimate:
    """Return the mean of the providers' mean gains, with t where there are enough of them."""
    means = (rows["had"] - rows["had_first"]).astype(float).groupby(rows["home"]).mean()
    n, value = len(means), float(means.mean())
    shown = n >= LEAST_PROVIDERS
    se = float(means.std(ddof=1)) / n**0.5 if shown else None
    half = se * float(stats.t.ppf(0.5 + about.level / 2, n - 1)) if se is not None else 0.0
    how = f"t with {n - 1} degrees of freedom" if shown else "too few providers for an interval"
    return Estimate(
        analysis=ANALYSIS,
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=words,
        measure=GAINED,
        unit="skills",
        value=value,
        se=se,
        lower=value - half if shown else None,
        upper=value + half if shown else None,
        level=about.level if shown else None,
        n=len(rows),
        n_cluster=n,
        method=f"mean of the providers' means; {how}",
    )


def _compared(about: About, rows: pd.DataFrame) -> Iterator[Estimate]:
    """Give the difference in gain, with what must be printed beside it, or refuse with the reason.

    Raises
    ------
    AnalysisRefused
        As in `trial_did.change_difference`: fewer than two providers coached or not, a provider with both.
    """
    times = [rows.assign(outcome=rows[c].astype(float), after=t) for t, c in enumerate(("had_first", "had"))]
    long = pd.concat(times, ignore_index=True)
    long["arm"] = long["coached"].astype(int)
    columns = Columns(cluster="home", period="after")
    found = change_difference(long, columns, level=about.level, unit="skills")
    situation = Situation(
        design="before_after",
        n_cluster=found.n_cluster,
        n_coached=found.n_coached,
        size_cv=found.size_cv,
        randomised=False,
    )
    require(CHANGE, situation)
    for e in found.estimates(about, COMPARED):
        if e.n is not None:  # two rows a carer went in, and no lot was drawn: the interval says what is known
            yield replace(e, analysis=ANALYSIS, n=len(rows), p=None)
