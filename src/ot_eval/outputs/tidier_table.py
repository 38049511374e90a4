"""The TIDieR items of a strand as a table, taken out of its notes, where an analysis writes one line an item."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing

_ITEM = re.compile(r"TIDieR (\d+), ([^:]+): (.*)\.")
CAPTION = "What was delivered, by the items of TIDieR"


def table(released: Released) -> Table | None:
    """Return the items found among the notes; None where there are none."""
    found = [m for note in released.notes if (m := _ITEM.fullmatch(note))]
    rows = [Row(header=f"{m[1]}. {m[2]}", cells=(m[3],)) for m in found]
    return listing("tidier-t1", CAPTION, ("Item", "From the data"), rows) if rows else None


def others(notes: Sequence[str]) -> tuple[str, ...]:
    """Return the notes that are no item of TIDieR.

    Examples
    --------
    >>> others(("Days are whole days.", "TIDieR 2, why: author to complete."))
    ('Days are whole days.',)
    """
    return tuple(note for note in notes if not _ITEM.fullmatch(note))
