"""`ot-eval lab` in a real browser: open a notebook, run all, change a parameter, see it change; nothing goes elsewhere.

Development only: needs Chromium, node, and `npm install --no-package-lock --prefix tests/publish`.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from ot_eval.base.protocol_file import load
from ot_eval.cli_lab import SHORT, lab_command, no_questions
from ot_eval.data.synthetic import write_plain_study
from ot_eval.studies.new_study import make_study
from ot_eval.studies.pipeline import run_study

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("OT_EVAL_NODE_MODULES", HERE / "node_modules"))
SECONDS = 90
"""How long JupyterLab may take to answer."""


@pytest.fixture(scope="module")
def tools():
    found = [shutil.which("node"), next((p for p in map(shutil.which, ("chromium", "google-chrome")) if p), None)]
    if not all(found) or not (MODULES / "puppeteer-core").is_dir():
        pytest.skip("needs node, Chromium and puppeteer-core; see the top of this file")
    return found


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = make_study(tmp_path_factory.mktemp("lab") / "small")
    write_plain_study(root / "data", people=600, seed=1)
    plan = "study: small\ntitle: Small\nquestion: How long is it?\ncovariates: [client]\n"
    (root / "protocol.yaml").write_text(plan, encoding="utf-8")
    run_study(root / "protocol.yaml")
    return root


@pytest.fixture
def server(study, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--allow-root"]
    sockets = Path(tempfile.mkdtemp(prefix="ote-", dir=SHORT))  # as `ot-eval lab` does: a socket's name must be short
    quiet = {"JUPYTER_RUNTIME_DIR": str(sockets), "JUPYTER_CONFIG_DIR": str(tmp_path / "c")}
    command = [*lab_command(study), no_questions(sockets), *options, "--IdentityProvider.token=secret"]
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(command, env=os.environ | quiet, stdout=log, stderr=log)
        try:
            _wait(port, running)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(30)
            shutil.rmtree(sockets, ignore_errors=True)


def _wait(port, running):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert running.poll() is None, "JupyterLab ended"
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail("JupyterLab did not answer")


def frozen(study, name, *changes):
    """Lay a frozen protocol into the study's work folder, as `ot-eval run` does, and return its parameters cell."""
    plan = load(study / "protocol.yaml", changes)
    (study / "work" / "small" / name).write_text(plan.canonical(), encoding="utf-8")
    return f'protocol_path = "../work/small/{name}"\nprotocol_sha256 = "{plan.sha256()}"'


def test_open_run_all_change_a_parameter_and_see_it_change(tools, study, server, tmp_path):
    node, chromium = tools
    first = frozen(study, "first.json")
    second = frozen(study, "second.json", "follow_up.horizons_days=[100, 200]")
    wrong = first.replace('sha256 = "', 'sha256 = "0')
    opening, shares = "open_workspace(", '"cumulative_incidence"'
    runs = [
        {"code": "protocol_path = ''\nprotocol_sha256 = ''", "cell": opening, "expect": "protocol_path names no file"},
        {"code": wrong, "cell": opening, "expect": "Expected:"},
        {"code": first, "cell": shares, "expect": "day 365"},
        {"code": second, "cell": shares, "expect": "day 200"},
    ]
    script = tmp_path / "lab.mjs"
    script.write_text((HERE / "lab.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(MODULES)
    url = f"{server}/lab/tree/notebooks/care_packages.ipynb?token=secret"
    done = subprocess.run(
        [node, script, chromium, url, tmp_path / "profile"],
        input=json.dumps(runs),
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    _, refused, as_planned, changed = seen["shown"]
    assert "RequestError" in refused
    assert "day 200" not in as_planned
    assert "day 365" not in changed
    assert not seen["asked"], "no question whether to fetch news"
    assert seen["elsewhere"] == [], "nothing is asked of any other computer"
