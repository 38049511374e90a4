"""The in-reach strand in plain words, for a commissioner with two minutes: in time, how long, where to, what cost."""

from __future__ import annotations

from ot_eval.outputs import figure_bars, figure_charts, figure_funnel, figure_stay, labels, numbers, wording
from ot_eval.outputs.figure_bars import Bar
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story
from ot_eval.outputs.story_progress import (
    MOST_FIGURES,
    STANDING,
    lead_of,
    report_figures,
    share,
    share_card,
    what,
    which_percent,
)

UNKNOWN = (
    "What would have happened without the beds is not known: a planned package is an opinion, and the cost of the "
    "alternatives is arithmetic on prices.",
    "Homes may take people with different needs, so a difference between homes is a question to ask, not an answer.",
)
MISSING = "Not shown, because it was not recorded or too few people stand behind it: {}."
SAID_ELSEWHERE = ("funnel", "package", "clusters", "by_month", "xmr_chart", "assessed_in_time")
"""Checks of these analyses are told in other words on the page; the others that did not hold are repeated."""


def story(released: Released) -> Story:
    """Return the commissioner's account of reablement beds."""
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(released),
        answer_more=_package(released),
        key_figures=cards(released),
        pictures=pictures(released),
        sure=_sure(released),
        means=(*_homes(released), *_months(released), *_money(released), *_progress(released)),
        unknown=_unknown(released),
        included=_included(released),
        terms=("reablement", "package", "disclosure control"),
    )


def _first(released: Released, analysis: str, name: str) -> ReleasedEstimate | None:
    """Return the first shown estimate whose term or measure begins with `name`."""
    rows = [e for e in released.find(analysis) if e.value is not None and e.population == "all"]
    found = [e for e in rows if e.term.startswith(name) or e.measure.startswith(name)]
    return found[0] if found else None


def in_time(released: Released) -> ReleasedEstimate | None:
    """Return the share assessed in time; where hours are missing, the least it can be."""
    return _first(released, "assessed_in_time", "share of stays, at least")


def _answer(released: Released) -> str:
    said = []
    assessed, home = in_time(released), _first(released, "destination", "went home")
    middle, ended = _first(released, "length_of_stay", "median"), _commissioned(released)
    if assessed is not None:
        said.append(f"{wording.in_100((assessed.value or 0) / 100)} people were {assessed.outcome}")
    if middle is not None:
        said.append(f"half had left by night {numbers.bare(middle.value, 'level').partition('.')[0]}")
    if home is not None:
        said.append(f"{wording.in_100((home.value or 0) / 100)} went home")
    if not said:
        return "Too few stays are recorded to publish an answer."
    text = wording.listed(tuple(said))
    limit = f" The commissioned stay is {_days(ended)}." if ended is not None and middle is not None else ""
    return f"{text[:1].upper()}{text[1:]}.{limit}"


def _commissioned(released: Released) -> ReleasedEstimate | None:
    return _first(released, "length_of_stay", "share of stays ended by the commissioned")


def _days(e: ReleasedEstimate) -> str:
    return e.measure.rsplit("commissioned ", 1)[-1]


def _package(released: Released) -> str:
    """Say how much less home care people took home than was planned, and whose plan it was."""
    fewer = _first(released, "package", "mean hours a week fewer than planned")
    if fewer is None or fewer.lower is None or fewer.upper is None:
        return ""
    if fewer.lower <= 0 <= fewer.upper:
        return "The home care that people went home with was about as large as had been planned."
    way = "less" if (fewer.value or 0) > 0 else "more"
    size = numbers.value(abs(fewer.value or 0), fewer.unit)
    return f"People who went home had {size} {way} home care than had been planned without the beds.{_whose(released)}"


def _whose(released: Released) -> str:
    plan = [c.sentence for c in released.checks if c.analysis == "package" and c.name == "whose plan"]
    return f" {plan[0]}" if plan else ""


def cards(released: Released) -> tuple[KeyFigure, ...]:
    """Return the cards: those with a figure first, then the others in the order in which a stay happens."""
    assessed = in_time(released)
    home, at_home = _first(released, "destination", "went home"), _first(released, "at_home", "day")
    again, referred = _first(released, "readmission", "day"), _first(released, "onward_referrals", "any referral")
    day = labels.horizon(at_home.term) if at_home is not None else ""
    found = [
        None if assessed is None else share_card("Assessed in time", assessed, "people", f"were {assessed.outcome}"),
        None if home is None else share_card("Went home", home, "people", "went home from the bed"),
        None if at_home is None else share_card(f"At home after {day}", at_home, "people", f"were at home {day} later"),
        _stay(released),
        _team(released),
        _hours(released),
        None if referred is None else _plain("Referred on", referred, "people were referred to another service"),
        None if again is None else _plain("Back in hospital", again, f"people had been in hospital again within {day}"),
    ]
    return tuple(c for c in found if c is not None)


def _plain(heading: str, e: ReleasedEstimate, did: str) -> KeyFigure:
    card = share_card(heading, e, "", did)
    return KeyFigure(heading=heading, sentence=card.sentence.replace("  ", " "))


def _stay(released: Released) -> KeyFigure | None:
    ended, beyond = _commissioned(released), _first(released, "length_of_stay", "mean nights beyond")
    mean = _first(released, "length_of_stay", "mean nights")
    if ended is None or mean is None:
        return None
    said = f"{wording.in_100(ended.value or 0)} stays had ended by the commissioned {_days(ended)}"
    extra = f" On average a stay ran {numbers.value(beyond.value, beyond.unit)} beyond them." if beyond else ""
    average = f" A stay took {numbers.value(mean.value, mean.unit)} on average."
    return KeyFigure(heading="Length of stay", sentence=f"{said[:1].upper()}{said[1:]}.{average}{extra}")


def _team(released: Released) -> KeyFigure | None:
    e = _first(released, "team_meetings", "share of weeks")
    if e is None:
        return None
    share_said = wording.in_100((e.value or 0) / 100)
    said = f"In {share_said} weeks in a bed, the person was discussed at the weekly team meeting"
    if e.lower is not None and e.upper is not None:
        said += f" (likely range: {wording.range_in_100(e.lower / 100, e.upper / 100)})"
    return KeyFigure(heading="Weekly team meeting", sentence=f"{said}.")


def _hours(released: Released) -> KeyFigure | None:
    planned = _first(released, "package", "mean hours planned")
    needed = _first(released, "package", "mean hours a week after")
    without = _first(released, "package", "share without home care")
    if planned is None or needed is None:
        return None
    said = f"Planned without the beds: {numbers.value(planned.value, planned.unit)}. "
    said += f"Needed after them: {numbers.value(needed.value, needed.unit)}."
    if without is not None:
        none = wording.in_100((without.value or 0) / 100)
        said += f" {none[:1].upper()}{none[1:]} people who went home needed none."
    return KeyFigure(heading="Home care", sentence=said)


def pictures(released: Released) -> tuple[Figure, ...]:
    """Return the page's figures: length of stay, month by month, home by home, and what days cost."""
    found = (
        figure_stay.still_in_bed(released),
        figure_charts.months(released),
        figure_funnel.funnel(released),
        costs(released),
    )
    return tuple(f for f in found if f is not None)


def in_report(released: Released) -> tuple[Figure, ...]:
    """Return the figures of the full report, as many as a page carries: each home's months too, and the scores."""
    homes = dict.fromkeys(e.population for e in released.find(figure_charts.BY_MONTH))
    found = [figure_stay.still_in_bed(released), figure_funnel.funnel(released), costs(released)]
    found += [figure_charts.months(released, h) for h in sorted(homes, key=lambda h: h != figure_charts.EVERYONE)]
    return (*(f for f in found if f is not None), *report_figures(released))[:MOST_FIGURES]


def costs(released: Released) -> Figure | None:
    """Return the cost of a stay beside the cost of the same days elsewhere."""
    rows = [e for e in released.find("bed_days_cost") if not e.measure.startswith("mean difference")]
    bars = [Bar(words=e.term, estimate=e, lead=e.measure == "mean cost of a stay") for e in rows]
    title = "What a stay costs, and what as many days cost elsewhere"
    return figure_bars.side_by_side(bars, "bed-days-cost", title, "Mean cost of a stay, at the prices named below")


def _sure(released: Released) -> tuple[str, ...]:
    assessed = in_time(released)
    if assessed is None:
        return ()
    level = numbers.level(assessed.level)
    few = [c.sentence for c in released.checks if c.analysis == "clusters"]
    hours = [c.sentence for c in released.checks if c.analysis == "assessed_in_time"]
    return (f"Each number is an estimate. Its likely range is its {level} interval.", *few, *hours)


def _homes(released: Released) -> tuple[str, ...]:
    checks = [c for c in released.checks if c.analysis == "funnel"]
    if not checks:
        return ()
    apart = [c.name for c in checks if not c.passed]
    small = [c.name for c in checks if "too few" in c.sentence]
    said = (
        f"Homes: {wording.listed(tuple(apart))} lies further from the others than chance explains. Ask why."
        if len(apart) == 1
        else f"Homes: {wording.listed(tuple(apart))} lie further from the others than chance explains. Ask why."
        if apart
        else "Homes: none lies further from the others than chance explains."
    )
    return (f"{said} {wording.listed(tuple(small))}: too few people to judge." if small else said,)


def _months(released: Released) -> tuple[str, ...]:
    """Say whether the months moved by more than chance; months that stand out are named in the chart's title."""
    run = [c.sentence for c in released.checks if c.analysis == "run_chart" and c.name == "all"]
    signals = [c.sentence for c in released.checks if c.analysis == "xmr_chart" and " in " not in c.sentence]
    return tuple(f"Months: {s[:1].lower()}{s[1:]}" for s in (*run, *signals))


def _money(released: Released) -> tuple[str, ...]:
    own = _first(released, "bed_days_cost", "mean cost of a stay")
    others = [e for e in released.find("bed_days_cost") if e.measure.startswith("mean difference") and e.value]
    saved = _first(released, "package", "mean cost a week less than planned")
    said = []
    if own is not None and others:
        each = [
            f"{numbers.value(abs(e.value or 0), e.unit)} {'less' if (e.value or 0) < 0 else 'more'} than {e.term}"
            for e in others
        ]
        cost = numbers.value(own.value, own.unit)
        said.append(f"Money: a stay cost {cost} on average. That is {wording.listed(tuple(each))} for as many days.")
    if saved is not None and (saved.lower or 0) > 0:
        weekly = numbers.value(saved.value, saved.unit)
        said.append(f"Money: people who went home took home care that cost {weekly} less than planned.")
    return tuple(said)


def _progress(released: Released) -> tuple[str, ...]:
    lead = lead_of(released)
    better = share(released, lead) if lead else None
    if better is None:
        return ()
    many = wording.in_100((better.value or 0) / 100)
    said = f"Progress: {many} people did better in {what(lead)} at the end of the stay."
    return (said, *which_percent(released, lead))


def _unknown(released: Released) -> tuple[str, ...]:
    failed = [c for c in released.checks if not c.passed and c.analysis not in SAID_ELSEWHERE]
    lead = lead_of(released)
    kept = [c for c in failed if c.analysis not in STANDING or c.name.startswith(lead)]
    kept = [c for c in kept if c.analysis not in ("percent_improvement", "floor_and_ceiling", "run_chart")]
    return tuple(dict.fromkeys((*UNKNOWN, *(c.sentence for c in kept))))


def _included(released: Released) -> tuple[str, ...]:
    steps = [s for s in released.flow if s.population == "all" and s.n_left is not None]
    end = released.facts.get("data_end", "")
    said = [f"About {numbers.count(steps[-1].n_left)} stays in reablement beds were counted."] if steps else []
    prices = [note for note in released.notes if "£" in note]
    return (*said, *([f"The data end on {labels.date_words(end)}."] if end else []), *prices)
