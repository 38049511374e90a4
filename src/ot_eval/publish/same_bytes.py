"""An office file without the moment of writing: the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every entry: the first that a zip archive can hold."""
NO_DATE = "1980-01-01T00:00:00Z"
_CORE = "docProps/core.xml"


def same_bytes(package: bytes, made: str = "") -> bytes:
    """Return an office file (docx, xlsx) whose bytes depend on its content alone.

    Parameters
    ----------
    package : the file as a library saved it
    made : the time to write into its properties, as `2026-11-24T12:00:00Z`; empty = leave what they hold
    """
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            body = source.read(name)
            if made and name == _CORE:
                body = _dated(body, made.encode())
            entry = zipfile.ZipInfo(name, date_time=FIRST_DAY)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(entry, body)
    return fixed.getvalue()


def _dated(body: bytes, made: bytes) -> bytes:
    for tag in (b"dcterms:created", b"dcterms:modified"):
        start = body.index(b">", body.index(b"<" + tag)) + 1
        body = body[:start] + made + body[body.index(b"</" + tag) :]
    return body
