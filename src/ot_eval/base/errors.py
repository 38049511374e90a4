"""One tree of errors. Each says what was found, what was expected and how to mend it, in three lines.

A message names table, column, rule and count. It never carries a person's value: messages reach logs and screens,
which have a lower privacy level than the data.
"""

from difflib import get_close_matches


class OTEvalError(Exception):
    """The root of every error the toolkit raises on purpose.

    Parameters
    ----------
    found : what is wrong, with its place and a count
    expected : the rule that was broken
    fix : what the reader can do about it
    """

    exit_code = 4

    def __init__(self, found: str, *, expected: str, fix: str) -> None:
        super().__init__(found)
        self.found, self.expected, self.fix = found, expected, fix

    def __str__(self) -> str:
        return f"Found:    {self.found}\nExpected: {self.expected}\nTo fix:   {self.fix}"


class DataError(OTEvalError, ValueError):
    """The data broke rules that a report cannot be made without (exit code 1)."""

    exit_code = 1


class RequestError(OTEvalError, ValueError):
    """The request was wrong: protocol, path or option (exit code 2)."""

    exit_code = 2


class AnalysisRefused(OTEvalError, ValueError):
    """The analysis would not be honest with these data: too few events, no convergence (exit code 3)."""

    exit_code = 3


class InternalFault(OTEvalError, RuntimeError):
    """Something the toolkit promised did not hold (exit code 4)."""


def nearest(name: str, allowed: object) -> str:
    """Return " Did you mean 'x'?" for the closest allowed name, or an empty string.

    Examples
    --------
    >>> nearest("populaton", ["population", "exposure"])
    " Did you mean 'population'?"
    >>> nearest("zzz", ["population"])
    ''
    """
    close = get_close_matches(name, [str(a) for a in allowed], n=1, cutoff=0.6)  # type: ignore[attr-defined]
    return f" Did you mean '{close[0]}'?" if close else ""
