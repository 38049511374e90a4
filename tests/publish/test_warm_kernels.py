"""Forked kernels: libraries are there from the start, nothing is carried over, and results are those of plain ones."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from ot_eval.publish import warm_kernels

pytestmark = pytest.mark.skipif(not warm_kernels.can_fork(), reason="this system cannot fork")

PARAMETERS = new_code_cell('protocol_path = ""\nprotocol_sha256 = ""', metadata={"tags": ["parameters"]})
PROGRAM = """
import json, sys
from pathlib import Path
import nbformat
from ot_eval.publish.notebooks import Running, run_all

if __name__ == "__main__":
    folder, warm = Path(sys.argv[1]), tuple(sys.argv[3:])
    books = tuple(sorted(folder.glob("*.ipynb")))
    done = run_all(books, folder / sys.argv[2], protocol_path=folder / "p.json", protocol_sha256="ab" * 32,
                   running=Running(warm=warm))
    print(json.dumps([[c.get("outputs") for c in nbformat.read(d.path, 4).cells[-1:]] for d in done]))
"""


def outputs(tmp_path, *sources, warm=()):
    """Run each source as a notebook of its own, in a program of its own, and return what each printed."""
    (tmp_path / "p.json").write_text("{}")
    (tmp_path / "program.py").write_text(PROGRAM)
    for number, source in enumerate(sources):
        nbformat.write(new_notebook(cells=[PARAMETERS, new_code_cell(source)]), tmp_path / f"n{number}.ipynb")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py"), str(tmp_path), "warm" if warm else "plain", *warm],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    return [cells[0] for cells in json.loads(done.stdout)]


SAME = "import pandas as pd\nprint(__name__)\npd.DataFrame({'a': [1.5, 2.25]}).describe()"
THERE = "import sys, threading\nprint('colorsys' in sys.modules, threading.active_count() < 20)\nkept = 1\nsys.left = 1"
GONE = (
    "import sys, os, subprocess, multiprocessing as m\n"
    "print('kept' in dir(), hasattr(sys, 'left'), os.getpgid(0) == os.getpid(), m.current_process().daemon)\n"
    "print(subprocess.run([sys.executable, '-c', 'print(7)'], capture_output=True, text=True).stdout)"
)


def test_a_forked_kernel_has_the_libraries_shares_nothing_and_prints_what_a_plain_one_prints(tmp_path):
    warm = outputs(tmp_path, SAME, THERE, GONE, warm=("colorsys", "no.such.module"))
    plain = outputs(tmp_path, SAME, THERE, GONE)
    assert warm[0] == plain[0]
    assert warm[1][0]["text"] == "True True\n"
    assert plain[1][0]["text"] == "False True\n"
    assert warm[2][0]["text"] == "False False True False\n7\n\n"
