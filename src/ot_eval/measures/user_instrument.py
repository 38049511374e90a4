"""An instrument of the user's own, described in YAML. Nothing in the file is run: it is data, checked against a list.

```yaml
name: kitchen_safety
title: Kitchen safety checklist (our service), 0-12
items:
  hob:  {about: uses the hob safely, allowed: [0, 1, 2, 3]}
  iron: {about: uses the iron safely, minimum: 0, maximum: 9}
scoring: sum              # sum or mean
better: higher            # higher or lower
items_needed: 2           # at least this many items; the others are replaced by the person's own mean
important_change: {value: 2, kind: opinion, setting: our service, source: team meeting 2025}
licence: {owner: our council, condition: own use}
source: where the scoring was agreed
```
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ot_eval.base.errors import RequestError
from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Score

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Item(_Part):
    about: str
    allowed: tuple[float, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _one_scale(self) -> _Item:
        listed, ranged = bool(self.allowed), self.minimum is not None and self.maximum is not None
        if listed == ranged or (ranged and self.minimum >= self.maximum):  # type: ignore[operator]
            raise ValueError("an item has either `allowed` values, or a `minimum` below a `maximum`")
        return self

    def ends(self) -> tuple[float, float]:
        return (min(self.allowed), max(self.allowed)) if self.allowed else (self.minimum or 0.0, self.maximum or 0.0)


class _Change(_Part):
    value: Annotated[float, Field(gt=0)]
    kind: str
    setting: Annotated[str, Field(min_length=3)]
    source: Annotated[str, Field(min_length=3)]


class _Licence(_Part):
    owner: str
    condition: str


class _Description(_Part):
    name: Name
    title: str
    items: Annotated[dict[str, _Item], Field(min_length=1)]
    scoring: Literal["sum", "mean"]
    better: Literal["higher", "lower"]
    unit: str = "points"
    items_needed: Annotated[int, Field(ge=1)] | None = None
    important_change: _Change | None = None
    licence: _Licence
    source: str

    @model_validator(mode="after")
    def _possible(self) -> _Description:
        if self.items_needed is not None and self.items_needed > len(self.items):
            raise ValueError("items_needed is more than there are items")
        return self


def _scorer(names: tuple[str, ...], scoring: str, needed: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def total(frame: pd.DataFrame) -> pd.DataFrame:
        items = frame[list(names)]
        mean = items.mean(axis="columns").where(items.notna().sum(axis="columns") >= needed)
        return pd.DataFrame({"total": mean * len(names) if scoring == "sum" else mean})

    return total


def read(path: Path) -> Instrument:
    """Return the instrument described in a YAML file.

    Raises
    ------
    RequestError
        The file is not such a description; the message names the field and the rule.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        described = _Description.model_validate(raw)
    except (yaml.YAMLError, ValidationError) as error:
        raise RequestError(
            f"{path.name}: {_first_problem(error)}",
            expected="name, title, items, scoring, better, licence, source; and perhaps items_needed, important_change",
            fix="see the example in the documentation of user instruments",
        ) from None
    return _build(described)


def _first_problem(error: yaml.YAMLError | ValidationError) -> str:
    if isinstance(error, yaml.YAMLError):
        return "the file is not YAML"
    first = error.errors()[0]
    return f"{'.'.join(str(p) for p in first['loc']) or 'the file'}: {first['msg']}"


def _build(described: _Description) -> Instrument:
    names = tuple(described.items)
    needed = described.items_needed or len(names)
    ends = [item.ends() for item in described.items.values()]
    factor = 1.0 if described.scoring == "sum" else 1.0 / len(names)
    change = described.important_change
    return Instrument(
        name=described.name,
        title=described.title,
        family=described.name,
        items=tuple(Item(name=n, **item.model_dump()) for n, item in described.items.items()),
        scores=(
            Score(
                name="total",
                about=described.title,
                unit=described.unit,
                minimum=factor * sum(low for low, _ in ends),
                maximum=factor * sum(high for _, high in ends),
                better=described.better,
            ),
        ),
        total=_scorer(names, described.scoring, needed),
        missing_rule=f"The score needs {needed} of {len(names)} items; one missing takes the mean of the others.",
        important_changes=(ImportantChange(score="total", status="USER", **change.model_dump()),) if change else (),
        licence=Licence(status="USER", **described.licence.model_dump()),
        source=described.source,
        status="USER",
    )
