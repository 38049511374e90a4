"""The progress strand on an invented service whose every published-style percentage is known before it is computed."""

import itertools
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import assemble_tables
from ot_eval.measures import eq5d_dsu, registry
from ot_eval.models import change_percent as cp
from ot_eval.studies import progress
from ot_eval.studies.workspace import Workspace

START, END, LATER = pd.Timestamp("2025-01-06"), pd.Timestamp("2025-02-16"), pd.Timestamp("2025-05-18")
N = 40
WALKING = (0, 3, 8, 12, 15)
# The service: 40 people. Every one starts at a modified Barthel of 50 or 100 - 25 = 75 (half and half: mean 62.5).
# Those at 50 gain 10, those at 75 gain 5 or 0 in turn: mean gain (20 x 10 + 10 x 5) / 40 = 6.25.
FIGURES = {
    cp.OF_MEAN: 10.0,  # 6.25 / 62.5
    cp.OF_EACH: (20 * 20.0 + 10 * 100 / 15) / 40,  # 20 % of 50 twenty times, 5 of 75 ten times: 11.67
    cp.OF_SCALE: 6.25,
    cp.IMPROVED: 75.0,
}
PAIN = ((4, 2), (3, 3), (3, 2), (2, 1))  # pain before and after, ten people each: mean 3.0 to 2.0
PAIN_FIGURES = {cp.FALL: 1.0, cp.RELATIVE_FALL: 100 / 3, cp.LEVEL_BETTER: 75.0, cp.PROBLEM_FREE: 25.0}


def barthel(total):
    """Return item values with the given total, by hand for the totals this service has."""
    full = {i.name: i.allowed[-1] for i in registry.instruments()["mbi"].items}
    del full["wheelchair_if_not_ambulant"]
    lower = {
        50: {"ambulation": 0, "chair_bed_transfers": 0, "dressing": 0, "stair_climbing": 0},
        60: {"ambulation": 0, "chair_bed_transfers": 0, "dressing": 5, "stair_climbing": 5},
        75: {"ambulation": 0, "dressing": 0},
        80: {"ambulation": 0, "dressing": 5},
    }[total]
    items = full | lower
    assert sum(items.values()) == total
    return items


def scores(person, i, *, follow_up=True):
    first = 50 if i < N // 2 else 75
    second = 60 if first == 50 else (80 if i % 2 else 75)
    pain = PAIN[i % 4]
    visits = [("baseline", START, first, pain[0]), ("end", END, second, pain[1])]
    visits += [("follow_up", LATER, second, pain[1])] if follow_up else []
    for time, day, total, level in visits:
        eq = {"MO": 1, "SC": 1, "UA": 1, "PD": level, "AD": 1, "VAS": 50 + i}
        for instrument, items in (("mbi", barthel(total)), ("eq5d5l", eq)):
            for item, value in items.items():
                yield {
                    "person_id": person,
                    "date": day,
                    "timepoint": time,
                    "instrument": instrument,
                    "item": item,
                    "value": float(value),
                }


def service(change=None, **more):
    people = [f"P{i:02d}" for i in range(N)]
    episodes = pd.DataFrame(
        {
            "episode_id": [f"E{i}" for i in range(N)],
            "person_id": people,
            "setting": "home",
            "start_date": START,
            "end_date": END,
            "route": ["hospital" if i // 2 % 2 else "community" for i in range(N)],
            "provider_id": [f"provider {i % 6}" for i in range(N)],
        }
    )
    known = pd.DataFrame(
        {"person_id": people, "sex": ["female" if i // 4 % 2 else "male" for i in range(N)], "dementia": "no"}
    )
    packages = pd.DataFrame(
        {"person_id": people, "start_date": END, "end_date": pd.NaT, "service": "home_care", "hours_per_week": 7.0}
    ).astype({"end_date": "datetime64[ns]"})
    contacts = pd.DataFrame(
        {
            "contact_id": [f"C{i}" for i in range(0, N, 2)],
            "person_id": people[::2],
            "date": START + pd.Timedelta(days=3),
            "staff_role": "occupational_therapist",
            "minutes": 60.0,
        }
    )
    rows = pd.DataFrame([row for i, p in enumerate(people) for row in scores(p, i, follow_up=i % 5 > 0)])
    frames = {"people": known, "episodes": episodes, "packages": packages, "contacts": contacts, "scores": rows, **more}
    if change:
        frames = {name: frame.copy() for name, frame in change(frames).items() if frame is not None}
    for frame in frames.values():
        for column in frame.columns:
            if column.endswith("date"):
                frame[column] = pd.to_datetime(frame[column]).dt.date
    return {name: ibis.memtable(frame, schema=_schema(frame)) for name, frame in frames.items() if frame is not None}


def _schema(frame):
    kinds = {}
    for name, values in frame.items():
        if name.endswith("date"):
            kinds[name] = "date"
        elif values.dtype == object:
            kinds[name] = "string"
        else:
            kinds[name] = "float64"
    return kinds


def plan(**progress_part):
    return Protocol(
        study="known-service",
        title="A service whose figures are known",
        question="What changed for people?",
        cluster=progress_part.pop("cluster", "none"),
        progress={"imputations": 5, "value_sets": ["uk_rowen2026"], **progress_part},
    )


@pytest.fixture
def run(tmp_path):
    def go(protocol, change=None, **more):
        tables = replace(assemble_tables(service(change, **more), None, protocol), folder=tmp_path)
        prepared = progress.prepare(tables, protocol)
        progress.refuse(prepared)
        workspace = Workspace(root=tmp_path, strand="progress", protocol=protocol)
        workspace.fill(prepared)
        return progress.analyse(workspace)

    return go


def _value(result, analysis, outcome, measure, **more):
    rows = [
        e
        for e in result.estimates
        if (e.analysis, e.outcome, e.measure) == (analysis, outcome, measure)
        and all(getattr(e, k) == v for k, v in more.items())
    ]
    assert len(rows) == 1, [e.measure for e in result.estimates if e.analysis == analysis and e.outcome == outcome]
    return rows[0]


def test_every_definition_gives_the_figure_it_was_made_to_give(run):
    result = run(plan())
    for measure, figure in FIGURES.items():
        found = _value(result, cp.ANALYSIS, "mbi total", measure)
        assert found.value == pytest.approx(figure), measure
        assert found.lower < figure < found.upper
    for measure, figure in PAIN_FIGURES.items():
        assert _value(result, cp.ANALYSIS, "eq5d5l PD", measure).value == pytest.approx(figure), measure


@pytest.mark.parametrize(
    ("figure", "decimals", "named"),
    [(10, 0, [cp.OF_MEAN]), (12, 0, [cp.OF_EACH]), (6.2, 1, [cp.OF_SCALE]), (75, 0, [cp.IMPROVED]), (40, 0, [])],
)
def test_what_a_published_figure_could_have_been_is_said(run, figure, decimals, named):
    published = [{"score": "mbi total", "percent": figure, "decimals": decimals, "source": "a newsletter"}]
    check = next(c for c in run(plan(published=published)).checks if c.name.startswith("published"))
    assert check.passed is bool(named)
    others = set(FIGURES) - set(named)
    assert all(name in check.sentence for name in named)
    assert not any(f": {name}" in check.sentence or f"; {name}" in check.sentence for name in others)


def test_mean_change_and_who_is_missing(run):
    result = run(plan())
    assert _value(result, "change", "mbi total", "mean change", term="baseline to end", population="all").value == 6.25
    share = _value(result, "followed_up", "mbi total", "share with a score", term="follow_up")
    assert (share.n, share.n_event) == (N, N - 8)
    assert any(c.analysis == "regression_to_the_mean" for c in result.checks)
    assert _value(result, "paretian_class", "eq5d5l profile", "share improved").n_event == 30


def test_flow_counts_who_is_left_out(run):
    def without_baseline(frames):
        table = frames["scores"].copy()
        late = (table["person_id"] == "P00") & (table["timepoint"] == "baseline")
        none = table["person_id"] == "P01"
        table.loc[late, "date"] = START + pd.Timedelta(days=15)
        frames["scores"] = table[~none]
        return frames

    flow = {step.rule: (step.n_left, step.n_removed) for step in run(plan(), without_baseline).flow}
    assert flow["all"] == (N, 0)
    assert flow["scored"] == (N - 1, 1)
    assert flow["near_start"] == (N - 2, 1)


def _faulty(frames):
    table = frames["scores"]
    one = (table["person_id"] == "P03") & (table["item"] == "bathing") & (table["timepoint"] == "baseline")
    frames["scores"] = table.assign(value=table["value"].mask(one, 2.0))
    return frames


def test_an_impossible_score_stops_the_study_unless_the_protocol_sets_it_aside(run):
    with pytest.raises(DataError, match="mbi, bathing: 1 break the rule"):
        run(plan(), _faulty)
    result = run(plan(faulty_assessments="set_aside"), _faulty)
    assert _value(result, "change", "mbi total", "mean change", term="baseline to end", population="all").n == N - 1
    assert result.facts["set_aside"] == "yes"
    assert any("set aside" in note for note in result.notes)


def test_contact_counts_only_before_the_change_it_is_held_against(run):
    """P00, P02, ... are seen on day 3. One more is seen only after the end assessment, and stays among the unseen."""

    def later_contact(frames):
        row = pd.DataFrame(
            [
                {
                    "contact_id": "late",
                    "person_id": "P01",
                    "date": END + pd.Timedelta(days=1),
                    "staff_role": "occupational_therapist",
                    "minutes": 60.0,
                }
            ]
        )
        frames["contacts"] = pd.concat([frames["contacts"], row], ignore_index=True)
        return frames

    result = run(plan(), later_contact)
    seen = _value(
        result,
        "change",
        "mbi total",
        "mean change",
        term="baseline to end",
        population="all, OT contact during reablement",
    )
    assert seen.n == N // 2
    after = _value(
        result,
        "baseline_adjusted_difference",
        "eq5d5l vas",
        "difference at equal score before",
        term="end to follow_up",
    )
    assert after.n_event == len([i for i in range(0, N, 2) if i % 5])
    during = [e for e in result.estimates if e.analysis == "baseline_adjusted_difference" and "baseline" in e.term]
    assert during == []


def test_providers_are_left_out_one_at_a_time_when_declared(run):
    result = run(plan(cluster="provider_id"))
    found = _value(result, "change", "mbi total", "mean change", term="baseline to end", population="all")
    assert found.n_cluster == 6
    assert "leave-one-provider-out" in found.method
    assert not any(e.analysis == "repeated_measures" for e in result.estimates)


def test_few_providers_are_said_and_not_modelled(run):
    def two(frames):
        frames["episodes"] = frames["episodes"].assign(provider_id=["a", "b"] * (N // 2))
        return frames

    result = run(plan(cluster="provider_id"), two)
    assert any(c.name == "few providers" and not c.passed for c in result.checks)
    assert (
        _value(result, "change", "mbi total", "mean change", term="baseline to end", population="all").n_cluster is None
    )


def test_thresholds_of_the_protocol_carry_their_setting(run):
    threshold = {"score": "mbi total", "value": 8, "kind": "opinion", "setting": "our therapists", "source": "meeting"}
    noise = {"score": "mbi total", "sem": 4, "source": "a retest of 30 people"}
    result = run(plan(important_changes=[threshold], measurement_errors=[noise]))
    better = _value(result, "important_change", "mbi total", "share better by 8 or more")
    assert (better.n_event, better.n) == (20, N)
    assert "our therapists" in better.method
    assert any(c.name == "important against detectable" and not c.passed for c in result.checks)


def test_an_instrument_of_ones_own(run, tmp_path):
    (tmp_path / "kitchen.yaml").write_text(
        "name: kitchen\ntitle: Kitchen checklist\nscoring: sum\nbetter: higher\nsource: ours\n"
        "items:\n  hob: {about: the hob, allowed: [0, 1, 2, 3]}\n"
        "licence: {owner: our council, condition: own use}\n"
    )

    def add(frames):
        rows = [
            {
                "person_id": f"P{i:02d}",
                "date": d,
                "timepoint": t,
                "instrument": "kitchen",
                "item": "hob",
                "value": float(v),
            }
            for i in range(N)
            for t, d, v in (("baseline", START, i % 2), ("end", END, i % 2 + i % 3 % 2))
        ]
        frames["scores"] = pd.concat([frames["scores"], pd.DataFrame(rows)], ignore_index=True)
        return frames

    with pytest.raises(RequestError, match="names an instrument that is not known: 'kitchen'"):
        run(plan(), add)
    result = run(plan(own_instruments=["kitchen.yaml"]), add)
    found = _value(result, "change", "kitchen total", "mean change", term="baseline to end", population="all")
    assert found.value == pytest.approx(np.mean([i % 3 % 2 for i in range(N)]))


def test_goals_alone_are_enough(run):
    goals = pd.DataFrame(
        [
            {
                "person_id": f"P{i:02d}",
                "goal_id": "g",
                "date": day,
                "timepoint": time,
                "performance": float(v),
                "satisfaction": 5.0,
            }
            for i in range(N)
            for time, day, v in (("baseline", START, 3), ("end", END, 5 + i % 2))
        ]
    )

    def only_goals(frames):
        frames["scores"] = None
        return {k: v for k, v in frames.items() if v is not None}

    result = run(plan(), only_goals, goals=goals)
    found = _value(result, "change", "copm performance", "mean change", term="baseline to end", population="all")
    assert found.value == 2.5
    assert _value(result, "important_change", "copm performance", "share better by 2 or more").value == 100.0


def test_nothing_scored_is_refused(run):
    with pytest.raises(DataError, match="neither a scores nor a goals table"):
        run(plan(), lambda frames: {k: v for k, v in frames.items() if k != "scores"})


def test_few_people_are_refused(run):
    def nine(frames):
        keep = frames["scores"]["person_id"].isin([f"P{i:02d}" for i in range(9)])
        frames["scores"] = frames["scores"][keep]
        return frames

    with pytest.raises(AnalysisRefused, match="fewer than 10 people"):
        run(plan(), nine)


def test_the_same_seed_gives_the_same_result_and_people_s_order_does_not_matter(run):
    one = run(plan())

    def turned(frames):
        return {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in frames.items()}

    assert run(plan()).to_json() == one.to_json()
    assert run(plan(), turned).to_json() == one.to_json()


def test_the_dsu_mapping_comes_from_the_user_s_table(run, tmp_path):
    """A table of the right shape, ours: women's values are Dolan-like by level sum, men's are 0.1 lower."""
    profiles = ["".join(map(str, p)) for p in itertools.product(range(1, 6), repeat=5)]
    women = [1.0 - (sum(map(int, p)) - 5) / 20 for p in profiles]
    columns = {c: [w - (0.1 if c.endswith("_male") else 0.0) for w in women] for c in eq5d_dsu.COLUMNS}
    pd.DataFrame({"profile": profiles, **columns}).to_csv(tmp_path / "dsu.csv", index=False)

    def ages(frames):
        frames["people"] = frames["people"].assign(birth_month="1940-05")
        return frames

    result = run(plan(dsu_table="dsu.csv"), ages)
    found = _value(
        result, "change", "eq5d5l index_uk_dsu_5l_to_3l", "mean change", term="baseline to end", population="all"
    )
    assert found.value == pytest.approx(1.0 / 20)  # pain falls by one level on average, and nothing else moves
    means = [e for e in result.estimates if e.outcome == "eq5d5l index_uk_dsu_5l_to_3l" and e.analysis == "course"]
    first = next(e for e in means if e.term == "baseline" and e.measure == "mean" and e.population == "all")
    assert first.value == pytest.approx(1 - 2 / 20 - 0.05)  # half of them are men
    assert not any(e.outcome == "eq5d5l index_uk_dsu_5l_to_3l" for e in run(plan(), ages).estimates)


def test_a_published_detectable_change_is_used_for_reliable_change_only(run):
    """Barthel 0-20: important 1.85, detectable 4.02. Twenty people gain 5, ten gain 3, ten nothing."""
    full = {i.name: i.allowed[-1] for i in registry.instruments()["barthel20"].items}
    low = full | {"transfer": 0, "stairs": 0}  # 15

    def add(frames):
        rows = []
        for i in range(N):
            after = full if i < 20 else low | ({"transfer": 3} if i < 30 else {})
            for time, day, items in (("baseline", START, low), ("end", END, after)):
                rows += [(f"P{i:02d}", day, time, "barthel20", item, float(v)) for item, v in items.items()]
        frames["scores"] = pd.DataFrame(rows, columns=list(frames["scores"].columns))
        return frames

    result = run(plan(), add)
    assert _value(result, "important_change", "barthel20 total", "share better by 1.85 or more").n_event == 30
    reliable = _value(result, "reliable_change", "barthel20 total", "share better by 4.02 or more")
    assert reliable.n_event == 20
    assert "Hsieh 2007" in reliable.method
    assert any(c.name == "important against detectable" and not c.passed for c in result.checks)


def _rated(rating_of, **scores_more):
    """Add people's own ratings of change to the invented service; `rating_of` gives person i's, or None."""

    def change(frames):
        rows = [
            {
                "person_id": f"P{i:02d}",
                "date": END,
                "timepoint": "end",
                "instrument": "change_rating",
                "item": "rating",
                "value": float(rating),
            }
            for i in range(N)
            if (rating := rating_of(i)) is not None
        ]
        frames["scores"] = pd.concat([frames["scores"], pd.DataFrame(rows)], ignore_index=True)
        return frames

    return change


def _gains(run):
    """Return each person's gain in the modified Barthel, as the service was made."""
    rows = service()["scores"].to_pandas()
    mbi = rows[rows["instrument"] == "mbi"].groupby(["person_id", "timepoint"])["value"].sum().unstack()
    return (mbi["end"] - mbi["baseline"]).to_dict()


def test_an_important_change_is_read_from_people_s_own_rating(run):
    gains = _gains(run)
    against = {f"P{i:02d}" for i in (0, 1, 2, 3, 4, 21, 23, 25, 27, 29)}  # five on each side rate against their score
    said = {p: 2 if (gain >= 8) != (p in against) else 0 for p, gain in gains.items()}
    result = run(plan(), _rated(lambda i: said[f"P{i:02d}"]))
    people = [p for p, r in said.items() if r == 2]
    found = _value(result, "important_change_anchor", "mbi total", "important change (mean change method)")
    assert found.value == pytest.approx(np.mean([gains[p] for p in people]))
    assert any(c.analysis == "important_change_anchor" and c.passed for c in result.checks)
    methods = {e.measure for e in result.estimates if e.analysis == "important_change_anchor"}
    assert {"important change (ROC cut)", "important change (predictive)", "area under the ROC curve"} <= methods
    cut = _value(result, "important_change_anchor", "mbi total", "important change (ROC cut)")
    assert cut.value == 7.5, "halfway between the gains of 5 and of 10"
    assert not any("People were not asked" in note for note in result.notes)
    assert not any(e.outcome.startswith("change_rating") for e in result.estimates), "a rating is no progress"


def test_a_rating_that_does_not_follow_the_score_gives_no_threshold(run):
    result = run(plan(), _rated(lambda i: (2, 0)[i // 2 % 2]))
    assert any(c.analysis == "important_change_anchor" and not c.passed for c in result.checks)
    assert not any(e.analysis == "important_change_anchor" for e in result.estimates)


def test_few_ratings_are_refused_by_name(run):
    result = run(plan(), _rated(lambda i: 2 if i < 9 else None))
    assert any(c.name == "refused for mbi total" and "9 people" in c.detail for c in result.checks)


def test_without_ratings_the_report_says_what_to_add(run):
    result = run(plan())
    assert any("instrument change_rating, item rating" in note for note in result.notes)
    half = _value(result, "important_change_distribution", "mbi total", "half a standard deviation before")
    assert half.value > 0
    assert half.lower is None
