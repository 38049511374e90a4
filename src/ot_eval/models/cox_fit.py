"""A Cox model: the request, the engine that fits it, and the fit.

lifelines fits the plain model of study size. The count grid fits any model whose covariates have few levels, the row
engine the rest; both know ties, late entry, start and stop rows, strata, weights and clusters. Whichever ran is named
in `CoxFit.engine`, and lifelines' maximum is checked against our own likelihood before it is used. Where lifelines
stops short of the maximum, our engine's stands, unless lifelines was asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import grid
from ot_eval.models.about import positive
from ot_eval.models.clusters import Clusters, read_clusters, refuse_set_by_cluster, single_people
from ot_eval.models.design import COUNTABLE, Design, read_design
from ot_eval.models.exposure_rows import check_person_rows
from ot_eval.models.grid import CountGrid
from ot_eval.models.lasting import lasting_of
from ot_eval.models.lifelines_cox import lifelines_maximum
from ot_eval.models.partial_likelihood import Maximum, maximise
from ot_eval.models.risk_rows import RiskRows, risk_rows
from ot_eval.models.robust import sandwich, score_by_cluster
from ot_eval.models.sorted_rows import SortedRows
from ot_eval.models.spells import Bools, Floats, Ints, Spells, groups_of, read_spells
from ot_eval.models.ties import Ties

EVENTS_PER_COEFFICIENT = 5
LEAST_EVENTS = 10
"""A level with fewer events than this is compared by its interval only, without a test."""
TWO = 2
STUDY_SIZE = 5_000
"""Up to this many rows the plain model goes through lifelines; beyond it our engines are the faster by far."""
SORTABLE = 20_000
"""Up to this many rows patterns are looked for even where there could be millions of them."""

EngineName = Literal["auto", "lifelines", "count grid", "sorted array"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxModel:
    """What is asked of a Cox model.

    Parameters
    ----------
    cause : kind of event, as written in ``event``; every other kind ends follow-up (cause-specific hazard)
    terms : columns of covariates; text and categories are compared with their first level, ``"a:b"`` is a product
    strata : columns whose levels have their own baseline hazard
    cluster : column of providers, teams or people that are alike; asks for robust intervals
    weight : column of positive weights; asks for robust intervals too
    ties : "efron" (default) or "breslow"
    engine : "auto" lets size and shape decide
    repeats : whether a person's event may repeat (recurrent events); intervals are then robust
    subdistribution : whether people with a competing event stay in the risk set, weighted (Fine-Gray)
    """

    cause: str
    terms: tuple[str, ...]
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    weight: str | None = None
    ties: Ties = "efron"
    engine: EngineName = "auto"
    repeats: bool = False
    subdistribution: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """A fitted Cox model. Covariances have shape (p, p); ``scores`` (clusters, p) when robust."""

    model: CoxModel
    spells: Spells
    names: tuple[str, ...]
    term_of: tuple[int, ...]
    maximum: Maximum
    covariates: CountGrid | SortedRows
    engine: str
    covariance: Floats
    scores: Floats | None
    clusters: Clusters | None
    n: int
    n_event: int
    sparse: Bools

    @property
    def beta(self) -> Floats:
        """Coefficients (log hazard ratios)."""
        return self.maximum.best.beta

    @property
    def robust(self) -> Floats | None:
        """Robust covariance with the factor G / (G - 1), or None."""
        if self.scores is None or self.clusters is None:
            return None
        return sandwich(self.covariance, self.scores, correction=self.clusters.correction)

    @property
    def se(self) -> Floats:
        """Standard errors: robust where asked for, otherwise model-based."""
        return np.asarray(np.sqrt(np.diag(self.covariance if self.robust is None else self.robust)))


def fit(frame: pd.DataFrame, model: CoxModel) -> CoxFit:
    """Fit `model` to `frame`, one row a person or start and stop rows.

    Raises
    ------
    AnalysisRefused
        fewer than 5 events a coefficient, separation, covariates that determine each other, no convergence, rows of a
        person that overlap, fewer than 5 clusters, an exposure set by cluster with few clusters, missing values.
    """
    check_person_rows(frame, repeats=model.repeats)
    spells = read_spells(frame)
    dead = spells.event == spells.code(model.cause)
    design = read_design(frame, model.terms)
    refuse_few_events(int(dead.sum()), len(design.names))
    weight = _weight(frame, model.weight)
    clusters = _clusters(frame, model, design)
    stratum = _strata(frame, model.strata)
    rows = risk_rows(spells, dead, stratum=stratum, weight=weight)
    if model.subdistribution:
        rows = replace(rows, lasting=lasting_of(spells, dead, rows))
    engine = choose_engine(rows, design, model.engine)
    plain = stratum is None and clusters is None and not spells.delayed and len(frame) <= STUDY_SIZE
    maximum = maximise(engine, model.ties, design.names)
    theirs = None
    if _goes_to_lifelines(model, plain=plain):
        theirs = lifelines_maximum(spells, dead, design.matrix(), maximum, engine, insist=model.engine == "lifelines")
    maximum = theirs or maximum
    covariance = np.asarray(np.linalg.inv(maximum.best.information), dtype=np.float64)
    scores = score_by_cluster(engine, maximum.best, clusters.code, clusters.n) if clusters else None
    return CoxFit(
        model=model,
        spells=spells,
        names=design.names,
        term_of=design.term_of,
        maximum=maximum,
        covariates=engine,
        engine="lifelines" if theirs else engine.name,
        covariance=covariance,
        scores=scores,
        clusters=clusters,
        n=_people(frame),
        n_event=int(dead.sum()),
        sparse=sparse_levels(design, dead),
    )


def _people(frame: pd.DataFrame) -> int:
    if "person_id" not in frame:
        return len(frame)
    return len(frame) - int(frame["person_id"].duplicated().sum())


def refuse_few_events(n_event: int, n_coefficient: int) -> None:
    """Refuse a model with fewer than five events a coefficient."""
    if n_event < EVENTS_PER_COEFFICIENT * n_coefficient:
        raise AnalysisRefused(
            f"Cox model: {n_event} events for {n_coefficient} coefficients",
            expected=f"at least {EVENTS_PER_COEFFICIENT} events a coefficient",
            fix=f"keep at most {n_event // EVENTS_PER_COEFFICIENT} coefficients: join levels or take covariates out",
        )


def choose_engine(rows: RiskRows, design: Design, wish: EngineName) -> CountGrid | SortedRows:
    """Return the count grid where covariates form few patterns, the row engine elsewhere, or the one wished for."""
    if wish == "count grid" and not design.grouped:
        raise AnalysisRefused(
            "Cox model: a covariate has too many values for counts by pattern",
            expected="covariates with few levels",
            fix="band the covariate, or leave the engine to the toolkit",
        )
    cheap = design.product <= COUNTABLE or rows.last.size <= SORTABLE
    if wish != "sorted array" and design.grouped and (cheap or wish == "count grid"):
        pattern, values = design.patterns
        if wish == "count grid" or grid.fits(rows.n_times, values.shape[0], rows.last.size):
            return CountGrid.of(rows, pattern, values)
    return SortedRows(rows, design.matrix())


def _goes_to_lifelines(model: CoxModel, *, plain: bool) -> bool:
    possible = plain and model.ties == "efron"
    if model.engine == "lifelines" and not possible:
        raise AnalysisRefused(
            "Cox model: lifelines was asked for strata, clusters, weights, late entry, Breslow's ties or many rows",
            expected='engine "auto", "count grid" or "sorted array" for these',
            fix="leave the engine to the toolkit",
        )
    return possible and model.engine in ("auto", "lifelines")


def sparse_levels(design: Design, dead: Bools, count: Floats | None = None) -> Bools:
    """Return, for each coefficient, whether one of the two levels it compares has fewer than ten events.

    A number of two values (0 and 1) has levels too; one of more values has none. `count` is events a row, if not one.
    """
    sparse: list[bool] = []
    for term in design.terms:
        column = design.columns[term.split(":")[0]]
        if ":" in term or column.codes is None or (column.numeric and column.n_level > TWO):
            sparse += [False] * sum(design.term_of[j] == design.terms.index(term) for j in range(len(design.names)))
        else:
            weights = None if count is None else count[dead]
            events = np.bincount(column.codes[dead], weights=weights, minlength=column.n_level)
            sparse += [bool(min(count, events[0]) < LEAST_EVENTS) for count in events[1:]]
    return np.array(sparse)


def _weight(frame: pd.DataFrame, name: str | None) -> Floats | None:
    return None if name is None else positive(frame, name)


def _clusters(frame: pd.DataFrame, model: CoxModel, design: Design) -> Clusters | None:
    if model.cluster is None:
        dependent = model.weight is not None or model.subdistribution or model.repeats
        return single_people(frame) if dependent else None
    clusters = read_clusters(frame, model.cluster)
    for name, column in design.columns.items():
        codes = column.codes if column.codes is not None else pd.factorize(column.values[:, 0])[0].astype(np.int64)
        refuse_set_by_cluster(clusters, codes, name)
    return clusters


def _strata(frame: pd.DataFrame, names: tuple[str, ...]) -> Ints | None:
    if not names:
        return None
    code = np.zeros(len(frame), dtype=np.int64)
    for name in names:
        level, found = groups_of(frame, name)
        code = code * len(found) + level
    return np.asarray(np.unique(code, return_inverse=True)[1], dtype=np.int64)
