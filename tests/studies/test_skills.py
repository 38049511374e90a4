"""The skills strand on invented workers whose gaps are known before anything is computed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.shipped import shipped
from ot_eval.data.problems import Problems
from ot_eval.data.survey_instrument import load_all
from ot_eval.data.survey_read import SurveyRead
from ot_eval.data.survey_tables import study_rows
from ot_eval.data.synthetic_surveys import SkillGaps, observed_forms, skill_forms
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.studies import skills
from ot_eval.studies.workspace import Workspace

PLAN = Protocol(study="skills-known", title="Skills that are known", question="Which skills do carers have?")
PROVIDERS = [f"P{k}" for k in range(8)]
TRUTH = SkillGaps()
KNOWN = load_all()
EXACT = 1e-12  # nothing but floating-point order


def answers(name, forms):
    read = SurveyRead(instrument=KNOWN[name], layouts={}, forms=tuple(forms), n_rows=len(forms), problems=Problems())
    return study_rows(read)["carer_survey"]


def tables(carers=12, observers=2, truth=TRUTH, providers=PROVIDERS, coached=4, folder=Path("data")):
    rng = np.random.default_rng(1)
    forms = skill_forms(KNOWN["enabling_skills"], providers, carers, truth, rng, coached=providers[:coached])
    seen = observed_forms(KNOWN["enabling_skills_observed"], forms, observers, truth, rng)
    survey = pd.DataFrame(answers("enabling_skills", forms) + answers("enabling_skills_observed", seen))
    survey["date"], survey["wave"] = pd.to_datetime(survey["date"]).dt.date, survey["wave"].astype(int)
    began = [pd.Timestamp("2025-02-01")] * coached + [pd.NaT] * (len(providers) - coached)
    known = pd.DataFrame({"provider_id": providers, "coaching_start": began})
    own = {"carer_survey": ibis.memtable(survey), "providers": ibis.memtable(known)}
    return SimpleNamespace(own=own, facts={}, folder=folder)


def analysed(root, given):
    prepared = skills.prepare(given, PLAN)
    skills.refuse(prepared)
    workspace = Workspace(root=root, strand="skills", protocol=PLAN)
    workspace.fill(prepared)
    return skills.analyse(workspace)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return analysed(tmp_path_factory.mktemp("skills"), tables())


def one(result, analysis, **wanted):
    return next(
        e for e in result.estimates if e.analysis == analysis and all(getattr(e, k) == v for k, v in wanted.items())
    )


def test_the_planted_gaps_lead_the_list_and_no_other_skill_does(result):
    rows = sorted((e for e in result.estimates if e.analysis == "gaps"), key=lambda e: -e.value)
    assert {e.term[:3].lower() for e in rows[:3]} == set(TRUTH.gaps)
    assert rows[3].value < 60 < rows[2].value


def test_each_worker_counts_once_though_all_answered_twice(result):
    assert {e.n for e in result.estimates if e.analysis == "gaps"} == {8 * 12}


def test_what_carers_were_taught_and_do_not_use_is_seen(result):
    used = {
        e.term[:3].lower(): e.value
        for e in result.estimates
        if e.analysis == "who_uses" and e.population == "home carers"
    }
    assert used["k13"] == 0
    assert min(v for k, v in used.items() if k not in (*TRUTH.gaps, "k13")) > 50


def test_the_gap_between_teaching_and_use_is_seen_where_it_was_planted(result):
    gap = {
        e.term[:3].lower(): e
        for e in result.estimates
        if e.analysis == "taught_and_used" and e.term.endswith("used less taught")
    }
    assert {skill for skill, e in gap.items() if e.upper < 0} == {"k13"}
    assert all(gap[skill].lower > 0 for skill in TRUTH.gaps if skill in gap)


def test_coached_carers_gain_skills_and_others_none(result):
    gain = {e.term: e for e in result.estimates if e.analysis == "skills_gained" and "skills gained" in e.measure}
    assert gain["not coached by then"].value == 0
    compared = one(result, "skills_gained", measure="difference in change")
    assert compared.lower > 0
    assert (compared.n, compared.n_cluster) == (8 * 12, 8)
    assert "t with 6 degrees of freedom" in compared.method


def test_few_providers_widen_the_comparison_and_one_coached_alone_is_refused(tmp_path):
    few = analysed(tmp_path / "few", tables(providers=PROVIDERS[:4], coached=2))
    assert "t with 2 degrees of freedom" in one(few, "skills_gained", measure="difference in change").method
    alone = analysed(tmp_path / "alone", tables(providers=PROVIDERS[:4], coached=1))
    assert not [e for e in alone.estimates if e.measure == "difference in change"]
    assert any(c.analysis == "skills_gained" and not c.passed for c in alone.checks)


def test_observers_who_err_agree_less_and_those_who_never_err_agree_wholly(result, tmp_path):
    level = {"analysis": "said_and_seen", "term": "level of skill"}
    measure = "agreement of worker and observer (weighted kappa)"
    sure = analysed(tmp_path, tables(truth=SkillGaps(seen_wrong=0.0)))
    assert one(sure, **level, measure=measure).value == pytest.approx(1, abs=EXACT)
    assert one(sure, "observers_agree").value == pytest.approx(1, abs=EXACT)
    assert one(result, **level, measure=measure).upper < 1
    assert 0.5 < one(result, "observers_agree").value < 1


def test_an_effect_that_only_the_worker_sees_is_found(result):
    less = {e.term[:3].lower(): e.value for e in result.estimates if e.analysis == "less_effect_seen"}
    assert less.pop("k02") == 100
    assert set(less.values()) == {0}


def only(result, role):
    rows = [e for e in result.estimates if e.analysis == "between_roles" and e.population == f"home carers v {role}"]
    assert {round(1 - e.level, 6) for e in rows} == {round(0.05 / 24, 6)}
    has = {(e.population, e.term): e.value for e in result.estimates if e.analysis == "who_has"}
    clear = {e.term: (has["home carers", e.term], has[role, e.term]) for e in rows if e.lower > 0 or e.upper < 0}
    theirs = {term[:3].lower() for term, (a, b) in clear.items() if a < 50 <= b}
    return theirs, {term[:3].lower() for term, (a, b) in clear.items() if b < 50 <= a}


def test_the_skills_that_only_one_group_has_are_found_and_no_others(result):
    theirs, ours = only(result, "reablement support workers")
    assert (theirs, ours) == (set(TRUTH.gaps), set(TRUTH.only_carers))
    theirs, ours = only(result, "occupational therapists")  # 16 of them: not every gap can be clear
    assert theirs <= set(TRUTH.gaps)
    assert len(theirs) >= 2
    assert ours == set(TRUTH.only_carers)


def test_therapists_of_one_provider_are_compared_without_an_interval(tmp_path):
    given = tables()
    survey = given.own["carer_survey"].to_pandas()
    therapists = set(survey.loc[survey["value"] == "occupational_therapist", "carer_id"])
    survey.loc[survey["carer_id"].isin(therapists) & (survey["item"] == "provider_id"), "value"] = "council"
    given.own["carer_survey"] = ibis.memtable(survey)
    found = analysed(tmp_path, given)
    shared = one(found, "overlap", term="a home carer and one of the occupational therapists")
    assert shared.value > 0
    assert shared.lower is None
    assert one(found, "between_roles", population="home carers v occupational therapists").lower is None


def test_an_analysis_without_data_is_refused_by_name_and_the_rest_stands(tmp_path):
    alone = analysed(tmp_path, tables(observers=0))
    assert {"said_and_seen", "observers_agree"} <= {c.analysis for c in alone.checks if not c.passed}
    assert any(c.name == "questions not validated" for c in alone.checks)
    assert any(e.analysis == "gaps" for e in alone.estimates)


def test_a_study_s_own_copy_of_the_instrument_is_used(tmp_path):
    own = tmp_path / "surveys" / "enabling_skills"
    shutil.copytree(shipped("surveys") / "enabling_skills", own)
    for name in ("survey.csv", "settings.csv", "README.md"):
        text = (own / name).read_text(encoding="utf-8")
        text = text.replace("K01 Step back and watch", "K01 Hold back and look").replace("2026-11-24.1", "2027-02-01.2")
        (own / name).write_text(text, encoding="utf-8")
    prepared = skills.prepare(tables(folder=tmp_path / "data"), PLAN)
    assert prepared.facts["skills_version"] == "2027-02-01.2"
    assert "K01 Hold back and look before helping" in set(prepared.frames["names"]["label"])


def test_skills_that_the_instrument_does_not_have_are_refused():
    given = tables(carers=2)
    survey = given.own["carer_survey"].to_pandas()
    survey["item"] = survey["item"].str.replace("k24_", "k77_")
    given.own["carer_survey"] = ibis.memtable(survey)
    with pytest.raises(DataError, match="not in the instrument: k77"):
        skills.prepare(given, PLAN)


def test_it_passes_the_gate(result):
    assert release(result, Policy.of(PLAN.disclosure)).strand == "skills"


def test_without_answers_or_with_few_carers_it_is_refused():
    with pytest.raises(DataError, match="no answers to the enabling skills"):
        skills.prepare(SimpleNamespace(own={}, facts={}, folder=Path("data")), PLAN)
    with pytest.raises(AnalysisRefused, match="fewer than 10"):
        skills.refuse(skills.prepare(tables(carers=1), PLAN))
