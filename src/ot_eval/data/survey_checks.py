"""Whole forms checked: empty, half-filled, filled twice, without the key, or answering what was not asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ot_eval.data.problems import ProblemList
from ot_eval.data.survey_forms import Form, is_empty
from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import Answer, holds

Rows = list[tuple[int | None, str]]


def check_forms(
    forms: list[Form], instrument: Instrument, keep: Literal["none", "latest"], problems: ProblemList
) -> list[Form]:
    """Return the forms to use, in file order; everything taken out or doubtful is counted.

    Parameters
    ----------
    forms : all forms, in the order of the files
    keep : of two different forms for one respondent and time, none (refused) or the later
    """
    empty = [f for f in forms if is_empty(f.answers) and not f.lines]
    answered = [f for f in forms if not (is_empty(f.answers) and not f.lines)]
    _count(forms, empty, "empty form", "noted", problems, "Left out.")
    _same_lines(answered, problems)
    for name in instrument.key:
        lacking = [f for f in answered if not f.answers.get(name)]
        _count(answered, lacking, "missing value", "refused", problems, "It says whose form this is.", name)
    _half_filled(answered, instrument, problems)
    return _once(answered, instrument, keep, problems)


def why_missing(form: Form, question: Question, answers: dict[str, Answer]) -> str:
    """Return why a question has no answer: not shown, skipped, or not in the export; an empty text if it has one."""
    if question.name not in answers:
        return "not in the export"
    if answers[question.name]:
        return ""
    return "skipped" if holds(question.relevant, {**form.answers, **answers}) else "not shown"


def asked(form: Form, instrument: Instrument) -> Iterator[tuple[Question, dict[str, Answer]]]:
    """Yield every question with the answers it stands among: once, or once a line of its group."""
    for q in instrument.questions:
        if not q.repeat:
            yield q, form.answers
        else:
            for line in form.lines.get(q.repeat, []):
                yield q, line


def _same_lines(forms: list[Form], problems: ProblemList) -> None:
    """Keep each line of a form once."""
    found: list[Form] = []
    for form in forms:
        for repeat, lines in form.lines.items():
            form.lines[repeat] = [line for n, line in enumerate(lines) if line not in lines[:n]]
            found += [form] * (len(lines) - len(form.lines[repeat]))
    _count(forms, found, "same line twice in a form", "noted", problems, "One is used.")


def _half_filled(forms: list[Form], instrument: Instrument, problems: ProblemList) -> None:
    half: list[Form] = []
    empty = 0
    unasked: list[Form] = []
    for form in forms:
        n = sum(q.required and why_missing(form, q, answers) == "skipped" for q, answers in asked(form, instrument))
        if n:
            half.append(form)
            empty += n
        if any(
            answers.get(q.name) and not holds(q.relevant, {**form.answers, **answers})
            for q, answers in asked(form, instrument)
        ):
            unasked.append(form)
    note = f"{empty} answers that must be given are empty; the others are used."
    _count(forms, half, "half-filled form", "noted", problems, note)
    note = "Other answers in the form say that the question did not apply; both are kept."
    _count(forms, unasked, "answer to a question not asked", "noted", problems, note)


def _once(forms: list[Form], instrument: Instrument, keep: str, problems: ProblemList) -> list[Form]:
    """Return the forms with each respondent and time once."""
    kept: dict[tuple[object, ...], Form] = {}
    same: list[Form] = []
    other: list[Form] = []
    for form in forms:
        named = tuple(form.answers.get(name, "") for name in instrument.key)
        # Where a person may have several forms a day, only the tool's own id can show that one came twice.
        key = named if instrument.key and all(named) else (form.source,)
        before = kept.get(key)
        if before is None:
            kept[key] = form
        elif (before.answers, before.lines) == (form.answers, form.lines):
            same.append(form)
        else:
            other.append(form)
            kept[key] = form
    _count(forms, same, "same form twice", "noted", problems, "One is used.")
    names = ", ".join(instrument.key) or "form id"
    if keep == "latest":
        note = f"Two different forms for one {names}: the later in the export is used."
        _count(forms, other, "duplicate respondent", "noted", problems, note)
    else:
        note = f"Two different forms for one {names}: keep one, or read with --keep latest."
        _count(forms, other, "duplicate respondent", "refused", problems, note)
    return list(kept.values())


def _count(
    forms: list[Form],
    found: list[Form],
    rule: str,
    severity: Literal["refused", "noted"],
    problems: ProblemList,
    note: str,
    column: str = "",
) -> None:
    for file in dict.fromkeys(f.file for f in forms):
        rows: Rows = [(f.line, "") for f in found if f.file == file]
        problems.add(file, rule, severity, column=column, count=len(rows), note=note, rows=rows)
