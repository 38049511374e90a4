"""The spine: from a protocol and tables to a report, the same to the byte each time, with nobody in it."""

from __future__ import annotations

import csv

import pandas as pd

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


def test_no_identifier_leaves_the_data_folder(published_study):
    people = pd.read_csv(published_study / "data" / "people.csv")["person_id"]
    needles = [person.encode() for person in people.sample(50, random_state=1)]
    for zone in ("work", "reports"):
        for path in (published_study / zone).rglob("*"):
            if path.is_file() and path.name != "problems.csv":
                body = path.read_bytes()
                assert not any(needle in body for needle in needles), path.name


def test_new_and_existing_clients_are_reported_apart(published_study):
    results = pd.read_csv(published_study / "reports" / "small" / "results.csv")
    shares = results[(results["analysis"] == "cumulative_incidence") & (results["outcome"] == "increase")]
    assert {"new", "existing"} <= set(shares["population"])


def test_private_files_are_readable_by_their_owner_alone(published_study):
    for path in (published_study / "work").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path.name
