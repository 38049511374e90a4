"""What is wrong in Client Level Data, value by value: counted in one pass, listed in a second.

Nearly everything here is noted, not refused: real returns are never clean. What a fault does to the result is said by
`quality`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from ot_eval.data.cld_headers import FIELDS
from ot_eval.data.cld_parquet import blank_as_null
from ot_eval.data.cld_source import TABLE, AllFiles
from ot_eval.data.dates import looks_month_first
from ot_eval.data.engine import ROW_NO
from ot_eval.data.problems import ProblemList

LISTED_ROWS = 10_000
"""Rows listed for one file; counts are always complete."""

MONTH_FIRST_SHARE = 0.01
"""Where this share of a file's starts only makes sense with the month first, the file is refused; fewer are slips."""

HEADER = {f.name: f.headers[0] for f in FIELDS}
MONTH_FIRST = "month-first dates"
Mask = Callable[[ir.Table], ir.BooleanValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its name, the field it is reported under, and which rows of `AllFiles.every` break it."""

    rule: str
    column: str
    broken: Mask


def _unread(rule: str, name: str) -> Rule:
    """Something is written and no date or number can be read."""
    return Rule(rule=rule, column=name, broken=lambda t: t[f"given_{name}"].notnull() & t[name].isnull())


def _blank(name: str, *kinds: str) -> Rule:
    """Nothing is written in rows of the given event types (none given: in any row)."""

    def broken(t: ir.Table) -> ir.BooleanValue:
        written = f"given_{name}" if f"given_{name}" in t.columns else name
        blank = blank_as_null(t[written]).isnull()
        return blank & t.event_type.strip().lower().isin(list(kinds)) if kinds else blank

    return Rule(rule="missing value", column=name, broken=broken)


RULES: tuple[Rule, ...] = (
    *(_unread("bad date", name) for name in ("start_date", "end_date", "birth_date", "death_date")),
    *(_unread("not a number", name) for name in ("unit_cost", "planned_units")),
    Rule(rule="negative number", column="unit_cost", broken=lambda t: t.unit_cost < 0),
    Rule(rule="negative number", column="planned_units", broken=lambda t: t.planned_units < 0),
    *(_blank(name) for name in ("la_person_id", "nhs_number", "event_type", "client_type", "start_date")),
    _blank("end_date", "request", "referral", "assessment", "review"),
    _blank("service_type", "service"),
    _blank("service_component", "service"),
    Rule(
        rule="missing value",
        column="outcome",
        broken=lambda t: blank_as_null(t.outcome).isnull() & t.end_date.notnull(),
    ),
    Rule(rule="end before start", column="end_date", broken=lambda t: t.end_date < t.start_date),
    Rule(rule="start after death", column="death_date", broken=lambda t: t.start_date > t.death_date),
    Rule(rule="born after start", column="birth_date", broken=lambda t: t.birth_date > t.start_date),
    Rule(
        rule="row without a person",
        column="la_person_id",
        broken=lambda t: t.la_person_id.isnull() & t.nhs_number.isnull(),
    ),
    Rule(rule=MONTH_FIRST, column="start_date", broken=lambda t: looks_month_first(t.given_start_date)),
)


def _invalid(column: str, words: list[str]) -> Rule:
    return Rule(rule="invalid and not mapped", column=column, broken=lambda t: t[column].isin(words))


def check_files(files: AllFiles, problems: ProblemList, invalid: dict[str, list[str]]) -> None:
    """Count and list what is wrong in every file.

    Parameters
    ----------
    files : the files
    problems : where problems are added
    invalid : for each list field, given values that map to nothing
    """
    rules = [*RULES, *(_invalid(column, words) for column, words in invalid.items())]
    flags = {f"flag_{i}": rule.broken(files.every).fill_null(False) for i, rule in enumerate(rules)}
    flagged = files.every.mutate(**flags)
    totals = flagged.group_by("file_key").agg(**{name: flagged[name].cast("int64").sum() for name in flags})
    counts: dict[int, dict[int, int]] = {}
    for record in totals.to_pyarrow().to_pylist():
        present = files.sources[record["file_key"]].header.columns
        found = {i: int(record[f"flag_{i}"] or 0) for i, rule in enumerate(rules) if rule.column in present}
        counts[record["file_key"]] = {i: n for i, n in found.items() if n}
    listed = _listed(flagged, rules, counts)
    for key, source in enumerate(files.sources):
        problems.add(source.name, "row given twice", "noted", table=TABLE, count=len(source.repeats))
        for i, count in counts.get(key, {}).items():
            rule = rules[i]
            many = rule.rule == MONTH_FIRST and count >= MONTH_FIRST_SHARE * source.n_rows
            if rule.rule == MONTH_FIRST and not many:
                continue  # counted as bad dates
            problems.add(
                source.name,
                rule.rule,
                "refused" if many else "noted",
                table=TABLE,
                column=HEADER[rule.column],
                count=count,
                rows=listed.get((key, i), []),
            )


def _listed(
    flagged: ir.Table, rules: list[Rule], counts: dict[int, dict[int, int]]
) -> dict[tuple[int, int], list[tuple[int, str]]]:
    """Return line and value of the rows that break a rule, by file and rule: one query for all."""
    broken = sorted({i for found in counts.values() for i in found})
    if not broken:
        return {}
    files_of = {i: [key for key, found in counts.items() if i in found] for i in broken}
    any_flag = reduce(or_, (flagged[f"flag_{i}"] & flagged.file_key.isin(files_of[i]) for i in broken))
    values = {
        f"value_{c}": flagged[f"given_{c}" if f"given_{c}" in flagged.columns else c].cast("string")
        for c in {rules[i].column for i in broken}
    }
    rows = flagged.filter(any_flag).select("file_key", ROW_NO, *(f"flag_{i}" for i in broken), **values)
    place = ibis.row_number().over(ibis.window(group_by=rows.file_key, order_by=rows[ROW_NO]))
    first = rows.mutate(place=place).filter(lambda t: t.place < LISTED_ROWS)
    listed: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for record in first.order_by("file_key", ROW_NO).to_pyarrow().to_pylist():
        for i in broken:
            if record[f"flag_{i}"] and record["file_key"] in files_of[i]:
                value = record[f"value_{rules[i].column}"] or ""
                listed.setdefault((record["file_key"], i), []).append((record[ROW_NO], value))
    return listed
