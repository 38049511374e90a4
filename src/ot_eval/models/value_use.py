"""What each person used on each day they were seen: the rows that estimators of hours and cost start from.

A day counts while a person is alive and seen. Amounts are kept by day and service, because an average over people seen
to the end, or over whatever was seen of everybody, is wrong as soon as anybody is lost from sight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEWEST = 10
"""People seen to the end of the time studied, at least, in each group: below it the last days rest on almost nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Daily use of one group of people.

    Attributes
    ----------
    seen : days each person was seen, at most `horizon`; day `t` was seen where ``seen > t``
    died : whether being seen ended in death (within the horizon)
    amounts : by service, shape (people, horizon): amount used on each day, zero on days not seen
    cluster : code of each person's provider, 0 to ``n_cluster - 1``
    """

    horizon: int
    seen: Ints
    died: NDArray[np.bool_]
    amounts: dict[str, Floats]
    cluster: Ints
    n_cluster: int

    @property
    def n(self) -> int:
        """People."""
        return int(self.seen.size)

    @property
    def lost(self) -> int:
        """People lost from sight before the horizon and alive when last seen."""
        return int(((self.seen < self.horizon) & ~self.died).sum())

    def take(self, rows: NDArray[np.bool_]) -> Use:
        """Return the people marked in `rows`, their providers numbered anew."""
        codes, cluster = np.unique(self.cluster[rows], return_inverse=True)
        return Use(
            horizon=self.horizon,
            seen=self.seen[rows],
            died=self.died[rows],
            amounts={k: a[rows] for k, a in self.amounts.items()},
            cluster=cluster.astype(np.int64),
            n_cluster=codes.size,
        )


def read_use(people: pd.DataFrame, spells: pd.DataFrame, *, horizon: int, cluster: str | None = None) -> Use:
    """Lay out daily use.

    Parameters
    ----------
    people : one row a person: ``person_id``, ``exit_day`` (days since time zero until last seen or death), ``died``
    spells : ``person_id``, ``service``, ``first_day``, ``last_day`` (both used), ``per_day`` (amount); spells of one
        service add up, and days not seen are cut off
    horizon : days studied
    cluster : column of providers; None = everybody is their own

    Raises
    ------
    AnalysisRefused
        A column is missing, an amount is negative or not a number, a person is there twice, or a spell is of nobody.
    """
    need_columns(["person_id", "exit_day", "died", *([cluster] if cluster else [])], list(people.columns))
    need_columns(["person_id", "service", "first_day", "last_day", "per_day"], list(spells.columns))
    place = pd.Series(np.arange(len(people)), index=people["person_id"])
    at = spells["person_id"].map(place) if place.index.is_unique else None
    if at is None or at.isna().any():
        raise AnalysisRefused(
            "use of services: a person is listed twice, or a spell belongs to nobody who is studied",
            expected="one row a person, and spells of those people",
            fix="derive both tables from one cohort",
        )
    per_day = spells["per_day"].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = int((~(per_day >= 0) | ~np.isfinite(per_day)).sum())
    if bad:
        raise AnalysisRefused(
            f"use of services: {bad} amounts a day are missing, negative or infinite",
            expected="an amount of zero or more in every spell",
            fix="look at the packages without hours, or leave the service out by name",
        )
    seen = np.clip(people["exit_day"].to_numpy(dtype=np.int64), 0, horizon)
    died = people["died"].to_numpy(dtype=bool) & (people["exit_day"].to_numpy() <= horizon)
    until = np.minimum(np.clip(spells["last_day"].to_numpy(dtype=np.int64) + 1, 0, horizon), seen[at.to_numpy(int)])
    start = np.clip(spells["first_day"].to_numpy(dtype=np.int64), 0, horizon)
    amounts = {}
    for name in sorted(spells["service"].unique()):
        own = ((spells["service"] == name) & (until > start)).to_numpy()
        amounts[str(name)] = _laid_out(at.to_numpy(int)[own], start[own], until[own], per_day[own], seen.size, horizon)
    codes = pd.factorize(people[cluster], sort=True)[0] if cluster else np.arange(len(people))
    if (codes < 0).any():
        raise AnalysisRefused(
            f"{cluster}: {int((codes < 0).sum())} people have none",
            expected="a provider for everybody",
            fix="leave those people out by a rule, or set cluster to none",
        )
    return Use(horizon=horizon, seen=seen, died=died, amounts=amounts, cluster=codes.astype(np.int64),
               n_cluster=int(codes.max()) + 1 if codes.size else 0)  # fmt: skip


def _laid_out(at: Ints, start: Ints, until: Ints, per_day: Floats, n: int, horizon: int) -> Floats:
    steps = np.zeros((n, horizon + 1))
    np.add.at(steps, (at, start), per_day)
    np.add.at(steps, (at, until), -per_day)
    level: Floats = np.cumsum(steps[:, :-1], axis=1)
    return np.where(np.abs(level) < 1e-9, 0.0, level)  # noqa: PLR2004  what sums leave behind is not use


def refuse_thin(use: Use, who: str = "everyone") -> None:
    """Refuse where fewer than `FEWEST` people of a group are seen to the horizon, alive or after their death."""
    kept = int(((use.seen >= use.horizon) | use.died).sum())
    alive = int((use.seen >= use.horizon).sum())
    if min(kept, alive) < FEWEST:
        raise AnalysisRefused(
            f"hours and cost, {who}: {alive} of {use.n} people are seen alive to day {use.horizon}",
            expected=f"at least {FEWEST}",
            fix="shorten value.horizon_days in the protocol, or wait for more data",
        )


def naive_mean(use: Use, service: str) -> float:
    """Return the plain mean per person, where nobody is lost from sight; refuse it otherwise.

    The mean over what was seen is too low (days not seen count as zero); the mean over people seen to the end is of
    people who died early and people who came early.
    """
    if use.lost:
        raise AnalysisRefused(
            f"mean {service}: {use.lost} of {use.n} people are lost from sight before day {use.horizon}",
            expected="nobody lost, for a plain mean",
            fix="use value_censored.by_days or value_censored.complete_cases, which allow for it",
        )
    return float(use.amounts[service].sum() / use.n)
