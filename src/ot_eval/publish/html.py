"""Pages: released results through our own templates, never a notebook's output.

Each page is one file: styles inside, figures inside, no script, nothing fetched from anywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ot_eval.base.errors import InternalFault
from ot_eval.base.glossary import TERMS
from ot_eval.base.lock import NOT_LOCKED
from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.outputs import figures, numbers, story_experience, table_people, tables, tidier_table, trial_table
from ot_eval.outputs.labels import date_words
from ot_eval.outputs.released import Released, ReleasedStep
from ot_eval.outputs.story import Story
from ot_eval.outputs.table import Table
from ot_eval.outputs.together import together
from ot_eval.publish import technical
from ot_eval.publish.all_tables import columns, versions
from ot_eval.publish.blocks import Block, blocks
from ot_eval.publish.checklist import checklist
from ot_eval.publish.methods import methods
from ot_eval.publish.references import references
from ot_eval.publish.stories import story_of
from ot_eval.publish.technical import Code, Codes

NO_CODE: Codes = {}
PAGE_LIMIT = 300_000
"""Bytes of a page, at most: it must open on a slow line and go by e-mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure ready for a template: both shapes as markup."""

    title: str
    subtitle: str
    alt: str
    wide: Markup
    narrow: Markup
    table: Table | None
    short: bool


def picture(figure: figures.Figure | None) -> Picture | None:
    """Return a figure as the template wants it. Its SVG comes from our own drawing, with text escaped by matplotlib."""
    if figure is None:
        return None
    wide = figure.svg()
    narrow = wide if figure.wide == figure.narrow else figure.svg(narrow=True)
    return Picture(
        title=figure.title,
        subtitle=figure.subtitle,
        alt=figure.alt,
        wide=Markup(wide),  # noqa: S704
        narrow=Markup(narrow),  # noqa: S704
        table=figure.table,
        short=figure.wide[1] < 0.75 * figure.wide[0],
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ot_eval.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _css() -> Markup:
    text = resources.files("ot_eval.publish").joinpath("templates/style.css").read_text(encoding="utf-8")
    return Markup(text.strip())  # noqa: S704


def html_pages(
    released: tuple[Released, ...], protocol: Protocol, provenance: Provenance, code: Codes = NO_CODE
) -> dict[str, bytes]:
    """Return every page as bytes by file name: `index.html`, and `<strand>.html` and its page of code a strand.

    Parameters
    ----------
    released : the strands, the most important first; nothing else can be rendered
    protocol : the protocol as used
    provenance : where the numbers came from
    code : the code of each strand that has a page of code

    Raises
    ------
    InternalFault
        when there is no strand, or a page is larger than `PAGE_LIMIT`
    """
    if not released:
        raise InternalFault("pages: no strand to publish", expected="one or more", fix="report this: the run was empty")
    stories = {r.strand: story_of(r) for r in released}
    pages = {"index.html": _index(released, stories, protocol, provenance)}
    for r in released:
        its = technical.name_of(r.strand) if r.strand in code else ""
        pages[f"{r.strand}.html"] = _strand(r, stories[r.strand], protocol, provenance, its)
        if its:
            pages[its] = _technical(r, code[r.strand], protocol, provenance)
    for name, body in pages.items():
        if len(body) > PAGE_LIMIT:
            raise InternalFault(
                f"pages: {name} has {len(body)} bytes",
                expected=f"at most {PAGE_LIMIT}",
                fix="report this: a figure or a table grew too large",
            )
    return pages


def _common(synthetic: bool, protocol: Protocol, provenance: Provenance) -> dict[str, object]:
    return {
        "css": _css(),
        "synthetic": synthetic,
        "protocol": protocol,
        "provenance": provenance,
        "made_on": date_words(provenance.made_at),
        "approved_on": date_words(str(protocol.approved_on or "")),
    }


def _index(
    released: tuple[Released, ...], stories: dict[str, Story], protocol: Protocol, provenance: Provenance
) -> bytes:
    main = released[0]
    story = stories[main.strand]
    terms = [term for term in story.terms if term in TERMS]
    page = (
        _environment()
        .get_template("index.html.j2")
        .render(
            **_common(any(r.synthetic for r in released), protocol, provenance),
            story=_drawn(story),
            cards=[
                {"title": r.title, "answer": stories[r.strand].answer, "href": f"{r.strand}.html"} for r in released
            ],
            together=together(released),
            privacy=story_experience.privacy(main),
            hidden=sum(r.n_hidden for r in released),
            methods=methods(protocol, released),
            glossary=[(term[:1].upper() + term[1:], f"{TERMS[term]}.") for term in terms],
        )
    )
    return page.encode("utf-8")


def _drawn(story: Story) -> dict[str, object]:
    return {
        "answer": story.answer,
        "answer_more": story.answer_more,
        "key_figures": [
            {"heading": k.heading, "sentence": k.sentence, "figure": picture(k.figure)} for k in story.key_figures
        ],
        "timeline": picture(story.timeline),
        "timeline_sentences": story.timeline_sentences,
        "pictures": [picture(f) for f in story.pictures],
        "sure": story.sure,
        "means": story.means,
        "unknown": story.unknown,
        "included": story.included,
    }


def _strand(released: Released, story: Story, protocol: Protocol, provenance: Provenance, its_code: str) -> bytes:
    steps = table_people.shortened(table_people.main_flow(released))
    parts = {
        "flow": [_step(s) for s in steps],
        "table_one": table_people.table_one(released),
        "blocks": [_block(b) for b in blocks(released)],
        "checks": tables.checks(released),
        "checklist": checklist(released, protocol),
        "references": references(
            {e.analysis for e in released.estimates} | {c.analysis for c in released.curves},
            {e.method for e in released.estimates},
        ),
    }
    page = (
        _environment()
        .get_template("strand.html.j2")
        .render(
            **_common(released.synthetic, protocol, provenance),
            **parts,
            released=released,
            story=story,
            contents=_contents(parts),
            technical=its_code,
            flow_table=table_people.flow(released),
            deviations=tables.deviations(released),
            locked=released.facts.get("lock", NOT_LOCKED) != NOT_LOCKED,
            sources=tables.sources(released),
            notes=trial_table.others(tidier_table.others(released.notes)),
            privacy=story_experience.privacy(released),
            protocol_text=json.dumps(json.loads(protocol.canonical()), indent=2, ensure_ascii=False),
            versions=versions(provenance),
            columns=columns(),
        )
    )
    return page.encode("utf-8")


def _technical(released: Released, code: Code, protocol: Protocol, provenance: Provenance) -> bytes:
    table, more = technical.results_table(released)
    common = _common(released.synthetic, protocol, provenance)
    template = _environment().get_template("technical.html.j2")
    return template.render(**common, released=released, code=code, table=table, more=more).encode("utf-8")


def _step(step: ReleasedStep) -> dict[str, str]:
    return {
        "label": step.label[:1].upper() + step.label[1:],
        "left": numbers.count(step.n_left),
        "removed": "" if step.n_removed is None else numbers.count(step.n_removed),
    }


def _contents(parts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the page's sections as (id, heading); each has its place in the template."""
    middle = [(f"{b['name']}-heading", str(b["heading"])) for b in parts["blocks"]]
    return [
        *([("flow-heading", "Who was included")] if parts["flow"] else []),
        *([("people", "Who they were")] if parts["table_one"] else []),
        *middle,
        *([("checks-heading", "Were the methods right?")] if parts["checks"] else []),
        ("deviations-heading", "Changes to the plan"),
        ("sources-heading", "Data and limits"),
        ("privacy", "Disclosure control"),
        ("more", "Protocol and versions"),
    ]


def _block(block: Block) -> dict[str, object]:
    return {
        "name": block.name,
        "heading": block.heading,
        "warning": block.warning,
        "caveat": block.caveat,
        "figures": [picture(f) for f in block.figures],
        "tables": block.tables,
    }
