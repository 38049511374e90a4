"""One score at every timepoint, one row a person, empty where it was not taken."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ot_eval.base.errors import AnalysisRefused, DataError
from ot_eval.data.schema import TIMEPOINTS
from ot_eval.measures.instrument import Score
from ot_eval.measures.scoring import by_person


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """People with the score at least once, in the order baseline, end, follow-up.

    Parameters
    ----------
    frame : indexed by person_id, one column a timepoint that anyone has, empty where a person has none
    score : the score, with its unit, range and better direction
    instrument : the instrument's short name
    population : who these people are, in words
    cluster : provider of each person in the order of `frame`, or None
    """

    frame: pd.DataFrame
    score: Score
    instrument: str
    population: str
    cluster: pd.Series | None = None

    @property
    def outcome(self) -> str:
        """The name results carry: instrument and score."""
        return f"{self.instrument} {self.score.name}"

    @property
    def timepoints(self) -> list[str]:
        """The timepoints there are, in order."""
        return [str(c) for c in self.frame.columns]

    def with_first(self) -> Repeated:
        """Return the people who have the score at the first timepoint; the others have no baseline to change from."""
        keep = self.frame[self.timepoints[0]].notna()
        cluster = None if self.cluster is None else self.cluster[keep]
        return Repeated(
            frame=self.frame[keep],
            score=self.score,
            instrument=self.instrument,
            population=self.population,
            cluster=cluster,
        )


def repeat(
    scored: pd.DataFrame,
    score: Score,
    *,
    instrument: str,
    population: str = "all",
    cluster: pd.Series | None = None,
) -> Repeated:
    """Return one score of everyone who has it at least once, one column a timepoint.

    Parameters
    ----------
    scored : what `scoring.score` returned for the instrument
    score : which of its scores
    instrument : the instrument's short name
    cluster : provider or team of each person, indexed by person_id; giving it declares that the data are clustered

    Raises
    ------
    AnalysisRefused
        Nobody has the score.
    DataError
        A cluster was declared and some person has none.
    """
    wide = by_person(scored, score.name)
    wide = (
        wide.reindex(columns=[t for t in TIMEPOINTS if t in wide]).dropna(how="all").dropna(how="all", axis="columns")
    )
    if wide.empty:
        raise AnalysisRefused(
            f"scores: nobody has {instrument} {score.name}", expected="at least one score", fix="leave it out"
        )
    groups = None
    if cluster is not None:
        groups = cluster.reindex(wide.index)
        if groups.isna().any():
            raise DataError(
                f"scores: {int(groups.isna().sum())} of {len(wide)} people with {instrument} have no provider",
                expected="a cluster for every person once clusters are declared",
                fix="fill provider_id in the episodes table, or set `cluster: none` in the protocol and say why",
            )
    wide.columns.name = None
    return Repeated(
        frame=wide,
        score=score,
        instrument=instrument,
        population=population,
        cluster=groups,
    )
