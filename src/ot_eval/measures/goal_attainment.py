"""Goal Attainment Scaling: the T score of a person's weighted goals, with the light variant's weights and baselines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.measures.instrument import Instrument, Item, Licence, Rule, Score

CORRELATION = 0.3  # assumed correlation between goals (Kiresuk and Sherman 1968)
LEVELS = (-2.0, -1.0, 0.0, 1.0, 2.0)
BASELINES = (-2.0, -1.0)
WEIGHTS = (0.0, 1.0, 2.0, 3.0)


def t_score(levels: np.ndarray, weights: np.ndarray, correlation: float = CORRELATION) -> float:
    """Return the T score of one person's goals at one time: 50 when every goal is met as expected.

    Parameters
    ----------
    levels : attainment of each goal, -2 to 2
    weights : weight of each goal, zero or more, not all zero
    correlation : assumed correlation between goals

    Raises
    ------
    DataError
        Every weight is zero, so the score is not defined.

    Notes
    -----
    T = 50 + 10 sum(w x) / sqrt((1 - r) sum(w^2) + r sum(w)^2), Kiresuk and Sherman 1968. The formulas printed in
    Turner-Stokes 2009 carry an erratum and are not used.

    Examples
    --------
    >>> round(t_score(np.array([1, 0, -1]), np.array([3, 2, 1])), 4)
    54.4065
    """
    if not np.any(weights):
        raise DataError(
            "gas: every weight of a set of goals is zero",
            expected="at least one goal with a weight above zero (importance x difficulty)",
            fix="give importance and difficulty from 1 to 3, or leave both empty for equal weights",
        )
    wx, ww, w = (np.array([part.sum()]) for part in (weights * levels, np.square(weights), weights))
    return float(_t_from_sums(wx, ww, w, correlation)[0])


def _t_from_sums(wx: np.ndarray, ww: np.ndarray, w: np.ndarray, correlation: float = CORRELATION) -> np.ndarray:
    """T from the sums of weight x level, weight squared and weight; not a number where every weight is zero."""
    spread = (1 - correlation) * ww + correlation * w**2
    return np.asarray(50 + 10 * wx / np.sqrt(np.where(spread > 0, spread, np.nan)))


def _weights(goals: pd.DataFrame) -> pd.Series[float]:
    """Return importance times difficulty (light variant); a column left wholly empty weighs 1."""
    importance, difficulty = goals["importance"], goals["difficulty"]
    one = pd.Series(1.0, index=goals.index)
    return (importance if importance.notna().any() else one) * (difficulty if difficulty.notna().any() else one)


def _total(goals: pd.DataFrame) -> pd.DataFrame:
    """T score over the goals set at baseline; a goal without level or weight leaves the person's score empty."""
    own = goals[goals["at_baseline"]].assign(weight=_weights)
    products = pd.DataFrame(
        {
            "wx": own["weight"] * own["level"],
            "ww": own["weight"] ** 2,
            "w": own["weight"],
            "known": (own["weight"].notna() & own["level"].notna()).astype(float),
            "met": own["level"].ge(0).where(own["level"].notna()).astype(float),
        }
    )
    grouped = products.groupby(level=["person_id", "timepoint"])
    sums = grouped.sum()
    n_baseline = own["n_baseline"].groupby(level=["person_id", "timepoint"]).first()
    complete = sums["known"].eq(n_baseline)
    wx, ww, w = (sums[column].to_numpy() for column in ("wx", "ww", "w"))
    t = pd.Series(_t_from_sums(wx, ww, w), index=sums.index)
    return pd.DataFrame(
        {"t": t.where(complete), "met": (100 * grouped["met"].mean()).where(complete), "goals": grouped.size() * 1.0}
    )


def _weightless(goals: pd.DataFrame) -> pd.Series[bool]:
    sums = _weights(goals).groupby(level=["person_id", "timepoint"]).transform("sum", min_count=1)
    return sums.eq(0)


def _baseline_too_good(goals: pd.DataFrame) -> pd.Series[bool]:
    at_start = pd.Series(goals.index.get_level_values("timepoint") == "baseline", index=goals.index)
    return at_start & goals["level"].notna() & ~goals["level"].isin(BASELINES)


GOAL_ATTAINMENT = Instrument(
    name="gas",
    title="Goal Attainment Scaling (light)",
    family="gas",
    table="goals",
    rated_by=("level",),
    of_the_goal=("importance", "difficulty"),
    items=(
        Item(
            name="level", about="how far the goal was met: 0 as expected, +2 much better, -2 much worse", allowed=LEVELS
        ),
        Item(name="importance", about="how important the goal is", allowed=WEIGHTS),
        Item(name="difficulty", about="how hard the goal is", allowed=WEIGHTS),
    ),
    scores=(
        Score(name="t", about="weighted attainment; 50 = as expected", unit="T points"),
        Score(name="met", about="share of goals met as expected or better", unit="percent", minimum=0, maximum=100),
        Score(name="goals", about="goals rated", unit="goals", minimum=1, describes=True),
    ),
    total=_total,
    missing_rule=(
        "Goals first set after baseline do not enter. The score is missing at a timepoint when any baseline goal lacks "
        "its level, or its weight while weights are in use. Without any importance and difficulty all goals weigh 1."
    ),
    rules=(
        Rule(about="at least one goal has a weight above zero", broken=_weightless),
        Rule(
            about="a goal's level at baseline is -1 or -2 (as able as now, or as bad as can be)",
            broken=_baseline_too_good,
        ),
    ),
    licence=Licence(owner="the method is not owned", condition="cite Kiresuk and Sherman 1968", status="RECALLED"),
    source="Kiresuk and Sherman 1968, Community Ment Health J 4:443; light variant after Turner-Stokes 2009 (RECALLED)",
    status="VERIFIED",
)
