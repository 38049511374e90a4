"""The outcomes of the coaching strand: what each is, at which level, in which unit, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["client", "carer", "service"]
Kind = Literal["mean", "rate_ratio", "time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One outcome.

    Attributes
    ----------
    key : its name in the protocol
    level : client or carer (one row each), or service (one row a provider)
    kind : a mean, a rate ratio of counts over time, or time to an event
    unit : of the mean, or of the rate
    better : which way is better
    needs : the table that it comes from
    about : what is counted, in words
    """

    key: str
    level: Level
    kind: Kind
    unit: str
    better: Literal["lower", "higher"]
    needs: str
    about: str

    @property
    def rated(self) -> str:
        """Return the kind of outcome under which the table of error rates lists it."""
        return {"mean": "mean", "rate_ratio": "rate", "time": "time"}[self.kind]


ALL: tuple[Outcome, ...] = (
    Outcome(key="package_change", level="client", kind="mean", unit="hours/week", better="lower", needs="packages",
            about="planned home care on the outcome day less that at the start; no line counts as no hours"),
    Outcome(key="goals_met", level="client", kind="mean", unit="percent", better="higher", needs="goals",
            about="the share of a person's goals at level 0 or above at follow-up"),
    Outcome(key="eq5d", level="client", kind="mean", unit="index", better="higher", needs="scores",
            about="EQ-5D-5L at follow-up, under the protocol's first value set for it"),
    Outcome(key="mbarthel", level="client", kind="mean", unit="points", better="higher", needs="scores",
            about="Modified Barthel Index (0 to 100) at follow-up"),
    Outcome(key="time_to_increase", level="client", kind="time", unit="per 100 person-years", better="lower",
            needs="packages", about="the first increase of the package, as the protocol defines it"),
    Outcome(key="skills_in_use", level="carer", kind="mean", unit="skills", better="higher", needs="carer_survey",
            about="enabling skills used in the last 7 days, of 24, in the last round after coaching began"),
    Outcome(key="job_satisfaction", level="carer", kind="mean", unit="points", better="higher", needs="carer_survey",
            about="satisfaction with the job, 0 to 10, in the last round after coaching began"),
    Outcome(key="ot_review_requests", level="service", kind="rate_ratio", unit="requests a carer a month",
            better="lower", needs="events", about="requests for an OT review, over the months that carers worked"),
    Outcome(key="time_to_leaving", level="carer", kind="time", unit="per 100 person-years", better="lower",
            needs="carers", about="leaving post, among carers in post when coaching began"),
    Outcome(key="hours_freed", level="service", kind="mean", unit="hours/week", better="higher", needs="packages",
            about="the fall in planned hours a client of all clients of a provider, start to outcome day"),
    Outcome(key="capacity", level="service", kind="mean", unit="clients a carer", better="higher", needs="packages",
            about="clients a carer in post, on the outcome day less at the start"),
)  # fmt: skip
OUTCOMES = {o.key: o for o in ALL}
