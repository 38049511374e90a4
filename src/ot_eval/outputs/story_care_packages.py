"""The care-package strand in plain words: how many had a larger package, when, and what goes with it."""

from __future__ import annotations

from ot_eval.outputs import figures, numbers, wording
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included
from ot_eval.outputs.wording import Certainty

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
    contact = _contact(released)
    when = wording.horizon(next(iter(shares.values())).term) if shares else ""
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(shares, contact, when),
        key_figures=(*_share_cards(shares, when), *_contact_card(contact)),
        timeline=_timeline(released),
        timeline_sentences=_pace(released),
        sure=_sure(shares, contact),
        means=_means(shares, contact, when),
        unknown=(*UNKNOWN, *(c.sentence for c in released.checks if not c.passed)),
        included=included(released),
        terms=("reablement", "package", "increase", "new client", "existing client", "disclosure control"),
    )


def _shares(released: Released) -> dict[str, ReleasedEstimate]:
    """Return each population's share with an increase at one day: the latest within a year that any has."""
    found: dict[int, dict[str, ReleasedEstimate]] = {}
    for e in released.find(INCIDENCE, outcome="increase"):
        if e.value is not None and e.term.startswith("day ") and e.population in PEOPLE:
            found.setdefault(int(e.term.removeprefix("day ")), {})[e.population] = e
    if not found:
        return {}
    within = [day for day in found if day <= YEAR] or list(found)
    chosen = found[max(within, key=lambda day: (len(found[day]), day))]
    return {p: chosen[p] for p in ("new", "existing", "all") if p in chosen}


def _contact(released: Released) -> ReleasedEstimate | None:
    """Return the adjusted comparison of occupational therapy contact as it happens in time, never ever/never."""
    rows = [e for e in released.find("cox", outcome="increase", unit="ratio") if "ot contact" in e.term.lower()]
    shown = [e for e in rows if e.value is not None and e.lower is not None and e.upper is not None]
    return shown[0] if len(shown) == 1 else None


def _certainty(contact: ReleasedEstimate) -> Certainty:
    return wording.certainty(contact.lower or 0.0, contact.upper or 0.0)


def _answer(shares: dict[str, ReleasedEstimate], contact: ReleasedEstimate | None, when: str) -> str:
    """Return the answer in one sentence."""
    groups = {p: e for p, e in shares.items() if p != "all"} or shares
    if not groups:
        return "Too few people had a larger care package to publish how many there were."
    said = [f"{wording.in_100(e.value or 0.0)} {PEOPLE[p]}" for p, e in groups.items()]
    start = f"Within {when} of the end of reablement, {wording.listed(tuple(said))} {HAD}"
    if contact is None:
        return f"{start}."
    way = "fewer" if (contact.value or 1.0) < 1 else "more"
    ends = {
        Certainty.CLEAR: f"there were {way} increases after contact with an occupational therapist",
        Certainty.BORDERLINE: f"there may be {way} increases after contact with an occupational therapist",
        Certainty.UNCLEAR: "whether contact with an occupational therapist makes a difference is not clear",
        Certainty.LITTLE: "there were about as many after contact with an occupational therapist as without it",
    }
    return f"{start}; {ends[_certainty(contact)]}."


def _share_cards(shares: dict[str, ReleasedEstimate], when: str) -> tuple[KeyFigure, ...]:
    groups = {p: e for p, e in shares.items() if p != "all"} or shares
    cards = []
    for population, e in groups.items():
        who = wording.label(population, wording.POPULATIONS)
        cards.append(
            KeyFigure(
                heading=who,
                sentence=wording.share_sentence(e, PEOPLE[population], HAD, when),
                figure=figures.icons(e, f"icons-{population}", who, f"{HAD} within {when}"),
            )
        )
    return tuple(cards)


def _contact_card(contact: ReleasedEstimate | None) -> tuple[KeyFigure, ...]:
    if contact is None:
        return ()
    sentence = wording.expected_100(contact, "increases", "without contact", "after contact")
    title = "After seeing an occupational therapist"
    ends = ("fewer increases", "more increases")
    return (KeyFigure(heading=title, sentence=sentence, figure=figures.strip(contact, "contact", title, ends)),)


def _timeline(released: Released) -> figures.Figure | None:
    curves = [
        c for c in released.curves if c.outcome == "increase" and c.analysis == INCIDENCE and c.population != "all"
    ]
    curves = curves or [c for c in released.curves if c.outcome == "increase" and c.analysis == INCIDENCE]
    subtitle = "Share of people who had a larger home-care package, by months since reablement ended"
    return figures.lines(curves, "timeline", "When packages grew", subtitle)


def _pace(released: Released) -> tuple[str, ...]:
    """Say how much of a year's increases came in its first months, where both are shown."""
    said = []
    for population in ("new", "existing"):
        days = {e.term: e for e in released.find(INCIDENCE, outcome="increase", population=population) if e.value}
        early, late = days.get("day 91"), days.get("day 365")
        if early is None or late is None:
            continue
        first, whole = round(100 * (early.value or 0)), round(100 * (late.value or 0))
        said.append(
            f"Of 100 {PEOPLE[population]}, about {first} had an increase in the first 3 months and {whole} within the year."
        )
    return tuple(said)


def _sure(shares: dict[str, ReleasedEstimate], contact: ReleasedEstimate | None) -> tuple[str, ...]:
    said = []
    widths = [round(100 * (e.upper - e.lower)) for e in shares.values() if e.upper is not None and e.lower is not None]
    if widths:
        first = next(iter(shares.values()))
        said.append(
            f"Each number is an estimate. Its likely range ({numbers.level(first.level)} interval) shows how far chance "
            f"alone could move it: up to about {(max(widths) + 1) // 2} in 100 either way for the shares above."
        )
    if contact is not None:
        said.append(
            f"For contact with an occupational therapist: {_lower_first(wording.CERTAINTY[_certainty(contact)])}"
        )
    return tuple(said)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _means(shares: dict[str, ReleasedEstimate], contact: ReleasedEstimate | None, when: str) -> tuple[str, ...]:
    said = []
    for population in ("new", "existing"):
        if population in shares:
            about = round(100 * (shares[population].value or 0))
            said.append(
                f"Planning: of every 100 {PEOPLE[population]} who leave reablement with home care, expect about {about} "
                f"to need more within {when}."
            )
    new, existing = shares.get("new"), shares.get("existing")
    if new and existing and (existing.lower or 0) > (new.upper or 1):
        said.append("Reviews: people who already had care before reablement are the ones to look at first.")
    if contact is not None:
        said.append(_advice(contact))
    return tuple(said)


def _advice(contact: ReleasedEstimate) -> str:
    """Return what to do about occupational therapy contact, which may be nothing different."""
    kind = _certainty(contact)
    if kind in (Certainty.UNCLEAR, Certainty.LITTLE):
        return "Occupational therapy: nothing here is a reason to offer more or less of it. Do nothing different yet."
    if (contact.value or 1.0) < 1:
        return (
            "Occupational therapy: the pattern fits the idea that contact delays increases. It does not prove it. Keep "
            "the offer in place, and ask for a fair comparison before changing it."
        )
    return (
        "Occupational therapy: more increases followed contact. Therapists may see the people whose needs are growing. "
        "This is no reason to offer less."
    )
