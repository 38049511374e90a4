"""A contact note as sentences of words: abbreviations written out, spelling mended, words stemmed, offsets kept.

Nothing is downloaded: of nltk only the Snowball stemmer and the regular-expression tokeniser are used, without data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

SHORTEST_MENDED = 6
"""Shorter words are left as typed: one changed letter makes too many other words (rail, tail, mail)."""

_PIECE = r"[a-z0-9]+(?:['/&.:-][a-z0-9]+)*|[,;()\[\]→↑↓<>\n]|\?(?=[a-z])|[.!?:]|[-–—](?=\s)|[&+](?=\s)"
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "×": "x", "‐": "-"})
_SIGNS = {"→": "then", "&": "and", "+": "and", "?": "query", "↑": "increased", "↓": "reduced", ">": "then", "<": "then"}
_ENDS = {".", "!", ";", "\n"}
_BREAKS = {",", "(", ")", "[", "]", ":", "-", "–", "—", "→", ">"}
_INNER = re.compile(r"[/&.:-]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as compared: normalised, stemmed, its place in the note, and whether a comma or colon came before."""

    text: str
    stem: str
    start: int
    end: int
    after_break: bool
    after_colon: bool = False


Sentence = tuple[Word, ...]


@cache
def _stemmer() -> object:
    from nltk.stem.snowball import SnowballStemmer

    return SnowballStemmer("english")


@cache
def stem(word: str) -> str:
    """Return the stem of a lower-case word.

    Examples
    --------
    >>> stem("rails"), stem("dressing"), stem("practised") == stem("practise")
    ('rail', 'dress', True)
    """
    return str(_stemmer().stem(word))  # type: ignore[attr-defined]


def _less_one(word: str) -> list[str]:
    return [word, *(word[:i] + word[i + 1 :] for i in range(len(word)))]


class Speller:
    """Mends typing errors towards the words that the rules know, and never touches a word it knows.

    Two words are close when leaving out at most one letter in each makes them alike, and they begin alike: one letter
    wrong, missing, added, or two changed round.
    """

    def __init__(self, known: Iterable[str], common: Iterable[str] = ()) -> None:
        words = sorted({w for w in known if len(w) >= SHORTEST_MENDED - 1 and w.isalpha()})
        self._known = frozenset((*known, *common))
        self._stems = frozenset(stem(w) for w in self._known)
        self._near: dict[str, str] = {}
        for word in words:
            for short in _less_one(word):
                self._near.setdefault(short, word)

    def mend(self, word: str) -> str:
        """Return the known word that `word` was meant to be, or `word` itself.

        Examples
        --------
        >>> speller = Speller(["transfer", "assessment"], ["present"])
        >>> [speller.mend(w) for w in ("transfre", "assesment", "present", "hat")]
        ['transfer', 'assessment', 'present', 'hat']
        """
        if len(word) < SHORTEST_MENDED or not word.isalpha() or word in self._known or stem(word) in self._stems:
            return word
        for short in _less_one(word):
            near = self._near.get(short, "")
            if near[:1] == word[0] and abs(len(near) - len(word)) <= 1:
                return near
        return word


class Reader:
    """Turns notes into sentences, with one list of abbreviations and one speller."""

    def __init__(self, abbreviations: dict[str, str], speller: Speller) -> None:
        from nltk.tokenize import RegexpTokenizer

        self._short = abbreviations
        self._speller = speller
        self._pieces = RegexpTokenizer(_PIECE)

    def sentences(self, note: str) -> tuple[Sentence, ...]:
        """Return the sentences of a note; offsets count the characters of `note`."""
        text = note.translate(_PLAIN).lower()
        if len(text) != len(note):  # a few capital letters grow when made small; offsets must not shift
            text = "".join(c if len(c.lower()) != 1 else c.lower() for c in note.translate(_PLAIN))
        done: list[Sentence] = []
        words: list[Word] = []
        pause = colon = False
        for start, end in self._pieces.span_tokenize(text):
            piece = text[start:end]
            if piece == "." and words and words[-1].text.isdigit() and len(words[-1].text) == 1:
                pause = True  # the number of a list: "1. kettle 2. stairs"
                continue
            if piece in _ENDS or (piece == "?" and not text[end : end + 1].isalpha()):
                done.append(tuple(words))
                words, pause, colon = [], False, False
                continue
            if piece in _BREAKS:
                pause, colon = True, piece == ":"
                if piece not in _SIGNS:
                    continue
            for text_word in self._expand(piece):
                words.append(Word(text_word, stem(text_word), start, end, pause, colon))
                pause = colon = False
        return tuple(s for s in (*done, tuple(words)) if s)

    def _expand(self, piece: str) -> Iterator[str]:
        whole = self._short.get(piece, _SIGNS.get(piece))
        if whole is not None:
            yield from whole.split()
            return
        pieces = [p for p in _INNER.split(piece) if p]
        if len(pieces) == 1:
            yield self._speller.mend(piece.removesuffix("'s"))
            return
        for part in pieces:
            yield from self._expand(part)
