"""People followed from the day on which a strategy would be given, and the days on which contact could still come.

Time zero is the start of reablement, for everybody. Nothing that happens later decides who is in. A contact on day 0
counts as one on day 1, and a contact counts from the day after it happens. On the day of an event the event comes
first. So no day belongs to a group before the group is known: nothing is immortal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns
from ot_eval.models.clusters import Clusters, read_clusters, single_people
from ot_eval.models.design import read_design
from ot_eval.models.spells import Floats, Ints, read_spells

EDGES = (0, 1, 7, 14, 21, 28, 42, 63)
"""Days after which the daily chance of a first contact may differ; it is the same between two of them."""
NEVER = 10**6
"""Stands for a contact that was not seen to happen."""
PERIOD = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """Stretches of days on which a first contact could still come; what is known of the person stays the same in one.

    ``person``, ``first`` (day before the stretch), ``days`` (its length), ``seen`` (1 where contact came on its last
    day) and ``pattern`` have one entry a stretch; ``x`` has one row a pattern, with ``names`` of its columns.
    """

    person: Ints
    first: Ints
    days: Ints
    seen: Floats
    pattern: Ints
    x: Floats
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Everybody who could have been given a strategy, one entry a person in every array.

    ``exit`` (last day followed), ``event`` (0 or the number of a kind), ``contact`` (day of first contact, `NEVER`
    where it was not seen to happen before ``exit``), ``ended`` (last day of reablement, `NEVER` while it lasts).
    ``window`` is the last day on which contact is modelled.
    """

    exit: Ints
    event: Ints
    kinds: tuple[str, ...]
    contact: Ints
    ended: Ints
    stretches: Stretches
    clusters: Clusters
    window: int

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.exit)

    def kind(self, name: str) -> int:
        """Return the number of a kind of event, from 1."""
        if name not in self.kinds:
            raise AnalysisRefused(
                f"target trial: nobody followed has the event {name!r}",
                expected="at least one event of the kind that is analysed",
                fix="check the definition of the outcome in the protocol, or give a longer follow-up",
            )
        return self.kinds.index(name) + 1


def read_trial(
    frame: pd.DataFrame,
    states: pd.DataFrame | None = None,
    *,
    terms: tuple[str, ...],
    window: int,
    cluster: str | None = None,
) -> Trial:
    """Read people and what is known of them day by day.

    Parameters
    ----------
    frame : one row a person, everybody from day 0: ``person_id``, ``exit_day``, ``event``, ``ot_day`` (day of first
        contact since time zero; missing = none), ``ended_day`` (last day of reablement; missing = it lasts), what was
        known on day 0, and `cluster` where one is named
    states : rows ``person_id``, ``day`` and columns that change; a row holds from the day after ``day`` (day 0: from
        the first day) until the next. Everybody has a row of day 0. None = nothing changes.
    terms : columns of `frame` and `states` that may decide who is seen when
    window : last day on which contact is modelled
    cluster : column of providers

    Raises
    ------
    AnalysisRefused
        repeated people, late entry, contacts before day 0, missing values, a person without a state on day 0.
    """
    need_columns(["person_id", "ot_day", "ended_day", *(c for c in terms if states is None or c not in states)],
                 list(frame.columns))  # fmt: skip
    spells = read_spells(frame)
    when = frame["ot_day"].to_numpy(dtype=np.float64, na_value=np.nan)
    early, repeated = int((when < 0).sum()), int(frame["person_id"].duplicated().sum())
    if spells.delayed or repeated or early:
        raise AnalysisRefused(
            f"target trial: late entry {spells.delayed}, {repeated} repeated people, {early} contacts before day 0",
            expected="one row a person, everybody followed from the first day of reablement, contacts counted from it",
            fix="count days from the start of reablement, and leave earlier contacts out",
        )
    contact = np.where(np.nan_to_num(when, nan=NEVER) < spells.exit, np.maximum(when, 1), NEVER)
    contact = np.where(contact < spells.exit, contact, NEVER).astype(np.int64)
    ended = np.nan_to_num(frame["ended_day"].to_numpy(dtype=np.float64, na_value=np.nan), nan=NEVER).astype(np.int64)
    return Trial(
        exit=spells.exit,
        event=spells.event,
        kinds=spells.kinds,
        contact=contact,
        ended=ended,
        stretches=_stretches(frame, states, terms, np.minimum(np.minimum(contact, spells.exit - 1), window), contact),
        clusters=read_clusters(frame, cluster) if cluster else single_people(frame),
        window=window,
    )


def _stretches(
    frame: pd.DataFrame, states: pd.DataFrame | None, terms: tuple[str, ...], last: Ints, contact: Ints
) -> Stretches:
    """Cut the days 1 to `last` of each person where the chance of contact may change."""
    n, size = len(frame), int(max(last.max(), 1)) + 1
    cuts = [np.add.outer(np.arange(n) * size, [e for e in EDGES if e < size]).ravel()]
    own, changed = _states(frame, states)
    cuts.append(own[:, 0] * size + np.minimum(own[:, 1], size - 1))
    cuts.append(np.arange(n) * size + np.minimum(_reablement(frame), size - 1))
    key = np.unique(np.concatenate(cuts))
    person, first = key // size, key % size
    keep = first < last[person]
    person, first = person[keep], first[keep]
    stop = np.append(first[1:], 0)
    same = np.append(person[1:] == person[:-1], False)
    stop = np.where(same, stop, last[person])
    table = frame[[t for t in terms if t in frame]].take(person).reset_index(drop=True)
    if states is not None:
        at = np.searchsorted(own[:, 0] * (NEVER + 1) + own[:, 1], person * (NEVER + 1) + first, side="right") - 1
        for name in changed.columns:
            table[name] = changed[name].take(at).to_numpy()
    table[PERIOD] = pd.Categorical(np.searchsorted(EDGES, first, side="right"))
    varying = [t for t in (PERIOD, *terms) if table[t].nunique(dropna=False) > 1]
    pattern, x, names = _patterns(table, tuple(varying))
    seen = (stop == contact[person]).astype(np.float64)
    return Stretches(person=person, first=first, days=stop - first, seen=seen, pattern=pattern, x=x, names=names)


def _patterns(table: pd.DataFrame, terms: tuple[str, ...]) -> tuple[Ints, Floats, tuple[str, ...]]:
    if not terms:
        return np.zeros(len(table), dtype=np.int64), np.ones((1, 1)), ("constant",)
    design = read_design(table, terms)
    pattern, values = design.patterns if design.grouped else (np.arange(len(table)), design.matrix())
    whole = np.concatenate([np.ones((len(values), 1)), values], axis=1)
    return np.asarray(pattern, dtype=np.int64), whole, ("constant", *design.names)


def _reablement(frame: pd.DataFrame) -> Ints:
    days = frame["ended_day"].to_numpy(dtype=np.float64, na_value=np.nan)
    whole: Ints = np.nan_to_num(days, nan=NEVER).astype(np.int64).clip(0)
    return whole


def _states(frame: pd.DataFrame, states: pd.DataFrame | None) -> tuple[Ints, pd.DataFrame]:
    """Return (person, day) of each state in order, and its columns; every person has one on day 0."""
    if states is None:
        return np.zeros((0, 2), dtype=np.int64), pd.DataFrame()
    ids = pd.Index(frame["person_id"])
    person = ids.get_indexer(states["person_id"])
    known = states[(person >= 0) & (states["day"] >= 0)].reset_index(drop=True)
    person = ids.get_indexer(known["person_id"])
    order = np.lexsort((known["day"].to_numpy(), person))
    known, person = known.iloc[order].reset_index(drop=True), person[order]
    begun = np.unique(person[known["day"].to_numpy() == 0]).size
    if begun < len(frame):
        raise AnalysisRefused(
            f"target trial: {len(frame) - begun} people have no state on day 0",
            expected="what changes with time to be known for everybody on the first day",
            fix="give each person a row with day 0 in the table of states",
        )
    own = np.stack([person, known["day"].to_numpy(dtype=np.int64)], axis=1)
    return own, known.drop(columns=["person_id", "day"])
