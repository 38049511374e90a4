"""The manager's page in parts: answer, key figures, certainty, meaning, limits; each made from released results."""

from __future__ import annotations

from dataclasses import dataclass

from ot_eval.outputs import labels, numbers, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released
from ot_eval.outputs.table_people import main_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One card: a heading, a figure and the sentence that says the same in words."""

    heading: str
    sentence: str
    figure: Figure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What one strand says to a reader without statistics, in reading order.

    `terms` names the entries of the glossary that the text uses; `pictures` are figures too wide for a card.
    """

    strand: str
    title: str
    question: str
    answer: str
    answer_more: str = ""
    key_figures: tuple[KeyFigure, ...] = ()
    timeline: Figure | None = None
    timeline_sentences: tuple[str, ...] = ()
    pictures: tuple[Figure, ...] = ()
    sure: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """Return every sentence of the story, for checks of its words."""
        cards = tuple(k.sentence for k in self.key_figures)
        return (
            self.answer,
            self.answer_more,
            *cards,
            *self.timeline_sentences,
            *self.sure,
            *self.means,
            *self.unknown,
            *self.included,
        )


def included(released: Released) -> tuple[str, ...]:
    """Say who was counted, from the flow diagram and the facts about the data."""
    said = []
    steps = [s for s in main_flow(released) if s.n_left is not None]
    if len(steps) > 1:
        said.append(
            f"The data hold about {numbers.count(steps[0].n_left)} people to start from. "
            f"About {numbers.count(steps[-1].n_left)} could be followed."
        )
    start, end = released.facts.get("data_start", ""), released.facts.get("data_end", "")
    if end:
        said.append(f"The data run {f'from {labels.date_words(start)} ' if start else ''}to {labels.date_words(end)}.")
    return tuple(said)


def plain(released: Released) -> Story:
    """Return the story of a strand that has no wording of its own: what was estimated, line by line."""
    shown = [e for e in released.estimates if e.value is not None and e.lower is not None and e.analysis != "table_one"]
    lead = shown[0] if shown else None
    if lead is None or lead.value is None:
        answer = "There were too few people or events to publish an answer."
    elif lead.unit == "probability":
        who = labels.who(lead.population).lower()
        answer = f"{lead.term}, {who}: {wording.in_100(lead.value)}."
    else:
        name = lead.measure[:1].upper() + lead.measure[1:]
        answer = f"{name}, {lead.term}: {numbers.value(lead.value, lead.unit)} ({numbers.interval(lead)})."
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=answer,
        unknown=tuple(dict.fromkeys(c.sentence for c in released.checks if not c.passed)),
        included=included(released),
    )
