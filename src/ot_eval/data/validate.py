"""Check a study table against its declaration and give its columns their types. All problems, not the first.

The declaration (`schema.Table`) is the only list of rules. What breaks the contract is refused; what can be read past
(an extra column, a word without a mapping, a row given twice) is noted and counted.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ot_eval.base.errors import nearest
from ot_eval.data.conversion import TYPES, Check, convert
from ot_eval.data.formats import RawTable
from ot_eval.data.own_words import OwnWords, spelled
from ot_eval.data.problems import NO_HEADER, ProblemList
from ot_eval.data.schema import Table


def check_table(raw: RawTable, table: Table, words: OwnWords, problems: ProblemList) -> tuple[pa.Table, dict[str, str]]:
    """Check one file and return it typed, with every declared column (absent ones as nulls).

    Parameters
    ----------
    raw : the file as read
    table : its declaration
    words : the service's own words
    problems : where problems are added

    Returns
    -------
    table : pyarrow.Table
        Columns in declared order, typed by `TYPES`. Meaningful only where nothing was refused.
    facts : dict
        How dates were written, for the report.
    """
    check = Check(raw, table, words, problems)
    found = _match_columns(check)
    columns: dict[str, pa.Array] = {}
    for column in table.columns:
        if column.name in found:
            columns[column.name] = convert(check, column, found[column.name])
        else:
            columns[column.name] = pa.nulls(raw.table.num_rows, TYPES[column.kind])
    for line, name in raw.formulas:
        problems.add(raw.path.name, "formula", "refused", table=table.name, column=name, rows=[(line, "=")])
    _check_order(check, columns)
    typed = pa.table(columns)
    return _check_keys(check, typed, set(found)), check.facts


def _match_columns(check: Check) -> dict[str, pa.Array]:
    """Return the given columns by declared name; report missing and extra ones.

    A first row without any required name may be a row of data: its words are then shown nowhere.
    """
    names = check.raw.table.column_names
    given = {spelled(name): name for name in names}
    declared = {spelled(c.name): c for c in check.table.columns}
    headed = any(key in given for key, column in declared.items() if column.required)
    extra = [name for key, name in given.items() if key not in declared] if headed else []
    file, table = check.raw.path.name, check.table.name
    for key, column in declared.items():
        if key not in given and column.required:
            hint = nearest(column.name, extra).strip() if headed else NO_HEADER
            check.problems.add(file, "missing column", "refused", table=table, column=column.name, note=hint)
    absent = [c.name for k, c in declared.items() if k not in given]
    for name in extra:
        check.problems.add(file, "extra column", "noted", table=table, column=name, note=nearest(name, absent).strip())
    return {declared[k].name: _chunk(check.raw.table.column(name)) for k, name in given.items() if k in declared}


def _chunk(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _check_order(check: Check, columns: dict[str, pa.Array]) -> None:
    for earlier, later in check.table.ordered:
        check.report(later, "end before start", "refused", pc.less(columns[later], columns[earlier]))


def _check_keys(check: Check, typed: pa.Table, found: set[str]) -> pa.Table:
    """Drop rows given twice (noted) and report different rows that share a key (refused)."""
    key = [name for name in check.table.key if name in found]
    if not key or typed.num_rows == 0:
        return typed
    numbered = typed.append_column("_line", pa.array(check.lines(range(typed.num_rows)), pa.int64()))
    declared = typed.column_names
    first = numbered.group_by(declared, use_threads=False).aggregate([("_line", "min")])
    kept_lines = first.column("_line_min").combine_chunks()
    kept = pc.is_in(numbered.column("_line"), value_set=kept_lines).combine_chunks()
    check.report("", "row given twice", "noted", pc.invert(kept))
    unique = numbered.filter(kept)
    sizes = unique.group_by(key, use_threads=False).aggregate([("_line", "count"), ("_line", "list")])
    clash = sizes.filter(pc.greater(sizes.column("_line_count"), 1))
    lines = pc.list_flatten(clash.column("_line_list").combine_chunks())
    one_person = check.table.key == ("person_id",)
    rule = "two people with one id" if one_person else "one id, different rows"
    bad = pc.is_in(numbered.column("_line"), value_set=lines.cast(pa.int64())).combine_chunks()
    check.report(key[0], rule, "refused", bad, note=f"One row for each {', '.join(check.table.key)}.")
    return unique.drop_columns(["_line"])
