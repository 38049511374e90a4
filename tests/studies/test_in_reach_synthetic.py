"""The invented reablement beds, from files to figures: each figure is the one their maker drew."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.protocol import Protocol
from ot_eval.base.study import StudyFolder
from ot_eval.data.read import read_study
from ot_eval.data.synthetic import write_plain_study
from ot_eval.data.synthetic_beds import AFTER
from ot_eval.derive.assemble import assemble
from ot_eval.models import change_percent
from ot_eval.studies import in_reach
from ot_eval.studies.workspace import Workspace

STAYS = 240
PLAN = Protocol(
    study="beds",
    title="Invented reablement beds",
    question="What did the beds do for people?",
    strands=("in_reach",),
    in_reach={
        "bed": {"name": "a reablement bed", "per_day": {"in_reach_bed": 1}},
        "comparators": [{"name": "a hospital bed", "per_day": {"hospital_bed_night": 1}}],
    },
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("beds")
    truth = write_plain_study(root / "data", people=20, seed=3, beds=STAYS)
    folder = StudyFolder(data=root / "data", work=root / "work", reports=root / "reports")
    prepared = in_reach.prepare(assemble(read_study(folder, PLAN), PLAN), PLAN)
    workspace = Workspace(root=root / "work", strand="in_reach", protocol=PLAN)
    workspace.fill(prepared)
    return truth, in_reach.analyse(workspace), pd.read_csv(root / "data" / "scores.csv")


@pytest.fixture(scope="module")
def known(made):
    """Return each figure of the service, worked out from what was drawn and from nothing the study reads."""
    truth = made[0]
    s, last = truth.beds, truth.council.data_end
    ended = s[s["end"] <= last]
    home = ended[(ended["goes_to"] == "own home") & ended["planned"].notna() & (ended["end"] + 7 <= last)]
    seen = ended[ended["end"] + AFTER <= last]
    left = seen[~seen["goes_to"].isin(["died", "hospital"])]
    still = ~((home["died"] < home["end"] + 7) | (home["moved"] < home["end"] + 7))
    hours = home["actual"] * still
    at_home = (seen["goes_to"] == "own home") & (seen[["died", "moved"]].min(axis=1) > seen["end"] + AFTER)
    meetings = s["discussed"].str.split(";").map(lambda w: len([x for x in w if x]))
    return {
        ("assessed_in_time", "share of stays, at least"): 100 * (s["in_time"]).mean(),
        ("assessed_in_time", "share of stays assessed at all"): 100 * s["wait"].notna().mean(),
        ("destination", "went home"): 100 * (ended["goes_to"] == "own home").mean(),
        ("destination", "died"): 100 * (ended["goes_to"] == "died").mean(),
        ("length_of_stay", "mean nights"): ended["nights"].mean(),
        ("length_of_stay", "mean nights beyond 28 a stay"): (ended["nights"] - 28).clip(lower=0).mean(),
        ("team_meetings", "share of weeks with a meeting"): 100 * meetings.sum() / s["weeks"].sum(),
        ("package", "mean hours planned without the service"): home["planned"].mean(),
        ("package", "mean hours a week after the service"): hours.mean(),
        ("package", "mean cost a week less than planned"): 24 * (home["planned"] - hours).mean(),
        ("onward_referrals", "any referral"): 100 * (ended["referrals"] != "").mean(),
        ("readmission", "day 91"): 100 * (left["readmitted"] <= left["end"] + AFTER).mean(),
        ("at_home", "day 91"): 100 * at_home.mean(),
        ("bed_days_cost", "mean cost of a stay"): 195 * ended["nights"].mean(),
        ("bed_days_cost", "mean difference (bed less comparator)"): (195 - 450) * ended["nights"].mean(),
    }


def test_every_figure_is_what_was_drawn(made, known):
    result = made[1]
    for (analysis, name), value in known.items():
        found = [e for e in result.estimates if e.analysis == analysis and name in (e.term, e.measure)]
        assert [e.value for e in found] == pytest.approx([value]), (analysis, name)


def test_homes_have_the_shares_that_were_drawn(made):
    truth, result, _ = made
    shares = 100 * truth.beds.groupby("home")["in_time"].mean()
    found = {e.term: e.value for e in result.estimates if e.analysis == "by_home"}
    assert found == pytest.approx(shares.to_dict())


def test_the_scores_have_every_percentage_under_its_own_name(made):
    _, result, scores = made
    mbi = scores[(scores["instrument"] == "mbi") & (scores["person_id"].str.len() == len("P900001"))]
    wide = mbi.groupby(["person_id", "timepoint"])["value"].sum().unstack().dropna(subset=["baseline", "end"])
    before, gain = wide["baseline"], wide["end"] - wide["baseline"]
    truth = {
        change_percent.OF_MEAN: 100 * gain.mean() / before.mean(),
        change_percent.OF_EACH: 100 * (gain / before)[before > 0].mean(),
        change_percent.OF_SCALE: gain.mean(),
        change_percent.IMPROVED: 100 * (gain > 0).mean(),
    }
    found = {
        e.measure: e.value
        for e in result.estimates
        if e.analysis == change_percent.ANALYSIS and e.outcome == "mbi total"
    }
    assert {name: found[name] for name in truth} == pytest.approx(truth)
    assert len({round(v) for v in truth.values()}) == len(truth), "the definitions differ, or the test could not fail"


def test_beds_change_nothing_of_the_council(made, tmp_path):
    truth = made[0]
    plain = write_plain_study(tmp_path, people=20, seed=3)
    pd.testing.assert_frame_equal(plain.people, truth.people)
    assert plain.beds.empty
    assert np.array_equal(truth.beds["la_number"].to_numpy(), 900_001 + np.arange(STAYS))


def test_a_stay_that_has_just_ended_has_no_package_yet(made):
    """Its package a week after the stay lies beyond the data, and is not counted as no hours."""
    truth, result, _ = made
    s, last = truth.beds, truth.council.data_end
    late = s[(s["goes_to"] == "own home") & s["planned"].notna() & s["end"].between(last - 6, last)]
    counted = next(e.n for e in result.estimates if e.analysis == "package")
    ended = s[(s["goes_to"] == "own home") & s["planned"].notna() & (s["end"] <= last)]
    assert len(late) > 0
    assert counted == len(ended) - len(late)
