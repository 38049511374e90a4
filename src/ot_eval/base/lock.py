"""Freezing a protocol before outcomes are seen, and listing every later difference from it.

The lock is a file beside the protocol, for people to keep under version control or to send to a reviewer. Its seal
shows an edit by hand; it is no signature, since whoever can run the toolkit can lock again. What makes a lock strong is
the copy that someone else holds, so the seal is short enough to be written into an e-mail or a registration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Deviation
from ot_eval.base.study import StudyFolder

NOT_LOCKED = "not locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A protocol as it was frozen.

    `after_results` is True when the study already had a work folder with files in it on the day of locking: outcomes
    may have been seen before.
    """

    locked_on: str
    after_results: bool
    protocol_sha256: str
    protocol: dict[str, Any]

    def seal(self) -> str:
        """Return the hash of everything in the lock."""
        return hashlib.sha256(_canonical(asdict(self)).encode()).hexdigest()


def lock_path(protocol_file: Path) -> Path:
    """Return where the lock of a protocol lies: my-study/protocol.yaml has my-study/protocol.lock.json."""
    return protocol_file.with_suffix(".lock.json")


def lock(protocol_file: Path, protocol: Protocol, today: date) -> Lock:
    """Freeze `protocol`, which was read from `protocol_file`, and write its lock beside it.

    Raises
    ------
    RequestError
        It is locked already; a lock is never written over.
    """
    target = lock_path(protocol_file)
    if target.exists():
        before = read_lock(protocol_file)
        raise RequestError(
            f"{protocol_file.name} is locked already{f', since {before.locked_on}' if before else ''}",
            expected="one lock a protocol; differences from it are listed in the report as deviations",
            fix=f"keep the lock; to begin a new study, copy the protocol to a new folder ({target.name} stays behind)",
        )
    work = StudyFolder.of(protocol_file, protocol.data, protocol.study).work
    made = Lock(
        locked_on=today.isoformat(),
        after_results=work.is_dir() and any(work.rglob("*.json")),
        protocol_sha256=protocol.sha256(),
        protocol=json.loads(protocol.canonical()),
    )
    with target.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(_canonical({**asdict(made), "seal": made.seal()}) + "\n")
    return made


def read_lock(protocol_file: Path) -> Lock | None:
    """Return the lock of a protocol, or None when it was never locked.

    Raises
    ------
    RequestError
        The lock file was edited: its words no longer give its seal, or it is not a lock at all.
    """
    path = lock_path(protocol_file)
    if not path.exists():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        seal = raw.pop("seal")
        found = Lock(**raw)
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        raise _edited(path, "it cannot be read as a lock") from None
    if found.seal() != seal or hashlib.sha256(_canonical(found.protocol).encode()).hexdigest() != found.protocol_sha256:
        raise _edited(path, "its content does not match its seal")
    return found


def lock_fact(found: Lock | None) -> str:
    """Return what the report says about the lock.

    Examples
    --------
    >>> lock_fact(None)
    'not locked'
    """
    if found is None:
        return NOT_LOCKED
    late = "; the study had been run before that day" if found.after_results else ""
    return f"locked on {found.locked_on} (sha256 {found.protocol_sha256[:12]}){late}"


def deviations(found: Lock | None, used: Protocol) -> tuple[Deviation, ...]:
    """Return every word whose value differs between the locked and the used protocol, in the order of the words.

    A list is one value: its order may matter. Without a lock there is nothing to differ from, so the tuple is empty and
    `lock_fact` says 'not locked'.
    """
    if found is None:
        return ()
    return differences(found.protocol, json.loads(used.canonical()))


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[Deviation, ...]:
    """Return every word whose value differs between two protocols, each given as its canonical words and values.

    Examples
    --------
    >>> differences({"increase": {"minimum_rise": 1.0}}, {"increase": {"minimum_rise": 2.0}})
    (Deviation(place='increase: minimum rise', locked='1.0', used='2.0'),)
    """
    old, new = dict(_leaves(before, ())), dict(_leaves(after, ()))
    return tuple(
        Deviation(place=_in_words(place), locked=_shown(old, place), used=_shown(new, place))
        for place in sorted(old.keys() | new.keys())
        if old.get(place) != new.get(place)
    )


def _canonical(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)


def _edited(path: Path, why: str) -> RequestError:
    return RequestError(
        f"{path.name} was changed by hand: {why}",
        expected="the lock exactly as `ot-eval protocol lock` wrote it",
        fix="put the original file back (from version control, or from whoever keeps a copy)",
    )


def _leaves(values: dict[str, Any], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*place, name))
        else:
            yield (*place, name), value


def _in_words(place: tuple[str, ...]) -> str:
    return ": ".join(part.replace("_", " ") for part in place)


def _shown(leaves: dict[tuple[str, ...], Any], place: tuple[str, ...]) -> str:
    value = leaves.get(place)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", []):
        return "not set"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
