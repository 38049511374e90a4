"""A letter to the council's performance team: which data would make the study possible, or better, and why."""

from __future__ import annotations

from collections.abc import Sequence

from ot_eval.base.protocol import Protocol
from ot_eval.data.checklist import ChecklistItem
from ot_eval.outputs.labels import date_words
from ot_eval.publish import word_parts

STATES = {
    "missing": "Not in the files",
    "partly there": "Partly in the files",
    "there": "There already, please keep it",
}
HOW = (
    "Please send files by the council's own secure route, never by ordinary e-mail.",
    "Local person ids are enough to join the files. Names, addresses and NHS numbers are not needed beyond the "
    "quarterly return itself; the toolkit replaces ids with pseudonyms when it reads them.",
    "Send extracts as they are: the toolkit copes with Release 1 and Release 2 wording.",
)


def data_request(items: Sequence[ChecklistItem], protocol: Protocol, made_at: str) -> bytes:
    """Return the letter as a Word file.

    Parameters
    ----------
    items : what to ask for, in order
    protocol : names the study, its question and who asks
    made_at : when, as in the manifest (UTC)
    """
    document = word_parts.new_document(f"Data request: {protocol.title}", made_at)
    document.add_heading(f"Data request: {protocol.title}", level=0)
    document.add_paragraph(f"To the performance team. {date_words(made_at)}.")
    document.add_paragraph(
        f"We are studying {protocol.service}. The question is: {protocol.question} The Client Level Data return "
        "answers part of it. The points below say what else would help, and what it is for."
    )
    for state, heading in STATES.items():
        wanted = [item for item in items if item.state == state]
        if not wanted:
            continue
        document.add_heading(heading, level=1)
        for item in wanted:
            document.add_heading(f"{item.name[:1].upper()}{item.name[1:]}", level=2)
            document.add_paragraph(item.request)
            document.add_paragraph(f"Why: {item.why}{_missing(item)}")
    document.add_heading("How to send it", level=1)
    word_parts.add_bullets(document, HOW)
    document.add_paragraph(f"Thank you. {protocol.analyst}".strip())
    return word_parts.to_bytes(document)


def _missing(item: ChecklistItem) -> str:
    if item.share_missing is None or item.state == "there":
        return ""
    percent = round(100 * item.share_missing)
    return f" At present {'fewer than 1' if percent == 0 else f'about {percent}'}% of the lines concerned lack it."
