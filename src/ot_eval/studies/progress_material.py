"""One score of one instrument, with what its analyses share."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.measures.instrument import ImportantChange, Score
from ot_eval.measures.pairs import Pairs, pair
from ot_eval.measures.repeated import Repeated, repeat
from ot_eval.models.change_thresholds import MeasurementError
from ot_eval.studies.attempt import refusal
from ot_eval.studies.progress_data import EVERYONE

FEWEST_PEOPLE = 10
INTERVALS = (("baseline", "end"), ("end", "follow_up"), ("baseline", "follow_up"))
DURING, AFTER = INTERVALS[0], INTERVALS[1]
Found = Iterable[Estimate | Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One score of one instrument, with what its analyses share.

    `lead` is true for one score an instrument: what is true of its people is said once, with that score. `ratings` are
    people's own ratings of change during reablement, by person; None where nobody was asked.
    """

    instrument: str
    score: Score
    scored: pd.DataFrame
    people: pd.DataFrame
    cluster: pd.Series | None
    thresholds: tuple[ImportantChange, ...]
    errors: tuple[MeasurementError, ...]
    contacts: pd.DataFrame | None
    lead: bool
    protocol: Protocol
    ratings: pd.Series | None = None

    @property
    def outcome(self) -> str:
        """Instrument and score, as results name them."""
        return f"{self.instrument} {self.score.name}"

    def pairs(self, before: str, after: str) -> Pairs:
        """Return the people with the score at both timepoints."""
        return pair(
            self.scored,
            self.score,
            instrument=self.instrument,
            before=before,
            after=after,
            population=EVERYONE,
            cluster=self.cluster,
        )

    def repeated(self) -> Repeated:
        """Return the score at every timepoint."""
        return repeat(self.scored, self.score, instrument=self.instrument, population=EVERYONE, cluster=self.cluster)

    def rng(self) -> np.random.Generator:
        """Return a random stream of this score's own, so that another instrument changes none of its digits."""
        return np.random.default_rng([self.protocol.seed, zlib.crc32(self.outcome.encode())])


Part = Callable[[Material], Found]


def attempt(m: Material, step: Callable[..., Estimate], *given: Any, **named: Any) -> Estimate | Check:
    """Return what a step estimates, or the check that says why it was refused; the other steps go on."""
    try:
        return step(*given, **named)
    except AnalysisRefused as why:
        return refusal(step.__name__, m.outcome, why)
