"""The forms: valid where they are going, complete, safe to open, and the same bytes each time."""

import csv
import io
import shutil

import openpyxl
import pytest
from docx import Document
from pyxform.errors import PyXFormError
from pyxform.validators.odk_validate import ODKValidateError, check_xform
from pyxform.xls2xform import convert

from ot_eval.data.survey_instrument import load_all
from ot_eval.measures import registry
from ot_eval.publish.survey_build import build
from ot_eval.publish.survey_codebook import page
from ot_eval.publish.survey_redcap import COLUMNS, dictionary
from ot_eval.publish.survey_word import form
from ot_eval.publish.survey_workbook import workbook

KNOWN = load_all()


@pytest.fixture(params=KNOWN)
def instrument(request):
    return KNOWN[request.param]


def test_pyxform_takes_the_workbook_without_a_warning(instrument, tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(workbook(instrument))
    done = convert(path)
    assert done.warnings == []
    assert all(f"/{q.name}" in done.xform for q in instrument.questions)


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate, which comes with pyxform, needs Java")
def test_odk_validate_takes_every_form_and_refuses_a_broken_one(tmp_path):
    for name, instrument in KNOWN.items():
        (tmp_path / f"{name}.xlsx").write_bytes(workbook(instrument))
        form_file = tmp_path / f"{name}.xml"
        form_file.write_text(convert(tmp_path / f"{name}.xlsx").xform, encoding="utf-8")
        assert check_xform(str(form_file)) == []
    broken = form_file.read_text(encoding="utf-8").replace("/data/arm  = 'coached'", "no_such_function()", 1)
    form_file.write_text(broken, encoding="utf-8")
    with pytest.raises(ODKValidateError):
        check_xform(str(form_file))


def test_pyxform_would_refuse_a_list_that_is_not_there(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(workbook(KNOWN["carer_job"])))
    book["survey"]["A6"].value = "select_one nowhere"
    book.save(tmp_path / "form.xlsx")
    with pytest.raises(PyXFormError):
        convert(tmp_path / "form.xlsx")


def test_every_cell_is_text(instrument):
    book = openpyxl.load_workbook(io.BytesIO(workbook(instrument)))
    kinds = {c.data_type for page in book for row in page.iter_rows() for c in row if c.value is not None}
    assert kinds == {"s"}


def test_the_dictionary_has_a_field_for_each_question_and_no_formula(instrument):
    rows = list(csv.DictReader(io.StringIO(dictionary(instrument).lstrip("\ufeff"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(COLUMNS) == 18
    names = [r[COLUMNS[0]] for r in rows]
    assert names[0] == "record_id"
    assert sorted(names[1:]) == sorted(q.name.lower() for q in instrument.questions)
    assert len(set(names)) == len(names)
    assert all("__" not in n and n == n.lower() for n in names)
    for row in rows:
        assert not any(cell[:1] in "=@+" for cell in row.values() if cell)
        branching = row["Branching Logic (Show field only if...)"]
        assert branching.count("[") == branching.count("]") == branching.count(" = '") + branching.count(" <> '")


def test_the_paper_form_asks_every_question_once_or_once_a_block(instrument):
    document = Document(io.BytesIO(form(instrument)))
    asked = [p.runs[0].text for p in document.paragraphs if p.runs]
    asked += [c.text for t in document.tables for c in t.rows[0].cells]
    for q in instrument.questions:
        assert asked.count(q.label) == (1 if not q.repeat or document.tables else 4), q.name
    assert document.styles["Normal"].font.size.pt == 16


def test_the_codebook_names_every_question_and_choice(instrument):
    text = page(instrument)
    assert all(f"<code>{q.name}</code>" in text for q in instrument.questions)
    assert all(f"<code>{c.name}</code>" in text for q in instrument.questions for c in q.choices)
    assert "http" not in text


def test_the_same_source_gives_the_same_bytes(instrument, tmp_path):
    first = [p.read_bytes() for p in build([instrument], tmp_path / "a")]
    assert first == [p.read_bytes() for p in build([instrument], tmp_path / "b")]
    assert len(first) == 4


def test_the_scores_form_asks_for_the_items_that_can_be_scored():
    made = KNOWN["outcome_scores"]
    known = registry.instruments()
    for name in (c.name for c in made.question("instruments").choices):
        asked = {q.name.removeprefix(f"{name}_"): q for q in made.questions if q.name.startswith(f"{name}_")}
        assert set(asked) == {i.name for i in known[name].items}
        for item in known[name].items:
            if item.allowed:
                assert [float(c.name) for c in asked[item.name].choices] == list(item.allowed)


def test_the_skills_are_the_same_in_each_form():
    def groups(name):
        return {k: v for k, v in KNOWN[name].groups.items() if k.endswith("_skill")}

    assert len(groups("enabling_skills")) == 24
    assert groups("enabling_skills") == groups("enabling_skills_observed")
    labels = [c.label for c in KNOWN["coaching_log"].question("skills").choices]
    assert labels == list(groups("enabling_skills").values())


def test_the_contact_log_has_the_codes_of_the_codebook():
    from ot_eval.coding import codebook

    book = codebook.load(codebook.default_path())
    asked = KNOWN["ot_contact_log"].question("codes").choices
    assert [c.name for c in asked] == [c.code for c in book.codes]
