"""`ot-eval power`: what a planned trial can detect. No logic: it reads its options, calls one function, prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from ot_eval.cli_console import door, out
from ot_eval.cli_steps import steps


def power(
    protocol: Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The study's protocol: my-study/protocol.yaml")],
    to: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write here instead of power/.")] = None,
    processors: Annotated[int, typer.Option(min=1, max=64, help="Processes that simulate.")] = 1,
) -> None:
    """Say what a planned trial of coached providers can detect, before anyone is recruited.

    Reads the section trial of the protocol; needs no data. Writes power.csv for Excel and power.html.

    Example: ot-eval power my-study/protocol.yaml
    """
    with door(protocol.parent):
        from ot_eval.outputs.power import power_table
        from ot_eval.studies.coaching_power import write_power

        with steps() as on_step:
            report, folder = write_power(protocol, to, on_step, processors)
        shown = power_table(report)
        for group in shown.groups:
            out.print(f"[bold]{escape(group.heading)}[/]", soft_wrap=True)
            table = Table(*(Column(h, justify="left" if k == 0 else "right") for k, h in enumerate(shown.head)))
            for row in group.rows:
                table.add_row(escape(row.header), *map(escape, row.cells))
            out.print(table)
        for check in report.checks:
            mark = "[bold green]Yes[/]" if check.passed else "[bold yellow]Warning[/]"
            out.print(f"{mark} {escape(check.sentence)}", soft_wrap=True)
        for name, said in report.helps:
            out.print(f"  {escape(name)}: {escape(said)}", soft_wrap=True)
        out.print(f"\nWrote {escape(str(folder / 'power.html'))} and power.csv", soft_wrap=True)
