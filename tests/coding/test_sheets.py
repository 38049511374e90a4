"""Sheets out and in: nothing is run, nothing is lost, and every wrong row is named."""

import io
import zipfile

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from ot_eval.base.errors import RequestError
from ot_eval.coding.codebook import Codebook
from ot_eval.coding.contacts import CodedContact, as_row, from_rows, merge, reviewed
from ot_eval.coding.migrate import Migration
from ot_eval.coding.sample import stratified
from ot_eval.coding.sheets import HEADINGS, SheetRow, coding_sheet, list_workbook
from ot_eval.coding.sheets_read import read_sheet

NOTES = {
    "c1": "Commode ordered.",
    "c2": '=HYPERLINK("http://x.example","look")',
    "c3": "+44 phoned, -1 day, @home\r\nsecond line",
    "c4": "Rails declined.",
}


def rows():
    return [
        SheetRow(contact_id=c, date="2025-04-01", who="OT", how="visit", minutes="60", note=n, suggested="D1", why="x")
        for c, n in NOTES.items()
    ]


@pytest.fixture
def made(book, tmp_path):
    """Write a sheet, let `change` fill it, and return its path."""

    def make(change=lambda *_: None, sheet="main", coder="KM"):
        path = tmp_path / f"{sheet}-{coder}.xlsx"
        path.write_bytes(coding_sheet(rows(), book, coder=coder, sheet=sheet, study="falls"))
        workbook = load_workbook(path)
        change(workbook["Contacts"], workbook)
        workbook.save(path)
        return path

    return make


def fill(page, **codes):
    """Put codes beside contacts: fill(page, c1=["D1"])."""
    column = {h: HEADINGS.index(h) + 1 for h in HEADINGS}
    for n in range(2, page.max_row + 1):
        for k, code in enumerate(codes.get(page.cell(n, 1).value, ()), start=1):
            name = "no code" if code.startswith("no:") else f"code {k}"
            page.cell(n, column[name]).value = code.removeprefix("no:")


def codes_of(read):
    return {r.contact_id: r.codes for r, _, _ in read.coded}


def test_a_filled_sheet_comes_back_with_its_codes(made, book):
    path = made(
        lambda page, _: fill(page, c1=["D1 Small equipment and assistive products", "e5", "d1"], c2=["no:cannot tell"])
    )
    read = read_sheet(path, book, NOTES)
    assert codes_of(read) == {"c1": ("D1", "E5"), "c2": ("cannot_tell",)}
    assert (read.coder, read.sheet, read.blank, read.conflicts) == ("KM", "main", 2, ())
    assert read.coded[0][0].version == book.version


def test_notes_that_look_like_formulas_are_written_as_text(made):
    raw = zipfile.ZipFile(io.BytesIO(made().read_bytes()))
    assert b"<f>" not in raw.read("xl/worksheets/sheet1.xml")
    cells = {c.value: c for row in load_workbook(made())["Contacts"].iter_rows() for c in row if c.value}
    for note in (NOTES["c2"], NOTES["c3"].replace("\r\n", "\n")):
        assert cells[note].data_type == "s"
        assert cells[note].quotePrefix


def test_a_formula_in_a_code_cell_is_not_read_and_one_in_a_remark_is_text(made, book):
    def change(page, _):
        fill(page, c1=["=A1"], c4=["D2"])
        page.cell(5, HEADINGS.index("remark") + 1).value = "=1+1"

    read = read_sheet(made(change), book, NOTES)
    assert [(c.contact_id, c.row, c.rule) for c in read.conflicts] == [("c1", 2, "formula"), ("c1", 2, "unknown code")]
    assert codes_of(read) == {"c4": ("D2",)}
    assert read.remarks == {"c4": "=1+1"}
    back = load_workbook(io.BytesIO(list_workbook("Conflicts", ("a",), [("=1+1",)])))["Conflicts"]["A2"]
    assert (back.value, back.data_type) == ("=1+1", "s")


@pytest.mark.parametrize(
    ("codes", "rule"),
    [
        (["Z9"], "unknown code"),
        (["D1", "no:not OT, or nothing done that counts"], "codes and no code"),
        (["no:cannot tell from the note", "A1"], "codes and no code"),
    ],
)
def test_a_row_that_cannot_stand_is_listed_and_not_taken(made, book, codes, rule):
    read = read_sheet(made(lambda page, _: fill(page, c1=codes, c4=["D2"])), book, NOTES)
    assert [(c.contact_id, c.rule) for c in read.conflicts] == [("c1", rule)]
    assert set(codes_of(read)) == {"c4"}


def test_the_unknown_code_is_named_with_its_row_and_no_note(made, book):
    (conflict,) = read_sheet(made(lambda page, _: fill(page, c1=["D9"], c4=["D2"])), book, NOTES).conflicts
    assert "'D9' is not a code" in conflict.detail
    assert conflict.row == 2
    assert NOTES["c1"] not in conflict.detail


def test_a_contact_of_another_study_and_a_shifted_row_are_listed(made, book):
    def change(page, _):
        fill(page, c1=["D1"], c2=["A1"], c4=["D2"])
        page.cell(2, 1).value, page.cell(3, 1).value = page.cell(3, 1).value, page.cell(2, 1).value

    read = read_sheet(made(change), book, NOTES)
    assert {c.rule for c in read.conflicts} == {"row shifted"}
    assert set(codes_of(read)) == {"c4"}
    known = {k: v for k, v in NOTES.items() if k != "c4"}
    read = read_sheet(made(lambda page, _: fill(page, c1=["D1"], c4=["D2"])), book, known)
    assert ("c4", "unknown contact") in [(c.contact_id, c.rule) for c in read.conflicts]


def no_rows(page, _):
    page.delete_rows(2, page.max_row)


def renamed(page, _):
    page.cell(1, HEADINGS.index("code 2") + 1).value = "second code"


def doubled(page, _):
    page.cell(1, HEADINGS.index("code 2") + 1).value = "code 1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (no_rows, "holds no contacts"),
        (lambda *_: None, "4 contacts, and none of them is coded"),
        (renamed, "column 'code 2' is missing or was renamed. The column 'second code' is not ours"),
        (doubled, "column 'code 2' is missing"),
        (lambda _, book: book.remove(book["Contacts"]), "there is no page 'Contacts'"),
        (lambda _, book: book.remove(book["About"]), "there is no page 'About'"),
        (lambda _, book: setattr(book["About"]["B2"], "value", None), "coder is empty"),
        (lambda _, book: setattr(book["About"]["B3"], "value", "third"), "sheet is not known"),
        (lambda _, book: setattr(book["About"]["B4"], "value", "other"), "coded with codebook 'other'"),
        (lambda _, book: setattr(book["About"]["B5"], "value", "9.0"), "coded with codebook version 9.0"),
        (lambda _, book: setattr(book["About"]["B5"], "value", "new"), "version is not a version"),
    ],
)
def test_a_workbook_that_is_not_whole_is_refused(made, book, change, said):
    with pytest.raises(RequestError) as refused:
        read_sheet(made(change), book, NOTES)
    assert said in refused.value.found


def test_what_is_no_workbook_is_refused(book, tmp_path):
    for name, content in (("a.xlsx", b"not a workbook"), ("b.xls", b"\xd0\xcf\x11\xe0"), ("c.xlsx", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(RequestError, match="not an Excel workbook"):
            read_sheet(path, book, NOTES)
    with pytest.raises(RequestError, match="no such file"):
        read_sheet(tmp_path / "none.xlsx", book, NOTES)


def test_a_second_coders_sheet_says_to_code_alone_and_cells_have_lists(made):
    workbook = load_workbook(made(sheet="second"))
    about = " ".join(str(c.value) for c in workbook["About"]["B"])
    assert "Code alone" in about
    (codes, nothing) = workbook["Contacts"].data_validations.dataValidation
    assert codes.formula1 == "=Lists!$A$1:$A$24"
    assert nothing.formula1 == "=Lists!$B$1:$B$2"
    assert workbook["Codebook"].max_row == 25


def test_on_paper_a_row_stays_on_one_sheet_under_its_headings(made):
    for name in ("Contacts", "Codebook"):
        page = load_workbook(made())[name]
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
        assert page.page_setup.orientation == "landscape"
        assert page.print_title_rows == "$1:$1"


def test_paper_shows_the_number_the_note_and_the_codes_only_and_large_enough_to_read(made):
    page = load_workbook(made())["Contacts"]
    first, last = (get_column_letter(HEADINGS.index(h) + 1) for h in ("note", "no code"))
    assert page.print_area == f"'Contacts'!${first}$1:${last}${page.max_row}"
    assert page.print_title_cols == "$A:$A"
    printed = ["A", *(get_column_letter(k) for k in range(HEADINGS.index("note") + 1, HEADINGS.index("no code") + 2))]
    # A4 on its side holds about 145 characters of 11 points: at most 1.45 times that keeps letters above 7.5 points
    assert sum(page.column_dimensions[letter].width for letter in printed) <= 1.45 * 145


def test_a_row_is_as_tall_as_its_note(made):
    page = load_workbook(made())["Contacts"]
    for n in range(2, page.max_row + 1):
        note = page.cell(n, HEADINGS.index("note") + 1).value
        lines = len(note) / page.column_dimensions[get_column_letter(HEADINGS.index("note") + 1)].width
        assert page.row_dimensions[n].height >= 15 * lines


def test_an_older_sheet_is_migrated_and_what_must_be_coded_again_is_listed(made, book):
    path = made(lambda page, _: fill(page, c1=["D1"], c2=["C5"], c4=["D2"]))
    newer = book.model_copy(
        update={
            "version": "1.1",
            "migrations": (
                Migration(before="1.0", kind="rename", sources=("C5",), into=("C4",)),
                Migration(before="1.0", kind="retire", sources=("D2",)),
            ),
        }
    )
    read = read_sheet(path, Codebook.model_validate(newer.model_dump()), NOTES)
    assert codes_of(read) == {"c1": ("D1",), "c2": ("C4",)}
    assert [(c.contact_id, c.rule) for c in read.conflicts] == [("c4", "code again")]


def record(contact="c1", coder="KM", sheet="main", codes=("D1",), version="1.0"):
    return CodedContact(contact_id=contact, coder=coder, sheet=sheet, codes=codes, version=version)


def test_two_codings_by_one_coder_are_a_conflict_and_neither_is_taken():
    got, conflicts = merge([], [(record(), "a.xlsx", 2), (record(codes=("D2",)), "b.xlsx", 5)], replace_old=False)
    assert got == ()
    assert conflicts[0].rule == "two codings by one coder"
    assert conflicts[0].detail == "KM coded it as D1 and as D2 (a.xlsx row 2, b.xlsx row 5)"
    got, conflicts = merge([], [(record(), "a.xlsx", 2), (record(), "b.xlsx", 5)], replace_old=False)
    assert (len(got), conflicts) == (1, ())


def test_a_later_coding_replaces_an_earlier_one_only_when_asked():
    new = [(record(codes=("D2",)), "a.xlsx", 2)]
    got, conflicts = merge([record()], new, replace_old=False)
    assert [r.codes for r in got] == [("D1",)]
    assert [c.rule for c in conflicts] == ["changed since it was read"]
    got, conflicts = merge([record()], new, replace_old=True)
    assert [r.codes for r in got] == [("D2",)]
    assert conflicts == ()


def test_which_coding_the_analysis_reads():
    agreed = [
        record(),
        record(coder="PL", sheet="second", codes=("D2",)),
        record(coder="both", sheet="agreed", codes=()),
    ]
    chosen, conflicts = reviewed([record(coder="PL", sheet="second", codes=("D2",))])
    assert chosen["c1"].codes == ("D2",)
    chosen, _ = reviewed(agreed[:2])
    assert chosen["c1"].codes == ("D1",)
    chosen, _ = reviewed(agreed)
    assert chosen["c1"].sheet == "agreed"
    chosen, conflicts = reviewed([record(), record(coder="PL", codes=("D2",))])
    assert chosen == {}
    assert conflicts[0].rule == "two main codings differ"


def test_the_kept_file_round_trips_and_names_what_it_cannot_read(book):
    records = (record(codes=("A1", "D1")), record(contact="c2", codes=("not_ot",)))
    assert from_rows([as_row(r) for r in records], book, "contact_codes.csv") == (records, ())
    bad = [
        as_row(record(codes=("Q1",))),
        as_row(record(contact="c3", codes=("A1", "not_ot"))),
        as_row(record(contact="c4", codes=())),
    ]
    got, conflicts = from_rows(bad, book, "contact_codes.csv")
    assert got == ()
    assert [(c.row, c.rule) for c in conflicts] == [(2, "unknown code"), (3, "codes and no code"), (4, "blank")]
    with pytest.raises(RequestError, match=r"version 2\.0"):
        from_rows([as_row(record(version="2.0"))], book, "contact_codes.csv")


def test_what_counts_of_a_record():
    assert record().counted == ("D1",)
    assert record(codes=("not_ot",)).counted == ()
    assert record(codes=("cannot_tell",)).counted is None


def test_the_second_coder_s_sample_is_stratified_random_and_repeatable():
    ids = [f"c{i:03d}" for i in range(100)]
    strata = ["visit"] * 80 + ["phone"] * 18 + ["video"] * 2
    drawn = stratified(ids, strata, 0.2, 1)
    counts = [sum(strata[ids.index(c)] == s for c in drawn) for s in ("visit", "phone", "video")]
    assert counts == [16, 4, 1]
    assert drawn == stratified(ids[::-1], strata[::-1], 0.2, 1)
    assert drawn != stratified(ids, strata, 0.2, 2)
    often = sum("c000" in stratified(ids, strata, 0.2, s) for s in range(400))
    assert 50 <= often <= 112  # 80 expected, SD 8; four SD
    assert stratified([], [], 0.2, 1) == ()
