"""The printable form of an instrument: large print, real headings, boxes to tick, a question never split over pages."""

from __future__ import annotations

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import Condition, parse
from ot_eval.publish.survey_words import condition_words
from ot_eval.publish.word_parts import INK, new_document, to_bytes

LARGE = 16
"""Points; the usual size of large print in the United Kingdom."""
SMALL = 12
BOX = "\u2610"
GAP = "\u2003"  # an em space, where a line may break
HARD = "\u00a0"
MOST_BOXES = 11
"""Whole numbers in a range of at most this many values are ticked; others are written."""
LONGEST_BESIDE = 40
"""Letters of an answer that may stand beside others; longer answers have a line each."""
LINES_OF_TEXT = 3
LINE, SHORT_LINE = "_" * 50, "_" * 14
MADE_AT = "1980-01-01T00:00:00Z"
BLOCKS = 4
ROWS = 10


def form(instrument: Instrument) -> bytes:
    """Return the form as a Word document, the same bytes for the same instrument."""
    document = new_document(instrument.title, MADE_AT)
    _large(document)
    _footer(document, instrument)
    document.add_heading(instrument.title, level=0)
    questions = {q.name: q for q in instrument.questions}
    before: str = ""
    rows = list(instrument.rows)
    while rows:
        row = rows.pop(0)
        kind = row["type"].partition(" ")[0]
        if kind == "note":
            _text(document, row["hint"] or row["label"])
        elif kind == "begin_repeat":
            inner = [questions[r["name"]] for r in _until(rows, "end_repeat")]
            _repeat(document, row["label"], inner)
        elif kind == "begin_group":
            document.add_heading(row["label"], level=1)
            _only_if(document, parse(row["relevant"]), instrument, "Answer this part only if ")
            before = ""
        elif kind in KINDS_ASKED:
            if row["relevant"] != before:
                n = 1 + sum(1 for _ in _same(rows, row["relevant"]))
                said = "Answer the next question only if " if n == 1 else f"Answer the next {n} questions only if "
                _only_if(document, parse(row["relevant"]), instrument, said)
            before = row["relevant"]
            _question(document, questions[row["name"]])
    return to_bytes(document)


KINDS_ASKED = ("text", "integer", "decimal", "date", "select_one", "select_multiple")


def _until(rows: list[dict[str, str]], end: str) -> list[dict[str, str]]:
    found = []
    while rows and rows[0]["type"] != end:
        found.append(rows.pop(0))
    rows.pop(0)
    return found


def _same(rows: list[dict[str, str]], relevant: str) -> list[dict[str, str]]:
    found = []
    for row in rows:
        if row["relevant"] != relevant or row["type"].partition(" ")[0] not in KINDS_ASKED:
            break
        found.append(row)
    return found


def _large(document: Any) -> None:
    for name, size in (("Normal", LARGE), ("Title", 26), ("Heading 1", 20), ("Heading 2", 18)):
        document.styles[name].font.size = Pt(size)
        document.styles[name].font.color.rgb = INK if name != "Heading 1" else RGBColor(0, 0x40, 0x40)
    document.styles["Normal"].paragraph_format.line_spacing = 1.15


def _text(document: Any, text: str, *, bold: bool = False, size: float | None = None, keep: bool = False) -> Any:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.font.bold = bold
    if size is not None:
        run.font.size = Pt(size)
    paragraph.paragraph_format.keep_with_next = keep
    paragraph.paragraph_format.keep_together = True
    return paragraph


def _only_if(document: Any, condition: Condition | None, instrument: Instrument, start: str) -> None:
    if condition is not None:
        words = f"{start}{condition_words(condition, instrument)}."
        paragraph = _text(document, words, keep=True)
        paragraph.runs[0].font.italic = True
        paragraph.paragraph_format.space_before = Pt(6)


def _question(document: Any, q: Question) -> None:
    """Print a question with its answers as one paragraph, so that no page break can part them."""
    paragraph = _text(document, q.label, bold=True)
    paragraph.paragraph_format.space_before = Pt(14)
    for line in (q.hint, *_answer_lines(q)):
        if line:
            paragraph.add_run().add_break()
            paragraph.add_run(line)


def _answer_lines(q: Question) -> list[str]:
    boxes = _boxes(q)
    if boxes:
        return boxes
    if q.kind == "date":
        return [f"Day{HARD}____{GAP}Month{HARD}____{GAP}Year{HARD}________"]
    if q.kind == "text":
        return [LINE] * (1 if q.required else LINES_OF_TEXT)
    return [SHORT_LINE]


def _boxes(q: Question) -> list[str]:
    """Return the answers to tick: side by side, breaking between answers only, or one a line where they are long."""
    labels = [c.label for c in q.choices]
    gap = f"{GAP} "
    if q.kind == "integer" and q.minimum is not None and q.maximum is not None and q.maximum - q.minimum < MOST_BOXES:
        labels = [str(v) for v in range(int(q.minimum), int(q.maximum) + 1)]
        gap = " "
    told = [f"{BOX}{HARD}{label.replace(' ', HARD)}" for label in labels]
    if any(len(label) > LONGEST_BESIDE for label in labels):
        return [f"{BOX}{HARD}{label}" for label in labels]
    return [gap.join(told)] if told else []


def _repeat(document: Any, title: str, questions: list[Question]) -> None:
    """Print a group that is asked once per line: a table where it is short, else the questions again and again."""
    document.add_heading(title, level=1)
    if len(questions) > 2:  # noqa: PLR2004
        for n in range(1, BLOCKS + 1):
            document.add_heading(f"{title}: number {n}", level=2)
            for q in questions:
                _question(document, q)
        _text(document, "For more, copy these pages.")
        return
    grid = document.add_table(rows=1, cols=len(questions), style="Table Grid")
    for cell, q in zip(grid.rows[0].cells, questions, strict=True):
        cell.paragraphs[0].add_run(q.label).font.bold = True
    _mark(grid.rows[0], "w:tblHeader")
    for _ in range(ROWS):
        line = grid.add_row()
        for cell, q in zip(line.cells, questions, strict=True):
            cell.paragraphs[0].add_run("\n".join(_boxes(q)))
            cell.paragraphs[0].paragraph_format.space_after = Pt(10)
        _mark(line, "w:cantSplit")
    _text(document, "For more, copy this page.")


def _mark(row: Any, name: str) -> None:
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _footer(document: Any, instrument: Instrument) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
    run = paragraph.add_run(f"{instrument.name}, version {instrument.version}. Page ")
    run.font.size = Pt(SMALL)
    _field(paragraph, "PAGE")
    paragraph.add_run(" of ").font.size = Pt(SMALL)
    _field(paragraph, "NUMPAGES")


def _field(paragraph: Any, name: str) -> None:
    field, run, shown = OxmlElement("w:fldSimple"), OxmlElement("w:r"), OxmlElement("w:t")
    field.set(qn("w:instr"), f" {name} ")
    properties, size = OxmlElement("w:rPr"), OxmlElement("w:sz")
    size.set(qn("w:val"), str(2 * SMALL))
    properties.append(size)
    run.append(properties)
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)
