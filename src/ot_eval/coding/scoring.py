"""How good suggestions are, code by code, judged on people the model has not seen; with intervals by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss

from ot_eval.coding.features import Array, Reading
from ot_eval.coding.learn import Coded, folds, teach

RESAMPLES = 2000
"""Bootstrap resamples of people: the ends of a 95% interval then vary by about a tenth of their width."""
MOST_UNDEFINED = 0.05
"""An interval is not stated when a larger share of resamples cannot give the number."""
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its interval, or the reason why there is none. Shares lie between 0 and 1."""

    value: float | None
    lower: float | None = None
    upper: float | None = None
    undefined: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeScore:
    """One code: contacts that truly have it, that were suggested it, that were rightly suggested it, and the shares."""

    code: str
    n_true: int
    n_suggested: int
    n_right: int
    precision: Number
    recall: Number
    f1: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Every code, the mean F1 over codes that occur, and F1 over all suggestions."""

    n_contacts: int
    n_people: int
    by_code: tuple[CodeScore, ...]
    macro_f1: Number
    micro_f1: Number


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Suggestions of about one probability: mean probability, share that was right, number."""

    low: float
    high: float
    predicted: float | None
    right: float | None
    n: int


class People:
    """Counts by person, and the same resamples of people for everything that is compared."""

    def __init__(self, people: Sequence[str], seed: int, level: float) -> None:
        names, self._of = np.unique(np.asarray(people), return_inverse=True)
        self.n = len(names)
        draws = np.random.default_rng(seed)
        self._weights = draws.multinomial(self.n, np.full(self.n, 1 / self.n), size=RESAMPLES).astype(float)
        self._level, self._tails = level, [50 * (1 - level), 50 * (1 + level)]

    def sums(self, flags: Array) -> tuple[Array, Array]:
        """Return column sums: as observed, and in every resample (resamples, columns)."""
        by_person = np.zeros((self.n, flags.shape[1]))
        np.add.at(by_person, self._of, flags)
        return by_person.sum(0), self._weights @ by_person

    def number(self, value: float, resampled: Array, undefined: str) -> Number:
        """Return the value with its percentile interval, leaving out resamples without a value."""
        if not np.isfinite(value):
            return Number(None, undefined=undefined)
        kept = resampled[np.isfinite(resampled)]
        if len(kept) < (1 - MOST_UNDEFINED) * len(resampled):
            return Number(value, undefined="no interval, because too few people have this code")
        low, high = np.percentile(kept, self._tails)
        if low == high:
            return Number(value, undefined="no interval, because every resample of people gives the same")
        return Number(value, float(min(low, value)), float(max(high, value)))

    def share(self, part: Array, whole: Array, never: str) -> Number:
        """Return the share of `whole` flags (one a contact) that are also `part` flags.

        The interval is by resampling people. Where all or none are right it would have no width, so Wilson's interval
        on the number of people stands in.
        """
        (top, bottom), (top_b, bottom_b) = self._pair(part, whole)
        found = self.number(float(_share(top, bottom)), _share(top_b, bottom_b), never)
        n = len(set(self._of[whole > 0]))
        if found.value not in (0.0, 1.0) or not n:
            return found
        ends = binomtest(int(found.value * n), n).proportion_ci(self._level, method="wilson")
        return Number(found.value, float(ends.low), float(ends.high))

    def _pair(self, part: Array, whole: Array) -> tuple[Array, Array]:
        observed, resampled = self.sums(np.column_stack([part, whole]))
        return observed, resampled.T


def score(truth: NDArray[np.int_], suggested: NDArray[np.int_], people: People, names: Sequence[str]) -> Scores:
    """Compare suggestions with the coding by people.

    Parameters
    ----------
    truth, suggested : (contacts, codes), 1 where the code is coded or suggested
    people : the persons of these contacts
    names : the codes
    """
    right, right_b = people.sums((truth * suggested).astype(float))
    true, true_b = people.sums(truth.astype(float))
    said, said_b = people.sums(suggested.astype(float))
    by_code = tuple(
        _code_score(name, truth[:, k].astype(float), suggested[:, k].astype(float), people)
        for k, name in enumerate(names)
    )
    f1, f1_b = _f1(right, said, true), _f1(right_b, said_b, true_b)
    occurs = true > 0
    micro, micro_b = _f1(right.sum(), said.sum(), true.sum()), _f1(right_b.sum(1), said_b.sum(1), true_b.sum(1))
    why = "undefined, because no code occurs and none is suggested"
    return Scores(
        n_contacts=len(truth),
        n_people=people.n,
        by_code=by_code,
        macro_f1=people.number(_mean(f1[None, occurs])[0], _mean(f1_b[:, occurs]), why),
        micro_f1=people.number(float(micro), micro_b, why),
    )


def macro_gain(truth: NDArray[np.int_], new: NDArray[np.int_], old: NDArray[np.int_], people: People) -> Number:
    """Return by how much macro F1 of `new` exceeds that of `old`, in the same resamples of people."""
    true, true_b = people.sums(truth.astype(float))
    occurs = true > 0
    ends = []
    for suggested in (new, old):
        right, right_b = people.sums((truth * suggested).astype(float))
        said, said_b = people.sums(suggested.astype(float))
        f1, f1_b = _f1(right, said, true), _f1(right_b, said_b, true_b)
        ends.append((_mean(f1[None, occurs])[0], _mean(f1_b[:, occurs])))
    (a, a_b), (b, b_b) = ends
    return people.number(a - b, a_b - b_b, "undefined, because no code occurs")


def calibration(truth: NDArray[np.int_], probability: Array) -> tuple[tuple[CalibrationBin, ...], float]:
    """Return the calibration table over all contacts and codes, and the Brier score (0 is best)."""
    t, p = truth.ravel(), probability.ravel()
    which = np.digitize(p, BINS[1:-1])
    bins = []
    for i, (low, high) in enumerate(pairwise(BINS)):
        inside = which == i
        n = int(inside.sum())
        predicted, right = (float(p[inside].mean()), float(t[inside].mean())) if n else (None, None)
        bins.append(CalibrationBin(low, high, predicted, right, n))
    return tuple(bins), float(brier_score_loss(t, p))


def held_out(
    reading: Reading, rows: NDArray[np.int_], labels: NDArray[np.int_], seed: int, examples: Coded | None = None
) -> tuple[Array, NDArray[np.int_]]:
    """Return, for every coded note, probabilities and suggestions by a model taught on other people: (rows, codes)."""
    out, said = np.zeros(labels.shape), np.zeros(labels.shape, dtype=int)
    people = np.array([reading.notes[i].person_id for i in rows])
    for inside, outside in folds(people, seed):
        model = teach(reading, rows[inside], labels[inside], seed, examples)
        out[outside] = model.probabilities(reading, rows[outside])
        said[outside] = out[outside] >= model.suggested_from
    return out, said


def _code_score(name: str, true: Array, said: Array, people: People) -> CodeScore:
    right = true * said
    never, absent = "undefined, because it was never suggested", "undefined, because no contact has it"
    (n_right, n_said, n_true), b = people.sums(np.column_stack([right, said, true]))
    f1 = people.number(float(_f1(n_right, n_said, n_true)), _f1(*b.T), f"{absent} and it was never suggested")
    return CodeScore(
        code=name,
        n_true=int(n_true),
        n_suggested=int(n_said),
        n_right=int(n_right),
        precision=people.share(right, said, never),
        recall=people.share(right, true, absent),
        f1=f1,
    )


def _share(part: Array | float, whole: Array | float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(part, whole))


def _f1(right: Array | float, said: Array | float, true: Array | float) -> Array:
    return _share(2 * np.asarray(right), np.asarray(said) + np.asarray(true))


def _mean(f1: Array) -> Array:
    """Return row means over the codes that have a value."""
    has = np.isfinite(f1)
    return _share(np.where(has, f1, 0.0).sum(1), has.sum(1))
