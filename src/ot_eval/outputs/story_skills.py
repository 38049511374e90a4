"""The skills strand in plain words: what carers do well, what nobody taught them, what coaching should cover first."""

from __future__ import annotations

from collections.abc import Sequence

from ot_eval.outputs import figure_skill_map, figure_skills, labels, numbers, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.skill_gaps import CARERS, WORKERS, Gap, ranked, words_of
from ot_eval.outputs.story import KeyFigure, Story
from ot_eval.outputs.table_people import main_flow

MOST_NAMED = 3
NOBODY = "nobody taught them"
HALF = 50.0
"""Percent of carers who have a skill, at least, where carers are said to do it well."""
FAR = 50.0
"""Percentage points by which two groups differ at least where a skill is said to be that of one group."""
HONEST = (
    "This rests on what workers said of themselves, in answer to new questions that nobody has tested yet. Use it to "
    "start a talk with your team, not to judge a person."
)
UNKNOWN = (
    "A low share may mean that few have the skill, or that few understood the question.",
    "What a worker thinks of the effect of their work is not the effect.",
    "Carers who did not answer may differ from those who did.",
)


def story(released: Released) -> Story:
    """Return the manager's account of the skills strand."""
    gaps = [g for g in ranked(released) if g.known]
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(gaps),
        answer_more=HONEST,
        key_figures=tuple(c for c in (_well(released), _untaught(released), _first(gaps)) if c is not None),
        pictures=pictures(released),
        sure=(*_order(gaps), *_trust(released)),
        means=(
            *_overlap(released),
            *_one_group(released),
            *_taught(released),
            *_barriers(released),
            *_change(released),
        ),
        unknown=tuple(dict.fromkeys((*(c.sentence for c in released.checks if not c.passed), *UNKNOWN))),
        included=_included(released),
        terms=("disclosure control",),
    )


def pictures(released: Released) -> tuple[Figure, ...]:
    """Return the figures of the strand, each named after its analysis."""
    found = (
        figure_skills.gap_bars(released),
        figure_skill_map.skill_map(released),
        figure_skills.taught_and_used(released),
        figure_skills.shared(released),
        figure_skills.change(released),
    )
    return tuple(f for f in found if f is not None)


def _included(released: Released) -> tuple[str, ...]:
    """Say how many workers answered, how many are counted, of which roles, and how far the answers reach."""
    steps = [s for s in main_flow(released) if s.n_left is not None]
    said = []
    if steps:
        said.append(
            f"About {numbers.count(steps[0].n_left)} workers answered. About {numbers.count(steps[-1].n_left)} of them "
            "said how well they have the skills, and gave their role."
        )
    rows = [e for e in released.find("who_has") if e.n is not None]
    most = {
        role: max(e.n or 0 for e in rows if e.population == role) for role in dict.fromkeys(e.population for e in rows)
    }
    if most:
        said.append(f"They are {wording.listed(tuple(f'about {n:,} {role}' for role, n in most.items()))}.")
    end = released.facts.get("data_end", "")
    return (*said, f"The data run to {labels.date_words(end)}.") if end else tuple(said)


def _lower(text: str) -> str:
    """Return words to stand inside a sentence; a word in capitals stays."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _listed(items: Sequence[str]) -> str:
    return "; ".join(items)


def _answer(gaps: Sequence[Gap]) -> str:
    if not gaps:
        return "Too few home carers answered to say what coaching should cover first."
    said = [f"{_lower(g.words)} ({g.counted} carers)" for g in gaps[:MOST_NAMED]]
    return f"Coaching should first cover: {_listed(said)}. So many lack the skill, or were taught it by nobody."


def _first(gaps: Sequence[Gap]) -> KeyFigure | None:
    if not gaps:
        return None
    said = [f"{_lower(g.words)} ({g.counted})" for g in gaps[:MOST_NAMED]]
    return KeyFigure(
        heading="What coaching should cover first",
        sentence=f"Home carers without the skill, or never taught it: {_listed(said)}.",
    )


def people(e: ReleasedEstimate) -> str:
    """Return a shown share of workers as people out of all who answered, both rounded by the gate."""
    if e.n_event is None or e.n is None:
        return wording.in_100(float(e.value or 0) / 100)
    return f"about {numbers.count(e.n_event)} of {numbers.count(e.n)}"


def _top(rows: Sequence[ReleasedEstimate], most: int = MOST_NAMED) -> list[ReleasedEstimate]:
    return sorted((e for e in rows if e.value is not None), key=lambda e: -float(e.value or 0))[:most]


def _well(released: Released) -> KeyFigure | None:
    rows = released.find("who_has", population=CARERS, measure=WORKERS)
    top = _top([e for e in rows if float(e.value or 0) >= HALF])
    if not top:
        return None
    used = {e.term: e.n_event for e in released.find("who_uses", population=CARERS)}
    said = []
    for e in top:
        week = used.get(e.term)
        more = f", {week:,} used it in the last 7 days" if week is not None else ""
        said.append(f"{_lower(words_of(e.term))} ({_people(e)} can{more})")
    return KeyFigure(
        heading="What our carers do well",
        sentence=f"Of about {numbers.count(top[0].n)} home carers, by their own word: {_listed(said)}.",
    )


def _people(e: ReleasedEstimate) -> str:
    """Return the workers behind a shown share, rounded by the gate, or the share in percent."""
    return numbers.value(e.value, "percent") if e.n_event is None else numbers.count(e.n_event)


def _untaught(released: Released) -> KeyFigure | None:
    rows = [e for e in released.find("how_taught", measure=WORKERS) if e.term.endswith(NOBODY)]
    top = _top(rows)
    if not top:
        return None
    said = [f"{_lower(words_of(e.term.removesuffix(f': {NOBODY}')))} ({people(e)} carers who can do it)" for e in top]
    return KeyFigure(heading="What nobody taught them", sentence=f"Learned without any teaching: {_listed(said)}.")


def _order(gaps: Sequence[Gap]) -> tuple[str, ...]:
    """Say whether the first places stand clear of the rest."""
    first, rest = gaps[:MOST_NAMED], gaps[MOST_NAMED:]
    if not first or not rest:
        return ()
    lowest = min(float(g.estimate.lower if g.estimate.lower is not None else g.rank) for g in first)
    highest = max(float(g.estimate.upper if g.estimate.upper is not None else g.rank) for g in rest)
    if lowest > highest:
        return (f"The first {len(first)} skills stand clear of all others: their likely ranges do not overlap.",)
    return ("The order of the list is not sure: likely ranges overlap. Choose with your team among the first few.",)


def _trust(released: Released) -> tuple[str, ...]:
    """Say how far answers, observers and questions agree, and what that does not show."""
    said = []
    kappa = next((e for e in released.find("said_and_seen", term="level of skill") if "kappa" in e.measure), None)
    if kappa is not None and kappa.value is not None:
        said.append(
            f"Observers watched about {numbers.count(kappa.n)} workers. On a scale from 0 (no more than by chance) to "
            f"1 (always the same), workers and observers agreed by {_two(kappa)} on how well a skill is done."
        )
    less = [e for e in released.find("less_effect_seen") if e.value is not None and float(e.value) >= FAR]
    if less:
        said.append(
            "Workers thought it helped more than observers saw, in most cases: "
            f"{_listed([f'{_lower(words_of(e.term))} ({people(e)} workers)' for e in _top(less)])}."
        )
    icc = next((e for e in released.find("observers_agree") if e.value is not None), None)
    if icc is not None:
        said.append(f"Two observers of the same worker agreed by {_two(icc)}, on a scale up to 1.")
    alpha = next((e for e in released.find("hang_together") if e.value is not None), None)
    if alpha is not None:
        said.append(
            f"The answers hang together by {_two(alpha)}, on a scale up to 1 (alpha). That does not show what they "
            "measure."
        )
    return tuple(said)


def _two(e: ReleasedEstimate) -> str:
    value = numbers.fixed(float(e.value or 0), 2)
    if e.lower is None or e.upper is None:
        return value
    return f"{value} (likely range: {numbers.fixed(e.lower, 2)} to {numbers.fixed(e.upper, 2)})"


def _overlap(released: Released) -> tuple[str, ...]:
    rows = [e for e in released.find("overlap") if e.value is not None]
    if not rows:
        return ()
    said = [f"{e.term} {numbers.fixed(100 * float(e.value or 0), 0)}" for e in rows]
    return (f"Of 100 skills that either of two workers has, both have so many: {_listed(said)}.",)


def _one_group(released: Released) -> tuple[str, ...]:
    """Say which skills one group has and the other hardly, where the difference is large and clear."""
    said = []
    rows = [e for e in released.find("between_roles") if e.value is not None and e.lower is not None]
    for role in dict.fromkeys(e.population.partition(" v ")[2] for e in rows):
        mine = [e for e in rows if e.population.endswith(f" v {role}")]
        theirs = [_lower(words_of(e.term)) for e in mine if float(e.upper or 0) < 0 and float(e.value or 0) <= -FAR]
        ours = [_lower(words_of(e.term)) for e in mine if float(e.lower or 0) > 0 and float(e.value or 0) >= FAR]
        if theirs:
            said.append(f"Skills that many more {role} have than home carers: {_listed(theirs)}.")
        if ours:
            said.append(f"Skills that many more home carers have than {role}: {_listed(ours)}.")
    return tuple(said)


def _taught(released: Released) -> tuple[str, ...]:
    """Say what is taught and not used, and used and not taught, where the difference is clear; and who teaches."""
    found = [p for p in figure_skills.pairs(released) if p.clear]
    idle = [_lower(p.words) for p in found if float(p.gap.value or 0) < 0][:MOST_NAMED]
    alone = [_lower(p.words) for p in reversed(found) if float(p.gap.value or 0) > 0][:MOST_NAMED]
    said = []
    if idle:
        said.append(f"Taught more often than used, so ask what stops it: {_listed(idle)}.")
    if alone:
        said.append(f"Used more often than taught, so check that it is done safely: {_listed(alone)}.")
    top = [e for e in _top(released.find("taught_by"), MOST_NAMED + 1) if e.term != "nobody"][:MOST_NAMED]
    if top:
        listed = wording.listed(tuple(f"{e.term} ({people(e)} carers)" for e in top))
        said.append(f"Who taught them at least one skill: {listed}.")
    return tuple(said)


def _barriers(released: Released) -> tuple[str, ...]:
    top = _top(released.find("barriers"))
    if not top:
        return ()
    listed = wording.listed(tuple(f"{e.term} ({people(e)} carers)" for e in top))
    return (f"What stops them, for at least one skill: {listed}.",)


def _change(released: Released) -> tuple[str, ...]:
    """Say how many skills were gained where coaching had begun and where not; the comparison only with its range."""
    rows = [e for e in released.find("skills_gained", measure="difference in change") if e.value is not None]
    rows = [e for e in rows if e.lower is not None and e.upper is not None]
    if not rows:
        return ()
    e = rows[-1]
    size, low, high = (numbers.fixed(float(x or 0), 1) for x in (e.value, e.lower, e.upper))
    start = f"By {e.outcome}, carers of coached providers had gained"
    end = "Providers were not drawn by lot, so coaching may not be the cause."
    if float(e.lower or 0) <= 0 <= float(e.upper or 0):
        return (
            f"{start} neither clearly more nor clearly fewer skills than others (likely range: {low} to {high}). {end}",
        )
    way = "more" if float(e.value or 0) > 0 else "fewer"
    return (f"{start} {size} skills {way} than others (likely range: {low} to {high}). {end}",)
