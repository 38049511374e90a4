"""Small synthetic councils through the real reader, and everything `derive` makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from ot_eval.base.protocol import Protocol
from ot_eval.base.study import StudyFolder
from ot_eval.data.cld_history import merge_history
from ot_eval.data.read import read_study
from ot_eval.data.synthetic import write_study
from ot_eval.derive.ascof import ascof_2a
from ot_eval.derive.assemble import assemble_tables
from ot_eval.derive.changes import package_changes
from ot_eval.derive.follow_up import follow_up
from ot_eval.derive.from_cld import Cld
from ot_eval.derive.materialise import frame

PEOPLE, SEED = 200, 11
PROTOCOL = Protocol(study="derive", title="Derive", question="Does the answer stay the same?")


@dataclass(frozen=True)
class Council:
    """The canonical tables of one synthetic council, as Arrow."""

    rows: pa.Table
    files: pa.Table
    own: dict[str, pa.Table]


@dataclass(frozen=True)
class Answers:
    """Everything derived from a council."""

    followed: pd.DataFrame
    left_out: pd.DataFrame
    changes: pd.DataFrame
    members: pd.DataFrame
    flow: tuple


def tables_of(council, connection=None):
    """Return the study tables of a council in a new DuckDB (or on the connection given)."""
    connection = connection or ibis.duckdb.connect()
    put = lambda name, table: connection.create_table(name, table, overwrite=True)  # noqa: E731
    rows, files = put("cld_rows", council.rows), put("cld_files", council.files)
    cld = Cld(rows=rows, events=merge_history(rows, files), files=files)
    return assemble_tables({n: put(n, t) for n, t in council.own.items()}, cld, PROTOCOL)


def answers_of(tables, protocol=PROTOCOL):
    result = follow_up(tables, protocol)
    return Answers(
        followed=result.frame,
        left_out=result.left_out,
        changes=frame(package_changes(tables, protocol), ("person_id", "change_date")),
        members=ascof_2a(tables, protocol).members,
        flow=result.flow,
    )


def follow_of(council):
    return follow_up(tables_of(council), PROTOCOL)


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(tables=tables_of, answers=answers_of, follow=follow_of, Council=Council, protocol=PROTOCOL)


def read(folder, style, *, dirty):
    write_study(folder, people=PEOPLE, seed=SEED, style=style, dirty=dirty)
    places = StudyFolder(data=folder, work=folder / "work", reports=folder / "reports")
    inputs = read_study(places, PROTOCOL, key=bytes(32))
    own = {name: inputs.tables[name].to_pyarrow() for name in ("contacts", "providers")}
    return Council(inputs.cld_rows.to_pyarrow(), inputs.cld_files.to_pyarrow(), own)


@pytest.fixture(scope="session")
def recut(tmp_path_factory):
    return read(tmp_path_factory.mktemp("recut"), "recut", dirty=True)


@pytest.fixture(scope="session")
def overwritten(tmp_path_factory):
    return read(tmp_path_factory.mktemp("overwritten"), "overwritten", dirty=True)


@pytest.fixture(scope="session")
def clean(tmp_path_factory):
    return read(tmp_path_factory.mktemp("clean"), "recut", dirty=False)


@pytest.fixture(scope="session", params=["recut", "overwritten"])
def council(request):
    return request.getfixturevalue(request.param)


_KNOWN = {}


@pytest.fixture(scope="session")
def answers(council):
    """Return what is derived from the council as it is."""
    if id(council) not in _KNOWN:
        _KNOWN[id(council)] = answers_of(tables_of(council))
    return _KNOWN[id(council)]
