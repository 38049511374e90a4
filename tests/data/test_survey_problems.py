"""Exports as they should not be: each fault is reported with its count, and no value of a person is in a message."""

import csv
from pathlib import Path

import numpy as np
import pytest

from ot_eval.base.errors import RequestError
from ot_eval.data import synthetic_exports as exports
from ot_eval.data.survey_cells import BadCell, several
from ot_eval.data.survey_instrument import load, load_all
from ot_eval.data.survey_read import read_exports
from ot_eval.data.survey_tables import long_rows, study_rows, text_rows
from ot_eval.data.synthetic_surveys import fill

KNOWN = load_all()
JOB = KNOWN["carer_job"]
SKILLS = KNOWN["enabling_skills"]


@pytest.fixture
def export(tmp_path):
    """Return a function that writes a REDCap export of `carer_job` after `change` had its way with the cells."""

    def write(change=lambda grid: grid, instrument=JOB, n=8, labels=False, name="export.csv"):
        path = exports.redcap(instrument, fill(instrument, n, np.random.default_rng(3)), tmp_path / name, labels=labels)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            grid = list(csv.reader(stream))
        change(grid)
        return exports.write_csv(path, grid)

    return write


def found(*paths: Path, known=KNOWN, **options):
    got = read_exports(paths, known, **options)
    return got, {(c.severity, c.rule, c.column): c.count for c in got.problems.counts}


def at(grid, name):
    return grid[0].index(name)


def put(name, rows, value):
    def change(grid):
        for row in rows:
            grid[row][at(grid, name)] = value

    return change


def test_a_clean_export_has_nothing_to_report(export):
    assert found(export())[1] == {}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("job_satisfaction", "11", "out of range"),
        ("job_satisfaction", "7.5", "not a whole number"),
        ("job_satisfaction", "seven", "not a number"),
        ("role", "Astronaut", "answer not in the instrument"),
        ("date", "2025-02-30", "bad date"),
        ("date", "05/23/2025", "month-first dates"),
        ("leave_reasons___pay", "perhaps", "answer not in the instrument"),
        ("wave", "", "missing value"),
    ],
)
def test_a_cell_that_is_no_answer_is_refused_and_counted(export, name, value, rule):
    got, problems = found(export(put(name, (1, 4), value)))
    assert problems["refused", rule, name.split("___")[0]] == 2
    assert value == "" or all(value not in f"{c.note}{c.rule}{c.column}" for c in got.problems.counts)
    listed = [p for p in got.problems.rows if p.rule == rule]
    assert [p.row for p in listed] == [2, 5]
    assert all(value in p.value for p in listed)


def test_a_changed_question_is_refused_until_a_person_matches_it(export):
    def change(grid):
        grid[0][at(grid, "All in all, how satisfied are you with your job?")] = "How satisfied are you with your job?"

    path = export(change, labels=True)
    _, problems = found(path)
    assert problems == {("refused", "changed question", "job_satisfaction"): 1}
    _, problems = found(path, renamed={"How satisfied are you with your job?": "job_satisfaction"})
    assert problems == {}


def test_a_column_and_a_question_without_each_other_are_noted(export):
    def change(grid):
        grid[0][at(grid, "supported")] = "zzz_own_idea"

    _, problems = found(export(change))
    place = JOB.questions.index(JOB.question("supported"))
    assert ("noted", "question not in the export", "supported") in problems
    assert [k for k in problems if k[1] == "column not in the instrument"] != []
    assert place > 0


def test_the_question_that_says_whose_form_it_is_must_be_there(export):
    def change(grid):
        grid[0][at(grid, "carer_id")] = "qqq"

    assert ("refused", "question not in the export", "carer_id") in found(export(change))[1]


def test_duplicates_same_and_different(export):
    def change(grid):
        grid.append(list(grid[1]))
        grid.append(list(grid[2]))
        grid[-1][at(grid, "leave_intention")] = "10" if grid[2][at(grid, "leave_intention")] != "10" else "0"
        grid[-2][0], grid[-1][0] = "98", "99"

    path = export(change)
    got, problems = found(path)
    assert problems == {("noted", "same form twice", ""): 1, ("refused", "duplicate respondent", ""): 1}
    got, problems = found(path, keep="latest")
    assert problems == {("noted", "same form twice", ""): 1, ("noted", "duplicate respondent", ""): 1}
    assert len(got.forms) == 8
    changed = [f for f in got.forms if f.source == "99"]
    assert len(changed) == 1


def test_half_filled_and_empty_forms_are_counted_and_the_rest_is_used(export):
    def change(grid):
        for name in ("job_satisfaction", "leave_intention"):
            grid[3][at(grid, name)] = ""
        grid.append([""] * len(grid[0]))
        grid[-1][0] = "50"

    got, problems = found(export(change))
    assert problems == {("noted", "half-filled form", ""): 1, ("noted", "empty form", ""): 1}
    assert (len(got.forms), got.n_rows) == (8, 9)
    assert next(c for c in got.problems.counts if c.rule == "half-filled form").note.startswith("2 answers")


def test_an_empty_box_of_a_question_never_shown_is_not_a_skipped_one(export):
    """REDCap writes 0 for both; only the question's condition tells them apart."""
    got, _ = found(export(instrument=SKILLS, n=30))
    rows = [r for r in long_rows(got) if r["question"] == "k01_learned" and not r["value"]]
    level = {f.source: f.answers["k01_level"] for f in got.forms}
    assert {r["missing"] for r in rows} == {"not shown", "skipped"}
    assert all((level[r["form"]] == "none") == (r["missing"] == "not shown") for r in rows)


def test_an_answer_to_a_question_that_did_not_apply_is_noted(export):
    def change(grid):
        grid[1][at(grid, "k01_level")], grid[1][at(grid, "k01_use")] = "none", "daily"

    assert found(export(change, instrument=SKILLS))[1][("noted", "answer to a question not asked", "")] == 1


def translated(tmp_path):
    folder = tmp_path / "own" / "carer_job"
    folder.mkdir(parents=True)
    source = Path(__file__).resolve().parents[2] / "surveys" / "carer_job"
    for path in source.iterdir():
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    text = (folder / "choices.csv").read_text(encoding="utf-8").splitlines()
    done = [text[0] + ",label::Polish (pl)"]
    done += [line + (",Opiekun" if line.startswith("role,home_carer,") else ",") for line in text[1:]]
    (folder / "choices.csv").write_text("\n".join(done) + "\n", encoding="utf-8")
    return {"carer_job": load(folder)}


def test_a_translated_label_is_matched_where_the_instrument_has_it_and_refused_where_not(export, tmp_path):
    path = export(put("role", (1, 2), "Opiekun"))
    got, problems = found(path, known=translated(tmp_path))
    assert problems == {("noted", "translated label", ""): 2}
    assert [f.answers["role"] for f in got.forms[:2]] == ["home_carer"] * 2
    assert found(path)[1] == {("refused", "answer not in the instrument", "role"): 2}


def test_joined_and_split_choices_that_differ_are_refused(tmp_path):
    forms = fill(JOB, 5, np.random.default_rng(3))
    path = exports.kobo(JOB, forms, tmp_path / "k.xlsx")
    import openpyxl

    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    heads = [c.value for c in page[1]]
    place = heads.index("leave_reasons/pay") + 1
    page.cell(2, place).value = 1 - page.cell(2, place).value
    book.save(path)
    assert found(path)[1][("refused", "joined and split answers differ", "leave_reasons")] == 1


def test_a_formula_is_refused_and_text_that_begins_like_one_is_kept(tmp_path):
    forms = fill(JOB, 5, np.random.default_rng(3))
    for form in forms:
        form.answers["free_text"] = "=2+2 calls"
    path = exports.forms_excel(JOB, forms, tmp_path / "f.xlsx")
    got, problems = found(path)
    assert [k for k in problems if k[0] == "refused"] == []
    assert {r["text"] for r in text_rows(got)} == {"=2+2 calls"}
    import openpyxl

    book = openpyxl.load_workbook(path)
    book.worksheets[0].cell(2, 8).value = "=1+1"
    book.save(path)
    assert found(path)[1][("refused", "formula", "")] == 1


def test_lines_without_their_form_and_forms_without_their_lines(tmp_path):
    goals = KNOWN["goal_sheet"]
    forms = fill(goals, 6, np.random.default_rng(3))
    main, lines = exports.odk(goals, forms, tmp_path)
    assert ("refused", "repeat group not in the export", "goal") in found(main)[1]
    text = lines.read_text(encoding="utf-8-sig").replace(forms[0].source, "nobody")
    n = len(forms[0].lines.get("goal", []))
    assert n > 0
    lines.write_text(text, encoding="utf-8-sig")
    assert found(main, lines)[1][("refused", "line without a form", "")] == n


def test_two_instruments_or_none_are_refused(tmp_path):
    rng = np.random.default_rng(3)
    one = exports.forms_excel(JOB, fill(JOB, 2, rng), tmp_path / "a.xlsx")
    two = exports.forms_excel(SKILLS, fill(SKILLS, 2, rng), tmp_path / "b.xlsx")
    with pytest.raises(RequestError, match="2 instruments"):
        read_exports([one, two], KNOWN)
    path = exports.write_csv(tmp_path / "c.csv", [["shoe size", "colour"], [43, "red"]])
    with pytest.raises(RequestError, match="none of the instruments"):
        read_exports([path], KNOWN)


def test_choices_are_split_in_one_way_only():
    code = KNOWN["ot_contact_log"].question("codes")
    labels = {c.name: c.label for c in code.choices}
    assert several(code, f"{labels['D3']}, {labels['G1']}")[0] == ("D3", "G1")  # both labels hold commas or brackets
    assert several(code, "G1 A1")[0] == ("A1", "G1")
    with pytest.raises(BadCell, match="not in the instrument"):
        several(code, f"{labels['D3']}; something else")


def test_rows_for_the_study_are_as_the_contract_says(export):
    got, _ = found(export())
    rows = study_rows(got)["carer_survey"]
    assert list(rows[0]) == ["carer_id", "date", "wave", "item", "value", "rater_id"]
    assert {"role", "job_satisfaction", "leave_reasons"} <= {r["item"] for r in rows}
    assert "free_text" not in {r["item"] for r in rows}
    expected = sum(
        (len(v) if isinstance(v, tuple) else bool(v))
        for f in got.forms
        for k, v in f.answers.items()
        if k not in ("carer_id", "date", "wave", "free_text")
    )
    assert len(rows) == expected
