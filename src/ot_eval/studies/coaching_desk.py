"""What the parts of the coaching strand share: the rows of each outcome, the planned analysis, and how it is run."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.models import (
    cluster_level,
    trial_bootstrap,
    trial_did,
    trial_gee,
    trial_mixed,
    trial_nested,
    trial_permutation,
    trial_robust,
    trial_summary,
    trial_wedge,
    trial_wedge_permutation,
)
from ot_eval.models.about import About
from ot_eval.models.trial_data import Columns
from ot_eval.models.trial_methods import Design, Situation, p_value_by_default
from ot_eval.models.trial_records import TERM, Comparison
from ot_eval.studies.coaching_outcomes import OUTCOMES, Outcome
from ot_eval.studies.workspace import Workspace

USUAL_PRIMARY: dict[str, str] = {
    "parallel": "cluster_summary_t",
    "before_after": "did_change_t",
    "stepped_wedge": "wedge_nested_exchangeable_kr",
    "partially_nested": "partially_nested_kr",
}
"""The analysis that decides where the protocol names none; fixed by the design, never by the data."""
SUMMARY, TIME = "cluster_summary_t", "cluster_level"
Found = Iterable[Estimate | Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One outcome on the desk: its rows (everyone allocated), the providers, the protocol."""

    outcome: Outcome
    rows: pd.DataFrame
    providers: pd.DataFrame
    protocol: Protocol
    carers: pd.DataFrame | None = None

    @classmethod
    def each(cls, workspace: Workspace) -> Iterable[Desk]:
        """Yield the planned outcomes that were laid out, the primary outcome first."""
        providers = workspace.frame("providers")
        carers = workspace.frame("carers") if workspace.has("carers") else None
        for key in workspace.protocol.trial.outcomes:
            if workspace.has(f"outcome_{key}"):
                rows = workspace.frame(f"outcome_{key}")
                yield cls(
                    outcome=OUTCOMES[key], rows=rows, providers=providers, protocol=workspace.protocol, carers=carers
                )

    @property
    def design(self) -> Design:
        """The design of the protocol."""
        return self.protocol.trial.design

    @property
    def primary(self) -> bool:
        """Whether this is the primary outcome."""
        return self.outcome.key == self.protocol.trial.outcomes[0]

    @property
    def seen(self) -> pd.DataFrame:
        """The rows with an outcome; a missing value at the start is the mean of all, so that nobody is left out."""
        if self.outcome.kind == "time":
            return self.rows
        rows = self.rows[self.rows["outcome"].notna()].reset_index(drop=True)
        if "start" not in rows:
            return rows
        return rows.assign(start=rows["start"].fillna(rows["start"].mean()))

    @property
    def people(self) -> int:
        """How many people or carers stand behind the outcome."""
        return int(self.seen["n"].sum()) if "n" in self.seen else len(self.seen)

    @property
    def method(self) -> str:
        """The analysis that decides for this outcome: counts and times always go by one figure a provider."""
        if self.outcome.kind == "time":
            return TIME
        if self.outcome.level == "service":
            return SUMMARY
        return self.protocol.trial.primary or USUAL_PRIMARY[self.design]

    @property
    def situation(self) -> Situation:
        """What the register of analyses needs to know."""
        rows = self.seen
        by = rows.groupby("provider")
        coached = by["arm"].max() if self.design == "stepped_wedge" else by["arm"].first()
        size = by.size().to_numpy(dtype=float)
        n, k = len(size), int(coached.sum())
        return Situation(
            design=self.design,
            n_cluster=n,
            n_coached=k,
            size_cv=float(size.std(ddof=1) / size.mean()) if n > 1 else 0.0,
            randomised=self.protocol.trial.randomised,
        )

    def about(self, population: str = "all") -> About:
        """Return labels for results."""
        plan = self.protocol
        return About(population=population, outcome=self.outcome.key, level=plan.level, study=plan.study)

    def columns(self, *, start: bool = True) -> Columns:
        """Return which column is what; `start` allows for the value at the start where the protocol says so."""
        use = start and self.protocol.trial.adjust_for_start and "start" in self.rows and self.design == "parallel"
        periods = self.design in ("stepped_wedge", "before_after")
        return Columns(
            cluster="provider",
            covariates=("start",) if use and float(self.seen["start"].std()) > 0 else (),
            exposure="exposure" if "exposure" in self.rows else None,
            period="period" if periods else None,
        )

    def rng(self, part: str) -> np.random.Generator:
        """Return a random stream of this outcome and part alone."""
        return np.random.default_rng([self.protocol.seed, zlib.crc32(f"{self.outcome.key} {part}".encode())])

    def compare(self, method: str, rows: pd.DataFrame | None = None) -> Comparison:
        """Run one analysis of the register on these rows, or on some of them."""
        frame = self.seen if rows is None else rows
        return run(self, method, frame)

    def lines(self, analysis: str, c: Comparison, term: str = TERM, population: str = "all") -> list[Estimate]:
        """Return a comparison as lines of results, the first its effect; p only where the design may print it."""
        here = self.situation
        out = []
        made = c.estimates(self.about(population), term)
        for k, e in enumerate(made if self.outcome.level != "service" else made[:1]):
            p = e.p if k == 0 and p_value_by_default(here) else None
            method = f"{c.method}: {e.method}" if k == 0 else e.method
            n = self.people if "n" in self.seen else c.n
            out.append(replace(e, analysis=analysis if k == 0 else "likeness", method=method, p=p, n=n))
        return out


def run(desk: Desk, method: str, frame: pd.DataFrame) -> Comparison:
    """Return one analysis of the register by its key.

    Raises
    ------
    AnalysisRefused
        The analysis is not one for this kind of outcome, or refuses the data.
    """
    shared: dict[str, Any] = {"level": desk.protocol.level, "unit": desk.outcome.unit}
    kind: Any = desk.outcome.kind
    columns = desk.columns()
    strata = "stratum" if desk.protocol.trial.stratified else None
    rng = desk.rng(method)
    if kind == "rate_ratio":
        shared.pop("unit")
    runs: dict[str, Callable[[], Comparison]] = {
        SUMMARY: lambda: trial_summary.cluster_difference(frame, columns, kind=kind, **shared),
        "participant_summary_cr2": lambda: trial_summary.participant_average(frame, columns, kind=kind, **shared),
        "exact_permutation": lambda: trial_permutation.permutation_difference(
            frame, columns, kind=kind, strata=strata, rng=rng, **shared
        ),
        "random_intercept_kr": lambda: trial_mixed.mixed_difference(frame, columns, **shared),
        "least_squares_cr2": lambda: trial_robust.participant_difference(frame, columns, **shared),
        "gee_md_t": lambda: trial_gee.gee_difference(frame, columns, errors="MD", **shared),
        "gee_kc_t": lambda: trial_gee.gee_difference(frame, columns, errors="KC", **shared),
        "gee_avg_t": lambda: trial_gee.gee_difference(frame, columns, errors="AVG", **shared),
        "wild_cluster_bootstrap": lambda: trial_bootstrap.bootstrap_difference(frame, columns, rng=rng, **shared),
        "did_change_t": lambda: trial_did.change_difference(frame, columns, **shared),
        "did_ancova_t": lambda: trial_did.ancova_difference(frame, columns, **shared),
        "did_cr2": lambda: trial_did.participant_change(frame, columns, **shared),
        "did_permutation": lambda: trial_did.change_permutation(frame, columns, rng=rng, **shared),
        "wedge_nested_exchangeable_kr": lambda: trial_wedge.wedge_effect(frame, columns, **shared),
        "wedge_cr2": lambda: trial_wedge.robust_effect(frame, columns, **shared),
        "wedge_exposure_time": lambda: trial_wedge.exposure_time_effect(frame, columns, **shared),
        "wedge_within_period_permutation": lambda: trial_wedge_permutation.wedge_permutation(
            frame, columns, rng=rng, **shared
        ),
        "partially_nested_kr": lambda: trial_nested.nested_difference(frame, columns, **shared),
    }
    if method not in runs or (kind != "mean" and method not in FOR_COUNTS):
        raise AnalysisRefused(
            f"{method} for {desk.outcome.key}, which is a {kind.replace('_', ' ')}",
            expected="an analysis of such outcomes",
            fix="name cluster_summary_t in the protocol: one figure a provider serves every outcome",
        )
    return runs[method]()


FOR_COUNTS = (SUMMARY, "exact_permutation")


def time_ratio(desk: Desk, rows: pd.DataFrame, analysis: str, term: str = TERM) -> Estimate:
    """Return the ratio of event rates of coached and other providers, from one log rate a provider."""
    cause = "increase" if desk.outcome.key == "time_to_increase" else "left"
    frame = rows.assign(coaching=rows["arm"].map({1: "yes", 0: "no"}))
    found = cluster_level.compare(frame, cause=cause, exposure="coaching", cluster="provider", about=desk.about())[0]
    p = found.p if p_value_by_default(desk.situation) else None
    method = f"{TIME}: {found.method}; cluster-average effect"
    return replace(found, analysis=analysis, outcome=desk.outcome.key, term=term, p=p, method=method)
