"""The one shape behind every instrument: items, scores, missing rule, licence, important change.

An `Instrument` is a frozen value. `ot_eval.measures.scoring.score` turns rows of the `scores` (or `goals`) table into
one row a person and timepoint with it. Labels are our own words: no instrument's wording is shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ot_eval.base.errors import InternalFault

Status = Literal["VERIFIED", "PARTLY_VERIFIED", "RECALLED", "USER"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item and the values it may take: a list (`allowed`) or a range (`minimum` to `maximum`).

    Examples
    --------
    >>> Item(name="bathing", about="washing all over", allowed=(0, 1, 3, 4, 5)).rule()
    'one of 0, 1, 3, 4, 5'
    >>> Item(name="VAS", about="health today", minimum=0, maximum=100).rule()
    'a number from 0 to 100'
    """

    name: str
    about: str
    allowed: tuple[float, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def rule(self) -> str:
        """Return the allowed values in words, for messages and documentation."""
        if self.allowed:
            return "one of " + ", ".join(f"{v:g}" for v in self.allowed)
        return f"a number from {self.minimum:g} to {self.maximum:g}"

    def refuses(self, values: pd.Series[float]) -> pd.Series[bool]:
        """Return True where a value is present and not allowed; an empty value is missing, not refused."""
        if self.allowed:
            fits = values.isin(self.allowed)
        elif self.minimum is not None and self.maximum is not None:
            fits = values.between(self.minimum, self.maximum) & np.isfinite(values)
        else:
            raise InternalFault(
                f"measures: item {self.name} has no scale", expected="allowed values or a range", fix="report this"
            )
        return values.notna() & ~fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One number an instrument gives: its unit, its range and which direction is better.

    `describes` marks a number about the assessment itself (how many goals), which is no measure of progress.
    """

    name: str
    about: str
    unit: str = "points"
    minimum: float | None = None
    maximum: float | None = None
    better: Better = "higher"
    describes: bool = False

    @property
    def range(self) -> float | None:
        """The width of the scale, or None where it has no fixed end (a time in seconds)."""
        return None if self.minimum is None or self.maximum is None else self.maximum - self.minimum

    def gain(self, change: pd.Series[float]) -> pd.Series[float]:
        """Return change signed so that above zero is better."""
        return change if self.better == "higher" else -change


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportantChange:
    """A published threshold of change, never separated from the people and the source it came from."""

    score: str
    value: float
    kind: str
    setting: str
    source: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """Who owns the instrument and on what terms it is used; only score numbers are ever shipped."""

    owner: str
    condition: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule across the items of one assessment; `broken` gives True for each row that breaks it."""

    about: str
    broken: Callable[[pd.DataFrame], pd.Series[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An instrument as scored here.

    Parameters
    ----------
    name : the short name used in the column `instrument` of the `scores` table
    title : the name people know it by, with its version
    family : instruments that measure the same thing in different versions share a family; one person may not mix them
    table : where its rows lie: `scores` (item by item) or `goals` (goal by goal)
    rated_by : for goal instruments, the columns that show a goal was rated with this instrument
    of_the_goal : for goal instruments, the columns that belong to the goal and hold for all its timepoints
    items : every item, with its allowed values
    scores : every score it gives
    total : from a frame indexed by person and timepoint, one column an item, to one column a score; a row stays empty
        where `missing_rule` says so
    missing_rule : in words, what happens when an item is missing
    rules : rules across items
    source : where the scoring comes from
    status : how far the scoring was checked against its source
    important_changes : published changes that matter to people
    detectable_changes : published changes beyond measurement error (MDC 95); they say nothing of what matters
    """

    name: str
    title: str
    family: str
    items: tuple[Item, ...]
    scores: tuple[Score, ...]
    total: Callable[[pd.DataFrame], pd.DataFrame]
    missing_rule: str
    licence: Licence
    source: str
    status: Status
    table: Literal["scores", "goals"] = "scores"
    rated_by: tuple[str, ...] = ()
    of_the_goal: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    important_changes: tuple[ImportantChange, ...] = ()
    detectable_changes: tuple[ImportantChange, ...] = ()

    def score(self, name: str) -> Score:
        """Return the score called `name`."""
        return next(s for s in self.scores if s.name == name)

    def item(self, name: str) -> Item:
        """Return the item called `name`."""
        return next(i for i in self.items if i.name == name)


def add_up(name: str, items: tuple[str, ...]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return the scoring "sum of these items; missing when any is missing"."""

    def total(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({name: frame.loc[:, list(items)].sum(axis="columns", skipna=False)})

    return total


def average(parts: dict[str, tuple[str, ...]]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return the scoring "for each score, the mean of its items; missing when any is missing"."""

    def total(frame: pd.DataFrame) -> pd.DataFrame:
        means = {n: frame.loc[:, list(items)].mean(axis="columns", skipna=False) for n, items in parts.items()}
        return pd.DataFrame(means)

    return total
