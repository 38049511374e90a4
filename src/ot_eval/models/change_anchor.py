"""How much change matters here: thresholds found from people's own rating of change, and from the spread of scores.

Anchor methods need a question such as "how much better are you?" asked of the same people. Distribution methods do
not, and therefore say nothing of what matters; they are given beside the anchor's answer, never instead of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from math import log

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.measures.pairs import Pairs
from ot_eval.models.change_mean import clusters, estimate, from_interval
from ot_eval.models.change_thresholds import MeasurementError
from ot_eval.models.jackknife import jackknife

ANCHOR, DISTRIBUTION = "important_change_anchor", "important_change_distribution"
FEWEST_A_SIDE = 10
MOST_WITHOUT = 0.05  # judgement: with more resamples left out the interval would describe the others
WEAKEST_ANCHOR = 0.30  # correlation of change with its anchor below which no threshold is drawn (COSMIN practice)
# Terluin 2017, J Clin Epidemiol 83:90; the formula was seen in public code, the paper was not read.
ADJUST_CONSTANT, ADJUST_CORRELATION = 0.090, 0.103
Floats = NDArray[np.float64]
Cut = Callable[[Floats, NDArray[np.bool_]], float]


def _sides(pairs: Pairs, improved: pd.Series) -> tuple[Floats, NDArray[np.bool_]]:
    """Return gain and whether the anchor calls it an important improvement; refuse a side with too few people."""
    flag = pairs.frame["person_id"].map(improved)
    known = flag.notna().to_numpy()
    yes: NDArray[np.bool_] = flag[known].to_numpy(dtype=np.bool_)
    fewest = int(min(yes.sum(), (~yes).sum())) if known.any() else 0
    if fewest < FEWEST_A_SIDE:
        raise AnalysisRefused(
            f"{pairs.outcome}: {fewest} people on one side of the anchor",
            expected=f"at least {FEWEST_A_SIDE} who call themselves importantly improved, and as many who do not",
            fix="use a published threshold and name its setting",
        )
    gain: Floats = np.asarray(pairs.gain[known], dtype=np.float64)
    return gain, yes


def anchor_is_strong_enough(pairs: Pairs, rating: pd.Series) -> Check:
    """Return whether gain follows the anchor's rating closely enough (rank correlation of at least 0.30)."""
    ranks = pairs.frame["person_id"].map(rating)
    known = ranks.notna()
    rho = float(stats.spearmanr(pairs.gain[known], ranks[known]).statistic)
    passed = rho >= WEAKEST_ANCHOR
    sentence = "The score and people's own rating of change " + (
        "moved together well enough to read a threshold from."
        if passed
        else "hardly moved together: no threshold follows."
    )
    detail = f"Spearman {rho:.2f}, {int(known.sum())} people, limit {WEAKEST_ANCHOR:.2f}"
    return Check(analysis=ANCHOR, name=f"{pairs.outcome} anchor", passed=passed, sentence=sentence, detail=detail)


def mean_change_of(pairs: Pairs, rating: pd.Series, category: float, level: float = 0.95) -> Estimate:
    """Return the mean gain of the people who rated their change `category` (the mean-change method)."""
    inside = pairs.frame["person_id"].map(rating).eq(category)
    if int(inside.sum()) < FEWEST_A_SIDE:
        raise AnalysisRefused(
            f"{pairs.outcome}: {int(inside.sum())} people gave that rating",
            expected=f"at least {FEWEST_A_SIDE}",
            fix="use a published threshold and name its setting",
        )
    groups = clusters(pairs)
    found = jackknife(
        pairs.gain[inside].to_frame(),
        lambda s, n: s[:, 0] / n,
        cluster=None if groups is None else groups[inside],
        level=level,
    )
    return from_interval(pairs, "important change (mean change method)", found, level, analysis=ANCHOR)


def _youden(gain: Floats, improved: NDArray[np.bool_]) -> float:
    """Return the cut with the highest sensitivity + specificity; halfway between scores, as a cut between people is."""
    false_yes, true_yes, cuts = roc_curve(improved, gain, drop_intermediate=False)
    best = int(np.argmax(true_yes - false_yes))
    below = gain[gain < cuts[best]]
    return float((cuts[best] + below.max()) / 2) if below.size else float(cuts[best])


def _predictive(gain: Floats, improved: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the gain whose likelihood ratio is one, by logistic regression, and the same adjusted for prevalence."""
    share = float(improved.mean())
    odds = log(share / (1 - share))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a fit that separates or stops early warns; its slope means nothing
            fit = sm.Logit(improved.astype(float), sm.add_constant(gain)).fit(disp=0)
    except (PerfectSeparationError, np.linalg.LinAlgError, Warning):
        raise AnalysisRefused(
            "the anchor separates the scores completely",
            expected="people on both sides of the anchor whose scores overlap",
            fix="report the mean-change method",
        ) from None
    plain = (odds - float(fit.params[0])) / float(fit.params[1])
    correlation = float(np.corrcoef(gain, improved)[0, 1])
    adjust = (ADJUST_CONSTANT + ADJUST_CORRELATION * correlation) * float(np.std(gain, ddof=1)) * odds
    return plain, plain - adjust


def _resampled(
    cut: Cut, gain: Floats, improved: NDArray[np.bool_], level: float, draws: NDArray[np.intp]
) -> tuple[float, float]:
    """Return the bootstrap percentile interval of a threshold; `draws` holds one resample a row.

    A resample that the anchor separates has no threshold; more than `MOST_WITHOUT` of them, and no interval is honest.
    """
    cuts = []
    for row in draws:
        with suppress(AnalysisRefused):
            if 0 < improved[row].sum() < len(row):
                cuts.append(cut(gain[row], improved[row]))
    without = len(draws) - len(cuts)
    if without > MOST_WITHOUT * len(draws):
        raise AnalysisRefused(
            f"the anchor separates the scores in {without} of {len(draws)} resamples",
            expected=f"at most {MOST_WITHOUT:.0%} of them",
            fix="report the mean-change method, or use a published threshold and name its setting",
        )
    lower, upper = np.quantile(cuts, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def anchored_thresholds(
    pairs: Pairs, improved: pd.Series, rng: np.random.Generator, *, resamples: int = 1000, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return the thresholds a yes-or-no anchor gives: ROC cut, predictive, and predictive adjusted for prevalence.

    Parameters
    ----------
    pairs : one score at two timepoints
    improved : indexed by person_id: does the person call the change an important improvement? Missing is left out
    rng : source of the bootstrap's randomness
    resamples : bootstrap resamples of people
    level : confidence level

    Raises
    ------
    AnalysisRefused
        Clusters are declared; fewer than 10 people on a side; or the anchor separates the scores completely.
    """
    if pairs.clustered:
        raise AnalysisRefused(
            "thresholds from an anchor were asked for while providers are declared",
            expected="people independent of one another",
            fix="use mean_change_of, which leaves out one provider at a time",
        )
    gain, yes = _sides(pairs, improved)
    draws = rng.integers(0, len(gain), size=(resamples, len(gain)))
    methods: dict[str, Cut] = {
        "ROC cut": _youden,
        "predictive": lambda g, y: _predictive(g, y)[0],
        "predictive, adjusted": lambda g, y: _predictive(g, y)[1],
    }
    out = []
    for name, cut in methods.items():
        value = cut(gain, yes)  # first: where everyone together has no threshold, that is the reason to give
        lower, upper = _resampled(cut, gain, yes, level, draws)
        fields = {"value": value, "lower": lower, "upper": upper, "level": level, "n": len(gain)}
        method = f"{name}; percentile bootstrap of people, {resamples} resamples"
        counts = {"n_event": int(yes.sum()), "analysis": ANCHOR, "method": method}
        out.append(estimate(pairs, f"important change ({name})", **{**fields, **counts}))
    return tuple(out)


def area_under_curve(pairs: Pairs, improved: pd.Series, level: float = 0.95) -> Estimate:
    """Return the area under the ROC curve of gain against the anchor, with DeLong's interval."""
    gain, yes = _sides(pairs, improved)
    area = float(roc_auc_score(yes, gain))
    cases, others = gain[yes], gain[~yes]
    placed = stats.rankdata(gain)
    of_case = (placed[yes] - stats.rankdata(cases)) / len(others)
    of_other = 1 - (placed[~yes] - stats.rankdata(others)) / len(cases)
    se = float(np.sqrt(of_case.var(ddof=1) / len(cases) + of_other.var(ddof=1) / len(others)))
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    ends = {"lower": max(0.0, area - half), "upper": min(1.0, area + half), "level": level, "se": se}
    fields = {"value": area, "n": len(gain), "n_event": int(yes.sum()), "unit": "probability", "analysis": ANCHOR}
    return estimate(pairs, "area under the ROC curve", **{**fields, **ends, "method": "DeLong"})


def distribution_thresholds(pairs: Pairs, error: MeasurementError | None = None) -> tuple[Estimate, ...]:
    """Return half a standard deviation before, and with a measurement error also SEM and detectable change (MDC 95).

    They describe spread and noise, not worth; no interval is given.
    """
    sd = float(pairs.frame["before"].std(ddof=1))
    values = {"half a standard deviation before": 0.5 * sd}
    if error is not None:
        values |= {"standard error of measurement": error.sem, "detectable change (MDC 95)": error.detectable()}
    source = f"distribution; {error.source}" if error is not None else "distribution"
    return tuple(
        estimate(pairs, name, value=value, n=len(pairs.frame), analysis=DISTRIBUTION, method=source)
        for name, value in values.items()
    )
