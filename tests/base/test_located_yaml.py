import pytest

from ot_eval.base.located_yaml import read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e-2", 0.01),
        ("a: 1E+3", 1000.0),
        ("a: .5", 0.5),
        ("a: 010", 10),
        ("a: -3", -3),
        ("a: 12:30", "12:30"),
        ("a: 0x1f", "0x1f"),
        ("a: .inf", ".inf"),
        ("a: .nan", ".nan"),
        ("a: 2026-04-01", "2026-04-01"),
        ("a: '2026-02-31'", "2026-02-31"),
        ("a: 2024-25", "2024-25"),
        ("a:", None),
        ("a: [1, x]", [1, "x"]),
        ("a: true", True),
    ],
)
def test_a_value_is_read_as_a_reader_would_read_it(text, value):
    got = read(text)
    assert got.faults == []
    assert got.value == {"a": value}
    assert type(got.value["a"]) is type(value)


def test_every_value_knows_its_line():
    got = read("a: 1\nb:\n  c:\n    - x\n    - y\n")
    assert got.lines[("b", "c")] == 3
    assert got.lines[("b", "c", 1)] == 5
    assert got.line(("b", "c", 9, "nothing")) == 3


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "'c' is given twice (first on line 3)"),
        ("a: 1\nb: 2026-02-31\n", 2, "'2026-02-31' is not a day in the calendar"),
        ("a: 1\n\tb: 2\n", 2, "a tab stands where spaces should"),
        ('a: "C:\\data"\n', 1, "a backslash inside"),
        ("a: 1\nb: c: d\n", 2, "a colon inside a text"),
        ("a: 1\nb: &x 2\nc: *x\n", 2, "a reference"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "a tag (!)"),
        ("a: 1\n---\nb: 2\n", 2, "three dashes"),
        ("a: [1, 2\n", 2, "never closed"),
        ("a: 'x\nb: 1\n", 3, "never closed"),
        ("  a: 1\nb: 2\n", 2, "indented less"),
        ("a: 1\n1: 2\n", 2, "not text"),
        ("a: 1\nyes: 2\n", 2, "not text"),
        ("a: 1\nb: \x00\n", 2, "not text"),
        ("a: @home\n", 1, "a sign that YAML keeps"),
        ("a: }\n", 1, "this is not YAML"),
    ],
)
def test_what_is_wrong_with_the_text_is_said_with_its_line(text, line, said):
    (fault,) = read(text).faults
    assert fault.line == line
    assert said in fault.message


def test_all_faults_are_collected():
    assert [f.line for f in read("a: 1\na: 2\nb: 2026-13-01\n3: 4\n").faults] == [2, 3, 4]


def test_an_empty_text_has_no_value():
    assert read("# only a comment\n").value is None
