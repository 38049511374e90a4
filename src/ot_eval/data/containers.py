"""Zip archives and XML from other programs, opened so that a hostile file can do nothing but be refused.

Not read: document types and entities, names that leave the folder, links, encrypted members, members twice by the same
name, and anything that unpacks to more than the limits below.
"""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ot_eval.base.errors import DataError

MOST_MEMBERS = 10_000
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    KeyError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""What a member that cannot be unpacked raises, by how it was packed."""
LARGEST_MEMBER = 200 * 2**20
LARGEST_TOTAL = 2 * 2**30
LARGEST_RATIO = 200
"""Text packs about 4 : 1, very plain XML up to 40 : 1; a bomb packs 1,000 : 1."""
SMALL = 2**20
"""Members this small are let through whatever their ratio."""
DEEPEST = 100
_ENCRYPTED = 0x1


def refusal(
    name: str, found: str, expected: str, fix: str = "export the file again from the program it came from"
) -> DataError:
    """Return the error for a file from another program."""
    return DataError(f"{name}: {found}", expected=expected, fix=fix)


class Archive:
    """A zip archive whose members were checked before any was unpacked.

    Parameters
    ----------
    path : the archive
    what : what it should be, for messages ("a Word document")
    """

    def __init__(self, path: Path, what: str) -> None:
        self.name, self._path = path.name, path
        if not path.is_file():
            raise refusal(path.name, "no such file", what, "check the path")
        try:
            with zipfile.ZipFile(path) as archive:
                self._infos = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise refusal(path.name, f"this is not {what} that can be opened", f"{what}, whole") from None
        wrong = sorted({fault for info in self._infos for fault in _faults(info)})
        if len(self._infos) > MOST_MEMBERS:
            wrong.append(f"it holds {len(self._infos)} members")
        if sum(i.file_size for i in self._infos) > LARGEST_TOTAL:
            wrong.append("it unpacks to more than 2 GiB")
        names = [i.filename for i in self._infos]
        if len(set(names)) != len(names):
            wrong.append("it holds two members of the same name")
        if wrong:
            raise refusal(self.name, "; ".join(wrong), f"{what} that unpacks into its own folder, within the limits")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members that are files."""
        return tuple(i.filename for i in self._infos if not i.is_dir())

    def read(self, name: str) -> bytes:
        """Return one member's bytes, never more than the limit whatever the archive declares."""
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(name) as stream:
                body = stream.read(LARGEST_MEMBER + 1)
        except _DAMAGED:
            raise refusal(self.name, "one of its members cannot be unpacked", "a whole archive") from None
        if len(body) > LARGEST_MEMBER:
            raise refusal(self.name, "one of its members is larger than 200 MiB", "text within the limits")
        return body

    def xml(self, name: str) -> Element:
        """Return one member parsed as XML."""
        return parse(self.read(name), f"{self.name} ({PurePosixPath(name).name})")


def _faults(info: zipfile.ZipInfo) -> list[str]:
    parts = PurePosixPath(info.filename).parts
    found = []
    if "\\" in info.filename or info.filename.startswith("/") or ".." in parts or ":" in info.filename:
        found.append("a member's name leads out of the archive's folder")
    if stat.S_ISLNK(info.external_attr >> 16):
        found.append("a member is a link")
    if info.flag_bits & _ENCRYPTED:
        found.append("a member is encrypted")
    if info.file_size > LARGEST_MEMBER and info.filename.lower().endswith((".xml", ".qde", ".txt", ".rels")):
        found.append("a member is larger than 200 MiB")
    if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
        found.append("a member unpacks to more than 200 times its size")
    return found


def parse(body: bytes, name: str) -> Element:
    """Parse XML without document types, entities or nesting deeper than 100.

    Raises
    ------
    DataError
        It is not XML, declares a document type or entity, or is nested too deep.
    """
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise refusal(name, "it declares a document type or entities", "plain XML without either") from None
    except (ParseError, ValueError, LookupError):
        raise refusal(name, "this is not XML that can be read", "well-formed XML") from None
    _refuse_depth(root, name)
    return root


def _refuse_depth(root: Element, name: str) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise refusal(name, f"it is nested deeper than {DEEPEST}", "XML as a program writes it")
        level = [child for element in level for child in element]


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def namespace(element: Element) -> str:
    """Return an element's namespace, empty where it has none."""
    return element.tag[1:].split("}", 1)[0] if element.tag.startswith("{") else ""


def decode(body: bytes, name: str) -> tuple[str, str]:
    """Return text and the name of its encoding: by its mark, else UTF-8, else Windows-1252.

    The mark itself is kept (U+FEFF), because some programs count it.

    Raises
    ------
    DataError
        These are not letters in any of these encodings.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return body.decode("utf-16-le" if body[:1] == b"\xff" else "utf-16-be"), "UTF-16"
        except UnicodeDecodeError:
            raise refusal(name, "it is marked as UTF-16 and is not", "text in UTF-8", "save it as UTF-8") from None
    if b"\0" in body:
        raise refusal(name, "it holds zero bytes: this is not text", "text in UTF-8", "save it as plain text, UTF-8")
    try:
        return body.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        raise refusal(name, "its letters cannot be read", "text in UTF-8", "save it as plain text, UTF-8") from None
