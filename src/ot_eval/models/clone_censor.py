"""Two ways of doing things, compared as a trial would: seen by a therapist within some days, or not.

On day 0 nobody knows who will be seen in time, so each person is followed under both strategies (two clones) and a
clone is censored on the day it departs from its strategy. Weights undo the selection that this censoring makes: the
inverse of the probability of not having been censored so far, modelled in each strategy. No time is immortal.
Sources: Hernan (2018), BMJ 360:k182; Maringe and others (2020), Int J Epidemiol 49:1719.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About, need_columns
from ot_eval.models.competing import incidence
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import day_table
from ot_eval.models.spells import Floats, Ints, Spells, read_spells
from ot_eval.models.weighting import exposure_model

DEPARTED = "departed from the strategy"
ARMS = ("not within", "within")
AtGrace = Literal["logistic", "cox"]


def clones(frame: pd.DataFrame, *, grace: int, day: str = "ot_day") -> pd.DataFrame:
    """Return two rows a person, one a strategy: exposed within `grace` days, and not.

    Parameters
    ----------
    frame : one row a person, everybody from day 0: ``person_id``, ``exit_day``, ``event``, and `day` of the exposure
        (missing = never)
    grace : days within which the first strategy says the exposure is to happen

    Returns
    -------
    Columns of `frame` with ``arm``, ``person`` (the person), ``person_id`` (the clone), ``exit_day`` and ``event``, the
    latter "departed from the strategy" where the clone is censored for it. A clone exposed on or before day 0 leaves
    the other strategy on day 1.

    Examples
    --------
    >>> people = pd.DataFrame({"person_id": [1, 2], "exit_day": [90, 90], "event": "none", "ot_day": [10.0, None]})
    >>> clones(people, grace=60)[["person", "arm", "exit_day", "event"]].values.tolist()[:2]
    [[1, 'not within', 10, 'departed from the strategy'], [1, 'within', 90, 'none']]
    """
    need_columns(["person_id", day], list(frame.columns))
    spells = read_spells(frame)
    if spells.delayed or frame["person_id"].duplicated().any() or grace < 1:
        raise AnalysisRefused(
            f"clones: late entry {spells.delayed}, {int(frame['person_id'].duplicated().sum())} repeated people, "
            f"grace {grace} days",
            expected="one row a person, everybody followed from day 0, a grace period of 1 day or more",
            fix="restrict the population to people seen from time zero",
        )
    when = np.nan_to_num(frame[day].to_numpy(dtype=np.float64, na_value=np.nan), nan=np.inf)
    in_time = when <= grace
    leave, event = spells.exit, frame["event"].astype(str).to_numpy(dtype=object)
    stop = np.maximum(np.minimum(np.where(in_time, when, np.inf), leave), 1)
    departs = {ARMS[0]: in_time & (when < leave), ARMS[1]: ~in_time & (leave > grace)}
    ends = {ARMS[0]: np.where(departs[ARMS[0]], stop, leave), ARMS[1]: np.where(departs[ARMS[1]], grace, leave)}
    parts = []
    for arm in ARMS:
        part = frame.drop(columns=day).assign(
            arm=arm,
            person=frame["person_id"],
            person_id=frame["person_id"].astype(str) + f"/{arm}",
            exit_day=ends[arm].astype(np.int64),
            event=np.where(departs[arm], DEPARTED, event),
        )
        parts.append(part)
    both = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return both.assign(arm=pd.Categorical(both["arm"], list(ARMS)))


def weighted_rows(cloned: pd.DataFrame, *, terms: tuple[str, ...], at_grace: AtGrace = "logistic") -> pd.DataFrame:
    """Return start and stop rows with ``weight``: 1 over the probability of not having departed before the row.

    Parameters
    ----------
    cloned : what `clones` returns
    terms : columns, known on day 0, that predict departing
    at_grace : how the probability is modelled in the strategy whose clones all depart on one day, the end of the grace
        period. "logistic" (default): among those still followed. "cox": exp(-cumulative hazard) of a Cox model, as
        published R code has it; where many depart at once that is far from the share who stay, and biased.
        Departures spread over days always go through a Cox model (Breslow's ties).

    Returns
    -------
    Rows split on the days on which anybody of the strategy departs; ``event`` "none" where a clone departed.
    """
    parts = []
    for arm in ARMS:
        part = cloned[cloned["arm"] == arm].reset_index(drop=True)
        gone = part["event"] == DEPARTED
        one_day = part.loc[gone, "exit_day"].nunique() == 1
        if not gone.any():
            parts.append(part.assign(entry_day=0, weight=1.0))
        elif one_day and at_grace == "logistic":
            day = int(part.loc[gone, "exit_day"].iloc[0])
            parts.append(_cut(part, np.array([day]), _weight_after(part, day, terms)))
        else:
            parts.append(_cut(part, *_weights_by_cox(part, terms)))
    return pd.concat(parts, ignore_index=True)


def _weight_after(part: pd.DataFrame, day: int, terms: tuple[str, ...]) -> Floats:
    """Return weights before and after `day`, shape (clones, 2): 1, and 1 over the probability of staying."""
    there = ((part["exit_day"] > day) | (part["event"] == DEPARTED)).to_numpy()
    stays = np.where(part["event"] == DEPARTED, "departs", "stays")[there]
    asked = part[there].assign(stays=pd.Categorical(stays, ["departs", "stays"]))
    weight = np.ones((len(part), 2))
    weight[there, 1] = 1 / exposure_model(asked, exposure="stays", terms=terms).probability
    return weight


def _weights_by_cox(part: pd.DataFrame, terms: tuple[str, ...]) -> tuple[Ints, Floats]:
    """Return the days of departing and the weights before the first and after each, shape (clones, days + 1)."""
    fitted = fit(part, CoxModel(cause=DEPARTED, terms=terms, ties="breslow", engine="sorted array"))
    hazard = np.concatenate([[0.0], np.cumsum(fitted.maximum.best.ties.hazard)])
    risk = fitted.covariates.risk_of(fitted.beta, slice(None))
    return fitted.covariates.rows.day, np.exp(np.outer(risk, hazard))


def _cut(part: pd.DataFrame, days: Ints, weight: Floats) -> pd.DataFrame:
    leave = part["exit_day"].to_numpy(dtype=np.int64)
    n_rows = np.searchsorted(days, leave, side="left") + 1
    source = np.repeat(np.arange(len(part)), n_rows)
    number = np.arange(source.size) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
    edges = np.concatenate([[0], days])
    last = number == n_rows[source] - 1
    rows = part.take(source).reset_index(drop=True)
    rows["entry_day"] = edges[number]
    rows["exit_day"] = np.where(last, leave[source], np.append(edges, 0)[number + 1])
    event = rows["event"].to_numpy(dtype=object)
    rows["event"] = np.where(last & (event != DEPARTED), event, "none")
    rows["weight"] = weight[source, number]
    return rows


def compare_strategies(
    frame: pd.DataFrame,
    *,
    cause: str,
    grace: int,
    horizon: int,
    terms: tuple[str, ...],
    about: About,
    rng: np.random.Generator,
    replicates: int = 500,
) -> tuple[Estimate, ...]:
    """Return the share with `cause`, and mean days without any event, by `horizon` under each strategy; differences.

    Parameters
    ----------
    frame : as in `clones`, with the day of the exposure in ``ot_day``
    cause : kind of event; other kinds compete
    grace, terms : as in `clones` and `weighted_rows`
    horizon : day by which shares and up to which days are counted
    about : labels and confidence level
    rng : source of the bootstrap of people, from which the percentile intervals come (weights estimated anew each time)
    replicates : number of draws

    Raises
    ------
    AnalysisRefused
        late entry, too few departures for the model of them (fewer than 5 a coefficient), too few events.
    """
    point = _strategies(frame, cause, grace, horizon, terms)
    drawn = []
    for _ in range(replicates):
        rows = rng.integers(0, len(frame), len(frame))
        again = frame.iloc[rows].reset_index(drop=True).assign(person_id=np.arange(len(frame)))
        drawn.append(_strategies(again, cause, grace, horizon, terms))
    spread = np.array(drawn)
    tail = (1 - about.level) / 2
    low, high = np.quantile(spread, [tail, 1 - tail], axis=0)
    within, other = f"exposed within {grace} days", f"not exposed within {grace} days"
    terms_of = (other, within, f"{within} v not") * 2
    kinds = ["share of people", "share of people", "difference in share"]
    kinds += ["mean days without an event", "mean days without an event", "difference in mean days"]
    n_event = int((frame["event"] == cause).sum())
    return tuple(
        Estimate(
            analysis="clone_censor_weight",
            population=about.population,
            outcome=cause if j < len(kinds) // 2 else "any event",
            study=about.study,
            term=f"{terms_of[j]}, to day {horizon}",
            measure=kinds[j],
            unit="probability" if j < len(kinds) // 2 else "days",
            value=float(point[j]),
            se=float(spread[:, j].std(ddof=1)),
            lower=float(low[j]),
            upper=float(high[j]),
            level=about.level,
            n=len(frame),
            n_event=n_event,
            method=f"clone, censor, weight (count grid); bootstrap of people, {replicates} draws, percentiles",
        )
        for j in range(len(kinds))
    )


def _strategies(frame: pd.DataFrame, cause: str, grace: int, horizon: int, terms: tuple[str, ...]) -> Floats:
    rows = weighted_rows(clones(frame, grace=grace), terms=terms)
    spells, weight = read_spells(rows), rows["weight"].to_numpy()
    shares, days = [], []
    for arm in ARMS:
        chosen = (rows["arm"] == arm).to_numpy()
        share, mean = _under(spells.take(chosen), weight[chosen], spells.code(cause) - 1, horizon)
        shares.append(share)
        days.append(mean)
    return np.array([*shares, shares[1] - shares[0], *days, days[1] - days[0]])


def _under(spells: Spells, weight: Floats, kind: int, horizon: int) -> tuple[float, float]:
    table = day_table(spells, weight, last_day=max(int(spells.exit.max()), horizon))
    return float(incidence(table, kind)[horizon]), float(product_limit(table)[:horizon].sum())
