"""Are new codes still coming? After Guest, Namey and Chen (PLoS ONE 15 (2020) e0232076), and in random orders beside.

The base is the codes of the first interviews. Each run holds the next few; runs slide by one interview. What counts is
codes first heard in a run, as a share of the codes in the base. It speaks of codes, not of meaning, and depends on the
order of interviews; so the same is worked out for random orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ot_eval.base.errors import AnalysisRefused

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Interviews in the base and in each run, and the largest share (0 to 1) of new codes that counts as few."""

    base: int
    run: int
    at_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """What the interviews showed.

    `heard` is the number of different codes after each interview; `low`, `middle` and `high` are the same in random
    orders (2.5, 50 and 97.5 in 100). `shares` has (last interview of the run, codes new in it, share of the base).
    `reached` is how many interviews were enough before the first run with few new codes; None where no run had few.
    `reached_in` is the share of random orders in which some run had few, `reached_by` the median of how many were
    enough in those; None where there was none.
    """

    rule: Rule
    n_base: int
    heard: tuple[int, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    shares: tuple[tuple[int, int, float], ...]
    reached: int | None
    reached_in: float
    reached_by: float | None
    only_once: int


def shares_of_runs(new: Sequence[int], n_base: int, run: int) -> tuple[float, ...]:
    """Return codes new in each run as shares of the base.

    Parameters
    ----------
    new : codes first heard in each interview after the base, in order
    n_base : different codes in the base
    run : interviews in a run

    Examples
    --------
    >>> [round(s, 3) for s in shares_of_runs([4, 3, 1, 0], 37, 2)]
    [0.189, 0.108, 0.027]
    """
    return tuple(sum(new[k : k + run]) / n_base for k in range(len(new) - run + 1))


def saturation(codes: Sequence[frozenset[str]], rule: Rule, *, orders: int, seed: int) -> Saturation:
    """Follow the codes through the interviews.

    Parameters
    ----------
    codes : the codes of each interview, in the order in which interviews took place
    rule : base, run and threshold
    orders : random orders to compare with
    seed : for these

    Raises
    ------
    AnalysisRefused
        There are fewer interviews than a base and a run, or the base has no code.
    """
    needed = rule.base + rule.run
    if len(codes) < needed:
        raise AnalysisRefused(
            f"saturation: {len(codes)} interviews are coded",
            expected=f"at least {needed} interviews: a base of {rule.base} and a run of {rule.run}",
            fix="code more interviews; with fewer nothing can be said about whether new codes would still come",
        )
    names = sorted(frozenset().union(*codes))
    has = np.array([[name in one for name in names] for one in codes], dtype=bool).reshape(len(codes), len(names))
    if not has[: rule.base].any():
        raise AnalysisRefused(
            f"saturation: the first {rule.base} interviews have no code",
            expected="codes in the base",
            fix="code these interviews, or check their order",
        )
    heard, new = _followed(has)
    base = int(heard[rule.base - 1])
    windows = shares_of_runs(new[rule.base :].tolist(), base, rule.run)
    rng = np.random.default_rng(seed)
    drawn = [_followed(has[rng.permutation(len(has))]) for _ in range(orders)]
    curves = np.array([h for h, _ in drawn])
    ends = [_enough(h, n, rule) for h, n in drawn]
    came = [e for e in ends if e is not None]
    low, middle, high = np.percentile(curves, (2.5, 50, 97.5), axis=0)
    counts = [int(sum(new[k : k + rule.run])) for k in range(rule.base, len(new) - rule.run + 1)]
    last = range(needed, len(codes) + 1)
    return Saturation(
        rule=rule,
        n_base=base,
        heard=tuple(int(h) for h in heard),
        low=tuple(map(float, low)),
        middle=tuple(map(float, middle)),
        high=tuple(map(float, high)),
        shares=tuple(zip(last, counts, windows, strict=True)),
        reached=_enough(heard, new, rule),
        reached_in=len(came) / orders,
        reached_by=float(np.median(came)) if came else None,
        only_once=int((has.sum(0) == 1).sum()),
    )


def _followed(has: NDArray[np.bool_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Return different codes heard up to each interview, and codes new in each."""
    first = has.argmax(0)[has.any(0)]
    new = np.bincount(first, minlength=len(has))
    return new.cumsum(), new


def _enough(heard: NDArray[np.int_], new: NDArray[np.int_], rule: Rule) -> int | None:
    base = int(heard[rule.base - 1])
    if not base:
        return None
    shares = shares_of_runs(new[rule.base :].tolist(), base, rule.run)
    return next((rule.base + k for k, share in enumerate(shares) if share <= rule.at_most), None)
