"""The data-quality report: counts that can be checked by hand on a dozen rows."""

from datetime import date

import ibis
import pytest

from ot_eval.data.cld_history import merge_history
from ot_eval.data.problems import ProblemCount
from ot_eval.data.quality import data_quality, quarter_name
from ot_eval.data.quality_rules import RULES
from ot_eval.data.read import StudyInputs

ST_MAX = {"service_type": "short term support: st-max", "service_component": "reablement", "outcome": "nfa: deceased"}
LINE = {
    "service_type": "long term support: community",
    "service_component": "home support or domiciliary care",
    "cost_frequency": "hourly",
    "unit_cost": 20.0,
    "planned_units": 7.0,
    "provider_id": "X",
    "delivery_mechanism": "direct payment",
}
START, END = date(2025, 1, 10), date(2025, 2, 10)


def row(person, **changes):
    usual = {
        "file_no": 1,
        "file_name": "1.csv",
        "person_id": person,
        "la_code": "511",
        "client_type": "service user",
        "event_type": "service",
        "start_date": START,
        "birth_date": date(1940, 1, 1),
        "description": "text",
    }
    return {**usual, **changes}


def described(cld, rows, problems=(), tables=None):
    connection = ibis.duckdb.connect()
    table = connection.create_table("rows", cld.row_table(rows))
    numbers = sorted({r["file_no"] for r in rows})
    months = {1: (date(2025, 1, 1), date(2025, 3, 31)), 2: (date(2025, 4, 1), date(2025, 6, 30))}
    files = ibis.memtable(
        [
            {
                "file_no": n,
                "file_name": f"{n}.csv",
                "stated_start": months[n][0],
                "stated_end": months[n][1],
                "period_start": months[n][0],
                "period_end": months[n][1],
            }
            for n in numbers
        ]
    )
    file_table = connection.create_table("files", files.to_pyarrow())
    inputs = StudyInputs(
        connection=connection,
        tables=tables or {},
        cld_rows=table,
        cld_files=file_table,
        cld_events=merge_history(table, file_table),
        problems=tuple(problems),
    )
    return data_quality(inputs)


def overall(quality):
    return {f.rule: (f.rows, f.rows_checked, f.episodes_affected, f.episodes) for f in quality.overall}


FAULTS = {
    "start_missing": row("q", **LINE, start_date=None),
    "end_before_start": row("q", **LINE, end_date=date(2025, 1, 1)),
    "start_after_death": row("q", **LINE, death_date=date(2025, 1, 1), end_date=END),
    "birth_missing": row("q", **LINE, birth_date=None),
    "event_type_unknown": row("q", **{**LINE, "event_type": None}),
    "client_type_unknown": row("q", **LINE, client_type="invalid and not mapped"),
    "service_unknown": row("q", service_type="invalid and not mapped", service_component="meals"),
    "component_unknown": row("q", service_type="long term support: community"),
    "outcome_unknown": row("q", **{**ST_MAX, "outcome": None}, end_date=END),
    "hours_missing": row("q", **{**LINE, "planned_units": None}),
    "hours_hidden_by_cost": row("q", **{**LINE, "planned_units": None, "cost_frequency": "weekly"}),
    "cost_unknown": row("q", **{**LINE, "unit_cost": -20.0}),
    "provider_missing": row("q", **{**LINE, "provider_id": None}),
    "mechanism_unknown": row("q", **{**LINE, "delivery_mechanism": "invalid and not mapped"}),
    "description_missing": row("q", **LINE, description=None),
    "route_unknown": row("q", event_type="request", end_date=END),
}


@pytest.mark.parametrize("rule", list(FAULTS))
def test_each_fault_is_seen_once_and_touches_the_episodes_of_its_person(cld, rule):
    """Three people with one closed episode each; one of them, q, has one faulty row more."""
    good = [row(p, **ST_MAX, end_date=END) for p in "opq"] + [row("o", **LINE)]
    found = overall(described(cld, [*good, FAULTS[rule]]))
    touched = {r for r, (rows, *_) in found.items() if rows}
    assert touched == {rule}
    rows, _, affected, episodes = found[rule]
    assert (rows, affected, episodes) == (1, 1, 3)


def test_every_rule_has_a_test():
    assert {r.rule for r in RULES} == {*FAULTS, "reablement_never_closed"}


def test_reablement_never_closed_counts_from_the_file_s_end(cld):
    late, early = row("p", **ST_MAX, start_date=date(2025, 1, 6)), row("q", **ST_MAX, start_date=date(2025, 1, 5))
    assert overall(described(cld, [late]))["reablement_never_closed"] == (0, 1, 0, 1)
    assert overall(described(cld, [late, early]))["reablement_never_closed"] == (1, 2, 1, 2)


def test_by_file_and_quarter(cld):
    bad = {**LINE, "provider_id": None}
    rows = [
        row("p", **ST_MAX, end_date=END),
        row("p", **bad, end_date=date(2025, 3, 31)),
        row("p", **bad, end_date=date(2025, 4, 1)),
        row("p", **bad),
        row("p", **bad, file_no=2, file_name="2.csv"),
    ]
    found = {(f.file_name, f.quarter): f.rows for f in described(cld, rows).by_file if f.rule == "provider_missing"}
    assert found == {("1.csv", "2024-25 Q4"): 2, ("1.csv", "2025-26 Q1"): 1, ("2.csv", "2025-26 Q1"): 1}


@pytest.mark.parametrize(("args", "name"), [((2024, 4), "2024-25 Q4"), ((1999, 1), "1999-00 Q1")])
def test_quarter_names(args, name):
    assert quarter_name(*args) == name


def test_vanished_services_and_periods(cld):
    rows = [row("p", **LINE), row("q", **LINE, file_no=2, file_name="2.csv")]
    problems = [
        ProblemCount(file="2.csv", table="cld", column="", rule=rule, severity="noted", count=n)
        for rule, n in (("truncated quarter", 1), ("row given twice", 7))
    ]
    quality = described(cld, rows, problems)
    assert (quality.vanished, quality.repeated) == (1, 7)
    assert [(p.file_name, p.verdict) for p in quality.periods] == [("1.csv", ""), ("2.csv", "truncated quarter")]
    assert "2.csv" in next(i.request for i in quality.checklist if i.name == "a complete last quarter")


def test_the_worst_come_first(cld):
    rows = [row(p, **ST_MAX, end_date=END) for p in "pq"]
    rows += [row(p, **{**LINE, "provider_id": None}) for p in "pq"] + [row("p", **LINE, description=None)]
    assert [f.rule for f in described(cld, rows).worst(2)] == ["provider_missing", "description_missing"]
    assert described(cld, rows).worst(1)[0].episode_share == 1.0


def state(quality, name):
    return next(i.state for i in quality.checklist if i.name == name)


def test_the_checklist_tells_what_is_there(cld):
    weekly = {**LINE, "cost_frequency": "weekly", "planned_units": None}
    rows = [row(str(i), **(weekly if i < 10 else {**LINE, "provider_id": None if i < 15 else "X"})) for i in range(30)]
    quality = described(cld, rows, tables={"contacts": None})
    assert state(quality, "planned hours where home care is priced by the week") == "missing"
    assert state(quality, "planned hours where home care is priced by the hour") == "there"
    assert state(quality, "home-care provider") == "partly there"
    assert state(quality, "occupational therapy contacts") == "there"
    assert state(quality, "providers that were coached") == "missing"
    assert state(quality, "all earlier quarterly files") == "partly there"


def test_no_client_level_data_no_report():
    assert data_quality(StudyInputs(connection=None)) is None
