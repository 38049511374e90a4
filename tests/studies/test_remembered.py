"""What is not done again, what always is, and what two releases of the same data may not give away together."""

from __future__ import annotations

import json

import nbformat
import pytest

from ot_eval.base.errors import AnalysisRefused, InternalFault, RequestError
from ot_eval.outputs.ledger import Entry
from ot_eval.studies import releases
from ot_eval.studies.pipeline import Options, run_study


def steps_of(study, **options):
    """Run the study and return the names of its steps."""
    said = []
    run_study(study / "protocol.yaml", Options(**options), lambda name, _done, _total: said.append(name))
    return list(dict.fromkeys(said))


def ran(steps):
    return [s.removeprefix("Running notebook ") for s in steps if s.startswith("Running notebook")]


def test_nothing_that_has_not_changed_is_done_again_and_the_numbers_are_the_same(study):
    first = (study / "reports" / "small" / "results.csv").read_bytes()
    steps = steps_of(study)
    assert ran(steps) == []
    assert any(s.startswith("Keeping 1 result") for s in steps)
    assert (study / "reports" / "small" / "results.csv").read_bytes() == first
    assert ran(steps_of(study, fresh=True)) == ["care_packages"]


@pytest.mark.parametrize("change", ["protocol", "data", "notebook", "result", "executed", "desk"])
def test_any_change_runs_the_notebook_again(study, change):
    work = study / "work" / "small"
    if change == "protocol":
        text = (study / "protocol.yaml").read_text(encoding="utf-8")
        (study / "protocol.yaml").write_text(text + "seed: 77\n", encoding="utf-8")
    elif change == "data":
        packages = study / "data" / "packages.csv"
        lines = packages.read_text(encoding="utf-8").splitlines()
        packages.write_text("\n".join(lines[:-5]) + "\n", encoding="utf-8")
    elif change == "notebook":
        (study / "notebooks").mkdir(exist_ok=True)
        book = nbformat.read(work / "notebooks" / "care_packages.ipynb", 4)
        book.cells = [c for c in book.cells if "injected-parameters" not in c.metadata.get("tags", [])]
        for cell in book.cells:
            cell.pop("outputs", None)
            if cell.cell_type == "code":
                cell["outputs"], cell["execution_count"] = [], None
        nbformat.write(book, study / "notebooks" / "care_packages.ipynb")
    elif change == "executed":
        path = work / "notebooks" / "care_packages.ipynb"
        path.write_text(path.read_text(encoding="utf-8").replace("frames.flow", "frames.checks"), encoding="utf-8")
    elif change == "result":
        path = work / "results" / "care_packages.json"
        path.write_text(path.read_text(encoding="utf-8").replace("care", "Care", 1), encoding="utf-8")
    else:
        assert not (work / "derived" / "care_packages" / "stale.parquet").exists()
        (work / "derived" / "care_packages" / "stale.parquet").write_bytes(b"left over")
        steps_of(study)
        assert not (work / "derived" / "care_packages" / "stale.parquet").exists()
        return
    assert ran(steps_of(study, withdrawn=True)) == ["care_packages"]


def test_after_a_failure_the_next_run_goes_on_from_there(study):
    text = (study / "protocol.yaml").read_text(encoding="utf-8")
    (study / "protocol.yaml").write_text(text + "strands: [care_packages, interventions]\n", encoding="utf-8")
    books = study / "notebooks"
    books.mkdir(exist_ok=True)
    from ot_eval.base.shipped import shipped

    broken = nbformat.read(shipped("notebooks") / "interventions.ipynb", 4)
    broken.cells[-1].source = "raise ValueError('broken')"
    nbformat.write(broken, books / "interventions.ipynb")
    old = (study / "reports" / "small" / "results.csv").read_bytes()
    with pytest.raises(InternalFault):
        steps_of(study)
    assert (study / "reports" / "small" / "results.csv").read_bytes() == old
    (books / "interventions.ipynb").unlink()
    assert ran(steps_of(study, withdrawn=True)) == ["interventions"]


def entry(what, shown):
    return Entry(
        study="s", strand="care_packages", place="flow", population="all", what=what, quantity="n", shown=shown
    )


def test_a_number_hidden_in_one_release_of_the_same_data_is_not_shown_in_the_next(tmp_path):
    releases.record(tmp_path, "aa", [entry("a", None), entry("b", 20)])
    releases.refuse_reopened(tmp_path, "aa", [entry("a", None), entry("b", 30), entry("c", 7)])
    releases.refuse_reopened(tmp_path, "bb", [entry("a", 11)])
    with pytest.raises(AnalysisRefused) as caught:
        releases.refuse_reopened(tmp_path, "aa", [entry("a", 11), entry("b", None)])
    assert caught.value.found.startswith("2 number(s) hidden")
    assert "11" not in caught.value.found
    other, now = releases.record(tmp_path, "bb", [entry("a", None)]), releases.record(tmp_path, "aa", [entry("a", 11)])
    assert releases.withdraw(tmp_path, "aa", now) == 1
    releases.refuse_reopened(tmp_path, "aa", [entry("a", 11)])
    assert sorted((tmp_path / releases.FOLDER).iterdir()) == sorted([other, now])


def test_a_run_refuses_what_an_earlier_report_hides_and_leaves_that_report_whole(study):
    record = next((study / "work" / "small" / "releases").glob("*.csv"))
    lines = record.read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines) if i and line.rsplit(",", 1)[-1])
    lines[place] = lines[place].rsplit(",", 1)[0] + ","
    record.write_text("\n".join(lines) + "\n", encoding="utf-8")
    manifest = (study / "reports" / "small" / "manifest.json").read_bytes()
    with pytest.raises(AnalysisRefused, match="hidden in one release"):
        steps_of(study)
    assert (study / "reports" / "small" / "manifest.json").read_bytes() == manifest
    steps_of(study, withdrawn=True)
    assert json.loads((study / "reports" / "small" / "manifest.json").read_text(encoding="utf-8"))["study"] == "small"
    assert len(list((study / "work" / "small" / "releases").glob("*.csv"))) == 1


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_report_that_could_not_be_published_leaves_the_earlier_release_in_the_record(study, monkeypatch, withdrawn):
    folder = study / "work" / "small" / "releases"
    earlier = folder / f"{next(folder.glob('*.csv')).stem.split('-')[0]}-00000000.csv"
    earlier.write_bytes(next(folder.glob("*.csv")).read_bytes())

    def full(*_):
        assert len(list(folder.glob("*.csv"))) == 2  # recorded before it is published
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ot_eval.publish.bundle._write_all", full)
    with pytest.raises(RequestError, match="the disk is full"):
        steps_of(study, withdrawn=withdrawn)
    assert earlier.exists()


def test_a_copy_strikes_nothing_from_the_record(study, tmp_path):
    with pytest.raises(RequestError, match="--withdrawn and --out"):
        steps_of(study, withdrawn=True, out=tmp_path / "copy")
