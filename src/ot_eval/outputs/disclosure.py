"""The one gate to anything publishable: `release` turns a private `StudyResult` into a `Released` value.

The same result and policy give the same released value, always. Before it returns, the gate attacks its own output
(`ot_eval.outputs.audit`): if a hidden count can be worked out from what would be published, nothing is released.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ot_eval.base.results import Check, Deviation, Estimate, FlowStep, StudyResult
from ot_eval.outputs.audit import findings, refuse_recoverable
from ot_eval.outputs.disclosure_balance import release_balance
from ot_eval.outputs.disclosure_counts import Counts, Variable, plan, variable_and_level
from ot_eval.outputs.disclosure_curves import release_curve
from ot_eval.outputs.disclosure_estimates import (
    MODELLED,
    release_estimate,
    release_people,
    release_percent,
    release_together,
)
from ot_eval.outputs.disclosure_shares import hide_companions, hide_days, hide_wholes
from ot_eval.outputs.disclosure_text import clean, coarse_method, refuse_identifiers
from ot_eval.outputs.disclosure_words import release_words
from ot_eval.outputs.policy import Policy
from ot_eval.outputs.released import (
    SEAL,
    Released,
    ReleasedCheck,
    ReleasedDeviation,
    ReleasedEstimate,
    ReleasedStep,
)

HORIZONS = (91, 182, 365)
"""Days a small table states when no estimate names its own (3, 6 and 12 months)."""

Model = tuple[str, str, str, str]
NO_MODEL: Model = ("", "", "", "")
_DAY = re.compile(r"^day (\d+)$")


def horizons(estimates: Iterable[Estimate]) -> tuple[int, ...]:
    """Return the days that the estimates are stated for (terms such as `day 365`), in order."""
    days = {int(found[1]) for e in estimates if (found := _DAY.match(e.term))}
    return tuple(sorted(days)) or HORIZONS


def release(result: StudyResult, policy: Policy) -> Released:
    """Return what may be published of `result` under `policy`.

    Counts below the threshold are hidden with companions, others rounded; a variable whose hidden counts could still
    be worked out is hidden altogether; percentages and shares are worked out from rounded counts; curves are
    coarsened; estimates with few people or events are hidden with the reason; counts inside sentences are rounded.

    Raises
    ------
    InternalFault
        when text looks like an identifier, or a count is not a whole number
    RequestError
        when the policy is too weak: a hidden count could be worked out
    """
    withheld: frozenset[Variable] = frozenset()
    while True:
        released = _released(result, plan(result, policy, withheld))
        weak = findings(released.estimates, policy, released.flow)
        more = frozenset(v for f in weak if (v := _variable(f.cell)) is not None) - withheld
        if not more:
            refuse_recoverable(weak, policy)
            return released
        withheld |= more


def _variable(cell: tuple[str, ...]) -> Variable | None:
    """Return the variable of a count of people that could be worked out; other cells have none to withhold."""
    kind, *names = cell
    if kind != "count":
        return None
    analysis, outcome, term, _ = names
    variable, level = variable_and_level(term)
    return analysis, outcome, variable or level


def _released(result: StudyResult, counts: Counts) -> Released:
    policy = counts.policy
    days = horizons(result.estimates)
    return Released(
        study=result.study,
        strand=result.strand,
        title=clean(result.title, "the title", policy),
        question=clean(result.question, "the question", policy),
        policy=policy,
        estimates=_estimates(result, counts),
        curves=tuple(hide_days(result, release_curve(c, days, (0, *days), counts), policy) for c in result.curves),
        flow=_flow(result.flow, counts),
        checks=tuple(_check(c, policy) for c in result.checks),
        deviations=tuple(_deviation(d) for d in result.deviations),
        notes=tuple(clean(note, "a note", policy) for note in result.notes),
        facts={name: clean(text, f"fact {name}", policy) for name, text in sorted(result.facts.items())},
        words=tuple(release_words(t) for t in result.words),
        seal=SEAL,
    )


def _check(c: Check, policy: Policy) -> ReleasedCheck:
    sentence, detail = (clean(text, f"check {c.name}", policy) for text in (c.sentence, c.detail))
    return ReleasedCheck(analysis=c.analysis, name=c.name, passed=c.passed, sentence=sentence, detail=detail)


def _estimates(result: StudyResult, counts: Counts) -> tuple[ReleasedEstimate, ...]:
    cells = {
        (e.analysis, e.population, e.outcome, e.term): (int(e.value or 0), counts.cells[i])
        for i, e in enumerate(result.estimates)
        if i in counts.cells
    }
    models = Counter(_model(e) for e in result.estimates)
    models[NO_MODEL] = 0
    lines: list[ReleasedEstimate] = []
    for e in result.estimates:
        place = (e.analysis, e.population, e.outcome, e.term)
        for label in (e.analysis, e.population, e.outcome, e.term, e.method):
            clean(label, "a label of the results", counts.policy)
        e = replace(e, method=coarse_method(e.method, counts.policy))  # noqa: PLW2901 - the same line, less exact
        if e.unit == "people" and e.value is not None:
            lines.append(release_people(e, cells[place][1], counts))
        elif e.unit == "percent" and place in cells:
            lines.append(release_percent(e, *cells[place], counts))
        else:
            lines.append(release_estimate(e, counts, models[_model(e)]))
    lines = release_balance(result.estimates, lines)
    lines = hide_companions(result.estimates, lines, counts.policy)
    return _with_together(result, hide_wholes(result.estimates, lines, counts.policy), counts)


def _with_together(result: StudyResult, lines: list[ReleasedEstimate], counts: Counts) -> tuple[ReleasedEstimate, ...]:
    """Add, after the last hidden level of a table, the hidden levels as one number."""
    joint = {t.last: t for t in counts.together}
    out: list[ReleasedEstimate] = []
    for i, (e, line) in enumerate(zip(result.estimates, lines, strict=True)):
        out.append(line)
        if i in joint:
            out += release_together(e, joint[i], counts)
    return tuple(out)


def _model(e: Estimate) -> Model:
    """Return what names the model of a coefficient, or `NO_MODEL`."""
    return (e.analysis, e.population, e.outcome, e.method) if e.measure.startswith(MODELLED) else NO_MODEL


def _deviation(d: Deviation) -> ReleasedDeviation:
    for text in (d.place, d.locked, d.used):
        refuse_identifiers(text, "a deviation from the protocol")
    return ReleasedDeviation(place=d.place, locked=d.locked, used=d.used)


def _flow(steps: tuple[FlowStep, ...], counts: Counts) -> tuple[ReleasedStep, ...]:
    """Round what is left at each step; what a step removed is the difference of the shown numbers."""
    released: list[ReleasedStep] = []
    previous: dict[str, int | None] = {}
    for step in steps:
        left = counts.people(step.population, step.n_left)
        if step.population in previous:
            before = previous[step.population]
            removed = None if before is None or left is None else before - left
        else:
            removed = 0 if step.n_removed == 0 else None
        previous[step.population] = left
        label = clean(step.label, f"flow step {step.rule}", counts.policy)
        released.append(
            ReleasedStep(population=step.population, rule=step.rule, label=label, n_left=left, n_removed=removed)
        )
    return tuple(released)
