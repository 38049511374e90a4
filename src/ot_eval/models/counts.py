"""Counts instead of people: what one council may give another so that both get the estimate of the joined data.

Every estimator of this room that works by day (curves, cumulative incidence, Cox, Fine-Gray, Gray's test, restricted
mean) needs only how many people come and go on each day at each pattern of covariates. So the counts are exported,
pooled by adding, and turned back into rows that nobody is but whose counts are everybody's: the estimates equal those
of the joined records to the last digit. Not approximate, and no record leaves.

A count table has the columns ``day``, ``what`` ("entered", "none" or a kind of event), the covariates, and ``n``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.models.about import need_columns
from ot_eval.models.spells import CENSORED, Ints, read_spells

ENTERED = "entered"
FIXED = ("day", "what", "n")
Disclosure = Callable[[pd.DataFrame], None]


def export_counts(frame: pd.DataFrame, *, by: tuple[str, ...], check: Disclosure) -> pd.DataFrame:
    """Return the count table of `frame`, after `check` has let it pass.

    Parameters
    ----------
    frame : one row a person or start and stop rows, in whole days; nothing missing in `by`
    by : columns of covariates with few levels, which later models may use (and the provider, if clusters are wanted)
    check : the disclosure check; it raises unless the table may leave the building. There is no export without one.

    Returns
    -------
    One row a day, kind and pattern with at least one person, sorted.
    """
    need_columns(list(by), list(frame.columns))
    spells = read_spells(frame)
    missing = {c: int(frame[c].isna().sum()) for c in by if frame[c].isna().any()}
    if missing or set(by) & set(FIXED):
        raise AnalysisRefused(
            f"counts: missing values in {', '.join(f'{c} ({n} rows)' for c, n in missing.items()) or 'no column'}",
            expected=f"a value in every row of {', '.join(by)}; no column called {', '.join(FIXED)}",
            fix="give the missing ones a level of their own, such as 'unknown'",
        )
    words = np.array([CENSORED, *spells.kinds])
    pattern = frame[list(by)].reset_index(drop=True)
    came = pattern.assign(day=spells.entry, what=ENTERED)
    went = pattern.assign(day=spells.exit, what=words[spells.event])
    keys = ["day", "what", *by]
    both = pd.concat([came, went], ignore_index=True)
    table = both.groupby(keys, observed=True, sort=True).size().rename("n").reset_index()
    check(table)
    return table


def small_cells(table: pd.DataFrame, threshold: int) -> int:
    """Return how many cells of a count table hold fewer than `threshold` people."""
    return int((table["n"] < threshold).sum())


def pool_counts(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the sum of count tables that have the same columns.

    Raises
    ------
    DataError
        no table, other columns in one of them, or counts that cannot be (not whole, below 1, more leaving than there).
    """
    if not tables:
        raise DataError("counts: 0 tables", expected="at least one count table", fix="name the files to pool")
    columns = list(tables[0].columns)
    for place, table in enumerate(tables, start=1):
        if set(table.columns) != set(columns):
            odd = sorted(set(table.columns) ^ set(columns))
            raise DataError(
                f"counts: table {place} differs in the columns {', '.join(odd)}",
                expected="the same covariates, under the same names, in every table",
                fix="export again with the same covariates everywhere",
            )
        check_counts(table, place)
    keys = [c for c in columns if c != "n"]
    whole = pd.concat([t[columns] for t in tables], ignore_index=True)
    return whole.groupby(keys, observed=True, sort=True)["n"].sum().reset_index()


def check_counts(table: pd.DataFrame, place: int) -> None:
    """Refuse a table whose counts cannot be: absent columns, counts not whole and positive, more leaving than came."""
    absent = [c for c in FIXED if c not in table]
    wrong = 0 if absent else int((~(table["n"] >= 1) | (table["n"] != np.floor(table["n"]))).sum())
    came = 0 if absent else int(table.loc[table["what"] == ENTERED, "n"].sum())
    went = 0 if absent else int(table.loc[table["what"] != ENTERED, "n"].sum())
    if absent or wrong or came != went:
        raise DataError(
            f"counts: table {place}: absent {', '.join(absent) or 'none'}, {wrong} counts not whole and positive, "
            f"{came} came and {went} left",
            expected="columns day, what and n; whole counts of 1 or more; as many leaving as coming",
            fix="export the table again; suppressed or rounded counts cannot be pooled exactly",
        )


def rows_from_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the counts of `table`: ``entry_day``, ``exit_day``, ``event`` and the covariates.

    Within a pattern the first to come is paired with the first to go. Nobody's follow-up need be such a row, but on
    every day the same numbers come, stay and go, and no estimator by day sees more. Intervals robust to single people
    are right only where everybody entered on day 0; those robust to a cluster that is among the covariates always are.

    Examples
    --------
    >>> people = pd.DataFrame({"exit_day": [3, 3, 5], "event": ["death", "none", "death"], "sex": ["f", "f", "m"]})
    >>> table = export_counts(people, by=("sex",), check=lambda t: None)
    >>> rows_from_counts(table)[["exit_day", "event", "sex"]].values.tolist()
    [[3, 'death', 'f'], [3, 'none', 'f'], [5, 'death', 'm']]
    """
    check_counts(table, 1)
    by = [c for c in table.columns if c not in FIXED]
    came = _listed(table[table["what"] == ENTERED], by)
    went = _listed(table[table["what"] != ENTERED], by)
    same = all((came[c].astype(str).to_numpy() == went[c].astype(str).to_numpy()).all() for c in by)
    entry, leave = came["day"].to_numpy(dtype=np.int64), went["day"].to_numpy(dtype=np.int64)
    if not same or bool((entry >= leave).any()):
        raise DataError(
            "counts: in some pattern people leave before as many have come",
            expected="as many leaving as coming in every pattern of covariates, and no earlier",
            fix="export the table again; suppressed or rounded counts cannot be pooled exactly",
        )
    rows = went[by].assign(entry_day=entry, exit_day=leave, event=went["what"].to_numpy())
    return rows[["entry_day", "exit_day", "event", *by]]


def _listed(part: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    ordered = part.sort_values([*by, "day", "what"], kind="stable")
    times: Ints = ordered["n"].to_numpy(dtype=np.int64)
    return ordered.loc[ordered.index.repeat(times)].reset_index(drop=True)


def patterns_of_at_least(people: int) -> Disclosure:
    """Return the check that every pattern of covariates describes at least `people` people.

    It is meant for handing counts to another organisation under an agreement, not for publishing them: single events
    keep their day. What is published from pooled counts goes through the disclosure gate like every result.
    """

    def check(table: pd.DataFrame) -> None:
        by = [c for c in table.columns if c not in FIXED]
        came = table[table["what"] == ENTERED]
        sizes = came.groupby(by, observed=True)["n"].sum() if by else pd.Series([came["n"].sum()])
        small = int((sizes < people).sum())
        if small:
            raise RequestError(
                f"counts: {small} of {len(sizes)} patterns of {', '.join(by) or 'no covariate'} describe fewer than "
                f"{people} people",
                expected=f"at least {people} people in every pattern",
                fix="export fewer covariates, or join rare levels",
            )

    return check
