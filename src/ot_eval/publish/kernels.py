"""The process a notebook runs in: this very Python, over local sockets, with a private profile and no history."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ot_eval.base.errors import RequestError
from ot_eval.publish import warm_kernels

LONGEST_SOCKET = 90
"""Bytes of a socket's path; systems allow 104 to 108, and a kernel adds its own ending."""


@contextmanager
def event_loop() -> Iterator[None]:
    """Close the event loop that the notebook client makes for this thread and would leave open."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    try:
        yield
    finally:
        if not loop.is_running():
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            asyncio.set_event_loop(None)


@contextmanager
def kernel(alive: set[Any], forked: bool) -> Iterator[type]:
    """Give a kernel manager for this Python: local sockets where the system has them, a private profile, no history.

    A kernel is in `alive` from its start to its end; `forked` starts it from the warm server.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    home = Path(tempfile.mkdtemp(prefix="ote-", dir=_short_folder()))

    class ThisPython(KernelSpecManager):
        """Whatever a notebook's own metadata name, run it with the interpreter that runs this."""

        def get_kernel_spec(self, kernel_name: str) -> Any:
            return KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name=kernel_name,
                language="python",
                env={"IPYTHONDIR": str(home / "profile"), "COLUMNS": "120"},
            )

    class Local(AsyncKernelManager):
        """A kernel of this Python, reached through sockets in a folder of its own."""

        def __init__(self, **options: Any) -> None:
            local = {"transport": "ipc", "ip": str(home / "k")} if os.name == "posix" else {}
            super().__init__(**(options | {"kernel_spec_manager": ThisPython()} | local))

        async def _async_pre_start_kernel(self, **options: Any) -> Any:
            if forked and self.provisioner is None:
                spec = self.kernel_spec
                self.provisioner = warm_kernels.Forked(kernel_id=self.kernel_id, kernel_spec=spec, parent=self)
            return await super()._async_pre_start_kernel(**options)

        pre_start_kernel = _async_pre_start_kernel

        async def _async_post_start_kernel(self, **options: Any) -> None:
            await super()._async_post_start_kernel(**options)
            alive.add(self)
            started.append(self)

        post_start_kernel = _async_post_start_kernel

        async def _async_interrupt_kernel(self) -> None:
            # Before an end there is nothing to interrupt, and a signal that comes as the last cell ends is
            # printed by the kernel as an error.
            if not self.shutting_down:
                await super()._async_interrupt_kernel()

        interrupt_kernel = _async_interrupt_kernel

    started: list[Any] = []
    try:
        yield Local
    finally:
        alive.difference_update(started)
        shutil.rmtree(home, ignore_errors=True)


def _short_folder() -> str:
    """Return a folder for sockets whose path is short enough for the system."""
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) + len("/ote-12345678/k-1") <= LONGEST_SOCKET or os.name != "posix":
        return folder
    if os.access("/tmp", os.W_OK):  # noqa: S108
        return "/tmp"  # noqa: S108
    raise RequestError(
        "the folder for temporary files has too long a name",
        expected=f"a path of at most {LONGEST_SOCKET} bytes",
        fix="set TMPDIR to a shorter folder and run again",
    )
