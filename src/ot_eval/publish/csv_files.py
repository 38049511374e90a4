"""The machine-readable files: the same released numbers as the pages, byte-identical for the same input.

UTF-8, commas, line feeds, sorted rows, four decimals for every number that is no count. An empty cell is hidden or
absent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.outputs.ledger import Entry
from ot_eval.outputs.released import Released

DECIMALS = 4
FLOW_COLUMNS = ("study", "strand", "population", "step", "rule", "label", "n_left", "n_removed")
CURVE_COLUMNS = (
    "study",
    "analysis",
    "population",
    "group",
    "outcome",
    "unit",
    "day",
    "value",
    "lower",
    "upper",
    "level",
)
LEDGER_COLUMNS = tuple(f.name for f in fields(Entry))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """Return one cell: fixed decimals, and text that a spreadsheet cannot take for a formula.

    Examples
    --------
    >>> cell(0.3125), cell(410), cell(None), cell("=1+1")
    ('0.3125', '410', '', "'=1+1")
    """
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        text = f"{value:.{DECIMALS}f}"
        return text.lstrip("-") if not text.strip("-0.") else text
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV bytes under a header."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue().encode("utf-8")


def results(released: Iterable[Released]) -> list[list[object]]:
    """Return every released estimate, in the columns of the glossary, sorted by everything that names a row."""
    estimates = [(r.study, e) for r in released for e in r.estimates]
    named = sorted(
        estimates,
        key=lambda pair: (
            pair[0],
            pair[1].analysis,
            pair[1].population,
            pair[1].outcome,
            pair[1].term,
            pair[1].measure,
            pair[1].method,
        ),
    )
    return [[study if c == "study" else getattr(e, c) for c in RESULT_COLUMNS] for study, e in named]


def results_csv(released: Iterable[Released]) -> bytes:
    """Return every released estimate as CSV."""
    return table(tuple(RESULT_COLUMNS), results(released))


def flow_csv(released: Iterable[Released]) -> bytes:
    """Return who was included, rule by rule, in the order of the rules."""
    rows: list[tuple[object, ...]] = []
    for r in released:
        step: dict[str, int] = {}
        for s in r.flow:
            step[s.population] = step.get(s.population, 0) + 1
            rows.append((r.study, r.strand, s.population, step[s.population], s.rule, s.label, s.n_left, s.n_removed))
    return table(FLOW_COLUMNS, rows)


def curves_csv(released: Iterable[Released]) -> bytes:
    """Return every point of every published curve."""
    rows: list[tuple[Any, ...]] = []
    for r in released:
        for c in r.curves:
            for i, day in enumerate(c.days):
                low, high = (None if band is None else band[i] for band in (c.lower, c.upper))
                names = (r.study, c.analysis, c.population, c.group, c.outcome, c.unit)
                rows.append((*names, day, c.value[i], low, high, c.level))
    return table(CURVE_COLUMNS, sorted(rows, key=lambda row: (*row[:7],)))


def ledger_csv(entries: Iterable[Entry]) -> bytes:
    """Return every number of people or events that the report publishes, and the population it is about."""
    rows = [[getattr(e, c) for c in LEDGER_COLUMNS] for e in entries]
    return table(LEDGER_COLUMNS, rows)
