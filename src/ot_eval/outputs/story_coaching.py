"""The coaching strand in plain words: what coaching changed, how sure that is, and what would have been needed."""

from __future__ import annotations

from dataclasses import dataclass

from ot_eval.outputs import figure_trial, labels, numbers, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedCheck, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included

MAIN = "as_allocated"
MOST_DRAWN = 3
HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How an outcome is said: who, what they did less or more of (with a place for the amount), what it is called.

    `way` holds the two directions in one word each.
    """

    who: str
    less: str
    more: str
    name: str
    way: tuple[str, str] = ("less", "more")


PEOPLE, STAFF, FIRMS = "People with a coached provider", "Coached carers", "Coached providers"
WORDS = {
    "package_change": Words(who=PEOPLE, less="needed {} less home care", more="needed {} more home care",
                            name="Home care needed"),
    "goals_met": Words(who=PEOPLE, less="met {} fewer of their goals", more="met {} more of their goals",
                       name="Goals met", way=("fewer", "more")),
    "eq5d": Words(who=PEOPLE, less="scored {} lower for health (1 is full health)",
                  more="scored {} higher for health (1 is full health)", name="Health (EQ-5D)",
                  way=("lower", "higher")),
    "mbarthel": Words(who=PEOPLE, less="scored {} points lower for everyday self-care (0 to 100)",
                      more="scored {} points higher for everyday self-care (0 to 100)", name="Everyday self-care",
                      way=("points lower", "points higher")),
    "skills_in_use": Words(who=STAFF, less="used {} fewer of the 24 enabling skills",
                           more="used {} more of the 24 enabling skills", name="Skills in use", way=("fewer", "more")),
    "job_satisfaction": Words(who=STAFF, less="were {} points less satisfied with their job (0 to 10)",
                              more="were {} points more satisfied with their job (0 to 10)", name="Job satisfaction",
                              way=("points less", "points more")),
    "hours_freed": Words(who=FIRMS, less="freed {} less for each client", more="freed {} more for each client",
                         name="Hours freed"),
    "capacity": Words(who=FIRMS, less="served {} fewer clients a carer", more="served {} more clients a carer",
                      name="Capacity", way=("fewer clients a carer", "more clients a carer")),
}  # fmt: skip
EVENTS = {
    "time_to_increase": ("larger packages", "Time to a larger package"),
    "ot_review_requests": ("requests for an OT review", "Requests for OT review"),
    "time_to_leaving": ("carers leaving", "Carers leaving"),
}
UNKNOWN = (
    "A comparison of few providers is a comparison of these providers. Others may differ.",
    "Who taught a skill, and how much coaching a carer had, was not decided by lot. It is described, not compared.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the coaching strand."""
    lead = lead_of(released)
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(released, lead),
        answer_more=_more(released, lead),
        key_figures=tuple(c for c in (_card(released, o) for o in outcomes(released) if o != lead) if c is not None),
        pictures=pictures(released, lead),
        sure=_sure(released, lead),
        means=_means(released),
        unknown=_unknown(released, lead),
        included=included(released),
        terms=("coached provider", "usual care", "intention to treat", "reablement", "disclosure control"),
    )


def outcomes(released: Released) -> tuple[str, ...]:
    """Return the outcomes that were compared, in the order of the protocol."""
    return tuple(dict.fromkeys(e.outcome for e in released.find(MAIN)))


def lead_of(released: Released) -> str:
    """Return the primary outcome: the first that was compared; empty where none was."""
    return next(iter(outcomes(released)), "")


def main(released: Released, outcome: str) -> ReleasedEstimate | None:
    """Return the planned comparison of an outcome, where it is shown with its range."""
    rows = [e for e in released.find(MAIN, outcome=outcome) if e.value is not None and e.lower is not None]
    return rows[0] if rows else None


def amount(value: float, outcome: str, unit: str) -> str:
    """Return a difference without its sign, as the sentence of its outcome needs it.

    Examples
    --------
    >>> amount(-2.4, "package_change", "hours/week"), amount(8.0, "goals_met", "percent")
    ('2.4 hours a week', '8 in 100')
    """
    if unit == "percent":
        return f"{abs(round(value))} in {HUNDRED}"
    if outcome in ("hours_freed", "package_change"):
        return numbers.value(abs(value), unit)
    return numbers.bare(abs(value), unit)


def clear(e: ReleasedEstimate) -> bool:
    """Return whether the range leaves out no difference."""
    none = 1.0 if e.unit == "ratio" else 0.0
    return not float(e.lower or 0) <= none <= float(e.upper or 0)


def sentence(e: ReleasedEstimate) -> str:
    """Say one comparison: no direction where the range includes no difference."""
    if e.outcome in EVENTS:
        events = EVENTS[e.outcome][0]
        return wording.expected_100(e, events, "under usual care", "with coaching")
    words = WORDS[e.outcome]
    value, low, high = float(e.value or 0), float(e.lower or 0), float(e.upper or 0)
    if not clear(e):
        return f"These data cannot tell. They fit anything {_anything(e)} with coaching."
    phrase = (words.less if value < 0 else words.more).format(amount(value, e.outcome, e.unit))
    ends = sorted((abs(low), abs(high)))
    span = f"{numbers.bare(ends[0], e.unit)} to {amount(ends[1], e.outcome, e.unit)}"
    return f"{words.who} {phrase} than others (likely range: {span})."


def _anything(e: ReleasedEstimate) -> str:
    """Return both ends of a range, each with its direction."""
    way = WORDS[e.outcome].way
    ends = [float(x or 0) for x in (e.lower, e.upper)]
    said = [f"{amount(x, e.outcome, e.unit)} {way[x > 0]}" for x in ends]
    return f"from {said[0]} to {said[1]}"


def _answer(released: Released, lead: str) -> str:
    e = main(released, lead) if lead else None
    if e is None:
        refused = [c.sentence for c in released.checks if c.analysis == MAIN and c.name.startswith("refused")]
        return refused[0] if refused else "Too few people or providers took part to publish an answer."
    if not clear(e) and e.outcome in WORDS:
        name = WORDS[e.outcome].name.lower()
        said = f"The study cannot tell whether coaching changed {name}."
        return f"{said} The data fit anything {_anything(e)} with coaching."
    return sentence(e)


def _more(released: Released, lead: str) -> str:
    e = main(released, lead) if lead else None
    if e is None:
        return ""
    needed = [c.sentence for c in _checks(released, "needed", lead)]
    if not clear(e):
        return " ".join(["What would have been needed:", needed[0]]) if needed else _detectable(released, lead)
    allocation = [c for c in released.checks if c.name == "allocation"]
    return allocation[0].sentence if allocation else ""


def _detectable(released: Released, lead: str) -> str:
    rows = [e for e in released.find("needed", outcome=lead, term="detectable") if e.value is not None]
    if not rows:
        return ""
    return f"With these providers a difference of {numbers.value(rows[0].value, rows[0].unit)} or more is likely seen."


def _checks(released: Released, analysis: str, outcome: str) -> list[ReleasedCheck]:
    return [c for c in released.checks if c.analysis == analysis and c.name.endswith(f", {outcome}")]


def _card(released: Released, outcome: str) -> KeyFigure | None:
    e = main(released, outcome)
    if e is None:
        return None
    heading = WORDS[outcome].name if outcome in WORDS else EVENTS[outcome][1]
    return KeyFigure(heading=heading, sentence=sentence(e))


def pictures(released: Released, lead: str) -> tuple[Figure, ...]:
    """Return the page's figures: who took part, each provider, each left out, recruitment against coaching."""
    found = (
        figure_trial.providers(released, lead),
        figure_trial.left_out(released, lead),
        figure_trial.consort(released),
        figure_trial.timeline(released),
    )
    return tuple(f for f in found if f is not None)


def report_figures(released: Released) -> tuple[Figure, ...]:
    """Return the figures of the full report: the flow, the timeline, and both plots of the first outcomes."""
    drawn = outcomes(released)[:MOST_DRAWN]
    found = [figure_trial.consort(released), figure_trial.timeline(released)]
    found += [figure_trial.providers(released, o) for o in drawn]
    found += [figure_trial.left_out(released, o) for o in drawn[:1]]
    return tuple(f for f in found if f is not None)


def _sure(released: Released, lead: str) -> tuple[str, ...]:
    e = main(released, lead) if lead else None
    if e is None:
        return ()
    said = [f"Each number is an estimate. Its likely range is its {numbers.level(e.level)} interval."]
    said += [c.sentence for c in _checks(released, MAIN, lead)]
    for analysis in ("without_each_provider", "both_averages", "other_analyses", "missing_outcomes"):
        said += [c.sentence for c in _checks(released, analysis, lead) if c.passed]
    return tuple(dict.fromkeys(said))


def _means(released: Released) -> tuple[str, ...]:
    held = [e for e in released.find("delivered", measure="sessions held for every 10 planned") if e.value is not None]
    said = []
    if held:
        low, high = (f(float(e.value or 0) for e in held) for f in (min, max))
        said.append(
            f"Coaching took place in part or in full: between {low:.0f} and {high:.0f} of every 10 planned sessions "
            "were held, provider by provider."
        )
    part = [e for e in released.find("by_subgroup", outcome=lead_of(released)) if e.value is not None]
    if part:
        each = wording.listed(tuple(f"{numbers.value(e.value, e.unit)} ({_level(e.term)})" for e in part))
        said.append(f"In parts of the group the difference was {each}. Read these for a pattern only.")
    return tuple(said)


def _level(term: str) -> str:
    variable, _, level = term.partition(": ")
    return f"{labels.label(variable, labels.VARIABLES).lower()}: {level}"


def _unknown(released: Released, lead: str) -> tuple[str, ...]:
    failed = [c.sentence for c in released.checks if not c.passed and (c.name.endswith(f", {lead}") or c.name in (
        "allocation", f"refused for {lead}"))]  # fmt: skip
    e = main(released, lead) if lead else None
    answered = "" if e is None or clear(e) else _more(released, lead)
    failed = [s for s in failed if s not in answered]
    if e is not None and clear(e):
        failed = [s for s in failed if s not in {c.sentence for c in _checks(released, "needed", lead)}]
    gone = [c for c in released.checks if c.analysis == MAIN and c.name.startswith("refused for ")]
    missing = [labels.label(c.name.removeprefix("refused for "), labels.OUTCOMES) for c in gone]
    lost = [f"Planned, and not compared for want of data: {wording.listed(tuple(missing))}."] if missing else []
    return tuple(dict.fromkeys((*failed, *lost, *UNKNOWN)))
