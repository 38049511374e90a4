"""Start and stop rows: one row a spell for an exposure that begins during follow-up, and the checks on such rows.

An exposure counts from the day after it happens and never before. Counting it from the start of follow-up gives the
exposed a stretch of time in which they cannot have had the event (immortal time), and a false benefit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns
from ot_eval.models.spells import CENSORED, Floats, read_spells

WORDS = ("not yet", "seen")


def split_exposure(
    frame: pd.DataFrame, *, day: str = "ot_day", name: str = "ot", words: tuple[str, str] = WORDS
) -> pd.DataFrame:
    """Return start and stop rows in which column `name` says whether the exposure has happened.

    Parameters
    ----------
    frame : one row a person: ``person_id``, ``exit_day``, ``event``, ``entry_day`` where entered late, and `day`
    day : column with the day of the first exposure (whole days since time zero, negative = before, missing = never)
    name : name of the new column
    words : what it says before and from the day after `day`

    Returns
    -------
    The columns of `frame` without `day`, at most two rows a person: unexposed up to and including `day`, exposed after.
    An event on the very day of exposure is therefore an event of the unexposed.

    Examples
    --------
    >>> people = pd.DataFrame({"person_id": ["a", "b"], "exit_day": [9, 9], "event": "death", "ot_day": [4.0, None]})
    >>> split_exposure(people)[["person_id", "entry_day", "exit_day", "event", "ot"]].values.tolist()
    [['a', 0, 4, 'none', 'not yet'], ['a', 4, 9, 'death', 'seen'], ['b', 0, 9, 'death', 'not yet']]
    """
    need_columns(["person_id", day], list(frame.columns))
    if frame["person_id"].duplicated().any():
        raise AnalysisRefused(
            f"follow_up: {int(frame['person_id'].duplicated().sum())} rows repeat a person",
            expected="one row a person before rows are split",
            fix="split once, from the table with one row a person",
        )
    spells = read_spells(frame)
    when = _day_of_exposure(frame[day], day)
    before, after = ~(when <= spells.entry), when < spells.exit
    n_rows = before.astype(np.int64) + after
    source = np.repeat(np.arange(len(frame)), n_rows)
    exposed = np.zeros(source.size, dtype=bool)
    last = np.cumsum(n_rows) - 1
    exposed[last] = after
    two = before & after
    rows = frame.drop(columns=day).take(source).reset_index(drop=True)
    entry, leave = spells.entry[source], spells.exit[source]
    entry[last[two]] = leave[last[two] - 1] = when[two].astype(np.int64)
    rows["entry_day"], rows["exit_day"] = entry, leave
    rows["event"] = _without_event(rows["event"], last[two] - 1)
    rows[name] = pd.Categorical(np.array(words)[exposed.astype(np.int8)], categories=list(words))
    return rows


def _day_of_exposure(column: pd.Series, name: str) -> Floats:
    days = pd.to_numeric(column, errors="raise").to_numpy(dtype=np.float64, na_value=np.nan)
    broken = int((np.isfinite(days) & (days != np.floor(days))).sum())
    if broken:
        raise AnalysisRefused(
            f"follow_up.{name}: {broken} rows are not whole days",
            expected="whole days since time zero, or nothing where the exposure never happened",
            fix="count days from dates, not from times of day",
        )
    return np.where(np.isnan(days), np.inf, days)


def _without_event(event: pd.Series, rows: np.ndarray) -> pd.Series:
    if isinstance(event.dtype, pd.CategoricalDtype):
        event = event if CENSORED in event.cat.categories else event.cat.add_categories(CENSORED)
    changed = event.copy()
    changed.iloc[rows] = CENSORED
    return changed


def check_person_rows(frame: pd.DataFrame, *, repeats: bool = False) -> None:
    """Refuse rows of one person that overlap or repeat, or that go on after an event that ends follow-up.

    Parameters
    ----------
    frame : start and stop rows with ``person_id``
    repeats : whether events may repeat (recurrent events)
    """
    if "person_id" not in frame or not frame["person_id"].duplicated().any():
        return
    spells = read_spells(frame)
    person = pd.factorize(frame["person_id"])[0].astype(np.int64)
    size = int(spells.exit.max()) + 1
    order = np.argsort(person * size + spells.entry, kind="stable")
    same = person[order][1:] == person[order][:-1]
    overlap = int((same & (spells.entry[order][1:] < spells.exit[order][:-1])).sum())
    early = 0 if repeats else int((same & (spells.event[order][:-1] > 0)).sum())
    if overlap or early:
        raise AnalysisRefused(
            f"follow_up: {overlap} rows begin before the person's last one ended, {early} follow a final event",
            expected="rows of a person that follow each other, with the event that ends follow-up in the last",
            fix="make the rows with cox.split_exposure, or mend the table they come from",
        )
