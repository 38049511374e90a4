"""What may be rendered: records that only the disclosure gate can make.

`outputs` and `publish` take these types and no others, so that a page cannot be made from a true count by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ot_eval.base.errors import InternalFault
from ot_eval.base.results import Number
from ot_eval.outputs.policy import Policy

SEAL: Final = object()
"""Held by `ot_eval.outputs.disclosure` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedEstimate:
    """One estimate after disclosure control; `hidden` says why its value is missing, or is empty."""

    study: str
    analysis: str
    population: str
    outcome: str
    term: str
    measure: str
    unit: str
    value: Number | None
    se: Number | None
    lower: Number | None
    upper: Number | None
    level: float | None
    p: float | None
    n: int | None
    n_event: int | None
    n_cluster: int | None
    method: str
    hidden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedCurve:
    """A coarsened curve: at least the threshold of events lies between any two points.

    `drawn` is False where there are too few people for a curve; then `days` are the horizons of a small table.
    `risk_days`, `n_risk` and `n_event` (cumulative) are the rounded table below the curve; None is hidden.
    `hidden` says why there are no points at all, or is empty.
    """

    analysis: str
    population: str
    outcome: str
    group: str
    unit: str
    people: int | None
    days: tuple[int, ...]
    value: tuple[float, ...]
    lower: tuple[float, ...] | None
    upper: tuple[float, ...] | None
    risk_days: tuple[int, ...]
    n_risk: tuple[int | None, ...]
    n_event: tuple[int | None, ...]
    level: float
    method: str
    drawn: bool
    hidden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedStep:
    """One line of the flow diagram; `n_removed` is the difference of the shown numbers."""

    population: str
    rule: str
    label: str
    n_left: int | None
    n_removed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedCheck:
    """Whether an assumption held, with the counts in its sentences rounded."""

    analysis: str
    name: str
    passed: bool
    sentence: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedDeviation:
    """One difference between the locked and the used protocol."""

    place: str
    locked: str
    used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedWords:
    """A table of words that has been searched for identifiers."""

    analysis: str
    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Everything one strand may publish. Made by `ot_eval.outputs.disclosure.release` and by nothing else."""

    study: str
    strand: str
    title: str
    question: str
    policy: Policy
    estimates: tuple[ReleasedEstimate, ...]
    curves: tuple[ReleasedCurve, ...]
    flow: tuple[ReleasedStep, ...]
    checks: tuple[ReleasedCheck, ...]
    deviations: tuple[ReleasedDeviation, ...]
    notes: tuple[str, ...]
    facts: dict[str, str]
    words: tuple[ReleasedWords, ...] = ()
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not SEAL:
            raise InternalFault(
                "a Released value was made outside the disclosure gate",
                expected="ot_eval.outputs.disclosure.release to make it",
                fix="pass the StudyResult through release(result, policy)",
            )

    @property
    def synthetic(self) -> bool:
        """Whether the data were made up."""
        return bool(self.facts.get("synthetic", "")) and self.facts["synthetic"].lower() not in {"no", "false"}

    @property
    def n_hidden(self) -> int:
        """How many published lines have their number hidden."""
        lines = sum(1 for e in self.estimates if e.hidden)
        return lines + sum(1 for c in self.curves if c.hidden) + sum(1 for s in self.flow if s.n_left is None)

    def find(self, analysis: str, **wanted: str) -> tuple[ReleasedEstimate, ...]:
        """Return the estimates of one analysis whose columns equal `wanted`, in their order."""
        return tuple(
            e
            for e in self.estimates
            if e.analysis == analysis and all(getattr(e, name) == value for name, value in wanted.items())
        )

    def table(self, name: str) -> ReleasedWords | None:
        """Return the table of words of this name, or None."""
        return next((t for t in self.words if t.name == name), None)

    def one(self, analysis: str, **wanted: str) -> ReleasedEstimate | None:
        """Return the single shown estimate that fits, or None where it is missing or hidden."""
        found = [e for e in self.find(analysis, **wanted) if e.value is not None]
        return found[0] if len(found) == 1 else None
