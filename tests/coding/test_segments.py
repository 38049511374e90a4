"""The two tables of interviews, the document that tools count in, and the codebook of interviews."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ot_eval.base.errors import DataError, RequestError
from ot_eval.coding import themes
from ot_eval.coding.align import Aligned
from ot_eval.coding.segments import (
    CODED_COLUMNS,
    TURN_COLUMNS,
    CodedSegment,
    Document,
    Turn,
    check_coded,
    check_turns,
    coded_from_csv,
    to_csv,
    turns_from_csv,
    turns_of,
)

SAID = (("interviewer", "And now?"), ("participant", "I can bath.\n😀 On my own, “yes”."), ("other", "He can."))
TURNS = (*turns_of("I01", SAID), *turns_of("I02", [("participant", "No, comma\tand tab")]))
CODED = (
    CodedSegment("I01", "I01-0002", 0, 11, "I can bath.", "goals", "KM", "0.1"),
    CodedSegment("I01", "I01-0002", 12, 23, "😀 On my own", "pace", "PL", "0.1"),
)


def test_tables_come_back_from_csv_as_they_were():
    assert turns_from_csv(to_csv(TURNS, TURN_COLUMNS), "turns.csv") == TURNS
    assert coded_from_csv(to_csv(CODED, CODED_COLUMNS), "coded.csv", TURNS, ["goals", "pace"]) == CODED


def test_every_wrong_row_of_turns_is_named_at_once():
    bad = [Turn("I 1", 1, "participant", "I 1-0001", "x"), Turn("I01", 2, "patient", "I01-0003", " ")]
    found = check_turns([*bad, Turn("I01", 4, "other", "I01-0004", "x"), bad[0]])
    for said in (
        "turn row 1: interview_id",
        "turn row 2: speaker_role",
        "turn row 2: segment_id",
        "turn row 2: text is empty",
        "interview I01: turn 2 is not followed by turn 3",
        "interview I 1: its rows do not stand together",
    ):
        assert any(f.startswith(said) for f in found), said
    assert check_turns(TURNS) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"segment_id": "I02-0001"}, "segment_id is no turn of interview I01"),
        ({"start": 1}, "are not those of text"),
        ({"end": 400}, "do not lie in the turn"),
        ({"start": 11}, "do not lie in the turn"),
        ({"code": "luck"}, "not in the codebook"),
        ({"coder": " "}, "no coder"),
    ],
)
def test_a_coded_segment_must_stand_on_its_words(change, said):
    from dataclasses import replace

    wrong = check_coded([replace(CODED[0], **change)], TURNS, ["goals"])
    assert len(wrong) == 1
    assert said in wrong[0]
    assert check_coded([CODED[0], CODED[0]], TURNS) == ["coded row 2: stands twice"]


def test_a_table_without_a_column_or_a_number_is_refused():
    with pytest.raises(DataError, match="column text is missing"):
        turns_from_csv("interview_id,turn,speaker_role,segment_id\n", "turns.csv")
    with pytest.raises(DataError, match="row 2: turn is not a whole number"):
        turns_from_csv(to_csv(TURNS, TURN_COLUMNS).replace("I01,1,", "I01,one,"), "turns.csv")


@given(
    st.lists(st.text(alphabet="ab 😀é\n.", min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=6),
    st.data(),
)
def test_the_document_and_the_turns_lead_to_each_other(texts, data):
    turns = turns_of("I01", [("participant", t) for t in texts])
    document = Document(turns)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(document.text))] * 2)))
    pieces = document.pieces(start, end)
    by_id = {t.segment_id: t.text for t in turns}
    for segment, a, b in pieces:
        words = by_id[segment][a:b]
        low, high = document.place(segment, a, b)
        assert document.text[low:high] == words
        assert start <= low < high <= end
        assert words == words.strip()
    covered = "".join(by_id[s][a:b] for s, a, b in pieces)
    labels = "Participant:" * len(texts)
    assert len("".join(document.text[start:end].split())) - len("".join(covered.split())) <= len(labels)


@given(st.lists(st.sampled_from(["rail", "😀", "was", "é"]), min_size=1, max_size=12), st.data())
def test_other_line_ends_and_blanks_do_not_matter(words, data):
    gaps = st.sampled_from([" ", "\n", "\r\n\r\n", "\u2029", "  "])
    ours, theirs = " ".join(words), "".join(w + data.draw(gaps) for w in words)
    k = data.draw(st.integers(0, len(words) - 1))
    start = sum(len(w) + 1 for w in words[:k])
    at = 0
    for w in words[: k + 1]:
        at = theirs.index(w, at) + len(w)
    assert Aligned(ours, theirs, "I01").span(at - len(words[k]), at) == (start, start + len(words[k]))


def test_other_words_are_refused_with_the_line():
    with pytest.raises(DataError, match="from line 2 on"):
        Aligned("One.\nTwo.\n", "One.\nToo.\n", "I01")
    with pytest.raises(DataError, match="from line 3 on"):
        Aligned("One.\nTwo.\n", "One.\nTwo.\nThree.", "I01")
    assert Aligned("One. Two", "One.\n\nTwo", "I01").span(4, 6) is None


BOOK = """name: x
version: "1"
status: proposal
topics: {topic_a: A}
codes:
  - code: one
    label: One thing
    definition: The first of the things.
    topics: [topic_a]
    codes:
      - code: two
        label: Two things
        definition: The second of the things.
"""


def book(tmp_path, text):
    (tmp_path / "book.yaml").write_text(text, encoding="utf-8")
    return themes.load(tmp_path / "book.yaml")


def test_the_shipped_codebook_asks_every_topic_of_the_guide():
    import csv
    from pathlib import Path

    ours = themes.load(themes.default_path())
    guide = Path(__file__).parents[2] / "surveys" / "interview_guide" / "survey.csv"
    with guide.open(encoding="utf-8-sig", newline="") as stream:
        asked = {r["name"] for r in csv.DictReader(stream) if r["name"].startswith("topic_")}
    assert set(ours.topics) == asked
    assert asked - {t for c in ours.all() for t in c.topics} == {"topic_other"}
    assert "proposal" in ours.status


def test_a_hierarchy_knows_its_paths(tmp_path):
    got = book(tmp_path, BOOK)
    assert got.names == ("one", "two")
    assert got.path("two") == ("One thing", "Two things")
    assert got.parents == {"one": "", "two": "one"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: two", "code: one", "given twice: one"),
        ("label: Two things", "label: one thing", "two codes are called: one thing"),
        ("topics: [topic_a]", "topics: [topic_b]", "no topic of the guide: topic_b"),
        ("    definition: The first of the things.\n", "", "line 6: 'definition' is missing"),
        ("        label: Two things", "        lable: Two things", "line 12: 'lable' is not a word"),
        ('version: "1"', "version: draft", "'version' has a value that is not allowed"),
        ("topics: {topic_a: A}", "topics: {topic_a: A", "line"),
    ],
)
def test_a_codebook_that_is_wrong_is_refused_with_its_line(tmp_path, old, new, said):
    assert old in BOOK
    with pytest.raises(RequestError) as caught:
        book(tmp_path, BOOK.replace(old, new))
    assert said in caught.value.found
