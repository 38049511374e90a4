"""The codes that a careful coder gave the invented contacts: what `ot-eval code read` would have written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ot_eval.coding.codebook import NOT_OT, default_path, load
from ot_eval.data.synthetic_notes import FAILED_NOTES, OT_NOTES, OTHER_NOTES, WORKER_NOTES

CODER = "KM"
LEFT_OUT = 20
"""One contact in so many has no code yet, as in life."""


def write_codes(folder: Path) -> None:
    """Write `contact_codes.csv` beside the `ot_contacts.csv` in `folder`: reviewed codes of its invented notes.

    Every `LEFT_OUT`-th contact is left without.
    """
    contacts = pd.read_csv(folder / "ot_contacts.csv", dtype="str", keep_default_na=False)
    coded = contacts[contacts.index % LEFT_OUT != LEFT_OUT - 1]
    true = {words: codes or NOT_OT for codes, words in (*OT_NOTES, *WORKER_NOTES, *OTHER_NOTES, *FAILED_NOTES)}
    table = pd.DataFrame(
        {
            "contact_id": coded["contact_id"],
            "coder": CODER,
            "sheet": "main",
            "codes": coded["note"].map(true),
            "codebook_version": load(default_path()).version,
        }
    )
    table.to_csv(folder / "contact_codes.csv", index=False, lineterminator="\n")
