"""Every rule of a table's declaration is enforced, all problems at once, with line and value in the private list."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from ot_eval.data.conversion import TYPES
from ot_eval.data.formats import RawTable
from ot_eval.data.own_words import OwnWords
from ot_eval.data.problems import ProblemList
from ot_eval.data.schema import CARERS, CONTACTS, EPISODES, GOALS, PACKAGES, PEOPLE, PROVIDERS, SCORES
from ot_eval.data.validate import check_table

CONTACT = {
    "contact_id": "C1",
    "person_id": "P1",
    "date": "2024-05-01",
    "staff_role": "OT",
    "minutes": "45",
    "mode": "phone",
}


def run(table, rows, columns=None, formulas=(), **types):
    names = columns or list(rows[0])
    arrow = pa.table({n: pa.array([r.get(n, "") for r in rows], types.get(n, pa.string())) for n in names})
    from pathlib import Path

    raw = RawTable(path=Path(f"{table.name}.csv"), table=arrow, encoding="utf-8", formulas=formulas)
    problems = ProblemList()
    typed, facts = check_table(raw, table, OwnWords.of(), problems)
    return typed, problems.freeze(), facts


def found(problems):
    return {(c.column, c.rule, c.severity): c.count for c in problems.counts}


def test_a_clean_table_is_typed_and_complete():
    typed, problems, facts = run(CONTACTS, [CONTACT])
    assert problems.counts == ()
    assert typed.column_names == [c.name for c in CONTACTS.columns]
    assert [typed.schema.field(c.name).type for c in CONTACTS.columns] == [TYPES[c.kind] for c in CONTACTS.columns]
    assert typed.to_pylist()[0] == {
        "contact_id": "C1",
        "person_id": "P1",
        "date": date(2024, 5, 1),
        "staff_role": "occupational_therapist",
        "minutes": 45.0,
        "mode": "phone",
        "note": None,
        "codes": None,
    }
    assert facts == {"date style, contacts.csv date": "ISO"}


def test_headers_may_differ_in_case_and_punctuation_and_extra_columns_are_noted():
    row = {"Contact ID": "C1", "PERSON_ID": "P1", "Date": "01/05/2024", "Staff role": "OT", "Minuts": "3"}
    typed, problems, _ = run(CONTACTS, [row])
    assert found(problems) == {("Minuts", "extra column", "noted"): 1}
    assert problems.counts[0].note == "Did you mean 'minutes'?"
    assert typed["date"].to_pylist() == [date(2024, 5, 1)]


def test_a_missing_required_column_is_refused_with_the_nearest_name():
    row = {k: v for k, v in CONTACT.items() if k != "staff_role"} | {"staf_role": "OT"}
    _, problems, _ = run(CONTACTS, [row])
    missing = problems.refused[0]
    assert (missing.column, missing.rule, missing.note) == ("staff_role", "missing column", "Did you mean 'staf_role'?")


def test_all_problems_of_a_table_are_found_at_once():
    rows = [
        CONTACT,
        {**CONTACT, "contact_id": "C2", "date": "31/04/2024"},
        {**CONTACT, "contact_id": "C3", "minutes": "an hour"},
        {**CONTACT, "contact_id": "C4", "minutes": "-5"},
        {**CONTACT, "contact_id": "C5", "minutes": "1441"},
        {**CONTACT, "contact_id": "C6", "person_id": " "},
        {**CONTACT, "contact_id": "C7", "staff_role": "NULL"},
        {**CONTACT, "contact_id": "C8", "staff_role": "Podiatrist", "mode": "pigeon"},
        {**CONTACT, "contact_id": "C1", "minutes": "46"},
        CONTACT,
    ]
    typed, problems, _ = run(CONTACTS, rows)
    assert found(problems) == {
        ("date", "bad date", "refused"): 1,
        ("minutes", "not a number", "refused"): 1,
        ("minutes", "out of range", "refused"): 2,
        ("person_id", "missing value", "refused"): 1,
        ("staff_role", "missing value", "refused"): 1,
        ("staff_role", "word without a mapping", "noted"): 1,
        ("mode", "word without a mapping", "noted"): 1,
        ("contact_id", "one id, different rows", "refused"): 2,
        ("", "row given twice", "noted"): 1,
    }
    listed = {(p.row, p.column, p.rule, p.value) for p in problems.rows}
    assert (3, "date", "bad date", "31/04/2024") in listed
    assert (4, "minutes", "not a number", "an hour") in listed
    assert (10, "contact_id", "one id, different rows", "C1") in listed
    assert typed.filter(pa.compute.equal(typed["contact_id"], "C8"))["staff_role"].to_pylist() == ["other"]


def test_rows_given_twice_are_one_row():
    typed, problems, _ = run(SCORES, [dict(zip(SCORES.key, "abcde", strict=True)) | {"value": "1", "date": "2024-01-01",
                                      "timepoint": "baseline"}] * 3)  # fmt: skip
    assert typed.num_rows == 1
    assert found(problems) == {("", "row given twice", "noted"): 2}


def test_two_people_with_one_id():
    _, problems, _ = run(PEOPLE, [{"person_id": "P1", "sex": "female"}, {"person_id": "P1", "sex": "male"}])
    assert found(problems) == {("person_id", "two people with one id", "refused"): 2}


def test_a_blank_part_of_a_key_is_a_value():
    row = {"person_id": "P1", "start_date": "2024-01-01", "service": "home_care", "hours_per_week": "7"}
    _, problems, _ = run(PACKAGES, [{**row, "provider_id": ""}, {**row, "provider_id": "X"}])
    assert problems.counts == ()


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (EPISODES, {"episode_id": "E", "person_id": "P", "setting": "home"}),
        (PACKAGES, {"person_id": "P", "service": "day"}),
    ],
)
def test_end_before_start_is_refused(table, row):
    good = {**row, "start_date": "01/05/2024", "end_date": "01/05/2024"}
    bad = {**row, "start_date": "02/05/2024", "end_date": "2024-05-01"}
    assert found(run(table, [good])[1]) == {}
    assert found(run(table, [bad])[1]) == {("end_date", "end before start", "refused"): 1}


def test_carers_leave_after_they_start():
    row = {"carer_id": "C", "provider_id": "X", "start_date": "2024-05-02", "leave_date": "2024-05-01"}
    assert found(run(CARERS, [row])[1]) == {("leave_date", "end before start", "refused"): 1}


def test_unknown_value_of_a_closed_list_is_refused():
    _, problems, _ = run(
        EPISODES, [{"episode_id": "E", "person_id": "P", "setting": "tent", "start_date": "2024-01-01"}]
    )
    assert found(problems) == {("setting", "unknown value", "refused"): 1}
    assert "home" in problems.refused[0].note
    assert "tent" not in problems.refused[0].note


def test_an_arm_that_is_not_in_the_list_is_refused():
    assert found(run(PROVIDERS, [{"provider_id": "X", "arm": "maybe"}])[1]) == {("arm", "unknown value", "refused"): 1}


def test_month_first_and_mixed_dates_are_refused():
    rows = [{**CONTACT, "contact_id": str(i), "date": d} for i, d in enumerate(["05/13/2024", "05/06/2024"])]
    assert found(run(CONTACTS, rows)[1]) == {("date", "month-first dates", "refused"): 1}
    rows.append({**CONTACT, "contact_id": "9", "date": "13/05/2024"})
    assert found(run(CONTACTS, rows)[1]) == {("date", "ambiguous date style", "refused"): 1}


def test_whole_numbers():
    row = {"person_id": "P", "goal_id": "G", "date": "2024-01-01", "timepoint": "end"}
    assert found(run(GOALS, [{**row, "level": "-2"}])[1]) == {}
    assert found(run(GOALS, [{**row, "level": "0.5"}])[1]) == {("level", "not a whole number", "refused"): 1}
    assert found(run(GOALS, [{**row, "level": "-3"}])[1]) == {("level", "out of range", "refused"): 1}


def test_months_and_date_times():
    typed, problems, _ = run(
        PEOPLE, [{"person_id": "A", "birth_month": "1940-02"}, {"person_id": "B", "birth_month": ""}]
    )
    assert problems.counts == ()
    assert typed["birth_month"].to_pylist() == [date(1940, 2, 1), None]
    assert found(run(PEOPLE, [{"person_id": "A", "birth_month": "Feb 1940"}])[1]) == {
        ("birth_month", "bad date", "refused"): 1
    }
    row = {"episode_id": "E", "person_id": "P", "setting": "home", "start_date": "2024-01-01"}
    typed, problems, _ = run(
        EPISODES, [{**row, "assessed_at": t, "episode_id": t} for t in ("02/01/2024 9:05", "2024-01-03")]
    )
    assert problems.counts == ()
    assert typed["assessed_at"].to_pylist() == [datetime(2024, 1, 2, 9, 5), datetime(2024, 1, 3)]  # noqa: DTZ001


def test_formula_cells_are_refused():
    _, problems, _ = run(CONTACTS, [CONTACT], formulas=((2, "minutes"),))
    assert found(problems) == {("minutes", "formula", "refused"): 1}


def test_typed_columns_of_parquet_read_as_text_would():
    rows = [{**CONTACT, "person_id": 17, "minutes": 45.0, "date": date(2024, 5, 1)}]
    typed, problems, _ = run(CONTACTS, rows, person_id=pa.int64(), minutes=pa.float64(), date=pa.date32())
    assert problems.counts == ()
    assert typed.to_pylist()[0]["person_id"] == "17"
    assert typed["minutes"].to_pylist() == [45.0]


def test_a_float_id_loses_its_point_zero():
    typed, _, _ = run(PEOPLE, [{"person_id": 1001.0}], person_id=pa.float64())
    assert typed["person_id"].to_pylist() == ["1001"]
