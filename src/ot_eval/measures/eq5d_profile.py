"""EQ-5D profiles ("21232"): building, level sum, level counts, and the Paretian classification of change.

No value set is needed here: a profile says what a person reported, an index says what the public thinks of it.
"""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import DataError

DIMENSIONS = ("MO", "SC", "UA", "PD", "AD")
DIMENSION_WORDS = {
    "MO": "mobility",
    "SC": "self-care",
    "UA": "usual activities",
    "PD": "pain or discomfort",
    "AD": "anxiety or depression",
}
CLASSES = ("no problems", "improved", "worsened", "mixed", "unchanged")


def profile(levels: pd.DataFrame) -> pd.Series[str]:
    """Return the five-digit profile of each row; empty when any dimension is missing.

    Parameters
    ----------
    levels : columns MO SC UA PD AD, whole levels with 1 = no problems
    """
    known = levels[list(DIMENSIONS)].notna().all(axis="columns")
    digits = levels.loc[known, list(DIMENSIONS)].astype(int).astype(str)
    return _joined([digits[d] for d in DIMENSIONS]).reindex(levels.index)


def _joined(digits: list[pd.Series[str]]) -> pd.Series[str]:
    """Join columns of digits row by row; no rows give no rows."""
    joined = digits[0].astype(object)
    for column in digits[1:]:
        joined = joined + column.astype(object)
    return joined


def levels(profiles: pd.Series[str], n_levels: int) -> pd.DataFrame:
    """Return the five levels of each profile; refuse text that is not five digits from 1 to `n_levels`.

    Examples
    --------
    >>> levels(pd.Series(["21232"]), 5).to_dict("records")
    [{'MO': 2, 'SC': 1, 'UA': 2, 'PD': 3, 'AD': 2}]
    """
    text = profiles.astype(str)
    wrong = ~text.str.fullmatch(f"[1-{n_levels}]{{5}}")
    if wrong.any():
        raise DataError(
            f"eq5d: {int(wrong.sum())} profile(s) are not five digits from 1 to {n_levels}",
            expected=f"mobility, self-care, usual activities, pain, anxiety; each 1 to {n_levels}",
            fix="correct the levels, or leave the profile empty where a dimension was not answered",
        )
    return pd.DataFrame({name: text.str[place].astype(int) for place, name in enumerate(DIMENSIONS)})


def level_sum(profiles: pd.Series[str], n_levels: int = 5) -> pd.Series[int]:
    """Return the level sum: 5 (no problems) up to 5 x `n_levels`. It has no metric meaning; it only orders profiles.

    Examples
    --------
    >>> level_sum(pd.Series(["21232"])).tolist()
    [10]
    """
    return levels(profiles, n_levels).sum(axis="columns")


def level_counts(profiles: pd.Series[str], n_levels: int = 5) -> pd.Series[str]:
    """Return how often each level occurs in a profile, level 1 first.

    Examples
    --------
    >>> level_counts(pd.Series(["21232"])).tolist()
    ['13100']
    """
    each = levels(profiles, n_levels)
    return _joined([each.eq(level).sum(axis="columns").astype(str) for level in range(1, n_levels + 1)])


def paretian(before: pd.Series[str], after: pd.Series[str], n_levels: int) -> pd.Series[str]:
    """Return the Paretian class of each person's change (Devlin, Parkin and Browne 2010).

    A change is improved when a dimension is better and none worse, worsened the other way round, mixed when both,
    unchanged when neither. A person with 11111 both times is in a class of their own, "no problems".

    Examples
    --------
    >>> paretian(pd.Series(["21111", "11111"]), pd.Series(["11112", "11111"]), 5).tolist()
    ['mixed', 'no problems']
    """
    first, second = levels(before, n_levels), levels(after, n_levels)
    better, worse = (second < first).any(axis="columns"), (second > first).any(axis="columns")
    result = pd.Series("unchanged", index=first.index, dtype=object)
    result[better & ~worse] = "improved"
    result[worse & ~better] = "worsened"
    result[better & worse] = "mixed"
    nothing_wrong = first.eq(1).all(axis="columns") & second.eq(1).all(axis="columns")
    result[nothing_wrong] = "no problems"
    return result
