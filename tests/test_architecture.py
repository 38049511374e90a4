"""The rule of the house, read off the source: imports go up the tree only, and third parties stay in their rooms.

Each rule is also tried on deliberate breaches, so that a rule that stopped working would be seen.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "ot_eval"
ROOMS = ("base", "coding", "data", "derive", "measures", "models", "outputs", "publish", "studies")
WALLS = {
    "ibis": ("data", "derive"),
    "duckdb": ("data", "derive"),
    "pyspark": ("data", "derive"),
    "lifelines": ("models",),
    "statsmodels": ("models",),
    "pingouin": ("models",),
    "sklearn": ("coding", "models"),
    "nltk": ("coding", "models"),
    "matplotlib": ("outputs",),
    "papermill": ("publish",),
    "nbformat": ("publish",),
    "nbclient": ("publish",),
    "jinja2": ("publish",),
    "markdown_it": ("publish",),
    "weasyprint": ("publish",),
    "docx": ("publish",),
    "defusedxml": ("data",),
    "lxml": ("data",),
    "typer": ("cli",),
    "rich": ("cli",),
}
NOT_IN_BASE = ("pandas", "numpy", "scipy", "pyarrow")
NETWORK = ("aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "urllib.request", "xmlrpc")
UNSAFE = ("pickle", "shelve", "marshal", "dill", "cloudpickle")
LONGEST_FILE = 400  # an aim of 250, a wall at 400: past it a file holds more than one idea
AIM = 250


def imports(tree: ast.AST) -> Iterator[tuple[int, int, str]]:
    """Yield (line, level, dotted name) of every import, those inside functions and import_module("...") included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, 0, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, node.level, f"{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, 0, argument.value


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def breaches(room: str, source: str) -> list[str]:
    """Return what a file of `room` ("cli" for files beside the rooms, "root" for __init__) does against the rules."""
    tree = ast.parse(source)
    found = [
        f"line {line}: {said}" for line, level, name in imports(tree) for said in _import_breaches(room, level, name)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [f"line {node.lineno}: {said}" for said in _call_breaches(node)]
    return found


def _import_breaches(room: str, level: int, name: str) -> Iterator[str]:
    if level:
        yield "a relative import"
    if _is(name, "ot_eval"):
        yield from _direction(room, name.split(".")[1:])
    for package, rooms in WALLS.items():
        if _is(name, package) and room not in rooms:
            yield f"{package} belongs to {' and '.join(rooms)}"
    if room == "base" and any(_is(name, package) for package in NOT_IN_BASE):
        yield f"{name} is too heavy for base"
    if any(_is(name, package) for package in NETWORK):
        yield f"{name} reaches the network"
    if any(_is(name, package) for package in UNSAFE):
        yield f"{name} runs what it reads"


def _direction(room: str, parts: list[str]) -> Iterator[str]:
    order = {"root": -1, **{name: i for i, name in enumerate(ROOMS)}, "cli": len(ROOMS)}
    if parts[:1] == ["__version__"]:
        return
    if not parts:
        yield "the package itself, through which anything can be reached"
        return
    target = parts[0] if parts[0] in ROOMS else "cli"
    if order[target] > order[room]:
        yield f"{room} may not import {target}"


def _call_breaches(node: ast.Call) -> Iterator[str]:
    if isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
        yield f"{node.func.id}() runs what it reads"
    if _called(node) in ("system", "popen") and isinstance(node.func, ast.Attribute):
        yield f"os.{_called(node)} starts a shell"
    if any(k.arg == "shell" and getattr(k.value, "value", None) is True for k in node.keywords):
        yield "shell=True starts a shell"
    if ast.unparse(node.func).endswith("random.seed"):
        yield "a global seed; pass a numpy Generator"


def room_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else "root" if parts[0] == "__init__.py" else "cli"


FILES = sorted(SOURCE.rglob("*.py"))


def test_the_rooms_are_the_folders_and_their_order_is_the_alphabet():
    assert tuple(sorted(p.parent.name for p in SOURCE.glob("*/__init__.py"))) == ROOMS


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_a_file_keeps_the_rules(path):
    assert breaches(room_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("room", "source", "said"),
    [
        ("data", "from ot_eval.models import survival", "data may not import models"),
        ("data", "import ot_eval.derive.cohort", "data may not import derive"),
        ("data", "import ot_eval.derive.cohort as c", "data may not import derive"),
        ("data", "from ot_eval import outputs", "data may not import outputs"),
        ("data", "def f():\n    from ot_eval.studies import pipeline", "line 2: data may not import studies"),
        ("data", "import importlib\nimportlib.import_module('ot_eval.publish.bundle')", "data may not import publish"),
        ("data", "__import__('ot_eval.publish')", "data may not import publish"),
        ("studies", "from ot_eval import cli", "studies may not import cli"),
        ("studies", "from ot_eval.cli_console import out", "studies may not import cli"),
        ("root", "from ot_eval.base import errors", "root may not import base"),
        ("data", "from .schema import TABLES", "a relative import"),
        ("data", "from . import schema", "a relative import"),
        ("data", "import ot_eval", "the package itself"),
        ("outputs", "import ibis", "ibis belongs to data and derive"),
        ("outputs", "from duckdb import connect", "duckdb belongs to data and derive"),
        ("outputs", "import duckdb.typing as t", "duckdb belongs to data and derive"),
        ("studies", "import lifelines", "lifelines belongs to models"),
        ("studies", "def f():\n    import pingouin as pg", "line 2: pingouin belongs to models"),
        ("models", "from matplotlib import pyplot", "matplotlib belongs to outputs"),
        ("outputs", "from jinja2 import Environment", "jinja2 belongs to publish"),
        ("base", "import typer", "typer belongs to cli"),
        ("base", "from pandas import DataFrame", "too heavy for base"),
        ("publish", "from urllib.request import urlopen", "reaches the network"),
        ("publish", "import requests", "reaches the network"),
        ("publish", "import socket", "reaches the network"),
        ("data", "import pickle", "runs what it reads"),
        ("data", "eval('1')", "eval() runs what it reads"),
        ("data", "import os\nos.system('ls')", "starts a shell"),
        ("data", "import subprocess\nsubprocess.run('ls', shell=True)", "starts a shell"),
        ("data", "import numpy as np\nnp.random.seed(1)", "a global seed"),
    ],
)
def test_a_deliberate_breach_is_seen(room, source, said):
    assert any(said in found for found in breaches(room, source)), breaches(room, source)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("data", "from ot_eval.base.errors import DataError"),
        ("data", "from ot_eval.data import schema"),
        ("base", "from ot_eval import __version__"),
        ("cli", "from ot_eval.studies import pipeline"),
        ("data", "import ibis"),
        ("models", "from lifelines import CoxPHFitter"),
        ("publish", "from urllib.parse import quote"),
        ("models", "import statistics"),  # begins like a walled name and is none
        ("models", "import numpy as np\nnp.random.default_rng(1)"),
    ],
)
def test_what_is_allowed_is_allowed(room, source):
    assert breaches(room, source) == []


def test_sizes_are_reported_and_no_file_is_past_the_wall(capsys):
    sizes = {p.relative_to(SOURCE).as_posix(): len(p.read_text(encoding="utf-8").splitlines()) for p in FILES}
    long = [f"  {n:>4} {name}\n" for name, n in sorted(sizes.items(), key=lambda item: -item[1]) if n > AIM]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(sizes)} files, {sum(sizes.values()):,} lines; over the aim of {AIM}:\n{''.join(long)}"
        )
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FILE} == {}


HEAVY = "{'pandas', 'numpy', 'scipy', 'ibis', 'duckdb', 'lifelines', 'sklearn', 'nltk', 'matplotlib', 'papermill'}"


@pytest.mark.parametrize(
    "code",
    [
        "import ot_eval",
        "import ot_eval.cli",
        "import sys; sys.argv = ['ot-eval', '--help']\n"
        "try:\n    from ot_eval.cli import main; main()\nexcept SystemExit: pass",
        "from pathlib import Path; from ot_eval.base.protocol_file import load; load(Path(TEMPLATE))",
    ],
    ids=["import", "cli", "help", "protocol"],
)
def test_the_light_parts_load_nothing_heavy(code):
    template = SOURCE.parents[1] / "protocols" / "template.yaml"
    check = f"import sys; sys.exit(str(sorted({HEAVY} & set(sys.modules))) if {HEAVY} & set(sys.modules) else 0)"
    script = f"TEMPLATE = {str(template)!r}\n{code}\n{check}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
