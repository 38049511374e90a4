"""Every column of an export accounted for: which question it answers, or why it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ot_eval.data.problems import ProblemList
from ot_eval.data.survey_files import Sheet
from ot_eval.data.survey_headings import Found, Names, folded
from ot_eval.data.survey_instrument import Choice, Instrument, Question
from ot_eval.data.survey_layouts import TABLE, Layout, layout_of

TITLE_LINES = 10
"""Rows above the headings (a title, a date) that a sheet saved by hand may have."""


@dataclass(slots=True)
class Columns:
    """The columns of one sheet. `whole` and `split` are positions by question; `own` by folded heading."""

    sheet: Sheet
    layout: Layout
    header: int
    whole: dict[str, int] = field(default_factory=dict)
    split: dict[str, dict[str, int]] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    translated: dict[str, int] = field(default_factory=dict)
    people: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def headings(self) -> tuple[str, ...]:
        """The row of headings."""
        return self.sheet.rows[self.header]

    @property
    def body(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Rows of answers with the line each stands on."""
        return tuple(zip(self.sheet.lines[self.header + 1 :], self.sheet.rows[self.header + 1 :], strict=True))

    @property
    def asked(self) -> frozenset[str]:
        """Names of the questions that have a column."""
        return frozenset(self.whole) | frozenset(self.split)

    def cell(self, row: tuple[str, ...], *names: str) -> str:
        """Return the cell of the first of the tool's own columns that is there, or an empty text."""
        return next((row[self.own[n]].strip() for n in names if n in self.own), "")


def columns_of(sheet: Sheet, names: Names, renamed: Mapping[str, str]) -> Columns:
    """Recognise the columns of a sheet against one instrument; the row with most questions is the row of headings."""
    last = 1 if sheet.kind == "spss" else min(TITLE_LINES, len(sheet.rows))
    best: Columns | None = None
    for header in range(last):
        layout = layout_of(sheet.rows[header], sheet.kind)
        made = _recognise(Columns(sheet=sheet, layout=layout, header=header), names, renamed)
        if best is None or len(made.asked) > len(best.asked):
            best = made
        if layout is not TABLE and made.asked:
            break
    if best is None:
        raise AssertionError("a sheet has a row")
    return best


def _recognise(made: Columns, names: Names, renamed: Mapping[str, str]) -> Columns:
    for place, heading in enumerate(made.headings):
        exact = folded(renamed.get(heading, heading)) in names.by_text
        if not exact and made.layout.adds(heading):
            made.own.setdefault(folded(heading), place)
            if made.layout.names_people(heading):
                made.people.append(place)
            continue
        found = names.match(heading, renamed)
        if found is None and heading in made.sheet.labels:
            found = names.match(made.sheet.labels[heading], renamed)
        if found is not None:
            _place(made, found, place)
        elif not names.is_note(heading):
            made.unknown.append(place)
    return made


def _place(made: Columns, found: Found, place: int) -> None:
    name = found.question.name
    if found.language:
        made.translated[found.language] = made.translated.get(found.language, 0) + 1
    if found.choice is not None:
        if made.split.setdefault(name, {}).setdefault(found.choice.name, place) != place:
            made.twice.append(name)
    elif made.whole.setdefault(name, place) != place:
        made.twice.append(name)


def report(made: Columns, instrument: Instrument, names: Names, wanted: tuple[Question, ...], to: ProblemList) -> None:
    """Report every column that is no question, and every question that has no column.

    Parameters
    ----------
    made : the columns of one sheet
    wanted : the questions that this sheet should hold
    to : where problems are counted
    """
    file = made.sheet.file
    missing = {q.name: q for q in wanted if q.name not in made.asked}
    for name in made.twice:
        to.add(file, "two columns for one question", "refused", column=name)
    for place in made.unknown:
        heading = made.headings[place]
        like = names.nearest(heading, missing)
        filled = sum(bool(row[place].strip()) for _, row in made.body)
        if like is not None:
            missing.pop(like.name)
            note = (
                f"Column {place + 1} reads like '{like.label}'. If it means the same, list it in a file for --columns."
            )
            to.add(file, "changed question", "refused", column=like.name, note=note)
        elif heading.strip() or filled:
            note = f"Column {place + 1}, with {filled} filled cells, is left out."
            to.add(file, "column not in the instrument", "noted", column=f"column {place + 1}", note=note)
    for q in missing.values():
        severity = "refused" if q.name in instrument.key else "noted"
        to.add(file, "question not in the export", severity, column=q.name)  # type: ignore[arg-type]  # one of two words
    for language, n in made.translated.items():
        to.add(file, "translated label", "noted", count=n, note=f"Headings in {language} were matched.")
    if made.people:
        filled = sum(any(row[p].strip() for p in made.people) for _, row in made.body)
        to.add(file, "column that names people", "noted", count=filled, note="It was not read.")
    _missing_choices(made, wanted, to)


def _missing_choices(made: Columns, wanted: tuple[Question, ...], to: ProblemList) -> None:
    for q in wanted:
        if q.name in made.split and q.name not in made.whole:
            lacking: list[Choice] = [c for c in q.choices if c.name not in made.split[q.name]]
            note = "The form may have been an older one; nobody could choose these there."
            to.add(made.sheet.file, "choice not in the export", "noted", column=q.name, count=len(lacking), note=note)
