"""SQLite files of other programs, opened to read and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ot_eval.data.containers import refusal

_MAGIC = b"SQLite format 3\0"


class Database:
    """A database that is read. Tables and columns are named by the caller, never by the file."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection, self.name = connection, name
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self.tables = frozenset(str(row[0]) for row in found)

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table."""
        rows = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
        return frozenset(str(row[0]) for row in rows)

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table in the order they were made, some columns.

        Parameters
        ----------
        table : a name that the toolkit wrote down
        columns : names that the toolkit wrote down; one that the file lacks is None in each row
        """
        there = self.columns(table)
        wanted = ", ".join(f'"{c}"' if c in there else "NULL" for c in columns)
        yield from self._connection.execute(f'SELECT {wanted} FROM "{table}" ORDER BY rowid')  # noqa: S608

    def count(self, table: str) -> int:
        """Return how many rows a table has; 0 where there is none."""
        if table not in self.tables:
            return 0
        return int(self._connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])  # noqa: S608


@contextmanager
def opened(path: Path, what: str, needed: Sequence[str]) -> Iterator[Database]:
    """Open a database to read.

    Parameters
    ----------
    path : the file
    what : what it should be, for messages
    needed : tables without which it is something else

    Raises
    ------
    DataError
        It is no SQLite file, is damaged or locked, or lacks a table.
    """
    if not path.is_file():
        raise refusal(path.name, "no such file", what, "check the path")
    with path.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise refusal(path.name, "this is no SQLite database", what)
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            database = Database(connection, path.name)
            missing = sorted(set(needed) - database.tables)
            if missing:
                raise refusal(path.name, f"it lacks the table {missing[0]}", what)
            yield database
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        raise refusal(path.name, "the database is damaged or in use", what, "close the other program") from None
