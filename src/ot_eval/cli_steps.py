"""Progress: one bar a step on a terminal; one line a step elsewhere, so that a log stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ot_eval.cli_console import out


class Steps:
    """Called as ``steps(name, done, total)``: `done` of `total` parts of the step called `name` are finished.

    A new name finishes the step before it. A step of one part has no known length: its bar moves to and fro.
    """

    def __init__(self, console: Console, progress: Progress | None) -> None:
        self._console = console
        self._progress = progress
        self._name = ""
        self._task = TaskID(0)

    def __call__(self, name: str, done: int, total: int) -> None:
        """Report that `done` of `total` parts of the step `name` are finished."""
        new = name != self._name
        if new:
            self.finish()
            self._name = name
        if self._progress is None:
            if new:
                self._console.print(escape(name))
            return
        if new:
            self._task = self._progress.add_task(escape(name), total=None)
        if total > 1 or done > 0:
            self._progress.update(self._task, completed=done, total=total)

    def finish(self) -> None:
        """Fill the bar of the step that was last named."""
        if self._progress is not None and self._name:
            total = next(task.total for task in self._progress.tasks if task.id == self._task) or 1
            self._progress.update(self._task, completed=total, total=total)


@contextmanager
def steps(console: Console = out) -> Iterator[Steps]:
    """Show progress while the block runs; the last bar fills only when the block ends well."""
    if not console.is_terminal:
        yield Steps(console, None)
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars = Steps(console, progress)
        yield bars
        bars.finish()
