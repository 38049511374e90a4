"""The questions the interventions strand asks of its desk, one function each."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, Estimate
from ot_eval.models.bed_use import spread
from ot_eval.models.describe import table_one
from ot_eval.studies.interventions_data import SUGGESTED, UNCODED, WEEKS
from ot_eval.studies.interventions_desk import FEWEST_FOR_MEAN, Desk, part_of, people_with, per_person, role_words

FIRST_DAYS = (3, 7, 14, 28)
MOST_PAIRS = 20
PHASES = ("before", "during", "after")
ANSWERS = {
    "codes": "codes reviewed by people",
    "not_ot": "not OT, or nothing that counts",
    "cannot_tell": "cannot tell from the note",
    UNCODED: "not coded",
}
CASE_MIX = ("age", "age_band", "sex", "dementia", "route")


def standing(desk: Desk) -> Iterator[Check]:
    """Say what the codes are worth."""
    coded = int((desk.contacts["source"] != UNCODED).sum())
    if desk.unreviewed:
        yield Check(
            analysis="contacts_coded",
            name="suggestions that nobody reviewed",
            passed=False,
            sentence="Some or all codes are suggestions of the program that nobody has reviewed.",
            detail="coding.unreviewed_suggestions is true in the protocol",
        )
    if coded < len(desk.contacts):
        yield Check(
            analysis="contacts_coded",
            name="contacts without a coding",
            passed=False,
            sentence="Some contacts are not coded. What was done at them is missing, so doses are at least as shown.",
            detail="the share is under 'contacts coded'",
        )
    if "unsettled" in desk.facts:
        yield Check(
            analysis="contacts_coded",
            name="codings not settled",
            passed=False,
            sentence="Some contacts were coded in two ways and nobody has settled which is right; they are left out.",
            detail="`ot-eval code read` lists them",
        )


def contacts_coded(desk: Desk) -> Iterator[Estimate]:
    """Give the share of contacts by how they are coded; kinds with few people stand together."""
    coded, kind = desk.contacts, desk.contacts["answer"].map(ANSWERS)
    kind = kind.mask((coded["answer"] == "codes") & (coded["source"] == SUGGESTED), "codes suggested, not reviewed")
    kind = kind.where(~kind.isin(_rare(coded.groupby(kind)["person_id"].nunique())), "other answers")
    for term in sorted(kind.unique()):
        parts = _sums(coded.assign(part=(kind == term).astype(float), whole=1.0), "part", "whole")
        yield part_of(desk.question("contacts_coded", term), parts, "share of contacts")


def what_was_done(desk: Desk) -> Iterator[Estimate]:
    """Give each code: people who had it, and its contacts and minutes in those who did."""
    for code in desk.found():
        mine = desk.by_person[desk.by_person["code"] == code].set_index("person_id")
        question = desk.question("what_was_done", desk.name(code))
        yield from people_with(question, mine.index, desk.people)
        yield from per_person(question, mine)


def families_of_work(desk: Desk) -> Iterator[Estimate]:
    """Give the share of people who had any code of each family, and how all coded minutes divide between families.

    The division is left out where a family has few people: the others would tell its share.
    """
    family = desk.by_person["code"].str[0]
    people = desk.by_person.groupby(family)["person_id"].nunique()
    total = _sums(desk.by_person, "minutes")["minutes"]
    divides = len(people) > 1 and (people >= FEWEST_FOR_MEAN).all() and total.sum() > 0
    for letter, label in desk.families.items():
        mine = desk.by_person[family == letter]
        if mine.empty:
            continue
        question = desk.question("families_of_work", label)
        yield from people_with(question, mine["person_id"], desk.people)
        if divides:
            part = _sums(mine, "minutes")["minutes"].reindex(total.index, fill_value=0.0)
            yield part_of(question, pd.DataFrame({"part": part, "whole": total}), "share of coded minutes")


def how_soon(desk: Desk) -> Iterator[Estimate]:
    """Give the day of the first occupational therapy contact, from the start of reablement."""
    day = desk.first_contact.set_index("person_id")["day"]
    for last in FIRST_DAYS:
        seen = desk.people[desk.people["seen_for"] >= last]  # the data must reach that day
        question = desk.question("how_soon", f"within {last} days of the start")
        yield from people_with(question, day.index[day <= last], seen)
    yield from people_with(desk.question("how_soon", "any contact from the start on"), day.index, desk.people)
    if len(day):
        yield from spread(desk.question("how_soon", "first contact, days from the start"), day, "days")


def by_whom(desk: Desk) -> Iterator[Estimate]:
    """Give contacts and minutes by role, coded or not."""
    for role, rows in desk.contacts.groupby("staff_role"):
        question = desk.question("by_whom", role_words(str(role)))
        yield from people_with(question, rows["person_id"], desk.people)
        yield from per_person(question, _by_person(rows))


def before_during_after(desk: Desk) -> Iterator[Estimate]:
    """Give contacts and minutes before, during and after reablement: all of them, then code by code."""
    for phase in PHASES:
        rows = desk.contacts[desk.contacts["phase"] == phase]
        if not rows.empty:
            question = desk.question("before_during_after", f"{phase} reablement")
            yield from people_with(question, rows["person_id"], desk.people)
            yield from per_person(question, _by_person(rows))
    yield from _doses(desk, desk.by_phase, "phase", "what_was_done_when", {p: f"{p} reablement" for p in PHASES})


def what_was_done_by_whom(desk: Desk) -> Iterator[Estimate]:
    """Give, for each code and role, the people who had it from that role, and their contacts and minutes."""
    roles = {str(r): role_words(str(r)) for r in sorted(desk.by_role["staff_role"].unique())}
    yield from _doses(desk, desk.by_role, "staff_role", "what_was_done_by_whom", roles)


def week_by_week(desk: Desk) -> Iterator[Estimate]:
    """Give the heat map: in each week, the share of people still in reablement who had the code."""
    for code in desk.found():
        mine = desk.weekly[desk.weekly["code"] == code]
        for week in range(1, WEEKS + 1):
            there = desk.people[desk.people["weeks"] >= week]
            question = desk.question("week_by_week", f"{desk.name(code)}: week {week}")
            had = mine.loc[mine["week"] == week, "person_id"]
            yield from people_with(question, had, there, "share of people in reablement that week")


def done_together(desk: Desk) -> Iterator[Estimate]:
    """Give the pairs of codes that most people had at one and the same contact."""
    pairs = desk.together.groupby(["code", "other"])["person_id"]
    for code, other in pairs.nunique().nlargest(MOST_PAIRS, keep="first").index:
        question = desk.question("done_together", f"{desk.name(code)}, with {desk.name(other)}")
        yield from people_with(question, pairs.get_group((code, other)), desk.people)


def case_mix(desk: Desk) -> Iterator[Estimate]:
    """Give who had occupational therapy early and who had not, with standardised differences."""
    early_days = desk.protocol.coding.early_days
    day = desk.people.index.to_series().map(desk.first_contact.set_index("person_id")["day"])
    early = f"occupational therapy by day {early_days}"
    group = pd.Series("later or none", index=day.index).mask(day <= early_days, early)
    frame = desk.people.assign(early=pd.Categorical(group, categories=["later or none", early]))
    frame = frame[frame["seen_for"] >= early_days]
    if frame["early"].nunique() < 2:  # noqa: PLR2004  (two groups)
        raise AnalysisRefused(
            "everyone, or no one, had occupational therapy early",
            expected="people with and without early occupational therapy",
            fix="choose another coding.early_days",
        )
    about = desk.question("case_mix", "").about
    yield from table_one(frame.reset_index(drop=True), columns=CASE_MIX, about=about, by="early")


def _by_person(rows: pd.DataFrame) -> pd.DataFrame:
    grouped = rows.groupby("person_id")
    return pd.DataFrame({"contacts": grouped.size(), "minutes": grouped["minutes"].sum(min_count=1)})


def _rare(people: pd.Series) -> list[str]:
    """Return the kinds that stand together: those with few people, and next rarest until they are enough between them.

    Examples
    --------
    >>> _rare(pd.Series({"a": 400, "b": 30, "c": 4})), _rare(pd.Series({"a": 400, "b": 30}))
    (['c', 'b'], [])
    """
    ordered = people.sort_values(kind="stable")
    if ordered.iloc[0] >= FEWEST_FOR_MEAN:
        return []
    n = int((ordered.cumsum() < FEWEST_FOR_MEAN).sum()) + 1
    return [str(k) for k in ordered.index[: max(n, 2)]]


def _doses(desk: Desk, doses: pd.DataFrame, column: str, analysis: str, words: dict[str, str]) -> Iterator[Estimate]:
    """Give, for each code and value of `column` that enough people had, the people, contacts and minutes.

    Shares of people overlap and add up to nothing, so none can be worked out from the others.
    """
    for code in desk.found():
        for value, said in words.items():
            mine = doses[(doses["code"] == code) & (doses[column] == value)].set_index("person_id")
            if len(mine) >= FEWEST_FOR_MEAN:
                question = desk.question(analysis, f"{desk.name(code)}: {said}")
                yield from people_with(question, mine.index, desk.people)
                yield from per_person(question, mine)


def _sums(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return rows.groupby("person_id")[list(columns)].sum()
