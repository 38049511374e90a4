"""Filled forms out of the rows of an export: answers cell by cell, and lines of repeat groups with their form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ot_eval.data.problems import ProblemList
from ot_eval.data.survey_cells import BadCell, dates, one, several, ticked
from ot_eval.data.survey_columns import Columns
from ot_eval.data.survey_headings import folded
from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import Answer

NOT_APPLICABLE = ("n/a",)
"""What KoboToolbox writes where a question was not shown."""


@dataclass(slots=True, kw_only=True)
class Form:
    """One filled form. `source` is the id that the tool gave it, or its line; `lines` are those of repeat groups."""

    file: str
    line: int
    source: str
    answers: dict[str, Answer]
    lines: dict[str, list[dict[str, Answer]]] = field(default_factory=dict)


class Cells:
    """Reads the answers of one sheet and counts what cannot be read."""

    def __init__(self, columns: Columns, questions: Iterable[Question], problems: ProblemList) -> None:
        self.columns, self.problems = columns, problems
        self.questions = [q for q in questions if q.name in columns.asked]
        self.bad: dict[tuple[str, str], list[tuple[int | None, str]]] = {}
        self.languages: dict[str, int] = {}
        self.no_dates: dict[str, set[int]] = {}
        self.dates = {q.name: self._dates(q) for q in self.questions if q.kind == "date"}

    def _dates(self, q: Question) -> list[str]:
        place = self.columns.whole[q.name]
        body = self.columns.body
        iso, bad, month_first = dates([self._text(row[place]) for _, row in body])
        rule = "month-first dates" if month_first else "bad date"
        self.no_dates[q.name] = {n for n, wrong in enumerate(bad) if wrong}
        for (line, row), wrong in zip(body, bad, strict=True):
            if wrong:
                self.bad.setdefault((q.name, rule), []).append((line, row[place]))
        return iso

    def _text(self, cell: str) -> str:
        text = cell.strip()
        return "" if self.columns.layout.name == "kobo" and folded(text) in NOT_APPLICABLE else text

    def rows(self) -> list[tuple[int, tuple[str, ...], dict[str, Answer]]]:
        """Return line, cells and answers of every row.

        An empty answer is an empty text or no choice; what could not be read is no answer, not an empty one.
        """
        found = []
        for n, (line, row) in enumerate(self.columns.body):
            read = {q.name: self._answer(q, n, line, row) for q in self.questions}
            found.append((line, row, {name: answer for name, answer in read.items() if answer is not None}))
        return found

    def _answer(self, q: Question, n: int, line: int, row: tuple[str, ...]) -> Answer | None:
        if q.kind == "date":
            return None if n in self.no_dates[q.name] else self.dates[q.name][n]
        try:
            return self._several(q, row) if q.multiple else self._one(q, row)
        except BadCell as error:
            places = [self.columns.whole.get(q.name), *self.columns.split.get(q.name, {}).values()]
            shown = "; ".join(row[p] for p in places if p is not None and row[p].strip())
            self.bad.setdefault((q.name, str(error)), []).append((line, shown))
            return None

    def _one(self, q: Question, row: tuple[str, ...]) -> str:
        text = self._text(row[self.columns.whole[q.name]])
        if not text or q.kind == "text":
            return text
        answer, language = one(q, text)
        self._said_in(language)
        return answer

    def _several(self, q: Question, row: tuple[str, ...]) -> tuple[str, ...]:
        places = self.columns.split.get(q.name, {})
        marks = {c.name: ticked(self._text(row[places[c.name]]), c.label) for c in q.choices if c.name in places}
        chosen = tuple(c.name for c in q.choices if marks.get(c.name))
        if q.name not in self.columns.whole:
            return chosen
        text = self._text(row[self.columns.whole[q.name]])
        joined, language = several(q, text) if text else ((), "")
        self._said_in(language)
        if places and tuple(c for c in joined if c in places) != chosen:
            raise BadCell("joined and split answers differ")
        return joined

    def _said_in(self, language: str) -> None:
        if language:
            self.languages[language] = self.languages.get(language, 0) + 1

    def report(self) -> None:
        """Count every cell that could not be read, and every answer in another language."""
        file = self.columns.sheet.file
        for (name, rule), rows in self.bad.items():
            self.problems.add(file, rule, "refused", column=name, count=len(rows), rows=rows)
        for language, n in self.languages.items():
            self.problems.add(file, "translated label", "noted", count=n, note=f"Answers in {language} were matched.")


def is_empty(answers: dict[str, Answer]) -> bool:
    """Return whether nothing was answered."""
    return not any(answers.values())


def source_of(columns: Columns, line: int, row: tuple[str, ...]) -> str:
    """Return the id that the tool gave a form, or its line where it gave none."""
    return columns.cell(row, *columns.layout.ids) or f"line{line}"


def _part(instrument: Instrument, answers: dict[str, Answer], repeat: str) -> dict[str, Answer]:
    return {k: v for k, v in answers.items() if instrument.question(k).repeat == repeat}


def flat_forms(columns: Columns, instrument: Instrument, problems: ProblemList) -> list[Form]:
    """Return the forms of a sheet with one row a form, or, where a group repeats, one row a line of it."""
    cells = Cells(columns, instrument.questions, problems)
    top = {q.name for q in instrument.questions if not q.repeat}
    forms: list[Form] = []
    by_answers: dict[tuple[tuple[str, Answer], ...], Form] = {}
    for line, row, answers in cells.rows():
        main = {k: v for k, v in answers.items() if k in top}
        parts = {
            r: {k: v for k, v in answers.items() if instrument.question(k).repeat == r} for r in instrument.repeats
        }
        same = tuple(sorted(main.items()))
        form = by_answers.get(same) if instrument.repeats and not is_empty(main) else None
        if form is None:
            form = Form(file=columns.sheet.file, line=line, source=source_of(columns, line, row), answers=main)
            forms.append(form)
            by_answers[same] = form
        for repeat, part in parts.items():
            if not is_empty(part):
                form.lines.setdefault(repeat, []).append(part)
    cells.report()
    return forms


def redcap_forms(columns: Columns, instrument: Instrument, problems: ProblemList) -> list[Form]:
    """Return the forms of a REDCap export: one a record and event; rows of a repeating form are its lines."""
    cells = Cells(columns, instrument.questions, problems)
    repeats = {folded(r): r for r in instrument.repeats} | {folded(r.replace("_", " ")): r for r in instrument.repeats}
    forms: dict[tuple[str, str], Form] = {}
    orphans: list[tuple[int | None, str]] = []
    pending: list[tuple[tuple[str, str], int, str, dict[str, Answer]]] = []
    unknown = 0
    for line, row, answers in cells.rows():
        record, event = source_of(columns, line, row), columns.cell(row, "redcap_event_name", "event name")
        repeat = columns.cell(row, "redcap_repeat_instrument", "repeat instrument")
        if not repeat:
            main = {k: v for k, v in answers.items() if not instrument.question(k).repeat}
            source = f"{record}/{event}" if event else record
            forms[record, event] = Form(file=columns.sheet.file, line=line, source=source, answers=main)
        elif folded(repeat) in repeats:
            pending.append(((record, event), line, repeats[folded(repeat)], answers))
        else:
            unknown += 1
    for where, line, repeat, answers in pending:
        part = _part(instrument, answers, repeat)
        if where not in forms:
            orphans.append((line, repeat))
        elif not is_empty(part):
            forms[where].lines.setdefault(repeat, []).append(part)
    cells.report()
    problems.add(columns.sheet.file, "line without a form", "refused", count=len(orphans), rows=orphans)
    problems.add(columns.sheet.file, "row of another instrument", "noted", count=unknown)
    return list(forms.values())


def add_sheet_lines(
    forms: dict[str, Form], columns: Columns, repeat: str, instrument: Instrument, problems: ProblemList
) -> None:
    """Add the lines of a repeat group that stand on a sheet of their own.

    Parameters
    ----------
    forms : by the id that lines name them with
    columns : of the sheet of lines
    repeat : the group
    """
    cells = Cells(columns, [q for q in instrument.questions if q.repeat == repeat], problems)
    orphans: list[tuple[int | None, str]] = []
    for line, row, answers in cells.rows():
        parent = columns.cell(row, "_parent_index", "parent_key")
        if parent not in forms:
            orphans.append((line, parent))
        elif not is_empty(answers):
            forms[parent].lines.setdefault(repeat, []).append(answers)
    cells.report()
    problems.add(columns.sheet.file, "line without a form", "refused", count=len(orphans), rows=orphans)
