"""Read a study: its tables and its Client Level Data, checked, typed and with pseudonyms. Declare, then read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from ot_eval.base.errors import DataError, RequestError, nearest
from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import sha256
from ot_eval.base.study import StudyFolder
from ot_eval.data.cld_read import Cld, cld_paths, read_cld
from ot_eval.data.cld_values import MAPPING_FILES, ValueMap
from ot_eval.data.engine import connect
from ot_eval.data.formats import SUFFIXES, Unreadable, read_raw
from ot_eval.data.identities import named, with_pseudonyms
from ot_eval.data.own_words import OwnWords
from ot_eval.data.problems import ProblemCount, ProblemList, Problems
from ot_eval.data.pseudonyms import load_key
from ot_eval.data.schema import TABLES, Table
from ot_eval.data.validate import check_table

CLD = "cld"
INTERVIEWS = "interviews"
LEFT_ALONE = ("participants.csv", "person_ids.csv", "pseudonym.key", *MAPPING_FILES)
"""Files of the data folder that other parts of the toolkit read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One file that was read: its name relative to the data folder, its hash and its rows."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyInputs:
    """A study's inputs, ready to derive from. All ids of people are pseudonyms; all columns are typed.

    Attributes
    ----------
    connection : the Ibis backend that holds the tables
    tables : the study's own tables, by declared name; only those found with rows
    cld_rows, cld_files, cld_events : Client Level Data (see ARCHITECTURE.md), or None
    problems : what was noted, as counts
    inputs : every file read, for the manifest and `assert_unchanged`
    facts : short strings about the data that the report states
    pseudonyms_of : from ids as the study's own tables have them to pseudonyms, in order
    """

    connection: Any
    tables: dict[str, ir.Table] = field(default_factory=dict)
    cld_rows: ir.Table | None = None
    cld_files: ir.Table | None = None
    cld_events: ir.Table | None = None
    problems: tuple[ProblemCount, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    pseudonyms_of: Callable[[Sequence[str]], list[str]] = list


def read_study(folder: StudyFolder, protocol: Protocol, *, key: bytes | None = None) -> StudyInputs:
    """Read every table of the study folder and its Client Level Data.

    Parameters
    ----------
    folder : where the inputs lie
    protocol : says how to read (words, engine, complete months)
    key : pseudonym key; by default the study's own, made on first use

    Raises
    ------
    DataError
        The data broke rules that a report cannot be made without. All are counted; rows are in `problems.csv`.
    RequestError
        No data folder, no inputs, or an unsafe key.
    """
    return read_tables(folder, protocol, names=None, key=key)


def read_tables(
    folder: StudyFolder, protocol: Protocol, *, names: Iterable[str] | None, key: bytes | None = None
) -> StudyInputs:
    """Read only the named tables (`cld` names Client Level Data); None reads all. Otherwise as `read_study`."""
    wanted = None if names is None else set(names)
    _check_folder(folder)
    secret = key if key is not None else load_key(folder)
    problems = ProblemList()
    inputs = _read(folder, protocol, wanted, secret, problems)
    frozen = problems.freeze()
    frozen.write(folder.work)
    if frozen.refused or inputs is None:
        raise frozen.error(f"{folder.work.name}/problems.csv in the private work folder")
    if not inputs.tables and inputs.cld_rows is None:
        raise RequestError(
            "the data folder holds no table with rows",
            expected="Client Level Data in data/cld, or tables of the study-folder contract",
            fix="put the council's files in data/cld, or fill the templates that `ot-eval init` wrote",
        )
    return inputs


def check_inputs(folder: StudyFolder, protocol: Protocol) -> Problems:
    """Check every input and return all problems; write the private row-by-row list. Never raises for data problems."""
    _check_folder(folder)
    problems = ProblemList()
    _read(folder, protocol, None, load_key(folder), problems)
    frozen = problems.freeze()
    frozen.write(folder.work)
    return frozen


def assert_unchanged(inputs: StudyInputs) -> None:
    """Hash every input again.

    Raises
    ------
    DataError
        An input changed, or went away, while the study ran.
    """
    changed = []
    for item in inputs.inputs:
        path = inputs.folder / item.name
        if not path.is_file() or sha256(path) != item.sha256:
            changed.append(item.name)
    if changed:
        raise DataError(
            f"{len(changed)} input(s) changed while the study ran: {', '.join(changed[:3])}",
            expected="inputs that stay as they are from the first step to the last",
            fix="wait until the files are complete, then run the study again",
        )


def _check_folder(folder: StudyFolder) -> None:
    if not folder.data.is_dir():
        raise RequestError(
            f"there is no data folder '{folder.data.name}'",
            expected="the folder that the protocol's `data` names",
            fix="create it, or correct `data` in the protocol",
        )


def _read(
    folder: StudyFolder, protocol: Protocol, wanted: set[str] | None, key: bytes, problems: ProblemList
) -> StudyInputs | None:
    """Read what is wanted, adding every problem of every file; None where Client Level Data had to be refused."""
    engine = connect(protocol.engine, folder.data / ".spill")
    words = OwnWords.of(protocol)
    facts: dict[str, str] = {}
    checked: dict[str, tuple[str, pa.Table]] = {}
    inputs: list[InputFile] = []
    for table, path in _table_files(folder.data, wanted, problems):
        typed = _read_one(table, path, words, problems, facts)
        if typed is not None:
            checked[table.name] = (path.name, typed)
            inputs.append(InputFile(name=path.name, sha256=sha256(path), rows=typed.num_rows))
    paths = cld_paths(folder.cld) if wanted is None or CLD in wanted else []
    cld = None
    if paths:
        values = ValueMap.of(folder.data, problems)
        cld = read_cld(engine, paths, values, protocol.reading, key, problems)
        inputs += _cld_inputs(folder, paths, cld)
    inputs += _interview_inputs(folder.data)
    resolved = with_pseudonyms(checked, cld.persons if cld else None, key, problems)
    if any(c.severity == "refused" for c in problems.counts):
        return None
    return StudyInputs(
        connection=engine.connection,
        tables={name: engine.put(name, table) for name, table in resolved.items()},
        cld_rows=cld.rows if cld else None,
        cld_files=cld.files if cld else None,
        cld_events=cld.events if cld else None,
        problems=problems.freeze().counts,
        inputs=tuple(sorted(inputs, key=lambda i: i.name)),
        facts={**facts, **(cld.facts if cld else {})},
        folder=folder.data,
        pseudonyms_of=lambda ids: named(ids, cld.persons if cld else None, key),
    )


def _cld_inputs(folder: StudyFolder, paths: list[Path], cld: Cld | None) -> list[InputFile]:
    rows = {f.source.name: f.source.n_rows for f in cld.file_list} if cld else {}
    found = [InputFile(name=f"cld/{p.name}", sha256=sha256(p), rows=rows.get(p.name, 0)) for p in paths if p.is_file()]
    extra = [folder.data / name for name in MAPPING_FILES if (folder.data / name).is_file()]
    return found + [InputFile(name=p.name, sha256=sha256(p), rows=0) for p in extra]


def _interview_inputs(data: Path) -> list[InputFile]:
    """Return the files of interviews, which the strand `experience` reads."""
    found = sorted(p for p in (data / INTERVIEWS).glob("*") if p.suffix in (".csv", ".yaml"))
    return [InputFile(name=f"{INTERVIEWS}/{p.name}", sha256=sha256(p), rows=0) for p in found]


def _table_files(data: Path, wanted: set[str] | None, problems: ProblemList) -> list[tuple[Table, Path]]:
    """Return the file of each table; report two files for one table, and files that no table is named after."""
    found: list[tuple[Table, Path]] = []
    known = set(LEFT_ALONE)
    for table in TABLES:
        names = [f"{stem}{suffix}" for stem in (table.name, *table.aliases) for suffix in SUFFIXES]
        known |= set(names)
        here = [data / name for name in names if (data / name).exists()]
        if len(here) > 1:
            note = f"Found {', '.join(p.name for p in here)}: keep one."
            problems.add(here[0].name, "two files for one table", "refused", table=table.name, note=note)
        elif here and (wanted is None or table.name in wanted or wanted & set(table.aliases)):
            found.append((table, here[0]))
    stems = [stem for t in TABLES for stem in (t.name, *t.aliases)]
    for path in sorted(data.iterdir()):
        stray = (
            path.is_file() and path.suffix.lower() in SUFFIXES and path.name not in known and path.name[0] not in ".~"
        )
        if stray:
            problems.add(path.name, "file without a table", "noted", note=nearest(path.stem, stems).strip())
    return found


def _read_one(
    table: Table, path: Path, words: OwnWords, problems: ProblemList, facts: dict[str, str]
) -> pa.Table | None:
    try:
        raw = read_raw(path)
    except Unreadable as error:
        rows = [(row, "") for row in error.rows]
        problems.add(path.name, error.rule, "refused", table=table.name, count=error.count, note=error.note, rows=rows)
        return None
    typed, found = check_table(raw, table, words, problems)
    if typed.num_rows == 0:
        problems.add(path.name, "no rows", "noted", table=table.name, note="The table counts as not given.")
        return None
    facts.update(found)
    facts[f"encoding, {path.name}"] = raw.encoding
    return typed
