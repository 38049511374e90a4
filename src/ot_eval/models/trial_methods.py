"""Which analysis a trial may use, by design and number of providers, with the reason and the measured error rate.

The protocol names one primary method before outcomes are seen; this register says whether it may. Rates are read from
`trial_error_rates.csv` beside this file, which `tests/simulation/test_trial_errors.py` writes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import sqrt
from typing import Literal

from ot_eval.base.errors import AnalysisRefused, nearest

Design = Literal["parallel", "before_after", "stepped_wedge", "partially_nested"]
Role = Literal["primary", "sensitivity", "description", "refused"]
FEW = 4
LEAST_IN_UNEQUAL_ARMS, MOST_UNEQUAL = 4, 1.5
NOMINAL = 0.05
MONTE_CARLO_ERRORS = 4
"""With some 660 settings measured, the chance that any method of exactly 5 % lies this far above it is about 2 %."""
EVEN_SIZES = 0.23
"""Coefficient of variation of size up to which sizes count as equal (Eldridge, Ashby & Kerry 2006)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One analysis: `call` is the function; `role` the best it may have where its conditions hold; `why` in words."""

    key: str
    design: Design
    call: str
    role: Role
    why: str
    randomised_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the register needs to know of a trial."""

    design: Design
    n_cluster: int
    n_coached: int
    size_cv: float = 0.0
    randomised: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """The verdict on one method: its role here, why, and the measured rate (share of true nulls rejected) if any."""

    method: Method
    role: Role
    why: str
    rate: Rate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One row of the table of error rates; `rate` is the share of true null hypotheses rejected at 5 %."""

    design: str
    outcome: str
    providers: int
    coached: int
    icc: float
    size_cv: float
    method: str
    rate: float
    worlds: int

    @property
    def too_high(self) -> bool:
        """Whether the rate lies above 5 % by more than chance explains."""
        return self.rate > NOMINAL + MONTE_CARLO_ERRORS * sqrt(NOMINAL * (1 - NOMINAL) / self.worlds)

    def sentence(self) -> str:
        """Return the row in words."""
        return (
            f"In {self.worlds:,} simulated trials of {self.providers} providers ({self.coached} coached, ICC "
            f"{self.icc:g}, size variation {self.size_cv:g}) it rejected {self.rate:.1%} of true null hypotheses."
        )


_P: Design = "parallel"
_B: Design = "before_after"
_W: Design = "stepped_wedge"
RATED_AS = {"least_squares_cr2": "participant_summary_cr2"}
"""Methods whose error rate is that of another, because without covariates they are the same."""
METHODS: tuple[Method, ...] = (
    Method(key="cluster_summary_t", design=_P, call="trial_summary.cluster_difference", role="primary",
           why="one figure a provider and t with G - 2 degrees of freedom: near 5 % in every setting"),
    Method(key="random_intercept_kr", design=_P, call="trial_mixed.mixed_difference", role="primary",
           why="Kenward-Roger, never below G - 2: at most 5 %, cautious with 4 to 6 providers; means only"),
    Method(key="participant_summary_cr2", design=_P, call="trial_summary.participant_average", role="primary",
           why="every participant counts once: CR2 with Satterthwaite, up to 5.9 %, cautious where arms are unequal"),
    Method(key="least_squares_cr2", design=_P, call="trial_robust.participant_difference", role="primary",
           why="the same with covariates in one regression"),
    Method(key="gee_md_t", design=_P, call="trial_gee.gee_difference", role="sensitivity",
           why="Mancl-DeRouen errors with t: at most 5 % where the arms have like numbers of providers"),
    Method(key="gee_kc_t", design=_P, call="trial_gee.gee_difference", role="sensitivity",
           why="Kauermann-Carroll errors with t: 5 % only where arms and sizes are equal"),
    Method(key="gee_avg_t", design=_P, call="trial_gee.gee_difference", role="sensitivity",
           why="mean of both errors with t: at most 5 % only where arms and sizes are equal"),
    Method(key="exact_permutation", design=_P, call="trial_permutation.permutation_difference", role="primary",
           why="assumes nothing but the random allocation", randomised_only=True),
    Method(key="wild_cluster_bootstrap", design=_P, call="trial_bootstrap.bootstrap_difference", role="sensitivity",
           why="up to 7.5 %: a sensitivity analysis at most, and no test where it was measured too high"),
    Method(key="cluster_summary_imputed", design=_P, call="trial_missing.imputed_difference", role="sensitivity",
           why="missing outcomes imputed within arm and provider, with deltas for each arm"),
    Method(key="complier_iv", design=_P, call="trial_complier.complier_effect", role="sensitivity",
           why="effect of the dose received; it stands beside the comparison as allocated", randomised_only=True),
    Method(key="proportional_odds_cluster", design=_P, call="trial_ordinal.odds_of_higher_answers", role="description",
           why="its errors are too small with few providers; the test is that of provider mean scores"),
    Method(key="cluster_level", design=_P, call="cluster_level.compare", role="primary",
           why="time to event: log rate or log observed/expected of each provider, t with G - 2"),
    Method(key="did_change_t", design=_B, call="trial_did.change_difference", role="primary",
           why="one change a provider and t with G - 2"),
    Method(key="did_ancova_t", design=_B, call="trial_did.ancova_difference", role="primary",
           why="provider means at equal mean before, t with G - 3"),
    Method(key="did_cr2", design=_B, call="trial_did.participant_change", role="sensitivity",
           why="every participant counts once: arm by time, CR2 with Satterthwaite"),
    Method(key="did_permutation", design=_B, call="trial_did.change_permutation", role="primary",
           why="assumes nothing but the random allocation", randomised_only=True),
    Method(key="wedge_nested_exchangeable_kr", design=_W, call="trial_wedge.wedge_effect", role="primary",
           why="period effects, nested exchangeable correlation, Kenward-Roger"),
    Method(key="wedge_cr2", design=_W, call="trial_wedge.robust_effect", role="primary",
           why="provider-period means, CR2 with Satterthwaite: no model of the correlation"),
    Method(key="wedge_within_period_permutation", design=_W, call="trial_wedge_permutation.wedge_permutation",
           role="primary", why="assumes nothing but the random order of starting", randomised_only=True),
    Method(key="wedge_exposure_time", design=_W, call="trial_wedge.exposure_time_effect", role="sensitivity",
           why="effects that grow with time since coaching began"),
    Method(key="partially_nested_kr", design="partially_nested", call="trial_nested.nested_difference", role="primary",
           why="coaches vary in the coached arm only, each arm has its own residual variance"),
)  # fmt: skip
KEYS = tuple(m.key for m in METHODS)


@cache
def measured() -> tuple[Rate, ...]:
    """Return the table of error rates."""
    text = (files("ot_eval.models") / "trial_error_rates.csv").read_text(encoding="utf-8")
    return tuple(
        Rate(
            design=r["design"], outcome=r["outcome"], providers=int(r["providers"]), coached=int(r["coached"]),
            icc=float(r["icc"]), size_cv=float(r["size_cv"]), method=r["method"], rate=float(r["rate"]),
            worlds=int(r["worlds"]),
        )
        for r in csv.DictReader(text.splitlines())
    )  # fmt: skip


def nearest_rate(key: str, here: Situation, outcome: str | None = None) -> Rate | None:
    """Return the row nearest to the trial: number of providers first, then share coached, then size variation.

    Of rows that fit alike the highest rate is returned, so that the report errs on the side of caution. None where the
    method was not simulated.
    """
    name = RATED_AS.get(key, key)
    rows = [r for r in measured() if r.method == name and r.design == here.design and outcome in (None, r.outcome)]
    if not rows:
        return None
    share = here.n_coached / here.n_cluster

    def distance(r: Rate) -> tuple[float, float, float]:
        return (
            abs(r.providers - here.n_cluster),
            round(abs(min(r.coached / r.providers, 1 - r.coached / r.providers) - min(share, 1 - share)), 6),
            abs(r.size_cv - here.size_cv),
        )

    least = min(distance(r) for r in rows)
    return max((r for r in rows if distance(r) == least), key=lambda r: r.rate)


def allowed(here: Situation) -> tuple[Allowed, ...]:
    """Return the verdict on every method of the design, those that may be primary first."""
    out = [_verdict(m, here) for m in METHODS if m.design == here.design]
    order = ("primary", "sensitivity", "description", "refused")
    return tuple(sorted(out, key=lambda a: order.index(a.role)))


def unlike_arms(fewest: int, most: int) -> bool:
    """Return whether corrected sandwich errors are too small because the arms have unlike numbers of providers."""
    return fewest != most and (fewest < LEAST_IN_UNEQUAL_ARMS or most > MOST_UNEQUAL * fewest)


def _verdict(method: Method, here: Situation) -> Allowed:
    fewest = min(here.n_coached, here.n_cluster - here.n_coached)
    most = here.n_cluster - fewest
    role, why = method.role, method.why
    if method.randomised_only and not here.randomised:
        role, why = "refused", "providers were not allocated at random"
    elif method.key.startswith("gee") and unlike_arms(fewest, most):
        role, why = "refused", f"{fewest} providers against {most}: corrected errors reject too often with unequal arms"
    elif method.key in ("gee_kc_t", "gee_avg_t") and here.size_cv > EVEN_SIZES:
        role, why = "refused", f"sizes vary by {here.size_cv:.2f}, more than {EVEN_SIZES}: it rejects too often"
    elif method.key in ("exact_permutation", "did_permutation"):
        from math import comb

        floor = (2 if fewest == most else 1) / comb(here.n_cluster, fewest)
        why = f"{why}; smallest possible p {floor:.2g} if every allocation could have happened"
        if floor > 0.05:  # noqa: PLR2004
            role, why = "sensitivity", f"{why}, so it can never reach .05"
    rate = nearest_rate(method.key, here)
    if role in ("primary", "sensitivity") and rate is not None and rate.too_high:
        role, why = "description", f"{why}; an interval to look at, not a test. {rate.sentence()}"
    elif role in ("primary", "sensitivity") and rate is not None:
        why = f"{why}. {rate.sentence()}"
    return Allowed(method=method, role=role, why=why, rate=rate)


def p_value_by_default(here: Situation) -> bool:
    """Return whether a p-value is printed without being asked for: with four or more providers in each arm."""
    other = here.design in ("stepped_wedge", "partially_nested")
    return other or min(here.n_coached, here.n_cluster - here.n_coached) >= FEW


def require(key: str, here: Situation, role: Role = "primary") -> Allowed:
    """Return the verdict on the method that a protocol names, or refuse it with the methods that may stand there.

    Raises
    ------
    AnalysisRefused
        There is no such method for the design, or it may not have this role; reason and measured rate are named.
    """
    verdicts = {a.method.key: a for a in allowed(here)}
    if key not in verdicts:
        raise AnalysisRefused(
            f"analysis {key!r} with the design {here.design}.{nearest(key, tuple(verdicts))}",
            expected=f"one of {', '.join(verdicts)}",
            fix="name a method of the design in the protocol",
        )
    found = verdicts[key]
    if found.role != role and not (role == "sensitivity" and found.role == "primary"):
        usable = [k for k, a in verdicts.items() if a.role == "primary"]
        raise AnalysisRefused(
            f"{key} as the {role} analysis of {here.n_cluster} providers, {here.n_coached} coached: {found.why}",
            expected=f"as {role}: {', '.join(usable)}",
            fix="name one of these in the protocol before outcomes are seen",
        )
    return found
