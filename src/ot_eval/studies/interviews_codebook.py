"""A coding tool's codes as a codebook of interviews, for people to finish: what a code means is theirs to write."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import yaml

from ot_eval.base.errors import RequestError
from ot_eval.data.refi_model import QdaProject

TO_WRITE = "TO BE WRITTEN: what this code means"
_LONGEST = 40


def write_codebook(project: QdaProject, to: Path) -> int:
    """Write the codes of a tool's project as a YAML codebook and return how many definitions are still to be written.

    Parameters
    ----------
    project : a project or codebook as read
    to : the YAML file; one that exists is never written over
    """
    if to.exists():
        raise RequestError(f"{to.name} exists", expected="a new file", fix="give another name, or move it away")
    if not project.codes:
        raise RequestError("the file holds no codes", expected="a project with a codebook", fix="choose another file")
    names: dict[str, str] = {}
    for code in project.codes:
        names[code.id] = _name(code.name, set(names.values()))
    body = {
        "name": _name(project.name, set()),
        "version": "0.1",
        "status": f"taken over from {project.origin or 'a coding tool'}, not finished",
        "codes": _below(project, "", names),
    }
    head = "# Taken over from a coding tool. Write the definitions; `topics` and `facet` may be added to each code.\n"
    to.write_text(head + yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")
    return sum(not c.description for c in project.codes)


def _below(project: QdaProject, parent: str, names: dict[str, str]) -> list[dict[str, object]]:
    found = []
    for code in project.codes:
        if code.parent == parent:
            one: dict[str, object] = {"code": names[code.id], "label": code.name}
            one["definition"] = code.description if len(code.description) >= 10 else TO_WRITE  # noqa: PLR2004  # as the codebook asks
            if not code.codable:
                one["codable"] = False
            below = _below(project, code.id, names)
            found.append(one | ({"codes": below} if below else {}))
    return found


def _name(label: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[: _LONGEST - 4] or "code"
    base = base if base[0].isalpha() and len(base) > 1 else f"code_{base}"
    return next(n for k in range(1, 10_000) if (n := base if k == 1 else f"{base}_{k}") not in taken)
