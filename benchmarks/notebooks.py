"""Report notebooks through forked kernels, beside plain papermill in one process.

    python benchmarks/notebooks.py [--notebooks 6] [--rounds 3]

Each notebook imports what a report needs and fits one small model, so nearly all of its time is starting up. Both run
the same notebooks, each in a program of its own, taking turns; medians of wall time over the rounds, with what both
must do once (importing papermill, warming the server). It is never a test: times depend on the machine.
Aim: at most 40 % of plain papermill's time for six notebooks. The last cells must print the same bytes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

AIM = 0.40
PARAMETERS = 'protocol_path = ""\nprotocol_sha256 = ""'
REPORT = """
import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from ot_eval.models.about import About
from ot_eval.outputs import frames
from ot_eval.studies import care_packages
rng = np.random.default_rng(7)
days, event = rng.integers(1, 365, 400), rng.integers(0, 2, 400)
people = pd.DataFrame({"days": days, "event": event, "age": rng.normal(size=400)})
CoxPHFitter().fit(people, "days", "event").summary.round(6).to_csv()
"""
WARM = ("ot_eval.studies.care_packages", "lifelines")


def plain(books: list[Path], folder: Path) -> None:
    """Papermill as its manual says, one notebook after the other in this process."""
    import papermill

    for book in books:
        given = {"protocol_path": "p.json", "protocol_sha256": "0"}
        papermill.execute_notebook(str(book), str(folder / book.name), parameters=given, progress_bar=False)


def forked(books: list[Path], folder: Path) -> None:
    """The same through `ot_eval`."""
    from ot_eval.publish.notebooks import Running, run_all

    run_all(tuple(books), folder, protocol_path=Path("p.json"), protocol_sha256="0" * 64, running=Running(warm=WARM))


def timed(way: str, root: Path) -> float:
    """Run one way in a program of its own and return its wall time in seconds."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--folder", str(root)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - begin


def printed(folder: Path) -> list[str]:
    """Return what the last cell of each notebook printed."""
    return [json.dumps(nbformat.read(p, 4).cells[-1].outputs) for p in sorted(folder.glob("*.ipynb"))]


def main() -> None:
    """Make the notebooks, run both ways in turn, print the ratio."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--notebooks", type=int, default=6)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--way", choices=("plain", "forked"), help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.way:
        books = sorted((given.folder / "books").glob("*.ipynb"))
        (given.folder / given.way).mkdir(exist_ok=True)
        {"plain": plain, "forked": forked}[given.way](books, given.folder / given.way)
        return
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        (root / "books").mkdir()
        for number in range(given.notebooks):
            cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), new_code_cell(REPORT)]
            about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
            nbformat.write(new_notebook(cells=cells, metadata=about), root / "books" / f"report{number}.ipynb")
        times: dict[str, list[float]] = {"plain": [], "forked": []}
        for _ in range(given.rounds):
            for way, seconds in times.items():
                seconds.append(timed(way, root))
        middle = {way: statistics.median(seconds) for way, seconds in times.items()}
        print(f"{given.notebooks} notebooks: plain papermill {middle['plain']:.1f} s, forked {middle['forked']:.1f} s")
        print(f"forked / plain: {middle['forked'] / middle['plain']:.2f} (aim at most {AIM})")
        print(f"same output, byte for byte: {printed(root / 'plain') == printed(root / 'forked')}")


if __name__ == "__main__":
    main()
