"""The private list of who is who: complete, of local ids alone, and safe to open in a spreadsheet."""

import csv
import os
import stat

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.study import StudyFolder
from ot_eval.data.read import read_study
from ot_eval.data.synthetic import write_study
from ot_eval.data.who import FILE, write_person_ids

PROTOCOL = Protocol(study="who", title="Who", question="Who is who?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("who")
    write_study(root / "data", people=300, seed=4)
    return StudyFolder(data=root / "data", work=root / "work", reports=root / "reports")


def test_every_person_of_the_rows_is_named_once_or_more_by_a_local_id_and_never_by_an_nhs_number(folder):
    path, people = write_person_ids(folder, PROTOCOL)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    inputs = read_study(folder, PROTOCOL)
    seen = set(inputs.cld_rows.person_id.to_pyarrow().to_pylist())
    assert seen == {row["person_id"] for row in rows}
    assert people == len(seen)
    assert len({row["council_id"] for row in rows}) == len(rows)
    raw = "".join(p.read_text(encoding="utf-8-sig", errors="replace") for p in folder.cld.glob("*.csv"))
    assert all(row["council_id"] in raw for row in rows)
    assert not any(row["council_id"].startswith("999") and len(row["council_id"]) == 10 for row in rows)
    assert path == folder.data / FILE
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_list_is_no_input_and_no_stray_file(folder):
    write_person_ids(folder, PROTOCOL)
    inputs = read_study(folder, PROTOCOL)
    assert FILE not in {item.name for item in inputs.inputs}
    assert not [p for p in inputs.problems if p.file == FILE]


def test_without_client_level_data_it_refuses(tmp_path):
    (tmp_path / "data").mkdir()
    empty = StudyFolder(data=tmp_path / "data", work=tmp_path / "work", reports=tmp_path / "reports")
    with pytest.raises(RequestError, match="no Client Level Data"):
        write_person_ids(empty, PROTOCOL)
