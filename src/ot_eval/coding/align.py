"""The same words in two layouts: where a stretch of one stands in the other.

A tool may change line ends, blank lines and spaces at line ends. So two texts are the same when their letters and signs
are the same in order; blank space does not count.
"""

from __future__ import annotations

from bisect import bisect_left

from ot_eval.base.errors import DataError


class Aligned:
    r"""Leads from offsets in `theirs` to offsets in `ours`.

    Parameters
    ----------
    ours, theirs : two layouts of the same words
    name : which text this is, for messages

    Raises
    ------
    DataError
        The words differ; the message says at which line of ours.

    Examples
    --------
    >>> Aligned("A rail.\nGood.", "A  rail.\r\n\r\nGood. ", "I01").span(12, 17)
    (8, 13)
    """

    def __init__(self, ours: str, theirs: str, name: str) -> None:
        self._ours = [k for k, c in enumerate(ours) if not c.isspace()]
        self._theirs = [k for k, c in enumerate(theirs) if not c.isspace()]
        a, b = "".join(ours.split()), "".join(theirs.split())
        if a != b:
            at = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
            place = self._ours[at] if at < len(self._ours) else len(ours)
            raise DataError(
                f"text {name}: its words differ from ours, from line {ours[:place].count(chr(10)) + 1} on "
                f"({len(b)} signs there, {len(a)} here)",
                expected="the transcript as `ot-eval interviews export` wrote it",
                fix="code the exported text as it is; a text that was edited in the other program cannot be placed",
            )

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return where a stretch of theirs stands in ours, without blank space at its ends; None where it is blank."""
        first, last = bisect_left(self._theirs, start), bisect_left(self._theirs, end) - 1
        return (self._ours[first], self._ours[last] + 1) if first <= last else None
