"""Recovery of a known truth: a synthetic council with a council's usual faults, read back."""

import pytest

from ot_eval.data.pseudonyms import pseudonyms
from ot_eval.data.read import read_study
from ot_eval.data.synthetic import write_study

KEY = b"k" * 32


@pytest.fixture(scope="module", params=[False, True], ids=["clean", "dirty"])
def council(request, tmp_path_factory):
    from ot_eval.base.protocol import Protocol
    from ot_eval.base.study import StudyFolder

    root = tmp_path_factory.mktemp("council")
    truth = write_study(root / "data", people=200, seed=3, style="mixed", dirty=request.param)
    folder = StudyFolder(data=root / "data", work=root / "work", reports=root / "reports")
    protocol = Protocol(study="test", title="A test", question="What happens after reablement?")
    return truth, read_study(folder, protocol, key=KEY), request.param


def test_nothing_is_refused_and_the_data_end_where_they_do(council):
    truth, inputs, dirty = council
    assert not [c for c in inputs.problems if c.severity == "refused"]
    assert inputs.facts["data_end"] == truth.data_end.date().isoformat()
    repeated = sum(c.count for c in inputs.problems if c.rule == "row given twice" and c.table == "cld")
    assert (repeated > 0) == dirty


def test_everybody_is_found_once(council):
    """Second local ids, blank NHS numbers and all: the true people, no more and no fewer, under their own pseudonyms.

    A few people of the dirty council are in no file, because the last quarter was cut short.
    """
    truth, inputs, dirty = council
    sent = "".join(path.read_text(encoding="latin-1") for path in (inputs.folder / "cld").iterdir())
    present = [person for person in truth.people["person_id"] if person in sent]
    assert len(present) >= len(truth.people) - 5 * dirty
    found = set(inputs.cld_rows.select("person_id").distinct().to_pyarrow()["person_id"].to_pylist())
    assert found == set(pseudonyms(present, KEY, kind="person"))


def test_every_contact_belongs_to_somebody(council):
    _, inputs, _ = council
    people = inputs.cld_rows.select("person_id").distinct()
    contacts = inputs.tables["contacts"]
    assert contacts.anti_join(people, "person_id").count().to_pyarrow().as_py() == sum(
        c.count for c in inputs.problems if c.rule == "person not in Client Level Data" and c.table == "contacts"
    )


def test_rows_and_repeats_make_up_what_was_delivered(council):
    _, inputs, _ = council
    delivered = inputs.cld_files.n_rows.sum().to_pyarrow().as_py()
    repeated = sum(c.count for c in inputs.problems if c.rule == "row given twice" and c.table == "cld")
    assert inputs.cld_rows.count().to_pyarrow().as_py() == delivered - repeated
