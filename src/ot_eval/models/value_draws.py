"""Ten thousand studies from the sums of each provider: a clustered bootstrap of use and of quality-adjusted life years.

Each draw takes providers with replacement, within arms, and re-estimates everything: survival, use of every service,
missing answers, adjusted difference. All of it depends on a provider only through sums, so a draw is a row of counts
times a table of sums. Of G providers in an arm, G - 1 are drawn (Rao and Wu 1988), which gives the right spread with
few providers, where drawing G gives too little of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.value_censored import product_limit
from ot_eval.models.value_qaly import Answers, difference
from ot_eval.models.value_use import Floats, Use, refuse_thin

LEAST = 3
"""Providers in each arm, at least: with two, one draw of one provider is all there is."""
BLOCK = 1_000
"""Draws made at a time, so that memory does not grow with their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Means per person in each draw: by service (draws, arms), and QALYs (draws, arms) where they were measured."""

    use: dict[str, Floats]
    qaly: Floats | None = None


def draw(arms: tuple[Use, Use], answers: Answers | None, *, replicates: int, rng: np.random.Generator) -> Draws:
    """Return `replicates` draws of both arms.

    Parameters
    ----------
    arms : use of the usual and of the other arm; no provider is in both, and both have the same services
    answers : EQ-5D of the same people; its providers are those of the first arm, then those of the second
    replicates : number of draws
    rng : source of the draws

    Raises
    ------
    AnalysisRefused
        Fewer than `LEAST` providers in an arm, too few people seen to the horizon, or too few answers.
    RequestError
        The arms have different services or horizons, or `answers` counts providers otherwise.
    """
    tables = [_Sums.of(use) for use in arms]
    services = sorted(arms[0].amounts)
    providers = sum(use.n_cluster for use in arms)
    if services != sorted(arms[1].amounts) or arms[0].horizon != arms[1].horizon:
        raise RequestError("bootstrap: the arms differ in services or horizon", expected="the same in both",
                           fix="lay out both with the same list of services")  # fmt: skip
    if answers is not None and answers.n_cluster != providers:
        raise RequestError(
            "bootstrap: answers and use count providers differently",
            expected="the providers of the first arm, then of the second",
            fix="number them so",
        )
    use: dict[str, list[Floats]] = {k: [] for k in services}
    qaly: list[Floats] = []
    for start in range(0, replicates, BLOCK):
        size = min(BLOCK, replicates - start)
        counts = [counts_of(u.n_cluster, size, rng) for u in arms]
        means = [t.means(c) for t, c in zip(tables, counts, strict=True)]
        for k in services:
            use[k].append(np.column_stack([m[k] for m in means]))
        if answers is not None:
            qaly.append(difference(answers, np.hstack(counts))[0])
    return Draws(use={k: np.concatenate(v) for k, v in use.items()}, qaly=np.concatenate(qaly) if qaly else None)


def counts_of(providers: int, replicates: int, rng: np.random.Generator) -> Floats:
    """Return how often each provider is in each draw, shape (replicates, providers); refuse fewer than `LEAST`."""
    if providers < LEAST:
        raise AnalysisRefused(
            f"bootstrap: {providers} providers in an arm",
            expected=f"at least {LEAST} providers in each arm",
            fix="recruit more providers, or set cluster to none and say that providers were left out of account",
        )
    drawn = rng.multinomial(providers - 1, np.full(providers, 1 / providers), size=replicates)
    return drawn.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Sums by provider and day: people at risk of death, deaths, and use of each service."""

    at_risk: Floats
    deaths: Floats
    used: dict[str, Floats]

    @classmethod
    def of(cls, use: Use) -> _Sums:
        refuse_thin(use)
        ends = _counted(use, np.ones(use.n, dtype=bool))
        order = np.argsort(use.cluster, kind="stable")
        first = np.searchsorted(use.cluster[order], np.arange(use.n_cluster))
        return cls(
            at_risk=np.cumsum(ends[:, ::-1], axis=1)[:, ::-1],
            deaths=_counted(use, use.died),
            used={k: np.add.reduceat(a[order], first, axis=0) for k, a in use.amounts.items()},
        )

    def means(self, counts: Floats) -> dict[str, Floats]:
        """Return `value_censored.by_days` in each draw; a day on which nobody drawn is seen counts as no use."""
        at_risk = counts @ self.at_risk
        alive = product_limit(counts @ self.deaths, at_risk)[:, 1:-1]
        seen = at_risk[:, 1:]  # seen on day t: last seen after it
        share = np.divide(alive, seen, out=np.zeros_like(alive), where=seen > 0)
        return {k: np.einsum("bt,bt->b", share, counts @ table) for k, table in self.used.items()}


def _counted(use: Use, rows: NDArray[np.bool_]) -> Floats:
    size = use.horizon + 1
    key = use.cluster[rows] * size + use.seen[rows]
    return np.bincount(key, minlength=use.n_cluster * size).reshape(use.n_cluster, size).astype(np.float64)
