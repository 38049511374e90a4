"""Small reports made here are compared first; at the end a real study is run again."""

import json
import shutil
from hashlib import sha256

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.studies.pipeline import Options, run_study
from ot_eval.studies.verify import NO_CAUSE, Moved, verify

RESULTS = (
    "study,analysis,population,outcome,term,measure,unit,value,lower\n"
    "falls,cox,everyone,increase,ot,hazard ratio,ratio,0.8200,0.7000\n"
    "falls,cox,everyone,increase,age,hazard ratio,ratio,1.1000,1.0000\n"
)
ABOUT = {
    "study": "falls",
    "protocol": {"as_used": {"study": "falls", "increase": {"minimum_rise": 1.0}}},
    "inputs": [{"name": "cld/q1.csv", "sha256": "a" * 64, "size": 1}],
    "code": {"ot_eval": "0.1.0", "sha256": "c" * 64},
    "python": "CPython 3.11.7",
    "packages": {"pandas": "2.3.3", "lifelines": "0.30.3"},
}


def publish(folder, results=RESULTS, about=ABOUT):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.csv").write_text(results, encoding="utf-8", newline="\n")
    files = {"results.csv": {"sha256": sha256(results.encode()).hexdigest(), "bytes": len(results)}}
    (folder / "manifest.json").write_text(json.dumps(about | {"files": files}), encoding="utf-8")
    return folder


@pytest.fixture
def report(tmp_path):
    (tmp_path / "protocol.yaml").write_text("study: falls\n")
    return publish(tmp_path / "reports" / "falls")


def again(**changes):
    return lambda _plan, to: publish(to, **changes)


def test_the_same_things_give_an_identical_report(report, tmp_path):
    asked = []
    verdict = verify(report, None, lambda plan, to: (asked.append(plan), publish(to)))
    assert verdict.same
    assert verdict.causes == ()
    assert asked == [tmp_path / "protocol.yaml"]


def test_a_number_that_moved_is_named_with_its_cause(report):
    about = ABOUT | {"inputs": [{"name": "cld/q1.csv", "sha256": "b" * 64, "size": 1}]}
    verdict = verify(report, None, again(results=RESULTS.replace("0.8200", "0.8400"), about=about))
    row = "cox, everyone, increase, ot, hazard ratio, ratio"
    assert verdict.moved == (Moved(file="results.csv", row=row, column="value", published="0.8200", rebuilt="0.8400"),)
    assert verdict.causes == ("input cld/q1.csv has changed",)
    assert not verdict.same


def test_a_number_that_moved_without_a_cause_is_our_fault(report):
    assert verify(report, None, again(results=RESULTS.replace("0.8200", "0.8400"))).causes == (NO_CAUSE,)


def test_rows_that_came_or_went_are_seen(report):
    fewer = RESULTS.replace("falls,cox,everyone,increase,age,hazard ratio,ratio,1.1000,1.0000\n", "")
    gone = {(m.column, m.published, m.rebuilt) for m in verify(report, None, again(results=fewer)).moved}
    assert ("value", "1.1000", "") in gone
    publish(report, results=fewer)
    come = {(m.column, m.published, m.rebuilt) for m in verify(report, None, again()).moved}
    assert ("value", "", "1.1000") in come


def test_rows_of_one_name_are_compared_in_their_order(report):
    twice = RESULTS + "falls,cox,everyone,increase,age,hazard ratio,ratio,1.3000,1.0000\n"
    publish(report, results=twice)
    assert verify(report, None, again(results=twice)).same
    assert [m.rebuilt for m in verify(report, None, again(results=twice.replace("1.3000", "1.4000"))).moved] == [
        "1.4000"
    ]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"inputs": []}, "input cld/q1.csv is gone"),
        ({"inputs": [*ABOUT["inputs"], {"name": "new.csv", "sha256": "d"}]}, "input new.csv is new"),
        (
            {"protocol": {"as_used": {"study": "falls", "increase": {"minimum_rise": 2.0}}}},
            "protocol, increase: minimum rise: was 1.0, is 2.0",
        ),
        ({"code": {"ot_eval": "0.2.0", "sha256": "e"}}, "the toolkit's code has changed: was version 0.1.0, is 0.2.0"),
        ({"code": {"ot_eval": "0.1.0", "sha256": "e"}}, "the toolkit's code has changed"),
        ({"packages": {"pandas": "2.3.4", "lifelines": "0.30.3"}}, "pandas: was 2.3.3, is 2.3.4"),
        ({"packages": {"pandas": "2.3.3"}}, "lifelines: was 0.30.3, is not installed"),
        ({"python": "CPython 3.12.1"}, "Python: was CPython 3.11.7, is CPython 3.12.1"),
    ],
)
def test_every_cause_is_named(report, changes, cause):
    verdict = verify(report, None, again(about=ABOUT | changes))
    assert verdict.causes == (cause,)
    assert verdict.same


def test_a_report_that_was_edited_is_seen(report):
    (report / "results.csv").write_text(RESULTS.replace("0.8200", "0.5200"), encoding="utf-8")
    (report / "extra.html").write_text("")
    verdict = verify(report, None, again())
    assert verdict.edited == ("results.csv (changed)", "extra.html (added)")
    assert [m.published for m in verdict.moved] == ["0.5200"]
    (report / "results.csv").unlink()
    assert "results.csv (missing)" in verify(report, None, again()).edited


def test_nothing_is_left_behind_and_the_report_is_not_touched(report, tmp_path):
    before = {p: p.read_bytes() for p in report.iterdir()}

    def fails(_plan, to):
        publish(to)
        raise RequestError("x", expected="y", fix="z")

    with pytest.raises(RequestError, match="x"):
        verify(report, None, fails)
    verify(report, None, again())
    assert {p: p.read_bytes() for p in report.iterdir()} == before
    assert not (tmp_path / "work" / "falls" / "verify").exists()


def test_a_folder_that_is_no_report_and_a_lost_protocol_are_refused(report, tmp_path):
    with pytest.raises(RequestError, match=r"no manifest\.json"):
        verify(tmp_path, None, again())
    moved = tmp_path / "elsewhere" / "reports" / "falls"
    shutil.copytree(report, moved)
    with pytest.raises(RequestError, match="its protocol is not at"):
        verify(moved, None, again())
    assert verify(moved, tmp_path / "protocol.yaml", again()).same


def test_a_real_study_comes_out_again_and_a_changed_input_is_named(study):
    def rebuild(plan, to):
        return run_study(plan, Options(out=to))

    assert verify(study / "reports" / "small", None, rebuild).same
    contacts = study / "data" / "ot_contacts.csv"
    lines = contacts.read_text(encoding="utf-8").splitlines(keepends=True)
    contacts.write_text("".join(lines[: len(lines) // 4]), encoding="utf-8")
    verdict = verify(study / "reports" / "small", None, rebuild)
    assert "input ot_contacts.csv has changed" in verdict.causes
    assert any(m.row.startswith("cox") and m.column == "value" for m in verdict.moved)
