"""Invented packages as lines of home care over time: who, which line, from when to when, hours, provider, why it ended.

A package is one line or two (care and domestic help, or two carers at once). Changes are applied in order, each to all
people at once, so that a large council costs no loop over people.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data.synthetic_council import NONE, Council

Array = np.ndarray[Any, Any]
# Codes of the line's Event Description; the words stand in synthetic_wording.
CARE, DOMESTIC, EVENING, CARER_1, CARER_2, DOUBLE, EXTRA = range(1, 8)
SEGMENT = ("person", "line", "description", "start", "end", "spell", "provider", "units", "why")


class Ledger:
    """The open line of every person, and the closed pieces so far."""

    def __init__(self, level: Array, *, recut: bool) -> None:
        n = len(level)
        self.level, self.recut = level, recut  # hours that the package returns to; whether a change cuts the row
        self.units = np.zeros((2, n))
        self.text = np.zeros((2, n), dtype=np.int64)
        self.since = np.full((2, n), NONE, dtype=np.int64)
        self.spell = np.full((2, n), NONE, dtype=np.int64)
        self.provider = np.zeros(n, dtype=np.int64)
        self.pieces: list[tuple[Array, ...]] = []

    def close(self, who: Array, line: int, last_day: Array, why: str) -> None:
        """End the piece of `line` that is running for `who`; its last day is `last_day`."""
        at = (self.units[line, who] > 0) & (self.since[line, who] <= last_day)
        w = who[at]
        row = (self.since[line, w], last_day[at], self.spell[line, w], self.provider[w], self.units[line, w])
        start, end, spell, provider, units = row
        whys = np.full(len(w), why, dtype=object)
        self.pieces.append((w, np.full(len(w), line), self.text[line, w], start, end, spell, provider, units, whys))

    def frame(self) -> pd.DataFrame:
        """Return every closed piece, ordered by person, line and start."""
        columns = [np.concatenate(part) for part in zip(*self.pieces, strict=True)]
        frame = pd.DataFrame(dict(zip(SEGMENT, columns, strict=True)))
        whole = ["person", "line", "description", "start", "end", "spell", "provider"]
        frame[whole] = frame[whole].astype(np.int64)
        return frame.sort_values(["person", "line", "start"], kind="stable", ignore_index=True)


def build_segments(p: pd.DataFrame, plan: pd.DataFrame, council: Council, rng: np.random.Generator) -> pd.DataFrame:
    """Return the pieces of every package (columns `SEGMENT`), from its start to its end or beyond the data.

    `why` is the reason that a piece ended: recut, change, hospital, switch, reablement, or how the person left.
    In overwritten style a piece shares its `spell` (the start date of the row) with the pieces before it.
    """
    book = Ledger(p["baseline"].to_numpy().copy(), recut=council.style != "overwritten")
    _open_first(book, p, plan, rng)
    rank = plan.groupby("person").cumcount().to_numpy() if len(plan) else np.zeros(0)
    for turn in range(int(rank.max(initial=-1)) + 1):
        now = plan[rank == turn]
        for kind, rows in now.groupby("kind", sort=True):
            _APPLY[str(kind)](book, rows)
    _close_all(book, p)
    _before_reablement(book, p)
    _come_back(book, p, council, rng)
    return _same_day_cuts(book.frame(), rng)


def _open_first(book: Ledger, p: pd.DataFrame, plan: pd.DataFrame, rng: np.random.Generator) -> None:
    n = len(p)
    who = np.flatnonzero(p["has_package"].to_numpy())
    book.provider[:] = p["provider"]
    change = np.zeros(n)
    first = plan[plan["kind"] == "set_up"]
    change[first["person"].to_numpy()] = first["amount"].to_numpy()
    total = np.maximum(p["baseline"].to_numpy() - change, 1.75)
    shape = rng.choice(4, n, p=[0.62, 0.16, 0.12, 0.10])  # one line, two lines, two carers, one double-handed line
    shape = np.where(total < 7, 0, shape)
    second = np.select([shape == 1, shape == 2], [np.round(total * 0.2 * 4) / 4, total / 2])
    book.text[0] = np.select([shape == 2, shape == 3], [CARER_1, DOUBLE], CARE)
    book.text[1] = np.select([shape == 2, shape == 1], [CARER_2, np.where(rng.random(n) < 0.8, DOMESTIC, EVENING)])
    for line, units in enumerate((total - second, second)):
        book.units[line, who] = units[who]
        for days in (book.since, book.spell):
            days[line, who] = p["package_start"].to_numpy()[who]


def _set_total(book: Ledger, who: Array, when: Array, total: Array, why: str) -> None:
    """Change the hours of the main line (or of both carers) from `when` on so that the package sums to `total`."""
    twin = book.text[0, who] == CARER_1
    second = np.where(twin, total / 2, book.units[1, who])
    main = np.maximum(total - second, 0.25)
    changed = [np.ones(len(who), dtype=bool), twin]
    for line, units in enumerate((main, second)):
        w, at = who[changed[line]], changed[line]
        book.close(w, line, when[at] - 1, why)
        book.units[line, w], book.since[line, w] = units[at], when[at]
        if book.recut:
            book.spell[line, w] = when[at]


def _rows(rows: pd.DataFrame) -> tuple[Array, Array, Array, Array]:
    return tuple(rows[c].to_numpy() for c in ("person", "day", "length", "amount"))  # type: ignore[return-value]


def _level(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, _, amount = _rows(rows)
    book.level[who] += amount
    _set_total(book, who, when, book.level[who], "change")


def _line(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, _, amount = _rows(rows)
    full = book.units[1, who] > 0
    _level(book, rows[full])
    w, at = who[~full], ~full
    book.level[w] += amount[at]
    book.units[1, w] = book.level[w] - book.units[0, w]
    book.text[1, w] = EXTRA
    book.since[1, w] = book.spell[1, w] = when[at]


def _pause(book: Ledger, who: Array, opens: Array, back: Array) -> None:
    for line in (0, 1):
        w = who[book.units[line, who] > 0]
        at = np.isin(who, w)
        book.close(w, line, opens[at] - 1, "hospital")
        book.since[line, w] = book.spell[line, w] = back[at]


def _restart(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, length, amount = _rows(rows)
    book.level[who] += amount
    if book.recut:
        _pause(book, who, when - length, when)
        twin = book.text[0, who] == CARER_1
        second = np.where(twin, book.level[who] / 2, book.units[1, who])
        book.units[0, who], book.units[1, who] = book.level[who] - second, second
    else:  # a suspended service stays open in an overwritten record: only the new hours show
        _set_total(book, who, when, book.level[who], "change")


def _gap(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, length, _ = _rows(rows)
    if book.recut:
        _pause(book, who, when, when + length)


def _relative(book: Ledger, rows: pd.DataFrame) -> None:
    """Apply fewer hours, or half an hour more, measured from the package's own level."""
    who, when, _, amount = _rows(rows)
    _set_total(book, who, when, np.maximum(book.level[who] + amount, 0.75), "change")


def _recover(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, _, _ = _rows(rows)
    _set_total(book, who, when, book.level[who], "change")


def _spike(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, length, amount = _rows(rows)
    before = book.units[:, who].sum(axis=0)
    _set_total(book, who, when, before + amount, "change")
    _set_total(book, who, when + length, before, "change")


def _switch(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, _, _ = _rows(rows)
    for line in (0, 1):
        w = who[book.units[line, who] > 0]
        at = np.isin(who, w)
        book.close(w, line, when[at] - 1, "switch")
        book.since[line, w] = book.spell[line, w] = when[at]
    book.provider[who] = -1 - book.provider[who]  # marked; the new provider is filled in when rows are made


def _review(book: Ledger, rows: pd.DataFrame) -> None:
    who, when, _, _ = _rows(rows)
    if book.recut:
        for line in (0, 1):
            w = who[book.units[line, who] > 0]
            at = np.isin(who, w)
            book.close(w, line, when[at] - 1, "recut")
            book.since[line, w] = book.spell[line, w] = when[at]


_APPLY: dict[str, Callable[[Ledger, pd.DataFrame], None]] = {
    "level": _level,
    "set_up": _recover,
    "line": _line,
    "restart": _restart,
    "gap": _gap,
    "decrease": _relative,
    "small": _relative,
    "recover": _recover,
    "spike": _spike,
    "switch": _switch,
    "review": _review,
}
LEAVES = ("death", "care_home", "moved", "ended")


def _close_all(book: Ledger, p: pd.DataFrame) -> None:
    leave = p["leave"].to_numpy()
    for code, why in enumerate(LEAVES):
        who = np.flatnonzero((p["leaves_by"].to_numpy() == code) & p["has_package"].to_numpy())
        for line in (0, 1):
            book.close(who, line, leave[who] - (why == "care_home"), why)


def _before_reablement(book: Ledger, p: pd.DataFrame) -> None:
    """Add the package of existing clients that stopped for reablement."""
    who = np.flatnonzero((p["existing"] & ~p["continues"]).to_numpy())
    w, n = who, len(who)
    start = p["before_start"].to_numpy()[w]
    units = np.maximum(p["baseline"].to_numpy()[w] - 1.75, 1.75)
    whys = np.full(n, "reablement", dtype=object)
    line, text = np.zeros(n, dtype=np.int64), np.full(n, CARE)
    end = p["start"].to_numpy()[w]
    book.pieces.append((w, line, text, start, end, start, p["provider"].to_numpy()[w], units, whys))


def _come_back(book: Ledger, p: pd.DataFrame, council: Council, rng: np.random.Generator) -> None:
    """Add a new package 45 to 100 days after the old one ended: too late to keep the person at risk."""
    ended = p["has_package"] & (p["leaves_by"] == LEAVES.index("ended"))
    back = p["leave"] + rng.integers(45, 100, len(p))
    stays = p[["death", "care_home", "moved"]].min(axis=1)
    p["comes_back"] = ended & (rng.random(len(p)) < 0.25) & (back < np.minimum(stays - 1, council.data_end))
    who = np.flatnonzero(p["comes_back"].to_numpy())
    n, start = len(who), back.to_numpy()[who]
    by = p[["death", "care_home", "moved"]].to_numpy()[who].argmin(axis=1)
    whys = np.array(LEAVES, dtype=object)[by]
    line, text = np.zeros(n, dtype=np.int64), np.full(n, CARE)
    units = p["baseline"].to_numpy()[who] + 3.5
    end = stays.to_numpy()[who]
    book.pieces.append((who, line, text, start, end, start, p["provider"].to_numpy()[who], units, whys))


def _same_day_cuts(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let a third of the cut rows end on the day that the next begins, as many systems write it."""
    cut = frame["why"].isin(("recut", "change", "switch")) & (frame["end"] < NONE)
    frame["same_day"] = cut & (rng.random(len(frame)) < 0.33)
    return frame
