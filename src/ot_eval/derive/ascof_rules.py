"""The rule sets of ASCOF measure 2A, by name, and which sequels count (rules 7 to 17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ot_eval.base.protocol import Protocol
from ot_eval.derive import cld_words as words

Pooling = Literal["dhsc", "always", "in_turn"]
RESIDENTIAL_OR_NURSING = "residential or nursing"
NURSING_FIRST = (
    words.NURSING,
    words.RESIDENTIAL,
    words.COMMUNITY,
    words.PRISON,
    words.ST_MAX,
    words.ONGOING_LOW_LEVEL,
    words.OTHER_SHORT_TERM,
)
"""Step 3: which service decides. ST-Max can follow only where the join gap is shorter than the sequel window."""

COUNTED_OUTCOMES = (
    "nfa: information and advice or signposting",
    words.ENDED_AS_PLANNED,
    words.MOVED,
    "nfa: other",
    "nfa: no services offered for other reason",
    "nfa: support ended for other reason",
    "nfa: referral to other service within the local authority",
)
NOT_INDEPENDENT = (*words.LONG_TERM, RESIDENTIAL_OR_NURSING)
DENOMINATOR = (*NOT_INDEPENDENT, words.ONGOING_LOW_LEVEL, words.OTHER_SHORT_TERM, *COUNTED_OUTCOMES)
NUMERATOR = tuple(sequel for sequel in DENOMINATOR if sequel not in NOT_INDEPENDENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One version of the national rules. All windows are days.

    `pooling` says how step 4 takes the episode's own outcome (a), what follows (b) and what lies inside (c):
    'dhsc' pools them, leaving (a) out when something follows but nothing that counts for (b) (rule 14); 'always' pools
    them always; 'in_turn' tries (a), then (b), then (c).
    """

    name: str
    join_gap_days: int
    look_back_days: int
    sequel_window_days: int
    nested_window_days: int
    pooling: Pooling
    request_required: bool = False
    note: str = ""


RULE_SETS: dict[str, RuleSet] = {
    "dhsc_2025": RuleSet(
        name="dhsc_2025",
        join_gap_days=7,
        look_back_days=91,
        sequel_window_days=7,
        nested_window_days=14,
        pooling="dhsc",
        note="DHSC's rules since September 2025, with the Release 2 outcome lists of December 2025.",
    ),
    "dhsc_2025_02": RuleSet(
        name="dhsc_2025_02",
        join_gap_days=1,
        look_back_days=365,
        sequel_window_days=3,
        nested_window_days=14,
        pooling="in_turn",
        note="DHSC's rules of February 2025. Its nested window is not recorded in our source and is taken as 14 days.",
    ),
    "nhse_2024": RuleSet(
        name="nhse_2024",
        join_gap_days=1,
        look_back_days=0,
        sequel_window_days=3,
        nested_window_days=0,
        pooling="in_turn",
        request_required=True,
        note=(
            "NHS England's constants of 2024: a client is existing when long-term support runs on the first day. Its "
            "chain of events and its merging of conflicting outcomes are not reproduced."
        ),
    ),
}


def rules_of(protocol: Protocol) -> RuleSet:
    """Return the rule set the protocol names, with the constants it overrides.

    Examples
    --------
    >>> from ot_eval.base.protocol import Asc2a, Protocol
    >>> ask = Protocol(study="s1", title="A title", question="A question?", ascof_2a=Asc2a(join_gap_days=3))
    >>> rules_of(ask).join_gap_days, rules_of(ask).look_back_days
    (3, 91)
    """
    asked = protocol.ascof_2a
    names = ("join_gap_days", "look_back_days", "sequel_window_days", "nested_window_days")
    changes = {name: getattr(asked, name) for name in names if getattr(asked, name) is not None}
    rules = replace(RULE_SETS[asked.rules], **changes)
    return replace(rules, pooling="always") if asked.pool_episode_outcome else rules
