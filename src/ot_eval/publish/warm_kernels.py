"""Notebook kernels that start with the libraries already imported, where the system can fork.

Three quarters of a small report's time is the same imports, again for each notebook. Here one small server process
imports them once and forks a fresh process for each notebook: its own memory, nothing carried over. Elsewhere, and
where the server cannot be used, kernels start plainly; the results are the same to the byte.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any, cast

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

LIBRARIES = ("ipykernel.kernelapp", "IPython", "numpy", "pandas", "pandas.io.formats.style", "pyarrow.parquet")
"""What every notebook needs; the strands' own modules come on top."""


def can_fork() -> bool:
    """Whether this system can serve forked kernels."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def warm(modules: tuple[str, ...]) -> None:
    """Name what the server imports before it forks the first kernel; it must be called before any kernel starts.

    Parameters
    ----------
    modules : names of modules; one that cannot be imported is left for the notebook to fail on
    """
    if can_fork():
        _context().set_forkserver_preload([*LIBRARIES, *modules])


def _context() -> ForkServerContext:
    return multiprocessing.get_context("forkserver")


def _serve(argv: list[str], env: dict[str, str], folder: str) -> None:
    """Be a kernel, in the forked process: the same as ``python -m ipykernel_launcher`` in a fresh one."""
    os.setsid()  # its own group, so that stopping it stops what it started
    os.environ.clear()
    os.environ.update(env)
    multiprocessing.current_process().daemon = False  # a notebook may start processes of its own
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = argv
    from ipykernel import kernelapp

    kernelapp.launch_new_instance(
        argv=[*argv[1:], f"--IPKernelApp.parent_handle={os.getppid()}"]
    )  # ends with the server


class _Process:
    """A forked process with the few methods of `subprocess.Popen` that a provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for its end and return the exit code."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None and self.pid is not None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """Stop it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)


class Forked(LocalProvisioner):
    """Starts a kernel by forking the warm server instead of a fresh interpreter."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Fork a kernel with the given command line, environment and folder."""
        env = dict(options.get("env") or os.environ)
        folder = str(options.get("cwd") or Path.cwd())
        process = _context().Process(target=_serve, args=(cmd[2:], env, folder), daemon=True)
        with _no_main():
            process.start()
        self.process = cast("Any", _Process(process))
        self.pid = self.pgid = process.pid
        self.cwd = folder
        return self.connection_info


@contextlib.contextmanager
def _no_main() -> Iterator[None]:
    """Keep the forked process from importing the program that started this one, which it does not need."""
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    main.__spec__ = None
    if hasattr(main, "__file__"):
        del main.__file__
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)
