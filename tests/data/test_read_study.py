"""A study as read: tables and Client Level Data together, private and whole, or refused with every reason."""

import gc
import hashlib
import os
import shutil
import stat
from datetime import date

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol import Protocol, Reading
from ot_eval.data.formats import read_raw
from ot_eval.data.pseudonyms import load_key, pseudonyms
from ot_eval.data.read import assert_unchanged, check_inputs, read_study, read_tables

KEY = b"k" * 32
CONTACTS = "contact_id,person_id,date,staff_role,minutes,mode,note\n"
CONTACT = "C1,P1,01/02/2025,OT,45,Home visit,Practised stairs with Ann\n"


@pytest.fixture
def write(folder):
    """Write a file of the data folder."""

    def written(name, text):
        (folder.data / name).write_text(text, encoding="utf-8")

    return written


@pytest.fixture
def with_cld(folder, cld):
    """Put one quarter of Client Level Data in place: P1 and D1 share an NHS number."""
    rows = [cld.event(nhs_number="9990000001"), cld.event(nhs_number="9990000001", la_person_id="D1", description="2")]
    text = cld.as_csv([*rows, *cld.ended_events("01/2025", "02/2025", "03/2025")])
    (folder.cld / "q.csv").write_text(text, encoding="utf-8")


def test_tables_by_any_of_their_names_typed_and_complete(folder, protocol, write):
    write("ot_contacts.csv", CONTACTS + CONTACT)
    write("providers.csv", "provider_id,arm,coaching_start\nX,usual,\nY,coached,03/06/2024\n")
    inputs = read_study(folder, protocol, key=KEY)
    assert set(inputs.tables) == {"contacts", "providers"}
    assert (inputs.cld_rows, inputs.cld_files, inputs.cld_events) == (None, None, None)
    [contact] = inputs.tables["contacts"].to_pyarrow().to_pylist()
    assert contact == {
        "contact_id": "C1",
        "person_id": pseudonyms(["P1"], KEY, kind="person")[0],
        "date": date(2025, 2, 1),
        "staff_role": "occupational_therapist",
        "minutes": 45.0,
        "mode": "home_visit",
        "note": "Practised stairs with Ann",
        "codes": None,
    }
    providers = inputs.tables["providers"].to_pyarrow().to_pylist()
    assert sorted((p["arm"], p["coaching_start"], p["wave"]) for p in providers) == [
        ("coached", date(2024, 6, 3), None),
        ("usual_care", None, None),
    ]
    assert inputs.facts["date style, ot_contacts.csv date"] == "day first"


def test_extra_files_reach_the_same_person_by_any_of_their_local_ids(folder, protocol, write, with_cld):
    write("contacts.csv", CONTACTS + CONTACT + CONTACT.replace("C1,P1", "C2, D1 ") + CONTACT.replace("C1,P1", "C3,NEW"))
    inputs = read_study(folder, protocol, key=KEY)
    ids = {r["contact_id"]: r["person_id"] for r in inputs.tables["contacts"].to_pyarrow().to_pylist()}
    home_care = inputs.cld_rows.filter(inputs.cld_rows.planned_units == 10).to_pyarrow()["person_id"].to_pylist()
    assert set(home_care) == {ids["C1"]} == {ids["C2"]}
    assert ids["C3"] not in home_care
    noted = [c for c in inputs.problems if c.rule == "person not in Client Level Data"]
    assert [(c.file, c.count, c.severity) for c in noted] == [("contacts.csv", 1, "noted")]


def test_carers_and_people_never_share_a_pseudonym(folder, protocol, write):
    write("carers.csv", "carer_id,provider_id,role\nP1,X,home_carer\n")
    write("people.csv", "person_id,sex\nP1,female\n")
    inputs = read_study(folder, protocol, key=KEY)
    carer = inputs.tables["carers"].to_pyarrow()["carer_id"].to_pylist()
    person = inputs.tables["people"].to_pyarrow()["person_id"].to_pylist()
    assert carer != person
    assert "P1" not in carer + person


def test_no_identifier_leaves_the_reader(folder, protocol, write, cld):
    secrets = {
        "la_person_id": "LOCAL-7788",
        "nhs_number": "9991112223",
        "First Name": "Wilhelmina",
        "Last Name": "Featherstone",
        "Postcode": "ZZ9 9XX",
        "GP Practice Code": "Z98765",
        "GP Practice Name": "Hidden Surgery",
        "Adult 1 Linked Person_ID": "LINKED-5566",
        "Accommodation Status": "Lives with dog",
    }
    rows = [cld.event(**secrets), *cld.ended_events("01/2025", "02/2025", "03/2025")]
    (folder.cld / "q.csv").write_text(cld.as_csv(rows), encoding="utf-8")
    write("contacts.csv", CONTACTS + CONTACT.replace("P1", "LOCAL-7788"))
    inputs = read_study(folder, protocol, key=KEY)
    tables = [inputs.cld_rows, inputs.cld_files, inputs.cld_events, *inputs.tables.values()]
    out = " ".join(str(t.to_pyarrow().to_pylist()) for t in tables)
    out += str(inputs.problems) + str(inputs.facts) + str(inputs.inputs)
    assert not [value for value in secrets.values() if value in out]
    assert "Wilhelmina" in (folder.cld / "q.csv").read_text()


def test_the_same_key_gives_the_same_pseudonyms_and_another_does_not(folder, protocol, write, with_cld):
    def people(key):
        return set(read_study(folder, protocol, key=key).cld_rows.to_pyarrow()["person_id"].to_pylist())

    assert people(KEY) == people(KEY)
    assert people(KEY).isdisjoint(people(b"x" * 32))


def test_the_key_is_made_on_first_use(folder, protocol, write):
    write("contacts.csv", CONTACTS + CONTACT)
    inputs = read_study(folder, protocol)
    expected = pseudonyms(["P1"], load_key(folder), kind="person")
    assert inputs.tables["contacts"].to_pyarrow()["person_id"].to_pylist() == expected


def test_only_named_tables_are_read(folder, protocol, write, with_cld):
    write("contacts.csv", CONTACTS + CONTACT)
    write("scores.csv", "broken")
    inputs = read_tables(folder, protocol, names=["contacts"], key=KEY)
    assert set(inputs.tables) == {"contacts"}
    assert inputs.cld_rows is None
    assert [i.name for i in inputs.inputs] == ["contacts.csv"]


def test_a_table_with_headings_alone_counts_as_not_given(folder, protocol, write):
    write("contacts.csv", CONTACTS)
    write("providers.csv", "provider_id,arm\nX,usual\n")
    inputs = read_study(folder, protocol, key=KEY)
    assert set(inputs.tables) == {"providers"}
    assert [(c.file, c.rule, c.severity) for c in inputs.problems] == [("contacts.csv", "no rows", "noted")]


def test_the_protocol_s_own_words_are_used(folder, write):
    reading = Reading(role_words={"Rehab Tech": "ot_assistant"}, mode_words={"FT": "video"})
    protocol = Protocol(study="test", title="A test", question="What happens?", reading=reading)
    write("contacts.csv", CONTACTS + CONTACT.replace("OT,", "rehab tech,").replace("Home visit", "ft"))
    [contact] = read_study(folder, protocol, key=KEY).tables["contacts"].to_pyarrow().to_pylist()
    assert (contact["staff_role"], contact["mode"]) == ("ot_assistant", "video")


@pytest.mark.parametrize("suffix", ["xlsx", "sav", "parquet"])
def test_other_formats_of_a_table(folder, protocol, write, suffix):
    write("contacts.csv", CONTACTS + CONTACT)
    from_csv = read_study(folder, protocol, key=KEY).tables["contacts"].to_pyarrow().to_pylist()
    frame = read_raw(folder.data / "contacts.csv").table.to_pandas()
    (folder.data / "contacts.csv").unlink()
    path = folder.data / f"contacts.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "sav":
        pyreadstat.write_sav(frame.assign(minutes=frame.minutes.astype(float)), str(path))
    else:
        frame.assign(minutes=45, date=pd.Timestamp(2025, 2, 1)).to_excel(path, index=False)
    assert read_study(folder, protocol, key=KEY).tables["contacts"].to_pyarrow().to_pylist() == from_csv


def test_inputs_are_listed_with_their_hash_and_rows(folder, protocol, write, with_cld):
    write("contacts.csv", CONTACTS + CONTACT)
    inputs = read_study(folder, protocol, key=KEY)
    assert [(i.name, i.rows) for i in inputs.inputs] == [("cld/q.csv", 29), ("contacts.csv", 1)]
    assert inputs.inputs[1].sha256 == hashlib.sha256((CONTACTS + CONTACT).encode()).hexdigest()


def test_an_input_that_changes_during_the_run_is_refused(folder, protocol, write, with_cld):
    write("contacts.csv", CONTACTS + CONTACT)
    inputs = read_study(folder, protocol, key=KEY)
    assert_unchanged(inputs)
    write("contacts.csv", CONTACTS + CONTACT + CONTACT.replace("C1", "C2"))
    with pytest.raises(DataError, match=r"1 input\(s\) changed.*contacts\.csv"):
        assert_unchanged(inputs)
    write("contacts.csv", CONTACTS + CONTACT)
    assert_unchanged(inputs)
    (folder.cld / "q.csv").unlink()
    with pytest.raises(DataError, match=r"cld/q\.csv"):
        assert_unchanged(inputs)


# -- what is refused ----------------------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_told_at_once(folder, protocol, write):
    write("contacts.csv", "contact_id,person_id,date\nC1,P1,31/02/2025\n")
    write("people.csv", "person_id,sex\nP1,female\nP1,male\n")
    write("episodes.csv", "episode_id,person_id,setting,start_date,end_date\nE1,P1,home,02/02/2025,01/02/2025\n")
    write("providers.csv", "")
    (folder.data / "goals.csv").mkdir()
    with pytest.raises(DataError) as caught:
        read_study(folder, protocol, key=KEY)
    assert caught.value.exit_code == 1
    assert str(caught.value).count("\n") == 2
    problems = check_inputs(folder, protocol)
    assert {(c.file, c.column, c.rule) for c in problems.refused} == {
        ("contacts.csv", "staff_role", "missing column"),
        ("contacts.csv", "date", "bad date"),
        ("people.csv", "person_id", "two people with one id"),
        ("episodes.csv", "end_date", "end before start"),
        ("providers.csv", "", "empty file"),
        ("goals.csv", "", "not a file"),
    }


def test_the_error_shows_no_person_s_value_and_the_private_list_does(folder, protocol, write):
    write("contacts.csv", CONTACTS + CONTACT.replace("01/02/2025", "secretdate"))
    with pytest.raises(DataError) as caught:
        read_study(folder, protocol, key=KEY)
    assert "secretdate" not in str(caught.value)
    listed = folder.work / "problems.csv"
    assert "contacts.csv,2,date,bad date,secretdate" in listed.read_text(encoding="utf-8-sig")
    if os.name == "posix":
        assert stat.S_IMODE(listed.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.work.stat().st_mode) == 0o700


def test_cells_that_excel_would_run_are_disarmed_in_the_list(folder, protocol, write):
    write("contacts.csv", CONTACTS + CONTACT.replace("01/02/2025", '"=HYPERLINK(1)"'))
    check_inputs(folder, protocol)
    assert ",'=HYPERLINK(1)" in (folder.work / "problems.csv").read_text(encoding="utf-8-sig")


def test_formulas_in_excel_are_refused(folder, protocol):
    book = openpyxl.Workbook()
    book.active.append(["provider_id", "wave"])
    book.active.append(["X", "=1+1"])
    book.save(folder.data / "providers.xlsx")
    problems = check_inputs(folder, protocol)
    assert ("providers.xlsx", "wave", "formula") in {(c.file, c.column, c.rule) for c in problems.refused}


def test_two_files_for_one_table_are_refused(folder, protocol, write):
    write("contacts.csv", CONTACTS + CONTACT)
    write("ot_contacts.csv", CONTACTS + CONTACT)
    with pytest.raises(DataError, match="two files for one table"):
        read_study(folder, protocol, key=KEY)


def test_a_file_that_belongs_to_no_table_is_noted_with_the_nearest_name(folder, protocol, write):
    write("contcats.csv", CONTACTS + CONTACT)
    write("providers.csv", "provider_id,arm\nX,usual\n")
    inputs = read_study(folder, protocol, key=KEY)
    assert [(c.file, c.rule, c.note) for c in inputs.problems] == [
        ("contcats.csv", "file without a table", "Did you mean 'contacts'?")
    ]


def test_a_local_id_of_two_councils_is_refused_in_an_extra_file(folder, protocol, write, cld):
    rows = [cld.event(), cld.event(la_code="512", nhs_number="9990000001")]
    text = cld.as_csv([*rows, *cld.ended_events("01/2025", "02/2025", "03/2025")])
    (folder.cld / "q.csv").write_text(text, encoding="utf-8")
    write("contacts.csv", CONTACTS + CONTACT)
    with pytest.raises(DataError, match="one id, two councils"):
        read_study(folder, protocol, key=KEY)


def test_nothing_to_read(folder, protocol, tmp_path):
    with pytest.raises(RequestError, match="no table with rows"):
        read_study(folder, protocol, key=KEY)
    shutil.rmtree(folder.data)
    with pytest.raises(RequestError, match="no data folder"):
        read_study(folder, protocol, key=KEY)


def test_checking_never_raises_for_data(folder, protocol, write):
    write("contacts.csv", "x")
    assert {c.rule for c in check_inputs(folder, protocol).refused} == {"missing column"}


def test_a_first_row_of_data_is_shown_to_nobody(folder, protocol, write, cld):
    write("contacts.csv", "C1,Wilhelmina,01/02/2025,OT\nC2,Bertram,02/02/2025,OT\n")
    (folder.cld / "q.csv").write_text("511,9991112223,Featherstone\n511,9991112224,Ramsbottom\n", encoding="utf-8")
    problems = check_inputs(folder, protocol)
    shown = str(problems.counts) + str(problems.error("problems.csv"))
    assert not [name for name in ("Wilhelmina", "Featherstone", "9991112223") if name in shown]
    assert {c.rule for c in problems.counts} == {"missing column"}
    assert "may be data" in shown


def test_two_rows_of_one_person_in_a_table_of_people_are_refused(folder, protocol, write, with_cld):
    write("people.csv", "person_id,sex\nP1,female\nD1,female\n")
    with pytest.raises(DataError, match="one person, two rows"):
        read_study(folder, protocol, key=KEY)
    write("people.csv", "person_id,sex\nP1,female\nF01R0,female\n")
    assert read_study(folder, protocol, key=KEY).tables["people"].count().execute() == 2


@pytest.mark.skipif(os.name != "posix", reason="permissions are a POSIX matter")
def test_what_spills_from_memory_is_private_and_goes_away(folder, protocol, write):
    write("providers.csv", "provider_id,arm\nX,usual\n")
    inputs = read_study(folder, protocol, key=KEY)
    spill = folder.data / ".spill"
    assert stat.S_IMODE(spill.stat().st_mode) == 0o700
    del inputs
    gc.collect()
    assert not spill.exists()
