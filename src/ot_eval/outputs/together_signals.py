"""What each strand says about a question that others speak to as well, read from its released numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ot_eval.base.results import Number
from ot_eval.outputs import figure_flows, story_contact, story_progress, story_timing, wording
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.wording import Certainty

TOPICS = {
    "contact": "Contact with an occupational therapist",
    "during": "From the start of reablement to its end",
    "after": "After reablement",
    "home_care": "Home care needed",
}
"""The questions that more than one strand can speak to, in reading order."""


class Way(Enum):
    """Which way a finding points; `DESCRIBES` is no comparison."""

    BETTER = "better"
    WORSE = "worse"
    LITTLE = "little or no difference"
    UNCLEAR = "cannot tell"
    DESCRIBES = "describes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What one strand says about one topic, and the released number it says it from."""

    topic: str
    strand: str
    way: Way
    sentence: str
    estimate: ReleasedEstimate


def way_of(lower: Number, upper: Number, *, more_is_better: bool = True) -> Way:
    """Return which way an interval of a difference points; none where it includes no difference.

    Examples
    --------
    >>> way_of(1, 3).value, way_of(1, 3, more_is_better=False).value, way_of(-1, 3).value
    ('better', 'worse', 'cannot tell')
    """
    if lower <= 0 <= upper:
        return Way.UNCLEAR
    return Way.BETTER if (lower > 0) == more_is_better else Way.WORSE


def _whole(e: ReleasedEstimate | None) -> bool:
    return e is not None and e.value is not None and e.lower is not None and e.upper is not None


def _contact(released: Released) -> Signal | None:
    found = story_contact.comparison(released)
    if found is None:
        return None
    clear = Way.BETTER if found.better else Way.WORSE
    way = {Certainty.CLEAR: clear, Certainty.LITTLE: Way.LITTLE}.get(found.certainty, Way.UNCLEAR)
    return Signal(
        topic="contact",
        strand=released.strand,
        way=way,
        sentence=story_contact.answer(found),
        estimate=found.estimate,
    )


def _contact_scores(released: Released) -> Signal | None:
    lead = story_progress.lead_of(released)
    rows = [e for e in released.find(story_progress.ADJUSTED, outcome=lead, term=story_progress.AFTER) if _whole(e)]
    if not rows:
        return None
    way, subject = _way(released, rows[-1], lead), "People who had seen a therapist"
    what = story_progress.what(lead)
    return Signal(
        topic="contact",
        strand=released.strand,
        way=way,
        sentence=f"Whether people who had seen a therapist kept more of their {what} is not clear."
        if way is Way.UNCLEAR
        else f"{subject} did {way.value} in {what} afterwards than those who had not, at equal scores.",
        estimate=rows[-1],
    )


def _scores(topic: str, term: str, when: str) -> Callable[[Released], Signal | None]:
    """Return the reader of the mean change of a strand's lead score between two timepoints."""

    def read(released: Released) -> Signal | None:
        lead = story_progress.lead_of(released)
        e = story_progress.gain(released, lead, term)
        if e is None or not _whole(e):
            return None
        way = _way(released, e, lead)
        moved = "neither clearly rose nor clearly fell" if way is Way.UNCLEAR else f"got {way.value}"
        said = f"{when} the mean score of {story_progress.what(lead)} {moved}."
        return Signal(topic=topic, strand=released.strand, way=way, sentence=said, estimate=e)

    return read


def _way(released: Released, e: ReleasedEstimate, lead: str) -> Way:
    falls = lead in figure_flows.lower_is_better(released)
    return way_of(e.lower or 0, e.upper or 0, more_is_better=not falls)


def _larger(released: Released) -> Signal | None:
    rows = [e for e in released.find("cumulative_incidence", outcome="increase", term="day 365") if e.value is not None]
    everyone = [e for e in rows if e.population == "all"]
    if not everyone:
        return None
    said = f"Within a year, {wording.in_100(everyone[0].value or 0)} people {wording.HAD['increase']}."
    return _described(released, "after", said, everyone[0])


def _soon(released: Released) -> Signal | None:
    rows = [e for e in released.find("how_soon", measure="share of people") if e.value is not None]
    within = [e for e in rows if e.term.startswith("within ")]
    if not within:
        return None
    last = within[-1]
    said = f"An occupational therapist saw {wording.in_100((last.value or 0) / 100)} people {last.term} of reablement."
    return _described(released, "contact", said, last)


def _described(released: Released, topic: str, said: str, e: ReleasedEstimate) -> Signal:
    return Signal(topic=topic, strand=released.strand, way=Way.DESCRIBES, sentence=said, estimate=e)


def _fewer_hours(released: Released) -> Signal | None:
    rows = released.find("package", population="all")
    found = [e for e in rows if e.measure.startswith("mean hours a week fewer than planned") and _whole(e)]
    if not found:
        return None
    way = way_of(found[0].lower or 0, found[0].upper or 0)
    said = {
        Way.BETTER: "People went home with less home care than had been planned without the beds.",
        Way.WORSE: "People went home with more home care than had been planned without the beds.",
    }.get(way, "People went home with about as much home care as had been planned without the beds.")
    return Signal(topic="home_care", strand=released.strand, way=way, sentence=said, estimate=found[0])


def _sooner(released: Released) -> Signal | None:
    """Read the difference that leads the timing strand: everybody seen sooner, against as things are."""
    pairs = story_timing.shown(released)
    now = [p for p in pairs if p[1] == story_timing.NOW]
    if not now:
        return None
    strategy, _, _, e = now[0]
    way = way_of(e.lower or 0, e.upper or 0, more_is_better=False)
    if way is Way.UNCLEAR:
        said = f"Whether fewer people would need a larger package if all were seen {strategy} is not clear."
    else:
        many = "Fewer" if way is Way.BETTER else "More"
        said = f"{many} people would need a larger package if all were seen {strategy}, {story_timing.IF}."
    return Signal(topic="contact", strand=released.strand, way=way, sentence=said, estimate=e)


_DURING = _scores("during", story_progress.DURING, "From the first assessment to the end")
READERS: dict[str, tuple[Callable[[Released], Signal | None], ...]] = {
    "care_packages": (_contact, _larger),
    "interventions": (_soon,),
    "progress": (_contact_scores, _DURING, _scores("after", story_progress.AFTER, "In the weeks after reablement")),
    "in_reach": (_DURING, _fewer_hours),
    "timing": (_sooner,),
}
"""What each strand has to say about the topics. A strand that is not here has its card, and joins no comparison."""
