"""Ten thousand clustered bootstrap draws of use, cost and QALYs at 5,000 people, beside drawing providers one by one.

Run: ``python benchmarks/value.py``. The peer re-estimates on the rows drawn, with the same estimators, a few times; its
time a draw is compared. Both are measured in the same run on the same invented people.
"""

from __future__ import annotations

import time

import numpy as np

from ot_eval.models.value_censored import by_days
from ot_eval.models.value_draws import draw
from ot_eval.models.value_qaly import Answers, difference
from ot_eval.models.value_use import Use

PEOPLE, PROVIDERS, HORIZON, DRAWS, PEER = 5_000, 40, 364, 10_000, 20
SERVICES = ("home_care_hour", "reablement_day", "ot_hour", "care_home_day")


def invented(rng: np.random.Generator) -> tuple[tuple[Use, Use], Answers]:
    """Return two arms of invented people and their EQ-5D, a fifth of it missing."""
    provider = rng.integers(0, PROVIDERS, PEOPLE)
    arm = provider // (PROVIDERS // 2)
    death, lost = rng.geometric(0.0005, PEOPLE), rng.integers(90, 900, PEOPLE)
    seen = np.minimum(np.minimum(death, lost), HORIZON)
    died = (death <= lost) & (death <= HORIZON)
    on = np.arange(HORIZON) < seen[:, None]
    amounts = {k: rng.gamma(2, 0.5, PEOPLE)[:, None] * on for k in SERVICES}
    whole = Use(horizon=HORIZON, seen=seen, died=died, amounts=amounts, cluster=provider, n_cluster=PROVIDERS)
    index = np.clip(rng.normal(0.6, 0.2, (PEOPLE, 3)), -0.5, 1)
    index[rng.random((PEOPLE, 3)) < 0.2] = np.nan
    answers = Answers(days=(0, 182, HORIZON), index=index, death_day=np.where(died, seen, np.nan), arm=arm,
                      cluster=provider, n_cluster=PROVIDERS)  # fmt: skip
    return (whole.take(arm == 0), whole.take(arm == 1)), answers


def one_by_one(arms: tuple[Use, Use], answers: Answers, rng: np.random.Generator) -> None:
    """Draw providers once, row by row, and estimate again."""
    for use in arms:
        drawn = rng.integers(0, use.n_cluster, use.n_cluster - 1)
        rows = np.concatenate([np.flatnonzero(use.cluster == g) for g in drawn])
        again = Use(horizon=use.horizon, seen=use.seen[rows], died=use.died[rows],
                    amounts={k: a[rows] for k, a in use.amounts.items()}, cluster=use.cluster[rows],
                    n_cluster=use.n_cluster)  # fmt: skip
        for amount in again.amounts.values():
            by_days(again, amount)
    difference(answers, rng.multinomial(PROVIDERS - 1, np.full(PROVIDERS, 1 / PROVIDERS), size=1).astype(float))


def main() -> None:
    """Print both times and their ratio."""
    rng = np.random.default_rng(20260401)
    arms, answers = invented(rng)
    start = time.perf_counter()
    draw(arms, answers, replicates=DRAWS, rng=rng)
    ours = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(PEER):
        one_by_one(arms, answers, rng)
    peer = (time.perf_counter() - start) / PEER
    print(f"{PEOPLE:,} people, {PROVIDERS} providers, {len(SERVICES)} services, QALYs: {DRAWS:,} draws in {ours:.1f} s")
    print(f"row by row: {peer * 1000:.0f} ms a draw, so {peer * DRAWS:.0f} s; ratio {peer * DRAWS / ours:.0f}")


if __name__ == "__main__":
    main()
