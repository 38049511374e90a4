"""The value strand in plain words: hours and people served first, then money, then what it is worth in health."""

from __future__ import annotations

from ot_eval.outputs import figure_value, labels, numbers
from ot_eval.outputs.figure_value import extra
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included
from ot_eval.outputs.table import Row, Table, listing

USE, COST, QALY = "value_use", "value_cost", "value_qaly"
HOURS = "home_care_hour"
HUNDRED = "for each 100 people"
SERVED = "people who could be served"
UNKNOWN = (
    "Hours are planned hours. Visits that were missed, or took longer, are not seen.",
    "Hours released serve more people only if carers are free to work them where and when people need help.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the value strand."""
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(released),
        answer_more=_people(released),
        key_figures=tuple(_cards(released)),
        pictures=report_figures(released),
        sure=_sure(released),
        means=_means(released),
        unknown=(*UNKNOWN, *(c.sentence for c in released.checks if not c.passed)),
        included=included(released),
        terms=("reablement", "coached provider", "usual care", "disclosure control"),
    )


def _sides(e: ReleasedEstimate, less: str, more: str) -> str:
    """Say a difference with its range; where the range holds 0, say both ways and that we cannot tell."""
    low, value, high = float(e.lower or 0), float(e.value or 0), float(e.upper or 0)

    def amount(number: float) -> str:
        return numbers.value(abs(number), e.unit)

    if low <= 0 <= high:
        return f"anywhere from {amount(low)} {less} to {amount(high)} {more}"
    way = less if high < 0 else more
    near, far = sorted((abs(low), abs(high)))
    return f"about {amount(value)} {way} (likely range: {amount(near)} to {amount(far)})"


def _open(e: ReleasedEstimate) -> bool:
    return float(e.lower or 0) <= 0 <= float(e.upper or 0)


def _answer(released: Released) -> str:
    hours = extra(released, USE, HOURS)
    if hours is None:
        every = [e for e in released.find(USE, term="everyone") if e.outcome == HOURS and e.value is not None]
        if not every:
            return "Too few people were followed to say how many hours of home care they had."
        e = every[0]
        return f"People had about {numbers.value(e.value, e.unit)} of home care each ({numbers.interval(e)})."
    said = f"Each person of a coached provider had {_sides(hours, 'less home care', 'more home care')}."
    if _open(hours):
        said += " So we cannot tell whether coaching releases hours."
    return said


def _people(released: Released) -> str:
    rows = [e for e in released.find("value_capacity", term=HUNDRED, measure=SERVED) if e.value is not None]
    if not rows:
        return ""
    e = rows[0]
    low, high = round(float(e.lower or 0)), round(float(e.upper or 0))
    if low <= 0 <= high:
        return f"For each 100 people that is home care for {abs(low)} fewer to {high} more people."
    way = "more" if low > 0 else "fewer"
    near, far = sorted((abs(low), abs(high)))
    return (
        f"For each 100 people that is home care for about {abs(round(float(e.value or 0)))} {way} people (from {near} "
        f"to {far})."
    )


def _cards(released: Released) -> list[KeyFigure]:
    cards = []
    cost, health = extra(released, COST, "all"), extra(released, QALY)
    if cost is not None:
        year = released.facts.get("price_year", "")
        said = _sides(cost, "less", "more")
        cards.append(KeyFigure(heading="Cost of each person", sentence=f"Coached against usual care: {said}. "
                               f"Coaching is in it. {year} prices."))  # fmt: skip
    if health is not None:
        said = _sides(health, "less", "more")
        cards.append(KeyFigure(heading="Quality of life", sentence=f"Years in full health, coached against usual care: "
                               f"{said}."))  # fmt: skip
    chance = [e for e in released.find("value_acceptability", term="at £20,000 a QALY") if e.value is not None]
    if chance:
        in_100 = round(float(chance[0].value or 0))
        cards.append(KeyFigure(heading="Is it worth it?", sentence=f"If a year in full health is worth £20,000, the "
                               f"chance that coaching is worth its cost is about {in_100} in 100."))  # fmt: skip
    return cards


def _sure(released: Released) -> tuple[str, ...]:
    said = []
    hours = extra(released, USE, HOURS)
    if hours is not None:
        said.append(f"Each range is a {numbers.level(hours.level)} interval. It allows for how providers differ.")
    said += [c.sentence for c in released.checks if c.name == "lost from sight"]
    worth = [e for e in released.find("value_information") if e.term.startswith("everything") and e.value is not None]
    council = [e for e in worth if "council" in e.measure]
    if council:
        most = numbers.value(council[0].value, "£")
        said.append(
            f"If we knew everything for certain, better choices would be worth at most {most} to the council. More "
            "research should cost less."
        )
    about = released.facts.get("value_set", "")
    if about and extra(released, QALY) is not None:
        said.append(f"Quality of life was valued with {about}. Other value sets give other answers.")
    return tuple(said)


def _means(released: Released) -> tuple[str, ...]:
    said = [c.sentence for c in released.checks if c.name == "waiting list"]
    cost = extra(released, COST, "all")
    if cost is not None:
        if _open(cost):
            said.append("Do not count on a saving: the range includes costing more.")
        else:
            way = "less" if float(cost.upper or 0) < 0 else "more"
            said.append(f"With these prices coaching clearly costs {way} than usual care.")
        said.append("Change prices and numbers of providers in budget.xlsx: it works the budget out again.")
    return tuple(said)


def consequences(released: Released) -> Table | None:
    """Return the table of costs and consequences: every kind of use, cost and QALYs, side by side."""
    keys = [(USE, e.outcome) for e in released.find(USE, term=figure_value.EXTRA)]
    keys += [(COST, e.outcome) for e in released.find(COST, term=figure_value.EXTRA)]
    keys += [(QALY, e.outcome) for e in released.find(QALY, term=figure_value.EXTRA)]
    rows = []
    for analysis, outcome in keys:
        found = {e.term: e for e in released.find(analysis) if e.outcome == outcome}
        apart = found[figure_value.EXTRA]
        cells = [numbers.value(found[a].value, found[a].unit) if a in found else numbers.NONE_CELL
                 for a in ("usual care", "coached")]  # fmt: skip
        name = labels.label(outcome, labels.OUTCOMES)
        header = {USE: name, COST: f"Cost: {name}", QALY: "Years in full health (QALYs)"}[analysis]
        rows.append(Row(header=header, cells=(*cells, numbers.value(apart.value, apart.unit), numbers.interval(apart))))
    if not rows:
        return None
    head = ("For each person", "Usual care", "Coached", "Difference", "Likely range")
    return listing("value-consequences", "Costs and consequences, side by side", head, rows)


def report_figures(released: Released) -> tuple[Figure, ...]:
    """Return the figures of the full report."""
    found = (figure_value.plane(released), figure_value.curve(released))
    return tuple(f for f in found if f is not None)
