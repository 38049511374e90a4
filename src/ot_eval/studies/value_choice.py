"""Weighing cost against health: net benefit, the plane, acceptability, what knowing more is worth, what-if, budget."""

from __future__ import annotations

import numpy as np

from ot_eval.base.results import Check
from ot_eval.models import value_decision as decision
from ot_eval.models import value_whatif as whatif
from ot_eval.models.value_decision import Uncertain
from ot_eval.studies.value_desk import Desk
from ot_eval.studies.value_parts import Found, drawn_cost

GRID = tuple(float(k) for k in range(0, 50_001, 5_000))
"""Thresholds of the acceptability curve, £ for one QALY."""
DRAWS = "share of draws of the clustered bootstrap"
PERCENT = 100
COACHING = "coaching"


def _found(desk: Desk) -> Uncertain | None:
    return desk.uncertain.get("qaly")


def _point(desk: Desk) -> tuple[float, float]:
    """Return the differences in cost and QALYs of the study itself."""
    qaly = desk.qaly(desk.protocol.value.value_set)
    return desk.cost(1) - desk.cost(0), qaly[1] - qaly[0]


def net_benefit(desk: Desk) -> Found:
    """Return cost for one QALY where a ratio has a meaning, and net benefit at each threshold of the protocol."""
    found = _found(desk)
    if found is None:
        return []
    d_cost, d_effect = _point(desk)
    made: Found = []
    ratio = decision.incremental_ratio(d_cost, d_effect)
    if ratio is not None:
        made.append(desk.line("value_decision", term="cost for one more QALY", measure="incremental ratio", unit="£",
                              value=ratio, method="difference in cost over difference in QALYs"))  # fmt: skip
    for k in desk.protocol.value.thresholds:
        benefit = decision.net_benefit(found, k)
        made.append(
            desk.line(
                "value_decision",
                term=f"at £{k:,.0f} a QALY",
                measure="net benefit a person",
                unit="£",
                method="threshold x QALYs - cost; clustered bootstrap, t interval",
                **desk.ranged(k * d_effect - d_cost, benefit[:, 1] - benefit[:, 0]),
            )
        )
    return made


def plane(desk: Desk) -> Found:
    """Return how draws lie on the plane: the share in each quarter, and the correlation of cost and effect."""
    found = _found(desk)
    if found is None:
        return []
    made: Found = [
        desk.line("value_plane", term=name, measure="share of draws", unit="percent of draws", value=PERCENT * share,
                  method=DRAWS)
        for name, share in decision.quadrants(found).items()
    ]  # fmt: skip
    r = float(np.corrcoef(found.d_effect, found.d_cost)[0, 1])
    made.append(desk.line("value_plane", term="cost with QALYs", measure="correlation", unit="correlation", value=r,
                          method="of draws"))  # fmt: skip
    return made


def acceptability(desk: Desk) -> Found:
    """Return the chance that coaching is the better choice at each threshold."""
    found = _found(desk)
    if found is None:
        return []
    grid = tuple(sorted({*GRID, *desk.protocol.value.thresholds}))
    chance = decision.acceptability(found, grid)[:, 1]
    return [
        desk.line("value_acceptability", term=f"at £{k:,.0f} a QALY", measure="chance that coaching is worth it",
                  unit="percent of draws", value=PERCENT * float(c), method=DRAWS)
        for k, c in zip(grid, chance, strict=True)
    ]  # fmt: skip


def information(desk: Desk) -> Found:
    """Return what knowing everything, and each part, would be worth at the first threshold."""
    found = _found(desk)
    if found is None:
        return []
    plan = desk.protocol.value
    k = plan.thresholds[0]
    parts = {s: desk.drawn(s) for s in desk.services if desk.drawn(s).std() > 0} | {"QALYs": found.d_effect}
    each = [("everything", decision.perfect_information(found, k), "expected value of perfect information")]
    each += [
        (name, decision.of_parameters(found, drawn, k), "regression of net benefit on draws, cubic spline")
        for name, drawn in parts.items()
    ]
    made: Found = [
        desk.line("value_information", term=f"{name}, at £{k:,.0f} a QALY", measure="worth of knowing, a person",
                  unit="£", value=value, method=how)
        for name, value, how in each
    ]  # fmt: skip
    if plan.people_a_year:
        council = decision.for_population(each[0][1], people_a_year=plan.people_a_year, years=plan.years,
                                          discount=plan.discount_percent / PERCENT)  # fmt: skip
        made.append(desk.line("value_information", term=f"everything, at £{k:,.0f} a QALY, {plan.years} years",
                              measure="worth of knowing, for the council", unit="£", value=council,
                              method=f"{plan.discount_percent:g}% discount"))  # fmt: skip
    return made


def _lines(desk: Desk) -> tuple[whatif.Line, ...]:
    share = desk.protocol.value.vary_percent / PERCENT
    lines = []
    for s in desk.services:
        price, r = desk.prices[s], desk.ranged(desk.quantity(s), desk.drawn(s))
        lines.append(
            whatif.Line(
                name=s,
                quantity=r["value"],
                price=price,
                quantity_range=(r["lower"], r["upper"]),
                price_range=(price * (1 - share), price * (1 + share)),
            )
        )
    if desk.coaching_cost:
        price = desk.coaching_cost
        lines.append(
            whatif.Line(
                name=COACHING, quantity=1.0, price=price, price_range=(price * (1 - share), price * (1 + share))
            )
        )
    return tuple(lines)


def what_if(desk: Desk) -> Found:
    """Return the tornado at the first threshold (money saved alone without EQ-5D), and where the answer turns."""
    if desk.draws is None:
        return []
    k, lines = desk.protocol.value.thresholds[0], _lines(desk)
    effect, reach = 0.0, None
    found = _found(desk)
    if found is not None:
        effect = _point(desk)[1]
        r = desk.ranged(effect, found.d_effect)
        reach = (r["lower"], r["upper"])
    base = whatif.benefit(lines, effect, k)
    made: Found = [
        desk.line("value_tornado", term=f"{b.name}: {b.what}", measure="net benefit a person", unit="£", value=base,
                  lower=min(b.at_low, b.at_high), upper=max(b.at_low, b.at_high), level=desk.protocol.level,
                  method=f"{b.what} at {b.low_at:.4g} and {b.high_at:.4g}; all else as found")
        for b in whatif.tornado(lines, effect, k, reach)
    ]  # fmt: skip
    for line in lines:
        price = whatif.turning_price(lines, effect, k, line.name)
        if price is not None:
            made.append(desk.line("value_turning", term=line.name, measure="price at which it turns", unit="£",
                                  value=price, method=f"net benefit is 0 at £{k:,.0f} a QALY"))  # fmt: skip
    return made


def inputs(desk: Desk) -> Found:
    """Return what the budget workbook starts from: prices, cost of coaching, people a provider, sums over people."""
    if desk.draws is None:
        return []
    coached = desk.arms[1]
    served = desk.protocol.value.coaching_people or coached.n / coached.n_cluster
    made: Found = [
        desk.line("value_inputs", term=item, measure="price", unit="£", value=price,
                  method=f"{desk.protocol.value.price_year} prices")
        for item, price in desk.prices.items()
    ]  # fmt: skip
    made.append(desk.line("value_inputs", term="people a provider", measure="people a provider", unit="people served",
                          value=served, method="protocol, else those in the study"))  # fmt: skip
    if drawn_cost(desk).std() == 0:
        made.append(Check(analysis="value_inputs", name="no spread", passed=False, sentence="Costs do not vary."))
    return made
