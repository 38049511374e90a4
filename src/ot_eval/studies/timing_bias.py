"""How wrong the emulated trial could be: E-values, yardsticks for what nobody recorded, a control, the naive way.

The naive comparison of people ever and never seen comes last and is labelled; how far off it is, is shown on these very
people with contact days drawn anew, so that contact cannot have done anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models import cox
from ot_eval.models.bias import (
    Confounder,
    Ratio,
    could_explain,
    e_values_of,
    negative_control,
    probabilistic,
    tipping_ratio,
)
from ot_eval.models.spells import Floats
from ot_eval.studies.attempt import refusal
from ot_eval.studies.timing_companions import pooled
from ot_eval.studies.timing_desk import INCREASE, Desk, strategies_of
from ot_eval.studies.timing_strategies import Emulation

CONTROL_DAY = 28
NAIVE = "biased_ever_never"
REPEATS = 20
STRONG = 2.0
"""A factor that makes a larger package this many times as likely is as strong as most recorded ones (a judgement)."""
FEWEST_SHARE = 0.05
"""A recorded thing that fewer people than this have (or lack) is no yardstick."""
Found = Iterator[Estimate | Check]


def how_wrong(desk: Desk, made: Emulation) -> Found:
    """Yield E-values, what a confounder as strong as the recorded ones would do, and the negative control."""
    names = [s.name for s in strategies_of(desk.protocol)]
    none = made.place(names[-1])
    critical = desk.about.critical(made.trial.clusters.count)
    for name in names[:-1]:
        row = made.place(name)
        if row is None or none is None:
            continue
        ratio = made.ratio(row, none, critical)
        f = made.followed(row)
        counts: dict[str, int | None] = {"n": f.people, "n_event": f.events}
        yield _ratio_line(desk, ratio, f"{name} v {names[-1]}", counts)
        yield from e_values_of(ratio, desk.about, f"{name} v {names[-1]}", counts)
    first = next((made.place(n) for n in names[:-1] if made.place(n) is not None), None)
    if first is not None and none is not None:
        ratio = made.ratio(first, none, critical)
        known = yardsticks(desk, made, first, none)
        yield could_explain(ratio, known)
        yield from _if_hidden(desk, made, ratio, known)
        yield from _tipping(tipping_ratio(ratio, 0.6, 0.4), tipping_ratio(ratio, 0.4, 0.6))
    yield from _control(desk)


def _ratio_line(desk: Desk, ratio: Ratio, term: str, counts: dict[str, int | None]) -> Estimate:
    value, lower, upper = ratio.ends
    return Estimate(analysis="e_value", population="all", outcome=INCREASE, term=term, measure="risk ratio",
                    unit="ratio", value=value, lower=lower, upper=upper, se=ratio.se, level=desk.protocol.level,
                    method="ratio of the standardised shares; bootstrap", **counts)  # type: ignore[arg-type] # fmt: skip


def _if_hidden(desk: Desk, made: Emulation, ratio: Ratio, known: tuple[Confounder, ...]) -> Found:
    """Yield the ratio if something unrecorded were unequal by up to twice as much as the most unequal recorded thing.

    Its strength is drawn evenly between none and that of the strongest; both ways round are shown.
    """
    if not known:
        return
    most = max(known, key=lambda c: abs(c.exposed - c.other))
    middle, gap = (most.exposed + most.other) / 2, abs(most.exposed - most.other)
    strong = max(max(c.ratio, 1 / c.ratio) for c in known)
    even = Confounder(name="none", exposed=middle, other=middle, ratio=1.0)
    for words, way in (("commoner among people seen sooner", gap), ("rarer among people seen sooner", -gap)):
        ends = [min(max(middle + side * way, 0.0), 1.0) for side in (1, -1)]
        high = Confounder(name=words, exposed=ends[0], other=ends[1], ratio=strong)
        rng = np.random.default_rng([desk.protocol.seed, 67])
        value, lower, upper = probabilistic(ratio, even, high, rng)
        yield Estimate(
            analysis="bias", population="all", outcome=INCREASE, unit="ratio", measure="corrected risk ratio",
            term=f"if something unrecorded were {words}", value=value, lower=lower, upper=upper, level=0.95,
            n=made.trial.n, n_event=int((made.trial.event == made.trial.kind(INCREASE)).sum()),
            method=f"bias analysis: up to twice as unequal as {most.name}, and up to {strong:.1f} times the risk",
        )  # fmt: skip


def yardsticks(desk: Desk, made: Emulation, one: int, other: int) -> tuple[Confounder, ...]:
    """Return each recorded confounder, level against the rest, as it stands between followers of two strategies."""
    kept = [_followers(made, row) for row in (one, other)]
    had = (desk.people["event"] == INCREASE).to_numpy()
    found = []
    for column in desk.fixed:
        for level in desk.people[column].astype(str).unique():
            has = (desk.people[column].astype(str) == level).to_numpy()
            if not FEWEST_SHARE <= has.mean() <= 1 - FEWEST_SHARE or not had[has].any() or not had[~has].any():
                continue
            found.append(
                Confounder(
                    name=f"{column.replace('_', ' ')} {level}",
                    exposed=float(has[kept[0]].mean()),
                    other=float(has[kept[1]].mean()),
                    ratio=float(had[has].mean() / had[~has].mean()),
                )
            )
    return tuple(found)


def _followers(made: Emulation, row: int) -> np.ndarray:
    window = made.plan.strategies[row - 1].window(made.trial)
    contact = made.trial.contact
    if window.never:
        return np.asarray((contact > window.by) & (made.trial.exit > window.by))
    return np.asarray((contact > window.after) & (contact <= window.by))


def _tipping(more: float | None, less: float | None) -> Iterator[Check]:
    """Yield how strong an unrecorded factor would have to be; nothing where the range holds no difference anyway."""
    strongest = [max(x, 1 / x) for x in (more, less) if x is not None and x > 0]
    if strongest and min(strongest) == 1:
        return
    sentence = "An unrecorded factor held by 60 in 100 of one group and 40 in 100 of the other could not do it."
    if strongest:
        sentence = (
            "A factor held by 60 in 100 of one group and 40 in 100 of the other would have to make a larger package "
            f"{min(strongest):.1f} times as likely to do away with the result."
        )
    yield Check(
        analysis="bias",
        name="how strong it would have to be",
        passed=not strongest or min(strongest) > STRONG,
        sentence=sentence,
        detail="bias factor of Schlesselman, prevalences 0.6 and 0.4, either way round",
    )


def _control(desk: Desk) -> Found:
    """Yield the negative control: an earlier hospital stay, which contact cannot have caused."""
    there = desk.people[desk.people["exit_day"] > CONTROL_DAY].reset_index(drop=True)
    seen = np.where(there["ot_day"].fillna(np.inf) <= CONTROL_DAY, "yes", "no")
    if set(there["earlier_stay"]) != {"yes", "no"}:
        yield Check(
            analysis="negative_control",
            name="negative control",
            passed=False,
            sentence="The data hold nothing that could show what was not recorded (no earlier hospital stays).",
            detail="a negative-control outcome needs hospital admissions before reablement; no exposure serves as one",
        )
        return
    try:
        found = negative_control(there.assign(seen=seen), outcome="earlier_stay", exposure="seen", terms=desk.fixed,
                                 about=replace(desk.about, outcome="earlier hospital stay"))  # fmt: skip
    except AnalysisRefused as why:
        yield refusal("negative_control", "earlier hospital stay", why)
        return
    yield found
    fine = found.lower is not None and found.upper is not None and found.lower <= 1 <= found.upper
    yield Check(
        analysis="negative_control",
        name="negative control",
        passed=fine,
        sentence="Early contact does not go with something it cannot have caused, as it should not."
        if fine
        else "Early contact goes with hospital stays before it, which it cannot have caused: people seen early differ.",
        detail="earlier hospital stay by seen within 28 days, adjusted as the main analysis",
    )


def naive(desk: Desk) -> Found:
    """Yield the biased comparison of people ever and never seen, and how far off it is when contact does nothing."""
    people = desk.people.assign(ot_day=desk.people["ot_day"].where(desk.people["ot_day"] < desk.people["exit_day"]))
    people = pooled(people, desk.fixed)
    terms = tuple(t for t in desk.fixed if people[t].nunique() > 1)
    try:
        shown = [replace(_ever(desk, people, terms), term="seen at any time v never seen")]
        again = [_again(desk, people, number) for number in range(REPEATS)]
    except AnalysisRefused as why:
        yield refusal(NAIVE, "everyone", why)
        return
    yield from shown
    first = shown[0]
    yield replace(
        first,
        term="the same sum on these people when contact does nothing (1 would be right)",
        value=float(np.exp(np.mean(again))),
        se=None, lower=None, upper=None, level=None,
        method=f"days of contact drawn anew, {REPEATS} times, so that they have nothing to do with need",
    )  # fmt: skip


def _again(desk: Desk, people: pd.DataFrame, number: int) -> float:
    """Return the log ratio of the naive comparison after drawing every day of contact anew."""
    rng = np.random.default_rng([desk.protocol.seed, 61, number])
    leave = people["exit_day"].to_numpy(dtype=np.int64)
    day = np.searchsorted(1 - _not_yet(people), rng.random(len(people)), side="left").astype(np.float64)
    drawn = people.assign(ot_day=np.where(day < leave, day, np.nan))
    return float(np.log(_ever(desk, drawn, ()).value or 1.0))


def _ever(desk: Desk, people: pd.DataFrame, terms: tuple[str, ...]) -> Estimate:
    """Return the biased ratio of people ever and never seen; its label says what it is."""
    ever = pd.Categorical(np.where(people["ot_day"].notna(), "ever", "never"), categories=["never", "ever"])
    model = cox.CoxModel(cause=INCREASE, terms=("ever", *terms), engine="count grid")
    found = cox.hazard_ratios(cox.fit(people.assign(ever=ever), model), desk.about, analysis=NAIVE)[0]
    return replace(found, measure="hazard ratio (biased: immortal time)", p=None)


def _not_yet(people: pd.DataFrame) -> Floats:
    """Return the share not yet seen by the end of each day, among people still followed (Kaplan-Meier of contact)."""
    leave = people["exit_day"].to_numpy(dtype=np.int64)
    when = people["ot_day"].to_numpy(dtype=np.float64, na_value=np.nan)
    last = np.where(np.isnan(when), leave, when).astype(np.int64)
    ends = np.bincount(last, minlength=leave.max() + 2).astype(np.float64)
    met = np.bincount(last[~np.isnan(when)], minlength=ends.size)
    at_risk = np.cumsum(ends[::-1])[::-1]
    share: Floats = np.cumprod(1 - np.divide(met, at_risk, out=np.zeros_like(ends), where=at_risk > 0))
    return share
