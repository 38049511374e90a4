"""ASCOF 2A from a council's own files: every episode, what followed it, and whether it counts (rules 7 to 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
from ibis.expr.types import Table

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.derive import cld_words as words
from ot_eval.derive import days
from ot_eval.derive.ascof_rules import DENOMINATOR, NUMERATOR, RuleSet, rules_of
from ot_eval.derive.ascof_steps import with_sequel
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import DAYS_A_YEAR
from ot_eval.derive.episodes import clusters, service_user_rows, with_existing, with_request
from ot_eval.derive.joins import looked_up
from ot_eval.derive.materialise import frame, kept, rows
from ot_eval.derive.people import deaths

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = {
    words.ADMITTED: "admitted to hospital",
    words.DECEASED: "died",
    "nfa: referral to nhs services or nhs funded social care": "NHS services or NHS-funded care",
    "nfa: self-funded client or under 12wk disregard": "self-funded",
    "nfa: support declined": "declined",
}
MEMBERS = (
    "la_code",
    "person_id",
    "episode_no",
    "start_date",
    "end_date",
    "n_rows",
    "existing",
    "requested",
    "outcome",
    "sequel",
    "step",
    "in_denominator",
    "in_numerator",
    "left_out",
    "window_open",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """The measure for one council: episodes that count, and how many of them were followed by no long-term support."""

    la_code: str
    numerator: int
    denominator: int

    @property
    def percent(self) -> float | None:
        """The measure in percent; None where nothing counts."""
        return 100 * self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ascof2a:
    """The measure, the rules that gave it, and the person-level list behind it (private).

    `members` has the columns of `MEMBERS`: every episode that ended in the 12 months, and every episode that has not
    ended, each with its sequel, the step that decided it, whether it counts, and why not. An episode that has not ended
    absorbs every later row of that person: `n_rows` says how many it holds. `windows_open` counts episodes whose sequel
    window reaches past the end of the data (rule 16).
    """

    rules: RuleSet
    year_start: date
    year_end: date
    members: pd.DataFrame
    councils: tuple[Council, ...]
    windows_open: int
    facts: dict[str, str]

    @property
    def numerator(self) -> int:
        """Episodes in the numerator, all councils together."""
        return sum(c.numerator for c in self.councils)

    @property
    def denominator(self) -> int:
        """Episodes in the denominator, all councils together."""
        return sum(c.denominator for c in self.councils)


def year_of(end: date) -> date:
    """Return the first of the 12 months that end on `end`.

    Examples
    --------
    >>> year_of(date(2025, 3, 31))
    datetime.date(2024, 4, 1)
    """
    after = end + timedelta(days=1)
    try:
        return after.replace(year=after.year - 1)
    except ValueError:  # 29 February
        return date(after.year - 1, 3, 1)


def membership(tables: StudyTables, protocol: Protocol, rules: RuleSet, year_end: date) -> Table:
    """Return the person-level list with the columns of `MEMBERS`, lazily."""
    if tables.cld is None:
        raise DataError(
            "ASCOF 2A is asked for, and there are no Client Level Data",
            expected="the council's files in data/cld/",
            fix="add the files, or leave ASCOF 2A out",
        )
    users = service_user_rows(tables.cld.events, deaths(tables.people, tables.events))
    episodes = kept(clusters(users, rules.join_gap_days))
    episodes = with_existing(episodes, users, rules.look_back_days)
    episodes = with_request(episodes, users, protocol.population.request_look_back_days)
    episodes = with_sequel(episodes, users, rules)
    first, last = days.day_of(year_of(year_end)), days.day_of(year_end)
    listed = (episodes["open"] & (episodes["start"] <= last)) | episodes["end"].between(first, last)
    born = tables.people.select("person_id", birth=days.number(tables.people["birth_date"]))
    episodes = looked_up(episodes.filter(listed), born, ("person_id",))
    return _counted(episodes, protocol.population.minimum_age, rules, days.day_of(tables.data_end))


def _counted(episodes: Table, minimum_age: int, rules: RuleSet, data_end: int) -> Table:
    """Add whether an episode counts, and why not."""
    young = (((episodes["end"] - episodes["birth"]).cast("float64") / DAYS_A_YEAR).floor() < minimum_age).fill_null(
        False
    )
    in_list = episodes["sequel"].isin(DENOMINATOR).fill_null(False)
    reasons: list[tuple[Any, str]] = [
        (episodes["open"], "not ended"),
        (young, f"under {minimum_age}"),
        (episodes["existing"], "existing client"),
    ]
    if rules.request_required:
        reasons.append((~episodes["requested"], "no request"))
    reasons += [((episodes["sequel"] == sequel) & ~in_list, reason) for sequel, reason in LEFT_OUT.items()]
    reasons.append((~in_list, "unable to classify"))
    left_out = ibis.cases(*[(when.fill_null(False), reason) for when, reason in reasons])
    table = episodes.mutate(left_out=left_out)
    counts = table["left_out"].isnull()
    return table.mutate(
        start_date=days.as_date(table["start"]),
        end_date=days.as_date(table["end"]),
        in_denominator=counts,
        in_numerator=counts & table["sequel"].isin(NUMERATOR).fill_null(False),
        window_open=~table["open"] & (table["end"] > data_end - rules.sequel_window_days),
    ).select(*MEMBERS)


def ascof_2a(tables: StudyTables, protocol: Protocol) -> Ascof2a:
    """Return ASCOF 2A for the 12 months that end on `protocol.ascof_2a.year_end` (or on the last complete month).

    Raises
    ------
    DataError
        when there are no Client Level Data
    """
    rules = rules_of(protocol)
    year_end = protocol.ascof_2a.year_end or tables.data_end
    members = kept(membership(tables, protocol, rules, year_end))
    totals = members.group_by("la_code").aggregate(
        numerator=members["in_numerator"].cast("int64").sum(),
        denominator=members["in_denominator"].cast("int64").sum(),
    )
    councils = tuple(
        Council(la_code=r["la_code"] or "", numerator=r["numerator"], denominator=r["denominator"])
        for r in sorted(rows(totals), key=lambda r: r["la_code"] or "")
    )
    people = frame(members, ("la_code", "person_id", "episode_no"))
    return Ascof2a(
        rules=rules,
        year_start=year_of(year_end),
        year_end=year_end,
        members=people,
        councils=councils,
        windows_open=int(people["window_open"].sum()),
        facts={"ascof_rules": rules.note, **_coverage(tables, rules, year_end)},
    )


def _coverage(tables: StudyTables, rules: RuleSet, year_end: date) -> dict[str, str]:
    """Say whether the files reach back far enough for the look-back before the 12 months."""
    if tables.cld is None:
        return {}
    files = tables.cld.files
    first = rows(files.aggregate(first=files["period_start"].min()))[0]["first"]
    needed = year_of(year_end) - timedelta(days=rules.look_back_days)
    enough = first is not None and first <= needed
    reach = "far enough" if enough else "too little, so that existing clients may be missed"
    return {"ascof_look_back": f"the files reach back {reach}"}
