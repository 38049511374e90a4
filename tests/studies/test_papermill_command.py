"""papermill's own command runs a strand's notebook, given the two values and nothing else of ours."""

import json
import subprocess
import sys


def papermill(study, out, sha256):
    book = study / "notebooks" / "care_packages.ipynb"
    given = ["-p", "protocol_path", str(study / "work" / "small" / "protocol.json"), "-p", "protocol_sha256", sha256]
    command = [sys.executable, "-m", "papermill", str(book), str(out), *given, "--no-progress-bar", "-k", "python3"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def copied(study):
    """Lay the shipped notebook into the study, as `ot-eval init` does."""
    from ot_eval.base.shipped import shipped

    (study / "notebooks").mkdir(exist_ok=True)
    text = (shipped("notebooks") / "care_packages.ipynb").read_text(encoding="utf-8")
    (study / "notebooks" / "care_packages.ipynb").write_text(text, encoding="utf-8")
    return (study / "work" / "small" / "protocol.sha256").read_text().strip()


def test_the_command_saves_the_result_that_a_run_saves(study):
    sha256 = copied(study)
    saved = study / "work" / "small" / "results" / "care_packages.json"
    before = saved.read_bytes()
    saved.unlink()
    out = study / "work" / "mine.ipynb"
    done = papermill(study, out, sha256)
    assert done.returncode == 0, done.stderr[-2000:]
    assert saved.read_bytes() == before
    kinds = {o["output_type"] for c in json.loads(out.read_text())["cells"] for o in c.get("outputs", [])}
    assert kinds == {"execute_result"}, "no error and nothing on the error stream"


def test_another_protocol_is_refused(study):
    copied(study)
    done = papermill(study, study / "work" / "mine.ipynb", "0" * 64)
    assert done.returncode != 0
    assert "RequestError" in done.stderr
