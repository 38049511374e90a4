"""Whatever is wrong with a study, the run says so in three lines, ends with its exit code, and keeps the old report."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ot_eval.cli import app

DATA_BROKE_RULES, REQUEST_WRONG, ANALYSIS_REFUSED = 1, 2, 3


def fingerprint(folder: Path) -> dict[str, str]:
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def edit(study: Path, table: str, change) -> None:
    path = study / "data" / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str)
    change(frame).to_csv(path, index=False)


def set_cell(column: str, value: str):
    def change(frame):
        frame.loc[0, column] = value
        return frame

    return change


def repeat_first(frame):
    again = frame.head(1).assign(sex="male" if frame.loc[0, "sex"] == "female" else "female")
    return pd.concat([frame, again])


def end_before_start(frame):
    row = frame.index[frame["end_date"].notna()][0]
    frame.loc[row, "end_date"] = "2001-01-01"
    return frame


def to_empty_file(study: Path) -> None:
    (study / "data" / "packages.csv").write_text("", encoding="utf-8")


def to_directory(study: Path) -> None:
    (study / "data" / "people.csv").unlink()
    (study / "data" / "people.csv").mkdir()


def to_no_data_folder(study: Path) -> None:
    protocol = study / "protocol.yaml"
    protocol.write_text(protocol.read_text(encoding="utf-8") + "data: nowhere\n", encoding="utf-8")


def to_typo(study: Path) -> None:
    protocol = study / "protocol.yaml"
    protocol.write_text(protocol.read_text(encoding="utf-8") + "increase:\n  minimum_raise: 2\n", encoding="utf-8")


def keep_episodes(number: int):
    def spoil(study: Path) -> None:
        packages = pd.read_csv(study / "data" / "packages.csv")
        at_home = packages.loc[packages["service"] == "home_care", "person_id"].unique()
        edit(study, "episodes", lambda f: f[f["person_id"].isin(at_home)].head(number) if number else f.head(1))
        if not number:  # one episode that has not ended: nobody can be followed
            edit(study, "episodes", lambda f: f.assign(end_date=""))

    return spoil


def nobody_increases(study: Path) -> None:
    edit(study, "packages", lambda f: f.assign(hours_per_week="10"))


def tables(table: str, change):
    return lambda study: edit(study, table, change)


CASES = {
    "missing column": (tables("packages", lambda f: f.drop(columns="service")), DATA_BROKE_RULES, "service"),
    "unknown value": (tables("packages", set_cell("service", "homecare")), DATA_BROKE_RULES, "packages"),
    "end before start": (tables("episodes", end_before_start), DATA_BROKE_RULES, "end"),
    "two people with one id": (tables("people", repeat_first), DATA_BROKE_RULES, "people"),
    "an empty file": (to_empty_file, DATA_BROKE_RULES, "packages"),
    "a directory where a file should be": (to_directory, DATA_BROKE_RULES, "people"),
    "no data folder": (to_no_data_folder, REQUEST_WRONG, "nowhere"),
    "a typo in the protocol": (to_typo, REQUEST_WRONG, "minimum_rise"),
    "a cohort of nobody": (keep_episodes(0), ANALYSIS_REFUSED, "nobody"),
    "a cohort of three": (keep_episodes(3), ANALYSIS_REFUSED, "fewer than 10 people"),
    "all events censored": (nobody_increases, ANALYSIS_REFUSED, "nobody followed had an increase"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_and_the_old_report_stays_whole(name, study):
    spoil, code, said = CASES[name]
    before = fingerprint(study / "reports")
    spoil(study)

    result = CliRunner().invoke(app, ["run", str(study / "protocol.yaml")])

    assert result.exit_code == code, result.output
    message = result.stderr
    for line in ("Found:", "Expected:", "To fix:"):
        assert message.count(line) == 1, message
    assert said in message
    assert fingerprint(study / "reports") == before


def test_input_changed_during_the_run_is_refused(study, monkeypatch):
    from ot_eval.studies import pipeline

    before = fingerprint(study / "reports")
    render = pipeline.pages.render

    def meanwhile(*args, **kwargs):
        with (study / "data" / "people.csv").open("a", encoding="utf-8") as stream:
            stream.write("\n")
        return render(*args, **kwargs)

    monkeypatch.setattr(pipeline.pages, "render", meanwhile)
    result = CliRunner().invoke(app, ["run", str(study / "protocol.yaml")])

    assert result.exit_code == DATA_BROKE_RULES
    assert "people.csv" in result.stderr
    assert fingerprint(study / "reports") == before


def test_full_disk_while_publishing_is_refused(study, monkeypatch):
    import errno

    from ot_eval.publish import bundle

    before = fingerprint(study / "reports")

    def full(_files, _folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bundle, "_write_all", full)
    result = CliRunner().invoke(app, ["run", str(study / "protocol.yaml")])

    assert result.exit_code == REQUEST_WRONG, result.output
    assert fingerprint(study / "reports") == before


def test_no_message_names_a_person(study):
    people = set(pd.read_csv(study / "data" / "people.csv")["person_id"])
    edit(study, "people", repeat_first)

    result = CliRunner().invoke(app, ["check", str(study / "protocol.yaml")])

    assert result.exit_code == DATA_BROKE_RULES
    assert not any(person in result.output for person in people)
