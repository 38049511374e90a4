"""The code behind a strand: its executed notebook without outputs, and the released results beneath it.

An executed notebook holds true numbers in its outputs, and paths of this computer in its parameters. Neither is read.
What is shown is text that ships with the toolkit. Where a study changed its notebook, its changed code is shown
without comments and searched for identifiers and paths, and its changed prose is left out: a person may have written
a number there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from ot_eval.base.errors import RequestError
from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.base.shipped import shipped
from ot_eval.outputs import numbers
from ot_eval.outputs.disclosure_text import refuse_identifiers
from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing
from ot_eval.publish.csv_files import cell, results

FOLDER = "technical"
MOST_LINES = 600
"""Lines of results on a page, at most: it must stay small enough to send; results.csv holds every line."""
SHOWN = ("population", "outcome", "term", "measure", "unit", "value", "lower", "upper", "n", "n_event")
PARAMETERS = ("parameters", "injected-parameters")
_PLACE = re.compile(r"(?<![\w.<>*])(?:/[\w.-]+){2,}|\b[A-Za-z]:\\|\\\\\w+\\|~/")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCell:
    """One cell as it may be shown: prose as escaped HTML, code as text."""

    prose: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The cells of a strand's notebook; `changed`: the study changed it; `left_out`: how many cells are not shown."""

    cells: tuple[CodeCell, ...]
    changed: bool
    left_out: int


def read_all(folder: Path, strands: tuple[str, ...]) -> dict[str, Code]:
    """Return the code of each strand whose executed notebook lies in the private `folder`."""
    return {s: read(folder / f"{s}.ipynb") for s in strands if (folder / f"{s}.ipynb").is_file()}


def read(executed: Path) -> Code:
    """Return the code of one executed notebook; its outputs are not read.

    Raises
    ------
    InternalFault
        when a changed cell holds something like an identifier
    RequestError
        when a changed cell names a place on this computer
    """
    original = shipped("notebooks") / executed.name
    known = set(_sources(original)) if original.is_file() else set()
    cells, changed, left_out = [], False, 0
    for kind, text in _sources(executed):
        ours = (kind, text) in known
        changed = changed or not ours
        shown = text if ours else _code_alone(text, executed.stem) if kind == "code" else ""
        if not shown:
            left_out += 1
        elif kind == "code":
            cells.append(CodeCell(code=shown))
        else:
            cells.append(CodeCell(prose=_prose(shown)))
    return Code(cells=tuple(cells), changed=changed, left_out=left_out)


def _sources(notebook: Path) -> list[tuple[str, str]]:
    """Return kind and text of each cell that holds anything, without those that set the parameters."""
    import nbformat

    cells = nbformat.read(str(notebook), as_version=4).cells  # type: ignore[no-untyped-call]
    kept = [c for c in cells if not set(PARAMETERS) & set(c.metadata.get("tags", [])) and c.source.strip()]
    return [(str(c.cell_type), str(c.source).strip()) for c in kept if c.cell_type in ("code", "markdown")]


def _code_alone(text: str, name: str) -> str:
    """Return changed code without its comments; empty where it is no plain Python."""
    try:
        plain = ast.unparse(ast.parse(text))
    except SyntaxError:
        return ""
    refuse_identifiers(plain, f"the notebook {name}")
    if _PLACE.search(plain):
        raise RequestError(
            f"notebook {name}: a changed cell names a place on this computer",
            expected="code that finds its files through the workspace; the code is published",
            fix="take the path out of the notebook in the study's notebooks folder and run again",
        )
    return plain


def _prose(text: str) -> str:
    """Return Markdown as HTML, its headings one level lower; markup in it is shown, not followed."""
    html = str(MarkdownIt("commonmark", {"html": False}).render(text))
    return re.sub(r"(</?h)([1-5])>", lambda m: f"{m[1]}{int(m[2]) + 1}>", html)


def results_table(released: Released) -> tuple[Table, int]:
    """Return the released estimates as in results.csv, digit for digit, and how many lines did not fit."""
    lines = results([released])
    names = list(RESULT_COLUMNS)
    rows = [
        Row(header=str(line[names.index("analysis")]), cells=tuple(_shown(line[names.index(c)], c) for c in SHOWN))
        for line in lines[:MOST_LINES]
    ]
    head = ("analysis", *SHOWN)
    return listing("results", "The released results", head, rows), max(0, len(lines) - MOST_LINES)


def _shown(value: object, column: str) -> str:
    if value is None:
        return numbers.HIDDEN_CELL if column == "value" else numbers.NONE_CELL
    return cell(value)


def name_of(strand: str) -> str:
    """Return the name of a strand's page of code inside the report."""
    return f"{FOLDER}/{strand}.html"


Codes = Mapping[str, Code]
"""The code of each strand, by strand."""
