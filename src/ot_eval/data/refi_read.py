"""REFI-QDA in: projects (.qdpx) and codebooks (.qdc) of NVivo, ATLAS.ti, MAXQDA, QualCoder and others.

A file that the schema calls valid may have lost its texts or moved its codings; so the words are checked, the way of
counting is found for each text, and what is not taken over is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args
from xml.etree.ElementTree import Element

from ot_eval.base.errors import DataError
from ot_eval.data.containers import Archive, decode, local, namespace, parse, refusal
from ot_eval.data.refi_model import (
    QdaCase,
    QdaCode,
    QdaCoding,
    QdaMemo,
    QdaProject,
    QdaSource,
    Value,
    VariableType,
    refuse_project,
)
from ot_eval.data.refi_offsets import Counting, place, plain

LARGEST_CODEBOOK = 50 * 2**20
_GUID = re.compile(r"^\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?$")
_NOT_TEXT = {
    "PictureSource": "pictures, with their codings",
    "PDFSource": "PDF documents, with their codings",
    "AudioSource": "sound recordings, with their codings",
    "VideoSource": "films, with their codings",
}
_PARTS = {"Links": "links", "Sets": "sets", "Graphs": "maps and graphs"}
_VARIABLE_TYPES: tuple[str, ...] = get_args(VariableType)


@dataclass(slots=True)
class _Reading:
    """What is found while a project is read."""

    archive: Archive
    countings: Mapping[str, Counting]
    users: dict[str, str] = field(default_factory=dict)
    codes: list[QdaCode] = field(default_factory=list)
    sources: list[QdaSource] = field(default_factory=list)
    codings: list[QdaCoding] = field(default_factory=list)
    notes_of: dict[str, str] = field(default_factory=dict)
    variables: dict[str, tuple[str, VariableType]] = field(default_factory=dict)
    values_of: dict[str, list[tuple[str, Value]]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def read_project(path: Path, countings: Mapping[str, Counting] | None = None) -> QdaProject:
    r"""Read a project.

    Parameters
    ----------
    path : the .qdpx file
    countings : the way a text was counted, by its name, where somebody knows it

    Returns
    -------
    QdaProject
        Offsets in code points of texts with \n for line ends; `sources[].counting` says how the file counted.

    Raises
    ------
    DataError
        It cannot be opened safely, or a text is missing, or codings cannot be placed on words; all of it at once.
    """
    archive = Archive(path, "a REFI-QDA project (.qdpx)")
    roots = [n for n in archive.names if n.lower().endswith(".qde") and "/" not in n]
    if len(roots) != 1:
        raise refusal(path.name, f"it holds {len(roots)} .qde files at its top", "exactly one, project.qde")
    root = archive.xml(roots[0])
    if local(root) != "Project" or not namespace(root).startswith("urn:QDA-XML:project"):
        raise refusal(
            path.name, "its .qde file is no REFI-QDA project", "the element Project of urn:QDA-XML:project:1.0"
        )
    reading = _Reading(archive, countings or {})
    if roots[0] != "project.qde":
        reading.lost["name of the project's file other than project.qde (read all the same)"] += 1
    parts = {local(e): e for e in root}
    reading.users = {_guid(u.get("guid")): u.get("name") or u.get("id") or "" for u in parts.get("Users", ())}
    reading.codes = list(_codes(parts.get("CodeBook"), reading.lost))
    reading.variables = {_guid(v.get("guid")): _variable(v) for v in parts.get("Variables", ())}
    for element in parts.get("Sources", ()):
        _source(element, reading)
    memos = tuple(_memos(parts.get("Notes"), reading))
    cases = tuple(_cases(parts.get("Cases"), reading))
    for name, said in _PARTS.items():
        reading.lost[said] += len(parts.get(name, ()))
    _refuse(reading, path.name)
    project = QdaProject(
        name=root.get("name") or path.stem,
        origin=root.get("origin") or "",
        codes=tuple(reading.codes),
        sources=tuple(reading.sources),
        codings=tuple(reading.codings),
        memos=memos,
        cases=cases,
        variables=tuple(reading.variables.values()),
        lost=dict(sorted((+reading.lost).items())),
    )
    return refuse_project(project, path.name)


def read_codebook(path: Path) -> QdaProject:
    """Read a codebook (.qdc); the project returned holds its codes alone.

    Raises
    ------
    DataError
        It is not XML, no codebook, or not safe to open.
    """
    if not path.is_file():
        raise refusal(path.name, "no such file", "a REFI-QDA codebook (.qdc)", "check the path")
    if path.stat().st_size > LARGEST_CODEBOOK:
        raise refusal(path.name, "it is larger than 50 MiB", "a codebook")
    root = parse(path.read_bytes(), path.name)
    if local(root).lower() != "codebook" or not namespace(root).startswith("urn:QDA-XML:codebook"):
        raise refusal(path.name, "it is no REFI-QDA codebook", "the element CodeBook of urn:QDA-XML:codebook:1.0")
    lost: Counter[str] = Counter()
    codes = tuple(_codes(root, lost))
    lost["sets"] += sum(len(e) for e in root if local(e) == "Sets")
    if not codes:
        raise refusal(path.name, "it holds no codes", "a codebook with codes")
    project = QdaProject(name=path.stem, origin=root.get("origin") or "", codes=codes, lost=dict(+lost))
    return refuse_project(project, path.name)


def _guid(text: str | None) -> str:
    found = _GUID.match((text or "").strip())
    return found[1].upper() if found else (text or "").strip()


def _children(element: Element, name: str) -> Iterator[Element]:
    return (e for e in element if local(e) == name)


def _text_of(element: Element, name: str) -> str:
    return "".join(e.text or "" for e in _children(element, name)).strip()


def _codes(book: Element | None, lost: Counter[str]) -> Iterator[QdaCode]:
    for codes in () if book is None else _children(book, "Codes"):
        for code in _children(codes, "Code"):
            yield from _code(code, "", lost)


def _code(element: Element, parent: str, lost: Counter[str]) -> Iterator[QdaCode]:
    guid = _guid(element.get("guid"))
    yield QdaCode(
        id=guid,
        name=(element.get("name") or "").strip(),
        parent=parent,
        codable=element.get("isCodable", "true").strip().lower() in ("true", "1"),
        colour=element.get("color") or "",
        description=_text_of(element, "Description"),
    )
    for child in _children(element, "Code"):
        yield from _code(child, guid, lost)


def _variable(element: Element) -> tuple[str, VariableType]:
    kind = element.get("typeOfVariable") or "Text"
    return element.get("name") or "", cast("VariableType", kind if kind in _VARIABLE_TYPES else "Text")


def _source(element: Element, reading: _Reading) -> None:
    kind, guid = local(element), _guid(element.get("guid"))
    if kind != "TextSource":
        reading.lost[_NOT_TEXT.get(kind, f"sources of the kind {kind[:30]}")] += 1
        return
    name = element.get("name") or guid
    reading.values_of[guid] = list(_values(element, reading))
    for note in _children(element, "NoteRef"):
        reading.notes_of[_guid(note.get("targetGUID"))] = guid
    called = f"text {len(reading.values_of)}"  # its place in the file: a title often is a participant's name
    raw = _stored(element, called, reading)
    if raw is None:
        return
    if element.get("richTextPath"):
        reading.lost["layout of texts (the plain text was read)"] += 1
    reading.lost["codings of a whole text, without words of their own"] += sum(1 for _ in _children(element, "Coding"))
    selections = list(_children(element, "PlainTextSelection"))
    try:
        spans = [(int(s.get("startPosition") or ""), int(s.get("endPosition") or "")) for s in selections]
    except ValueError:
        reading.wrong.append(f"{called}: a selection has no whole numbers as its ends")
        return
    empty = sum(a == b for a, b in spans)
    reading.lost["selections of no characters"] += empty
    kept = [(s, span) for s, span in zip(selections, spans, strict=True) if span[0] != span[1]]
    try:
        placed = place(
            raw,
            [span for _, span in kept],
            [s.get("name") or "" for s, _ in kept],
            file=called,
            counting=reading.countings.get(name),
        )
    except DataError as error:
        reading.wrong.append(error.found)
        return
    text = plain(raw)
    said = str(placed.counting) if kept else "no codings"
    if placed.rivals:
        said += " (other ways fit as well: " + "; ".join(placed.rivals) + ")"
    creator = reading.users.get(_guid(element.get("creatingUser")), "")
    reading.sources.append(QdaSource(id=guid, name=name, text=text, counting=said, creator=creator))
    for (selection, _), span in zip(kept, placed.spans, strict=True):
        if span is None:
            reading.wrong.append(f"{called}: a selection lies outside the text or inside a character")
        else:
            _selection(selection, guid, text, span, reading)


def _stored(element: Element, called: str, reading: _Reading) -> str | None:
    """Return a text as the file stores it, or None (and say so) where it is not there."""
    content = next(_children(element, "PlainTextContent"), None)
    if content is not None:
        return content.text or ""
    path = element.get("plainTextPath") or ""
    if path.startswith(("absolute://", "relative://")):
        reading.wrong.append(f"{called} lies outside the project file")
        return None
    wanted = "sources/" + path.removeprefix("internal://").lstrip("/").lower().removeprefix("sources/")
    member = next((n for n in reading.archive.names if n.lower() == wanted), None)
    if not path or member is None:
        reading.wrong.append(f"{called} is not in the project file")
        return None
    text, encoding = decode(reading.archive.read(member), member.rsplit("/", 1)[-1])
    if encoding != "UTF-8":
        reading.lost[f"texts in {encoding} (read; the standard asks for UTF-8)"] += 1
    if not text.strip("\ufeff \r\n\t"):
        reading.wrong.append(f"{called} is empty: the program that wrote the file lost it")
        return None
    return text


def _selection(element: Element, source: str, text: str, span: tuple[int, int], reading: _Reading) -> None:
    codings = list(_children(element, "Coding"))
    if not codings:
        reading.lost["selections without a code"] += 1
    known = {c.id for c in reading.codes}
    note = _text_of(element, "Description")
    reading.lost["links from a selection or coding to a memo"] += sum(
        1 for e in (element, *codings) for _ in _children(e, "NoteRef")
    )
    for coding in codings:
        targets = [_guid(ref.get("targetGUID")) for ref in _children(coding, "CodeRef")]
        for target in targets:
            if target not in known:
                reading.lost["codings whose code is not in the codebook"] += 1
                continue
            user = _guid(coding.get("creatingUser") or element.get("creatingUser"))
            reading.codings.append(
                QdaCoding(
                    source=source,
                    start=span[0],
                    end=span[1],
                    quote=text[span[0] : span[1]],
                    code=target,
                    coder=reading.users.get(user, "") or "not named",
                    created=coding.get("creationDateTime") or "",
                    note=note,
                )
            )


def _memos(notes: Element | None, reading: _Reading) -> Iterator[QdaMemo]:
    for note in () if notes is None else notes:
        guid = _guid(note.get("guid"))
        content = next(_children(note, "PlainTextContent"), None)
        text = _stored_note(note, reading) if content is None else content.text or ""
        if text is None:
            reading.lost["memos whose words are not in the file"] += 1
            continue
        author = reading.users.get(_guid(note.get("creatingUser")), "")
        yield QdaMemo(
            id=guid,
            name=note.get("name") or "",
            text=text,
            author=author,
            created=note.get("creationDateTime") or "",
            about=reading.notes_of.get(guid, ""),
        )


def _stored_note(note: Element, reading: _Reading) -> str | None:
    before = len(reading.wrong)
    text = _stored(note, note.get("name") or "memo", reading)
    del reading.wrong[before:]  # a memo that is gone is counted, and does not stop the reading
    return None if text is None else plain(text)


def _cases(cases: Element | None, reading: _Reading) -> Iterator[QdaCase]:
    for case in () if cases is None else cases:
        sources = tuple(_guid(ref.get("targetGUID")) for ref in _children(case, "SourceRef"))
        reading.lost["parts of texts that belong to a case"] += sum(1 for _ in _children(case, "SelectionRef"))
        values = dict(_values(case, reading))
        for source in sources:  # attributes stand under the case in one program, under the text in another
            for name, value in reading.values_of.get(source, ()):
                if values.get(name) is None:
                    values[name] = value
                elif value is not None and values[name] != value:
                    reading.wrong.append(f"a case and its text differ in the attribute '{name}'")
        yield QdaCase(
            id=_guid(case.get("guid")), name=case.get("name") or "", sources=sources, values=tuple(values.items())
        )


def _values(parent: Element, reading: _Reading) -> Iterator[tuple[str, Value]]:
    for element in _children(parent, "VariableValue"):
        ref = next(_children(element, "VariableRef"), None)
        name, _ = reading.variables.get(_guid(None if ref is None else ref.get("targetGUID")), ("", "Text"))
        if not name:
            reading.lost["values of an attribute that is not declared"] += 1
            continue
        typed = next((e for e in element if local(e).endswith("Value")), None)
        try:
            yield name, None if typed is None else _value(local(typed), (typed.text or "").strip())
        except ValueError:
            reading.wrong.append(f"attribute '{name}': a value is not of its type")


def _value(kind: str, text: str) -> Value:
    if not text:
        return None
    if kind == "IntegerValue":
        return int(text)
    if kind == "FloatValue":
        return float(text)
    if kind == "BooleanValue":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    return text


def _refuse(reading: _Reading, file: str) -> None:
    if reading.wrong:
        lines = list(dict.fromkeys(reading.wrong))
        more = [f"and {len(lines) - 20} more"] if len(lines) > 20 else []  # noqa: PLR2004  # as many as a screen holds
        raise DataError(
            f"{file}: " + "\n          ".join([*lines[:20], *more]),
            expected="every text in the file, and every coding on its words",
            fix="export the project again from the program it came from, with its texts",
        )
