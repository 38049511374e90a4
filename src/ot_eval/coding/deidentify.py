"""The detector of identifiers: it proposes, a person decides.

Made to miss little, at the cost of flags that a person refuses. What it cannot know: nicknames that are words, rare
jobs and events, and who somebody's neighbours are. It is measured in tests on names from another source.
"""

from __future__ import annotations

from collections.abc import Sequence

from ot_eval.coding.deidentify_dates import dates
from ot_eval.coding.deidentify_model import Flag, settled
from ot_eval.coding.deidentify_names import names
from ot_eval.coding.deidentify_numbers import structured
from ot_eval.coding.deidentify_places import places
from ot_eval.coding.deidentify_words import Roster, vocabulary


def detect(text: str, roster: Sequence[str] = ()) -> tuple[Flag, ...]:
    """Return what may identify somebody in one turn: flags in order, none overlapping.

    Parameters
    ----------
    text : the words of a turn; offsets of the flags count its code points, the end excluded
    roster : names and places of this interview, as somebody typed them

    Examples
    --------
    >>> text = "my daughter siobhan rang on 07700 900123, will you mark it"
    >>> [(text[f.start:f.end], f.kind) for f in detect(text)]
    [('siobhan', 'name'), ('07700 900123', 'phone')]
    """
    return Detector(roster).flags(text)


class Detector:
    """The detector with one interview's roster, prepared once."""

    def __init__(self, roster: Sequence[str] = ()) -> None:
        self._roster = Roster(roster)
        self._known = vocabulary()

    def flags(self, text: str) -> tuple[Flag, ...]:
        """Return what may identify somebody in one turn, as `detect` does."""
        return settled([*structured(text), *dates(text), *places(text), *names(text, self._known, self._roster)])
