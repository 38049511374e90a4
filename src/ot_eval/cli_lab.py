"""Opening JupyterLab on a study: nothing calls home, and outputs stay off the network, even this computer's own.

Without the IPC transport JupyterLab sends every output over TCP, unencrypted; on this computer only, but readable to
its other users.
"""

from __future__ import annotations

import json
import os
import subprocess  # JupyterLab is a program of its own; it is started without a shell
import sys
import tempfile
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.study import StudyFolder

QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.ip=127.0.0.1",
)
PRIVATE = ("--KernelManager.transport=ipc",) if os.name == "posix" else ()
SHORT = "/tmp" if os.name == "posix" else None  # noqa: S108  # a socket's name may have about 100 letters


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
    return (sys.executable, "-m", "jupyterlab", *QUIET, *PRIVATE, f"--ServerApp.root_dir={root}")


def no_questions(folder: Path) -> str:
    """Lay a setting into `folder` that keeps JupyterLab from asking whether to fetch news; return how it is told."""
    overrides = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (folder / "overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    return f"--LabApp.app_settings_dir={folder}"


def open_lab(study: Path) -> int:
    """Open JupyterLab and wait until it is closed; return its exit code."""
    command = lab_command(study)
    with tempfile.TemporaryDirectory(prefix="ote-", dir=SHORT, ignore_cleanup_errors=True) as sockets:
        environment = os.environ | {"JUPYTER_RUNTIME_DIR": sockets}
        asked = (*command, no_questions(Path(sockets)))
        return subprocess.run(asked, check=False, env=environment).returncode  # noqa: S603  # no shell
