"""The strands side by side: agreement, contradiction and silence are said from the intervals, and only from them."""

import re

import pytest

from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.outputs import numbers
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.together import ALONE, CAUTION, together
from ot_eval.outputs.wording import BANNED

POLICY = PRESETS["ot_eval"]
LEAD = "mbi total"
BETTER, WORSE, UNCLEAR = (4.0, 1.0), (-4.0, 1.0), (0.5, 3.0)
LONGEST_SENTENCE = 28
"""Words, as for every page of a manager."""


def number(analysis, term, measure, value, half, unit="points"):
    about = {"analysis": analysis, "population": "all", "outcome": LEAD, "term": term, "measure": measure, "unit": unit}
    return Estimate(**about, value=value, lower=value - half, upper=value + half, level=0.95, n=400)


def scored(strand="progress", contact=UNCLEAR, during=BETTER, after=UNCLEAR, lower_is_better=False, checks=()):
    """A strand of scores whose three comparisons are (value, half the interval's width)."""
    rows = (
        number("followed_up", "end", "share with a score", 80.0, 4.0, "percent"),
        number("change", "baseline to end", "mean change", *during),
        number("change", "end to follow_up", "mean change", *after),
        number("baseline_adjusted_difference", "end to follow_up", "difference at equal score before", *contact),
    )
    about = {"study": "s", "strand": strand, "title": "Progress", "question": "What changed for people?"}
    facts = {"lower_is_better": LEAD} if lower_is_better else {}
    return release(StudyResult(**about, estimates=rows, checks=checks, facts=facts), POLICY)


@pytest.fixture
def packages(example):
    return lambda ot: release(example.study_result(ot), POLICY)


def of(joint, heading):
    return " ".join(dict(joint.parts).get(heading, ()))


AGREE, DIFFER, ONE = "Where the parts agree", "Where they do not agree", "Where one part, or none, can tell"
NOT = "What did not work, or could not be shown"


def test_a_report_of_one_strand_has_nothing_to_join(packages):
    assert together((packages(0.55),)) is None


@pytest.mark.parametrize(
    ("ot", "contact", "heading", "says"),
    [
        (0.55, BETTER, AGREE, "care packages and progress both point to better."),
        (1.80, WORSE, AGREE, "care packages and progress both point to worse."),
        (0.55, WORSE, DIFFER, "the parts disagree. Care packages points to better, progress to worse."),
        (1.80, BETTER, DIFFER, "the parts disagree. Progress points to better, care packages to worse."),
        (0.55, UNCLEAR, ONE, "only care packages points to better. Progress cannot tell"),
        (1.00, WORSE, ONE, "only progress points to worse. Care packages cannot tell"),
        (1.00, UNCLEAR, ONE, "neither care packages nor progress can tell"),
    ],
)
def test_the_verdict_follows_the_two_intervals(packages, ot, contact, heading, says):
    joint = together((packages(ot), scored(contact=contact)))
    assert f"Contact with an occupational therapist. {says}".lower() in of(joint, heading).lower()
    assert "Contact" not in "".join(of(joint, other) for other in (AGREE, DIFFER, ONE) if other != heading)
    assert joint.caution == CAUTION


def test_which_way_is_better_is_that_of_the_score():
    joint = together((scored(during=WORSE, lower_is_better=True), scored("in_reach", during=BETTER)))
    assert "Progress and reablement beds both point to better" in of(joint, AGREE)


def test_no_direction_is_said_where_every_interval_includes_none(packages):
    joint = together((packages(1.0), scored(contact=UNCLEAR, during=UNCLEAR, after=UNCLEAR)))
    assert not re.search(r"\b(better|worse|rose|fell)\b", of(joint, AGREE) + of(joint, DIFFER) + of(joint, ONE))
    assert "neither clearly rose nor clearly fell" in of(joint, NOT)
    assert "is not clear" in of(joint, NOT)


def test_what_got_worse_is_said_first_and_in_the_words_of_the_table(packages):
    joint = together((packages(0.55), scored(after=WORSE)))
    lines = dict(joint.parts)[NOT]
    assert lines[0] == "In the weeks after reablement the mean score of everyday self-care and mobility got worse."
    assert lines[0] in [row.cells[0] for row in joint.display.rows]


def test_a_planned_analysis_that_was_refused_is_not_passed_over(packages):
    refused = tuple(
        Check(analysis="x", name=f"refused for {n}", passed=False, sentence="Too little is in the data.") for n in "ab"
    )
    joint = together((packages(0.55), scored(checks=refused)))
    assert "In progress, 2 planned analyses were not possible with these data." in of(joint, NOT)


def test_the_table_holds_the_released_numbers_beside_the_sentences(packages):
    first, second = packages(0.55), scored(contact=BETTER)
    joint = together((first, second))
    ratio = first.one("cox", term="OT contact (from the day after)")
    score = second.one("baseline_adjusted_difference")
    cells = [row.cells[1:] for row in joint.display.groups[0].rows]
    about, low, high = (round(100 * x) for x in (ratio.value, ratio.lower, ratio.upper))
    assert cells == [
        (f"{about} where 100 would be expected", f"{low} to {high}"),
        (numbers.value(score.value, score.unit), numbers.interval(score)),
    ]
    assert joint.display.groups[0].heading == "Contact with an occupational therapist"


def test_a_strand_that_only_describes_confirms_nothing(packages):
    rows = (number("what_was_done", "ADL practice", "share of people", 40.0, 4.0, "percent"),)
    about = {"study": "s", "strand": "interventions", "title": "What was done", "question": "What was done?"}
    joint = together((packages(0.55), release(StudyResult(**about, estimates=rows), POLICY)))
    assert not {AGREE, DIFFER, ONE} & dict(joint.parts).keys()
    assert joint.caution == ALONE


@pytest.mark.parametrize(
    ("value", "heading", "says"),
    [
        (-0.06, AGREE, "care packages and when therapy begins both point to better"),
        (0.06, DIFFER, "care packages points to better, when therapy begins to worse"),
        (0.01, ONE, "only care packages points to better. When therapy begins cannot tell"),
    ],
)
def test_timing_speaks_to_contact_and_fewer_is_better(packages, value, heading, says):
    about = {"analysis": "timing_difference", "population": "all", "outcome": "increase", "measure": "difference"}
    row = Estimate(**about, term="within 7 days v as things are, by week 52", unit="probability", value=value,
                   lower=value - 0.03, upper=value + 0.03, level=0.95, n=800, n_event=200)  # fmt: skip
    strand = {"study": "s", "strand": "timing", "title": "Timing", "question": "How soon should it be?"}
    joint = together((packages(0.55), release(StudyResult(**strand, estimates=(row,)), POLICY)))
    assert says.lower() in of(joint, heading).lower()


def test_hidden_numbers_say_nothing():
    few = StudyResult(
        study="s",
        strand="progress",
        title="Progress",
        question="What changed?",
        estimates=tuple(
            Estimate(analysis=a, population="all", outcome=LEAD, term=t, measure=m, unit="points", value=4.0,
                     lower=3.0, upper=5.0, level=0.95, n=4)
            for a, t, m in (("followed_up", "end", "share with a score"), ("change", "baseline to end", "mean change"))
        ),
    )  # fmt: skip
    hidden = release(few, POLICY)
    assert all(e.value is None for e in hidden.estimates)
    joint = together((hidden, hidden))
    assert joint.display is None
    assert joint.parts == ()


@pytest.mark.parametrize("ot", [0.55, 0.74, 1.0, 1.45])
@pytest.mark.parametrize("contact", [BETTER, WORSE, UNCLEAR])
def test_the_words_are_plain_and_the_sentences_short(packages, ot, contact):
    joint = together((packages(ot), scored(contact=contact, after=contact), scored("in_reach")))
    text = " ".join(joint.sentences()).lower()
    assert not [word for word in BANNED if re.search(rf"\b{word}\b", text)]
    sentences = [s for said in joint.sentences() for s in re.split(r"(?<=[.?!])\s+", said)]
    assert max(len(s.split()) for s in sentences) <= LONGEST_SENTENCE
