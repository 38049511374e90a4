"""Providers as clusters: when a robust interval may be given at all, and the influence of each provider on a curve.

Measured (600 runs, provider spread 0.3 on the log-hazard scale, exposure set by provider): the usual robust 95 %
interval covers 88 % at 8 providers; with the factor sqrt(G / (G - 1)) and t(G - 1) it covers 92 %. So that version is
the default, an exposure set by provider is refused with few providers, and any exposure with fewer than five.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import LEAST_CLUSTERS
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import DayTable
from ot_eval.models.spells import Floats, Ints, Spells, codes_of

FEW_CLUSTERS = 20
"""Up to this many clusters an exposure that every cluster has all or none of needs a cluster-level analysis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """A code per row, 0 to ``n - 1``. ``people`` says that the clusters are single people, not providers."""

    code: Ints
    n: int
    people: bool = False

    @property
    def correction(self) -> float:
        """The factor G / (G - 1) by which a robust variance is multiplied; 1 for single people."""
        return 1.0 if self.people else self.n / (self.n - 1)

    @property
    def count(self) -> int | None:
        """The number to report and to take degrees of freedom from; None for single people."""
        return None if self.people else self.n

    @property
    def words(self) -> str:
        """How the robust interval was made."""
        return "robust to single people" if self.people else f"robust to {self.n} clusters, t({self.n - 1})"


def read_clusters(frame: pd.DataFrame, cluster: str) -> Clusters:
    """Read the column `cluster`, refusing fewer than five clusters."""
    code, names = codes_of(frame, cluster)
    if len(names) < LEAST_CLUSTERS:
        raise AnalysisRefused(
            f"{cluster}: {len(names)} clusters",
            expected=f"at least {LEAST_CLUSTERS} clusters for a robust interval",
            fix="leave the cluster out and say so, or report the clusters side by side without a test",
        )
    return Clusters(code=code, n=len(names))


def single_people(frame: pd.DataFrame) -> Clusters:
    """Return people as their own clusters: by ``person_id`` where there is one, else by row."""
    if "person_id" not in frame:
        return Clusters(code=np.arange(len(frame)), n=len(frame), people=True)
    code, names = codes_of(frame, "person_id")
    return Clusters(code=code, n=len(names), people=True)


def refuse_set_by_cluster(clusters: Clusters, exposure: Ints, name: str) -> None:
    """Refuse a robust interval for an exposure that no cluster has two values of, when clusters are few."""
    someone = np.zeros(clusters.n, dtype=exposure.dtype)
    someone[clusters.code] = exposure
    varies = bool((exposure != someone[clusters.code]).any())
    if not varies and clusters.n <= FEW_CLUSTERS and someone.min() < someone.max():
        raise AnalysisRefused(
            f"{name}: every one of {clusters.n} clusters has one value of it",
            expected=f"more than {FEW_CLUSTERS} clusters, or an exposure that differs between people of one cluster",
            fix="use cluster_level.compare, which takes the cluster as the unit (t with G - 2 degrees of freedom)",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCounts:
    """Counts by cluster and day: ``at_risk`` (clusters, days), ``events`` (clusters, kinds, days)."""

    at_risk: Floats
    events: Floats


def count_by_cluster(spells: Spells, clusters: Clusters, n_days: int) -> ClusterCounts:
    """Count at risk and events of every cluster by day, in one pass."""
    kinds = len(spells.kinds) + 1
    key = (clusters.code * kinds + spells.event) * n_days + spells.exit
    ends = np.bincount(key, minlength=clusters.n * kinds * n_days).reshape(clusters.n, kinds, n_days)
    starts = np.bincount(clusters.code * n_days + spells.entry, minlength=clusters.n * n_days)
    net = ends.sum(axis=1) - starts.reshape(clusters.n, n_days)
    at_risk = np.cumsum(net[:, ::-1], axis=1)[:, ::-1]
    return ClusterCounts(at_risk=at_risk.astype(np.float64), events=ends[:, 1:, :].astype(np.float64))


def influence_on_survival(table: DayTable, counts: ClusterCounts) -> Floats:
    """Return the influence of each cluster on the Kaplan-Meier curve of `table`, shape (clusters, days)."""
    n, d = table.at_risk, table.any_event
    hazard = np.divide(d, n, out=np.zeros(table.n_days), where=n > 0)
    surprise = counts.events.sum(axis=1) - counts.at_risk * hazard
    step = np.divide(surprise, n - d, out=np.zeros_like(surprise), where=n > d)
    moved: Floats = -product_limit(table) * np.cumsum(step, axis=1)
    return moved


def influence_on_incidence(table: DayTable, counts: ClusterCounts, kind: int) -> Floats:
    """Return the influence of each cluster on the cumulative incidence of kind number `kind` (0-based)."""
    n = table.at_risk
    hazard = np.divide(table.events[kind], n, out=np.zeros(table.n_days), where=n > 0)
    before = np.concatenate([[1.0], product_limit(table)[:-1]])
    on_survival = influence_on_survival(table, counts)
    lagged = np.concatenate([np.zeros((on_survival.shape[0], 1)), on_survival[:, :-1]], axis=1)
    own = np.divide(counts.events[:, kind] - counts.at_risk * hazard, n, out=np.zeros_like(lagged), where=n > 0)
    moved: Floats = np.cumsum(lagged * hazard + before * own, axis=1)
    return moved


def robust_se(influence: Floats, clusters: Clusters) -> Floats:
    """Return sqrt(G / (G - 1) x sum of squared influence) over the first axis."""
    se: Floats = np.sqrt(clusters.correction * (influence**2).sum(axis=0))
    return se
