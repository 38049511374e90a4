import json
from datetime import date

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.base.lock import deviations, lock, lock_fact, lock_path, read_lock
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Deviation

TODAY = date(2026, 4, 1)
BASE = {"study": "falls", "title": "A title", "question": "What is the answer?"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "protocol.yaml"


def protocol(**changes) -> Protocol:
    return Protocol.model_validate(BASE | changes)


def test_a_lock_holds_the_date_the_hash_and_the_protocol(file):
    made = lock(file, protocol(), TODAY)
    assert read_lock(file) == made
    raw = json.loads(lock_path(file).read_text(encoding="utf-8"))
    assert raw["locked_on"] == "2026-04-01"
    assert raw["protocol_sha256"] == protocol().sha256()
    assert raw["protocol"] == json.loads(protocol().canonical())
    assert lock_path(file).name == "protocol.lock.json"


def test_the_same_protocol_has_no_deviations(file):
    lock(file, protocol(), TODAY)
    assert deviations(read_lock(file), protocol()) == ()


def test_every_word_that_differs_is_a_deviation_and_no_other(file):
    lock(file, protocol(subgroups=["client", "sex"], reading={"role_words": {"OTA": "ot_assistant"}}), TODAY)
    used = protocol(
        subgroups=["sex", "client"],
        increase={"minimum_rise": 2, "price_uplift": {"deflate": False}},
        population={"ended_from": "2026-01-01"},
        reading={"role_words": {"SrOT": "occupational_therapist"}},
    )
    assert deviations(read_lock(file), used) == (
        Deviation(place="increase: minimum rise", locked="1.0", used="2.0"),
        Deviation(place="increase: price uplift: deflate", locked="yes", used="no"),
        Deviation(place="population: ended from", locked="not set", used="2026-01-01"),
        Deviation(place="reading: role words: OTA", locked="ot_assistant", used="not set"),
        Deviation(place="reading: role words: SrOT", locked="not set", used="occupational_therapist"),
        Deviation(place="subgroups", locked="client, sex", used="sex, client"),
    )


def test_a_protocol_without_a_lock_says_so(file):
    assert read_lock(file) is None
    assert lock_fact(None) == "not locked"
    assert deviations(None, protocol()) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["protocol"]["increase"].update(minimum_rise=3.0),
        lambda raw: raw.update(locked_on="2025-01-01"),
        lambda raw: raw.update(after_results=True),
        lambda raw: raw.update(seal="0" * 64),
        lambda raw: raw.pop("seal"),
        lambda raw: raw.update(extra=1),
    ],
)
def test_an_edited_lock_is_refused(file, change):
    lock(file, protocol(), TODAY)
    raw = json.loads(lock_path(file).read_text(encoding="utf-8"))
    change(raw)
    lock_path(file).write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(RequestError, match="was changed by hand"):
        read_lock(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", "null"])
def test_a_file_that_is_no_lock_is_refused(file, text):
    lock_path(file).write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match="cannot be read as a lock"):
        read_lock(file)


def test_a_lock_is_never_written_over(file):
    lock(file, protocol(), TODAY)
    before = lock_path(file).read_bytes()
    with pytest.raises(RequestError, match="locked already, since 2026-04-01"):
        lock(file, protocol(seed=1), date(2026, 5, 1))
    assert lock_path(file).read_bytes() == before


def test_a_lock_made_after_a_run_says_so(file):
    assert "run before" not in lock_fact(lock(file, protocol(), TODAY))
    lock_path(file).unlink()
    result = file.parent / "work" / "falls" / "results" / "care_packages.json"
    result.parent.mkdir(parents=True)
    result.write_text("{}")
    assert lock_fact(lock(file, protocol(), TODAY)).endswith("the study had been run before that day")


def test_a_word_that_a_later_version_added_is_listed_when_it_matters(file):
    made = lock(file, protocol(), TODAY)
    older = {k: v for k, v in made.protocol.items() if k not in ("cluster", "reviewer")}
    found = type(made)(**{**{f: getattr(made, f) for f in made.__slots__}, "protocol": older})
    assert [d.place for d in deviations(found, protocol())] == ["cluster", "reviewer"]
