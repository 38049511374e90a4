"""What Word needs to be accessible and python-docx does not give: repeated header rows, text alternatives, language.

The bytes are the same for the same content: every entry of the package carries one fixed date.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from ot_eval.outputs.figures import Figure
from ot_eval.outputs.table import Row, Table
from ot_eval.publish.same_bytes import same_bytes

LANGUAGE = "en-GB"
FONT = "Arial"
INK = RGBColor(0x1D, 0x2A, 0x33)
ACCENT = RGBColor(0x0F, 0x6B, 0x6B)
LINE, HEAD = "8A98A2", "E6F1F0"
PICTURE_WIDTH = Cm(16.2)


def new_document(title: str, made_at: str) -> Any:
    """Return an empty document with our styles: one font, real headings, A4, British English."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.3)
    for name, size in (("Normal", 11), ("Title", 24), ("Heading 1", 17), ("Heading 2", 13), ("Caption", 10)):
        style = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = ACCENT if name.startswith("Heading") else INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for place in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(place), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    _set_language(document)
    when = datetime.strptime(made_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    about = document.core_properties
    about.title, about.language, about.author, about.last_modified_by = title, LANGUAGE, "ot_eval", "ot_eval"
    about.created = about.modified = when
    about.comments = ""
    return document


def _set_language(document: Any) -> None:
    properties = document.styles["Normal"].element.get_or_add_rPr()
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGE)
    properties.append(language)
    for tag in document.styles.element.iter(qn("w:lang")):
        tag.set(qn("w:val"), LANGUAGE)


def add_bullets(document: Any, lines: tuple[str, ...]) -> None:
    """Add lines as a real list."""
    for line in lines:
        document.add_paragraph(line, style="List Bullet")


def add_caption(document: Any, kind: str, text: str) -> None:
    """Add a caption that Word numbers itself (a SEQ field), so that a list of figures or tables can be made."""
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run(f"{kind} ")
    number = 1 + sum(p.style.name == "Caption" and p.text.startswith(f"{kind} ") for p in document.paragraphs[:-1])
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f" SEQ {kind} \\* ARABIC ")
    run, shown = OxmlElement("w:r"), OxmlElement("w:t")
    shown.text = str(number)
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)
    paragraph.add_run(f". {text}")


def add_figure(document: Any, figure: Figure) -> None:
    """Add a picture with its text alternative and caption."""
    add_caption(document, "Figure", f"{figure.title}. {figure.subtitle}.")
    shape = document.add_picture(io.BytesIO(figure.png()), width=PICTURE_WIDTH)
    properties = shape._inline.docPr
    properties.set("descr", figure.alt)
    properties.set("name", figure.name)


def add_table(document: Any, table: Table) -> None:
    """Add a table under its caption; the header row repeats on each page and no row breaks across pages."""
    add_caption(document, "Table", f"{table.caption}.")
    grid = document.add_table(rows=1, cols=len(table.head), style="Normal Table")
    _set_widths(grid, len(table.head))
    _draw_lines(grid)
    _describe(grid, table)
    _fill(grid.rows[0], table.head, bold=True)
    _mark(grid.rows[0], "w:tblHeader")
    for cell in grid.rows[0].cells:
        _shade(cell)
    for group in table.groups:
        if group.heading:
            heading = grid.add_row()
            merged = heading.cells[0].merge(heading.cells[-1])
            merged.text = ""
            _write(merged.paragraphs[0], group.heading, bold=True)
            merged.paragraphs[0].paragraph_format.keep_with_next = True
            _mark(heading, "w:cantSplit")
        for row in group.rows:
            _add_row(grid, row)
    if table.note:
        document.add_paragraph(table.note)


def _add_row(grid: Any, row: Row) -> None:
    line = grid.add_row()
    _fill(line, (row.header, *row.cells), bold=False)
    _mark(line, "w:cantSplit")


def _fill(line: Any, texts: tuple[str, ...], *, bold: bool) -> None:
    for place, (cell, text) in enumerate(zip(line.cells, texts, strict=True)):
        cell.text = ""
        _write(cell.paragraphs[0], text, bold=bold)
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.LEFT if place == 0 else None


def _write(paragraph: Any, text: str, *, bold: bool) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(9.5), bold
    paragraph.paragraph_format.space_after = Pt(2)


def _mark(line: Any, name: str) -> None:
    properties = line._tr.get_or_add_trPr()
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    properties.append(mark)


def _set_widths(grid: Any, columns: int) -> None:
    """Give the first column, which names the row, twice the room of the others."""
    grid.autofit = False
    share = PICTURE_WIDTH // (columns + 1)
    for place, column in enumerate(grid.columns):
        column.width = 2 * share if place == 0 else share


def _draw_lines(grid: Any) -> None:
    """Draw a thin line under each row and a heavier one above and below the table."""
    lines = OxmlElement("w:tblBorders")
    for side, size in (("top", "8"), ("bottom", "8"), ("insideH", "4")):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", LINE)):
            line.set(qn(f"w:{name}"), value)
        lines.append(line)
    grid._tbl.tblPr.append(lines)


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", HEAD)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _describe(grid: Any, table: Table) -> None:
    """Set the table's title for screen readers, and say which row and column are headers."""
    properties = grid._tbl.tblPr
    for name, text in (("w:tblCaption", table.caption), ("w:tblDescription", table.note or table.caption)):
        mark = OxmlElement(name)
        mark.set(qn("w:val"), text)
        properties.append(mark)


def to_bytes(document: Any) -> bytes:
    """Return the document as bytes that depend on its content alone."""
    raw = io.BytesIO()
    document.save(raw)
    return same_bytes(raw.getvalue())
