"""From a protocol file to sheets, codes, suggestions and agreement, as the verbs do it."""

import csv
import shutil
import stat
import subprocess
import sys

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.cli_code import code_app
from ot_eval.coding.sheets import HEADINGS
from ot_eval.studies.coding_desk import open_desk
from ot_eval.studies.coding_report import measure_agreement, suggest
from ot_eval.studies.coding_sheets import make_sheet, read_sheets

OFFICE = shutil.which("soffice")
SAVING_SECONDS = 180  # a first start of LibreOffice on a busy machine
PROTOCOL = """\
study: coding-test
title: Coding test
question: What did occupational therapists do?
strands: [interventions]
"""


@pytest.fixture
def study(tmp_path, corpus):
    """A study with the 300 notes as its contacts."""
    (tmp_path / "data").mkdir()
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text(PROTOCOL, encoding="utf-8")
    with (tmp_path / "data" / "contacts.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["contact_id", "person_id", "date", "staff_role", "minutes", "mode", "note"])
        for r in corpus.rows:
            out.writerow([r["contact_id"], r["person_id"], "2025-04-01", r["staff_role"], 60, "home_visit", r["note"]])
        out.writerow(["blank", "N01", "2025-04-02", "occupational_therapist", 10, "phone", ""])
    return protocol


def fill(path, truth):
    """Code a sheet as `truth` has it; a contact it lacks stays empty."""
    workbook = load_workbook(path)
    page = workbook["Contacts"]
    for n in range(2, page.max_row + 1):
        for k, code in enumerate(truth.get(page.cell(n, 1).value, "").split(";"), start=1):
            if code:
                name = "no code" if code in ("not_ot", "cannot_tell") else f"code {k}"
                page.cell(n, HEADINGS.index(name) + 1).value = code.replace("_", " ") if name == "no code" else code
    workbook.save(path)
    return path


def ids(path):
    return [row[0].value for row in load_workbook(path)["Contacts"].iter_rows(min_row=2)]


def truth_of(corpus):
    return {r["contact_id"]: r["truth"] for r in corpus.rows}


def test_people_are_pseudonyms_and_empty_notes_are_set_aside(study, corpus):
    desk = open_desk(study)
    assert (len(desk.table), desk.n_without_note) == (300, 1)
    assert not set(desk.table["person_id"]) & {r["person_id"] for r in corpus.rows}


def test_the_whole_way_from_a_sheet_to_agreement(study, corpus):
    truth = truth_of(corpus)
    first = make_sheet(study, coder="KM", most=120)
    assert first.name == "main-km.xlsx"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert any(load_workbook(first)["Contacts"].cell(n, HEADINGS.index("suggested") + 1).value for n in range(2, 120))
    got = read_sheets(study, [fill(first, truth)])
    assert (got.kept, got.added, got.blank, got.conflicts) == (120, 120, 0, {})

    next_sheet = make_sheet(study, coder="KM", most=10)
    assert next_sheet.name == "main-km-2.xlsx"  # a filled sheet is never written over
    assert not set(ids(next_sheet)) & set(ids(first))

    second = make_sheet(study, coder="PL", kind="second")
    assert 18 <= len(ids(second)) <= 45  # a fifth of 120, at least one from each stratum
    page = load_workbook(second)["Contacts"]
    suggested = {
        page.cell(n, HEADINGS.index(h) + 1).value for n in range(2, page.max_row + 1) for h in ("suggested", "why")
    }
    assert suggested <= {None, ""}
    other = dict(truth)
    changed = next(c for c in ids(second) if truth[c] not in ("not_ot", "cannot_tell", "A2"))
    other[changed] = "A2"
    read_sheets(study, [fill(second, other)])

    result, table, listed = measure_agreement(study)
    assert result.coders == ("KM", "PL")
    assert {d.contact_id for d in result.disagreements} == {changed}
    with table.open(encoding="utf-8-sig") as stream:
        assert {r["measure"] for r in csv.DictReader(stream)} == {"percent", "positive", "kappa", "alpha", "ac1"}
    assert load_workbook(listed)["Disagreements"].max_row == 1 + len(result.disagreements)

    agreed = make_sheet(study, coder="both", kind="agreed")
    assert ids(agreed) == [changed]
    read_sheets(study, [fill(agreed, truth)])
    with pytest.raises(RequestError, match="no contact for the agreed sheet"):
        make_sheet(study, coder="both", kind="agreed")


def test_suggestions_are_judged_on_what_is_coded_and_say_what_they_cannot(study, corpus):
    got = suggest(study)
    assert got.judged is None
    assert got.why_not_judged == "suggestions cannot be judged yet: contacts of 0 people are coded"
    assert set(got.proposal.taught.refused) == set(corpus.reading.names)
    read_sheets(study, [fill(make_sheet(study, coder="KM", most=150), truth_of(corpus))])
    got = suggest(study)
    assert got.judged.model.macro_f1.value > 0.7
    assert got.judged.rules.n_contacts == 150 - sum(c.codes == ("cannot_tell",) for c in open_desk(study).records)
    with got.scores.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    assert {r["by"] for r in rows} == {"rules", "model", "model less rules"}
    page = load_workbook(got.listed)["Suggestions"]
    assert page.max_row == 1 + len(got.proposal.suggestions)


def test_conflicts_are_listed_with_the_remark_as_text_and_nothing_is_guessed(study, corpus):
    path = make_sheet(study, coder="KM", most=3)
    one, two, three = ids(path)
    fill(path, {one: "Z9", two: "D1", three: "not_ot"})
    workbook = load_workbook(path)
    workbook["Contacts"].cell(2, HEADINGS.index("remark") + 1).value = '=HYPERLINK("http://x.example")'
    workbook.save(path)
    got = read_sheets(study, [path])
    assert (got.kept, got.conflicts) == (2, {"unknown code": 1})
    row = list(load_workbook(got.listed)["Conflicts"][2])
    assert row[-1].data_type == "s"
    assert row[-1].value.startswith("=HYPERLINK")


def test_a_record_that_the_codebook_no_longer_holds_stays_in_the_file(study, corpus):
    file = study.parent / "data" / "contact_codes.csv"
    line = "T001,KM,main,Q7,1.0"
    file.write_text(f"contact_id,coder,sheet,codes,codebook_version\n{line}\n", encoding="utf-8")
    path = make_sheet(study, coder="KM", most=2)
    got = read_sheets(study, [fill(path, dict.fromkeys(ids(path), "A1"))])
    assert got.conflicts == {"unknown code": 1}
    assert line in file.read_text(encoding="utf-8-sig").splitlines()


def test_requests_that_cannot_be_met_are_refused(study):
    with pytest.raises(RequestError, match="no coder is named"):
        make_sheet(study, coder=" ")
    with pytest.raises(AnalysisRefused, match="none by two people"):
        measure_agreement(study)
    with pytest.raises(RequestError, match="no contact for the agreed sheet"):
        make_sheet(study, coder="KM", kind="agreed")


def test_the_second_coder_must_be_another_person(study, corpus):
    read_sheets(study, [fill(make_sheet(study, coder="KM", most=5), dict.fromkeys(truth_of(corpus), "A1"))])
    with pytest.raises(RequestError, match="KM has filled a main sheet"):
        make_sheet(study, coder="KM", kind="second")


def test_a_study_without_notes_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text(PROTOCOL, encoding="utf-8")
    contacts = tmp_path / "data" / "contacts.csv"
    contacts.write_text("contact_id,person_id,date,staff_role\nc1,p1,2025-04-01,OT\n", encoding="utf-8")
    with pytest.raises(RequestError, match="1 contacts, none with a note"):
        open_desk(protocol)
    contacts.unlink()
    (tmp_path / "data" / "providers.csv").write_text("provider_id\nv1\n", encoding="utf-8")
    with pytest.raises(RequestError, match="holds no table with rows"):
        open_desk(protocol)


def run(*words):
    return CliRunner().invoke(code_app, [str(w) for w in words], catch_exceptions=False)


def test_the_verbs_say_what_they_did_and_show_no_note(study, corpus):
    truth = truth_of(corpus)
    got = run("sheet", study, "--coder", "KM", "--most", 60)
    assert got.exit_code == 0
    assert "main-km.xlsx" in got.output
    folder = study.parent / "work" / "coding-test" / "coding"
    fill(folder / "main-km.xlsx", truth)
    got = run("read", study, folder / "main-km.xlsx")
    assert "Codings kept: 60 (60 new or changed)" in got.output
    assert run("sheet", study, "--coder", "PL", "--second").exit_code == 0
    fill(folder / "second-pl.xlsx", truth)
    assert run("read", study, folder / "second-pl.xlsx").exit_code == 0
    said = [run("agreement", study).output, run("suggest", study).output]
    assert "contacts coded by two people" in said[0]
    assert "not suggested" in said[1]
    assert not any(r["note"] in " ".join(said) for r in corpus.rows)


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_a_sheet_that_libreoffice_saved_again_is_read(study, corpus, tmp_path):
    truth = truth_of(corpus)
    path = fill(make_sheet(study, coder="KM", most=20), truth)
    (tmp_path / "saved").mkdir()
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [OFFICE, home, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", "saved", str(path)]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=SAVING_SECONDS)
    saved = tmp_path / "saved" / path.name
    assert saved.read_bytes() != path.read_bytes()
    got = run("read", study, saved)
    assert got.exit_code == 0, got.output
    assert "Codings kept: 20 (20 new or changed)" in got.output
    kept = {r.contact_id: set(r.codes) for r in open_desk(study).records}
    assert kept == {c: set(truth[c].split(";")) for c in ids(path)}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("sheet", "--coder", "KM", "--second", "--agreed"), 2),
        (("read", "none.xlsx"), 2),
        (("agreement",), 3),
    ],
)
def test_the_verbs_exit_as_the_contract_says(study, words, code):
    assert run(words[0], study, *words[1:]).exit_code == code


@pytest.mark.parametrize("verb", ["sheet", "read", "suggest", "agreement"])
def test_help_has_an_example(verb):
    got = run(verb, "--help")
    assert got.exit_code == 0
    assert f"ot-eval code {verb}" in got.output


def test_help_loads_nothing_heavy():
    import subprocess

    code = "import sys, ot_eval.cli_code; sys.exit(any(m in sys.modules for m in ('pandas', 'sklearn', 'openpyxl')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
