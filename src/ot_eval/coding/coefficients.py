"""Coefficients of agreement on nominal ratings, with missing ratings, each undefined where it can say nothing.

Alpha comes from the package krippendorff, kappa from scikit-learn. Gwet's AC1 has no kept library for current numpy
and is written out here. For resampling, each coefficient on yes-or-no ratings is also given as a function of sums over
contacts (`FROM_SUMS`); a test holds these to the libraries.

References: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); Gwet, British Journal of Mathematical and
Statistical Psychology 61 (2008) 29-48; Cohen, Educational and Psychological Measurement 20 (1960) 37-46.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

from ot_eval.coding.features import Array

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
SAME = "undefined, because every rating is the same"
NONE_TWICE = "undefined, because no contact was rated twice"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A value, or None and the reason."""

    value: float | None
    undefined: str = ""


def vary(ratings: Array) -> str:
    """Return why ratings (coders x contacts, nan = missing) can show no agreement, or an empty string."""
    twice = (~np.isnan(ratings)).sum(0) > 1
    if not twice.any():
        return NONE_TWICE
    values = ratings[:, twice]
    return SAME if len(np.unique(values[~np.isnan(values)])) < 2 else ""  # noqa: PLR2004  (two values differ)


def alpha(ratings: Array, metric: Metric = "nominal") -> Coefficient:
    """Krippendorff's alpha.

    Parameters
    ----------
    ratings : coders x contacts, nan where a coder did not rate
    metric : how far apart two values are

    Examples
    --------
    >>> round(alpha(np.array([[1.0, 1, 0, 0], [1, 0, 0, 0]])).value, 4)
    0.5333
    >>> alpha(np.ones((2, 5))).undefined
    'undefined, because every rating is the same'
    """
    why = vary(ratings)
    if why:
        return Coefficient(None, why)
    return Coefficient(float(krippendorff.alpha(reliability_data=ratings, level_of_measurement=metric)))


def cohen(first: Array, second: Array) -> Coefficient:
    """Cohen's kappa of two coders over the contacts that both rated."""
    both = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[both], second[both]
    if not len(a):
        return Coefficient(None, NONE_TWICE)
    if len(np.unique(np.concatenate([a, b]))) < 2:  # noqa: PLR2004
        return Coefficient(None, SAME)
    return Coefficient(float(cohen_kappa_score(a, b)))


def counts_of(ratings: Array, categories: Sequence[float]) -> Array:
    """Return contacts x categories: how many coders chose each."""
    return np.stack([(ratings == c).sum(0) for c in categories], axis=1).astype(float)


def percent(counts: Array) -> Coefficient:
    """Share of agreeing pairs of coders, averaged over contacts rated twice or more (counts: contacts x categories)."""
    n = counts.sum(1)
    twice = n > 1
    if not twice.any():
        return Coefficient(None, NONE_TWICE)
    c, n = counts[twice], n[twice]
    return Coefficient(float(((c * (c - 1)).sum(1) / (n * (n - 1))).mean()))


def ac1(counts: Array) -> Coefficient:
    """Gwet's AC1 from contacts x categories, the categories being all that coders could choose.

    Chance agreement is sum p (1 - p) / (q - 1) over the q categories, p the mean share of coders who chose one.

    Examples
    --------
    >>> round(ac1(np.array([[2.0, 0]] * 8 + [[1, 1], [0, 2]])).value, 4)
    0.8658
    """
    agreed = percent(counts)
    if agreed.value is None:
        return agreed
    if (counts.sum(0) > 0).sum() < 2:  # noqa: PLR2004
        return Coefficient(None, SAME)
    rated = counts[counts.sum(1) > 0]
    p = (rated / rated.sum(1, keepdims=True)).mean(0)
    chance = float((p * (1 - p)).sum() / (counts.shape[1] - 1))
    return Coefficient((agreed.value - chance) / (1 - chance))


def fleiss(counts: Array) -> Coefficient:
    """Fleiss' kappa, for two coders Scott's pi: chance is the sum of squared mean shares of the categories."""
    return _beyond(counts, lambda p: float((p**2).sum()))


def brennan_prediger(counts: Array) -> Coefficient:
    """Brennan and Prediger's coefficient: chance is one in the number of categories."""
    return _beyond(counts, lambda p: 1 / len(p))


def _beyond(counts: Array, chance_of: Callable[[Array], float]) -> Coefficient:
    agreed = percent(counts)
    if agreed.value is None:
        return agreed
    if (counts.sum(0) > 0).sum() < 2:  # noqa: PLR2004
        return Coefficient(None, SAME)
    rated = counts[counts.sum(1) > 0]
    chance = chance_of((rated / rated.sum(1, keepdims=True)).mean(0))
    return Coefficient((agreed.value - chance) / (1 - chance))


def sums(ratings: Array) -> Array:
    """Return one row a contact, to be added up: what the yes-or-no coefficients are functions of.

    Columns: both, first only, second only, neither (two coders); contacts rated twice; their share of agreeing pairs;
    share of yes; contacts rated; disagreement of alpha; yes and no ratings that alpha pairs; agreeing yes pairs.
    """
    no, yes = counts_of(ratings, (0.0, 1.0)).T
    n = yes + no
    twice = (n > 1).astype(float)
    pairs = np.where(n > 1, n * (n - 1), 1.0)
    four = np.zeros((len(n), 4))
    if len(ratings) == 2:  # noqa: PLR2004
        a, b = ratings
        four = np.stack([(a == x) & (b == y) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0))], axis=1).astype(float)
    rest = [
        twice,
        twice * (yes * (yes - 1) + no * (no - 1)) / pairs,
        np.where(n > 0, yes / np.maximum(n, 1), 0.0),
        (n > 0).astype(float),
        twice * 2 * yes * no / np.where(n > 1, n - 1, 1.0),
        twice * yes,
        twice * no,
        twice * yes * (yes - 1) / np.where(n > 1, n - 1, 1.0),
    ]
    return np.column_stack([four, *rest])


def _over(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom > 0, np.divide(top, bottom), np.nan))


def _kappa(s: Array) -> Array:
    both, first, second, neither = s[0], s[1], s[2], s[3]
    n = both + first + second + neither
    agreed = _over(both + neither, n)
    chance = _over((both + first) * (both + second) + (second + neither) * (first + neither), n * n)
    return _over(agreed - chance, 1 - chance)


def _alpha(s: Array) -> Array:
    yes, no = s[9], s[10]
    return 1 - _over(s[8] * (yes + no - 1), 2 * yes * no)


def _ac1(s: Array) -> Array:
    agreed, p = _over(s[5], s[4]), _over(s[6], s[7])
    chance = 2 * p * (1 - p)
    return np.asarray(np.where((p > 0) & (p < 1), _over(agreed - chance, 1 - chance), np.nan))


FROM_SUMS: dict[str, Callable[[Array], Array]] = {
    "percent": lambda s: _over(s[5], s[4]),
    "positive": lambda s: _over(s[11], s[9]),
    "kappa": _kappa,
    "alpha": _alpha,
    "ac1": _ac1,
}
"""Each coefficient of yes-or-no ratings as a function of `sums`, added over contacts (first axis: the columns)."""
