import importlib.util
from pathlib import Path

import pytest

from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS


def _load():
    spec = importlib.util.spec_from_file_location("invented_example", Path(__file__).with_name("example.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def example():
    """The module of the invented study result."""
    return _load()


@pytest.fixture(scope="session")
def released(example):
    """The invented result, released under the default policy."""
    return release(example.study_result(), PRESETS["ot_eval"])
