"""Two thresholds that are often confused, kept apart: change that matters, and change beyond measurement error.

An important change (MIC, MCID) is what people call worthwhile; it belongs to the setting it was found in. A reliable
change is larger than the instrument's own noise would give (Jacobson and Truax 1991). Either can hold without the
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import pandas as pd
import pingouin as pg
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.results import Check, Estimate
from ot_eval.measures.instrument import ImportantChange
from ot_eval.measures.pairs import Pairs
from ot_eval.models.change_mean import clusters, estimate
from ot_eval.models.change_shares import share

IMPORTANT, RELIABLE, BOTH = "important_change", "reliable_change", "important_and_reliable_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementError:
    """An instrument's measurement error: `sem` in points, and where it came from."""

    sem: float
    source: str

    def __post_init__(self) -> None:
        if not self.sem > 0 or not self.source.strip():
            raise RequestError(
                "a measurement error that is not above zero, or has no source",
                expected="the standard error of measurement in points, and where it was found",
                fix="take it from a test-retest study of people like yours",
            )

    def detectable(self, level: float = 0.95) -> float:
        """Return the change that measurement error alone exceeds in 1 - `level` of stable people (MDC).

        Examples
        --------
        >>> round(MeasurementError(sem=1.45, source="Hsieh 2007").detectable(), 2)
        4.02
        """
        return float(stats.norm.ppf(0.5 + level / 2)) * sqrt(2) * self.sem


def error_from_reliability(sd: float, reliability: float, source: str) -> MeasurementError:
    """Return the measurement error of a score with this spread and this test-retest reliability: sd x sqrt(1 - r)."""
    if not 0 < reliability < 1 or not sd > 0:
        raise RequestError(
            "the reliability is not between 0 and 1, or the spread is not above zero",
            expected="a test-retest correlation (ICC) and the standard deviation of scores",
            fix="copy both from the same study",
        )
    return MeasurementError(sem=sd * sqrt(1 - reliability), source=source)


def error_from_detectable(detectable: float, source: str) -> MeasurementError:
    """Return the measurement error behind a published detectable change (MDC 95 = 1.96 x sqrt(2) x SEM).

    Examples
    --------
    >>> round(error_from_detectable(4.02, "Hsieh 2007").sem, 2)
    1.45
    """
    return MeasurementError(sem=detectable / (float(stats.norm.ppf(0.975)) * sqrt(2)), source=source)


def repeat_reliability(frame: pd.DataFrame, source: str) -> tuple[float, MeasurementError]:
    """Return the reliability (ICC 2,1: two-way random, absolute agreement) and measurement error of repeated scores.

    Parameters
    ----------
    frame : person_id, occasion, value; every person at every occasion, nothing changed in between
    source : where the repeated scores come from
    """
    counts = frame.groupby("person_id")["occasion"].nunique()
    if frame["value"].isna().any() or counts.nunique() != 1 or counts.iloc[0] < 2 or len(counts) < 5:  # noqa: PLR2004
        raise AnalysisRefused(
            f"repeated scores of {len(counts)} people, not each at the same two or more occasions",
            expected="at least five people, every one at every occasion",
            fix="leave out people without a repeat",
        )
    table = pg.intraclass_corr(data=frame, targets="person_id", raters="occasion", ratings="value")
    icc = float(table.set_index("Type").loc["ICC(A,1)", "ICC"])
    return icc, error_from_reliability(float(frame["value"].std(ddof=1)), icc, source)


def internal_consistency(items: pd.DataFrame) -> tuple[float, float, float]:
    """Return Cronbach's alpha of complete item answers, with its 95 % interval. It is not test-retest reliability."""
    if items.isna().to_numpy().any() or items.shape[1] < 2:  # noqa: PLR2004
        raise AnalysisRefused(
            "item answers with gaps, or a single item",
            expected="complete answers to two or more items",
            fix="drop gaps",
        )
    alpha, interval = pg.cronbach_alpha(data=items, ci=0.95)
    return float(alpha), float(interval[0]), float(interval[1])


def _shares(pairs: Pairs, ways: dict[str, pd.Series], analysis: str, basis: str, level: float) -> tuple[Estimate, ...]:
    """Return one share a way, with what the threshold rests on written into its method."""
    out = []
    for way, flag in ways.items():
        found = share(flag, cluster=clusters(pairs), level=level)
        fields = {**found, "analysis": analysis, "method": f"{found['method']}; {basis}"}
        out.append(estimate(pairs, f"share {way}", **fields))
    return tuple(out)


def _three_ways(gain: pd.Series, threshold: float) -> dict[str, pd.Series]:
    return {
        f"better by {threshold:.3g} or more": gain >= threshold,
        f"changed by less than {threshold:.3g}": gain.abs() < threshold,
        f"worse by {threshold:.3g} or more": gain <= -threshold,
    }


def _basis(threshold: ImportantChange) -> str:
    return (
        f"important change {threshold.value:g}: {threshold.kind}; {threshold.setting}; {threshold.source} "
        f"[{threshold.status}]"
    )


def important_change(pairs: Pairs, threshold: ImportantChange, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return the shares better, within and worse by an important change; its setting and source stand in the method."""
    if threshold.score != pairs.score.name:
        raise RequestError(
            f"an important change of '{threshold.score}' was asked of '{pairs.score.name}'",
            expected="a threshold of the same score",
            fix="choose the threshold that belongs to this score",
        )
    return _shares(pairs, _three_ways(pairs.gain, threshold.value), IMPORTANT, _basis(threshold), level)


def reliable_change(pairs: Pairs, error: MeasurementError, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return the shares with reliable gain, no reliable change and reliable loss (index beyond +-1.96)."""
    basis = f"reliable change: 1.96 x sqrt(2) x SEM {error.sem:.3g} ({error.source})"
    return _shares(pairs, _three_ways(pairs.gain, error.detectable(0.95)), RELIABLE, basis, level)


def important_and_reliable(
    pairs: Pairs, threshold: ImportantChange, error: MeasurementError, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return the shares of people whose gain was important and reliable, one but not the other, or neither."""
    important, reliable = pairs.gain >= threshold.value, pairs.gain >= error.detectable(0.95)
    ways = {
        "important and reliable gain": important & reliable,
        "important but not reliable gain": important & ~reliable,
        "reliable but not important gain": reliable & ~important,
        "neither": ~important & ~reliable,
    }
    return _shares(pairs, ways, BOTH, f"{_basis(threshold)}; SEM {error.sem:.3g} ({error.source})", level)


def thresholds_compared(threshold: ImportantChange, error: MeasurementError) -> Check:
    """Return whether the important change is larger than measurement error, in words for both readers."""
    detectable = error.detectable(0.95)
    passed = threshold.value >= detectable
    sentence = (
        "A change that matters is larger than the instrument's own noise, so one person's change can be read."
        if passed
        else "The instrument's own noise is larger than a change that matters: one person's change cannot be read from "
        "two scores, only the average of many."
    )
    detail = f"important {threshold.value:g} ({threshold.source}); detectable {detectable:.3g} ({error.source})"
    return Check(
        analysis=RELIABLE, name="important against detectable", passed=passed, sentence=sentence, detail=detail
    )
