"""A model taught by the team's own coding: linear, several codes a note, calibrated, always judged on other people.

For each code a logistic regression runs over word and character TF-IDF. Its score on held-out people, what the rules
found, and how like the note is to the codebook's words then go into one logistic regression shared by all codes, whose
output is the probability. Sharing lets a code with few examples borrow what the others taught about which finds to
believe; fitting it on held-out scores calibrates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.features import Array, Reading, Vocabulary

FOLDS = 5
SUGGESTED_FROM = 0.5
"""Probability from which a code is suggested: more likely than not."""
FEWEST_PEOPLE = 3
"""Examples of one or two people teach their names and homes, not the code."""
_WORD_STRENGTH, _SHARED_STRENGTH = 10.0, 0.1
"""Inverse regularisation of the two steps; results on the test notes hardly move between 0.01 and 1 for the second."""
_UNTAUGHT = -2.0
"""The score of a code that a fold has too few examples of: about one in ten."""


@dataclass(frozen=True, slots=True)
class Taught:
    """Which codes have enough examples, and why the others have not."""

    codes: tuple[str, ...]
    refused: dict[str, str]


def teachable(labels: NDArray[np.int_], people: Sequence[str], names: Sequence[str], fewest: int) -> Taught:
    """Say which codes can be learned.

    Parameters
    ----------
    labels : (notes, codes), 1 where the note was coded with the code
    people : the person of each note
    names : the codes
    fewest : notes with the code that are needed; they must come from `FEWEST_PEOPLE` people or more
    """
    taught, refused = [], {}
    who = np.asarray(people)
    for k, name in enumerate(names):
        n, n_people = int(labels[:, k].sum()), len(set(who[labels[:, k] == 1]))
        if n >= fewest and n_people >= FEWEST_PEOPLE:
            taught.append(name)
        else:
            refused[name] = (
                f"not suggested: {n} coded contacts of {n_people} people; "
                f"at least {fewest} of {FEWEST_PEOPLE} people are needed"
            )
    return Taught(tuple(taught), refused)


class Model:
    """A taught model; `teach` makes one."""

    def __init__(self, reading: Reading, rows: NDArray[np.int_], labels: NDArray[np.int_], seed: int) -> None:
        everything = np.column_stack([labels, labels.sum(1) == 0]).astype(int)  # last column: nothing counts
        people = np.array([reading.notes[i].person_id for i in rows])
        held_out = np.zeros(everything.shape)
        for inside, outside in folds(people, seed):
            step = _Words(reading, rows[inside], everything[inside])
            held_out[outside] = step.scores(reading, rows[outside])
        self._words = _Words(reading, rows, everything)
        shared = _shared_features(reading, rows, held_out)
        self._scale = StandardScaler().fit(shared)
        self._shared = LogisticRegression(C=_SHARED_STRENGTH, max_iter=5000)
        self._shared.fit(self._scale.transform(shared), labels.ravel())

    def probabilities(self, reading: Reading, rows: NDArray[np.int_]) -> Array:
        """Return the probability of every code for the notes `rows` of `reading`: (notes, codes)."""
        if not len(rows):
            return np.zeros((0, len(reading.names)))
        shared = _shared_features(reading, rows, self._words.scores(reading, rows))
        positive = self._shared.predict_proba(self._scale.transform(shared))[:, 1]
        return np.asarray(positive, dtype=float).reshape(len(rows), len(reading.names))


def teach(reading: Reading, rows: NDArray[np.int_], labels: NDArray[np.int_], seed: int) -> Model:
    """Teach a model from coded notes.

    Parameters
    ----------
    reading : the notes as read by the rules
    rows : which of them are coded
    labels : (rows, codes), 1 where coded so
    seed : fixes which people are held out together

    Raises
    ------
    AnalysisRefused
        Fewer than `FOLDS` people are coded, or no note has a code.
    """
    people = {reading.notes[i].person_id for i in rows}
    if len(people) < FOLDS or not labels.any():
        raise AnalysisRefused(
            f"coded contacts: {len(rows)} of {len(people)} people, {int(labels.sum())} codes",
            expected=f"contacts of at least {FOLDS} people, some with codes, so that people can be held out",
            fix="code more contacts; until then the rules suggest",
        )
    return Model(reading, rows, labels, seed)


def folds(people: NDArray[np.str_], seed: int) -> list[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    """Return (inside, outside) rows so that no person is on both sides."""
    split = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(split.split(np.zeros(len(people)), groups=people))


class _Words:
    """One logistic regression a code over TF-IDF, learned from `rows`."""

    def __init__(self, reading: Reading, rows: NDArray[np.int_], labels: NDArray[np.int_]) -> None:
        self._vocabulary = Vocabulary(reading, rows)
        seen = self._vocabulary(reading, rows)
        self._models: list[LogisticRegression | None] = []
        for k in range(labels.shape[1]):
            both = 1 < labels[:, k].sum() < len(rows)
            model = LogisticRegression(C=_WORD_STRENGTH, solver="liblinear", class_weight="balanced") if both else None
            self._models.append(model.fit(seen, labels[:, k]) if model else None)

    def scores(self, reading: Reading, rows: NDArray[np.int_]) -> Array:
        seen = self._vocabulary(reading, rows)
        untaught = np.full(len(rows), _UNTAUGHT)
        return np.column_stack([m.decision_function(seen) if m else untaught for m in self._models])


def _shared_features(reading: Reading, rows: NDArray[np.int_], scores: Array) -> Array:
    """Return one row for each note and code."""
    pairs = reading.pairs[rows]
    own = scores[:, :-1, None]
    nothing = np.repeat(scores[:, -1:, None], len(reading.names), axis=1)
    found = pairs[:, :, :1]
    columns = np.concatenate([pairs, own, nothing, found * own, found * nothing], axis=2)
    return columns.reshape(len(rows) * len(reading.names), -1)
