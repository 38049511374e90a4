"""The coaching strand on invented trials whose effects are written down before anything is computed."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.data.read import read_study
from ot_eval.data.synthetic_trial import NONE, Effects, write_trial
from ot_eval.derive.assemble import assemble
from ot_eval.outputs import figure_trial, story_coaching, wording
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.publish.checklist_trial import trial_checklist
from ot_eval.studies import coaching
from ot_eval.studies.coaching_desk import Desk
from ot_eval.studies.pipeline import run_study
from ot_eval.studies.workspace import Workspace

EVERY = (
    "package_change, goals_met, eq5d, mbarthel, time_to_increase, skills_in_use, job_satisfaction, "
    "ot_review_requests, time_to_leaving, hours_freed, capacity"
)
PROTOCOL = """\
study: coached
title: Coached home carers against usual care
question: Do people need less home care when their home carers are coached?
strands: [coaching]
trial:
  design: {design}
  randomised: {lot}
  starts_on: 2025-01-06
  outcomes: [{outcomes}]
  subgroup: dementia
  matters: {{package_change: 0.5}}
  {more}
"""


def study(root, *, design="parallel", lot="true", outcomes=EVERY, more="", spoil=None, **made):
    """Write an invented trial and return its tables and protocol."""
    truth = write_trial(root / "data", seed=made.pop("seed", 1), design=design, **made)
    if spoil:
        spoil(root / "data")
    text = PROTOCOL.format(design=design, lot=lot, outcomes=outcomes, more=more)
    (root / "protocol.yaml").write_text(text, encoding="utf-8")
    protocol = load(root / "protocol.yaml")
    inputs = read_study(study_folder(root / "protocol.yaml", protocol), protocol)
    return assemble(inputs, protocol), protocol, truth


def analysed(root, **how):
    tables, protocol, truth = study(root, **how)
    prepared = coaching.prepare(tables, protocol)
    coaching.refuse(prepared)
    workspace = Workspace(root=root / "work", strand="coaching", protocol=protocol)
    workspace.fill(prepared)
    return coaching.analyse(workspace), workspace, truth


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return analysed(tmp_path_factory.mktemp("trial"))


@pytest.fixture(scope="module")
def released(trial):
    return release(trial[0], Policy.of(trial[1].protocol.disclosure))


def one(result, analysis, outcome, **wanted):
    found = [
        e
        for e in result.estimates
        if e.analysis == analysis and e.outcome == outcome and all(getattr(e, k) == v for k, v in wanted.items())
    ]
    assert found, (analysis, outcome)
    return found[0]


TRUE = Effects()


@pytest.mark.parametrize(
    ("outcome", "true"),
    [
        ("package_change", TRUE.hours),
        ("skills_in_use", TRUE.skills),
        ("job_satisfaction", TRUE.satisfaction),
        ("ot_review_requests", TRUE.reviews),
        ("time_to_leaving", TRUE.leaving),
    ],
)
def test_the_planned_comparison_finds_the_effect_that_was_planted(trial, outcome, true):
    e = one(trial[0], "as_allocated", outcome)
    assert e.lower < true < e.upper
    assert "cluster-average effect" in e.method
    assert "6 degrees of freedom" in e.method  # eight providers


def test_the_figure_is_the_difference_of_provider_means_worked_out_by_hand(tmp_path):
    result, workspace, _ = analysed(tmp_path, outcomes="package_change", more="adjust_for_start: false")
    rows = workspace.frame("outcome_package_change")
    means = rows.groupby(["arm", "provider"])["outcome"].mean().groupby("arm").mean()
    assert one(result, "as_allocated", "package_change").value == pytest.approx(means[1] - means[0], abs=1e-12)


def test_the_outcome_is_what_truly_happened_to_each_person(trial):
    _, workspace, truth = trial
    rows = workspace.frame("outcome_package_change")
    assert 0.9 * len(truth) < len(rows) < len(truth)  # without the few who died before the outcome day
    assert not Counter(rows["outcome"].round(6)) - Counter(truth["change"].round(6))
    total = truth.groupby("coached")["change"].mean()
    seen = rows.groupby("arm")["outcome"].mean()
    assert seen[1] == pytest.approx(total[True], abs=0.15)  # the few who died are not in it
    assert seen[0] == pytest.approx(total[False], abs=0.15)


def test_beside_the_effect_stands_all_that_must_be_printed(trial):
    result, _, _ = trial
    assert one(result, "likeness", "package_change", measure="intra-cluster correlation").lower is not None
    assert one(result, "likeness", "package_change", measure="coefficient of variation of cluster size").value > 0
    left_out = [e for e in result.estimates if (e.analysis, e.outcome) == ("without_each_provider", "package_change")]
    assert len(left_out) == 8
    averages = [e for e in result.estimates if (e.analysis, e.outcome) == ("both_averages", "package_change")]
    assert {e.term for e in averages} == {"each provider counts once", "each person counts once"}
    floor = next(c for c in result.checks if c.name == "smallest possible p, package_change")
    assert "smallest possible p 0.029" in floor.detail  # 2 of 70 allocations
    rate = next(c for c in result.checks if c.name == "error rate, package_change")
    assert "8 providers (4 coached" in rate.detail


def test_leaving_a_provider_out_is_the_analysis_of_the_others(trial):
    result, workspace, _ = trial
    desk = next(Desk.each(workspace))
    rest = desk.seen[desk.seen["provider"] != "Provider C"].reset_index(drop=True)
    e = one(result, "without_each_provider", "package_change", term="without Provider C")
    assert e.value == pytest.approx(desk.compare("cluster_summary_t", rest).value, abs=1e-12)
    assert e.n == len(rest)


def test_the_flow_adds_up_and_holds_providers_and_people(trial):
    result, workspace, _ = trial
    steps = {(s.population, s.rule): s for s in result.flow}
    last = steps[("all", "from_the_first_day")]
    assert steps[("coached", "allocated")].n_left + steps[("usual care", "allocated")].n_left == last.n_left
    for arm in ("coached", "usual care"):
        for before, after in (("allocated", "outcome_due"), ("outcome_due", "analysed")):
            assert steps[(arm, before)].n_left - steps[(arm, after)].n_removed == steps[(arm, after)].n_left
        assert one(result, "consort", "", population=arm, term="analysed").value == 4
    assert one(result, "as_allocated", "package_change").n == sum(
        steps[(arm, "analysed")].n_left for arm in ("coached", "usual care")
    )
    del workspace


def test_the_flow_of_carers_adds_up_too(trial):
    steps = {(s.population, s.rule): s for s in trial[0].flow}
    carers = trial[1].frame("carers")
    for arm, code in (("coached", 1), ("usual care", 0)):
        rows = [steps[(f"carers, {arm}", rule)] for rule in ("in_post", "still_in_post", "answered")]
        assert rows[0].n_left == (carers["arm"] == code).sum()
        assert all(a.n_left - b.n_removed == b.n_left for a, b in pairwise(rows))
        assert rows[-1].n_left > 0


def test_who_they_were_stands_arm_by_arm(trial):
    rows = [e for e in trial[0].estimates if e.analysis == "table_one" and e.term == "baseline_hours"]
    assert {e.population for e in rows} >= {"all", "all, coached", "all, usual care"}


def test_the_missing_are_worse_in_the_stated_direction(trial):
    result, _, _ = trial
    value = {e.term: e.value for e in result.estimates if (e.analysis, e.outcome) == ("missing_outcomes", "mbarthel")}
    worse_coached = value["missing worse by 0.5 SD in coached providers"]
    assert worse_coached < value["missing like the others"] < value["missing worse by 0.5 SD in usual care"]


def test_what_was_needed_is_said_where_the_trial_was_too_small(trial):
    result, _, _ = trial
    needed = next(c for c in result.checks if c.name == "what would have been needed, package_change")
    assert not needed.passed
    assert "providers in each arm" in needed.sentence
    assert "0.5 hours a week" in needed.sentence


def test_a_plan_that_does_not_decide_by_results(trial):
    assert trial[1].protocol.trial.primary == ""
    assert {d.method for d in Desk.each(trial[1])} == {"cluster_summary_t", "cluster_level"}


def test_coaching_that_does_nothing_is_found_to_do_nothing(tmp_path):
    result, _, _ = analysed(tmp_path, outcomes="package_change, skills_in_use", effects=NONE, seed=4)
    for outcome in ("package_change", "skills_in_use"):
        e = one(result, "as_allocated", outcome)
        assert e.lower < 0 < e.upper


@pytest.mark.parametrize(
    ("design", "method"),
    [
        ("stepped_wedge", "wedge_nested_exchangeable_kr"),
        ("before_after", "did_change_t"),
        ("partially_nested", "partially_nested_kr"),
    ],
)
def test_each_design_has_its_own_analysis_and_finds_the_effect(tmp_path, design, method):
    result, _, _ = analysed(tmp_path, design=design, outcomes="package_change, time_to_leaving")
    e = one(result, "as_allocated", "package_change")
    assert e.method.startswith(f"{method}: ")
    assert e.lower < TRUE.hours < e.upper
    refused = next(c for c in result.checks if c.name == "refused for time_to_leaving")
    assert not refused.passed
    assert release(result, Policy.of(load(tmp_path / "protocol.yaml").disclosure)).strand == "coaching"


def test_without_a_lot_there_is_no_permutation_and_the_page_warns(tmp_path):
    result, _, _ = analysed(tmp_path, lot="false", outcomes="package_change")
    assert not any("permutation" in e.term for e in result.estimates)
    assert not any(e.analysis == "complier" for e in result.estimates)
    assert not next(c for c in result.checks if c.name == "allocation").passed


def test_with_few_providers_no_p_value_is_printed(tmp_path):
    result, _, _ = analysed(tmp_path, providers=6, outcomes="package_change")
    assert all(e.p is None for e in result.estimates)
    assert any(c.name == "no p-value, package_change" for c in result.checks)


def test_an_analysis_that_the_register_refuses_is_refused_with_those_that_may_stand(tmp_path):
    result, _, _ = analysed(tmp_path, outcomes="package_change", more="primary: wild_cluster_bootstrap")
    refused = next(c for c in result.checks if c.name == "refused for package_change")
    assert "cluster_summary_t" in refused.detail
    assert not any(e.analysis == "as_allocated" for e in result.estimates)


def edit(name, change):
    def spoil(folder):
        rows = pd.read_csv(folder / f"{name}.csv", dtype=str)
        change(rows).to_csv(folder / f"{name}.csv", index=False)

    return spoil


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"spoil": lambda f: (f / "providers.csv").unlink()}, DataError, "no providers table"),
        ({"spoil": edit("providers", lambda r: r.assign(coaching_start="2025-01-06"))}, DataError, "usual care have a"),
        ({"design": "stepped_wedge", "spoil": edit("providers", lambda r: r.assign(coaching_start="2025-01-06"))},
         DataError, "different days"),
        ({"spoil": edit("providers", lambda r: r.assign(arm="coached"))}, DataError, "8 coached and 0"),
        ({"more": "stratified: true", "spoil": edit("providers", lambda r: r.assign(stratum=""))},
         DataError, "stratum"),
    ],
)  # fmt: skip
def test_providers_that_do_not_fit_the_design_stop_the_study(tmp_path, how, error, said):
    tables, protocol, _ = study(tmp_path, **how)
    with pytest.raises(error, match=said):
        coaching.prepare(tables, protocol)


def test_a_design_without_its_first_day_is_refused(tmp_path):
    tables, protocol, _ = study(tmp_path)
    trial = protocol.trial.model_copy(update={"starts_on": None})
    with pytest.raises(RequestError, match="no starts_on"):
        coaching.prepare(tables, protocol.model_copy(update={"trial": trial}))


def test_an_outcome_whose_table_is_missing_is_refused_by_name(tmp_path):
    result, _, _ = analysed(
        tmp_path, outcomes="package_change, goals_met, skills_in_use",
        spoil=lambda f: [(f / f"{n}.csv").unlink() for n in ("goals", "carer_survey")],
    )  # fmt: skip
    names = {c.name for c in result.checks if not c.passed}
    assert {"refused for goals_met", "refused for skills_in_use"} <= names
    assert one(result, "as_allocated", "package_change").value < 0


def test_with_nothing_to_compare_the_strand_is_refused(tmp_path):
    tables, protocol, _ = study(tmp_path, outcomes="goals_met", spoil=lambda f: (f / "goals.csv").unlink())
    with pytest.raises(AnalysisRefused, match="none of the planned outcomes"):
        coaching.refuse(coaching.prepare(tables, protocol))


def test_people_count_with_the_provider_of_their_allocation_whatever_order_the_rows_have(tmp_path, trial):
    shuffled, _, _ = analysed(
        tmp_path, outcomes="package_change",
        spoil=edit("packages", lambda r: r.sample(frac=1, random_state=3)),
    )  # fmt: skip
    a, b = (one(r, "as_allocated", "package_change") for r in (shuffled, trial[0]))
    assert (a.value, a.lower, a.n) == pytest.approx((b.value, b.lower, b.n), abs=1e-10)


def test_the_story_is_plain_and_says_the_effect(released):
    told = story_coaching.story(released)
    assert told.answer.startswith("People with a coached provider needed")
    assert "less home care than others" in told.answer
    text = " ".join(told.sentences()).lower()
    assert not [word for word in wording.BANNED if word in text]
    assert {f.name.split("-")[0] for f in told.pictures} == {"each", "without", "consort", "timeline"}
    assert all("<svg" in f.svg() and "<svg" in f.svg(narrow=True) for f in told.pictures)


def test_where_nothing_can_be_told_the_story_says_what_would_have_been_needed(tmp_path):
    result, workspace, _ = analysed(tmp_path, outcomes="package_change", effects=NONE, seed=4)
    told = story_coaching.story(release(result, Policy.of(workspace.protocol.disclosure)))
    assert told.answer.startswith("The study cannot tell whether coaching changed home care needed.")
    assert told.answer_more.startswith("What would have been needed:")


def test_boxes_of_the_flow_show_rounded_people_whose_sums_hold(released):
    for arm in figure_trial.ARMS:
        steps = [s for s in released.flow if s.population == arm]
        assert [a.n_left - b.n_left for a, b in pairwise(steps)] == [s.n_removed for s in steps[1:]]
        assert all(s.n_left % 5 == 0 for s in steps)


def test_the_checklist_names_the_standard_of_the_design_and_points_to_what_is_there(released, trial):
    protocol = trial[1].protocol
    table = trial_checklist(released, protocol)
    assert "CONSORT" in table.caption
    cells = {row.header: row.cells[1] for row in table.rows}
    assert cells["Flow"] == "Who took part: providers and people"
    assert cells["Funding"] == "Not in this report"


def test_it_runs_from_data_to_pages(tmp_path):
    study(tmp_path, outcomes="package_change, time_to_leaving")
    report = run_study(tmp_path / "protocol.yaml")
    page = (report.report_dir / "coaching.html").read_text(encoding="utf-8")
    assert report.headline[0].startswith("People with a coached provider needed")
    for said in ("Without each provider in turn", "Recruitment beside coaching", "Carers, coached", "CONSORT 2025"):
        assert said in page


def test_a_trial_ignored_providers_would_have_been_refused():
    from ot_eval.models.trial_data import Columns
    from ot_eval.models.trial_individual import individual_test

    rows = pd.DataFrame({"outcome": np.arange(8.0), "arm": [0, 1] * 4, "cluster": list("aabbccdd")})
    with pytest.raises(AnalysisRefused, match="participants, and they belong to providers"):
        individual_test(rows, Columns(), "t", cluster="cluster")
