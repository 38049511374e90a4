"""The random stratified sample that a second coder codes blind."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np


def stratified(ids: Sequence[str], strata: Sequence[Hashable], share: float, seed: int) -> tuple[str, ...]:
    """Draw a share of `ids` from every stratum, at least one from each, in random order.

    Parameters
    ----------
    ids : what is drawn from
    strata : the stratum of each id
    share : of each stratum, above 0 and at most 1; fractions are rounded to the nearest whole number
    seed : the same seed draws the same, whatever the order of `ids`

    Examples
    --------
    >>> len(stratified([f"c{i}" for i in range(50)], ["visit"] * 40 + ["phone"] * 10, 0.2, seed=1))
    10
    """
    by_stratum: dict[str, list[str]] = {}
    for name, stratum in sorted(zip(ids, map(str, strata), strict=True)):
        by_stratum.setdefault(stratum, []).append(name)
    draws = np.random.default_rng(seed)
    drawn: list[str] = []
    for stratum in sorted(by_stratum):
        members = by_stratum[stratum]
        n = min(len(members), max(1, round(share * len(members))))
        drawn += [members[i] for i in sorted(draws.choice(len(members), n, replace=False))]
    return tuple(drawn[i] for i in draws.permutation(len(drawn)))
