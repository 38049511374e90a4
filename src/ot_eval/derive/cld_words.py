"""The words of Client Level Data that the rules name (Release 2 wording, lower case), and the order of event outcomes.

Source: facts about the return as coded in DHSC's public repository (MIT, documentation OGL v3); see docs.
"""

from __future__ import annotations

from typing import Any

import ibis

SERVICE_USER = "service user"
ST_MAX = "short term support: st-max"
ONGOING_LOW_LEVEL = "short term support: ongoing low level"
OTHER_SHORT_TERM = "short term support: other short term"
NURSING = "long term support: nursing care"
RESIDENTIAL = "long term support: residential care"
COMMUNITY = "long term support: community"
PRISON = "long term support: prison"
LONG_TERM = (NURSING, RESIDENTIAL, COMMUNITY, PRISON)
CARE_HOME = (NURSING, RESIDENTIAL)

HOME_SUPPORT = "home support or domiciliary care"
EQUIPMENT = "equipment"
SHORT_TERM_CARE_HOME = ("short term nursing care", "short term residential care")
HOSPITAL_ROUTE = "discharge from hospital"

NOT_MAPPED = "release 1 specification only: not mapped"
ADMITTED = "admitted to hospital"
ENDED_AS_PLANNED = "nfa: support ended as planned"
MOVED = "nfa: responsibility moved to another local authority"
DECEASED = "nfa: deceased"

OUTCOMES: tuple[str, ...] = (
    "progress to reablement/st-max",
    "progress to assessment, review or reassessment",
    NOT_MAPPED,
    "progress to support planning or services",
    "continuation of support or services",
    ADMITTED,
    MOVED,
    "nfa: referral to nhs services or nhs funded social care",
    "nfa: self-funded client or under 12wk disregard",
    "nfa: information and advice or signposting",
    "nfa: referral to other service within the local authority",
    "nfa: support declined",
    DECEASED,
    ENDED_AS_PLANNED,
    "nfa: support ended for other reason",
    "nfa: no services offered for other reason",
    "nfa: other",
)
"""Event outcomes in hierarchy order, 1 first."""

UNUSABLE = 5
PENALTY = 100
UNKNOWN_RANK = 999
"""The first five outcomes say what comes next, not how support ended: 100 is added to their number. A number below 100
is usable. A blank or invalid outcome is 999."""


def outcome_rank(outcome: Any) -> Any:
    """Return the hierarchy number of an event outcome with the penalty added (1 to 17, 101 to 105, or 999)."""
    cases = [(outcome == word, rank + (PENALTY if rank <= UNUSABLE else 0)) for rank, word in enumerate(OUTCOMES, 1)]
    return ibis.cases(*cases, else_=UNKNOWN_RANK).cast("int64")


def home_support(rows: Any) -> Any:
    """Return whether a row is a line of a home-care package (rule 18)."""
    return (
        (rows["client_type"] == SERVICE_USER)
        & (rows["event_type"] == "service")
        & (rows["service_type"] == COMMUNITY)
        & (rows["service_component"] == HOME_SUPPORT)
    ).fill_null(False)


def dated(rows: Any) -> Any:
    """Return whether a row has a start, and an end that is missing or not before it."""
    return rows["start_date"].notnull() & (rows["end_date"].isnull() | (rows["end_date"] >= rows["start_date"]))


WEEKS = {
    "weekly": 1.0,
    "fortnightly": 1 / 2,
    "4-weekly": 1 / 4,
    "monthly": 12 / 52,
    "quarterly": 4 / 52,
    "annually": 1 / 52,
}
PER_UNIT = ("hourly", "daily", "per session")


def weekly_cost(rows: Any) -> Any:
    """Return planned gross cost in £ a week; missing for one-off costs and unknown frequencies.

    The sign of a cost is ignored, a zero cost is unknown, and the frequency is trusted over planned units, as in DHSC's
    cost table.
    """
    cost, frequency = rows["unit_cost"].abs().nullif(0.0), rows["cost_frequency"]
    fixed = [(frequency == word, cost * weeks) for word, weeks in WEEKS.items()]
    return ibis.cases(*fixed, (frequency.isin(PER_UNIT), cost * rows["planned_units"]), else_=ibis.null("float64"))


def weekly_hours(rows: Any) -> Any:
    """Return planned hours a week: the planned units where the unit cost is hourly (rule 18), else missing."""
    units = rows["planned_units"]
    known = (rows["cost_frequency"] == "hourly") & (units >= 0)
    return known.fill_null(False).ifelse(units, ibis.null("float64"))
