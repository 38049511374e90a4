"""Rows of people in states: read once, and checked to be an unbroken chain for each person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.about import need_columns
from ot_eval.models.exposure_rows import check_person_rows
from ot_eval.models.spells import CENSORED, Bools, Floats, Ints, codes_of, whole_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Rows of people in states: from `state` over (entry, exit], then to `target` (the same state: stayed or left)."""

    entry: Ints
    exit: Ints
    state: Ints
    target: Ints
    person: Ints
    states: tuple[str, ...]
    start: Floats  # share of people in each state on day 0

    def take(self, rows: Bools) -> Moves:
        """Return the chosen rows; the start stays that of everybody."""
        parts = (self.entry[rows], self.exit[rows], self.state[rows], self.target[rows], self.person[rows])
        names = ("entry", "exit", "state", "target", "person")
        return Moves(**dict(zip(names, parts, strict=True)), states=self.states, start=self.start)


def read_moves(frame: pd.DataFrame, states: tuple[str, ...]) -> Moves:
    """Read and check rows of states.

    Parameters
    ----------
    frame : a row a stay: ``person_id entry_day exit_day state event``, where ``event`` is the state moved to on
        ``exit_day``, or ``"none"`` where observation ended; a person's rows follow each other without a gap, from day 0
    states : every state, in the order in which they are to be shown

    Raises
    ------
    AnalysisRefused
        an unknown state, rows that overlap or leave a gap, a next row in another state than the one moved to.
    """
    need_columns(["person_id", "entry_day", "exit_day", "state", "event"], list(frame.columns))
    unknown = sorted(set(frame["state"].astype(str)) | set(frame["event"].astype(str)) - {CENSORED})
    unknown = [s for s in unknown if s not in states]
    if unknown:
        raise AnalysisRefused(
            f"states: {unknown[0]!r} is not among the states of the analysis",
            expected=f"one of {', '.join(states)}",
            fix="name every state, or join it with another",
        )
    # A row may end in the state it began in only by being censored; several rows a person may each end in a move.
    check_person_rows(frame, repeats=True)
    place = pd.Index(states)
    state = place.get_indexer(pd.Index(frame["state"].astype(str))).astype(np.int64)
    target = place.get_indexer(pd.Index(frame["event"].astype(str))).astype(np.int64)
    target = np.where(target < 0, state, target)
    person = codes_of(frame, "person_id")[0]
    entry, leave = (whole_days(frame[c], c) for c in ("entry_day", "exit_day"))
    _check_chain(person, entry, leave, state, target)
    first = entry == 0
    start = np.bincount(state[first], minlength=len(states)) / max(int(first.sum()), 1)
    return Moves(entry=entry, exit=leave, state=state, target=target, person=person, states=states, start=start)


def _check_chain(person: Ints, entry: Ints, leave: Ints, state: Ints, target: Ints) -> None:
    order = np.lexsort((entry, person))
    same = person[order][1:] == person[order][:-1]
    gap = int((same & (entry[order][1:] != leave[order][:-1])).sum())
    torn = int((same & (state[order][1:] != target[order][:-1])).sum())
    late = int((entry[order][np.concatenate([[True], ~same])] > 0).sum())
    if gap or torn or late:
        raise AnalysisRefused(
            f"states: {gap} gaps between rows, {torn} rows not in the state moved to, {late} people begin after day 0",
            expected="an unbroken chain of states for each person, from day 0",
            fix="build the rows from one list of dated states a person",
        )
