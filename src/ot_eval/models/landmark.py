"""Landmark analysis: people still free of the event on a chosen day, compared by what they had had by then.

An exposure before the landmark is a fact about everybody still followed on that day, so no time is immortal. It answers
a narrower question than start and stop rows: what lies ahead for those still here.
Source: Anderson, Cain & Gelber (1983).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns
from ot_eval.models.exposure_rows import WORDS
from ot_eval.models.spells import read_spells

MOST_EVENTS_BEFORE = 0.5
"""A landmark after this share of the events leaves out most of what the study is about."""


def at_landmark(
    frame: pd.DataFrame,
    *,
    landmark: int,
    cause: str,
    day: str = "ot_day",
    name: str = "ot",
    words: tuple[str, str] = WORDS,
) -> pd.DataFrame:
    """Return the people at risk after `landmark`, with days counted from it and the exposure as it stood on it.

    Parameters
    ----------
    frame : one row a person, with the day of the first exposure in `day` (missing = never)
    landmark : day since time zero; people who left or had an event on or before it are not in the result
    cause : kind of event the analysis is about
    name : name of the new column, with the two `words`

    Raises
    ------
    AnalysisRefused
        most of the events lie before the landmark, or nobody is left.

    Examples
    --------
    >>> people = pd.DataFrame({"exit_day": [20, 90, 95], "event": ["increase"] * 2 + ["none"], "ot_day": [5, 40, 10]})
    >>> at_landmark(people, landmark=30, cause="increase")[["exit_day", "event", "ot"]].values.tolist()
    [[60, 'increase', 'not yet'], [65, 'none', 'seen']]
    """
    need_columns([day], list(frame.columns))
    spells = read_spells(frame)
    own = spells.event == spells.code(cause)
    stays = spells.exit > landmark
    before = int((own & ~stays).sum())
    if landmark < 1 or not stays.any() or before > MOST_EVENTS_BEFORE * own.sum():
        raise AnalysisRefused(
            f"landmark: {before} of {int(own.sum())} events lie on or before day {landmark}",
            expected=f"a landmark from day 1 on, with at most {MOST_EVENTS_BEFORE:.0%} of the events before it",
            fix="choose an earlier landmark, or use cox.split_exposure, which needs none",
        )
    rows = frame[stays].reset_index(drop=True)
    when = pd.to_numeric(rows[day], errors="raise").to_numpy(dtype=np.float64, na_value=np.nan)
    had = np.nan_to_num(when, nan=np.inf) <= landmark
    rows[name] = pd.Categorical(np.array(words)[had.astype(np.int8)], categories=list(words))
    rows["exit_day"] = spells.exit[stays] - landmark
    rows["entry_day"] = np.maximum(spells.entry[stays] - landmark, 0)
    return rows.drop(columns=day)
