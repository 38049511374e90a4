import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import InputFile, Provenance
from ot_eval.base.shipped import shipped
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.publish.pages import assemble
from ot_eval.publish.technical import read_all

EXAMPLE = Path(__file__).parents[1] / "outputs" / "example.py"


@pytest.fixture(scope="session")
def example():
    """The module of the invented study result."""
    spec = importlib.util.spec_from_file_location("invented_example", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def released(example):
    return release(example.study_result(), PRESETS["ot_eval"])


@pytest.fixture(scope="session")
def protocol(example):
    result = example.study_result()
    return Protocol(
        study="invented",
        title=result.title,
        question=result.question,
        service="the Rivermead reablement service (invented)",
        analyst="A. Analyst",
        reviewer="R. Reviewer",
        approved_on="2026-04-02",
        assumptions=("Planned hours of home care show how much help people need.",),
    )


@pytest.fixture(scope="session")
def provenance(protocol):
    return Provenance(
        toolkit="0.1.0",
        code_sha256="c" * 64,
        python="CPython 3.11.7",
        packages={"numpy": "2.2.0", "lifelines": "0.30.3"},
        protocol_sha256=protocol.sha256(),
        seed=protocol.seed,
        inputs=(InputFile(name="cld/CLD_999_2024-25_Q1.csv", sha256="a" * 64),),
        made_at=datetime(2026, 11, 24, 12, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


PRIVATE = ("a true number 41327", "/somewhere/private/protocol.json")
"""What an executed notebook holds and nothing published may."""


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """A folder with the notebook of care packages as a run leaves it: parameters put in, outputs below the cells."""
    book = nbformat.read(str(shipped("notebooks") / "care_packages.ipynb"), as_version=4)
    given = nbformat.v4.new_code_cell(f'protocol_path = "{PRIVATE[1]}"')
    given.metadata["tags"] = ["injected-parameters"]
    book.cells.insert(3, given)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=PRIVATE[0])]
    folder = tmp_path_factory.mktemp("executed")
    nbformat.write(book, str(folder / "care_packages.ipynb"))
    return folder


@pytest.fixture(scope="session")
def code(executed):
    return read_all(executed, ("care_packages",))


@pytest.fixture(scope="session")
def report(released, protocol, provenance, code):
    """Every file of the invented report."""
    return assemble((released,), protocol, provenance, code)
