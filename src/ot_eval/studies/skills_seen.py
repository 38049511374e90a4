"""How far the answers can be trusted: worker against observer, observer against observer, question against question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.jackknife import jackknife
from ot_eval.models.rated_twice import alpha, two_raters, weighted_kappa
from ot_eval.models.trial_reliability import Reliability, cronbach_alpha, rater_agreement
from ot_eval.studies.skills_desk import BY_PROVIDER, EFFECTS, FEWEST, LEVELS, Desk, from_interval, place, share, within

WATCHED = "workers who were also watched"
KINDS = (
    ("level of skill", "level", "observed_level", LEVELS),
    ("effect", "perceived_effect", "observed_effect", EFFECTS),
)
LESS = "share of ratings where less was seen than said"
TWO = 2


def said_and_seen(desk: Desk) -> Iterator[Estimate]:
    """Give how far a worker's own word and an observer's agree, and of which skills less effect was seen than said.

    Each observer's rating stands beside the worker's; the worker, or the provider, is what intervals leave out.
    """
    for term, said, seen, order in KINDS:
        both = _pairs(desk, said, seen, order)
        if both["carer_id"].nunique() < FEWEST:
            raise AnalysisRefused(
                f"said_and_seen: too few workers were also watched ({term})",
                expected=f"at least {FEWEST} workers with a form of surveys/enabling_skills_observed",
                fix="ask supervisors or therapists to fill in what they see on joint visits",
            )
        rows = both.set_index("carer_id")[["said", "seen"]]
        homes = desk.homes(rows.index.unique())
        question = desk.question("said_and_seen", WATCHED, term)
        found = weighted_kappa(rows, levels=len(order), cluster=homes, level=desk.protocol.level)
        agreed = from_interval(question, found, "agreement of worker and observer (weighted kappa)", "index up to 1")
        yield replace(agreed, upper=min(1.0, found.upper))
        less = pd.DataFrame({"part": rows["seen"] < rows["said"], "whole": True}).astype(float).groupby(level=0).sum()
        shares = jackknife(less, lambda s, _: 100 * s[:, 0] / s[:, 1], cluster=homes, level=desk.protocol.level)
        yield within(from_interval(question, shares, LESS, "percent"))


def less_effect_seen(desk: Desk) -> Iterator[Estimate]:
    """Give, for each skill, the share of watched workers of whom every observer saw less effect than they said."""
    both = _pairs(desk, "perceived_effect", "observed_effect", EFFECTS)
    both["less"] = both["seen"] < both["said"]
    for skill, rows in both.groupby("skill"):
        flag = rows.groupby("carer_id")["less"].all()
        if len(flag) >= FEWEST:
            question = desk.question("less_effect_seen", WATCHED, desk.names[str(skill)])
            yield from share(question, flag, "share of workers")


def _pairs(desk: Desk, said: str, seen: str, order: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a worker, skill and observer who could tell: `said` and `seen` as whole numbers from 0."""
    keys = ["carer_id", "wave", "skill"]
    both = desk.first[[*keys, said]].merge(desk.seen[[*keys, "rater_id", seen]], on=keys)
    both = both.assign(said=place(both[said], order), seen=place(both[seen], order))
    return both.dropna(subset=["said", "seen"])


def observers_agree(desk: Desk) -> Iterator[Estimate]:
    """Give the intraclass correlation of two observers of one worker: the mean level over the skills both could see."""
    pairs = _two_observers(desk)
    if len(pairs) < FEWEST:
        raise AnalysisRefused(
            "observers_agree: too few workers were watched by two observers",
            expected=f"at least {FEWEST} workers with two forms of surveys/enabling_skills_observed",
            fix="let two observers watch the same visit for a sample of workers, each with a form of their own",
        )
    long = pairs.rename_axis("worker").reset_index().melt(id_vars="worker", var_name="rater", value_name="score")
    plain = rater_agreement(long, target="worker", rater="rater", score="score", raters="one-way", average=False)
    question = desk.question("observers_agree", WATCHED, "mean level of the skills both observers saw")
    homes = desk.homes(pairs.index)
    measure, unit = "agreement of two observers (intraclass correlation)", "index up to 1"
    if homes is None:
        how = "one-way ICC of one observer, F interval at 95 percent; workers taken as independent"
        made = _reliability(plain, how, measure)
        yield replace(made, **question.labels())
        return
    found = two_raters(pairs, cluster=homes, level=desk.protocol.level)
    made = from_interval(question, found, measure, unit)
    yield replace(
        made, value=plain.value, upper=min(1.0, found.upper), method=f"one-way ICC of one observer; {BY_PROVIDER}"
    )


def _two_observers(desk: Desk) -> pd.DataFrame:
    """Return one row a worker: the mean level that the first two observers saw, over the skills that both saw."""
    keys = ["carer_id", "wave"]
    seen = desk.seen.assign(level=place(desk.seen["observed_level"], LEVELS)).dropna(subset=["level"])
    first = desk.first[keys].drop_duplicates()
    seen = seen.merge(first, on=keys).sort_values([*keys, "rater_id"])
    order = seen.groupby("carer_id")["rater_id"].transform(lambda r: pd.factorize(r)[0])
    two = seen[order < TWO].assign(rater=order)
    wide = two.pivot(index=["carer_id", "skill"], columns="rater", values="level").reindex(columns=[0, 1]).dropna()
    return wide.groupby(level=0).mean()


def hang_together(desk: Desk) -> Iterator[Estimate]:
    """Give Cronbach's alpha of the levels of all skills, of workers who rated every one."""
    rows = desk.first.assign(score=place(desk.first["level"], LEVELS))
    wide = rows.pivot_table(index="carer_id", columns="skill", values="score", aggfunc="first").dropna()
    plain = cronbach_alpha(wide, list(wide.columns), level=desk.protocol.level)
    question = desk.question("hang_together", "workers who rated every skill", "levels of all skills")
    homes = desk.homes(wide.index)
    if homes is None:
        made = _reliability(plain, "Feldt's interval; workers taken as independent", "Cronbach's alpha")
        yield replace(made, **question.labels())
        return
    found = alpha(wide, cluster=homes, level=desk.protocol.level)
    made = from_interval(question, found, "Cronbach's alpha", "index up to 1")
    yield replace(made, value=plain.value, upper=min(1.0, found.upper))


def _reliability(found: Reliability, how: str, measure: str) -> Estimate:
    return Estimate(
        analysis="",
        population="",
        outcome="",
        term="",
        measure=measure,
        unit="index up to 1",
        value=found.value,
        lower=found.lower,
        upper=found.upper,
        level=found.level,
        n=found.n,
        method=how,
    )
