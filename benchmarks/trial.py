"""Comparison of providers: simulated trials a minute, and the wild cluster bootstrap beside wildboottest.

    python benchmarks/trial.py

10,000 trials of 8 providers with 30 people go through the primary analysis and the mixed model; CPU time of the call,
one thread. The bootstrap (all 256 sign vectors) is compared with wildboottest where that is installed (it is not a
dependency); its first call, which compiles, is not counted. Read ratios: times depend on the machine.
"""

from __future__ import annotations

import importlib.util
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from ot_eval.models import trial_mixed
from ot_eval.models.trial_bootstrap import p_value, signs
from ot_eval.models.trial_moments import arm_moments, moments
from ot_eval.models.trial_robust import cr2
from ot_eval.models.trial_summary import student

WORLDS, N, PEOPLE, REPEATS = 10_000, 8, 30, 200


def timed(call) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def main() -> None:
    rng = np.random.default_rng(1)
    arm = np.repeat([1.0, 0.0], N // 2)
    y = rng.normal(size=(WORLDS, N, PEOPLE)) + 0.22 * rng.normal(size=(WORLDS, N, 1))
    size = np.full(N, float(PEOPLE))
    sums = arm_moments(y, arm, size)
    print(f"{WORLDS:,} trials of {N} x {PEOPLE}, CPU seconds (aim: under 60)")
    print(f"  cluster summaries, t       {timed(lambda: student(y.mean(axis=2), arm)):8.3f}")
    print(f"  REML with Kenward-Roger    {timed(lambda: trial_mixed.arm_test(trial_mixed.fit(sums), N)):8.3f}")
    print(f"  CR2 with Satterthwaite     {timed(lambda: cr2(sums)):8.3f}")
    bootstrap(y[0].ravel(), np.repeat(arm, PEOPLE), np.repeat(np.arange(N), PEOPLE))


def bootstrap(y, arm, cluster) -> None:
    x = np.column_stack([np.ones(y.size), arm])
    weights = signs(N)[0]

    def ours() -> float:
        return p_value(moments(x, y, cluster, N), weights)

    mine = timed(lambda: [ours() for _ in range(REPEATS)]) / REPEATS
    print(f"wild cluster bootstrap, {len(weights)} sign vectors: {1000 * mine:.3f} ms, p {ours():.4f}")
    if importlib.util.find_spec("wildboottest") is None:
        print("  wildboottest is not installed: no comparison")
        return
    import pandas as pd
    import statsmodels.api as sm
    from wildboottest.wildboottest import wildboottest

    model = sm.OLS(y, pd.DataFrame({"constant": x[:, 0], "arm": arm}))
    times = []
    for _ in range(4):
        began = time.perf_counter()
        found = wildboottest(model, param="arm", cluster=cluster, B=9_999, bootstrap_type="11", seed=1)
        times.append(time.perf_counter() - began)
    theirs = float(np.median(times[1:]))
    print(f"  wildboottest: {1000 * theirs:.0f} ms (first call {1000 * times[0]:.0f}), ratio {theirs / mine:,.0f}")
    print(found.to_string() if hasattr(found, "to_string") else found)


if __name__ == "__main__":
    main()
