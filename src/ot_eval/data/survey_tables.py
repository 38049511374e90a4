"""Filled forms as tables: every answer in one long list, and the rows that go into the study folder.

Which answer goes where is said by the instrument's `maps.csv`. Free text never leaves the private list of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ot_eval.data.schema import table
from ot_eval.data.survey_checks import asked, why_missing
from ot_eval.data.survey_forms import Form
from ot_eval.data.survey_instrument import Instrument, Mapping, Question
from ot_eval.data.survey_logic import Answer
from ot_eval.data.survey_read import SurveyRead

Row = dict[str, str]
LONG = ("form", "file", "line", "group_line", "question", "value", "missing")


def free_text(question: Question) -> bool:
    """Return whether a question takes words of a person's own: text that need not be given (ids must be)."""
    return question.kind == "text" and not question.required


def long_rows(read: SurveyRead) -> list[Row]:
    """Return every question of every form: one row an answer, several where several were chosen, one where none.

    `missing` is empty, `skipped`, `not shown` (its condition did not hold) or `not in the export`. Free text is left
    to `text_rows`.
    """
    rows = []
    for form in read.forms:
        for q, answers, number in _numbered(form, read.instrument):
            if free_text(q):
                continue
            base = {"form": form.source, "file": form.file, "line": str(form.line), "group_line": number}
            rest = {"question": q.name, "missing": why_missing(form, q, answers)}
            rows += [{**base, **rest, "value": value} for value in _values(answers.get(q.name, "")) or [""]]
    return rows


def text_rows(read: SurveyRead) -> list[Row]:
    """Return the free text that people wrote: form, question, text. Private, and to be coded by people."""
    return [
        {"form": form.source, "question": q.name, "text": text}
        for form in read.forms
        for q, answers in asked(form, read.instrument)
        if free_text(q) and isinstance(text := answers.get(q.name, ""), str) and text
    ]


def study_rows(read: SurveyRead) -> dict[str, list[Row]]:
    """Return the rows for each table of the study folder that the instrument maps to."""
    grouped: dict[tuple[str, str], list[Mapping]] = {}
    for m in read.instrument.maps:
        grouped.setdefault((m.table, m.each), []).append(m)
    rows: dict[str, list[Row]] = {}
    for (name, each), maps in grouped.items():
        made = rows.setdefault(name, [])
        for form in read.forms:
            made += _rows(form, read.instrument, each, maps)
    return {name: _with_every_column(name, made) for name, made in rows.items()}


def _with_every_column(name: str, rows: Sequence[Row]) -> list[Row]:
    columns = [c.name for c in table(name).columns]
    return [{c: row.get(c, "") for c in columns} for row in rows]


def _rows(form: Form, instrument: Instrument, each: str, maps: list[Mapping]) -> Iterator[Row]:
    if each == "form":
        yield {m.column: _filled(m.source, form, form.answers) for m in maps}
    elif each in instrument.repeats:
        for line in form.lines.get(each, []):
            yield {m.column: _filled(m.source, form, {**form.answers, **line}) for m in maps}
    else:
        taken = {m.source for m in maps}
        prefix = each.removeprefix("answer").strip()
        for q in instrument.questions:
            if q.repeat or q.name in taken or free_text(q) or not q.name.startswith(prefix):
                continue
            for value in _values(form.answers.get(q.name, "")):
                words = {"{question}": q.name, "{rest}": q.name.removeprefix(prefix), "{answer}": value}
                yield {
                    m.column: words[m.source] if m.source in words else _filled(m.source, form, form.answers)
                    for m in maps
                }


def _filled(source: str, form: Form, answers: dict[str, Answer]) -> str:
    if source == "{submission}":
        return form.source
    if source.startswith("text "):
        return source.removeprefix("text ")
    answer = answers.get(source, "")
    return answer if isinstance(answer, str) else ";".join(answer)


def _values(answer: Answer) -> list[str]:
    return [answer] if isinstance(answer, str) and answer else list(answer) if isinstance(answer, tuple) else []


def _numbered(form: Form, instrument: Instrument) -> Iterator[tuple[Question, dict[str, Answer], str]]:
    for q in instrument.questions:
        if not q.repeat:
            yield q, form.answers, ""
    for repeat in instrument.repeats:
        for number, line in enumerate(form.lines.get(repeat, []), start=1):
            for q in instrument.questions:
                if q.repeat == repeat:
                    yield q, line, str(number)
