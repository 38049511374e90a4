"""The care-package strand in plain words: how many had a larger package, when, and what goes with it."""

from __future__ import annotations

from ot_eval.outputs import figures, labels, numbers, story_contact, wording
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included
from ot_eval.outputs.story_contact import Comparison

INCIDENCE = "cumulative_incidence"
HAD = wording.HAD["increase"]
PEOPLE = {"all": "people", "new": "new clients", "existing": "existing clients"}
YEAR = 365
UNKNOWN = (
    "People were not given occupational therapy by lot. Those who saw a therapist may differ in ways the data do "
    "not show. So this report cannot say that the therapy was the reason.",
    "A larger package is not always bad news. It can mean that a need was found and met.",
    "Care that people arrange and pay for themselves cannot be seen.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the care-package strand."""
    shares = _shares(released)
    contact = story_contact.comparison(released)
    when = labels.horizon(next(iter(shares.values())).term) if shares else ""
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(shares, when),
        answer_more=story_contact.answer(contact),
        key_figures=(*_share_cards(shares, when), *story_contact.card(contact)),
        timeline=_timeline(released),
        timeline_sentences=_pace(released),
        sure=_sure(shares, contact),
        means=_means(shares, contact, when),
        unknown=tuple(dict.fromkeys((*UNKNOWN, *(c.sentence for c in released.checks if not c.passed)))),
        included=included(released),
        terms=("reablement", "package", "increase", "new client", "existing client", "disclosure control"),
    )


def _shares(released: Released) -> dict[str, ReleasedEstimate]:
    """Return each population's share with an increase at one day: the latest within a year that any has."""
    found: dict[int, dict[str, ReleasedEstimate]] = {}
    for e in released.find(INCIDENCE, outcome="increase"):
        population = labels.canonical(e.population)
        if e.value is not None and e.term.startswith("day ") and population in PEOPLE:
            found.setdefault(int(e.term.removeprefix("day ")), {})[population] = e
    if not found:
        return {}
    within = [day for day in found if day <= YEAR] or list(found)
    chosen = found[max(within, key=lambda day: (len(found[day]), day))]
    return {p: chosen[p] for p in ("new", "existing", "all") if p in chosen}


def _answer(shares: dict[str, ReleasedEstimate], when: str) -> str:
    """Return the answer in one sentence."""
    groups = {p: e for p, e in shares.items() if p != "all"} or shares
    if not groups:
        return "Too few people had a larger care package to publish how many there were."
    said = [f"{wording.in_100(e.value or 0.0)} {PEOPLE[p]}" for p, e in groups.items()]
    start = "a year" if when == "12 months" else when
    return f"Within {start} of leaving reablement, {wording.listed(tuple(said))} {HAD}."


def _share_cards(shares: dict[str, ReleasedEstimate], when: str) -> tuple[KeyFigure, ...]:
    groups = {p: e for p, e in shares.items() if p != "all"} or shares
    cards = []
    for population, e in groups.items():
        who = labels.who(population)
        cards.append(
            KeyFigure(
                heading=who,
                sentence=wording.share_sentence(e, PEOPLE[population], HAD, when),
                figure=figures.icons(e, f"icons-{population}", who, f"{HAD} within {when}"),
            )
        )
    return tuple(cards)


def _timeline(released: Released) -> figures.Figure | None:
    curves = figures.apart([c for c in released.curves if c.outcome == "increase" and c.analysis == INCIDENCE])
    subtitle = "Share of people who had a larger home-care package, by months since reablement ended"
    return figures.lines(curves, "timeline", figures.message(curves, "a larger home-care package"), subtitle)


def _pace(released: Released) -> tuple[str, ...]:
    """Say how much of a year's increases came in its first months, where both are shown."""
    said = []
    for population in ("new", "existing"):
        rows = released.find(INCIDENCE, outcome="increase")
        days = {e.term: e for e in rows if e.value and labels.canonical(e.population) == population}
        early, late = days.get("day 91"), days.get("day 365")
        if early is None or late is None:
            continue
        first, whole = round(100 * (early.value or 0)), round(100 * (late.value or 0))
        start = f"Of 100 {PEOPLE[population]}, about {first} had an increase in the first 3 months"
        said.append(f"{start} and {whole} within the year.{_others(released, population)}")
    return tuple(said)


def _others(released: Released, population: str) -> str:
    """Say how many of the same 100 had another outcome first, where that is shown."""
    said = []
    for outcome in ("death", "care_home"):
        rows = released.find(INCIDENCE, outcome=outcome, term=f"day {YEAR}")
        found = [e for e in rows if e.value and labels.canonical(e.population) == population]
        said += [f"{round(100 * (e.value or 0))} {wording.HAD[outcome]}" for e in found]
    return f" By then about {wording.listed(tuple(said))} without one." if said else ""


def _sure(shares: dict[str, ReleasedEstimate], contact: Comparison | None) -> tuple[str, ...]:
    said = []
    widths = [round(100 * (e.upper - e.lower)) for e in shares.values() if e.upper is not None and e.lower is not None]
    if widths:
        first = next(iter(shares.values()))
        half = (max(widths) + 1) // 2
        said.append(
            f"Each number is an estimate. Its likely range ({numbers.level(first.level)} interval) shows how far "
            f"chance alone could move it: up to about {half} in 100 either way for the shares above."
        )
    if contact is not None:
        said.append(story_contact.sure(contact))
    return tuple(said)


def _means(shares: dict[str, ReleasedEstimate], contact: Comparison | None, when: str) -> tuple[str, ...]:
    said = []
    for population in ("new", "existing"):
        if population in shares:
            about = round(100 * (shares[population].value or 0))
            said.append(
                f"Planning: of every 100 {PEOPLE[population]} who leave reablement with home care, expect about "
                f"{about} to need more within {when}."
            )
    new, existing = shares.get("new"), shares.get("existing")
    if new and existing and (existing.lower or 0) > (new.upper or 1):
        said.append("Reviews: people who already had care before reablement are the ones to look at first.")
    if contact is not None:
        said.append(story_contact.advice(contact))
    return tuple(said)
