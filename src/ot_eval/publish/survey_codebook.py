"""The codebook page of an instrument: every question, its name in the data, its answers, and where they go."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.publish.survey_words import answer_words, condition_words, destination

FIRST, LAST = "At the start", "At the end"


def page(instrument: Instrument) -> str:
    """Return the codebook as one HTML page that needs no other file."""
    environment = Environment(
        loader=PackageLoader("ot_eval.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    parts: list[tuple[str, list[Question]]] = []
    for q in instrument.questions:
        name = q.repeat or q.group
        title = instrument.groups.get(name) or (FIRST if not parts or parts[-1][0] == FIRST else LAST)
        if not parts or parts[-1][0] != title:
            parts.append((title, []))
        parts[-1][1].append(q)
    return environment.get_template("codebook.html.j2").render(
        instrument=instrument,
        parts=[
            {
                "title": title,
                "note": "Asked once for each line." if questions[0].repeat else "",
                "questions": [_line(instrument, q) for q in questions],
            }
            for title, questions in parts
        ],
        lists={q.list_name: q.choices for q in instrument.questions if q.choices},
    )


def _line(instrument: Instrument, q: Question) -> dict[str, str]:
    return {
        "label": q.label,
        "hint": q.hint,
        "name": q.name,
        "how": answer_words(q),
        "answers": q.list_name,
        "asked": "always" if q.relevant is None else f"only if {condition_words(q.relevant, instrument)}",
        "goes": destination(instrument, q),
    }
