"""The target trial beside its emulation, line by line, taken out of a strand's notes that write one line a part."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing

_LINE = re.compile(r"Target trial, ([^:]+): (.*)\. Here: (.*)\.")
CAPTION = "The trial that nobody ran, and what was done instead"


def table(released: Released) -> Table | None:
    """Return the lines found among the notes; None where there are none."""
    found = [m for note in released.notes if (m := _LINE.fullmatch(note))]
    rows = [Row(header=m[1][:1].upper() + m[1][1:], cells=(_upper(m[2]), _upper(m[3]))) for m in found]
    return listing("target-trial-t1", CAPTION, ("Part", "The trial", "Here"), rows) if rows else None


def others(notes: Sequence[str]) -> tuple[str, ...]:
    """Return the notes that are no line of the trial.

    Examples
    --------
    >>> others(("Days are whole days.", "Target trial, assignment: by lot. Here: not by lot."))
    ('Days are whole days.',)
    """
    return tuple(note for note in notes if not _LINE.fullmatch(note))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
