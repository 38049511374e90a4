"""Releases of the same data, one after the other: what two give away together, neither gives away alone.

The ledger of every report lies in `work/<study>/releases/` before the report is published, named by the inputs it was
made from.
A number that an earlier release of the same inputs hides may not be shown now, nor the other way round: whoever holds
both has it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.provenance import FileRead
from ot_eval.base.study import private_dir, write_private
from ot_eval.outputs.ledger import Entry, reopened

FOLDER = "releases"
COLUMNS = tuple(f.name for f in fields(Entry))


def same_data(inputs: Iterable[FileRead]) -> str:
    """Return a short name for a set of input files."""
    found = sorted((f.name, f.sha256) for f in inputs)
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]


def refuse_reopened(work: Path, data: str, now: Sequence[Entry]) -> None:
    """Refuse a report that would give away, beside an earlier one of the same data, what either hides.

    Parameters
    ----------
    work : the study's work folder
    data : `same_data` of this run's inputs
    now : the ledger of the report that is about to be published

    Raises
    ------
    AnalysisRefused
        A number hidden in one release and shown in the other.
    """
    found = {r.key for path in _earlier(work, data) for r in reopened(_read(path), now)}
    if found:
        places = sorted({f"{strand}, {place}" for strand, place, *_ in found})
        raise AnalysisRefused(
            f"{len(found)} number(s) hidden in one release of these data and shown in another: {'; '.join(places[:3])}",
            expected="releases of the same data that hide the same numbers",
            fix="keep to the settings of the earlier report, or, if it never left your hands, run again with "
            "--withdrawn, which strikes it from the record",
        )


def withdraw(work: Path, data: str, now: Path) -> int:
    """Strike all releases of the same data but the one recorded at `now`, because nobody outside has them.

    Returns
    -------
    int
        How many were struck.
    """
    earlier = [path for path in _earlier(work, data) if path != now]
    for path in earlier:
        path.unlink()
    return len(earlier)


def record(work: Path, data: str, now: Sequence[Entry]) -> Path:
    """Add a report that is about to be published to the record and return where; the same report twice is one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(e, c) for c in COLUMNS] for e in now)
    body = text.getvalue()
    name = f"{data}-{hashlib.sha256(body.encode()).hexdigest()[:8]}.csv"
    return write_private(private_dir(work / FOLDER) / name, body)


def _earlier(work: Path, data: str) -> list[Path]:
    return sorted((work / FOLDER).glob(f"{data}-*.csv"))


def _read(path: Path) -> list[Entry]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [Entry(**{**row, "shown": int(row["shown"]) if row["shown"] else None}) for row in rows]  # type: ignore[arg-type]
