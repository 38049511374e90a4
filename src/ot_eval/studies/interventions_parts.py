"""The questions the interventions strand asks of its desk, one function each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import About
from ot_eval.models.bed_use import Question, mean_of, ratio_of, share_of, spread
from ot_eval.models.describe import table_one
from ot_eval.studies.interventions_data import EVERYONE, SUGGESTED, UNCODED
from ot_eval.studies.workspace import Workspace

FIRST_DAYS = (3, 7, 14, 28)
MOST_PAIRS = 20
ROLE_WORDS = {"ot_assistant": "OT assistant", "other": "other staff"}
LEFT_OUT = "interval by leaving out one person at a time, t"
FEWEST_FOR_MEAN = 10
"""A mean of fewer people than may be published is not worked out."""
PHASES = ("before", "during", "after")
SHARE = "share of people"
ANSWERS = {
    "codes": "codes reviewed by people",
    "not_ot": "not OT, or nothing that counts",
    "cannot_tell": "cannot tell from the note",
    UNCODED: "not coded",
}
CASE_MIX = ("age", "age_band", "sex", "dementia", "route")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The strand's frames, and the words for codes."""

    protocol: Protocol
    people: pd.DataFrame
    contacts: pd.DataFrame
    first_contact: pd.DataFrame
    by_person: pd.DataFrame
    by_role: pd.DataFrame
    by_phase: pd.DataFrame
    together: pd.DataFrame
    weekly: pd.DataFrame
    codes: dict[str, str]
    families: dict[str, str]
    facts: dict[str, str]

    @classmethod
    def of(cls, workspace: Workspace) -> Desk:
        """Read the desk that `prepare` filled."""
        book = workspace.frame("codebook")
        families = workspace.frame("families")
        names = ("people", "contacts", "first_contact", "by_person", "by_role", "by_phase", "together", "weekly")
        return cls(
            protocol=workspace.protocol,
            codes=dict(zip(book["code"], book["label"], strict=True)),
            families=dict(zip(families["family"], families["label"], strict=True)),
            facts=workspace.facts,
            **{name: workspace.frame(name) for name in names},
        )

    @property
    def unreviewed(self) -> bool:
        """Whether suggestions that nobody reviewed are among the codes."""
        return bool((self.contacts["source"] == SUGGESTED).any())

    def name(self, code: str) -> str:
        """Return a code with its label."""
        return f"{code} {self.codes[code]}"

    def question(self, analysis: str, term: str) -> Question:
        """Return a question about everyone studied."""
        about = About(population=EVERYONE, outcome="", level=self.protocol.level, study=self.protocol.study)
        return Question(about=about, analysis=analysis, term=term)

    def has(self, people: Iterable[str]) -> pd.Series:
        """Return, for everyone studied, whether they are among `people`."""
        return self.people["person_id"].isin(set(people))


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
        yield _percent(ratio_of(desk.question("contacts_coded", term), parts, "share of contacts", "percent"))


def what_was_done(desk: Desk) -> Iterator[Estimate]:
    """Give each code: people who had it, and its contacts and minutes in those who did."""
    for code in _found(desk):
        mine = desk.by_person[desk.by_person["code"] == code]
        question = desk.question("what_was_done", desk.name(code))
        yield share_of(question, desk.has(mine["person_id"]), SHARE)
        yield from _per_person(question, mine)


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
        yield share_of(question, desk.has(mine["person_id"]), SHARE)
        if divides:
            part = _sums(mine, "minutes")["minutes"].reindex(total.index, fill_value=0.0)
            both = pd.DataFrame({"part": part, "whole": total})
            yield _percent(ratio_of(question, both, "share of coded minutes", "percent"))


def how_soon(desk: Desk) -> Iterator[Estimate]:
    """Give the day of the first occupational therapy contact, from the start of reablement."""
    day = desk.people["person_id"].map(desk.first_contact.set_index("person_id")["day"])
    for last in FIRST_DAYS:
        seen = desk.people["seen_for"] >= last  # the data must reach that day
        term = f"within {last} days of the start"
        if seen.any():
            yield share_of(desk.question("how_soon", term), (day <= last)[seen], SHARE)
    yield share_of(desk.question("how_soon", "any contact from the start on"), day.notna(), SHARE)
    if day.notna().any():
        yield from spread(desk.question("how_soon", "first contact, days from the start"), day.dropna(), "days")


def by_whom(desk: Desk) -> Iterator[Estimate]:
    """Give contacts and minutes by role, coded or not."""
    for role, rows in desk.contacts.groupby("staff_role"):
        question = desk.question("by_whom", role_words(str(role)))
        yield share_of(question, desk.has(rows["person_id"]), SHARE)
        yield from _per_person(question, _by_person(rows))


def before_during_after(desk: Desk) -> Iterator[Estimate]:
    """Give contacts and minutes before, during and after reablement: all of them, then code by code."""
    for phase in PHASES:
        rows = desk.contacts[desk.contacts["phase"] == phase]
        if not rows.empty:
            question = desk.question("before_during_after", f"{phase} reablement")
            yield share_of(question, desk.has(rows["person_id"]), SHARE)
            yield from _per_person(question, _by_person(rows))
    yield from _doses(desk, desk.by_phase, "phase", "what_was_done_when", {p: f"{p} reablement" for p in PHASES})


def what_was_done_by_whom(desk: Desk) -> Iterator[Estimate]:
    """Give, for each code and role, the people who had it from that role, and their contacts and minutes."""
    roles = {str(r): role_words(str(r)) for r in sorted(desk.by_role["staff_role"].unique())}
    yield from _doses(desk, desk.by_role, "staff_role", "what_was_done_by_whom", roles)


def week_by_week(desk: Desk) -> Iterator[Estimate]:
    """Give the heat map: in each week, the share of people still in reablement who had the code."""
    for row in desk.weekly.to_dict("records"):
        n, had = int(row["in_reablement"]), int(row["people"])
        term = f"{desk.name(row['code'])}: week {int(row['week'])}"
        flag = pd.Series([True] * had + [False] * (n - had))
        yield share_of(desk.question("week_by_week", term), flag, "share of people in reablement that week")


def done_together(desk: Desk) -> Iterator[Estimate]:
    """Give the pairs of codes that most people had at one and the same contact."""
    n = len(desk.people)
    for row in desk.together.nlargest(MOST_PAIRS, "people", keep="first").to_dict("records"):
        flag = pd.Series([True] * int(row["people"]) + [False] * (n - int(row["people"])))
        term = f"{desk.name(row['code'])}, with {desk.name(row['other'])}"
        yield share_of(desk.question("done_together", term), flag, SHARE)


def case_mix(desk: Desk) -> Iterator[Estimate]:
    """Give who had occupational therapy early and who had not, with standardised differences."""
    early_days = desk.protocol.coding.early_days
    day = desk.people["person_id"].map(desk.first_contact.set_index("person_id")["day"])
    early = f"occupational therapy by day {early_days}"
    group = pd.Series("later or none", index=day.index).mask(day <= early_days, early)
    seen = (desk.people["seen_for"] >= early_days).to_numpy()
    frame = desk.people.assign(early=pd.Categorical(group, categories=["later or none", early]))[seen]
    if frame["early"].nunique() < 2:  # noqa: PLR2004  (two groups)
        raise AnalysisRefused(
            "everyone, or no one, had occupational therapy early",
            expected="people with and without early occupational therapy",
            fix="choose another coding.early_days",
        )
    about = desk.question("case_mix", "").about
    yield from table_one(frame.reset_index(drop=True), columns=CASE_MIX, about=about, by="early")


def role_words(role: str) -> str:
    """Return a role in the reader's words."""
    return ROLE_WORDS.get(role, role.replace("_", " "))


def _found(desk: Desk) -> list[str]:
    if desk.by_person.empty:
        raise AnalysisRefused(
            "no contact has a code",
            expected="contacts coded by people",
            fix="code contacts with `ot-eval code sheet` and `ot-eval code read`, or set "
            "coding.unreviewed_suggestions: true to see a draft",
        )
    present = set(desk.by_person["code"])
    return [c for c in desk.codes if c in present]


def _per_person(question: Question, rows: pd.DataFrame) -> Iterator[Estimate]:
    """Give mean contacts and minutes of the people who had any (one row a person)."""
    timed = rows[rows["minutes"].notna()]
    for values, measure, unit in (
        (rows["contacts"], "contacts per person who had any", "contacts"),
        (timed["minutes"], "minutes per person who had any", "minutes"),
    ):
        if len(values) >= FEWEST_FOR_MEAN:
            found = mean_of(question, values, measure, unit)
            yield _bounded(found, None)


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
    for code in _found(desk):
        for value, said in words.items():
            mine = doses[(doses["code"] == code) & (doses[column] == value)]
            if len(mine) >= FEWEST_FOR_MEAN:
                question = desk.question(analysis, f"{desk.name(code)}: {said}")
                yield share_of(question, desk.has(mine["person_id"]), SHARE)
                yield from _per_person(question, mine)


def _sums(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return rows.groupby("person_id")[list(columns)].sum()


def _percent(e: Estimate) -> Estimate:
    """Return a percentage whose interval stays between 0 and 100."""
    return _bounded(e, 100.0)


def _bounded(e: Estimate, most: float | None) -> Estimate:
    """Return an estimate that cannot lie below 0 or above `most`; its method does not give its exact n away."""
    upper = e.upper if most is None or e.upper is None else min(most, e.upper)
    return replace(e, lower=None if e.lower is None else max(0.0, e.lower), upper=upper, method=LEFT_OUT)
