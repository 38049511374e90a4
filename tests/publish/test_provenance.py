"""The record of a run: hashes of what went in, one hash of the code, versions, and no path of this machine."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

from ot_eval.base import provenance
from ot_eval.base.provenance import code_sha256, gather, sha256, versions


def test_a_file_is_hashed_whole_however_long(tmp_path):
    body = b"x" * (2 * (1 << 20) + 17)  # longer than two pieces
    path = tmp_path / "long"
    path.write_bytes(body)
    assert sha256(path) == hashlib.sha256(body).hexdigest()


def test_the_hash_of_the_code_moves_with_any_source_file(tmp_path, monkeypatch):
    package = tmp_path / "ot_eval"
    (package / "base").mkdir(parents=True)
    (package / "a.py").write_text("x = 1\n")
    (package / "page.html.j2").write_text("<p>\n")
    monkeypatch.setattr(provenance, "__file__", str(package / "base" / "provenance.py"))
    first = code_sha256()
    assert first == code_sha256()
    (package / "page.html.j2").write_text("<b>\n")
    second = code_sha256()
    (package / "a.py").rename(package / "b.py")
    assert len({first, second, code_sha256()}) == 3
    (package / "a.pyc").write_bytes(b"ignored")
    assert code_sha256() == code_sha256()


def test_a_record_names_inputs_by_name_in_order_and_the_time_in_utc(protocol):
    read = [SimpleNamespace(name=name, sha256=name * 2, rows=9) for name in ("b.csv", "a.csv")]
    now = datetime(2026, 11, 24, 13, 30, tzinfo=timezone(timedelta(hours=1)))
    record = gather(protocol, read, now)
    assert [f.name for f in record.inputs] == ["a.csv", "b.csv"]
    assert record.made_at == "2026-11-24T12:30:00Z"
    assert (record.protocol_sha256, record.seed) == (protocol.sha256(), protocol.seed)
    assert not hasattr(record.inputs[0], "rows"), "nothing rounds a number of rows, so none is kept"
    assert str(Path.home()) not in repr(record)
    assert gather(protocol, [], None).made_at <= datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_versions_are_those_that_are_installed():
    import numpy as np

    assert versions()["numpy"] == np.__version__
    assert "not-a-package" not in versions()
