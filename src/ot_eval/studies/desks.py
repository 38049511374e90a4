"""Each strand's desk: what is derived is laid on it, the strand's notebook works at it, the result is taken from it."""

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
from ot_eval.base.results import FlowStep
from ot_eval.base.shipped import shipped
from ot_eval.base.study import StudyFolder, private_dir, write_private
from ot_eval.data.read import StudyInputs
from ot_eval.derive.assemble import StudyTables, assemble
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.outputs.released import Released
from ot_eval.publish import notebooks
from ot_eval.publish.data_request import data_request
from ot_eval.studies import data_quality, remembered
from ot_eval.studies.workspace import Prepared, Workspace, read_result

OnStep = Callable[[str, int, int], None]
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


def fill(
    strands: tuple[str, ...], inputs: StudyInputs, protocol: Protocol, protocol_file: Path, folder: StudyFolder
) -> None:
    """Derive what each strand needs and lay it on its desk; refuse before any notebook starts."""
    lock = read_lock(protocol_file)
    tables = assemble(inputs, protocol, strands)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How notebooks are run: how many at a time, all of them or only those that must be, and who is told."""

    jobs: int = 1
    fresh: bool = False
    on_step: OnStep = lambda _name, _done, _total: None


def analyse(strands: tuple[str, ...], folder: StudyFolder, protocol: Protocol, frozen: Path, how: How) -> None:
    """Run each strand's notebook, unless its result was made from exactly the same things.

    The result of any other run can never stand in for this one's.
    """
    work = folder.work
    books = {strand: notebook_of(strand, folder) for strand in strands}
    made = {
        strand: remembered.made_from(Workspace(root=work, strand=strand, protocol=protocol), book)
        for strand, book in books.items()
    }
    needed = tuple(s for s in strands if how.fresh or not remembered.still_good(work, s, made[s]))
    for strand in needed:
        remembered.forget(work, strand)
    if len(needed) < len(strands):
        how.on_step(f"Keeping {len(strands) - len(needed)} result(s): nothing they depend on has changed", 0, 1)
    notebooks.run_all(
        tuple(books[strand] for strand in needed),
        private_dir(work / "notebooks"),
        protocol_path=frozen,
        protocol_sha256=protocol.sha256(),
        running=notebooks.Running(
            jobs=how.jobs,
            warm=tuple(f"ot_eval.studies.{strand}" for strand in needed),
            on_step=how.on_step,
            on_done=lambda run: remembered.remember(work, run.name, made[run.name]),
        ),
    )


def release_strand(strand: str, folder: StudyFolder, protocol: Protocol) -> Released:
    """Return the strand's result as it may leave the building."""
    return release(read_result(folder.work, strand), Policy.of(protocol.disclosure))
