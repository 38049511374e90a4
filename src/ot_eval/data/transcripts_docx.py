"""The lines of a Word transcript, and what of the document is not among them.

Read from the archive itself: python-docx needs what a transcript does not, and leaves
tracked changes out without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ot_eval.data.containers import Archive, local, refusal

_BODY = "word/document.xml"
_APART = {
    "word/comments.xml": "comments",
    "word/footnotes.xml": "footnotes",
    "word/endnotes.xml": "endnotes",
}
_SKIPPED = {
    "del": "passages struck out in tracked changes",
    "moveFrom": "passages moved away in tracked changes",
    "drawing": "pictures and drawings",
    "pict": "pictures and drawings",
    "object": "embedded objects",
    "Fallback": "",
}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
_LEAST_NOTES = 2
"""Word keeps two notes of its own (separators) in each document that may have notes."""


def docx_lines(path: Path) -> tuple[list[str], Counter[str]]:
    """Return the lines of a Word document in order, and what was left out, counted by kind.

    A line is a paragraph, or a part of one between line breaks. A row of a table whose first cell is short becomes
    "first cell: the rest", as transcripts laid out in two columns mean it.

    Raises
    ------
    DataError
        It is no Word document, or is not safe to open.
    """
    archive = Archive(path, "a Word document (.docx)")
    if _BODY not in archive.names:
        raise refusal(path.name, "it holds no word/document.xml", "a Word document (.docx)", "save it as .docx")
    lost: Counter[str] = Counter()
    lines: list[str] = []
    body = next((e for e in archive.xml(_BODY) if local(e) == "body"), None)
    for paragraph in () if body is None else _blocks(body, lost):
        lines += paragraph.split("\n")
    for member, said in _APART.items():
        if member in archive.names:
            notes = [e for e in archive.xml(member) if _text(e, Counter()).strip()]
            if notes:
                lost[said] += len(notes)
    for member in archive.names:
        if member.startswith(("word/header", "word/footer")) and _text(archive.xml(member), Counter()).strip():
            lost["headers and footers with words"] += 1
    return lines, +lost


def _blocks(parent: Element, lost: Counter[str]) -> Iterator[str]:
    for block in parent:
        name = local(block)
        if name == "p":
            yield _text(block, lost)
        elif name == "tbl":
            for row in (e for e in block if local(e) == "tr"):
                yield _row([" ".join(_blocks(cell, lost)).strip() for cell in row if local(cell) == "tc"])
        elif name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _blocks(block, lost)
        elif _SKIPPED.get(name):
            lost[_SKIPPED[name]] += 1


def _row(cells: list[str]) -> str:
    full = [c for c in cells if c]
    if len(full) < len(cells) and len(full) == 1:
        return full[0]
    head, *rest = full or [""]
    return f"{head.rstrip(':')}: {' '.join(rest)}" if rest else head


def _text(parent: Element, lost: Counter[str]) -> str:
    return "".join(_pieces(parent, lost))


def _pieces(parent: Element, lost: Counter[str]) -> Iterator[str]:
    for part in parent:
        name = local(part)
        if name == "t":
            yield part.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name in _SKIPPED:
            if _SKIPPED[name]:
                lost[_SKIPPED[name]] += 1
        elif name == "r" and _hidden(part):
            lost["passages that are hidden in Word"] += 1
        else:
            yield from _pieces(part, lost)
            if name == "p" and parent is not part:
                yield "\n"


def _hidden(run: Element) -> bool:
    return any(local(e) == "vanish" for properties in run if local(properties) == "rPr" for e in properties)
