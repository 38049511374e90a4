"""The data-quality strand in plain words: the national measure, how packages change, and what to put right first."""

from __future__ import annotations

from ot_eval.outputs import numbers
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story

MOST_NAMED = 3
UNKNOWN = (
    "The return holds planned care, not care delivered.",
    "A sequel of reablement is what was recorded; an outcome that nobody wrote down counts as unclassified.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the data-quality strand."""
    measure = released.one("ascof_2a")
    worst = [e for e in released.find("data_quality") if e.value is not None][:MOST_NAMED]
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(measure),
        answer_more=_beside(released),
        key_figures=tuple(_card(e) for e in worst),
        timeline=None,
        timeline_sentences=(),
        sure=tuple(c.sentence for c in released.checks if c.analysis == "recording_style"),
        means=tuple(c.sentence for c in released.checks if not c.passed and c.analysis != "recording_style"),
        unknown=UNKNOWN,
        included=tuple(f"{name}: {released.facts[key]}." for key, name in _FACTS.items() if key in released.facts),
        terms=("reablement", "episode", "new client", "existing client", "disclosure control"),
    )


_FACTS = {"ascof_year": "The national measure is for the 12 months", "data_end": "The data end on"}


def _answer(measure: ReleasedEstimate | None) -> str:
    if measure is None or measure.value is None:
        return "Too few reablement episodes count towards the national measure to publish it."
    return (
        f"By the national rules (ASCOF 2A), about {round(measure.value)} in 100 new clients' reablement episodes were "
        "followed by no long-term support."
    )


def _beside(released: Released) -> str:
    return next((note for note in released.notes if note.startswith("Published for ")), "")


def _card(e: ReleasedEstimate) -> KeyFigure:
    sentence = (
        f"About {numbers.value(e.value or 0, 'percent')} of reablement episodes belong to people with such a row."
    )
    return KeyFigure(heading=f"{e.term[:1].upper()}{e.term[1:]}", sentence=sentence, figure=None)
