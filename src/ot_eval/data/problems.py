"""Problems found in inputs: counted by rule for the screen and the report, listed row by row in a private file.

Counts (`ProblemCount`) carry no person's value and may be shown. Rows (`Problem`) carry the value that broke a rule;
they are written to the private zone only, by `Problems.write`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ot_eval.base.errors import DataError
from ot_eval.base.study import write_private

Severity = Literal["refused", "noted"]

ROWS_KEPT = 10_000
"""Rows listed for one file, column and rule; the count is always complete. Keeps problems.csv openable in Excel."""

SHOWN = 6
"""Rules named in one error message; the rest are counted."""


NO_HEADER = "The first row holds none of the column names: it may be data."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One value that broke one rule. Private: `value` is the person's own. `row` is the line of the file, or None."""

    file: str
    row: int | None
    column: str
    rule: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCount:
    """How often one column of one file broke one rule. `note` never holds a person's value."""

    file: str
    table: str
    column: str
    rule: str
    severity: Severity
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """Every problem of every file, refused and noted."""

    counts: tuple[ProblemCount, ...] = ()
    rows: tuple[Problem, ...] = ()

    @property
    def refused(self) -> tuple[ProblemCount, ...]:
        """The counts that stop a run."""
        return tuple(c for c in self.counts if c.severity == "refused")

    @property
    def noted(self) -> tuple[ProblemCount, ...]:
        """The counts that are reported and do not stop a run."""
        return tuple(c for c in self.counts if c.severity == "noted")

    def by_rule(self) -> dict[tuple[Severity, str], int]:
        """Return the total for each severity and rule, refused first, then by rule name."""
        totals: dict[tuple[Severity, str], int] = {}
        for c in self.counts:
            totals[c.severity, c.rule] = totals.get((c.severity, c.rule), 0) + c.count
        return dict(sorted(totals.items(), key=lambda item: (item[0][0] != "refused", item[0][1])))

    def write(self, work: Path) -> Path:
        """Write the private list, `problems.csv` in `work` (file, row, column, rule, value), and return its path."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["file", "row", "column", "rule", "value"])
        listed = {(p.file, p.column, p.rule) for p in self.rows}
        for p in self.rows:
            writer.writerow([p.file, "" if p.row is None else p.row, p.column, p.rule, plain_cell(p.value)])
        for c in self.counts:
            if (c.file, c.column, c.rule) not in listed:
                writer.writerow([c.file, "", c.column, c.rule, plain_cell(c.note)])
        return write_private(work / "problems.csv", "\ufeff" + text.getvalue())

    def error(self, where: str) -> DataError:
        """Return the error that stops a run; `where` says in words where the row-by-row list lies."""
        refused = self.refused
        parts = [f"{c.file}{f' column {c.column}' if c.column else ''}: {c.rule} ({c.count})" for c in refused[:SHOWN]]
        more = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        hints = " ".join(dict.fromkeys(c.note for c in refused[:SHOWN] if c.note))
        return DataError(
            f"the data broke {len(refused)} rule(s): {'; '.join(parts)}{more}",
            expected="; ".join(dict.fromkeys(MEANING.get(c.rule, c.rule) for c in refused[:SHOWN])),
            fix=f"correct the rows listed in {where}, then run `ot-eval check` again." + (f" {hints}" if hints else ""),
        )


@dataclass(slots=True)
class ProblemList:
    """Collects problems while files are read."""

    counts: list[ProblemCount] = field(default_factory=list)
    rows: list[Problem] = field(default_factory=list)

    def add(
        self,
        file: str,
        rule: str,
        severity: Severity,
        *,
        table: str = "",
        column: str = "",
        count: int = 1,
        note: str = "",
        rows: Iterable[tuple[int | None, str]] = (),
    ) -> None:
        """Count one rule broken in one column of one file, and list the rows (line, value) that broke it."""
        if count < 1:
            return
        self.counts.append(
            ProblemCount(file=file, table=table, column=column, rule=rule, severity=severity, count=count, note=note)
        )
        self.rows.extend(
            Problem(file=file, row=row, column=column, rule=rule, value=value)
            for (row, value), _ in zip(rows, range(ROWS_KEPT), strict=False)
        )

    def freeze(self) -> Problems:
        """Return what was found, in a fixed order."""
        return Problems(
            counts=tuple(
                sorted(self.counts, key=lambda c: (c.severity != "refused", c.file, c.column, c.rule, c.note))
            ),
            rows=tuple(sorted(self.rows, key=lambda p: (p.file, p.row if p.row is not None else 0, p.column, p.rule))),
        )


def plain_cell(value: str) -> str:
    """Return `value` so that a spreadsheet shows it as text and never runs it as a formula.

    Examples
    --------
    >>> plain_cell("=1+1")
    "'=1+1"
    >>> plain_cell("-12.50")
    '-12.50'
    """
    if value[:1] in "=@\t\r" and value:
        return "'" + value
    if value[:1] in "+-" and value:
        try:
            float(value)
        except ValueError:
            return "'" + value
    return value


MEANING: dict[str, str] = {
    "missing file": "the file is there and can be read",
    "not a file": "a file, where a folder was found",
    "empty file": "a file with a header row and rows",
    "not a table": "a table that its file type allows to be read",
    "row width": "as many cells in every row as there are column names",
    "repeated column": "each column name once",
    "two files for one table": "one file for each table",
    "missing column": "every column that the study-folder contract marks as required",
    "missing value": "a value in every required cell",
    "unknown value": "one of the listed values",
    "not a number": "a number",
    "not a whole number": "a whole number",
    "out of range": "a number inside the column's range",
    "bad date": "a real date, written YYYY-MM-DD or DD/MM/YYYY",
    "month-first dates": "days before months (DD/MM/YYYY) or YYYY-MM-DD, never MM/DD/YYYY",
    "ambiguous date style": "one date style in a file: dates with the month first and with the day first were found",
    "end before start": "an end on or after its start",
    "one id, different rows": "one row for each key of the table",
    "two people with one id": "one person for each id",
    "one person, two rows": "one row for each person; the local ids belong to one person in Client Level Data",
    "one id, two councils": "local ids that name one person in the data; say whose council's id it is",
    "formula": "values, not Excel formulas",
    "no complete month": "at least one month with a usual number of ended requests, assessments and services",
    "shared NHS number": "an NHS number that belongs to one person",
}
"""What was expected, rule by rule: the second line of an error."""
