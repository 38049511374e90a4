"""Words that often come together, as prompts for a reader. A topic is no theme and no finding.

Non-negative matrix factorisation of TF-IDF, begun from several random starts. How often the same words come out of
other starts is told beside each topic; topics that do not come back are only that start's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.keywords import STOP, Passage, words_of

STARTS = 10
TOP = 10
LEAST_WORDS = 5
"""A turn with fewer words says too little to be placed."""
FEWEST_TURNS = 30
FEWEST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Topic:
    """Its strongest words, the share of them that comes back from other starts, and the turns that show it best."""

    words: tuple[str, ...]
    stability: float
    people: int
    turns: tuple[int, ...]


def topics(passages: Sequence[Passage], n: int, *, seed: int) -> tuple[Topic, ...]:
    """Return `n` topics of turns of participants, the steadiest first.

    Parameters
    ----------
    passages : turns
    n : how many topics
    seed : for the starts

    Raises
    ------
    AnalysisRefused
        There are too few turns or participants for words to come together by more than chance.
    """
    kept = [k for k, (_, text) in enumerate(passages) if len(words_of(text)) >= LEAST_WORDS]
    people = np.array([passages[k][0] for k in kept])
    if len(kept) < max(FEWEST_TURNS, 2 * n) or len(set(people)) < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"topics: {len(kept)} turns of {len(set(people))} participants have {LEAST_WORDS} words or more",
            expected=f"at least {max(FEWEST_TURNS, 2 * n)} turns of {FEWEST_PEOPLE} participants",
            fix="read them instead; there are few enough",
        )
    vectoriser = TfidfVectorizer(analyzer=_content, min_df=3, max_df=0.5, sublinear_tf=True)
    seen = vectoriser.fit_transform([passages[k][1] for k in kept])
    names = vectoriser.get_feature_names_out()
    if len(names) < 2 * n:
        raise AnalysisRefused(
            f"topics: {len(names)} words come in three turns or more",
            expected=f"at least {2 * n}",
            fix="ask for fewer topics",
        )
    runs = sorted((_run(seen, n, seed + k) for k in range(STARTS)), key=lambda r: r[2])  # the best fit is shown
    tops = [[set(row.argsort()[::-1][:TOP]) for row in shapes] for _, shapes, _ in runs]
    weights, shapes, _ = runs[0]
    found = []
    for t in range(n):
        strong = weights[:, t].argsort()[::-1]
        mine = {p for p, w in zip(people, weights, strict=True) if w.argmax() == t and w[t] > 0}
        alike = [max(len(tops[0][t] & other) / len(tops[0][t] | other) for other in run) for run in tops[1:]]
        words = tuple(str(names[k]) for k in shapes[t].argsort()[::-1][:TOP])
        found.append(Topic(words, float(np.mean(alike)), len(mine), tuple(kept[k] for k in strong[:3])))
    return tuple(sorted(found, key=lambda x: -x.stability))


def _content(text: str) -> list[str]:
    return [w for w in words_of(text) if w not in STOP and len(w) > 2 and not w.isdigit()]  # noqa: PLR2004


def _run(seen: object, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    model = NMF(n_components=n, init="random", random_state=seed, max_iter=600, tol=1e-4)
    return model.fit_transform(seen), model.components_, float(model.reconstruction_err_)
