"""Opening JupyterLab on a study, with everything that calls home switched off."""

from __future__ import annotations

import subprocess  # JupyterLab is a program of its own; it is started without a shell
import sys
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.study import StudyFolder

QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.ip=127.0.0.1",
)


def lab_command(study: Path) -> tuple[str, ...]:
    """Return the command that opens JupyterLab on the folder of `study` (a protocol or a folder).

    Raises
    ------
    RequestError
        There is no such protocol or folder.
    """
    if not study.exists():
        raise RequestError(
            f"{study}: no such protocol or folder",
            expected="a study's protocol or its folder",
            fix="check the path, or make a study with `ot-eval init my-study`",
        )
    root = study.resolve() if study.is_dir() else StudyFolder.of(study, "data", "study").data.parent
    return (sys.executable, "-m", "jupyterlab", *QUIET, f"--ServerApp.root_dir={root}")


def open_lab(study: Path) -> int:
    """Open JupyterLab and wait until it is closed; return its exit code."""
    return subprocess.run(lab_command(study), check=False).returncode  # noqa: S603  # our own interpreter, no shell
