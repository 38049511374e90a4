"""Pages: released results through our own templates, never a notebook's output.

Each page is one file: styles inside, figures inside, no script, nothing fetched from anywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ot_eval.base.errors import InternalFault
from ot_eval.base.glossary import RESULT_COLUMNS, TERMS
from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.outputs import figures, numbers, tables
from ot_eval.outputs.released import Released
from ot_eval.outputs.story import Story, date_words
from ot_eval.publish.blocks import Block, blocks
from ot_eval.publish.methods import methods
from ot_eval.publish.stories import story_of

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
    table: tables.Table | None
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
        short=figure.wide[1] < figure.wide[0] / 2,
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


def html_pages(released: tuple[Released, ...], protocol: Protocol, provenance: Provenance) -> dict[str, bytes]:
    """Return every page as bytes by file name: `index.html` and one `<strand>.html` a strand.

    Parameters
    ----------
    released : the strands, the most important first; nothing else can be rendered
    protocol : the protocol as used
    provenance : where the numbers came from

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
        pages[f"{r.strand}.html"] = _strand(r, stories[r.strand], protocol, provenance)
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
            privacy=main.policy.sentences(),
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
        "sure": story.sure,
        "means": story.means,
        "unknown": story.unknown,
        "included": story.included,
    }


def _strand(released: Released, story: Story, protocol: Protocol, provenance: Provenance) -> bytes:
    page = (
        _environment()
        .get_template("strand.html.j2")
        .render(
            **_common(released.synthetic, protocol, provenance),
            released=released,
            story=story,
            flow=[
                {
                    "label": s.label[:1].upper() + s.label[1:],
                    "left": numbers.count(s.n_left),
                    "removed": "" if s.n_removed is None else numbers.count(s.n_removed),
                }
                for s in tables.main_flow(released)
            ],
            flow_table=tables.flow(released) if len({s.population for s in released.flow}) > 1 else None,
            table_one=tables.table_one(released),
            blocks=[_block(b) for b in blocks(released)],
            checks=tables.checks(released),
            deviations=tables.deviations(released),
            sources=tables.sources(released),
            notes=released.notes,
            privacy=released.policy.sentences(),
            protocol_text=json.dumps(json.loads(protocol.canonical()), indent=2, ensure_ascii=False),
            versions=tables.plain("versions", "Versions", ("Part", "Version"), _versions(provenance)),
            columns=tables.plain(
                "columns", "Columns of results.csv", ("Column", "Meaning"), list(RESULT_COLUMNS.items())
            ),
        )
    )
    return page.encode("utf-8")


def _block(block: Block) -> dict[str, object]:
    return {
        "name": block.name,
        "heading": block.heading,
        "warning": block.warning,
        "figures": [picture(f) for f in block.figures],
        "tables": block.tables,
    }


def _versions(provenance: Provenance) -> list[tuple[str, str]]:
    return [("ot_eval", provenance.toolkit), ("Python", provenance.python), *sorted(provenance.packages.items())]
