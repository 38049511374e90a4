"""Reablement beds: an invented service whose every published-style percentage is known, and each rule case by case."""

from dataclasses import replace

import ibis
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import assemble_tables
from ot_eval.studies import in_reach
from ot_eval.studies.in_reach_data import with_after, with_hours, with_meetings
from ot_eval.studies.workspace import Workspace

N, HOMES, MONTHS = 120, 6, 12
LAST = pd.Timestamp("2026-06-30")
DAY = pd.Timedelta(days=1)
COSTS = pd.DataFrame(
    [
        ("in_reach_bed", 180.0, "day"),
        ("hospital_bed_night", 562.0, "night"),
        ("home_care_hour", 25.0, "hour"),
        ("therapy_hour", 60.0, "hour"),
    ],
    columns=["item", "value", "unit"],
).assign(price_year="2025/26", source="contract")
BED = {"name": "our bed", "per_day": {"in_reach_bed": 1}}
OTHERS = [
    {"name": "24-hour care and therapy at home", "per_day": {"home_care_hour": 24, "therapy_hour": 0.5}},
    {"name": "a hospital bed", "per_day": {"hospital_bed_night": 1}},
]


def stay(i):
    """Stay i of 120: ten a month over 12 months of 2025, six homes. What happens to it repeats every ten stays."""
    k = i % 10
    admitted = pd.Timestamp(2025, 1 + i // 10, 1 + 2 * k)
    nights = 21 if k < 5 else 35  # mean 28; half of them end by day 28
    return {
        "episode_id": f"E{i:03d}",
        "person_id": f"P{i:03d}",
        "setting": "care_home",
        "start_date": admitted,
        "admitted_at": admitted + pd.Timedelta(hours=10),
        "assessed_at": admitted + pd.Timedelta(hours=10 + (48 if k < 7 else 96)),  # 70 % within 72 hours
        "end_date": admitted + nights * DAY,
        "provider_id": f"home {i % HOMES}",
        "destination": ["home", "own home", "Home", "home", "home", "home", "care_home", "hospital", "other", "died"][
            k
        ],
        "planned_hours_per_week": 20.0 if k < 6 else None,
        "planned_on": admitted - DAY,
        "planned_by": "hospital team",
        "onward_referrals": "community therapy;equipment" if k in (0, 1) else ("equipment" if k == 2 else None),
    }


def service(change=None):
    episodes = pd.DataFrame([stay(i) for i in range(N)])
    events, packages = [], []
    for i, row in episodes.iterrows():
        k = i % 10
        end = row["end_date"]
        weeks = 3 if k < 5 else 5
        events += [(row["person_id"], row["start_date"] + (7 * w + 2) * DAY, "mdt_meeting") for w in range(weeks - 1)]
        if k == 0:
            events.append(
                (row["person_id"], end + 30 * DAY, "hospital_admission")
            )  # 1 of 8 who left alive, not for hospital
        if k == 1:
            events.append((row["person_id"], end + 60 * DAY, "care_home_admission"))
        if k == 9:
            events.append((row["person_id"], end, "death"))
        if k < 4:
            packages.append((row["person_id"], end + 2 * DAY, None, "home_care", 14.0))
    packages.append(("P999", LAST, LAST, "day", 1.0))  # nobody's bed: it sets the last day of the data
    frames = {
        "people": pd.DataFrame({"person_id": episodes["person_id"], "sex": "female"}),
        "episodes": episodes,
        "events": pd.DataFrame(events, columns=["person_id", "date", "kind"]),
        "packages": pd.DataFrame(
            packages, columns=["person_id", "start_date", "end_date", "service", "hours_per_week"]
        ),
        "unit_costs": COSTS.copy(),
    }
    if change:
        frames = change(frames)
    return {name: _table(frame) for name, frame in frames.items()}


def _table(frame):
    frame, kinds = frame.copy(), {}
    for name in frame.columns:
        if name.endswith("_at"):
            frame[name], kinds[name] = pd.to_datetime(frame[name]), "timestamp"
        elif name.endswith("date") or name == "planned_on":
            frame[name], kinds[name] = pd.to_datetime(frame[name]).dt.date, "date"
        else:
            kinds[name] = "float64" if pd.api.types.is_numeric_dtype(frame[name]) else "string"
    return ibis.memtable(frame, schema=kinds)


def plan(**part):
    return Protocol(
        study="beds",
        title="Reablement beds whose figures are known",
        question="What do the beds do for people?",
        in_reach={"bed": BED, "comparators": OTHERS, **part},
    )


@pytest.fixture
def run(tmp_path):
    def go(protocol=None, change=None):
        protocol = protocol or plan()
        tables = replace(assemble_tables(service(change), None, protocol), folder=tmp_path)
        prepared = in_reach.prepare(tables, protocol)
        in_reach.refuse(prepared)
        workspace = Workspace(root=tmp_path, strand="in_reach", protocol=protocol)
        workspace.fill(prepared)
        return in_reach.analyse(workspace)

    return go


def one(result, analysis, **wanted):
    rows = [
        e for e in result.estimates if e.analysis == analysis and all(getattr(e, k) == v for k, v in wanted.items())
    ]
    assert len(rows) == 1, [(e.term, e.measure) for e in result.estimates if e.analysis == analysis]
    return rows[0]


FIGURES = [
    ("assessed_in_time", {"measure": "share of stays, at least"}, 70.0),
    ("assessed_in_time", {"measure": "share of stays assessed at all"}, 100.0),
    ("length_of_stay", {"measure": "mean nights"}, 28.0),
    ("length_of_stay", {"measure": "mean nights beyond 28 a stay"}, 3.5),
    ("length_of_stay", {"measure": "share of stays ended by the commissioned 28 days"}, 0.5),
    ("team_meetings", {"measure": "share of weeks with a meeting"}, 100 * (2 + 4) / (3 + 5)),
    ("destination", {"term": "went home"}, 60.0),
    ("destination", {"term": "went to a care home"}, 10.0),
    ("destination", {"term": "went to hospital"}, 10.0),
    ("destination", {"term": "died"}, 10.0),
    ("destination", {"term": "went elsewhere"}, 10.0),
    ("onward_referrals", {"term": "any referral"}, 30.0),
    ("onward_referrals", {"term": "equipment"}, 30.0),
    ("onward_referrals", {"term": "community therapy"}, 20.0),
    ("package", {"measure": "mean hours planned without the service"}, 20.0),
    ("package", {"measure": "mean hours a week after the service"}, 14 * 4 / 6),
    ("package", {"measure": "mean hours a week fewer than planned"}, 20 - 14 * 4 / 6),
    ("package", {"measure": "share without home care"}, 100 * 2 / 6),
    ("package", {"measure": "mean cost a week less than planned"}, 25 * (20 - 14 * 4 / 6)),
    ("readmission", {"term": "day 91"}, 100 / 8),
    ("at_home", {"term": "day 91"}, 50.0),  # six of ten went home, one of them to a care home by day 91
    ("bed_days_cost", {"term": "our bed"}, 28 * 180.0),
    ("bed_days_cost", {"term": "a hospital bed", "measure": "mean cost of the same days"}, 28 * 562.0),
    (
        "bed_days_cost",
        {"term": "a hospital bed", "measure": "mean difference (bed less comparator)"},
        28 * (180 - 562.0),
    ),
    (
        "bed_days_cost",
        {"term": "24-hour care and therapy at home", "measure": "mean cost of the same days"},
        28 * (24 * 25 + 30.0),
    ),
]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    root = tmp_path_factory.mktemp("beds")
    tables = replace(assemble_tables(service(), None, plan()), folder=root)
    workspace = Workspace(root=root, strand="in_reach", protocol=plan())
    workspace.fill(in_reach.prepare(tables, plan()))
    return in_reach.analyse(workspace)


@pytest.mark.parametrize(("analysis", "wanted", "figure"), FIGURES)
def test_every_figure_is_the_one_the_service_was_made_to_have(result, analysis, wanted, figure):
    found = one(result, analysis, **wanted)
    assert found.value == pytest.approx(figure)
    if found.measure != "share of stays assessed at all":
        assert found.lower <= found.value <= found.upper
        assert found.n_cluster in (HOMES, None)


def test_homes_are_left_out_one_at_a_time(result):
    assert one(result, "assessed_in_time", measure="share of stays, at least").n_cluster == HOMES


def test_the_charts_have_a_point_a_month_and_limits(result):
    months = [e for e in result.estimates if e.analysis == "by_month" and e.population == "all"]
    assert [e.term for e in months] == [f"2025-{m:02d}" for m in range(1, 13)]
    assert {e.value for e in months} == {70.0}
    assert any("months" in c.detail or "off the median" in c.detail for c in result.checks if c.analysis == "by_month")


def test_a_month_that_stands_out_is_named(run):
    def slump(frames):
        e = frames["episodes"]
        wobble = e.index % 10 == 7
        month = e["start_date"].dt.month
        e.loc[wobble & (month % 2 == 0), "assessed_at"] -= pd.Timedelta(hours=48)  # 80 % in even months
        e.loc[month == 9, "assessed_at"] = e.loc[month == 9, "start_date"] + 5 * DAY
        return frames

    result = run(change=slump)
    said = {c.name: c.sentence for c in result.checks if c.analysis == "xmr_chart"}
    assert [month for month, sentence in said.items() if "outside the limits" in sentence] == ["2025-09"]
    assert one(result, "xmr_chart", measure="lower process limit").value >= 0


def test_a_home_is_charted_on_its_own_where_every_month_has_enough_stays(run):
    def two_homes(frames):
        e = frames["episodes"]
        e["provider_id"] = ["north" if i % 10 < 6 else "south" for i in e.index]
        late = (e["provider_id"] == "north") & (e["start_date"].dt.month % 2 == 1) & (e.index % 10 == 0)
        e.loc[late, "assessed_at"] += pd.Timedelta(hours=60)  # north wobbles between 5 and 6 of 6
        return frames

    result = run(change=two_homes)
    charted = {e.population for e in result.estimates if e.analysis == "xmr_chart"}
    assert "north" in charted
    assert "south" not in charted
    check = next(c for c in result.checks if c.name == "homes not charted")
    assert check.detail == "south"
    assert one(result, "xmr_chart", population="north", measure="centre line").value == pytest.approx(100 * 5.5 / 6)


def test_a_home_that_differs_is_named_and_small_homes_are_not_judged(run):
    def late_home(frames):
        e = frames["episodes"]
        late = (e["provider_id"] == "home 5") & (e.index % 10 != 3)
        e.loc[late, "assessed_at"] = e.loc[late, "admitted_at"] + pd.Timedelta(hours=100)
        e.loc[e.index < 4, "provider_id"] = "a tiny home"
        return frames

    result = run(change=late_home)
    verdicts = {c.name: (c.passed, c.sentence) for c in result.checks if c.analysis == "funnel"}
    assert verdicts["home 5"] == (False, "home 5: differs.")
    assert verdicts["a tiny home"] == (True, "a tiny home: too few people to judge.")
    assert one(result, "by_home", term="home 5").n == 20
    low = one(result, "funnel", term="home 5", measure="lower limit (99.8 %)")
    assert one(result, "by_home", term="home 5").value < low.value


ADMITTED = pd.Timestamp("2025-01-01")
HOURS = [
    # admitted at, assessed at, left after days; in time for certain, in time perhaps, counted
    ("10:00", "2025-01-04 09:59", 10, True, True, True),
    ("10:00", "2025-01-04 10:00", 10, True, True, True),  # 72 hours on the minute
    ("10:00", "2025-01-04 10:01", 10, False, False, True),
    (None, "2025-01-04 00:01", 10, False, True, True),  # the hour of admission is not recorded
    (None, "2025-01-03 23:00", 10, True, True, True),
    (None, "2025-01-05 00:01", 10, False, False, True),
    ("10:00", "2025-01-04 00:00", 10, False, True, True),  # a date without an hour lies anywhere in its day
    ("10:00", "2025-01-03 00:00", 10, True, True, True),
    ("10:00", "2024-12-31 15:00", 10, True, True, True),  # assessed in hospital before coming
    ("10:00", None, 10, False, False, True),
    ("10:00", None, 2, False, False, False),  # left before 72 hours without an assessment: nobody can say
    ("10:00", "2025-01-02 12:00", 2, True, True, True),
]


@pytest.mark.parametrize(("admitted", "assessed", "left", "certain", "possible", "counted"), HOURS)
def test_hours_to_assessment(admitted, assessed, left, certain, possible, counted):
    stays = pd.DataFrame(
        {
            "admitted_on": [ADMITTED],
            "admitted_at": [pd.Timestamp(f"2025-01-01 {admitted}") if admitted else pd.NaT],
            "assessed_at": [pd.Timestamp(assessed) if assessed else pd.NaT],
            "discharged_on": [ADMITTED + left * DAY],
        }
    )
    got = with_hours(stays, plan(), LAST).iloc[0]
    assert (got["in_time_certain"], got["in_time_possible"], got["is_due"]) == (certain, possible, counted)


AFTER = [
    # destination; days to death, care home, hospital, data end; followed, readmitted, at home
    ("home", None, None, None, 91, True, False, True),
    ("home", None, None, None, 90, False, False, True),
    ("home", 91, None, None, 200, True, False, False),
    ("home", 92, None, None, 200, True, False, True),
    ("home", None, 91, None, 200, True, False, False),
    ("home", None, 0, None, 200, True, False, False),  # home in word, a care home in deed on the same day
    ("home", None, 92, None, 200, True, False, True),
    ("home", None, None, 91, 200, True, True, True),
    ("home", None, None, 92, 200, True, False, True),
    (
        "home",
        None,
        None,
        0,
        200,
        True,
        False,
        True,
    ),  # an admission on the day of leaving is the destination, not a return
    ("care_home", None, None, None, 200, True, False, False),
]


@pytest.mark.parametrize(("where", "died", "moved", "hospital", "last", "followed", "readmitted", "at_home"), AFTER)
def test_what_is_seen_afterwards(where, died, moved, hospital, last, followed, readmitted, at_home):
    left = ADMITTED + 20 * DAY
    stays = pd.DataFrame(
        {
            "episode_id": ["E"],
            "person_id": ["P"],
            "open": [False],
            "destination": [where],
            "discharged_on": [left],
            "death_date": [left + died * DAY if died is not None else pd.NaT],
        }
    )
    rows = [
        ("P", left + d * DAY, k)
        for k, d in (("care_home_admission", moved), ("hospital_admission", hospital))
        if d is not None
    ]
    events = pd.DataFrame(rows, columns=["person_id", "date", "kind"]).astype({"date": "datetime64[ns]"})
    got = with_after(stays, events, plan(), left + last * DAY).iloc[0]
    assert (got["is_followed"], got["readmitted"], got["at_home"]) == (followed, readmitted, at_home)


MEETINGS = [
    # length in days, days of meetings; whole weeks, weeks discussed
    (20, [0, 7, 14], 2, 2),  # the third week is not whole
    (21, [0, 7, 14], 3, 3),
    (21, [1, 2, 3], 3, 1),  # three meetings in one week are one week
    (21, [-1, 21], 3, 0),
    (6, [3], 0, 0),
]


@pytest.mark.parametrize(("nights", "days", "weeks", "seen"), MEETINGS)
def test_weeks_with_a_meeting(nights, days, weeks, seen):
    stays = pd.DataFrame(
        {
            "episode_id": ["E"],
            "person_id": ["P"],
            "admitted_on": [ADMITTED],
            "discharged_on": [ADMITTED + nights * DAY],
        }
    )
    events = pd.DataFrame({"person_id": "P", "date": [ADMITTED + d * DAY for d in days], "kind": "mdt_meeting"})
    got = with_meetings(stays, events, LAST).iloc[0]
    assert (got["weeks"], got["weeks_discussed"]) == (weeks, seen)


def test_open_stays_count_as_far_as_they_are_seen(run):
    def still_there(frames):
        e = frames["episodes"]
        e.loc[e.index % 10 >= 5, "end_date"] = pd.NaT
        return frames

    result = run(change=still_there)
    share = one(result, "length_of_stay", measure="share of stays ended by the commissioned 28 days")
    assert share.value == pytest.approx(0.5)
    assert one(result, "length_of_stay", measure="mean nights").value == 21.0
    assert not [e for e in result.estimates if e.analysis == "length_of_stay" and e.measure == "upper quartile"]
    curve = next(c for c in result.curves if c.outcome == "length of stay")
    assert curve.value[curve.days.index(20)] == 1.0


def test_unmapped_words_are_said_and_mapped_words_count(run):
    def odd(frames):
        frames["episodes"]["destination"] = frames["episodes"]["destination"].replace("other", "Step-down flat")
        return frames

    result = run(change=odd)
    assert one(result, "destination", term="went where a word says that is not mapped").value == pytest.approx(10.0)
    assert any(c.name == "unmapped words" and not c.passed for c in result.checks)
    mapped = run(plan(destination_words={"step-down flat": "other"}), odd)
    assert one(mapped, "destination", term="went elsewhere").value == pytest.approx(10.0)
    assert not any(c.name == "unmapped words" for c in mapped.checks)


@pytest.mark.parametrize(
    ("planned_on", "by", "protocol", "passed", "said"),
    [
        (-1, "hospital team", {}, True, "hospital team. When: before or on admission"),
        (3, "our own team", {}, False, "our own team. When: not always before admission"),
        (None, "our own team", {}, False, "not always before admission"),
        (None, None, {}, False, "nobody is named"),
        (None, None, {"planned_by": "the ward", "planned_when": "at referral"}, True, "the ward. When: at referral"),
    ],
)
def test_who_planned_the_package_and_when_is_said(run, planned_on, by, protocol, passed, said):
    def planned(frames):
        e = frames["episodes"]
        e["planned_on"] = e["start_date"] + planned_on * DAY if planned_on is not None else pd.NaT
        e["planned_by"] = by
        frames["episodes"] = e.astype({"planned_by": "string"})
        return frames

    check = next(c for c in run(plan(**protocol), planned).checks if c.name == "whose plan")
    assert check.passed is passed
    assert said in check.sentence


def test_an_item_without_a_price_is_refused_by_name(run):
    with pytest.raises(RequestError, match=r"takes 'hospital_bed', which unit_costs does not price\. Did you mean"):
        run(plan(comparators=[{"name": "a ward", "per_day": {"hospital_bed": 1}}]))


def test_without_prices_the_money_is_refused_and_the_rest_goes_on(run):
    result = run(plan(bed=None, comparators=[]), lambda f: {k: v for k, v in f.items() if k != "unit_costs"})
    assert any(c.analysis == "money" and "refused" in c.name for c in result.checks)
    assert one(result, "destination", term="went home").value == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("column", "part"),
    [("assessed_at", "assessed"), ("planned_hours_per_week", "packages"), ("destination", "destinations")],
)
def test_a_question_the_data_cannot_answer_is_refused_by_name(run, column, part):
    def without(frames):
        frames["episodes"] = frames["episodes"].drop(columns=column)
        return frames

    assert any(c.analysis == part and "refused" in c.name for c in run(change=without).checks)


def test_no_stay_and_few_stays_are_refused(run):
    def at_home(frames):
        frames["episodes"] = frames["episodes"].assign(setting="home")
        return frames

    def nine(frames):
        frames["episodes"] = frames["episodes"].iloc[:9]
        return frames

    with pytest.raises(DataError, match="no reablement episode has the setting care_home"):
        run(change=at_home)
    with pytest.raises(AnalysisRefused, match="fewer than 10 stays"):
        run(change=nine)


def test_few_homes_are_said(run):
    def two(frames):
        frames["episodes"]["provider_id"] = ["a", "b"] * (N // 2)
        return frames

    result = run(change=two)
    assert any(c.name == "few homes" for c in result.checks)
    assert one(result, "assessed_in_time", measure="share of stays, at least").n_cluster is None


def test_order_of_rows_does_not_matter(run, result):
    turned = run(change=lambda frames: {k: v.iloc[::-1].reset_index(drop=True) for k, v in frames.items()})
    assert turned.to_json() == result.to_json()


def test_scores_of_people_in_the_beds_are_reported(run):
    def scored(frames):
        rows = [
            (row["person_id"], day, time, "ucla3", item, float(value))
            for _, row in frames["episodes"].iterrows()
            for time, day, value in (
                ("baseline", row["start_date"], 3),
                ("end", row["end_date"], 1 + int(row["person_id"][1:]) % 2),
            )
            for item in ("companionship", "left_out", "isolated")
        ]
        frames["scores"] = pd.DataFrame(rows, columns=["person_id", "date", "timepoint", "instrument", "item", "value"])
        return frames

    result = run(change=scored)
    found = one(result, "change", outcome="ucla3 total", measure="mean change")
    assert found.value == pytest.approx(-4.5)
    assert {s.population for s in result.flow} == {"all", "people with scores"}
