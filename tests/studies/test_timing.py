"""The timing strand on an invented service: who is followed, and what is found where truth is known."""

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import assemble_tables
from ot_eval.derive.from_start import from_start
from ot_eval.outputs import story_timing, trial_table
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.wording import BANNED
from ot_eval.studies import timing
from ot_eval.studies.timing_data import states
from ot_eval.studies.workspace import Workspace

FIRST = pd.Timestamp("2023-01-02")
N = 1000
SMALL_N = 3  # people of the hand-made service


def days(count):
    return pd.to_timedelta(count, unit="D")


def protocol(**change):
    plan = {"bootstrap_draws": 100, "need": ["dementia"], "none_within_days": 56, "within_days": [7, 28]} | change
    return Protocol(
        study="timing-test",
        title="When to be seen",
        question="When should people first be seen?",
        strands=("timing",),
        timing=plan,
    )


def dated(frame):
    """Return the frame with days as dates; pandas would hand times over."""
    moments = frame.select_dtypes("datetime").columns
    return pa.Table.from_pandas(frame.assign(**{c: frame[c].dt.date for c in moments}), preserve_index=False)


def tables_of(frames, plan):
    backend = ibis.duckdb.connect()
    own = {name: backend.create_table(name, dated(frame), overwrite=True) for name, frame in frames.items()}
    return assemble_tables(own, None, plan)


def by_hand():
    """Three people: no home care after reablement and a package later; a rise; dead on the first day."""
    begun = [FIRST, FIRST + days(10), FIRST + days(20)]
    people = ["A", "B", "C"]
    return {
        "people": pd.DataFrame({"person_id": people, "birth_month": "1940-06", "sex": ["female", "male", "female"]}),
        "episodes": pd.DataFrame({
            "episode_id": people, "person_id": people, "setting": "home", "start_date": begun,
            "end_date": [b + days(30) for b in begun], "route": "hospital",
        }),
        "packages": pd.DataFrame({
            "person_id": ["A", "B", "B", "C"], "service": "home_care", "provider_id": "h",
            "start_date": [begun[0] + days(100), begun[1] + days(25), begun[1] + days(60), begun[2] + days(400)],
            "end_date": [begun[0] + days(300), begun[1] + days(59), begun[1] + days(300), begun[2] + days(500)],
            "hours_per_week": [5.0, 7.0, 14.0, 3.0],
        }),
        "events": pd.DataFrame({
            "person_id": ["C", "B", "A"], "kind": ["death", "hospital_admission", "hospital_admission"],
            "date": [begun[2], begun[1] - days(5), begun[0] + days(8)],
        }),
        "contacts": pd.DataFrame({
            "contact_id": ["1", "2", "3"], "person_id": ["A", "B", "B"], "staff_role": "occupational_therapist",
            "minutes": 30.0, "date": [begun[0] + days(12), begun[1] - days(2), begun[1]],
        }),
    }  # fmt: skip


def test_people_are_followed_from_the_first_day_and_nothing_later_leaves_them_out():
    plan = protocol()
    found = from_start(tables_of(by_hand(), plan), plan)
    people = found.frame.set_index("start").sort_index().reset_index(drop=True)
    assert people["exit_day"].tolist() == [100, 60]  # a package begun after none; 7 to 14 hours
    assert people["event"].tolist() == ["increase", "increase"]
    assert people["ot_day"].tolist() == [12, 0]  # contacts before reablement do not count, one on its first day does
    assert people["ended_day"].tolist() == [30, 30]
    assert people["hours_at_start"].tolist() == ["none", "none"]
    assert next(s.n_left for s in found.flow) == SMALL_N
    assert next(s for s in found.flow if s.rule == "alive").n_removed == 1


def test_states_hold_from_the_day_after_until_the_next():
    plan = protocol()
    found = from_start(tables_of(by_hand(), plan), plan)
    rows = states(found, plan)
    first = found.frame.sort_values("start")["person_id"].tolist()
    a = rows[rows["person_id"] == first[0]].set_index("day")
    assert a["hospital_stay"].loc[[0, 8, 36]].tolist() == ["no", "yes", "no"]  # 28 days
    assert a["in_reablement"].loc[[0, 30]].tolist() == ["yes", "no"]
    assert a["package_hours"].loc[100] == "under 7"
    b = rows[rows["person_id"] == first[1]].set_index("day")
    assert b["hospital_stay"].loc[[0, 23]].tolist() == ["yes", "no"]
    assert b["package_hours"].loc[[0, 25, 60]].tolist() == ["none", "7 to under 14", "14 or more"]


def service(effect=0.0, n=N, seed=5):
    """People with dementia are seen sooner and need more; contact in the first 28 days acts by `effect` (log rate)."""
    rng = np.random.default_rng(seed)
    ill = rng.integers(0, 2, n)
    begun = FIRST + days(rng.integers(0, 200, n))
    seen = np.ceil(rng.exponential(np.where(ill == 1, 18, 45)))
    rate = 0.0025 * np.exp(0.8 * ill + np.where(seen <= 28, effect, 0.0))
    rise = 45 + np.ceil(rng.exponential(1 / rate))
    ids = [f"P{i}" for i in range(n)]
    early = rng.random(n) < 0.1 + 0.1 * ill
    many = rng.random(n) < 0.5
    packages = pd.concat([
        pd.DataFrame({"person_id": ids, "start_date": begun + days(30), "end_date": begun + days(rise - 1),
                      "hours_per_week": 7.0}),
        pd.DataFrame({"person_id": ids, "start_date": begun + days(rise), "end_date": pd.NaT, "hours_per_week": 14.0}),
    ])  # fmt: skip
    packages = packages[packages["start_date"] <= FIRST + days(800)]
    packages["end_date"] = packages["end_date"].where(packages["end_date"] <= FIRST + days(800))
    when = begun + days(seen)
    contacts = pd.DataFrame({"person_id": ids, "date": when}).assign(minutes=60.0, staff_role="occupational_therapist")
    again = contacts[many].assign(date=lambda d: d["date"] + days(3))
    contacts = pd.concat([contacts, again], ignore_index=True).assign(contact_id=lambda d: [f"c{i}" for i in d.index])
    return {
        "people": pd.DataFrame({
            "person_id": ids, "birth_month": rng.choice(["1935-01", "1945-01", "1955-01"], n),
            "sex": rng.choice(["female", "male"], n), "dementia": np.where(ill == 1, "yes", "no"),
        }),
        "episodes": pd.DataFrame({
            "episode_id": ids, "person_id": ids, "setting": "home", "start_date": begun, "end_date": begun + days(35),
            "route": rng.choice(["hospital", "community"], n), "provider_id": [f"team {i % 9}" for i in range(n)],
        }),
        "packages": packages.assign(service="home_care", provider_id="h"),
        "events": pd.DataFrame({"person_id": ids, "date": begun - days(50), "kind": "hospital_admission"})[early],
        "contacts": contacts[contacts["date"] <= FIRST + days(800)],
    }  # fmt: skip


def analysed(tmp_path, plan, frames):
    prepared = timing.prepare(tables_of(frames, plan), plan)
    timing.refuse(prepared)
    workspace = Workspace(root=tmp_path, strand="timing", protocol=plan)
    workspace.fill(prepared)
    return timing.analyse(workspace, on_draw=lambda _done, _total: None)


@pytest.fixture(scope="module")
def helped(tmp_path_factory):
    return analysed(tmp_path_factory.mktemp("helped"), protocol(), service(effect=-1.2))


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    return analysed(tmp_path_factory.mktemp("nothing"), protocol(), service())


def one(result, analysis, term):
    return next(e for e in result.estimates if e.analysis == analysis and e.term == term)


def test_an_effect_is_found_and_its_absence_too(helped, nothing):
    line = "within 28 days v none within 8 weeks, by week 52"
    assert one(helped, "timing_difference", line).upper < 0
    found = one(nothing, "timing_difference", line)
    assert found.lower < 0 < found.upper


def test_shares_stand_beside_each_other_and_differ_as_the_differences_say(helped):
    seen, now = (
        one(helped, "timing_strategies", f"{s}, by week 52").value for s in ("within 28 days", "as things are")
    )
    assert one(helped, "timing_difference", "within 28 days v as things are, by week 52").value == pytest.approx(
        seen - now
    )


def test_the_naive_comparison_is_last_labelled_and_its_bias_shown(nothing):
    assert nothing.estimates[-1].analysis == nothing.estimates[-2].analysis == "biased_ever_never"
    assert "biased" in nothing.estimates[-1].measure
    assert nothing.estimates[-1].value < 0.97  # contact does nothing, and immortal time makes it look protective


def test_simpler_methods_dose_and_need_stand_beside(helped):
    names = {e.analysis for e in helped.estimates}
    assert {
        "timing_landmark",
        "timing_cox",
        "timing_dose",
        "timing_need",
        "e_value",
        "bias",
        "negative_control",
    } <= names
    assert any(c.name == "many groups" for c in helped.checks)
    assert all(e.p is None for e in helped.estimates if e.analysis.startswith("timing_"))


def test_providers_are_drawn_where_there_are_enough(helped):
    assert one(helped, "timing_difference", "within 7 days v as things are, by week 52").n_cluster == 9


def test_a_strategy_few_followed_is_refused_with_the_number_needed(tmp_path):
    result = analysed(tmp_path, protocol(), service(n=220))
    refused = [c for c in result.checks if c.name.startswith("too few followers")]
    assert refused
    assert "people starting reablement would be needed" in refused[0].sentence


def test_too_few_people_and_no_contacts_are_refused():
    plan = protocol()
    with pytest.raises(AnalysisRefused, match="people start reablement"):
        timing.refuse(timing.prepare(tables_of(service(n=80), plan), plan))
    frames = service(n=80)
    frames["contacts"] = frames["contacts"].assign(staff_role="physiotherapist")
    with pytest.raises(DataError, match="no contact with an occupational therapist"):
        timing.prepare(tables_of(frames, plan), plan)


def test_the_target_trial_is_a_table_and_no_note(helped):
    released = release(helped, PRESETS["ot_eval"])
    table = trial_table.table(released)
    assert [row.header for row in table.rows][:3] == ["Who", "Strategies", "Assignment"]
    assert all(len(row.cells) == 2 and all(row.cells) for row in table.rows)
    assert not any(note.startswith("Target trial") for note in trial_table.others(released.notes))


def test_the_managers_sentence_is_made_from_the_shown_numbers(helped):
    released = release(helped, PRESETS["ot_eval"])
    told = story_timing.story(released)
    assert told.answer.startswith("If all 1,000 people starting reablement had seen an OT within 7 days, ")
    assert "if what we measured captures why some are seen sooner" in told.answer
    shown = next(p for p in story_timing.shown(released) if p[1] == "as things are")[3]
    if shown.upper < 0:
        assert f"about {abs(round(1000 * shown.value))} fewer (from " in told.answer
    else:
        assert "we cannot tell which" in told.answer
    for sentence in told.sentences():
        assert not any(word in sentence.lower() for word in BANNED)


def test_the_sentence_says_fewer_or_more_only_where_the_range_does(helped):
    released = release(helped, PRESETS["ot_eval"])

    def told(value, lower, upper):
        changed = tuple(
            replace(e, value=value, lower=lower, upper=upper) if e.analysis == "timing_difference" else e
            for e in released.estimates
        )
        return story_timing.story(replace(released, estimates=changed)).answer

    fewer = "about 60 fewer (from 20 to 95 fewer) would have needed a larger package within a year, "
    assert fewer in told(-0.060, -0.095, -0.020)
    assert "about 30 more (from 10 to 50 more)" in told(0.030, 0.010, 0.050)
    assert "anywhere from 40 fewer to 10 more" in told(-0.015, -0.040, 0.010)


def test_figures_say_where_the_data_stop(helped):
    released = release(helped, PRESETS["ot_eval"])
    hidden = tuple(
        replace(e, value=None, lower=None, upper=None, hidden="not estimated")
        if e.analysis == "timing_curve" and e.term.endswith(("week 7", "week 8"))
        else e
        for e in released.estimates
    )
    curve = story_timing.report_figures(replace(released, estimates=hidden))[1]
    assert "Too few people were first seen in week" in curve.alt
    assert "8" in curve.alt.rpartition("week")[2]
    for narrow in (False, True):
        assert curve.svg(narrow=narrow).startswith("<svg")
