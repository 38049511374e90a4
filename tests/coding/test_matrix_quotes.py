"""Quotes must stand; the framework matrix comes back without losing anybody's edits."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ot_eval.base.errors import DataError
from ot_eval.coding.deidentify import Detector
from ot_eval.coding.framework_matrix import (
    ASKED,
    JOINT,
    MATRIX,
    QUOTES,
    Material,
    Written,
    from_csv,
    pages,
    quote_row,
    to_csv,
    unprintable,
)
from ot_eval.coding.matrix_sheet import ABOUT, Filled, mark, merged, read, workbook
from ot_eval.coding.quotes import Quote, faults, largest_share, left_out
from ot_eval.coding.segments import CodedSegment, turns_of
from ot_eval.coding.theme_counts import Participant, facets, states, together
from ot_eval.coding.themes import default_path, load

BOOK = load(default_path())
TURNS = turns_of("I01", [("interviewer", "Well?"), ("participant", "She listened. I can bath, and that’s me happy.")])
MORE = turns_of("I02", [("participant", "Nobody listened.")])


def coded(turn, code, start=0, end=None):
    end = len(turn.text) if end is None else end
    return CodedSegment(turn.interview_id, turn.segment_id, start, end, turn.text[start:end], code, "KM", BOOK.version)


CODED = (coded(TURNS[1], "listened", 0, 13), coded(TURNS[1], "doing_again"), coded(MORE[0], "listened"))
PEOPLE = (Participant("P01", ("I01",), True), Participant("P02", ("I02",), False))


def material(asked=None):
    found = states(PEOPLE, CODED, BOOK, asked or {})
    outcomes = {"Change": {"P01": "+12"}}
    return Material(participants=PEOPLE, book=BOOK, coded=CODED, states=found, outcomes=outcomes)


def test_states_keep_silence_and_not_asked_apart():
    asked = {("I01", "topic_end"): "yes", ("I01", "topic_people"): "no", ("I01", "topic_self"): "no"}
    got = states(PEOPLE, CODED, BOOK, asked)
    assert got["P01", "listened"] == "mentioned"
    assert got["P01", "ending"] == "asked, not mentioned"
    assert got["P01", "not_regained"] == "not asked"
    assert got["P01", "goals"] == "not known whether asked"
    assert got["P02", "family"] == "not asked", "a code that no topic asks for is asked of nobody"


def test_counts_are_of_people_and_codes_on_one_turn():
    assert together(PEOPLE, (*CODED, *CODED)) == {("doing_again", "listened"): 1}
    assert facets(PEOPLE, CODED, BOOK) == {"experience": 2}


@pytest.mark.parametrize(
    ("words", "gaps"),
    [
        ("She listened.", 0),
        ("She listened … me happy", 1),
        ("She [...] bath ... happy.", 2),
        ("that's me", 0),
        ("me happy … She listened", None),
        ("She listens", None),
        ("She listened [to me]", None),
        ("…", None),
    ],
)
def test_words_stand_as_printed(words, gaps):
    assert left_out(words, TURNS[1].text) == gaps


@given(st.data())
def test_any_stretch_of_a_turn_stands_and_a_changed_word_does_not(data):
    text = TURNS[1].text
    start = data.draw(st.integers(0, len(text) - 2))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))]
    if piece.strip():
        assert left_out(piece, text) == 0
        assert left_out(piece + "zq", text) is None


def quote(words, **more):
    return Quote(interview_id="I01", segment_id="I01-0002", code="listened", words=words, stand="for", **more)


def test_a_quote_that_may_not_be_printed_says_why_and_never_its_words():
    text = "My name's Joyce. Ring 07700 900123. The lollipop lady of Bulwell came."
    detector = Detector()
    got = faults(quote("Ring 07700 900123."), text, consent=False, detector=detector)
    assert any("did not agree" in f for f in got)
    assert any("phone number" in f for f in got)
    perhaps = faults(quote("The lollipop lady of Bulwell came."), text, consent=True, detector=detector)
    assert any("sign under" in f for f in perhaps)
    assert (
        faults(quote("The lollipop lady of Bulwell came.", checked_by="KM"), text, consent=True, detector=detector)
        == []
    )
    signed = faults(quote("My name's Joyce.", checked_by="KM"), text, consent=True, detector=detector)
    assert signed, "what surely identifies is never printed, whoever signed"
    assert not any("Joyce" in f or "07700" in f or "Bulwell" in f for f in (*got, *perhaps, *signed))


def test_one_voice_heard_much_is_seen():
    assert largest_share([quote("a")] * 3 + [Quote(**{**_fields(quote("b")), "interview_id": "I02"})]) == 0.75
    assert largest_share([]) == 0


def _fields(q):
    return {name: getattr(q, name) for name in q.__dataclass_fields__}


def test_chosen_quotes_are_checked_against_the_turn_and_the_consent():
    row = quote_row(CODED[2])
    written = {(QUOTES, row, "stand"): Written("for", "KM", "2026-11-24")}
    wrong = unprintable(CODED, written, (*TURNS, *MORE), PEOPLE)
    assert wrong == [f"page {QUOTES}, passage I02-0001: the person did not agree to be quoted"]
    mine = quote_row(CODED[0])
    written = {
        (QUOTES, mine, "stand"): Written("for", "", ""),
        (QUOTES, mine, "print"): Written("She heard me", "", ""),
    }
    assert "do not stand" in unprintable(CODED, written, (*TURNS, *MORE), PEOPLE)[0]


def test_analysts_words_for_print_may_name_nobody():
    def wrong(words):
        written = {(JOINT, "listened", "words"): Written(words, "KM", "")}
        return unprintable(CODED, written, (*TURNS, *MORE), PEOPLE)

    assert wrong("Those who were heard also scored higher.") == []
    for words in ("As Mrs Hughes said, it helped.", "Her daughter Siobhan agrees.", "Ring 07700 900123."):
        found = wrong(words)
        assert len(found) == 1
        assert "say it otherwise" in found[0]
        assert not any(w in found[0] for w in ("Hughes", "Siobhan", "07700"))


@pytest.fixture
def sheet(tmp_path):
    """Return a function that writes the workbook, lets edits happen, and gives the path."""

    def made(written, edits, author="KM"):
        path = Path(tmp_path) / f"m{len(list(tmp_path.iterdir()))}.xlsx"
        path.write_bytes(workbook(pages(material(), written), (("how", "x"),)))
        book = load_workbook(path)
        book[ABOUT].cell(1, 2).value = author
        for page, row, column, value in edits:
            at = book[page]
            names = [c.value for c in at[2]]
            n = next(r for r in range(3, at.max_row + 1) if at.cell(r, 1).value == row)
            at.cell(n, names.index(column) + 1).value = value
        book.save(path)
        return path

    return made


def test_the_matrix_goes_out_and_comes_back(sheet):
    before = {(MATRIX, "I01", "listened"): Written("Was heard.", "KM", "2026-01-01")}
    path = sheet(before, [(MATRIX, "I02", "listened", "Was not heard."), (ASKED, "I01", "topic_end", "yes")])
    filled = read(path, pages(material(), before))
    assert filled.author == "KM"
    changes, conflicts = merged(filled, {k: w.value for k, w in before.items()})
    assert changes == {(MATRIX, "I02", "listened"): "Was not heard.", (ASKED, "I01", "topic_end"): "yes"}
    assert conflicts == []


def test_an_untouched_cell_never_overwrites_a_later_edit_and_two_edits_are_a_conflict(sheet):
    key = (MATRIX, "I01", "listened")
    before = {key: Written("Was heard.", "KM", "2026-01-01")}
    later = {key: "Was heard, mostly."}
    untouched = read(sheet(before, []), pages(material(), before))
    assert merged(untouched, later) == ({}, [])
    touched = read(sheet(before, [(*key, "Heard.")]), pages(material(), before))
    assert merged(touched, later) == ({}, [key])
    emptied = read(sheet(before, [(*key, None)]), pages(material(), before))
    assert merged(emptied, {key: "Was heard."}) == ({key: ""}, [])


def test_a_sorted_sheet_comes_back_the_same(sheet, tmp_path):
    path = sheet({}, [(MATRIX, "I01", "listened", "one"), (MATRIX, "I02", "listened", "two")])
    book = load_workbook(path)
    page = book[MATRIX]
    rows = [[c.value for c in page[n]] for n in (4, 3)]
    for n, row in zip((3, 4), rows, strict=True):
        for k, value in enumerate(row, 1):
            page.cell(n, k).value = value
    other = tmp_path / "sorted.xlsx"
    book.save(other)
    assert read(other, pages(material(), {})).cells == read(path, pages(material(), {})).cells


def test_every_wrong_cell_is_named_at_once(sheet):
    path = sheet({}, [(JOINT, "listened", "fit", "agrees"), (MATRIX, "I01", "listened", "=1+1")], author="")
    with pytest.raises(DataError) as e:
        read(path, pages(material(), {}))
    assert "filled in by" in e.value.found
    assert "none of convergent, complementary, discordant" in e.value.found
    assert "formula" in e.value.found
    with pytest.raises(DataError):
        read(Path(__file__), pages(material(), {}))


def test_what_people_wrote_survives_the_file():
    written = {(MATRIX, "I01", "listened"): Written('Said: "yes",\nand more; =1', "KM", "2026-01-01")}
    assert from_csv(to_csv(written)) == written
    with pytest.raises(DataError):
        from_csv("page,row\n")


@given(st.dictionaries(st.sampled_from("abcdef"), st.text("xyz ", max_size=3)), st.data())
def test_merging_loses_no_edit(base, data):
    """Whatever two people did to the same cells: each edit is in the result, or is named as a conflict."""
    key = lambda c: ("M", c, "x")  # noqa: E731
    mine = {c: data.draw(st.sampled_from([t, "mine"])) for c, t in base.items()}
    now = {c: data.draw(st.sampled_from([t, "theirs"])) for c, t in base.items()}
    filled = Filled(
        author="KM",
        cells={key(c): t for c, t in mine.items()},
        base={key(c): mark(t) for c, t in base.items() if t.strip()},
    )
    changes, conflicts = merged(filled, {key(c): t for c, t in now.items()})
    for c, t in base.items():
        if mine[c] == "mine":
            assert changes.get(key(c)) == "mine" or key(c) in conflicts
        if now[c] == "theirs" and mine[c] == t:
            assert key(c) not in changes
