"""What followed each reablement episode, and which step of the national rules decided it (rules 11 to 15)."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.types import Table

from ot_eval.derive import cld_words as words
from ot_eval.derive.ascof_rules import NURSING_FIRST, RESIDENTIAL_OR_NURSING, RuleSet
from ot_eval.derive.episodes import EPISODE, WHO
from ot_eval.derive.joins import looked_up

TENS = 10
THOUSANDS = 1000
OTHER_SHORT_TERM_IN_CARE_HOME = (NURSING_FIRST.index(words.OTHER_SHORT_TERM) + 1) * TENS


def _pairs(episodes: Table, rows: Table, rules: RuleSet) -> Table:
    """Return every row that starts on or after its person's episode start and within the window after its end."""
    slim = rows.select(
        *WHO,
        "event_type",
        "service_type",
        "service_component",
        "outcome",
        row_start=rows["start"],
        row_end=rows["end"],
        row_rank=rows["rank"],
    )
    ended = episodes.filter(~episodes["open"])
    pairs = ended.select(*EPISODE, "start", "end").inner_join(slim, list(WHO))
    near = pairs["row_start"] - pairs["end"] <= rules.sequel_window_days
    return pairs.filter((pairs["row_start"] >= pairs["start"]) & near)


def _service_order(pairs: Table) -> Any:
    """Return the place of a service in step 3 (tens; a short-term care-home component comes first), else missing."""
    in_care_home = pairs["service_component"].isin(words.SHORT_TERM_CARE_HOME).fill_null(False)
    places = [(pairs["service_type"] == name, place * TENS) for place, name in enumerate(NURSING_FIRST, 1)]
    return ibis.cases(*places, else_=ibis.null("int64")) + in_care_home.ifelse(0, 1)


def what_followed(episodes: Table, rows: Table, rules: RuleSet) -> Table:
    """Return, for each ended episode, what steps 3, 4b, 4c and 5 can go by.

    Returns
    -------
    One row per episode that has any: `EPISODE`, `follows` (something lies in the window), `service_place` (step 3),
    `counts_for_b`, `rank_b`, `latest_c` (end and rank of the last nested event in one number), `equipment`.
    """
    pairs = _pairs(episodes, rows, rules)
    after = pairs["row_end"] > pairs["end"]
    is_service = pairs["event_type"] == "service"
    usable = pairs["row_rank"] < words.PENALTY
    for_b = after & ~is_service & ~(pairs["outcome"] == words.ENDED_AS_PLANNED).fill_null(False)
    inside = (pairs["row_end"] > pairs["start"]) & (pairs["row_end"] <= pairs["end"])
    for_c = (
        inside
        & pairs["event_type"].isin(("assessment", "review"))
        & usable
        & (pairs["end"] - pairs["row_end"] < rules.nested_window_days)
    )
    equipment = inside & is_service & (pairs["service_component"] == words.EQUIPMENT).fill_null(False)
    stamped = pairs["row_end"] * THOUSANDS + (THOUSANDS - 1 - pairs["row_rank"])
    pairs = pairs.mutate(
        after=after,
        for_b=for_b,
        use_b=for_b & usable,
        for_c=for_c,
        equipment=equipment,
        stamped=stamped,
        place=(after & is_service).ifelse(_service_order(pairs), ibis.null("int64")),
    )
    return pairs.group_by(EPISODE).aggregate(
        follows=pairs["after"].any(),
        service_place=pairs["place"].min(),
        counts_for_b=pairs["for_b"].any(),
        rank_b=pairs["row_rank"].min(where=pairs["use_b"]),
        latest_c=pairs["stamped"].max(where=pairs["for_c"]),
        equipment=pairs["equipment"].any(),
    )


def _fourth(table: Table, rules: RuleSet) -> tuple[Any, Any]:
    """Return the rank that step 4 settles on (missing = none) and the part (a, b or c) that gave it."""
    far = words.UNKNOWN_RANK
    own = (table["rank"] < words.PENALTY).ifelse(table["rank"], far)
    if rules.pooling == "dhsc":
        own = (table["follows"] & ~table["counts_for_b"]).ifelse(far, own)
    rank_b = table["rank_b"].fill_null(far)
    rank_c = (THOUSANDS - 1 - table["latest_c"] % THOUSANDS).fill_null(far)
    if rules.pooling == "in_turn":
        best = ibis.cases((own < far, own), (rank_b < far, rank_b), else_=rank_c)
    else:
        best = ibis.least(own, rank_b, rank_c)
    part = ibis.cases((best == own, "4a"), (best == rank_b, "4b"), else_="4c")
    return (best < far).ifelse(best, ibis.null("int64")), part


def with_sequel(episodes: Table, rows: Table, rules: RuleSet) -> Table:
    """Add `sequel` (what followed), `step` (1 to 6, with 4a, 4b, 4c) and `follows`; missing for open episodes.

    Parameters
    ----------
    episodes : result of `episodes.clusters`
    rows : result of `episodes.service_user_rows`
    rules : the national rules in use
    """
    table = looked_up(episodes, what_followed(episodes, rows, rules), EPISODE)
    table = table.mutate(
        follows=table["follows"].fill_null(False),
        counts_for_b=table["counts_for_b"].fill_null(False),
        equipment=table["equipment"].fill_null(False),
    )
    best, part = _fourth(table, rules)
    table = table.mutate(_best=best, _part=part)
    died = (table["death"] - table["end"] <= rules.sequel_window_days).fill_null(False)
    hospital = (table["outcome"] == words.ADMITTED).fill_null(False)
    place = table["service_place"]
    services = [(place // TENS == n, name) for n, name in enumerate(NURSING_FIRST, 1)]
    named = ibis.cases((place == OTHER_SHORT_TERM_IN_CARE_HOME, RESIDENTIAL_OR_NURSING), *services)
    outcomes = ibis.cases(*[(table["_best"] == rank, name) for rank, name in enumerate(words.OUTCOMES, 1)])
    open_, best = table["open"], table["_best"]
    steps = [
        (open_, ibis.null("string"), ibis.null("string")),
        (died, words.DECEASED, "1"),
        (hospital, words.ADMITTED, "2"),
        (place.notnull(), named, "3"),
        (best.notnull(), outcomes, table["_part"]),
        (table["equipment"], words.ONGOING_LOW_LEVEL, "5"),
    ]
    sequel = ibis.cases(*[(when, what) for when, what, _ in steps], else_=table["outcome"])
    step = ibis.cases(*[(when, step) for when, _, step in steps], else_="6")
    kept = (*episodes.columns, "follows")
    return table.mutate(sequel=sequel, step=step).select(*kept, "sequel", "step")
