"""What a notebook must be before it runs, and what a failed one is allowed to say."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from ot_eval.base import errors
from ot_eval.base.errors import InternalFault, OTEvalError, RequestError, nearest

TAG = "parameters"
OURS: dict[str, type[OTEvalError]] = {
    kind.__name__: kind
    for kind in (errors.DataError, errors.RequestError, errors.AnalysisRefused, errors.InternalFault)
}
_THREE_LINES = re.compile(r"Found:\s+(?P<found>.*?)\nExpected:\s+(?P<expected>.*?)\nTo fix:\s+(?P<fix>.*)", re.DOTALL)


def read_checked(notebook: Path, parameters: dict[str, str]) -> Any:
    """Return a notebook that exists, has one parameters cell, and knows every parameter it will be given.

    Raises
    ------
    RequestError
        papermill would only log these, and run with the notebook's own values
    """
    import nbformat

    name = notebook.name
    try:
        read: Any = nbformat.read(str(notebook), as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, AttributeError, TypeError, KeyError, nbformat.ValidationError) as error:
        raise RequestError(
            f"{name}: it is not there, or is not a notebook ({type(error).__name__})",
            expected="a Jupyter notebook (.ipynb, version 4)",
            fix="take a fresh copy with `ot-eval init`",
        ) from error
    tagged = [cell for cell in read.cells if TAG in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise RequestError(
            f"{name}: {len(tagged)} cells are tagged {TAG}",
            expected="exactly one, which sets protocol_path and protocol_sha256",
            fix="tag one cell in JupyterLab (property inspector, cell tags), or take a fresh copy with `ot-eval init`",
        )
    declared = _assigned(tagged[0].source, name)
    unknown = sorted(set(parameters) - set(declared))
    if unknown:
        raise RequestError(
            f"{name}: its parameters cell does not set {unknown[0]}.{nearest(unknown[0], declared)}",
            expected=f"a cell that sets {' and '.join(sorted(parameters))}",
            fix="mend the cell, or take a fresh copy with `ot-eval init`",
        )
    return read


def _assigned(source: str, name: str) -> list[str]:
    """Return the names that plain assignments of a cell set."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise RequestError(
            f"{name}: its parameters cell is not plain Python (line {error.lineno})",
            expected="assignments only",
            fix="mend the cell, or take a fresh copy with `ot-eval init`",
        ) from error
    targets: list[ast.expr] = []
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets += statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets.append(statement.target)
    return [target.id for target in targets if isinstance(target, ast.Name)]


def failure_of(error: Exception, name: str, executed: Path) -> OTEvalError:
    """Return what may be said of a notebook that failed: which cell, which kind of error, and where to look.

    The message of an error that is not ours may hold a person's values, so it stays in the private notebook.
    """
    where = f"work/…/{executed.parent.name}/{executed.name}"
    kind, message = getattr(error, "ename", ""), getattr(error, "evalue", "")
    cell = getattr(error, "exec_count", None)
    if kind in OURS and (said := _THREE_LINES.search(message)):
        return OURS[kind](said["found"].strip(), expected=said["expected"].strip(), fix=said["fix"].strip())
    if kind:
        found = f"notebook {name}: cell [{cell}] stopped with {_plain_name(kind)}"
    else:
        found = f"notebook {name}: the process that ran it ended ({type(error).__name__})"
    return InternalFault(
        found,
        expected="every cell to run to its end; nothing was published",
        fix=f"open {where} (private): the error is at its top",
    )


def _plain_name(kind: str) -> str:
    """Return an error's class name, and nothing else that an odd class could smuggle in."""
    return kind if re.fullmatch(r"[A-Za-z_][\w.]{0,60}", kind) else "an error"


def refuse_stderr(done: Any, name: str, executed: Path) -> None:
    """Refuse a run that wrote to its error stream: a warning there would be published over.

    Raises
    ------
    InternalFault
        with the cell, never with what it wrote
    """
    for cell in done.cells:
        kinds = [(o.output_type, o.get("name", "")) for o in cell.get("outputs", [])]
        if ("stream", "stderr") in kinds or any(kind == "error" for kind, _ in kinds):
            raise InternalFault(
                f"notebook {name}: cell [{cell.execution_count}] wrote a warning or an error",
                expected="a run without warnings; nothing was published",
                fix=f"open work/…/{executed.parent.name}/{executed.name} (private) and settle what it says",
            )
