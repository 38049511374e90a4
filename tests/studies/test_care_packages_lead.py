"""Which comparison leads: the ratio where it was steady, average time where it was not or could not be tested."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import StudyResult
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.story_care_packages import story
from ot_eval.publish.blocks import blocks
from ot_eval.studies.care_packages_contact import contact_models
from ot_eval.studies.care_packages_lead import contact_time, contact_time_unadjusted

START, LAST = 7, 365


def protocol(**changes) -> Protocol:
    words = {"study": "lead", "title": "Lead", "question": "What goes with contact?", "covariates": ("sex",),
             "cluster": "none", "subgroups": ()}  # fmt: skip
    return Protocol.model_validate({**words, **changes})


def council(n=2_500, seed=1, *, early=1.0, late=1.0, confounded=False, seen=0.5) -> pd.DataFrame:
    """Half are seen before follow-up begins; it multiplies the rate by `early` up to day 120 and by `late` after."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["female", "male"], n)
    share = np.where(sex == "male", 0.8, 0.2) if confounded else seen
    ot = rng.random(n) < share
    rate = 0.002 * np.where(sex == "male", 2.0, 1.0)
    ahead = np.where(ot, early, 1.0) * rate * 120
    whole = rng.exponential(size=n)
    time = np.where(whole < ahead, whole / (np.where(ot, early, 1.0) * rate),
                    120 + (whole - ahead) / (np.where(ot, late, 1.0) * rate))  # fmt: skip
    times = START + np.stack([time, rng.exponential(1 / 0.0006, n), rng.uniform(300, 600, n)])
    return pd.DataFrame({
        "person_id": np.arange(n), "entry_day": START, "exit_day": np.ceil(times.min(axis=0)).astype(int),
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)], "sex": sex,
        "ot_day": np.where(ot, rng.integers(-30, START + 1, n), np.nan), "provider_id": rng.integers(0, 12, n),
    })  # fmt: skip


def told(people: pd.DataFrame, plan: Protocol):
    """Return the estimates, the checks by name, and the page of the released result."""
    estimates, checks = contact_models(people, plan)
    result = StudyResult(
        study="lead", strand="care_packages", title=plan.title, question=plan.question, estimates=estimates,
        checks=checks,
    )  # fmt: skip
    released = release(result, PRESETS["ot_eval"])
    return estimates, {c.name: c for c in checks}, story(released), blocks(released)


def difference(estimates, analysis="contact_time"):
    return next(e for e in estimates if e.analysis == analysis and e.measure == "difference in restricted mean time")


@pytest.fixture(scope="module")
def steady():
    return told(council(early=0.5, late=0.5), protocol())


@pytest.fixture(scope="module")
def crossing():
    """Contact first keeps increases away and later brings them."""
    return told(council(early=0.1, late=1.6), protocol())


def test_a_steady_ratio_leads(steady):
    estimates, checks, page, whole = steady
    assert checks["proportional hazards"].passed
    assert "leads with" not in checks["proportional hazards"].sentence
    assert next(e for e in estimates if e.analysis in ("cox", "contact_time")).analysis == "cox"
    assert "fewer increases" in page.answer_more
    assert not any("weeks" in said for said in page.sentences())
    cox = next(b for b in whole if b.name == "cox")
    assert not cox.caveat
    assert cox.figures


def test_a_ratio_that_changes_gives_way_to_average_time(crossing):
    estimates, checks, page, whole = crossing
    check = checks["proportional hazards"]
    assert not check.passed
    assert "leads with average time" in check.sentence
    assert "decided by OT contact and all covariates" in check.detail
    assert estimates[0].analysis.startswith("contact_time")
    found = difference(estimates)
    assert found.lower > 0, "time gained early outweighs what is lost later"
    assert found.p is not None
    assert f"{round(found.value / 7)} weeks longer" in page.answer_more
    assert not any("where 100 increases" in said.lower() for said in page.sentences())
    names = [b.name for b in whole]
    assert names.index("contact-time") < names.index("cox")
    cox = next(b for b in whole if b.name == "cox")
    assert "not shown to be steady" in cox.caveat
    assert not cox.figures, "the ratio stays in its table"
    assert any("OT contact" in row.header for table in cox.tables for row in table.rows)


def test_with_few_events_nothing_is_tested_and_ranges_lead():
    people = council(seed=4, early=0.5, late=0.5, seen=0.08)
    after = people["ot_day"].notna()
    dropped = people[after & (people["event"] == "increase")].index[8:]
    people = people.drop(index=dropped).reset_index(drop=True)
    estimates, checks, page, _ = told(people, protocol())
    check = checks["proportional hazards"]
    assert not check.passed
    assert check.sentence.startswith("Too few events stand behind the ratio to test")
    assert "no test" in check.detail
    ratio = next(e for e in estimates if e.analysis == "cox" and e.term.startswith("OT contact"))
    assert ratio.p is None
    assert ratio.lower < ratio.value < ratio.upper
    lost = difference(estimates, "contact_time")
    assert lost.lower < lost.value < lost.upper
    assert not any("where 100 increases" in said.lower() for said in page.sentences())


def test_fewer_than_ten_of_any_outcome_in_a_group_give_a_range_without_a_test():
    people = council(seed=4, seen=0.08)
    dropped = people[people["ot_day"].notna() & (people["event"] != "none")].index[8:]
    found = contact_time(people.drop(index=dropped).reset_index(drop=True), ("sex",), "OT contact", protocol())
    one = difference([e for e in found if hasattr(e, "measure")])
    assert one.p is None
    assert one.lower < one.value < one.upper


def test_weights_take_away_what_an_unequal_mix_of_people_would_show():
    """Contact does nothing, men are seen four times as often and have twice the rate."""
    people = council(n=12_000, seed=2, confounded=True)
    naive = difference(contact_time_unadjusted(people, "OT contact", protocol()), "contact_time_unadjusted")
    *fair, balance = contact_time(people, ("sex",), "OT contact", protocol())
    assert naive.upper < -20
    assert abs(difference(fair).value) < 3.3 * difference(fair).se
    assert difference(fair).se < 5
    assert balance.passed
    assert balance.name == "balance after weighting"


def test_contact_after_the_start_makes_nobody_immortal():
    """Contact does nothing and comes at any time: whoever lives long enough to be seen must not look better for it."""
    rng = np.random.default_rng(3)
    people = council(n=8_000, seed=3)
    later = rng.exponential(100, len(people)).round()
    people["ot_day"] = np.where(later <= people["exit_day"], later, np.nan)
    found = difference(contact_time(people, (), "OT contact", protocol()))
    assert abs(found.value) < 3.3 * found.se
    assert found.n == len(people)


def test_days_count_from_time_zero_to_the_last_horizon_both_groups_reach(steady):
    estimates = steady[0]
    assert difference(estimates).term == f"OT contact: by day {START} v not by day {START}, to day {LAST}"
    people = council(n=1_000)
    short = people[people["ot_day"].isna() | (people["exit_day"] < 200)].reset_index(drop=True)
    found = difference(contact_time(short, (), "OT contact", protocol()))
    assert found.term.endswith("to day 182")


def test_providers_give_the_interval_where_the_protocol_names_them():
    one = difference(contact_time(council(n=1_500), (), "OT contact", protocol(cluster="provider_id")))
    assert one.n_cluster == 12
    assert "robust to 12 clusters, t(11)" in one.method


def test_nobody_seen_by_the_start_and_no_common_horizon_are_refused():
    people = council(n=400)
    with pytest.raises(AnalysisRefused, match="1 of 2 groups on day 7"):
        contact_time(people.assign(ot_day=300.0), (), "OT contact", protocol())
    with pytest.raises(AnalysisRefused, match="0 horizons that all reach"):
        contact_time(people, (), "OT contact", protocol(follow_up={"horizons_days": [3000]}))


def test_where_average_time_is_refused_the_check_says_that_nothing_leads():
    plan = protocol(follow_up={"horizons_days": [3000]})
    estimates, checks, page, _ = told(council(early=0.3, late=3.0), plan)
    assert not any(e.analysis == "contact_time" for e in estimates)
    assert "leads with no comparison" in checks["proportional hazards"].sentence
    assert page.answer_more.startswith("Too few people or events")
    assert {"refused for all"} <= set(checks)


def test_order_of_rows_and_names_of_people_change_nothing(crossing):
    people = council(early=0.1, late=1.6)
    moved = people.sample(frac=1, random_state=5).assign(person_id=lambda d: d["person_id"] + 10_000)
    again, _ = contact_models(moved.reset_index(drop=True), protocol())
    first = difference(crossing[0])
    second = replace(difference(again), value=first.value, lower=first.lower, upper=first.upper, se=first.se, p=first.p)
    assert second == first
    assert difference(again).value == pytest.approx(first.value, rel=1e-9)
    assert difference(again).se == pytest.approx(first.se, rel=1e-9)


def test_an_adjusted_ratio_comes_with_what_it_would_take_to_explain_it_away(steady):
    """VanderWeele and Ding's formula, written out again here, from the ratio the study printed."""
    estimates, *_ = steady
    ratio = next(e for e in estimates if e.analysis == "cox" and e.term.startswith("OT contact"))
    found = {e.measure: e.value for e in estimates if e.analysis == "e_value"}

    def needed(hazard_ratio):
        common = (1 - 0.5 ** np.sqrt(hazard_ratio)) / (1 - 0.5 ** np.sqrt(1 / hazard_ratio))
        return 1 / common + np.sqrt(1 / common * (1 / common - 1))

    assert ratio.upper < 1
    assert found == pytest.approx({"E-value": needed(ratio.value), "E-value of the interval": needed(ratio.upper)})
