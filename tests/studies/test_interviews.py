"""Interviews from recordings to coded segments: the whole way, by the command line, with every refusal on it."""

import csv
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ot_eval.base.errors import DataError, RequestError
from ot_eval.cli import app
from ot_eval.coding.deidentify_sheet import FLAGS, HEADINGS
from ot_eval.coding.interview_sheets import HEADINGS as CODE_HEADINGS
from ot_eval.coding.interview_sheets import TURNS as CODE_PAGE
from ot_eval.data.refi_read import read_project
from ot_eval.studies import interviews_coding, interviews_desk
from ot_eval.studies.interviews_coding import NO, NOT_STATED, YES, open_desk
from ot_eval.studies.new_study import make_study

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
TALKS = {
    "I01.txt": "Interviewer: How was it, Joyce?\n"
    "Joyce Hughes: Siân the OT listened to me. 😀 I can bath on my own now.\n"
    "Interviewer: And the rail?\nJoyce Hughes: I use the rail. My number is 07700 900123.\n",
    "I02.vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Interviewer>How was it?</v>\n\n"
    "00:00:02.000 --> 00:00:09.000\n"
    "<v P02>A different girl every day. I didn’t know who was coming.</v>\n",
}
NAMES = ("Joyce", "Hughes", "Siân", "07700")


@pytest.fixture
def place(tmp_path):
    """Return (protocol, confidential folder): a new study, and two transcripts beside it."""
    plan = make_study(tmp_path / "study") / "protocol.yaml"
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name, body in TALKS.items():
        (folder / name).write_text(body, encoding="utf-8")
    return plan, folder


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def put(path, rows, columns=None):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def fill_in(folder):
    people = table(folder / "interviews.csv")
    put(
        folder / "interviews.csv",
        [r | {"person_id": f"P{n}", "consent_quotes": "yes"} for n, r in enumerate(people, 1)],
    )
    speakers = table(folder / "speakers.csv")
    put(folder / "speakers.csv", [r | {"role": r["role"] or "participant"} for r in speakers])
    roster = [
        {"interview_id": "I01", "name": "Joyce Hughes", "replacement": "P01"},
        {"interview_id": "*", "name": "Siân", "replacement": "OT 1"},
    ]
    put(folder / "roster.csv", roster)


def review(folder):
    for path in (folder / "review").glob("*.xlsx"):
        workbook = load_workbook(path)
        page = workbook[FLAGS]
        for n in range(2, page.max_row + 1):
            page.cell(n, HEADINGS.index("decision") + 1).value = "replace"
        workbook["About"].cell(3, 2).value = "KM"
        workbook.save(path)


@pytest.fixture
def ready(place):
    """Return the protocol of a study whose interviews are in it, without names."""
    plan, folder = place
    interviews_desk.read(plan, folder)
    fill_in(folder)
    interviews_desk.make_sheets(plan, folder)
    review(folder)
    interviews_desk.apply(plan, folder)
    return plan


def words_of_study(plan):
    return [t.text for t in open_desk(plan).turns]


def test_the_whole_way_by_the_command_line(place):
    plan, folder = place
    run = CliRunner().invoke

    def ran(*words):
        done = run(app, ["interviews", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    assert "Now fill in interviews.csv, speakers.csv, roster.csv" in ran("read", plan, folder)
    fill_in(folder)
    assert "All is filled in" in ran("read", plan, folder)
    ran("deidentify", "sheet", plan, folder)
    refused = run(app, ["interviews", "deidentify", "apply", str(plan), str(folder)])
    assert refused.exit_code == 1
    assert "'reviewed by' is empty" in refused.output
    review(folder)
    ran("deidentify", "apply", plan, folder)
    assert words_of_study(plan) == [
        "How was it, [P01]?",
        "[OT 1] the OT listened to me. 😀 I can bath on my own now.",
        "And the rail?",
        "I use the rail. My number is [phone number].",
        "How was it?",
        "A different girl every day. I didn’t know who was coming.",
    ]
    sheet = ran("code", "sheet", plan, "--coder", "KM")
    assert "codes-km.xlsx" in sheet.replace("\n", "")
    assert "Wrote" in ran("export", plan, "--out", plan.parent / "x.qdpx", "--for", "nvivo")
    assert (
        "UTF-16"
        in run(app, ["interviews", "export", str(plan), "--out", str(plan.parent / "y.qdpx"), "--for", "nvivo"]).output
    )


def test_no_name_reaches_the_study_and_the_key_stays_outside(ready, place):
    plan, folder = place
    inside = [p for p in plan.parent.rglob("*") if p.is_file() and p.suffix not in (".ipynb", ".yaml")]
    texts = {p: p.read_bytes() for p in inside}
    assert [(p.name, n) for p, body in texts.items() for n in NAMES if n.encode() in body] == []
    key = folder / "key" / "key.csv"
    assert {r["words"]: r["replacement"] for r in table(key)}["07700 900123"] == "[phone number]"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert table(plan.parent / "data" / "interviews" / "participants.csv")[0] == {
        "interview_id": "I01",
        "person_id": "P1",
        "consent_quotes": "yes",
    }
    log = table(plan.parent / "data" / "interviews" / "deidentification.csv")
    assert {"interview_id": "I01", "reviewed_by": "KM", "kind": "phone number", "replaced": "1"} in log


def test_a_folder_inside_the_study_is_refused(place):
    plan, folder = place
    for inside in (plan.parent / "data" / "recordings", plan.parent / "talks", plan.parent):
        inside.mkdir(exist_ok=True)
        with pytest.raises(RequestError, match="lies in the study's folder"):
            interviews_desk.read(plan, inside)
    link = folder.parent / "link"
    link.symlink_to(plan.parent / "talks")
    with pytest.raises(RequestError, match="lies in the study's folder"):
        interviews_desk.read(plan, link)


def test_what_is_not_filled_in_is_said_at_once_and_without_a_name(place):
    plan, folder = place
    interviews_desk.read(plan, folder)
    (folder / "I03.txt").write_text("Interviewer: Hm?\nP03: Hm.\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        interviews_desk.read(plan, folder)
    for said in (
        "I03.txt has no row",
        "person_id is empty",
        "neither yes nor no",
        "2 speakers of the transcripts",
        "role is none of",
    ):
        assert said in caught.value.found
    assert not any(name in str(caught.value) for name in NAMES)


def test_bad_transcripts_are_all_named(place):
    plan, folder = place
    (folder / "a.docx").write_text("no archive")
    (folder / "b.txt").write_text("no speakers")
    with pytest.raises(DataError) as caught:
        interviews_desk.read(plan, folder)
    assert caught.value.found.count("\n") == 1


def test_a_filled_review_is_never_written_over(ready, place):
    plan, folder = place
    with pytest.raises(RequestError, match="has a review sheet already"):
        interviews_desk.make_sheets(plan, folder)
    (folder / "I01.txt").write_text(TALKS["I01.txt"].replace("rail", "hoist"), encoding="utf-8")
    with pytest.raises(DataError, match="the transcript has changed"):
        interviews_desk.apply(plan, folder)


def filled(plan, coder, codes, finished="all"):
    """Fill a sheet: codes by segment, each (label, words)."""
    path = interviews_coding.make_sheet(plan, coder=coder)
    workbook = load_workbook(path)
    page = workbook[CODE_PAGE]
    for n in range(2, page.max_row + 1):
        for k, (label, words) in enumerate(codes.get(page.cell(n, 1).value, ()), start=1):
            page.cell(n, CODE_HEADINGS.index(f"code {k}") + 1).value = label
            page.cell(n, CODE_HEADINGS.index(f"words {k}") + 1).value = words or None
    workbook["About"].cell(5, 2).value = finished
    workbook.save(path)
    return path


KM = {
    "I01-0002": [("Being listened to", "[OT 1] the OT listened to me."), ("doing_again", "I can bath on my own now.")],
    "I01-0004": [("Equipment in use", "")],
    "I02-0002": [("Who came, and when", "I didn't know who was coming.")],  # a straight apostrophe, as Excel types it
}


def test_sheets_come_back_as_coded_segments_of_the_words(ready):
    got = interviews_coding.read_sheets(ready, [filled(ready, "KM", KM), filled(ready, "PL", {}, "I01")])
    assert (got.kept, got.added) == (4, 4)
    desk = open_desk(ready)
    assert [(c.segment_id, c.code, c.text, c.coder) for c in desk.coded] == [
        ("I01-0002", "listened", "[OT 1] the OT listened to me.", "KM"),
        ("I01-0002", "doing_again", "I can bath on my own now.", "KM"),
        ("I01-0004", "equipment_used", "I use the rail. My number is [phone number].", "KM"),
        ("I02-0002", "continuity", "I didn’t know who was coming.", "KM"),
    ]
    assert [(r.interview_id, r.coder, r.finished) for r in desk.coders] == [
        ("I01", "KM", YES),
        ("I01", "PL", YES),  # finished, and none of the codes
        ("I02", "KM", YES),
    ]


def test_a_second_coding_by_the_same_coder_needs_to_be_meant(ready):
    interviews_coding.read_sheets(ready, [filled(ready, "KM", KM)])
    path = filled(ready, "KM", {"I01-0002": [("goals", "")]}, finished="")
    with pytest.raises(DataError, match="coded by the same coder already"):
        interviews_coding.read_sheets(ready, [path])
    got = interviews_coding.read_sheets(ready, [path], replace_old=True)
    assert {(c.interview_id, c.code) for c in open_desk(ready).coded} == {("I01", "goals"), ("I02", "continuity")}
    assert [r.finished for r in got.coders] == [NO]


def test_every_row_that_cannot_stand_is_named_and_nothing_is_kept(ready):
    bad = {
        "I01-0001": [("listened", "")],
        "I01-0002": [("kindness", ""), ("goals", "words that are not there"), ("", "I can bath"), ("pace", "o")],
    }
    path = filled(ready, "KM", bad, finished="I01, I99")
    with pytest.raises(DataError) as caught:
        interviews_coding.read_sheets(ready, [path])
    for said in (
        "row 2: a turn of the interviewer has a code",
        "row 3: code 1 is not a code of the codebook",
        "row 3: words 2: these words stand 0 times in the turn",
        "row 3: words 3 has words and code 3 no code",
        "names 1 interviews that are not on the sheet",
    ):
        assert said in caught.value.found
    assert "words 4: these words stand" in caught.value.found
    assert open_desk(ready).coded == ()


def test_a_shifted_row_is_seen(ready):
    path = filled(ready, "KM", KM)
    workbook = load_workbook(path)
    page = workbook[CODE_PAGE]
    page.cell(3, 1).value, page.cell(5, 1).value = page.cell(5, 1).value, page.cell(3, 1).value
    workbook.save(path)
    with pytest.raises(DataError, match="row 3: its id, words or hidden mark were moved"):
        interviews_coding.read_sheets(ready, [path])


@pytest.mark.parametrize("tool", ["standard", "nvivo", "maxqda"])
def test_a_project_goes_out_to_a_tool_and_its_codings_come_back_on_the_same_words(ready, tool, tmp_path):
    interviews_coding.read_sheets(ready, [filled(ready, "KM", KM)])
    before = open_desk(ready).coded
    path = tmp_path / "x.qdpx"
    interviews_coding.export(ready, path, tool=tool, at=AT)
    assert not any(n.encode() in s.text.encode() for s in read_project(path).sources for n in NAMES)
    got = interviews_coding.import_project(ready, path, replace_old=True)
    assert open_desk(ready).coded == before
    assert got.added == 0
    assert set(got.countings) == {"I01", "I02"}
    assert {r.finished for r in open_desk(ready).coders} == {NOT_STATED}


def taguette(path, documents, highlights, tags, log=True):
    """Write a project as Taguette lays it out; offsets are UTF-8 bytes of the text without tags."""
    with sqlite3.connect(path) as db:
        db.executescript(
            "CREATE TABLE projects(id, name, description); CREATE TABLE documents(id, name, contents, project_id);"
            "CREATE TABLE tags(id, project_id, path, description); CREATE TABLE highlight_tags(highlight_id, tag_id);"
            "CREATE TABLE highlights(id, document_id, start_offset, end_offset, snippet);"
            "CREATE TABLE commands(id, user_login, document_id, payload);"
        )
        db.execute("INSERT INTO projects VALUES (1, 'Study', '')")
        for i, (name, text) in enumerate(documents.items(), 1):
            html = "".join(f"<p>{line.replace('&', '&amp;')}</p>" for line in text.splitlines())
            db.execute("INSERT INTO documents VALUES (?, ?, ?, 1)", (i, name, html))
        for i, tag in enumerate(tags, 1):
            db.execute("INSERT INTO tags VALUES (?, 1, ?, '')", (i, tag))
        names = list(documents)
        for i, (name, quote, tag) in enumerate(highlights, 1):
            bare = "".join(documents[name].splitlines()).encode()
            start = bare.index(quote.replace("\n", "").encode())
            end = start + len(quote.replace("\n", "").encode())
            db.execute("INSERT INTO highlights VALUES (?, ?, ?, ?, ?)", (i, names.index(name) + 1, start, end, quote))
            db.execute("INSERT INTO highlight_tags VALUES (?, ?)", (i, tags.index(tag) + 1))
            if log:
                said = f'{{"type": "highlight_add", "id": {i}}}'
                db.execute("INSERT INTO commands VALUES (?, 'km', 1, ?)", (i, said))
    return path


def documents(plan):
    return {i: d.text for i, d in open_desk(plan).documents.items()}


def test_taguette_counts_bytes_and_its_codings_land_on_their_words(ready, tmp_path):
    tags = ["listened", "doing_again", "equipment_used"]
    quotes = [
        ("I01", "[OT 1] the OT listened to me. 😀", "listened"),
        ("I01", "on my own now.\nInterviewer: And the rail?\nParticipant: I use the rail.", "equipment_used"),
        ("I02", "I didn’t know who was coming.", "doing_again"),
    ]
    path = taguette(tmp_path / "x.sqlite3", documents(ready), quotes, tags)
    got = interviews_coding.import_project(ready, path)
    assert [(c.segment_id, c.text, c.code, c.coder) for c in open_desk(ready).coded] == [
        ("I01-0002", "[OT 1] the OT listened to me. 😀", "listened", "km"),
        ("I01-0002", "on my own now.", "equipment_used", "km"),
        ("I01-0004", "I use the rail.", "equipment_used", "km"),
        ("I02-0002", "I didn’t know who was coming.", "doing_again", "km"),
    ]
    assert got.lost == {"parts of codings that are the interviewer's words": 1}


def test_taguette_dots_are_levels_and_a_coder_nobody_named_is_counted(ready, tmp_path):
    from ot_eval.data.taguette import read_taguette

    path = taguette(tmp_path / "x.sqlite3", {"I02": "P: Yes.\n"}, [("I02", "Yes.", "a.b.c")], ["a.b.c", "a"], log=False)
    got = read_taguette(path)
    assert {c.name: (got.path(c.id), c.codable) for c in got.codes} == {
        "b": (("a", "b"), False),
        "c": (("a", "b", "c"), True),
        "a": (("a",), True),
    }
    assert got.lost == {"codings whose coder the file does not name": 1}


def qualcoder(path, texts, codings):
    """Write a project as QualCoder lays it out (version 17 of its database); offsets count code points."""
    path.mkdir()
    with sqlite3.connect(path / "data.qda") as db:
        db.executescript(
            "CREATE TABLE project(databaseversion, date, memo, about, codername);"
            "CREATE TABLE source(id, name, fulltext, mediapath, memo, owner, date);"
            "CREATE TABLE code_name(cid, name, memo, catid, owner, date, color, supercid);"
            "CREATE TABLE code_cat(catid, name, owner, date, memo, supercatid);"
            "CREATE TABLE code_text(ctid, cid, fid, seltext, pos0, pos1, owner, date, memo);"
            "CREATE TABLE code_image(imid, id); INSERT INTO code_image VALUES (1, 9);"
            "CREATE TABLE cases(caseid, name); CREATE TABLE case_text(caseid, fid, pos0, pos1);"
            "CREATE TABLE attribute_type(name, caseOrFile, valuetype);"
            "CREATE TABLE attribute(name, attr_type, value, id);"
            "INSERT INTO cases VALUES (1, 'P01'); INSERT INTO case_text VALUES (1, 1, 0, 5);"
            "INSERT INTO attribute_type VALUES ('age', 'case', 'numeric');"
            "INSERT INTO attribute VALUES ('age', 'case', '82', 1);"
            "INSERT INTO code_cat VALUES (1, 'Help', 'km', '', '', NULL);"
        )
        for i, (name, text) in enumerate(texts.items(), 1):
            db.execute("INSERT INTO source VALUES (?, ?, ?, NULL, '', 'km', '')", (i, name, text))
        names = sorted({code for _, _, code in codings})
        for i, name in enumerate(names, 1):
            db.execute("INSERT INTO code_name VALUES (?, ?, 'what', 1, 'km', '', '#112233', NULL)", (i, name))
        for i, (name, quote, code) in enumerate(codings, 1):
            start = texts[name].index(quote)
            row = (i, names.index(code) + 1, list(texts).index(name) + 1, quote, start, start + len(quote))
            db.execute("INSERT INTO code_text VALUES (?, ?, ?, ?, ?, ?, 'KM', '2026-11-24 10:00:00', '')", row)
    return path


def test_qualcoder_comes_in_with_its_categories_cases_and_what_is_left_out(ready, tmp_path):
    from ot_eval.data.qualcoder import read_qualcoder

    texts = {f"{i}.txt": text for i, text in documents(ready).items()}
    quotes = [("I01.txt", "😀 I can bath", "doing_again"), ("I02.txt", "every day.", "Who came, and when")]
    path = qualcoder(tmp_path / "Study.qda", texts, quotes)
    project = read_qualcoder(path)
    assert {c.name: project.path(c.id) for c in project.codes}["doing_again"] == ("Help", "doing_again")
    assert (project.cases[0].name, project.cases[0].values) == ("P01", (("age", 82.0),))
    got = interviews_coding.import_project(ready, path)
    assert [(c.text, c.code, c.coder) for c in open_desk(ready).coded] == [
        ("😀 I can bath", "doing_again", "KM"),
        ("every day.", "continuity", "KM"),
    ]
    assert got.lost == {"codings of pictures and PDF pages": 1}
    assert got.coders[0].source == "QualCoder"


def test_a_project_of_other_texts_or_codes_is_refused_with_all_that_is_wrong(ready, tmp_path):
    texts = {"I01": documents(ready)["I01"].replace("rail", "hoist"), "Someone": "P: No.\n"}
    path = qualcoder(tmp_path / "x.qda", texts, [("I01", "listened", "Kindness"), ("Someone", "No.", "Luck")])
    with pytest.raises(DataError) as caught:
        interviews_coding.import_project(ready, path)
    for said in (
        "1 of 2 texts are not named after",
        "the codebook lacks: Kindness, Luck",
        "its words differ from ours, from line 3",
    ):
        assert said in caught.value.found


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("x.sqlite3", b"no database", "no SQLite database"),
        ("x.sqlite3", b"SQLite format 3\0" + b"\0" * 200, "damaged or in use|lacks the table"),
        ("x.pdf", b"", "this kind of file is not read"),
    ],
)
def test_a_file_that_is_no_project_is_refused(ready, tmp_path, name, body, said):
    (tmp_path / name).write_bytes(body)
    with pytest.raises((DataError, RequestError), match=said):
        interviews_coding.import_project(ready, tmp_path / name)


def test_a_database_is_opened_to_read_only(ready, tmp_path):
    path = taguette(tmp_path / "x.sqlite3", documents(ready), [("I02", "every day", "pace")], ["pace"])
    before = path.read_bytes()
    interviews_coding.import_project(ready, path)
    assert path.read_bytes() == before


def test_new_words_under_old_codings_are_refused(ready, place):
    plan, folder = place
    interviews_coding.read_sheets(ready, [filled(ready, "KM", KM)])
    interviews_desk.apply(plan, folder)  # the same words again: fine
    (folder / "I01.txt").write_text(TALKS["I01.txt"].replace("Siân the OT", "Well, Siân the OT"), encoding="utf-8")
    for sheet in (folder / "review").glob("*"):
        sheet.unlink()
    interviews_desk.make_sheets(plan, folder)
    review(folder)
    with pytest.raises(DataError, match="codings would no longer stand"):
        interviews_desk.apply(plan, folder)


def test_a_tools_codes_become_a_codebook_to_finish(ready, tmp_path):
    from ot_eval.coding.themes import load
    from ot_eval.studies.interviews_codebook import TO_WRITE, write_codebook

    path = tmp_path / "x.qdc"
    interviews_coding.export(ready, path, at=AT)
    project = interviews_coding.read_tool(path)
    assert write_codebook(project, tmp_path / "book.yaml") == 0
    book, ours = load(tmp_path / "book.yaml"), open_desk(ready).book
    assert [(c.label, c.codable) for c in book.all()] == [(c.label, c.codable) for c in ours.all()]
    tags = Path(__file__).parents[1] / "data" / "taguette_codebook.qdc"
    assert write_codebook(interviews_coding.read_tool(tags), tmp_path / "tags.yaml") == 3
    assert {c.definition for c in load(tmp_path / "tags.yaml").all()} == {TO_WRITE}
    with pytest.raises(RequestError, match="exists"):
        write_codebook(project, tmp_path / "book.yaml")


def test_a_study_has_its_own_codebook_and_a_sheet_of_another_version_is_refused(ready):
    path = filled(ready, "KM", KM)
    own = ready.parent / "data" / "interviews" / "codebook_experience.yaml"
    text = (Path(__file__).parents[2] / "protocols" / "codebook_experience.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace('version: "0.1"', 'version: "0.2"'), encoding="utf-8")
    with pytest.raises(DataError, match="another codebook or version"):
        interviews_coding.read_sheets(ready, [path])


def test_a_table_that_was_edited_wrongly_is_refused(ready):
    interviews_coding.read_sheets(ready, [filled(ready, "KM", KM)])
    path = ready.parent / "data" / "interviews" / "coded_segments.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",28,57,", ",27,56,"), encoding="utf-8")
    with pytest.raises(DataError, match="the words at start to end are not those of text"):
        open_desk(ready)


def test_recall_is_measured_on_documents_that_somebody_marked(place):
    plan, folder = place
    marked = folder.parent / "marked"
    marked.mkdir()
    (marked / "one.txt").write_text(
        "I'm ⟦name|Joyce⟧ on ⟦phone|07700 900123⟧, and so ⟦name|hope⟧ did it", encoding="utf-8"
    )
    (one,) = interviews_desk.recall(plan, marked)
    assert (one.by_kind["name"], one.by_kind["phone"]) == ((1, 2), (1, 1))
    done = CliRunner().invoke(app, ["interviews", "deidentify", "recall", str(plan), str(marked)])
    assert "1 of 2" in done.output
    with pytest.raises(RequestError, match="no document has a mark"):
        interviews_desk.recall(plan, folder)
