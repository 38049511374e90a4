"""Reading a protocol from its YAML file: every problem at once, each with its line, section and the nearest name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ot_eval.base import located_yaml
from ot_eval.base.errors import RequestError, nearest
from ot_eval.base.located_yaml import Place
from ot_eval.base.protocol import Protocol, json_schema
from ot_eval.base.protocol_wording import reword
from ot_eval.base.study import StudyFolder

SCHEMA_FILE = "protocol.schema.json"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a protocol: where it stands, and what to know about it."""

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def load(path: Path, overrides: tuple[str, ...] = ()) -> Protocol:
    """Read, check and freeze the protocol at `path`.

    Parameters
    ----------
    path : the YAML file
    overrides : words changed for this run only, each "section.word=value", as given to ``--set``

    Returns
    -------
    Protocol

    Raises
    ------
    RequestError
        The file is missing, is not a file, is not UTF-8 text, or has problems; every problem is listed at once.
    """
    located = located_yaml.read(_text(path))
    problems = [Problem(f.line, f"{path.name} line {f.line}", f.message) for f in located.faults]
    if located.value is None and not problems:
        problems.append(Problem(1, path.name, "the file is empty"))
    elif not isinstance(located.value, dict) and not problems:
        problems.append(Problem(1, f"{path.name} line 1", "a protocol is words with values, as in 'study: my-study'"))
    if not isinstance(located.value, dict):
        raise _refusal(problems)
    protocol = _checked(located.value, problems, lambda place: (located.line(place), f"{path.name} line"))
    if not overrides:
        return protocol
    changed = {_override(located.value, override): override for override in overrides}
    return _checked(located.value, [], lambda place: (0, _changed_at(place, changed)))


def _checked(values: dict[str, Any], problems: list[Problem], where: Callable[[Place], tuple[int, str]]) -> Protocol:
    try:
        protocol = Protocol.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        found = [(where(tuple(e["loc"])), reword(e)) for e in error.errors()]
        raise _refusal(
            problems + [Problem(line, f"{name} {line}" if line else name, said) for (line, name), said in found]
        ) from None
    if problems:
        raise _refusal(problems)
    return protocol


def _changed_at(place: Place, changed: dict[Place, str]) -> str:
    return next(
        (
            f"--set {text}"
            for name, text in changed.items()
            if place[: len(name)] == name or name[: len(place)] == place
        ),
        "--set " + " ".join(changed.values()),
    )


def study_folder(path: Path, protocol: Protocol, out: Path | None = None) -> StudyFolder:
    """Return the folders of the study whose protocol lies at `path`; refuse when its data folder is not there.

    Raises
    ------
    RequestError
        The data folder is missing or is a file.
    """
    folder = StudyFolder.of(path, protocol.data, protocol.study, out)
    if not folder.data.is_dir():
        raise RequestError(
            f"{path.name}: data is '{protocol.data}', and {folder.data} is {_what(folder.data)}",
            expected="the folder that holds the study's tables, or its cld/ folder of Client Level Data files",
            fix="make the folder and put the files in it, or change the word data in the protocol",
        )
    return folder


def schema_text() -> str:
    """Return the JSON Schema as it is published: protocols/protocol.schema.json."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _what(path: Path) -> str:
    return "a folder" if path.is_dir() else "a file" if path.exists() else "not there"


def _text(path: Path) -> str:
    if not path.is_file():
        inside = path if path.is_dir() else path.parent
        others = sorted(p.name for p in inside.glob("*.y*ml")) if inside.is_dir() else []
        near = nearest(path.name, others) or (f" There are: {', '.join(others)}." if others else "")
        raise RequestError(
            f"protocol {path}: {'it is a folder' if path.is_dir() else 'no such file'}.{near}",
            expected="the path of a protocol, a YAML file such as my-study/protocol.yaml",
            fix="check the path, or make a new study with `ot-eval init my-study`",
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise RequestError(
            f"{path.name} line {line}: a character that is not UTF-8",
            expected="plain text saved as UTF-8",
            fix="open it in an editor (Notepad will do), choose Save as, and choose the encoding UTF-8",
        ) from None


def _refusal(problems: list[Problem]) -> RequestError:
    ordered = sorted(problems)
    head = [str(p) for p in ordered]
    if len(head) > 1:
        head.insert(0, f"{len(ordered)} problems")
    return RequestError(
        "\n          ".join(head),
        expected="the words and values of a protocol (list: `ot-eval protocol schema`, or protocols/template.yaml)",
        fix="correct each line named above, then run `ot-eval check` again",
    )


def _override(values: dict[str, Any], override: str) -> Place:
    name, equals, raw = override.partition("=")
    place = tuple(part.strip() for part in name.split("."))
    read = located_yaml.read(raw)
    if not equals or not all(place) or read.faults:
        why = f": {read.faults[0].message}" if read.faults else ""
        raise RequestError(
            f"--set {override}{why}",
            expected="section.word=value",
            fix="write it as in --set increase.minimum_rise=2 or --set 'subgroups=[client, sex]'",
        )
    here = values
    for part in place[:-1]:
        deeper = here.get(part)
        if not isinstance(deeper, dict):
            deeper = here[part] = {}
        here = deeper
    here[place[-1]] = read.value
    return place
