"""Time to a single event: Kaplan–Meier, and restricted mean time with differences and ratios.

Sources: Kaplan & Meier (1958); Greenwood (1926); Royston & Parmar (2013) for restricted mean time. lifelines draws the
Kaplan–Meier curve; its restricted-mean variance is that of one person's time, not of the mean, so ours is used.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Curve
from ot_eval.models.about import About
from ot_eval.models.curves import curve_of, greenwood, log_log_limits, product_limit
from ot_eval.models.day_table import DayTable, day_table, one_cause, refuse_early_collapse
from ot_eval.models.spells import Bools, Spells, groups_of, read_spells

CurveEngine = Literal["lifelines", "count grid"]


def kaplan_meier(
    frame: pd.DataFrame,
    *,
    about: About,
    by: str | None = None,
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
    engine: CurveEngine = "lifelines",
) -> tuple[Curve, ...]:
    """Return the share still without the event by day, one curve a group, with log-log limits.

    Parameters
    ----------
    frame : columns ``exit_day``, ``event`` and, where follow-up is entered late, ``entry_day`` (whole days)
    about : labels and confidence level
    by : column of groups; None = one curve
    events : the kinds that count; empty = every kind seen
    censor : kinds that are to end follow-up as if nothing had happened. A competing event must be named here, or the
        analysis is refused: 1 - Kaplan-Meier overstates the share with an event when others compete.
    engine : "lifelines", or "count grid" (the same numbers from counts by day; cost does not grow with people)

    Raises
    ------
    AnalysisRefused
        a kind is neither an event nor named in `censor`, or late entry leaves nobody at risk.
    """
    spells = read_spells(frame)
    chosen = chosen_events(spells, events, censor)
    group, names = groups_of(frame, by)
    draw = _by_lifelines if engine == "lifelines" else _by_counts
    return tuple(draw(spells.take(group == g), chosen, about, name) for g, name in enumerate(names))


def chosen_events(spells: Spells, events: tuple[str, ...], censor: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds that count as the event, refusing a competing event that nobody decided about."""
    chosen = events or tuple(k for k in spells.kinds if k not in censor)
    undecided = [k for k in spells.kinds if k not in chosen and k not in censor]
    if undecided:
        raise AnalysisRefused(
            f"follow_up.event: {undecided[0]!r} also ends follow-up, and is neither the event nor named to be censored",
            expected="every kind of event is counted, or named in `censor`",
            fix="use competing.cumulative_incidence, which lets events compete; or name it in `censor`",
        )
    for kind in events:
        spells.code(kind)
    return chosen


def _counts_of(spells: Spells, chosen: tuple[str, ...]) -> DayTable:
    table = one_cause(day_table(spells), chosen)
    refuse_early_collapse(table)
    return table


def _by_counts(spells: Spells, chosen: tuple[str, ...], about: About, name: str) -> Curve:
    table = _counts_of(spells, chosen)
    share = product_limit(table)
    lower, upper = log_log_limits(share, share * np.sqrt(greenwood(table)), about.critical())
    return curve_of(table, (share, lower, upper), about, group=name, method="Kaplan-Meier (count grid)")


def _by_lifelines(spells: Spells, chosen: tuple[str, ...], about: About, name: str) -> Curve:
    table = _counts_of(spells, chosen)
    happened: Bools = np.isin(spells.event, [spells.code(k) for k in chosen if k in spells.kinds])
    fitter = KaplanMeierFitter(alpha=1 - about.level)
    entry = spells.entry if spells.delayed else None
    fitter.fit(spells.exit, happened, timeline=np.arange(table.n_days), entry=entry)
    # With late entry lifelines leaves the days before the first entry empty; nobody was at risk, so the share is 1.
    share = fitter.survival_function_.iloc[:, 0].fillna(1.0).to_numpy()
    limits = fitter.confidence_interval_.to_numpy()
    lower, upper = np.where(share < 1, limits[:, 0], 1.0), np.where(share < 1, limits[:, 1], 1.0)
    gone = np.flatnonzero(share <= 0)
    lower[gone], upper[gone] = 0.0, upper[max(gone[0] - 1, 0)] if gone.size else 0.0
    return curve_of(table, (share, lower, upper), about, group=name, method="Kaplan-Meier (lifelines)")


def time_to_share(curve: Curve, share: float = 0.5) -> tuple[float | None, float | None, float | None]:
    """Return the day by which only `share` is left without the event, and its limits; None = not reached.

    The first day on which the curve is at or below `share`; where it stays exactly there, the middle of that stretch.
    The limits are read off the limits of the curve (Brookmeyer & Crowley 1982, on the curve's scale).

    Examples
    --------
    >>> frame = pd.DataFrame({"exit_day": [2, 4, 6], "event": ["death", "death", "none"]})
    >>> time_to_share(kaplan_meier(frame, about=About(population="all", outcome="death"))[0])[0]
    4.0
    """
    if curve.lower is None or curve.upper is None:
        return _crossing(curve.days, curve.value, share), None, None
    return tuple(_crossing(curve.days, line, share) for line in (curve.value, curve.lower, curve.upper))  # type: ignore[return-value]


def _crossing(days: tuple[int, ...], line: tuple[float, ...], share: float) -> float | None:
    tiny = 1e-12
    values = np.asarray(line)
    reached = np.flatnonzero(values <= share + tiny)
    if not reached.size:
        return None
    first = int(reached[0])
    below = np.flatnonzero(values < share - tiny)
    if values[first] < share - tiny or not below.size:
        return float(days[first])
    return (days[first] + days[int(below[0])]) / 2
