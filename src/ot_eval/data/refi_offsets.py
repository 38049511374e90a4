"""Which way a coding tool counted the characters of one text, found from the words, and offsets in code points.

The standard (REFI-QDA 1.5, section 10.2) counts code points from 0. Tools differ: some count a character above U+FFFF
as two, some count the two signs of a line end, some a byte order mark, some name the last character and not the next.
A wrong guess moves every later coding by a letter or more, silently; so each way is tried and the words decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from ot_eval.base.errors import DataError

LEAST_FIT = 0.6
"""Share of ends at a word's edge below which no way of counting is believed. Measured elsewhere on a real project: 0.91
where the way is right, 0.07 where every coding is shifted."""
LEAST_QUOTES = 0.9
"""Share of quotes in the file that must be the words at their offsets, where the file holds quotes."""
_BMP = 0xFFFF
_LF = 10
_NAMED = 4
"""A selection's name this long or longer, standing in the text, is taken for its quote."""


@dataclass(frozen=True, slots=True)
class Counting:
    """One way to count."""

    utf16: bool = False
    crlf: bool = False
    mark: bool = False
    last: bool = False

    def __str__(self) -> str:
        said = ["UTF-16 units" if self.utf16 else "code points"]
        said += ["each line end as two"] if self.crlf else []
        said += ["the byte order mark as one"] if self.mark else []
        said += ["the end included"] if self.last else []
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Placed:
    r"""Spans in code points of the text with \n for line ends and no mark, and how sure that is.

    `spans` is None where a span fits no place; `quoted` and `edges` are the shares of quotes and word edges that fit;
    `rivals` names other ways that fit the words as well and would put some spans elsewhere.
    """

    counting: Counting
    spans: tuple[tuple[int, int] | None, ...]
    quoted: float | None
    edges: float
    rivals: tuple[str, ...]


def plain(text: str) -> str:
    r"""Return a text without byte order mark and with \n for every line end."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def place(
    text: str, spans: Sequence[tuple[int, int]], names: Sequence[str], *, file: str, counting: Counting | None = None
) -> Placed:
    """Find how spans were counted and return them in code points of `plain(text)`.

    Parameters
    ----------
    text : the text as stored, with its mark and line ends
    spans : (start, end) as the tool wrote them
    names : each span's name, its quote in many tools; empty where it has none
    file : the text's name, for messages
    counting : the way to count, where somebody knows it; nothing is chosen then

    Raises
    ------
    DataError
        No way of counting puts the spans on words.
    """
    base = plain(text)
    if not spans:
        return Placed(counting or Counting(), (), None, 1.0, ())
    quotes = [_squeezed(n) if len(n.strip()) >= _NAMED else "" for n in names]
    squeezed = _squeezed(base)
    quotes = [q if q and q in squeezed else "" for q in quotes]
    ways = [counting] if counting else [Counting(*way[::-1]) for way in product((False, True), repeat=4)]
    tried = [(way, _spans(base, spans, way)) for way in ways]
    scored = [(way, got, _quoted(base, got, quotes), _edges(base, got)) for way, got in tried]
    best = max(scored, key=lambda s: (s[2] or 0.0, s[3]))  # max keeps the first: the standard before its variants
    way, got, quoted, edges = best
    if (quoted is not None and quoted < LEAST_QUOTES) or (quoted is None and edges < LEAST_FIT):
        raise DataError(
            f"{file}: no way of counting puts its {len(spans)} codings on words (best: {way}; "
            f"{round(100 * (edges if quoted is None else quoted))}% fit)",
            expected="offsets in code points or UTF-16 units, line ends counted as one or two",
            fix="export the project again with the text it was coded on; a text edited after coding cannot be placed",
        )
    rivals = tuple(str(s[0]) for s in scored if (s[2], s[3]) == (quoted, edges) and s[1] != got)
    return Placed(way, got, quoted, edges, rivals)


def _squeezed(text: str) -> str:
    return " ".join(text.split()).removesuffix("...").removesuffix("…").strip()


def counted(text: str, way: Counting) -> npt.NDArray[np.int64]:
    r"""Return the offset of every place of `text` (one more than it has letters) as `way` counts it.

    Parameters
    ----------
    text : with \n for line ends, without mark
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    width = np.ones(len(points), dtype=np.int64)
    if way.utf16:
        width += points > _BMP
    if way.crlf:
        width += points == _LF
    return np.concatenate([[0], np.cumsum(width)]) + int(way.mark)


def _spans(base: str, spans: Sequence[tuple[int, int]], way: Counting) -> tuple[tuple[int, int] | None, ...]:
    offsets = counted(base, way)
    beyond = int(offsets[-1]) + 1  # a number far outside would not fit into an array
    asked = np.array([[min(max(at, -1), beyond) for at in span] for span in spans], dtype=np.int64).reshape(-1, 2)
    asked += np.array([0, int(way.last)])
    found = np.searchsorted(offsets, asked)
    inside = found < len(offsets)
    exact = inside & (offsets[np.minimum(found, len(offsets) - 1)] == asked)
    return tuple(
        (int(a), int(b)) if fits and a < b else None for (a, b), fits in zip(found, exact.all(axis=1), strict=True)
    )


def _quoted(base: str, spans: Sequence[tuple[int, int] | None], quotes: Sequence[str]) -> float | None:
    asked = [(s, q) for s, q in zip(spans, quotes, strict=True) if q]
    if not asked:
        return None
    return sum(s is not None and _squeezed(base[s[0] : s[1]]).startswith(q) for s, q in asked) / len(asked)


def _edges(base: str, spans: Sequence[tuple[int, int] | None]) -> float:
    ends = [at for s in spans if s is not None for at in s]
    fit = sum(_edge(base, at) for at in ends) - sum(
        base[s[0]].isspace() + base[s[1] - 1].isspace() for s in spans if s is not None
    )
    return max(fit, 0) / (2 * len(spans))


def _edge(base: str, at: int) -> bool:
    return at in (0, len(base)) or not (base[at - 1].isalnum() and base[at].isalnum())
