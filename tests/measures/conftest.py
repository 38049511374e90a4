"""Small tables in the shape of the study folder."""

import pandas as pd
import pytest


@pytest.fixture
def table():
    """Return a maker of the scores table: one assessment is (person, timepoint, day, {item: value})."""

    def make(instrument, *assessments):
        rows = [
            {"person_id": p, "timepoint": t, "date": pd.Timestamp(day), "instrument": instrument, "item": i, "value": v}
            for p, t, day, items in assessments
            for i, v in items.items()
        ]
        frame = pd.DataFrame(rows)
        return frame.astype({"value": float}) if len(frame) else frame

    return make


@pytest.fixture
def goals():
    """Return a maker of the goals table from (person, timepoint, goal, {column: value})."""

    def make(*rows):
        days = {"baseline": "2025-01-01", "end": "2025-02-12", "follow_up": "2025-05-14"}
        columns = ["importance", "difficulty", "level", "performance", "satisfaction"]
        frame = pd.DataFrame(
            [{"person_id": p, "timepoint": t, "date": pd.Timestamp(days[t]), "goal_id": g, **v} for p, t, g, v in rows]
        )
        fixed = ["person_id", "timepoint", "date", "goal_id"]
        return frame.reindex(columns=[*fixed, *columns]).astype(dict.fromkeys(columns, float))

    return make
