"""`ot-eval interviews`: transcripts in, names out, coding, other tools. No logic: each verb makes one call."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Column, Table

from ot_eval.cli_console import door, out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ot_eval.studies.interviews_coding import Kept

interviews_app = typer.Typer(no_args_is_help=True, help="Interviews: transcripts in, names out, coding, other tools.")
deidentify_app = typer.Typer(no_args_is_help=True, help="Take names out: the program proposes, a person decides.")
coding_app = typer.Typer(no_args_is_help=True, help="Code interviews in Excel, turn by turn.")
interviews_app.add_typer(deidentify_app, name="deidentify")
interviews_app.add_typer(coding_app, name="code")
ProtocolFile = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The study's protocol: my-study/protocol.yaml")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The transcripts, in a folder outside the study.")]
Replace = Annotated[bool, typer.Option("--replace", help="A coder's later coding takes the place of the earlier.")]
_RISKS = ((3, "high"), (2, "middle"), (1, "low"))


def _say_counts(said: str, counts: Mapping[str, int]) -> None:
    for what, n in counts.items():
        out.print(f"  [yellow]{said}[/] {n} {escape(what)}", soft_wrap=True)


@interviews_app.command("read")
def read(protocol: ProtocolFile, folder: Folder) -> None:
    """Read transcripts (.docx, .vtt, .txt, .md), say what each lost, and write the tables to fill in.

    Example: ot-eval interviews read my-study/protocol.yaml ../recordings
    """
    with door(protocol.parent):
        from ot_eval.studies import interviews_desk

        got = interviews_desk.read(protocol, folder)
        table = Table("File", "How it is written", Column("Speakers", justify="right"), "Turns", "Words")
        for t in got.transcripts:
            numbers = (str(len(t.speakers)), str(len(t.spoken)), f"{t.n_words:,}")
            table.add_row(escape(t.file), escape(f"{t.style}, {t.encoding}"), *numbers)
        out.print(table)
        for t in got.transcripts:
            _say_counts(f"{escape(t.file)} left out:", t.lost)
        if got.to_fill:
            out.print(f"Now fill in {', '.join(got.to_fill)} in that folder, and read again.")
            return
        out.print("[bold green]All is filled in.[/] Next:")
        out.print(
            f"  ot-eval interviews deidentify sheet {escape(str(protocol))} {escape(str(folder))}", soft_wrap=True
        )


@deidentify_app.command("sheet")
def deidentify_sheet(protocol: ProtocolFile, folder: Folder) -> None:
    """Write a review sheet for each interview: every word that may identify somebody, for you to decide.

    Example: ot-eval interviews deidentify sheet my-study/protocol.yaml ../recordings
    """
    with door(protocol.parent):
        from ot_eval.studies import interviews_desk

        with out.status("Reading"):
            got = interviews_desk.make_sheets(protocol, folder)
        table = Table("Interview", "Words", *(f"Risk {name}" for _, name in _RISKS), "Sheet")
        for i, path in got.written.items():
            risks = (str(got.rows[i].get(k, 0)) for k, _ in _RISKS)
            table.add_row(i, f"{got.n_words[i]:,}", *risks, f"{path.parent.name}/{path.name}")
        out.print(table)
        out.print("Decide every row, read every turn, and write your initials on the page About. Then:")
        out.print(
            f"  ot-eval interviews deidentify apply {escape(str(protocol))} {escape(str(folder))}", soft_wrap=True
        )


@deidentify_app.command("apply")
def deidentify_apply(protocol: ProtocolFile, folder: Folder) -> None:
    """Write the reviewed interviews into the study, without names. The key stays with the transcripts.

    Example: ot-eval interviews deidentify apply my-study/protocol.yaml ../recordings
    """
    with door(protocol.parent):
        from ot_eval.studies import interviews_desk

        got = interviews_desk.apply(protocol, folder)
        table = Table("Interview", "Reviewed by", "Replaced", "Kept", "Replaced words still there")
        for i, done in got.done.items():
            replaced = str(sum(done.replaced.values()))
            table.add_row(i, escape(done.reviewer), replaced, str(done.kept), str(done.left_over))
        out.print(table)
        out.print("The last column counts places where you kept words that you replaced elsewhere: look at them again.")
        out.print(f"[bold green]Interviews without names[/]: {escape(str(got.turns_file))}", soft_wrap=True)
        out.print(f"The key: {escape(str(got.key_file))}. Whoever has it can name everybody.", soft_wrap=True)


@deidentify_app.command("recall")
def deidentify_recall(protocol: ProtocolFile, folder: Folder) -> None:
    """Measure how much is found on your own transcripts: two text files in which you marked all, ⟦name|Joyce⟧.

    Example: ot-eval interviews deidentify recall my-study/protocol.yaml ../marked
    """
    with door(protocol.parent):
        from ot_eval.coding.deidentify_model import KINDS, STRUCTURED
        from ot_eval.coding.deidentify_recall import total
        from ot_eval.studies import interviews_desk

        got = interviews_desk.recall(protocol, folder)
        others = tuple(k for k in KINDS if k not in STRUCTURED and k != "name")
        table = Table("Document", "Words", "Numbers and codes", "Names", "Other", "Flagged in vain, per 100 words")
        for one in got:
            shares = ("{} of {}".format(*total((one,), kinds)) for kinds in (STRUCTURED, ("name",), others))
            table.add_row(escape(one.name), str(one.n_words), *shares, f"{one.false_per_100_words:.2f}")
        out.print(table)


@coding_app.command("sheet")
def code_sheet(
    protocol: ProtocolFile,
    coder: Annotated[str, typer.Option(help="Who will fill it in, for example KM.")],
    interview: Annotated[list[str] | None, typer.Option(help="Only this interview; repeatable.")] = None,
) -> None:
    """Write an Excel sheet to code in: one turn a row, lists to choose from. It shows nobody else's codes.

    Example: ot-eval interviews code sheet my-study/protocol.yaml --coder KM
    """
    with door(protocol.parent):
        from ot_eval.studies.interviews_coding import make_sheet

        path = make_sheet(protocol, coder=coder, only=tuple(interview or ()))
        out.print(f"[bold green]Sheet to fill[/] {escape(str(path))}", soft_wrap=True)
        out.print(f"  ot-eval interviews code read {escape(str(protocol))} {escape(str(path))}", soft_wrap=True)


@coding_app.command("read")
def code_read(
    protocol: ProtocolFile,
    files: Annotated[list[Path], typer.Argument(metavar="SHEET...", help="Filled sheets (.xlsx).")],
    replace: Replace = False,
) -> None:
    """Read filled sheets into data/interviews/coded_segments.csv: whole, or with every wrong row named.

    Example: ot-eval interviews code read my-study/protocol.yaml codes-km.xlsx codes-pl.xlsx
    """
    with door(protocol.parent):
        from ot_eval.studies.interviews_coding import read_sheets

        _say_kept(read_sheets(protocol, files, replace_old=replace))


@interviews_app.command("import")
def import_(
    protocol: ProtocolFile,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".qdpx, .qdc, .qda (QualCoder) or .sqlite3 (Taguette).")],
    replace: Replace = False,
    codebook_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the tool's codes as a codebook to finish, and stop.")
    ] = None,
) -> None:
    """Take in what was coded in NVivo, ATLAS.ti, MAXQDA, QualCoder or Taguette; say how it counted and what it lost.

    Example: ot-eval interviews import my-study/protocol.yaml coded.qdpx
    """
    with door(protocol.parent):
        from ot_eval.studies import interviews_coding

        if codebook_out is not None:
            from ot_eval.studies.interviews_codebook import write_codebook

            to_write = write_codebook(interviews_coding.read_tool(file), codebook_out)
            out.print(f"[bold green]Codebook[/] {escape(str(codebook_out))}; definitions to write: {to_write}")
            return
        _say_kept(interviews_coding.import_project(protocol, file, replace_old=replace))


@interviews_app.command("export")
def export(
    protocol: ProtocolFile,
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .qdpx (project) or .qdc (codebook) to write.")],
    tool: Annotated[
        Literal["standard", "nvivo", "maxqda", "atlas", "qualcoder"],
        typer.Option("--for", help="The program that will open it: they count characters differently."),
    ] = "standard",
) -> None:
    """Write the interviews without names, the codebook and the codings for another tool.

    Example: ot-eval interviews export my-study/protocol.yaml --out my-study.qdpx --for nvivo
    """
    with door(protocol.parent):
        from ot_eval.studies import interviews_coding

        made = interviews_coding.export(protocol, to, tool=tool, at=datetime.now(UTC))
        counted = f", counted in {made.counting}" if made.counting else ""
        out.print(f"[bold green]Wrote[/] {escape(str(to))}{counted}", soft_wrap=True)
        _say_counts("not in it:", made.lost)


@interviews_app.command("agree")
def agree(protocol: ProtocolFile) -> None:
    """List where coders differ, with the words, and how far they agree code by code.

    Example: ot-eval interviews agree my-study/protocol.yaml
    """
    with door(protocol.parent):
        from ot_eval.studies.experience_help import write_agreement

        path, got = write_agreement(protocol)
        out.print(f"{got.n_contacts:,} turns coded by two or more; {len(got.disagreements)} disagreements")
        out.print(f"[bold green]To talk about[/]: {escape(str(path))}", soft_wrap=True)


@interviews_app.command("explore")
def explore(
    protocol: ProtocolFile,
    word: Annotated[str, typer.Option(help="Show every place of a word; bath* for all that begins so.")] = "",
    code: Annotated[str, typer.Option(help="Show words that stand out in a code, and turns to look at next.")] = "",
) -> None:
    """Write prompts for reading: words side by side, topics, codes together. Never a finding.

    Example: ot-eval interviews explore my-study/protocol.yaml --word "independ*" --code listened
    """
    with door(protocol.parent):
        from ot_eval.studies import experience_help

        with out.status("Reading"):
            got = experience_help.explore(protocol, word=word, code=code)
        for name, why in got.refused.items():
            out.print(f"  [yellow]left out:[/] {escape(name)}: {escape(why)}", soft_wrap=True)
        out.print(f"[bold green]Prompts[/]: {escape(str(got.path))}. {experience_help.PROMPT}", soft_wrap=True)


@interviews_app.command("matrix")
def matrix(protocol: ProtocolFile) -> None:
    """Write the framework matrix to fill in: summaries, what was asked, quotes to print, themes beside outcomes.

    Example: ot-eval interviews matrix my-study/protocol.yaml
    """
    with door(protocol.parent):
        from ot_eval.studies.experience_matrix import write_matrix

        got = write_matrix(protocol)
        if not got.linked:
            out.print("Outcomes and attributes are not in it: run the study once with `ot-eval run`, then write it.")
        out.print(f"[bold green]Matrix to fill in[/] {escape(str(got.path))}", soft_wrap=True)
        out.print(f"  ot-eval interviews matrix-read {escape(str(protocol))} {escape(str(got.path))}", soft_wrap=True)


@interviews_app.command("matrix-read")
def matrix_read(
    protocol: ProtocolFile,
    file: Annotated[Path, typer.Argument(metavar="SHEET", help="The filled workbook (.xlsx).")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Where a cell was changed elsewhere too, this workbook decides.")
    ] = False,
) -> None:
    """Read a filled matrix: whole, or with everything that is wrong named. Nobody's later edits are lost.

    Example: ot-eval interviews matrix-read my-study/protocol.yaml matrix.xlsx
    """
    with door(protocol.parent):
        from ot_eval.studies.experience_matrix import read_matrix

        got = read_matrix(protocol, file, mine_wins=replace, on=datetime.now(UTC).date())
        out.print(f"[bold green]Cells changed[/]: {got.changed}; as before: {got.kept}")


def _say_kept(got: Kept) -> None:
    out.print(f"[bold green]Coded segments kept[/]: {got.kept} ({got.added} new)")
    for row in got.coders:
        out.print(f"  {escape(row.interview_id)} by {escape(row.coder)}: finished {row.finished.replace('_', ' ')}")
    for name, said in got.countings.items():
        out.print(f"  {escape(name)} counted in {escape(said)}", soft_wrap=True)
    _say_counts("left out:", got.lost)
