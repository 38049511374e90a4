"""Standardised incidence (g-formula): the share with an event if everybody had, or had not had, an exposure.

One cause-specific Cox model for every kind of event predicts each person's incidence at every level of the exposure;
the averages over all people are compared. Answers in percentage points, with competing events in their place. Standard
errors add up each person's influence (on the average, on the coefficients, on the baseline hazards).
Sources: Robins (1986); Ozenne and others (2020) for the influence of absolute risks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.clusters import Clusters, read_clusters, refuse_set_by_cluster, robust_se, single_people
from ot_eval.models.cox_fit import CoxFit, CoxModel, fit
from ot_eval.models.design import COUNTABLE, read_design
from ot_eval.models.predict import encode
from ot_eval.models.robust import score_by_cluster
from ot_eval.models.spells import Floats, Ints, groups_of, read_spells
from ot_eval.models.ties import Ties

ANALYSIS = "standardised_incidence"
ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The fits by cause, where their event times lie on one common list of days, and the cause of interest."""

    fits: tuple[CoxFit, ...]
    steps: Floats  # hazard increments of each fit on the common days, shape (fits, days)
    place: tuple[Ints, ...]  # for each fit, where its event times lie among the common days
    own: int


def standardised_incidence(
    frame: pd.DataFrame,
    *,
    cause: str,
    exposure: str,
    terms: tuple[str, ...],
    days: tuple[int, ...],
    about: About,
    cluster: str | None = None,
    ties: Ties = "efron",
) -> tuple[Estimate, ...]:
    """Return the standardised share with `cause` by each of `days` at each level of `exposure`, and differences.

    Parameters
    ----------
    frame : one row a person: ``exit_day``, ``event``, ``entry_day`` where entered late; `exposure` known at time zero
    cause : kind of event
    exposure : column of groups; its first level is the reference of differences
    terms : covariates of every model, besides the exposure
    days : days since time zero at which shares are stated
    cluster : column of providers for robust intervals, with sqrt(G / (G - 1)) and t(G - 1); otherwise by person

    Returns
    -------
    Shares and differences; a difference with fewer than ten events on one side has its interval and no test.

    Raises
    ------
    AnalysisRefused
        whatever `cox_fit.fit` refuses for any kind of event; a day beyond follow-up; few clusters, or an exposure that
        is set by few of them.
    """
    spells = read_spells(frame)
    if max(days) > int(spells.exit.max()) or min(days) < 1:
        raise AnalysisRefused(
            f"follow_up: followed to day {int(spells.exit.max())}, a standardised share is asked for day {max(days)}",
            expected="days from 1 to the last day of follow-up",
            fix="choose earlier days",
        )
    fits = [fit(frame, CoxModel(cause=k, terms=(exposure, *terms), ties=ties)) for k in spells.kinds]
    setting = _setting(fits, spells.code(cause) - 1)
    clusters = read_clusters(frame, cluster) if cluster else single_people(frame)
    code, levels = groups_of(frame, exposure)
    if cluster:
        refuse_set_by_cluster(clusters, code, exposure)
    shares, moves = _averages(frame, exposure, levels, setting, days, clusters)
    sparse = fits[setting.own].sparse  # the exposure comes first among the coefficients
    found: list[Estimate] = []
    for column, day in enumerate(days):
        for row, level in enumerate(levels):
            label = f"{exposure}: {level}, by day {day}"
            found.append(
                _row((label, "share", False), (shares[row, column], moves[row][:, column]), clusters, fits, about)
            )
        for row, level in enumerate(levels[1:], start=1):
            pair = shares[row, column] - shares[0, column], moves[row][:, column] - moves[0][:, column]
            label = f"{exposure}: {level} v {levels[0]}, by day {day}"
            found.append(_row((label, "difference in share", not sparse[row - 1]), pair, clusters, fits, about))
    return tuple(found)


def _row(
    words: tuple[str, str, bool], pair: tuple[float, Floats], clusters: Clusters, fits: list[CoxFit], about: About
) -> Estimate:
    label, measure, test = words
    number = Quantity(
        term=label,
        measure=f"standardised {measure}",
        unit="probability",
        value=float(pair[0]),
        se=float(robust_se(pair[1], clusters)),
        test=test,
    )
    return estimate(
        about,
        ANALYSIS,
        number,
        method=f"g-formula from {len(fits)} cause-specific Cox models; {clusters.words}",
        n=fits[0].n,
        n_event=sum(f.n_event for f in fits),
        n_cluster=clusters.count,
    )


def _setting(fits: list[CoxFit], own: int) -> Setting:
    days = np.unique(np.concatenate([f.covariates.rows.day for f in fits]))
    place = tuple(np.searchsorted(days, f.covariates.rows.day) for f in fits)
    steps = np.zeros((len(fits), days.size))
    for k, fitted in enumerate(fits):
        steps[k, place[k]] = fitted.maximum.best.ties.hazard
    return Setting(fits=tuple(fits), steps=steps, place=place, own=own)


def _averages(
    frame: pd.DataFrame,
    exposure: str,
    levels: tuple[str, ...],
    setting: Setting,
    days: tuple[int, ...],
    clusters: Clusters,
) -> tuple[Floats, list[Floats]]:
    common = np.unique(np.concatenate([f.covariates.rows.day for f in setting.fits]))
    until = np.searchsorted(common, np.asarray(days), side="right")
    scores = [score_by_cluster(f.covariates, f.maximum.best, clusters.code, clusters.n) for f in setting.fits]
    shares, moves = [], []
    kind, example = _kinds(frame, setting.fits[0])
    weight = np.bincount(kind) / len(frame)
    for level in levels:
        everyone = example.assign(**{exposure: [level] * len(example)})
        x = [encode(f, frame, everyone) for f in setting.fits]
        share, slope, by_kind = _slopes(setting, x, until, weight)
        away = (by_kind - share)[kind]
        total = np.stack([np.bincount(clusters.code, weights=o, minlength=clusters.n) for o in away.T], axis=1)
        moved = total / len(frame)
        for k, fitted in enumerate(setting.fits):
            for column in range(len(days)):
                moved[:, column] += _through(fitted, slope[k][column], setting.place[k], scores[k], clusters)
        shares.append(share)
        moves.append(moved)
    return np.array(shares), moves


def _kinds(frame: pd.DataFrame, fitted: CoxFit) -> tuple[Ints, pd.DataFrame]:
    """Return people sorted into kinds with equal covariates, and one example of each kind."""
    design = read_design(frame, fitted.model.terms)
    if not design.grouped or design.product > COUNTABLE:
        return np.arange(len(frame)), frame
    kind = design.patterns[0]
    return kind, frame.iloc[np.unique(kind, return_index=True)[1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How the average share moves with the hazard increments (days,) and with the coefficients (p,) of one fit."""

    hazard: Floats
    beta: Floats


def _slopes(setting: Setting, x: list[Floats], until: Ints, weight: Floats) -> tuple[Floats, list[list[Slope]], Floats]:
    """Return the average share by day, its slopes by fit and day, and the share of each row of `x` (rows, days)."""
    n, n_fits, n_days = x[0].shape[0], len(setting.fits), setting.steps.shape[1]
    own = np.empty((n, until.size))
    hazard = np.zeros((n_fits, until.size, n_days))
    beta = [np.zeros((until.size, part.shape[1])) for part in x]
    for begin in range(0, n, ROWS_AT_A_TIME):
        rows = slice(begin, begin + ROWS_AT_A_TIME)
        risk = [np.exp(part[rows] @ f.beta) for part, f in zip(x, setting.fits, strict=True)]
        total = np.add.reduce([r[:, None] * s for r, s in zip(risk, setting.steps, strict=True)])
        after = np.exp(-np.cumsum(total, axis=1))
        before = np.concatenate([np.ones((after.shape[0], 1)), after[:, :-1]], axis=1)
        part = np.divide(-np.expm1(-total), total, out=np.ones_like(total), where=total > 0)
        bend = np.divide(np.exp(-total) - part, total, out=np.full_like(total, -0.5), where=total > 0)
        own_step = risk[setting.own][:, None] * setting.steps[setting.own]
        share = np.cumsum(before * part * own_step, axis=1)
        for column, stop in enumerate(until):
            reached = share[:, stop - 1] if stop else np.zeros(after.shape[0])
            own[rows, column] = reached
            for k in range(n_fits):
                felt = before * (bend * own_step + (part if k == setting.own else 0.0)) - (reached[:, None] - share)
                felt = (weight[rows] * risk[k])[:, None] * felt
                felt[:, stop:] = 0.0
                hazard[k, column] += felt.sum(axis=0)
                beta[k][column] += (felt @ setting.steps[k]) @ x[k][rows]
    slopes = [[Slope(hazard=hazard[k, c], beta=beta[k][c]) for c in range(until.size)] for k in range(n_fits)]
    return weight @ own, slopes, own


def _through(fitted: CoxFit, slope: Slope, place: Ints, scores: Floats, clusters: Clusters) -> Floats:
    """Return how each cluster moves the average share through the coefficients and baseline of one fit."""
    s, t, rows = fitted.maximum.best.sums, fitted.maximum.best.ties, fitted.covariates.rows
    felt = slope.hazard[place]
    mean = t.square[:, None] * s.s1 - t.square_own[:, None] * s.t1
    through_beta = scores @ (fitted.covariance @ (slope.beta - felt @ mean))
    risk = fitted.covariates.risk_of(fitted.beta, slice(None))
    so_far = np.concatenate([[0.0], np.cumsum(felt * t.square)])
    moved = -risk * (so_far[rows.last] - so_far[rows.first])
    time = rows.last[rows.dead] - 1
    moved[rows.dead] += (felt * t.hazard / rows.death_weight())[time] + risk[rows.dead] * (felt * t.square_own)[time]
    return through_beta + np.bincount(clusters.code, weights=moved, minlength=clusters.n)
