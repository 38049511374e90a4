"""Where a report came from: the bytes that went in, the code and versions that worked on them, and when.

The record holds names and hashes of whole files, never their contents, and no path of the machine it was made on.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Protocol as Interface

from ot_eval.base.protocol import Protocol

_CHUNK = 1 << 20
PACKAGES = (
    "duckdb",
    "ibis-framework",
    "krippendorff",
    "lifelines",
    "matplotlib",
    "nltk",
    "numpy",
    "pandas",
    "papermill",
    "pingouin",
    "pyspark",
    "scikit-learn",
    "scipy",
    "statsmodels",
)
"""Packages whose version can move a number or a page."""
CODE = {".py", ".j2", ".css", ".csv", ".yaml", ".txt", ".xsd"}
"""Endings of the toolkit's own files that can move a number or a page."""


class FileRead(Interface):
    """A file that was read: its name inside the data folder, its SHA-256, and how many rows it held."""

    @property
    def name(self) -> str:
        """Name relative to the data folder, with `/`."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        ...

    @property
    def rows(self) -> int:
        """Rows below the header."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One input as the manifest names it; the number of rows stays out, since nothing rounds it here."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Everything needed to know whether two reports were made from the same things.

    `code_sha256` is one hash over the toolkit's own source files. `made_at` is UTC, to the second.
    """

    toolkit: str
    code_sha256: str
    python: str
    packages: dict[str, str]
    protocol_sha256: str
    seed: int
    inputs: tuple[InputFile, ...]
    made_at: str


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def code_sha256() -> str:
    """Return one hash over the names and bytes of every file of the toolkit that can move a number or a page."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(
        p for p in root.rglob("*") if p.suffix in {".py", ".j2", ".css", ".csv", ".yaml", ".txt", ".xsd"}
    ):
        digest.update(f"{path.relative_to(root).as_posix()}\0{sha256(path)}\n".encode())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the installed version of each package that can move a number; one that is not installed is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def gather(protocol: Protocol, inputs: Iterable[FileRead], now: datetime | None = None) -> Provenance:
    """Return the record of this run.

    Parameters
    ----------
    protocol : the protocol as used
    inputs : the files that were read
    now : the time to write down; the present when missing
    """
    return Provenance(
        toolkit=metadata.version("ot_eval"),
        code_sha256=code_sha256(),
        python=f"{platform.python_implementation()} {'.'.join(str(n) for n in sys.version_info[:3])}",
        packages=versions(),
        protocol_sha256=protocol.sha256(),
        seed=protocol.seed,
        inputs=tuple(InputFile(name=f.name, sha256=f.sha256) for f in sorted(inputs, key=lambda f: f.name)),
        made_at=(now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
