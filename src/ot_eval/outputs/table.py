"""A plain table: caption, header cells, rows. No markup here; the page and Word both read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ot_eval.outputs import numbers

LONGEST_NUMBER = 40
"""Characters; a longer cell is text, which may wrap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its header cell and its other cells, as text."""

    header: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under a common heading; an empty heading makes no heading row."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with everything a screen reader needs: caption, column headers, a header in each row."""

    name: str
    caption: str
    head: tuple[str, ...]
    groups: tuple[Group, ...]
    note: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in order."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def wordy(self) -> bool:
        """Whether any cell holds a sentence rather than a number."""
        return any(len(cell) > LONGEST_NUMBER for row in self.rows for cell in row.cells)

    @property
    def has_hidden(self) -> bool:
        """Whether any cell is hidden."""
        return any(numbers.HIDDEN_CELL in cell for row in self.rows for cell in row.cells)


def listing(name: str, caption: str, head: Sequence[str], rows: Sequence[Row], note: str = "") -> Table:
    """Return a table without group headings."""
    return Table(name=name, caption=caption, head=tuple(head), groups=(Group(heading="", rows=tuple(rows)),), note=note)


def two_columns(name: str, caption: str, head: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> Table:
    """Return a table of two columns."""
    return listing(name, caption, head, [Row(header=a, cells=(b,)) for a, b in pairs])
