"""`ot-eval surveys`: forms out, answers in. No logic: each verb reads its options, calls one function, prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Column, Table

from ot_eval.cli_console import door, out

surveys_app = typer.Typer(no_args_is_help=True, help="Survey forms out, filled forms in.")
code_app = typer.Typer(no_args_is_help=True, help="Code what people wrote in a survey: sheets out and in.")
surveys_app.add_typer(code_app, name="code")
Protocol = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The study's protocol: my-study/protocol.yaml")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The instrument, for example enabling_skills.")]
Folder = Annotated[
    Path | None,
    typer.Option("--surveys", metavar="DIR", help="Your own instruments; by default those that come along."),
]


@surveys_app.command("list")
def list_instruments(folder: Folder = None) -> None:
    """List the instruments: what each is for, who fills it in, and where answers go.

    Example: ot-eval surveys list
    """
    with door(Path()):
        from ot_eval.studies.surveys_desk import instruments

        table = Table("Name", "Title", "Filled in by", Column("Questions", justify="right"), "Goes to")
        for i in instruments(folder):
            goes = ", ".join(dict.fromkeys(m.table for m in i.maps)) or "private work folder"
            table.add_row(*map(escape, (i.name, i.title, i.about["Filled in by"], str(len(i.questions)), goes)))
        out.print(table)


@surveys_app.command("build")
def build(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Instruments; all by default.")] = None,
    to: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the forms.")] = Path("forms"),
    folder: Folder = None,
) -> None:
    """Make the forms: KoboToolbox and ODK, REDCap, a large-print Word form, and a codebook page.

    Example: ot-eval surveys build enabling_skills carer_job --out forms
    """
    with door(Path()):
        from ot_eval.studies.surveys_desk import build_forms

        made = build_forms(tuple(names or ()), to, folder)
        for path in made:
            out.print(f"  {escape(str(path))}", soft_wrap=True)
        out.print(f"[bold green]Made[/] {len(made)} files. None of the instruments is validated: read their README.")


@surveys_app.command("read")
def read(
    protocol: Protocol,
    files: Annotated[list[Path], typer.Argument(metavar="EXPORT...", help="The export: .csv, .xlsx or .sav.")],
    instrument: Annotated[str, typer.Option(help="Its name; by default it is recognised.")] = "",
    columns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV with heading and question: headings matched by hand.")
    ] = None,
    keep: Annotated[
        Literal["none", "latest"], typer.Option(help="Of two different forms for one respondent and time.")
    ] = "none",
    folder: Folder = None,
) -> None:
    """Read filled forms into the study: KoboToolbox, ODK, REDCap, Microsoft Forms, SPSS, or your own Excel.

    Example: ot-eval surveys read my-study/protocol.yaml export.xlsx
    """
    with door(protocol.parent):
        from ot_eval.studies.surveys_desk import read_into_study

        filed = read_into_study(protocol, files, instrument=instrument, folder=folder, columns=columns, keep=keep)
        got = filed.read
        made_by = ", ".join(dict.fromkeys(layout.title for layout in got.layouts.values()))
        out.print(
            f"[bold green]{escape(got.instrument.title)}[/], {made_by}: {len(got.forms)} forms in {got.n_rows} rows",
            soft_wrap=True,
        )
        for row in got.problems.noted:
            where = f"{row.file} {row.column}".strip()
            out.print(f"  [bold yellow]noted[/] {escape(where)}: {escape(row.rule)} ({row.count}). {escape(row.note)}")
        for name, (path, added, replaced, known) in filed.tables.items():
            said = f"{added} rows added, {replaced} replaced, {known} there already"
            out.print(f"  {name}: {said}, in {escape(str(path))}", soft_wrap=True)
        out.print(f"  every answer: {escape(str(filed.answers))} (private)", soft_wrap=True)
        if filed.texts:
            out.print(
                f"  free text, {filed.n_texts}: {escape(str(filed.texts))} (private). To code it:", soft_wrap=True
            )
            out.print(
                f"    ot-eval surveys code sheet {escape(str(protocol))} {got.instrument.name} --coder KM",
                soft_wrap=True,
            )


@code_app.command("sheet")
def code_sheet(
    protocol: Protocol,
    name: Name,
    coder: Annotated[str, typer.Option(help="Who will fill it in, for example KM.")],
) -> None:
    """Write an Excel sheet to code what people wrote: one answer a row. It shows nobody else's codes.

    Example: ot-eval surveys code sheet my-study/protocol.yaml enabling_skills --coder KM
    """
    with door(protocol.parent):
        from ot_eval.studies.surveys_coding import make_sheet

        path = make_sheet(protocol, name, coder=coder)
        out.print(f"[bold green]Sheet to fill[/] {escape(str(path))}", soft_wrap=True)
        out.print("It holds what people wrote: keep it where records are kept. When it is filled:")
        out.print(f"  ot-eval surveys code read {escape(str(protocol))} {name} {escape(str(path))}", soft_wrap=True)


@code_app.command("read")
def code_read(
    protocol: Protocol,
    name: Name,
    files: Annotated[list[Path], typer.Argument(metavar="SHEET...", help="Filled sheets (.xlsx).")],
    replace: Annotated[bool, typer.Option("--replace", help="A later coding takes the place of an earlier.")] = False,
) -> None:
    """Read filled sheets into data/surveys: whole, or with every wrong row named.

    Example: ot-eval surveys code read my-study/protocol.yaml enabling_skills enabling_skills-codes-km.xlsx
    """
    with door(protocol.parent):
        from ot_eval.studies.surveys_coding import read_sheets

        got = read_sheets(protocol, name, files, replace_old=replace)
        out.print(f"[bold green]Coded words kept[/]: {got.kept} ({got.added} new), in {escape(str(got.file))}")
