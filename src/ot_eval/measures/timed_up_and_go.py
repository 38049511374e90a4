"""Timed Up and Go: seconds to rise, walk three metres, turn, return and sit. Fewer seconds are better."""

import pandas as pd

from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Rule, Score

SHORTEST, LONGEST = 2.0, 600.0  # our own limits of the possible, in seconds: outside them it is a typing error


def _total(frame: pd.DataFrame) -> pd.DataFrame:
    able = pd.Series(float("nan"), index=frame.index)
    able[frame["seconds"].notna()] = 1.0
    able[frame["unable"].eq(1)] = 0.0
    return pd.DataFrame({"seconds": frame["seconds"], "able": able})


TIMED_UP_AND_GO = Instrument(
    name="tug",
    title="Timed Up and Go",
    family="tug",
    items=(
        Item(name="seconds", about="time taken", minimum=SHORTEST, maximum=LONGEST),
        Item(name="unable", about="1 = tried or judged, and not able to do it", allowed=(0, 1)),
    ),
    scores=(
        Score(name="seconds", about="time of those able to do it", unit="seconds", minimum=0, better="lower"),
        Score(name="able", about="able to do the test", unit="share", minimum=0, maximum=1),
    ),
    total=_total,
    missing_rule=(
        "A person who is unable has no time, and counts as not able; with neither a time nor 'unable' both scores are "
        "missing. A change in seconds is about people able both times: report the share able beside it."
    ),
    rules=(
        Rule(
            about="a person who is unable has no time",
            broken=lambda frame: frame["unable"].eq(1) & frame["seconds"].notna(),
        ),
    ),
    detectable_changes=(
        ImportantChange(
            score="seconds",
            value=4.09,
            kind="MDC 95",
            setting="people with Alzheimer's disease",
            source="Ries 2009",
            status="RECALLED",
        ),
    ),
    licence=Licence(owner="Podsiadlo and Richardson", condition="the method is free; cite", status="RECALLED"),
    source="Podsiadlo and Richardson 1991, J Am Geriatr Soc 39:142",
    status="RECALLED",
)
