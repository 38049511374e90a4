"""OT contacts proposed from Client Level Data. Descriptions are those of a council's return (synthetic sample)."""

from datetime import date

import pytest

from ot_eval.data.ot_keywords import OtKeywords, propose_contacts, shipped_keywords

DESCRIPTIONS = {
    "OT assessment: functional": "event_description",
    "Occupational Therapist visit": "event_description",
    "occupational  therapy review": "event_description",
    "Review by OT/physio": "event_description",
    "Contact: new request": None,
    "Other short stay": None,
    "Foot care": None,
    "Motability": None,
    "": None,
    None: None,
}


@pytest.fixture
def propose(duckdb_connection, cld):
    def proposed(rows, keywords=None):
        usual = {"person_id": "p", "client_type": "service user", "start_date": date(2025, 1, 1)}
        table = duckdb_connection.create_table("events", cld.row_table([{**usual, **r} for r in rows]), overwrite=True)
        return propose_contacts(table, keywords or shipped_keywords()).to_pyarrow().to_pylist()

    return proposed


@pytest.mark.parametrize("text", list(DESCRIPTIONS))
def test_descriptions(propose, text):
    found = propose([{"description": text}])
    assert [f["basis"] for f in found] == ([DESCRIPTIONS[text]] if DESCRIPTIONS[text] else [])


def test_equipment_is_a_hint_and_only_on_equipment_rows(propose):
    text = {"description": "Equipment: bath board"}
    assert [f["basis"] for f in propose([{**text, "service_component": "equipment"}])] == ["equipment"]
    assert propose([text]) == []
    assert propose([{"description": "Telecare: pendant", "service_component": "equipment"}]) == []
    both = propose([{"description": "OT: bath board fitted", "service_component": "equipment"}])
    assert [f["basis"] for f in both] == ["event_description"]


def test_only_service_users_with_a_date(propose):
    text = {"description": "OT visit"}
    assert propose([{**text, "client_type": "unpaid carer"}, {**text, "start_date": None}]) == []


def test_the_map_can_be_edited(propose):
    keywords = OtKeywords(contact=("START team",), possible=())
    found = propose([{"description": "START Team"}, {"description": "OT visit"}], keywords)
    assert len(found) == 1
