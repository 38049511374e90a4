"""What need not be done again: a strand's result stays good while protocol, data, notebook and code are the same.

The stamp beside a result names everything it was made from. Where a run fails half-way, the strands that were done
are not done again; where anything differs by a byte, the result is thrown away before its notebook starts.
"""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path

from ot_eval.base.provenance import code_sha256, sha256, versions
from ot_eval.base.study import write_private
from ot_eval.studies.workspace import Workspace, result_path


def made_from(workspace: Workspace, notebook: Path) -> str:
    """Return one hash over all that a strand's result depends on.

    Parameters
    ----------
    workspace : the strand's desk, filled
    notebook : the notebook that will work at it
    """
    parts = {
        "protocol": workspace.protocol.sha256(),
        "notebook": sha256(notebook),
        "code": code_sha256(),
        "python": platform.python_version(),
        "packages": versions(),
        "desk": {path.name: sha256(path) for path in workspace.files()},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def remember(work: Path, strand: str, made: str) -> None:
    """Stamp a result that a notebook has just saved."""
    if result_path(work, strand).exists():
        write_private(_stamp(work, strand), json.dumps(_seal(work, strand, made)))


def still_good(work: Path, strand: str, made: str) -> bool:
    """Whether result and executed notebook were made from the same things, and nobody has touched them since.

    The executed notebook counts too: the page of code is read from it.
    """
    stamp = _stamp(work, strand)
    if not (stamp.exists() and result_path(work, strand).exists() and _executed(work, strand).exists()):
        return False
    return bool(json.loads(stamp.read_text(encoding="utf-8")) == _seal(work, strand, made))


def forget(work: Path, strand: str) -> None:
    """Throw a result away, so that it can never stand in for this run's."""
    result_path(work, strand).unlink(missing_ok=True)
    _stamp(work, strand).unlink(missing_ok=True)


def _stamp(work: Path, strand: str) -> Path:
    return result_path(work, strand).with_suffix(".stamp.json")


def _executed(work: Path, strand: str) -> Path:
    return work / "notebooks" / f"{strand}.ipynb"


def _seal(work: Path, strand: str, made: str) -> dict[str, str]:
    found = {"result": result_path(work, strand), "executed": _executed(work, strand)}
    return {"made_from": made, **{name: sha256(path) for name, path in found.items()}}
