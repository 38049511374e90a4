"""The small language in which phrases are written, compiled to regular expressions over the words of a sentence."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ot_eval.base.errors import RequestError
from ot_eval.coding.text import stem

GAP = r"(?:\S+ ){0,3}"
_PART = re.compile(r"[a-z0-9'*|]+")
_DEPTH = 3  # a set may name a set, that one another; deeper is a circle


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (both included) of a sentence."""

    first: int
    last: int

    def distance(self, other: Span) -> int:
        """Return how many words lie between two spans; 0 when they touch or overlap."""
        return max(self.first - other.last - 1, other.first - self.last - 1, 0)

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a word."""
        return self.first <= other.last and other.first <= self.last


def joined(words: Sequence[str]) -> str:
    """Return words as the text that patterns run over: one space around each."""
    return " " + " ".join(words) + " "


@dataclass(frozen=True, slots=True)
class Patterns:
    """Several phrases as one expression."""

    expression: re.Pattern[str] | None

    def spans(self, words: Sequence[str]) -> list[Span]:
        """Return where the phrases stand from left to right; one that lies inside a longer one is left out."""
        if self.expression is None:
            return []
        text = joined(words)
        starts, at = [], 1
        for word in words:
            starts.append(at)
            at += len(word) + 1
        found: list[Span] = []
        position = 0
        while match := self.expression.search(text, position):
            first = bisect_right(starts, match.start()) - 1
            last = bisect_right(starts, match.end() - 1) - 1
            if not found or last > found[-1].last:
                found.append(Span(first, last))
            position = starts[first] + 1
        return found


def compile_phrases(lines: Iterable[str], sets: dict[str, list[str]], *, stems: bool) -> Patterns:
    """Compile phrases.

    Parameters
    ----------
    lines : phrases in the language of `phrases_ot.yaml`
    sets : named lists that `@name` stands for
    stems : compare stems; else whole words

    Raises
    ------
    RequestError
        A phrase has a sign that the language lacks, or names a set that does not exist.

    Examples
    --------
    >>> rails = compile_phrases(["grab|hand rail", "ordered .. rail"], {}, stems=True)
    >>> rails.spans([stem(w) for w in "ordered two more rails and a handrail".split()])
    [Span(first=0, last=3)]
    """
    longest_first = sorted(set(flat(lines, sets)), key=lambda p: (-len(p), p))
    if not longest_first:
        return Patterns(None)
    body = "|".join(_expression(phrase, stems=stems) for phrase in longest_first)
    return Patterns(re.compile(rf"(?<= )(?:{body})(?= )"))


def words_of(lines: Iterable[str], sets: dict[str, list[str]]) -> set[str]:
    """Return every plain word that the phrases use: what typing errors are mended towards."""
    return {
        word
        for phrase in flat(lines, sets)
        for part in phrase.split()
        for word in part.split("|")
        if word.replace("'", "").isalpha()
    }


def flat(lines: Iterable[str], sets: dict[str, list[str]], depth: int = _DEPTH) -> Iterator[str]:
    """Yield the phrases, with the lines of a set in the place of its name."""
    for line in lines:
        if not line.startswith("@"):
            yield line
        elif depth and line[1:] in sets:
            yield from flat(sets[line[1:]], sets, depth - 1)
        else:
            raise _refusal(line)


def _expression(phrase: str, *, stems: bool) -> str:
    out = ""
    for part in phrase.split():
        if part == "..":
            out += GAP
            continue
        if not _PART.fullmatch(part):
            raise _refusal(phrase)
        out += "(?:" + "|".join(_word(w, stems=stems) for w in part.split("|")) + ") "
    return out.rstrip(" ") if not out.endswith(GAP) else out[: -len(GAP)].rstrip(" ")


def _word(word: str, *, stems: bool) -> str:
    if word.endswith("*"):
        begins = word[:-1]
        if stems and begins.startswith(stem(begins)):
            begins = stem(begins)  # "environment*" must find the stem of "environment", which is shorter
        return re.escape(begins) + r"\S*"
    if "9" in word:
        return word.replace("9", r"\d+")
    return re.escape(stem(word) if stems else word)


def _refusal(phrase: str) -> RequestError:
    return RequestError(
        f"phrase list: '{phrase}' cannot be read",
        expected="small letters, digits, apostrophes, | for either, .. for a gap, * for any ending, 9 for any number, "
        "or @ and the name of a set alone on its line",
        fix="correct the phrase in the codebook or the phrase list",
    )
