"""The pages of code: what was run and what was released, and nothing that a notebook printed or was told in private."""

import csv
import io

import nbformat
import pytest
from bs4 import BeautifulSoup

from ot_eval.base.errors import InternalFault, RequestError
from ot_eval.publish.technical import MOST_LINES, SHOWN, read, results_table

PRIVATE = ("a true number 41327", "/somewhere/private/protocol.json")
NAME = "technical/care_packages.html"


@pytest.fixture(scope="module")
def page(report):
    return BeautifulSoup(report[NAME], "html.parser")


def changed(executed, tmp_path, *cells):
    book = nbformat.read(str(executed / "care_packages.ipynb"), as_version=4)
    book.cells += cells
    nbformat.write(book, str(tmp_path / "care_packages.ipynb"))
    return read(tmp_path / "care_packages.ipynb")


def code_cell(text):
    return nbformat.v4.new_code_cell(text)


def test_what_the_notebook_printed_and_where_it_lay_are_nowhere(executed, report):
    raw = (executed / "care_packages.ipynb").read_text()
    assert all(text in raw for text in PRIVATE), "the run left them"
    for name, body in report.items():
        assert not [text for text in PRIVATE if text.encode() in body], name


def test_the_code_that_ran_is_shown_in_its_order(page):
    shown = [c.get_text() for c in page.select("#main pre code")]
    assert shown[1].startswith("result = care_packages.analyse(workspace)")
    assert shown[-1] == "workspace.save(result).name"
    assert not [c for c in shown if "protocol_path =" in c]


def test_the_page_says_what_it_leaves_out_and_leads_back(page, report):
    assert "What it printed is left out" in page.main.get_text()
    assert "changed the notebook" not in page.main.get_text()
    assert page.header.a["href"] == "../care_packages.html"
    assert f'<a href="{NAME}">'.encode() in report["care_packages.html"]
    assert page.footer.a["href"] == "../manifest.json"


def test_the_numbers_are_those_of_results_csv_to_the_digit(page, report):
    lines = list(csv.DictReader(io.StringIO(report["results.csv"].decode())))
    table = page.find("table")
    assert [th.get_text() for th in table.thead.find_all("th")] == ["analysis", *SHOWN]
    rows = [[c.get_text() for c in row.find_all(["th", "td"])] for row in table.tbody.find_all("tr")]
    empty = [dict.fromkeys(("analysis", *SHOWN), "–") | {"value": "hidden"}]
    expected = [[line[c] or empty[0][c] if c not in ("outcome",) else line[c] for c in empty[0]] for line in lines]
    assert rows == expected


def test_a_page_of_many_results_says_how_many_stand_elsewhere(released):
    from dataclasses import replace

    many = replace(released, estimates=released.estimates * 9)
    table, more = results_table(many)
    assert len(table.rows) == MOST_LINES
    assert more == 9 * len(released.estimates) - MOST_LINES > 0


def test_changed_code_is_shown_without_comments_and_changed_prose_is_not(executed, tmp_path):
    found = changed(executed, tmp_path, code_cell("x = 1  # 41327 of them"), nbformat.v4.new_markdown_cell("We saw 7."))
    assert found.changed
    assert found.cells[-1].code == "x = 1"
    assert found.left_out == 1
    assert "We saw 7" not in str(found)


def test_code_that_is_no_plain_python_is_left_out(executed, tmp_path):
    assert changed(executed, tmp_path, code_cell("%matplotlib inline")).left_out == 1


def test_changed_code_with_an_identifier_stops_the_report(executed, tmp_path):
    with pytest.raises(InternalFault, match="an NHS number") as caught:
        changed(executed, tmp_path, code_cell('one = "943 476 5919"'))
    assert "5919" not in str(caught.value)


@pytest.mark.parametrize("place", ["/srv/files/people.csv", "~/people.csv", "C:/x".replace("/", chr(92) * 2)])
def test_changed_code_with_a_place_on_this_computer_is_refused(executed, tmp_path, place):
    with pytest.raises(RequestError, match="names a place") as caught:
        changed(executed, tmp_path, code_cell(f'open("{place}")'))
    assert "people" not in str(caught.value)


def test_markup_in_prose_is_shown_and_not_followed(page):
    assert page.select("#main h3")
    assert not page.find_all(["script", "img"])
