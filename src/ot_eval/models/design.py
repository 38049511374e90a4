"""Covariates into numbers: columns of a frame become dummies and values, and rows that agree become one pattern.

Text, categories and yes/no columns are compared with their first level (categories keep their order, text is sorted);
numbers enter as they are. ``"a:b"`` is the product of two terms. Missing values are refused, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns
from ot_eval.models.spells import Floats, Ints, coded

MOST_LEVELS = 512
"""A number with more distinct values than this is continuous: rows do not fall into patterns."""
COUNTABLE = 5_000_000
"""Up to this many possible patterns are told apart by counting, more by sorting."""
MOST_CODES = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One column: level codes by row and their values (levels, width), or, for a continuous one, values by row."""

    name: str
    names: tuple[str, ...]
    codes: Ints | None
    values: Floats
    numeric: bool = False

    @property
    def n_level(self) -> int:
        """How many distinct levels a grouped term has."""
        return int(self.values.shape[0])

    def rows(self) -> Floats:
        """Return the numbers by row, shape (rows, width)."""
        return self.values if self.codes is None else self.values[self.codes]


@dataclass(frozen=True)
class Design:
    """The covariates of a model. `names` has one entry a coefficient."""

    terms: tuple[str, ...]
    columns: dict[str, Term]
    names: tuple[str, ...]
    term_of: tuple[int, ...]
    n: int

    @property
    def grouped(self) -> bool:
        """Whether every term has few levels, so that rows fall into patterns."""
        return all(c.codes is not None for c in self.columns.values()) and self.product < MOST_CODES

    @property
    def product(self) -> int:
        """How many patterns there could be."""
        return int(np.prod([c.n_level for c in self.columns.values()], dtype=object))

    @cached_property
    def patterns(self) -> tuple[Ints, Floats]:
        """A pattern code by row, and the covariates of each pattern (patterns, coefficients)."""
        narrow = self.product <= COUNTABLE  # half the memory to move
        code: Ints = np.zeros(self.n, dtype=np.int32) if narrow else np.zeros(self.n, dtype=np.int64)
        for column in self.columns.values():
            if column.codes is not None:
                code = code * column.n_level + column.codes.astype(code.dtype, copy=False)
        used, number = _distinct(code, self.product)
        levels: dict[str, Ints] = {}
        rest = used
        for name, column in reversed(self.columns.items()):
            rest, levels[name] = np.divmod(rest, column.n_level)
        values = self._matrix({name: self.columns[name].values[levels[name]] for name in self.columns})
        return number, values

    def matrix(self) -> Floats:
        """Return the covariates by row, shape (rows, coefficients)."""
        return self._matrix({name: column.rows() for name, column in self.columns.items()})

    def _matrix(self, parts: dict[str, Floats]) -> Floats:
        blocks = [_product_of([parts[p] for p in term.split(":")]) for term in self.terms]
        return np.concatenate(blocks, axis=1)


def _distinct(code: Ints, product: int) -> tuple[Ints, Ints]:
    if product > COUNTABLE:
        used, number = np.unique(code, return_inverse=True)
        return used, np.asarray(number, dtype=np.int64)
    seen = np.bincount(code, minlength=product) > 0
    return np.flatnonzero(seen), (np.cumsum(seen) - 1).astype(np.int32)[code]


def _product_of(blocks: list[Floats]) -> Floats:
    whole = blocks[0]
    for block in blocks[1:]:
        whole = (whole[:, :, None] * block[:, None, :]).reshape(len(whole), -1)
    return whole


def read_design(frame: pd.DataFrame, terms: tuple[str, ...]) -> Design:
    """Read the columns that `terms` name.

    Examples
    --------
    >>> d = read_design(pd.DataFrame({"sex": ["f", "m", "f"], "age": [70, 80, 70]}), ("sex", "age"))
    >>> d.names
    ('sex: m v f', 'age, per 1')
    >>> d.patterns[1].tolist()
    [[0.0, 70.0], [1.0, 80.0]]
    """
    if not terms or len(set(terms)) < len(terms):
        raise AnalysisRefused(
            f"model: {len(terms)} terms, {len(set(terms))} different",
            expected="at least one term, each named once",
            fix="name the exposure and the covariates of the model",
        )
    columns = {name: _term(frame, name) for term in terms for name in term.split(":")}
    names: list[str] = []
    term_of: list[int] = []
    for position, term in enumerate(terms):
        labels = [""]
        for part in term.split(":"):
            labels = [f"{a} x {b}" if a else b for a in labels for b in columns[part].names]
        names += labels
        term_of += [position] * len(labels)
    return Design(terms=terms, columns=columns, names=tuple(names), term_of=tuple(term_of), n=len(frame))


def _term(frame: pd.DataFrame, name: str) -> Term:
    need_columns([name], list(frame.columns))
    column = frame[name]
    whole = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iub"
    missing = 0 if whole else int(column.isna().sum())
    if missing:
        raise AnalysisRefused(
            f"follow_up.{name}: {missing} of {len(column)} rows have no value",
            expected="a value in every row that is analysed",
            fix="impute several times and pool (imputation.pool), or leave the rows out by a named rule",
        )
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return _number(column, name)
    return _category(column, name)


def _category(column: pd.Series, name: str) -> Term:
    codes, found = coded(column)
    levels = [str(level) for level in found]
    if len(levels) == 1:
        raise AnalysisRefused(
            f"follow_up.{name}: everybody has the same value",
            expected="at least two levels to compare",
            fix=f"take {name} out of the model",
        )
    values = np.eye(len(levels))[:, 1:]
    names = tuple(f"{name}: {level} v {levels[0]}" for level in levels[1:])
    return Term(name=name, names=names, codes=codes.astype(np.int32), values=values)


def _number(column: pd.Series, name: str) -> Term:
    grouped = _whole_numbers(column, name)
    if grouped is not None:
        return grouped
    values = column.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise AnalysisRefused(
            f"follow_up.{name}: {int((~np.isfinite(values)).sum())} rows are infinite",
            expected="finite numbers",
            fix=f"correct {name}, or leave the rows out by a named rule",
        )
    low, high = float(values.min()), float(values.max())
    _refuse_constant(name, low, high)
    names = (f"{name}, per 1",)
    codes, levels = _levels(values, low, high)
    if codes is None:
        return Term(name=name, names=names, codes=None, values=values[:, None], numeric=True)
    return Term(name=name, names=names, codes=codes, values=levels[:, None], numeric=True)


def _whole_numbers(column: pd.Series, name: str) -> Term | None:
    """Return the term of a column of whole numbers in a narrow range, without a detour through floats."""
    if not (isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu"):
        return None
    values = column.to_numpy()
    low, high = int(values.min()), int(values.max())
    _refuse_constant(name, low, high)
    if high - low >= MOST_LEVELS:
        return None
    levels = np.arange(low, high + 1, dtype=np.float64)[:, None]
    codes = (values - low).astype(np.int32, copy=False)
    return Term(name=name, names=(f"{name}, per 1",), codes=codes, values=levels, numeric=True)


def _refuse_constant(name: str, low: float, high: float) -> None:
    if low == high:
        raise AnalysisRefused(
            f"follow_up.{name}: everybody has the same value",
            expected="at least two values to compare",
            fix=f"take {name} out of the model",
        )


def _levels(values: Floats, low: float, high: float) -> tuple[Ints | None, Floats]:
    if high - low < MOST_LEVELS:
        shifted = (values - low).astype(np.int64)
        if bool((shifted + low == values).all()):
            return shifted, low + np.arange(int(high - low) + 1, dtype=np.float64)
    if np.unique(values[:4096]).size > MOST_LEVELS // 2:
        return None, values
    codes, levels = pd.factorize(values)
    return (np.asarray(codes, dtype=np.int64), np.asarray(levels)) if len(levels) <= MOST_LEVELS else (None, values)
