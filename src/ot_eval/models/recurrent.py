"""Increases that happen again: rate models, and the mean number of events when death may end it all.

Rows are start and stop rows (`person_id`, ``entry_day``, ``exit_day``, ``event``); each row ends in an event or without
one. Intervals are robust to a person's events being alike. Sources: Andersen & Gill (1982); Prentice, Williams &
Peterson (1981); Ghosh & Lin (2000) for the mean number of events with a terminal event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from ot_eval.base.results import Curve, Estimate
from ot_eval.models.about import About, need_columns
from ot_eval.models.clusters import Clusters, count_by_cluster
from ot_eval.models.cox import hazard_ratios
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.curves import product_limit
from ot_eval.models.day_table import DayTable, day_table, one_cause
from ot_eval.models.exposure_rows import check_person_rows
from ot_eval.models.spells import Floats, Ints, Spells, codes_of, groups_of, read_spells

PEOPLE_AT_A_TIME = 4_000
Clock = Literal["total", "gap"]


def andersen_gill(
    frame: pd.DataFrame, *, cause: str, terms: tuple[str, ...], about: About, strata: tuple[str, ...] = ()
) -> tuple[Estimate, ...]:
    """Return ratios of the rate of `cause`, every event counting alike (Andersen-Gill), with robust intervals.

    Parameters
    ----------
    frame : start and stop rows; ``event`` says what ended each row, ``"none"`` where nothing did
    cause : kind of event that may repeat; every other kind ends follow-up
    terms, strata : as in `cox_fit.CoxModel`
    about : labels and confidence level
    """
    model = CoxModel(cause=cause, terms=terms, strata=strata, repeats=True)
    return _labelled(frame, model, about, "andersen_gill", "Andersen-Gill")


def prentice_williams_peterson(
    frame: pd.DataFrame, *, cause: str, terms: tuple[str, ...], about: About, clock: Clock = "total"
) -> tuple[Estimate, ...]:
    """Return ratios of the rate of the next `cause`, comparing people who have had as many before.

    Parameters
    ----------
    frame, cause, terms, about : as in `andersen_gill`
    clock : "total" counts days from time zero, "gap" from the person's last event
    """
    rows = by_event_number(frame, cause=cause, clock=clock)
    model = CoxModel(cause=cause, terms=terms, strata=("event_number",), cluster=None, repeats=True)
    return _labelled(rows, model, about, f"pwp_{clock}", f"Prentice-Williams-Peterson, {clock} time")


def by_event_number(frame: pd.DataFrame, *, cause: str, clock: Clock) -> pd.DataFrame:
    """Return the rows with ``event_number`` (1 before the first event) and, for the gap clock, days since the last.

    Examples
    --------
    >>> rows = pd.DataFrame({"person_id": "a", "entry_day": [0, 4], "exit_day": [4, 9], "event": ["fall", "none"]})
    >>> by_event_number(rows, cause="fall", clock="gap")[["entry_day", "exit_day", "event_number"]].values.tolist()
    [[0, 4, 1], [0, 5, 2]]
    """
    need_columns(["person_id", "entry_day"], list(frame.columns))
    check_person_rows(frame, repeats=True)
    rows = frame.sort_values(["person_id", "entry_day"], kind="stable").reset_index(drop=True)
    happened = (rows["event"] == cause).astype("int64")
    person = rows["person_id"]
    earlier = happened.groupby(person, sort=False).cumsum() - happened
    rows["event_number"] = earlier + 1
    if clock == "gap":
        last = rows["exit_day"].where(happened == 1).groupby(person, sort=False).ffill()
        since = last.groupby(person, sort=False).shift(1).fillna(0).astype("int64")
        # A stretch without an event keeps its clock; only an event sets it back.
        rows["entry_day"], rows["exit_day"] = rows["entry_day"] - since, rows["exit_day"] - since
        rows = rows.rename(columns={"person_id": "person"}).assign(person_id=_spell_id(person, earlier))
    return rows


def _spell_id(person: pd.Series, earlier: pd.Series) -> pd.Series:
    return person.astype(str) + "/" + earlier.astype(str)


def _labelled(frame: pd.DataFrame, model: CoxModel, about: About, analysis: str, words: str) -> tuple[Estimate, ...]:
    if "person" in frame:
        model = replace(model, cluster="person")
    fitted = fit(frame, model)
    if fitted.clusters is not None and "person" in frame:
        fitted = replace(fitted, clusters=replace(fitted.clusters, people=True), n=int(frame["person"].nunique()))
    return tuple(
        replace(row, analysis=analysis, measure="rate ratio", method=row.method.replace("Cox", words, 1))
        for row in hazard_ratios(fitted, about)
    )


def mean_cumulative(
    frame: pd.DataFrame, *, cause: str, about: About, by: str | None = None, terminal: tuple[str, ...] = ()
) -> tuple[Curve, ...]:
    """Return the mean number of `cause` a person has had by each day, one curve a group, with robust limits.

    Parameters
    ----------
    frame : start and stop rows
    cause : kind of event that may repeat
    terminal : kinds after which nothing more can happen (death); the mean then counts the dead, who have no more. Every
        other kind ends follow-up like censoring.
    by : column of groups

    Returns
    -------
    Curves in unit "events per person", limits on the log scale.
    """
    check_person_rows(frame, repeats=True)
    need_columns(["person_id"], list(frame.columns))
    spells = read_spells(frame)
    spells.code(cause)
    group, names = groups_of(frame, by)
    person, levels = codes_of(frame, "person_id")
    people = Clusters(code=person, n=len(levels), people=True)
    return tuple(
        _mean_curve(spells.take(group == g), replace(people, code=person[group == g]), (cause, terminal), about, name)
        for g, name in enumerate(names)
    )


def _mean_curve(spells: Spells, people: Clusters, kinds: tuple[str, tuple[str, ...]], about: About, name: str) -> Curve:
    cause, terminal = kinds
    table = day_table(spells)
    mean, se = mean_and_error(spells, people, table, kinds)
    half = about.critical() * np.divide(se, mean, out=np.zeros(mean.size), where=mean > 0)
    own = table.events[table.kinds.index(cause)]
    # A row that goes on in the person's next row is no end of follow-up.
    ended = np.bincount(spells.exit[_last_rows(spells, people.code)], minlength=table.n_days)
    return Curve(
        analysis="mean_cumulative_count",
        population=about.population,
        outcome=cause,
        group=name,
        unit="events per person",
        days=tuple(range(table.n_days)),
        value=tuple(mean.tolist()),
        lower=tuple((mean * np.exp(-half)).tolist()),
        upper=tuple((mean * np.exp(half)).tolist()),
        n_risk=tuple(np.rint(table.at_risk).astype(int).tolist()),
        n_event=tuple(np.rint(np.cumsum(own)).astype(int).tolist()),
        n_censored=tuple(np.cumsum(ended).astype(int).tolist()),
        level=about.level,
        method=f"mean cumulative count{', death counted' if terminal else ''} (count grid); robust to single people",
    )


def _last_rows(spells: Spells, person: Ints) -> Ints:
    order = np.lexsort((spells.exit, person))
    is_last = np.append(person[order][1:] != person[order][:-1], True)
    return np.asarray(order[is_last], dtype=np.int64)


def mean_and_error(
    spells: Spells, people: Clusters, table: DayTable, kinds: tuple[str, tuple[str, ...]]
) -> tuple[Floats, Floats]:
    """Return the mean number of events by day and its standard error from the influence of each person."""
    cause, terminal = kinds
    kind, n = table.kinds.index(cause), table.at_risk
    fatal = [k for k, word in enumerate(table.kinds) if word in terminal]
    death = one_cause(table, terminal)
    before = np.concatenate([[1.0], product_limit(death)[:-1]])
    rate = np.divide(table.events[kind], n, out=np.zeros(table.n_days), where=n > 0)
    hazard = np.divide(death.any_event, n, out=np.zeros(table.n_days), where=n > 0)
    square = np.zeros(table.n_days)
    for part, code, size in _in_parts(spells, people):
        counts = count_by_cluster(part, Clusters(code=code, n=size), table.n_days)
        own = np.divide(counts.events[:, kind] - counts.at_risk * rate, n, out=np.zeros((size, n.size)), where=n > 0)
        moved = np.cumsum(before * own, axis=1)
        if fatal:
            surprise = counts.events[:, fatal].sum(axis=1) - counts.at_risk * hazard
            left = n - death.any_event
            step = np.divide(surprise, left, out=np.zeros_like(surprise), where=left > 0)
            lagged = np.concatenate([np.zeros((size, 1)), np.cumsum(step, axis=1)[:, :-1]], axis=1)
            moved -= np.cumsum(before * lagged * rate, axis=1)
        square += (moved**2).sum(axis=0)
    return np.cumsum(before * rate), np.sqrt(square)


def _in_parts(spells: Spells, people: Clusters) -> Iterator[tuple[Spells, Ints, int]]:
    for begin in range(0, people.n, PEOPLE_AT_A_TIME):
        rows = (people.code >= begin) & (people.code < begin + PEOPLE_AT_A_TIME)
        if rows.any():
            yield spells.take(rows), people.code[rows] - begin, min(PEOPLE_AT_A_TIME, people.n - begin)
