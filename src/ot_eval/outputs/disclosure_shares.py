"""Shares that add up: a hidden one is the whole less the others, so it never stands alone.

Three ways in which published shares add up: over the levels of a variable, over outcomes that exclude one another, and
the share with none of the outcomes, which is the whole less the share with each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ot_eval.base.results import Curve, Estimate, StudyResult
from ot_eval.outputs.disclosure_counts import variable_and_level
from ot_eval.outputs.policy import HIDDEN, Policy
from ot_eval.outputs.released import ReleasedCurve, ReleasedEstimate

SHARES = ("probability", "percent")
ANY_EVENT = "any event"
NONE_OF_THEM = "kaplan_meier"
EACH = "cumulative_incidence"
WHOLE = 1e-9
"""Shares whose sum differs from 1 by less add up: the difference is one of floating-point order."""

Place = tuple[str, ...]


def share(e: Estimate) -> float | None:
    """Return an estimate's share between 0 and 1, or None where it is no share of a whole."""
    if e.unit not in SHARES or e.value is None or e.n is None or "difference" in e.measure:
        return None
    return e.value / 100 if e.unit == "percent" else float(e.value)


def count_behind(e: Estimate) -> int | None:
    """Return the count that a share is, where it is a count over its people; None for any other share.

    Examples
    --------
    >>> about = dict(analysis="a", population="all", outcome="", term="t", measure="share", unit="percent", n=40)
    >>> count_behind(Estimate(**about, value=30.0)), count_behind(Estimate(**about, value=31.0))
    (12, None)
    """
    part = share(e)
    if part is None or not e.n:
        return None
    count = e.n_event if e.n_event is not None else round(part * e.n)
    return count if abs(part - count / e.n) < WHOLE else None


def hide_companions(
    estimates: Sequence[Estimate], lines: Sequence[ReleasedEstimate], policy: Policy
) -> list[ReleasedEstimate]:
    """Return the lines with a companion hidden wherever a hidden share would stand alone in its whole.

    `lines` are what the estimates were released as, one for one.
    """
    out, wholes = list(lines), _wholes(estimates)
    changed = True
    while changed:
        changed = False
        for whole in wholes:
            hidden = [i for i in whole if out[i].value is None]
            spare = sorted((i for i in whole if out[i].value), key=lambda i: share(estimates[i]) or 0.0)
            while hidden and spare and not _enough(hidden, estimates, policy):
                hidden.append(spare.pop(0))
                out[hidden[-1]] = blank(out[hidden[-1]])
                changed = True
    return out


def _enough(hidden: Sequence[int], estimates: Sequence[Estimate], policy: Policy) -> bool:
    people = sum((share(estimates[i]) or 0.0) * (estimates[i].n or 0) for i in hidden)
    return len(hidden) > 1 and people >= policy.threshold - WHOLE


def _wholes(estimates: Sequence[Estimate]) -> list[list[int]]:
    """Return the groups of estimates whose shares add up to 1, by their places."""
    groups: dict[Place, list[int]] = defaultdict(list)
    for i, e in enumerate(estimates):
        if share(e) is not None:
            variable, _ = variable_and_level(e.term)
            groups[("levels", e.analysis, e.population, e.outcome, e.measure, variable)].append(i)
            groups[("outcomes", e.analysis, e.population, e.term, e.measure)].append(i)
    return [g for g in groups.values() if len(g) > 1 and abs(sum(share(estimates[i]) or 0 for i in g) - 1) < WHOLE]


def blank(line: ReleasedEstimate) -> ReleasedEstimate:
    """Return a line with its numbers taken out, as if it were small itself."""
    return replace(line, value=None, se=None, lower=None, upper=None, level=None, p=None, n_event=None, hidden=HIDDEN)


def hide_wholes(
    estimates: Sequence[Estimate], lines: Sequence[ReleasedEstimate], policy: Policy
) -> list[ReleasedEstimate]:
    """Return the lines without the number with any outcome, wherever the number with one of them is hidden.

    The share with none of the outcomes goes with it; an average keeps its value and loses its count of events.
    """
    small = {
        (e.population, e.term)
        for e in estimates
        if e.analysis == EACH and e.n_event is not None and policy.small(e.n_event)
    }
    out = []
    for e, line in zip(estimates, lines, strict=True):
        if e.outcome != ANY_EVENT or (e.population, e.term) not in small:
            out.append(line)
        else:
            out.append(blank(line) if e.analysis == NONE_OF_THEM else replace(line, n_event=None))
    return out


def hide_days(result: StudyResult, curve: ReleasedCurve, policy: Policy) -> ReleasedCurve:
    """Return the curve of having none of the outcomes without the days on which one of them is still hidden."""
    if curve.analysis != NONE_OF_THEM or curve.hidden:
        return curve
    parts = [
        c for c in result.curves if c.analysis == EACH and (c.population, c.group) == (curve.population, curve.group)
    ]

    def open_on(day: int) -> bool:
        return day == 0 or not any(policy.small(_events(c, day)) for c in parts)

    kept = [i for i, day in enumerate(curve.days) if open_on(day)]
    few = len(kept) < 2 and curve.drawn  # noqa: PLR2004
    kept = [] if few else kept
    return replace(
        curve,
        days=tuple(curve.days[i] for i in kept),
        value=tuple(curve.value[i] for i in kept),
        lower=None if curve.lower is None or few else tuple(curve.lower[i] for i in kept),
        upper=None if curve.upper is None or few else tuple(curve.upper[i] for i in kept),
        n_event=tuple(n if open_on(day) else None for day, n in zip(curve.risk_days, curve.n_event, strict=True)),
        drawn=curve.drawn and not few,
        hidden=HIDDEN if few else "",
    )


def _events(curve: Curve, day: int) -> int:
    """Return the true number of events up to a day."""
    seen = [n for d, n in zip(curve.days, curve.n_event, strict=True) if d <= day]
    return seen[-1] if seen else 0
