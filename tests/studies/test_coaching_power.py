"""`ot-eval power`: formula and simulation agree, the warning is right, and the files say the same as the screen."""

import csv

import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol_file import load
from ot_eval.models.trial_power import Plan, detectable_means, power_means
from ot_eval.studies import coaching_power
from ot_eval.studies.coaching_power import plan_power, wedge_plan, write_power

HEAD = "study: planned\ntitle: A planned trial\nquestion: What can it show?\nstrands: [coaching]\n"
ERRORS = 4
"""Monte Carlo errors between formula and simulation, at most: 1 in 16,000 by chance for each of about 20 lines."""


def protocol(tmp_path, trial):
    path = tmp_path / "protocol.yaml"
    path.write_text(f"{HEAD}trial:\n  {trial}\n", encoding="utf-8")
    return path


EQUAL = "plan: {coached: 4, usual: 4, people: 30, icc: 0.05, size_cv: 0, attrition: 0, difference: 0.5}"


def test_the_golden_power_and_smallest_effect_of_eight_providers(tmp_path):
    report = plan_power(load(protocol(tmp_path, EQUAL)))
    planned = next(x for x in report.lines if x.planned)
    # power .5454, and .680 standard deviations: noncentral t, checked against pingouin and a table of that formula
    assert planned.formula == pytest.approx(0.5454, abs=5e-5)
    assert planned.detectable == pytest.approx(0.680, abs=5e-4)


def test_formula_and_simulation_agree_for_every_number_of_providers(tmp_path):
    given = EQUAL[:-1] + ", share: 0.4, rate: 0.5}"
    report = plan_power(load(protocol(tmp_path, given)))
    assert {x.outcome for x in report.lines} == {"mean", "share", "rate"}
    means = [x for x in report.lines if x.outcome == "mean"]
    assert len(means) == 10
    for x in means:
        assert abs(x.formula - x.simulated) <= ERRORS * x.error, x


def test_the_smallest_effect_comes_down_with_providers(tmp_path):
    report = plan_power(load(protocol(tmp_path, EQUAL)))
    found = [x.detectable for x in sorted(report.lines, key=lambda x: x.coached + x.usual)]
    assert found == sorted(found, reverse=True)


def test_a_plan_too_small_is_warned_of_and_told_what_would_help(tmp_path):
    report = plan_power(load(protocol(tmp_path, "plan: {difference: 0.2}")))
    assert not report.answers
    assert "cannot answer its question" in report.checks[0].sentence
    need = int(dict(report.helps)["Providers in each arm to detect 0.2"])
    plan = Plan(coached=need, usual=need, people=30, icc=0.05, size_cv=0.4, attrition=0.1)
    assert power_means(plan, 0.2) >= 0.8
    assert detectable_means(plan) <= 0.2


def test_the_same_seed_gives_the_same_report_on_any_number_of_processors(tmp_path, monkeypatch):
    monkeypatch.setattr(coaching_power, "PROVIDERS", (4,))
    plan = load(protocol(tmp_path, "plan: {simulated: 400}"))
    assert plan_power(plan) == plan_power(plan, processors=2)


@pytest.mark.parametrize("design", ["stepped_wedge", "before_after"])
def test_the_other_designs_have_their_own_power(tmp_path, design):
    report = plan_power(load(protocol(tmp_path, f"design: {design}\n  plan: {{simulated: 1000, steps: 4}}")))
    assert report.lines[0].detectable > 0
    assert [x.simulated is not None for x in report.lines if x.planned] == [design == "stepped_wedge"]
    for x in report.lines:
        if x.simulated is not None:  # the formula uses t(G - 2), which is cautious beside Kenward-Roger
            assert x.simulated >= x.formula - ERRORS * x.error


def test_a_wedge_shares_providers_among_its_steps(tmp_path):
    plan = wedge_plan(load(protocol(tmp_path, "design: stepped_wedge")), 10)
    assert plan.providers == (3, 3, 2, 2)


def test_a_design_without_a_formula_is_refused(tmp_path):
    with pytest.raises(AnalysisRefused, match="partially_nested"):
        plan_power(load(protocol(tmp_path, "design: partially_nested")))


def test_the_files_hold_what_the_report_says(tmp_path):
    steps = []
    report, folder = write_power(
        protocol(tmp_path, "plan: {simulated: 400}"), None, lambda name, *_: steps.append(name)
    )
    text = (folder / "power.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")  # Excel reads it as UTF-8
    rows = list(csv.reader(text.decode("utf-8-sig").splitlines()))
    assert len(rows) == 1 + len(report.lines)
    assert rows[0][4] == "smallest detectable"
    page = (folder / "power.html").read_text(encoding="utf-8")
    assert report.checks[0].sentence in page
    assert "<svg" in page
    assert "<script" not in page
    assert any("Simulating 8 providers" in s for s in steps)
