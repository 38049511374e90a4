"""A study of surveys alone, from the filled forms to the manager's page, by the commands that a service would type."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from ot_eval.base.protocol_file import load, study_folder
from ot_eval.cli import app
from ot_eval.data import synthetic_exports as exports
from ot_eval.data.survey_instrument import load_all
from ot_eval.data.synthetic_surveys import SkillGaps, observed_forms, skill_forms
from ot_eval.outputs import skill_gaps, story_skills
from ot_eval.studies.desks import release_strand
from ot_eval.studies.new_study import make_study

PLAN = """\
study: skills-run
title: What invented carers can do
question: Which enabling skills do our carers have?
strands: [{strands}]
"""
PROVIDERS = [f"P{k}" for k in range(8)]
CARERS = 12
TRUTH = SkillGaps()


def ot_eval(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A study whose forms came through KoboToolbox: no people in care, no episodes, no packages."""
    root = make_study(tmp_path_factory.mktemp("surveys") / "study")
    plan = root / "protocol.yaml"
    plan.write_text(PLAN.format(strands="skills"), encoding="utf-8")
    known, rng = load_all(), np.random.default_rng(3)
    forms = skill_forms(known["enabling_skills"], PROVIDERS, CARERS, TRUTH, rng, coached=PROVIDERS[:4])
    seen = observed_forms(known["enabling_skills_observed"], forms, 1, TRUTH, rng)
    with (root / "data" / "providers.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = [(p, "2025-02-01" if k < 4 else "") for k, p in enumerate(PROVIDERS)]
        csv.writer(stream).writerows([("provider_id", "coaching_start"), *rows])
    for name, filled in (("enabling_skills", forms), ("enabling_skills_observed", seen)):
        path = exports.kobo(known[name], filled, root / f"{name}.xlsx")
        assert ot_eval("surveys", "read", plan, path).exit_code == 0
    done = ot_eval("run", plan)
    assert done.exit_code == 0, done.output
    return plan


@pytest.fixture(scope="module")
def released(plan):
    protocol = load(plan)
    return release_strand("skills", study_folder(plan, protocol), protocol)


def test_the_page_names_the_planted_gaps_first_though_their_shares_are_hidden(plan, released):
    first = skill_gaps.ranked(released)[:3]
    assert {g.estimate.term[:3].lower() for g in first} == set(TRUTH.gaps)
    assert any(g.estimate.value is None and g.least is not None for g in first)
    page = (plan.parent / "reports" / "skills-run" / "index.html").read_text(encoding="utf-8")
    assert "Coaching should first cover" in page
    assert story_skills.HONEST in page
    assert all(g.words in page for g in first)


def test_a_bound_on_a_hidden_gap_is_true(plan, released):
    saved = study_folder(plan, load(plan)).work / "results" / "skills.json"
    rows = json.loads(saved.read_text(encoding="utf-8"))["estimates"]
    true = {e["term"]: e["value"] for e in rows if e["analysis"] == "gaps"}
    bounds = {g.estimate.term: g.least for g in skill_gaps.ranked(released) if g.least is not None}
    rounded = 5 / (len(PROVIDERS) * CARERS) * 100  # the gate rounds the count behind a share to the nearest five
    assert bounds
    assert all(true[term] >= least - rounded for term, least in bounds.items())


def test_every_figure_has_its_numbers_and_the_map_has_every_skill(released):
    figures = {f.name: f for f in story_skills.pictures(released)}
    assert set(figures) == {"gaps", "who-has", "taught-and-used", "overlap", "skills-gained"}
    assert all(f.table is not None and f.alt and f.svg() and f.svg(narrow=True) for f in figures.values())
    assert len(figures["who-has"].table.rows) == len(figures["gaps"].table.rows) == 24


def test_the_report_states_the_version_and_that_nothing_is_validated(released):
    assert released.facts["skills_version"] == load_all()["enabling_skills"].version
    assert any("Nobody has yet shown" in line for line in story_skills.story(released).unknown)


def test_other_strands_still_ask_for_episodes_and_packages(plan):
    plan.write_text(PLAN.format(strands="care_packages, skills"), encoding="utf-8")
    done = ot_eval("run", plan)
    assert done.exit_code != 0
    assert "the study has no table episodes and no table packages" in " ".join(done.output.split())
