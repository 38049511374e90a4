"""A study of surveys alone: tables that no strand asks for may be missing, and none is made up."""

import datetime as dt

import ibis
import pyarrow as pa
import pytest

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import NONE, assemble_tables
from ot_eval.derive.materialise import rows

DAY = dt.date(2025, 7, 4)
ANSWER = {"carer_id": "c", "date": DAY, "wave": 0, "item": "k01_level", "value": "good"}


def plan(*strands):
    return Protocol(study="surveys", title="Surveys alone", question="Which skills do carers have?", strands=strands)


@pytest.fixture
def own():
    return {"carer_survey": ibis.duckdb.connect().create_table("carer_survey", pa.Table.from_pylist([ANSWER]))}


def test_they_are_empty_and_said_to_be_absent(own):
    got = assemble_tables(own, None, plan("skills"))
    assert all(not rows(t) for t in (got.people, got.episodes, got.packages, got.events))
    assert set(got.own) == {"carer_survey"}
    assert {got.facts[f"{name}_from"] for name in ("people", "episodes", "packages", "events")} == {NONE}
    assert got.data_end == DAY


@pytest.mark.parametrize("strands", [("care_packages",), ("skills", "progress")])
def test_strands_that_need_them_are_refused_as_before(own, strands):
    with pytest.raises(DataError, match="the study has no table episodes and no table packages"):
        assemble_tables(own, None, plan(*strands))
    assert assemble_tables(own, None, plan(*strands), ("skills",)).data_end == DAY


def test_answers_after_the_last_package_do_not_move_the_end_of_the_data(own):
    connection = own["carer_survey"].get_backend()
    start = DAY - dt.timedelta(days=90)
    package = {"person_id": "p", "start_date": start, "service": "home_care", "hours_per_week": 5.0}
    own["packages"] = connection.create_table("packages", pa.Table.from_pylist([package]))
    assert assemble_tables(own, None, plan("skills")).data_end == start


def test_nothing_at_all_is_refused():
    with pytest.raises(DataError, match="no table episodes"):
        assemble_tables({}, None, plan("skills"))
