"""The value strand on an invented trial whose effect on hours is written down before anything is computed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.data.read import read_study
from ot_eval.data.synthetic_trial import NONE, write_trial
from ot_eval.derive.assemble import assemble
from ot_eval.outputs import story_value
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.publish.checklist_value import value_checklist
from ot_eval.studies import value
from ot_eval.studies.value_desk import lay_out
from ot_eval.studies.workspace import Workspace

PROTOCOL = """\
study: worth
title: What coaching home carers is worth
question: Is coaching home carers worth what it costs?
strands: [value]
trial:
  design: parallel
  randomised: true
  starts_on: 2025-01-06
value:
  price_year: 2025/26
  horizon_days: 182
  index_days: {{end: 0, follow_up: 182}}
  coaching: {{coaching_trainer_hour: 24, coaching_backfill_hour: 120}}
  people_a_year: 900
  providers_coached: [4, 4, 4]
  bootstrap_draws: 2000
  waiting_list: {{people: 60, joining_a_week: 12, starting_a_week: 13}}
{more}
"""
PRICES = (
    ("home_care_hour", 25, "hour", "2025/26"),
    ("care_home_day", 150, "day", "2025/26"),
    ("coaching_trainer_hour", 60, "hour", "2025/26"),
    ("coaching_backfill_hour", 18, "hour", "2025/26"),
)


def laid(root, *, prices=PRICES, more="", scale=1.0, seed=3, text=PROTOCOL, **made):
    write_trial(root / "data", seed=seed, providers=made.pop("providers", 16), **made)
    rows = [(i, v * scale, u, y, "the council's own rate") for i, v, u, y in prices]
    columns = ["item", "value", "unit", "price_year", "source"]
    pd.DataFrame(rows, columns=columns).to_csv(root / "data" / "unit_costs.csv", index=False)
    (root / "protocol.yaml").write_text(text.format(more=more), encoding="utf-8")
    protocol = load(root / "protocol.yaml")
    inputs = read_study(study_folder(root / "protocol.yaml", protocol), protocol)
    return assemble(inputs, protocol), protocol


def opened(root, **how):
    tables, protocol = laid(root, **how)
    prepared = value.prepare(tables, protocol)
    value.refuse(prepared)
    workspace = Workspace(root=root / "work", strand="value", protocol=protocol)
    workspace.fill(prepared)
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("value"))


@pytest.fixture(scope="module")
def result(workspace):
    return value.analyse(workspace)


def one(result, analysis, **wanted):
    found = [
        e for e in result.estimates if e.analysis == analysis and all(getattr(e, k) == v for k, v in wanted.items())
    ]
    assert len(found) == 1, (analysis, wanted, len(found))
    return found[0]


def test_hours_are_those_of_the_packages(workspace):
    """Hours by hand, from the packages as they stand, of people seen to the end."""
    people, spells = workspace.frame("people"), workspace.frame("spells")
    root = workspace.root.parent
    packages = pd.read_csv(root / "data" / "packages.csv", parse_dates=["start_date", "end_date"])
    desk = lay_out(workspace)
    whole = people[(people["exit_day"] == 182) & ~people["died"]].head(40)
    assert len(whole) == 40
    care = spells[spells["service"] == "home_care_hour"]
    assert len(care) > len(people)
    by_person = {}
    for arm, use in enumerate(desk.arms):
        own = people[people["arm"] == arm].reset_index(drop=True)
        by_person |= dict(zip(own["person_id"], use.amounts["home_care_hour"].sum(axis=1), strict=True))
    rows = sorted(round(by_person[p], 6) for p in people["person_id"])
    start = pd.read_csv(root / "data" / "episodes.csv", parse_dates=["end_date"]).set_index("person_id")["end_date"]
    known = pd.read_csv(root / "data" / "people.csv", parse_dates=["death_date"]).set_index("person_id")["death_date"]
    hours = {}
    for person, mine in packages.groupby("person_id"):
        if person not in start.index:
            continue
        total = 0.0
        for line in mine.itertuples():
            first = max(0, (line.start_date - start[person]).days)
            last = 181 if pd.isna(line.end_date) else min(181, (line.end_date - start[person]).days)
            if pd.notna(known[person]):
                last = min(last, (known[person] - start[person]).days - 1)
            total += max(0, last - first + 1) * line.hours_per_week / 7
        hours[person] = round(total, 6)
    near = sum(any(abs(r - h) < 1e-5 for h in hours.values()) for r in rows)
    assert near == len(rows)


def test_coaching_releases_the_hours_that_were_put_in(result):
    """Coached providers' people have 2 hours a week less, from a change 30 to 150 days after reablement."""
    e = one(result, "value_use", term="coached less usual care", outcome="home_care_hour")
    assert e.lower < -2 * (182 - 90) / 7 * 0.9 < e.upper  # near a tenth less: deaths, and no package below half an hour
    released = one(result, "value_capacity", term="for each 100 people", measure="hours released")
    assert released.value == pytest.approx(-100 * e.value)
    people = one(result, "value_capacity", term="for each 100 people", measure="people who could be served")
    each = one(result, "value_use", term="usual care", outcome="home_care_hour")
    assert people.value == pytest.approx(released.value / each.value)


def test_costs_add_up(result):
    usual = one(result, "value_cost", term="usual care", outcome="all")
    coached = one(result, "value_cost", term="coached", outcome="all")
    extra = one(result, "value_cost", term="coached less usual care", outcome="all")
    assert extra.value == pytest.approx(coached.value - usual.value)
    parts = [
        e.value for e in result.estimates if e.analysis == "value_cost" and e.term == "coached" and e.outcome != "all"
    ]
    assert sum(parts) == pytest.approx(coached.value)
    coaching = one(result, "value_cost", term="coached", outcome="coaching")
    n = one(result, "value_cost", term="coached", outcome="all").n
    assert coaching.value == pytest.approx((24 * 60 + 120 * 18) / (n / 8))


def test_the_decision_is_of_one_piece(result):
    d_cost = one(result, "value_cost", term="coached less usual care", outcome="all")
    d_qaly = one(result, "value_qaly", term="coached less usual care")
    benefit = one(result, "value_decision", term="at £20,000 a QALY")
    assert benefit.value == pytest.approx(20_000 * d_qaly.value - d_cost.value)
    bars = [e for e in result.estimates if e.analysis == "value_tornado"]
    assert {round(e.value, 6) for e in bars} == {round(benefit.value, 6)}
    assert all(e.lower <= e.value <= e.upper for e in bars)
    plane = [e.value for e in result.estimates if e.analysis == "value_plane" and e.unit == "percent of draws"]
    assert sum(plane) == pytest.approx(100)
    worth = [e for e in result.estimates if e.analysis == "value_information" and e.measure.endswith("person")]
    assert worth[0].term.startswith("everything")
    assert all(e.value <= worth[0].value + 1 for e in worth[1:])
    assert len({round(e.value, 6) for e in result.estimates if e.analysis == "value_sets"}) == 3
    assert "uk_rowen2026" in result.facts["value_set"]
    assert any("uk_rowen2026" in note for note in result.notes)


def test_the_same_study_in_pence(workspace, tmp_path, result):
    pence = value.analyse(opened(tmp_path / "pence", scale=100.0))
    for outcome in ("all", "home_care_hour"):
        ours = one(result, "value_cost", term="coached less usual care", outcome=outcome)
        theirs = one(pence, "value_cost", term="coached less usual care", outcome=outcome)
        assert (theirs.value, theirs.se) == pytest.approx((100 * ours.value, 100 * ours.se))
    ours = one(result, "value_use", term="coached less usual care", outcome="home_care_hour")
    theirs = one(pence, "value_use", term="coached less usual care", outcome="home_care_hour")
    assert theirs.value == ours.value


def test_a_coaching_that_does_nothing_is_not_found_to(tmp_path):
    result = value.analyse(opened(tmp_path, effects=NONE, seed=5))
    e = one(result, "value_use", term="coached less usual care", outcome="home_care_hour")
    assert e.lower < 0 < e.upper


def test_a_result_passes_the_gate(result, workspace):
    released = release(result, Policy.of(workspace.protocol.disclosure))
    shown = [e for e in released.estimates if e.value is not None]
    assert {e.analysis for e in shown} >= {"value_use", "value_cost", "value_qaly", "value_decision"}


def test_refusals(tmp_path):
    with pytest.raises(DataError) as missing:
        value.prepare(*laid(tmp_path / "a", prices=PRICES[:1]))
    for item in ("care_home_day", "coaching_trainer_hour", "coaching_backfill_hour"):
        assert item in missing.value.found
    assert "home_care_hour" not in missing.value.found
    old = [(*PRICES[0][:3], "2023/24"), *PRICES[1:]]
    with pytest.raises(DataError, match="of a year without a factor: home_care_hour"):
        value.prepare(*laid(tmp_path / "b", prices=old))
    prepared = value.prepare(*laid(tmp_path / "c", prices=old, more="  uprating: {2023/24: 1.1}"))
    price = prepared.frames["prices"].set_index("item").loc["home_care_hour"]
    assert price["value"] == pytest.approx(27.5)
    assert "2023/24 prices x 1.1" in price["source"]
    with pytest.raises(DataError, match="not per hour: home_care_hour"):
        value.prepare(*laid(tmp_path / "d", prices=[("home_care_hour", 25, "week", "2025/26"), *PRICES[1:]]))
    with pytest.raises(DataError, match="names no price_year"):
        value.prepare(*laid(tmp_path / "e", text=PROTOCOL.replace("  price_year: 2025/26\n", "")))
    with pytest.raises(RequestError, match="index_days"):
        lay_out(opened(tmp_path / "f", text=PROTOCOL.replace("horizon_days: 182", "horizon_days: 196")))
    with pytest.raises(AnalysisRefused, match="in an arm"):
        value.analyse(opened(tmp_path / "g", providers=4))


def test_without_arms_hours_and_cost_of_everyone(tmp_path):
    tables, protocol = laid(tmp_path)
    own = {name: table for name, table in tables.own.items() if name != "providers"}
    prepared = value.prepare(replace(tables, own=own, providers=None), protocol)
    workspace = Workspace(root=tmp_path / "work", strand="value", protocol=protocol)
    workspace.fill(prepared)
    result = value.analyse(workspace)
    hours = one(result, "value_use", term="everyone", outcome="home_care_hour")
    assert hours.lower < hours.value < hours.upper
    assert not [e for e in result.estimates if "less usual care" in e.term]
    said = story_value.story(release(result, Policy.of(protocol.disclosure)))
    assert said.answer.startswith("People had about ")


def test_the_story_says_hours_and_people_and_names_the_value_set(result, workspace):
    released = release(result, Policy.of(workspace.protocol.disclosure))
    said = story_value.story(released)
    assert "less home care (likely range:" in said.answer
    assert said.answer_more.startswith("For each 100 people that is home care for about ")
    assert any("uk_rowen2026" in line for line in said.sure)
    assert [f.name for f in said.pictures] == ["value-plane-figure", "value-acceptability-figure"]
    beside = story_value.consequences(released)
    assert [row.header for group in beside.groups for row in group.rows][-1] == "Years in full health (QALYs)"
    asked = value_checklist(released)
    assert "2022" in asked.caption
