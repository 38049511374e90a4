"""Canadian Occupational Performance Measure: mean performance and satisfaction over a person's own problems."""

from __future__ import annotations

import pandas as pd

from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Rule, Score

MOST_PROBLEMS = 5
RATINGS = tuple(float(v) for v in range(1, 11))


def _total(goals: pd.DataFrame) -> pd.DataFrame:
    """Average each person's baseline problems at each timepoint; one unrated problem leaves the mean empty."""
    each = goals.loc[goals["at_baseline"], ["performance", "satisfaction"]]
    by_time = each.groupby(level=["person_id", "timepoint"])
    complete = by_time.count().eq(goals.groupby(level=["person_id", "timepoint"])["n_baseline"].first(), axis=0)
    means = by_time.mean().where(complete)
    return means.assign(problems=by_time.size().astype(float))


def _too_many(goals: pd.DataFrame) -> pd.Series[bool]:
    return goals["n_baseline"] > MOST_PROBLEMS


COPM = Instrument(
    name="copm",
    title="Canadian Occupational Performance Measure",
    family="copm",
    table="goals",
    rated_by=("performance", "satisfaction"),
    items=(
        Item(name="performance", about="how well I do this now", allowed=RATINGS),
        Item(name="satisfaction", about="how content I am with how I do it", allowed=RATINGS),
    ),
    scores=(
        Score(name="performance", about="mean rating of how well the person does them", minimum=1, maximum=10),
        Score(name="satisfaction", about="mean rating of how content the person is", minimum=1, maximum=10),
        Score(
            name="problems", about="problems rated", unit="problems", minimum=1, maximum=MOST_PROBLEMS, describes=True
        ),
    ),
    total=_total,
    missing_rule=(
        "Importance never weights the score. Problems first named after baseline do not enter. "
        "A mean is missing at a timepoint when any baseline problem lacks that rating."
    ),
    rules=(Rule(about=f"a person has at most {MOST_PROBLEMS} problems", broken=_too_many),),
    important_changes=(
        ImportantChange(
            score="performance",
            value=2.0,
            kind="opinion",
            setting="adults in a mental-health programme, n = 49",
            source="Mirkopoulos and Butler 1994 via thecopm.ca",
            status="VERIFIED",
        ),
        ImportantChange(
            score="performance",
            value=2.20,
            kind="MIC (adjusted), 1.80 to 2.59",
            setting="subacute rehabilitation inpatients, n = 97",
            source="Ohno 2021, 10.1186/s41687-021-00405-y",
            status="VERIFIED",
        ),
        ImportantChange(
            score="satisfaction",
            value=2.06,
            kind="MIC (adjusted), 1.73 to 2.39",
            setting="subacute rehabilitation inpatients, n = 97",
            source="Ohno 2021, 10.1186/s41687-021-00405-y",
            status="VERIFIED",
        ),
    ),
    licence=Licence(
        owner="COPM Inc. (Law and colleagues)",
        condition="form, manual and web app are bought; do not reproduce",
        status="RECALLED",
    ),
    source="Law and colleagues; mean of problem ratings",
    status="RECALLED",
)
