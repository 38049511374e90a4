"""The skills strand on invented workers whose gaps are known before anything is computed."""

from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError
from ot_eval.base.protocol import Protocol
from ot_eval.data.problems import Problems
from ot_eval.data.survey_instrument import load_all
from ot_eval.data.survey_read import SurveyRead
from ot_eval.data.survey_tables import study_rows
from ot_eval.data.synthetic_surveys import SkillGaps, skill_forms
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.studies import skills
from ot_eval.studies.workspace import Workspace

PLAN = Protocol(study="skills-known", title="Skills that are known", question="Which skills do carers have?")
PROVIDERS = [f"P{k}" for k in range(8)]
TRUTH = SkillGaps()


def tables(carers=12):
    instrument = load_all()["enabling_skills"]
    forms = skill_forms(instrument, PROVIDERS, carers, TRUTH, np.random.default_rng(1), coached=PROVIDERS[:4])
    read = SurveyRead(instrument=instrument, layouts={}, forms=tuple(forms), n_rows=len(forms), problems=Problems())
    survey = pd.DataFrame(study_rows(read)["carer_survey"])
    survey["date"], survey["wave"] = pd.to_datetime(survey["date"]).dt.date, survey["wave"].astype(int)
    providers = pd.DataFrame(
        {"provider_id": PROVIDERS, "coaching_start": [pd.Timestamp("2025-02-01")] * 4 + [pd.NaT] * 4}
    )
    return SimpleNamespace(own={"carer_survey": ibis.memtable(survey), "providers": ibis.memtable(providers)}, facts={})


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    prepared = skills.prepare(tables(), PLAN)
    skills.refuse(prepared)
    workspace = Workspace(root=tmp_path_factory.mktemp("skills"), strand="skills", protocol=PLAN)
    workspace.fill(prepared)
    return skills.analyse(workspace)


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
    assert min(v for k, v in used.items() if k not in (*TRUTH.gaps, "k13")) > 60


def test_coached_carers_gain_skills_and_others_none(result):
    gain = {e.term: e for e in result.estimates if e.analysis == "change"}
    assert gain["not coached"].value == 0
    assert gain["coached less not coached"].lower > 0


def test_an_analysis_without_data_is_refused_by_name_and_the_rest_stands(result):
    assert any(c.analysis == "said_and_seen" and not c.passed for c in result.checks)
    assert any(c.name == "questions not validated" for c in result.checks)


def test_it_passes_the_gate(result):
    assert release(result, Policy.of(PLAN.disclosure)).strand == "skills"


def test_without_answers_or_with_few_carers_it_is_refused():
    with pytest.raises(DataError, match="no answers to the enabling skills"):
        skills.prepare(SimpleNamespace(own={}, facts={}), PLAN)
    with pytest.raises(AnalysisRefused, match="fewer than 10"):
        skills.refuse(skills.prepare(tables(carers=1), PLAN))
