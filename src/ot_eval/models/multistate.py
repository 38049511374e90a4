"""Where people are, day by day: no package, package, larger package, care home, dead; and days spent in each state.

State occupancy by Aalen-Johansen from counts of moves and of people in each state. It assumes nothing about where
people had been before (it is valid for occupancy even when the past matters), and censoring that tells nothing.
Source: Aalen & Johansen (1978); Datta & Satten (2001). Standard errors are the infinitesimal jackknife by person, or
by provider with sqrt(G / (G - 1)) and t(G - 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Curve, Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.clusters import Clusters, read_clusters, robust_se, single_people
from ot_eval.models.competing import limits
from ot_eval.models.spells import Floats, Ints
from ot_eval.models.state_rows import Moves, read_moves

METHOD = "Aalen-Johansen state occupancy (count grid)"
UNITS_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """Share in each state at the end of each day, shape (days, states), and its influence by unit when asked for."""

    share: Floats
    at_risk: Floats
    hazard: Floats  # shape (days, states, states), off-diagonal moves a person in the state


def occupancy(moves: Moves) -> Occupancy:
    """Return the share of people in each state by day."""
    days, n = int(moves.exit.max()) + 1, len(moves.states)
    at_risk = _in_state(moves, np.zeros_like(moves.person), 1, days)[0]
    counts = _moved(moves, days)
    hazard = np.divide(counts, at_risk[:, :, None], out=np.zeros_like(counts), where=at_risk[:, :, None] > 0)
    share = np.empty((days, n))
    share[0] = moves.start
    for day in range(1, days):
        flow = share[day - 1][:, None] * hazard[day]
        share[day] = share[day - 1] + flow.sum(axis=0) - flow.sum(axis=1)
    return Occupancy(share=share, at_risk=at_risk, hazard=hazard)


def _moved(moves: Moves, days: int) -> Floats:
    n, real = len(moves.states), moves.target != moves.state
    key = (moves.exit[real] * n + moves.state[real]) * n + moves.target[real]
    return np.bincount(key, minlength=days * n * n).reshape(days, n, n).astype(np.float64)


def _in_state(moves: Moves, unit: Ints, n_unit: int, days: int) -> Floats:
    """Count rows at risk just before each day by unit and state, shape (units, days, states)."""
    n = len(moves.states)
    shape = n_unit, n, days + 1
    base = (unit * n + moves.state) * (days + 1)
    ends = np.bincount(base + moves.exit, minlength=n_unit * n * (days + 1)).reshape(shape)
    starts = np.bincount(base + moves.entry, minlength=n_unit * n * (days + 1)).reshape(shape)
    at_risk = np.cumsum((ends - starts)[:, :, ::-1], axis=2)[:, :, ::-1][:, :, :days]
    return at_risk.transpose(0, 2, 1).astype(np.float64)


def influence(
    moves: Moves, found: Occupancy, units: Clusters, horizons: tuple[int, ...]
) -> tuple[Floats, dict[int, Floats]]:
    """Return the sum over units of squared influence on each share, shape (days, states), and by horizon each unit's.

    The second is influence on days spent in each state up to the horizon, shape (units, states).
    """
    days, n = found.share.shape
    square = np.zeros((days, n))
    area = {h: np.zeros((units.n, n)) for h in horizons}
    for begin in range(0, units.n, UNITS_AT_A_TIME):
        rows = (units.code >= begin) & (units.code < begin + UNITS_AT_A_TIME)
        size = min(UNITS_AT_A_TIME, units.n - begin)
        path = _path(moves.take(rows), found, units.code[rows] - begin, size, int((moves.entry == 0).sum()))
        square += (path**2).sum(axis=0)
        for horizon, total in area.items():
            total[begin : begin + size] = path[:, :horizon].sum(axis=1)
    return square, area


def _path(part: Moves, found: Occupancy, unit: Ints, size: int, n_start: int) -> Floats:
    days, n = found.share.shape
    at_risk = _in_state(part, unit, size, days)
    first = part.entry == 0
    began = np.bincount(unit[first] * n + part.state[first], minlength=size * n).reshape(size, n)
    path = np.empty((size, days, n))
    path[:, 0] = (began - began.sum(axis=1, keepdims=True) * part.start) / n_start
    real = np.flatnonzero(part.target != part.state)
    real = real[np.argsort(part.exit[real], kind="stable")]
    begin = np.searchsorted(part.exit[real], np.arange(days + 1))
    for day in range(1, days):
        weight = np.divide(found.share[day - 1], found.at_risk[day], out=np.zeros(n), where=found.at_risk[day] > 0)
        hazard = found.hazard[day]
        # Units with more people in a state than expected lose what the state loses; their own moves add.
        felt = path[:, day - 1] - at_risk[:, day] * weight
        now = path[:, day - 1] + felt @ hazard - felt * hazard.sum(axis=1)
        today = real[begin[day] : begin[day + 1]]
        np.add.at(now, (unit[today], part.target[today]), weight[part.state[today]])
        np.add.at(now, (unit[today], part.state[today]), -weight[part.state[today]])
        path[:, day] = now
    return path


def state_occupancy(
    frame: pd.DataFrame,
    *,
    states: tuple[str, ...],
    about: About,
    horizons: tuple[int, ...] = (),
    cluster: str | None = None,
) -> tuple[tuple[Curve, ...], tuple[Estimate, ...]]:
    """Return one curve a state (share of people in it by day), and days spent in each state up to each of `horizons`.

    Parameters
    ----------
    frame, states : as in `read_moves`
    about : labels and confidence level
    horizons : days up to which time in each state is stated
    cluster : column of providers for robust intervals
    """
    frame = frame.sort_values(["person_id", "entry_day"], kind="stable").reset_index(drop=True)
    moves = read_moves(frame, states)
    found = occupancy(moves)
    days = found.share.shape[0]
    if horizons and not 1 <= min(horizons) <= max(horizons) < days:
        raise AnalysisRefused(
            f"states: people are followed to day {days - 1}, time in a state is asked for up to day {max(horizons)}",
            expected="horizons from day 1 to the last day of follow-up",
            fix="choose earlier horizons",
        )
    units = read_clusters(frame, cluster) if cluster else single_people(frame)
    square, area = influence(moves, found, units, horizons)
    se = np.sqrt(units.correction * square)
    critical = about.critical(units.count)
    curves = tuple(
        _curve(moves, found, k, limits(found.share[:, k], se[:, k], critical), about, f"{METHOD}; {units.words}")
        for k in range(len(states))
    )
    times = tuple(
        _time(found, k, horizon, units, robust_se(area[horizon][:, k], units), about, states)
        for horizon in horizons
        for k in range(len(states))
    )
    return curves, times


def _curve(moves: Moves, found: Occupancy, k: int, ends: tuple[Floats, Floats], about: About, method: str) -> Curve:
    days = found.share.shape[0]
    came = np.bincount(moves.exit[(moves.target == k) & (moves.state != k)], minlength=days)
    last = np.append(moves.person[1:] != moves.person[:-1], True) if len(moves.person) else np.zeros(0, dtype=bool)
    stopped = last & (moves.target == moves.state) & (moves.state == k)
    return Curve(
        analysis="state_occupancy",
        population=about.population,
        outcome=about.outcome,
        group=moves.states[k],
        unit="probability",
        days=tuple(range(days)),
        value=tuple(np.clip(found.share[:, k], 0.0, 1.0).tolist()),
        lower=tuple(ends[0].tolist()),
        upper=tuple(ends[1].tolist()),
        n_risk=tuple(found.at_risk[:, k].astype(int).tolist()),
        n_event=tuple(np.cumsum(came).astype(int).tolist()),
        n_censored=tuple(np.cumsum(np.bincount(moves.exit[stopped], minlength=days)).astype(int).tolist()),
        level=about.level,
        method=method,
    )


def _time(
    found: Occupancy, k: int, horizon: int, units: Clusters, se: Floats, about: About, states: tuple[str, ...]
) -> Estimate:
    number = Quantity(
        term=f"{states[k]}, to day {horizon}",
        measure="mean days in state",
        unit="days",
        value=float(found.share[:horizon, k].sum()),
        se=float(se),
        test=False,
    )
    return estimate(
        about, "time_in_state", number, method=f"{METHOD}; {units.words}", n=int(found.at_risk[1].sum()),
        n_cluster=units.count,
    )  # fmt: skip
