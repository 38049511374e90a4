"""Named value sets for EQ-5D. Five different "UK" indices exist, so none is called just "UK".

An index is the public's value of a profile: 1 = full health, 0 = as bad as being dead, below 0 = worse than dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from ot_eval.base.errors import RequestError, nearest
from ot_eval.measures import eq5d_profile, reference
from ot_eval.measures.eq5d_profile import DIMENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSet:
    """One published value set: the questionnaire it belongs to, the table it is read from, and its standing."""

    name: str
    about: str
    n_levels: Literal[3, 5]
    table: str
    form: Literal["sum", "sum_with_constants", "crosswalk"]
    source: str
    standing: str


VALUE_SETS: dict[str, ValueSet] = {
    v.name: v
    for v in (
        ValueSet(
            name="uk_rowen2026",
            about="UK, time trade-off, EQ-5D-5L",
            n_levels=5,
            table="eq5d5l_uk_rowen2026",
            form="sum",
            source="Rowen 2026, 10.1016/j.jval.2026.03.008",
            standing="proposed by NICE as reference case in 2026; the final decision was not found",
        ),
        ValueSet(
            name="england_devlin2018",
            about="England, time trade-off and choice, EQ-5D-5L",
            n_levels=5,
            table="eq5d5l_england_devlin2018",
            form="sum",
            source="Devlin 2018, 10.1002/hec.3564",
            standing="NICE advised against it in October 2019",
        ),
        ValueSet(
            name="uk_crosswalk_vanhout2012",
            about="EQ-5D-5L mapped to the UK EQ-5D-3L values",
            n_levels=5,
            table="vanhout2012_transition_5l_to_3l",
            form="crosswalk",
            source="van Hout 2012, 10.1016/j.jval.2012.02.008, on Dolan 1997",
            standing="NICE's advice from October 2019",
        ),
        ValueSet(
            name="uk_tto_dolan1997",
            about="UK, time trade-off, EQ-5D-3L",
            n_levels=3,
            table="eq5d3l_uk_dolan1997",
            form="sum_with_constants",
            source="Dolan 1997, Med Care 35:1095",
            standing="the long-standing UK set for EQ-5D-3L",
        ),
        ValueSet(
            name="uk_vas_mvh",
            about="UK, visual analogue, EQ-5D-3L",
            n_levels=3,
            table="eq5d3l_uk_vas_mvh",
            form="sum_with_constants",
            source="Measurement and Valuation of Health group, York",
            standing="rarely used for cost-effectiveness",
        ),
    )
}


def value_set(name: str, n_levels: int | None = None) -> ValueSet:
    """Return the value set called `name`; refuse one that is unknown or belongs to the other questionnaire."""
    allowed = [v.name for v in VALUE_SETS.values() if n_levels in (None, v.n_levels)]
    if name not in allowed:
        raise RequestError(
            f"EQ-5D value set '{name}' is not known{f' for {n_levels} levels' if n_levels else ''}."
            f"{nearest(name, allowed)}",
            expected="one of " + ", ".join(allowed),
            fix="name the value set in full: several UK indices exist and differ by up to 0.3",
        )
    return VALUE_SETS[name]


def _decrements(table: str) -> np.ndarray:
    """Return a 5 x levels array: what each level of each dimension takes off 1."""
    rows = reference.table(table)
    if "dimension" in rows:
        wide = rows.astype({"decrement": float}).pivot(index="dimension", columns="level", values="decrement")
        return wide.loc[list(DIMENSIONS)].to_numpy()
    terms = dict(zip(rows["term"], rows["decrement"].astype(float), strict=True))
    return np.array([[terms.get(f"{d}{level}", 0.0) for level in (1, 2, 3)] for d in DIMENSIONS])


def _constants(table: str) -> tuple[float, float]:
    rows = reference.table(table)
    terms = dict(zip(rows["term"], rows["decrement"].astype(float), strict=True))
    return terms["CONSTANT_any_level_2_or_3"], terms["N3_any_level_3"]


def _states(n_levels: int) -> np.ndarray:
    return np.array(list(product(range(1, n_levels + 1), repeat=len(DIMENSIONS))))


def _direct(which: ValueSet) -> np.ndarray:
    """Value every state of the questionnaire from the set's own coefficients."""
    states = _states(which.n_levels)
    decrements = _decrements(which.table)
    values = 1.0 - sum(decrements[place][states[:, place] - 1] for place in range(len(DIMENSIONS)))
    if which.form == "sum_with_constants":
        any_problem, any_extreme = _constants(which.table)
        values = values - any_problem * (states > 1).any(axis=1) - any_extreme * (states == which.n_levels).any(axis=1)
    return np.asarray(values, dtype=float)


def _crosswalk(which: ValueSet) -> np.ndarray:
    """Average the Dolan value over the 243 three-level states, weighted by their probability given the 5L state."""
    rows = reference.table(which.table)
    chances = rows.astype({c: float for c in rows.columns if c != "dimension"}).set_index(["dimension", "level_5l"])
    grid = np.array([chances.loc[d].sort_index().to_numpy() for d in DIMENSIONS])
    dolan = _direct(VALUE_SETS["uk_tto_dolan1997"]).reshape((3,) * len(DIMENSIONS))
    return np.asarray(np.einsum("ai,bj,ck,dl,em,ijklm->abcde", *grid, dolan, optimize=True)).reshape(-1)


@cache
def tariff(name: str) -> pd.Series[float]:
    """Return the value of every profile of the questionnaire (243 or 3,125 rows), unrounded, indexed by profile."""
    which = value_set(name)
    values = _crosswalk(which) if which.form == "crosswalk" else _direct(which)
    profiles = ["".join(map(str, state)) for state in _states(which.n_levels)]
    return pd.Series(values, index=pd.Index(profiles, name="profile"), name=name)


def index(profiles: pd.Series[str], name: str) -> pd.Series[float]:
    """Return each profile's value in the set called `name`; a missing profile stays missing.

    Raises
    ------
    DataError
        A profile is not five digits in the questionnaire's range.
    RequestError
        The value set is not known.

    Examples
    --------
    >>> index(pd.Series(["21111", "55555"]), "uk_rowen2026").round(3).tolist()
    [0.968, -0.567]
    """
    which = value_set(name)
    known = profiles.dropna()
    eq5d_profile.levels(known, which.n_levels)
    return known.map(tariff(name)).astype(float).reindex(profiles.index).rename(name)
