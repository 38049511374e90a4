"""Bootstrap of a target trial: whole providers (or people) drawn again, weights estimated anew, draws shared out.

joblib runs the draws with whatever backend is configured around the call (``joblib.parallel_config``): processes of
this machine by default, a Dask or Ray cluster where one is registered. Each draw has its own seed, so the answer does
not depend on the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import joblib
import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.spells import Floats
from ot_eval.models.target_trial import Plan, answers
from ot_eval.models.target_trial_rows import Trial

OnDraw = Callable[[int, int], None]
MOST_FAILED = 0.05
"""Draws in which the model of contact cannot be fitted, at most; with more there is no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Answers of every draw that could be fitted, shape (draws, strategies + 1, 2, horizons), and how many failed."""

    value: Floats
    failed: int


def bootstrap(
    trial: Trial,
    plan: Plan,
    *,
    draws: int,
    seed: int,
    workers: int = 1,
    on_draw: OnDraw = lambda _done, _total: None,
) -> Draws:
    """Draw providers (people where they are the clusters) with replacement and answer anew.

    Parameters
    ----------
    trial, plan : as in `target_trial.emulate`
    draws : number of draws
    seed : of the draws; draw k of the same seed is always the same
    workers : draws made at the same time
    on_draw : told how many draws are done, and of how many

    Raises
    ------
    AnalysisRefused
        in more than 5 % of the draws the model of contact could not be fitted.
    """
    run = joblib.Parallel(n_jobs=workers, return_as="generator")
    found, failed = [], 0
    for done, answer in enumerate(run(joblib.delayed(_draw)(trial, plan, seed, k) for k in range(draws)), start=1):
        on_draw(done, draws)
        if answer is None:
            failed += 1
        else:
            found.append(answer)
    if failed > MOST_FAILED * draws:
        raise AnalysisRefused(
            f"target trial: the model of contact could not be fitted in {failed} of {draws} draws of the bootstrap",
            expected=f"at most {MOST_FAILED:.0%} of the draws",
            fix="take confounders out of timing.confounders, or pool more people",
        )
    return Draws(value=np.array(found), failed=failed)


def _draw(trial: Trial, plan: Plan, seed: int, number: int) -> Floats | None:
    rng = np.random.default_rng([seed, number])
    clusters = trial.clusters
    times = np.bincount(rng.integers(0, clusters.n, clusters.n), minlength=clusters.n).astype(np.float64)
    try:
        return answers(trial, plan, times[clusters.code])
    except AnalysisRefused:
        return None
