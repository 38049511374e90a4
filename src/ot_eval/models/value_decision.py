"""From draws of cost and effect to what a decision needs: net benefit, acceptability, and what knowing more is worth.

Draws are of (cost, effect) per person, one column an option. Money is in pounds, effect in QALYs (or any unit), and a
threshold is pounds for one unit of effect. Net monetary benefit is threshold x effect - cost (Stinnett and Mullahy
1998). Value of information: Claxton 1999; by regression on draws: Strong, Oakley and Brennan 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.value_use import Floats

LEAST_DRAWS = 200
KNOTS = 6
"""Of a cubic spline; more follow the noise of a bootstrap rather than the curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """Draws of cost and effect, each (draws, options), and the names of the options, the usual one first."""

    cost: Floats
    effect: Floats
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = (len(self.cost), len(self.names))
        if self.cost.shape != shape or self.effect.shape != shape or len(self.names) < 2:  # noqa: PLR2004
            raise RequestError("draws of cost and effect do not match", expected="one column an option, two or more",
                               fix="give both for the same options and draws")  # fmt: skip
        if len(self.cost) < LEAST_DRAWS or not np.isfinite(self.cost).all() or not np.isfinite(self.effect).all():
            raise AnalysisRefused(
                f"decision: {len(self.cost)} draws, or some that are not numbers",
                expected=f"at least {LEAST_DRAWS} draws, all of them numbers",
                fix="raise value.bootstrap_draws",
            )

    @property
    def d_cost(self) -> Floats:
        """Cost of the second option less the first, by draw."""
        return np.asarray(self.cost[:, 1] - self.cost[:, 0])

    @property
    def d_effect(self) -> Floats:
        """Effect of the second option less the first, by draw."""
        return np.asarray(self.effect[:, 1] - self.effect[:, 0])


def net_benefit(found: Uncertain, threshold: float) -> Floats:
    """Return net monetary benefit by draw and option, in pounds."""
    _refuse_negative(threshold)
    return np.asarray(threshold * found.effect - found.cost)


def incremental_ratio(d_cost: float, d_effect: float) -> float | None:
    """Return pounds for one more unit of effect; None unless the second option costs more and does more.

    In the other quarters of the plane a ratio misleads: a negative one has two opposite meanings, and in the
    south-west it is what is saved for one unit given up.

    Examples
    --------
    >>> incremental_ratio(1000, 0.1), incremental_ratio(-1000, 0.1), incremental_ratio(-1000, -0.1)
    (10000.0, None, None)
    """
    return d_cost / d_effect if d_cost > 0 and d_effect > 0 else None


def acceptability(found: Uncertain, thresholds: tuple[float, ...]) -> Floats:
    """Return the share of draws in which each option has the highest net benefit, (thresholds, options)."""
    best = [np.argmax(net_benefit(found, k), axis=1) for k in thresholds]
    return np.stack([np.bincount(b, minlength=len(found.names)) / b.size for b in best])


def quadrants(found: Uncertain) -> dict[str, float]:
    """Return the share of draws in each quarter of the plane; a draw on a line counts as costing and doing no more."""
    more, dearer = found.d_effect > 0, found.d_cost > 0
    return {
        "does more, costs less": float((more & ~dearer).mean()),
        "does more, costs more": float((more & dearer).mean()),
        "does less, costs less": float((~more & ~dearer).mean()),
        "does less, costs more": float((~more & dearer).mean()),
    }


def perfect_information(found: Uncertain, threshold: float) -> float:
    """Return the expected value of perfect information per person in pounds: what knowing everything would be worth."""
    benefit = net_benefit(found, threshold)
    return float(benefit.max(axis=1).mean() - benefit.mean(axis=0).max())


def perfect_information_normal(mean: float, se: float) -> float:
    """Return the same for two options whose difference in net benefit is normal (unit normal loss integral).

    Examples
    --------
    >>> round(perfect_information_normal(0.0, 1.0), 6), round(perfect_information_normal(1000.0, 500.0), 4)
    (0.398942, 4.2454)
    """
    if se <= 0:
        return 0.0
    z = abs(mean) / se
    return float(se * (stats.norm.pdf(z) - z * stats.norm.sf(z)))


def of_parameters(found: Uncertain, parameters: Floats, threshold: float) -> float:
    """Return the expected value of knowing `parameters` (draws, or draws by parameters) exactly, pounds per person.

    Net benefit of each option less the first is regressed on a cubic spline of each parameter; several parameters add
    up, so that of their interactions is not seen.
    """
    x = np.asarray(parameters, dtype=float).reshape(len(found.cost), -1)
    x = x[:, x.std(axis=0) > 0]
    if x.shape[1] == 0:
        return 0.0
    benefit = net_benefit(found, threshold)
    fitted = np.zeros_like(benefit)
    curve = make_pipeline(StandardScaler(), SplineTransformer(n_knots=KNOTS, knots="quantile"), LinearRegression())
    for k in range(1, benefit.shape[1]):
        fitted[:, k] = curve.fit(x, benefit[:, k] - benefit[:, 0]).predict(x)
    return max(0.0, float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max()))


def for_population(per_person: float, *, people_a_year: float, years: int, discount: float) -> float:
    """Return the value for everybody the decision is about: people of `years` years, later years discounted.

    Examples
    --------
    >>> for_population(10.0, people_a_year=100, years=2, discount=0.0)
    2000.0
    """
    if people_a_year <= 0 or years < 1 or not 0 <= discount < 1:
        raise RequestError(
            "value of information for a population: people, years or discount",
            expected="people above 0, one year or more, a discount from 0 to below 1",
            fix="correct the section value of the protocol",
        )
    return float(per_person * people_a_year * sum((1 + discount) ** -t for t in range(years)))


def _refuse_negative(threshold: float) -> None:
    if not (np.isfinite(threshold) and threshold >= 0):
        raise RequestError(f"threshold {threshold}", expected="pounds for one QALY, 0 or more", fix="correct it")
