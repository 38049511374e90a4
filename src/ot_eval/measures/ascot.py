"""ASCOT (four-level self-completion): social-care-related quality of life, with weights the user supplies.

The licence and the published table were not read, so no weights are shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ot_eval.base.errors import RequestError
from ot_eval.measures.instrument import Instrument, Item, Licence, Score

DOMAINS = {
    "control_over_daily_life": "having a say in one's day",
    "personal_cleanliness_comfort": "being clean and presentable",
    "food_and_drink": "eating and drinking enough of what one likes",
    "personal_safety": "feeling safe",
    "social_participation": "seeing people",
    "occupation": "spending time on things that matter",
    "accommodation": "a clean and comfortable home",
    "dignity": "how being helped makes one feel",
}
LEVELS = (1.0, 2.0, 3.0, 4.0)
SCALE, SHIFT = 0.203, -0.466  # Netten 2012, RECALLED; all-ideal 1.00 and all-worst -0.17 agree with what is published


def read_weights(path: Path) -> dict[tuple[str, int], float]:
    """Return the weights of a CSV with the columns domain, level (1 ideal to 4 high needs) and weight.

    Raises
    ------
    RequestError
        A domain or level is lacking, repeated or unknown, or a weight is not between 0 and 1.
    """
    table = pd.read_csv(path)
    lacking = sorted({"domain", "level", "weight"} - set(table.columns))
    if lacking:
        raise RequestError(
            f"the ASCOT weights lack the column '{lacking[0]}'", expected="domain, level, weight", fix=""
        )
    pairs = list(zip(table["domain"].astype(str), table["level"].astype(int), strict=True))
    expected = {(domain, int(level)) for domain in DOMAINS for level in LEVELS}
    if set(pairs) != expected or len(pairs) != len(expected) or not table["weight"].between(0, 1).all():
        raise RequestError(
            "the ASCOT weights do not hold each of the 8 domains at each of the 4 levels once, with weights 0 to 1",
            expected="32 rows; domains " + ", ".join(DOMAINS),
            fix="copy the table from the ASCOT guidance under your licence",
        )
    return dict(zip(pairs, table["weight"].astype(float), strict=True))


def _scorer(weights: dict[tuple[str, int], float]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def total(frame: pd.DataFrame) -> pd.DataFrame:
        each = {d: frame[d].map({level: weights[d, int(level)] for level in LEVELS}) for d in DOMAINS}
        return pd.DataFrame({"scrqol": SCALE * pd.DataFrame(each).sum(axis="columns", skipna=False) + SHIFT})

    return total


def ascot(weights: dict[tuple[str, int], float]) -> Instrument:
    """Return ASCOT SCT4 scored with the user's weights (see `read_weights`)."""
    best, worst = (SCALE * sum(weights[d, level] for d in DOMAINS) + SHIFT for level in (1, 4))
    return Instrument(
        name="ascot",
        title="ASCOT four-level self-completion (SCT4)",
        family="ascot",
        items=tuple(Item(name=d, about=about, allowed=LEVELS) for d, about in DOMAINS.items()),
        scores=(
            Score(
                name="scrqol",
                about="social-care-related quality of life; 1 ideal, 0 as bad as being dead",
                unit="index",
                minimum=worst,
                maximum=best,
            ),
        ),
        total=_scorer(weights),
        missing_rule="The score is missing when any of the eight domains is missing.",
        licence=Licence(
            owner="University of Kent",
            condition="free registered licence for not-for-profit use, else a fee; weights are the user's own copy",
            status="RECALLED",
        ),
        source="Netten 2012, Health Technol Assess 16(16)",
        status="RECALLED",
    )
