"""Putting a report in its place: all of it or none of it, whatever happens on the way.

The files are written to a hidden sibling folder and pushed to disk. Then one system call exchanges the two folders
(Linux, macOS); a run killed before it leaves the old report, a run killed after it has left the new one. Where the
system or the disk has no such call, two renames do it; a run killed between them leaves the old report beside the
gap, and `recover` (the first thing every run does) moves it back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ot_eval.base.errors import InternalFault, RequestError

_AT_FDCWD = {"linux": -100, "darwin": -2}
_EXCHANGE = 2  # RENAME_EXCHANGE on Linux and RENAME_SWAP on macOS have the same value
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def publish(files: Mapping[str, bytes], target: Path) -> None:
    """Make `target` hold exactly `files`, in one step.

    Parameters
    ----------
    files : contents by file name; a name may hold `/` for a folder below
    target : the report's folder; whatever it held is replaced

    Raises
    ------
    RequestError
        when the disk is full, the folder cannot be written, or another run is publishing here; the old report is whole
    """
    target = target.absolute()
    _refuse_names(files)
    _refuse_target(target)
    fresh = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target.parent, target.name):
            recover(target)
            try:
                _write_all(files, fresh)
                _swap(fresh, target)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise _refused(error, target) from error


def recover(target: Path) -> None:
    """Clean up after a run that was killed: put a stranded old report back, remove half-written ones."""
    old = target.with_name(f".{target.name}.old")
    if old.is_dir() and not target.exists():
        old.rename(target)
    for stale in (old, target.with_name(f".{target.name}.new")):
        if stale.is_dir():
            shutil.rmtree(stale)


def _refuse_names(files: Mapping[str, bytes]) -> None:
    for name in files:
        path = Path(name)
        if not name or path.is_absolute() or ".." in path.parts or "\\" in name:
            raise InternalFault(
                "bundle: a file name that leaves the report's folder",
                expected="a name or a relative path below the folder",
                fix="report this: a page was named wrongly",
            )


def _refuse_target(target: Path) -> None:
    """Refuse to replace anything that is not a report: the whole folder would be lost."""
    strange = target.is_file() or (
        target.is_dir() and any(target.iterdir()) and not (target / "manifest.json").is_file()
    )
    if strange:
        raise RequestError(
            f"{target.name}: there is something here that is not a report of ot_eval",
            expected="a new or empty folder, or an earlier report (it has a manifest.json)",
            fix="choose another folder with --out, or move what lies there",
        )


def _write_all(files: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir()
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
    _push(folder)


def _push(folder: Path) -> None:
    """Push a folder's own entries to disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(fresh: Path, target: Path) -> None:
    """Put `fresh` where `target` is; afterwards `fresh` is the old report, or is gone."""
    if not target.exists():
        fresh.rename(target)
    elif not _exchange(fresh, target):
        old = target.with_name(f".{target.name}.old")
        target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    _push(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one system call; False where the system or the disk cannot."""
    here = _AT_FDCWD.get(sys.platform)
    if here is None:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "renameat2" if sys.platform == "linux" else "renameatx_np", None)
    if call is None:
        return False
    if call(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code))


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Hold the folder above the report while publishing, so that two runs cannot mix their files (POSIX)."""
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RequestError(
                f"another run is publishing beside {name}",
                expected="one run at a time in a reports folder",
                fix="wait until it has ended and run again",
            ) from error
        yield
    finally:
        os.close(handle)


def _refused(error: OSError, target: Path) -> RequestError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    found = "the disk is full" if full else f"the folder cannot be written ({error.strerror or type(error).__name__})"
    return RequestError(
        f"reports/{target.name}: {found}; nothing was published and the last report is as it was",
        expected="room and permission to write the report",
        fix="free some space and run again" if full else "give yourself the right to write there, or use --out",
    )
