"""A study's own tables: they win over Client Level Data, and they suffice without it."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.ascof import ascof_2a
from ot_eval.derive.assemble import BOTH, CLD, NONE, OWN, assemble_tables
from ot_eval.derive.follow_up import follow_up

CONTRACT = {
    "episodes": ["episode_id", "person_id", "setting", "start_date", "end_date", "route", "provider_id"],
    "packages": ["person_id", "start_date", "end_date", "service", "hours_per_week", "cost_per_week", "provider_id"],
    "events": ["person_id", "date", "kind", "provider_id"],
}
ZERO = dt.date(2024, 2, 9)


def put(connection, **tables):
    return {name: connection.create_table(name, table, overwrite=True) for name, table in tables.items()}


def day(n):
    return ZERO + dt.timedelta(days=n)


def episodes(*people, **more):
    rows = [
        {"episode_id": f"e{p}", "person_id": p, "setting": "home", "start_date": day(-30), "end_date": ZERO, **more}
        for p in people
    ]
    return pa.Table.from_pylist(rows)


def packages(*rows):
    """Rows of (person, first day, last day or None, hours), in days from time zero."""
    names = ("person_id", "start_date", "end_date", "service", "hours_per_week", "provider_id")
    kinds = (pa.string(), pa.date32(), pa.date32(), pa.string(), pa.float64(), pa.string())
    full = [(p, day(a), None if b is None else day(b), "home_care", float(h), "p1") for p, a, b, h in rows]
    return pa.table({n: pa.array([r[i] for r in full], kinds[i]) for i, n in enumerate(names)})


def events(*rows):
    full = [{"person_id": p, "date": day(n), "kind": kind} for p, n, kind in rows]
    return pa.Table.from_pylist(full)


def study(protocol, **tables):
    own = put(ibis.duckdb.connect(), **tables)
    return assemble_tables(own, None, protocol)


def test_own_tables_alone_give_the_same_follow_up_as_client_level_data(clean, make):
    """What CLD implies, written down in the study's own tables, is followed to the same day."""
    from_cld = make.tables(clean)
    expected = follow_up(from_cld, make.protocol).frame
    tables = {name: getattr(from_cld, name).select(columns).to_pyarrow() for name, columns in CONTRACT.items()}
    last = pa.table(
        {
            "person_id": ["someone"],
            "date": pa.array([from_cld.data_end], pa.date32()),
            "kind": ["mdt_meeting"],
            "provider_id": pa.array([None], pa.string()),
        }
    )
    tables["events"] = pa.concat_tables([tables["events"], last.cast(tables["events"].schema)])
    people = from_cld.people.to_pandas()
    people["birth_month"] = pd.to_datetime(people["birth_date"]).dt.strftime("%Y-%m")
    tables["people"] = pa.Table.from_pandas(people.drop(columns=["birth_date", "imd_quintile"]), preserve_index=False)
    own = put(ibis.duckdb.connect(), **tables, **clean.own)
    alone = assemble_tables(own, None, make.protocol)
    assert alone.cld is None
    assert alone.data_end == from_cld.data_end
    found = follow_up(alone, make.protocol).frame
    assert len(found) == len(expected) > 0
    old, new = (f.sort_values("person_id").reset_index(drop=True) for f in (expected, found))
    apart = ("age", "age_band", "imd_quintile", "baseline_cost")  # its own tables date a new price exactly
    rest = [c for c in old.columns if c not in apart]
    pd.testing.assert_frame_equal(old[rest], new[rest], check_dtype=False)
    assert (old["age"] - new["age"]).abs().max() < 16 / 365.25  # a month of birth stands for its 15th day


def test_the_smallest_study_is_two_tables(make):
    tables = study(
        make.protocol,
        episodes=episodes("a", "b"),
        packages=packages(("a", 1, 99, 7), ("a", 100, None, 10), ("b", 1, 60, 7), ("c", 0, 365, 7)),
    )
    result = follow_up(tables, make.protocol).frame.set_index("person_id")
    assert tables.data_end == day(365)
    assert result.loc["a", ["exit_day", "end_reason", "client"]].tolist() == [100, "increase", "new"]
    assert result.loc["b", ["exit_day", "end_reason", "age_band"]].tolist() == [60, "package_ended", "unknown"]
    assert result["ot_day"].isna().all()
    assert tables.facts["people_from"] == NONE
    assert tables.facts["events_from"] == NONE
    assert tables.facts["packages_from"] == OWN


def test_own_events_end_follow_up(make):
    tables = study(
        make.protocol,
        episodes=episodes("a", "b", "c", "d"),
        packages=packages(("a", 1, None, 7), ("b", 1, None, 7), ("c", 1, None, 7), ("d", 1, None, 7), ("e", 0, 365, 7)),
        events=events(
            ("a", 50, "death"),
            ("b", 60, "care_home_admission"),
            ("c", 70, "moved_away"),
            ("d", 80, "hospital_admission"),
        ),
    )
    result = follow_up(tables, make.protocol).frame.set_index("person_id")
    assert result["end_reason"].to_dict() == {"a": "death", "b": "care_home", "c": "moved", "d": "close"}
    assert result["exit_day"].to_dict() == {"a": 50, "b": 60, "c": 70, "d": 365 - 27}
    assert result["event"].to_dict() == {"a": "death", "b": "care_home", "c": "none", "d": "none"}


def test_a_care_home_among_own_packages_is_a_care_home_entry(make):
    rows = packages(("a", 1, 49, 7), ("z", 0, 365, 7)).to_pylist()
    rows.append({**rows[0], "start_date": day(50), "end_date": None, "service": "nursing", "hours_per_week": None})
    tables = study(make.protocol, episodes=episodes("a"), packages=pa.Table.from_pylist(rows))
    result = follow_up(tables, make.protocol).frame
    assert result[["exit_day", "end_reason"]].to_numpy().tolist() == [[50, "care_home"]]


def test_a_date_of_death_in_people_wins_over_events(make):
    people = pa.table({"person_id": ["a"], "death_date": [day(40)], "birth_month": ["1940-05"], "sex": ["male"]})
    tables = study(
        make.protocol,
        people=people,
        episodes=episodes("a"),
        packages=packages(("a", 1, None, 7), ("z", 0, 365, 7)),
        events=events(("a", 50, "death")),
    )
    row = follow_up(tables, make.protocol).frame.iloc[0]
    assert (row["exit_day"], row["end_reason"], row["sex"]) == (40, "death", "male")
    assert row["age"] == pytest.approx((ZERO - dt.date(1940, 5, 15)).days / 365.25)


def test_own_people_and_events_win_and_cld_fills_the_rest(clean, make):
    plain = make.tables(clean)
    dead = plain.people.filter(plain.people["death_date"].notnull()).to_pandas().iloc[0]
    own = make.Council(
        clean.rows,
        clean.files,
        {
            **clean.own,
            "people": pa.table({"person_id": [dead["person_id"]], "imd_quintile": [1], "dementia": ["yes"]}),
            "events": pa.table(
                {"person_id": ["q"], "date": [day(1)], "kind": ["hospital_admission"], "provider_id": ["p"]}
            ),
        },
    )
    tables = make.tables(own)
    row = tables.people.filter(tables.people["person_id"] == dead["person_id"]).to_pandas().iloc[0]
    assert (row["imd_quintile"], row["dementia"], row["death_date"]) == (1, "yes", dead["death_date"])
    kinds = tables.events.group_by("kind").aggregate(n=tables.events.count()).to_pandas().set_index("kind")["n"]
    implied = plain.events.group_by("kind").aggregate(n=plain.events.count()).to_pandas().set_index("kind")["n"]
    assert kinds.to_dict() == {**implied.to_dict(), "hospital_admission": 1}
    assert tables.facts["people_from"] == BOTH
    assert tables.facts["packages_from"] == CLD


def test_own_deaths_replace_those_of_client_level_data(clean, make):
    plain = make.tables(clean)
    own = {**clean.own, "events": pa.table({"person_id": ["q"], "date": [day(1)], "kind": ["death"]})}
    tables = make.tables(make.Council(clean.rows, clean.files, own))
    found = tables.events.filter(tables.events["kind"] == "death").to_pandas()
    assert found["person_id"].tolist() == ["q"]
    assert tables.people.filter(tables.people["death_date"].notnull()).count().execute() == 0
    assert "death" not in set(follow_up(tables, make.protocol).frame["event"])
    assert "death" in set(follow_up(plain, make.protocol).frame["event"])
    other = tables.events.filter(tables.events["kind"] == "care_home_admission").count().execute()
    assert other == plain.events.filter(plain.events["kind"] == "care_home_admission").count().execute() > 0


def test_a_study_without_packages_is_refused(make):
    with pytest.raises(DataError, match="no table packages"):
        study(make.protocol, episodes=episodes("a"))
    with pytest.raises(DataError, match="no table episodes and no table packages"):
        study(make.protocol, events=events(("a", 1, "death")))


def test_2a_without_client_level_data_is_refused(make):
    tables = study(make.protocol, episodes=episodes("a"), packages=packages(("a", 1, None, 7)))
    with pytest.raises(DataError, match="no Client Level Data"):
        ascof_2a(tables, make.protocol)


def test_a_source_of_contacts_that_is_not_there_is_refused(make):
    asked = Protocol(study="s1", title="Title", question="A question?", exposure={"source": "contacts"})
    tables = study(asked, episodes=episodes("a"), packages=packages(("a", 1, None, 7)))
    with pytest.raises(RequestError, match=r"exposure\.source is contacts"):
        follow_up(tables, asked)


def test_a_contacts_file_without_minutes_counts_every_contact(make):
    contacts = pa.table({"person_id": ["a"], "date": [day(-3)], "staff_role": ["occupational_therapist"]})
    tables = study(
        make.protocol, episodes=episodes("a"), packages=packages(("a", 1, None, 7), ("z", 0, 365, 7)), contacts=contacts
    )
    assert follow_up(tables, make.protocol).frame["ot_day"].tolist() == [-3]


def test_nobody_to_follow_is_an_empty_frame_with_every_column(make):
    tables = study(make.protocol, episodes=episodes("a"), packages=packages(("b", 0, 365, 7)))
    result = follow_up(tables, make.protocol)
    assert result.frame.empty
    assert {"person_id", "event", "exit_day"} <= set(result.frame.columns)
    assert result.left_out["rule"].tolist() == ["has_package"]
    assert [s.n_left for s in result.flow if s.population == "all clients"][-1] == 0
