"""The settings of an invented council: its calendar, its providers, and the true effects that rule it.

Everything here is invented. The rates are round numbers of the size seen in home-care research; the effects are the
truth that an analysis of the written files has to find again.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

Style = Literal["recut", "overwritten", "mixed"]
EPOCH = date(1970, 1, 1)
NONE = 99_999  # a day that never comes (year 2243): an open end, or an event that does not happen
YEAR = 365.25
FIRST_DAY = 19_448  # 1 April 2023, the first day that the files cover

# Yearly rates for the reference person: 80 years old, new client, no dementia, not from hospital, no OT contact yet.
RATE_INCREASE, RATE_DEATH, RATE_CARE_HOME, RATE_ENDED, RATE_MOVED = 0.30, 0.11, 0.08, 0.10, 0.02
# True log hazard ratios of an increase for what CLD records about a person.
EFFECT_INCREASE = {"age_decades": 0.10, "dementia": 0.35, "existing": 0.20, "hospital_route": 0.15}


def day(when: date) -> int:
    """Return whole days since 1970: every date inside the generator is such a number."""
    return (when - EPOCH).days


def to_date(number: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(EPOCH.toordinal() + int(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """One invented council.

    Parameters
    ----------
    people : number of people with any CLD row, at least 20
    style : how changes of a package are recorded. `recut`: the old row ends and a new one begins. `overwritten`: one
        long row whose units silently become the latest. `mixed`: home support re-cut, the other long-term components
        (day support, meals, direct payment) overwritten.
    hazard_ratio : true hazard ratio of an increase from the day after the first OT contact
    coaching_ratio : true hazard ratio from the first day of the provider's coaching
    confounding : log hazard ratio of an increase for one standard deviation of frailty that no file records; frail
        people also meet the OT sooner (same number, on the log-odds). 0 means that the stated ratios can be recovered.
    provider_sd : standard deviation of the providers' own log hazard ratios
    quarters : number of quarterly files, the first ending 30 June 2023
    """

    people: int
    style: Style = "recut"
    hazard_ratio: float = 0.7
    coaching_ratio: float = 0.85
    confounding: float = 0.0
    provider_sd: float = 0.15
    providers: int = 20
    quarters: int = 12
    decoys_per_year: float = 1.0

    def __post_init__(self) -> None:
        if self.people < 20 or self.providers < 4 or not 4 <= self.quarters <= 40:
            raise ValueError("a synthetic council needs 20 people, 4 providers and 4 to 40 quarters at least")
        if min(self.hazard_ratio, self.coaching_ratio) <= 0:
            raise ValueError("a hazard ratio is above 0")

    @property
    def file_ends(self) -> list[int]:
        """Last day of each file's quarter."""
        starts = [_quarter_start(k + 1) for k in range(self.quarters)]
        return [s - 1 for s in starts]

    @property
    def data_end(self) -> int:
        """Last day of the newest file."""
        return self.file_ends[-1]

    @property
    def aprils(self) -> list[int]:
        """Each 1 April inside the data, the first day excepted."""
        years = range(2024, to_date(self.data_end).year + 1)
        return [d for y in years if (d := day(date(y, 4, 1))) <= self.data_end]


def _quarter_start(k: int) -> int:
    return day(date(2023 + (3 + 3 * k) // 12, (3 + 3 * k) % 12 + 1, 1))


def make_providers(council: Council, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per invented home-care provider: arm, coaching start, price, its own habits and its true effect.

    Half are coached, in two waves. A tenth record a weekly cost and no units. In April one kind of provider has its
    rows cut, one has its cost overwritten in place, and one has its start date reset to 1 April (the old row vanishes).
    """
    n = council.providers
    index = np.arange(n)
    arm = rng.permutation(index % 2 == 0)
    wave = np.where(arm, 1 + rng.permutation(index) % 2, 0)
    start = np.select([wave == 1, wave == 2], [day(date(2024, 6, 3)), day(date(2024, 11, 4))], NONE)
    frame = pd.DataFrame({"provider_id": [f"1-99900{2000 + 37 * k}" for k in index], "coached": arm, "wave": wave})
    frame["coaching_start"] = start
    frame["weekly_cost"] = rng.permutation(index) < max(1, n // 10)
    frame["april"] = rng.permutation(index % 3)  # 0 row cut, 1 cost in place, 2 start date reset
    frame["price"] = np.round(rng.uniform(20.5, 24.0, n), 2)
    frame["uplift"] = rng.uniform(0.04, 0.06, n)
    frame["effect"] = rng.normal(0.0, council.provider_sd, n)
    return frame
