"""A model taught by the team's own coding: linear, several codes a note, calibrated, always judged on other people.

For each code a logistic regression runs over word and character TF-IDF, taught by the team's notes and by the example
notes of the toolkit. Its score on held-out people, what the rules found, and how like the note is to the codebook's
words then go into one logistic regression shared by all codes, whose output is the probability. Sharing lets a code
with few examples borrow what the others taught about which finds to believe; fitting it on held-out scores of the
team's own people calibrates it, and the same scores choose the probability from which a code is suggested.
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
SUGGESTED_FROM = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
"""Probabilities from which a code may be suggested. Where codes are hard to tell, the best F1 lies below even odds."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """Notes of a reading with their codes: `rows`, `labels` (rows, codes), and for which codes the labels hold."""

    rows: NDArray[np.int_]
    labels: NDArray[np.int_]
    holds: NDArray[np.bool_]

    @property
    def everything(self) -> NDArray[np.int_]:
        """The labels, and a last column for notes in which nothing counts."""
        return np.column_stack([self.labels, self.labels.sum(1) == 0]).astype(int)


class Model:
    """A taught model; `teach` makes one. `suggested_from` is the probability from which a code is suggested."""

    def __init__(self, reading: Reading, own: Coded, examples: Coded, seed: int) -> None:
        rows, everything = own.rows, own.everything
        people = np.array([reading.notes[i].person_id for i in rows])
        held_out = np.zeros(everything.shape)
        for inside, outside in folds(people, seed):
            step = _Words(reading, rows[inside], everything[inside], examples)
            held_out[outside] = step.scores(reading, rows[outside])
        self._words = _Words(reading, rows, everything, examples)
        shared = _shared_features(reading, rows, held_out)
        self._scale = StandardScaler().fit(shared)
        self._shared = LogisticRegression(C=_SHARED_STRENGTH, max_iter=5000)
        self._shared.fit(self._scale.transform(shared), own.labels.ravel())
        self.suggested_from = best_threshold(own.labels, self._positive(shared, len(rows)))

    def probabilities(self, reading: Reading, rows: NDArray[np.int_]) -> Array:
        """Return the probability of every code for the notes `rows` of `reading`: (notes, codes)."""
        if not len(rows):
            return np.zeros((0, len(reading.names)))
        shared = _shared_features(reading, rows, self._words.scores(reading, rows))
        return self._positive(shared, len(rows))

    def _positive(self, shared: Array, n: int) -> Array:
        positive = self._shared.predict_proba(self._scale.transform(shared))[:, 1]
        return np.asarray(positive, dtype=float).reshape(n, -1)


def best_threshold(labels: NDArray[np.int_], probability: Array) -> float:
    """Return the probability of `SUGGESTED_FROM` from which suggestions have the highest mean F1 over codes that occur.

    Examples
    --------
    >>> labels = np.array([[1, 0], [1, 0], [0, 1]])
    >>> best_threshold(labels, np.array([[0.9, 0.3], [0.42, 0.1], [0.38, 0.6]]))
    0.4
    """
    occurs = labels.sum(0) > 0
    means = []
    for least in SUGGESTED_FROM:
        said = (probability >= least).astype(int)
        right, all_of_them = (labels * said).sum(0), labels.sum(0) + said.sum(0)
        means.append((2 * right[occurs] / all_of_them[occurs]).mean())
    return SUGGESTED_FROM[int(np.argmax(means))]


def teach(
    reading: Reading, rows: NDArray[np.int_], labels: NDArray[np.int_], seed: int, examples: Coded | None = None
) -> Model:
    """Teach a model from coded notes.

    Parameters
    ----------
    reading : the notes as read by the rules
    rows : which of them are coded
    labels : (rows, codes), 1 where coded so
    seed : fixes which people are held out together
    examples : other notes of the reading from which words are learned too, never what to believe or how probable it is

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
    every = np.ones(labels.shape[1], dtype=bool)
    own = Coded(rows=rows, labels=labels, holds=every)
    nobody = Coded(rows=np.zeros(0, dtype=int), labels=np.zeros((0, labels.shape[1]), dtype=int), holds=every)
    return Model(reading, own, nobody if examples is None else examples, seed)


def folds(people: NDArray[np.str_], seed: int) -> list[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    """Return (inside, outside) rows so that no person is on both sides."""
    split = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(split.split(np.zeros(len(people)), groups=people))


class _Words:
    """One logistic regression a code over TF-IDF, learned from `rows` and the examples of codes for which they hold."""

    def __init__(self, reading: Reading, rows: NDArray[np.int_], labels: NDArray[np.int_], examples: Coded) -> None:
        both = np.concatenate([rows, examples.rows])
        self._vocabulary = Vocabulary(reading, both)
        seen, known = self._vocabulary(reading, both), np.concatenate([labels, examples.everything])
        holds = np.append(examples.holds, examples.holds.all())
        self._models: list[LogisticRegression | None] = []
        for k in range(labels.shape[1]):
            n = len(both) if holds[k] else len(rows)
            has = 1 < known[:n, k].sum() < n
            model = LogisticRegression(C=_WORD_STRENGTH, solver="liblinear", class_weight="balanced") if has else None
            self._models.append(model.fit(seen[:n], known[:n, k]) if model else None)

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
    sure = np.maximum(own, 0)  # what the words favour weighs otherwise than what they speak against
    columns = np.concatenate([pairs, own, sure, nothing, found * own, found * nothing], axis=2)
    return columns.reshape(len(rows) * len(reading.names), -1)
