"""REFI-QDA in and out: the words decide how a tool counted; what is lost is said; hostile files are refused."""

import io
import re
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ot_eval.base.errors import DataError, InternalFault
from ot_eval.data import refi_write
from ot_eval.data.refi_model import QdaCase, QdaCode, QdaCoding, QdaMemo, QdaProject, QdaSource, check_project
from ot_eval.data.refi_offsets import Counting, counted, place, plain
from ot_eval.data.refi_read import read_codebook, read_project
from ot_eval.data.refi_write import COUNTING, codebook_file, project_file, validate

HERE = Path(__file__).parent
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = (
    "Interviewer: How are you? 😀\nParticipant: The rail was a godsend – truly.\n🛁 I can bath on my own now.\nWell.\n"
)
VALUES = (("Age band", "85+"), ("Calls", None), ("Dementia", False))
WORDS = ["rail", "😀", "don’t", "bath", "e\u0301tage", "—", "𝔘 x", "&amp;", "<b>"]
QUOTES = ("The rail was a godsend", "I can bath on my own now.", "Well.")


def coding(quote, code="c1", coder="KM", text=TEXT, source="s1"):
    start = text.index(quote)
    return QdaCoding(source=source, start=start, end=start + len(quote), quote=quote, code=code, coder=coder)


def project(**changes):
    base = {
        "name": "Reablement",
        "codes": (
            QdaCode(id="f1", name="Outcome", codable=False, colour="#1F77B4"),
            QdaCode(id="c1", name="Independence & more <now>", parent="f1", description="Without help"),
        ),
        "sources": (QdaSource(id="s1", name="I01", text=TEXT),),
        "codings": tuple(coding(q, coder=who) for q in QUOTES for who in ("KM", "PL")),
        "memos": (QdaMemo(id="m1", name="Memo", text="Rail is confidence.", author="KM", about="s1"),),
        "variables": (("Age band", "Text"), ("Calls", "Integer"), ("Dementia", "Boolean")),
        "cases": (QdaCase(id="p1", name="P01", sources=("s1",), values=VALUES),),
    }  # fmt: skip
    return QdaProject(**(base | changes))


def written(tmp_path, made, tool="standard"):
    path = tmp_path / f"{tool}.qdpx"
    path.write_bytes(project_file(made, tool=tool, at=AT).body)
    return path


def spans(read):
    return sorted((c.start, c.end, c.quote, c.coder) for c in read.codings)


def test_the_sample_is_read_to_the_letter():
    got = read_project(HERE / "synthetic_reablement.qdpx")
    assert [c.quote for c in got.codings] == [
        "I can get in the bath on my own now.",
        "I can get in the bath on my own now.",
        "on my own now. 😀 She listened.",
        "She listened.",
        "different girl every day",
        "They sent a different girl every day.",
    ]
    assert [c.coder for c in got.codings] == ["A", "B", "B", "A", "A", "B"]
    assert got.path(got.codings[0].code) == ("Outcome", "Independence")
    assert [c.codable for c in got.codes] == [False, True, False, True, True]
    assert dict(got.cases[0].values) == {"Age": 82, "Arm": "OT", "Barthel_change": 3.0}
    assert got.memos[0].text.startswith("Rail linked")
    assert got.memos[0].author == "A"
    assert {s.counting for s in got.sources} == {"code points"}
    assert got.lost == {}


@pytest.mark.parametrize("tool", COUNTING)
def test_what_is_written_for_a_tool_comes_back_on_the_same_words(tool, tmp_path):
    made = project()
    got = read_project(written(tmp_path, made, tool))
    assert spans(got) == spans(made)
    assert got.sources[0].text == TEXT
    assert str(COUNTING[tool]) in got.sources[0].counting
    assert [(c.name, c.codable, c.description, c.colour) for c in got.codes] == [
        (c.name, c.codable, c.description, c.colour) for c in made.codes
    ]
    assert got.path(got.codes[1].id) == ("Outcome", "Independence & more <now>")
    assert (got.cases[0].name, got.cases[0].values) == ("P01", made.cases[0].values)
    assert (got.memos[0].text, got.memos[0].author, got.memos[0].about) == (
        "Rail is confidence.",
        "KM",
        got.sources[0].id,
    )


def test_ids_stay_the_same_so_a_second_export_is_the_same_file(tmp_path):
    first = project_file(project(), at=AT).body
    assert first == project_file(project(), at=AT).body
    again = read_project(written(tmp_path, project()))
    assert spans(read_project(written(tmp_path, again))) == spans(project())


def member(raw, name="sources/", content=None, root=None):
    """Return a project file with its text's bytes, folder or root changed."""
    old = zipfile.ZipFile(io.BytesIO(project_file(project(), at=AT).body))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for n in old.namelist():
            body = old.read(n)
            if n.endswith(".txt"):
                n, body = n.replace("sources/", name), raw(body) if raw else body  # noqa: PLW2901
            elif content:
                body = content(body)
            if root and n == "project.qde":
                n = root  # noqa: PLW2901
            if body is not None:
                new.writestr(n, body)
    return out.getvalue()


def at(path, body):
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (lambda b: b"\xef\xbb\xbf" + b, "code points"),  # a mark that is not counted
        (lambda b: b.replace(b"\n", b"\r\n"), "code points"),  # line ends of two signs, counted as one
        (lambda b: b.decode().encode("utf-16"), "code points"),
    ],
)
def test_mark_line_ends_and_encoding_do_not_move_a_coding(raw, said, tmp_path):
    got = read_project(at(tmp_path / "x.qdpx", member(raw)))
    assert spans(got) == spans(project())
    assert got.sources[0].text == TEXT
    assert got.sources[0].counting == said


@pytest.mark.parametrize("utf16", [False, True])
@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("mark", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_every_way_of_counting_is_found_from_the_words(utf16, crlf, mark, named):
    way = Counting(utf16=utf16, crlf=crlf, mark=mark)
    text = "".join(f"Line {n} says {'😀' * (n % 3)} that the rail helped a lot.\n" for n in range(30))
    wanted = [(i, i + len("the rail helped")) for i in range(len(text)) if text.startswith("the rail helped", i)]
    offsets = counted(text, way)
    got = place(
        "\ufeff" + text.replace("\n", "\r\n"),
        [(int(offsets[a]), int(offsets[b])) for a, b in wanted],
        ["the rail helped" if named else ""] * len(wanted),
        file="x",
    )
    assert list(got.spans) == wanted
    assert got.counting == way
    assert got.rivals == ()


def test_codings_that_fit_no_words_are_refused_and_not_placed():
    text = "Alphabetical arrangements notwithstanding, everybody understood everything.\n" * 5
    shifted = [(text.index("arrangements") + 76 * k + 3, text.index("everybody") + 76 * k + 3) for k in range(5)]
    with pytest.raises(DataError, match="no way of counting puts its 5 codings on words"):
        place(text, shifted, [""] * 5, file="text 'I01'")


def test_quotes_in_the_file_outweigh_edges():
    text = "now and now and now"
    got = place(text, [(8, 11)], ["now"], file="x")
    assert got.spans == ((8, 11),)
    with pytest.raises(DataError):
        place(text + " and then he laughed", [(0, 3), (4, 7)], ["then he", "laughed"], file="x")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=6, max_size=30),
    tool=st.sampled_from(sorted(COUNTING)),
    data=st.data(),
)  # fmt: skip
def test_any_text_and_any_whole_words_survive_the_round_trip(words, tool, data, tmp_path):
    text = "\n".join(" ".join(words[k : k + 4]) for k in range(0, len(words), 4)) + "\n"
    edges = [0] + [k + 1 for k, c in enumerate(text) if c in " \n"]
    a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(edges) - 1)] * 2).filter(lambda p: p[0] != p[1])))
    quote = text[edges[a] : edges[b]].strip()
    start = edges[a]
    made = project(
        sources=(QdaSource(id="s1", name="I01", text=text),),
        codings=(QdaCoding(source="s1", start=start, end=start + len(quote), quote=quote, code="c1", coder="KM"),),
    )
    path = written(tmp_path, made, tool)
    got = read_project(path, {"I01": COUNTING[tool]})
    assert got.codings[0].quote == quote
    assert got.sources[0].text == text
    assert check_project(got) == []


def test_other_names_of_the_file_and_folder_are_read(tmp_path):
    got = read_project(at(tmp_path / "x.qdpx", member(None, name="Sources/", root="My Study.qde")))
    assert spans(got) == spans(project())
    assert got.lost == {"name of the project's file other than project.qde (read all the same)": 1}


def test_braces_and_lower_case_ids_are_the_same_ids(tmp_path):
    def braced(body):
        return re.sub(rb'targetGUID="([^"]+)"', lambda m: b'targetGUID="{' + m[1].lower() + b'}"', body)

    assert spans(read_project(at(tmp_path / "x.qdpx", member(None, content=braced)))) == spans(project())


def test_an_unknown_code_and_all_else_that_is_left_out_is_counted(tmp_path):
    picture = b'<PictureSource guid="00000000-0000-0000-0000-000000000001" name="x"/></Sources>'
    extra = picture + b'<Sets><Set guid="00000000-0000-0000-0000-000000000002" name="s"/></Sets>'

    def changed(body):
        body = body.replace(b"</Sources>", extra)
        gone = b'<CodeRef targetGUID="00000000-0000-0000-0000-00000000000F"'
        return re.sub(rb'<CodeRef targetGUID="[^"]+"', gone, body, count=1)

    body = member(None, content=lambda b: changed(b.replace(b"</Sources>\n  <Notes>", b"</Sources>\n  <Notes>")))
    # Notes stand before Sets in the schema; the reader does not mind the order.
    got = read_project(at(tmp_path / "x.qdpx", body))
    assert got.lost == {"codings whose code is not in the codebook": 1, "pictures, with their codings": 1, "sets": 1}
    assert len(got.codings) == len(project().codings) - 1


def test_a_text_that_the_tool_lost_is_refused_although_the_schema_is_content(tmp_path):
    with pytest.raises(DataError) as caught:
        read_project(at(tmp_path / "x.qdpx", member(lambda _: b"\xef\xbb\xbf\n")))
    assert "is empty: the program that wrote the file lost it" in str(caught.value)
    with pytest.raises(DataError, match="is not in the project file"):
        read_project(at(tmp_path / "x.qdpx", member(None, name="texts/")))


def test_case_and_text_may_both_hold_attributes_and_a_contradiction_is_refused(tmp_path):
    guid = refi_write._guid("Age band", "variable").encode()
    value = (
        b'<VariableValue><VariableRef targetGUID="'
        + guid
        + b'"/><TextValue>%s</TextValue></VariableValue></TextSource>'
    )
    for text, fine in ((b"85+", True), (b"65-74", False)):
        body = member(None, content=lambda b, t=text: b.replace(b"</TextSource>", value % t))
        path = at(tmp_path / "x.qdpx", body)
        if fine:
            assert dict(read_project(path).cases[0].values)["Age band"] == "85+"
        else:
            with pytest.raises(DataError, match="a case and its text differ in the attribute 'Age band'"):
                read_project(path)


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><Project>&c;</Project>'


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("entities", lambda z: z.writestr("project.qde", BOMB), "document type or entities"),
        ("not XML", lambda z: z.writestr("project.qde", b"<Project"), "not XML"),
        ("another element", lambda z: z.writestr("project.qde", b"<Other/>"), "no REFI-QDA project"),
        ("two roots", lambda z: [z.writestr(n, b"<P/>") for n in ("a.qde", "b.qde")], "2 .qde files"),
        ("slip", lambda z: z.writestr("../evil.txt", b"x"), "leads out"),
        ("absolute", lambda z: z.writestr("/evil.txt", b"x"), "leads out"),
        ("bomb", lambda z: z.writestr("sources/x.txt", b"0" * 30_000_000), "200 times its size"),
        ("deep", lambda z: z.writestr("project.qde", b"<a>" * 300 + b"</a>" * 300), "nested deeper"),
    ],
)
def test_a_hostile_file_is_refused_in_three_lines(name, change, said, tmp_path):
    path = tmp_path / "x.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        change(archive)
    with pytest.raises(DataError) as caught:
        read_project(path)
    assert said in caught.value.found
    assert len(str(caught.value).splitlines()) == 3


def test_a_link_and_a_file_that_is_no_archive_are_refused(tmp_path):
    info = zipfile.ZipInfo("project.qde")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.qdpx", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="a member is a link"):
        read_project(tmp_path / "x.qdpx")
    (tmp_path / "y.qdpx").write_text("no archive")
    with pytest.raises(DataError, match="not a REFI-QDA project"):
        read_project(tmp_path / "y.qdpx")


def test_a_codebook_goes_out_and_in_and_an_invalid_one_is_read_for_what_it_holds(tmp_path):
    made = codebook_file(project())
    assert made.lost == {"texts": 1, "codings": 6, "memos": 1}
    got = read_codebook(at(tmp_path / "x.qdc", made.body))
    assert [(c.name, c.description) for c in got.codes] == [
        ("Outcome", ""),
        ("Independence & more <now>", "Without help"),
    ]
    assert got.codes[1].parent == got.codes[0].id
    taguette = HERE / "taguette_codebook.qdc"
    assert [c.name for c in read_codebook(taguette).codes] == [
        "outcome.independence",
        "process.listening",
        "process.continuity",
    ]
    with pytest.raises(InternalFault, match="breaks Codebook"):
        validate(taguette.read_bytes(), "Codebook")  # its empty <Sets/> is invalid: the check can fail


def test_a_project_whose_words_moved_is_never_written():
    moved = QdaCoding(source="s1", start=0, end=5, quote="Other", code="c1", coder="KM")
    with pytest.raises(DataError, match="1 codings whose words are not where they say"):
        project_file(project(codings=(moved,)), at=AT)
    circle = (QdaCode(id="a", name="A", parent="b"), QdaCode(id="b", name="B", parent="a"))
    assert "2 codes that are above themselves" in check_project(project(codes=circle, codings=()))


def test_plain_takes_every_line_end():
    assert plain("\ufeffa\r\nb\rc\n") == "a\nb\nc\n"
