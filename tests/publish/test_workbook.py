"""The workbook: every published table, one a sheet, readable by a screen reader, with nothing in it that can run."""

import csv
import io
import re
import zipfile
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from openpyxl import load_workbook

from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.publish.workbook import CONTENTS, COVER, HEAD_ROW, NUMBERS, as_number, workbook

PAGES = ("index.html", "care_packages.html")


@pytest.fixture(scope="module")
def book(report):
    return load_workbook(io.BytesIO(report["tables.xlsx"]))


def tables_of(book):
    return [s for s in book.worksheets if s.title.startswith("Table ")]


def captions(report):
    pages = [BeautifulSoup(report[name], "html.parser") for name in PAGES]
    return {c.get_text(strip=True) for page in pages for c in page.find_all("caption")}


def test_every_table_of_every_page_is_a_sheet_and_no_other(book, report):
    assert len(captions(report)) > 10
    assert {sheet["A1"].value for sheet in tables_of(book)} == captions(report)


def test_the_cells_are_those_of_the_page(book, report):
    page = BeautifulSoup(report["care_packages.html"], "html.parser")
    table = next(t for t in page.find_all("table") if t.caption.get_text(strip=True) == "Checks of the methods")
    shown = [[c.get_text(strip=True) for c in row.find_all(["th", "td"])] for row in table.tbody.find_all("tr")]
    (sheet,) = [s for s in tables_of(book) if s["A1"].value == "Checks of the methods"]
    assert [[c.value for c in row] for row in sheet.iter_rows(min_row=HEAD_ROW + 1)] == shown


def test_a_sheet_is_a_title_a_note_a_way_back_and_one_real_table(book):
    for sheet in book.worksheets[1:]:
        assert len(sheet["A1"].value) > 5
        assert sheet["A2"].value
        assert not sheet.merged_cells.ranges
        (table,) = sheet.tables.values()
        assert table.ref.split(":")[0] == f"A{HEAD_ROW}"
        heads = [cell.value for cell in sheet[table.ref][0]]
        assert all(isinstance(h, str) and h.strip() for h in heads)
        assert len({h.lower() for h in heads}) == len(heads)
        assert [c.name for c in table.tableColumns] == heads
        assert sheet.max_row == HEAD_ROW + len(sheet[table.ref]) - 1
        assert sheet.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}"
    names = [name for sheet in book.worksheets for name in sheet.tables]
    assert len(names) == len(set(names))


def test_the_order_and_the_links_lead_through_the_book(book):
    assert book.sheetnames[:3] == [COVER, CONTENTS, NUMBERS]
    listed = {row[0].value: row[0].hyperlink.location for row in book[CONTENTS].iter_rows(min_row=HEAD_ROW + 1)}
    assert listed == {name: f"'{name}'!A1" for name in book.sheetnames[2:]}
    for name in book.sheetnames[2:]:
        assert book[name]["A3"].hyperlink.location == f"'{CONTENTS}'!A1"


def test_the_numbers_are_those_of_results_csv_as_numbers(book, report):
    lines = list(csv.reader(io.StringIO(report["results.csv"].decode())))
    rows = [[c.value for c in row] for row in book[NUMBERS].iter_rows(min_row=HEAD_ROW)]
    assert rows[0] == lines[0]
    assert len(rows) == len(lines)
    for row, line in zip(rows[1:], lines[1:], strict=True):
        for value, text in zip(row, line, strict=True):
            if isinstance(value, int | float):
                assert float(text) == value
            else:
                assert (value or "") == text.removeprefix("'")
    place = rows[0].index("lower")
    assert any(isinstance(row[place], float) for row in rows)


@pytest.mark.parametrize("text", ["hidden", "–", "0.35 to 0.74", "day 91", "2025-06", "1,14", "5 people", "=1+1"])
def test_what_is_no_plain_number_stays_text(text):
    assert as_number(text) == text


def test_a_number_looks_as_on_the_page(book):
    formats = {c.number_format for s in tables_of(book) for row in s.iter_rows(min_row=HEAD_ROW + 1) for c in row}
    assert {"@", "#,##0", "0.00"} <= formats


def test_nothing_in_it_can_run(example, protocol, provenance):
    hostile = replace(example.study_result(), notes=(), title="=HYPERLINK(1)", question="+1+1")
    hostile = replace(hostile, checks=tuple(replace(c, sentence="=1+1", detail="@x") for c in hostile.checks))
    body = workbook((release(hostile, PRESETS["ot_eval"]),), protocol, provenance)
    book = load_workbook(io.BytesIO(body))
    cells = [c for sheet in book.worksheets for row in sheet.iter_rows() for c in row]
    assert not [c for c in cells if c.data_type == "f"]
    risky = [c for c in cells if str(c.value or "")[:1] in ("=", "+", "@")]
    assert risky
    assert all(c.data_type == "s" and c.quotePrefix for c in risky)
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert b"<f>" not in b"".join(package.read(n) for n in package.namelist())


def test_it_says_who_made_it_and_when_and_nothing_more(book, provenance):
    about = book.properties
    assert (about.creator, about.lastModifiedBy, about.language) == ("ot_eval", "ot_eval", "en-GB")
    made = provenance.made_at.removesuffix("Z")
    assert (about.created.isoformat(), about.modified.isoformat()) == (made, made)


def test_the_cover_says_when_people_are_invented(book, example, protocol, provenance):
    text = " ".join(str(row[0].value) for row in book[COVER].iter_rows())
    assert "Everyone in this report is invented" in text
    real = replace(example.study_result(), facts={"data_end": "2026-03-31"})
    other = load_workbook(io.BytesIO(workbook((release(real, PRESETS["ot_eval"]),), protocol, provenance)))
    assert not re.search(
        "invented", " ".join(str(r[0].value) for r in other[COVER].iter_rows()).replace("(invented)", "")
    )


def test_the_page_links_it(report):
    assert b'<a href="tables.xlsx">' in report["index.html"]
