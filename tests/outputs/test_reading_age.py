"""How hard the manager's sentences are to read, measured by textstat and printed.

Two measures that count letters, words and sentences: the automated readability index and the Coleman-Liau index. Both
are US school grades; a grade and five is about the reader's age. The measures that count syllables are left alone:
textstat fetches a pronouncing dictionary for them, and nothing of ours may fetch anything.
"""

import importlib.util
import sys
from pathlib import Path

import nltk
import pytest
import textstat

from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.together import together
from ot_eval.publish.stories import STORIES, story_of

HARDEST = 12.0
"""US school grade; no strand may be harder by either measure."""
AIM = 12.0
"""Years of age that the page of the care-package strand, the first that a manager meets, aims at."""
YEARS = 5
"""Years between a US school grade and the age of its pupils."""
RECORD = Path(__file__).parents[2] / "docs" / "evidence" / "reading_age.md"
UNMEASURED = {"coaching", "experience", "timing", "value"}
"""Strands whose words need a whole study to be told; nobody has yet written an invented result of them. A gap."""
POLICY = PRESETS["ot_eval"]


def _beside(name):
    spec = importlib.util.spec_from_file_location(f"beside_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _share(analysis, term, measure, percent):
    about = {"analysis": analysis, "population": "all", "outcome": "", "unit": "percent", "level": 0.95, "n": 400}
    return Estimate(**about, term=term, measure=measure, value=percent, lower=percent - 4, upper=percent + 4)


def _interventions():
    work = ("A10 personal care activity practice", "A11 mobility and transfer practice", "B20 equipment provided")
    rows = [_share("what_was_done", t, "share of people", p) for t, p in zip(work, (38.0, 35.0, 23.0), strict=True)]
    rows += [
        _share("how_soon", f"within {d} days of the start", "share of people", p) for d, p in ((7, 13.0), (28, 35.0))
    ]
    rows += [_share("by_whom", r, "share of people", p) for r, p in (("occupational therapist", 41.0), ("nurse", 12.0))]
    return StudyResult(study="s", strand="interventions", title="Done", question="Done?", estimates=tuple(rows))


def _data_quality():
    rows = (
        _share("ascof_2a", "ASCOF 2A", "share of episodes without long-term support after them", 42.0),
        _share("data_quality", "rows that overlap another of the same kind", "share of episodes", 6.0),
    )
    style = "Packages are recorded as a new row for each change, so their dates can be used as they stand."
    checks = (Check(analysis="recording_style", name="style", passed=True, sentence=style),)
    facts = {"ascof_year": "April 2025 to March 2026", "data_end": "2026-03-31"}
    about = {"study": "s", "strand": "data_quality", "title": "Data", "question": "What can the data tell?"}
    return StudyResult(**about, estimates=rows, checks=checks, facts=facts)


@pytest.fixture(scope="module")
def texts(example):
    """What each strand tells a manager, by strand; and what the strands say together."""
    stories = _beside("test_progress_stories")
    results = (example.study_result(), stories.progress(), stories.beds(), _interventions(), _data_quality())
    results = (*results, _beside("test_skills_story").skills())
    released = tuple(release(r, POLICY) for r in results)
    told = {r.strand: story_of(r).sentences() for r in released} | {"together": together(released).sentences()}
    return {strand: " ".join(s for s in sentences if s) for strand, sentences in told.items()}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Fail where a measure would fetch something."""

    def refused(*_args, **_more):
        raise AssertionError("a measure of reading age asked for a download")

    monkeypatch.setattr(nltk, "download", refused)


def grades(text):
    return textstat.automated_readability_index(text), textstat.coleman_liau_index(text)


def line(strand, text):
    both = grades(text)
    return f"| {strand} | {both[0]:.1f} | {both[1]:.1f} | {max(both) + YEARS:.0f} |"


def test_every_strand_with_words_of_its_own_is_measured_or_named_as_unmeasured(texts):
    assert set(STORIES) - texts.keys() <= UNMEASURED, "add an invented result of the strand to `texts`"


def test_no_strand_is_harder_to_read_than_the_wall_and_the_figures_are_printed(texts, capsys):
    with capsys.disabled():
        sys.stdout.write("\nUS school grade by two measures, and age, of what managers read:\n")
        sys.stdout.writelines(f"  {line(strand, text)}\n" for strand, text in texts.items())
    assert {s: grades(t) for s, t in texts.items() if max(grades(t)) > HARDEST} == {}
    assert max(grades(texts["care_packages"])) + YEARS <= AIM


def test_the_record_in_the_manual_is_what_was_measured(texts):
    recorded = RECORD.read_text(encoding="utf-8")
    assert [line(s, t) for s, t in texts.items() if line(s, t) not in recorded] == []


def test_hard_words_would_be_seen():
    hard = "Multidisciplinary rehabilitation interventions demonstrably ameliorate functional dependency trajectories."
    assert min(grades(hard)) > HARDEST
