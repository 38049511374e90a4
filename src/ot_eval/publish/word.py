"""The report for people who work in Word: the manager's summary first, then each strand in full."""

from __future__ import annotations

from typing import Any

from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.outputs import story_experience, table_people, tables, tidier_table, trial_table
from ot_eval.outputs.labels import date_words
from ot_eval.outputs.released import Released
from ot_eval.outputs.story import Story
from ot_eval.outputs.together import together
from ot_eval.publish import word_parts
from ot_eval.publish.blocks import blocks
from ot_eval.publish.methods import methods
from ot_eval.publish.stories import story_of

MADE_UP = "Made-up data. Everyone in this report is invented. It says nothing about any real service or person."


def report(released: tuple[Released, ...], protocol: Protocol, provenance: Provenance) -> bytes:
    """Return `report.docx` as bytes, the same for the same input."""
    document = word_parts.new_document(protocol.title, provenance.made_at)
    document.add_heading(protocol.title, level=0)
    if any(r.synthetic for r in released):
        document.add_paragraph(MADE_UP, style="Intense Quote")
    document.add_paragraph(f"{protocol.service[:1].upper() + protocol.service[1:]}. {date_words(provenance.made_at)}.")
    _summary(document, released, protocol)
    _together(document, released)
    for r in released:
        _strand(document, r)
    document.add_heading("Provenance", level=1)
    document.add_paragraph(
        f"Protocol {provenance.protocol_sha256[:12]}, code {provenance.code_sha256[:12]}, "
        f"ot_eval {provenance.toolkit}, {provenance.python}. Every hash and version is in manifest.json."
    )
    return word_parts.to_bytes(document)


def _summary(document: Any, released: tuple[Released, ...], protocol: Protocol) -> None:
    story = story_of(released[0])
    document.add_heading("The question", level=1)
    document.add_paragraph(protocol.question)
    document.add_heading("The answer", level=1)
    for line in (story.answer, story.answer_more):
        if line:
            document.add_paragraph(line)
    if story.key_figures:
        document.add_heading("The main figures", level=1)
        word_parts.add_bullets(document, tuple(k.sentence for k in story.key_figures))
    _when(document, story)
    _pictures(document, story)
    for heading, lines in (
        ("How sure are we?", story.sure),
        ("What it means for your service", story.means),
        ("What we do not know", story.unknown),
        ("Who was included", story.included),
        ("How we protect people’s privacy", story_experience.privacy(released[0])),
    ):
        if lines:
            document.add_heading(heading, level=1)
            word_parts.add_bullets(document, lines)
    document.add_heading("How it was done", level=1)
    for line in methods(protocol, released):
        document.add_paragraph(line)


def _pictures(document: Any, story: Story) -> None:
    if story.pictures:
        document.add_heading("In pictures", level=1)
    for figure in story.pictures:
        word_parts.add_figure(document, figure)


def _when(document: Any, story: Story) -> None:
    if story.timeline is None and not story.timeline_sentences:
        return
    document.add_heading("When it happened", level=1)
    for line in story.timeline_sentences:
        document.add_paragraph(line)
    if story.timeline is not None:
        word_parts.add_figure(document, story.timeline)


def _together(document: Any, released: tuple[Released, ...]) -> None:
    joint = together(released)
    if joint is None:
        return
    document.add_heading("What the parts say together", level=1)
    for heading, lines in joint.parts:
        document.add_heading(heading, level=2)
        word_parts.add_bullets(document, lines)
    document.add_paragraph(joint.caution)
    if joint.display is not None:
        word_parts.add_table(document, joint.display)


def _strand(document: Any, released: Released) -> None:
    document.add_page_break()
    document.add_heading(f"Full report: {released.title}", level=1)
    document.add_paragraph(released.question)
    for heading, table in (
        ("Who was included", table_people.flow(released)),
        ("Who they were", table_people.table_one(released)),
    ):
        if table is not None:
            document.add_heading(heading, level=2)
            word_parts.add_table(document, table)
    for block in blocks(released):
        document.add_heading(block.heading, level=2)
        if block.warning:
            document.add_paragraph(f"Do not use this comparison. {block.warning}")
        if block.caveat:
            document.add_paragraph(block.caveat)
        for figure in block.figures:
            word_parts.add_figure(document, figure)
        for table in block.tables:
            word_parts.add_table(document, table)
    for heading, last in (
        ("Checks of the methods", tables.checks(released)),
        ("Changes to the plan", tables.deviations(released)),
        ("Where the data come from", tables.sources(released)),
    ):
        if last is not None:
            document.add_heading(heading, level=2)
            word_parts.add_table(document, last)
    word_parts.add_bullets(document, trial_table.others(tidier_table.others(released.notes)))
