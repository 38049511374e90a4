"""What the command line prints: results, errors in three lines, and a private log when we are at fault."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ot_eval.base.errors import DataError, InternalFault, OTEvalError, nearest
from ot_eval.base.protocol import Strand
from ot_eval.base.study import write_private

if TYPE_CHECKING:
    from ot_eval.data.problems import ProblemCount
    from ot_eval.studies.pipeline import CheckReport, RunReport
    from ot_eval.studies.verify import Verdict

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

MOST_LINES = 20
"""Lines of a table that one screen holds; the rest are counted."""


def show(error: OTEvalError) -> None:
    """Print an error on the error stream: found, expected, to fix."""
    lines = (("Found:", "red", error.found), ("Expected:", "yellow", error.expected), ("To fix:", "green", error.fix))
    for label, colour, said in lines:
        err.print(f"[bold {colour}]{label:<9}[/] {escape(said)}", soft_wrap=True)


def fault(error: Exception, log_folder: Path) -> OTEvalError:
    """Turn an exception that nobody foresaw into three lines without values; the details go to a private log.

    Parameters
    ----------
    error : what was raised; its message may hold a person's values, so it is never shown
    log_folder : a private folder (work/...)
    """
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "ot_eval" in Path(f.filename).parts]
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    log = log_folder / f"fault-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    try:
        write_private(log, "".join(traceback.format_exception(error)))
        kept = f"the details are in {log}, which is private: it may hold personal data"
    except OSError:
        kept = f"the details could not be written to {log_folder}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return InternalFault(
            "the disk is full",
            expected="room for the report and the working files",
            fix="free some space and run again",
        )
    return InternalFault(
        f"a fault of the toolkit ({type(error).__name__}{where})",
        expected="every wrong input to be refused with a reason",
        fix=f"tell the maintainers the line above; {kept}",
    )


@contextmanager
def door(study: Path) -> Iterator[None]:
    """Run a verb: whatever it raises becomes three lines and the exit code of the contract.

    Parameters
    ----------
    study : folder of the study; a private log of our own faults goes to its work/faults/
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except OTEvalError as error:
        show(error)
        raise typer.Exit(error.exit_code) from None
    except Exception as error:  # noqa: BLE001  # the last door: no traceback with a person's values may reach a screen
        refused = fault(error, study / "work" / "faults")
        show(refused)
        raise typer.Exit(refused.exit_code) from None


def show_run(report: RunReport) -> None:
    """Print the headline of a run and where its report lies."""
    out.print()
    for line in report.headline:
        out.print(f"  {escape(line)}")
    rules = {(row.rule, row.table, row.column) for row in report.problems}
    if rules:
        out.print(f"\nKinds of problem in some rows: {len(rules)}. The report counts them; work/<study>/problems.csv")
        out.print("lists them row by row (private).")
    out.print(f"\n[bold green]Published[/] {escape(str(report.report_dir / 'index.html'))}", soft_wrap=True)


def show_check(report: CheckReport) -> int:
    """Print what a check found, as counts by rule, and return the exit code: 1 if rows were refused."""
    for name, said in report.facts.items():
        out.print(f"  {escape(name)}: {escape(said)}")
    for severity, title in (
        ("refused", "Must be put right"),
        ("noted", "Noted; nothing need be done (a row that stands in several files counts in each)"),
    ):
        lines = [row for row in report.problems if row.severity == severity]
        if lines:
            out.print(_by_rule(lines, title))
        for row in lines:
            if row.note:
                out.print(f"  {escape(row.file)}: {escape(row.note)}", soft_wrap=True)
    refused = sum(row.severity == "refused" for row in report.problems)
    if refused:
        out.print(f"[bold red]Not ready[/]: {refused} of these rules must hold before a report can be made.")
        return DataError.exit_code
    out.print("[bold green]Ready to run[/]")
    return 0


def show_verdict(verdict: Verdict) -> int:
    """Print whether a report came out again, and return the exit code: 1 when it did not."""
    for name in verdict.edited:
        out.print(f"[bold red]Not as published[/]: {escape(name)}")
    if verdict.moved:
        table = Table("File", "Line", "Column", Column("Published", justify="right"), Column("Now", justify="right"))
        for m in verdict.moved[:MOST_LINES]:
            table.add_row(*(escape(word) for word in (m.file, m.row, m.column, m.published, m.rebuilt)))
        out.print(table)
        if len(verdict.moved) > MOST_LINES:
            out.print(f"  and {len(verdict.moved) - MOST_LINES:,} more")
    link = "May be why" if verdict.moved else "Differs, and moved no number"
    for cause in verdict.causes:
        out.print(f"  {link}: {escape(cause)}", soft_wrap=True)
    if verdict.same:
        out.print("[bold green]Identical[/]: every published number came out again")
        return 0
    out.print(
        f"[bold red]Not identical[/]: numbers that moved: {len(verdict.moved)}, files edited: {len(verdict.edited)}"
    )
    return DataError.exit_code


def _by_rule(problems: list[ProblemCount], title: str) -> Table:
    """One line a rule, with the rows of all files summed; a file is named where it is the only one."""
    files: dict[tuple[str, str, str], list[ProblemCount]] = {}
    for row in problems:
        files.setdefault((row.rule, row.table, row.column), []).append(row)
    table = Table(
        "Rule", "Table", "Column", "Where", Column("Rows", justify="right"), title=title, title_justify="left"
    )
    for words, rows in sorted(files.items()):
        where = rows[0].file if len(rows) == 1 else f"{len(rows)} files"
        table.add_row(*(escape(word) for word in (*words, where)), f"{sum(row.count for row in rows):,}")
    return table


def known_strands(names: list[str] | None) -> list[str] | None:
    """Refuse an option that names no strand, as typer refuses any other wrong value."""
    allowed = get_args(Strand)
    for name in names or ():
        if name not in allowed:
            raise typer.BadParameter(
                f"'{name}' is not a strand; there are {', '.join(allowed)}.{nearest(name, allowed)}"
            )
    return names


def quote(path: Path) -> str:
    """Return a path as it must be typed: in quotation marks where it holds a space."""
    return f'"{path}"' if " " in str(path) else str(path)
