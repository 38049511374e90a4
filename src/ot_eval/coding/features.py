"""What the trained model sees of a note: the rules' finds, likeness to the codebook's words, and who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from ot_eval.coding.codebook import Codebook
from ot_eval.coding.rules import Mention, Rules
from ot_eval.coding.scope import TRIGGERED

Array = NDArray[np.float64]
ABBREVIATED_ROLE = {
    "occupational_therapist": "OT",
    "ot_assistant": "OTA",
    "reablement_support_worker": "RSW",
    "physiotherapist": "PT",
    "home_carer": "HC",
    "social_worker": "SW",
}
"""The toolkit's roles in the words of the codebook's `usual_provider`."""
_WORDS: dict[str, Any] = {"tokenizer": str.split, "token_pattern": None, "lowercase": False}
MOST_FINDS = 3
MOST_OTHERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One contact's note. `staff_role` is the toolkit's word, or empty where it is not known."""

    contact_id: str
    person_id: str
    note: str
    staff_role: str = ""


class Reading:
    """Notes read once by the rules: words for TF-IDF, finds, and likeness of each note to each code's own words."""

    def __init__(self, notes: Sequence[Note], rules: Rules, book: Codebook) -> None:
        self.names = book.names
        self.notes = tuple(notes)
        self.raw = [n.note for n in notes]
        self.tagged, done = [], []
        read = [rules.read(n.note) for n in notes]
        for one in read:
            pairs = one.words()
            self.tagged.append(" ".join(word if s in ("done", "observed") else f"{s}_{word}" for word, s in pairs))
            done.append(" ".join(word for word, s in pairs if s in ("done", "observed")))
        self.mentions = [rules.finds(one) for one in read]
        self.found = np.array([[any(m.code == c and m.counts for m in ms) for c in self.names] for ms in self.mentions])
        self.found = self.found.reshape(len(notes), len(self.names)).astype(float)
        named = np.array([[c in things for c in self.names] for things in map(rules.things, read)], dtype=float)
        self.pairs = self._pairs(_likeness(done, _own_words(rules, book)), named.reshape(self.found.shape), book)

    def _pairs(self, likeness: Array, named: Array, book: Codebook) -> Array:
        """Return one row of features for each note and code: (notes, codes, features)."""
        finds = np.array([[_of_code(ms, c) for c in self.names] for ms in self.mentions], dtype=float)
        finds = finds.reshape(len(self.notes), len(self.names), 2 + len(TRIGGERED) + 1)
        half = (named * (1 - self.found))[:, :, None]
        roles = [ABBREVIATED_ROLE.get(n.staff_role, "") for n in self.notes]
        usual = np.array([[r in c.usual_provider for c in book.codes] for r in roles], dtype=float)
        usual = usual.reshape(len(self.notes), len(self.names))[:, :, None]
        others = np.minimum(self.found.sum(1, keepdims=True) - self.found, MOST_OTHERS)[:, :, None] / MOST_OTHERS
        found = self.found[:, :, None]
        plain = [finds, half, usual, others, likeness]
        return np.concatenate([*plain, found * usual, found * others, found * likeness], axis=2)


def _of_code(mentions: Sequence[Mention], code: str) -> list[float]:
    mine = [m for m in mentions if m.code == code]
    counted = sum(m.counts for m in mine)
    other = [any(m.standing == s and not m.counts for m in mine) for s in TRIGGERED]
    mixed = 0 < counted < len(mine)
    return [float(counted > 0), min(counted, MOST_FINDS) / MOST_FINDS, *map(float, other), float(mixed)]


def _own_words(rules: Rules, book: Codebook) -> list[str]:
    """Return each code's label, definition, include examples and phrases, as stems."""
    texts = [
        " . ".join((c.label, c.definition, *c.include, *map(_plain, rule.lines)))
        for c, rule in zip(book.codes, rules.by_code, strict=True)
    ]
    return [" ".join(w.stem for s in rules.reader.sentences(t) for w in s) for t in texts]


def _plain(line: str) -> str:
    return line.replace("|", " ").replace("..", " ").replace("*", "").replace("9", "")


def _likeness(notes: Sequence[str], codes: Sequence[str]) -> Array:
    """Return cosine likeness of notes to codes by words and by characters, plain and relative to the note's others."""
    layers = []
    for vectoriser in (
        TfidfVectorizer(**_WORDS, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True),
    ):
        own = vectoriser.fit_transform(codes)
        cosine = np.asarray((vectoriser.transform(notes) @ own.T).toarray(), dtype=float)
        spread = cosine.std(1, keepdims=True)
        relative = (cosine - cosine.mean(1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
        layers += [cosine, relative]
    return np.stack(layers, axis=2)


class Vocabulary:
    """Word and character TF-IDF, learned from some notes and applied to others."""

    def __init__(self, reading: Reading, rows: NDArray[np.int_]) -> None:
        self._words = TfidfVectorizer(**_WORDS, ngram_range=(1, 2), sublinear_tf=True)
        self._characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._words.fit([reading.tagged[i] for i in rows])
        self._characters.fit([reading.raw[i] for i in rows])

    def __call__(self, reading: Reading, rows: NDArray[np.int_]) -> csr_matrix:
        """Return the TF-IDF rows of `rows`."""
        words = self._words.transform([reading.tagged[i] for i in rows])
        characters = self._characters.transform([reading.raw[i] for i in rows])
        return csr_matrix(hstack([words, characters]))
