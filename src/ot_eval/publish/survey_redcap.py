"""The REDCap data dictionary of an instrument: 18 columns, one row a field, ready for upload."""

from __future__ import annotations

import csv
import io

from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import redcap

COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
RECORD = "record_id"
IDENTIFIERS = ("person_id", "carer_id", "interview_id")
_TYPES = {"select_one": "radio", "select_multiple": "checkbox"}
_CHECKS = {"integer": "integer", "decimal": "number", "date": "date_ymd"}


def dictionary(instrument: Instrument) -> str:
    """Return the dictionary as CSV text. A group asked once per line becomes a form of its own, to be set repeating.

    Free text is marked as an identifier, so that REDCap can leave it out of de-identified exports.
    """
    multiple = frozenset(q.name for q in instrument.questions if q.multiple)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    first = {"Variable / Field Name": RECORD, "Form Name": instrument.name, "Field Type": "text"}
    writer.writerow([{**first, "Field Label": "Record"}.get(c, "") for c in COLUMNS])
    seen = ""
    main_first = [q for q in instrument.questions if not q.repeat] + [q for q in instrument.questions if q.repeat]
    for question in main_first:
        heading = instrument.groups.get(question.group, "") if question.group != seen else ""
        seen = question.group
        row = _row(instrument, question, heading, redcap(question.relevant, multiple))
        writer.writerow([_plain(row.get(c, "")) for c in COLUMNS])
    return "\ufeff" + text.getvalue()


def _row(instrument: Instrument, q: Question, heading: str, shown: str) -> dict[str, str]:
    return {
        "Variable / Field Name": q.name.lower(),
        "Form Name": q.repeat or instrument.name,
        "Section Header": heading,
        "Field Type": _TYPES.get(q.kind, "text"),
        "Field Label": q.label,
        "Choices, Calculations, OR Slider Labels": " | ".join(
            f"{c.name.lower() if q.multiple else c.name}, {c.label}" for c in q.choices
        ),
        "Field Note": q.hint,
        "Text Validation Type OR Show Slider Number": _CHECKS.get(q.kind, ""),
        "Text Validation Min": "" if q.minimum is None else f"{q.minimum:g}",
        "Text Validation Max": "" if q.maximum is None else f"{q.maximum:g}",
        "Identifier?": "y" if q.name in IDENTIFIERS or (q.kind == "text" and not q.required) else "",
        "Branching Logic (Show field only if...)": shown,
        "Required Field?": "y" if q.required else "",
    }


def _plain(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a negative number stays a number."""
    if text[:1] in ("=", "@", "+", "-") and not text.lstrip("-").replace(".", "", 1).isdigit():
        return " " + text
    return text
