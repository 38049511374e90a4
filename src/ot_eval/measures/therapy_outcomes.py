"""Therapy Outcome Measures: four domains from 0 to 5 in halves. There is no total."""

import pandas as pd

from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Score

HALVES = tuple(v / 2 for v in range(11))
DOMAINS = {
    "impairment": "severity of the difficulty itself",
    "activity": "what the person can do",
    "participation": "taking part in life",
    "wellbeing": "how the person feels",
}


def _total(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[list(DOMAINS)]


THERAPY_OUTCOMES = Instrument(
    name="toms",
    title="Therapy Outcome Measures, 0-5 in halves",
    family="toms",
    items=tuple(Item(name=name, about=about, allowed=HALVES) for name, about in DOMAINS.items()),
    scores=tuple(Score(name=name, about=about, minimum=0, maximum=5) for name, about in DOMAINS.items()),
    total=_total,
    missing_rule="Each domain stands alone: a missing domain leaves the other three.",
    important_changes=tuple(
        ImportantChange(
            score=name,
            value=0.5,
            kind="opinion (manual)",
            setting="per domain, therapy services",
            source="Enderby and John, manual",
            status="RECALLED",
        )
        for name in DOMAINS
    ),
    licence=Licence(
        owner="Enderby and John (J&R Press)", condition="the book is bought; numbers only", status="RECALLED"
    ),
    source="Enderby and John",
    status="RECALLED",
)
