"""Problems: complete counts, a private list, and an error of three lines without a person's value."""

from ot_eval.data.problems import MEANING, ROWS_KEPT, ProblemList, plain_cell


def test_counts_are_complete_where_the_list_is_cut():
    problems = ProblemList()
    rows = ((i, "v") for i in range(ROWS_KEPT + 5))
    problems.add("a.csv", "bad date", "refused", column="d", count=ROWS_KEPT + 5, rows=rows)
    frozen = problems.freeze()
    assert frozen.counts[0].count == ROWS_KEPT + 5
    assert len(frozen.rows) == ROWS_KEPT


def test_nothing_is_added_for_a_count_of_none():
    problems = ProblemList()
    problems.add("a.csv", "bad date", "noted", count=0)
    assert problems.freeze().counts == ()


def test_totals_by_rule_put_what_stops_a_run_first():
    problems = ProblemList()
    problems.add("a.csv", "extra column", "noted", count=1)
    problems.add("b.csv", "missing value", "refused", count=2)
    problems.add("c.csv", "missing value", "refused", count=3)
    assert list(problems.freeze().by_rule().items()) == [
        (("refused", "missing value"), 5),
        (("noted", "extra column"), 1),
    ]


def test_the_error_has_three_lines_and_names_at_most_six_rules():
    problems = ProblemList()
    for i in range(9):
        problems.add(f"{i}.csv", "bad date", "refused", column="d", rows=[(2, "01/13/1940")])
    text = str(problems.freeze().error("problems.csv"))
    assert text.count("\n") == 2
    assert "and 3 more" in text
    assert MEANING["bad date"] in text
    assert "1940" not in text


def test_a_file_that_could_not_be_read_is_in_the_list_too(tmp_path):
    problems = ProblemList()
    problems.add("a.csv", "empty file", "refused")
    path = problems.freeze().write(tmp_path / "work")
    assert path.read_text(encoding="utf-8-sig").splitlines() == ["file,row,column,rule,value", "a.csv,,,empty file,"]


def test_cells_are_disarmed():
    assert [plain_cell(c) for c in ("=1", "@x", "\tx", "+44", "-3.5", "-x", "plain", "")] == [
        "'=1",
        "'@x",
        "'\tx",
        "+44",
        "-3.5",
        "'-x",
        "plain",
        "",
    ]
