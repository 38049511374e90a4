"""Simpler methods that must agree with the emulated trial, or say why not; dose, kinds of work, and who gains most.

Landmarks, a rate that changes on the day after contact, dose and kinds of work by day 28: each asks a narrower question
than the trial and takes account only of what was known on the first day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models import cox
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.landmark import at_landmark
from ot_eval.models.target_trial import Strategy, emulate
from ot_eval.studies.attempt import attempt, refusal
from ot_eval.studies.timing_desk import INCREASE, Desk, strategies_of
from ot_eval.studies.timing_strategies import DIFFERENCE, METHOD, Emulation, _weeks

LANDMARK, VARYING, DOSE, FAMILY, NEED = (
    "timing_landmark",
    "timing_cox",
    "timing_dose",
    "timing_family",
    "timing_need",
)
DOSE_DAY = 28
FEWEST = 10
LONG = 90
"""Minutes with a therapist by day 28 that count as long (about two visits; a judgement)."""
CONTACT = "OT contact"
WORDS = ("not yet", "from the day after")
Found = Iterator[Estimate | Check]


def companions(desk: Desk, made: Emulation) -> Found:
    """Yield every companion; one that the data cannot carry is refused by name."""
    steps: tuple[Callable[[Desk], Found], ...] = (landmarks, varying, dose, families, need)
    ratios: list[Estimate] = []
    for step in steps:
        for found in attempt(step, desk, of="timing"):
            ratios += [found] if isinstance(found, Estimate) and found.analysis in (LANDMARK, VARYING) else []
            yield found
    yield agreement(desk, made, ratios)


def landmarks(desk: Desk) -> Found:
    """Yield the ratio of rates after each landmark, of people seen by then and people not yet seen."""
    for day in desk.protocol.timing.landmark_days:
        try:
            rows = at_landmark(_plain(desk), landmark=day, cause=INCREASE, name="seen")
            yield from _ratios(desk, rows, "seen", LANDMARK, f"seen by day {day} v not yet")
        except AnalysisRefused as why:
            yield refusal(LANDMARK, f"day {day}", why)


def varying(desk: Desk) -> Found:
    """Yield the ratio of rates from the day after first contact and before it."""
    rows = cox.split_exposure(_plain(desk), name="contact", words=WORDS)
    yield from _ratios(desk, rows, "contact", VARYING, "from the day after contact v before")


def dose(desk: Desk) -> Found:
    """Yield ratios of rates after day 28, by number of contacts and minutes by then."""
    if desk.contacts is None:
        return
    early = desk.contacts[desk.contacts["day"] <= DOSE_DAY]
    amount = early.groupby("person_id").agg(contacts=("day", "size"), minutes=("minutes", "sum"))
    rows = at_landmark(_plain(desk), landmark=DOSE_DAY, cause=INCREASE, name="seen")
    n = rows["person_id"].map(amount["contacts"]).fillna(0)
    rows["contacts"] = pd.Categorical(np.select([n == 0, n == 1], ["none", "one"], "two or more"),
                                      categories=["none", "one", "two or more"])  # fmt: skip
    yield from _ratios(desk, rows, "contacts", DOSE, f"by day {DOSE_DAY}")
    if early["minutes"].notna().any():
        long = rows["person_id"].map(amount["minutes"]).fillna(0)
        names = ["none", f"under {LONG} minutes", f"{LONG} minutes or more"]
        rows["minutes"] = pd.Categorical(np.select([n == 0, long < LONG], names[:2], names[2]), categories=names)
        yield from _ratios(desk, rows, "minutes", DOSE, f"by day {DOSE_DAY}")


def families(desk: Desk) -> Found:
    """Yield, for each kind of work done by day 28, the ratio of rates after it: with that work and without."""
    if desk.contacts is None or not desk.contacts["families"].str.len().any():
        return
    early = desk.contacts[desk.contacts["day"] <= DOSE_DAY]
    each = early.assign(family=early["families"].str.split(";")).explode("family")
    had = each[each["family"] != ""].groupby("family")["person_id"].unique()
    rows = at_landmark(_plain(desk), landmark=DOSE_DAY, cause=INCREASE, name="seen")
    seen = rows[rows["seen"] == "seen"].reset_index(drop=True)
    chosen = [f for f in had.index if FEWEST <= seen["person_id"].isin(had[f]).sum() <= len(seen) - FEWEST]
    if chosen:
        yield Check(
            analysis=FAMILY,
            name="many kinds of work",
            passed=True,
            sentence="Several kinds of work are compared, so one may differ by chance. Their ranges are wider for it.",
            detail=f"{len(chosen)} kinds of work among people seen by day {DOSE_DAY}; Bonferroni intervals; no tests",
        )
    for name in chosen:
        given = np.where(seen["person_id"].isin(had[name]), "yes", "no")
        try:
            part = seen.assign(work=pd.Categorical(given, categories=["no", "yes"]))
            yield from _ratios(
                desk, part, "work", FAMILY, f"{name}: with v without, seen by day {DOSE_DAY}", len(chosen)
            )
        except AnalysisRefused as why:
            yield refusal(FAMILY, name, why)


def need(desk: Desk) -> Found:
    """Yield the difference between the soonest strategy and none within each group of need."""
    plan, groups = desk.protocol.timing, _groups(desk)
    soon, last = strategies_of(desk.protocol)[0], strategies_of(desk.protocol)[-1]
    for column, level in groups:
        chosen = desk.people[column].astype(str) == level
        try:
            yield _within(desk, chosen, (column, level), (soon, last), len(groups))
        except AnalysisRefused as why:
            yield refusal(NEED, f"{column} {level}", why)
    if groups:
        wide = 100 * (1 - (1 - desk.protocol.level) / len(groups))
        yield Check(
            analysis=NEED,
            name="many groups",
            passed=True,
            sentence="Several groups are compared, so one may differ by chance. Their ranges are widened for that.",
            detail=f"{len(groups)} groups of {', '.join(plan.need)}; Bonferroni, {wide:.1f}% intervals; no tests",
        )


def _groups(desk: Desk) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column in desk.protocol.timing.need:
        levels = sorted(v for v in desk.people[column].dropna().astype(str).unique() if v != "unknown")
        found += [(column, v) for v in levels] if len(levels) > 1 else []
    return found


def _within(
    desk: Desk, chosen: pd.Series, group: tuple[str, str], pair: tuple[Strategy, Strategy], many: int
) -> Estimate:
    trial = desk.trial(chosen, group[0])
    last = int(trial.exit.max())
    plan = desk.plan(pair)
    if max(plan.horizons) > last:
        plan = replace(plan, horizons=tuple(h for h in plan.horizons if h <= last))
    found = emulate(trial, plan)
    few = [f for f in found.followed if f.short_of is not None]
    if few:
        raise AnalysisRefused(
            f"{group[0]} {group[1]}: too few followers of {few[0].strategy.name}",
            expected="followers worth 30 equal ones, and 10 larger packages among them",
            fix=f"about {few[0].short_of:.0f} times as many people would be needed in this group",
        )
    moved = found.moved[:, 1, 0, -1] - found.moved[:, 2, 0, -1]
    number = Quantity(
        term=f"{group[0]}: {group[1]}, {pair[0].name} v {pair[1].name}, by {_weeks(plan.horizons[-1])}",
        measure="difference in share",
        unit="probability",
        value=float(found.value[1, 0, -1] - found.value[2, 0, -1]),
        se=float(np.sqrt((moved**2).sum())),
        test=False,
    )
    about = replace(desk.about, level=1 - (1 - desk.protocol.level) / many)
    n, events = min((f.people, f.events) for f in found.followed)
    return estimate(about, NEED, number, method=f"{METHOD}; interval by influence of each person", n=n, n_event=events)


def agreement(desk: Desk, made: Emulation, ratios: list[Estimate]) -> Check:
    """Say whether the simpler methods point the same way as the trial, allowing for their ranges."""
    soon, none = (made.place(strategies_of(desk.protocol)[i].name) for i in (-2 if len(ratios) == 0 else 1, -1))
    soon = soon if soon is not None else made.place(strategies_of(desk.protocol)[0].name)
    if soon is None or none is None or not ratios:
        return Check(analysis=DIFFERENCE, name="simpler methods", passed=False,
                     sentence="The simpler methods could not be held against the main one.")  # fmt: skip
    drawn = made.draws[:, soon, 0, -1] - made.draws[:, none, 0, -1]
    value = float(made.found.value[soon, 0, -1] - made.found.value[none, 0, -1])
    half = desk.about.critical(made.trial.clusters.count) * float(drawn.std(ddof=1))
    way = 0 if value - half <= 0 <= value + half else int(np.sign(value))
    against = [
        e for e in ratios if e.lower is not None and e.upper is not None and ((e.upper < 1 and way > 0) or (
            e.lower > 1 and way < 0))
    ]  # fmt: skip
    apart = [
        e for e in ratios if way == 0 and e.lower is not None and e.upper is not None and not e.lower <= 1 <= e.upper
    ]
    sentence = "Simpler methods point the same way as the main one, within their ranges."
    if against:
        sentence = "Some simpler methods point the other way. They do not take account of changes before contact."
    elif apart:
        sentence = (
            "Some simpler methods show a difference where the main one cannot tell. They ask about the time after "
            "contact only, and take no account of changes before it."
        )
    detail = "; ".join(f"{e.analysis}, {e.term}: {e.value:.2f}" for e in ratios if e.value is not None)
    return Check(analysis=DIFFERENCE, name="simpler methods", passed=not (against or apart), sentence=sentence,
                 detail=f"rate ratios: {detail}")  # fmt: skip


def pooled(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows with levels of few larger packages joined to the commonest: a rate model cannot carry them."""
    changed = {}
    for name in columns:
        had = rows.loc[rows["event"] == INCREASE, name].value_counts()
        most = str(rows[name].mode().iloc[0])
        rare = [v for v in rows[name].unique() if had.get(v, 0) < FEWEST and v != most]
        changed[name] = rows[name].where(~rows[name].isin(rare), most)
    return rows.assign(**changed)


def _plain(desk: Desk) -> pd.DataFrame:
    people = desk.people[["person_id", "exit_day", "event", "ot_day", "provider_id", *desk.fixed]]
    return people.assign(ot_day=people["ot_day"].where(people["ot_day"] < people["exit_day"]))


def _ratios(desk: Desk, rows: pd.DataFrame, name: str, analysis: str, words: str, many: int = 1) -> Iterator[Estimate]:
    """Yield the lines of `name` of an adjusted Cox model; `many` comparisons widen the intervals."""
    rows = pooled(rows, desk.fixed)
    usable = tuple(t for t in desk.fixed if rows[t].nunique() > 1)
    about = About(population="all", outcome=INCREASE, level=1 - (1 - desk.protocol.level) / many)
    model = cox.CoxModel(cause=INCREASE, terms=(name, *usable), cluster=desk.cluster)
    for e in cox.hazard_ratios(cox.fit(rows, model), about, analysis=analysis):
        if e.term.startswith(f"{name}:"):
            level = e.term.partition(": ")[2]
            term = f"{name} {level}, {words}" if analysis == DOSE else words
            yield replace(e, term=term, p=None)
