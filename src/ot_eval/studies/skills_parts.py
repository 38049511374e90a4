"""The questions the skills strand asks of its desk, one function each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models.jackknife import jackknife
from ot_eval.models.overlap import Overlap, pair_overlap
from ot_eval.models.rated_twice import weighted_kappa
from ot_eval.models.trial_reliability import cronbach_alpha
from ot_eval.studies.skills_desk import (
    BY_PROVIDER,
    BY_WORKER,
    EFFECTS,
    FORMAL,
    INFORMAL,
    LEVELS,
    ROLES,
    Desk,
    complete,
    from_interval,
    has,
    named,
    place,
    share,
)

CARER = "home_carer"
WORKERS = "share of workers"
TAUGHT_BY = {
    "ot": "an occupational therapist",
    "ot_assistant": "an OT assistant",
    "physiotherapist": "a physiotherapist",
    "nurse": "a nurse",
    "employer_trainer": "a trainer at work",
    "senior_carer": "a senior carer",
    "college": "a college",
    "peer": "a colleague",
    "family": "family",
    "nobody": "nobody",
}
BARRIERS = {
    "time": "not enough time",
    "risk_policy": "rules about risk",
    "care_plan_says_do": "the care plan says do it for them",
    "family_view": "the family does not want it",
    "client_view": "the person does not want it",
    "no_training": "no training",
    "no_equipment": "no equipment",
}
FEWEST = 10
"""Below this many workers nothing may be published about them, so nothing is computed."""


def who_has(desk: Desk) -> Iterator[Estimate]:
    """Give, for each role and skill, the share of workers who have the skill."""
    for role in desk.roles():
        for skill, rows in desk.of_role(role).groupby("skill"):
            flag = has(rows.set_index("carer_id"))
            yield from share(desk.question("who_has", role, desk.names[str(skill)]), flag, WORKERS)


def who_uses(desk: Desk) -> Iterator[Estimate]:
    """Give, for each role and skill, the share who used it in the last 7 days, of all workers of the role."""
    for role in desk.roles():
        for skill, rows in desk.of_role(role).groupby("skill"):
            mine = rows.set_index("carer_id")
            told = mine[mine["use"].notna() | (mine["level"] == "none")]
            if len(told):
                flag = told["use"].notna() & (told["use"] != "not_used")
                yield from share(desk.question("who_uses", role, desk.names[str(skill)]), flag, WORKERS)


def how_taught(desk: Desk) -> Iterator[Estimate]:
    """Give, for each skill, how the home carers who have it learned it: on a course, at work, or from nobody.

    A carer counts once: a course before learning at work before neither.
    """
    for skill, rows in desk.of_role(CARER).groupby("skill"):
        mine = rows[has(rows) & rows["learned"].notna()].set_index("carer_id")
        if mine.empty:
            continue
        formal, informal = named(mine["learned"], FORMAL), named(mine["learned"], INFORMAL)
        for words, flag in (
            ("taught on a course", formal),
            ("learned at work or at home", informal & ~formal),
            ("nobody taught them", ~formal & ~informal),
        ):
            term = f"{desk.names[str(skill)]}: {words}"
            yield from share(desk.question("how_taught", CARER, term), flag, WORKERS)


def taught_by(desk: Desk) -> Iterator[Estimate]:
    """Give the share of home carers taught at least one skill by each kind of teacher."""
    rows = desk.of_role(CARER)
    told = rows[rows["taught_by"].notna()]
    if told.empty:
        return
    for name, words in TAUGHT_BY.items():
        any_skill = named(told["taught_by"], (name,)).groupby(told["carer_id"]).any()
        yield from share(desk.question("taught_by", CARER, words), any_skill, WORKERS)


def use_and_teaching(desk: Desk) -> Iterator[Estimate]:
    """Give the share of skills in use where taught on a course, where not, and the difference, over all skills."""
    rows = desk.of_role(CARER)
    mine = rows[has(rows) & rows["use"].notna() & rows["learned"].notna()]
    taught, used = named(mine["learned"], FORMAL), mine["use"] != "not_used"
    sums = (
        pd.DataFrame({"a": taught & used, "b": taught, "c": ~taught & used, "d": ~taught}, index=mine.index)
        .groupby(mine["carer_id"])
        .sum()
    )
    if len(sums) < FEWEST:
        raise AnalysisRefused(
            "use_and_teaching: too few home carers said how they learned a skill and whether they use it",
            expected=f"at least {FEWEST} home carers",
            fix="ask more home carers",
        )
    homes = desk.homes(sums.index)
    for term, statistic, measure in (
        ("taught on a course", lambda s, _: 100 * s[:, 0] / s[:, 1], "share of skills in use"),
        ("not taught on a course", lambda s, _: 100 * s[:, 2] / s[:, 3], "share of skills in use"),
        (
            "taught on a course less not",
            lambda s, _: 100 * (s[:, 0] / s[:, 1] - s[:, 2] / s[:, 3]),
            "difference in share of skills in use",
        ),
    ):
        found = jackknife(sums, statistic, cluster=homes, level=desk.protocol.level)
        yield _within(from_interval(desk.question("use_and_teaching", CARER, term), found, measure, "percent"))


def _within(e: Estimate) -> Estimate:
    """Return a share with its interval cut at 0 and 100 percent; a difference stays as it is."""
    if "difference" in e.measure or e.lower is None or e.upper is None:
        return e
    return replace(e, lower=max(0.0, e.lower), upper=min(100.0, e.upper))


def gaps(desk: Desk) -> Iterator[Estimate]:
    """Give, for each skill, the share of home carers whom coaching would reach: without the skill, or never taught."""
    for skill, rows in desk.of_role(CARER).groupby("skill"):
        mine = rows.set_index("carer_id")
        told = mine[~has(mine) | mine["learned"].notna()]
        if len(told):
            taught = named(told["learned"].fillna(""), (*FORMAL, *INFORMAL))
            yield from share(desk.question("gaps", CARER, desk.names[str(skill)]), ~has(told) | ~taught, WORKERS)


def barriers(desk: Desk) -> Iterator[Estimate]:
    """Give the share of home carers who name each barrier for at least one skill."""
    rows = desk.of_role(CARER)
    told = rows[rows["barrier"].notna()]
    if told.empty:
        return
    for name, words in BARRIERS.items():
        any_skill = named(told["barrier"], (name,)).groupby(told["carer_id"]).any()
        yield from share(desk.question("barriers", CARER, words), any_skill, WORKERS)


def overlap(desk: Desk) -> Iterator[Estimate]:
    """Give how much of what two workers can do they share: two home carers, and a home carer with each other role."""
    carers = complete(desk.of_role(CARER))
    for role in desk.roles():
        others = None if role == CARER else complete(desk.of_role(role))
        if others is not None and len(others) < FEWEST:
            continue
        together = carers if others is None else pd.concat([carers, others])
        homes = desk.homes(together.index)
        found = pair_overlap(carers, others, cluster=homes, level=desk.protocol.level)
        term = "two home carers" if others is None else f"a home carer and one of the {ROLES[role]}"
        yield _overlap(desk, term, found)


def _overlap(desk: Desk, term: str, found: Overlap) -> Estimate:
    question = desk.question("overlap", CARER, term)
    return Estimate(
        measure="shared part of the skills that either has",
        unit="index from 0 to 1",
        value=found.value,
        se=found.se,
        lower=found.lower,
        upper=found.upper,
        level=found.level,
        n=min(found.n_first, found.n_second),
        n_cluster=found.n_cluster,
        method=f"mean Jaccard index of pairs; {BY_WORKER if found.n_cluster is None else BY_PROVIDER}",
        **question.labels(),
    )


def said_and_seen(desk: Desk) -> Iterator[Estimate]:
    """Give how far a worker's own word and an observer's agree, and how often the observer saw less effect."""
    rows = desk.first.set_index("carer_id")
    for term, said, seen, order in (
        ("level of skill", "level", "observed_level", LEVELS),
        ("effect", "perceived_effect", "observed_effect", EFFECTS),
    ):
        both = pd.DataFrame({"said": place(rows[said], order), "seen": place(rows[seen], order)}).dropna()
        if both.index.nunique() < FEWEST:
            raise AnalysisRefused(
                f"said_and_seen: too few workers were also watched ({term})",
                expected=f"at least {FEWEST} workers with a form of surveys/enabling_skills_observed",
                fix="ask supervisors or therapists to fill in what they see on joint visits",
            )
        homes = desk.homes(both.index.unique())
        question = desk.question("said_and_seen", "workers who were also watched", term)
        found = weighted_kappa(both, levels=len(order), cluster=homes, level=desk.protocol.level)
        yield from_interval(question, found, "agreement of worker and observer (weighted kappa)", "index up to 1")
        less = pd.DataFrame({"part": both["seen"] < both["said"], "whole": True}).astype(float).groupby(level=0).sum()
        shares = jackknife(less, lambda s, _: 100 * s[:, 0] / s[:, 1], cluster=homes, level=desk.protocol.level)
        yield _within(from_interval(question, shares, "share of ratings where less was seen than said", "percent"))


def change(desk: Desk) -> Iterator[Estimate | Check]:
    """Give the change in the number of skills between a carer's first and last round, coached by then or not."""
    rows = desk.every[desk.every["role"] == CARER]
    n = rows.assign(has=has(rows)).groupby(["carer_id", "wave"]).agg(had=("has", "sum"), asked=("has", "size"))
    n = n.reset_index().sort_values(["carer_id", "wave"])
    first, last = n.drop_duplicates("carer_id"), n.drop_duplicates("carer_id", keep="last")
    both = first.merge(last, on="carer_id", suffixes=("", "_last"))
    both = both[(both["wave"] < both["wave_last"]) & (both["asked"] == both["asked_last"])].set_index("carer_id")
    if len(both) < FEWEST:
        raise AnalysisRefused(
            "change: too few home carers answered in two rounds",
            expected=f"at least {FEWEST} home carers with two rounds",
            fix="field the survey again, with the same survey numbers",
        )
    state = desk.workers.set_index(["carer_id", "wave"])["coached"]
    last_round = pd.MultiIndex.from_arrays([both.index, both["wave_last"]])
    coached = pd.Series(state.reindex(last_round).to_numpy(dtype=bool), index=both.index)
    gain = (both["had_last"] - both["had"]).astype(float)
    sums = pd.DataFrame({"a": gain.where(coached, 0.0), "b": coached, "c": gain.where(~coached, 0.0), "d": ~coached})
    sums = sums.astype(float)
    homes = desk.homes(sums.index)
    for words, flag in (("coached by then", coached), ("not coached", ~coached)):
        if flag.sum() >= FEWEST:
            mine = gain[flag].to_frame()
            found = jackknife(mine, _mean, cluster=desk.homes(mine.index), level=desk.protocol.level)
            yield from_interval(desk.question("change", CARER, words), found, "skills gained per carer", "skills")
    if min(coached.sum(), (~coached).sum()) >= FEWEST:
        found = jackknife(sums, _difference, cluster=homes, level=desk.protocol.level)
        question = desk.question("change", CARER, "coached less not coached")
        yield from_interval(question, found, "difference in skills gained per carer", "skills")


def _mean(s: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.asarray(s[:, 0] / n)


def _difference(s: np.ndarray, _n: np.ndarray) -> np.ndarray:
    return np.asarray(s[:, 0] / s[:, 1] - s[:, 2] / s[:, 3])


def hang_together(desk: Desk) -> Iterator[Estimate]:
    """Give Cronbach's alpha of the levels of all skills, of workers who rated every one."""
    rows = desk.first.assign(score=place(desk.first["level"], LEVELS))
    wide = rows.pivot_table(index="carer_id", columns="skill", values="score", aggfunc="first")
    found = cronbach_alpha(wide, list(wide.columns), level=desk.protocol.level)
    yield Estimate(
        measure="Cronbach's alpha",
        unit="index up to 1",
        value=found.value,
        lower=found.lower,
        upper=found.upper,
        level=found.level,
        n=found.n,
        method="Feldt's interval; workers taken as independent",
        **desk.question("hang_together", "workers who rated every skill", "levels of all skills").labels(),
    )
