"""What this trial could have detected, and what would have been needed: said whenever the answer stays open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ot_eval.base.results import Check, Estimate
from ot_eval.models.trial_data import anova_icc
from ot_eval.models.trial_power import Plan, detectable_means, power_means, providers_needed
from ot_eval.outputs.numbers import value
from ot_eval.studies.coaching_desk import Desk

ENOUGH = 0.8
LEAST_ICC = 0.001
UNLIMITED = 1e9


def needed(desk: Desk) -> Iterator[Estimate | Check]:
    """Give the smallest difference that these providers detect, and how many providers one that matters needs.

    The ICC and the sizes are those seen; the ICC is uncertain with few providers: a guide, no more.
    """
    rows = desk.seen
    if desk.design != "parallel" or desk.outcome.kind != "mean" or desk.outcome.level == "service":
        return
    arm = rows["arm"].to_numpy()
    y = rows["outcome"].to_numpy(dtype=float)
    cluster = rows["provider"].astype("category").cat.codes.to_numpy()
    here = desk.situation
    sd = float(rows.groupby("arm")["outcome"].std().mean())
    seen = anova_icc(y, cluster, arm, desk.protocol.level)
    plan = Plan(
        coached=here.n_coached, usual=here.n_cluster - here.n_coached, people=len(rows) / here.n_cluster,
        icc=min(max(seen.value, LEAST_ICC), 0.9), size_cv=here.size_cv,
    )  # fmt: skip
    smallest = detectable_means(plan, ENOUGH, sd)
    yield Estimate(
        analysis="needed", population="all", outcome=desk.outcome.key, term="detectable", unit=desk.outcome.unit,
        measure="smallest difference these providers detect 8 times in 10", value=smallest, n=len(rows),
        n_cluster=here.n_cluster,
        method=f"t with {plan.df()} degrees of freedom, ICC {plan.icc:.3f} as seen; standard deviation as seen",
    )  # fmt: skip
    matters = next((v for k, v in desk.protocol.trial.matters.items() if k == desk.outcome.key), None)
    if matters is not None:
        yield from _against(desk, plan, matters, sd, smallest)


def _against(desk: Desk, plan: Plan, matters: float, sd: float, smallest: float) -> Iterator[Estimate | Check]:
    enough = smallest <= matters
    need = providers_needed(plan, lambda p: power_means(p, matters, sd), ENOUGH)
    unit = desk.outcome.unit
    if need is not None:
        yield Estimate(
            analysis="needed", population="all", outcome=desk.outcome.key, term="providers in each arm",
            unit="providers", measure=f"providers in each arm to detect {value(matters, unit)} 8 times in 10",
            value=need, n=len(desk.seen), n_cluster=plan.coached + plan.usual, method="as above",
        )  # fmt: skip
    limit = detectable_means(replace(plan, people=UNLIMITED), ENOUGH, sd)
    more = "More people in each provider would do." if limit <= matters else "More people in each would not do."
    many = f"It would take about {need} providers in each arm" if need else "More than 200 providers would be needed"
    sentence = (
        f"The trial was large enough to see a difference of {value(matters, unit)}."
        if enough
        else f"The trial was too small to be likely to see a difference of {value(matters, unit)}. {many}, "
        f"with as many people in each. {more}"
    )
    yield Check(
        analysis="needed", name=f"what would have been needed, {desk.outcome.key}", passed=enough, sentence=sentence,
        detail=f"power {power_means(plan, matters, sd):.2f} at the ICC and sizes seen",
    )  # fmt: skip
