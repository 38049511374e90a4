"""Words that stand out in some passages against the others, and words that stand together. Prompts for a reader.

Keyness is the log-likelihood G2 of Dunning (Computational Linguistics 19 (1993) 61-74) with the log ratio beside it.
No p-value: words of one person are not independent. The number of participants who used a word always stands beside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, log2

from nltk.collocations import BigramAssocMeasures, BigramCollocationFinder

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.concordance import WORDS

_STOP = (
    "a about again all also am an and any are as at be because been before but by came can come could did do does done "
    "er erm for from get go going got had has have he her here him his how i if in into is it it's its just know like "
    "me mean mm my of oh on one or other our out really said say see she so some that that's the their them then there "
    "they they're things think this to up us very was we well went were what when where which who will with would yeah "
    "yes you your i'm i'd i've don't didn't"
)
STOP = frozenset(_STOP.split())
"""Words passed over among collocations. Negations stay: they carry meaning."""
FEWEST = 5
HALF = 0.5
"""Added to a count of zero in the log ratio, so that it stays finite."""


@dataclass(frozen=True, slots=True)
class Key:
    """A word: its counts inside and outside, the participants inside who used it, G2, and log2 of the rate ratio."""

    word: str
    inside: int
    outside: int
    people: int
    g2: float
    log_ratio: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two words side by side: how often, by how many participants, and the log-likelihood ratio."""

    first: str
    second: str
    times: int
    people: int
    ratio: float


Passage = tuple[str, str]
"""The participant, and words of theirs."""


def words_of(text: str) -> list[str]:
    """Return the words of a passage in lower case, those in brackets left out."""
    return [w.casefold().replace("’", "'") for w in WORDS.tokenize(text) if not w.startswith("[")]


def keyness(inside: Iterable[Passage], outside: Iterable[Passage], *, fewest: int = FEWEST) -> tuple[Key, ...]:
    """Return words used more often inside than outside, those that stand out most first.

    Parameters
    ----------
    inside, outside : passages, for example of a code and all others
    fewest : words used less often inside are passed over

    Raises
    ------
    AnalysisRefused
        One of the two holds no words.
    """
    here, people = _counted(inside)
    there, _ = _counted(outside)
    n, m = here.total(), there.total()
    if not n or not m:
        raise AnalysisRefused(
            "keyness: there are no words on one side",
            expected="passages with and without the code",
            fix="choose a code that some turns have and others have not",
        )
    found = []
    for word, a in here.items():
        b = there[word]
        if a >= fewest and a / n > b / m:
            rate = log2(a / n) - log2((b or HALF) / m)
            found.append(Key(word, a, b, len(people[word]), g2(a, b, n, m), rate))
    return tuple(sorted(found, key=lambda k: (-k.g2, k.word)))


def g2(a: int, b: int, n: int, m: int) -> float:
    """Return the log-likelihood of a word with a of n words inside and b of m outside.

    Examples
    --------
    >>> round(g2(20, 5, 1000, 1000), 4)
    9.6372
    >>> g2(5, 5, 100, 100)
    0.0
    """
    rate = (a + b) / (n + m)
    return 2 * sum(x * log(x / (rate * size)) for x, size in ((a, n), (b, m)) if x)


def collocations(passages: Sequence[Passage], *, fewest: int = FEWEST) -> tuple[Pair, ...]:
    """Return words that stand side by side more often than by chance, those that do most first.

    Parameters
    ----------
    passages : turns; words of two turns are never side by side
    fewest : pairs seen less often are passed over
    """
    texts = [(who, words_of(text)) for who, text in passages]
    finder = BigramCollocationFinder.from_documents([words for _, words in texts])
    finder.apply_freq_filter(fewest)
    finder.apply_word_filter(lambda w: w in STOP or len(w) < 2)  # noqa: PLR2004  (a single letter is no word)
    scored = finder.score_ngrams(BigramAssocMeasures.likelihood_ratio)
    wanted = {pair for pair, _ in scored}
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for who, words in texts:
        for pair in pairwise(words):
            if pair in wanted:
                people[pair].add(who)
    times = finder.ngram_fd
    return tuple(Pair(a, b, times[a, b], len(people[a, b]), float(ratio)) for (a, b), ratio in scored)


def _counted(passages: Iterable[Passage]) -> tuple[Counter[str], dict[str, set[str]]]:
    counts: Counter[str] = Counter()
    people: dict[str, set[str]] = defaultdict(set)
    for who, text in passages:
        words = words_of(text)
        counts.update(words)
        for word in set(words):
            people[word].add(who)
    return counts, people
