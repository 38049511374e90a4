"""Running notebooks: one thin layer over papermill, so that nothing else knows it.

A notebook gets two strings: the path of the frozen protocol and its hash. It runs in this very Python, over local
sockets (no network port), with a private profile and no history. The executed notebook is the audit record; it holds
true numbers, so it is readable by its owner alone. A run with an error, or with anything on its error stream, is
refused, and the notebook that failed stays where it is with the error at its top.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ot_eval.base.study import private_dir, write_private
from ot_eval.publish import warm_kernels
from ot_eval.publish.kernels import event_loop, kernel
from ot_eval.publish.notebook_checks import failure_of, read_checked, refuse_stderr

OnStep = Callable[[str, int, int], None]
START_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookRun:
    """One notebook that ran to its end: where the executed copy lies, its cells, and how long it took."""

    name: str
    path: Path
    cells: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How notebooks run.

    Attributes
    ----------
    jobs : how many run at the same time, each in a process of its own
    warm : modules that the notebooks import, to be imported once for all of them where the system can fork; with none
        named, each kernel starts plainly
    on_step : told the step's name, cells done and cells in all
    on_done : told of each notebook that ran to its end
    """

    jobs: int = 1
    warm: tuple[str, ...] = ()
    on_step: OnStep = lambda _name, _done, _total: None
    on_done: Callable[[NotebookRun], None] = lambda _run: None


PLAIN = Running()


def run_all(
    notebooks: tuple[Path, ...], folder: Path, *, protocol_path: Path, protocol_sha256: str, running: Running = PLAIN
) -> tuple[NotebookRun, ...]:
    """Run notebooks and return one record each, in their order.

    Parameters
    ----------
    notebooks : what to run; all are checked before the first one starts
    folder : private folder for the executed copies
    protocol_path, protocol_sha256 : the frozen protocol and its hash, handed to each notebook
    running : how many at once, from what, and who is told

    Raises
    ------
    RequestError
        when a notebook is missing, is not one, or does not take the two parameters
    OTEvalError
        of the kind that a notebook's own code raised, with its three lines
    InternalFault
        when a notebook failed in any other way, or wrote to its error stream
    """
    parameters = {"protocol_path": str(protocol_path.resolve()), "protocol_sha256": protocol_sha256}
    totals = [len(read_checked(notebook, parameters).cells) for notebook in notebooks]
    private_dir(folder)
    forked = bool(running.warm) and warm_kernels.can_fork()
    if forked:
        warm_kernels.warm(running.warm)
    progress = _Progress(notebooks, totals, running.on_step, together=running.jobs > 1)

    alive: set[Any] = set()

    def one(place: int) -> NotebookRun:
        done = _run(notebooks[place], folder, parameters, lambda: progress.cell(place), (alive, forked))
        running.on_done(done)
        return done

    workers = max(1, min(running.jobs, len(notebooks)))
    if workers == 1:
        return tuple(one(place) for place in range(len(notebooks)))
    pool = ThreadPoolExecutor(workers)
    try:
        return tuple(pool.map(one, range(len(notebooks))))
    except BaseException:
        for kernel in tuple(alive):  # a stopped run leaves no process behind, and does not wait for the others
            kernel.provisioner.process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Progress:
    """Counts cells: notebook by notebook when they run in turn, all in one when they run together."""

    def __init__(self, notebooks: tuple[Path, ...], totals: list[int], on_step: OnStep, *, together: bool) -> None:
        self._names = [f"Running notebook {n.stem}" for n in notebooks]
        self._totals, self._done = totals, [0] * len(totals)
        self._on_step, self._together, self._lock = on_step, together, threading.Lock()

    def cell(self, place: int) -> None:
        """Report that the next cell of a notebook has begun."""
        with self._lock:
            name, done, total = self._names[place], self._done[place], self._totals[place]
            if self._together:
                name, done, total = "Running the notebooks", sum(self._done), sum(self._totals)
            self._on_step(name, min(done, total), total)
            self._done[place] += 1


def _run(
    notebook: Path,
    folder: Path,
    parameters: dict[str, str],
    on_cell: Callable[[], None],
    kernels: tuple[set[Any], bool],
) -> NotebookRun:
    papermill = _papermill()
    executed = folder / notebook.name
    write_private(executed, "")  # papermill keeps the permissions of a file that exists
    began = time.monotonic()
    with event_loop(), kernel(*kernels) as manager:
        try:
            done = papermill.execute_notebook(
                str(notebook),
                str(executed),
                parameters=parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                start_timeout=START_SECONDS,
                kernel_manager_class=manager,
                on_cell_start=lambda cell, cell_index: on_cell(),  # noqa: ARG005
            )
        except KeyboardInterrupt:
            raise
        except Exception as error:
            raise failure_of(error, notebook.stem, executed) from error
    refuse_stderr(done, notebook.stem, executed)
    return NotebookRun(
        name=notebook.stem, path=executed, cells=len(done.cells), seconds=round(time.monotonic() - began, 2)
    )


def _papermill() -> Any:
    """Import papermill without the grammar that one of its distant dependencies builds at import.

    `rfc3987_syntax` costs more than a second and checks a text format that no notebook uses; `jsonschema` does without
    it when it is not there. The block is lifted at once.
    """
    modules: Any = sys.modules
    block = "rfc3987_syntax" not in modules
    if block:
        modules["rfc3987_syntax"] = None
    try:
        import papermill
    finally:
        if block:
            modules.pop("rfc3987_syntax", None)
    return papermill
