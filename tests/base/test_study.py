import os
import stat

import pytest

from ot_eval.base.study import StudyFolder, write_private


def test_a_protocol_in_a_folder_called_protocols_belongs_to_the_folder_above(tmp_path):
    (tmp_path / "protocols").mkdir()
    folder = StudyFolder.of(tmp_path / "protocols" / "demo.yaml", "data", "demo")
    assert folder.data == tmp_path / "data"
    assert folder.cld == tmp_path / "data" / "cld"
    assert folder.reports == tmp_path / "reports" / "demo"


def test_out_and_an_absolute_data_folder_win(tmp_path):
    folder = StudyFolder.of(tmp_path / "protocol.yaml", str(tmp_path / "else"), "s", tmp_path / "there")
    assert folder.data == tmp_path / "else"
    assert folder.reports == tmp_path / "there"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_a_private_file_is_its_owners_alone_and_replaces_the_old_one_whole(tmp_path):
    path = write_private(tmp_path / "work" / "x.json", "old")
    write_private(path, b"new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]
