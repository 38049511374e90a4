"""The verbs: what they pass on, what they print, and the exit codes of the contract."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import ot_eval.studies
from ot_eval.base.errors import AnalysisRefused, DataError, InternalFault, RequestError
from ot_eval.base.protocol_file import load, schema_text
from ot_eval.cli import app
from ot_eval.cli_lab import lab_command, open_lab
from ot_eval.studies import verify as verify_module
from ot_eval.studies.pipeline import Options

VERBS = (
    ["init"],
    ["check"],
    ["run"],
    ["demo"],
    ["ids"],
    ["lab"],
    ["verify"],
    ["protocol", "lock"],
    ["protocol", "schema"],
)
PRIVATE = "Doris Example, 943 476 5919"


@pytest.fixture
def call():
    return lambda *words: CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)


@pytest.fixture
def pipeline(monkeypatch):
    """Stand in for the pipeline, so that these tests see only what a verb passes on."""
    asked = SimpleNamespace(calls=[], error=None)

    def run_study(protocol_file, options, on_step):
        asked.calls.append((protocol_file, options))
        on_step("Reading", 0, 2)
        on_step("Reading", 2, 2)
        on_step("Publishing", 1, 1)
        if asked.error:
            raise asked.error
        return SimpleNamespace(
            report_dir=Path("reports/falls"), headline=("About 20 in 100 [people]",), problems=tuple(asked.problems)
        )

    row = {"file": "a.csv", "table": "people", "column": "sex", "rule": "allowed value", "count": 1200, "note": ""}
    asked.problems = [SimpleNamespace(**row, severity="noted")]
    fake = SimpleNamespace(
        run_study=run_study,
        Options=Options,
        check_study=lambda _: SimpleNamespace(problems=tuple(asked.problems), facts={"data end": "2026-03-31"}),
        demo=lambda folder, on_step: run_study(folder, Options(), on_step),
    )
    monkeypatch.setattr(ot_eval.studies, "pipeline", fake, raising=False)
    monkeypatch.setitem(sys.modules, "ot_eval.studies.pipeline", fake)
    return asked


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_of_every_verb_has_an_example(call, verb):
    got = call(*verb, "--help")
    assert got.exit_code == 0
    assert "Example" in got.output
    assert f"ot-eval {' '.join(verb)}" in got.output


def test_help_names_every_verb_and_the_exit_codes(call):
    got = call("--help")
    assert all(verb[0] in got.output for verb in VERBS)
    assert "1 the data broke rules" in " ".join(got.output.split())


def test_run_passes_every_option_on(call, pipeline):
    got = call(
        *("run", "my/protocol.yaml", "--only", "care_packages", "--only", "coaching", "--out", "there", "--jobs", "2"),
        *("--engine", "spark", "--set", "seed=1", "--set", "increase.minimum_rise=2", "--fresh", "--withdrawn"),
    )
    assert got.exit_code == 0
    options = Options(
        only=("care_packages", "coaching"),
        out=Path("there"),
        jobs=2,
        engine="spark",
        overrides=("seed=1", "increase.minimum_rise=2"),
        fresh=True,
        withdrawn=True,
    )
    assert pipeline.calls == [(Path("my/protocol.yaml"), options)]


def test_run_prints_each_step_once_the_headline_and_the_place(call, pipeline):
    got = call("run", "protocol.yaml")
    assert got.output.count("Reading") == 1
    assert "About 20 in 100 [people]" in got.output
    assert "Kinds of problem in some rows: 1" in got.output
    assert str(Path("reports/falls/index.html")) in got.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "care_package"], "Did you mean"),
        (["--jobs", "0"], "--jobs"),
        (["--engine", "sparc"], "duckdb"),
        (["--nothing"], "--nothing"),
    ],
)
def test_a_wrong_option_is_a_wrong_request(call, pipeline, options, said):
    got = call("run", "protocol.yaml", *options)
    assert got.exit_code == 2
    assert said in got.output
    assert pipeline.calls == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [(DataError, 1), (RequestError, 2), (AnalysisRefused, 3), (InternalFault, 4)],
)
def test_an_error_is_three_lines_and_its_exit_code(call, pipeline, kind, code):
    pipeline.error = kind("table [x] is wrong", expected="a table", fix="mend it")
    got = call("run", "protocol.yaml")
    assert got.exit_code == code
    assert got.stderr.splitlines() == [
        "Found:    table [x] is wrong",
        "Expected: a table",
        "To fix:   mend it",
    ]


def test_a_fault_of_ours_shows_no_value_and_leaves_a_private_log(call, pipeline, tmp_path):
    pipeline.error = KeyError(PRIVATE)
    got = call("run", tmp_path / "protocol.yaml")
    assert got.exit_code == 4
    assert "KeyError" in got.stderr
    assert PRIVATE not in got.output
    assert "Traceback" not in got.output
    (log,) = (tmp_path / "work" / "faults").iterdir()
    assert PRIVATE in log.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_a_full_disk_is_called_a_full_disk(call, pipeline, tmp_path):
    pipeline.error = OSError(28, "No space left on device")
    got = call("run", tmp_path / "protocol.yaml")
    assert got.exit_code == 4
    assert "the disk is full" in got.stderr


def test_a_stopped_run_ends_as_programs_that_are_stopped_do(call, pipeline):
    pipeline.error = KeyboardInterrupt()
    assert call("run", "protocol.yaml").exit_code == 130


def test_check_lists_counts_and_ends_with_1_only_when_a_rule_is_broken(call, pipeline):
    got = call("check", "protocol.yaml")
    assert got.exit_code == 0
    assert "1,200" in got.output
    assert "data end: 2026-03-31" in got.output
    pipeline.problems.append(
        SimpleNamespace(**(vars(pipeline.problems[0]) | {"rule": "after start", "severity": "refused", "count": 3}))
    )
    got = call("check", "protocol.yaml")
    assert got.exit_code == 1
    assert "1 of these rules must hold" in got.output


def test_check_adds_up_the_files_of_a_rule_and_shows_notes(call, pipeline):
    other = {"file": "b.csv", "count": 34, "note": "Found b.csv and b.xlsx: keep one."}
    pipeline.problems.append(SimpleNamespace(**(vars(pipeline.problems[0]) | other)))
    got = call("check", "protocol.yaml")
    assert "2 files" in got.output
    assert "1,234" in got.output
    assert "b.csv: Found b.csv and b.xlsx: keep one." in got.output


def test_demo_makes_its_folder(call, pipeline, tmp_path):
    assert call("demo", tmp_path / "demo").exit_code == 0
    assert pipeline.calls[0][0] == tmp_path / "demo"


def test_verify_ends_with_1_when_a_number_moved(call, pipeline, monkeypatch):
    moved = verify_module.Moved(file="results.csv", row="cox [ot]", column="value", published="0.82", rebuilt="0.84")
    same = verify_module.Verdict(edited=(), moved=(), causes=("pandas: was 2, is 3",))
    other = verify_module.Verdict(edited=("a.html (changed)",), moved=(moved,), causes=("input q1.csv has changed",))
    monkeypatch.setattr(verify_module, "verify", lambda *_: same)
    got = call("verify", "reports/falls")
    assert (got.exit_code, "Identical" in got.output, "moved no number: pandas" in got.output) == (0, True, True)
    monkeypatch.setattr(verify_module, "verify", lambda *_: other)
    got = call("verify", "reports/falls")
    assert got.exit_code == 1
    assert "more" not in got.output
    many = verify_module.Verdict(edited=(), moved=(moved,) * 23, causes=())
    monkeypatch.setattr(verify_module, "verify", lambda *_: many)
    assert "and 3 more" in call("verify", "reports/falls").output
    assert all(
        word in got.output for word in ("0.82", "0.84", "cox [ot]", "May be why: input q1.csv", "a.html (changed)")
    )


def test_init_lock_and_schema_work_together(call, tmp_path):
    study = tmp_path / "Falls 2026"
    assert call("init", study).exit_code == 0
    assert load(study / "protocol.yaml").study == "falls-2026"
    locked = call("protocol", "lock", study / "protocol.yaml")
    assert locked.exit_code == 0
    assert json.loads((study / "protocol.lock.json").read_text(encoding="utf-8"))["seal"] in locked.output
    assert call("protocol", "lock", study / "protocol.yaml").exit_code == 2
    assert call("init", study).exit_code == 2
    assert call("protocol", "schema").output == schema_text()


def test_lab_opens_the_study_folder_and_calls_nobody(tmp_path):
    (tmp_path / "protocol.yaml").write_text("")
    for place in (tmp_path, tmp_path / "protocol.yaml"):
        command = lab_command(place)
        assert command[:3] == (sys.executable, "-m", "jupyterlab")
        assert f"--ServerApp.root_dir={tmp_path}" in command
        assert "--LabApp.news_url=None" in command
        assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in command


def test_lab_keeps_its_sockets_in_a_private_folder_that_goes_away(tmp_path, monkeypatch):
    seen = {}

    def run(command, *, check, env):
        folder = Path(env["JUPYTER_RUNTIME_DIR"])
        seen.update(command=command, folder=folder, mode=stat.S_IMODE(folder.stat().st_mode))
        return SimpleNamespace(returncode=7)

    monkeypatch.setattr(subprocess, "run", run)
    assert open_lab(tmp_path) == 7
    assert not seen["folder"].exists()
    if os.name == "posix":
        assert seen["mode"] == 0o700
        assert "--KernelManager.transport=ipc" in seen["command"]
        assert len(str(seen["folder"])) < 30


def test_lab_refuses_a_place_that_is_not_there(call, tmp_path):
    assert call("lab", tmp_path / "nowhere").exit_code == 2


def test_the_module_runs_as_the_command_does():
    done = subprocess.run(
        [sys.executable, "-m", "ot_eval", "--version"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"ot-eval {ot_eval.__version__}"
