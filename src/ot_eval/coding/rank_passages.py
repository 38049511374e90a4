"""Turns nobody has coded yet with a code, in the order in which a reader should look at them for it.

A linear model over words and their parts learns from the coded turns. It is judged on interviews it has not seen, and
its number stands beside the list. It ranks; people code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.features import Array
from ot_eval.coding.learn import FEWEST_PEOPLE, FOLDS, folds

FEWEST = 8
"""Turns with the code, at least."""
STRENGTH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Turns in order (their places in what was given) with scores, and how well unseen interviews were ranked.

    `precision` is average precision over turns of interviews left out; `by_chance` is what a random order would have:
    the share of turns with the code. `half_found_in` is the share of unseen turns to read to find half of those coded.
    """

    order: tuple[int, ...]
    scores: tuple[float, ...]
    precision: float
    by_chance: float
    half_found_in: float


def rank(texts: Sequence[str], has: Sequence[bool], interviews: Sequence[str], *, seed: int) -> Ranked:
    """Rank the turns that lack a code by how like they are to those that have it.

    Parameters
    ----------
    texts : turns of finished interviews, one text each
    has : whether each has the code
    interviews : the interview of each; one is never on both sides of a test
    seed : fixes which interviews are held out together

    Raises
    ------
    AnalysisRefused
        Too few turns have the code, of too few interviews.
    """
    labels, groups = np.asarray(has, dtype=int), np.asarray(interviews, dtype=np.str_)
    with_code = set(groups[labels == 1])
    if labels.sum() < FEWEST or len(with_code) < FEWEST_PEOPLE or len(set(groups)) < FOLDS or labels.all():
        raise AnalysisRefused(
            f"ranking: {int(labels.sum())} turns of {len(with_code)} interviews have the code",
            expected=f"at least {FEWEST} turns of {FEWEST_PEOPLE} interviews, among {FOLDS} interviews or more",
            fix="code more first: a model of fewer learns these people's words, not the code",
        )
    held_out = np.zeros(len(texts))
    for inside, outside in folds(groups, seed):
        if labels[inside].any():
            held_out[outside] = _scores(texts, labels, inside, outside)
    rest = np.flatnonzero(labels == 0)
    scores = _scores(texts, labels, np.arange(len(texts)), rest)
    order = np.argsort(-scores, kind="stable")
    return Ranked(
        order=tuple(int(rest[k]) for k in order),
        scores=tuple(float(scores[k]) for k in order),
        precision=float(average_precision_score(labels, held_out)),
        by_chance=float(labels.mean()),
        half_found_in=_half(labels, held_out),
    )


def _half(labels: np.ndarray, scores: Array) -> float:
    found = labels[np.argsort(-scores, kind="stable")].cumsum()
    return float((np.searchsorted(found, labels.sum() / 2) + 1) / len(labels))


def _scores(texts: Sequence[str], labels: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> Array:
    model = _model()
    model.fit([texts[k] for k in inside], labels[inside])
    return np.asarray(model.decision_function([texts[k] for k in outside]), dtype=float)


def _model() -> Pipeline:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    linear = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight="balanced")
    return make_pipeline(FeatureUnion([("words", words), ("parts", parts)]), linear)
