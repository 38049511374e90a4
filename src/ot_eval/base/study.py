"""The study folder: where inputs lie, what is private and what may be published."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFolder:
    """Paths of one study.

    Private: `data` (inputs, with `cld/` below it) and `work` (derived tables, executed notebooks, problem lists).
    Publishable: `reports`; nothing gets there except through `ot_eval.outputs.disclosure`.
    """

    data: Path
    work: Path
    reports: Path

    @property
    def cld(self) -> Path:
        """Folder of the council's Client Level Data files."""
        return self.data / "cld"

    @property
    def key(self) -> Path:
        """The pseudonym key; it stays beside the identifiable inputs and never travels."""
        return self.data / "pseudonym.key"

    @classmethod
    def of(cls, protocol_file: Path, data: str, study: str, out: Path | None = None) -> StudyFolder:
        """Lay out the folder of the study whose protocol lies at `protocol_file`.

        A protocol in a folder called `protocols` belongs to the folder above it.
        """
        here = protocol_file.resolve().parent
        root = here.parent if here.name == "protocols" else here
        inputs = Path(data) if Path(data).is_absolute() else root / data
        return cls(data=inputs, work=root / "work" / study, reports=out or root / "reports" / study)


def private_dir(path: Path) -> Path:
    """Create a folder that its owner alone can read (where the system knows permissions) and return it."""
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        path.chmod(0o700)
    return path


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file that its owner alone can read, whole or not at all, and return its path."""
    private_dir(path.parent)
    partial = path.with_name(f".{path.name}.partial")
    body = content.encode("utf-8") if isinstance(content, str) else content
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(body)
    os.replace(partial, path)
    return path
