"""Every instrument in words: what it is scored by, its licence, and where an important change comes from."""

from __future__ import annotations

from collections.abc import Mapping

from ot_eval.measures import eq5d_value_sets, registry
from ot_eval.measures.barthel_modified import BANDS
from ot_eval.measures.instrument import ImportantChange, Instrument, Score

INTRODUCTION = """# Instruments

What can be scored, by the short name that stands in the column `instrument` of `scores.csv` (or is recognised in
`goals.csv`). This page is made from the code: `python -m ot_eval.measures.catalogue > docs/instruments.md`.

No instrument's wording is shipped, only score numbers and labels of our own. Read the licence before you use one: most
forms are owned, some are bought. VERIFIED, PARTLY_VERIFIED and RECALLED say how far the scoring was checked against its
source; RECALLED means from general knowledge, so check it against the form you use.

An important change belongs to the people it was found in. Where none is established for your people, name your own in
the protocol (`progress.important_changes`), with its setting and source.
"""


def catalogue(known: Mapping[str, Instrument]) -> list[dict[str, str]]:
    """Return one row an instrument in words: scores, missing rule, important change, licence, source, status.

    The documentation page of instruments is made from it.
    """
    return [
        {
            "name": i.name,
            "title": i.title,
            "table": f"`{i.table}.csv`",
            "items": "; ".join(f"`{item.name}` ({item.about}; {item.rule()})" for item in i.items),
            "scores": "; ".join(_score(s) for s in i.scores),
            "missing rule": i.missing_rule,
            "important change": _changes(i.important_changes) or "none established",
            "detectable change": _changes(i.detectable_changes) or "none known here",
            "licence": f"{i.licence.owner}: {i.licence.condition} [{i.licence.status}]",
            "source": f"{i.source} [{i.status}]",
        }
        for i in known.values()
    ]


def _score(score: Score) -> str:
    return f"{score.name} ({score.unit}; {'not judged' if score.describes else f'{score.better} is better'})"


def _changes(changes: tuple[ImportantChange, ...]) -> str:
    return "; ".join(f"{c.score} {c.value:g}: {c.kind}, {c.setting}, {c.source} [{c.status}]" for c in changes)


def as_markdown() -> str:
    """Return the documentation page of instruments."""
    parts = [INTRODUCTION]
    for row in catalogue(registry.instruments()):
        lines = [f"- **{name.capitalize()}**: {text}" for name, text in row.items() if name not in ("name", "title")]
        parts.append(f"## `{row['name']}`: {row['title']}\n\n" + "\n".join(lines) + "\n")
    parts.append(_value_sets())
    parts.append(_bands())
    return "\n".join(parts)


def _value_sets() -> str:
    head = '## EQ-5D value sets\n\nNo index is called just "UK". Name each in full in the protocol.\n\n'
    table = "| name | what | questionnaire | source | standing |\n|---|---|---|---|---|\n"
    rows = [
        f"| `{v.name}` | {v.about} | {v.n_levels} levels | {v.source} | {v.standing} |"
        for v in eq5d_value_sets.VALUE_SETS.values()
    ]
    dsu = (
        "\n\nThe NICE DSU mapping (EQ-5D-5L to 3L, by age and sex) is read from your own table: `progress.dsu_table`.\n"
    )
    return head + table + "\n".join(rows) + dsu


def _bands() -> str:
    lines = [
        f"- `{scheme}`: " + "; ".join(f"up to {end:g} {name}" for end, name in bands) for scheme, bands in BANDS.items()
    ]
    return (
        "## Bands of the modified Barthel\n\nTwo published schemes disagree, so a scheme is always named.\n\n"
        + "\n".join(lines)
        + "\n"
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
