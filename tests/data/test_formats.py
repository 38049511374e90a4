"""One table, written in every format, reads the same; what is no table is refused with its reason."""

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest

from ot_eval.data.formats import Unreadable, encoding_of, read_raw

NAMES = ["id", "name", "n"]
ROWS = [["1", "Zoë O’Neill", "7"], ["2", 'a,b "c"\nd', ""]]
TEXT = 'id,name,n\n1,Zoë O’Neill,7\n2,"a,b ""c""\nd",\n'


def columns(raw):
    return {name: raw.table.column(name).to_pylist() for name in raw.table.column_names}


EXPECTED = {"id": ["1", "2"], "name": ["Zoë O’Neill", 'a,b "c"\nd'], "n": ["7", ""]}


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 (BOM)"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_encodings(tmp_path, encoding, said, newline):
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.replace("\n", newline).replace(f'c""{newline}', 'c""\n').encode(encoding))
    raw = read_raw(path)
    assert columns(raw) == EXPECTED
    assert raw.encoding == said


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(tmp_path, delimiter):
    path = tmp_path / "t.csv"
    path.write_text(f"id{delimiter}name\n1{delimiter}x\n", encoding="utf-8")
    assert columns(read_raw(path)) == {"id": ["1"], "name": ["x"]}


def test_utf8_is_decided_on_the_whole_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"id\n" + b"a\n" * 2_000_000 + "é\n".encode("cp1252"))
    assert encoding_of(path) == "cp1252"
    path.write_bytes(b"id\n" + b"ab" * 524_287 + "é\n".encode())  # a letter across the edge of a block
    assert encoding_of(path) == "utf-8"


def test_parquet_keeps_types(tmp_path):
    path = tmp_path / "t.parquet"
    pa.parquet.write_table(pa.table({"id": ["1"], "n": [7]}), path)
    raw = read_raw(path)
    assert raw.table.schema.field("n").type == pa.int64()


def test_excel_cells_become_the_text_a_csv_would_hold(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "when", "n", "share", "flag"])
    sheet.append([1, pd.Timestamp(2024, 2, 29), 7.0, 0.5, True])
    sheet.append([None, None, "=A2*2", None, None])
    sheet.append([None] * 5)
    book.save(tmp_path / "t.xlsx")
    raw = read_raw(tmp_path / "t.xlsx")
    assert columns(raw) == {
        "id": ["1", ""],
        "when": ["2024-02-29 00:00:00", ""],
        "n": ["7", "=A2*2"],
        "share": ["0.5", ""],
        "flag": ["yes", ""],
    }
    assert raw.formulas == ((3, "n"),)


def test_spss_gives_labels(tmp_path):
    frame = pd.DataFrame({"id": [1.0, 2.0], "sex": [1.0, 2.0], "name": ["a", ""]})
    pyreadstat.write_sav(frame, str(tmp_path / "t.sav"), variable_value_labels={"sex": {1: "female", 2: "male"}})
    assert columns(read_raw(tmp_path / "t.sav")) == {"id": ["1", "2"], "sex": ["female", "male"], "name": ["a", ""]}


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "dir.csv").mkdir()
    (tmp_path / "zero.csv").write_bytes(b"")
    (tmp_path / "blank.csv").write_bytes(b"\n\n")
    (tmp_path / "binary.csv").write_bytes(b"PK\x00\x01\x02" * 50)
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n1\n1,2,3\n", encoding="utf-8")
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n", encoding="utf-8")
    (tmp_path / "nameless.csv").write_text("a,\n1,2\n", encoding="utf-8")
    (tmp_path / "fake.parquet").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "fake.xlsx").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "fake.sav").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "odd.doc").write_text("a,b\n", encoding="utf-8")
    rules = {}
    for path in [*sorted(tmp_path.iterdir()), tmp_path / "gone.csv"]:
        with pytest.raises(Unreadable) as caught:
            read_raw(path)
        rules[path.name] = caught.value.rule
    assert rules == {
        "dir.csv": "not a file",
        "zero.csv": "empty file",
        "blank.csv": "empty file",
        "binary.csv": "not a table",
        "ragged.csv": "row width",
        "twice.csv": "repeated column",
        "nameless.csv": "row width",
        "fake.parquet": "not a table",
        "fake.xlsx": "not a table",
        "fake.sav": "not a table",
        "odd.doc": "not a table",
        "gone.csv": "missing file",
    }


def test_rows_of_the_wrong_width_are_counted_and_placed(tmp_path):
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n1\n1,2,3\n", encoding="utf-8")
    with pytest.raises(Unreadable) as caught:
        read_raw(tmp_path / "ragged.csv")
    assert (caught.value.count, caught.value.rows) == (2, (3, 4))
