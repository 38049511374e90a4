"""Missing follow-up: who is missing, and what the change would be under several beliefs about them.

Three answers stand side by side: people with both scores; missing at random (multiple imputation); and missing people
who did worse by delta points than people like them. People who died are never imputed: no score of theirs is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.measures.repeated import Repeated
from ot_eval.models.change_shares import share
from ot_eval.models.imputation import Pooled, impute, pool, shift
from ot_eval.models.jackknife import jackknife

FOLLOWED, DIFFER, IMPUTED, DELTA = "followed_up", "lost_to_follow_up", "multiple_imputation", "delta_adjusted"
AT_RANDOM = "missing at random"
MOMENTS = {"end": "the end of reablement", "follow_up": "follow-up"}
NOTABLE = 0.1  # standardised difference from which two groups are usually called unlike (Austin 2009)


def followed(repeated: Repeated, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return, for each later timepoint, the share of people with a first score who also have this one."""
    based = repeated.with_first()
    out = []
    for time in based.timepoints[1:]:
        found = share(based.frame[time].notna(), cluster=based.cluster, level=level)
        out.append(_estimate(based, FOLLOWED, time, "share with a score", **found))
    return tuple(out)


def _estimate(repeated: Repeated, analysis: str, term: str, measure: str, **fields: object) -> Estimate:
    names = {"analysis": analysis, "population": repeated.population, "outcome": repeated.outcome, "term": term}
    return Estimate(**{**names, "measure": measure, "unit": repeated.score.unit, **fields})  # type: ignore[arg-type]


def who_is_missing(repeated: Repeated, known: pd.DataFrame, time: str) -> tuple[Estimate, ...]:
    """Return means of the first score and of what else is `known`, in people with and without the score at `time`.

    Parameters
    ----------
    repeated : one score at every timepoint
    known : indexed by person_id, numbers or yes/no (1/0) known at the first timepoint
    time : the later timepoint

    Returns
    -------
    tuple of Estimate
        For each characteristic: the mean with the score, the mean without it, and the standardised difference
        (without minus with, over the pooled standard deviation; empty when nobody varies).
    """
    based = repeated.with_first()
    first = based.timepoints[0]
    table = pd.concat(
        [based.frame[first].rename(f"score at {first}"), known.reindex(based.frame.index)], axis="columns"
    )
    seen = based.frame[time].notna()
    if seen.all() or not seen.any():
        return ()
    out = []
    for name in table.columns:
        values = table[name].astype(float)
        have, lack = values[seen].dropna(), values[~seen].dropna()
        for group, part in (("with a score", have), ("without a score", lack)):
            if len(part):
                fields = {"value": float(part.mean()), "n": len(part), "unit": "as recorded"}
                out.append(_estimate(based, DIFFER, f"{time}: {name}", f"mean {group}", **fields))
        spread = float(np.sqrt((have.var(ddof=1) + lack.var(ddof=1)) / 2)) if min(len(have), len(lack)) > 1 else 0.0
        if spread > 0:
            smd = float(lack.mean() - have.mean()) / spread
            fields = {"value": smd, "n": len(have) + len(lack), "unit": "standard deviations"}
            out.append(_estimate(based, DIFFER, f"{time}: {name}", "standardised difference", **fields))
    return tuple(out)


def alike(found: Sequence[Estimate], repeated: Repeated, time: str) -> Check:
    """Return whether people without a score at `time` were like those with one (all differences below 0.1 SD)."""
    unlike = [
        e for e in found if e.measure == "standardised difference" and abs(e.value or 0) > NOTABLE and time in e.term
    ]
    names = ", ".join(e.term.split(": ", 1)[1] for e in unlike)
    moment = MOMENTS.get(time, time)
    sentence = (
        f"People without a score at {moment} were much like those with one, in what was known at the start."
        if not unlike
        else f"People without a score at {moment} differed from those with one in: {names}. Read the change with care."
    )
    return Check(
        analysis=DIFFER,
        name=f"{repeated.outcome} at {time}",
        passed=not unlike,
        sentence=sentence,
        detail=f"limit {NOTABLE:g} standard deviations",
    )


def _auxiliary(repeated: Repeated, known: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return what helps to predict: what is known, and a yes/no column a provider (all but the largest)."""
    parts = [] if known is None else [known.reindex(repeated.frame.index).astype(float)]
    if repeated.cluster is not None:
        largest = repeated.cluster.value_counts().index[0]
        parts.append(
            pd.get_dummies(repeated.cluster, prefix="provider", dtype=float).drop(columns=f"provider_{largest}")
        )
    return pd.concat(parts, axis="columns") if parts else None


def _pooled_change(
    repeated: Repeated, completed: Sequence[pd.DataFrame], time: str, level: float
) -> tuple[Pooled, int | None]:
    first = repeated.timepoints[0]
    each = [
        jackknife(
            (copy[time] - copy[first]).to_frame(), lambda s, n: s[:, 0] / n, cluster=repeated.cluster, level=level
        )
        for copy in completed
    ]
    found = pool([e.value for e in each], [e.se**2 for e in each], each[0].df, level)
    return found, each[0].n_cluster


def imputed_change(
    repeated: Repeated,
    time: str,
    rng: np.random.Generator,
    *,
    died: pd.Series | None = None,
    known: pd.DataFrame | None = None,
    deltas: Sequence[float] = (0.0,),
    m: int = 20,
    level: float = 0.95,
) -> tuple[Estimate, ...]:
    """Return the mean change to `time` with missing scores imputed, once for each delta.

    Parameters
    ----------
    repeated : one score at every timepoint
    time : the later timepoint
    rng : source of randomness
    died : indexed by person_id, True for people who died before `time`; they are left out, never imputed
    known : indexed by person_id: numbers or yes/no that help to predict, nothing missing
    deltas : points by which missing people are taken to be worse than people like them; 0 = missing at random
    m : completed copies
    level : confidence level

    Raises
    ------
    AnalysisRefused
        Too few scores to predict from, or nobody's score is missing.
    """
    based = _living(repeated.with_first(), died)
    if based.frame[time].notna().all():
        raise AnalysisRefused(
            f"{based.outcome}: no score at {time} is missing", expected="missing scores", fix="use mean_change"
        )
    completed = impute(based.frame, rng, m=m, auxiliary=_auxiliary(based, known))
    worse = -1.0 if based.score.better == "higher" else 1.0
    n_missing = int(based.frame[time].isna().sum())
    out = []
    for delta in deltas:
        found, n_cluster = _pooled_change(based, shift(based.frame, completed, time, worse * delta), time, level)
        analysis, belief = (
            (IMPUTED, AT_RANDOM) if delta == 0 else (DELTA, f"missing worse by {delta:.3g} {based.score.unit}")
        )
        fields = {"value": found.value, "se": found.se, "lower": found.lower, "upper": found.upper, "level": level}
        method = (
            f"{m} imputations, Rubin's rules; {n_missing} scores missing; {found.missing_information:.0%} of variance"
        )
        counts = {"p": found.p, "n": len(based.frame), "n_cluster": n_cluster, "method": method}
        term = f"{based.timepoints[0]} to {time}"
        out.append(_estimate(based, analysis, term, f"mean change ({belief})", **fields, **counts))
    return tuple(out)


def _living(repeated: Repeated, died: pd.Series | None) -> Repeated:
    if died is None:
        return repeated
    keep = ~died.reindex(repeated.frame.index, fill_value=False).astype(bool)
    return Repeated(
        frame=repeated.frame[keep],
        score=repeated.score,
        instrument=repeated.instrument,
        population=f"{repeated.population}, alive",
        cluster=None if repeated.cluster is None else repeated.cluster[keep],
    )


def _direction(estimate: Estimate) -> int:
    """Return 1 or -1 where the interval lies wholly above or below zero, else 0."""
    if estimate.lower is None or estimate.upper is None:
        return 0
    return int(estimate.lower > 0) - int(estimate.upper < 0)


def tipping_point(found: Sequence[Estimate]) -> Check:
    """Return whether the direction of change stays clear of zero for every delta, and else the first that loses it.

    `found` begins with the estimate under missing at random.
    """
    first, *rest = found
    lost = [e for e in rest if _direction(e) != _direction(first)]
    if _direction(first) == 0:
        sentence = "With missing people imputed, the data do not show in which direction people changed."
    elif lost:
        belief = lost[0].measure.partition("(")[2].rstrip(")").removeprefix("missing ")
        sentence = f"The direction of change is no longer clear if people whose score is missing did {belief}."
    else:
        sentence = "The direction of change held for every assumption about missing people that was tried."
    return Check(
        analysis=DELTA,
        name=f"{first.outcome}, {first.term}",
        passed=_direction(first) != 0 and not lost,
        sentence=sentence,
        detail="; ".join(e.measure for e in found),
    )
