"""Taguette in: its SQLite export of one project. Offsets there are UTF-8 bytes of the text without its tags."""

from __future__ import annotations

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from ot_eval.data.containers import refusal
from ot_eval.data.databases import Database, opened
from ot_eval.data.refi_model import QdaCode, QdaCoding, QdaProject, QdaSource, refuse_project

_NEEDED = ("projects", "documents", "tags", "highlights", "highlight_tags")
_BLOCKS = frozenset(("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"))
_NOT_NAMED = "not named"
_LEAST_FIT = 0.9


class _Plain(HTMLParser):
    """The text of a document without tags, and where a block of it ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.length = 0
        self.ends: set[int] = set()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        self.length += len(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.ends.add(self.length)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's way
        if tag == "br":
            self.ends.add(self.length)


def plain_of(contents: str) -> tuple[str, list[int]]:
    r"""Return a document's text with a line end after each block, and for each place of the bare text its place there.

    Parameters
    ----------
    contents : HTML as Taguette stores it

    Examples
    --------
    >>> plain_of("<p>One.</p><p>Two &amp; more.</p>")[0]
    'One.\nTwo & more.\n'
    """
    parser = _Plain()
    parser.feed(contents)
    parser.close()
    bare = "".join(parser.parts)
    out: list[str] = []
    moved: list[int] = []
    length = 0
    for at, letter in enumerate(bare):
        if at in parser.ends and out and out[-1] != "\n":
            out.append("\n")
            length += 1
        moved.append(length)
        out.append(letter)
        length += 1
    moved.append(length)
    if len(bare) in parser.ends and out and out[-1] != "\n":
        out.append("\n")
    return "".join(out), moved


def read_taguette(path: Path) -> QdaProject:
    """Read a Taguette project.

    Parameters
    ----------
    path : the .sqlite3 file that Taguette exports or works on

    Raises
    ------
    DataError
        It is no Taguette database, holds several projects, or highlights do not fall on words.
    """
    lost: Counter[str] = Counter()
    with opened(path, "a Taguette project (.sqlite3)", _NEEDED) as database:
        projects = list(database.rows("projects", ("id", "name")))
        if len(projects) != 1:
            raise refusal(path.name, f"it holds {len(projects)} projects", "one project", "export one project")
        codes = _codes(database)
        authors = _authors(database)
        tags: dict[int, list[int]] = {}
        for highlight, tag in database.rows("highlight_tags", ("highlight_id", "tag_id")):
            tags.setdefault(int(highlight), []).append(int(tag))
        sources, codings = _documents(database, tags, authors, path.name, lost)
    if any(c.coder == _NOT_NAMED for c in codings):
        lost["codings whose coder the file does not name"] += sum(c.coder == _NOT_NAMED for c in codings)
    project = QdaProject(
        name=str(projects[0][1]),
        origin="Taguette",
        codes=codes,
        sources=sources,
        codings=codings,
        lost=dict(sorted((+lost).items())),
    )
    return refuse_project(project, path.name)


def _codes(database: Database) -> tuple[QdaCode, ...]:
    """Return the tags; dots in a tag's path are levels, and a level without a tag of its own is a folder."""
    tags = [(int(i), str(p), str(d or "")) for i, p, d in database.rows("tags", ("id", "path", "description"))]
    by_path = {path: f"tag {i}" for i, path, _ in tags}
    folders: dict[str, QdaCode] = {}
    found = []
    for i, path, said in tags:
        names = path.split(".")
        for k in range(1, len(names)):
            above = ".".join(names[:k])
            if above not in by_path and above not in folders:
                parent = _id(".".join(names[: k - 1]), by_path)
                folders[above] = QdaCode(id=_id(above, by_path), name=names[k - 1], parent=parent, codable=False)
        parent = _id(".".join(names[:-1]), by_path)
        found.append(QdaCode(id=f"tag {i}", name=names[-1], parent=parent, description=said))
    return (*folders.values(), *found)


def _id(path: str, by_path: dict[str, str]) -> str:
    return by_path.get(path, f"folder {path}") if path else ""


def _authors(database: Database) -> dict[int, str]:
    """Return who made each highlight, from the log of commands: the only place that says so."""
    if "commands" not in database.tables:
        return {}
    found: dict[int, str] = {}
    for user, payload in database.rows("commands", ("user_login", "payload")):
        try:
            said = json.loads(payload) if isinstance(payload, str | bytes) else {}
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("type") == "highlight_add" and user:
            found.setdefault(int(said.get("highlight_id") or said.get("id") or -1), str(user))
    return found


def _documents(
    database: Database, tags: dict[int, list[int]], authors: dict[int, str], file: str, lost: Counter[str]
) -> tuple[tuple[QdaSource, ...], tuple[QdaCoding, ...]]:
    by_document: dict[int, list[tuple[int, int, int, str]]] = {}
    for i, document, start, end, snippet in database.rows(
        "highlights", ("id", "document_id", "start_offset", "end_offset", "snippet")
    ):
        by_document.setdefault(int(document), []).append((int(i), int(start), int(end), str(snippet or "")))
    sources, codings, wrong = [], [], []
    for document, name, contents in database.rows("documents", ("id", "name", "contents")):
        text, moved = plain_of(str(contents or ""))
        bare = "".join(text[m] for m in moved[:-1])
        highlights = by_document.get(int(document), [])
        spans = _in_points(bare, [(a, b) for _, a, b, _ in highlights])
        fit = [
            s is not None and _same(bare[s[0] : s[1]], plain_of(h[3])[0])
            for s, h in zip(spans, highlights, strict=True)
        ]
        if highlights and sum(fit) < _LEAST_FIT * len(fit):
            wrong.append(f"document {document}: {len(fit) - sum(fit)} of {len(fit)} highlights are not on their words")
            continue
        said = "UTF-8 bytes of the text without tags" if highlights else "no codings"
        sources.append(QdaSource(id=f"document {document}", name=str(name), text=text, counting=said))
        for span, (i, *_) in zip(spans, highlights, strict=True):
            if not tags.get(i):
                lost["highlights without a tag"] += 1
            if span is None:
                wrong.append(f"document {document}: a highlight lies outside the text or inside a character")
                continue
            start, end = moved[span[0]], moved[span[1] - 1] + 1
            codings += [
                QdaCoding(
                    source=f"document {document}",
                    start=start,
                    end=end,
                    quote=text[start:end],
                    code=f"tag {tag}",
                    coder=authors.get(i, _NOT_NAMED),
                )
                for tag in tags.get(i, ())
            ]
    if wrong:
        raise refusal(file, "\n          ".join(wrong), "highlights on their words", "export the project again")
    return tuple(sources), tuple(codings)


def _in_points(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int] | None]:
    """Return spans in code points for spans in UTF-8 bytes; None where one fits no place."""
    place, at = {}, 0
    for k, letter in enumerate(text):
        place[at] = k
        at += len(letter.encode("utf-8"))
    place[at] = len(text)
    return [(place[a], place[b]) if a in place and b in place and place[a] < place[b] else None for a, b in spans]


def _same(a: str, b: str) -> bool:
    return not b.strip() or "".join(a.split()) == "".join(b.split())
