"""From an export to the study folder: added once, never changed unasked, private kept private."""

import csv
import stat

import numpy as np
import pytest
from typer.testing import CliRunner

from ot_eval.base.errors import DataError, RequestError
from ot_eval.cli import app
from ot_eval.data import synthetic_exports as exports
from ot_eval.data.survey_instrument import load_all
from ot_eval.data.synthetic_surveys import fill
from ot_eval.studies.new_study import make_study
from ot_eval.studies.surveys_desk import build_forms, instruments, read_into_study

KNOWN = load_all()


@pytest.fixture
def plan(tmp_path):
    return make_study(tmp_path / "my-study") / "protocol.yaml"


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def export(name, tmp_path, n=6, seed=5, change=None):
    forms = fill(KNOWN[name], n, np.random.default_rng(seed))
    if change:
        change(forms)
    return exports.forms_excel(KNOWN[name], forms, tmp_path / "answers.xlsx"), forms


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("carer_job", "carer_survey"),
        ("enabling_skills", "carer_survey"),
        ("enabling_skills_observed", "carer_survey"),
        ("ot_contact_log", "contacts"),
        ("outcome_scores", "scores"),
        ("goal_sheet", "goals"),
        ("provider_profile", "providers"),
    ],
)
def test_the_rows_of_a_table_pass_the_check_of_the_study(plan, tmp_path, name, table):
    from ot_eval.base.protocol_file import load, study_folder
    from ot_eval.data.read import check_inputs

    path, _ = export(name, tmp_path)
    filed = read_into_study(plan, [path])
    assert set(filed.tables) == {table}
    written, added, replaced, known = filed.tables[table]
    assert (added, replaced, known) == (len(rows(written)), 0, 0)
    assert added > 0
    protocol = load(plan)
    found = check_inputs(study_folder(plan, protocol), protocol)
    assert [c for c in found.refused if c.table == table] == []


def test_reading_twice_adds_nothing_and_a_change_is_refused_until_asked_for(plan, tmp_path):
    path, forms = export("carer_job", tmp_path)
    first = read_into_study(plan, [path]).tables["carer_survey"]
    body = first[0].read_bytes()
    assert read_into_study(plan, [path]).tables["carer_survey"][1:] == (0, 0, first[1])
    assert first[0].read_bytes() == body
    before = forms[0].answers["leave_intention"]

    def change(again):
        again[0].answers["leave_intention"] = "9" if before != "9" else "1"

    path, forms = export("carer_job", tmp_path, change=change)
    with pytest.raises(DataError, match="1 answers are there already"):
        read_into_study(plan, [path])
    assert first[0].read_bytes() == body
    assert read_into_study(plan, [path], keep="latest").tables["carer_survey"][1:] == (0, 1, first[1] - 1)
    mine = [r for r in rows(first[0]) if r["carer_id"] == "C001" and r["item"] == "leave_intention"]
    assert [r["value"] for r in mine] == [forms[0].answers["leave_intention"]]


def test_a_study_s_own_columns_stay(plan, tmp_path):
    path, forms = export("provider_profile", tmp_path, n=2)
    place = plan.parent / "data" / "providers.csv"
    place.write_text("provider_id,area\nP001,north\nX9,south\n", encoding="utf-8")
    filed = read_into_study(plan, [path], keep="latest")
    assert filed.tables["providers"][1:] == (1, 1, 0)
    got = {r["provider_id"]: r for r in rows(place)}
    assert (got["P001"]["area"], got["X9"]["area"], got["P001"]["arm"]) == ("north", "south", forms[0].answers["arm"])


def test_free_text_is_kept_apart_as_text_and_readable_by_its_owner_alone(plan, tmp_path):
    def change(forms):
        for form in forms:
            form.answers["free_text"] = "=HYPERLINK(1)"

    path, _ = export("carer_job", tmp_path, change=change)
    filed = read_into_study(plan, [path])
    assert {r["text"] for r in rows(filed.texts)} == {"'=HYPERLINK(1)"}
    assert "HYPERLINK" not in filed.answers.read_text(encoding="utf-8")
    assert "HYPERLINK" not in filed.tables["carer_survey"][0].read_text(encoding="utf-8")
    for place in (filed.texts, filed.answers, filed.tables["carer_survey"][0]):
        assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_nothing_is_written_where_something_must_be_put_right(plan, tmp_path):
    def change(forms):
        forms[0].answers["job_satisfaction"] = "77"

    path, _ = export("carer_job", tmp_path, change=change)
    with pytest.raises(DataError) as caught:
        read_into_study(plan, [path])
    assert "job_satisfaction: out of range (1)" in str(caught.value)
    assert "77" not in str(caught.value)
    assert not (plan.parent / "data" / "carer_survey.csv").exists()
    listed = next((plan.parent / "work").glob("*/surveys/problems.csv"))
    assert [r["value"] for r in rows(listed)][:1] == ["77"]


def test_an_unknown_instrument_gets_the_nearest_name(tmp_path):
    with pytest.raises(RequestError, match="Did you mean 'carer_job'"):
        build_forms(["carer_jobs"], tmp_path)


def test_the_verbs(plan, tmp_path):
    run = CliRunner()
    listed = run.invoke(app, ["surveys", "list"])
    assert listed.exit_code == 0
    assert all(i.name in listed.output.replace("\n", "") or "…" in listed.output for i in instruments())
    made = run.invoke(app, ["surveys", "build", "carer_job", "--out", str(tmp_path / "forms")])
    assert made.exit_code == 0
    assert sorted(p.suffix for p in (tmp_path / "forms" / "carer_job").iterdir()) == [".csv", ".docx", ".html", ".xlsx"]
    path, _ = export("carer_job", tmp_path)
    got = run.invoke(app, ["surveys", "read", str(plan), str(path)])
    assert got.exit_code == 0, got.output
    assert "Microsoft Forms: 6 forms in 6 rows" in got.output
    assert "column that names people" in got.output
    assert run.invoke(app, ["surveys", "read", str(plan), str(tmp_path / "none.xlsx")]).exit_code == 1
