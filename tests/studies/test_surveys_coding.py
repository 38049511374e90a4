"""What people wrote: kept over several exports, coded alone, and back beside its own words."""

import numpy as np
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.cli import app
from ot_eval.coding.interview_sheets import TURNS
from ot_eval.data import synthetic_exports as exports
from ot_eval.data.read import check_inputs
from ot_eval.data.survey_instrument import load_all
from ot_eval.data.synthetic_surveys import fill
from ot_eval.studies.new_study import make_study
from ot_eval.studies.surveys_coding import make_sheet, open_desk, read_sheets
from ot_eval.studies.surveys_desk import read_into_study

NAME = "carer_job"
JOB = load_all()[NAME]


@pytest.fixture
def plan(tmp_path):
    made = make_study(tmp_path / "my-study") / "protocol.yaml"
    export(made, tmp_path, "a", seed=5)
    return made


def export(plan, folder, letter, seed):
    forms = fill(JOB, 8, np.random.default_rng(seed))
    for n, form in enumerate(forms):
        form.answers["carer_id"] = f"{letter}{n}"
    return read_into_study(plan, [exports.kobo(JOB, forms, folder / f"{letter}.xlsx")])


def coded(path, label, words=""):
    """Give every answer of a sheet one code."""
    book = load_workbook(path)
    page = book[TURNS]
    rows = [row for row in page.iter_rows(min_row=2) if row[1].value == "participant"]
    for row in rows:
        row[3].value, row[4].value = label, words or None
    book.save(path)
    return rows


def test_texts_of_earlier_exports_are_kept(plan, tmp_path):
    first = open_desk(plan, NAME).turns
    export(plan, tmp_path, "b", seed=6)
    both = open_desk(plan, NAME).turns
    assert set(first) < set(both)
    export(plan, tmp_path, "b", seed=6)
    assert open_desk(plan, NAME).turns == both


def test_a_sheet_shows_each_question_above_its_answer_and_no_codes(plan):
    page = load_workbook(make_sheet(plan, NAME, coder="KM"))[TURNS]
    rows = [[c.value for c in row] for row in page.iter_rows(min_row=2)]
    assert [row[1] for row in rows] == ["interviewer", "participant"] * (len(rows) // 2)
    labels = {q.label for q in JOB.questions}
    assert {row[2] for row in rows[::2]} <= labels
    assert not any(row[3] for row in rows)


def test_what_was_coded_comes_back_on_its_words_and_once(plan):
    desk = open_desk(plan, NAME)
    label = desk.book.of(desk.book.names[0]).label
    sheet = make_sheet(plan, NAME, coder="KM")
    rows = coded(sheet, label)
    kept = read_sheets(plan, NAME, [sheet])
    assert (kept.kept, kept.added) == (len(rows), len(rows))
    texts = {t.segment_id: t.text for t in desk.turns}
    again = open_desk(plan, NAME)
    assert all(c.text == texts[c.segment_id] and c.coder == "KM" for c in again.coded)
    with pytest.raises(DataError, match="coded by the same coder already"):
        read_sheets(plan, NAME, [sheet])
    assert read_sheets(plan, NAME, [sheet], replace_old=True).added == 0
    other = make_sheet(plan, NAME, coder="PL")
    coded(other, label)
    assert read_sheets(plan, NAME, [other]).kept == 2 * len(rows)


def test_a_changed_answer_is_refused_and_nothing_is_kept(plan):
    sheet = make_sheet(plan, NAME, coder="KM")
    book = load_workbook(sheet)
    book[TURNS].cell(3, 3).value = "other words"
    book.save(sheet)
    with pytest.raises(DataError, match="moved or changed"):
        read_sheets(plan, NAME, [sheet])
    assert not open_desk(plan, NAME).coded_file.exists()


def test_without_texts_it_is_refused(plan):
    with pytest.raises(RequestError, match="nobody wrote anything in coaching_log"):
        make_sheet(plan, "coaching_log", coder="KM")


def test_the_commands_do_the_same_and_the_study_is_still_read(plan):
    run = CliRunner()
    done = run.invoke(app, ["surveys", "code", "sheet", str(plan), NAME, "--coder", "KM"])
    assert done.exit_code == 0
    sheet = next((study_folder(plan, load(plan)).work / "surveys").glob("*codes-km.xlsx"))
    coded(sheet, open_desk(plan, NAME).book.of(open_desk(plan, NAME).book.names[1]).label)
    assert run.invoke(app, ["surveys", "code", "read", str(plan), NAME, str(sheet)]).exit_code == 0
    protocol = load(plan)
    assert not check_inputs(study_folder(plan, protocol), protocol).refused
