"""REFI-QDA out: projects (.qdpx) and codebooks (.qdc) that other tools read, checked against the schema and the words.

Plain on purpose, because tools trip over more: project.qde, a lower-case folder sources/, UTF-8 without mark, no
absolute path, no styled twin, ids that stay the same from one export to the next.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lxml import etree

from ot_eval.base.errors import InternalFault, RequestError
from ot_eval.data.refi_model import (
    CODEBOOK_NAMESPACE,
    PROJECT_NAMESPACE,
    QdaCase,
    QdaCode,
    QdaCoding,
    QdaProject,
    QdaSource,
    Value,
    refuse_project,
)
from ot_eval.data.refi_offsets import Counting, counted

Tool = Literal["standard", "nvivo", "maxqda", "atlas", "qualcoder"]
COUNTING: dict[str, Counting] = {
    "standard": Counting(),
    "atlas": Counting(),
    "qualcoder": Counting(),
    "nvivo": Counting(utf16=True),
    "maxqda": Counting(crlf=True),
}
"""How each tool counts, from the code of other programs that read them. None of the vendors' own was tried here."""
_SPACE = uuid.UUID("6f0d5c3e-2f0b-5c6a-9a55-0e7f3a8d9b11")
_ORIGIN = "ot_eval"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_NOT_XML = {c: None for c in range(32) if chr(c) not in "\t\n\r"} | {0xFFFE: None, 0xFFFF: None}


@dataclass(frozen=True, slots=True)
class Written:
    """A file to hand on, how it counts, and what of the project it could not hold."""

    body: bytes
    counting: str
    lost: dict[str, int]


def project_file(project: QdaProject, *, tool: Tool = "standard", at: datetime) -> Written:
    """Return a project as a .qdpx file.

    Parameters
    ----------
    project : what to write
    tool : the tool that will read it; it decides how characters are counted
    at : the time that codings without one of their own get

    Raises
    ------
    DataError
        A coding is not on its words.
    """
    refuse_project(project, project.name)
    build = _Build(project, COUNTING[tool], _stamp(at))
    root = build.project()
    body = _xml(root)
    validate(body, "Project")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("project.qde", body), *build.members()):
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), content, zipfile.ZIP_DEFLATED)
    return Written(out.getvalue(), str(COUNTING[tool]), build.lost())


def codebook_file(project: QdaProject) -> Written:
    """Return the codes of a project as a .qdc file.

    Raises
    ------
    RequestError
        There are no codes; the schema has no codebook without any.
    """
    if not project.codes:
        raise RequestError("there are no codes to write", expected="a codebook", fix="write the codebook first")
    root = Element("CodeBook", {"xmlns": CODEBOOK_NAMESPACE, "origin": _ORIGIN})
    _codes(SubElement(root, "Codes"), project, "")
    body = _xml(root)
    validate(body, "Codebook")
    lost = {"texts": len(project.sources), "codings": len(project.codings), "memos": len(project.memos)}
    return Written(body, "", {k: n for k, n in lost.items() if n})


@cache
def _schema(name: str) -> etree.XMLSchema:
    text = (files("ot_eval.data") / "reference" / "refi_qda" / f"{name}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text, _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def validate(body: bytes, schema: Literal["Project", "Codebook"]) -> None:
    """Raise an InternalFault where what we wrote breaks the standard's schema."""
    checked = _schema(schema)
    if not checked.validate(etree.fromstring(body, _parser())):
        lines = sorted({error.line for error in checked.error_log})
        raise InternalFault(
            f"the file written breaks {schema}.xsd at {len(lines)} places",
            expected="a file that is valid against the standard's schema",
            fix="report this",
        )


def _guid(text: str, *kind: str) -> str:
    """Return a GUID: the id itself where it is one, else one made of it, always the same."""
    try:
        return str(uuid.UUID(text)).upper()
    except ValueError:
        return str(uuid.uuid5(_SPACE, "\x1f".join((*kind, text)))).upper()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clean(text: str) -> str:
    return text.translate(_NOT_XML)


def _xml(root: Element) -> bytes:
    indent(root)
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"


def _codes(parent: Element, project: QdaProject, above: str) -> None:
    for code in project.codes:
        if code.parent == above:
            element = SubElement(parent, "Code", _code_attributes(code))
            if code.description:
                SubElement(element, "Description").text = _clean(code.description)
            _codes(element, project, code.id)


def _code_attributes(code: QdaCode) -> dict[str, str]:
    given = {"guid": _guid(code.id, "code"), "name": _clean(code.name), "isCodable": str(code.codable).lower()}
    return given | ({"color": code.colour} if code.colour else {})


class _Build:
    """The parts of one project's XML, in the order of the schema."""

    def __init__(self, project: QdaProject, counting: Counting, stamp: str) -> None:
        self._p, self._counting, self._stamp = project, counting, stamp
        names = (
            {c.coder for c in project.codings}
            | {m.author for m in project.memos}
            | {s.creator for s in project.sources}
        )
        self._users = {n: _guid(n, "user") for n in sorted(names - {""})}
        self._by_source: dict[str, list[QdaCoding]] = {}
        for coding in project.codings:
            self._by_source.setdefault(coding.source, []).append(coding)

    def project(self) -> Element:
        p = self._p
        root = Element("Project", {"xmlns": PROJECT_NAMESPACE, "name": _clean(p.name), "origin": _ORIGIN})
        root.set("creationDateTime", self._stamp)
        if self._users:
            users = SubElement(root, "Users")
            for name, guid in self._users.items():
                SubElement(users, "User", {"guid": guid, "name": _clean(name)})
        if p.codes:
            _codes(SubElement(SubElement(root, "CodeBook"), "Codes"), p, "")
        self._people(root)
        if p.sources:
            sources = SubElement(root, "Sources")
            for source in p.sources:
                self._source(sources, source)
        if p.memos:
            self._memos(SubElement(root, "Notes"))
        for memo in p.memos:
            if not memo.about:
                SubElement(root, "NoteRef", {"targetGUID": _guid(memo.id, "memo")})
        return root

    def _people(self, root: Element) -> None:
        variables = SubElement(root, "Variables") if self._p.variables else root
        for name, kind in self._p.variables:
            guid = _guid(name, "variable")
            SubElement(variables, "Variable", {"guid": guid, "name": _clean(name), "typeOfVariable": kind})
        cases = SubElement(root, "Cases") if self._p.cases else root
        for case in self._p.cases:
            self._case(cases, case)

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Yield the texts as members of the archive."""
        for source in self._p.sources:
            text = source.text.replace("\n", "\r\n") if self._counting.crlf else source.text
            yield f"sources/{_guid(source.id, 'text file')}.txt", text.encode("utf-8")

    def lost(self) -> dict[str, int]:
        known = {s.id for s in self._p.sources} | {""}
        found = {
            "memos about a code (written as memos of no code)": sum(m.about not in known for m in self._p.memos),
            "times of codings that are not given": sum(not c.created for c in self._p.codings),
        }
        return {k: n for k, n in found.items() if n}

    def _case(self, parent: Element, case: QdaCase) -> None:
        element = SubElement(parent, "Case", {"guid": _guid(case.id, "case"), "name": _clean(case.name)})
        kinds = dict(self._p.variables)
        for name, value in case.values:
            pair = SubElement(element, "VariableValue")
            SubElement(pair, "VariableRef", {"targetGUID": _guid(name, "variable")})
            if value is not None:
                SubElement(pair, f"{kinds[name]}Value").text = _written(value)
        for source in case.sources:
            SubElement(element, "SourceRef", {"targetGUID": _guid(source, "source")})

    def _source(self, parent: Element, source: QdaSource) -> None:
        file = _guid(source.id, "text file")
        given = {
            "guid": _guid(source.id, "source"),
            "name": _clean(source.name),
            "plainTextPath": f"internal://{file}.txt",
        }
        if source.creator:
            given["creatingUser"] = self._users[source.creator]
        element = SubElement(parent, "TextSource", given)
        offsets = counted(source.text, self._counting)
        spans: dict[tuple[int, int], list[QdaCoding]] = {}
        for coding in self._by_source.get(source.id, ()):
            spans.setdefault((coding.start, coding.end), []).append(coding)
        for (start, end), codings in sorted(spans.items()):
            place = f"{source.id}\x1f{start}\x1f{end}"
            attributes = {
                "guid": _guid(place, "selection"),
                "name": _clean(" ".join(codings[0].quote.split())),
                "startPosition": str(offsets[start]),
                "endPosition": str(offsets[end]),
                **self._by(codings[0]),
            }
            selection = SubElement(element, "PlainTextSelection", attributes)
            notes = [c.note for c in codings if c.note]
            if notes:
                SubElement(selection, "Description").text = _clean("\n".join(dict.fromkeys(notes)))
            for coding in codings:
                guid = _guid(f"{place}\x1f{coding.code}\x1f{coding.coder}", "coding")
                one = SubElement(selection, "Coding", {"guid": guid, **self._by(coding)})
                SubElement(one, "CodeRef", {"targetGUID": _guid(coding.code, "code")})
        for memo in self._p.memos:
            if memo.about == source.id:
                SubElement(element, "NoteRef", {"targetGUID": _guid(memo.id, "memo")})

    def _by(self, coding: QdaCoding) -> dict[str, str]:
        return {"creatingUser": self._users[coding.coder], "creationDateTime": coding.created or self._stamp}

    def _memos(self, parent: Element) -> None:
        for memo in self._p.memos:
            given = {"guid": _guid(memo.id, "memo"), "name": _clean(memo.name)}
            if memo.author:
                given["creatingUser"] = self._users[memo.author]
            given["creationDateTime"] = memo.created or self._stamp
            note = SubElement(parent, "Note", given)
            SubElement(note, "PlainTextContent").text = _clean(memo.text)


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else _clean(str(value))


def code_guid(code: str) -> str:
    """Return the GUID under which a code of a codebook is written, always the same.

    Examples
    --------
    >>> code_guid("listened") == code_guid("listened"), len(code_guid("listened"))
    (True, 36)
    """
    return _guid(code, "code")
