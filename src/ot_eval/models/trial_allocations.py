"""The allocations that could have happened: what an exact permutation test compares the real one with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ot_eval.base.errors import RequestError

Allocations = NDArray[Any]
MOST = 200_000
"""Up to this many allocations are all listed (20 providers, 10 coached: 184,756); beyond, a random sample is taken."""
SAMPLED = 9_999


def simple(n_cluster: int, n_coached: int) -> Allocations:
    """Return every allocation of `n_coached` of `n_cluster` providers, shape (allocations, providers).

    Examples
    --------
    >>> simple(4, 2).shape
    (6, 4)
    """
    chosen = np.array(list(combinations(range(n_cluster), n_coached)), dtype=np.intp).reshape(-1, n_coached)
    out = np.zeros((len(chosen), n_cluster), dtype=np.int8)
    np.put_along_axis(out, chosen, 1, axis=1)
    return out


def stratified(strata: Sequence[object], arm: Sequence[int] | NDArray[Any]) -> Allocations:
    """Return every allocation that keeps the number coached in each stratum (a pair is a stratum of two).

    Parameters
    ----------
    strata : the stratum of each provider
    arm : what happened: 0 or 1 for each provider

    Examples
    --------
    >>> stratified(["north", "north", "south", "south"], [1, 0, 0, 1]).tolist()
    [[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]]
    """
    labels, group = np.unique(np.asarray(strata, dtype=object).astype(str), return_inverse=True)
    happened = np.asarray(arm)
    out = np.zeros((1, len(group)), dtype=np.int8)
    for g in range(len(labels)):
        members = np.flatnonzero(group == g)
        part = simple(len(members), int(happened[members].sum()))
        out = np.repeat(out, len(part), axis=0)
        out[:, members] = np.tile(part, (len(out) // len(part), 1))
    return out


def count(strata: Sequence[object] | None, arm: Sequence[int] | NDArray[Any]) -> int:
    """Return how many allocations there are, without listing them."""
    happened = np.asarray(arm)
    group = np.zeros(len(happened)) if strata is None else np.unique([str(s) for s in strata], return_inverse=True)[1]
    return prod(comb(int((group == g).sum()), int(happened[group == g].sum())) for g in np.unique(group))


def allocations_for(
    arm: Sequence[int] | NDArray[Any], strata: Sequence[object] | None = None, rng: np.random.Generator | None = None
) -> Allocations:
    """Return all allocations where there are at most `MOST`; else the real one and 9,999 random ones.

    Raises
    ------
    RequestError
        There are more than `MOST` and no `rng` was given.
    """
    happened = np.asarray(arm, dtype=np.int8)
    groups = ["all"] * len(happened) if strata is None else [str(s) for s in strata]
    if count(groups, happened) <= MOST:
        return stratified(groups, happened)
    if rng is None:
        raise RequestError(
            f"{count(groups, happened):,} allocations could have happened",
            expected=f"a random generator, since more than {MOST:,} are not all listed",
            fix="give rng",
        )
    out = np.tile(happened, (SAMPLED + 1, 1))
    for g in set(groups):
        members = np.flatnonzero(np.array(groups) == g)
        out[1:, members] = rng.permuted(out[1:, members], axis=1)
    return out


def smallest_p(allocations: Allocations, arm: Sequence[int] | NDArray[Any]) -> float:
    """Return the smallest two-sided p-value the design could give.

    The real allocation always counts, and so does its mirror image where that could have happened, because it turns the
    sign of the difference.
    """
    happened = np.asarray(arm)
    same = (allocations == happened).all(axis=1) | (allocations == 1 - happened).all(axis=1)
    return float(same.sum() / len(allocations))


def check(allocations: Allocations, arm: Sequence[int] | NDArray[Any]) -> Allocations:
    """Return a list of allocations given by hand, refused when it is not one or the real one is not among them."""
    given, happened = np.asarray(allocations), np.asarray(arm)
    whole = given.ndim == 2 and given.shape[1] == len(happened) and np.isin(given, (0, 1)).all()  # noqa: PLR2004
    if not whole or not (given == happened).all(axis=1).any():
        raise RequestError(
            "the allocations given do not hold the one that happened",
            expected="one row an allocation, one column a provider (in the order of their names), 0 or 1",
            fix="give the list from which the trial's allocation was drawn",
        )
    return given.astype(np.int8)
