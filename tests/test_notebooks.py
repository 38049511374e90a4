"""A notebook computes nothing by itself: a parameters cell, then calls and display. It is stored without outputs.

Logic in a notebook cannot be tested, and outputs in a stored notebook can be personal data.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_STATEMENTS = 8
LOGIC = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp, ast.Match),
    *(ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Raise, ast.Assert, ast.Delete),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.BinOp, ast.AugAssign, ast.BoolOp, ast.Compare, ast.NamedExpr, ast.Global, ast.Await),
)
PANDAS_VERBS = (
    *("agg", "aggregate", "apply", "assign", "astype", "concat", "drop", "dropna", "eval", "explode", "fillna"),
    *("groupby", "join", "map", "melt", "merge", "pipe", "pivot", "pivot_table", "query", "replace", "resample"),
    *("reset_index", "rolling", "set_index", "sort_values", "stack", "transform", "unstack", "where"),
)
BUILT_IN = ("eval", "exec", "open", "compile", "__import__", "input", "setattr")


def faults(notebook: dict) -> Iterator[str]:
    """Yield what a notebook does that it must not."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    tagged = [cell for cell in code if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        yield f"{len(tagged)} parameters cells"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "a kernel that only one machine has; python3 is everyone's"
    for number, cell in enumerate(code, start=1):
        if cell["outputs"]:
            yield f"cell {number}: stored outputs"
        if cell["execution_count"] is not None:
            yield f"cell {number}: a stored execution count"
        source = "".join(cell["source"])
        try:
            tree = ast.parse(source)
        except SyntaxError:
            yield f"cell {number}: not plain Python (a magic or a shell command?)"
            continue
        rules = _parameters if any(cell is other for other in tagged) else _calls
        yield from (f"cell {number}: {said}" for said in rules(tree))


def _parameters(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Constant):
            yield "a parameters cell holds names with plain values and nothing else"


def _calls(tree: ast.Module) -> Iterator[str]:
    if len(tree.body) > MOST_STATEMENTS:
        yield f"more than {MOST_STATEMENTS} statements"
    for node in ast.walk(tree):
        if isinstance(node, LOGIC):
            yield f"logic ({type(node).__name__})"
        if isinstance(node, ast.Import):
            yield from (f"imports {a.name}" for a in node.names if a.name.split(".")[0] != "ot_eval")
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] != "ot_eval"):
            yield f"imports {node.module}"
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if isinstance(node.func, ast.Attribute) and name in PANDAS_VERBS:
                yield f"a pandas verb (.{name})"
            if isinstance(node.func, ast.Name) and name in BUILT_IN:
                yield f"{name}()"


def notebook_of(*sources: str, **changes) -> dict:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": [text], "outputs": [], "execution_count": None}
        for text in ('protocol = "protocol.json"', *sources)
    ]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    cells[-1].update(changes)
    return {"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}}


def test_the_care_packages_notebook_is_there():
    assert FOLDER / "care_packages.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_keeps_the_rules(path):
    assert list(faults(json.loads(path.read_text(encoding="utf-8")))) == []


def test_calls_and_display_are_allowed():
    good = (
        "from ot_eval.studies import care_packages\nresult = care_packages.run(protocol, x=-1)\ndisplay(result.table)"
    )
    assert list(faults(notebook_of(good, "result.save(path=f'{protocol}')"))) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import pandas as pd", "imports pandas"),
        ("import ot_eval_other", "imports ot_eval_other"),
        ("from pathlib import Path", "imports pathlib"),
        ("from . import x", "imports None"),
        ("def f(): pass", "logic (FunctionDef)"),
        ("class A: pass", "logic (ClassDef)"),
        ("f = lambda: 1", "logic (Lambda)"),
        ("for i in x: pass", "logic (For)"),
        ("while x: pass", "logic (While)"),
        ("if x: pass", "logic (If)"),
        ("y = 1 if x else 2", "logic (IfExp)"),
        ("try:\n    x\nexcept E:\n    y", "logic (Try)"),
        ("with x: y", "logic (With)"),
        ("[i for i in x]", "logic (ListComp)"),
        ("f(i for i in x)", "logic (GeneratorExp)"),
        ("x + 1", "logic (BinOp)"),
        ("x += 1", "logic (AugAssign)"),
        ("x and y", "logic (BoolOp)"),
        ("x > 1", "logic (Compare)"),
        ("x.groupby('a')", "a pandas verb (.groupby)"),
        ("x.merge(y)", "a pandas verb (.merge)"),
        ("open('x')", "open()"),
        ("%matplotlib inline", "not plain Python"),
        ("!ls", "not plain Python"),
        ("\n".join(["f()"] * 9), "more than 8 statements"),
    ],
)
def test_logic_in_a_notebook_is_seen(source, said):
    assert any(said in found for found in faults(notebook_of(source)))


def test_stored_results_are_seen():
    assert any("stored outputs" in f for f in faults(notebook_of("f()", outputs=[{"output_type": "stream"}])))
    assert any("execution count" in f for f in faults(notebook_of("f()", execution_count=3)))


def test_exactly_one_parameters_cell_with_plain_values_is_asked_for():
    none, two, sums = notebook_of("f()"), notebook_of("a = 1"), notebook_of("f()")
    none["cells"][0]["metadata"] = {}
    two["cells"][1]["metadata"] = {"tags": ["parameters"]}
    sums["cells"][0]["source"] = ["protocol = f()"]
    assert "0 parameters cells" in list(faults(none))
    assert "2 parameters cells" in list(faults(two))
    assert any("plain values" in f for f in faults(sums))
