"""Gamma frailty: a Cox model in which each provider has its own level of the hazard, drawn from a gamma distribution.

The penalised likelihood of Therneau, Grambsch & Pankratz (2003), whose maximum at a given variance is that of the gamma
frailty model; the variance maximises the marginal likelihood. The information of coefficients and provider levels is
inverted whole (R treats the providers' block as diagonal once there are more than five of them).
Hazard ratios compare people of one provider: they are conditional, and larger than population-averaged ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import LEAST_CLUSTERS, About, Quantity, estimate
from ot_eval.models.cox_fit import refuse_few_events, sparse_levels
from ot_eval.models.design import read_design
from ot_eval.models.exposure_rows import check_person_rows
from ot_eval.models.partial_likelihood import Point, evaluate, maximise
from ot_eval.models.risk_rows import risk_rows
from ot_eval.models.sorted_rows import SortedRows
from ot_eval.models.spells import Bools, Floats, groups_of, read_spells
from ot_eval.models.ties import Ties, TieSteps

MOST_CLUSTERS = 200
MOST_ITERATIONS = 60
CLOSE = 1e-12
NARROWEST, WIDEST = 1e-4, 10.0
"""Bounds of the frailty variance; below the first the providers are alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frailty:
    """A gamma frailty fit. ``levels`` are log hazards of providers; ``covariance`` is that of the coefficients."""

    names: tuple[str, ...]
    beta: Floats
    covariance: Floats
    variance: float
    levels: Floats
    loglik_without: float
    loglik_marginal: float
    n: int
    n_event: int
    sparse: Bools


def fit_frailty(
    frame: pd.DataFrame, *, cause: str, terms: tuple[str, ...], cluster: str, ties: Ties = "efron"
) -> Frailty:
    """Fit the model; parameters and refusals as in `conditional_hazard_ratios`."""
    check_person_rows(frame)
    spells = read_spells(frame)
    dead = spells.event == spells.code(cause)
    design = read_design(frame, terms)
    refuse_few_events(int(dead.sum()), len(design.names))
    code, groups = groups_of(frame, cluster)
    if not LEAST_CLUSTERS <= len(groups) <= MOST_CLUSTERS:
        raise AnalysisRefused(
            f"{cluster}: {len(groups)} clusters",
            expected=f"{LEAST_CLUSTERS} to {MOST_CLUSTERS} clusters for a frailty model",
            fix="with fewer leave the cluster out and say so; with more use intervals robust to clusters",
        )
    rows, x = risk_rows(spells, dead), design.matrix()
    alone = maximise(SortedRows(rows, x), ties, design.names)
    engine = SortedRows(rows, np.concatenate([x, np.eye(len(groups))[code]], axis=1))
    search = _Search(engine, x.shape[1], np.bincount(code[dead], minlength=len(groups)).astype(float), alone.steps)
    found = optimize.minimize_scalar(
        lambda log_variance: -search.marginal(float(np.exp(log_variance))),
        bounds=(np.log(NARROWEST), np.log(WIDEST)),
        method="bounded",
        options={"xatol": 1e-7},
    )
    variance = float(np.exp(found.x))
    point, information = search.at(variance)
    p = x.shape[1]
    return Frailty(
        names=design.names,
        beta=point.beta[:p],
        covariance=np.asarray(np.linalg.inv(information)[:p, :p], dtype=np.float64),
        variance=variance,
        levels=point.beta[p:],
        loglik_without=alone.best.loglik,
        loglik_marginal=-float(found.fun),
        n=int(frame["person_id"].nunique()) if "person_id" in frame else len(frame),
        n_event=int(dead.sum()),
        sparse=sparse_levels(design, dead),
    )


class _Search:
    """Penalised maxima by variance, each started from the last."""

    def __init__(self, engine: SortedRows, p: int, events: Floats, steps: TieSteps | None) -> None:
        self.engine, self.p, self.events, self.steps = engine, p, events, steps
        self.start = np.zeros(p + events.size)

    def at(self, variance: float) -> tuple[Point, Floats]:
        """Return the maximum of log L + sum(level - exp(level)) / variance, and the penalised information."""
        value = self.start
        point, target = self._penalised(value, variance)
        for _ in range(MOST_ITERATIONS):
            gradient, information = self._slopes(point, variance)
            move = np.linalg.solve(information, gradient)
            if move @ gradient < CLOSE * (abs(target) + 1):
                self.start = point.beta
                return point, information
            for halving in range(30):
                new, reached = self._penalised(point.beta + move / 2**halving, variance)
                if np.isfinite(reached) and reached >= target - 1e-12 * abs(target):
                    break
            point, target = new, reached
        raise AnalysisRefused(
            f"frailty model: no maximum after {MOST_ITERATIONS} iterations",
            expected="a likelihood with one finite maximum",
            fix="take covariates out, or use intervals robust to clusters",
        )

    def _penalised(self, value: Floats, variance: float) -> tuple[Point, float]:
        point = evaluate(self.engine, value, self.steps)
        level = value[self.p :]
        return point, point.loglik + float((level - np.exp(level)).sum()) / variance

    def _slopes(self, point: Point, variance: float) -> tuple[Floats, Floats]:
        risk = np.exp(point.beta[self.p :])
        gradient, information = point.score.copy(), point.information.copy()
        gradient[self.p :] += (1 - risk) / variance
        places = np.arange(self.p, gradient.size)
        information[places, places] += risk / variance
        return gradient, information

    def marginal(self, variance: float) -> float:
        """Return the marginal log-likelihood of the gamma frailty model, on the scale of the partial likelihood."""
        point, _ = self.at(variance)
        nu, d = 1 / variance, self.events
        gain = nu * point.beta[self.p :] + special.gammaln(nu + d) - special.gammaln(nu)
        gain += nu * np.log(nu) - (nu + d) * np.log(nu + d) + d
        return point.loglik + float(gain.sum())


def conditional_hazard_ratios(
    frame: pd.DataFrame, *, cause: str, terms: tuple[str, ...], cluster: str, about: About
) -> tuple[Estimate, ...]:
    """Return hazard ratios between people of one provider, and the variance of the providers' levels.

    Parameters
    ----------
    frame : one row a person or start and stop rows, as for `cox.cause_specific`
    cause, terms : as in `cox_fit.CoxModel`; a term that every provider has all or none of rests on few providers:
        use `cluster_level.compare` for it
    cluster : column of providers or teams, 5 to 200 of them
    about : labels and confidence level

    Raises
    ------
    AnalysisRefused
        too few events, too few or many clusters, no maximum.
    """
    fitted = fit_frailty(frame, cause=cause, terms=terms, cluster=cluster)
    method = "Cox with gamma frailty (sorted array); penalised likelihood"
    counts = {"n": fitted.n, "n_event": fitted.n_event}
    ratios = tuple(
        estimate(
            about,
            "gamma_frailty",
            Quantity(
                term=name,
                measure="hazard ratio within providers",
                unit="ratio",
                value=float(np.exp(fitted.beta[j])),
                se=float(np.sqrt(fitted.covariance[j, j])),
                ratio=True,
                test=not fitted.sparse[j],
            ),
            method=method,
            **counts,
        )
        for j, name in enumerate(fitted.names)
    )
    spread = Estimate(
        analysis="gamma_frailty",
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=cluster,
        measure="variance of provider levels",
        unit="variance",
        value=fitted.variance,
        method=method,
        n_cluster=int(fitted.levels.size),
        **counts,
    )
    return (*ratios, spread)
