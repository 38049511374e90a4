"""Frozen records that every analysis returns, and their one tidy form.

An impossible result cannot exist: intervals are ordered, levels lie in (0, 1), a missing bound is None and never nan.
These records hold *true* counts. They live in the private zone until `ot_eval.outputs.disclosure` releases them.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ot_eval.base.errors import InternalFault

Number = int | float


def _reject(record: object, rule: str) -> InternalFault:
    return InternalFault(
        f"results: a {type(record).__name__} breaks the rule '{rule}'",
        expected="a result that can exist",
        fix="report this: an estimator returned an impossible value",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number, and all that is needed to read it. Columns and units: `ot_eval.base.glossary.RESULT_COLUMNS`."""

    analysis: str
    population: str
    outcome: str
    term: str
    measure: str
    unit: str
    value: Number | None
    se: Number | None = None
    lower: Number | None = None
    upper: Number | None = None
    level: float | None = None
    p: float | None = None
    n: int | None = None
    n_event: int | None = None
    n_cluster: int | None = None
    method: str = ""
    study: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "se", "lower", "upper", "level", "p"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise _reject(self, f"{name} is finite or None")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise _reject(self, "lower <= upper")
        if self.lower is not None and self.level is None:
            raise _reject(self, "an interval states its level")
        if self.level is not None and not 0 < self.level < 1:
            raise _reject(self, "0 < level < 1")
        if self.p is not None and self.lower is None and self.upper is None and not self.measure.startswith("test"):
            raise _reject(self, "a p-value never stands alone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A quantity over whole days since time zero; every tuple has one entry a day listed in `days`.

    `value`, `lower` and `upper` share `unit` ("probability" between 0 and 1). `n_risk` counts people at risk just
    before the day (T >= t); `n_event` and `n_censored` are cumulative up to and including the day.
    """

    analysis: str
    population: str
    outcome: str
    group: str
    unit: str
    days: tuple[int, ...]
    value: tuple[float, ...]
    lower: tuple[float, ...] | None
    upper: tuple[float, ...] | None
    n_risk: tuple[int, ...]
    n_event: tuple[int, ...]
    n_censored: tuple[int, ...]
    level: float = 0.95
    method: str = ""

    def __post_init__(self) -> None:
        parts = [self.value, self.n_risk, self.n_event, self.n_censored, self.lower, self.upper]
        if any(part is not None and len(part) != len(self.days) for part in parts):
            raise _reject(self, "every tuple is as long as days")
        if not all(math.isfinite(x) for part in (self.value, self.lower, self.upper) if part is not None for x in part):
            raise _reject(self, "every value and limit is finite")
        if any(b <= a for a, b in zip(self.days, self.days[1:], strict=False)):
            raise _reject(self, "days increase")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """One eligibility rule in order: people who met it (`n_left`) and people it removed."""

    population: str
    rule: str
    label: str
    n_left: int
    n_removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether an assumption held, in one sentence a manager can read and one a statistician can."""

    analysis: str
    name: str
    passed: bool
    sentence: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One difference between the locked and the used protocol."""

    place: str
    locked: str
    used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTable:
    """A table of words: what people who were interviewed said, and what analysts made of it.

    Counts in it are of those interviewed ("7 of 15"), who agreed to be reported; never of people in records, whose
    counts are estimates. `spoken` names the columns that hold words as spoken or written by hand: before release they
    are searched for identifiers once more.
    """

    analysis: str
    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spoken: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(tuple(row) for row in self.rows))
        if any(len(row) != len(self.head) for row in self.rows):
            raise _reject(self, "every row is as long as its head")
        if not set(self.spoken) <= set(self.head):
            raise _reject(self, "spoken names columns of its head")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """Everything one strand found. Private until released.

    `facts` are short named strings about the data that the page states (data end, recording style, OT source);
    they hold no counts of people.
    """

    study: str
    strand: str
    title: str
    question: str
    estimates: tuple[Estimate, ...] = ()
    curves: tuple[Curve, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    checks: tuple[Check, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    notes: tuple[str, ...] = ()
    words: tuple[WordTable, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the result as JSON text with stable key order."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)


_PARTS: dict[str, type] = {
    "estimates": Estimate,
    "curves": Curve,
    "flow": FlowStep,
    "checks": Check,
    "deviations": Deviation,
    "words": WordTable,
}


def _record(kind: type, values: dict[str, Any]) -> Any:
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def from_json(text: str) -> StudyResult:
    """Read back what `StudyResult.to_json` wrote, checking every record again."""
    raw = json.loads(text)
    for name, kind in _PARTS.items():
        raw[name] = tuple(_record(kind, row) for row in raw[name])
    raw["notes"] = tuple(raw["notes"])
    return StudyResult(**raw)


ESTIMATE_COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Estimate))
