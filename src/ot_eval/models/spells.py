"""Time at risk: rows that begin the day after `entry` and end on `exit`, read once and checked once.

Every estimator of time to an event takes a frame with the contract's columns ``exit_day`` and ``event`` (and
``entry_day`` where follow-up is entered late) and reads it here, so that no library ever sees a code for a cause
(taken as true or false), a duration that is not a whole number of days, or a row without time at risk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns

Ints = NDArray[np.signedinteger]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CENSORED = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """Rows at risk in whole days: at risk from ``entry + 1`` up to and including ``exit``.

    ``event`` is 0 where follow-up ended without an event and ``k`` where it ended with ``kinds[k - 1]``.
    """

    entry: Ints
    exit: Ints
    event: Ints
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.exit)

    def code(self, kind: str) -> int:
        """Return the code of `kind`, or refuse when nobody had that event."""
        if kind not in self.kinds:
            raise AnalysisRefused(
                f"follow_up.event: nobody has the event {kind!r}; seen are {', '.join(self.kinds) or 'none'}",
                expected="at least one event of the kind that is analysed",
                fix="check the outcome's name and the definition of the event in the protocol",
            )
        return self.kinds.index(kind) + 1

    @property
    def delayed(self) -> bool:
        """Whether anybody comes under observation after the origin."""
        return bool((self.entry > 0).any())

    def take(self, rows: Bools) -> Spells:
        """Return the chosen rows, with the same codes."""
        return Spells(entry=self.entry[rows], exit=self.exit[rows], event=self.event[rows], kinds=self.kinds)


def read_spells(frame: pd.DataFrame) -> Spells:
    """Read and check ``entry_day`` (0 when absent), ``exit_day`` and ``event`` of `frame`.

    Parameters
    ----------
    frame : one row a person, or a row a spell for exposures that change; whole days; ``event`` is text, ``"none"``
        where nothing happened. Missing values are refused.

    Raises
    ------
    AnalysisRefused
        a column is absent or has missing values, days are not whole, a row has no time at risk, an event is a code.

    Examples
    --------
    >>> s = read_spells(pd.DataFrame({"exit_day": [3, 5], "event": ["death", "none"]}))
    >>> s.kinds, s.event.tolist(), s.entry.tolist()
    (('death',), [1, 0], [0, 0])
    """
    need_columns(["exit_day", "event"], list(frame.columns))
    if len(frame) == 0:
        raise AnalysisRefused(
            "follow_up: 0 rows",
            expected="at least one person at risk",
            fix="look at the flow diagram: a rule removed everybody",
        )
    leave = whole_days(frame["exit_day"], "exit_day")
    enter = whole_days(frame["entry_day"], "entry_day") if "entry_day" in frame else np.zeros_like(leave)
    idle = int((leave <= enter).sum())
    if idle or int(enter.min()) < 0:
        raise AnalysisRefused(
            f"follow_up: {idle} rows end on or before the day they begin, {int((enter < 0).sum())} begin before day 0",
            expected="0 <= entry_day < exit_day in every row",
            fix="leave out rows without time at risk, by a named rule of the population",
        )
    code, kinds = _events(frame["event"])
    return Spells(entry=enter, exit=leave, event=code, kinds=kinds)


def whole_days(column: pd.Series, name: str) -> Ints:
    """Return `column` as whole days, refusing missing values, fractions and anything that is not a number."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return column.to_numpy(dtype=np.int64)
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise AnalysisRefused(
            f"follow_up.{name}: the column is {column.dtype}, not a number of days",
            expected="whole days since time zero",
            fix="subtract time zero from the date and count days before the analysis",
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = int((~np.isfinite(values)).sum()), int((np.isfinite(values) & (values != np.floor(values))).sum())
    if any(bad):
        raise AnalysisRefused(
            f"follow_up.{name}: {bad[0]} rows are missing and {bad[1]} are not whole days",
            expected="whole days since time zero in every row",
            fix="derive the day for every row, or count in a smaller unit",
        )
    return values.astype(np.int64)


def _events(column: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    if pd.api.types.is_numeric_dtype(column) and not column.isna().any():
        raise AnalysisRefused(
            "follow_up.event: the column holds numbers",
            expected=f"the event in words, and {CENSORED!r} where there was none",
            fix="map each code to its word: software that reads 2 as true counts deaths as increases",
        )
    codes, levels = coded(column)
    words = [str(level) for level in levels]
    missing = int((codes < 0).sum())
    if missing:
        raise AnalysisRefused(
            f"follow_up.event: {missing} rows are missing",
            expected=f"what ended follow-up, or {CENSORED!r}",
            fix=f"write {CENSORED!r} where follow-up ended without an event",
        )
    kinds = tuple(sorted(w for w in words if w != CENSORED))
    table = np.array([0 if w == CENSORED else kinds.index(w) + 1 for w in words], dtype=np.int64)
    return table[codes], kinds


def coded(column: pd.Series) -> tuple[Ints, pd.Index]:
    """Return a code per row (-1 = missing) and the levels in use: categories in their order, otherwise sorted."""
    if isinstance(column.array, pd.Categorical):
        codes = np.asarray(column.array.codes, dtype=np.int64)
        used = np.bincount(codes + 1, minlength=len(column.array.categories) + 1)[1:] > 0
        renumber = np.concatenate([np.cumsum(used) - 1, [-1]])
        return renumber[codes], column.array.categories[used]
    codes, levels = pd.factorize(column, sort=True)
    return np.asarray(codes, dtype=np.int64), pd.Index(levels)


def groups_of(frame: pd.DataFrame, by: str | None) -> tuple[Ints, tuple[str, ...]]:
    """Return a code per row and the group names: categories in their order, otherwise sorted; None = everyone."""
    if by is None:
        return np.zeros(len(frame), dtype=np.int64), ("everyone",)
    codes, levels = codes_of(frame, by)
    return codes, tuple(str(level) for level in levels)


def codes_of(frame: pd.DataFrame, by: str) -> tuple[Ints, pd.Index]:
    """Return a code per row and the levels of column `by`, refusing missing values."""
    need_columns([by], list(frame.columns))
    codes, levels = coded(frame[by])
    missing = int((codes < 0).sum())
    if missing:
        raise AnalysisRefused(
            f"follow_up.{by}: {missing} rows have no group",
            expected="a group for every person",
            fix=f"give the missing ones a group of their own, or leave them out by a named rule on {by}",
        )
    return codes, levels
