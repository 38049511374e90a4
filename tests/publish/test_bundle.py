"""Publishing in one step: a kill at any moment, a full disk or a second run leave the old report whole."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ot_eval.base.errors import InternalFault, RequestError
from ot_eval.publish import bundle

OLD = {"manifest.json": b"old", "index.html": b"old page", "extra.html": b"only in the old one"}
NEW = {"manifest.json": b"new", "index.html": b"new page", "technical/notebook.html": b"below a folder"}


def held(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def beside(folder):
    return sorted(p.name for p in folder.parent.iterdir() if p != folder)


@pytest.fixture(params=["exchange", "two renames"])
def target(request, tmp_path, monkeypatch):
    """A report's folder, on a system with an exchanging call and on one without."""
    if request.param == "two renames":
        monkeypatch.setattr(bundle, "_exchange", lambda *_: False)
    return tmp_path / "reports" / "demo"


def test_a_report_is_exactly_the_files_it_was_given(target):
    bundle.publish(OLD, target)
    assert held(target) == OLD
    bundle.publish(NEW, target)
    assert held(target) == NEW
    assert beside(target) == [], "no temporary folder is left"


def test_the_system_exchanges_two_folders_in_one_call_here(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "a").write_text("1")
    if bundle._exchange(one, other):
        assert (other / "a").read_text() == "1"
        assert not any(one.iterdir())
    else:
        assert (one / "a").read_text() == "1", "where it cannot, it changes nothing"


def test_a_full_disk_leaves_the_old_report(target, monkeypatch):
    bundle.publish(OLD, target)
    real = Path.open

    def full(self, *args, **kwargs):
        return open("/dev/full", "wb") if self.name == "index.html" else real(self, *args, **kwargs)

    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(RequestError, match="the disk is full") as caught:
        bundle.publish(NEW, target)
    assert caught.value.exit_code == 2
    monkeypatch.undo()
    assert held(target) == OLD
    assert beside(target) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("call", ["mkdir", "rename", "open"])
def test_any_failing_call_leaves_the_old_report(target, monkeypatch, code, call):
    bundle.publish(OLD, target)
    fresh = f".{target.name}.new"
    real = getattr(Path, call)

    def failing(self, *args, **kwargs):
        if fresh in self.parts:
            raise OSError(code, os.strerror(code))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, call, failing)
    if call == "rename":
        monkeypatch.setattr(bundle, "_exchange", lambda *_: False)
    with pytest.raises(RequestError, match="the last report is as it was"):
        bundle.publish(NEW, target)
    monkeypatch.undo()
    bundle.recover(target)
    assert held(target) == OLD


@pytest.mark.skipif(os.name != "posix", reason="a kill as POSIX has it")
@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_a_kill_at_any_moment_leaves_one_whole_report(tmp_path, way):
    """Kill the publishing process at each of its file operations in turn, then see what a reader finds."""
    code = f"""
import os, sys
from pathlib import Path
from ot_eval.publish import bundle
if {way!r} == "two renames":
    bundle._exchange = lambda *_: False
target, at = Path(sys.argv[1]), int(sys.argv[2])
seen = 0
def hook(event, args):
    global seen
    if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree",
                 "fcntl.flock", "ctypes.dlsym", "ctypes.get_errno"):
        seen += 1
        if seen == at:
            os._exit(9)
new = {NEW!r}
sys.addaudithook(hook)
bundle.publish(new, target)
sys.stdout.write(str(seen))
"""
    target = tmp_path / "reports" / "demo"
    moments = 0
    outcomes = set()
    while True:
        moments += 1
        bundle.publish(OLD, target)
        run = subprocess.run(
            [sys.executable, "-c", code, str(target), str(moments)], capture_output=True, text=True, check=False
        )
        if run.returncode == 0:
            assert held(target) == NEW
            break
        assert run.returncode == 9, run.stderr
        if way == "exchange":
            assert held(target) in (OLD, NEW), f"killed at moment {moments}"
        bundle.recover(target)
        assert held(target) in (OLD, NEW), f"killed at moment {moments}"
        assert beside(target) == []
        outcomes.add(held(target)["manifest.json"])
    assert moments > 12, "the process was stopped at many moments"
    assert b"old" in outcomes


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_a_second_run_is_refused_while_one_publishes(tmp_path):
    target = tmp_path / "reports" / "demo"
    target.parent.mkdir()
    with bundle._alone(target.parent, target.name), pytest.raises(RequestError, match="another run is publishing"):
        bundle.publish(NEW, target)
    bundle.publish(NEW, target)
    assert held(target) == NEW


def test_a_folder_that_is_no_report_is_never_replaced(tmp_path):
    documents = tmp_path / "Documents"
    documents.mkdir()
    (documents / "thesis.docx").write_text("years of work")
    with pytest.raises(RequestError, match="not a report of ot_eval"):
        bundle.publish(NEW, documents)
    assert (documents / "thesis.docx").read_text() == "years of work"
    with pytest.raises(RequestError, match="not a report of ot_eval"):
        bundle.publish(NEW, documents / "thesis.docx")


@pytest.mark.parametrize("name", ["../out.html", "/etc/x", "", "a/../../b", "a\\b"])
def test_a_name_that_leaves_the_folder_is_a_fault(tmp_path, name):
    with pytest.raises(InternalFault, match="leaves the report's folder"):
        bundle.publish({name: b""}, tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_what_a_killed_run_left_is_cleaned_by_the_next(tmp_path):
    target = tmp_path / "reports" / "demo"
    bundle.publish(OLD, target)
    (target.parent / ".demo.new").mkdir()
    (target.parent / ".demo.new" / "half").write_text("x")
    bundle.publish(NEW, target)
    assert held(target) == NEW
    assert beside(target) == []
