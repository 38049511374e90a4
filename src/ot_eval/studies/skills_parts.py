"""What the skills strand asks about each skill: who has, uses and was taught it, and what coaching should cover."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.jackknife import jackknife
from ot_eval.studies.skills_desk import (
    CARER,
    FEWEST,
    FORMAL,
    INFORMAL,
    WORKERS,
    Desk,
    from_interval,
    has,
    named,
    share,
    within,
)

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


def taught_and_used(desk: Desk) -> Iterator[Estimate]:
    """Give, for each skill, how many of the home carers who have it were taught it, how many use it, and the gap.

    Taught: on a course, at work or at home; used: in the last 7 days. Above zero more use it than were taught it.
    """
    for skill, rows in desk.of_role(CARER).groupby("skill"):
        mine = rows[has(rows) & rows["learned"].notna() & rows["use"].notna()].set_index("carer_id")
        if len(mine) < FEWEST:
            continue
        taught, used = named(mine["learned"], (*FORMAL, *INFORMAL)), mine["use"] != "not_used"
        name = desk.names[str(skill)]
        for words, flag in (("taught", taught), ("used", used)):
            yield from share(desk.question("taught_and_used", CARER, f"{name}: {words}"), flag, WORKERS)
        sums = pd.DataFrame({"gap": used.astype(float) - taught.astype(float)})
        homes = desk.homes(sums.index)
        if homes is not None or desk.cluster is None:
            found = jackknife(sums, lambda s, n: 100 * s[:, 0] / n, cluster=homes, level=desk.protocol.level)
            question = desk.question("taught_and_used", CARER, f"{name}: used less taught")
            yield from_interval(question, found, "difference in share of workers", "percent")


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
        yield within(from_interval(desk.question("use_and_teaching", CARER, term), found, measure, "percent"))


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
