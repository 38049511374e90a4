"""The progress strand in plain words: how many did better, by how much, and what such a change is worth."""

from __future__ import annotations

from dataclasses import replace

from ot_eval.outputs import figure_bars, figure_course, figure_flows, figures, labels, numbers, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included

DURING, AFTER, OVERALL = "baseline to end", "end to follow_up", "baseline to follow_up"
PERCENT, CHANGE = "percent_improvement", "change"
IMPROVED = "share of people who improved"
PARETIAN = "paretian_class"
ADJUSTED = "baseline_adjusted_difference"
STANDING = ("regression_to_the_mean", "lost_to_follow_up", "delta_adjusted")
"""Checks that the page repeats; the others stand in the full report."""
MOST_FIGURES = 6
"""Figures of a full report, at most: more would make its page too large to send."""
UNKNOWN = (
    "Scores show what people could do on the day, as the assessor saw it. They do not show what people chose to do.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the progress strand."""
    lead = lead_of(released)
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(released, lead),
        answer_more=_afterwards(released, lead),
        key_figures=cards(released, lead),
        pictures=pictures(released),
        sure=_sure(released, lead),
        means=(*which_percent(released, lead), *_contact(released, lead)),
        unknown=tuple(dict.fromkeys((*_standing(released, lead), *UNKNOWN))),
        included=included(released),
        terms=("reablement", "disclosure control"),
    )


def lead_of(released: Released) -> str:
    """Return the score the page is about: the first whose share of people improved is shown, else the first at all."""
    shown = [e.outcome for e in released.find(PERCENT, measure=IMPROVED) if e.value is not None]
    every = [e.outcome for e in released.find("followed_up")]
    return (shown or every or [""])[0]


def what(outcome: str) -> str:
    """Return the reader's words for a score, without the name of the instrument behind it."""
    return labels.label(outcome, labels.OUTCOMES).partition(" (")[0]


def share(released: Released, outcome: str) -> ReleasedEstimate | None:
    """Return the share of people whose score was better at the end of reablement."""
    return released.one(PERCENT, outcome=outcome, measure=IMPROVED, term=DURING)


def gain(released: Released, outcome: str, term: str) -> ReleasedEstimate | None:
    """Return the mean change of everyone with both scores."""
    return released.one(CHANGE, outcome=outcome, measure="mean change", term=term, population="all")


def _answer(released: Released, lead: str) -> str:
    better = share(released, lead)
    if better is None:
        return "Too few people were assessed twice to say how many did better."
    said = f"{_upper(wording.in_100((better.value or 0) / 100))} people did better in {what(lead)} at the end of "
    return f"{said}reablement than at its start."


def _afterwards(released: Released, lead: str) -> str:
    """Say what became of the score after reablement; no direction where the interval includes none."""
    change = gain(released, lead, AFTER)
    if change is None or change.lower is None or change.upper is None:
        return ""
    if change.lower <= 0 <= change.upper:
        return "In the weeks after reablement the mean score neither clearly rose nor clearly fell."
    size = numbers.value(abs(change.value or 0), change.unit)
    better = (change.lower > 0) != (lead in figure_flows.lower_is_better(released))
    return f"After reablement the mean score got {'better' if better else 'worse'}, by {size}{_points(change)}."


def _points(e: ReleasedEstimate) -> str:
    return " points" if e.unit == "points" else ""


def cards(released: Released, lead: str) -> tuple[KeyFigure, ...]:
    """Return the cards: how many did better, changed enough to matter, are healthier, and were assessed at all."""
    important = [e for e in released.find("important_change", term=DURING) if e.value and "better by" in e.measure]
    found = [
        _card("Better at the end", share(released, lead), f"did better in {what(lead)}"),
        *[_card("A change that matters", e, f"got {e.measure.removeprefix('share ')}") for e in important[:1]],
        _card(
            "Health in five areas",
            released.one(PARETIAN, measure="share improved", term=DURING),
            "had better health in at least one of five areas, and worse in none",
        ),
        _card(
            "Assessed at the end",
            released.one("followed_up", outcome=lead, term="end"),
            "who had a first assessment also had one at the end",
        ),
    ]
    return tuple(c for c in found if c is not None)


def _card(heading: str, e: ReleasedEstimate | None, did: str) -> KeyFigure | None:
    if e is None or e.value is None:
        return None
    return share_card(heading, e, "people", did)


def share_card(heading: str, e: ReleasedEstimate, who: str, did: str) -> KeyFigure:
    """Return the card of a shown share in percent: 100 small figures, and the sentence with its range."""
    said = f"{_upper(wording.in_100((e.value or 0) / 100))} {who} {did}"
    if e.lower is not None and e.upper is not None:
        said += f" (likely range: {wording.range_in_100(e.lower / 100, e.upper / 100)})"
    name = f"icons-{figure_course.slug(heading)}"
    return KeyFigure(heading=heading, sentence=f"{said}.", figure=icons(e, name, heading, did))


def icons(e: ReleasedEstimate, name: str, title: str, had: str) -> Figure | None:
    """Return the icon array of a share in percent."""
    scaled = replace(e, value=None if e.value is None else e.value / 100)
    return figures.icons(scaled, name, title, had)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def pictures(released: Released) -> tuple[Figure, ...]:
    """Return the page's figures: the course, who moved between levels, and what if the missing did worse."""
    lead = lead_of(released)
    term = OVERALL if released.find("delta_adjusted", outcome=lead, term=OVERALL) else DURING
    found = (
        figure_course.course(released, lead),
        figure_flows.alluvial(released, _most_moved(released)),
        figure_bars.sensitivity(released, lead, term),
    )
    return tuple(f for f in found if f is not None)


def report_figures(released: Released) -> tuple[Figure, ...]:
    """Return the figures of the full report, as many as a page carries; its tables hold every number.

    They are the course and the sensitivity of each instrument's first score, and the flows of each score in levels.
    """
    leads = tuple(dict.fromkeys(e.outcome for e in released.find("followed_up")))
    levels = tuple(dict.fromkeys(e.outcome for e in released.find(figure_flows.TRANSITIONS)))
    found: list[Figure | None] = [figure_course.course(released, s) for s in leads if s not in levels]
    found += [figure_bars.sensitivity(released, s, OVERALL) for s in leads]
    most = _most_moved(released)
    found += [figure_flows.alluvial(released, s) for s in sorted(levels, key=lambda s: s != most)]
    return tuple(f for f in found if f is not None)[:MOST_FIGURES]


def _most_moved(released: Released) -> str:
    """Return the score in levels in which most people improved."""
    rows = [e for e in released.find(PERCENT, term=DURING) if e.value is not None and "improved a level" in e.measure]
    return max(rows, key=lambda e: e.value or 0.0).outcome if rows else ""


def _sure(released: Released, lead: str) -> tuple[str, ...]:
    change = gain(released, lead, DURING)
    if change is None or change.lower is None:
        return ()
    mean = numbers.value(abs(change.value or 0), change.unit)
    ends = sorted(abs(x or 0) for x in (change.lower, change.upper))
    low, high = (numbers.value(x, change.unit) for x in ends)
    level = numbers.level(change.level)
    said = f"In people assessed both times the mean changed by {mean}{_points(change)} "
    return (f"{said}(likely range: {low} to {high}; it is a {level} interval).",)


def which_percent(released: Released, lead: str) -> tuple[str, ...]:
    """Say which percentages the same change gives, so that a figure is never quoted without its definition."""
    rows = [e for e in released.find(PERCENT, outcome=lead, term=DURING, population="all") if e.value is not None]
    if not rows:
        return ()
    said = [f"{e.measure}, {numbers.value(e.value, e.unit)}" for e in rows]
    first = f"“Percent improvement” has no one meaning. The same people give: {'; '.join(said)}. Say which you quote."
    published = [c.sentence for c in released.checks if c.analysis == PERCENT]
    return (first, *published)


def _contact(released: Released, lead: str) -> tuple[str, ...]:
    """Say how change after reablement compares by contact during it, at equal scores at its end."""
    rows = [e for e in released.find(ADJUSTED, outcome=lead, term=AFTER) if e.value is not None and e.lower is not None]
    if not rows:
        return ()
    e = rows[-1]
    low, high = (numbers.bare(x, e.unit) for x in (e.lower, e.upper))
    start = "Occupational therapy: after reablement, people who had seen a therapist during it were compared with "
    start += "people of equal score who had not."
    if (e.lower or 0) <= 0 <= (e.upper or 0):
        return (f"{start} The difference may be anything from {low} to {high}{_points(e)}: these data cannot tell.",)
    better = ((e.value or 0) > 0) != (lead in figure_flows.lower_is_better(released))
    size = numbers.value(abs(e.value or 0), e.unit)
    end = f"They did {'better' if better else 'worse'} by {size}{_points(e)} (likely range: {low} to {high})."
    return (f"{start} {end} They were not chosen by lot.",)


def _standing(released: Released, lead: str) -> tuple[str, ...]:
    """Return what the page must say of the lead score's checks that did not hold."""
    return tuple(
        c.sentence for c in released.checks if not c.passed and c.analysis in STANDING and c.name.startswith(lead)
    )
