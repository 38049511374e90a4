"""Pseudonyms: HMAC-SHA256 of an identifier, with a key that never leaves the data folder.

Without the key nobody can go from a pseudonym to a person, nor test a guess. The same key gives the same pseudonyms,
so a study can be run again; destroying the key severs the link for good.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.study import StudyFolder, write_private

KEY_BYTES = 32
PSEUDONYM_BYTES = 10
"""80 bits, 20 hexadecimal digits: for 10 million people the chance that any two share one is below 1 in 10 billion."""


def load_key(folder: StudyFolder) -> bytes:
    """Return the study's pseudonym key; create it, readable by its owner alone, on first use.

    Raises
    ------
    RequestError
        The key lies where reports are published, others can read it, or it is not a key.
    """
    path = folder.key
    if path.resolve().is_relative_to(folder.reports.resolve()):
        raise RequestError(
            "the pseudonym key lies inside the reports folder, which is published",
            expected="the key in the data folder, outside the reports folder",
            fix="give the study a data folder of its own, outside reports/",
        )
    if not path.exists():
        write_new_key(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise RequestError(
            f"the pseudonym key {path.name} can be read by others",
            expected="a key that its owner alone can read (mode 600)",
            fix=f"run `chmod 600` on {path.name} in the data folder; if others may have it, start with a new key",
        )
    return _parse(path)


def write_new_key(path: Path) -> None:
    """Write a fresh random key, unless one has appeared meanwhile."""
    mode = path.parent.stat().st_mode if path.parent.exists() else None
    write_private(path, secrets.token_hex(KEY_BYTES) + "\n")
    if mode is not None and os.name == "posix":
        path.parent.chmod(stat.S_IMODE(mode))  # the user's folder keeps the rights the user gave it


def _parse(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) < KEY_BYTES:
        raise RequestError(
            f"the pseudonym key {path.name} is not a key",
            expected=f"{2 * KEY_BYTES} hexadecimal digits or more",
            fix="restore the key file, or move it away: a new one is made, and pseudonyms change",
        )
    return key


def pseudonyms(ids: Iterable[str], key: bytes, *, kind: str) -> list[str]:
    """Return one pseudonym for each id, in order.

    Parameters
    ----------
    ids : identifiers as written; spaces at the ends do not count
    key : the secret key
    kind : what is named (person, carer), so that equal texts of two kinds get different pseudonyms

    Returns
    -------
    list of str
        20 hexadecimal digits each.

    Examples
    --------
    >>> a, b = pseudonyms(["P1", " P1 "], b"k" * 32, kind="person")
    >>> a == b, len(a)
    (True, 20)
    """
    salt = kind.encode() + b"\x1f"
    return [
        hmac.digest(key, salt + text.strip().encode("utf-8"), hashlib.sha256)[:PSEUDONYM_BYTES].hex() for text in ids
    ]
