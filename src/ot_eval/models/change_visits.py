"""The course of a score over its timepoints: means and spread at each."""

from __future__ import annotations

import numpy as np

from ot_eval.base.results import Estimate
from ot_eval.measures.repeated import Repeated
from ot_eval.models.jackknife import jackknife

COURSE, SPREAD = "course", "course_spread"
QUARTILES = {"lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75}


def at_each_time(repeated: Repeated, level: float = 0.95) -> tuple[Estimate, ...]:
    """Return mean and quartiles at each timepoint, of everyone with the score and of people with all of them.

    Lines of single people are personal data; the quartiles stand for them in a published figure.
    """
    whole = repeated.frame.notna().all(axis="columns")
    groups = {"": repeated.frame}
    if not whole.all() and whole.any():
        groups[", with every score"] = repeated.frame[whole]
    out = []
    for suffix, frame in groups.items():
        for time in repeated.timepoints:
            values = frame[time].dropna()
            cluster = None if repeated.cluster is None else repeated.cluster.reindex(values.index)
            found = jackknife(values.to_frame(), lambda s, n: s[:, 0] / n, cluster=cluster, level=level)
            common = {
                "population": repeated.population + suffix,
                "outcome": repeated.outcome,
                "term": time,
                "unit": repeated.score.unit,
                "n": len(values),
            }
            ends = {"se": found.se, "lower": found.lower, "upper": found.upper, "level": level}
            counts = {"n_cluster": found.n_cluster, "method": "mean with leave-one-out interval"}
            out.append(Estimate(analysis=COURSE, measure="mean", value=found.value, **common, **ends, **counts))  # type: ignore[arg-type]
            for name, share in QUARTILES.items():
                value = float(np.quantile(values, share))
                out.append(Estimate(analysis=SPREAD, measure=name, value=value, **common))  # type: ignore[arg-type]
    return tuple(out)
