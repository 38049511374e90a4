"""The parts of the comparison, in the order a reader needs them: providers, the planned answer, what hangs on what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models import trial_complier, trial_missing, trial_ordinal, trial_sensitivity
from ot_eval.models.rates import person_time_rates
from ot_eval.models.trial_methods import EVEN_SIZES, allowed, nearest_rate, p_value_by_default, require
from ot_eval.models.trial_records import TERM
from ot_eval.models.trial_summary import cluster_difference
from ot_eval.studies.coaching_design import COACHED, USUAL
from ot_eval.studies.coaching_desk import SUMMARY, TIME, Desk, time_ratio

NAMES = {1: COACHED, 0: USUAL}
ACCEPTED = 0.0575
"""A measured error rate up to here counts as 5 %: two Monte Carlo errors of 4,000 simulated trials above it."""
Found = Iterator[Estimate | Check]
NOT_BESIDE = ("cluster_summary_imputed", "complier_iv", "proportional_odds_cluster", TIME)


def each_provider(desk: Desk) -> Found:
    """Give the figure of each provider, unadjusted: its mean, or its rate."""
    if desk.outcome.kind == "time":
        yield from _rates(desk)
        return
    rows = desk.seen.assign(provider=desk.seen["provider"].fillna("no coach"))
    for name, provider, own in [
        (name, str(provider), own)
        for arm, name in NAMES.items()
        for provider, own in rows[rows["arm"] == arm].groupby("provider")
    ]:
        n = int(own["n"].sum()) if "n" in own else len(own)
        shared: dict[str, Any] = {
            "analysis": "each_provider", "population": name, "outcome": desk.outcome.key,
            "term": provider, "unit": desk.outcome.unit, "n": n, "method": "nothing taken into account",
        }  # fmt: skip
        if "exposure" in own:
            total = float(own["outcome"].sum())
            yield Estimate(**shared, measure="rate", value=total / float(own["exposure"].sum()), n_event=int(total))
        else:
            yield Estimate(**shared, measure="mean", value=float(own["outcome"].mean()))


def _rates(desk: Desk) -> Found:
    cause = "increase" if desk.outcome.key == "time_to_increase" else "left"
    for arm, name in NAMES.items():
        own = desk.rows[desk.rows["arm"] == arm]
        about = replace(desk.about(name), outcome=cause)
        for e in person_time_rates(own.reset_index(drop=True), cause=cause, by="provider", about=about):
            if e.unit.startswith("per "):
                term = e.term.removeprefix("provider: ")
                yield replace(e, analysis="each_provider", outcome=desk.outcome.key, term=term)


def as_allocated(desk: Desk) -> Found:
    """Give the planned comparison, with everything that must be printed beside it."""
    here = desk.situation
    if desk.outcome.kind == "time":
        yield time_ratio(desk, desk.rows, "as_allocated")
    else:
        require(desk.method, here)
        yield from desk.lines("as_allocated", desk.compare(desk.method))
        if desk.outcome.kind == "rate_ratio":
            difference = cluster_difference(
                desk.seen, desk.columns(), kind="rate", level=desk.protocol.level, unit=desk.outcome.unit
            )
            yield desk.lines("as_allocated", difference)[0]
    yield _error_rate(desk)
    if not p_value_by_default(here):
        fewest = min(here.n_coached, here.n_cluster - here.n_coached)
        sentence = f"One arm has {fewest} providers. That is too few for a test, so no p-value is printed."
        yield Check(analysis="as_allocated", name=f"no p-value, {desk.outcome.key}", passed=False, sentence=sentence)


def _error_rate(desk: Desk) -> Check:
    """Cite the row of the table of error rates that is nearest to this study."""
    here = desk.situation
    rate = nearest_rate(desk.method, here, desk.outcome.rated if desk.design == "parallel" else None)
    name = f"error rate, {desk.outcome.key}"
    if rate is None:
        sentence = "How often this analysis sees an effect where there is none was not measured for such an outcome."
        return Check(analysis="as_allocated", name=name, passed=False, sentence=sentence, detail=desk.method)
    cries = round(100 * rate.rate)
    sentence = f"Where coaching does nothing, this analysis would claim an effect about {cries} times in 100."
    passed = rate.rate <= ACCEPTED
    return Check(
        analysis="as_allocated", name=name, passed=passed, sentence=sentence, detail=f"{desk.method}. {rate.sentence()}"
    )


def both_averages(desk: Desk) -> Found:
    """Give the effect with each provider counting once, and with each person counting once, where sizes differ."""
    if desk.design != "parallel" or desk.outcome.kind != "mean" or desk.outcome.level == "service":
        return
    here = desk.situation
    pair = trial_sensitivity.both_averages(desk.seen, desk.columns(), level=desk.protocol.level)
    for c, words in zip(pair, ("each provider counts once", "each person counts once"), strict=True):
        yield replace(desk.lines("both_averages", c, words)[0], unit=desk.outcome.unit)
    one, other = (c.value for c in pair)
    near = abs(one - other) <= max(abs(pair[0].se or 0.0), 1e-12)
    sentence = (
        "It makes little difference whether each provider or each person counts once."
        if near
        else "Large and small providers differ: the answer depends on whether each provider or each person counts once."
    )
    size = "vary" if here.size_cv > EVEN_SIZES else "hardly vary"
    detail = f"sizes {size}: coefficient of variation {here.size_cv:.2f}"
    yield Check(
        analysis="both_averages", name=f"size, {desk.outcome.key}", passed=near, sentence=sentence, detail=detail
    )


def other_analyses(desk: Desk) -> Found:
    """Give the other valid analyses of the same comparison; they check the planned one and never replace it."""
    if desk.outcome.kind == "time":
        return
    for verdict in allowed(desk.situation):
        key = verdict.method.key
        if verdict.role in ("refused", "description") or key in (desk.method, *NOT_BESIDE):
            continue
        try:
            c = desk.compare(key)
        except AnalysisRefused:
            continue  # the register allows it for the design, and this outcome is not of its kind
        yield desk.lines("other_analyses", c, key.replace("_", " "))[0]


def without_each_provider(desk: Desk) -> Found:
    """Give the planned comparison with each provider left out in turn."""
    if desk.design == "partially_nested":
        return
    whole: float | None = None
    lines: list[Estimate] = []
    for provider in sorted(desk.seen["provider"].unique()):
        rest = desk.seen[desk.seen["provider"] != provider].reset_index(drop=True)
        term = f"without {provider}"
        if desk.outcome.kind == "time":
            whole = time_ratio(desk, desk.rows, "x").value
            lines.append(replace(time_ratio(desk, rest, "without_each_provider", term), p=None))
            continue
        whole = desk.compare(desk.method).value if whole is None else whole
        lines.append(replace(desk.lines("without_each_provider", desk.compare(desk.method, rest), term)[0], p=None))
    none = 1.0 if lines[0].unit == "ratio" else 0.0
    values = [float(e.value or 0) for e in lines]
    turns = whole is not None and any((v - none) * (whole - none) < 0 for v in values)
    yield from lines
    yield Check(
        analysis="without_each_provider",
        name=f"one provider, {desk.outcome.key}",
        passed=not turns,
        sentence="One provider alone decides the direction of the result."
        if turns
        else "No single provider decides the direction of the result.",
        detail=f"estimates without one provider lie between {min(values):.3g} and {max(values):.3g}",
    )


def missing_outcomes(desk: Desk) -> Found:
    """Give the comparison with missing outcomes imputed, and with missing outcomes worse in either arm."""
    gap = desk.rows["outcome"].isna() if desk.outcome.kind == "mean" else pd.Series(dtype=bool)
    if desk.design != "parallel" or desk.outcome.level == "service" or not gap.any():
        return
    sd = float(desk.rows["outcome"].std())
    sign = 1 if desk.outcome.better == "lower" else -1
    shifts = desk.protocol.trial.missing_shifts
    deltas = [(0.0, 0.0)] + [(sign * sd * u, sign * sd * c) for s in shifts for u, c in ((s, 0), (0, s), (s, s))]
    words = ["missing like the others"] + [
        f"missing worse by {s:g} SD in {who}" for s in shifts for who in ("usual care", "coached providers", "both")
    ]
    rows = _allowed_for_start(desk)
    found = trial_missing.imputed_difference(
        rows, desk.columns(), desk.rng("missing"), deltas=deltas, level=desk.protocol.level, unit=desk.outcome.unit
    )
    for c, term in zip(found, words, strict=True):
        yield replace(desk.lines("missing_outcomes", c, term)[0], measure="difference in means", p=None)
    sides = {c.lower is not None and c.upper is not None and (c.lower > 0 or c.upper < 0) for c in found}
    share = gap.groupby(desk.rows["arm"]).mean()
    yield Check(
        analysis="missing_outcomes",
        name=f"missing outcomes, {desk.outcome.key}",
        passed=len(sides) == 1,
        sentence="What is said of the direction does not hang on the people whose outcome is missing."
        if len(sides) == 1
        else "What is said of the direction hangs on the people whose outcome is missing.",
        detail=f"outcome missing for {share[1]:.0%} coached, {share[0]:.0%} usual care",
    )


def _allowed_for_start(desk: Desk) -> pd.DataFrame:
    """Return the rows with the outcome less what the value at the start leads one to expect, as in the first stage."""
    rows = desk.rows.copy()
    if not desk.columns().covariates:
        return rows
    rows["start"] = rows["start"].fillna(rows["start"].mean())
    known = rows["outcome"].notna()
    slope = np.polyfit(rows.loc[known, "start"], rows.loc[known, "outcome"], 1)[0]
    return rows.assign(outcome=rows["outcome"] - slope * (rows["start"] - rows["start"].mean()))


def complier(desk: Desk) -> Found:
    """Give the effect of coaching as planned in providers that would follow their allocation, where dose is known."""
    known = desk.providers.set_index("provider")
    planned = known["sessions_planned"].where(known["arm"] == 1)
    dose = (known["sessions_held"] / planned.where(planned > 0)).where(known["arm"] == 1, 0.0)
    if desk.design != "parallel" or desk.outcome.kind != "mean" or desk.outcome.level == "service" or dose.isna().any():
        return
    require("complier_iv", desk.situation, role="sensitivity")
    rows = desk.seen.assign(dose=desk.seen["provider"].map(dose).astype(float))
    c = trial_complier.complier_effect(
        rows, desk.columns(start=False), dose="dose", level=desk.protocol.level, unit=desk.outcome.unit
    )
    line = desk.lines("complier", replace(c, measure="difference in means"), "all planned sessions held v none")[0]
    yield replace(line, p=None)


def by_subgroup(desk: Desk) -> Found:
    """Give the comparison within each level of the planned subgroup; read for a pattern, without tests."""
    name = desk.protocol.trial.subgroup
    if name == "none" or desk.design != "parallel" or desk.outcome.level != "client" or desk.outcome.kind != "mean":
        return
    for level, own in desk.seen.groupby(name):
        c = desk.compare(SUMMARY, own.reset_index(drop=True))
        yield replace(desk.lines("by_subgroup", c, f"{name}: {level}")[0], p=None)


def ordered(desk: Desk) -> Found:
    """Describe ordered answers (job satisfaction) by odds of a higher answer; the test is that of mean scores."""
    if desk.outcome.key != "job_satisfaction" or desk.design != "parallel":
        return
    c = trial_ordinal.odds_of_higher_answers(desk.seen, desk.columns(start=False), level=desk.protocol.level)
    yield replace(desk.lines("ordered", c, TERM)[0], measure="ratio of chances of a higher answer")


def floor(desk: Desk) -> Found:
    """Say how small a permutation p-value this allocation allows; printed whether or not the test was run."""
    if desk.outcome.kind == "time" or desk.design == "partially_nested" or not desk.protocol.trial.randomised:
        return
    key = {
        "parallel": "exact_permutation",
        "before_after": "did_permutation",
        "stepped_wedge": "wedge_within_period_permutation",
    }[desk.design]
    c = desk.compare(key)
    least = c.p_floor or 0.0
    passed = least < 0.05  # noqa: PLR2004
    sentence = (
        "A test that uses nothing but the random allocation could have shown an effect."
        if passed
        else "With so few providers a test that uses nothing but the random allocation could show no effect at all."
    )
    yield Check(
        analysis="other_analyses",
        name=f"smallest possible p, {desk.outcome.key}",
        passed=passed,
        sentence=sentence,
        detail=f"{c.words}; smallest possible p {least:.2g}; p {c.p:.2g}" if c.p is not None else c.words,
    )


def start_alike(desk: Desk) -> Found:
    """Describe the value at the start in each arm; differences are chance in a trial, and are not tested."""
    if "start" not in desk.rows or desk.outcome.level == "service":
        return
    known = desk.rows[desk.rows["start"].notna()]
    for arm, name in NAMES.items():
        own = known[known["arm"] == arm]
        yield Estimate(
            analysis="at_the_start", population=name, outcome=desk.outcome.key, term="mean", measure="mean",
            unit=desk.outcome.unit, value=float(np.mean(own["start"])), n=len(own), method="value at the start",
        )  # fmt: skip
