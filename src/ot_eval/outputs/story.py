"""The manager's page in parts: answer, key figures, certainty, meaning, limits; each made from released results."""

from __future__ import annotations

from dataclasses import dataclass

from ot_eval.outputs import numbers, tables, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One card: a heading, a figure and the sentence that says the same in words."""

    heading: str
    sentence: str
    figure: Figure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What one strand says to a reader without statistics, in reading order.

    `terms` names the entries of the glossary that the text uses.
    """

    strand: str
    title: str
    question: str
    answer: str
    answer_more: str = ""
    key_figures: tuple[KeyFigure, ...] = ()
    timeline: Figure | None = None
    timeline_sentences: tuple[str, ...] = ()
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
    steps = [s for s in tables.main_flow(released) if s.n_left is not None]
    if len(steps) > 1:
        said.append(
            f"The data hold about {numbers.count(steps[0].n_left)} people to start from. "
            f"About {numbers.count(steps[-1].n_left)} could be followed."
        )
    start, end = released.facts.get("data_start", ""), released.facts.get("data_end", "")
    if end:
        said.append(f"The data run {f'from {date_words(start)} ' if start else ''}to {date_words(end)}.")
    return tuple(said)


_MONTH_NAMES = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def date_words(text: str) -> str:
    """Return an ISO date as a reader says it; any other text is left as it is.

    Examples
    --------
    >>> date_words("2026-03-31"), date_words("last spring")
    ('31 March 2026', 'last spring')
    """
    parts = text[:10].split("-")
    if len(parts) != 3 or not all(p.isdigit() for p in parts) or not 1 <= int(parts[1]) <= 12:  # noqa: PLR2004
        return text
    return f"{int(parts[2])} {_MONTH_NAMES[int(parts[1]) - 1]} {parts[0]}"


def plain(released: Released) -> Story:
    """Return the story of a strand that has no wording of its own: what was estimated, line by line."""
    shown = [e for e in released.estimates if e.value is not None and e.lower is not None and e.analysis != "table_one"]
    lead = shown[0] if shown else None
    if lead is None or lead.value is None:
        answer = "There were too few people or events to publish an answer."
    elif lead.unit == "probability":
        who = wording.who(lead.population).lower()
        answer = f"{lead.term}, {who}: {wording.in_100(lead.value)}."
    else:
        name = lead.measure[:1].upper() + lead.measure[1:]
        answer = f"{name}, {lead.term}: {numbers.value(lead.value, lead.unit)} ({numbers.interval(lead)})."
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=answer,
        unknown=tuple(c.sentence for c in released.checks if not c.passed),
        included=included(released),
    )
