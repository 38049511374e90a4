"""What the commissioner's questions about reablement beds share: the stays, the homes, the prices, the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Curve, Estimate
from ot_eval.measures.unit_costs import UnitCost
from ot_eval.models.about import About
from ot_eval.models.bed_use import Question
from ot_eval.studies.in_reach_data import EVERYONE

Found = Iterable[Estimate | Curve | Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The stays, one row each, with the home of each where homes are allowed for."""

    stays: pd.DataFrame
    cluster: pd.Series | None
    prices: dict[str, UnitCost]
    facts: dict[str, str]
    protocol: Protocol

    def question(self, outcome: str, analysis: str, term: str, population: str = EVERYONE) -> Question:
        """Return a question about stays in every home."""
        about = About(population=population, outcome=outcome, level=self.protocol.level, study=self.protocol.study)
        return Question(about=about, analysis=analysis, term=term, cluster=self.cluster)

    def apart(self, outcome: str, analysis: str, term: str, population: str = EVERYONE) -> Question:
        """Return a question about one home or one month at a time; nothing is left out."""
        return replace(self.question(outcome, analysis, term, population), cluster=None)

    @property
    def ended(self) -> pd.DataFrame:
        """Stays that ended."""
        return self.stays[~self.stays["open"]]


Part = Callable[[Desk], Found]
