"""Empty tables to fill, and one list that explains every column; made from the declarations, so they cannot differ."""

from __future__ import annotations

import csv
import io

from ot_eval.data.schema import TABLES, Column

EXPLAINED = "explained.csv"
_KINDS = {
    "id": "an identifier",
    "text": "text",
    "date": "a date, YYYY-MM-DD or DD/MM/YYYY",
    "month": "a month, YYYY-MM",
    "datetime": "a date and time, YYYY-MM-DD HH:MM",
    "number": "a number",
    "integer": "a whole number",
    "choice": "one of a list",
    "codes": "codes separated by ;",
}
_HEADINGS = ("table", "one row is", "column", "must be there", "what it is", "how to write it", "unit", "allowed")


def templates() -> dict[str, str]:
    """Return the text of every template by file name: one header row for each table, and `explained.csv`.

    Each begins with a byte-order mark, so that Excel reads accents right.

    Examples
    --------
    >>> templates()["providers.csv"].strip().lstrip(chr(0xFEFF))
    'provider_id,arm,coaching_start,wave,stratum,sessions_planned,sessions_held'
    """
    made = {f"{table.name}.csv": _csv([tuple(c.name for c in table.columns)]) for table in TABLES}
    explained = [
        _HEADINGS,
        *((t.name, t.grain.removeprefix("one row per "), *_about(c)) for t in TABLES for c in t.columns),
    ]
    return {**made, EXPLAINED: _csv(explained)}


def _about(column: Column) -> tuple[str, ...]:
    allowed = " or ".join(column.allowed)
    if column.own_words:
        allowed += " (or your own words, which are mapped)"
    if column.minimum is not None or column.maximum is not None:
        low = f"from {column.minimum:g}" if column.minimum is not None else ""
        high = f"to {column.maximum:g}" if column.maximum is not None else ""
        allowed = f"{low} {high}".strip()
    must = "yes" if column.required else "no"
    return (column.name, must, column.about, _KINDS[column.kind], column.unit, allowed)


def _csv(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return "\ufeff" + text.getvalue()
