"""The verbs for councils that may not share records: export counts, pool counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ot_eval.cli_console import door, out

counts_app = typer.Typer(
    no_args_is_help=True, help="Work with other councils without sharing records: export counts, pool counts."
)


@counts_app.command("export")
def export(
    protocol: Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The protocol of a study that has been run.")],
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="The CSV file to write.")],
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="COVARIATE", help="A covariate to keep; may be repeated.")
    ] = None,
) -> None:
    """Write counts of people by day, event and covariates: all that a joint analysis needs, and no record.

    Refused when a pattern of covariates describes fewer people than the protocol's disclosure rule allows. For a
    partner under an agreement, not for publication.

    Example: ot-eval counts export my-study/protocol.yaml --by sex --by age_band --out ours.csv
    """
    from ot_eval.studies.share_counts import export as write

    with door(protocol.parent):
        table = write(protocol, tuple(by or ()), to)
        out.print(f"[bold green]Wrote[/] {escape(str(to))}: {len(table)} counts, no record of a person", soft_wrap=True)


@counts_app.command("pool")
def pool(
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="Count tables of several councils.")],
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="The CSV file to write.")],
) -> None:
    """Add up counts of several councils and print the joint estimate: exactly that of the joined records.

    Example: ot-eval counts pool ours.csv theirs.csv --out pooled.csv
    """
    from ot_eval.studies.share_counts import estimate
    from ot_eval.studies.share_counts import pool as add_up

    with door(to.parent):
        found, refused = estimate(add_up(files, to))
        for row in found:
            out.print(
                f"  {escape(row.measure)}, {escape(row.term)}: {row.value:.3g} ({row.lower:.3g} to {row.upper:.3g})",
                soft_wrap=True,
            )
        for why in refused:
            out.print(escape(why), soft_wrap=True)
        out.print("Not yet checked for disclosure: keep these numbers among the people who may see the counts.")
