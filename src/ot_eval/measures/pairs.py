"""One score at two timepoints, one row a person: what every statistic of change is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.measures.instrument import Score
from ot_eval.measures.scoring import by_person


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """People who have a score both times, and how many had it the first time only.

    Parameters
    ----------
    frame : person_id, before, after, and `cluster` where clusters were declared
    score : the score, with its unit, range and better direction
    instrument : the instrument's short name
    population : who these people are, in words
    before, after : the two timepoints
    n_before : people with the score at the first timepoint
    clustered : whether people share providers or teams that must be allowed for
    """

    frame: pd.DataFrame
    score: Score
    instrument: str
    population: str
    before: str
    after: str
    n_before: int
    clustered: bool = False

    @property
    def change(self) -> pd.Series[float]:
        """After minus before, in the score's own unit and sign."""
        return self.frame["after"] - self.frame["before"]

    @property
    def gain(self) -> pd.Series[float]:
        """Change signed so that above zero is better."""
        return self.score.gain(self.change)

    @property
    def outcome(self) -> str:
        """The name results carry: instrument and score."""
        return f"{self.instrument} {self.score.name}"

    @property
    def term(self) -> str:
        """The name results carry for the interval of time."""
        return f"{self.before} to {self.after}"


def pair(
    scored: pd.DataFrame,
    score: Score,
    *,
    instrument: str,
    before: str = "baseline",
    after: str = "end",
    population: str = "all",
    cluster: pd.Series | None = None,
) -> Pairs:
    """Return the pairs of one score.

    Parameters
    ----------
    scored : what `scoring.score` returned for the instrument
    score : which of its scores
    instrument : the instrument's short name
    cluster : provider or team of each person, indexed by person_id; giving it declares that the data are clustered

    Raises
    ------
    DataError
        A cluster was declared and some person in the pairs has none.
    """
    wide = by_person(scored, score.name).reindex(columns=[before, after])
    both = wide.dropna()
    frame = pd.DataFrame({"person_id": both.index, "before": both[before].to_numpy(), "after": both[after].to_numpy()})
    if cluster is not None:
        frame["cluster"] = frame["person_id"].map(cluster)
        without = int(frame["cluster"].isna().sum())
        if without:
            raise DataError(
                f"scores: {without} of {len(frame)} people with {instrument} {score.name} have no provider",
                expected="a cluster for every person once clusters are declared",
                fix="fill provider_id in the episodes table, or set `cluster: none` in the protocol and say why",
            )
    return Pairs(
        frame=frame,
        score=score,
        instrument=instrument,
        population=population,
        before=before,
        after=after,
        n_before=int(wide[before].notna().sum()),
        clustered=cluster is not None,
    )
