"""Making a published report again from the same inputs, and saying whether every number is the same.

Where a number moved, the two manifests say why: an input, a word of the protocol, the code, or a version.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ot_eval.base.errors import RequestError
from ot_eval.base.lock import differences
from ot_eval.base.provenance import sha256
from ot_eval.base.study import StudyFolder

MANIFEST = "manifest.json"
NAMES = {
    "results.csv": ("analysis", "population", "outcome", "term", "measure", "unit"),
    "curves.csv": ("analysis", "population", "group", "outcome", "day"),
    "flow.csv": ("strand", "population", "rule"),
}
"""The files that are compared number by number, and the columns that name a row of each."""

NO_CAUSE = "neither inputs, protocol, code nor versions differ: the same things gave two results; tell the maintainers"
Rebuild = Callable[[Path, Path], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One published value that came out otherwise; empty text = not there."""

    file: str
    row: str
    column: str
    published: str
    rebuilt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`edited`: files that are not as they were published. `causes`: what differs that can move a number."""

    edited: tuple[str, ...]
    moved: tuple[Moved, ...]
    causes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the report is as published and every number came out again."""
        return not self.edited and not self.moved


def verify(report: Path, protocol_file: Path | None, rebuild: Rebuild) -> Verdict:
    """Rebuild the study of `report` beside it and compare.

    Parameters
    ----------
    report : the report's folder
    protocol_file : the study's protocol; None = look for it where `ot-eval run` would have found it
    rebuild : runs the study of a protocol file and publishes into a folder, as `pipeline.run_study` does

    Raises
    ------
    RequestError
        The folder is no report, or its protocol is not to be found.
    """
    before = _manifest(report)
    plan = protocol_file or _protocol_of(report, before["study"])
    fresh = StudyFolder.of(plan, "data", before["study"]).work / "verify"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        rebuild(plan, fresh)
        after = _manifest(fresh)
        moved = tuple(m for name in NAMES for m in _moved(name, report / name, fresh / name))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    causes = tuple(_causes(before, after))
    if moved and not causes:
        causes = (NO_CAUSE,)
    return Verdict(edited=tuple(_edited(report, before)), moved=moved, causes=causes)


def _manifest(report: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((report / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RequestError(
            f"{report}: no {MANIFEST} that can be read",
            expected="the folder of a published report, such as my-study/reports/my-study",
            fix="check the path",
        ) from None
    return found


def _protocol_of(report: Path, study: str) -> Path:
    root = report.resolve().parent.parent
    for place in (root / "protocol.yaml", root / "protocols" / f"{study}.yaml"):
        if place.is_file():
            return place
    raise RequestError(
        f"{report}: its protocol is not at {root / 'protocol.yaml'}",
        expected="the report where the run put it, in reports/ beside the protocol",
        fix="name the protocol with --protocol",
    )


def _edited(report: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield the files whose bytes are not those that were published. The manifest cannot vouch for itself."""
    for name, about in manifest["files"].items():
        if not (report / name).is_file():
            yield f"{name} (missing)"
        elif sha256(report / name) != about["sha256"]:
            yield f"{name} (changed)"
    known = {*manifest["files"], MANIFEST}
    found = (p.relative_to(report).as_posix() for p in sorted(report.rglob("*")) if p.is_file())
    yield from (f"{name} (added)" for name in found if name not in known)


def _rows(path: Path, names: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the rows of a file by name; rows that share a name are numbered in their order."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    copies: Counter[tuple[str, ...]] = Counter()
    if not path.is_file():
        return rows
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            name = tuple(row.get(column, "") for column in names)
            copies[name] += 1
            rows[*name, str(copies[name])] = row
    return rows


def _moved(file: str, published: Path, rebuilt: Path) -> Iterator[Moved]:
    names = NAMES[file]
    old, new = _rows(published, names), _rows(rebuilt, names)
    for key in [*old, *(k for k in new if k not in old)]:
        one, other = old.get(key, {}), new.get(key, {})
        for column in [c for c in (*one, *(c for c in other if c not in one)) if c not in names]:
            if one.get(column, "") != other.get(column, ""):
                row = ", ".join(part for part in key[:-1] if part)
                yield Moved(
                    file=file, row=row, column=column, published=one.get(column, ""), rebuilt=other.get(column, "")
                )


def _causes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old = {i["name"]: i["sha256"] for i in before["inputs"]}
    new = {i["name"]: i["sha256"] for i in after["inputs"]}
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"input {name} is gone"
        elif name not in old:
            yield f"input {name} is new"
        elif old[name] != new[name]:
            yield f"input {name} has changed"
    for word in differences(before["protocol"]["as_used"], after["protocol"]["as_used"]):
        yield f"protocol, {word.place}: was {word.locked}, is {word.used}"
    if before["code"] != after["code"]:
        was, now = before["code"]["ot_eval"], after["code"]["ot_eval"]
        yield f"the toolkit's code has changed{'' if was == now else f': was version {was}, is {now}'}"
    for name, was, now in _versions(before, after):
        yield f"{name}: was {was}, is {now}"


def _versions(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    old, new = ({"Python": m["python"], **m["packages"]} for m in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield name, old.get(name, "not installed"), new.get(name, "not installed")
