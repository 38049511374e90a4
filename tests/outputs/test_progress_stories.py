"""Progress and reablement beds on the page: words and figures from released numbers, and none from hidden ones."""

import re
from dataclasses import replace

import pytest

from ot_eval.base.results import Check, Curve, Estimate, FlowStep, StudyResult
from ot_eval.outputs import (
    figure_bars,
    figure_charts,
    figure_course,
    figure_flows,
    figure_funnel,
    figure_stay,
    story_in_reach,
    story_progress,
)
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.wording import BANNED

POLICY = PRESETS["ot_eval"]
LONGEST_SENTENCE = 28
TIMES = ("baseline", "end", "follow_up")
HOMES = {"Ash": (0.80, 200), "Beech": (0.78, 240), "Chestnut": (0.55, 220), "Dogwood": (0.79, 260), "Elder": (0.81, 12)}


def number(analysis, outcome, term, measure, unit, value, half=None, n=400):
    ends = {} if half is None else {"lower": value - half, "upper": value + half, "level": 0.95}
    about = {"analysis": analysis, "outcome": outcome, "term": term, "measure": measure, "population": "all"}
    return Estimate(**about, unit=unit, value=value, n=n, **ends)


def share(analysis, outcome, term, measure, part, n=400):
    """A share that is a count, as every share of these strands is."""
    count = round(part * n)
    value = 100 * count / n
    return replace(number(analysis, outcome, term, measure, "percent", value, 4.0, n), n_event=count)


def progress(after=-2.0, moved=(60, 30, 4)):
    lead, mo = "mbi total", "eq5d5l MO"
    rows = [share("followed_up", lead, t, "share with a score", s) for t, s in (("end", 0.8), ("follow_up", 0.6))]
    for time, mean in zip(TIMES, (60.0, 75.0, 75.0 + after), strict=True):
        rows.append(number("course", lead, time, "mean", "points", mean, 2.0))
        rows += [
            number("course_spread", lead, time, f"{q} quartile", "points", mean + d)
            for q, d in (("lower", -15.0), ("upper", 15.0))
        ]
    rows += [
        number("change", lead, "baseline to end", "mean change", "points", 15.0, 2.0),
        number("change", lead, "end to follow_up", "mean change", "points", after, 1.0),
        number(
            "percent_improvement",
            lead,
            "baseline to end",
            "change in mean over mean before",
            "percent change",
            25.0,
            3.0,
        ),
        share("percent_improvement", lead, "baseline to end", "share of people who improved", 0.7),
        share("percent_improvement", mo, "baseline to end", "share of people who improved a level or more", 0.3),
        share("paretian_class", "eq5d5l profile", "baseline to end", "share improved", 0.4),
        number(
            "multiple_imputation", lead, "baseline to follow_up", "mean change (missing at random)", "points", 12.0, 1.5
        ),
        number(
            "delta_adjusted",
            lead,
            "baseline to follow_up",
            "mean change (missing worse by 12 points)",
            "points",
            3.0,
            1.5,
        ),
        number(
            "baseline_adjusted_difference",
            lead,
            "end to follow_up",
            "difference at equal score before",
            "points",
            1.0,
            3.0,
        ),
    ]
    for first in (1, 2):
        for second, n in zip((1, 2, 3), moved, strict=True):
            e = number(
                "level_transitions", mo, f"from level {first}: to level {second}", "people", "people", n, n=sum(moved)
            )
            rows.append(replace(e, n_event=n))
    checks = (
        Check(
            analysis="regression_to_the_mean",
            name=f"{lead}, baseline to end",
            passed=False,
            sentence="Nobody was compared.",
        ),
        Check(analysis="delta_adjusted", name=f"{lead}, baseline to follow_up", passed=True, sentence="It held."),
        Check(analysis="floor_and_ceiling", name="eq5d5l MO", passed=False, sentence="Many sat at an end."),
    )
    flow = (FlowStep(population="all", rule="all", label="people", n_left=900, n_removed=0),)
    facts = {"lower_is_better": "eq5d5l MO, eq5d5l level_sum", "data_end": "2026-03-31"}
    about = {"study": "s", "strand": "progress", "title": "Progress", "question": "What changed for people?"}
    return StudyResult(**about, estimates=tuple(rows), checks=checks, flow=flow, facts=facts)


def beds(assessed=0.75, small_month=True):
    what = "assessed within 72 hours"
    rows = [share("assessed_in_time", what, "every home", "share of stays, at least", assessed, 1000)]
    months = {f"2025-{m:02d}": 100 for m in range(1, 13)} | ({"2025-06": 15} if small_month else {})
    rows += [share("by_month", what, m, "share of stays", 0.75, n) for m, n in months.items()]
    for name, value in (("centre line", 75.0), ("lower process limit", 62.0), ("upper process limit", 88.0)):
        rows.append(number("xmr_chart", what, "every month", name, "percent of monthly or home shares", value, n=1000))
    for home, (part, n) in HOMES.items():
        rows.append(share("by_home", what, home, "share of stays", part, n))
        for name, value in (
            ("lower limit (95 %)", 68.0),
            ("upper limit (95 %)", 84.0),
            ("lower limit (99.8 %)", 62.0),
            ("upper limit (99.8 %)", 88.0),
        ):
            rows.append(number("funnel", what, home, name, "percent of monthly or home shares", value, n=n))
    nights = "share of stays ended by the commissioned 28 days"
    rows += [
        number("length_of_stay", "length of stay", "nights", "median", "days", 25, 1.0, 1000),
        replace(
            number("length_of_stay", "length of stay", "nights", nights, "probability", 0.6, 0.03, 1000), n_event=600
        ),
        number("length_of_stay", "length of stay", "stays that ended", "mean nights", "days", 27.0, 1.0, 970),
        number(
            "length_of_stay",
            "length of stay",
            "stays that ended",
            "mean nights beyond 28 a stay",
            "days",
            3.0,
            0.4,
            970,
        ),
        number(
            "team_meetings",
            "weekly team meeting",
            "every home",
            "share of weeks with a meeting",
            "percent of weeks",
            84.0,
            2.0,
            1000,
        ),
        share("destination", "destination", "went home", "share of stays", 0.68, 970),
        share("at_home", "at home on day 91", "day 91", "share of stays", 0.6, 800),
        share("readmission", "hospital admission within 91 days", "day 91", "share of stays", 0.18, 700),
        share("onward_referrals", "onward referral", "any referral", "share of stays", 0.7, 970),
        number(
            "package",
            "home-care package",
            "people who went home",
            "mean hours planned without the service",
            "hours/week",
            19.0,
            1.0,
            600,
        ),
        number(
            "package",
            "home-care package",
            "people who went home",
            "mean hours a week after the service",
            "hours/week",
            9.0,
            1.0,
            600,
        ),
        number(
            "package",
            "home-care package",
            "people who went home",
            "mean hours a week fewer than planned",
            "hours/week",
            10.0,
            1.0,
            600,
        ),
        number("bed_days_cost", "cost of bed days", "a reablement bed", "mean cost of a stay", "£", 5200.0, 100.0, 970),
        number(
            "bed_days_cost",
            "cost of bed days",
            "a hospital bed",
            "mean cost of the same days",
            "£",
            12000.0,
            300.0,
            970,
        ),
        number(
            "bed_days_cost",
            "cost of bed days",
            "a hospital bed",
            "mean difference (bed less comparator)",
            "£",
            -6800.0,
            200.0,
            970,
        ),
    ]
    said = {
        h: "differs" if h == "Chestnut" else "too few people to judge" if h == "Elder" else "as expected" for h in HOMES
    }
    checks = (
        *(Check(analysis="funnel", name=h, passed=w != "differs", sentence=f"{h}: {w}.") for h, w in said.items()),
        Check(analysis="run_chart", name="all", passed=True, sentence="The monthly share wobbled."),
        Check(analysis="xmr_chart", name="2025-09", passed=False, sentence="The month 2025-09 stands out: shift."),
        Check(analysis="package", name="whose plan", passed=False, sentence="The planned package is an opinion."),
    )
    days = tuple(range(7, 71, 7))
    left = (*(1000 - 15 * d for d in days[:-4]), 330, 250, 180, 120)
    curve = Curve(
        analysis="length_of_stay",
        population="all",
        outcome="length of stay",
        group="all",
        unit="probability",
        days=days,
        value=tuple(n / 1000 for n in left),
        lower=tuple(n / 1000 - 0.02 for n in left),
        upper=tuple(n / 1000 + 0.02 for n in left),
        n_risk=(1000, *left[:-1]),
        n_event=tuple(1000 - n for n in left),
        n_censored=(0,) * len(days),
    )
    about = {"study": "s", "strand": "in_reach", "title": "Beds", "question": "What did the beds do for people?"}
    flow = (FlowStep(population="all", rule="all", label="stays", n_left=1000, n_removed=0),)
    notes = ("In reach bed: £195 per day, 2025/26 prices (a contract).", "A stay is one episode.")
    return StudyResult(**about, estimates=tuple(rows), curves=(curve,), checks=checks, flow=flow, notes=notes)


@pytest.fixture(scope="module", params=["progress", "in_reach"])
def told(request):
    made, teller = {"progress": (progress(), story_progress), "in_reach": (beds(), story_in_reach)}[request.param]
    return teller.story(release(made, POLICY))


def figures_of(told):
    return [*told.pictures, *(k.figure for k in told.key_figures if k.figure)]


def test_the_page_answers_in_plain_and_short_sentences(told):
    text = " ".join(told.sentences())
    assert not [word for word in BANNED if re.search(rf"\b{word}\b", text.lower())]
    sentences = [s for t in told.sentences() for s in re.split(r"(?<=[.?!:])\s+|; ", t) if s]
    assert max(len(s.split()) for s in sentences) <= LONGEST_SENTENCE
    assert "_" not in text
    assert "None" not in text


def test_every_figure_has_words_and_a_table_for_those_who_cannot_see_it(told):
    assert 3 <= len(told.pictures) <= 4
    for figure in figures_of(told):
        assert 20 <= len(figure.alt) <= 2000
        assert re.search(r"\d", figure.alt)
        assert figure.alt.endswith(".")
        assert not figure.subtitle.endswith(".")
        assert figure.svg() == figure.svg()
        assert "var(--fig-" in figure.svg(narrow=True)
    assert all(f.table is not None and f.table.rows for f in told.pictures)


def test_names_on_a_page_are_used_once(told):
    names = [f.name for f in figures_of(told)]
    assert len(names) == len(set(names))


def test_the_progress_page_says_the_released_numbers():
    told = story_progress.story(release(progress(), POLICY))
    said = "About 70 in 100 people did better in everyday self-care and mobility at the end of reablement"
    assert told.answer == f"{said} than at its start."
    assert told.answer_more == "After reablement the mean score got worse, by 2.0 points."
    assert any("25.0%" in line and "70%" in line for line in told.means), "each percentage stands under its own name"
    assert any("anything from −2.0 to 4.0 points" in line for line in told.means)
    assert "Nobody was compared." in told.unknown
    assert "Many sat at an end." not in told.unknown, "other checks stand in the full report"


def test_no_direction_is_given_where_the_interval_has_none():
    told = story_progress.story(release(progress(after=0.3), POLICY))
    assert told.answer_more == "In the weeks after reablement the mean score neither clearly rose nor clearly fell."


def test_a_lower_score_is_better_where_the_instrument_says_so():
    released = release(progress(), POLICY)
    ways = {(f.before, f.after): f.way for f in figure_flows.flows_of(released, "eq5d5l MO")}
    assert ways[2, 1] == "better"
    assert ways[1, 2] == "worse"
    assert ways[1, 1] == "the same"
    other = replace(released, facts={})
    assert {(f.before, f.after): f.way for f in figure_flows.flows_of(other, "eq5d5l MO")}[2, 1] == "worse"


def test_a_hidden_flow_has_a_companion_and_neither_is_drawn():
    released = release(progress(), POLICY)
    rows = [f for f in figure_flows.flows_of(released, "eq5d5l MO") if f.before == 1]
    assert [f.people for f in rows] == [60, None, None], "4 would be the 94 who began less the others"
    figure = figure_flows.alluvial(released, "eq5d5l MO")
    assert "4 flows are hidden" in figure.alt
    assert figure.title == "Mobility: about 30 in 100 got better by a level or more"


def test_a_course_without_shown_quartiles_has_no_band():
    whole = progress()
    thin = tuple(replace(e, n=30) if e.analysis == "course_spread" else e for e in whole.estimates)
    figure = figure_course.course(release(replace(whole, estimates=thin), POLICY), "mbi total")
    assert "middle half of people 45" not in figure.alt
    assert "hidden" in {cell for row in figure.table.rows for cell in row.cells}


def test_the_bed_page_says_the_released_numbers():
    told = story_in_reach.story(release(beds(), POLICY))
    assert told.answer.startswith(
        "About 75 in 100 people were assessed within 72 hours, half had left by night 25 and about 68 in 100 went home."
    )
    assert told.answer.endswith("The commissioned stay is 28 days.")
    assert told.answer_more.startswith(
        "People who went home had 10.0 hours a week less home care than had been planned"
    )
    assert "is an opinion" in told.answer_more
    assert [k.heading for k in told.key_figures] == [
        "Assessed in time",
        "Went home",
        "At home after 3 months",
        "Length of stay",
        "Weekly team meeting",
        "Home care",
        "Referred on",
        "Back in hospital",
    ]
    assert any("£6,800 less than a hospital bed" in line for line in told.means)
    assert any(line.startswith("Homes: Chestnut lies further") and "Elder: too few" in line for line in told.means)
    assert "In reach bed: £195 per day, 2025/26 prices (a contract)." in told.included


def test_small_months_and_small_homes_are_counted_and_not_drawn():
    released = release(beds(), POLICY)
    months, homes = figure_charts.months(released), figure_funnel.funnel(released)
    assert "1 month is not drawn" in months.subtitle
    assert "June 2025 " not in months.alt
    assert months.title == "Stands out: September 2025"
    assert "1 home is not drawn" in homes.subtitle
    assert "Elder" not in homes.alt
    assert homes.title == "Chestnut: further from the others than chance explains"
    assert [h.outside for h in figure_funnel.funnel_homes(released)] == [False, True, False, False]


def test_nothing_is_drawn_where_nothing_is_shown():
    empty = release(replace(progress(), estimates=(), checks=()), POLICY)
    assert figure_course.course(empty, "mbi total") is None
    assert figure_flows.alluvial(empty, "eq5d5l MO") is None
    assert figure_bars.sensitivity(empty, "mbi total", "baseline to end") is None
    assert figure_charts.months(empty) is None
    assert figure_funnel.funnel(empty) is None
    assert figure_stay.still_in_bed(empty) is None
    for teller in (story_progress, story_in_reach):
        told = teller.story(empty)
        assert told.answer.startswith("Too few")
        assert not told.key_figures
        assert not told.pictures
    assert story_progress.report_figures(empty) == story_in_reach.in_report(empty) == ()
