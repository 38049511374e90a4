"""The papermill layer: what runs, what is refused, and what may be said about a failure."""

import json
import os
import signal
import stat
import sys

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ot_eval.base.errors import AnalysisRefused, InternalFault, RequestError
from ot_eval.publish.notebooks import Running, run_all

PARAMETERS = 'protocol_path = ""\nprotocol_sha256 = ""'
PERSON = "Mrs Example, 943 476 5919"


def notebook(folder, *sources, name="strand", parameters=PARAMETERS, tags=("parameters",)):
    first = new_code_cell(parameters, metadata={"tags": list(tags)})
    cells = [new_markdown_cell("# Title"), first, *(new_code_cell(s) for s in sources)]
    path = folder / f"{name}.ipynb"
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": {"name": "not-installed", "display_name": "x"}}), path
    )
    return path


def run(tmp_path, *books, **options):
    protocol = tmp_path / "protocol.json"
    protocol.write_text("{}")
    return run_all(
        tuple(books), tmp_path / "work", protocol_path=protocol, protocol_sha256="ab" * 32, running=Running(**options)
    )


def test_a_notebook_runs_here_with_the_two_parameters_and_stays_private(tmp_path):
    steps = []
    source = (
        "import sys, os, json\n"
        "print(json.dumps([protocol_path, protocol_sha256, sys.executable, os.environ['IPYTHONDIR']]))\n"
        "from ipykernel.kernelapp import IPKernelApp\nprint(IPKernelApp.instance().transport)"
    )
    (done,) = run(tmp_path, notebook(tmp_path, source), on_step=lambda *step: steps.append(step))
    out = nbformat.read(done.path, 4).cells[-1].outputs[0].text.splitlines()
    path, sha, python, profile = json.loads(out[0])
    assert (path, sha, python) == (str(tmp_path / "protocol.json"), "ab" * 32, sys.executable)
    assert not os.path.exists(profile), "the private profile is gone afterwards"
    if os.name == "posix":
        assert out[1] == "ipc"
        assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(done.path.parent.stat().st_mode) == 0o700
    assert steps[0] == ("Running notebook strand", 0, 3)
    assert steps[-1][1] <= 3


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")
def test_a_kernel_that_has_done_its_work_is_asked_to_stop_and_never_interrupted(tmp_path, monkeypatch):
    sent, asked = [], []
    signalled, request = AsyncKernelManager._async_signal_kernel, AsyncKernelManager._async_request_shutdown

    async def signal_kernel(self, signum):
        sent.append(signum)
        await signalled(self, signum)

    async def request_shutdown(self, restart=False):
        asked.append(self.kernel_id)
        await request(self, restart)

    monkeypatch.setattr(AsyncKernelManager, "_async_signal_kernel", signal_kernel)
    monkeypatch.setattr(AsyncKernelManager, "_async_request_shutdown", request_shutdown)
    run(tmp_path, notebook(tmp_path, "print(1)"))
    assert len(asked) == 1
    assert signal.SIGINT not in sent


@pytest.mark.parametrize(
    ("parameters", "tags", "said"),
    [
        (PARAMETERS, (), "0 cells are tagged"),
        ("protocol_pth = ''\nprotocol_sha256 = ''", ("parameters",), "Did you mean 'protocol_pth'"),
        ("protocol_path = ", ("parameters",), "not plain Python"),
    ],
)
def test_a_wrong_parameters_cell_is_refused_before_anything_runs(tmp_path, parameters, tags, said):
    book = notebook(tmp_path, "open('ran', 'w')", parameters=parameters, tags=tags)
    with pytest.raises(RequestError, match=said):
        run(tmp_path, book)
    assert not (tmp_path / "work").exists()


def test_two_parameters_cells_are_refused(tmp_path):
    path = notebook(tmp_path)
    book = nbformat.read(path, 4)
    book.cells.append(new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}))
    nbformat.write(book, path)
    with pytest.raises(RequestError, match="2 cells are tagged"):
        run(tmp_path, path)


@pytest.mark.parametrize("content", [None, "not json", '{"cells": 3}'])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "strand.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RequestError, match="not a notebook"):
        run(tmp_path, path)


def test_our_own_error_keeps_its_kind_and_its_three_lines(tmp_path):
    source = (
        "from ot_eval.base.errors import AnalysisRefused\n"
        "raise AnalysisRefused('3 events', expected='10 or more', fix='wait')"
    )
    with pytest.raises(AnalysisRefused) as caught:
        run(tmp_path, notebook(tmp_path, source))
    assert (caught.value.found, caught.value.expected, caught.value.fix) == ("3 events", "10 or more", "wait")
    assert caught.value.exit_code == 3


def test_any_other_error_names_the_cell_and_kind_and_nothing_more(tmp_path):
    with pytest.raises(InternalFault) as caught:
        run(tmp_path, notebook(tmp_path, "1 + 1", f"raise KeyError('{PERSON}')", "3"))
    said = str(caught.value)
    assert "cell [4] stopped with KeyError" in said
    assert PERSON not in said
    left = tmp_path / "work" / "strand.ipynb"
    first = nbformat.read(left, 4).cells[0]
    assert "Exception was encountered" in first.source, "the error is at the top of the notebook that stays"
    if os.name == "posix":
        assert stat.S_IMODE(left.stat().st_mode) == 0o600


@pytest.mark.parametrize("source", ["import warnings; warnings.warn('x')", "import sys; print('x', file=sys.stderr)"])
def test_anything_on_the_error_stream_is_refused(tmp_path, source):
    with pytest.raises(InternalFault, match=r"cell \[3\] wrote a warning"):
        run(tmp_path, notebook(tmp_path, source))


def test_a_kernel_that_dies_is_a_fault_and_not_a_hang(tmp_path):
    with pytest.raises(InternalFault, match="the process that ran it ended"):
        run(tmp_path, notebook(tmp_path, "import os; os._exit(9)"))


def test_two_notebooks_run_together(tmp_path):
    steps = []
    books = [notebook(tmp_path, f"print({i})", name=f"strand{i}") for i in range(2)]
    done = run(tmp_path, *books, jobs=2, on_step=lambda *step: steps.append(step))
    assert [d.name for d in done] == ["strand0", "strand1"]
    assert {name for name, _, _ in steps} == {"Running the notebooks"}
    assert steps[-1][2] == 6


def test_papermill_is_imported_without_the_slow_grammar():
    import subprocess

    code = (
        "import sys; from ot_eval.publish.notebooks import _papermill; _papermill();"
        "print('rfc3987_syntax' in sys.modules, 'lark' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]


@pytest.mark.skipif(os.name != "posix", reason="signals and process lists as POSIX has them")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stopped_run_ends_soon_and_leaves_no_process(tmp_path, jobs):
    import signal
    import subprocess
    import time

    for i in range(2):
        pid = str(tmp_path / f"pid{i}")
        source = f"import os, time\nopen({pid!r}, 'w').write(str(os.getpid()))\ntime.sleep(120)"
        notebook(tmp_path, source, name=f"strand{i}")
    (tmp_path / "protocol.json").write_text("{}")
    code = (
        "import pathlib, sys\nfrom ot_eval.publish.notebooks import Running, run_all\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "run_all(tuple(sorted(here.glob('*.ipynb'))), here / 'work', protocol_path=here / 'protocol.json',"
        f" protocol_sha256='ab', running=Running(jobs={jobs}))"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("pid*"))) < jobs and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.3)
    pids = [int(p.read_text()) for p in tmp_path.glob("pid*")]
    assert len(pids) == jobs
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=40)
    assert run.returncode != 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
