"""Whether a planned trial can answer its question, in words a manager can read, and what would help."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ot_eval.base.results import Check
from ot_eval.models.trial_methods import FEW
from ot_eval.models.trial_power import Plan, detectable_means, power_means, providers_needed

ANALYSIS, ENOUGH, WITHOUT_END = "power", 0.8, 1e9
ICCS = (0.01, 0.05, 0.1)


def advice(plan: Plan, difference: float, power: float = ENOUGH) -> tuple[Check, ...]:
    """Return what a reader must be told about a plan, for a difference in standard deviations of people.

    Parameters
    ----------
    plan : the trial
    difference : the smallest difference that would matter
    power : wanted

    Returns
    -------
    tuple of Check
        Whether it can answer its question and what would help; whether p-values are of use; whether the answer hangs on
        the ICC (power over a range of ICCs, never one value).
    """
    return _answers(plan, difference, power), _few(plan), _icc(plan, difference, power)


def _answers(plan: Plan, difference: float, power: float) -> Check:
    smallest, limit = detectable_means(plan, power), detectable_means(replace(plan, people=WITHOUT_END), power)
    passed = smallest <= abs(difference)
    if passed:
        sentence = f"The trial can show a difference of {abs(difference):.2f} standard deviations."
    else:
        need = providers_needed(plan, lambda p: power_means(p, difference), power)
        more = (
            "No number of people in each provider would be enough."
            if limit > abs(difference)
            else "More people in each provider would be enough."
        )
        many = f"It would take {need} providers in each arm." if need else "More than 200 providers would be needed."
        sentence = (
            f"The trial cannot answer its question: the smallest difference it is likely to show is {smallest:.2f} "
            f"standard deviations, and {abs(difference):.2f} is what would matter. {many} {more}"
        )
    return Check(
        analysis=ANALYSIS, name="can it answer its question", passed=passed, sentence=sentence,
        detail=f"power {power_means(plan, difference):.2f}, t with {plan.df()} degrees of freedom; smallest detectable "
        f"{smallest:.3f}, with people without end {limit:.3f}",
    )  # fmt: skip


def _few(plan: Plan) -> Check:
    fewest = min(plan.arms())
    sentence = (
        "Each arm has four or more providers."
        if fewest >= FEW
        else f"One arm has {fewest} providers. A few unusual providers could decide the result, and a permutation test "
        "can hardly or never show a difference; read the providers side by side."
    )
    return Check(analysis=ANALYSIS, name="providers in each arm", passed=fewest >= FEW, sentence=sentence)


def _icc(plan: Plan, difference: float, power: float) -> Check:
    each = {icc: power_means(replace(plan, icc=icc), difference) for icc in sorted({*ICCS, plan.icc})}
    lost = power_means(replace(plan, providers_lost=plan.providers_lost + 1), difference) if _can_lose(plan) else np.nan
    passed = min(each.values()) >= power
    words = ", ".join(f"{icc:g}: {p:.0%}" for icc, p in each.items())
    return Check(
        analysis=ANALYSIS, name="power over a range of likeness within providers", passed=passed,
        sentence="The answer does not hang on how alike people of one provider are."
        if passed
        else "How alike people of one provider are decides whether the trial can answer its question.",
        detail=f"power by ICC {words}" + ("" if np.isnan(lost) else f"; with one fewer in each arm {lost:.0%}"),
    )  # fmt: skip


def _can_lose(plan: Plan) -> bool:
    return min(plan.arms()) > 2 and plan.df() > 2  # noqa: PLR2004
