"""Mean change with its interval, and the change in units of spread.

pingouin's paired test serves people who are independent of one another. Once providers are declared it refuses, and
the leave-one-provider-out interval is used instead.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import optimize, stats

from ot_eval.base.errors import AnalysisRefused, InternalFault
from ot_eval.base.results import Estimate
from ot_eval.measures.pairs import Pairs
from ot_eval.models.jackknife import Interval, jackknife, require_units

ANALYSIS = "change"
PAIRED = "paired t (pingouin)"
LEFT_OUT = "leave-one-provider-out, t with providers - 1 degrees of freedom"
WIDEST = 40  # spreads within which the noncentrality is sought
EXACT = "interval from the noncentral t distribution"


def clusters(pairs: Pairs) -> pd.Series | None:
    """Return the provider of each pair where clusters are declared, else None."""
    return pairs.frame["cluster"] if pairs.clustered else None


def estimate(pairs: Pairs, measure: str, **fields: object) -> Estimate:
    """Return an `Estimate` that says whose change of which score it is; `fields` fills the rest."""
    names = {"analysis": ANALYSIS, "population": pairs.population, "outcome": pairs.outcome, "term": pairs.term}
    return Estimate(**{**names, "measure": measure, "unit": pairs.score.unit, **fields})  # type: ignore[arg-type]


def from_interval(pairs: Pairs, measure: str, found: Interval, level: float, **fields: object) -> Estimate:
    """Return an `Estimate` from a leave-one-out interval."""
    method = LEFT_OUT if pairs.clustered else "leave-one-person-out, t"
    ends = {"value": found.value, "se": found.se, "lower": found.lower, "upper": found.upper, "level": level}
    counts = {"n": found.n, "n_cluster": found.n_cluster, "method": method}
    return estimate(pairs, measure, **{**ends, **counts, **fields})


def paired_test(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return the mean change with the paired t-test's interval and p-value.

    Raises
    ------
    AnalysisRefused
        Clusters are declared (the plain test would reject too often), or there are fewer than three people, or
        everyone changed by the same amount.
    """
    if pairs.clustered:
        raise AnalysisRefused(
            "the plain paired test was asked for while providers are declared",
            expected="a method that allows for people who share a provider",
            fix="use mean_change, which leaves out one provider at a time",
        )
    require_units(len(pairs.frame), clustered=False)
    if pairs.change.nunique() == 1:
        raise AnalysisRefused(
            f"{pairs.outcome}: everyone changed by the same amount",
            expected="changes that differ between people",
            fix="report the change without an interval",
        )
    row = pg.ttest(pairs.frame["after"], pairs.frame["before"], paired=True, confidence=level).iloc[0]
    n = len(pairs.frame)
    value, se = float(pairs.change.mean()), float(pairs.change.std(ddof=1) / np.sqrt(n))
    half = se * float(stats.t.ppf(0.5 + level / 2, n - 1))  # pingouin rounds its interval to two decimals
    return estimate(
        pairs,
        "mean change",
        value=value,
        se=se,
        lower=value - half,
        upper=value + half,
        level=level,
        p=float(row["p_val"]),
        n=n,
        method=PAIRED,
    )


def mean_change(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return the mean change (after minus before, the score's unit) by the method the design calls for."""
    if not pairs.clustered:
        return paired_test(pairs, level)
    found = jackknife(pairs.change.to_frame(), lambda sums, n: sums[:, 0] / n, cluster=clusters(pairs), level=level)
    p = float(2 * stats.t.sf(abs(found.value / found.se), found.df)) if found.se > 0 else None
    return from_interval(pairs, "mean change", found, level, p=p)


def means(pairs: Pairs, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return the mean before and the mean after, of the people with both scores."""
    out = []
    for name, moment in (("before", pairs.before), ("after", pairs.after)):
        found = jackknife(pairs.frame[[name]], lambda sums, n: sums[:, 0] / n, cluster=clusters(pairs), level=level)
        out.append(from_interval(pairs, "mean", found, level, term=moment))
    return tuple(out)


def _over_spread(change: pd.Series, spread: pd.Series) -> pd.DataFrame:
    """Return the quantities of mean change over the standard deviation of `spread`, centred to keep digits."""
    centred = spread - spread.mean()
    return pd.DataFrame({"change": change, "centred": centred, "square": centred**2})


def _ratio(sums: np.ndarray, n: np.ndarray) -> np.ndarray:
    variance = (sums[:, 2] - sums[:, 1] ** 2 / n) / (n - 1)
    return np.asarray(sums[:, 0] / n / np.sqrt(variance))


def _noncentral_interval(ratio: float, n: int, level: float) -> tuple[float, float]:
    """Exact interval of mean / SD of n independent normal changes (Steiger and Fouladi 1997)."""
    t, df, tail = ratio * np.sqrt(n), n - 1, (1 - level) / 2
    spread = np.sqrt(1 + t**2 / (2 * df))

    def solve(probability: float) -> float:
        """Find the noncentrality that leaves `probability` below t, widening the bracket until it holds the root."""

        def gap(ncp: float) -> float:
            return float(stats.nct.cdf(t, df, ncp)) - probability

        for width in range(3, WIDEST):
            if gap(t - width * spread) > 0 > gap(t + width * spread):
                return float(optimize.brentq(gap, t - width * spread, t + width * spread, xtol=1e-12))
        raise InternalFault("the noncentral t has no root", expected="an interval", fix="report this")

    return solve(1 - tail) / np.sqrt(n), solve(tail) / np.sqrt(n)


def standardised_response_mean(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return mean change over the standard deviation of change, signed as the change is.

    The interval is exact under normal changes where people are independent, and leave-one-provider-out where not.
    """
    found = jackknife(_over_spread(pairs.change, pairs.change), _ratio, cluster=clusters(pairs), level=level)
    if pairs.clustered:
        return from_interval(pairs, "standardised response mean", found, level, unit="standard deviations")
    lower, upper = _noncentral_interval(found.value, found.n, level)
    fields = {"value": found.value, "lower": lower, "upper": upper, "level": level, "n": found.n, "method": EXACT}
    return estimate(pairs, "standardised response mean", unit="standard deviations", **fields)


def effect_size_at_baseline(pairs: Pairs, level: float = 0.95) -> Estimate:
    """Return mean change over the standard deviation before (Kazis 1989), with a leave-one-out interval."""
    found = jackknife(_over_spread(pairs.change, pairs.frame["before"]), _ratio, cluster=clusters(pairs), level=level)
    return from_interval(pairs, "effect size (baseline SD)", found, level, unit="standard deviations")
