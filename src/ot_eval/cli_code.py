"""`ot-eval code`: coding sheets out and in, suggestions, agreement. No logic: one call a verb, and what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from ot_eval.base.errors import RequestError
from ot_eval.cli_console import door, out

if TYPE_CHECKING:
    from ot_eval.coding.scoring import Number

code_app = typer.Typer(no_args_is_help=True, help="Code what therapists did: sheets, suggestions, agreement.")
ProtocolFile = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The study's protocol: my-study/protocol.yaml")]


@code_app.command("sheet")
def sheet(
    protocol: ProtocolFile,
    coder: Annotated[str, typer.Option(help="Who will fill it in, for example KM.")],
    second: Annotated[bool, typer.Option("--second", help="A blind sheet for a second coder.")] = False,
    agreed: Annotated[bool, typer.Option("--agreed", help="What two coders see differently, to settle.")] = False,
    most: Annotated[int, typer.Option(min=1, max=5000, help="Contacts on the sheet.")] = 100,
) -> None:
    """Write an Excel sheet to code: one contact a row, lists to choose from, the codebook beside it.

    Example: ot-eval code sheet my-study/protocol.yaml --coder KM
    """
    with door(protocol.parent):
        from ot_eval.studies.coding_sheets import make_sheet

        if second and agreed:
            raise RequestError(
                "--second and --agreed were both given",
                expected="one kind of sheet",
                fix="a second coder's sheet first; when both are read, the agreed one",
            )
        kind = "second" if second else "agreed" if agreed else "main"
        path = make_sheet(protocol, coder=coder, kind=kind, most=most)  # type: ignore[arg-type]  # one of three words
        out.print(f"[bold green]Sheet to fill[/] {escape(str(path))}", soft_wrap=True)
        out.print("It holds notes: keep it where records are kept. When it is filled:")
        out.print(f"  ot-eval code read {escape(str(protocol))} {escape(str(path))}", soft_wrap=True)


@code_app.command("read")
def read(
    protocol: ProtocolFile,
    files: Annotated[list[Path], typer.Argument(metavar="SHEET...", help="Filled sheets (.xlsx).")],
    replace: Annotated[bool, typer.Option("--replace", help="A later coding takes the place of an earlier.")] = False,
) -> None:
    """Read filled sheets, keep the codes in data/contact_codes.csv, and list every conflict.

    Example: ot-eval code read my-study/protocol.yaml main-km.xlsx second-pl.xlsx
    """
    with door(protocol.parent):
        from ot_eval.studies.coding_sheets import read_sheets

        got = read_sheets(protocol, files, replace_old=replace)
        out.print(
            f"[bold green]Codings kept[/]: {got.kept} ({got.added} new or changed); rows still empty: {got.blank}"
        )
        for rule, n in got.conflicts.items():
            out.print(f"  [bold yellow]to settle[/] {escape(rule)}: {n}")
        if got.listed:
            out.print(f"  listed in {escape(str(got.listed))} (private)", soft_wrap=True)


@code_app.command("suggest")
def suggest(protocol: ProtocolFile) -> None:
    """Suggest codes for contacts not coded yet, and say how good suggestions are on those that are.

    Example: ot-eval code suggest my-study/protocol.yaml
    """
    with door(protocol.parent):
        from ot_eval.studies.coding_report import suggest as work

        with out.status("Reading notes"):
            got = work(protocol)
        taught = got.proposal.taught
        out.print(
            f"[bold green]Suggestions[/]: {len(got.proposal.suggestions)}, in {escape(str(got.listed))} (private)"
        )
        out.print(f"  learned from {got.proposal.n_coded} coded contacts: {', '.join(taught.codes) or 'no code yet'}")
        for name, why in taught.refused.items():
            out.print(f"  {name}: by rules only; by the model {why}")
        if got.judged is None:
            out.print(f"  {escape(got.why_not_judged)}")
            return
        table = Table("Code", Column("Coded", justify="right"), "Rules: F1", "Model: F1", "Model: precision", "recall")
        for r, m in zip(got.judged.rules.by_code, got.judged.model.by_code, strict=True):
            table.add_row(r.code, str(r.n_true), *map(_said, (r.f1, m.f1, m.precision, m.recall)))
        table.add_row("mean", "", *map(_said, (got.judged.rules.macro_f1, got.judged.model.macro_f1)), "", "")
        out.print(table)
        out.print(
            f"  judged on people the model had not seen; all figures in {escape(str(got.scores))}", soft_wrap=True
        )


@code_app.command("agreement")
def agreement(protocol: ProtocolFile) -> None:
    """Say how well two coders agree, code by code, and list where they do not.

    Example: ot-eval code agreement my-study/protocol.yaml
    """
    with door(protocol.parent):
        from ot_eval.studies.coding_report import measure_agreement

        got, table_file, listed = measure_agreement(protocol)
        heads = ("Code", "Has it", "Agree", "Kappa", "Alpha", "AC1")
        table = Table(*heads, title=f"{got.n_contacts} contacts coded by two people", title_justify="left")
        for c in got.by_code:
            table.add_row(c.code, f"{c.prevalence:.0%}", *map(_said, (c.percent, c.kappa, c.alpha, c.ac1)))
        out.print(table)
        out.print("- = undefined: every rating is the same, or too few people. Read kappa and alpha beside the counts:")
        out.print(f"  {escape(str(table_file))} (private)", soft_wrap=True)
        out.print(f"Disagreements to talk about: {len(got.disagreements)}, in {escape(str(listed))}", soft_wrap=True)


def _said(number: Number) -> str:
    if number.value is None:
        return "-"
    if number.lower is None or number.upper is None:
        return f"{number.value:.2f}"
    return f"{number.value:.2f} ({number.lower:.2f} to {number.upper:.2f})"
