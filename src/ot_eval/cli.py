"""The verbs of the command line. No logic: each reads its options, calls one function and prints what it returned.

Exit codes: 0 done; 1 the data broke rules; 2 the request was wrong; 3 the analysis refused; 4 a fault of ours.
Heavy libraries are imported inside the verbs, so that ``ot-eval --help`` answers at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from ot_eval.cli_code import code_app
from ot_eval.cli_console import door, known_strands, out, quote, show_check, show_run, show_verdict
from ot_eval.cli_counts import counts_app
from ot_eval.cli_interviews import interviews_app
from ot_eval.cli_power import power
from ot_eval.cli_steps import steps
from ot_eval.cli_surveys import surveys_app

CODES = (
    "Exit codes: 0 done, 1 the data broke rules, 2 the request was wrong, 3 the analysis refused, 4 a fault of ours."
)
app = typer.Typer(
    name="ot-eval",
    epilog=CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
protocol_app = typer.Typer(no_args_is_help=True, help="Freeze a protocol, or print the list of its words.")
app.add_typer(protocol_app, name="protocol")
app.add_typer(code_app, name="code")
app.add_typer(counts_app, name="counts")
app.add_typer(interviews_app, name="interviews")
app.add_typer(surveys_app, name="surveys")

ProtocolFile = Annotated[Path, typer.Argument(metavar="PROTOCOL", help="The study's protocol: my-study/protocol.yaml")]


@app.callback(invoke_without_command=True)
def _top(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Evaluate occupational therapy in social care: from a council's own data to a published report.

    First time? Run [bold]ot-eval demo[/]: it makes a study with invented data and publishes its report.
    """
    if version:
        from ot_eval import __version__

        out.print(f"ot-eval {__version__}")
        raise typer.Exit


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Make a new study: a commented protocol, empty tables to fill, notebooks, and a README in plain words.

    Example: ot-eval init my-study
    """
    from ot_eval.studies.new_study import make_study

    with door(folder):
        made = make_study(folder)
        out.print(f"[bold green]Made the study[/] {escape(str(made))}", soft_wrap=True)
        out.print("Next: read README.txt there; it says which files to put where. Then run")
        out.print(f"  ot-eval check {escape(quote(made / 'protocol.yaml'))}", soft_wrap=True)


@app.command()
def check(protocol: ProtocolFile) -> None:
    """Check the protocol and the data, and list every problem at once, as counts by rule.

    The rows concerned are listed in work/<study>/problems.csv, which is private. Nothing is published.

    Example: ot-eval check my-study/protocol.yaml
    """
    with door(protocol.parent):
        from ot_eval.studies import pipeline

        with out.status("Reading"):
            report = pipeline.check_study(protocol)
        raise typer.Exit(show_check(report))


@app.command()
def run(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    protocol: ProtocolFile,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="STRAND", callback=known_strands, help="Only this strand; repeatable."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Publish here instead of reports/.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Notebooks run at the same time.")] = 1,
    engine: Annotated[Literal["duckdb", "spark"] | None, typer.Option(help="Where the data are derived.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SECTION.WORD=VALUE", help="Change a word for this run; listed as a deviation."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every notebook, though nothing has changed.")] = False,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Earlier reports on these data never left your hands: forget them.")
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write tagged PDFs too; needs the extra pdf.")] = False,
) -> None:
    """Read, derive, analyse and publish: the whole study, in one go.

    A run that fails or is stopped leaves the last report as it was, and the next one goes on from there.

    Examples: ot-eval run my-study/protocol.yaml  |  ot-eval run my-study/protocol.yaml --set increase.minimum_rise=2
    """
    with door(protocol.parent):
        from ot_eval.studies import pipeline

        with steps() as on_step:
            options = pipeline.Options(
                only=tuple(only or ()),
                out=to,
                jobs=jobs,
                engine=engine,
                overrides=tuple(changes or ()),
                fresh=fresh,
                withdrawn=withdrawn,
                pdf=pdf,
            )
            report = pipeline.run_study(protocol, options, on_step)
        show_run(report)


@app.command()
def demo(folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to make it.")] = Path("demo")) -> None:
    """Make a study with invented people and publish its report: what the toolkit does, in about a minute.

    Example: ot-eval demo
    """
    with door(folder):
        from ot_eval.studies import pipeline

        with steps() as on_step:
            report = pipeline.demo(folder, on_step)
        show_run(report)


@app.command()
def lab(
    study: Annotated[Path, typer.Argument(metavar="[PROTOCOL|DIR]", help="The study's protocol or folder.")] = Path(),
) -> None:
    """Open the study in JupyterLab, in your browser. Nothing is sent anywhere; stop it with Ctrl+C.

    Example: ot-eval lab my-study
    """
    from ot_eval.cli_lab import open_lab

    with door(study if study.is_dir() else study.parent):
        raise typer.Exit(open_lab(study))


@app.command()
def verify(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The folder of a published report.")],
    protocol: Annotated[
        Path | None, typer.Option("--protocol", metavar="FILE", help="Its protocol, where it is not beside reports/.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="SECTION.WORD=VALUE", help="As the report was run with.")
    ] = None,
) -> None:
    """Make a report again from the same inputs: identical, or which number moved, and why.

    The report itself is not touched. Ends with 1 when a number moved or a file was edited.

    Example: ot-eval verify my-study/reports/my-study
    """
    with door(report.parent.parent):
        from ot_eval.studies import pipeline
        from ot_eval.studies.verify import verify as compare

        with steps() as on_step:
            verdict = compare(
                report,
                protocol,
                lambda plan, to: pipeline.run_study(
                    plan, pipeline.Options(out=to, overrides=tuple(changes or ()), fresh=True), on_step
                ),
            )
        raise typer.Exit(show_verdict(verdict))


app.command()(power)


@app.command()
def ids(protocol: ProtocolFile) -> None:
    """Write which council record each pseudonym stands for, to data/person_ids.csv, which is private.

    With it, the lists in the work folder (who counts in ASCOF 2A, every change of a package) can be looked up in the
    council's own system. Delete it when you are done.

    Example: ot-eval ids my-study/protocol.yaml
    """
    from ot_eval.base.protocol_file import load, study_folder
    from ot_eval.data.who import write_person_ids

    with door(protocol.parent):
        plan = load(protocol)
        path, people = write_person_ids(study_folder(protocol, plan), plan)
        out.print(f"[bold green]Wrote[/] {escape(path.name)}: {people:,} people. It is private.", soft_wrap=True)


@protocol_app.command("lock")
def protocol_lock(protocol: ProtocolFile) -> None:
    """Freeze the protocol before outcomes are seen; every later difference is listed in the report.

    Example: ot-eval protocol lock my-study/protocol.yaml
    """
    from ot_eval.base.lock import lock, lock_fact, lock_path
    from ot_eval.base.protocol_file import load

    with door(protocol.parent):
        made = lock(protocol, load(protocol), datetime.now(UTC).astimezone().date())
        out.print(f"[bold green]{escape(lock_path(protocol).name)}[/]: {lock_fact(made)}")
        out.print("Send this line to someone outside the study, so that the date has a witness:")
        out.print(f"  {made.locked_on} {made.protocol['study']} seal {made.seal()}", soft_wrap=True)


@protocol_app.command("schema")
def protocol_schema() -> None:
    """Print the JSON Schema: every word of a protocol, its meaning, default and allowed values.

    Example: ot-eval protocol schema > protocol.schema.json
    """
    from ot_eval.base.protocol_file import schema_text

    out.out(schema_text(), end="")


def main() -> None:
    """Run the command line."""
    app()
