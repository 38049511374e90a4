"""During the stay: assessed in time, month by month and home by home; how long; discussed by the team each week."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check
from ot_eval.models import bed_use, funnel, process_charts
from ot_eval.studies.in_reach_data import EVERYONE
from ot_eval.studies.in_reach_desk import Desk, Found

FEWEST_A_MONTH = 5
EVERY_HOME, EVERY_MONTH, SHARE = "every home", "every month", "share of stays"
FUNNEL_LINES = {
    "low95": "lower limit (95 %)",
    "high95": "upper limit (95 %)",
    "low998": "lower limit (99.8 %)",
    "high998": "upper limit (99.8 %)",
}


def _in_time(desk: Desk) -> str:
    return f"assessed within {desk.protocol.in_reach.assess_within_hours} hours"


def _due(desk: Desk) -> pd.DataFrame:
    return desk.stays[desk.stays["is_due"]]


def assessed(desk: Desk) -> Found:
    """Give the share assessed in time: at least so many and, where hours are not recorded, at most so many."""
    due = _due(desk)
    if not due["assessed_at"].notna().any():
        raise AnalysisRefused("no stay has a time of assessment", expected="assessed_at in episodes.csv", fix="add it")
    question = desk.question(_in_time(desk), "assessed_in_time", EVERY_HOME)
    yield bed_use.share_of(question, due["in_time_certain"], f"{SHARE}, at least")
    if (due["in_time_possible"] != due["in_time_certain"]).any():
        yield bed_use.share_of(question, due["in_time_possible"], f"{SHARE}, at most")
        yield Check(
            analysis="assessed_in_time",
            name="hours not recorded",
            passed=False,
            sentence="Some hours of admission or assessment are not recorded, so the share lies between two figures.",
            detail="a day without an hour counts from its first to its last minute",
        )
    yield bed_use.share_of(question, due["assessed_at"].notna(), f"{SHARE} assessed at all")
    hours = due.loc[due["assessed_at"].notna(), "hours_most"].clip(lower=0)
    yield from bed_use.spread(
        desk.question("hours to assessment, at most", "time_to_assessment", EVERY_HOME), hours, "hours"
    )


def monthly(due: pd.DataFrame) -> pd.Series:
    """Return the share assessed in time by month of admission, first month to last; refuse months with few stays."""
    months = due.groupby("month")["in_time_certain"]
    every = pd.period_range(due["month"].min(), due["month"].max(), freq="M").strftime("%Y-%m")
    few = int((months.size().reindex(every, fill_value=0) < FEWEST_A_MONTH).sum())
    if few:
        raise AnalysisRefused(
            f"{few} of {len(every)} months have fewer than {FEWEST_A_MONTH} stays",
            expected=f"at least {FEWEST_A_MONTH} stays a month, every month",
            fix="chart over a longer time, or leave months out of the question",
        )
    shares: pd.Series = (100 * months.mean()).reindex(every)
    return shares


def by_month(desk: Desk) -> Found:
    """Chart the share assessed in time month by month: a run chart, and limits where there are twelve months."""
    due = _due(desk)
    for month, flag in due.groupby("month")["in_time_certain"]:
        yield bed_use.share_of(desk.apart(_in_time(desk), "by_month", str(month)), flag, SHARE)
    yield from _charts(desk, due, EVERYONE)


def by_home_and_month(desk: Desk) -> Found:
    """Chart each home month by month where every month has enough stays, and name the homes where not."""
    too_few = []
    for home, due in _due(desk).groupby("home"):
        try:
            found = list(_charts(desk, due, str(home)))
        except AnalysisRefused:
            too_few.append(str(home))
            continue
        for month, flag in due.groupby("month")["in_time_certain"]:
            yield bed_use.share_of(desk.apart(_in_time(desk), "by_month", str(month), str(home)), flag, SHARE)
        yield from found
    if too_few:
        yield Check(
            analysis="by_month",
            name="homes not charted",
            passed=False,
            sentence="Some homes have too few stays a month for a chart of their own.",
            detail=", ".join(too_few),
        )


def _charts(desk: Desk, due: pd.DataFrame, population: str) -> Found:
    series = monthly(due)
    yield from _run_chart(desk, process_charts.run_chart(series), population, len(due))
    yield from _limits(desk, process_charts.xmr(series), population, len(due))


def _run_chart(desk: Desk, chart: process_charts.RunChart, population: str, n: int) -> Found:
    question = desk.apart(_in_time(desk), "run_chart", EVERY_MONTH, population)
    yield bed_use.line_of(question, "middle of the monthly shares", chart.median, n)
    sentence = (
        "The monthly share moved more than chance alone would move it."
        if chart.signal
        else "The monthly share wobbled no more than chance alone would make it."
    )
    detail = (
        f"longest run {chart.longest_run} (at most {chart.longest_run_allowed}); "
        f"crossings {chart.crossings} (at least {chart.fewest_crossings_allowed}); Anhøj rules"
    )
    yield Check(analysis="run_chart", name=population, passed=not chart.signal, sentence=sentence, detail=detail)


def _limits(desk: Desk, chart: process_charts.XmR, population: str, n: int) -> Found:
    question = desk.apart(_in_time(desk), "xmr_chart", EVERY_MONTH, population)
    lines = {"centre line": chart.centre, "lower process limit": chart.lower, "upper process limit": chart.upper}
    for measure, value in lines.items():
        yield bed_use.line_of(question, measure, min(100.0, max(0.0, value)), n)
    where = "" if population == EVERYONE else f" in {population}"
    for month, signal in zip(chart.periods, chart.signals, strict=True):
        if signal:
            sentence = f"The month {month} stands out{where}: {signal}."
            name = month if population == EVERYONE else f"{population}, {month}"
            yield Check(analysis="xmr_chart", name=name, passed=False, sentence=sentence, detail="Making Data Count")


def by_home(desk: Desk) -> Found:
    """Compare homes on a funnel: few stays make a share swing, so small homes are listed and never judged."""
    due = _due(desk)
    for home, flag in due.groupby("home")["in_time_certain"]:
        yield bed_use.share_of(desk.apart(_in_time(desk), "by_home", str(home)), flag, SHARE)
    counts = due.groupby("home")["in_time_certain"].agg(["size", "sum"]).reset_index()
    counts.columns = pd.Index(["home", "n", "events"])
    fewest = desk.protocol.in_reach.fewest_people_a_home
    plot = funnel.funnel(counts, fewest=fewest)
    edges = {column: plot.curve[column].to_numpy() for column in FUNNEL_LINES}
    detail = (
        f"exact limits of {funnel.WARNING:.0%} and {funnel.ALARM:.1%}; overdispersion {plot.overdispersion:.2f}; "
        f"homes with fewer than {fewest} stays are not judged"
    )
    for row in plot.homes.to_dict("records"):
        home, n, verdict = str(row["home"]), int(row["n"]), str(row["verdict"])
        for column, words in FUNNEL_LINES.items():
            question = desk.apart(_in_time(desk), "funnel", home)
            yield bed_use.line_of(question, words, 100 * float(edges[column][n - 1]), n)
        passed = verdict in (funnel.AS_EXPECTED, funnel.TOO_FEW)
        yield Check(analysis="funnel", name=home, passed=passed, sentence=f"{home}: {verdict}.", detail=detail)


def length_of_stay(desk: Desk) -> Found:
    """Set the length of stay beside the commissioned days; stays still open count as far as they are seen."""
    days = desk.protocol.in_reach.commissioned_stay_days
    question = desk.question("length of stay", "length_of_stay", "nights")
    curve = bed_use.still_in_bed(desk.stays, question.about)
    yield curve
    yield from bed_use.quartiles_of(question, curve)
    yield bed_use.ended_by(question, curve, days, f"share of stays ended by the commissioned {days} days")
    nights = desk.ended["nights"]
    ended = desk.question("length of stay", "length_of_stay", "stays that ended")
    yield bed_use.mean_of(ended, nights, "mean nights", "days")
    yield bed_use.mean_of(ended, (nights - days).clip(lower=0), f"mean nights beyond {days} a stay", "days")


def meetings(desk: Desk) -> Found:
    """Give the share of whole weeks in a bed in which the person was discussed at a team meeting."""
    if desk.facts.get("meetings") != "yes":
        raise AnalysisRefused("no team meeting is recorded", expected="events of kind mdt_meeting", fix="add them")
    stays = desk.stays[desk.stays["weeks"] > 0]
    question = desk.question("weekly team meeting", "team_meetings", EVERY_HOME)
    parts = stays[["weeks_discussed", "weeks"]].astype(float)
    yield bed_use.ratio_of(question, parts, "share of weeks with a meeting", "percent of weeks")
