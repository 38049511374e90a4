"""The analyses of progress, one score at a time; each is a paragraph of the methods section of `progress`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.measures import visits
from ot_eval.measures.change_rating import IMPORTANT_FROM
from ot_eval.models import (
    change_adjusted,
    change_anchor,
    change_levels,
    change_mean,
    change_percent,
    change_repeated,
    change_thresholds,
    change_visits,
    missing,
)
from ot_eval.outputs import labels
from ot_eval.studies.progress_data import EVERYONE, covariates
from ot_eval.studies.progress_material import AFTER, DURING, FEWEST_PEOPLE, INTERVALS, Found, Material, Part, attempt

SEEN, NOT_SEEN = "all, OT contact during reablement", "all, no OT contact during reablement"


def followed(m: Material) -> Found:
    """Say how many have later scores, and how people without one differ from people with one."""
    if not m.lead:
        return
    repeated = m.repeated()
    known = pd.DataFrame(
        {
            "age": m.people["age"],
            "female": m.people["sex"].map({"female": 1.0, "male": 0.0}),
            "dementia": m.people["dementia"].map({"yes": 1.0, "no": 0.0}),
            "from hospital": m.people["route"].map({"hospital": 1.0, "community": 0.0}),
        }
    )
    yield from missing.followed(repeated, m.protocol.level)
    for time in repeated.timepoints[1:]:
        found = missing.who_is_missing(repeated, known, time)
        yield from found
        if found:
            yield missing.alike(found, repeated, time)


def course(m: Material) -> Found:
    """Follow the score over all timepoints: means of everyone, their spread, and the mixed model."""
    repeated = m.repeated()
    yield from change_visits.at_each_time(repeated, m.protocol.level)
    if m.cluster is None and m.score.unit != "level":
        yield from change_repeated.trajectory(repeated, m.protocol.level)


def change(m: Material) -> Found:
    """Give the mean change of people with both scores, and the change in units of spread."""
    for before, after in _intervals(m):
        pairs = m.pairs(before, after)
        steps = [change_mean.mean_change]
        if m.score.unit != "level":
            steps += [change_mean.standardised_response_mean, change_mean.effect_size_at_baseline]
        for step in steps:
            yield attempt(m, step, pairs, level=m.protocol.level)
        if m.lead and (before, after) == DURING:
            yield change_adjusted.single_group(pairs)


def _intervals(m: Material) -> list[tuple[str, str]]:
    times = set(m.scored.loc[m.scored[m.score.name].notna(), "timepoint"])
    return [(b, a) for b, a in INTERVALS if {b, a} <= times]


def percent_improvement(m: Material) -> Found:
    """Report each definition of percent improvement during reablement, and what published figures could have been."""
    pairs = m.pairs(*DURING)
    if m.score.unit == "level":
        found = change_percent.level_definitions(pairs, m.protocol.level)
    else:
        important = m.thresholds[0].value if m.thresholds else None
        found = change_percent.definitions(pairs, important, m.protocol.level)
    yield from found
    for figure in m.protocol.progress.published:
        if figure.score == m.outcome:
            yield _reading(figure.percent, figure.decimals, figure.source, found, m.outcome)


def _reading(percent: float, decimals: int, source: str, found: Iterable[Estimate], outcome: str) -> Check:
    matches = [r.measure for r in change_percent.readings(found, percent, decimals) if r.matches]
    figure = f"{percent:.{decimals}f} %"
    said = "could be: " + "; ".join(matches) if matches else "is none of the definitions that were computed"
    return Check(
        analysis=change_percent.ANALYSIS,
        name=f"published {figure} for {outcome}",
        passed=bool(matches),
        sentence=f"The published {figure} for {labels.label(outcome, labels.OUTCOMES)} {said}.",
        detail=source or "source of the figure not given",
    )


def worthwhile(m: Material) -> Found:
    """Give the shares with important and with reliable change, each with the setting its threshold came from."""
    pairs = m.pairs(*DURING)
    for threshold in m.thresholds:
        yield from change_thresholds.important_change(pairs, threshold, m.protocol.level)
    for error in m.errors:
        yield from change_thresholds.reliable_change(pairs, error, m.protocol.level)
        for threshold in m.thresholds:
            yield from change_thresholds.important_and_reliable(pairs, threshold, error, m.protocol.level)
            yield change_thresholds.thresholds_compared(threshold, error)


def spread_and_noise(m: Material) -> Found:
    """Give half a standard deviation, and the noise where it is known; they say nothing of what matters to people."""
    if m.lead and m.score.unit != "level":
        yield from change_anchor.distribution_thresholds(m.pairs(*DURING), m.errors[0] if m.errors else None)


def anchored(m: Material) -> Found:
    """Read an important change from people's own rating of change, where it was asked and follows the score."""
    if m.ratings is None or not m.lead or m.score.unit == "level":
        return
    pairs, ratings = m.pairs(*DURING), m.ratings.dropna()
    rated = int(pairs.frame["person_id"].isin(ratings.index).sum())
    if rated < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"{m.outcome}: {rated} people with both scores rated their change",
            expected=f"at least {FEWEST_PEOPLE}",
            fix="ask everybody at the end of reablement",
        )
    strong = change_anchor.anchor_is_strong_enough(pairs, ratings)
    yield strong
    if not strong.passed:
        return
    yield attempt(m, change_anchor.mean_change_of, pairs, ratings, IMPORTANT_FROM, m.protocol.level)
    if not pairs.clustered:
        improved = ratings >= IMPORTANT_FROM
        yield attempt(m, change_anchor.area_under_curve, pairs, improved, m.protocol.level)
        yield from change_anchor.anchored_thresholds(pairs, improved, m.rng(), level=m.protocol.level)


def room(m: Material) -> Found:
    """Say how many sit at an end of the scale, where it cannot show change."""
    if m.score.range is None:
        return
    pairs = m.pairs(*DURING)
    found = change_levels.floor_and_ceiling(pairs, m.protocol.level)
    yield from found
    yield change_levels.room_to_move(found, pairs)


def levels(m: Material) -> Found:
    """Show who moved from which level to which."""
    if m.score.unit != "level":
        return
    pairs = m.pairs(*DURING)
    yield from change_levels.transitions(pairs)
    yield change_levels.probability_of_superiority(pairs, m.protocol.level)


def profiles(m: Material) -> Found:
    """Classify change of the whole EQ-5D profile (once an instrument, with its level sum)."""
    if m.score.name != "level_sum":
        return
    pairs = m.pairs(*DURING)
    n_levels = int((m.score.maximum or 0) / 5)
    before, after = (visits.profiles_at(m.scored, pairs, time) for time in DURING)
    yield from change_levels.paretian_shares(pairs, before, after, n_levels, m.protocol.level)


def missing_scores(m: Material) -> Found:
    """Impute missing scores, then impute them worse, and say whether the conclusion holds."""
    repeated = m.repeated()
    if m.score.unit == "level" or repeated.timepoints[0] != DURING[0]:
        return
    based = repeated.with_first()
    sd = float(based.frame[DURING[0]].std(ddof=1))
    deltas = (0.0, *(round(k * sd, 3) for k in m.protocol.progress.missing_worse_by))
    age = m.people[["age"]] if m.people["age"].reindex(based.frame.index).notna().all() else None
    for time in based.timepoints[1:]:
        if based.frame[time].notna().all():
            continue
        found = missing.imputed_change(
            repeated,
            time,
            m.rng(),
            died=visits.died_before(m.scored, m.people["death_date"], time),
            known=age,
            deltas=deltas,
            m=m.protocol.progress.imputations,
            level=m.protocol.level,
        )
        yield from found
        yield missing.tipping_point(found)


def by_contact(m: Material) -> Found:
    """Hold change after reablement against occupational therapy contact during it, at equal scores at its end.

    Contact counts up to the day of the end assessment, so that nobody is called "seen" for something that came later.
    Change during reablement is described in both groups and never compared: contact happens while it happens.
    """
    if m.contacts is None or AFTER not in _intervals(m):
        return
    seen = visits.seen_by(m.scored, m.contacts, m.people["start_date"], AFTER[0])
    during, after = m.pairs(*DURING), m.pairs(*AFTER)
    for population, flag in ((SEEN, seen), (NOT_SEEN, ~seen)):
        part = visits.among(during, flag, population)
        if len(part.frame) >= FEWEST_PEOPLE:
            yield attempt(m, change_mean.mean_change, part, level=m.protocol.level)
    known = covariates(m.people, m.protocol.covariates)
    complete = visits.among(after, known.notna().all(axis="columns"), EVERYONE)
    varying = known.loc[:, known.reindex(complete.frame["person_id"]).nunique().gt(1)]
    compare = change_adjusted.adjusted_difference
    yield attempt(m, compare, after, seen, level=m.protocol.level)
    if len(varying.columns):
        adjusted = attempt(m, compare, complete, seen, covariates=varying, level=m.protocol.level)
        words = f", and equal {', '.join(varying.columns)}"
        yield replace(adjusted, measure=adjusted.measure + words) if isinstance(adjusted, Estimate) else adjusted


PARTS: tuple[Part, ...] = (
    followed,
    course,
    change,
    percent_improvement,
    worthwhile,
    spread_and_noise,
    anchored,
    room,
    levels,
    profiles,
    missing_scores,
    by_contact,
)
