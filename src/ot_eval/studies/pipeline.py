"""From a protocol file to a published report, step by step, in the order a reader would expect.

Nothing here computes. It reads, derives, hands each strand's notebook its desk, releases what came back, and swaps
the finished report in. Until that last step the report of an earlier run stands untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.lock import lock_fact, read_lock
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import private_dir, write_private
from ot_eval.data.problems import ProblemCount
from ot_eval.data.read import assert_unchanged, check_inputs, read_study
from ot_eval.outputs.ledger import ledger
from ot_eval.publish import bundle, pages, pdf
from ot_eval.studies import desks, releases
from ot_eval.studies.desks import SYNTHETIC

OnStep = Callable[[str, int, int], None]
DEMO_PEOPLE = 2_500
DEMO_SEED = 20260401


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may be said to one run beyond its protocol.

    Attributes
    ----------
    only : strands to run; empty = those the protocol names
    out : folder to publish to, instead of reports/<study>; such a copy is no release
    jobs : notebooks run at the same time
    engine : where data are derived, instead of the protocol's engine
    overrides : ``section.word=value``, listed in the report as deviations where the protocol is locked
    fresh : run every notebook, though nothing it depends on has changed
    withdrawn : strike earlier releases of the same data from the record: they never left the user's hands
    pdf : write each page as a tagged PDF too; needs the extra `pdf`
    """

    only: tuple[str, ...] = ()
    out: Path | None = None
    jobs: int = 1
    engine: str | None = None
    overrides: tuple[str, ...] = ()
    fresh: bool = False
    withdrawn: bool = False
    pdf: bool = False


USUAL = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Where the report is, its headlines, and what was noted about the data on the way."""

    report_dir: Path
    headline: tuple[str, ...]
    problems: tuple[ProblemCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found: counts by rule, and facts about the study."""

    problems: tuple[ProblemCount, ...]
    facts: dict[str, str]


def check_study(protocol_file: Path) -> CheckReport:
    """Check a protocol and its inputs; nothing is published. Data problems are returned, a wrong request is raised."""
    protocol = load(protocol_file)
    folder = study_folder(protocol_file, protocol)
    found = check_inputs(folder, protocol)
    facts = {"protocol": protocol.title, "lock": lock_fact(read_lock(protocol_file))}
    return CheckReport(problems=found.counts, facts=facts)


def run_study(
    protocol_file: Path, options: Options = USUAL, on_step: OnStep = lambda _name, _done, _total: None
) -> RunReport:
    """Run a study and publish its report.

    Parameters
    ----------
    protocol_file : the study's protocol (YAML)
    options : what this run is told beyond the protocol
    on_step : told the name of each step, and how much of it is done

    Raises
    ------
    OTEvalError
        Of the kind that says why; the report of an earlier run is left whole.
    """
    if options.pdf:
        pdf.refuse_without()
    if options.withdrawn and options.out:
        raise RequestError(
            "--withdrawn and --out: a copy is no release, and striking the record would not fit the report that stands",
            expected="--withdrawn with a run that publishes to reports/, or --out alone",
            fix="leave one of the two out; a copy made with --out is never held against an earlier report",
        )
    on_step("Reading the protocol", 0, 1)
    changes = (*options.overrides, *((f"engine.name={options.engine}",) if options.engine else ()))
    protocol = load(protocol_file, changes)
    folder = study_folder(protocol_file, protocol, options.out)
    strands = _chosen(protocol, options.only)
    on_step("Reading and checking the files", 0, 1)
    inputs = read_study(folder, protocol)
    on_step("Working out episodes, packages and follow-up", 0, 1)
    frozen = write_private(private_dir(folder.work) / "protocol.json", protocol.canonical())
    write_private(folder.work / "protocol.sha256", protocol.sha256() + "\n")
    desks.fill(strands, inputs, protocol, protocol_file, folder)
    desks.analyse(strands, folder, protocol, frozen, desks.How(jobs=options.jobs, fresh=options.fresh, on_step=on_step))
    on_step("Hiding small numbers and writing the pages", 0, 1)
    released = tuple(desks.release_strand(strand, folder, protocol) for strand in strands)
    entries, data = ledger(released), releases.same_data(inputs.inputs)
    if options.out is None and not options.withdrawn:
        releases.refuse_reopened(folder.work, data, entries)
    extras = pages.Extras(executed=folder.work / "notebooks", pdf=options.pdf)
    rendered = pages.render(released, protocol=protocol, inputs=inputs, extras=extras)
    on_step("Publishing", 0, 1)
    assert_unchanged(inputs)
    if options.out is not None:
        bundle.publish(rendered, folder.reports)
    else:  # recorded first, struck last: a run killed between may record too much, never too little
        recorded = releases.record(folder.work, data, entries)
        bundle.publish(rendered, folder.reports)
        if options.withdrawn:
            releases.withdraw(folder.work, data, recorded)
    return RunReport(report_dir=folder.reports, headline=pages.headlines(released), problems=inputs.problems)


def demo(folder: Path, on_step: OnStep) -> RunReport:
    """Make a study of invented people in `folder` and publish its report.

    Raises
    ------
    RequestError
        The folder holds something else than an earlier demonstration.
    """
    from ot_eval.data.synthetic import write_study
    from ot_eval.data.synthetic_codes import write_codes
    from ot_eval.studies.new_study import make_study

    protocol_file = folder / "protocol.yaml"
    if not (folder / "data" / SYNTHETIC).is_file():
        on_step("Inventing a council", 0, 1)
        make_study(folder, template="demo.yaml")
        write_study(folder / "data", people=DEMO_PEOPLE, seed=DEMO_SEED, style="mixed", dirty=True)
        write_codes(folder / "data")
        write_private(folder / "data" / SYNTHETIC, "Everybody in this folder is invented.\n")
    return run_study(protocol_file, Options(withdrawn=True), on_step)  # invented people have nothing to hide


def _chosen(protocol: Protocol, only: tuple[str, ...]) -> tuple[str, ...]:
    unplanned = [strand for strand in only if strand not in protocol.strands]
    if unplanned:
        raise RequestError(
            f"--only {unplanned[0]}: the protocol does not plan this strand",
            expected=f"one of the protocol's strands: {', '.join(protocol.strands)}",
            fix=f"add {unplanned[0]} to strands in the protocol",
        )
    return only or protocol.strands
