"""The experience strand from interviews to the page: states, quotes, refusals, and nobody in it to be known."""

import io
import re
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.results import WordTable, from_json
from ot_eval.cli import app
from ot_eval.coding.framework_matrix import MATRIX
from ot_eval.coding.matrix_sheet import ABOUT
from ot_eval.data.read import read_study
from ot_eval.data.synthetic import write_plain_study
from ot_eval.data.synthetic_interviews import Interviews, people_to_interview, write_interviews
from ot_eval.derive.assemble import assemble
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.disclosure_words import release_words
from ot_eval.outputs.policy import Policy
from ot_eval.publish import pages
from ot_eval.studies import experience
from ot_eval.studies.experience_help import explore, write_agreement
from ot_eval.studies.experience_matrix import read_matrix, write_matrix
from ot_eval.studies.pipeline import run_study
from ot_eval.studies.workspace import Workspace, read_result

PROTOCOL = """\
study: small
title: A small study of invented people
question: How did people experience reablement?
strands: [experience]
experience:
  main_coder: KM
"""
N = 12
ON = date(2026, 11, 24)


@cache
def council():
    """Return a folder with the tables of an invented council, made once."""
    folder = Path(mkdtemp()) / "data"
    write_plain_study(folder, people=200, seed=1)
    return folder


def make(root, n=N, plan="", **how):
    root.mkdir(parents=True, exist_ok=True)
    copytree(council(), root / "data")
    people = people_to_interview(root / "data", n)
    write_interviews(root / "data", people, Interviews(n=n, **how), seed=5)
    (root / "protocol.yaml").write_text(PROTOCOL + plan, encoding="utf-8")
    return root / "protocol.yaml"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return the protocol of a study whose report was published, with outcomes in bands."""
    file = make(tmp_path_factory.mktemp("experience"), plan="  outcomes_published: true\n")
    run_study(file)
    return file


def publish(file, *, page=True):
    """Do as a run does, without starting a notebook; where `page` is not set, up to what may leave."""
    protocol = load(file)
    folder = study_folder(file, protocol)
    inputs = read_study(folder, protocol)
    prepared = experience.prepare(assemble(inputs, protocol), protocol)
    experience.refuse(prepared)
    workspace = Workspace(root=folder.work, strand="experience", protocol=protocol)
    workspace.fill(prepared)
    workspace.save(experience.analyse(workspace))
    released = release(read_result(folder.work, "experience"), Policy.of(protocol.disclosure))
    if not page:
        return
    folder.reports.mkdir(parents=True, exist_ok=True)
    for name, body in pages.render((released,), protocol=protocol, inputs=inputs).items():
        (folder.reports / name).parent.mkdir(exist_ok=True)
        (folder.reports / name).write_bytes(body)


def page(file):
    text = (file.parent / "reports/small/experience.html").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def result(file):
    return from_json((file.parent / "work/small/results/experience.json").read_text(encoding="utf-8"))


def table(file, name):
    return next(t for t in result(file).words if t.name == name)


def texts(folder):
    """Return the text of every published file, those inside Word and Excel included."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        body = path.read_bytes()
        if path.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace")
        else:
            yield path.name, body.decode("utf-8", "replace")


def test_the_page_says_who_spoke_of_what_and_counts_people(study):
    themes = table(study, "themes")
    coded = (study.parent / "data/interviews/coded_segments.csv").read_text(encoding="utf-8-sig").splitlines()
    for row in themes.rows[:3]:
        code = {"Life before": "life_before", "Knowing what it was for": "understanding", "Whose goals": "goals"}[
            row[0]
        ]
        who = {line.split(",")[0] for line in coded if f",{code},KM," in line}
        assert row[3] == f"{len(who)} of {N}"
        others = sum(int(n) for n in re.findall(r"(\d+) (?:asked|not)", row[4]))
        assert others + len(who) == N, "every participant has one state"
    said = page(study)
    for words in ("In their words", "Do new codes still come up?", "Do coders agree?", "The codebook", "COREQ", "SRQR"):
        assert words in said


def test_every_quote_on_the_page_stands_in_a_transcript_of_somebody_who_agreed(study):
    turns = (study.parent / "data/interviews/turns.csv").read_text(encoding="utf-8-sig")
    rows = table(study, "quotes").rows
    assert len(rows) > 20
    assert all(r[1].strip("“”") in turns for r in rows)
    refused = {f"P{n:02d}" for n in range(1, N + 1) if n % 6 == 0}
    assert not {r[2].split(",")[0] for r in rows} & refused
    assert {r[3] for r in rows} == {"for", "against"}


def test_outcomes_are_bands_and_out_of_n(study):
    rows = table(study, "outcomes").rows
    assert len({r[0] for r in rows}) == 22
    for _, who, barthel, grew, early in rows:
        n = int(who.split()[0])
        assert sum(map(int, barthel.split(", "))) == n
        assert all(0 <= int(x.split(" of ")[0]) <= int(x.split(" of ")[1]) == n for x in (grew, early))
    assert any(int(r[2].split(",")[0]) > 0 for r in rows), "some people linked to their scores"
    assert [r[2] for r in table(study, "beside_outcomes").rows] == ["convergent", "discordant"]


def test_nothing_that_was_planted_is_published(tmp_path):
    """Names, numbers and ids planted in transcripts, ids of interviews and the link: none is in any published file."""
    file = make(tmp_path / "planted")
    place = file.parent / "data/interviews"
    planted = ("Zebedee", "Quarrington", "07700 900456", "9434765919", "Joyce-Hughes")
    same_length = {
        "It has been wet all week": "Zebedee Quarrington rang",
        "the bins were late again": "07700 900456; 9434765919",
        "I01": "Joyce-Hughes",
    }
    for path in place.glob("*.csv"):
        body = path.read_text(encoding="utf-8")
        for old, new in same_length.items():
            body = body.replace(old, new)
        path.write_text(body, encoding="utf-8")
    kept = "".join(p.read_text(encoding="utf-8") for p in place.glob("*.csv"))
    assert all(p in kept for p in planted)
    people = (place / "participants.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    ids = [line.split(",")[1] for line in people]
    publish(file)
    found = []
    for name, body in texts(file.parent / "reports"):
        found += [(name, p) for p in (*planted, *ids) if re.search(rf"(?<![\w-]){re.escape(p)}(?![\w-])", body)]
    assert found == []


def test_the_audit_would_find_what_is_there(study):
    assert any("Rivermead" in body or "Life before" in body for _, body in texts(study.parent / "reports"))


@pytest.mark.parametrize(
    ("spoken", "error"),
    [("My name's Joyce.", DataError), ("Ring 07700 900123.", DataError), ("born 12/03/1941", DataError)],
)
def test_the_gate_refuses_spoken_words_that_identify(spoken, error):
    bad = WordTable(analysis="q", name="q", caption="", head=("a", "Words"), rows=(("x", spoken),), spoken=("Words",))
    with pytest.raises(error) as e:
        release_words(bad)
    assert "Joyce" not in str(e.value)
    assert "07700" not in str(e.value)


def test_a_quote_changed_behind_the_sheet_is_refused(tmp_path):
    file = make(tmp_path / "changed")
    path = file.parent / "data/interviews/analysis.csv"
    text = path.read_text(encoding="utf-8")
    row = next(line.split(",")[1] for line in text.splitlines() if line.startswith("Quotes,"))
    path.write_text(f"{text}Quotes,{row},print,Words nobody said,KM,2026-11-24\n", encoding="utf-8")
    with pytest.raises(DataError) as e:
        publish(file)
    assert "do not stand in the turn" in e.value.found


def test_a_reflexive_approach_has_neither_agreement_nor_saturation_and_says_why(tmp_path):
    file = make(tmp_path / "reflexive", plan="  approach: reflexive\n")
    publish(file)
    assert {t.name for t in result(file).words} & {"agreement", "saturation"} == set()
    said = page(file)
    assert "The approach is reflexive" in said
    assert "RTARG" in said
    assert "not used: the approach is reflexive" in said
    with pytest.raises(RequestError):
        write_agreement(file)


def test_two_interviews_work_and_say_what_they_cannot_say(tmp_path):
    file = make(tmp_path / "two", n=2)
    publish(file)
    said = page(file)
    assert "2 interviewed, in 2 interviews" in said
    assert "The interviews are few" in said
    assert "saturation: 2 interviews are coded" in " ".join(c.detail + c.sentence for c in result(file).checks)
    assert table(file, "agreement").rows, "two people coded both"
    assert write_matrix(file).linked


def test_without_coding_or_a_named_coder_it_is_refused(tmp_path):
    file = make(tmp_path / "unnamed")
    file.write_text(PROTOCOL.replace("experience:\n  main_coder: KM\n", ""), encoding="utf-8")
    with pytest.raises(RequestError) as e:
        publish(file)
    assert "2 people coded" in e.value.found
    (file.parent / "data/interviews/coded_segments.csv").unlink()
    with pytest.raises(RequestError) as e:
        publish(file)
    assert "nothing is coded" in e.value.found


def test_outcomes_stay_private_unless_people_agreed(tmp_path):
    file = make(tmp_path / "private")
    publish(file, page=False)
    assert table(file, "beside_outcomes").head == ("Theme", "Spoke of it", "How they fit", "What it means")
    assert any("does not say that they agreed" in note for note in result(file).notes)
    assert "outcomes" not in {t.name for t in result(file).words}


def test_the_matrix_is_written_filled_and_read_without_losing_anything(study, tmp_path):
    copy = make(tmp_path / "matrix")
    sheet = write_matrix(copy)
    assert not sheet.linked
    before = (copy.parent / "data/interviews/analysis.csv").read_text(encoding="utf-8")
    book = load_workbook(sheet.path)
    book[ABOUT].cell(1, 2).value = "PL"
    page_ = book[MATRIX]
    names = [c.value for c in page_[2]]
    page_.cell(3, names.index("goals") + 1).value = "Her own words about the aim."
    book.save(sheet.path)
    got = read_matrix(copy, sheet.path, on=ON)
    after = (copy.parent / "data/interviews/analysis.csv").read_text(encoding="utf-8")
    changed = set(after.splitlines()) ^ set(before.splitlines())
    assert got.changed == 1
    assert any("Her own words about the aim.,PL,2026-11-24" in line for line in changed)
    assert len(changed) <= 2
    assert read_matrix(copy, sheet.path, on=ON).changed == 0, "reading twice changes nothing"
    assert write_matrix(copy).path != sheet.path, "a filled workbook is never written over"


def test_two_people_who_change_one_cell_are_told(tmp_path):
    file = make(tmp_path / "conflict")
    sheets = [write_matrix(file).path, write_matrix(file).path]
    for path, who in zip(sheets, ("KM", "PL"), strict=True):
        book = load_workbook(path)
        book[ABOUT].cell(1, 2).value = who
        names = [c.value for c in book[MATRIX][2]]
        book[MATRIX].cell(3, names.index("goals") + 1).value = f"as {who} reads it"
        book.save(path)
    read_matrix(file, sheets[0], on=ON)
    with pytest.raises(DataError) as e:
        read_matrix(file, sheets[1], on=ON)
    assert "1 cells were changed here and, differently, elsewhere" in e.value.found
    assert read_matrix(file, sheets[1], mine_wins=True, on=ON).changed == 1


def test_the_private_matrix_holds_outcomes_of_the_same_people(study):
    sheet = write_matrix(study)
    assert sheet.linked
    book = load_workbook(sheet.path)
    heads = [c.value for c in next(book["Beside outcomes"].iter_rows(max_row=1))]
    assert any("Change in Barthel" in str(h) for h in heads)
    first = [c.value for c in next(book["Beside outcomes"].iter_rows(min_row=3, max_row=3))]
    assert re.search(r"P\d\d [+-]\d+", " ".join(map(str, first)))


def test_a_person_interviewed_twice_counts_once(tmp_path):
    file = make(tmp_path / "twice")
    path = file.parent / "data/interviews/participants.csv"
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    first = rows[1].split(",")
    rows[2] = ",".join([rows[2].split(",")[0], *first[1:]])
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    publish(file, page=False)
    facts = result(file).facts
    assert facts["sample"] == f"{N - 1} interviewed, in {N} interviews"
    assert facts["repeat_interviews"] == "1 interviewed more than once"


def test_help_for_reading_and_the_list_of_disagreements(study):
    got = explore(study, word="bath*", code="listened")
    assert "Concordance" in load_workbook(got.path).sheetnames
    with pytest.raises(RequestError):
        explore(study, code="no such code")
    path, agreed = write_agreement(study)
    page_ = load_workbook(path)["Disagreements"]
    rows = list(page_.iter_rows(min_row=3, values_only=True))
    assert len(rows) == len(agreed.disagreements) > 0
    assert all(r[3] in ("KM", "PL") and r[3] != r[4] for r in rows)


def test_agreement_counts_only_what_both_finished(study, tmp_path):
    file = make(tmp_path / "unfinished")
    path = file.parent / "data/interviews/coders.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",yes", ",not_stated"), encoding="utf-8")
    with pytest.raises(AnalysisRefused):
        write_agreement(file)


def test_the_verbs_work_from_the_command_line(study):
    for verb in (["agree"], ["explore", "--word", "rail"], ["matrix"]):
        done = CliRunner().invoke(app, ["interviews", verb[0], str(study), *verb[1:]])
        assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["interviews", "matrix-read", str(study), str(Path(__file__))])
    assert done.exit_code == 1
