"""NICE Decision Support Unit mapping between EQ-5D-5L and EQ-5D-3L, from a table the user supplies.

The mapping needs a person's age band and sex. Its terms of redistribution were not read, so the table is not shipped:
download it from the Unit's page and give it here. Columns: `profile`, then one column for each age band and sex,
`18-34_female` to `65+_male`. The 3L-to-5L table of 2022 leads to Devlin values, not to Rowen's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ot_eval.base.errors import DataError, RequestError
from ot_eval.measures import eq5d_profile
from ot_eval.measures.instrument import Score

AGE_BANDS = ("18-34", "35-44", "45-54", "55-64", "65+")
_LOWER_ENDS = (18, 35, 45, 55, 65)
OLDEST = 120
SEXES = ("female", "male")
SCORE = "index_uk_dsu_5l_to_3l"
COLUMNS = tuple(f"{band}_{sex}" for band in AGE_BANDS for sex in SEXES)


def mapped_score(table: pd.DataFrame) -> Score:
    """Return the mapped index as a score, with the ends of the user's own table."""
    values = table.to_numpy()
    return Score(
        name=SCORE,
        about="UK EQ-5D-3L value mapped from EQ-5D-5L by age and sex (NICE DSU; the user's table)",
        unit="index",
        minimum=float(values.min()),
        maximum=float(values.max()),
    )


def age_band(years: pd.Series[float]) -> pd.Series[str]:
    """Return the mapping's age band of each age in years; empty below 18 or where age is empty.

    Examples
    --------
    >>> age_band(pd.Series([34.9, 35.0, 90.0])).tolist()
    ['18-34', '35-44', '65+']
    """
    return pd.cut(years, bins=[*_LOWER_ENDS, OLDEST], right=False, labels=list(AGE_BANDS)).astype(object)


def read_table(path: Path, n_levels: int) -> pd.DataFrame:
    """Return the user's mapping table indexed by profile; refuse one that lacks a column, a profile or a value."""
    table = pd.read_csv(path, dtype={"profile": str})
    lacking = [c for c in ("profile", *COLUMNS) if c not in table]
    if lacking:
        raise RequestError(
            f"the DSU table lacks {len(lacking)} column(s), the first is '{lacking[0]}'",
            expected="profile, then one column an age band and sex, 18-34_female to 65+_male",
            fix="rename the columns of the downloaded table",
        )
    eq5d_profile.levels(table["profile"], n_levels)
    table = table.set_index("profile")[list(COLUMNS)].astype(float)
    complete = n_levels ** len(eq5d_profile.DIMENSIONS)
    if len(table.index.unique()) != complete or len(table) != complete or table.isna().to_numpy().any():
        raise RequestError(
            f"the DSU table has {len(table)} rows, or repeats a profile, or leaves a value empty",
            expected=f"every one of the {complete} profiles once, with every value",
            fix="download the whole table again",
        )
    return table


def mapped_index(profiles: pd.Series[str], band: pd.Series[str], sex: pd.Series[str], table: pd.DataFrame) -> pd.Series:
    """Return the mapped index of each person; empty where profile, age band or sex (female, male) is not known.

    Raises
    ------
    DataError
        A known profile is not in the table.
    """
    known = profiles.notna() & band.isin(AGE_BANDS) & sex.isin(SEXES)
    place = table.index.get_indexer(pd.Index(profiles[known]))
    if (place < 0).any():
        raise DataError(
            f"eq5d: {int((place < 0).sum())} profile(s) are not in the DSU table",
            expected="profiles of the questionnaire the table maps from",
            fix="give the table for this questionnaire (5L to 3L, or 3L to 5L)",
        )
    column = table.columns.get_indexer(pd.Index(band[known].astype(str) + "_" + sex[known].astype(str)))
    return pd.Series(table.to_numpy()[place, column], index=profiles.index[known]).reindex(profiles.index)


def mapped_from_index(value: float, source: pd.Series[float], column: pd.Series[float], bandwidth: float) -> float:
    """Return the mapped index for someone of whom only an index is known, by Epanechnikov weights.

    Every profile whose own index lies within `bandwidth` of `value` counts, with weight 1 - (distance/bandwidth)^2.

    Parameters
    ----------
    value : the index that is known
    source : that index for every profile (`eq5d_value_sets.tariff`); for the 2022 5L table that is england_devlin2018
    column : one column of the mapping table, the same profiles
    bandwidth : half width of the window, in index units
    """
    if bandwidth <= 0:
        raise RequestError("the bandwidth is not above 0", expected="a width in index units", fix="try 0.1")
    distance = (source.reindex(column.index) - value).abs() / bandwidth
    weight = np.clip(1.0 - distance.to_numpy() ** 2, 0.0, None)
    if weight.sum() == 0.0:
        raise DataError(
            f"no profile has an index within {bandwidth:g} of the value given",
            expected="at least one profile in the window",
            fix="widen the bandwidth, or check which value set the index came from",
        )
    return float(np.average(column.to_numpy(), weights=weight))
