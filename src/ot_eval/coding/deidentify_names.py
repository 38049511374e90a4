"""Names: by the roster, by the words before them, by the list, by capitals, and because they are no English word.

The last two need no list at all: that is what finds the names that no list holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ot_eval.coding.deidentify_model import HIGH, LOW, MIDDLE, Flag, Kind
from ot_eval.coding.deidentify_words import FUNCTION, PROPER, TOKEN, Roster, Vocabulary, folded, word_set

_TITLES = word_set(
    """
    mr mrs ms mister missus dr prof professor rev reverend sir dame councillor cllr
    """
)
_BEFORE_SURNAMES = word_set("mr mrs")
_ROLES = word_set(
    """
    miss doctor nurse sister lady lord father uncle auntie aunty aunt aunti nan nana nanna gran grandma
    grandad granddad nain taid physio ot carer matron captain pastor imam rabbi cousin
    """
)
_KIN = word_set(
    """
    daughter son wife husband partner brother sister mother father mum mam dad nephew niece friend neighbour
    grandson granddaughter grandaughter sister-in-law brother-in-law daughter-in-law son-in-law mother-in-law
    stepson cousin stepdaughter boy girl lad lass dog cat carer therapist ot physio nurse doctor gp landlord
    landlady manager lady one warden solicitor vicar priest keyworker eldest youngest twin girlfriend
    boyfriend fiance
    """
)
_NAMED = word_set(
    """
    called named
    """
)
_GREETS = word_set(
    """
    hello hi hiya dear bye morning afternoon cheers
    """
)
_NOT_NAMES_AFTER_CALLED = word_set(
    """
    ambulance doctor doctors physio round back upstairs downstairs
    """
)
_MODAL = word_set("will may can must might")
_STARTERS = word_set("it you i we they he she the that this these those to so not me my your us be there too")
_HYPHENATED_PARTS = 2
_SHORTEST_UNKNOWN = 3
_ENDS = frozenset('.!?…\n:"“”‘(')


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The words of a text: as written, where, folded, and whether each begins a sentence."""

    text: str
    words: list[str]
    spans: list[tuple[int, int]]
    folds: list[str]
    first: list[bool]

    @classmethod
    def of(cls, text: str) -> _Tokens:
        found = list(TOKEN.finditer(text))
        first = []
        for k, token in enumerate(found):
            before = text[found[k - 1].end() if k else 0 : token.start()]
            first.append(k == 0 or any(c in _ENDS for c in before))
        words = [f[0] for f in found]
        return cls(text, words, [f.span() for f in found], [folded(w) for w in words], first)

    def near(self, a: int, b: int) -> bool:
        """Whether only blanks, a comma, a full stop or a hesitation stand between two words."""
        return self.text[self.spans[a][1] : self.spans[b][0]].strip(" \t\n,.-–—'") == ""

    def part_of_a_number(self, k: int) -> bool:
        """Whether a figure follows at once: the L of L4."""
        return self.text[self.spans[k][1] : self.spans[k][1] + 1].isdigit()

    def capital(self, k: int) -> bool:
        return self.words[k][0].isupper()


def names(text: str, known: Vocabulary, roster: Roster) -> Iterator[Flag]:
    """Yield what may be a name in `text`.

    Parameters
    ----------
    text : one turn
    known : the word lists
    roster : the interview's own names
    """
    tokens = _Tokens.of(text)
    skip = 0
    for k in range(len(tokens.words)):
        listed = roster.find(tokens.folds, k, known) if k >= skip else None
        if listed:
            n, _, exact = listed
            skip = k + n
            why = "in the roster" if exact else "one letter from a name in the roster"
            yield _flag(tokens, k, k + n - 1, "name", why, HIGH if exact else MIDDLE)
        yield from _by_cue(tokens, k, known)
        yield from _by_itself(tokens, k, known)


def _flag(tokens: _Tokens, first: int, last: int, kind: Kind, why: str, risk: int) -> Flag:
    return Flag(tokens.spans[first][0], tokens.spans[last][1], kind, why, risk)


def _like_a_name(tokens: _Tokens, k: int, known: Vocabulary) -> bool:
    """Whether a word could be a name where a name is expected: a capital, in the list, or no English word."""
    word = tokens.folds[k]
    if tokens.part_of_a_number(k):
        return False
    if word in FUNCTION and not (word in known.ambiguous and tokens.capital(k)):
        return False
    if tokens.capital(k) and not tokens.first[k]:
        return word not in PROPER or word in known.ambiguous
    return word in known.names or word in known.ambiguous or not known.is_word(tokens.words[k])


def _by_cue(tokens: _Tokens, k: int, known: Vocabulary) -> Iterator[Flag]:
    cue = tokens.folds[k]
    after = k + 1
    if after >= len(tokens.words) or not tokens.near(k, after):
        return
    word = tokens.folds[after]
    like = _like_a_name(tokens, after, known)
    surname = word not in FUNCTION or (cue in _BEFORE_SURNAMES and word in known.ambiguous)
    if (cue in _TITLES and surname) or (cue in _ROLES and like and word not in _MODAL):
        yield _flag(tokens, after, _extend(tokens, after, known), "name", "after a title", HIGH)
    elif tokens.first[after]:
        return
    elif cue in _KIN and like and (tokens.capital(after) or word not in _MODAL):
        yield _flag(tokens, after, _extend(tokens, after, known), "name", "after a relation", MIDDLE)
    elif _says_a_name(tokens, k) and word not in FUNCTION and word not in _NOT_NAMES_AFTER_CALLED:
        yield _flag(tokens, after, _extend(tokens, after, known), "name", "after 'name is' or 'called'", HIGH)
    elif (cue in _GREETS or _introduces(tokens, k)) and like:
        yield _flag(tokens, after, _extend(tokens, after, known), "name", "after a greeting or introduction", MIDDLE)


def _extend(tokens: _Tokens, k: int, known: Vocabulary) -> int:
    """Return the last word of a name that begins at `k`: it goes on over words that are like names too."""
    last = k
    while last + 1 < len(tokens.words) and last - k < _HYPHENATED_PARTS:
        gap = tokens.text[tokens.spans[last][1] : tokens.spans[last + 1][0]]
        if gap.strip(" .") or "\n" in gap or not _like_a_name(tokens, last + 1, known):
            break
        if tokens.folds[last + 1] in known.ambiguous and not tokens.capital(last + 1) and tokens.capital(k):
            break
        last += 1
    return last


def _says_a_name(tokens: _Tokens, k: int) -> bool:
    cue, before = tokens.folds[k], tokens.folds[max(k - 2, 0) : k]
    if cue in _NAMED or (cue == "as" and before[-1:] == ["known"]):
        return True
    if tokens.words[k].casefold().replace("’", "'") in ("name's", "surname's"):
        return True
    return cue in ("is", "was") and before[-1:] in (["name"], ["surname"], ["names"])


def _introduces(tokens: _Tokens, k: int) -> bool:
    said = tokens.words[k].casefold().replace("’", "'")
    before = tokens.folds[k - 1] if k else ""
    return (
        said in ("i'm", "it's", "that's", "she's", "he's", "who's")
        or (said in ("is", "was") and before in ("this", "it", "that"))
        or said in ("and", "with", "to", "by", "from", "for", "met", "asked", "rang", "phoned", "told", "saw")
    )


def _by_itself(tokens: _Tokens, k: int, known: Vocabulary) -> Iterator[Flag]:
    word, capital = tokens.folds[k], tokens.capital(k)
    inside = capital and not tokens.first[k] and not tokens.part_of_a_number(k)
    if word in known.names:
        yield _flag(tokens, k, k, "name", "in the list of names", HIGH if capital else MIDDLE)
    elif word in known.ambiguous:
        if inside and word not in PROPER:
            yield _flag(tokens, k, k, "name", "a capital letter, and in the list of names", MIDDLE)
        elif capital and not _starts(tokens, k):
            yield _flag(tokens, k, k, "perhaps_name", "a word that is a name as well", LOW)
    elif inside and word not in PROPER and tokens.words[k] != "I" and not _contraction_of_i(tokens.words[k]):
        risk = LOW if tokens.words[k].isupper() and known.is_word(word) else MIDDLE
        yield _flag(tokens, k, k, "perhaps_name", "a capital letter inside a sentence", risk)
    elif _long_enough(tokens.words[k]) and not known.is_word(tokens.words[k]) and not _broken_off(tokens, k):
        yield _flag(tokens, k, k, "unknown_word", "no English word", MIDDLE if capital else LOW)


def _long_enough(word: str) -> bool:
    return len(word) >= _SHORTEST_UNKNOWN or not word.isascii()


def _contraction_of_i(word: str) -> bool:
    return word[:2] in ("I'", "I’", "I-")


def _starts(tokens: _Tokens, k: int) -> bool:
    """Whether a word that is a name as well is here the beginning of a sentence: "Will you", "Hope so", "May I"."""
    return k + 1 < len(tokens.words) and tokens.folds[k + 1] in _STARTERS and tokens.first[k]


def _broken_off(tokens: _Tokens, k: int) -> bool:
    """Whether a word was broken off in speech ("physi- physiotherapist")."""
    end = tokens.spans[k][1]
    return tokens.text[end : end + 1] in ("-", "–", "—") and not tokens.text[end + 1 : end + 2].isalpha()
