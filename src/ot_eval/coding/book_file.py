"""Reading a codebook from its YAML file: every problem is named with its line, all at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ot_eval.base import located_yaml
from ot_eval.base.errors import RequestError, nearest
from ot_eval.base.protocol_part import Part

Book = TypeVar("Book", bound=Part)
Refusal = Callable[[list[str]], RequestError]


def read_book(path: Path, kind: type[Book], entry: type[Part], *, called: str, refusal: Refusal) -> Book:
    """Return the codebook in a file that exists.

    Parameters
    ----------
    path : the YAML file
    kind, entry : what a whole codebook and one code of it must look like
    called : what the reader calls such a codebook
    refusal : makes the error from the problems found

    Raises
    ------
    RequestError
        The file is not YAML, or breaks a rule; each problem names its line.
    """
    read = located_yaml.read(path.read_text(encoding="utf-8-sig"))
    if read.faults or not isinstance(read.value, dict):
        raise refusal([f"line {f.line}: {f.message}" for f in read.faults] or ["the file holds no words with values"])
    known = (*entry.model_fields, *kind.model_fields)
    try:
        return kind.model_validate_json(json.dumps(read.value), strict=True)
    except ValidationError as error:
        raise refusal([_said(e, read, called, known) for e in error.errors()]) from None


def _said(error: Any, read: located_yaml.Located, called: str, known: tuple[str, ...]) -> str:
    place = tuple(error["loc"])
    where = f"line {read.line(place)}: " if place else ""
    word = str(next((p for p in reversed(place) if isinstance(p, str)), "the codebook"))
    if error["type"] == "missing":
        return f"{where}'{word}' is missing"
    if error["type"] == "extra_forbidden":
        return f"{where}'{word}' is not a word {called} knows.{nearest(word, known)}"
    if error["type"] == "value_error":
        return f"{where}{error['ctx']['error']}"
    return f"{where}'{word}' has a value that is not allowed there"
