"""Agreement on segments whose bounds coders chose: Krippendorff's u-alpha (Content Analysis, 2nd ed. 2004, ch. 11).

Offered beside agreement on turns, for one code at a time. Segments of one coder must not overlap. The family of 2016
that follows it is not here: no published numbers were at hand to hold it to.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ot_eval.base.errors import AnalysisRefused

Stretch = tuple[int, int]
"""Start and end on the continuum, the end excluded."""


def pieces(segments: Sequence[Stretch], length: int) -> list[tuple[int, int, bool]]:
    """Return the whole continuum of one coder as (start, end, coded).

    Examples
    --------
    >>> pieces([(2, 4)], 6)
    [(0, 2, False), (2, 4, True), (4, 6, False)]
    """
    ordered = sorted(segments)
    if any(a[1] > b[0] for a, b in pairwise(ordered)) or any(not 0 <= s < e <= length for s, e in ordered):
        raise AnalysisRefused(
            "u-alpha: segments of one coder overlap or leave the text",
            expected="segments side by side",
            fix="join segments of the same code that overlap",
        )
    out, at = [], 0
    for start, end in ordered:
        if start > at:
            out.append((at, start, False))
        out.append((start, end, True))
        at = end
    if at < length:
        out.append((at, length, False))
    return out


def differences(coders: Sequence[Sequence[Stretch]], length: int) -> tuple[float, float]:
    """Return observed and expected disagreement of one code over a continuum from 0 to `length`."""
    whole = [pieces(segments, length) for segments in coders]
    m = len(coders)
    observed = sum(
        _apart(a, b) for i, first in enumerate(whole) for k, other in enumerate(whole) if i != k
        for a in first for b in other
    )  # fmt: skip
    units = [(e - s) for one in whole for s, e, coded in one if coded]
    gaps = [(e - s) for one in whole for s, e, coded in one if not coded]
    expected = 0.0
    for size in units:
        inner = (len(units) - 1) / 3 * (2 * size**3 - 3 * size**2 + size)
        around = sum((g - size + 1) for g in gaps if g >= size) * size**2
        expected += inner + around
    n = m * length
    bottom = n * (n - 1) - sum(size * (size - 1) for size in units)
    return observed / (m * (m - 1) * length**2), 2 / length * expected / bottom


def _apart(a: tuple[int, int, bool], b: tuple[int, int, bool]) -> float:
    """Return the squared difference of two pieces that cross."""
    if not (a[0] < b[1] and b[0] < a[1]):
        return 0.0
    if a[2] and b[2]:
        return float((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)
    if a[2] and b[0] <= a[0] and a[1] <= b[1]:
        return float((a[1] - a[0]) ** 2)
    if b[2] and a[0] <= b[0] and b[1] <= a[1]:
        return float((b[1] - b[0]) ** 2)
    return 0.0


def u_alpha(coders: Sequence[Sequence[Stretch]], length: int) -> float | None:
    """Return u-alpha of one code; None where nobody used it.

    Parameters
    ----------
    coders : each coder's segments
    length : of the continuum
    """
    if not any(coders):
        return None
    observed, expected = differences(coders, length)
    return 1 - observed / expected
