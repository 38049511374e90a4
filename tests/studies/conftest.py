"""One small published study, made once; each test works on a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

PROTOCOL = """\
study: small
title: A small study of invented people
question: How long is it until people need a larger home-care package?
covariates: [client]
"""


@pytest.fixture(scope="session")
def published_study(tmp_path_factory):
    """Return the folder of a study of 600 invented people whose report was published."""
    from ot_eval.data.synthetic import write_plain_study
    from ot_eval.studies.pipeline import run_study

    root = tmp_path_factory.mktemp("published")
    (root / "data").mkdir()
    write_plain_study(root / "data", people=600, seed=1)
    (root / "protocol.yaml").write_text(PROTOCOL, encoding="utf-8")
    run_study(root / "protocol.yaml")
    return root


@pytest.fixture
def study(published_study, tmp_path) -> Path:
    """Return a copy of the published study, to be spoilt."""
    copy = tmp_path / "study"
    shutil.copytree(published_study, copy)
    return copy
