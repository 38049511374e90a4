"""The spine: from a protocol and tables to a report, the same to the byte each time, with nobody in it."""

from __future__ import annotations

import csv
import zipfile

import pandas as pd
import pytest

from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.studies.pipeline import run_study

REPORT = {"index.html", "care_packages.html", "results.csv", "flow.csv", "manifest.json", "report.docx"}


def test_report_holds_the_files_of_the_contract(published_study):
    assert {p.name for p in (published_study / "reports" / "small").iterdir()} >= REPORT


def test_results_have_the_columns_of_the_glossary(published_study):
    with (published_study / "reports" / "small" / "results.csv").open(encoding="utf-8-sig") as stream:
        assert next(csv.reader(stream)) == list(RESULT_COLUMNS)


def test_two_runs_give_the_same_bytes(study):
    first = (study / "reports" / "small" / "results.csv").read_bytes()
    run_study(study / "protocol.yaml")
    assert (study / "reports" / "small" / "results.csv").read_bytes() == first


def test_order_of_rows_and_key_do_not_change_results(study):
    first = (study / "reports" / "small" / "results.csv").read_bytes()
    for path in (study / "data").glob("*.csv"):
        frame = pd.read_csv(path, dtype=str)
        frame.sample(frac=1, random_state=3).to_csv(path, index=False)
    (study / "data" / "pseudonym.key").unlink()
    run_study(study / "protocol.yaml")
    assert (study / "reports" / "small" / "results.csv").read_bytes() == first


def unpacked(path):
    """The bytes of a file, and of every part of it where it is a package (docx, xlsx)."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            yield from (package.read(name) for name in package.namelist())


def test_a_packed_identifier_would_be_seen(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("inner.xml", "P0001" * 9)
    assert any(b"P0001P0001" in body for body in unpacked(tmp_path / "a.xlsx"))


def test_no_identifier_leaves_the_data_folder(published_study):
    people = pd.read_csv(published_study / "data" / "people.csv")["person_id"]
    needles = [person.encode() for person in people.sample(50, random_state=1)]
    for zone in ("work", "reports"):
        for path in (published_study / zone).rglob("*"):
            if path.is_file() and path.name != "problems.csv":
                for body in unpacked(path):
                    assert not any(needle in body for needle in needles), path.name


def test_new_and_existing_clients_are_reported_apart(published_study):
    results = pd.read_csv(published_study / "reports" / "small" / "results.csv")
    shares = results[(results["analysis"] == "cumulative_incidence") & (results["outcome"] == "increase")]
    assert {"new", "existing"} <= set(shares["population"])


def test_private_files_are_readable_by_their_owner_alone(published_study):
    for path in (published_study / "work").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path.name


@pytest.fixture(scope="module")
def overwritten_study(tmp_path_factory):
    """Return a published study from Client Level Data whose packages are overwritten, without any other table."""
    from ot_eval.data.synthetic import write_study

    root = tmp_path_factory.mktemp("overwritten")
    (root / "data").mkdir()
    write_study(root / "data", people=700, seed=5, style="overwritten")
    for table in ("ot_contacts", "scores", "providers"):
        (root / "data" / f"{table}.csv").unlink()
    text = "study: over\ntitle: Overwritten\nquestion: How long until people need more home care?\n"
    text += "strands: [care_packages, data_quality]\ncovariates: [client]\n"
    (root / "protocol.yaml").write_text(text, encoding="utf-8")
    run_study(root / "protocol.yaml")
    return root


def test_overwritten_dates_are_carried_as_intervals(overwritten_study):
    results = pd.read_csv(overwritten_study / "reports" / "over" / "results.csv")
    analyses = set(results["analysis"])
    assert {
        "sensitivity_increase_earliest",
        "sensitivity_increase_latest",
        "sensitivity_interval_censored",
    } <= analyses
    assert "overwritten" in (overwritten_study / "reports" / "over" / "care_packages.html").read_text(encoding="utf-8")


def test_client_level_data_alone_give_a_whole_report(overwritten_study):
    report = overwritten_study / "reports" / "over"
    assert {p.name for p in report.iterdir()} >= {*REPORT, "data_quality.html"}
    assert (overwritten_study / "work" / "over" / "data_request.docx").is_file()
    changes = pd.read_parquet(overwritten_study / "work" / "over" / "package_changes.parquet")
    assert changes["kind"].notna().all()
    assert changes["rule"].notna().all()


def test_no_nhs_number_name_or_postcode_leaves_the_data_folder(overwritten_study):
    needles = set()
    for path in sorted((overwritten_study / "data" / "cld").glob("*.csv"))[-3:]:
        rows = pd.read_csv(path, dtype=str, encoding="utf-8-sig").rename(columns=str.lower)
        for column in ("nhs number", "la person unique identifier", "postcode"):
            needles |= {value.encode() for value in rows[column].dropna().unique()[:100]}
    assert len(needles) > 200
    for zone in ("work", "reports"):
        for path in (overwritten_study / zone).rglob("*"):
            if path.is_file() and path.name != "problems.csv":
                for body in unpacked(path):
                    assert not any(needle in body for needle in needles), path.name
