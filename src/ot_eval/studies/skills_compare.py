"""How home carers and other workers compare: the skills they share, and those that only one group has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import LEAST_CLUSTERS
from ot_eval.models.jackknife import jackknife
from ot_eval.models.overlap import Overlap, pair_overlap
from ot_eval.studies.skills_desk import (
    BY_PROVIDER,
    BY_WORKER,
    CARER,
    FEWEST,
    HOME_CARERS,
    ROLES,
    Desk,
    complete,
    from_interval,
    has,
)

NO_INTERVAL = "no interval: one of the groups is with too few providers"
VERSUS = " v "
MOST = 100.0
"""Percentage points that two shares can differ by."""


def overlap(desk: Desk) -> Iterator[Estimate]:
    """Give how much of what two workers can do they share: two home carers, and a home carer with each other role.

    Where all workers of a role are with one provider, the number stands without an interval.
    """
    carers = complete(desk.of_role(CARER))
    for role in desk.roles():
        others = None if role == CARER else complete(desk.of_role(role))
        if others is not None and len(others) < FEWEST:
            continue
        together = carers if others is None else pd.concat([carers, others])
        homes = desk.homes(together.index)
        alone = others is not None and homes is not None and _too_few(homes, others)
        found = pair_overlap(carers, others, cluster=None if alone else homes, level=desk.protocol.level)
        term = "two home carers" if others is None else f"a home carer and one of the {ROLES[role]}"
        yield _overlap(desk, term, found, shown=not alone)


def _too_few(homes: pd.Series, group: pd.DataFrame) -> bool:
    """Return whether a group is with too few providers for its own spread to be seen."""
    return bool(homes[group.index].nunique() < LEAST_CLUSTERS)


def _overlap(desk: Desk, term: str, found: Overlap, *, shown: bool) -> Estimate:
    how = NO_INTERVAL if not shown else BY_WORKER if found.n_cluster is None else BY_PROVIDER
    return Estimate(
        measure="shared part of the skills that either has",
        unit="index from 0 to 1",
        value=found.value,
        se=found.se if shown else None,
        lower=found.lower if shown else None,
        upper=found.upper if shown else None,
        level=found.level if shown else None,
        n=min(found.n_first, found.n_second),
        n_cluster=found.n_cluster,
        method=f"mean Jaccard index of pairs; {how}",
        **desk.question("overlap", CARER, term).labels(),
    )


def between_roles(desk: Desk) -> Iterator[Estimate]:
    """Give, for each skill and other role, how many more in 100 home carers have it; intervals hold for all skills.

    Many skills are looked at, so each interval has the level at which all of a role's hold together (Bonferroni).
    """
    carers = desk.of_role(CARER)
    level = 1 - (1 - desk.protocol.level) / max(1, carers["skill"].nunique())
    for role in desk.roles():
        rows = desk.of_role(role)
        if role == CARER or rows["carer_id"].nunique() < FEWEST:
            continue
        for skill in sorted(set(carers["skill"]) & set(rows["skill"])):
            yield _difference(desk, role, skill, level)


def _difference(desk: Desk, role: str, skill: str, level: float) -> Estimate:
    one, other = (
        has(rows[rows["skill"] == skill].set_index("carer_id")) for rows in (desk.of_role(CARER), desk.of_role(role))
    )
    if min(len(one), len(other)) < FEWEST:
        raise AnalysisRefused(
            f"between_roles: fewer than {FEWEST} workers of a role rated a skill",
            expected=f"at least {FEWEST} workers of each role",
            fix="ask more workers",
        )
    mine = pd.Series(1.0, index=one.index).reindex([*one.index, *other.index], fill_value=0.0)
    flag = pd.concat([one, other]).astype(float)
    sums = pd.DataFrame({"a": flag * mine, "b": mine, "c": flag * (1 - mine), "d": 1 - mine}, index=flag.index)
    homes = desk.homes(sums.index)
    alone = homes is not None and homes[other.index].nunique() < LEAST_CLUSTERS
    found = jackknife(
        sums,
        lambda s, _: 100 * (s[:, 0] / s[:, 1] - s[:, 2] / s[:, 3]),
        cluster=None if alone else homes,
        level=level,
    )
    question = desk.question("between_roles", f"{HOME_CARERS}{VERSUS}{ROLES[role]}", desk.names[skill])
    made = from_interval(question, found, "difference in share of workers", "percent", level=level)
    if alone or made.lower is None or made.upper is None:
        return without_interval(made)
    return replace(made, lower=max(-MOST, made.lower), upper=min(MOST, made.upper))


def without_interval(e: Estimate) -> Estimate:
    """Return an estimate whose groups are with too few providers for an interval."""
    return replace(e, se=None, lower=None, upper=None, level=None, method=NO_INTERVAL)
