"""Filled forms laid out as KoboToolbox, ODK, REDCap, Microsoft Forms, SPSS and people's own Excel lay them out.

The layouts follow the tools' manuals and exports seen; that of Microsoft Forms is from general knowledge.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook

from ot_eval.data.survey_forms import Form
from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import Answer

Cell = str | int | float | datetime | date | None
Grid = list[list[Cell]]


def _label(q: Question, name: str) -> str:
    return next((c.label for c in q.choices if c.name == name), name)


def _path(q: Question, mark: str) -> str:
    return mark.join(part for part in (q.repeat or q.group, q.name) if part)


def _columns(
    questions: Sequence[Question],
    heading: Callable[[Question], str],
    *,
    mark: str = "/",
    labels: bool = False,
    split: bool = True,
    joined: bool = True,
    ticks: tuple[Cell, Cell] = (1, 0),
) -> list[tuple[str, Callable[[dict[str, Answer]], Cell]]]:
    """Return headings with the function that makes their cell, select-multiple split, joined or both."""
    found: list[tuple[str, Callable[[dict[str, Answer]], Cell]]] = []
    for q in questions:
        if not q.multiple or joined:
            found.append((heading(q), lambda a, q=q: _said(q, a[q.name], labels)))  # type: ignore[misc]
        if q.multiple and split:
            for c in q.choices:
                option = c.label if labels else c.name
                end = ")" if mark == " (choice=" else ""
                found.append(
                    (
                        f"{heading(q)}{mark}{option}{end}",
                        lambda a, q=q, c=c: ticks[c.name not in a[q.name]],  # type: ignore[misc]
                    )
                )
    return found


def _said(q: Question, answer: Answer, labels: bool) -> str:
    if isinstance(answer, tuple):
        return " ".join(_label(q, name) if labels else name for name in answer)
    return _label(q, answer) if labels and q.choices else answer


def write_csv(path: Path, grid: Grid) -> Path:
    """Write a grid as CSV with a byte-order mark, as the tools do."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([["" if c is None else c for c in row] for row in grid])
    return path


def write_excel(path: Path, sheets: dict[str, Grid]) -> Path:
    """Write sheets as a workbook; text stays text, whatever it begins with."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, grid in sheets.items():
        page = book.create_sheet(re.sub(r"[:/?*\[\]\\]", "_", name)[:31])
        for n, row in enumerate(grid, start=1):
            for k, value in enumerate(row, start=1):
                if value is None or value == "":
                    continue
                cell = page.cell(n, k)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)
    return path


def kobo(instrument: Instrument, forms: Sequence[Form], path: Path, *, labels: bool = False) -> Path:
    """Write a KoboToolbox workbook: names or labels, choices joined and split, repeat groups on sheets of their own."""
    head = (lambda q: q.label) if labels else (lambda q: _path(q, "/"))
    main = _columns([q for q in instrument.questions if not q.repeat], head, labels=labels)
    tail = ("_id", "_uuid", "_submission_time", "_validation_status", "_submitted_by", "__version__", "_index")
    grid: Grid = [[*(h for h, _ in main), *tail]]
    lines: dict[str, Grid] = {}
    for repeat in instrument.repeats:
        inner = [q for q in instrument.questions if q.repeat == repeat]
        lines[repeat] = [
            [*(h for h, _ in _columns(inner, head, labels=labels)), "_index", "_parent_table_name", "_parent_index"]
        ]
    for n, form in enumerate(forms, start=1):
        own = (1000 + n, form.source, "2025-05-01T10:00:00", None, None, "vAb1", n)
        grid.append([*(make(form.answers) for _, make in main), *own])
        for repeat, rows in lines.items():
            inner = [q for q in instrument.questions if q.repeat == repeat]
            for line in form.lines.get(repeat, []):
                cells = [make(line) for _, make in _columns(inner, head, labels=labels)]
                rows.append([*cells, len(rows), instrument.title, n])
    return write_excel(path, {instrument.title: grid, **lines})


def odk(instrument: Instrument, forms: Sequence[Form], folder: Path, *, split: bool = True) -> list[Path]:
    """Write ODK Central CSV files: one for the form and one for each repeat group."""
    main = _columns([q for q in instrument.questions if not q.repeat], lambda q: _path(q, "-"), split=split)
    tail = ("meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "Status", "FormVersion")
    grid: Grid = [["SubmissionDate", *(h for h, _ in main), *tail]]
    for form in forms:
        own = (form.source, form.source, 7, "A Worker", None, instrument.version)
        grid.append(["2025-05-01T10:00:00.000Z", *(make(form.answers) for _, make in main), *own])
    paths = [write_csv(folder / f"{instrument.name}.csv", grid)]
    for repeat in instrument.repeats:
        inner = _columns([q for q in instrument.questions if q.repeat == repeat], lambda q: q.name, split=split)
        rows: Grid = [[*(h for h, _ in inner), "PARENT_KEY", "KEY"]]
        for form in forms:
            for n, line in enumerate(form.lines.get(repeat, []), start=1):
                rows.append([*(make(line) for _, make in inner), form.source, f"{form.source}/{repeat}[{n}]"])
        paths.append(write_csv(folder / f"{instrument.name}-{repeat}.csv", rows))
    return paths


def redcap(
    instrument: Instrument, forms: Sequence[Form], path: Path, *, labels: bool = False, events: Sequence[str] = ()
) -> Path:
    """Write a REDCap CSV: raw or labelled, with events where the project is longitudinal.

    With events, form number k is that of record k // n at event k % n. An unticked box is 0, shown or not.
    """
    mark, ticks = (" (choice=", ("Checked", "Unchecked")) if labels else ("___", (1, 0))
    head = (lambda q: q.label) if labels else (lambda q: q.name.lower())
    columns = _columns(instrument.questions, head, mark=mark, labels=labels, joined=False, ticks=ticks)
    columns = [(h if labels else h.lower(), make) for h, make in columns]
    repeating = (
        ("Repeat Instrument", "Repeat Instance") if labels else ("redcap_repeat_instrument", "redcap_repeat_instance")
    )
    first = [
        "Record" if labels else "record_id",
        *(["Event Name" if labels else "redcap_event_name"] if events else []),
    ]
    first += repeating if instrument.repeats else ()
    grid: Grid = [[*first, *(h for h, _ in columns), "Complete?" if labels else f"{instrument.name}_complete"]]
    empty: dict[str, Answer] = {q.name: () if q.multiple else "" for q in instrument.questions}
    n_events = max(len(events), 1)
    for k, form in enumerate(forms):
        start: list[Cell] = [str(k // n_events + 1), *([events[k % n_events]] if events else [])]
        own = ["", ""] if instrument.repeats else []
        done = "Complete" if labels else 2
        grid.append([*start, *own, *(make({**empty, **form.answers}) for _, make in columns), done])
        for repeat, lines in form.lines.items():
            name = repeat.replace("_", " ").title() if labels else repeat
            for n, line in enumerate(lines, start=1):
                grid.append([*start, name, n, *(make({**empty, **line}) for _, make in columns), ""])
    return write_csv(path, grid)


def _flat(instrument: Instrument, form: Form) -> list[dict[str, Answer]]:
    """Return the rows of a form where a repeat group has no place of its own: everything again for each line."""
    empty: dict[str, Answer] = {q.name: () if q.multiple else "" for q in instrument.questions}
    lines = [line for repeat in instrument.repeats for line in form.lines.get(repeat, [])] or [{}]
    return [{**empty, **form.answers, **line} for line in lines]


def _native(q: Question, answer: Answer, join: str, end: str) -> Cell:
    if isinstance(answer, tuple):
        return join.join(_label(q, name) for name in answer) + (end if answer else "")
    if not answer:
        return None
    if q.kind in ("integer", "decimal"):
        return float(answer) if "." in answer else int(answer)
    if q.kind == "date":
        return datetime.combine(date.fromisoformat(answer), datetime.min.time())
    return _label(q, answer)


def forms_excel(instrument: Instrument, forms: Sequence[Form], path: Path) -> Path:
    """Write a Microsoft Forms workbook: full questions as headings, labels as answers, choices joined by `;`."""
    grid: Grid = [["ID", "Start time", "Completion time", "Email", "Name", *(q.label for q in instrument.questions)]]
    begun = datetime(2025, 5, 1, 10)  # noqa: DTZ001  # Forms writes local times without a zone
    for form in forms:
        for answers in _flat(instrument, form):
            cells = [_native(q, answers[q.name], ";", ";") for q in instrument.questions]
            grid.append([len(grid), begun, begun, "anonymous", None, *cells])
    return write_excel(path, {"Form1": grid})


def hand_excel(instrument: Instrument, forms: Sequence[Form], path: Path) -> Path:
    """Write a workbook as people keep one: with a title, day-first dates, choices by commas, a second sheet."""
    heads: Grid = [
        ["Survey results, typed in", None],
        [],
        [*(q.label.upper() for q in instrument.questions), "Remarks"],
    ]
    for form in forms:
        for answers in _flat(instrument, form):
            row: list[Cell] = []
            for q in instrument.questions:
                answer = answers[q.name]
                if q.kind == "date" and isinstance(answer, str) and answer:
                    row.append(f"{date.fromisoformat(answer):%d/%m/%Y}")
                else:
                    row.append(_native(q, answer, ", ", ""))
            heads.append([*row, "ok"])
    return write_excel(path, {"Sheet1": heads, "Sheet2": [["notes to self"]]})


def spss(instrument: Instrument, forms: Sequence[Form], path: Path) -> Path:
    """Write an SPSS file: numbers with value labels, one 0/1 variable a choice, variable labels."""
    import pandas as pd
    import pyreadstat

    rows = [answers for form in forms for answers in _flat(instrument, form)]
    data: dict[str, list[object]] = {}
    variable: dict[str, str] = {}
    values: dict[str, dict[float, str]] = {}
    for q in instrument.questions:
        variable[q.name] = q.label
        if q.multiple:
            for c in q.choices:
                name = f"{q.name}.{c.name}"
                data[name] = [float(c.name in row[q.name]) for row in rows]
                variable[name] = f"{q.label}: {c.label}"
            del variable[q.name]
        elif q.choices:
            codes = {c.name: float(k) for k, c in enumerate(q.choices, start=1)}
            data[q.name] = [codes.get(str(row[q.name])) for row in rows]
            values[q.name] = {float(k): c.label for k, c in enumerate(q.choices, start=1)}
        elif q.kind in ("integer", "decimal"):
            data[q.name] = [float(str(row[q.name])) if row[q.name] else None for row in rows]
        elif q.kind == "date":
            data[q.name] = [date.fromisoformat(str(row[q.name])) if row[q.name] else None for row in rows]
        else:
            data[q.name] = [str(row[q.name]) for row in rows]
    numeric = [
        q.name for q in instrument.questions if not q.multiple and (q.choices or q.kind in ("integer", "decimal"))
    ]
    frame = pd.DataFrame(data)
    frame[numeric] = frame[numeric].astype(float)
    pyreadstat.write_sav(frame, str(path), column_labels=variable, variable_value_labels=values)  # type: ignore[arg-type]
    return path
