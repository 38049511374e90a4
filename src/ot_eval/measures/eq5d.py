"""EQ-5D-5L and EQ-5D-3L as instruments: dimensions, level sum, visual analogue scale, and named indices."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ot_eval.measures import eq5d_profile, eq5d_value_sets
from ot_eval.measures.eq5d_profile import DIMENSION_WORDS, DIMENSIONS
from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Score

LICENCE = Licence(
    owner="EuroQol Research Foundation",
    condition="free for non-commercial use after registration; commercial use pays; digital copies need approval",
    status="VERIFIED",
)
_CHANGES: dict[str, tuple[ImportantChange, ...]] = {
    "england_devlin2018": (
        ImportantChange(
            score="index_england_devlin2018",
            value=0.063,
            kind="MID (simulated from the value set)",
            setting="no people: one-level moves in the value set",
            source="McClure 2017",
            status="RECALLED",
        ),
    ),
    "uk_tto_dolan1997": (
        ImportantChange(
            score="index_uk_tto_dolan1997",
            value=0.074,
            kind="MID (anchor)",
            setting="eleven patient studies",
            source="Walters and Brazier 2005",
            status="RECALLED",
        ),
    ),
}


def _scorer(value_sets: tuple[str, ...], n_levels: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def total(frame: pd.DataFrame) -> pd.DataFrame:
        profiles = eq5d_profile.profile(frame)
        known = profiles.dropna()
        out = frame[[*DIMENSIONS]].copy()
        out["level_sum"] = eq5d_profile.level_sum(known, n_levels).reindex(frame.index).astype(float)
        out["vas"] = frame["VAS"]
        for name in value_sets:
            out[f"index_{name}"] = eq5d_value_sets.index(profiles, name)
        return out

    return total


def eq5d(n_levels: int, value_sets: tuple[str, ...] = ()) -> Instrument:
    """Return EQ-5D with three or five levels and the indices of the value sets named.

    Parameters
    ----------
    n_levels : 5 (EQ-5D-5L, `eq5d5l` in the scores table) or 3 (EQ-5D-3L, `eq5d3l`)
    value_sets : names from `eq5d_value_sets.VALUE_SETS`; none gives no index at all

    Raises
    ------
    RequestError
        A value set is unknown or belongs to the other questionnaire.
    """
    sets = tuple(eq5d_value_sets.value_set(name, n_levels) for name in value_sets)
    levels = tuple(float(level) for level in range(1, n_levels + 1))
    dimensions = tuple(Item(name=d, about=DIMENSION_WORDS[d], allowed=levels) for d in DIMENSIONS)
    each = tuple(
        Score(name=d, about=DIMENSION_WORDS[d], unit="level", minimum=1, maximum=n_levels, better="lower")
        for d in DIMENSIONS
    )
    indices = tuple(
        Score(
            name=f"index_{s.name}",
            about=f"{s.about} ({s.source})",
            unit="index",
            minimum=float(eq5d_value_sets.tariff(s.name).min()),
            maximum=1.0,
        )
        for s in sets
    )
    return Instrument(
        name=f"eq5d{n_levels}l",
        title=f"EQ-5D-{n_levels}L",
        family="eq5d",
        items=(*dimensions, Item(name="VAS", about="health today, 0 worst to 100 best", minimum=0, maximum=100)),
        scores=(
            *each,
            Score(name="level_sum", about="sum of levels", minimum=5, maximum=5 * n_levels, better="lower"),
            Score(name="vas", about="health today", minimum=0, maximum=100),
            *indices,
        ),
        total=_scorer(value_sets, n_levels),
        missing_rule=(
            "Profile, level sum and every index are missing when any of the five dimensions is missing. "
            "The visual analogue scale stands alone."
        ),
        important_changes=tuple(change for s in sets for change in _CHANGES.get(s.name, ())),
        licence=LICENCE,
        source="EuroQol; value sets as named",
        status="VERIFIED",
    )
