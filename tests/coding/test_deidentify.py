"""The detector of identifiers, measured on names from another source, and what a person's review makes of it."""

import io
import itertools
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ot_eval.base.errors import DataError
from ot_eval.coding.deidentify import detect
from ot_eval.coding.deidentify_apply import Moved, Namer, Replacement, bracketed
from ot_eval.coding.deidentify_numbers import digits_of, nhs_valid
from ot_eval.coding.deidentify_recall import measure, total, unmark
from ot_eval.coding.deidentify_review import deidentified, read_review
from ot_eval.coding.deidentify_sheet import FLAGS, HEADINGS, MISSED, review_workbook, rows_of
from ot_eval.coding.deidentify_words import vocabulary
from ot_eval.coding.segments import turns_of

HERE = Path(__file__).parent
SPOKEN_NHS = "nine four three, four seven six, five nine one nine"
SPOKEN_PHONE = "oh seven seven double oh, nine double oh, one two three"
STRUCTURED_AIM, NAMES_AIM = 0.99, 0.95
FALSE_AIM = 1.0  # flags in vain per 100 words; more, and reviewers stop reading


def found(text, roster=()):
    return [(text[f.start : f.end], f.kind) for f in detect(text, roster)]


@pytest.fixture(scope="module")
def labelled():
    text = (HERE / "deidentify_labelled.txt").read_text(encoding="utf-8")
    return [unmark(*part.split("\n", 1)) for part in re.split(r"(?m)^=== ", text)[1:]]


def test_recall_on_names_from_another_source(labelled, capsys):
    """90 invented interviews, names of five origins from Faker, three styles; printed document by document."""
    results = [measure(d) for d in labelled]
    lines = ["document | numbers and codes | names | flagged in vain per 100 words"]
    for r in results:
        a, b = total((r,)), total((r,), ["name"])
        lines.append(f"{r.name:<22} {a[0]}/{a[1]}  {b[0]}/{b[1]}  {r.false_per_100_words:.2f}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert len(results) == 90
    assert total(results)[1] >= 180
    assert total(results, ["name"])[1] >= 400
    for style in ("clean", "lower", "spoken"):
        these = [r for r in results if r.name.split()[1] == style]
        for aim, kinds in ((STRUCTURED_AIM, None), (NAMES_AIM, ["name"]), (NAMES_AIM, ["date", "address", "place"])):
            n_found, n = total(these, kinds) if kinds else total(these)
            assert n_found / n >= aim, (style, kinds, n_found, n)
        assert 100 * sum(r.n_false for r in these) / sum(r.n_words for r in these) <= FALSE_AIM
    for origin in ("british", "irish", "polish", "indian", "nigerian"):
        n_found, n = total([r for r in results if r.name.startswith(origin)], ["name"])
        assert n_found / n >= NAMES_AIM, (origin, n_found, n)


HELD_OUT = {
    "clean": {"numbers": (40, 40), "name": (148, 150), "age": (10, 15), "place": (20, 20), "false": 0.26},
    "lower": {"numbers": (40, 40), "name": (146, 150), "age": (10, 15), "place": (15, 20), "false": 0.26},
    "spoken": {"numbers": (40, 40), "name": (150, 150), "age": (10, 15), "place": (20, 20), "false": 0.25},
}
"""What the detector found, run once, on scripts and a seed that were not there while it was made, as
docs/how-to/interviews.md tells it. A later detector may do better, and may not do worse unseen."""


@pytest.mark.parametrize("style", list(HELD_OUT))
def test_recall_on_a_set_that_was_not_used_to_make_the_detector(style):
    text = (HERE / "deidentify_heldout.txt").read_text(encoding="utf-8")
    documents = [unmark(*part.split("\n", 1)) for part in re.split(r"(?m)^=== ", text)[1:]]
    these = [measure(d) for d in documents if d.name.split()[1] == style]
    assert len(these) == 30
    recorded = HELD_OUT[style]
    for what in ("numbers", "name", "age", "place"):
        n_found, n = total(these) if what == "numbers" else total(these, [what])
        assert n == recorded[what][1], what
        assert n_found >= recorded[what][0], what
    false = 100 * sum(r.n_false for r in these) / sum(r.n_words for r in these)
    assert false <= recorded["false"] + 0.005


def test_the_test_names_are_mostly_not_in_the_detectors_list(labelled):
    """Else the recall above would measure memory."""
    known = vocabulary()
    words = {w for d in labelled for s, e, k in d.spans if k == "name" for w in d.text[s:e].casefold().split()}
    assert sum(w in known.names for w in words) / len(words) < 0.6


def test_a_detector_that_found_nothing_would_fail():
    got = measure(unmark("x", "qqq ⟦name|rrr⟧ and ⟦phone|07700 900123⟧"))
    assert got.by_kind["phone"] == (1, 1)
    blind = measure(unmark("x", "and so ⟦name|hope⟧ did it"))  # a word in lower case without a cue: what it cannot know
    assert blind.recall(["name"]) == 0.0
    assert blind.missed == ((7, 11, "name"),)


@pytest.mark.parametrize(
    ("text", "words", "kind"),
    [
        ("it is 943 476 5919 on the card", "943 476 5919", "nhs_number"),
        (f"{SPOKEN_NHS} it is", SPOKEN_NHS, "nhs_number"),
        ("my NHS number 943 476 5918", "943 476 5918", "nhs_number"),  # misheard: fails its check, flagged all the same
        ("ab 12 34 56 c", "ab 12 34 56 c", "national_insurance"),
        (f"on {SPOKEN_PHONE} please", SPOKEN_PHONE, "phone"),
        ("ring +44 (0)115 496 0123 please", "+44 (0)115 496 0123", "phone"),
        ("it's ng6 4ab", "ng6 4ab", "postcode"),
        ("N G six, four A B", "N G six, four A B", "postcode"),
        ("up in NG6 somewhere", "NG6", "postcode"),
        ("maggie dot hughes at gmail dot com", "maggie dot hughes at gmail dot com", "email"),
        ("born the twelfth of march nineteen forty-one", "the twelfth of march nineteen forty-one", "date"),
        ("on 3/4/41 she", "3/4/41", "date"),
        ("on the third of the fourth forty-one", "the third of the fourth forty-one", "date"),
        ("I'm ninety-three now", "ninety-three", "age"),
        ("forty-two acacia avenue", "forty-two acacia avenue", "address"),
        ("on rowan ward", "rowan ward", "place"),
        ("my registration is OT12345", "OT12345", "registration"),
        ("a van, FJ19 KXE, outside", "FJ19 KXE", "vehicle"),
        ("my name's hope", "hope", "name"),
        ("my husband mark said", "mark", "name"),
        ("Mrs may brought it", "may", "name"),
        ("and then agnieszka rang", "agnieszka", "name"),
        ("so Dawn came", "Dawn", "name"),
        ("because Szczepan's lad came", "Szczepan's", "perhaps_name"),
    ],
)  # fmt: skip
def test_an_identifier_is_found_whole(text, words, kind):
    assert (words, kind) in found(text), found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Will you mark my words, I hope so, may I?",
        "May I come in? Hope to. Mark my words.",
        "we crossed the main road and went a long way down the lane",
        "vitamin B12, and the pain is at L4 and L5",
        "three or four times a day, one or two pads, 20 minutes, 250 pounds, 250,000 people",
        "one, two, three, four, five, six, and stand",
        "they came in March, on Monday, at half past ten, ten past six, 140 over 80",
        "my daughter will come to my local hospital, the nurse said, and the sister said so too",
        "it was in the grace period, the bill was paid, there is no joy in it, to be frank",
        "I used the commode, the perching stool and the zimmer, and I'd a cuppa with my nan",
        "90 percent of the time, 95 miles, 100 people",
    ],
)
def test_what_identifies_nobody_is_left(text):
    assert found(text) == []


def test_a_roster_finds_nicknames_misspellings_and_names_that_are_words():
    roster = ("Margaret Hughes", "Mags", "Hope", "Riverside Court")
    assert found("mags and hope saw margret at riverside court", roster) == [
        ("mags", "name"),
        ("hope", "name"),
        ("margret", "name"),
        ("riverside court", "name"),
    ]


@pytest.mark.parametrize(
    ("digits", "valid"), [("9434765919", True), ("9434765918", False), ("4010232137", True), ("123", False)]
)
def test_the_check_digit(digits, valid):
    assert nhs_valid(digits) is valid


def test_a_wrong_digit_is_always_seen():
    """Modulus 11 finds every single wrong digit."""
    for k in range(10):
        for d in "0123456789":
            changed = "9434765919"[:k] + d + "9434765919"[k + 1 :]
            assert nhs_valid(changed) is (changed == "9434765919")


def test_spoken_digits_are_digits():
    assert digits_of("oh one one five, double four triple nine 6") == "01154499" + "96"


@given(st.text(alphabet=st.sampled_from("abcXYZ 019,.'’-–\n😀é"), max_size=80))
def test_flags_lie_in_the_text_in_order_and_apart(text):
    flags = detect(text)
    assert all(0 <= f.start < f.end <= len(text) for f in flags)
    assert all(a.end <= b.start for a, b in itertools.pairwise(flags))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5), st.text("xy[] ", max_size=9)), max_size=6))
def test_offsets_move_with_the_words(parts):
    text = "".join(chr(0x4E00 + k) for k in range(66))
    made, at = [], 0
    for start, length, new in sorted(parts):
        if start >= at:
            made.append(Replacement(start, start + length, new))
            at = start + length
    moved = Moved(text, made)
    gone = {k for r in made for k in range(r.start, r.end)}
    for a in range(len(text)):
        if a not in gone:
            low, high = moved.span(a, a + 1)
            assert moved.text[low:high] == text[a]


TURNS = turns_of(
    "I01",
    [
        ("interviewer", "Hello Joyce, shall we begin?"),
        ("participant", "Yes. Joyce’s my name, joyce hughes. My daughter Siân rang 07700 900123. May came too."),
        ("participant", "May is my sister. The lollipop lady of Bulwell, everybody knows me. I may go."),
    ],
)
ROSTER = {"Joyce Hughes": "P01", "Siân": "daughter of P01"}


def decide(tmp_path, answers=lambda _: "replace", missed=(), reviewer="KM"):
    path = tmp_path / "I01.xlsx"
    path.write_bytes(review_workbook("I01", TURNS, ROSTER))
    workbook = load_workbook(path)
    page = workbook[FLAGS]
    column = {h: HEADINGS.index(h) + 1 for h in HEADINGS}
    for n in range(2, page.max_row + 1):
        page.cell(n, column["decision"]).value = answers(page.cell(n, column["words"]).value)
    for n, (words, new) in enumerate(missed, start=2):
        workbook[MISSED].cell(n, 1).value, workbook[MISSED].cell(n, 2).value = words, new
    workbook["About"].cell(3, 2).value = reviewer
    workbook.save(path)
    return path


def test_a_review_replaces_what_was_confirmed_and_keeps_the_rest(tmp_path):
    path = decide(tmp_path, lambda w: "keep" if w == "Bulwell" else "replace", [("lollipop lady", "job")])
    got = deidentified(TURNS, ROSTER, read_review(path))
    assert [t.text for t in got.turns] == [
        "Hello [P01], shall we begin?",
        "Yes. [P01]’s my name, [P01]. My daughter [daughter of P01] rang [phone number]. [name 1] came too.",
        "[name 1] is my sister. The [job] of Bulwell, everybody knows me. I may go.",
    ]
    assert [(t.segment_id, t.speaker_role) for t in got.turns] == [(t.segment_id, t.speaker_role) for t in TURNS]
    assert ("07700 900123", "[phone number]", "phone number") in got.key
    assert got.kept == 1
    assert got.left_over == 1  # "I may go" was never a name: counted, so that somebody looks


def test_offsets_of_an_earlier_coding_move_along(tmp_path):
    got = deidentified(TURNS, ROSTER, read_review(decide(tmp_path)))
    old = TURNS[2].text
    start = old.index("everybody knows me")
    low, high = got.moved[3].span(start, start + len("everybody knows me"))
    assert got.turns[2].text[low:high] == "everybody knows me"


def test_everything_undecided_is_said_at_once(tmp_path):
    path = decide(tmp_path, lambda w: "" if w == "Bulwell" else "perhaps", [("not there", "x")], reviewer="")
    with pytest.raises(DataError) as caught:
        deidentified(TURNS, ROSTER, read_review(path))
    for said in (
        "'reviewed by' is empty",
        "1 rows have no decision",
        "are neither replace nor keep",
        "1 rows stand in no turn",
    ):
        assert said in caught.value.found
    assert "Joyce" not in str(caught.value)


def test_a_sheet_of_another_transcript_or_roster_is_refused(tmp_path):
    decided = read_review(decide(tmp_path))
    other = turns_of("I01", [(t.speaker_role, t.text + " Yes.") for t in TURNS])
    with pytest.raises(DataError, match="the transcript has changed since"):
        deidentified(other, ROSTER, decided)
    with pytest.raises(DataError, match="rows are gone and"):
        deidentified(TURNS, {**ROSTER, "everybody": "x"}, decided)


def test_the_sheet_shows_formulas_as_text_and_puts_the_open_questions_first():
    turns = turns_of("I02", [("participant", "=HYPERLINK(1) said Zbyszko. My number is 07700 900123.")])
    page = load_workbook(io.BytesIO(review_workbook("I02", turns, {})))[FLAGS]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    rows = rows_of(turns, {})
    assert [r.risk for r in rows] == sorted((r.risk for r in rows), reverse=True)
    decided = {page.cell(n, 4).value: page.cell(n, 7).value for n in range(2, page.max_row + 1)}
    assert decided["07700 900123"] == "replace"
    assert not decided["Zbyszko"]


def test_a_workbook_that_is_not_ours_is_refused(tmp_path):
    (tmp_path / "x.xlsx").write_text("no workbook")
    with pytest.raises(DataError, match="not an Excel workbook"):
        read_review(tmp_path / "x.xlsx")
    path = decide(tmp_path)
    workbook = load_workbook(path)
    del workbook[MISSED]
    workbook[FLAGS].cell(1, HEADINGS.index("decision") + 1).value = "verdict"
    workbook.save(path)
    with pytest.raises(DataError, match="page Missed is missing"):
        read_review(path)


def test_one_person_has_one_replacement_and_two_have_two():
    namer = Namer({"Joyce Hughes": "P01", "Mags": "P01"})
    assert namer.name("joyce", "name") == namer.name("Mags’s", "name") == namer.name("Mrs Hughes", "name") == "P01"
    assert (namer.name("Ewa", "name"), namer.name("Olu", "name"), namer.name("EWA", "name")) == (
        "name 1",
        "name 2",
        "name 1",
    )
    assert namer.name("NG6 4AB", "postcode") == namer.name("NG5 1AA", "postcode") == "postcode"
    assert bracketed("[[OT 2]") == "[OT 2]"


def test_marks_that_are_not_whole_are_refused():
    with pytest.raises(DataError, match="not whole"):
        unmark("x", "⟦name|Joyce and ⟦name|Ann⟧")
    with pytest.raises(DataError, match="a kind that is not known"):
        unmark("x", "⟦person|Joyce⟧")
