"""Client Level Data, file to rows: dirt is read past and counted, whatever the format, header style or file order."""

from datetime import date

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from ot_eval.base.errors import DataError
from ot_eval.data.cld_read import ROW_COLUMNS
from ot_eval.data.formats import read_raw
from ot_eval.data.problems import Problems
from ot_eval.data.read import check_inputs, read_study

KEY = b"k" * 32
NHS = "9990000001"


def rows_of(inputs):
    """Return cld_rows as a sorted list of dictionaries."""
    return sorted(
        inputs.cld_rows.to_pyarrow().to_pylist(), key=lambda r: str(sorted((k, str(v)) for k, v in r.items()))
    )


def counts(found):
    problems = found.problems if not isinstance(found, Problems) else found.counts
    return {(c.file, c.column, c.rule, c.severity): c.count for c in problems}


@pytest.fixture
def write(folder, cld):
    """Write rows as a file of data/cld, with enough ended events to date it."""

    def written(name, *rows, months=("01/2025", "02/2025", "03/2025"), encoding="utf-8", **style):
        stated = {k: rows[0][k] for k in ("stated_start", "stated_end")} if rows else {}
        filler = cld.ended_events(*months, **({"stated": tuple(stated.values())} if stated else {}))
        (folder.cld / name).write_bytes(cld.as_csv([*rows, *filler], **style).encode(encoding))

    return written


def test_one_row_as_it_comes_out(folder, protocol, write, cld):
    write(
        "q.csv", cld.event(nhs_number=NHS, sex="Female", dementia="Yes", description="Personal care", provider_id="1-9")
    )
    inputs = read_study(folder, protocol, key=KEY)
    assert inputs.cld_rows.columns == tuple(ROW_COLUMNS)
    [row] = [r for r in rows_of(inputs) if r["planned_units"] == 10.0]
    person = row.pop("person_id")
    assert len(person) == 20
    assert {k: v for k, v in row.items() if v is not None} == {
        "file_no": 1,
        "file_name": "q.csv",
        "la_code": "511",
        "client_type": "service user",
        "event_type": "service",
        "start_date": date(2025, 1, 10),
        "service_type": "long term support: community",
        "service_component": "home support or domiciliary care",
        "unit_cost": 20.0,
        "cost_frequency": "hourly",
        "planned_units": 10.0,
        "description": "Personal care",
        "provider_id": "1-9",
        "birth_date": date(1940, 2, 1),
        "sex": "female",
        "dementia": "yes",
    }
    [file] = inputs.cld_files.to_pyarrow().to_pylist()
    assert file == {
        "file_no": 1,
        "file_name": "q.csv",
        "stated_start": date(2025, 1, 1),
        "stated_end": date(2025, 3, 31),
        "period_start": date(2025, 1, 1),
        "period_end": date(2025, 3, 31),
        "data_end": date(2025, 3, 31),
        "n_rows": 28,
        "release": "release 1",
        "header_style": "spaces",
        "encoding": "utf-8",
    }
    assert inputs.facts["data_end"] == "2025-03-31"


@pytest.mark.parametrize(
    ("rename", "style"),
    [
        (lambda h: h[:1] + h[1:].lower(), "spaces"),
        (lambda h: h.replace(" ", "_"), "underscores"),
        (lambda h: h.replace(" ", "_") + "_Raw", "national"),
        (str.upper, "spaces"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_header_style_and_encoding_do_not_change_the_rows(folder, protocol, write, cld, rename, style, encoding):
    row = cld.event(description="Zoë’s lines", **{"First Name": "Renée"})
    write("q.csv", row)
    plain = rows_of(read_study(folder, protocol, key=KEY))
    write("q.csv", row, rename=rename, encoding=encoding)
    inputs = read_study(folder, protocol, key=KEY)
    assert rows_of(inputs) == plain
    assert inputs.cld_files.to_pyarrow()["header_style"].to_pylist() == [style]


def test_release_2_wording_gives_the_same_rows(folder, protocol, write, cld):
    one = {"client_type": "Carer", "outcome": "No change in package", "service_component": "Carer Respite"}
    two = {
        "client_type": "Unpaid carer",
        "outcome": "Continuation of support or services",
        "service_component": "Unpaid carer respite",
    }
    write("q.csv", cld.event(**one))
    first = rows_of(read_study(folder, protocol, key=KEY))
    write("q.csv", cld.event(**two))
    assert rows_of(read_study(folder, protocol, key=KEY)) == first


DIRT = [
    {"start_date": "2025-01-10 00:00:00", "end_date": "10/02/2025 00:00"},
    {"sex": " FEMALE ", "dementia": "NULL", "unit_cost": "-20.50", "planned_units": "ten"},
    {"la_person_id": " P1 ", "nhs_number": NHS, "outcome": "Ended - local code 7"},
    {"start_date": "31/02/2025", "description": "b"},
    {"start_date": "12/02/2025", "end_date": "11/02/2025", "death_date": "01/02/2025", "description": "c"},
]


def test_dirt_is_counted_by_rule_and_listed_by_row(folder, protocol, write, cld):
    write("q.csv", *(cld.event(**d) for d in DIRT), cld.event(**DIRT[0]), cld.event(**DIRT[0]))
    problems = check_inputs(folder, protocol)
    found = counts(problems)
    expected = {
        ("Event Outcome", "invalid and not mapped"): 1,
        ("Event Start Date", "bad date"): 1,
        ("Event End Date", "end before start"): 1,
        ("Date of Death", "start after death"): 1,
        ("Planned units per week", "not a number"): 1,
        ("Unit Cost", "negative number"): 1,
        ("", "row given twice"): 2,
    }
    for (column, rule), n in expected.items():
        assert found["q.csv", column, rule, "noted"] == n, rule
    assert problems.refused == ()
    listed = {(p.row, p.column, p.rule, p.value) for p in problems.rows if p.file == "q.csv"}
    assert (3, "Planned units per week", "not a number", "ten") in listed
    assert (4, "Event Outcome", "invalid and not mapped", "Ended - local code 7") in listed
    assert (5, "Event Start Date", "bad date", "31/02/2025") in listed
    text = (folder.work / "problems.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "file,row,column,rule,value"
    assert "q.csv,3,Planned units per week,not a number,ten" in text


def test_dirty_rows_are_kept(folder, protocol, write, cld):
    write("q.csv", *(cld.event(**d) for d in DIRT), cld.event(**DIRT[0]))
    inputs = read_study(folder, protocol, key=KEY)
    mine = [r for r in rows_of(inputs) if r["service_component"] == "home support or domiciliary care"]
    assert len(mine) == 5
    assert {r["outcome"] for r in mine} == {None, "invalid and not mapped"}
    assert sorted(r["unit_cost"] for r in mine) == [-20.5, 20.0, 20.0, 20.0, 20.0]
    assert sum(r["start_date"] is None for r in mine) == 1
    assert len({r["person_id"] for r in mine}) == 1


def test_rows_that_differ_only_in_a_field_that_is_not_read_are_two_lines(folder, protocol, write, cld):
    """Rule 5: Event Reference is compared within a file."""
    same = [cld.event(**{"Event Reference": "A"})] * 2
    write("q.csv", *same, cld.event(**{"Event Reference": "B"}))
    inputs = read_study(folder, protocol, key=KEY)
    assert sum(r["planned_units"] == 10.0 for r in rows_of(inputs)) == 2


def test_every_format_reads_the_same(folder, protocol, write, cld):
    write("q.csv", *(cld.event(**d) for d in DIRT), cld.event(**DIRT[0]), cld.event(nhs_number=NHS, la_person_id="D9"))
    inputs = read_study(folder, protocol, key=KEY)
    from_csv, noted = rows_of(inputs), counts(inputs)
    text = read_raw(folder.cld / "q.csv").table
    (folder.cld / "q.csv").unlink()
    typed = text.set_column(
        text.column_names.index("Planned units per week"),
        "Planned units per week",
        pa.array([None if v in ("", "ten") else float(v) for v in text["Planned units per week"].to_pylist()]),
    )
    book = openpyxl.Workbook()
    for row in [text.column_names, *zip(*text.to_pydict().values(), strict=True)]:
        book.active.append(row)
    for name, save in {
        "q.parquet": lambda path: pa.parquet.write_table(text, path, row_group_size=7),
        "typed.parquet": lambda path: pa.parquet.write_table(typed, path),
        "q.xlsx": book.save,
    }.items():
        save(folder.cld / name)
        again = read_study(folder, protocol, key=KEY)
        assert [{**r, "file_name": "q.csv"} for r in rows_of(again)] == from_csv, name
        if name != "typed.parquet":
            assert {("q.csv" if f == name else f, *rest): n for (f, *rest), n in counts(again).items()} == noted, name
        (folder.cld / name).unlink()


def test_typed_dates_of_parquet(folder, protocol, write, cld):
    write("q.csv", cld.event())
    from_csv = rows_of(read_study(folder, protocol, key=KEY))
    text = read_raw(folder.cld / "q.csv").table
    (folder.cld / "q.csv").unlink()
    for kind in (pa.date32(), pa.timestamp("us")):
        table = text
        for name in ("Event Start Date", "Event End Date", "Date of Birth", "Date of Death"):
            days = pa.compute.strptime(text[name], "%d/%m/%Y", "s", error_is_null=True).cast(pa.date32())
            table = table.set_column(table.column_names.index(name), name, days.cast(kind))
        pa.parquet.write_table(table, folder.cld / "q.parquet")
        again = read_study(folder, protocol, key=KEY)
        assert [{**r, "file_name": "q.csv"} for r in rows_of(again)] == from_csv


def quarter(write, cld, name, months, stated, *rows):
    write(name, *(dict(r, stated_start=stated[0], stated_end=stated[1]) for r in rows or [cld.event()]), months=months)


def test_files_are_put_in_the_order_of_the_periods_their_rows_show(folder, protocol, write, cld):
    quarter(write, cld, "z_oldest.csv", ("01/2025", "02/2025", "03/2025"), ("01/01/2025", "31/03/2025"))
    quarter(write, cld, "a_newest.csv", ("07/2025", "08/2025"), ("01/07/2025", "30/09/2025"))
    quarter(write, cld, "m_middle.csv", ("04/2025", "05/2025", "06/2025"), ("01/01/2025", "31/03/2025"))
    inputs = read_study(folder, protocol, key=KEY)
    files = inputs.cld_files.order_by("file_no").to_pyarrow().to_pylist()
    assert [(f["file_name"], f["period_start"], f["period_end"]) for f in files] == [
        ("z_oldest.csv", date(2025, 1, 1), date(2025, 3, 31)),
        ("m_middle.csv", date(2025, 4, 1), date(2025, 6, 30)),
        ("a_newest.csv", date(2025, 7, 1), date(2025, 8, 31)),
    ]
    assert inputs.facts["data_end"] == "2025-08-31"
    found = counts(inputs)
    assert found["m_middle.csv", "Reporting Period End Date", "wrong stated period", "noted"] == 1
    assert found["a_newest.csv", "Reporting Period End Date", "truncated quarter", "noted"] == 1
    assert not any(file == "z_oldest.csv" for file, *_ in found if "period" in found)


def test_the_same_file_twice_is_read_once(folder, protocol, write, cld):
    write("a.csv", cld.event())
    once = rows_of(read_study(folder, protocol, key=KEY))
    (folder.cld / "b.csv").write_bytes((folder.cld / "a.csv").read_bytes())
    inputs = read_study(folder, protocol, key=KEY)
    assert rows_of(inputs) == once
    assert counts(inputs)["b.csv", "", "same file twice", "noted"] == 1


def test_two_files_for_one_period_are_told_and_ordered_by_name(folder, protocol, write, cld):
    write("b.csv", cld.event(planned_units="12"))
    write("a.csv", cld.event())
    inputs = read_study(folder, protocol, key=KEY)
    assert counts(inputs)["b.csv", "", "two files for one period", "noted"] == 1
    event = [e for e in inputs.cld_events.to_pyarrow().to_pylist() if e["planned_units"]]
    assert [(e["planned_units"], e["last_file_no"]) for e in event] == [(12.0, 2)]


def test_events_are_the_merged_history(folder, protocol, write, cld):
    stated = ("01/01/2025", "31/03/2025")
    quarter(write, cld, "1.csv", ("01/2025", "02/2025", "03/2025"), stated, cld.event(), cld.event(description="gone"))
    quarter(write, cld, "2.csv", ("04/2025", "05/2025", "06/2025"), ("01/04/2025", "30/06/2025"), cld.event())
    events = read_study(folder, protocol, key=KEY).cld_events.to_pyarrow().to_pylist()
    mine = {(e["description"], e["end_date"], e["last_file_no"]) for e in events if e["planned_units"]}
    assert mine == {(None, None, 2), ("gone", date(2025, 3, 31), 1)}


def test_a_row_without_any_person_is_left_out_and_counted(folder, protocol, write, cld):
    write("q.csv", cld.event(la_person_id="", nhs_number="NULL"), cld.event(la_person_id="", nhs_number=NHS))
    inputs = read_study(folder, protocol, key=KEY)
    assert sum(r["planned_units"] == 10.0 for r in rows_of(inputs)) == 1
    assert counts(inputs)["q.csv", "LA Person Unique Identifier", "row without a person", "noted"] == 1


# -- what is refused ----------------------------------------------------------------------------------------------


def refused(folder, protocol, match):
    with pytest.raises(DataError, match=match) as caught:
        read_study(folder, protocol, key=KEY)
    assert caught.value.exit_code == 1
    assert str(caught.value).count("\n") == 2
    return check_inputs(folder, protocol)


def test_missing_columns_of_all_files_are_told_at_once(folder, protocol, write, cld):
    write("a.csv", headers=[h for h in cld.headers if h != "Event Start Date"])
    write("b.csv", headers=["Event Tipe" if h == "Event Type" else h for h in cld.headers])
    problems = refused(folder, protocol, "missing column")
    assert {(c.file, c.column, c.note) for c in problems.refused} == {
        ("a.csv", "Event Start Date", ""),
        ("b.csv", "Event Type", "Did you mean 'Event Tipe'?"),
    }


def test_unreadable_files_are_told_at_once(folder, protocol, cld):
    (folder.cld / "empty.csv").write_bytes(b"")
    (folder.cld / "folder.csv").mkdir()
    (folder.cld / "header.csv").write_text(cld.as_csv([]), encoding="utf-8")
    (folder.cld / "fake.parquet").write_text("x", encoding="utf-8")
    (folder.cld / "ragged.csv").write_text("a,b\n1\n", encoding="utf-8")
    problems = refused(folder, protocol, "empty file")
    assert {(c.file, c.rule) for c in problems.refused} == {
        ("empty.csv", "empty file"),
        ("folder.csv", "not a file"),
        ("header.csv", "empty file"),
        ("fake.parquet", "not a table"),
        ("ragged.csv", "row width"),
    }


def test_a_file_without_a_complete_month_is_refused(folder, protocol, write, cld):
    write("q.csv", cld.event(), months=())
    refused(folder, protocol, "no complete month")


def test_month_first_files_are_refused(folder, protocol, write, cld):
    write("q.csv", *(cld.event(start_date=f"01/{d}/2025", description=str(d)) for d in range(13, 28)))
    refused(folder, protocol, "month-first dates")


def test_two_people_with_one_id_are_refused(folder, protocol, write, cld):
    other = cld.event(nhs_number="9990000002", birth_date="01/02/1950")
    write("q.csv", cld.event(nhs_number=NHS), other)
    problems = refused(folder, protocol, "two people with one id")
    assert [p.value for p in problems.rows if p.rule == "two people with one id"] == ["P1"]


def test_a_placeholder_nhs_number_is_refused(folder, protocol, write, cld):
    write("q.csv", *(cld.event(la_person_id=f"X{i}", nhs_number="1234567890") for i in range(6)))
    refused(folder, protocol, "shared NHS number")


def test_office_lock_files_and_other_formats_are_passed_over(folder, protocol, write, cld):
    write("q.csv", cld.event())
    (folder.cld / "~$q.xlsx").write_bytes(b"lock")
    (folder.cld / "readme.txt").write_text("hello", encoding="utf-8")
    assert read_study(folder, protocol, key=KEY).cld_rows is not None
