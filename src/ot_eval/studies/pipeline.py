"""From a protocol file to a published report, step by step, in the order a reader would expect.

Nothing here computes. It reads, derives, hands each strand's notebook its desk, releases what came back, and swaps
the finished report in. Until that last step the report of an earlier run stands untouched.
"""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol as Interface
from typing import cast

from ot_eval.base.errors import RequestError
from ot_eval.base.lock import deviations, lock_fact, read_lock
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.results import FlowStep
from ot_eval.base.shipped import shipped
from ot_eval.base.study import StudyFolder, private_dir, write_private
from ot_eval.data.problems import ProblemCount
from ot_eval.data.read import StudyInputs, assert_unchanged, check_inputs, read_study
from ot_eval.derive.assemble import StudyTables, assemble
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.outputs.released import Released
from ot_eval.publish import bundle, notebooks, pages
from ot_eval.publish.data_request import data_request
from ot_eval.studies import data_quality
from ot_eval.studies.workspace import Prepared, Workspace, read_result, result_path

OnStep = Callable[[str, int, int], None]
DEMO_PEOPLE = 2_500
DEMO_SEED = 20260401
SYNTHETIC = "SYNTHETIC.txt"
"""A data folder that holds a file of this name holds invented people; every page then says so."""


class Strand(Interface):
    """What a strand's file offers the pipeline."""

    def prepare(self, tables: StudyTables, protocol: Protocol) -> Prepared:
        """Derive the strand's frames, flow and facts."""
        ...

    def refuse(self, prepared: Prepared) -> None:
        """Raise `AnalysisRefused` where the data cannot carry the strand at all."""
        ...


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
    protocol_file: Path,
    *,
    only: tuple[str, ...] = (),
    out: Path | None = None,
    jobs: int = 1,
    engine: str | None = None,
    overrides: tuple[str, ...] = (),
    on_step: OnStep = lambda _name, _done, _total: None,
) -> RunReport:
    """Run a study and publish its report.

    Parameters
    ----------
    protocol_file : the study's protocol (YAML)
    only : strands to run; empty = those the protocol names
    out : folder to publish to, instead of reports/<study>
    jobs : notebooks run at the same time
    engine : where data are derived, instead of the protocol's engine
    overrides : ``section.word=value``, listed in the report as deviations where the protocol is locked
    on_step : told the name of each step, and how much of it is done

    Raises
    ------
    OTEvalError
        Of the kind that says why; the report of an earlier run is left whole.
    """
    on_step("Reading the protocol", 0, 1)
    changes = (*overrides, *((f"engine.name={engine}",) if engine else ()))
    protocol = load(protocol_file, changes)
    folder = study_folder(protocol_file, protocol, out)
    strands = _chosen(protocol, only)
    on_step("Reading and checking the files", 0, 1)
    inputs = read_study(folder, protocol)
    on_step("Working out episodes, packages and follow-up", 0, 1)
    frozen = write_private(private_dir(folder.work) / "protocol.json", protocol.canonical())
    write_private(folder.work / "protocol.sha256", protocol.sha256() + "\n")
    _fill_desks(strands, inputs, protocol, protocol_file, folder)
    _analyse(strands, folder, frozen, protocol, jobs, on_step)
    on_step("Hiding small numbers and writing the pages", 0, 1)
    released = tuple(_release(strand, folder, protocol) for strand in strands)
    rendered = pages.render(released, protocol=protocol, inputs=inputs)
    on_step("Publishing", 0, 1)
    assert_unchanged(inputs)
    bundle.publish(rendered, folder.reports)
    return RunReport(report_dir=folder.reports, headline=pages.headlines(released), problems=inputs.problems)


def demo(folder: Path, on_step: OnStep) -> RunReport:
    """Make a study of invented people in `folder` and publish its report.

    Raises
    ------
    RequestError
        The folder holds something else than an earlier demonstration.
    """
    from ot_eval.data.synthetic import write_study
    from ot_eval.studies.new_study import make_study

    protocol_file = folder / "protocol.yaml"
    if not (folder / "data" / SYNTHETIC).is_file():
        on_step("Inventing a council", 0, 1)
        make_study(folder, template="demo.yaml")
        write_study(folder / "data", people=DEMO_PEOPLE, seed=DEMO_SEED, style="mixed", dirty=True)
        write_private(folder / "data" / SYNTHETIC, "Everybody in this folder is invented.\n")
    return run_study(protocol_file, on_step=on_step)


def _chosen(protocol: Protocol, only: tuple[str, ...]) -> tuple[str, ...]:
    unplanned = [strand for strand in only if strand not in protocol.strands]
    if unplanned:
        raise RequestError(
            f"--only {unplanned[0]}: the protocol does not plan this strand",
            expected=f"one of the protocol's strands: {', '.join(protocol.strands)}",
            fix=f"add {unplanned[0]} to strands in the protocol",
        )
    return only or protocol.strands


def strand_module(strand: str) -> Strand:
    """Return the file of a strand, or say that this version does not have it."""
    try:
        return cast(Strand, importlib.import_module(f"ot_eval.studies.{strand}"))
    except ModuleNotFoundError as absent:
        if absent.name != f"ot_eval.studies.{strand}":
            raise  # the strand is here, and something that it needs is not
        raise RequestError(
            f"protocol: strands: this version of ot_eval has no strand {strand}",
            expected="a strand that this version can run",
            fix=f"take {strand} out of strands, or install a later version",
        ) from absent


def notebook_of(strand: str, folder: StudyFolder) -> Path:
    """Return the study's own copy of a strand's notebook, else the one that ships with the toolkit."""
    own = folder.data.parent / "notebooks" / f"{strand}.ipynb"
    return own if own.is_file() else shipped("notebooks") / f"{strand}.ipynb"


def _fill_desks(
    strands: tuple[str, ...], inputs: StudyInputs, protocol: Protocol, protocol_file: Path, folder: StudyFolder
) -> None:
    """Derive what each strand needs and lay it on its desk; refuse before any notebook starts."""
    lock = read_lock(protocol_file)
    tables = assemble(inputs, protocol)
    about = {"lock": lock_fact(lock), **inputs.facts}
    if (folder.data / SYNTHETIC).is_file():
        about["synthetic"] = "yes"
    for strand in strands:
        module = strand_module(strand)
        prepared = module.prepare(tables, protocol)
        prepared = replace(prepared, facts={**about, **prepared.facts}, deviations=deviations(lock, protocol))
        Workspace(root=folder.work, strand=strand, protocol=protocol).fill(prepared)
        if prepared.flow:
            _write_flow(folder.work / f"flow_{strand}.csv", prepared.flow)
        if strand == data_quality.STRAND:
            _write_for_the_council(prepared, protocol, folder.work)
        module.refuse(prepared)


def _write_flow(path: Path, flow: tuple[FlowStep, ...]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["population", "rule", "label", "n_left", "n_removed"])
    writer.writerows([s.population, s.rule, s.label, s.n_left, s.n_removed] for s in flow)
    write_private(path, "\ufeff" + text.getvalue())


def _write_for_the_council(prepared: Prepared, protocol: Protocol, work: Path) -> None:
    """Write what the council's own staff open: the person-level lists, and the letter to the performance team."""
    for name in data_quality.LISTED:
        buffer = io.BytesIO()
        prepared.frames[name].to_parquet(buffer, index=False)
        write_private(work / f"{name}.parquet", buffer.getvalue())
        write_private(work / f"{name}.csv", "\ufeff" + prepared.frames[name].to_csv(index=False))
    items = data_quality.checklist_of(prepared)
    write_private(work / "data_request.docx", data_request(items, protocol, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))


def _analyse(
    strands: tuple[str, ...], folder: StudyFolder, frozen: Path, protocol: Protocol, jobs: int, on_step: OnStep
) -> None:
    """Run each strand's notebook; the result of an earlier run can never stand in for this one's."""
    for strand in strands:
        result_path(folder.work, strand).unlink(missing_ok=True)
    notebooks.run_all(
        tuple(notebook_of(strand, folder) for strand in strands),
        private_dir(folder.work / "notebooks"),
        protocol_path=frozen,
        protocol_sha256=protocol.sha256(),
        jobs=jobs,
        warm=tuple(f"ot_eval.studies.{strand}" for strand in strands),
        on_step=on_step,
    )


def _release(strand: str, folder: StudyFolder, protocol: Protocol) -> Released:
    return release(read_result(folder.work, strand), Policy.of(protocol.disclosure))
