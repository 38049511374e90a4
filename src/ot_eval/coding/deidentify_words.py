"""The words that the detector of names knows: English, the speech of home care, names, and a study's own roster."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, as a set to look up in."""
    return frozenset(text.split())


TOKEN = re.compile(r"[^\W\d_]+(?:['’‘-][^\W\d_]+)*")
SHORTEST_FUZZY = 5
"""Roster names this long also match with one letter wrong, missing or added; shorter ones would match common words."""
FUNCTION = word_set(
    """
    a about above across after again against ago all almost along already also although always am an and
    another any anything are around as at away back be because been before behind being below beside between
    both but by can cannot come comes coming could did do does doing done down each either else end ended even
    ever every everything few find for from gave get gets getting give go goes going gone good got had has
    have having he her here hers herself him himself his how however i if in inside into is it its itself just
    keep kept knew know last later least less let like little long look looked lot made make makes many may
    maybe me mean might mine more most much must my myself near never new next no nobody none nor not nothing
    now of off often on once one only onto or other our ours ourselves out over own past perhaps please pretty
    put quite rather really right said same saw say says see seen several shall she should since so some
    somebody someone something sometimes soon still such take takes taken tell than thank thanks that the
    their them themselves then there these they thing things think this those though thought through till to
    today together told tomorrow too took toward towards under until up upon us use used usually very want
    wanted was way we well went were what whatever when where whether which while who whole whom whose why
    will with within without would yes yesterday yet you your yours yourself okay ok yeah oh er erm um mm aye
    er well sort kind bit two three four five six seven eight nine ten has's i'm i've i'd i'll he's she's it's
    that's there's they're we're you're don't didn't won't can't couldn't wouldn't isn't wasn't weren't hasn't
    haven't hadn't doesn't what's who's let's
    """
)
PROPER = word_set(
    """
    january february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays
    christmas easter xmas boxing new-year ramadan eid diwali passover pentecost lent god lord jesus christ
    bible quran english british uk britain england scotland wales ireland europe america welsh scottish irish
    polish indian pakistani bengali punjabi gujarati urdu hindi chinese jamaican caribbean african asian
    european american muslim hindu sikh christian catholic methodist anglican jewish covid zoom teams facebook
    whatsapp google alexa amazon tesco asda aldi lidl sainsbury's sainsburys morrisons boots argos bbc tv ot
    ots gp gps nhs pip esa dwp uti utis copd tia ctl a&e mdt hcpc rcot adl adls iv ecg mri ct ceo it id pa pas
    am pm i mr mrs ms dr parkinson's parkinsons alzheimer's alzheimers zimmer hoover x-ray vat interviewer
    participant carer national insurance
    """
)
AMBIGUOUS_SECTION = "also words"


def folded(word: str) -> str:
    """Return a word as it is compared: lower case, straight apostrophes, no accents, no possessive.

    Examples
    --------
    >>> folded("Siân’s"), folded("O’Brien"), folded("Jess'")
    ('sian', "o'brien", 'jess')
    """
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").replace("‘", "'")).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("ł", "l").replace("ß", "ss")
    return plain.removesuffix("'s").strip("'")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words known to be English, names in the toolkit's list, and names that are words as well."""

    english: frozenset[str]
    names: frozenset[str]
    ambiguous: frozenset[str]

    def is_word(self, token: str) -> bool:
        """Whether a token is English: as it stands, without its possessive, or each part between hyphens."""
        plain = token.casefold().replace("’", "'").replace("‘", "'")
        if plain in self.english or folded(plain) in self.english or (len(plain) == 1 and plain.isascii()):
            return True
        parts = [p for p in plain.split("-") if p]
        return len(parts) > 1 and all(len(p) == 1 or p in self.english or folded(p) in self.english for p in parts)


def _lines(name: str) -> Iterator[str]:
    text = (files("ot_eval.coding") / "reference" / name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def vocabulary() -> Vocabulary:
    """Return the shipped word lists."""
    names: dict[str, set[str]] = {}
    section = ""
    for line in _lines("names_uk.txt"):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            names.setdefault(section, set()).update(line.split())
    ambiguous = frozenset(names[AMBIGUOUS_SECTION])
    spoken = {w for line in _lines("spoken_words.txt") for w in line.split()}
    english = (frozenset(_lines("english_words.txt")) | spoken | FUNCTION | PROPER) - {"ali", "ben"}
    listed = frozenset(names["given"] | names["surname"])
    both = (ambiguous | (listed & english)) - names["words that are mostly names"]
    return Vocabulary(english=english, names=listed - both, ambiguous=both)


def _less_one(word: str) -> list[str]:
    return [word, *(word[:k] + word[k + 1 :] for k in range(len(word)))]


class Roster:
    """Names that somebody typed for an interview; a match may have one letter wrong, missing or added.

    Parameters
    ----------
    names : as typed; of several words, the whole and each word that is no common word
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._whole: dict[tuple[str, ...], str] = {}
        self._word: dict[str, str] = {}
        self._near: dict[str, tuple[str, str]] = {}
        for name in names:
            words = tuple(folded(t) for t in TOKEN.findall(name))
            if not words:
                continue
            self._whole.setdefault(words, name)
            for word in words:
                if word not in FUNCTION and len(word) > 1:
                    self._word.setdefault(word, name)
        self._longest = max((len(w) for w in self._whole), default=0)
        for word, name in self._word.items():
            if len(word) >= SHORTEST_FUZZY:
                for short in _less_one(word):
                    self._near.setdefault(short, (word, name))

    def find(self, tokens: list[str], at: int, known: Vocabulary) -> tuple[int, str, bool] | None:
        """Return (words matched, the roster's name, whether exactly) for the tokens from `at`, or None.

        Parameters
        ----------
        tokens : folded words of the text
        at : where to begin
        known : near matches that are English words are left out
        """
        for n in range(min(self._longest, len(tokens) - at), 1, -1):
            name = self._whole.get(tuple(tokens[at : at + n]))
            if name is not None:
                return n, name, True
        token = tokens[at]
        if token in self._word:
            return 1, self._word[token], True
        if len(token) >= SHORTEST_FUZZY - 1 and not known.is_word(token):
            for short in _less_one(token):
                word, name = self._near.get(short, ("", ""))
                if word and abs(len(word) - len(token)) <= 1:
                    return 1, name, False
        return None
