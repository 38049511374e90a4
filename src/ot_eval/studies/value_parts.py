"""Hours, capacity, cost and quality of life: the table of costs and consequences, before anything is weighed up."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.derive.use_of_services import HOME_CARE
from ot_eval.models.value_censored import by_days, complete_cases, partitioned
from ot_eval.models.value_use import Floats
from ot_eval.models.value_whatif import Waiting, people_served, weeks_to_clear
from ot_eval.studies.value_desk import METHOD, NAMES, Desk

DIFFERENCE = "coached less usual care"
HUNDRED = 100
MONTH = 28
WEEK = 7
BOOTSTRAP = "; clustered bootstrap with refitting, t interval"
IMPUTED = "area under the curve, 0 after death, adjusted for the start; missing answers imputed anew in every draw"
UNITS = {HOME_CARE: "hours", "care_home_day": "days", "ot_hour": "hours", "hospital_admission": "admissions"}
Found = list[Estimate | Check]


def _of_arm(desk: Desk, arm: int, service: str) -> Estimate:
    use = desk.arms[arm]
    mean = by_days(use, use.amounts[service])
    level = desk.protocol.level
    reach = desk_critical(desk, arm) * mean.se(use)
    return desk.line(
        "value_use", term=_name(desk, arm), outcome=service, measure="use a person", unit=UNITS[service],
        value=mean.value, se=mean.se(use), lower=max(0.0, mean.value - reach), upper=mean.value + reach, level=level,
        n=use.n, n_cluster=use.n_cluster if desk.n_cluster else None, method=METHOD,
    )  # fmt: skip


def desk_critical(desk: Desk, arm: int) -> float:
    """Return the t value of one arm: its providers less one."""
    return float(stats.t.ppf(0.5 + desk.protocol.level / 2, desk.arms[arm].n_cluster - 1))


def _name(desk: Desk, arm: int) -> str:
    return NAMES[arm] if desk.draws else "everyone"


def use_of_each(desk: Desk) -> Found:
    """Return mean use of every service by arm and the difference."""
    found: Found = []
    for service in desk.services:
        found += [_of_arm(desk, arm, service) for arm in range(len(desk.arms))]
        if desk.draws:
            found.append(
                desk.line(
                    "value_use",
                    term=DIFFERENCE,
                    outcome=service,
                    measure="difference in use a person",
                    unit=UNITS[service],
                    method=METHOD + BOOTSTRAP,
                    **desk.ranged(desk.quantity(service), desk.drawn(service)),
                )
            )
    return found


def other_estimators(desk: Desk) -> Found:
    """Return hours of home care by the other two estimators: far apart, loss is not unrelated to use."""
    found: Found = []
    for arm, use in enumerate(desk.arms):
        amount = use.amounts[HOME_CARE]
        for how, value in (
            (f"weighted over intervals of {MONTH} days (Bang and Tsiatis)", partitioned(use, amount, MONTH)),
            ("weighted people seen to the end (Bang and Tsiatis)", complete_cases(use, amount)),
        ):
            found.append(
                desk.line(
                    "value_other",
                    term=f"{_name(desk, arm)}: {how}",
                    outcome=HOME_CARE,
                    measure="use a person",
                    unit="hours",
                    value=value,
                    n=use.n,
                    method=how,
                )
            )
    return found


def capacity(desk: Desk) -> Found:
    """Return hours released per 100 people and a provider, and the people whose home care they would fill."""
    if not desk.draws:
        return []
    drawn, change = desk.drawn(HOME_CARE), desk.quantity(HOME_CARE)
    each = desk.mean(0, HOME_CARE)
    coached = desk.arms[1]
    people = coached.n / coached.n_cluster if desk.n_cluster else None
    sizes = [(f"for each {HUNDRED} people", float(HUNDRED)), *([("for each provider", people)] if people else [])]
    found: Found = []
    for term, size in sizes:
        found.append(
            desk.line(
                "value_capacity",
                term=term,
                outcome=HOME_CARE,
                measure="hours released",
                unit="hours",
                method=METHOD + BOOTSTRAP,
                **desk.ranged(-size * change, -size * drawn),
            )
        )
        served = -size * drawn / desk.draws.use[HOME_CARE][:, 0]
        found.append(
            desk.line(
                "value_capacity",
                term=term,
                outcome=HOME_CARE,
                measure="people who could be served",
                unit="people served",
                method="hours released over hours a person in usual care",
                **desk.ranged(people_served(-size * change, each), served),
            )
        )
    return [*found, *_waiting(desk)]


def _waiting(desk: Desk) -> Found:
    listed, year = desk.protocol.value.waiting_list, desk.protocol.value.people_a_year
    if listed is None or year is None:
        return []
    weeks = desk.protocol.value.horizon_days / WEEK
    hours = -desk.quantity(HOME_CARE) * year / weeks
    waiting = Waiting(people=listed.people, joining_a_week=listed.joining_a_week,
                      starting_a_week=listed.starting_a_week,
                      hours_a_week_each=desk.mean(0, HOME_CARE) / weeks)  # fmt: skip
    with_, without = weeks_to_clear(waiting, hours), weeks_to_clear(waiting, 0.0)

    def said(found: float | None) -> str:
        return "never" if found is None else f"after {found:.0f} weeks"

    sentence = (
        f"What if: with the hours released in one year the waiting list is empty {said(with_)}; "
        f"without them, {said(without)}."
    )
    detail = (
        "assumes that joining and starting go on as stated in value.waiting_list, that every hour released is staffed "
        "and goes to people who wait, and that each takes the mean hours of usual care"
    )
    return [Check(analysis="value_capacity", name="waiting list", passed=True, sentence=sentence, detail=detail)]


def cost_of_each(desk: Desk) -> Found:
    """Return cost a person by service, coaching and in all, by arm and the difference."""
    found: Found = []
    arms = range(len(desk.arms))
    for service in desk.services:
        price = desk.prices[service]
        found += [_cost(desk, arm, service, desk.mean(arm, service) * price) for arm in arms]
        if desk.draws:
            found.append(_extra(desk, service, desk.quantity(service) * price, desk.drawn(service) * price))
    if desk.draws and desk.coaching_cost:
        found.append(_cost(desk, 1, "coaching", desk.coaching_cost))
    found += [_cost(desk, arm, "all", desk.cost(arm)) for arm in arms]
    if desk.draws:
        found.append(_extra(desk, "all", desk.cost(1) - desk.cost(0), drawn_cost(desk)))
    return found


def drawn_cost(desk: Desk) -> Floats:
    """Return cost a person, coached less usual care, in each draw."""
    total = np.sum([desk.drawn(s) * desk.prices[s] for s in desk.services], axis=0)
    return np.asarray(total + desk.coaching_cost)


def _cost(desk: Desk, arm: int, what: str, value: float) -> Estimate:
    return desk.line("value_cost", term=_name(desk, arm), outcome=what, measure="cost a person", unit="£", value=value,
                     n=desk.arms[arm].n, method=f"{METHOD}; {desk.protocol.value.price_year} prices")  # fmt: skip


def _extra(desk: Desk, what: str, value: float, drawn: Floats) -> Estimate:
    return desk.line("value_cost", term=DIFFERENCE, outcome=what, measure="difference in cost a person", unit="£",
                     method=METHOD + BOOTSTRAP, **desk.ranged(value, drawn))  # fmt: skip


def life_years(desk: Desk) -> Found:
    """Return QALYs by arm and the difference, then the difference under each value set of the same questionnaire."""
    chosen = desk.protocol.value.value_set
    if chosen not in desk.answers or desk.draws is None or desk.draws.qaly is None:
        return []
    means, drawn = desk.qaly(chosen), desk.draws.qaly
    found: Found = [
        desk.line(
            "value_qaly",
            term=NAMES[a],
            outcome=chosen,
            measure="QALYs a person",
            unit="QALYs",
            n=desk.arms[a].n,
            method=IMPUTED,
            **desk.ranged(means[a], drawn[:, a]),
        )
        for a in (0, 1)
    ]
    found.append(
        desk.line(
            "value_qaly",
            term=DIFFERENCE,
            outcome=chosen,
            measure="difference in QALYs a person",
            unit="QALYs",
            method=IMPUTED,
            **desk.ranged(means[1] - means[0], drawn[:, 1] - drawn[:, 0]),
        )
    )
    for name in desk.answers:
        other = desk.qaly(name)
        found.append(
            desk.line(
                "value_sets",
                term=DIFFERENCE,
                outcome=name,
                measure="difference in QALYs a person",
                unit="QALYs",
                value=other[1] - other[0],
                method=IMPUTED,
            )
        )
    return found


def standing(desk: Desk) -> Found:
    """Say how many are lost from sight, and whether QALYs could be worked out."""
    lost, n = sum(a.lost for a in desk.arms), desk.n
    found: Found = [
        Check(
            analysis="value_use",
            name="lost from sight",
            passed=True,
            sentence="People lost from sight before the end are allowed for; a plain average would be wrong.",
            detail=f"{lost / n:.0%} are lost before day {desk.protocol.value.horizon_days}",
        )
    ]
    for why in desk.refused:
        found.append(refusal(why))
    if desk.draws and not desk.answers and not desk.refused:
        found.append(
            Check(
                analysis="value_qaly",
                name="no quality of life",
                passed=False,
                sentence="EQ-5D was not asked of these people, so what the difference is worth in health is not known.",
            )
        )
    return found


def refusal(why: AnalysisRefused) -> Check:
    """Return the check that says which part was refused."""
    return Check(analysis="value_qaly", name="refused", passed=False,
                 sentence="Too few people answered EQ-5D to work out quality-adjusted life years.",
                 detail=f"{why.found}; expected {why.expected}")  # fmt: skip
