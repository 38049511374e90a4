"""Do 95 % intervals hold the truth in 95 % of studies? One simulated study after another, for each estimator.

    pytest -m simulation tests/simulation/test_survival_coverage.py      (the test)
    python tests/simulation/test_survival_coverage.py [studies [name ...]]   (writes docs/evidence/survival_coverage.md)

Whole days, a competing event, censoring, late entry and providers that differ, as the estimator allows. The truth is
known in closed form or is "no effect". In 2,000 studies the Monte Carlo error of a coverage of 95 % is 0.5 points; a
coverage is accepted within 3 of them. Estimators whose interval is known to be too wide are held from below only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.models import cox_fit
from ot_eval.models.about import About
from ot_eval.models.bootstrap import bootstrap_restricted_mean
from ot_eval.models.clone_censor import compare_strategies
from ot_eval.models.cluster_level import compare
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.cox import cause_specific, hazard_ratios, split_exposure
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.frailty import conditional_hazard_ratios
from ot_eval.models.imputation import impute
from ot_eval.models.interval import incidence_from_intervals
from ot_eval.models.landmark import at_landmark
from ot_eval.models.multistate import state_occupancy
from ot_eval.models.parametric import time_ratios
from ot_eval.models.pooled_models import cumulative_hazard, pooled_hazard_ratios
from ot_eval.models.recurrent import andersen_gill, mean_cumulative, prentice_williams_peterson
from ot_eval.models.restricted_mean import restricted_mean, time_lost
from ot_eval.models.standardise import standardised_incidence
from ot_eval.models.survival import kaplan_meier
from ot_eval.models.weighted_curves import weighted_incidence, weighted_kaplan_meier
from ot_eval.models.weighted_mean import weighted_restricted_mean
from ot_eval.models.weighting import exposure_weights

STUDIES = 2_000
ABOUT = About(population="p", outcome="o")
DAY, INCREASE, DEATH, B = 180, 0.003, 0.0012, 0.5
Answer = tuple[float | None, float | None, float]


def days(time: np.ndarray) -> np.ndarray:
    return np.ceil(time).astype(int).clip(1)


def study(rng, n=400, late=False, providers=0, spread=0.0, effect=B) -> pd.DataFrame:
    """Two arms, two ages; increase and death compete; censoring from day 150 to 500."""
    arm, old = rng.integers(0, 2, n), rng.integers(0, 2, n)
    provider = rng.integers(0, providers, n) if providers else np.zeros(n, dtype=int)
    level = rng.normal(0, spread, max(providers, 1))[provider]
    rate = INCREASE * np.exp(effect * arm + 0.3 * old + level)
    times = np.stack([rng.exponential(1 / rate), rng.exponential(1 / DEATH, n), rng.uniform(150, 500, n)])
    frame = pd.DataFrame({
        "person_id": np.arange(n), "exit_day": days(times.min(axis=0)),
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)],
        "arm": np.where(arm == 1, "b", "a"), "old": old, "provider_id": provider, "entry_day": 0,
    })  # fmt: skip
    if late:
        frame["entry_day"] = np.where(rng.random(n) < 0.5, rng.integers(0, 60, n), 0)
        frame = frame[frame.exit_day > frame.entry_day].reset_index(drop=True)
    return frame


def mixture(value: Callable[[float], float], arm: int | None = None) -> float:
    """Average over ages (and arms) of a function of the rate of increase."""
    arms = (0, 1) if arm is None else (arm,)
    return float(np.mean([value(INCREASE * np.exp(B * a + 0.3 * old)) for a in arms for old in (0, 1)]))


def share(rate: float) -> float:
    total = rate + DEATH
    return rate / total * (1 - np.exp(-total * DAY))


def free_days(rate: float) -> float:
    return float(np.exp(-(rate + DEATH) * np.arange(DAY)).sum())


def lost_days(rate: float) -> float:
    total = rate + DEATH
    return float((rate / total * (1 - np.exp(-total * np.arange(DAY)))).sum())


def at(curve) -> tuple[float, float]:
    return curve.lower[DAY], curve.upper[DAY]


def ends(estimate) -> tuple[float | None, float | None]:
    return estimate.lower, estimate.upper


def km_late(rng) -> Answer:
    return *at(kaplan_meier(study(rng, late=True), about=ABOUT, engine="count grid")[0]), mixture(
        lambda r: np.exp(-(r + DEATH) * DAY)
    )


def incidence(rng) -> Answer:
    return *at(cumulative_incidence(study(rng), cause="increase", about=ABOUT)[0]), mixture(share)


def incidence_late(rng) -> Answer:
    return *at(cumulative_incidence(study(rng, late=True), cause="increase", about=ABOUT)[0]), mixture(share)


def incidence_providers(rng) -> Answer:
    frame = study(rng, n=600, providers=20, spread=0.4, effect=0.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    rates = INCREASE * np.exp(0.4 * nodes[:, None] + np.array([0.0, 0.3]))
    truth = float(weights @ np.vectorize(share)(rates).mean(axis=1) / weights.sum())
    return *at(cumulative_incidence(frame, cause="increase", about=ABOUT, cluster="provider_id")[0]), truth


def mean_difference(rng) -> Answer:
    found = restricted_mean(study(rng), horizon=DAY, by="arm", about=ABOUT)[2]
    return *ends(found), mixture(free_days, 1) - mixture(free_days, 0)


def mean_ratio(rng) -> Answer:
    found = restricted_mean(study(rng), horizon=DAY, by="arm", about=ABOUT)[3]
    return *ends(found), mixture(free_days, 1) / mixture(free_days, 0)


def bootstrap_difference(rng) -> Answer:
    found = bootstrap_restricted_mean(study(rng), horizon=DAY, by="arm", about=ABOUT, rng=rng, replicates=500)
    return *ends(found), mixture(free_days, 1) - mixture(free_days, 0)


def lost_difference(rng) -> Answer:
    found = time_lost(study(rng), cause="increase", horizon=DAY, by="arm", about=ABOUT)[2]
    return *ends(found), mixture(lost_days, 1) - mixture(lost_days, 0)


def cox(rng) -> Answer:
    fitted = fit(study(rng, late=True), CoxModel(cause="increase", terms=("arm", "old"), engine="count grid"))
    return *ends(hazard_ratios(fitted, ABOUT)[0]), np.exp(B)


def cox_varying(rng) -> Answer:
    """Contact within 20 providers that differ; contact does nothing."""
    frame = study(rng, n=800, providers=20, spread=0.3)
    frame["ot_day"] = np.where(rng.random(len(frame)) < 0.7, rng.integers(0, 200, len(frame)), np.nan)
    model = CoxModel(cause="increase", terms=("ot", "arm"), cluster="provider_id", engine="count grid")
    return *ends(hazard_ratios(fit(split_exposure(frame), model), ABOUT)[0]), 1.0


def cox_eight_providers(rng) -> Answer:
    """The same with 8 providers."""
    frame = study(rng, n=800, providers=8, spread=0.3)
    frame["ot_day"] = np.where(rng.random(len(frame)) < 0.7, rng.integers(0, 200, len(frame)), np.nan)
    model = CoxModel(cause="increase", terms=("ot", "arm"), cluster="provider_id", engine="count grid")
    return *ends(hazard_ratios(fit(split_exposure(frame), model), ABOUT)[0]), 1.0


def landmark(rng) -> Answer:
    frame = study(rng, n=800, effect=0.0)
    frame["ot_day"] = np.where(rng.random(len(frame)) < 0.7, rng.integers(0, 200, len(frame)), np.nan)
    rows = at_landmark(frame, landmark=60, cause="increase")
    model = CoxModel(cause="increase", terms=("ot",), engine="count grid")
    return *ends(hazard_ratios(fit(rows, model), ABOUT)[0]), 1.0


def fine_gray(rng) -> Answer:
    """Incidence of cause 1 by 1 - (1 - p (1 - exp(-t / 100))) ** exp(B x), p = 0.4; the rest have the other cause."""
    n, p = 500, 0.4
    x = rng.integers(0, 2, n)
    ratio = np.exp(B * x)
    own = rng.random(n) < 1 - (1 - p) ** ratio
    inside = rng.random(n) * (1 - (1 - p) ** ratio)
    first = -100 * np.log(1 - (1 - (1 - inside) ** (1 / ratio)) / p)
    time, end = np.where(own, first, rng.exponential(120, n)), rng.uniform(50, 600, n)
    frame = pd.DataFrame({
        "exit_day": days(np.minimum(time, end)), "x": x,
        "event": np.where(time > end, "none", np.where(own, "increase", "death")),
    })  # fmt: skip
    model = CoxModel(cause="increase", terms=("x",), subdistribution=True, engine="count grid")
    return *ends(hazard_ratios(fit(frame, model), ABOUT)[0]), np.exp(B)


def falls(rng, effect: float, n: int = 200) -> pd.DataFrame:
    """Events that repeat at a rate of 0.006 a day times a gamma level of each person, until death or day 365."""
    x = rng.integers(0, 2, n)
    rate = 0.006 * np.exp(effect * x) * rng.gamma(2, 0.5, n)
    death = rng.exponential(1 / DEATH, n)
    end = days(np.minimum(np.minimum(death, 365), rng.uniform(100, 500, n)))
    died = days(death) <= end
    rows = []
    for i in range(n):
        when = np.unique(days(np.cumsum(rng.exponential(1 / rate[i], 40))))
        when = when[when < end[i]]
        edges = [0, *when.tolist(), int(end[i])]
        kinds = [*["fall"] * len(when), "death" if died[i] else "none"]
        rows += [(i, a, b, k, x[i]) for a, b, k in zip(edges[:-1], edges[1:], kinds, strict=True)]
    return pd.DataFrame(rows, columns=["person_id", "entry_day", "exit_day", "event", "x"])


def recurrent(rng) -> Answer:
    return *ends(andersen_gill(falls(rng, 0.4), cause="fall", terms=("x",), about=ABOUT)[0]), np.exp(0.4)


def recurrent_by_number(rng) -> Answer:
    frame = falls(rng, 0.0)
    return *ends(prentice_williams_peterson(frame, cause="fall", terms=("x",), about=ABOUT, clock="gap")[0]), 1.0


def mean_count(rng) -> Answer:
    curve = mean_cumulative(falls(rng, 0.0), cause="fall", about=ABOUT, terminal=("death",))[0]
    return *at(curve), float((0.006 * np.exp(-DEATH * (np.arange(DAY) + 0.5))).sum())


def confounded(rng, n=600) -> pd.DataFrame:
    frame = study(rng, n=n, effect=B)
    seen = rng.random(n) < np.where(frame.old == 1, 0.7, 0.3)
    rate = INCREASE * np.exp(B * seen + 0.3 * frame.old.to_numpy())
    times = np.stack([rng.exponential(1 / rate), rng.exponential(1 / DEATH, n), rng.uniform(150, 500, n)])
    return frame.assign(
        exit_day=days(times.min(axis=0)), arm=np.where(seen, "b", "a"),
        event=np.array(["increase", "death", "none"])[times.argmin(axis=0)],
    )  # fmt: skip


def weighted(rng) -> Answer:
    frame = confounded(rng)
    frame["w"] = exposure_weights(frame, exposure="arm", terms=("old",))
    curve = weighted_kaplan_meier(frame, weight="w", by="arm", about=ABOUT)[1]
    return *at(curve), mixture(lambda r: np.exp(-(r + DEATH) * DAY), 1)


def g_formula(rng) -> Answer:
    found = standardised_incidence(
        confounded(rng), cause="increase", exposure="arm", terms=("old",), days=(DAY,), about=ABOUT
    )[2]
    return *ends(found), mixture(share, 1) - mixture(share, 0)


def time_in_state(rng) -> Answer:
    """Home, hospital, dead with daily chances; days in hospital up to day 60, 150 people."""
    step = np.array([[0.97, 0.025, 0.005], [0.10, 0.88, 0.02], [0, 0, 1.0]])
    n, names, rows = 150, ("home", "hospital", "dead"), []
    end = rng.integers(40, 90, n)
    state, since = np.zeros(n, dtype=int), np.zeros(n, dtype=int)
    for day in range(1, 90):
        new = (rng.random(n)[:, None] > np.cumsum(step[state], axis=1)).sum(axis=1)
        for i in np.flatnonzero((new != state) & (day <= end)):
            rows.append((i, since[i], day, names[state[i]], names[new[i]]))
            state[i], since[i] = new[i], day
        over = np.flatnonzero((day == end) & (state < 2) & (since < day))
        rows += [(i, since[i], day, names[state[i]], "none") for i in over]
    frame = pd.DataFrame(rows, columns=["person_id", "entry_day", "exit_day", "state", "event"])
    found = state_occupancy(frame, states=names, about=ABOUT, horizons=(60,))[1][1]
    truth = sum(np.linalg.matrix_power(step, day)[0, 1] for day in range(60))
    return *ends(found), float(truth)


def weibull(rng) -> Answer:
    n = 400
    x = rng.integers(0, 2, n)
    time, end = 150 * np.exp(0.4 * x) * rng.weibull(1.4, n), rng.uniform(100, 400, n)
    frame = pd.DataFrame({
        "exit_day": days(np.minimum(time, end)), "event": np.where(time <= end, "increase", "none"), "x": x,
    })  # fmt: skip
    return *ends(time_ratios(frame, terms=("x",), about=ABOUT)[0]), np.exp(0.4)


def providers_compared(rng) -> Answer:
    """Coaching of 4 of 8 providers; coaching does nothing."""
    frame = study(rng, n=400, providers=8, spread=0.3, effect=0.0)
    frame["coached"] = np.where(frame.provider_id % 2 == 1, "yes", "no")
    found = compare(frame, cause="increase", exposure="coached", cluster="provider_id", about=ABOUT)[0]
    return *ends(found), 1.0


def frailty(rng) -> Answer:
    frame = study(rng, n=600, providers=20, spread=0.0)
    frame["level"] = rng.gamma(4, 0.25, 20)[frame.provider_id]
    rate = INCREASE * np.exp(B * (frame.arm == "b").to_numpy()) * frame.level.to_numpy()
    time, end = rng.exponential(1 / rate), rng.uniform(150, 500, len(frame))
    frame = frame.assign(exit_day=days(np.minimum(time, end)), event=np.where(time <= end, "increase", "none"))
    found = conditional_hazard_ratios(frame, cause="increase", terms=("arm",), cluster="provider_id", about=ABOUT)[0]
    return *ends(found), np.exp(B)


def strategies(rng) -> Answer:
    """Seen within 30 days or not; being seen does nothing, the frail are seen sooner."""
    n = 400
    frail = rng.integers(0, 2, n)
    rate = INCREASE * np.exp(0.8 * frail)
    times = np.stack([rng.exponential(1 / rate), rng.exponential(1 / DEATH, n), rng.uniform(150, 500, n)])
    seen = np.ceil(rng.exponential(np.where(frail == 1, 40, 100)))
    frame = pd.DataFrame({
        "person_id": np.arange(n), "exit_day": days(times.min(axis=0)), "frail": frail,
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)], "ot_day": seen,
    })  # fmt: skip
    frame["ot_day"] = frame["ot_day"].where(frame["ot_day"] <= frame["exit_day"])
    found = compare_strategies(
        frame, cause="increase", grace=30, horizon=DAY, terms=("frail",), about=ABOUT, rng=rng, replicates=100
    )[2]
    return *ends(found), 0.0


def intervals(rng) -> Answer:
    """Increases known to within four weeks or so; from the late curve's lower to the early curve's upper limit."""
    frame = study(rng, n=300)
    own = (frame["event"] == "increase").to_numpy()
    low = np.maximum(frame["exit_day"] - rng.integers(0, 15, len(frame)), 1)
    frame = frame.assign(lo=low.where(own), hi=(frame["exit_day"] + rng.integers(0, 15, len(frame))).where(own))
    late, early = incidence_from_intervals(
        frame, cause="increase", about=ABOUT, rng=rng, earliest="lo", latest="hi", replicates=100
    )
    return late.lower[DAY], early.upper[DAY], mixture(share)


def lost_late(rng) -> Answer:
    """Days lost to increases between day 0 and day 180, everybody in both arms, entered late."""
    found = time_lost(study(rng, late=True), cause="increase", horizon=DAY, about=ABOUT)[0]
    return *ends(found), mixture(lost_days)


def cause_specific_cox(rng) -> Answer:
    """Both causes act on the arm, with opposite signs; only the rate of increases is asked for."""
    n = 400
    arm = rng.integers(0, 2, n)
    rates = INCREASE * np.exp(B * arm), 2 * DEATH * np.exp(-0.7 * arm)
    times = np.stack([*(rng.exponential(1 / r) for r in rates), rng.uniform(150, 500, n)])
    frame = pd.DataFrame({
        "exit_day": days(times.min(axis=0)), "arm": np.where(arm == 1, "b", "a"),
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)],
    })  # fmt: skip
    return *ends(cause_specific(frame, cause="increase", terms=("arm",), about=ABOUT)[0]), np.exp(B)


def cox_stratified(rng) -> Answer:
    """Two strata whose baseline hazards have different shapes."""
    n = 400
    arm, place = rng.integers(0, 2, n), rng.integers(0, 2, n)
    own = 250 * rng.exponential(np.exp(-B * arm)) ** np.where(place == 1, 1 / 1.6, 1 / 0.7)
    times = np.stack([own, rng.exponential(1 / DEATH, n), rng.uniform(150, 500, n)])
    frame = pd.DataFrame({
        "exit_day": days(times.min(axis=0)), "arm": arm, "place": place,
        "event": np.array(["increase", "death", "none"])[times.argmin(axis=0)],
    })  # fmt: skip
    found = cause_specific(frame, cause="increase", terms=("arm",), strata=("place",), about=ABOUT)
    return *ends(found[0]), np.exp(B)


def cox_weighted(rng) -> Answer:
    """Weights known: the second age was drawn half as often as it is in the population; age acts on nothing."""
    frame = study(rng, n=600)
    rate = INCREASE * np.exp(B * (frame.arm == "b").to_numpy())
    times = np.stack([rng.exponential(1 / rate), rng.exponential(1 / DEATH, 600), rng.uniform(150, 500, 600)])
    frame = frame.assign(
        exit_day=days(times.min(axis=0)), event=np.array(["increase", "death", "none"])[times.argmin(axis=0)]
    )
    drawn = frame[(frame.old == 0) | (rng.random(600) < 0.5)].reset_index(drop=True)
    drawn["w"] = np.where(drawn.old == 1, 2.0, 1.0)
    return *ends(cause_specific(drawn, cause="increase", terms=("arm",), weight="w", about=ABOUT)[0]), np.exp(B)


def recurrent_total_time(rng) -> Answer:
    frame = falls(rng, 0.0)
    return *ends(prentice_williams_peterson(frame, cause="fall", terms=("x",), about=ABOUT, clock="total")[0]), 1.0


def imputed(rng) -> Answer:
    """A score missing for the older half more often; imputed with the event and its hazard, pooled by Rubin's rules."""
    n = 400
    old = rng.integers(0, 2, n).astype(float)
    score = 0.5 * old + rng.normal(size=n)
    rate = INCREASE * np.exp(0.4 * score + 0.3 * old)
    times = np.stack([rng.exponential(1 / rate), rng.uniform(150, 500, n)])
    frame = pd.DataFrame({
        "exit_day": days(times.min(axis=0)), "event": np.where(times.argmin(axis=0) == 0, "increase", "none"),
        "old": old, "score": score,
    })  # fmt: skip
    known = pd.DataFrame({
        "old": old, "had": (frame["event"] == "increase").astype(float),
        "hazard": cumulative_hazard(frame, "increase"),
        "gone": np.where(rng.random(n) < 0.15 + 0.2 * old, np.nan, score),
    })  # fmt: skip
    copies = [frame.assign(score=copy["gone"]) for copy in impute(known, rng, m=10)]
    model = CoxModel(cause="increase", terms=("score", "old"), engine="sorted array")
    return *ends(pooled_hazard_ratios(copies, model, ABOUT)[0]), np.exp(0.4)


def weighted_with_death(rng) -> Answer:
    """Share with an increase among the seen, made like everybody by estimated weights, while death competes."""
    frame = confounded(rng)
    frame["w"] = exposure_weights(frame, exposure="arm", terms=("old",))
    curve = weighted_incidence(frame, cause="increase", weight="w", by="arm", about=ABOUT)[1]
    return *at(curve), mixture(share, 1)


def weighted_mean(rng) -> Answer:
    """Difference in restricted mean time after weighting, weights estimated."""
    frame = confounded(rng)
    frame["w"] = exposure_weights(frame, exposure="arm", terms=("old",))
    found = weighted_restricted_mean(frame, horizon=DAY, weight="w", by="arm", about=ABOUT)[2]
    return *ends(found), mixture(free_days, 1) - mixture(free_days, 0)


def weighted_mean_providers(rng) -> Answer:
    """The same with 20 providers that differ; being seen does nothing."""
    frame = study(rng, n=800, providers=20, spread=0.3, effect=0.0)
    seen = rng.random(len(frame)) < np.where(frame.old == 1, 0.7, 0.3)
    frame = frame.assign(arm=np.where(seen, "b", "a"))
    frame["w"] = exposure_weights(frame, exposure="arm", terms=("old",))
    found = weighted_restricted_mean(frame, horizon=DAY, weight="w", by="arm", about=ABOUT, cluster="provider_id")[2]
    return *ends(found), 0.0


ESTIMATORS: dict[str, tuple[Callable[[np.random.Generator], Answer], str]] = {
    "Kaplan-Meier, log-log, late entry": (km_late, ""),
    "Aalen-Johansen, log-log": (incidence, ""),
    "Aalen-Johansen, late entry": (incidence_late, ""),
    "Aalen-Johansen, robust to 20 providers": (incidence_providers, "few"),
    "restricted mean, difference": (mean_difference, ""),
    "restricted mean, ratio": (mean_ratio, ""),
    "restricted mean, bootstrap (500 draws)": (bootstrap_difference, ""),
    "time lost to increases, difference": (lost_difference, ""),
    "Cox, late entry": (cox, ""),
    "Cox, contact during follow-up, 20 providers": (cox_varying, ""),
    "Cox, contact during follow-up, 8 providers": (cox_eight_providers, "few"),
    "Cox after a landmark": (landmark, ""),
    "Fine-Gray": (fine_gray, ""),
    "Andersen-Gill": (recurrent, ""),
    "Prentice-Williams-Peterson, gap time": (recurrent_by_number, ""),
    "mean cumulative count with death": (mean_count, ""),
    "weighted Kaplan-Meier, weights estimated": (weighted, "wide"),
    "g-formula, difference": (g_formula, ""),
    "time in a state": (time_in_state, ""),
    "Weibull time ratio": (weibull, ""),
    "t-test of 8 providers": (providers_compared, ""),
    "gamma frailty, 20 providers": (frailty, ""),
    "time lost to increases, late entry": (lost_late, ""),
    "cause-specific Cox, death moving the other way": (cause_specific_cox, ""),
    "Cox, stratified": (cox_stratified, ""),
    "Cox, weighted": (cox_weighted, ""),
    "Prentice-Williams-Peterson, total time": (recurrent_total_time, ""),
    "Cox on 10 imputed copies, Rubin's rules": (imputed, ""),
    "weighted incidence with death, weights estimated": (weighted_with_death, "wide"),
    "weighted restricted mean, difference, weights estimated": (weighted_mean, "wide"),
    "weighted restricted mean, difference, 20 providers": (weighted_mean_providers, "few wide"),
    "clone, censor, weight (100 draws)": (strategies, ""),
    "interval-censored incidence (100 draws)": (intervals, "wide"),
}
SLOW = {"clone, censor, weight (100 draws)": 500, "interval-censored incidence (100 draws)": 500}
"""Over a second a study: fewer studies, and a wider Monte Carlo error."""
SLACK = {"": (3, 3), "few": (5, 3), "wide": (3, 100), "few wide": (5, 100)}
"""Monte Carlo errors allowed below and above 95 %: robust intervals of few providers are known to cover 92-96 %; one
that takes estimated weights as known is too wide."""


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch):
    """Thousands of fits: without the second engine that checks each plain fit of study size."""
    monkeypatch.setattr(cox_fit, "STUDY_SIZE", 0)


def number_of_studies(name: str, studies: int) -> int:
    return min(studies, SLOW.get(name, studies))


def coverage(name: str, studies: int) -> tuple[float, float, float]:
    """Return the coverage, and the shares of studies whose interval lies below and above the truth."""
    below = above = 0
    for number in range(studies):
        lower, upper, truth = ESTIMATORS[name][0](np.random.default_rng([20260401, number]))
        assert lower is not None
        assert upper is not None
        below += upper < truth
        above += lower > truth
    return 1 - (below + above) / studies, below / studies, above / studies


def allowed(name: str, studies: int) -> tuple[float, float]:
    error = np.sqrt(0.95 * 0.05 / studies)
    down, up = SLACK[ESTIMATORS[name][1]]
    return 0.95 - down * error, min(0.95 + up * error, 1.0)


@pytest.mark.simulation
@pytest.mark.parametrize("name", ESTIMATORS)
def test_intervals_hold_the_truth_as_often_as_they_say(name):
    studies = number_of_studies(name, STUDIES)
    low, high = allowed(name, studies)
    assert low <= coverage(name, studies)[0] <= high


def row(name: str, studies: int) -> str:
    """Return one line of the table: simulate, count, judge."""
    count = number_of_studies(name, studies)
    found, below, above = coverage(name, count)
    low, high = allowed(name, count)
    held = "yes" if low <= found <= high else "NO"
    return (
        f"| {name} | {count:,} | {100 * found:.1f} | {100 * below:.1f} | {100 * above:.1f} | "
        f"{100 * low:.1f}-{100 * high:.1f} | {held} |"
    )


def earlier(target: Path) -> dict[str, str]:
    """Return the lines of a table written before, by estimator."""
    lines = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}


def main(studies: int, names: tuple[str, ...]) -> None:
    """Write docs/evidence/survival_coverage.md: the named estimators (none named: all) anew, the others as they are."""
    cox_fit.STUDY_SIZE = 0
    target = Path(__file__).parents[2] / "docs" / "evidence" / "survival_coverage.md"
    known = earlier(target)
    for name in names or tuple(ESTIMATORS):
        known[name] = row(name, studies)
        print(known[name], flush=True)  # noqa: T201
    text = [
        "# Coverage of the survival intervals",
        "",
        "Share of simulated studies whose 95 % interval holds the truth, by "
        "`python tests/simulation/test_survival_coverage.py`. Monte Carlo error of a coverage of 95 %: "
        f"{100 * np.sqrt(0.95 * 0.05 / STUDIES):.1f} points in {STUDIES:,} studies, "
        f"{100 * np.sqrt(0.95 * 0.05 / 500):.1f} in 500. Studies have 150 to 800 people in whole days; what each "
        "one simulates stands in that file.",
        "",
        "| estimator | studies | coverage % | interval below the truth % | above % | accepted % | held |",
        "|---|---|---|---|---|---|---|",
        *(known[name] for name in ESTIMATORS if name in known),
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES, tuple(sys.argv[2:]))
