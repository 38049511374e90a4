"""Dose and timing, case by case and in sum: nothing counts twice, and days run from the start of reablement."""

import datetime as dt

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ot_eval.base.protocol import Protocol
from ot_eval.derive import days, dose
from ot_eval.derive.materialise import frame

START = dt.date(2025, 3, 3)
PROTOCOL = Protocol(study="dose", title="Dose", question="What was delivered?", strands=("interventions",))
OT, RSW = "occupational_therapist", "reablement_support_worker"


def people(*lengths):
    """People p0, p1, ... whose reablement began on START and lasted so many days after its first."""
    start = days.day_of(START)
    rows = [{"person_id": f"p{i}", "start": start, "zero": start + n} for i, n in enumerate(lengths)]
    return ibis.memtable(pd.DataFrame(rows))


def contacts(*rows):
    """Contacts c0, c1, ... as (person, day after START, role, minutes)."""
    made = [
        {
            "contact_id": f"c{i}",
            "person_id": person,
            "date": START + dt.timedelta(days=day),
            "staff_role": role,
            "minutes": minutes,
        }
        for i, (person, day, role, minutes) in enumerate(rows)
    ]
    table = pd.DataFrame(made)
    table["minutes"] = table["minutes"].astype("float64")
    return ibis.memtable(table)


def codes(**of):
    return dose.code_rows((c, code) for c, listed in of.items() for code in listed)


def read(table, *order):
    return frame(table, order).to_dict("records")


def test_days_weeks_and_phases_at_their_edges():
    got = read(
        dose.placed(contacts(*[("p0", d, OT, 60) for d in (-1, 0, 6, 7, 41, 42, 43)]), people(42), PROTOCOL),
        "day",
    )
    assert [(r["day"], r["phase"]) for r in got] == [
        (-1, "before"),
        (0, "during"),
        (6, "during"),
        (7, "during"),
        (41, "during"),
        (42, "during"),
        (43, "after"),
    ]
    assert [None if pd.isna(r["week"]) else int(r["week"]) for r in got] == [None, 1, 1, 2, 6, 7, None]


def test_attempts_strangers_and_missing_minutes():
    table = contacts(("p0", 1, OT, 0), ("p0", 2, OT, 45), ("p0", 3, OT, None), ("stranger", 3, OT, 45))
    assert [r["contact_id"] for r in read(dose.placed(table, people(42), PROTOCOL), "contact_id")] == ["c1"]
    untimed = contacts(("p0", 1, OT, None), ("p0", 2, OT, None))
    assert len(read(dose.placed(untimed, people(42), PROTOCOL), "contact_id")) == 2
    bare = table.drop("minutes")
    got = read(dose.placed(bare, people(42), PROTOCOL), "contact_id")
    assert len(got) == 3
    assert all(pd.isna(r["minutes"]) and r["mode"] is None for r in got)


def test_a_contact_with_several_codes_is_shared_equally():
    table = dose.placed(contacts(("p0", 1, OT, 60), ("p0", 2, RSW, 30)), people(42), PROTOCOL)
    coded = dose.with_parts(table, codes(c0=["A1", "D1", "D2"], c1=["D1"]))
    got = {r["code"]: r for r in read(dose.amounts(coded, ("code",)), "code")}
    assert {k: (v["contacts"], v["people"], v["minutes"]) for k, v in got.items()} == {
        "A1": (1, 1, pytest.approx(20)),
        "D1": (2, 1, pytest.approx(50)),
        "D2": (1, 1, pytest.approx(20)),
    }
    assert sum(v["parts"] for v in got.values()) == pytest.approx(2)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["p0", "p1", "p2"]),
            st.integers(-20, 60),
            st.sampled_from([OT, RSW]),
            st.integers(1, 120),
            st.sets(st.sampled_from(["A1", "B1", "C1", "D1"]), max_size=4),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_parts_add_up_to_contacts_and_minutes_however_they_are_cut(rows):
    table = dose.placed(contacts(*[r[:4] for r in rows]), people(42, 10, 20), PROTOCOL)
    listed = {f"c{i}": sorted(r[4]) for i, r in enumerate(rows) if r[4]}
    if not listed:
        return
    coded = dose.with_parts(table, codes(**listed))
    minutes = sum(r[3] for r in rows if r[4])
    for by in (("code",), ("staff_role",), ("phase",), ("code", "staff_role", "phase"), ("person_id", "code")):
        got = frame(dose.amounts(coded, by), by)
        assert got["minutes"].sum() == pytest.approx(minutes)
        assert got["parts"].sum() == pytest.approx(len(listed))


def test_the_same_code_twice_on_one_contact_counts_once():
    table = dose.placed(contacts(("p0", 1, OT, 60)), people(42), PROTOCOL)
    (got,) = read(dose.amounts(dose.with_parts(table, codes(c0=["A1", "A1"])), ("code",)), "code")
    assert (got["contacts"], got["minutes"]) == (1, 60)


def test_first_contact_is_the_first_by_a_wanted_role_from_the_first_day():
    table = dose.placed(
        contacts(("p0", -3, OT, 60), ("p0", 2, RSW, 60), ("p0", 9, OT, 60), ("p0", 5, OT, 0), ("p1", 0, OT, 30)),
        people(42, 42, 42),
        PROTOCOL,
    )
    got = read(dose.first_contact(table, (OT,)), "person_id")
    assert [(r["person_id"], r["day"]) for r in got] == [("p0", 9), ("p1", 0)]


def test_codes_that_stand_together():
    table = dose.placed(contacts(("p0", 1, OT, 60), ("p0", 2, OT, 60), ("p1", 2, OT, 60)), people(42, 42), PROTOCOL)
    coded = dose.with_parts(table, codes(c0=["A1", "D1"], c1=["D1", "A1"], c2=["D1"]))
    (got,) = read(dose.together(coded), "code")
    assert (got["code"], got["other"], got["person_id"], got["contacts"]) == ("A1", "D1", "p0", 2)


def test_the_heat_map_counts_a_person_once_a_week_and_only_during_reablement():
    table = dose.placed(
        contacts(("p0", 1, OT, 60), ("p0", 3, OT, 60), ("p0", 8, OT, 60), ("p1", 50, OT, 60)), people(13, 5), PROTOCOL
    )
    coded = dose.with_parts(table, codes(c0=["A1"], c1=["A1"], c2=["A1"], c3=["D1"]))
    got = read(dose.weekly(coded, 3), "code", "week")
    assert [(r["code"], r["week"], r["person_id"]) for r in got] == [("A1", 1, "p0"), ("A1", 2, "p0")]
    assert read(dose.weekly(coded, 1), "week")[-1]["week"] == 1


def test_people_are_studied_when_every_rule_about_episodes_holds():
    rules = {"is_ended": True, "is_in_setting": True, "is_in_window": True, "is_adult": True}
    rows = [{"person_id": "p0", "start": 1, "zero": 9, **rules}]
    rows += [{"person_id": f"x{i}", "start": 1, "zero": 9, **rules, name: False} for i, name in enumerate(rules)]
    assert read(dose.studied(ibis.memtable(pd.DataFrame(rows))), "person_id") == [
        {"person_id": "p0", "start": 1, "zero": 9}
    ]
