"""The framework matrix: participants by themes, each cell a person's summary, quotes and a state; and its neighbours.

The pages are the matrix, what was asked of whom, the quotes for print, and themes beside outcomes. The program fills in
states and where passages stand; summaries and judgements are people's, and an empty cell stays empty. What people wrote
is kept cell by cell in one table (`analysis.csv`), under the hidden names of page, row and column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ot_eval.coding.deidentify import Detector
from ot_eval.coding.deidentify_model import MIDDLE, SAID
from ot_eval.coding.matrix_sheet import Column, Key, Page
from ot_eval.coding.quotes import Quote, faults
from ot_eval.coding.segments import CodedSegment, Turn, refuse
from ot_eval.coding.theme_counts import Participant, State
from ot_eval.coding.themes import ThemeBook

FILE = "analysis.csv"
COLUMNS = ("page", "row", "column", "value", "author", "changed_on")
MATRIX, ASKED, QUOTES, JOINT = "Matrix", "Asked", "Quotes", "Beside outcomes"
FITS = ("convergent", "complementary", "discordant")
YES_NO = ("yes", "no")
STANDS = ("for", "against")
MOST_REFERENCES = 6
"""Passages listed in a cell; the others are on the page of quotes."""
Said = Callable[[str, str, str], str]
"""What people wrote in a cell, by page, row and column."""


@dataclass(frozen=True, slots=True)
class Written:
    """One cell that somebody filled in."""

    value: str
    author: str
    changed_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the pages are made of.

    `about` holds banded attributes by label, in the order of `attributes`. `outcomes` holds, for each outcome's title,
    a few words by label. `coded` are the main coder's segments.
    """

    participants: tuple[Participant, ...]
    book: ThemeBook
    coded: tuple[CodedSegment, ...]
    states: Mapping[tuple[str, str], State]
    attributes: tuple[str, ...] = ()
    about: Mapping[str, tuple[str, ...]] | None = None
    outcomes: Mapping[str, Mapping[str, str]] | None = None


def pages(material: Material, written: Mapping[Key, Written]) -> tuple[Page, ...]:
    """Return the pages with what people wrote so far."""

    def said(page: str, row: str, column: str) -> str:
        found = written.get((page, row, column))
        return found.value if found else ""

    return (
        _matrix(material, said),
        _asked(material, said),
        _quotes(material, said),
        _joint(material, said),
    )


def row_of(participant: Participant) -> str:
    """Return the hidden name of a participant's row: their first interview, which stays when others are added."""
    return participant.interviews[0]


def quote_row(c: CodedSegment) -> str:
    """Return the hidden name of a coded segment's row."""
    return f"{c.segment_id}:{c.start}-{c.end}:{c.code}"


def _matrix(m: Material, said: Said) -> Page:
    places: dict[tuple[str, str], list[str]] = {}
    of_interview = {i: p.label for p in m.participants for i in p.interviews}
    for c in m.coded:
        here = places.setdefault((of_interview[c.interview_id], c.code), [])
        if c.segment_id not in here:
            here.append(c.segment_id)
    columns = [Column(name="label", title="participant", width=12)]
    columns += [Column(name=f"about/{a}", title=a, width=12) for a in m.attributes]
    columns.append(Column(name="checked_by", title="row checked by", width=10, open=True))
    for code in m.book.names:
        label = m.book.of(code).label
        columns += [
            Column(name=f"state/{code}", title=f"{label}: state", width=14),
            Column(name=f"places/{code}", title=f"{label}: passages", width=16),
            Column(name=code, title=label, width=40, open=True),
        ]
    rows: dict[str, list[str]] = {}
    for p in m.participants:
        row = row_of(p)
        cells = [p.label, *(m.about or {}).get(p.label, ("",) * len(m.attributes)), said(MATRIX, row, "checked_by")]
        for code in m.book.names:
            found = places.get((p.label, code), [])
            more = [f"and {len(found) - MOST_REFERENCES} more"] if len(found) > MOST_REFERENCES else []
            passages = ", ".join([*found[:MOST_REFERENCES], *more])
            cells += [m.states[p.label, code], passages, said(MATRIX, row, code)]
        rows[row] = cells
    return Page(title=MATRIX, columns=tuple(columns), rows=rows)


def _asked(m: Material, said: Said) -> Page:
    columns = [
        Column(name="label", title="participant", width=12),
        Column(name="interview", title="interview", width=12),
    ]
    columns += [Column(name=t, title=title, width=16, open=True, choices=YES_NO) for t, title in m.book.topics.items()]
    rows = {i: [p.label, i, *(said(ASKED, i, t) for t in m.book.topics)] for p in m.participants for i in p.interviews}
    return Page(title=ASKED, columns=tuple(columns), rows=rows)


def _quotes(m: Material, said: Said) -> Page:
    columns = (
        Column(name="label", title="participant", width=12),
        Column(name="segment", title="passage", width=12),
        Column(name="code", title="code", width=26),
        Column(name="words", title="words coded", width=70),
        Column(name="consent", title="agreed to be quoted", width=10),
        Column(name="stand", title="print: speaks", width=10, open=True, choices=STANDS),
        Column(name="print", title="words to print (empty = all)", width=50, open=True),
        Column(name="checked_by", title="checked by", width=10, open=True),
    )
    who = {i: p for p in m.participants for i in p.interviews}
    rows = {}
    for c in m.coded:
        p, row = who[c.interview_id], quote_row(c)
        written = [said(QUOTES, row, column.name) for column in columns if column.open]
        agreed = "yes" if p.consent else "no"
        rows[row] = [p.label, c.segment_id, m.book.of(c.code).label, c.text, agreed, *written]
    return Page(title=QUOTES, columns=columns, rows=rows)


def _joint(m: Material, said: Said) -> Page:
    outcomes = m.outcomes or {}
    columns = [Column(name="label", title="theme", width=28), Column(name="n", title="spoke of it", width=14)]
    for k, title in enumerate(outcomes):
        columns.append(Column(name=f"with/{k}", title=f"{title}: those who spoke of it", width=36))
        columns.append(Column(name=f"without/{k}", title=f"{title}: the others", width=36))
    columns.append(Column(name="fit", title="how they fit", width=16, open=True, choices=FITS))
    columns.append(Column(name="words", title="what it means", width=60, open=True))
    rows = {}
    for code in m.book.names:
        spoke = [p.label for p in m.participants if m.states[p.label, code] == "mentioned"]
        others = [p.label for p in m.participants if p.label not in spoke]
        cells = [m.book.of(code).label, f"{len(spoke)} of {len(m.participants)}"]
        for values in outcomes.values():
            cells += ["; ".join(f"{x} {values.get(x, 'not known')}" for x in group) for group in (spoke, others)]
        rows[code] = [*cells, said(JOINT, code, "fit"), said(JOINT, code, "words")]
    return Page(title=JOINT, columns=tuple(columns), rows=rows)


def asked_of(written: Mapping[Key, Written]) -> dict[tuple[str, str], str]:
    """Return what was asked: (interview, topic) to yes or no."""
    return {(row, column): w.value for (page, row, column), w in written.items() if page == ASKED}


def chosen(coded: Iterable[CodedSegment], written: Mapping[Key, Written]) -> tuple[tuple[CodedSegment, Quote], ...]:
    """Return the quotes chosen for print, each with its coded segment, in the order of the codings."""

    def said(row: str, column: str) -> str:
        found = written.get((QUOTES, row, column))
        return found.value if found else ""

    pairs = []
    for c in coded:
        row = quote_row(c)
        stand = said(row, "stand")
        if stand:
            quote = Quote(
                interview_id=c.interview_id,
                segment_id=c.segment_id,
                code=c.code,
                words=said(row, "print") or c.text,
                stand="against" if stand == "against" else "for",
                checked_by=said(row, "checked_by"),
            )
            pairs.append((c, quote))
    return tuple(pairs)


def unprintable(
    coded: Iterable[CodedSegment],
    written: Mapping[Key, Written],
    turns: Iterable[Turn],
    participants: Iterable[Participant],
) -> list[str]:
    """Return why quotes chosen, or analysts' words for print, may not be printed; each with its place, never its words.

    Analysts' words are their own, so what may be a name there is refused: it can be said otherwise.
    """
    texts = {t.segment_id: t.text for t in turns}
    consent = {i: p.consent for p in participants for i in p.interviews}
    detector = Detector()
    named = [
        f"page {JOINT}, theme {row}: words that may identify somebody ({SAID[flag.kind]}); say it otherwise"
        for (page, row, column), w in sorted(written.items())
        if (page, column) == (JOINT, "words")
        for flag in detector.flags(w.value)
        if flag.risk >= MIDDLE
    ]
    return named + [
        f"page {QUOTES}, passage {c.segment_id}: {fault}"
        for c, quote in chosen(coded, written)
        for fault in faults(quote, texts[c.segment_id], consent=consent[c.interview_id], detector=detector)
    ]


def from_csv(text: str) -> dict[Key, Written]:
    """Read what people wrote."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    refuse([f"column {c} is missing" for c in COLUMNS if c not in (reader.fieldnames or ())], FILE)
    rows = [{c: row[c] or "" for c in COLUMNS} for row in reader]
    found = {(r["page"], r["row"], r["column"]): Written(r["value"], r["author"], r["changed_on"]) for r in rows}
    refuse(["a cell stands twice"] if len(found) < len(rows) else [], FILE)
    return found


def to_csv(written: Mapping[Key, Written]) -> str:
    """Return what people wrote as CSV text, sorted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((*key, w.value, w.author, w.changed_on) for key, w in sorted(written.items()) if w.value)
    return "\ufeff" + text.getvalue()


def summaries(participants: Sequence[Participant], written: Mapping[Key, Written]) -> dict[tuple[str, str], str]:
    """Return the analysts' summaries by participant's label and code."""
    labels = {row_of(p): p.label for p in participants}
    return {
        (labels[row], column): w.value
        for (page, row, column), w in written.items()
        if page == MATRIX and row in labels and column != "checked_by"
    }
