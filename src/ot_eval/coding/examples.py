"""The coded example notes that come with the toolkit: invented, in the manner of six services (see notes_ot.csv).

The model learns words from them beside what the team has coded, so that 150 coded notes go further. Which finds to
believe, and what a probability means, it learns from the team's own notes alone.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ot_eval.coding.codebook import Codebook, default_path, load
from ot_eval.coding.features import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Example notes with their codes: `labels` is (notes, codes), and `holds` says for which codes it holds."""

    notes: tuple[Note, ...]
    labels: NDArray[np.int_]
    holds: NDArray[np.bool_]


def examples_for(book: Codebook) -> Examples:
    """Return the example notes, coded for those codes of `book` that mean what they mean in the shipped codebook.

    A code that the team worded anew is left out: an example coded by the old words could be wrong by the new ones.
    """
    shipped = {c.code: c.definition for c in load(default_path()).codes}
    rows = _rows()
    truths = [row["truth"].split(";") for row in rows]
    return Examples(
        notes=tuple(
            Note(contact_id=r["contact_id"], person_id=r["person_id"], note=r["note"], staff_role=r["staff_role"])
            for r in rows
        ),
        labels=np.array([[name in truth for name in book.names] for truth in truths]).astype(int),
        holds=np.array([shipped.get(c.code) == c.definition for c in book.codes]),
    )


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = (files("ot_eval.coding") / "notes_ot.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))
