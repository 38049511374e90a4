"""Running the parts of a strand one after the other: a part that the data cannot carry is refused by name.

A refusal becomes a check that the page shows, and the other parts go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check

T = TypeVar("T")
TOO_LITTLE = "There is too little in the data for one of the planned analyses, so it is not shown."


def attempt(part: Callable[..., Iterable[T]], *given: object, of: str) -> Iterator[T | Check]:
    """Yield what a part finds, and, where it was refused, the check that says why.

    Parameters
    ----------
    part : the analysis; its name is the check's
    given : what it is called with
    of : population or outcome that the part is about
    """
    try:
        yield from part(*given)
    except AnalysisRefused as why:
        yield refusal(part.__name__, of, why)


def refusal(analysis: str, of: str, why: AnalysisRefused, sentence: str = TOO_LITTLE) -> Check:
    """Return a refused analysis as the check the page shows.

    Parameters
    ----------
    analysis : which analysis was refused
    of : population or outcome that it is about
    why : the refusal
    sentence : what a manager reads
    """
    return Check(
        analysis=analysis,
        name=f"refused for {of}",
        passed=False,
        sentence=sentence,
        detail=f"{why.found}. Expected: {why.expected}. To fix: {why.fix}.",
    )


def of_kind(kind: type[T], found: Iterable[object]) -> tuple[T, ...]:
    """Return what was found of one kind, in its order.

    Examples
    --------
    >>> of_kind(str, ["a", 1, "b"])
    ('a', 'b')
    """
    return tuple(one for one in found if isinstance(one, kind))
