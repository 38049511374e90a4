"""Parametric models of time to an event, for what curves cannot say: ratios of time, and means beyond follow-up.

Weibull, log-normal and log-logistic, fitted by lifelines. A mean beyond the last day of follow-up rests on the chosen
distribution alone, so every distribution is reported beside the others, and each is held against the Kaplan-Meier mean
where there is one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from lifelines import (
    LogLogisticAFTFitter,
    LogLogisticFitter,
    LogNormalAFTFitter,
    LogNormalFitter,
    WeibullAFTFitter,
    WeibullFitter,
)
from lifelines.exceptions import ConvergenceError, StatError
from scipy import integrate

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.cox_fit import refuse_few_events, sparse_levels
from ot_eval.models.design import read_design
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.spells import Bools, Floats, Spells, read_spells
from ot_eval.models.survival import chosen_events

Distribution = Literal["weibull", "log-normal", "log-logistic"]
DISTRIBUTIONS: tuple[Distribution, ...] = ("weibull", "log-normal", "log-logistic")
_AFT = {"weibull": WeibullAFTFitter, "log-normal": LogNormalAFTFitter, "log-logistic": LogLogisticAFTFitter}
_ALONE = {"weibull": WeibullFitter, "log-normal": LogNormalFitter, "log-logistic": LogLogisticFitter}
LOCATION = {"weibull": "lambda_", "log-normal": "mu_", "log-logistic": "alpha_"}
TIGHT = {"ftol": 1e-14, "maxiter": 1_000}
"""lifelines' own stopping rule (1e-6) leaves log-logistic coefficients 0.1 % off R's."""
AWAY = 0.05
"""A distribution whose mean within follow-up is off the Kaplan-Meier mean by this share does not fit."""


def time_ratios(
    frame: pd.DataFrame,
    *,
    terms: tuple[str, ...],
    about: About,
    distribution: Distribution = "weibull",
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
) -> tuple[Estimate, ...]:
    """Return accelerated-failure-time ratios: by what factor time to the event is stretched (above 1 = later).

    Parameters
    ----------
    frame : one row a person: ``exit_day``, ``event``, ``entry_day`` where entered late, and the columns of `terms`
    terms : as in `cox_fit.CoxModel`
    distribution : of time
    events, censor : as in `survival.kaplan_meier`
    about : labels and confidence level

    Raises
    ------
    AnalysisRefused
        fewer than five events a coefficient, no convergence, an undecided competing event.
    """
    spells, happened = _events(frame, events, censor)
    design = read_design(frame, terms)
    refuse_few_events(int(happened.sum()), len(design.names) + 1)
    sparse = sparse_levels(design, happened)
    x = design.matrix()
    centre, scale = x.mean(axis=0), x.std(axis=0)
    table = pd.DataFrame({f"x{j}": (x[:, j] - centre[j]) / scale[j] for j in range(x.shape[1])})
    table["exit_day"], table["happened"] = spells.exit, happened
    if spells.delayed:
        table["entry_day"] = spells.entry
    fitter = _AFT[distribution](alpha=1 - about.level)
    with _refused(distribution):
        fitter.fit(table, "exit_day", "happened", entry_col="entry_day" if spells.delayed else None, fit_options=TIGHT)
    place = LOCATION[distribution]
    found = []
    for j, name in enumerate(design.names):
        key = (place, f"x{j}")
        number = Quantity(
            term=name,
            measure="time ratio",
            unit="ratio",
            value=float(np.exp(fitter.params_[key] / scale[j])),
            se=float(fitter.standard_errors_[key] / scale[j]),
            ratio=True,
            test=not sparse[j],
        )
        found.append(
            estimate(
                about, "accelerated_failure_time", number, n=len(spells), n_event=int(happened.sum()),
                method=f"{distribution} accelerated failure time (lifelines)",
            )
        )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One distribution fitted to everybody: parameters, their covariance, and Akaike's criterion."""

    distribution: Distribution
    parameters: Floats
    covariance: Floats
    aic: float

    def mean_to(self, horizon: int, parameters: Floats | None = None) -> float:
        """Return mean time without the event up to `horizon`."""
        first, second = self.parameters if parameters is None else parameters
        fitter = _ALONE[self.distribution]()

        def share(day: float) -> float:
            return float(np.exp(-fitter._cumulative_hazard((first, second), np.array([max(day, 1e-9)])))[0])

        return float(integrate.quad(share, 0.0, horizon, limit=200, epsabs=1e-8)[0])

    def error_of_mean(self, horizon: int) -> float:
        """Return its standard error by the delta method."""
        slope = []
        for j in range(self.parameters.size):
            step = 1e-5 * abs(self.parameters[j])
            ends = [self.parameters + sign * step * np.eye(self.parameters.size)[j] for sign in (1, -1)]
            slope.append((self.mean_to(horizon, ends[0]) - self.mean_to(horizon, ends[1])) / (2 * step))
        return float(np.sqrt(np.array(slope) @ self.covariance @ np.array(slope)))


def fit_distribution(spells: Spells, happened: Bools, distribution: Distribution) -> Fitted:
    """Fit one distribution to everybody."""
    refuse_few_events(int(happened.sum()), 2)
    fitter = _ALONE[distribution]()
    with _refused(distribution):
        fitter.fit(spells.exit, happened, entry=spells.entry if spells.delayed else None, fit_options=TIGHT)
    return Fitted(
        distribution=distribution,
        parameters=np.asarray(fitter.params_, dtype=np.float64),
        covariance=np.asarray(fitter.variance_matrix_, dtype=np.float64),
        aic=float(fitter.AIC_),
    )


def extrapolated_mean(
    frame: pd.DataFrame,
    *,
    horizon: int,
    about: About,
    events: tuple[str, ...] = (),
    censor: tuple[str, ...] = (),
) -> tuple[tuple[Estimate, ...], tuple[Check, ...]]:
    """Return mean time without the event up to `horizon`, which may lie beyond follow-up, under each distribution.

    Returns
    -------
    Estimates, the best by Akaike's criterion first, and for each whether it agrees with Kaplan-Meier within follow-up.
    The interval knows the parameters' uncertainty, not that of the choice of distribution: read the spread.
    """
    spells, happened = _events(frame, events, censor)
    last = int(spells.exit[happened].max())
    observed = restricted_mean(frame, horizon=last, about=about, events=events, censor=censor)[0]
    fits = sorted((fit_distribution(spells, happened, d) for d in DISTRIBUTIONS), key=lambda f: f.aic)
    beyond = f"; days after {int(spells.exit.max())} are extrapolated" if horizon > int(spells.exit.max()) else ""
    found, checks = [], []
    for fitted in fits:
        number = Quantity(
            term=f"{fitted.distribution}, to day {horizon}",
            measure="mean time without the event",
            unit="days",
            value=fitted.mean_to(horizon),
            se=fitted.error_of_mean(horizon),
            test=False,
        )
        method = f"{fitted.distribution} model (lifelines), AIC {fitted.aic:.1f}{beyond}"
        found.append(
            estimate(about, "extrapolated_mean", number, method=method, n=len(spells), n_event=int(happened.sum()))
        )
        off = fitted.mean_to(last) / float(observed.value or np.nan) - 1
        fits_well = abs(off) < AWAY
        checks.append(
            Check(
                analysis="extrapolated_mean",
                name=f"{fitted.distribution} against Kaplan-Meier",
                passed=fits_well,
                sentence=f"The {fitted.distribution} curve follows what was seen."
                if fits_well
                else f"The {fitted.distribution} curve does not follow what was seen; do not use it to look ahead.",
                detail=f"mean to day {last} differs by {100 * off:.1f} %",
            )
        )
    return tuple(found), tuple(checks)


def _events(frame: pd.DataFrame, events: tuple[str, ...], censor: tuple[str, ...]) -> tuple[Spells, Bools]:
    spells = read_spells(frame)
    chosen = chosen_events(spells, events, censor)
    return spells, np.isin(spells.event, [spells.code(k) for k in chosen])


class _refused:  # noqa: N801
    """Turn lifelines' failures and warnings of them into a refusal."""

    def __init__(self, distribution: str) -> None:
        self.distribution = distribution
        self.quiet = warnings.catch_warnings()

    def __enter__(self) -> None:
        self.quiet.__enter__()
        warnings.simplefilter("error")
        for category in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.quiet.__exit__(kind, error, trace)  # type: ignore[arg-type]
        if isinstance(error, (ConvergenceError, StatError, Warning, np.linalg.LinAlgError)):
            raise AnalysisRefused(
                f"{self.distribution} model: lifelines found no maximum",
                expected="a likelihood with one finite maximum",
                fix="take covariates out, join rare levels, or try another distribution",
            ) from error
