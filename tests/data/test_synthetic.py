"""The synthetic council: same seed, same bytes; layout of the real return; truth that does not depend on the style."""

import hashlib

import pandas as pd
import pytest

from ot_eval.data.schema import table
from ot_eval.data.synthetic import write_plain_study, write_study

PEOPLE = 300


def _hashes(folder):
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*.csv"))}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    return folder, write_study(folder, people=PEOPLE, seed=5)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path, clean):
    write_study(tmp_path / "again", people=PEOPLE, seed=5)
    write_study(tmp_path / "other", people=PEOPLE, seed=6)
    assert _hashes(tmp_path / "again") == _hashes(clean[0])
    assert _hashes(tmp_path / "other") != _hashes(clean[0])


def test_files_have_the_layout_of_their_release(clean):
    files = sorted((clean[0] / "cld").glob("*.csv"))
    assert [f.name for f in files][:1] == ["CLD_511_2023-24_Q1.csv"]
    assert len(files) == 12
    first, last = (pd.read_csv(f, dtype=str, keep_default_na=False) for f in (files[0], files[-1]))
    assert first.shape[1] == 50
    assert last.shape[1] == 48
    assert "Event Outcome" in first
    assert "Event outcome" in last
    assert set(last["Client type"]) <= {"Service user", "Unpaid carer"}
    assert first["NHS Number"].str.fullmatch(r"999\d{7}").all()


def test_truth_does_not_depend_on_how_it_was_recorded(tmp_path, clean):
    other = write_study(tmp_path, people=PEOPLE, seed=5, style="overwritten")
    pd.testing.assert_frame_equal(other.people, clean[1].people)


def test_a_plain_study_has_the_same_truth_and_the_columns_of_the_contract(tmp_path, clean):
    truth = write_plain_study(tmp_path, people=PEOPLE, seed=5)
    pd.testing.assert_frame_equal(truth.people, clean[1].people)
    for name in ("people", "episodes", "packages", "events", "ot_contacts", "scores", "providers"):
        declared = table(name)
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype=str)
        assert set(frame) <= {c.name for c in declared.columns}
        assert {c.name for c in declared.columns if c.required} <= set(frame)
        assert not frame.duplicated([k for k in declared.key if k in frame]).any()


def test_an_unusable_council_is_refused(tmp_path):
    with pytest.raises(ValueError, match="20 people"):
        write_study(tmp_path, people=3, seed=1)
