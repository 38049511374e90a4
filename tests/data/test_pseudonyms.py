"""Pseudonyms need the key, the key stays private, and equal ids give equal pseudonyms."""

import hashlib
import hmac
import os
import stat

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.base.study import StudyFolder
from ot_eval.data.pseudonyms import load_key, pseudonyms

KEY = bytes(range(32))


def test_known_answer_from_the_standard_construction():
    expected = hmac.new(KEY, b"person\x1fP1000945", hashlib.sha256).hexdigest()[:20]
    assert pseudonyms(["P1000945"], KEY, kind="person") == [expected]


def test_key_kind_and_id_all_matter_and_order_is_kept():
    first = pseudonyms(["A", "B", "A"], KEY, kind="person")
    assert first[0] == first[2] != first[1]
    assert set(first).isdisjoint(pseudonyms(["A", "B"], KEY, kind="carer"))
    assert set(first).isdisjoint(pseudonyms(["A", "B"], b"x" * 32, kind="person"))


def test_key_is_made_once_for_its_owner_alone(folder):
    key = load_key(folder)
    assert len(key) == 32
    assert load_key(folder) == key
    if os.name == "posix":
        assert stat.S_IMODE(folder.key.stat().st_mode) == 0o600


def test_making_the_key_leaves_the_rights_of_the_data_folder(folder):
    folder.data.chmod(0o750)
    load_key(folder)
    assert stat.S_IMODE(folder.data.stat().st_mode) == 0o750


@pytest.mark.skipif(os.name != "posix", reason="permissions are a POSIX matter")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(folder, mode):
    load_key(folder)
    folder.key.chmod(mode)
    with pytest.raises(RequestError, match="read by others"):
        load_key(folder)


def test_a_key_in_the_reports_folder_is_refused(tmp_path):
    inside = StudyFolder(data=tmp_path / "reports" / "data", work=tmp_path / "work", reports=tmp_path / "reports")
    with pytest.raises(RequestError, match="published"):
        load_key(inside)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("content", ["", "not hex", "ab" * 10, "é"])
def test_what_is_no_key_is_refused(folder, content):
    folder.key.write_text(content, encoding="utf-8")
    folder.key.chmod(0o600)
    with pytest.raises(RequestError, match="is not a key"):
        load_key(folder)
