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
from ot_eval.studies.interventions_data import EVERYONE, REVIEWED, SUGGESTED, UNCODED
from ot_eval.studies.workspace import Workspace

FIRST_DAYS = (3, 7, 14, 28)
MOST_PAIRS = 20
ROLE_WORDS = {"ot_assistant": "OT assistant", "other": "other staff"}
LEFT_OUT = "interval by leaving out one person at a time, t"
FEWEST_FOR_MEAN = 10
"""A mean of fewer people than may be published is not worked out."""
PHASES = ("before", "during", "after")
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
    """Give the share of contacts by how they are coded."""
    kinds = {
        "codes reviewed by people": (desk.contacts["source"] == REVIEWED) & (desk.contacts["answer"] == "codes"),
        "codes suggested, not reviewed": (desk.contacts["source"] == SUGGESTED) & (desk.contacts["answer"] == "codes"),
        "not OT, or nothing that counts": desk.contacts["answer"] == "not_ot",
        "cannot tell from the note": desk.contacts["answer"] == "cannot_tell",
        "not coded": desk.contacts["source"] == UNCODED,
    }
    for term, flag in kinds.items():
        if flag.any():
            parts = _sums(desk.contacts.assign(part=flag.astype(float), whole=1.0), "part", "whole")
            yield _percent(ratio_of(desk.question("contacts_coded", term), parts, "share of contacts", "percent"))


def what_was_done(desk: Desk) -> Iterator[Estimate]:
    """Give each code: people who had it, and its contacts, minutes and share of all coded minutes."""
    total = _sums(desk.by_person, "minutes")
    for code in _found(desk):
        mine = desk.by_person[desk.by_person["code"] == code]
        question = desk.question("what_was_done", desk.name(code))
        yield share_of(question, desk.has(mine["person_id"]), "share of people")
        yield from _per_person(question, mine)
        part = total["minutes"].index.to_series().map(mine.set_index("person_id")["minutes"]).fillna(0.0)
        both = pd.DataFrame({"part": part.to_numpy(), "whole": total["minutes"].to_numpy()})
        if both["whole"].sum() > 0 and len(both) >= FEWEST_FOR_MEAN:
            yield _percent(ratio_of(question, both, "share of coded minutes", "percent"))


def families_of_work(desk: Desk) -> Iterator[Estimate]:
    """Give the share of people who had any code of each family."""
    for letter, label in desk.families.items():
        mine = desk.by_person[desk.by_person["code"].str[0] == letter]
        if not mine.empty:
            yield share_of(desk.question("families_of_work", label), desk.has(mine["person_id"]), "share of people")


def how_soon(desk: Desk) -> Iterator[Estimate]:
    """Give the day of the first occupational therapy contact, from the start of reablement."""
    day = desk.people["person_id"].map(desk.first_contact.set_index("person_id")["day"])
    for last in FIRST_DAYS:
        seen = desk.people["seen_for"] >= last  # the data must reach that day
        term = f"within {last} days of the start"
        if seen.any():
            yield share_of(desk.question("how_soon", term), (day <= last)[seen], "share of people")
    yield share_of(desk.question("how_soon", "any contact from the start on"), day.notna(), "share of people")
    if day.notna().any():
        yield from spread(desk.question("how_soon", "first contact, days from the start"), day.dropna(), "days")


def by_whom(desk: Desk) -> Iterator[Estimate]:
    """Give contacts and minutes by role, coded or not."""
    for role, rows in desk.contacts.groupby("staff_role"):
        question = desk.question("by_whom", role_words(str(role)))
        yield share_of(question, desk.has(rows["person_id"]), "share of people")
        yield from _per_person(question, _by_person(rows))


def before_during_after(desk: Desk) -> Iterator[Estimate]:
    """Give contacts and minutes before, during and after reablement, and where each code lies."""
    for phase in PHASES:
        rows = desk.contacts[desk.contacts["phase"] == phase]
        if not rows.empty:
            question = desk.question("before_during_after", f"{phase} reablement")
            yield share_of(question, desk.has(rows["person_id"]), "share of people")
            yield from _per_person(question, _by_person(rows))
    yield from _shares(desk, desk.by_phase, "phase", "what_was_done_when", {p: f"{p} reablement" for p in PHASES})


def what_was_done_by_whom(desk: Desk) -> Iterator[Estimate]:
    """Give, for each code, the share of its contacts that each role had."""
    roles = {str(r): role_words(str(r)) for r in sorted(desk.by_role["staff_role"].unique())}
    yield from _shares(desk, desk.by_role, "staff_role", "what_was_done_by_whom", roles)


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
        yield share_of(desk.question("done_together", term), flag, "share of people")


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


def _shares(desk: Desk, doses: pd.DataFrame, column: str, analysis: str, words: dict[str, str]) -> Iterator[Estimate]:
    """Give, for each code, how its contacts split over the values of `column`, person by person left out in turn."""
    for code in _found(desk):
        mine = doses[doses["code"] == code]
        wide = mine.pivot_table(index="person_id", columns=column, values="parts", aggfunc="sum", fill_value=0.0)
        if len(wide) < FEWEST_FOR_MEAN:
            continue
        for value, said in words.items():
            if value in wide.columns:
                both = pd.DataFrame({"part": wide[value], "whole": wide.sum(axis=1)})
                term = f"{desk.name(code)}: {said}"
                yield _percent(ratio_of(desk.question(analysis, term), both, "share of its contacts", "percent"))


def _sums(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return rows.groupby("person_id")[list(columns)].sum()


def _percent(e: Estimate) -> Estimate:
    """Return a percentage whose interval stays between 0 and 100."""
    return _bounded(e, 100.0)


def _bounded(e: Estimate, most: float | None) -> Estimate:
    """Return an estimate that cannot lie below 0 or above `most`; its method does not give its exact n away."""
    upper = e.upper if most is None or e.upper is None else min(most, e.upper)
    return replace(e, lower=None if e.lower is None else max(0.0, e.lower), upper=upper, method=LEFT_OUT)
