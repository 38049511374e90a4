"""What a reader asks next: both averages side by side, and the result without each provider in turn."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_data import ARMS, LEAST_PER_ARM, Columns
from ot_eval.models.trial_records import Comparison
from ot_eval.models.trial_summary import Kind, cluster_difference, participant_average


def both_averages(
    frame: pd.DataFrame, columns: Columns, *, kind: Kind = "mean", level: float = 0.95
) -> tuple[Comparison, Comparison]:
    """Return cluster-average and participant-average effect; they differ when a provider's size says something."""
    return cluster_difference(frame, columns, kind=kind, level=level), participant_average(
        frame, columns, kind=kind, level=level
    )


def without_each(
    frame: pd.DataFrame, columns: Columns, analysis: Callable[[pd.DataFrame, Columns], Comparison]
) -> dict[str, Comparison]:
    """Return the comparison with each provider left out in turn, by the provider left out.

    Raises
    ------
    AnalysisRefused
        An arm has two providers only: without one of them nothing can be compared.
    """
    return {str(name): analysis(frame[frame[columns.cluster] != name], columns) for name in _names(frame, columns)}


def _names(frame: pd.DataFrame, columns: Columns) -> list[object]:
    per_arm = frame.groupby(columns.arm)[columns.cluster].nunique()
    if len(per_arm) < ARMS or per_arm.min() <= LEAST_PER_ARM:
        raise AnalysisRefused(
            f"trial.{columns.cluster}: {int(per_arm.min())} providers in the smaller arm",
            expected="at least three in each arm, so that two are left",
            fix="report the providers side by side",
        )
    return sorted(frame[columns.cluster].unique(), key=str)
