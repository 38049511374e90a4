"""Read exports of one instrument back: recognised by content, checked against it, nothing dropped unsaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ot_eval.base.errors import RequestError
from ot_eval.data.formats import Unreadable
from ot_eval.data.problems import ProblemList, Problems
from ot_eval.data.survey_checks import check_forms
from ot_eval.data.survey_columns import Columns, columns_of, report
from ot_eval.data.survey_files import Sheet, read_sheets
from ot_eval.data.survey_forms import Form, add_sheet_lines, flat_forms, redcap_forms
from ot_eval.data.survey_headings import Names
from ot_eval.data.survey_instrument import Instrument
from ot_eval.data.survey_layouts import Layout

FEWEST = 0.5
"""Share of an instrument's questions that a sheet must hold to be taken for it."""
Keep = Literal["none", "latest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRead:
    """What an export held.

    Attributes
    ----------
    instrument : which instrument it answers
    layouts : how it was laid out, by file
    forms : one a filled form, duplicates and empty forms taken out and counted
    n_rows : rows of answers in the export, before anything was taken out
    problems : all that was found, as counts, with a private list of rows
    """

    instrument: Instrument
    layouts: dict[str, Layout]
    forms: tuple[Form, ...]
    n_rows: int
    problems: Problems


def read_exports(
    paths: Sequence[Path],
    instruments: Mapping[str, Instrument],
    *,
    renamed: Mapping[str, str] | None = None,
    keep: Keep = "none",
) -> SurveyRead:
    """Read the export files of one instrument.

    Parameters
    ----------
    paths : the files; an ODK export with repeat groups is several, and waves may come in files of their own
    instruments : the instruments it may belong to, by name
    renamed : headings matched by hand, with the question's name
    keep : what becomes of two different forms for one respondent and time: refused, or the later one kept

    Raises
    ------
    RequestError
        The files answer no instrument, or two different ones.
    """
    problems = ProblemList()
    sheets: list[Sheet] = []
    for path in paths:
        try:
            sheets += read_sheets(path)
        except Unreadable as error:
            rows = [(row, "") for row in error.rows]
            problems.add(path.name, error.rule, "refused", count=error.count, note=error.note, rows=rows)
    matched = _match(sheets, instruments, renamed or {}, problems)
    if matched is None:
        raise _unknown(problems, instruments)
    instrument, names, mains, others = matched
    forms: list[Form] = []
    n_rows = 0
    for main in mains:
        top = tuple(q for q in instrument.questions if not (q.repeat and main.layout.lines == "sheet"))
        report(main, instrument, names, top, problems)
        n_rows += len(main.body)
        _formulas(main.sheet, problems)
        if main.layout.lines == "rows":
            forms += redcap_forms(main, instrument, problems)
        else:
            made = flat_forms(main, instrument, problems)
            if main.layout.lines == "sheet":
                _add_lines(main, made, others, instrument, names, problems)
            forms += made
    if len(mains) > 1:
        _tell_apart(forms, mains)
    kept = check_forms(forms, instrument, keep, problems)
    return SurveyRead(
        instrument=instrument,
        layouts={m.sheet.file: m.layout for m in mains},
        forms=tuple(kept),
        n_rows=n_rows,
        problems=problems.freeze(),
    )


def _match(
    sheets: Sequence[Sheet], instruments: Mapping[str, Instrument], renamed: Mapping[str, str], problems: ProblemList
) -> tuple[Instrument, Names, list[Columns], list[tuple[str, Columns]]] | None:
    """Return the instrument that most sheets answer best, its main sheets, and the sheets of its repeat groups."""
    prepared = {name: Names.of(i) for name, i in instruments.items()}
    best: dict[str, list[Columns]] = {}
    left: list[Sheet] = []
    for sheet in sheets:
        tried = {name: columns_of(sheet, names, renamed) for name, names in prepared.items()}
        shares = {
            name: len(c.asked) / sum(not q.repeat or c.layout.lines != "sheet" for q in instruments[name].questions)
            for name, c in tried.items()
        }
        name = max(shares, key=lambda n: (shares[n], len(tried[n].asked)))
        if shares[name] >= FEWEST and not _holds_lines(tried[name]):
            best.setdefault(name, []).append(tried[name])
        else:
            left.append(sheet)
    if len(best) > 1:
        raise RequestError(
            f"the files answer {len(best)} instruments: {', '.join(sorted(best))}",
            expected="the exports of one instrument at a time",
            fix="read each instrument on its own",
        )
    if not best:
        return None
    name, mains = next(iter(best.items()))
    lines: list[tuple[str, Columns]] = []
    for sheet in left:
        columns = columns_of(sheet, prepared[name], renamed)
        repeats = {instruments[name].question(q).repeat for q in columns.asked}
        if _holds_lines(columns) and len(repeats) == 1 and "" not in repeats:
            lines.append((next(iter(repeats)), columns))
        else:
            note = f"Sheet {sheet.name!r} holds no question of {name}." if sheet.kind == "excel" else ""
            problems.add(sheet.file, "sheet not read", "noted", count=len(sheet.rows), note=note)
    return instruments[name], prepared[name], mains, lines


def _holds_lines(columns: Columns) -> bool:
    return any(name in columns.own for name in ("_parent_index", "parent_key"))


def _add_lines(
    main: Columns,
    forms: list[Form],
    others: list[tuple[str, Columns]],
    instrument: Instrument,
    names: Names,
    problems: ProblemList,
) -> None:
    by_line = {form.line: form for form in forms}
    keyed = {
        main.cell(row, "_index" if main.layout.name == "kobo" else "key"): by_line[line]
        for line, row in main.body
        if line in by_line
    }
    for repeat in instrument.repeats:
        sheets = [c for r, c in others if r == repeat and _belongs(c, main)]
        if not sheets:
            note = "Its lines stand on a sheet or in a file of their own: export it, and give it too."
            problems.add(main.sheet.file, "repeat group not in the export", "refused", column=repeat, note=note)
        for columns in sheets:
            report(columns, instrument, names, tuple(q for q in instrument.questions if q.repeat == repeat), problems)
            _formulas(columns.sheet, problems)
            add_sheet_lines(keyed, columns, repeat, instrument, problems)


def _belongs(lines: Columns, main: Columns) -> bool:
    """Return whether a sheet of lines goes with a main sheet: the same workbook, or a CSV named after it."""
    if main.sheet.kind == "excel":
        return lines.sheet.file == main.sheet.file
    return lines.sheet.name.startswith(main.sheet.name)


def _tell_apart(forms: list[Form], mains: list[Columns]) -> None:
    """Put the file's name before ids that are numbered in each file anew."""
    numbered = {m.sheet.file for m in mains if m.layout.lines != "sheet"}
    for form in forms:
        if form.file in numbered:
            form.source = f"{Path(form.file).stem}:{form.source}"


def _formulas(sheet: Sheet, problems: ProblemList) -> None:
    rows: list[tuple[int | None, str]] = [(line, f"column {place + 1}") for line, place in sheet.formulas]
    note = "Copy the cells and paste them as values."
    problems.add(sheet.file, "formula", "refused", count=len(rows), note=note, rows=rows)


def _unknown(problems: ProblemList, instruments: Mapping[str, Instrument]) -> Exception:
    frozen = problems.freeze()
    if frozen.refused:
        return frozen.error("the files given")
    return RequestError(
        "the files answer none of the instruments",
        expected=f"at least half of the questions of one of {', '.join(instruments)}",
        fix="export names or labels of questions; or give the folder of your own instruments with --surveys",
    )
