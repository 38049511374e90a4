import csv
import stat

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol_file import SCHEMA_FILE, load, study_folder
from ot_eval.base.shipped import shipped
from ot_eval.data.schema import TABLES
from ot_eval.studies.new_study import make_study


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path / "Falls 2026")


def test_the_new_study_has_a_valid_plan_under_its_own_name(study):
    protocol = load(study / "protocol.yaml")
    assert protocol.study == "falls-2026"
    assert study_folder(study / "protocol.yaml", protocol).data == study / "data"
    assert (study / SCHEMA_FILE).read_bytes() == (shipped("protocols") / SCHEMA_FILE).read_bytes()


@pytest.mark.parametrize(
    ("folder", "name"),
    [("a b", "a-b"), ("2026", "my-study"), ("Ünïted", "n-ted"), ("x", "my-study"), ("a" * 90, "a" * 63)],
)
def test_any_folder_name_gives_a_valid_study_name(tmp_path, folder, name):
    assert load(make_study(tmp_path / folder) / "protocol.yaml").study == name


def test_every_table_has_an_empty_template_with_its_headings(study):
    for table in TABLES:
        with (study / "data" / "templates" / f"{table.name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            headings, *rows = csv.reader(stream)
        assert headings == [c.name for c in table.columns]
        assert rows == []


def test_every_column_is_explained_for_excel(study):
    path = study / "data" / "templates" / "explained.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # without it Excel misreads the pound sign
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["table"], r["column"]) for r in rows] == [(t.name, c.name) for t in TABLES for c in t.columns]
    assert all(r["what it is"] for r in rows)


def test_the_notebooks_are_the_shipped_ones(study):
    theirs = {p.name: p.read_bytes() for p in shipped("notebooks").glob("*.ipynb")}
    assert {p.name: p.read_bytes() for p in (study / "notebooks").iterdir()} == theirs


def test_what_is_private_is_private_from_the_start(study):
    assert stat.S_IMODE((study / "data").stat().st_mode) == 0o700
    assert (study / ".gitignore").read_text(encoding="utf-8").split() == ["data/", "work/"]


def test_the_readme_names_this_study_s_report(study):
    text = (study / "README.txt").read_text(encoding="utf-8")
    assert "reports/falls-2026/index.html" in text
    assert "{" not in text


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RequestError, match="has files in it"):
        make_study(tmp_path)
    with pytest.raises(RequestError, match="is a file"):
        make_study(tmp_path / "mine.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_the_demonstration_keeps_its_own_name(tmp_path):
    assert load(make_study(tmp_path / "anything", "demo.yaml") / "protocol.yaml").study == "demo"
