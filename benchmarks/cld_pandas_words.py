"""The words of Client Level Data and the constants of the rules, for the plain-pandas peer (`cld_pandas.py`)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

EPOCH = dt.date(1970, 1, 1)
OPEN = 10**6  # the day number of an open end

# Reading: R1 "Progress to End of Life Care" has no published target; it is taken as support planning.
OUTCOMES = {
    "progress to reablement/st-max": 1,
    "progress to assessment": 2,
    "progress to re-assessment / unplanned review": 2,
    "progress to assessment, review or reassessment": 2,
    "progress to financial assessment": 3,
    "release 1 specification only: not mapped": 3,
    "progress to support planning / services": 4,
    "progress to support planning or services": 4,
    "progress to end of life care": 4,
    "no change in package": 5,
    "provision of service": 5,
    "continuation of support or services": 5,
    "admitted to hospital": 6,
    "nfa - moved to another la": 7,
    "nfa: responsibility moved to another local authority": 7,
    "nfa - 100% nhs funded care": 8,
    "nfa: referral to nhs services or nhs funded social care": 8,
    "nfa - self-funded client (inc. 12wk disregard)": 9,
    "nfa: self-funded client or under 12wk disregard": 9,
    "nfa - information & advice / signposting only": 10,
    "nfa: information and advice or signposting": 10,
    "nfa: referral to other service within the local authority": 11,
    "nfa - support declined": 12,
    "nfa: support declined": 12,
    "nfa - deceased": 13,
    "nfa: deceased": 13,
    "service ended as planned": 14,
    "nfa: support ended as planned": 14,
    "nfa - support ended: other reason": 15,
    "nfa: support ended for other reason": 15,
    "nfa - no services offered: other reason": 16,
    "nfa: no services offered for other reason": 16,
    "nfa- other": 17,
    "nfa: other": 17,
}
INVALID = 999
NOT_USABLE = {1, 2, 3, 4, 5}  # progress to..., continuation, and Release 1 only
COMPONENTS = {"home support": "home support or domiciliary care"}
CARER_TYPES = {"carer": "unpaid carer", "carer known by association": "unpaid carer known by association"}
ST_MAX = "short term support: st-max"
NURSING, RESIDENTIAL, COMMUNITY, PRISON = (
    f"long term support: {kind}" for kind in ("nursing care", "residential care", "community", "prison")
)
LONG_TERM = {NURSING, RESIDENTIAL, COMMUNITY, PRISON}
LOW_LEVEL, OTHER_SHORT = "short term support: ongoing low level", "short term support: other short term"
SEQUEL_ORDER = {NURSING: 1, RESIDENTIAL: 2, COMMUNITY: 3, PRISON: 4, LOW_LEVEL: 5, OTHER_SHORT: 6}
SHORT_STAY = {"short term residential care", "short term nursing care"}
HOME = "home support or domiciliary care"
DENOMINATOR_OUTCOMES = {7, 10, 11, 14, 15, 16, 17}
OT_ROLE = re.compile(r"\b(?:ot|occupational therapist)\b")
FIELDS = {
    "nhsnumber": "nhs",
    "lapersonuniqueidentifier": "la_id",
    "dateofbirth": "birth",
    "dateofdeath": "death",
    "clienttype": "client",
    "eventtype": "event",
    "eventreference": "reference",
    "eventstartdate": "start",
    "eventenddate": "end",
    "eventdescription": "description",
    "eventoutcome": "outcome",
    "requestrouteofaccess": "route",
    "assessmenttype": "assessment",
    "servicetype": "service",
    "servicecomponent": "component",
    "providercqclocationid": "provider",
    "unitcost": "cost",
    "costfrequencyunittype": "frequency",
    "plannedunitsperweek": "units",
    "gender": "sex",
    "dementia": "dementia",
    "hasunpaidcarer": "carer",
}


@dataclass
class Rules:
    """The constants, with the defaults of the rules."""

    join_gap: int = 7
    look_back: int = 91
    sequel_window: int = 7
    nested_window: int = 14
    month_share: float = 0.20
    set_up: int = 7
    rise: float = 1.0
    rise_percent: float = 10.0
    duration: int = 28
    bridge: int = 30
    minimum_age: int = 18
    pool_episode_outcome: bool = False
