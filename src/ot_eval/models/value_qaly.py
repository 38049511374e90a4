"""Quality-adjusted life years: area under each person's index, missing answers imputed anew in every draw.

The index runs in a straight line from one answer to the next, from the last answer before death to 0 on the day of
death, and is 0 from then on. Missing answers of the living are predicted from the earlier ones and the arm; the
difference is adjusted for the index at the start (Manca and others 2005). Both fits depend on people only through sums
of products, so each draw of the bootstrap has its own ("imputation nested in the bootstrap"). What is imputed is the
prediction itself: the QALY difference is linear in later answers, so this is what a draw's imputations average to.
A missing answer at the start is the mean of all people (White and Thompson 2005).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.value_use import Floats, Ints

YEAR = 365.25
FIXED = 3
"""Columns that everybody has: 1, arm, index at the start."""
FEWEST = 20
"""Answers at each time, at least, to predict the missing ones from."""
SMALL = 1e-13
"""Added to each square, as a share of their sum: a column without spread in a draw then gets no coefficient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Index values of people by time.

    Attributes
    ----------
    days : day of each time, the first 0, the last the end of the time studied
    index : (people, times), nan where missing; answers after death are overwritten with 0
    death_day : (people,), nan while alive
    arm : (people,), 0 or 1
    cluster : (people,), code of provider
    """

    days: tuple[int, ...]
    index: Floats
    death_day: Floats
    arm: Ints
    cluster: Ints
    n_cluster: int

    def __post_init__(self) -> None:
        if len(self.days) < 2 or self.days[0] != 0 or list(self.days) != sorted(set(self.days)):  # noqa: PLR2004
            raise RequestError(
                f"QALYs: days {self.days}",
                expected="two or more days that increase, the first of them 0",
                fix="name the time of each answer in value.index_days of the protocol",
            )


def areas(days: tuple[int, ...], index: Floats, death_day: Floats) -> Floats:
    """Return each person's QALYs: area under straight lines between answers, to 0 on the day of death.

    Parameters
    ----------
    days : increasing, the first 0
    index : (people, times), nothing missing before death
    death_day : nan while alive

    Examples
    --------
    >>> import numpy as np
    >>> half_a_year = (0, 182, 365)
    >>> index = np.array([[0.5, 0.7, 0.9], [0.5, 0.7, 0.0]])
    >>> areas(half_a_year, index, np.array([np.nan, 182 + 61.0])).round(4).tolist()
    [0.6998, 0.3574]
    """
    dead = np.where(np.isnan(death_day), np.inf, death_day)
    total = np.zeros(len(index))
    for k, (start, end) in enumerate(itertools.pairwise(days)):
        width = np.clip(dead - start, 0, end - start)
        later = np.where(dead <= end, 0.0, index[:, k + 1])
        first = np.where(dead <= start, 0.0, index[:, k])
        total += (first + later) / 2 * width
    return total / YEAR


def difference(answers: Answers, counts: Floats) -> tuple[Floats, Floats]:
    """Return, for each row of `counts`, the adjusted QALYs of both arms, and the slope on the index at the start.

    Parameters
    ----------
    answers : see `Answers`
    counts : (draws, providers) how often each provider counts; a row of ones is the study itself

    Returns
    -------
    QALYs (draws, 2): arms 0 and 1, at the mean index at the start of everybody drawn; and the slope (draws,).

    Raises
    ------
    AnalysisRefused
        Fewer than `FEWEST` answers at a time in an arm.
    """
    rows = _rows(answers)
    moment = np.zeros((len(counts), FIXED))
    later = range(1, len(answers.days))
    predict = {k: _predictor(answers, rows, k, counts) for k in later}
    for pattern in np.unique(rows.missing, axis=0):
        own = (rows.missing == pattern).all(axis=1)
        form = _forms(pattern, predict, len(counts))
        for k in range(len(answers.days)):
            table = _summed(rows.fixed[own] * rows.form[own, k : k + 1], rows.known[own], answers, own)
            moment += np.einsum("bij,bj->bi", np.tensordot(counts, table, axes=1), form[k])
    everyone = np.ones(len(rows.fixed), dtype=bool)
    gram = np.tensordot(counts, _summed(rows.fixed, rows.fixed, answers, everyone), axes=1)
    found = _solve(gram, moment)
    base = found[:, 0] + found[:, 2] * gram[:, 0, 2] / gram[:, 0, 0]
    return np.column_stack([base, base + found[:, 1]]), found[:, 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """People as columns: `fixed` (1, arm, start), `known` (`fixed`, later answers, 0 where none), `form`, `missing`."""

    fixed: Floats
    known: Floats
    form: Floats
    missing: NDArray[np.bool_]
    living: NDArray[np.bool_]


def _rows(answers: Answers) -> _Rows:
    n, times = answers.index.shape
    dead = np.where(np.isnan(answers.death_day), np.inf, answers.death_day)
    living = np.asarray(dead[:, None] > np.asarray(answers.days)[None, :])
    given = np.isfinite(answers.index) & living
    for a in (0, 1):
        least = int(given[answers.arm == a].sum(axis=0).min())
        if least < FEWEST:
            raise AnalysisRefused(
                f"QALYs: fewer than {FEWEST} answers at one of {times} times in one arm",
                expected=f"at least {FEWEST} at each time in each arm",
                fix="ask for EQ-5D at that time, or leave it out of value.index_days",
            )
    start = np.where(given[:, 0], answers.index[:, 0], answers.index[given[:, 0], 0].mean())
    fixed = np.column_stack([np.ones(n), answers.arm, start])
    units = [np.tile(np.eye(times)[k], (n, 1)) for k in range(times)]
    form = np.column_stack([areas(answers.days, unit, answers.death_day) for unit in units])
    known = np.column_stack([fixed, np.where(given, answers.index, 0.0)[:, 1:]])
    return _Rows(fixed=fixed, known=known, form=form, missing=living[:, 1:] & ~given[:, 1:], living=living)


def _predictor(answers: Answers, rows: _Rows, k: int, counts: Floats) -> Floats:
    """Return coefficients (draws, 2 + k) that predict time `k` from arm, start and every earlier answer."""
    use = rows.living[:, k] & ~rows.missing[:, :k].any(axis=1)
    if int(use.sum()) < FEWEST:
        raise AnalysisRefused(
            f"QALYs: fewer than {FEWEST} people answered up to time {k + 1} without a gap",
            expected=f"at least {FEWEST}",
            fix="leave the time with fewest answers out of value.index_days",
        )
    x, y = rows.known[use][:, : FIXED + k - 1], rows.known[use][:, FIXED + k - 1 : FIXED + k]
    gram = np.tensordot(counts, _summed(x, x, answers, use), axes=1)
    return _solve(gram, np.tensordot(counts, _summed(x, y, answers, use), axes=1)[:, :, 0])


def _forms(pattern: NDArray[np.bool_], predict: dict[int, Floats], draws: int) -> list[Floats]:
    """Return each time's value as a linear form in `known` (draws, columns), for people of one pattern of gaps."""
    size = FIXED + pattern.size
    unit = np.eye(size)
    forms = [np.tile(unit[FIXED - 1], (draws, 1))]
    for k in range(1, pattern.size + 1):
        if not pattern[k - 1]:
            forms.append(np.tile(unit[FIXED + k - 1], (draws, 1)))
            continue
        beta = predict[k]
        made = np.zeros((draws, size))
        made[:, :FIXED] = beta[:, :FIXED]
        for earlier in range(1, k):
            made += beta[:, FIXED + earlier - 1 : FIXED + earlier] * forms[earlier]
        forms.append(made)
    return forms


def _summed(left: Floats, right: Floats, answers: Answers, own: NDArray[np.bool_]) -> Floats:
    """Return sums of products by provider, shape (providers, columns of left, columns of right)."""
    code, g = answers.cluster[own], answers.n_cluster
    flat = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    sums = np.stack([np.bincount(code, column, minlength=g) for column in flat.T], axis=1).astype(np.float64)
    return sums.reshape(g, left.shape[1], right.shape[1])


def _solve(gram: Floats, moment: Floats) -> Floats:
    """Return least-squares coefficients, one row a draw."""
    tiny = SMALL * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(gram.shape[1])
    found: Floats = np.linalg.solve(gram + tiny, moment[:, :, None])[:, :, 0]
    return found
