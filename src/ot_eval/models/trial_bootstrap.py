"""Wild cluster bootstrap of least squares with the null imposed: a sensitivity analysis at most.

In simulated trials it rejected 0-7 % (Rademacher) and 3-9 % (Webb) of true null hypotheses. All sign vectors are listed
where they are few: 2^G Rademacher weights from 6 providers, Webb's six points with 4 or 5 (16 Rademacher draws could
never reach .05). `trial_methods` bars it as a test where it was measured too high. Source: Cameron, Gelbach & Miller
(2008); Webb (2023).
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from scipy import optimize

from ot_eval.base.errors import RequestError
from ot_eval.models.trial_data import Columns, anova_icc, read_trial, refuse_weight
from ot_eval.models.trial_moments import Moments, design, least_squares, moments
from ot_eval.models.trial_records import Array, Comparison

METHOD = "wild_cluster_bootstrap"
WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
WEBB_UP_TO, ALL_UP_TO, DRAWS = 5, 13, 9_999
TIE = 1e-10


def signs(n_cluster: int, rng: np.random.Generator | None = None, draws: int = DRAWS) -> tuple[Array, str]:
    """Return the weights, shape (draws, providers), and what they are."""
    if n_cluster <= WEBB_UP_TO:
        return np.array(list(product(WEBB, repeat=n_cluster))), f"all {6**n_cluster:,} of Webb's weights"
    if n_cluster <= ALL_UP_TO:
        bits = np.arange(2**n_cluster)[:, None] >> np.arange(n_cluster) & 1
        return 2.0 * bits - 1.0, f"all {2**n_cluster:,} Rademacher weights"
    if rng is None:
        raise RequestError(
            f"{n_cluster} providers have {2**n_cluster:,} sign vectors",
            expected="a random generator: they are not all listed",
            fix="give rng",
        )
    drawn = 2.0 * rng.integers(0, 2, (draws, n_cluster)) - 1.0
    drawn[0] = 1.0
    return drawn, f"{draws:,} Rademacher draws"


def _shares(m: Moments, weights: Array, column: int, null: float) -> tuple[float, float]:
    """Return shares of draws with |t*| at least (ties counted), and more than, the observed |t|; one world."""
    xx, xy = m.xx[0], m.xy[0]
    keep = [j for j in range(xx.shape[1]) if j != column]
    within = np.zeros(xx.shape[1])
    total = xx.sum(axis=0)
    moved = xy - xx[:, :, column] * null
    within[keep] = np.linalg.solve(total[np.ix_(keep, keep)], moved.sum(axis=0)[keep])
    within[column] = null
    score = xy - xx @ within
    inverse = np.linalg.inv(total)
    drawn = weights @ score
    shift = drawn @ inverse
    residual = weights[:, :, None] * score - np.einsum("gij,bj->bgi", xx, shift)
    t = _studentised(shift[:, column], residual @ inverse[:, column])
    beta, _, own = least_squares(m)
    observed = _studentised(beta[:, column] - null, own @ inverse[:, column])[0]
    margin = TIE * (1 + observed)
    return float((t >= observed - margin).mean()), float((t > observed + margin).mean())


def _studentised(value: Array, influence: Array) -> Array:
    """Return |value| over its cluster-robust error; the constant of CR1 is the same in every draw and left out."""
    spread = np.sqrt((influence**2).sum(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        t: Array = np.where(spread > 0, np.abs(value) / spread, np.where(np.abs(value) > 0, np.inf, 0.0))
    return t


def p_value(m: Moments, weights: Array, column: int = 1, null: float = 0.0) -> float:
    """Return the bootstrap p-value of one trial (W = 1), ties counted."""
    return _shares(m, weights, column, null)[0]


def _limit(m: Moments, weights: Array, value: float, step: float, alpha: float) -> float | None:
    """Return where the p-value falls to alpha, going from the estimate in the direction of `step`."""
    far = value + step
    for _ in range(40):
        if p_value(m, weights, null=far) <= alpha:
            break
        far = value + 2 * (far - value)
    else:
        return None
    found = optimize.bisect(
        lambda d: p_value(m, weights, null=d) - alpha - 1e-12, value, far, xtol=abs(step) * 1e-6, maxiter=60, disp=False
    )
    return float(found)


def bootstrap_difference(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
    unit: str = "points",
) -> Comparison:
    """Return the participant-average difference with a wild cluster bootstrap p-value and interval.

    Parameters
    ----------
    frame, columns, level, unit : as in `trial_robust.participant_difference`
    rng : needed from 14 providers on

    Notes
    -----
    `lower` and `upper` hold the differences that the bootstrap does not reject; None where it can reject none.
    `p_floor` counts the two sign vectors that return the data.
    """
    trial = read_trial(frame, columns)
    refuse_weight(trial, "the wild cluster bootstrap")
    m = moments(design(trial), trial.y, trial.cluster, trial.n_cluster)
    weights, words = signs(trial.n_cluster, rng)
    beta, inverse, score = least_squares(m)
    value = float(beta[0, 1])
    se = float(np.sqrt(((score[0] @ inverse[0, :, 1]) ** 2).sum()))
    ends = [_limit(m, weights, value, side * 2 * se, 1 - level) for side in (-1, 1)]
    lower, upper = ends if None not in ends else (None, None)
    return Comparison(
        method=METHOD, estimand="participant-average", measure="difference in means", unit=unit, value=value,
        lower=lower, upper=upper, level=level, p=p_value(m, weights), n=trial.y.size, n_cluster=trial.n_cluster,
        n_coached=trial.n_coached, size_cv=trial.size_cv, p_floor=2 / len(weights),
        icc=anova_icc(trial.y, trial.cluster, trial.arm, level),
        words=f"least squares, wild cluster bootstrap with the null imposed, {words}",
    )  # fmt: skip
