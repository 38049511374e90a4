"""The codebook: the shipped one is whole, a broken one is refused with its line, and old codes migrate by rule."""

import re

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.coding.codebook import Codebook, default_path, load
from ot_eval.coding.migrate import Migration, migrated

SMALL = """\
name: small
version: "1.0"
status: test
families: {A: First, B: Second}
codes:
  - code: A1
    label: First code
    definition: a first thing that is done
    include: [did the first]
    exclude: [did the second]
    icf: [d1]
    approach: [assess]
    usual_provider: [OT]
  - code: B1
    label: Second code
    definition: a second thing that is done
    include: [did the second]
    exclude: [did the first]
    icf: [d2]
    approach: [create]
    usual_provider: [OT]
"""


def written(tmp_path, text):
    path = tmp_path / "codebook.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_codebook_has_24_codes_in_7_families_and_says_it_is_a_proposal(book):
    assert len(book.codes) == 24
    assert sorted(book.families) == list("ABCDEFG")
    assert {c.family for c in book.codes} == set(book.families)
    assert "proposal" in book.status
    assert "not been tested" in default_path().read_text(encoding="utf-8")


def test_every_shipped_code_has_two_examples_each_way_and_leaves_the_mapping_to_the_user(book):
    for code in book.codes:
        assert len(code.include) >= 2, code.code
        assert len(code.exclude) >= 2, code.code
        assert (code.snomed, code.ichi) == ("", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("label: First code", "labl: First code", r"line 7: 'labl' is not a word .* Did you mean 'label'\?"),
        ("code: B1", "code: A1", "given twice: A1"),
        ("code: B1", "code: C1", "no family for: C1"),
        ("    definition: a first thing that is done\n", "", "line 6: 'definition' is missing"),
        ("    include: [did the first]\n", "    include: []\n", "'include' has a value that is not allowed"),
        ('version: "1.0"', "version: first", "'version' has a value"),
        ('version: "1.0"', "version: 1.0", "'version' has a value"),
        ("status: test", "status: test\nstatus: again", "'status' is given twice"),
        (
            "codes:\n",
            'migrations: [{before: "0.9", kind: rename, sources: [X1], into: [X2]}]\ncodes:\n',
            "a migration leads to a code that does not exist: X2",
        ),
    ],
)
def test_a_broken_codebook_is_refused_with_its_line(tmp_path, old, new, said):
    assert old in SMALL
    with pytest.raises(RequestError, match=said):
        load(written(tmp_path, SMALL.replace(old, new, 1)))


def test_a_codebook_that_is_not_there_or_empty_is_refused(tmp_path):
    with pytest.raises(RequestError, match="no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(RequestError, match="no words with values"):
        load(written(tmp_path, ""))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A1", "A1"),
        (" a1 ", "A1"),
        ("A1 First code", "A1"),
        ("A1: First code", "A1"),
        ("not OT", "not_ot"),
        ("cannot tell", "cannot_tell"),
        ("CANNOT TELL FROM THE NOTE", "cannot_tell"),
        ("A11", None),
        ("C1", None),
        ("", None),
        ("=A1", None),
    ],
)
def test_what_a_person_writes_is_read_as_a_code_or_not_at_all(tmp_path, text, code):
    assert load(written(tmp_path, SMALL)).parse(text) == code


def test_an_unknown_code_is_named_with_the_nearest_and_never_at_length(book):
    assert re.search(r"'D7' is not a code of codebook ot_social_care", book.unknown("D7"))
    assert len(book.unknown("a whole sentence about Mrs Smith's bathroom")) < 120


RENAME = Migration(before="1.0", kind="rename", sources=("C5",), into=("C6",))
MERGE = Migration(before="1.0", kind="merge", sources=("E1", "E5"), into=("E5",))
SPLIT = Migration(before="1.1", kind="split", sources=("D1",), into=("D1", "D6"), old_records="recode")
KEEP = Migration(before="1.1", kind="split", sources=("D1",), into=("D1", "D6"), old_records="D1")
RETIRE = Migration(before="1.0", kind="retire", sources=("G1",))


@pytest.mark.parametrize(
    ("codes", "version", "rules", "after", "again"),
    [
        (("C5", "A1"), "1.0", (RENAME,), ("C6", "A1"), False),
        (("C5", "A1"), "1.1", (RENAME,), ("C5", "A1"), False),
        (("E1", "E5"), "1.0", (MERGE,), ("E5",), False),
        (("D1", "A1"), "1.0", (SPLIT,), ("A1",), True),
        (("D1", "A1"), "1.1", (KEEP,), ("D1", "A1"), False),
        (("D1",), "1.2", (SPLIT,), ("D1",), False),
        (("G1", "A1"), "0.9", (RETIRE,), ("A1",), True),
        ((), "1.0", (RENAME, MERGE, SPLIT, RETIRE), (), False),
    ],
)
def test_old_codes_migrate_by_the_written_rule(codes, version, rules, after, again):
    assert migrated(codes, version, rules) == (after, again)


def test_rules_chain_and_versions_are_compared_as_numbers():
    onward = Migration(before="1.9", kind="rename", sources=("C6",), into=("C7",))
    assert migrated(("C5",), "1.0", (RENAME, onward)) == (("C7",), False)
    assert migrated(("C6",), "1.10", (onward,)) == (("C6",), False)  # 1.10 comes after 1.9


def test_migrating_twice_changes_nothing_more():
    once, _ = migrated(("C5", "E1", "E5", "A1"), "1.0", (RENAME, MERGE))
    assert migrated(once, "1.2", (RENAME, MERGE)) == (once, False)


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "rename", "sources": ("A1", "A2"), "into": ("A3",)},
        {"kind": "merge", "sources": ("A1",), "into": ("A3",)},
        {"kind": "split", "sources": ("A1",), "into": ("A2", "A3")},
        {"kind": "split", "sources": ("A1",), "into": ("A2", "A3"), "old_records": "B1"},
        {"kind": "retire", "sources": ("A1",), "into": ("A2",)},
        {"kind": "rename", "sources": ("A1",), "into": ("A2",), "old_records": "A2"},
    ],
)
def test_a_migration_that_says_too_little_or_too_much_is_refused(record):
    with pytest.raises(ValueError, match=r"a split|cannot go"):
        Migration(before="1.0", **record)


def test_a_codebook_is_frozen(book):
    with pytest.raises(ValueError, match="frozen"):
        book.version = "2.0"
    assert isinstance(book, Codebook)
