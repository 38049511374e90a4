"""What a manager is told of carers' skills: made from an invented result, through the gate."""

import pytest

from ot_eval.base.results import Check, Estimate, FlowStep, StudyResult
from ot_eval.outputs import skill_gaps, story_skills
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS

POLICY = PRESETS["ot_eval"]
N = 200
CARERS, OTHERS = "home carers", "reablement support workers"
SKILLS = {"K01 Step back and watch": (160, 60), "K02 Prompt in words": (150, 80), "K10 Use one carer": (20, 194)}
"""Skill: home carers who have it, and home carers with a gap."""


def share(analysis, term, n_event, n=N, population=CARERS, measure="share of workers"):
    value = 100 * n_event / n
    about = {"analysis": analysis, "population": population, "outcome": "", "term": term, "measure": measure}
    about |= {"unit": "percent", "level": 0.95, "n": n, "n_event": n_event, "n_cluster": 10}
    return Estimate(**about, value=value, lower=max(0.0, value - 5), upper=min(100.0, value + 5))


def number(analysis, term, measure, value, unit, population=CARERS, half=0.05, **more):
    about = {"analysis": analysis, "population": population, "outcome": "", "term": term, "measure": measure}
    about |= {"unit": unit, "level": 0.95, "n": N, "n_cluster": 10, **more}
    return Estimate(**about, value=value, lower=value - half, upper=value + half)


def estimates():
    for skill, (have, gap) in SKILLS.items():
        yield share("gaps", skill, gap)
        yield share("who_has", skill, have)
        yield share("who_has", skill, 80, n=100, population=OTHERS)
        yield share("who_uses", skill, max(12, have - 20))
        yield share("how_taught", f"{skill}: nobody taught them", 20, n=160)
        yield share("taught_and_used", f"{skill}: taught", 120, n=160)
        yield share("taught_and_used", f"{skill}: used", 40, n=160)
        difference = "difference in share of workers"
        yield number("taught_and_used", f"{skill}: used less taught", difference, -50.0, "percent", half=8)
    for other in ("K01 Step back and watch", "K10 Use one carer"):
        far = -70.0 if other.startswith("K10") else 2.0
        versus = f"{CARERS} v {OTHERS}"
        yield number("between_roles", other, "difference in share of workers", far, "percent", versus, half=20)
    for term, value in (("two home carers", 0.65), (f"a home carer and one of the {OTHERS}", 0.55)):
        yield number("overlap", term, "shared part of the skills that either has", value, "index from 0 to 1")
    kappa = "agreement of worker and observer (weighted kappa)"
    yield number("said_and_seen", "level of skill", kappa, 0.6, "index up to 1", "workers who were also watched")
    yield number("hang_together", "levels of all skills", "Cronbach's alpha", 0.8, "index up to 1")
    yield share("taught_by", "a senior carer", 90)
    yield share("barriers", "not enough time", 120)
    gained = {"measure": "skills gained per carer", "unit": "skills", "outcome": "round 1"}
    yield number("skills_gained", "coached by then", value=2.0, **gained)
    yield number("skills_gained", "not coached by then", value=0.5, **gained)
    more = {"measure": "difference in change", "unit": "skills", "outcome": "round 1"}
    yield number("skills_gained", "coached less not coached", value=1.5, half=0.5, **more)


def skills(rows=None):
    """Return an invented result of the strand."""
    new = "The questions about skills are new. Nobody has yet shown that they measure what carers can do."
    step = FlowStep(population="all", rule="answered", label="answered a survey", n_left=300, n_removed=0)
    return StudyResult(
        study="s",
        strand="skills",
        title="What carers do",
        question="Which skills do carers have?",
        estimates=tuple(estimates()) if rows is None else tuple(rows),
        flow=(step,),
        checks=(Check(analysis="who_has", name="questions not validated", passed=False, sentence=new),),
        facts={"data_end": "2026-03-31"},
    )


@pytest.fixture(scope="module")
def released():
    return release(skills(), POLICY)


def test_the_commonest_gap_stays_first_though_its_share_is_hidden(released):
    assert [e.value for e in released.find("gaps", term="K10 Use one carer")] == [None]
    first, second, third = skill_gaps.ranked(released)
    assert (first.words, first.said, first.counted) == ("Use one carer", "at least 90%", "at least 180 of 200")
    assert (second.words, third.words) == ("Prompt in words", "Step back and watch")
    assert story_skills.story(released).answer.startswith("Coaching should first cover: use one carer (at least 180")


def test_a_bound_is_never_made_of_a_share_that_is_hidden_for_another_reason():
    rows = [share("gaps", "K01 Step back", 196), share("who_has", "K01 Step back", 196)]
    (gap,) = skill_gaps.ranked(release(skills(rows), POLICY))
    assert (gap.known, gap.said, gap.counted) == (False, "hidden", "hidden")
    rows = [share("gaps", "K01 Step back", 196), share("who_has", "K01 Step back", 6)]
    (gap,) = skill_gaps.ranked(release(skills(rows), POLICY))
    assert gap.said == "at least 95%"  # fewer than 10 of 200 have it


def test_the_page_says_what_is_clear_and_with_which_caution(released):
    told = " ".join(story_skills.story(released).sentences())
    for words in (
        "nobody has tested yet",
        "not to judge a person",
        "Of 100 skills that either of two workers has, both have so many: two home carers 65",
        "Skills that many more reablement support workers have than home carers: use one carer.",
        "Taught more often than used, so ask what stops it: step back and watch",
        "1.5 skills more than others (likely range: 1.0 to 2.0)",
        "coaching may not be the cause",
        "Nobody has yet shown",
        "a senior carer (about 90 of 200 carers)",
    ):
        assert words in told


def test_a_difference_that_may_be_none_has_no_direction():
    rows = [e for e in estimates() if e.measure != "difference in change"]
    more = {"measure": "difference in change", "unit": "skills", "outcome": "round 1"}
    rows.append(number("skills_gained", "coached less not coached", value=0.3, half=0.5, **more))
    told = " ".join(story_skills.story(release(skills(rows), POLICY)).means)
    assert "neither clearly more nor clearly fewer skills" in told


def test_nothing_to_show_is_said_and_draws_nothing():
    empty = release(skills([]), POLICY)
    assert story_skills.story(empty).answer == "Too few home carers answered to say what coaching should cover first."
    assert story_skills.pictures(empty) == ()


def test_each_picture_says_its_numbers_without_being_seen(released):
    figures = {f.name: f for f in story_skills.pictures(released)}
    assert "Use one carer: at least 90%, at least 180 of 200 carers" in figures["gaps"].alt
    assert [row.cells[0] for row in figures["who-has"].table.rows] == ["80", "75", "10"]
    assert "taught 75%, used 25%" in figures["taught-and-used"].alt
    assert all(f.svg() and f.svg(narrow=True) and f.png() for f in figures.values())
