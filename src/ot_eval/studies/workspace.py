"""The private desk of one strand: what was derived for it, and where its result is laid down.

The pipeline fills the desk, the strand's notebook works at it. Everything here stays in `work/`.
"""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Protocol, thaw
from ot_eval.base.results import Deviation, FlowStep, StudyResult, from_json
from ot_eval.base.study import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a strand needs, derived once: named frames, the flow that led to them, and facts about the data."""

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    flow: tuple[FlowStep, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One strand's frames, flow and facts, with the frozen protocol they were made under."""

    root: Path
    strand: str
    protocol: Protocol

    @property
    def _desk(self) -> Path:
        return self.root / "derived" / self.strand

    def frame(self, name: str) -> pd.DataFrame:
        """Return the derived frame called `name`, freshly read."""
        return pd.read_parquet(self._desk / f"{name}.parquet")

    def has(self, name: str) -> bool:
        """Whether a frame called `name` was derived."""
        return (self._desk / f"{name}.parquet").exists()

    @property
    def flow(self) -> tuple[FlowStep, ...]:
        """The eligibility rules in order, with who was left after each."""
        return tuple(FlowStep(**step) for step in self._about()["flow"])

    @property
    def facts(self) -> dict[str, str]:
        """Named short statements about the data."""
        return dict(self._about()["facts"])

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """How the protocol as used differs from the protocol as locked."""
        return tuple(Deviation(**d) for d in self._about()["deviations"])

    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = json.loads((self._desk / "about.json").read_text(encoding="utf-8"))
        return about

    def save(self, result: StudyResult) -> Path:
        """Lay down the typed result (private; true counts) and return where."""
        return write_private(result_path(self.root, self.strand), result.to_json())

    def files(self) -> tuple[Path, ...]:
        """Every file on the desk, by name."""
        return tuple(sorted(self._desk.iterdir()))

    def fill(self, prepared: Prepared) -> None:
        """Clear the desk and lay down what was derived for this strand; nothing identifying is among it."""
        if self._desk.exists():
            shutil.rmtree(self._desk)
        for name, frame in prepared.frames.items():
            buffer = io.BytesIO()
            frame.to_parquet(buffer, index=False)
            write_private(self._desk / f"{name}.parquet", buffer.getvalue())
        about = {
            "flow": [asdict(step) for step in prepared.flow],
            "facts": prepared.facts,
            "deviations": [asdict(d) for d in prepared.deviations],
        }
        write_private(self._desk / "about.json", json.dumps(about, indent=1, sort_keys=True))


def result_path(root: Path, strand: str) -> Path:
    """Return where a strand's typed result lies."""
    return root / "results" / f"{strand}.json"


def read_result(root: Path, strand: str) -> StudyResult:
    """Read a strand's typed result, or say that its notebook saved none."""
    path = result_path(root, strand)
    if not path.exists():
        raise RequestError(
            f"notebook {strand}: it ran to its end and saved no result",
            expected="a last cell that calls workspace.save(result)",
            fix=f"restore the notebook's last cell, or take a fresh copy with `ot-eval init` ({strand}.ipynb)",
        )
    return from_json(path.read_text(encoding="utf-8"))


def open_workspace(protocol_path: str, protocol_sha256: str, strand: str) -> Workspace:
    """Open a strand's desk from what papermill hands a notebook.

    Parameters
    ----------
    protocol_path : the frozen protocol (JSON) in the study's `work` folder
    protocol_sha256 : its hash; another protocol is refused
    strand : the strand's name

    Raises
    ------
    RequestError
        No frozen protocol there, another one, or nothing derived for this strand.
    """
    path = Path(protocol_path)
    if not protocol_path or not path.is_file():
        raise RequestError(
            "parameters cell: protocol_path names no file",
            expected="the frozen protocol.json that `ot-eval run` writes into work/<study>/",
            fix="run the study once with `ot-eval run`, then set protocol_path to work/<study>/protocol.json",
        )
    workspace = Workspace(root=path.parent, strand=strand, protocol=thaw(path, protocol_sha256))
    if not (workspace.root / "derived" / strand / "about.json").exists():
        raise RequestError(
            f"{strand}: nothing has been derived for this strand",
            expected=f"work/<study>/derived/{strand}/",
            fix=f"add {strand} to strands in the protocol and run `ot-eval run` once",
        )
    return workspace
