"""A person's own rating of change since the first assessment: the anchor from which an important change is read.

It is our own single question, not a licensed scale, and no measure of progress itself: it says how much people think
has changed, and memory of the start is not what the start was.
"""

from ot_eval.measures.instrument import Instrument, Item, Licence, Score, add_up

NAME, RATING = "change_rating", "rating"
LOWEST, HIGHEST = -3, 3
IMPORTANT_FROM = 2
"""Ratings from here on (better, much better) count as an important improvement; 1 is a little better."""

CHANGE_RATING = Instrument(
    name=NAME,
    title="Own rating of change, -3 to 3",
    family=NAME,
    items=(
        Item(
            name=RATING,
            about="change since the first assessment: -3 much worse, 0 the same, 3 much better",
            allowed=tuple(range(LOWEST, HIGHEST + 1)),
        ),
    ),
    scores=(Score(name=RATING, about="own rating of change", minimum=LOWEST, maximum=HIGHEST, describes=True),),
    total=add_up(RATING, (RATING,)),
    missing_rule="The rating is missing when it was not given. It is asked at the end or later, never at the start.",
    licence=Licence(owner="this project", condition="free to use; ask it in your own words", status="VERIFIED"),
    source="the project's own single question, to serve as the anchor of an important change",
    status="VERIFIED",
)
