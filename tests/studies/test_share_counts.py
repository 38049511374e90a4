"""Counts leave, records do not: the verbs, the refusals, and the joint estimate."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol_file import load
from ot_eval.base.study import StudyFolder
from ot_eval.cli import app
from ot_eval.models.about import About
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.cox import cause_specific
from ot_eval.studies import share_counts
from ot_eval.studies.workspace import Prepared, Workspace

PROTOCOL = "study: {name}\ntitle: Falls of care\nquestion: How soon does care increase after reablement?\n"


def people(seed, n=400):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "person_id": [f"{seed}{i}" for i in range(n)], "entry_day": 0, "exit_day": rng.integers(2, 400, n),
        "event": rng.choice(["increase", "death", "none"], n), "sex": rng.choice(["female", "male"], n),
        "age_band": rng.choice(["65-74", "75-84", "85+"], n), "ot_day": np.where(rng.random(n) < 0.5, 20.0, np.nan),
    })  # fmt: skip


@pytest.fixture
def councils(tmp_path):
    """Two studies that have been run, and their people."""
    made = []
    for number, name in enumerate(("north", "south")):
        folder = tmp_path / name
        folder.mkdir()
        file = folder / "protocol.yaml"
        file.write_text(PROTOCOL.format(name=name), encoding="utf-8")
        protocol = load(file)
        work = StudyFolder.of(file, protocol.data, protocol.study).work
        Workspace(root=work, strand="care_packages", protocol=protocol).fill(
            Prepared(frames={"follow_up": people(number + 1)})
        )
        made.append(file)
    return made


def test_the_verbs_give_the_estimate_of_the_joined_records(councils, tmp_path):
    files = []
    for protocol in councils:
        file = tmp_path / f"{protocol.parent.name}.csv"
        done = CliRunner().invoke(app, ["counts", "export", str(protocol), "--by", "sex", "--out", str(file)])
        assert done.exit_code == 0, done.output
        files.append(file)
    pooled = tmp_path / "pooled.csv"
    done = CliRunner().invoke(app, ["counts", "pool", *map(str, files), "--out", str(pooled)])
    assert done.exit_code == 0, done.output
    joined = pd.concat([people(1), people(2)], ignore_index=True)
    about = About(population="all councils", outcome="increase")
    curve = cumulative_incidence(joined, cause="increase", about=about)[0]
    ratio = cause_specific(joined, cause="increase", terms=("sex",), about=about)[0]
    assert f"day 182: {curve.value[182]:.3g} ({curve.lower[182]:.3g}" in done.output
    assert f"{ratio.value:.3g} ({ratio.lower:.3g} to {ratio.upper:.3g})" in done.output
    found, refused = share_counts.estimate(pd.read_csv(pooled))
    assert not refused
    assert found[-1].value == pytest.approx(ratio.value, rel=1e-9)


def test_nobody_is_in_an_export(councils, tmp_path):
    out = tmp_path / "counts.csv"
    table = share_counts.export(councils[0], ("sex", "ot"), out)
    assert set(table.columns) == {"day", "what", "sex", "ot", "n"}
    assert set(table["ot"].astype(str)) == {"not yet", "seen"}
    assert "person_id" not in out.read_text(encoding="utf-8")
    assert oct(out.stat().st_mode)[-3:] == "600"


def test_patterns_of_few_people_are_refused_and_nothing_is_written(councils, tmp_path):
    frame = people(1).assign(sex=lambda d: d.sex.where(d.index > 3, "other"))
    protocol = load(councils[0])
    work = StudyFolder.of(councils[0], protocol.data, protocol.study).work
    Workspace(root=work, strand="care_packages", protocol=protocol).fill(Prepared(frames={"follow_up": frame}))
    out = tmp_path / "counts.csv"
    with pytest.raises(RequestError, match="1 of 3 patterns of sex describe fewer than 10 people"):
        share_counts.export(councils[0], ("sex",), out)
    assert not out.exists()


def test_an_unknown_covariate_and_a_study_that_was_not_run_are_refused(councils, tmp_path):
    with pytest.raises(RequestError, match="Did you mean 'sex'"):
        share_counts.export(councils[0], ("sexx",), tmp_path / "a.csv")
    lone = tmp_path / "lone.yaml"
    lone.write_text(PROTOCOL.format(name="lone"), encoding="utf-8")
    with pytest.raises(RequestError, match="nothing derived yet"):
        share_counts.export(lone, ("sex",), tmp_path / "a.csv")
