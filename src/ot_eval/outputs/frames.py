"""Typed results as pandas tables, for reading in a notebook. They hold true counts, so they stay private."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from ot_eval.base.errors import RequestError, nearest
from ot_eval.base.glossary import RESULT_COLUMNS
from ot_eval.base.results import StudyResult
from ot_eval.outputs import in_words


def estimates(result: StudyResult, analysis: str = "") -> pd.DataFrame:
    """Return the estimates of one analysis (or of all), one row each, in the columns of the long results table.

    Raises
    ------
    RequestError
        The result has no analysis of that name.
    """
    rows = pd.DataFrame([asdict(e) for e in result.estimates], columns=list(RESULT_COLUMNS))
    if not analysis:
        return rows
    names = sorted(set(rows["analysis"]))
    if analysis not in names:
        raise RequestError(
            f"the result has no analysis {analysis!r}.{nearest(analysis, names)}",
            expected=f"one of {', '.join(names) or 'none: nothing could be estimated'}",
            fix="name an analysis that was run; checks(result) says which were refused and why",
        )
    return rows[rows["analysis"] == analysis].drop(columns=["study", "analysis"]).reset_index(drop=True)


def flow(result: StudyResult) -> pd.DataFrame:
    """Return who was included, one row a rule and one column a population (people left after the rule)."""
    steps = pd.DataFrame([asdict(step) for step in result.flow])
    if steps.empty:
        return steps
    return steps.pivot_table(index="label", columns="population", values="n_left", sort=False).astype("Int64")


def checks(result: StudyResult) -> pd.DataFrame:
    """Return every check of an assumption and every refused analysis, one row each."""
    return pd.DataFrame(
        [asdict(c) for c in result.checks], columns=["analysis", "name", "passed", "sentence", "detail"]
    )


def sentences(result: StudyResult, analysis: str = "") -> pd.DataFrame:
    """Return the estimates of one analysis (or of all) as sentences, beside what they were made from."""
    kept = [e for e in result.estimates if not analysis or e.analysis == analysis]
    return pd.DataFrame([(e.analysis, in_words.sentence(e)) for e in kept], columns=["analysis", "in words"])
