"""Every reading of "percent improvement", each under its own name, and which of them a published figure could be.

Services publish "11 % improvement in mBarthel" without a denominator. Five sums with five answers hide behind such a
sentence; none of them is called just "improvement" here. Above zero is always better, whichever way the score runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.results import Estimate
from ot_eval.measures.pairs import Pairs
from ot_eval.models.change_mean import clusters, estimate, from_interval
from ot_eval.models.change_shares import share
from ot_eval.models.jackknife import jackknife

ANALYSIS = "percent_improvement"
OF_MEAN = "change in mean over mean before"
OF_EACH = "mean of personal percentage changes"
OF_SCALE = "change in mean over width of scale"
IMPROVED = "share of people who improved"
IMPORTANT = "share of people who improved by an important change"
FALL = "fall in mean level"
RELATIVE_FALL = "fall in mean level over mean level before"
LEVEL_BETTER = "share of people who improved a level or more"
PROBLEM_FREE = "difference in share of people without problems"
CHANGE = "percent change"  # a share of people is in "percent"; a relative change is not a share


def _gain(pairs: Pairs) -> pd.Series:
    return pairs.gain


def change_over_baseline_mean(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return 100 x (mean gain / mean before). Undefined where the mean before is zero."""
    quantities = pd.DataFrame({"gain": _gain(pairs), "before": pairs.frame["before"]})
    found = jackknife(quantities, lambda sums, _: 100 * sums[:, 0] / sums[:, 1], cluster=clusters(pairs), level=level)
    return from_interval(pairs, OF_MEAN, found, level, analysis=ANALYSIS, unit=CHANGE)


def mean_personal_percentage(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return the mean of each person's own 100 x gain / before.

    People who start at zero have no percentage and are left out: `n` says how many are in. A score that can be
    negative (an index) has no meaning as a denominator, so it is refused.
    """
    if pairs.score.minimum is None or pairs.score.minimum < 0:
        raise AnalysisRefused(
            f"{pairs.outcome}: personal percentages were asked of a score that can be below zero",
            expected="a score with a floor of zero or more",
            fix="report the mean change in the score's own unit",
        )
    inside = pairs.frame["before"] > 0
    personal = (100 * _gain(pairs) / pairs.frame["before"])[inside].to_frame("percent")
    groups = pairs.frame.loc[inside, "cluster"] if pairs.clustered else None
    found = jackknife(personal, lambda sums, n: sums[:, 0] / n, cluster=groups, level=level)
    return from_interval(pairs, OF_EACH, found, level, analysis=ANALYSIS, unit=CHANGE)


def change_over_scale(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return 100 x mean gain / width of the scale; on a 0-100 scale these are its points."""
    width = pairs.score.range
    if width is None:
        raise AnalysisRefused(
            f"{pairs.outcome} has no fixed ends", expected="a scale with ends", fix="report another definition"
        )
    found = jackknife(
        _gain(pairs).to_frame(), lambda sums, n: 100 * sums[:, 0] / n / width, cluster=clusters(pairs), level=level
    )
    return from_interval(pairs, OF_SCALE, found, level, analysis=ANALYSIS, unit=CHANGE)


def share_improved(pairs: Pairs, by: float | None = None, level: float = 0.95) -> Estimate:
    """Return the share of people with any gain, or with a gain of at least `by`."""
    flag = _gain(pairs) > 0 if by is None else _gain(pairs) >= by
    found = share(flag, cluster=clusters(pairs), level=level)
    measure = IMPROVED if by is None else IMPORTANT
    return estimate(pairs, measure, **{**found, "analysis": ANALYSIS})


def definitions(pairs: Pairs, important: float | None = None, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return every definition that has a meaning for this score.

    Parameters
    ----------
    pairs : one score at two timepoints
    important : the important change, in the score's unit, where one is established for these people
    level : confidence level
    """
    out = [share_improved(pairs, level=level)]
    if important is not None:
        out.append(share_improved(pairs, important, level))
    if pairs.score.minimum is not None and pairs.score.minimum >= 0:
        out += [change_over_baseline_mean(pairs, level), mean_personal_percentage(pairs, level)]
    if pairs.score.range is not None:
        out.append(change_over_scale(pairs, level))
    return tuple(out)


def level_definitions(pairs: Pairs, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return the definitions for one dimension in levels, 1 = no problems (EQ-5D): falls in level are gains."""
    if pairs.score.unit != "level":
        raise AnalysisRefused(f"{pairs.outcome} is not in levels", expected="a dimension", fix="use definitions")
    frame, groups = pairs.frame, clusters(pairs)
    fall = jackknife(_gain(pairs).to_frame(), lambda s, n: s[:, 0] / n, cluster=groups, level=level)
    free = (frame["after"].eq(1).astype(float) - frame["before"].eq(1).astype(float)).to_frame()
    rise = jackknife(free, lambda s, n: 100 * s[:, 0] / n, cluster=groups, level=level)
    better = estimate(
        pairs, LEVEL_BETTER, **{**share(_gain(pairs) > 0, cluster=groups, level=level), "analysis": ANALYSIS}
    )
    relative = change_over_baseline_mean(pairs, level)
    return (
        from_interval(pairs, FALL, fall, level, analysis=ANALYSIS, unit="level"),
        Estimate(**{**{f: getattr(relative, f) for f in relative.__slots__}, "measure": RELATIVE_FALL}),
        better,
        from_interval(pairs, PROBLEM_FREE, rise, level, analysis=ANALYSIS, unit="percent"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One definition beside a published figure, and whether it gives that figure when rounded the same way."""

    outcome: str
    measure: str
    value: float
    rounded: float
    matches: bool
    inside_interval: bool


def readings(found: Iterable[Estimate], figure: float, decimals: int = 0) -> tuple[Reading, ...]:
    """Return, for each estimate in percent, whether it could be the published `figure`.

    Parameters
    ----------
    found : what `definitions` or `level_definitions` returned for the people the figure is about
    figure : the published percentage
    decimals : how many decimals it was published with

    Raises
    ------
    RequestError
        The figure is not a finite number, or none of the estimates is in percent.
    """
    if not np.isfinite(figure):
        raise RequestError("the published figure is not a number", expected="a percentage", fix="copy it as published")
    percent = [e for e in found if e.unit in ("percent", CHANGE) and e.value is not None]
    if not percent:
        raise RequestError("no estimate is in percent", expected="definitions to compare", fix="compute them first")
    out = []
    for e in percent:
        value = float(e.value or 0.0)
        rounded = round(value, decimals)
        inside = e.lower is not None and e.upper is not None and e.lower <= figure <= e.upper
        out.append(
            Reading(
                outcome=e.outcome,
                measure=e.measure,
                value=value,
                rounded=rounded,
                matches=abs(rounded - figure) < 10.0 ** -(decimals + 6),
                inside_interval=inside,
            )
        )
    return tuple(out)
