"""Every table of a report, in the order in which its pages show them, for the workbook."""

from __future__ import annotations

from collections.abc import Iterator

from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.outputs import table_people, tables
from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Table, two_columns
from ot_eval.outputs.together import together
from ot_eval.publish.blocks import blocks
from ot_eval.publish.checklist import checklist
from ot_eval.publish.stories import story_of

SUMMARY = "Summary"


def versions(provenance: Provenance) -> Table:
    """Return the versions of the toolkit, Python and every package."""
    rows = [("ot_eval", provenance.toolkit), ("Python", provenance.python), *sorted(provenance.packages.items())]
    return two_columns("versions", "Versions", ("Part", "Version"), rows)


def columns() -> Table:
    """Return what each column of results.csv means."""
    return two_columns("columns", "Columns of results.csv", ("Column", "Meaning"), list(RESULT_COLUMNS.items()))


def all_tables(
    released: tuple[Released, ...], protocol: Protocol, provenance: Provenance
) -> tuple[tuple[str, Table], ...]:
    """Return each table with the title of the page it stands on; one that stands on two pages comes once.

    Parameters
    ----------
    released : the strands, the most important first
    protocol : the protocol as used
    provenance : where the numbers came from
    """
    found: list[tuple[str, Table]] = []
    for place, table in (*_summary(released), *_strands(released, protocol), *_last(provenance)):
        if table is not None and table not in [t for _, t in found]:
            found.append((place, table))
    return tuple(found)


def _summary(released: tuple[Released, ...]) -> Iterator[tuple[str, Table | None]]:
    story = story_of(released[0])
    for figure in (story.timeline, *story.pictures):
        if figure is not None:
            yield SUMMARY, figure.table
    joint = together(released)
    yield SUMMARY, joint.display if joint else None


def _strands(released: tuple[Released, ...], protocol: Protocol) -> Iterator[tuple[str, Table | None]]:
    for r in released:
        yield r.title, table_people.flow(r)
        yield r.title, table_people.table_one(r)
        for block in blocks(r):
            for figure in block.figures:
                yield r.title, figure.table
            for table in block.tables:
                yield r.title, table
        yield r.title, tables.checks(r)
        yield r.title, tables.deviations(r)
        yield r.title, tables.sources(r)
        yield r.title, checklist(r, protocol)


def _last(provenance: Provenance) -> Iterator[tuple[str, Table | None]]:
    yield "Every page", versions(provenance)
    yield "Every page", columns()
